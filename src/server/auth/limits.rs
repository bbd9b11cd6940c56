//! Logins under attack: each failure for one address, or from one network, makes the next try wait longer. Kept in PostgreSQL, so
//! it survives a restart and counts for every Docket on this database. It ends by itself, and touches no session.

use std::{net::IpAddr, time::Duration};

use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    error::AppError,
    server::{client, database::Failure},
};

/// Failures are forgotten after a day without one.
const MEMORY: Duration = Duration::from_hours(24);

/// What failures are counted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    key: String,
    /// How many failures cost nothing.
    free: i32,
    /// How many seconds the first one after those costs.
    pause: i32,
}

impl Source {
    /// An account, by what was typed as its address: there is one for addresses without an account too, so that nobody learns which
    /// have one (`security.md` 6).
    pub fn account(email: &str) -> Self {
        Self { key: format!("account:{}", hex(&Sha256::digest(email.as_bytes()))), free: 5, pause: 1 }
    }

    /// Codes of an account's app, and its backup codes: a million of the first, so that few tries may be free.
    pub fn code(account: &str) -> Self {
        let Self { key, .. } = Self::account(account);
        Self { key: format!("code-{key}"), free: 5, pause: 5 }
    }

    /// A network. Many people may share one.
    pub fn network(address: IpAddr) -> Self {
        let key = match client::network(address) {
            IpAddr::V4(address) => format!("network:{address}"),
            IpAddr::V6(address) => format!("network:{address}/64"),
        };
        Self { key, free: 50, pause: 1 }
    }

    /// Mail that somebody asks for, by the address or the account it goes to: each costs a minute at least, and no failure is needed.
    pub fn mail(to: &str) -> Self {
        Self { key: format!("mail:{}", hex(&Sha256::digest(to.as_bytes()))), free: 0, pause: 60 }
    }

    /// Mail to an address that nobody has proven yet, whoever asks for it.
    pub fn first_mail(to: &str) -> Self {
        let Self { key, .. } = Self::mail(to);
        Self { key: format!("first-{key}"), free: 0, pause: 60 }
    }

    /// Mail that tells an owner of what happened: a few at a time.
    pub fn notice(account: &str) -> Self {
        let Self { key, .. } = Self::mail(account);
        Self { key: format!("notice-{key}"), free: 5, pause: 60 }
    }

    /// Mail to anybody that is asked for from a network.
    pub fn mail_from(address: IpAddr) -> Self {
        let Self { key, .. } = Self::network(address);
        Self { key: format!("mail-{key}"), free: 50, pause: 60 }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// How many whole seconds the next try has to wait; 0 if it need not.
pub async fn wait(db: &mut PgConnection, sources: &[Source], now: OffsetDateTime) -> Result<u64, Failure> {
    let keys: Vec<_> = sources.iter().map(|source| source.key.clone()).collect();
    let until = sqlx::query_scalar!(
        "select max(wait_until) from login_delays where key = any($1) and wait_until > $2",
        &keys,
        now
    )
    .fetch_one(db)
    .await?;
    let seconds = until.map_or(0, |until| (until - now).whole_milliseconds().max(0).unsigned_abs().div_ceil(1_000));
    Ok(u64::try_from(seconds).unwrap_or(u64::MAX))
}

/// As [`wait`], one after the other until their transactions end: of many at once each sees what the ones before have counted.
pub async fn wait_in_turn(db: &mut PgConnection, sources: &[Source], now: OffsetDateTime) -> Result<u64, Failure> {
    let mut keys: Vec<_> = sources.iter().map(|source| source.key.as_str()).collect();
    // Always in the same order, so that no two wait for each other.
    keys.sort_unstable();
    for key in keys {
        sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", key).fetch_one(&mut *db).await?;
    }
    wait(db, sources, now).await
}

/// As [`fail`], unless it is too early, in which case nothing is counted: for what is limited although nothing fails. Gives how many
/// seconds it is too early.
pub async fn count(db: &mut PgConnection, sources: &[Source], now: OffsetDateTime) -> Result<u64, Failure> {
    let seconds = wait_in_turn(&mut *db, sources, now).await?;
    if seconds == 0 {
        fail(db, sources, now).await?;
    }
    Ok(seconds)
}

/// As [`count`]. Error: `TooManyTries`.
pub async fn demand(db: &mut PgConnection, sources: &[Source], now: OffsetDateTime) -> Result<(), Failure> {
    match count(db, sources, now).await? {
        0 => Ok(()),
        seconds => Err(Failure::App(AppError::TooManyTries(seconds))),
    }
}

/// Counts a failure: after the free ones the next try waits one second, or as long as the source says, then twice as long each time,
/// up to a quarter of an hour.
pub async fn fail(db: &mut PgConnection, sources: &[Source], now: OffsetDateTime) -> Result<(), Failure> {
    // Always in the same order, so that no two wait for each other.
    let mut sources = sources.to_vec();
    sources.sort_by(|one, other| one.key.cmp(&other.key));
    for Source { key, free, pause } in sources {
        sqlx::query!(
            "insert into login_delays as delay (key, failures, failed_at, wait_until) values ($1, 1, $2::timestamptz, case when $3 < 1 then $2 + interval '1 second' * $5 else $2::timestamptz end)
             on conflict (key) do update set
                 failures = case when delay.failed_at > $4 then delay.failures + 1 else 1 end,
                 failed_at = $2,
                 wait_until = case when delay.failed_at > $4 and delay.failures >= $3
                     then $2 + least(interval '15 minutes', interval '1 second' * $5 * power(2, least(delay.failures - $3, 20)))
                     else excluded.wait_until end",
            key,
            now,
            free,
            now - MEMORY,
            f64::from(pause)
        )
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Forgets the failures of an account whose owner is in.
pub async fn forgive(db: &mut PgConnection, account: &Source) -> Result<(), Failure> {
    sqlx::query!("delete from login_delays where key = $1", account.key).execute(db).await?;
    Ok(())
}

/// Removes up to `limit` that nobody remembers; gives how many.
pub async fn forget(db: &mut PgConnection, now: OffsetDateTime, limit: i64) -> Result<u64, Failure> {
    let result = sqlx::query!(
        "delete from login_delays where key in
             (select key from login_delays where failed_at < $1 order by failed_at limit $2 for update skip locked)",
        now - MEMORY,
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
    fn one_network_is_one_source() {
        let of = |text: &str| Source::network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("192.0.2.7"), of("::ffff:192.0.2.7"));
        assert_ne!(of("192.0.2.7"), of("192.0.2.8"));
    }

    #[test]
    fn the_address_that_was_typed_is_not_kept() {
        assert!(!format!("{:?}", Source::account("ada@example.org")).contains("ada"));
    }
}
