//! Puts pages, server functions and guards together into one router, and serves it.

mod assets;
mod errors;
mod forms;
mod guard;
mod headers;
mod health;
mod listener;
mod router;
mod trace;

pub use assets::check_site;
pub use listener::serve;
pub use router::{functions, pages, router};
