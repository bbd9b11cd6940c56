//! All that Docket keeps of a person: to take it along, and to have it forgotten.

use sqlx::PgConnection;
use uuid::Uuid;

use super::accounts;
use crate::{
    error::{FieldErrors, Message},
    server::database::{Actor, Failure},
};

/// One part of an export: the rows of a table that belong to somebody.
#[derive(Debug)]
pub struct Part {
    /// What it is called in the export.
    pub name: &'static str,
    /// The table.
    pub table: &'static str,
    /// What is exported of each row. A column that isn't here is in [`LEFT_OUT`]; a test asks the database for all there are.
    pub columns: &'static [&'static str],
    /// Which rows: a query of their keys, with the person's id as $1.
    rows: &'static str,
    /// The column with the key.
    key: &'static str,
    /// Whether there is one row at most.
    pub single: bool,
}

/// Everything, in the order of the export.
pub const PARTS: &[Part] = &[
    Part {
        name: "account",
        table: "users",
        columns: &[
            "id", "email", "name", "email_verified_at", "image", "role", "time_zone", "is_active", "created_at",
            "updated_at",
        ],
        rows: "select id from users where id = $1",
        key: "id",
        single: true,
    },
    Part {
        name: "picture",
        table: "pictures",
        columns: &["content_type", "hash", "updated_at", "translate(encode(bytes, 'base64'), E'\\n', '') as bytes"],
        rows: "select user_id from pictures where user_id = $1",
        key: "user_id",
        single: true,
    },
    Part {
        name: "sessions",
        table: "sessions",
        columns: &["ip_address", "user_agent", "created_at", "last_seen_at", "expiry_date", "absolute_expiry"],
        rows: "select id from sessions where user_id = $1 order by created_at",
        key: "id",
        single: false,
    },
    Part {
        name: "passkeys",
        table: "passkeys",
        columns: &["id", "name", "created_at", "last_used_at"],
        rows: "select id from passkeys where user_id = $1 order by id",
        key: "id",
        single: false,
    },
    Part {
        name: "sign_ins",
        table: "accounts",
        columns: &["id", "provider", "provider_account_id", "expires_at", "created_at"],
        rows: "select id from accounts where user_id = $1 order by id",
        key: "id",
        single: false,
    },
    Part {
        name: "tokens",
        table: "api_tokens",
        columns: &["id", "name", "scopes", "hint", "expires_at", "last_used_at", "created_at"],
        rows: "select id from api_tokens where user_id = $1 order by id",
        key: "id",
        single: false,
    },
    Part {
        name: "tasks",
        table: "tasks",
        columns: &[
            "id", "title", "description", "status", "completed", "priority", "due_date", "due_time", "position", "version",
            "created_at", "updated_at", "completed_at", "deleted_at", "archived_at",
        ],
        rows: "select id from tasks where user_id = $1 order by id",
        key: "id",
        single: false,
    },
    Part {
        name: "history",
        table: "audit_logs",
        columns: &[
            "id", "change_id", "user_id", "action", "entity_type", "entity_id", "old_values", "new_values", "created_at",
        ],
        // What the person did, what happened to the account, and what happened to the tasks.
        rows: "select id from audit_logs where user_id = $1
               union select id from audit_logs where entity_type = 'account' and entity_id = $1::text
               union select log.id from tasks join audit_logs log on log.entity_type = 'task' and log.entity_id = tasks.id::text
                     where tasks.user_id = $1
               order by 1",
        key: "id",
        single: false,
    },
];

/// What belongs to a person and isn't exported: table, column (`*` for all of them), and why.
pub const LEFT_OUT: &[(&str, &str, &str)] = &[
    ("passkeys", "user_id", "the account's, which is exported once"),
    ("passkeys", "credential_id", "says nothing to anybody but the device"),
    ("passkeys", "credential", "says nothing to anybody but the device"),
    ("accounts", "user_id", "the account's, which is exported once"),
    ("accounts", "access_token", "a secret of the other provider's"),
    ("accounts", "refresh_token", "a secret of the other provider's"),
    ("totp_secrets", "*", "of use to who wants to get in, and to nobody else"),
    ("backup_codes", "*", "made from secrets"),
    ("users", "password_hash", "of use to who wants to guess the password, and to nobody else"),
    ("users", "session_epoch", "a number that ends sessions; says nothing"),
    ("pictures", "user_id", "the account's, which is exported once"),
    ("sessions", "user_id", "the account's, which is exported once"),
    ("sessions", "id", "made from the secret of the session"),
    ("sessions", "wrote_lsn", "a place in the database's own log, which says nothing"),
    ("sessions", "data", "secrets of the session; what it says of the device is exported"),
    ("api_tokens", "user_id", "the account's, which is exported once"),
    ("api_tokens", "token_hash", "made from the secret of the token"),
    ("api_tokens", "epoch", "a number that ends tokens; says nothing"),
    ("tasks", "user_id", "the account's, which is exported once"),
    ("tasks", "archived", "made from archived_at"),
    ("tasks", "due_order", "made from due_date and due_time"),
    ("tasks", "status_rank", "made from status"),
    ("tasks", "priority_rank", "made from priority"),
    ("tasks", "search", "made from title and description"),
    ("audit_logs", "salt", "random, and says nothing"),
    ("audit_logs", "digest", "made from the rest of the row"),
    ("idempotency_keys", "*", "answers about tasks, which are exported themselves; gone after a day"),
    ("outbox", "*", "mails on their way: they carry secrets, and are gone when they are sent"),
    ("verifications", "*", "secrets that end after minutes"),
];

/// The keys of the rows of one part, in the order of the export.
#[derive(Clone, Debug)]
pub enum Keys {
    /// Of most tables.
    Ids(Vec<Uuid>),
    /// Of the log.
    Numbers(Vec<i64>),
    /// Of sessions.
    Texts(Vec<String>),
}

