//! What every request can reach.

use std::{ops::Deref, path::PathBuf, sync::Arc};

use leptos::config::LeptosOptions;

use super::{auth::Backend, clock::Clock, config::Config, database::Database};

/// The running program. Every layer of every request clones it, so that it is one counter and not the dozen of its parts.
#[derive(Clone, Debug)]
pub struct AppState(Arc<Program>);

/// What the running program consists of.
#[derive(Debug)]
pub struct Program {
    /// The way to the database.
    pub database: Database,
    /// Finds and makes accounts.
    pub backend: Backend,
    /// What time it is.
    pub clock: Clock,
    /// Settings that work.
    pub config: Arc<Config>,
    /// What Leptos wants to know.
    pub leptos: LeptosOptions,
}

impl From<Program> for AppState {
    fn from(program: Program) -> Self {
        Self(Arc::new(program))
    }
}

impl Deref for AppState {
    type Target = Program;

    fn deref(&self) -> &Program {
        &self.0
    }
}

/// What Leptos and cargo-leptos want to know, from Docket's settings.
pub fn leptos_options(config: &Config) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name("docket")
        .site_root(config.site_root.to_string_lossy().as_ref())
        .site_pkg_dir("pkg")
        .site_addr(config.listen)
        .reload_port(u32::from(config.reload_port))
        .hash_files(config.hash_files)
        .build()
}

/// The folder with the browser's half.
pub fn package_folder(config: &Config) -> PathBuf {
    config.site_root.join("pkg")
}
