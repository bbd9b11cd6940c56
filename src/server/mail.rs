//! The words of mail, and when it leaves.

use jiff::Timestamp;
use time::OffsetDateTime;

use super::{
    clock::Local,
    smtp::Failed,
    state::AppState,
    store::mail::{self, Claimed, Letter, News, PATIENCE, Purpose, Subject},
};
use crate::{error::AppError, texts::Language};

/// Sends what is due, one after the other; gives how many were dealt with. Stops where the server can't be
/// reached; one that it refuses for now waits for its next turn.
pub async fn send(state: &AppState) -> Result<u64, AppError> {
    let mut sent = 0;
    loop {
        let now = state.clock.now_utc();
        let Some(claimed) = state.database.maintain(move |db| Box::pin(mail::claim(db, now))).await? else {
            return Ok(sent);
        };
        let (id, attempt) = (claimed.id, claimed.attempts);
        let late = now - claimed.created_at >= PATIENCE;
        match deliver(state, claimed).await {
            Ok(()) => {}
            Err(Failed::ForNow(reason)) if !late => {
                tracing::warn!(%id, attempt, reason, "a mail was not sent; it is tried again");
                return Ok(sent);
            }
            Err(Failed::ThisOne(reason)) if !late => {
                tracing::warn!(%id, attempt, reason, "a mail was not sent; it is tried again");
                continue;
            }
            Err(Failed::ForNow(reason) | Failed::ThisOne(reason) | Failed::ForGood(reason)) => {
                tracing::error!(%id, attempt, reason, "a mail was not sent, and is given up");
            }
        }
        state.database.maintain(move |db| Box::pin(mail::remove(db, id))).await?;
        sent += 1;
    }
}

async fn deliver(state: &AppState, claimed: Claimed) -> Result<(), Failed> {
    let site = state.config.site();
    let Claimed { id, recipient, letter, code, attempts, created_at, time_zone } = claimed;
    let letter = letter.ok_or_else(|| Failed::ForGood("it is one of a newer Docket's".to_owned()))?;
    let code = code.as_ref().map_or("", mail::Code::as_str);
    let (subject, body) = words(&letter, &site, &when(created_at, time_zone.as_deref()), code);
    let Some(server) = &state.config.mail else {
        // The one place where a link may stand in the log: who reads it runs this Docket.
        tracing::info!(to = recipient, subject, "no mail server is set, so a mail is written here:\n{body}");
        return Ok(());
    };
    // Another id for each try: the code is another one too, so neither may be taken for a copy of the other.
    let host = site.split("//").nth(1).unwrap_or("docket");
    let message_id = format!("<{id}.{attempts}@{}>", host.replace(['[', ']', ':'], "."));
    server.send(&recipient, subject, body, message_id).await
}

/// When something happened, by the clock of who reads it.
fn when(at: OffsetDateTime, time_zone: Option<&str>) -> String {
    let zone = time_zone.unwrap_or("UTC");
    let at = Timestamp::from_second(at.unix_timestamp()).unwrap_or_default();
    let now = Local::new(zone, at).now();
    format!("{}, {} ({zone})", (Language::En.texts().calendar.long_date)(now.day), now.time)
}

