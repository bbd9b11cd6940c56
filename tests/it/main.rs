//! The real application on a real PostgreSQL: one private cluster for the run, one database for each test.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what it expects by panicking")]

mod accounts;
mod admin;
mod archive;
mod audit;
mod backup;
mod changing;
mod command_line;
mod conflict;
mod data;
mod database;
mod days;
mod durability;
mod embedded;
mod faults;
mod finding;
mod history;
mod isolation;
mod jobs;
mod log;
mod mail;
mod markup;
mod matrix;
mod metrics;
mod migrations;
mod model;
mod pages;
mod pictures;
mod pitr;
mod pooler;
mod postgres;
mod proxy;
mod replica;
mod searching;
mod security;
mod sessions;
mod smtp;
mod support;
mod tasks;
mod text;
mod tls;
mod tokens;
mod undo;
mod verify;
