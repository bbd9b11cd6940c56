//! The way mail leaves: SMTP (RFC 5321).

use std::{fmt, time::Duration};

use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue},
    },
};

/// How long the mail server may take for one mail. Less than the pause before the next try, so that no two send the same one.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long it may take for each of its answers.
const STEP_TIMEOUT: Duration = Duration::from_secs(10);

/// A mail server, and whose mail it sends.
#[derive(Clone)]
pub struct MailServer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl MailServer {
    /// The server at `url`, in the form of lettre's `from_url`: `smtps://user:password@host`, `smtp://host:587?tls=required`. What is
    /// wrong with it is said without it: it holds a password.
    pub fn new(url: &str, from: Mailbox) -> Result<Self, String> {
        let wrong =
            "it takes a URL such as smtps://user:password@mail.example.org or smtp://mail.example.org:587?tls=required";
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|_| wrong.to_owned())?;
        Ok(Self { transport: builder.timeout(Some(STEP_TIMEOUT)).build(), from })
    }

    /// Sends a mail in plain text. `id` is its Message-ID (RFC 5322).
    pub async fn send(&self, to: &str, subject: &str, body: String, id: String) -> Result<(), Failed> {
        let message = message(self.from.clone(), to, subject, body, id).map_err(Failed::ForGood)?;
        match tokio::time::timeout(TIMEOUT, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            // RFC 5321, 4.2.3: 55x is about the mailbox, and a second try would get the same answer.
            Ok(Err(error)) if error.status().is_some_and(|code| (550..560).contains(&u16::from(code))) => {
                Err(Failed::ForGood(error.to_string()))
            }
            // What the library itself refuses, such as an address that this server can't take, it refuses each time.
            Ok(Err(error)) if error.is_client() => Err(Failed::ForGood(error.to_string())),
            Ok(Err(error)) if error.is_transient() => Err(Failed::ThisOne(error.to_string())),
            Ok(Err(error)) => Err(Failed::ForNow(error.to_string())),
            Err(_) => Err(Failed::ForNow(format!("no answer within {} s", TIMEOUT.as_secs()))),
        }
    }
}

impl fmt::Debug for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailServer").field("from", &self.from).finish_non_exhaustive()
    }
}

/// Why a mail wasn't sent, in words for the log.
#[derive(Debug)]
pub enum Failed {
    /// The server can't be reached: it may work later.
    ForNow(String),
    /// The server refuses this one for now; others may work.
    ThisOne(String),
    /// It never will.
    ForGood(String),
}

fn message(from: Mailbox, to: &str, subject: &str, body: String, message_id: String) -> Result<Message, String> {
    let to: Address = to.parse().map_err(|error| format!("the address can't have mail: {error}"))?;
    let message = Message::builder()
        .from(from)
        .to(Mailbox::new(None, to))
        .subject(subject)
        .message_id(Some(message_id))
        // RFC 3834: no "I'm on holiday" comes back.
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
        .header(ContentType::TEXT_PLAIN)
        .body(body);
    message.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from() -> Mailbox {
        "Docket <docket@example.org>".parse().unwrap()
    }

    #[test]
    fn an_address_adds_no_line_to_the_head_of_a_mail() {
        for to in [
            "ada@example.org\r\nBcc: eve@example.org",
            "ada@example.org\nX: y",
            "\"a\r\nBcc: eve\"@example.org",
            "a@b\0c",
            "a@b, c@d",
        ] {
            assert!(message(from(), to, "S", "B".to_owned(), "<1@x>".to_owned()).is_err(), "{to:?}");
        }
        assert!("Docket\r\nBcc: eve@example.org <docket@example.org>".parse::<Mailbox>().is_err());
    }

    #[test]
    fn what_is_written_into_the_text_stays_there() {
        let body = "Hello,\r\n.\r\nBcc: eve@example.org\r\n\r\nmore".to_owned();
        let message = message(from(), "ada@example.org", "S", body, "<1@x>".to_owned()).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        assert!(!head.contains("eve"), "{head}");
        assert_eq!(message.envelope().to().len(), 1);
    }
}
