//! What the program can do, whoever asks: settings, the database, who somebody is, and the use cases as SQL.

pub mod auth;
pub mod backup;
pub mod client;
pub mod clock;
pub mod config;
pub mod data;
pub mod database;
pub mod drill;
pub mod embedded;
pub mod jobs;
pub mod mail;
pub mod measure;
pub mod metrics;
pub mod migrations;
pub mod pictures;
pub mod pooler;
pub mod preferences;
pub mod request;
pub mod secrets;
pub mod shutdown;
pub mod slow;
pub mod smtp;
pub mod state;
pub mod store;
pub mod telemetry;
pub mod verify;
