//! The second step: codes of an app (TOTP, RFC 6238), and backup codes for who has lost it.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};
use serde::{Deserialize, Serialize};
use totp_rs::{Builder, Totp};
use uuid::Uuid;

use super::{Backend, limits, limits::Source, new_change, tell_owner};
use crate::{
    domain::{
        factor::{BACKUP_CODES, BackupCodes, Code, CodesDraft, Factors, Picture, Required},
        id::UserId,
    },
    error::AppError,
    server::{
        client::Client,
        clock::{Clock, Local},
        database::{Actor, act_as},
        secrets,
        store::{
            accounts::{self, User},
            events,
            factors::{self, Overview},
            mail::{Letter, News, Subject},
            sign_in,
        },
    },
};

/// Somebody who has shown one thing, and is asked for a second.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Halfway {
    /// Who they say they are.
    pub user: UserId,
    /// The account's epoch then: what ends its sessions ends this, too.
    pub epoch: Uuid,
    /// When, in seconds of Unix time.
    pub since: i64,
}

impl Halfway {
    /// Who has just shown one thing.
    pub fn of(user: &User, clock: &Clock) -> Self {
        Self { user: user.id, epoch: user.epoch, since: clock.now_utc().unix_timestamp() }
    }
}

/// How many random bytes an app's secret has (RFC 4226, 4: 160 bits).
const SECRET: usize = 20;

/// For whom a secret is sealed.
fn purpose(user: UserId) -> String {
    format!("totp {user}")
}

/// The app of somebody. SHA-1, six digits and half a minute, which is what all apps have; a code of the step before or after counts, too,
/// because no two clocks agree.
fn app(secret: Vec<u8>, email: &str) -> Result<Totp, AppError> {
    // What divides the two in the address can't be in either.
    let account = email.replace(':', "_");
    let app = Builder::new().with_secret(secret).with_account_name(account).with_issuer(Some("Docket")).with_skew(1);
    app.build().map_err(|error| {
        tracing::error!(%error, "no codes can be made from this secret");
        AppError::Internal
    })
}

/// A backup code as its owner sees it, such as `4k7ap-0x2mq`.
fn backup_code() -> String {
    let code: String = secrets::random::<{ Code::BACKUP_LENGTH }>()
        .iter()
        // 256 is a multiple of 32: each is as likely as another.
        .map(|byte| char::from(Code::DIGITS[usize::from(*byte) % Code::DIGITS.len()]))
        .collect();
    let (one, other) = code.split_at(Code::BACKUP_LENGTH / 2);
    format!("{one}-{other}")
}

fn picture(url: &str) -> Result<Picture, AppError> {
    /// How wide the light edge has to be, in modules.
    const EDGE: i32 = 4;
    let code = QrCode::encode_text(url, QrCodeEcc::Medium).map_err(|_| AppError::Internal)?;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            let _ = write!(path, "M{} {}h1v1h-1z", x + EDGE, y + EDGE);
        }
    }
    Ok(Picture { side: (code.size() + 2 * EDGE).unsigned_abs(), path })
}

impl Backend {
    /// Whether a password, or another provider's word, isn't enough to let somebody in.
    pub async fn asks_second_step(&self, user: UserId) -> Result<bool, AppError> {
        self.database.sign_in(move |db| Box::pin(sign_in::asks_second_step(db, user))).await
    }

    /// Whether who acts has a password.
    pub async fn has_password(&self, actor: Actor) -> Result<bool, AppError> {
        let hash = self.database.read(actor, |db, actor| Box::pin(accounts::password_hash(db, actor)));
        Ok(hash.await?.is_some())
    }

