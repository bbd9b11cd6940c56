//! Use cases as SQL: plain functions that get a connection, who acts, and good input. The scope that runs them
//! ([`crate::server::database`]) opens and commits the transaction.

pub mod accounts;
pub mod admin;
pub mod audit;
pub mod data;
pub mod events;
pub mod factors;
pub mod idempotency;
pub mod jobs;
pub mod mail;
pub mod pictures;
pub mod providers;
pub mod sign_in;
pub mod tasks;
pub mod tokens;
