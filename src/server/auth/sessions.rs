//! Sessions in the one `sessions` table, through tower-sessions-sqlx-store behind a wrapper that mends two things.
//!
//! - The table never holds a value that works as a cookie: the id is hashed before it reaches the store, in the column and
//!   inside the serialised record.
//! - A session that was ended stays ended: the store's `save` is an upsert, so a slow request would bring back what a
//!   logout deleted. Here it only updates.

use std::collections::HashMap;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use tower_sessions::{
    Expiry, SessionManagerLayer, SessionStore,
    cookie::{SameSite, time::Duration},
    session::{Id, Record},
    session_store::{Error, Result},
};
use tower_sessions_sqlx_store::PostgresStore;
use uuid::Uuid;

use crate::server::{client::Client, clock::Clock};

/// How long the browser keeps the cookie: as long as a session can last. When it ends before that, which is after 14 days
/// without use, only the table knows.
const COOKIE: Duration = Duration::days(90);

/// Where axum-login keeps whose session it is.
const LOGIN_KEY: &str = "axum-login.data";

/// Where the session says which device it belongs to.
const CLIENT_KEY: &str = "client";

/// Notes the device in a session. The wrapper writes it to the columns of the row.
pub async fn remember(
    session: &tower_sessions::Session,
    client: &Client,
) -> std::result::Result<(), tower_sessions::session::Error> {
    session.insert(CLIENT_KEY, client).await
}

/// The id of a session's row; no value that works as a cookie.
pub fn row_id(session: &tower_sessions::Session) -> Option<String> {
    session.id().map(|id| hash(&id).to_string())
}

/// The layer that gives each request its session. The cookie is `__Host-docket`, Secure, when `https` says that people
/// reach Docket by https, else `docket`; HttpOnly and SameSite=Lax in both cases.
pub fn layer(store: HashedStore, https: bool) -> SessionManagerLayer<HashedStore> {
    SessionManagerLayer::new(store)
        .with_name(if https { "__Host-docket" } else { "docket" })
        .with_secure(https)
        .with_http_only(true)
        // Strict would make who comes from a mail look logged out; foreign requests that change anything are refused
        // by their Origin (`web::guard`).
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(COOKIE))
}

/// The wrapper around the store.
#[derive(Clone, Debug)]
pub struct HashedStore {
    inner: PostgresStore,
    pool: PgPool,
    clock: Clock,
}

impl HashedStore {
    /// Sessions in `public.sessions`, which end by this clock.
    pub fn new(pool: PgPool, clock: Clock) -> std::result::Result<Self, String> {
        let inner = PostgresStore::new(pool.clone()).with_schema_name("public")?.with_table_name("sessions")?;
        Ok(Self { inner, pool, clock })
    }

    /// Writes the record and the columns that follow it, if the session is still there. One that `begins` gets its limits.
    async fn update(&self, record: &Record, begins: bool) -> Result<()> {
        let client: Client = read(&record.data, CLIENT_KEY).unwrap_or_default();
        let data = rmp_serde::to_vec(record).map_err(|error| Error::Encode(error.to_string()))?;
        sqlx::query!(
            "update sessions
             set data = $2, user_id = $3, ip_address = $4::text::inet, user_agent = $5, last_seen_at = $6,
                 created_at = case when $7 then $6 else created_at end,
                 absolute_expiry = case when $7 then $6 + interval '90 days' else absolute_expiry end,
                 expiry_date = case when $7 then $6 + interval '14 days' else least($6 + interval '14 days', absolute_expiry) end
             where id = $1",
            record.id.to_string(),
            data,
            owner(&record.data),
            client.ip_address.map(|address| address.to_string()),
            client.user_agent,
            self.clock.now_utc(),
            begins
        )
        .execute(&self.pool)
        .await
        .map_err(backend)?;
        Ok(())
    }
}

fn backend(error: impl std::fmt::Display) -> Error {
    Error::Backend(error.to_string())
}

#[async_trait]
impl SessionStore for HashedStore {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let mut hashed = hashed(record);
        let id = hashed.id;
        self.inner.create(&mut hashed).await?;
        if hashed.id != id {
            // The store took another id because this one is in use: 1 in 2^128, and no cookie would lead to it.
            self.inner.delete(&hashed.id).await?;
            return Err(Error::Backend("a new session's id is in use".to_owned()));
        }
        self.update(&hashed, true).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.update(&hashed(record), false).await
    }

    /// Notes in the same statement that the session is in use, at most every 5 minutes: tower-sessions saves only what was changed.
    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let data = sqlx::query_scalar!(
            "with touched as (
                 update sessions set last_seen_at = $2, expiry_date = least($2 + interval '14 days', absolute_expiry)
                 where id = $1 and expiry_date > $2 and last_seen_at < $2 - interval '5 minutes')
             select data from sessions where id = $1 and expiry_date > $2",
            hash(id).to_string(),
            self.clock.now_utc()
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(backend)?;
        let Some(data) = data else { return Ok(None) };
        let record: Record = rmp_serde::from_slice(&data).map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, ..record }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.inner.delete(&hash(id)).await
    }
}

/// SHA-256, the first 128 bits: an id is 128 random bits, so it needs neither salt nor stretching.
fn hash(id: &Id) -> Id {
    let digest = Sha256::digest(id.0.to_be_bytes());
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    Id(i128::from_be_bytes(half))
}

fn hashed(record: &Record) -> Record {
    Record { id: hash(&record.id), ..record.clone() }
}

/// Whose session it is, from what axum-login wrote.
fn owner(data: &HashMap<String, Value>) -> Option<Uuid> {
    #[derive(Deserialize)]
    struct Login {
        user_id: Option<Uuid>,
    }
    read::<Login>(data, LOGIN_KEY)?.user_id
}

fn read<T: serde::de::DeserializeOwned>(data: &HashMap<String, Value>, key: &str) -> Option<T> {
    serde_json::from_value(data.get(key)?.clone()).ok()
}
