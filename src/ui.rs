//! Components. They know server functions, never SQL.

pub mod account;
pub mod form;
pub mod layout;
pub mod pages;
pub mod session;
pub mod tasks;
pub mod toast;
