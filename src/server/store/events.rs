//! What happened to accounts: one row of `audit_logs` for each, in the transaction of what happened.

use serde_json::{Value, json};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    domain::{account::SecurityEvent, id::UserId},
    server::{
        client::{Client, device},
        clock::Local,
        database::{Actor, Failure},
    },
};

/// How many are shown.
const SHOWN: i64 = 30;

/// What is kept of the device.
pub fn place(client: &Client) -> Value {
    json!({ "device": device(client.user_agent.as_deref()), "place": client.ip_address })
}

/// Notes that the owner did this to an account. Of one that was erased meanwhile nothing is noted any more.
pub async fn record(db: &mut PgConnection, user: UserId, action: &str, client: &Client) -> Result<(), Failure> {
    record_by(db, Some(user), user, action, client).await
}

/// Notes that somebody else did this to an account: an admin, or who runs Docket by its command line (`None`).
pub async fn record_by(
    db: &mut PgConnection,
    by: Option<UserId>,
    user: UserId,
    action: &str,
    client: &Client,
) -> Result<(), Failure> {
    sqlx::query!(
        "insert into audit_logs (change_id, user_id, action, entity_type, entity_id, new_values)
         select $1, $5, $3, 'account', id::text, $4 from users where id = $2 for key share",
        Uuid::now_v7(),
        user.0,
        action,
        place(client),
        by.map(|by| by.0)
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether somebody was in this account before on a device like this, from a network like this: the next 256 IPv4 addresses, or an
/// IPv6 /48. An address alone changes from day to day for many people.
pub async fn knows_device(db: &mut PgConnection, user: UserId, client: &Client) -> Result<bool, Failure> {
    let Some(address) = client.ip_address else { return Ok(false) };
    let network = format!("{address}/{}", if address.is_ipv4() { 24 } else { 48 });
    let known = sqlx::query_scalar!(
        r#"select exists (
               select from audit_logs
               where entity_id = $1 and entity_type = 'account' and action in ('register', 'login', 'password_reset')
                   and new_values ->> 'device' = $2 and (new_values ->> 'place')::inet <<= network($3::text::inet)) as "known!""#,
        user.to_string(),
        device(client.user_agent.as_deref()),
        network
    );
    Ok(known.fetch_one(db).await?)
}

/// What happened to the account of who acts, the last first.
pub async fn list(db: &mut PgConnection, actor: Actor, local: &Local) -> Result<Vec<SecurityEvent>, Failure> {
    let rows = sqlx::query!(
        r#"select action, created_at, new_values ->> 'device' as device, new_values ->> 'place' as place
           from audit_logs where entity_id = $1 and entity_type = 'account' order by id desc limit $2"#,
        actor.user.to_string(),
        SHOWN
    )
    .fetch_all(db)
    .await?;
    let event = |at, action, device: Option<String>, place| SecurityEvent {
        at: local.at(at),
        action,
        device: device.unwrap_or_default(),
        place,
    };
    Ok(rows.into_iter().map(|row| event(row.created_at, row.action, row.device, row.place)).collect())
}

/// A row of the audit log as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRow {
    /// A later one has a greater number.
    pub id: i64,
    /// What was done.
    pub action: String,
    /// To what kind of thing: `task`, `account`.
    pub entity_type: String,
    /// To which one.
    pub entity_id: String,
    /// The fields that changed, as they were.
    pub old_values: Option<Value>,
    /// The fields that changed, as they are since, and what is known of the device.
    pub new_values: Option<Value>,
    /// When.
    pub created_at: OffsetDateTime,
}

/// Up to `limit` rows of the audit log before the one with the number `before`, the last first: what who acts has done, and what happened
/// to the account. And the number from which to go on, if there are more.
pub async fn audit(
    db: &mut PgConnection,
    actor: Actor,
    before: Option<i64>,
    limit: u16,
) -> Result<(Vec<AuditRow>, Option<i64>), Failure> {
    // Each half by an index of its own, and no row twice.
    let rows = sqlx::query_as!(
        AuditRow,
        r#"select id as "id!", action as "action!", entity_type as "entity_type!", entity_id as "entity_id!", old_values, new_values,
                  created_at as "created_at!"
           from ((select * from audit_logs where user_id = $1 and id < $3 order by id desc limit $4)
                 union all
                 (select * from audit_logs
                  where entity_id = $2 and entity_type = 'account' and user_id is distinct from $1 and id < $3
                  order by id desc limit $4)) as halves
           order by id desc limit $4"#,
        actor.user.0,
        actor.user.to_string(),
        before.unwrap_or(i64::MAX),
        i64::from(limit) + 1
    )
    .fetch_all(db)
    .await?;
    Ok(cut(rows, limit))
}

/// Takes away what is over the limit; gives from where to go on, if something was.
pub fn cut(mut rows: Vec<AuditRow>, limit: u16) -> (Vec<AuditRow>, Option<i64>) {
    let more = rows.len() > usize::from(limit);
    rows.truncate(usize::from(limit));
    let next = rows.last().filter(|_| more).map(|row| row.id);
    (rows, next)
}
