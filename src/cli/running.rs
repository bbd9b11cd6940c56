//! What every command needs that works on the database: the database itself, running.

use std::sync::Arc;

use sqlx::postgres::PgConnectOptions;

use super::Failed;
use crate::server::{
    auth::{Backend, password::PasswordHasher},
    clock::Clock,
    config::{Config, DatabaseSource},
    database::Database,
    embedded::{Embedded, EmbeddedError},
    providers::Providers,
    secrets::SecretKey,
    state::{AppState, Program, leptos_options},
};

/// The database that the settings ask for, running.
pub struct Running {
    embedded: Option<Embedded>,
    /// For the application; perhaps through a pooler.
    pub pooled: PgConnectOptions,
    /// For its owner.
    pub direct: PgConnectOptions,
    /// Where lists may be read.
    pub replica: Option<PgConnectOptions>,
}

impl Running {
    /// Starts the private PostgreSQL, if that is asked for.
    pub async fn start(source: &DatabaseSource) -> Result<Self, Failed> {
        Ok(match source {
            DatabaseSource::Server { pooled, direct, replica } => Self {
                embedded: None,
                pooled: (**pooled).clone(),
                direct: (**direct).clone(),
                replica: replica.as_deref().cloned(),
            },
            DatabaseSource::Embedded(folder) => {
                let embedded = Embedded::start(folder).await?;
                embedded.prepare("docket").await?;
                let (pooled, direct) = (embedded.login("docket"), embedded.owner("docket"));
                Self { embedded: Some(embedded), pooled, direct, replica: None }
            }
        })
    }

    /// The same, beside a Docket that runs the private PostgreSQL already.
    pub async fn join(source: &DatabaseSource) -> Result<Self, Failed> {
        match (Self::start(source).await, source) {
            (Err(error), DatabaseSource::Embedded(folder))
                if matches!(error.downcast_ref(), Some(EmbeddedError::InUse { .. })) =>
            {
                let (pooled, direct) = Embedded::beside(folder, "docket").await?;
                Ok(Self { embedded: None, pooled, direct, replica: None })
            }
            (started, _) => started,
        }
    }

    /// Whether the database is a private one.
    pub fn is_embedded(&self) -> bool {
        self.embedded.is_some()
    }

    /// Stops what was started.
    pub async fn stop(self) {
        if let Some(embedded) = self.embedded {
            embedded.stop().await;
        }
    }
}

/// What a program has that runs on `database`.
pub fn state(config: &Config, database: Database) -> Result<AppState, Failed> {
    let hasher = PasswordHasher::new(std::thread::available_parallelism()?.get()).map_err(|error| error.to_string())?;
    let secrets = config.secret_key.clone().map_or_else(|| SecretKey::in_folder(&config.data_folder), Ok)?;
    let providers = Providers::new(config.providers.clone())?;
    Ok(AppState::from(Program {
        backend: Backend::new(database.clone(), hasher, secrets, config.passkey_site().as_ref())
            .with_providers(providers),
        leptos: leptos_options(config),
        database,
        clock: Clock::System,
        config: Arc::new(config.clone()),
    }))
}
