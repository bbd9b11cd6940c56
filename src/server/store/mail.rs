//! Mail on its way, and the links in it.
//!
//! What is to be sent is a row of `outbox`, written in the transaction of what it tells of; `server/mail.rs` has the words and sends
//! them. A link begins without a code: one is made in the moment when the mail leaves, and only its hash is kept.

use std::fmt;

use argon2::password_hash::rand_core::{OsRng, RngCore};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    domain::{account::Email, id::UserId},
    server::{
        client::{Client, device},
        database::{Actor, Failure},
    },
};

/// How long a link works after its mail has left.
pub const VALID: Duration = Duration::minutes(10);

/// How long a mail is tried.
pub const PATIENCE: Duration = Duration::hours(24);

/// What a link in a mail is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "verification_purpose", rename_all = "snake_case")]
pub enum Purpose {
    /// To show that mail to the account's address arrives.
    Verify,
    /// To set a password for who has lost it.
    Reset,
    /// To show that mail to a new address arrives, which then is the account's.
    ChangeEmail,
}

impl Purpose {
    /// As the database has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Reset => "reset",
            Self::ChangeEmail => "change_email",
        }
    }
}

/// What a mail tells of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "about")]
pub enum Subject {
    /// A link that somebody asked for.
    Link {
        /// What it is for.
        purpose: Purpose,
    },
    /// A login from a device that wasn't seen before.
    NewDevice,
    /// Another password, by who knew the one before.
    PasswordChanged,
    /// Another password, by a link in a mail.
    PasswordReset,
    /// Another password, by who runs this Docket.
    PasswordSet,
    /// Another way to log in, or one less.
    Ways {
        /// Which.
        news: News,
    },
    /// Another address.
    AddressChanged {
        /// Which.
        to: String,
    },
}

/// What changed about how somebody logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// Codes of an app are asked for from now on.
    CodesAdded,
    /// They aren't any more.
    CodesRemoved,
    /// A backup code was used.
    BackupCodeUsed,
    /// The account has no password any more.
    PasswordDropped,
    /// A passkey lets somebody in.
    PasskeyAdded,
    /// One doesn't any more.
    PasskeyRemoved,
    /// Another provider lets somebody in.
    SignInAdded,
    /// One doesn't any more.
    SignInRemoved,
    /// Who runs this Docket took away all that was there besides the password.
    FactorsReset,
}

/// A mail, before it has words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// What it tells of.
    #[serde(flatten)]
    pub subject: Subject,
    /// The device that did it, in words.
    pub device: String,
    /// Where from, as an IP address.
    pub place: Option<String>,
}

impl Letter {
    /// What this client did.
    pub fn new(subject: Subject, client: &Client) -> Self {
        let place = client.ip_address.map(|address| address.to_string());
        Self { subject, device: device(client.user_agent.as_deref()), place }
    }
}

/// What a link in a mail carries: 256 random bits, in 64 characters that a URL takes as they are. It doesn't print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// A new one.
    fn random() -> Self {
        let mut bytes = [0; 32];
        OsRng.fill_bytes(&mut bytes);
        Self(bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}")))
    }

    /// One that somebody came with, if it looks like one.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        (text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| Self(text.to_ascii_lowercase()))
    }

    /// For the mail, and for nothing else.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// SHA-256, which is what the database keeps: a code is random, so it needs neither salt nor stretching.
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.as_bytes()).to_vec()
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

