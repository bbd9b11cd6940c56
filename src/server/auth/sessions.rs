//! Sessions in the one `sessions` table, as tower-sessions keeps them there.
//!
//! - The table never holds a value that works as a cookie: the id is hashed before it reaches the store, in the column and
//!   inside the serialised record.
//! - A session that was ended stays ended: to save one only updates it, so that a slow request doesn't bring back what a logout
//!   deleted.
//! - Its statements run in the context `sign_in`, like everything that finds out who somebody is. That is why this isn't
//!   tower-sessions-sqlx-store, which runs its own on the bare pool, where row-level security shows no rows; the rows are the same.

use std::{cell::Cell, collections::HashMap, future::Future};

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::task_local;
use tower_sessions::{
    Expiry, SessionManagerLayer, SessionStore,
    cookie::{SameSite, time::Duration},
    session::{Id, Record},
    session_store::{Error, Result},
};
use uuid::Uuid;

use crate::{
    domain::id::UserId,
    server::{
        client::Client,
        clock::Clock,
        database::{Actor, Database, Position},
        store::{
            accounts::User,
            sign_in::{self, Loaded, SessionRow},
        },
    },
};

/// How long the browser keeps the cookie: as long as a session can last. When it ends before that, which is after 14 days
/// without use, only the table knows.
const COOKIE: Duration = Duration::days(90);

/// Where axum-login keeps whose session it is.
const LOGIN_KEY: &str = "axum-login.data";

/// Where the session says which device it belongs to.
const CLIENT_KEY: &str = "client";

/// Where the session says how far the database was when it last wrote. Comes from a column and isn't written back.
const WROTE_KEY: &str = "wrote_lsn";

task_local! {
    /// Whose the session of this request is, as found with it.
    static FOUND: Cell<Option<User>>;
}

/// Answers a request for which a session and its account are found in one statement: axum-login asks for one after the other.
pub async fn found_at_once<T>(answer: impl Future<Output = T>) -> T {
    FOUND.scope(Cell::default(), answer).await
}

/// The account that was found with the session of this request, if it is this one. Only once: who asks again wants to know what is so by now.
pub(super) fn take_found(id: UserId) -> Option<User> {
    FOUND.try_with(Cell::take).ok().flatten().filter(|user| user.id == id)
}

/// How far the database was when this session last wrote; only known where there is a replica.
pub async fn wrote(session: &tower_sessions::Session) -> Option<Position> {
    session.get(WROTE_KEY).await.ok().flatten().map(Position)
}

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

/// The store.
#[derive(Clone, Debug)]
pub struct HashedStore {
    database: Database,
    clock: Clock,
}

impl HashedStore {
    /// Sessions of this database, which end by this clock.
    pub fn new(database: Database, clock: Clock) -> Self {
        Self { database, clock }
    }
}

/// What is written of a record. Its columns follow what its data say.
fn row(record: &Record) -> Result<SessionRow> {
    let mut record = Record { id: hash(&record.id), ..record.clone() };
    record.data.remove(WROTE_KEY);
    Ok(SessionRow {
        id: record.id.to_string(),
        data: rmp_serde::to_vec(&record).map_err(|error| Error::Encode(error.to_string()))?,
        user: owner(&record.data),
        client: read(&record.data, CLIENT_KEY).unwrap_or_default(),
    })
}

fn backend(error: impl std::fmt::Display) -> Error {
    Error::Backend(error.to_string())
}

#[async_trait]
impl SessionStore for HashedStore {
    async fn create(&self, record: &mut Record) -> Result<()> {
        loop {
            let (row, now) = (row(record)?, self.clock.now_utc());
            let begun = self.database.sign_in(move |db| {
                let row = row.clone();
                Box::pin(async move { sign_in::begin_session(db, &row, now).await })
            });
            if begun.await.map_err(backend)? {
                return Ok(());
            }
            // In use: 1 in 2^128.
            record.id = Id::default();
        }
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let (row, now) = (row(record)?, self.clock.now_utc());
        let saved = self.database.sign_in(move |db| {
            let row = row.clone();
            Box::pin(async move { sign_in::save_session(db, &row, now).await })
        });
        saved.await.map_err(backend)
    }

    /// Notes the use, too: tower-sessions saves only what was changed.
    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let (row, now) = (hash(id).to_string(), self.clock.now_utc());
        let key = row.clone();
        let loaded = self.database.enter(move |db| {
            let row = key.clone();
            Box::pin(async move {
                let loaded = sign_in::load_session(db, &row, now).await?;
                Ok(loaded.map(|loaded| (loaded.user.as_ref().map(|user| Actor { user: user.id }), loaded)))
            })
        });
        let Some(Loaded { data, wrote, user, stale }) = loaded.await.map_err(backend)? else { return Ok(None) };
        if stale {
            let touched = self.database.sign_in(move |db| {
                let row = row.clone();
                Box::pin(async move { sign_in::touch_session(db, &row, now).await })
            });
            // Where that fails, the log says so, and it is noted another time.
            let _ = touched.await;
        }
        let _ = FOUND.try_with(|found| found.set(user));
        let mut record: Record = rmp_serde::from_slice(&data).map_err(|error| Error::Decode(error.to_string()))?;
        record.data.extend(wrote.map(|wrote| (WROTE_KEY.to_owned(), wrote.into())));
        Ok(Some(Record { id: *id, ..record }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let row = hash(id).to_string();
        let ended = self.database.sign_in(move |db| {
            let row = row.clone();
            Box::pin(async move { sign_in::end_session(db, &row).await })
        });
        ended.await.map_err(backend)
    }
}

/// SHA-256, the first 128 bits: an id is 128 random bits, so it needs neither salt nor stretching.
fn hash(id: &Id) -> Id {
    let digest = Sha256::digest(id.0.to_be_bytes());
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    Id(i128::from_be_bytes(half))
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
