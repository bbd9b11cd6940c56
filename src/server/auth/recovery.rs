//! What a link in a mail does: proves an address, changes it, or sets another password.

use super::{
    Backend,
    limits::{self, Source},
    new_change, tell_owner,
};
use crate::{
    domain::account::Email,
    error::{AppError, FieldErrors, Message},
    server::{
        client::Client,
        clock::Clock,
        database::{Actor, act_as},
        store::{
            accounts::{self, User},
            events,
            mail::{self, Code, Letter, Link, Purpose, Subject},
            sign_in,
        },
    },
};

impl Backend {
    /// Sends the link that proves the address of who acts once more, unless it is proven. Error: `TooManyTries`.
    pub async fn send_verification(&self, user: &User, client: Client, clock: &Clock) -> Result<(), AppError> {
        let now = clock.now_utc();
        if user.profile.verified {
            return Ok(());
        }
        let Ok(email) = Email::parse(&user.profile.email) else { return Err(AppError::Internal) };
        let actor = Actor { user: user.id };
        let sent = self.database.write(actor, new_change(), move |db, actor| {
            let (email, client) = (email.clone(), client.clone());
            Box::pin(async move {
                limits::demand(&mut *db, &[Source::mail(&actor.user.to_string())], now).await?;
                mail::post_link(db, actor, Purpose::Verify, &email, &client, now).await
            })
        });
        sent.await
    }

    /// Sends a link to `email` that makes it the address of who acts. Until then nothing changes. Errors: `Invalid` at `email`,
    /// `TooManyTries`; `NotLoggedIn` where everybody was logged out meanwhile.
    pub async fn change_email(&self, user: &User, email: Email, client: Client, clock: &Clock) -> Result<(), AppError> {
        let now = clock.now_utc();
        if email.as_str() == user.profile.email {
            return Err(FieldErrors::one("email", Message::OwnAddress));
        }
        let wanted = email.clone();
        let taken = self.database.sign_in(move |db| {
            let email = wanted.clone();
            Box::pin(async move { sign_in::has_email(db, &email).await })
        });
        // Whoever takes it from now on is found when the link is used.
        if taken.await? {
            return Err(FieldErrors::one("email", Message::OthersAddress));
        }
        let (actor, epoch) = (Actor { user: user.id }, user.epoch);
        let network = client.ip_address.map(Source::mail_from);
        let own = [Source::mail(&user.id.to_string()), Source::first_mail(email.as_str())];
        let sources: Vec<_> = own.into_iter().chain(network).collect();
        let sent = self.database.write(actor, new_change(), move |db, actor| {
            let (email, client, sources) = (email.clone(), client.clone(), sources.clone());
            Box::pin(async move {
                limits::demand(&mut *db, &sources, now).await?;
                accounts::hold_epoch(&mut *db, actor, epoch).await?;
                mail::post_link(&mut *db, actor, Purpose::ChangeEmail, &email, &client, now).await?;
                events::record(db, actor.user, "email_asked", &client).await
            })
        });
        sent.await
    }

    /// Uses up the code of a link that proves an address; gives the address. Errors: `DeadLink`, `AddressTaken`.
    pub async fn verify_email(&self, code: Code, client: Client, clock: &Clock) -> Result<String, AppError> {
        let now = clock.now_utc();
        let proven = self.database.sign_in(move |db| {
            let (code, client) = (code.clone(), client.clone());
            Box::pin(async move {
                let purposes = [Purpose::Verify, Purpose::ChangeEmail];
                let link = sign_in::redeem(&mut *db, &code, &purposes, now).await?.ok_or(AppError::DeadLink)?;
                let Link { user, purpose, proves, email: former, verified, .. } = link;
                act_as(&mut *db, Actor { user }).await?;
                limits::forgive(&mut *db, &Source::mail(&user.to_string())).await?;
                if purpose == Purpose::Verify {
                    accounts::prove_email(&mut *db, user, now).await?;
                    events::record(db, user, "email_verified", &client).await?;
                    return Ok(proves);
                }
                accounts::set_email(&mut *db, user, &proves, now).await?;
                mail::end_links(&mut *db, user).await?;
                let letter = Letter::new(Subject::AddressChanged { to: proves.clone() }, &client);
                // One that nobody has proven may be a stranger's.
                for recipient in [&former, &proves].into_iter().skip(usize::from(!verified)) {
                    mail::post(&mut *db, user, recipient, &letter, now).await?;
                }
                events::record(db, user, "email", &client).await?;
                Ok(proves)
            })
        });
        proven.await
    }

    /// Sends a link for another password to this address, if there is such an account; who asks doesn't learn whether
    /// (`security.md` 7). Error: `TooManyTries`, for any address.
    pub async fn request_reset(&self, email: Email, client: Client, clock: &Clock) -> Result<(), AppError> {
        let now = clock.now_utc();
        let network = client.ip_address.map(Source::mail_from);
        let sources: Vec<_> = std::iter::once(Source::mail(email.as_str())).chain(network).collect();
        let asked = self.database.sign_in(move |db| {
            let (email, client, sources) = (email.clone(), client.clone(), sources.clone());
            Box::pin(async move {
                limits::demand(&mut *db, &sources, now).await?;
                sign_in::post_reset_link(db, &email, &client, now).await
            })
        });
        asked.await
    }

    /// Uses up the code of a link for another password: sets it, and ends every session of the account. The mail arrived, so its
    /// address is proven. Errors: `DeadLink`, `Invalid` at `new_password`, which leaves the link as it is.
    pub async fn reset_password(
        &self,
        code: Code,
        new: String,
        client: Client,
        clock: &Clock,
    ) -> Result<User, AppError> {
        let now = clock.now_utc();
        let found = {
            let code = code.clone();
            self.database.sign_in(move |db| {
                let code = code.clone();
                Box::pin(async move { sign_in::look(db, &code, &[Purpose::Reset], now).await })
            })
        };
        // Before anything is hashed: who has no code costs nothing.
        let Link { name, email, .. } = found.await?.ok_or(AppError::DeadLink)?;
        let new = self.hasher.new_password(new, [name, email]).await?;
        let new = new.map_err(|error| FieldErrors::one("new_password", error))?;
        let hash = self.hasher.hash(new).await?;
        let reset = self.database.sign_in(move |db| {
            let (code, client, hash) = (code.clone(), client.clone(), hash.clone());
            Box::pin(async move {
                let link = sign_in::redeem(&mut *db, &code, &[Purpose::Reset], now).await?.ok_or(AppError::DeadLink)?;
                let user = link.user;
                if !link.verified {
                    // Whoever registered with somebody else's address may have set these up.
                    sign_in::forget_factors(&mut *db, user).await?;
                }
                act_as(&mut *db, Actor { user }).await?;
                accounts::set_password(&mut *db, Actor { user }, &hash).await?;
                accounts::prove_email(&mut *db, user, now).await?;
                mail::end_links(&mut *db, user).await?;
                let id = user.to_string();
                for source in
                    [Source::account(&link.email), Source::account(&id), Source::mail(&link.email), Source::mail(&id)]
                {
                    limits::forgive(&mut *db, &source).await?;
                }
                tell_owner(&mut *db, user, &Letter::new(Subject::PasswordReset, &client), now).await?;
                events::record(&mut *db, user, "password_reset", &client).await?;
                sign_in::by_id(db, user).await?.ok_or(AppError::DeadLink.into())
            })
        });
        reset.await
    }
}