/// Has `letter` about `user` sent to `recipient`, once this transaction is committed.
pub async fn post(
    db: &mut PgConnection,
    user: UserId,
    recipient: &str,
    letter: &Letter,
    now: OffsetDateTime,
) -> Result<(), Failure> {
    sqlx::query!(
        "insert into outbox (id, user_id, recipient, letter, next_try_at, created_at) values ($1, $2, $3, $4, $5, $5)",
        Uuid::now_v7(),
        user.0,
        recipient,
        json(letter),
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The same, to the address of the account, if somebody has proven it.
pub async fn post_to_owner(
    db: &mut PgConnection,
    user: UserId,
    letter: &Letter,
    now: OffsetDateTime,
) -> Result<(), Failure> {
    sqlx::query!(
        "insert into outbox (id, user_id, recipient, letter, next_try_at, created_at)
         select $1, id, email, $3, $4, $4 from users where id = $2 and email_verified_at is not null",
        Uuid::now_v7(),
        user.0,
        json(letter),
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Has a link sent to `email`, which proves that address for who acts. It ends the one of this kind before, sent or not.
pub async fn post_link(
    db: &mut PgConnection,
    actor: Actor,
    purpose: Purpose,
    email: &Email,
    client: &Client,
    now: OffsetDateTime,
) -> Result<(), Failure> {
    sqlx::query!(
        "with former as (delete from outbox where user_id = $1 and letter ->> 'purpose' = $3::text),
         link as (
             insert into verifications (id, user_id, purpose, email, created_at)
             values ($4, $1, $3::text::verification_purpose, $2, $5)
             on conflict (user_id, purpose) do update
                 set email = excluded.email, code_hash = null, expires_at = null, created_at = excluded.created_at
             returning id, user_id)
         insert into outbox (id, user_id, verification_id, recipient, letter, next_try_at, created_at)
         select $6, user_id, id, $2, $7, $5, $5 from link",
        actor.user.0,
        email.as_str(),
        purpose.name(),
        Uuid::now_v7(),
        now,
        Uuid::now_v7(),
        json(&Letter::new(Subject::Link { purpose }, client))
    )
    .execute(db)
    .await?;
    Ok(())
}

/// As the database has it.
pub fn json(letter: &Letter) -> serde_json::Value {
    serde_json::to_value(letter).unwrap_or_default()
}

/// A mail that somebody has taken to send it.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// Names the row.
    pub id: Uuid,
    /// Whom it is sent to.
    pub recipient: String,
    /// What it tells of; `None` for one of a newer version of Docket.
    pub letter: Option<Letter>,
    /// The code for its link, if it has one.
    pub code: Option<Code>,
    /// How often it was tried, this time included.
    pub attempts: i32,
    /// When what it tells of happened.
    pub created_at: OffsetDateTime,
    /// The time zone of who it is about.
    pub time_zone: Option<String>,
}

/// Takes one mail that is due, so that nobody else does before the next try: a minute later, then twice as long each time, up to an
/// hour. Its link gets a new code.
pub async fn claim(db: &mut PgConnection, now: OffsetDateTime) -> Result<Option<Claimed>, Failure> {
    let row = sqlx::query!(
        r#"update outbox set attempts = attempts + 1,
               next_try_at = $1 + least(interval '1 hour', interval '1 minute' * power(2, least(attempts, 10)))
           where id = (select id from outbox where next_try_at <= $1 order by next_try_at limit 1 for update skip locked)
           returning id, recipient, letter, verification_id, attempts, created_at,
               (select time_zone from users where users.id = outbox.user_id) as time_zone"#,
        now
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let code = row.verification_id.map(|_| Code::random());
    if let (Some(link), Some(code)) = (row.verification_id, &code) {
        sqlx::query!(
            "update verifications set code_hash = $2, expires_at = $3 where id = $1",
            link,
            code.hash(),
            now + VALID
        )
        .execute(db)
        .await?;
    }
    Ok(Some(Claimed {
        id: row.id,
        recipient: row.recipient,
        letter: serde_json::from_value(row.letter).ok(),
        code,
        attempts: row.attempts,
        created_at: row.created_at,
        time_zone: row.time_zone,
    }))
}

/// Removes a mail that was sent, or that nobody will send.
pub async fn remove(db: &mut PgConnection, id: Uuid) -> Result<(), Failure> {
    sqlx::query!("delete from outbox where id = $1", id).execute(db).await?;
    Ok(())
}

/// A link that works.
#[derive(Clone, Debug)]
pub struct Link {
    /// Whose account it is for.
    pub user: UserId,
    /// What it is for.
    pub purpose: Purpose,
    /// The address that it proves.
    pub proves: String,
    /// The address of the account.
    pub email: String,
    /// Whether somebody has proven it.
    pub verified: bool,
    /// What its owner is called.
    pub name: String,
}

/// Ends the links of an account that could change who has it: its password or its address was changed.
pub async fn end_links(db: &mut PgConnection, user: UserId) -> Result<(), Failure> {
    sqlx::query!("delete from verifications where user_id = $1 and purpose <> 'verify'", user.0).execute(db).await?;
    Ok(())
}

/// Removes up to `limit` links that don't work any more; gives how many.
pub async fn remove_links(db: &mut PgConnection, now: OffsetDateTime, limit: i64) -> Result<u64, Failure> {
    // One whose mail is still tried gets a new code with it.
    let result = sqlx::query!(
        "delete from verifications where id in (
             select id from verifications
             where expires_at < $1 and not exists (select from outbox where verification_id = verifications.id)
             order by expires_at limit $2 for update skip locked)",
        now,
        limit
    )
    .execute(db)
    .await?;
    Ok(result.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_long_and_random_and_does_not_print_itself() {
        let code = Code::random();
        assert_eq!(Code::parse(&format!(" {} ", code.as_str().to_uppercase())), Some(code.clone()));
        assert_ne!(Code::random(), code);
        assert_eq!(format!("{code:?}"), "Code(…)");
        for text in ["", "\0", &"g".repeat(64), &"a".repeat(63), &"é".repeat(32), &"a".repeat(100_000)] {
            assert_eq!(Code::parse(text), None);
        }
    }
}