    /// Uses up a code of the app, or a backup code, of this account. A wrong one is counted, and told to the owner. Errors: `WrongCode`,
    /// `TooManyTries`.
    pub async fn check_code(&self, user: UserId, typed: &str, client: &Client, clock: &Clock) -> Result<(), AppError> {
        let now = clock.now_utc();
        let source = [Source::code(&user.to_string())];
        let (code, client, backend) = (Code::parse(typed), client.clone(), self.clone());
        let checked = self.database.sign_in(move |db| {
            let (source, code, client, backend) = (source.clone(), code.clone(), client.clone(), backend.clone());
            Box::pin(async move {
                // Of many at once, those that come after the last free failure learn nothing.
                let seconds = limits::wait_in_turn(&mut *db, &source, now).await?;
                if seconds > 0 {
                    return Err(AppError::TooManyTries(seconds).into());
                }
                let right = match code {
                    Some(Code::App(digits)) => match sign_in::totp(&mut *db, user).await? {
                        Some(sealed) => {
                            let app = app(backend.secrets.open(&purpose(user), &sealed)?, "account")?;
                            let time = u64::try_from(now.unix_timestamp()).unwrap_or_default();
                            match app.check(&digits, time).and_then(|step| i64::try_from(step).ok()) {
                                Some(step) => sign_in::use_step(&mut *db, user, step).await?,
                                None => false,
                            }
                        }
                        None => false,
                    },
                    Some(Code::Backup(plain)) => {
                        let mark = backend.secrets.mark(&format!("backup code {user}"), &plain);
                        let fits = sign_in::use_backup_code(&mut *db, user, &mark).await?;
                        if fits {
                            act_as(&mut *db, Actor { user }).await?;
                            events::record(&mut *db, user, "backup_code_used", &client).await?;
                            tell_owner(
                                &mut *db,
                                user,
                                &Letter::new(Subject::Ways { news: News::BackupCodeUsed }, &client),
                                now,
                            )
                            .await?;
                        }
                        fits
                    }
                    None => false,
                };
                if right {
                    limits::forgive(db, &source[0]).await?;
                } else {
                    limits::fail(&mut *db, &source, now).await?;
                    act_as(&mut *db, Actor { user }).await?;
                    events::record(db, user, "code_failed", &client).await?;
                }
                Ok(right)
            })
        });
        if checked.await? { Ok(()) } else { Err(AppError::WrongCode) }
    }

    /// A code once more, where the account asks for one. Errors: `CodeNotConfirmed`, `TooManyTries`.
    pub async fn confirm_code(
        &self,
        user: UserId,
        typed: &str,
        client: &Client,
        clock: &Clock,
    ) -> Result<(), AppError> {
        if !self.asks_second_step(user).await? {
            return Ok(());
        }
        if typed.is_empty() {
            return Err(AppError::CodeNotConfirmed(false));
        }
        match self.check_code(user, typed, client, clock).await {
            Err(AppError::WrongCode) => Err(AppError::CodeNotConfirmed(true)),
            checked => checked,
        }
    }

    /// The second step of who is halfway in; gives who may be logged in. Errors: `WrongCode`, `TooManyTries`; `NotLoggedIn` where everybody
    /// was logged out meanwhile, or the account is disabled.
    pub async fn second_step(
        &self,
        halfway: &Halfway,
        typed: &str,
        client: Client,
        clock: &Clock,
    ) -> Result<User, AppError> {
        let (user, epoch) = (halfway.user, halfway.epoch);
        let current = async |backend: &Self| {
            let found = backend.database.sign_in(move |db| Box::pin(sign_in::by_id(db, user))).await?;
            found.filter(|user| user.epoch == epoch).ok_or(AppError::NotLoggedIn)
        };
        current(self).await?;
        self.check_code(user, typed, &client, clock).await?;
        let user = current(self).await?;
        self.note_login(user.id, client, clock).await?;
        Ok(user)
    }

    /// Notes that somebody is in, and tells the owner where that is so on a device that wasn't here before.
    pub async fn note_login(&self, user: UserId, client: Client, clock: &Clock) -> Result<(), AppError> {
        let now = clock.now_utc();
        let noted = self.database.sign_in(move |db| {
            let client = client.clone();
            Box::pin(async move {
                act_as(&mut *db, Actor { user }).await?;
                if !events::knows_device(&mut *db, user, &client).await? {
                    tell_owner(&mut *db, user, &Letter::new(Subject::NewDevice, &client), now).await?;
                }
                events::record(db, user, "login", &client).await
            })
        });
        noted.await
    }

    /// Whether the session with this row may see what an app needs: the one that began to set it up is no older.
    pub async fn may_set_up(&self, actor: Actor, row: String, clock: &Clock) -> Result<bool, AppError> {
        self.began_within(factors::DRAFT, actor, row, clock).await
    }