/// Subject and text. No name, and of the device only letters: whoever makes an account with somebody else's address would choose what
/// stands in a mail to them.
fn words(letter: &Letter, site: &str, when: &str, code: &str) -> (&'static str, String) {
    let device: String = letter.device.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).take(40).collect();
    let device = device.split_whitespace().collect::<Vec<_>>().join(" ");
    // Who runs Docket has no device here.
    let from = letter.place.as_deref().map(|place| format!("From: {device}, {place}\n")).unwrap_or_default();
    let by = format!("When: {when}\n{from}Docket: {site}");
    let once = "It works once, for 10 minutes.";
    let lost = format!(
        "If that wasn't you, somebody else knows your password or reads your mail. Set another password at once: {site}/forgot"
    );
    let (subject, what, then) = match &letter.subject {
        Subject::Link { purpose: Purpose::Verify } => (
            "Confirm your e-mail address",
            format!("Show Docket that mail to this address reaches you:\n\n{site}/verify?code={code}\n\n{once}"),
            "If you have no account there, somebody mistyped their address. You need not do anything.".to_owned(),
        ),
        Subject::Link { purpose: Purpose::Reset } => (
            "Set another password",
            format!("Somebody asked for another password for your account. Set it here:\n\n{site}/reset?code={code}\n\n{once}"),
            "If that wasn't you, you need not do anything: your password stays as it is.".to_owned(),
        ),
        Subject::Link { purpose: Purpose::ChangeEmail } => (
            "Confirm your new e-mail address",
            format!("Show Docket that mail to this address reaches you. It is then the one you log in with:\n\n{site}/verify?code={code}\n\n{once}"),
            "If you have no account there, somebody mistyped their address. You need not do anything.".to_owned(),
        ),
        Subject::NewDevice => (
            "A login from a new device",
            "Somebody logged in to your account on a device that wasn't seen there before.".to_owned(),
            format!("If that was you, you need not do anything. {lost}"),
        ),
        Subject::PasswordChanged => (
            "Your password was changed",
            "Your password was changed, and all other devices were logged out.".to_owned(),
            lost,
        ),
        Subject::PasswordReset => (
            "Your password was changed",
            "Your password was changed by a link in a mail to you, and all devices were logged out.".to_owned(),
            lost,
        ),
        Subject::PasswordSet => (
            "Your password was changed",
            "Who runs this Docket has set another password for your account, and all devices were logged out.".to_owned(),
            "If you didn't expect that, ask them.".to_owned(),
        ),
        Subject::Ways { news } => (
            "How you log in was changed",
            format!("{}.", ways(*news)),
            format!("If that wasn't you, look at your devices and change your password at once: {site}/settings/security"),
        ),
        Subject::AddressChanged { to } => (
            "Your e-mail address was changed",
            format!("The e-mail address of your account is now {to}. You log in with that one from now on."),
            "If that wasn't you, ask who runs this Docket for help at once: links for another password go to the new address.".to_owned(),
        ),
    };
    (subject, format!("Hello,\n\n{what}\n\n{by}\n\n{then}\n"))
}

fn ways(news: News) -> &'static str {
    match news {
        News::CodesAdded => "Codes of an app are asked for when you log in, from now on",
        News::CodesRemoved => "Codes of an app aren't asked for any more when you log in",
        News::BackupCodeUsed => "One of your backup codes was used; it doesn't work again",
        News::PasswordDropped => "Your account has no password any more",
        News::PasskeyAdded => "Somebody can log in to your account with a new passkey",
        News::PasskeyRemoved => "A passkey of your account was removed",
        News::SignInAdded => "Somebody can log in to your account by another provider",
        News::SignInRemoved => "A sign-in by another provider was removed from your account",
        News::FactorsReset => "Who runs this Docket has removed all passkeys, codes and other sign-ins of your account",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(subject: Subject, device: &str) -> Letter {
        Letter { subject, device: device.to_owned(), place: Some("192.0.2.7".to_owned()) }
    }

    #[test]
    fn nobody_puts_words_or_links_of_their_own_into_a_mail() {
        let evil = "Win\r\n\r\nhttp://evil.example/win <b>now</b>";
        let (_, text) = words(&letter(Subject::NewDevice, evil), "https://todo.example.org", "now", "");
        assert!(text.contains("From: Win http evil example win b now b, 192.0.2.7\n"), "{text}");
    }

    #[test]
    fn each_mail_says_what_happened_when_where_and_what_to_do() {
        for purpose in [Purpose::Verify, Purpose::Reset, Purpose::ChangeEmail] {
            let (_, text) = words(
                &letter(Subject::Link { purpose }, "Firefox on Linux"),
                "https://todo.example.org",
                "Saturday",
                "c0de",
            );
            let page = if purpose == Purpose::Reset { "reset" } else { "verify" };
            assert!(text.contains(&format!("\n\nhttps://todo.example.org/{page}?code=c0de\n\n")), "{text}");
        }
        let to = "new@example.org".to_owned();
        for subject in [
            Subject::NewDevice,
            Subject::PasswordChanged,
            Subject::PasswordReset,
            Subject::PasswordSet,
            Subject::AddressChanged { to },
        ] {
            let (title, text) = words(&letter(subject, "Firefox on Linux"), "https://todo.example.org", "Saturday", "");
            let by = "When: Saturday\nFrom: Firefox on Linux, 192.0.2.7\nDocket: https://todo.example.org\n";
            assert!(text.contains(by) && text.contains("If ") && !title.is_empty(), "{text}");
            assert!(!text.contains("code="), "{text}");
        }
    }

    #[test]
    fn when_is_by_the_clock_of_who_reads_it() {
        let at = OffsetDateTime::from_unix_timestamp(1_795_287_900).unwrap();
        assert_eq!(when(at, Some("Europe/Berlin")), "Saturday 21 November, 20:05 (Europe/Berlin)");
        assert_eq!(when(at, None), "Saturday 21 November, 19:05 (UTC)");
    }
}
