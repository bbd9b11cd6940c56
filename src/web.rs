//! Puts pages, server functions and guards together into one router, and serves it.

pub mod api;
mod assets;
mod contact;
mod data;
mod errors;
mod forms;
mod guard;
mod headers;
mod health;
mod keys;
mod listener;
pub mod metrics;
mod origin;
mod pictures;
mod rendering;
mod router;
mod rows;
mod sign_in;
mod trace;

pub use assets::check_site;
pub use listener::{Stop, Stopping, serve};
pub use router::{files, functions, pages, router};
pub use sign_in::PATHS as SIGN_IN_PATHS;