    /// What somebody can be let in by. `providers`: those that this Docket knows.
    pub async fn factors(
        &self,
        user: &User,
        providers: Vec<(String, String)>,
        local: &Local,
        clock: &Clock,
    ) -> Result<Factors, AppError> {
        let (now, own) = (clock.now_utc(), local.clone());
        let read = self.database.read(Actor { user: user.id }, move |db, actor| {
            let own = own.clone();
            Box::pin(async move {
                let overview = factors::overview(&mut *db, actor, now).await?;
                let passkeys = factors::passkeys(&mut *db, actor, &own).await?;
                Ok((overview, passkeys, factors::sign_ins(db, actor, &own).await?))
            })
        });
        let (overview, passkeys, sign_ins) = read.await?;
        let Overview { password, totp, backup_codes, required } = overview;
        let (draft, codes) = match totp {
            Some((_, true)) => (None, true),
            Some((sealed, false)) => {
                (Some(Self::codes_draft(&self.secrets.open(&purpose(user.id), &sealed)?, &user.profile.email)?), false)
            }
            None => (None, false),
        };
        Ok(Factors {
            password,
            codes,
            draft,
            backup_codes: u32::try_from(backup_codes).unwrap_or_default(),
            passkeys,
            sign_ins,
            providers,
            required: required.map(|at| local.at(at)),
            today: local.now().day,
        })
    }

    fn codes_draft(secret: &[u8], email: &str) -> Result<CodesDraft, AppError> {
        let app = app(secret.to_vec(), email)?;
        let url = app.to_url().map_err(|_| AppError::Internal)?;
        Ok(CodesDraft { key: app.secret().to_base32(), picture: picture(&url)?, url })
    }

    /// Begins to set up an app; it counts once a first code of it was typed. Error: `NotFound` for who has one.
    pub async fn begin_codes(&self, user: &User, clock: &Clock) -> Result<(), AppError> {
        let now = clock.now_utc();
        let sealed = self.secrets.seal(&purpose(user.id), &secrets::random::<SECRET>())?;
        let begun = self.database.write(Actor { user: user.id }, new_change(), move |db, actor| {
            let sealed = sealed.clone();
            Box::pin(async move { factors::begin_totp(db, actor, &sealed, now).await })
        });
        if begun.await? { Ok(()) } else { Err(AppError::NotFound) }
    }

    /// From now on codes of the app are asked for, if this is one; gives new backup codes. Every other session ends: nobody stays in who
    /// showed the password alone. `row`: the session that stays. Errors: `WrongCode`; `TooManyTries`; `NotFound`
    /// where no app is being set up.
    pub async fn confirm_codes(
        &self,
        user: &User,
        (typed, row): (&str, String),
        client: Client,
        clock: &Clock,
    ) -> Result<BackupCodes, AppError> {
        let (now, actor) = (clock.now_utc(), Actor { user: user.id });
        let read = self.database.read(actor, move |db, actor| Box::pin(factors::overview(db, actor, now)));
        let Some((sealed, false)) = read.await?.totp else { return Err(AppError::NotFound) };
        let app = app(self.secrets.open(&purpose(user.id), &sealed)?, "account")?;
        let step = match Code::parse(typed) {
            Some(Code::App(digits)) => app.check(&digits, u64::try_from(now.unix_timestamp()).unwrap_or_default()),
            _ => None,
        };
        let Some(step) = step.and_then(|step| i64::try_from(step).ok()) else { return Err(AppError::WrongCode) };
        let codes: Vec<_> = (0..BACKUP_CODES).map(|_| backup_code()).collect();
        let (marks, epoch) = (self.marks(user.id, &codes), user.epoch);
        let confirmed = self.database.write(actor, new_change(), move |db, actor| {
            let (sealed, marks, client, row) = (sealed.clone(), marks.clone(), client.clone(), row.clone());
            Box::pin(async move {
                accounts::hold_epoch(&mut *db, actor, epoch).await?;
                if !factors::confirm_totp(&mut *db, actor, &sealed, step, now).await? {
                    return Err(AppError::NotFound.into());
                }
                factors::set_backup_codes(&mut *db, actor, &marks).await?;
                accounts::end_other_sessions(&mut *db, actor, &row).await?;
                let letter = Letter::new(Subject::Ways { news: News::CodesAdded }, &client);
                tell_owner(&mut *db, actor.user, &letter, now).await?;
                events::record(db, actor.user, "codes_added", &client).await
            })
        });
        confirmed.await?;
        Ok(BackupCodes(codes))
    }

