//! Components. They know server functions, never SQL.

pub mod account;
pub mod admin;
pub mod connection;
pub mod dialog;
pub mod escape;
pub mod focus;
pub mod form;
pub mod icon;
pub mod keys;
pub mod layout;
pub mod locale;
pub mod mail;
pub mod pages;
pub mod passkey;
pub mod portrait;
pub mod quick_add;
pub mod random;
pub mod session;
pub mod settings;
pub mod styleguide;
pub mod tasks;
pub mod toast;