impl Keys {
    /// How many there are.
    pub fn count(&self) -> usize {
        match self {
            Self::Ids(keys) => keys.len(),
            Self::Numbers(keys) => keys.len(),
            Self::Texts(keys) => keys.len(),
        }
    }

    /// Up to `count` of them, from number `begin` on.
    #[must_use]
    pub fn some(&self, begin: usize, count: usize) -> Self {
        fn of<T: Clone>(keys: &[T], begin: usize, count: usize) -> Vec<T> {
            keys.iter().skip(begin).take(count).cloned().collect()
        }
        match self {
            Self::Ids(keys) => Self::Ids(of(keys, begin, count)),
            Self::Numbers(keys) => Self::Numbers(of(keys, begin, count)),
            Self::Texts(keys) => Self::Texts(of(keys, begin, count)),
        }
    }
}

/// The keys of what belongs to who acts. The rows are read later, some at a time: what is there now is exported once, whatever
/// happens meanwhile, unless it is gone by then.
pub async fn keys(db: &mut PgConnection, actor: Actor, part: &Part) -> Result<Keys, Failure> {
    // Of who has done a lot, it takes seconds to find everything, and minutes by a plan for somebody else.
    sqlx::query!("set local statement_timeout = '1min'").execute(&mut *db).await?;
    sqlx::query!("set local plan_cache_mode = force_custom_plan").execute(&mut *db).await?;
    let (query, owner) = (part.rows, actor.user.0);
    Ok(match part.table {
        "audit_logs" => Keys::Numbers(sqlx::query_scalar(query).bind(owner).fetch_all(db).await?),
        "sessions" => Keys::Texts(sqlx::query_scalar(query).bind(owner).fetch_all(db).await?),
        _ => Keys::Ids(sqlx::query_scalar(query).bind(owner).fetch_all(db).await?),
    })
}

/// These rows of a part, each as JSON. The keys are those that [`keys`] gave.
pub async fn rows(db: &mut PgConnection, part: &Part, keys: &Keys) -> Result<Vec<String>, Failure> {
    let Part { table, columns, key, .. } = part;
    let columns = columns.join(", ");
    // Every name is a constant above.
    let query = format!(
        "select (select to_json(part) from (select {columns}) as part)::text
         from unnest($1) with ordinality as wanted (wanted_key, place) join {table} on {key} = wanted_key order by place"
    );
    Ok(match keys {
        Keys::Ids(keys) => sqlx::query_scalar(&query).bind(keys).fetch_all(db).await?,
        Keys::Numbers(keys) => sqlx::query_scalar(&query).bind(keys).fetch_all(db).await?,
        Keys::Texts(keys) => sqlx::query_scalar(&query).bind(keys).fetch_all(db).await?,
    })
}

/// A task as a line of a table: everything as text, times in UTC.
#[derive(Debug)]
pub struct TaskLine {
    /// Its id, title, description, status, priority, due date and due time.
    pub words: [String; 7],
    /// When it was made, changed, completed, moved to the trash and archived.
    pub times: [String; 5],
}

/// These tasks as lines.
pub async fn task_lines(db: &mut PgConnection, actor: Actor, keys: &Keys) -> Result<Vec<TaskLine>, Failure> {
    let Keys::Ids(ids) = keys else { return Ok(Vec::new()) };
    let rows = sqlx::query!(
        r#"select id::text as "id!", title, coalesce(description, '') as "description!", status::text as "status!",
               priority::text as "priority!", coalesce(due_date::text, '') as "due_date!",
               coalesce(to_char(due_time, 'HH24:MI'), '') as "due_time!", utc_text(created_at) as "created!",
               utc_text(updated_at) as "updated!", coalesce(utc_text(completed_at), '') as "completed!",
               coalesce(utc_text(deleted_at), '') as "deleted!", coalesce(utc_text(archived_at), '') as "archived!"
           from tasks where user_id = $1 and id = any($2) order by tasks.id"#,
        actor.user.0,
        ids
    )
    .fetch_all(db)
    .await?;
    let line = rows.into_iter().map(|row| TaskLine {
        words: [row.id, row.title, row.description, row.status, row.priority, row.due_date, row.due_time],
        times: [row.created, row.updated, row.completed, row.deleted, row.archived],
    });
    Ok(line.collect())
}

/// Forgets who acts: the account goes with everything that belongs to it, and what the log keeps has no name, no words and no place.
/// Errors: `Invalid` at `confirm_password` for the last admin while there are other accounts; `NotLoggedIn` for who is gone, or was logged
/// out everywhere while at it.
pub async fn erase(db: &mut PgConnection, actor: Actor, epoch: Uuid) -> Result<(), Failure> {
    let admin = sqlx::query_scalar!(r#"select role = 'admin' as "admin!" from users where id = $1"#, actor.user.0);
    if admin.fetch_optional(&mut *db).await? == Some(true) {
        // One after the other, and not while an account or an admin is made: of those who go, the last admin is known.
        for lock in ["an order", "the first account"] {
            sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", lock).fetch_one(&mut *db).await?;
        }
    }
    // Of two requests the second finds nobody.
    accounts::hold_epoch(&mut *db, actor, epoch).await?;
    let alone = sqlx::query_scalar!(r#"select is_only_admin() as "alone!""#);
    if alone.fetch_one(&mut *db).await? {
        return Err(Failure::App(FieldErrors::one("confirm_password", Message::LastAdmin)));
    }
    // Much may belong to somebody.
    sqlx::query!("set local statement_timeout = '5min'").execute(&mut *db).await?;
    sqlx::query!("select forget_person()").fetch_one(db).await?;
    Ok(())
}
