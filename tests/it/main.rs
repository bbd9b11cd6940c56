//! The real application on a real PostgreSQL: one private cluster for the run, one database for each test.

mod accounts;
mod command_line;
mod database;
mod embedded;
mod migrations;
mod pages;
mod sessions;
mod support;
mod tasks;
