//! Types and rules, without input or output: what an address, a password, a title or a task may be.
//!
//! A value of these types can be made only from good input (parse, don't validate); forms, server functions and, later,
//! the API share them. Both halves of the program compile this module.

pub mod account;
pub mod action;
pub mod admin;
pub mod calendar;
pub mod change;
pub mod counts;
pub mod factor;
pub mod history;
pub mod id;
pub mod language;
pub mod path;
pub mod position;
pub mod preferences;
pub mod query;
pub mod quick;
pub mod scope;
pub mod sign_in;
pub mod task;
pub mod text;
pub mod token;