    /// Asks for codes of the app no longer. Error: `NotFound` for who has none.
    pub async fn end_codes(&self, user: &User, client: Client, clock: &Clock) -> Result<(), AppError> {
        let (now, epoch) = (clock.now_utc(), user.epoch);
        let ended = self.database.write(Actor { user: user.id }, new_change(), move |db, actor| {
            let client = client.clone();
            Box::pin(async move {
                accounts::hold_epoch(&mut *db, actor, epoch).await?;
                if !factors::end_totp(&mut *db, actor).await? {
                    return Err(AppError::NotFound.into());
                }
                let letter = Letter::new(Subject::Ways { news: News::CodesRemoved }, &client);
                tell_owner(&mut *db, actor.user, &letter, now).await?;
                events::record(db, actor.user, "codes_removed", &client).await
            })
        });
        ended.await
    }

    /// Makes backup codes; those from before are over.
    pub async fn renew_backup_codes(&self, user: &User, client: Client) -> Result<BackupCodes, AppError> {
        let codes: Vec<_> = (0..BACKUP_CODES).map(|_| backup_code()).collect();
        let (marks, epoch) = (self.marks(user.id, &codes), user.epoch);
        let made = self.database.write(Actor { user: user.id }, new_change(), move |db, actor| {
            let (marks, client) = (marks.clone(), client.clone());
            Box::pin(async move {
                accounts::hold_epoch(&mut *db, actor, epoch).await?;
                factors::set_backup_codes(&mut *db, actor, &marks).await?;
                events::record(db, actor.user, "backup_codes_made", &client).await
            })
        });
        made.await?;
        Ok(BackupCodes(codes))
    }

    fn marks(&self, user: UserId, codes: &[String]) -> Vec<Vec<u8>> {
        let purpose = format!("backup code {user}");
        codes.iter().map(|code| self.secrets.mark(&purpose, &code.replace('-', ""))).collect()
    }

    /// Takes the password away, where somebody gets in without it, even after something was lost. Error: `LastWayIn`.
    pub async fn drop_password(&self, user: &User, client: Client, clock: &Clock) -> Result<(), AppError> {
        let (now, epoch) = (clock.now_utc(), user.epoch);
        let dropped = self.database.write(Actor { user: user.id }, new_change(), move |db, actor| {
            let client = client.clone();
            Box::pin(async move {
                accounts::hold_epoch(&mut *db, actor, epoch).await?;
                let ways = factors::hold_ways(&mut *db, actor).await?;
                // A provider alone isn't enough: it may be gone tomorrow.
                let enough = ways.passkeys >= 2 || ways.passkeys == 1 && ways.backup_codes > 0;
                if !enough {
                    return Err(AppError::LastWayIn.into());
                }
                factors::drop_password(&mut *db, actor).await?;
                let letter = Letter::new(Subject::Ways { news: News::PasswordDropped }, &client);
                tell_owner(&mut *db, actor.user, &letter, now).await?;
                events::record(db, actor.user, "password_dropped", &client).await
            })
        });
        dropped.await
    }

    /// Who has to have a second factor, and from when on.
    pub async fn set_policy(&self, actor: Actor, required: Required, days: u32, clock: &Clock) -> Result<(), AppError> {
        let from = clock.now_utc() + time::Duration::days(days.into());
        let set = self.database.administer(Some(actor), move |db| {
            Box::pin(async move { crate::server::store::admin::set_policy(db, actor, required, from).await })
        });
        set.await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backup_codes_are_read_as_they_are_shown() {
        for _ in 0..100 {
            let code = backup_code();
            assert_eq!(code.len(), 11);
            assert_eq!(Code::parse(&code), Some(Code::Backup(code.replace('-', ""))));
        }
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, in six digits.
        let app = app(b"12345678901234567890".to_vec(), "ada@example.org").unwrap();
        for (time, code) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
            assert_eq!(app.check(code, time), Some(time / 30), "{time}");
            assert!(app.check(code, time + 30).is_some() && app.check(code, time + 60).is_none(), "{time}");
        }
    }

    #[test]
    fn the_picture_has_a_light_edge() {
        let Picture { side, path } = picture("otpauth://totp/Docket:a?secret=b").unwrap();
        assert!(side > 29 && path.starts_with("M4 4h1"), "{side} {path}");
    }
}
