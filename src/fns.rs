//! Server functions: what the browser and the pages ask of the server. Each finds out who acts, parses what was typed,
//! and calls one use case; the macro removes the bodies from the browser's half.
//!
//! All are POST, at `/fn/…`, and answer an error as [`crate::error::AppError`] in JSON with its status.

#![allow(
    missing_docs,
    reason = "the macro makes a struct of each function's parameters, which stand in its doc comment"
)]

pub mod account;
pub mod admin;
pub mod data;
pub mod factors;
pub mod mail;
pub mod preferences;
pub mod profile;
pub mod sign_ins;
pub mod tasks;
pub mod tokens;
