//! The real application on a real PostgreSQL: one private cluster for the run, one database for each test.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what it expects by panicking")]

mod accounts;
mod command_line;
mod database;
mod durability;
mod embedded;
mod migrations;
mod pages;
mod sessions;
mod support;
mod tasks;
