//! The one error that crosses the wire.

use leptos::{
    prelude::{FromServerFnError, ServerFnErrorErr},
    server_fn::codec::JsonEncoding,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::{
    account::{EmailError, PasswordError},
    calendar::CalendarError,
    task,
    text::TextError,
    token,
};

/// Everything that can go wrong, as the browser may know it.
///
/// Closed on purpose: no variant carries text from the database or from a library, so nothing internal can reach a page.
/// The cause of [`AppError::Internal`] is in the log. Each message says what to do next.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "code", content = "fields")]
pub enum AppError {
    /// Some fields were refused; the messages stand at them.
    #[error("Some fields need another look.")]
    Invalid(FieldErrors),
    /// The request isn't one that a page of Docket makes.
    #[error("Docket didn't understand this request. Reload the page and try again.")]
    Malformed,
    /// Unknown address or wrong password: one answer for both (ASVS 6.3.8).
    #[error("The e-mail address or the password is not right.")]
    WrongCredentials,
    /// The password is right, and the account asks for a second step: a code of an app, or one of the backup codes.
    #[error("This account asks for a second step. Type the code that your app shows.")]
    SecondFactorNeeded,
    /// Neither the code that the app shows now nor a backup code that wasn't used.
    #[error("This code doesn't work. Type the one that your app shows now, or a backup code that you haven't used.")]
    WrongCode,
    /// Who runs this Docket asks for a second factor, and the time to set one up is over.
    #[error("This Docket asks for a second factor. Set one up in your security settings.")]
    FactorRequired,
    /// Too many logins of this account, or from this place, failed: how many seconds to wait.
    #[error("Too many tries. Wait {} and try again.", waiting(*.0))]
    TooManyTries(u64),
    /// The current password, which a change of it asks for, is not right.
    #[error("This is not your current password.")]
    WrongPassword,
    /// What can't be taken back asks for the password, unless it was typed in the last minutes; whether a wrong one was.
    #[error("{}", if *.0 { "This is not your password." } else { "Type your password to go on." })]
    NotConfirmed(bool),
    /// The same asks for a code of the account's app; whether a wrong one was typed.
    #[error("{}", if *.0 { "This code doesn't work. Type the one that your app shows now." } else { "Type the code that your app shows." })]
    CodeNotConfirmed(bool),
    /// Who has no password shows once more who they are by logging in.
    #[error("Log out and in again to go on: this takes a login of the last 10 minutes.")]
    LogInAgain,
    /// A passkey that isn't one of the account, wasn't unlocked by its owner, or was copied.
    #[error("This passkey doesn't work here. Try another one, or log in with your password.")]
    WrongPasskey,
    /// Without this, nobody would get in any more.
    #[error("This is your last way in. Set a password, or add another way, first.")]
    LastWayIn,
    /// The code of a link in a mail is for nothing, or no longer.
    #[error(
        "This link doesn't work any more: it works once, for 10 minutes, and a newer one ends it. Ask for a new one."
    )]
    DeadLink,
    /// The address that a link was to make somebody's is another account's by now.
    #[error("Another account has this address by now. Choose another one in your settings.")]
    AddressTaken,
    /// Nobody is logged in, or no longer.
    #[error("You are not logged in any more. Log in and try again.")]
    NotLoggedIn,
    /// It isn't there, or it is somebody else's.
    #[error("This doesn't exist any more. Reload the page to see what does.")]
    NotFound,
    /// Somebody changed the same fields meanwhile, perhaps in another tab. Nothing was saved.
    #[error("This was changed elsewhere while you were at it. Choose what to keep, and save again.")]
    Conflict(Conflict),
    /// What is to be taken back has been changed again since.
    #[error("This was changed again since, so it can't be taken back any more.")]
    Superseded,
    /// A program wants to change a task as it was in another version; the one it has now.
    #[error("This was changed since you read it. Read it again, and repeat what still makes sense.")]
    VersionMismatch(u64),
    /// Another request had this Idempotency-Key.
    #[error("Another request had this Idempotency-Key. Use a new one for each request.")]
    #[serde(rename = "idempotency_key_reused")]
    KeyReused,
    /// The first request with this Idempotency-Key is still being worked on.
    #[error("The first request with this Idempotency-Key isn't answered yet. Try again in a second.")]
    #[serde(rename = "idempotency_key_in_use")]
    KeyInUse,
    /// `DOCKET_REGISTRATION` is closed.
    #[error("This Docket takes no new accounts. Ask whoever runs it for one.")]
    RegistrationClosed,
    /// More work than Docket can do at the moment, or a database that doesn't answer.
    #[error("Docket is busy at the moment. Try again in a few seconds.")]
    Unavailable,
    /// Seen by the browser only: no answer came.
    #[error("Docket can't be reached. Check your connection and try again.")]
    Unreachable,
    /// A fault of Docket's; the log knows more.
    #[error("Something went wrong on our side. Try again; if it stays, tell whoever runs this Docket.")]
    Internal,
}

impl AppError {
    /// The HTTP status of the answer that carries it (RFC 9110).
    pub fn status(&self) -> u16 {
        match self {
            Self::Invalid(_) | Self::KeyReused => 422,
            Self::Malformed => 400,
            Self::WrongCredentials | Self::NotLoggedIn | Self::SecondFactorNeeded => 401,
            Self::NotFound => 404,
            Self::Conflict(_) | Self::Superseded | Self::AddressTaken | Self::KeyInUse | Self::LastWayIn => 409,
            Self::VersionMismatch(_) => 412,
            Self::DeadLink => 410,
            Self::RegistrationClosed
            | Self::WrongPassword
            | Self::NotConfirmed(_)
            | Self::WrongCode
            | Self::WrongPasskey
            | Self::LogInAgain
            | Self::CodeNotConfirmed(_)
            | Self::FactorRequired => 403,
            Self::TooManyTries(_) => 429,
            Self::Unavailable | Self::Unreachable => 503,
            Self::Internal => 500,
        }
    }

    /// What it is called where machines read it: in JSON, and where errors are counted.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid",
            Self::Malformed => "malformed",
            Self::WrongCredentials => "wrong_credentials",
            Self::SecondFactorNeeded => "second_factor_needed",
            Self::WrongCode => "wrong_code",
            Self::FactorRequired => "factor_required",
            Self::TooManyTries(_) => "too_many_tries",
            Self::WrongPassword => "wrong_password",
            Self::NotConfirmed(_) => "not_confirmed",
            Self::CodeNotConfirmed(_) => "code_not_confirmed",
            Self::LogInAgain => "log_in_again",
            Self::WrongPasskey => "wrong_passkey",
            Self::LastWayIn => "last_way_in",
            Self::DeadLink => "dead_link",
            Self::AddressTaken => "address_taken",
            Self::NotLoggedIn => "not_logged_in",
            Self::NotFound => "not_found",
            Self::Conflict(_) => "conflict",
            Self::Superseded => "superseded",
            Self::VersionMismatch(_) => "version_mismatch",
            Self::KeyReused => "idempotency_key_reused",
            Self::KeyInUse => "idempotency_key_in_use",
            Self::RegistrationClosed => "registration_closed",
            Self::Unavailable => "unavailable",
            Self::Unreachable => "unreachable",
            Self::Internal => "internal",
        }
    }

    /// The first field that was refused.
    pub fn first_field(&self) -> Option<&str> {
        match self {
            Self::Invalid(errors) => errors.first(),
            Self::WrongPassword => Some("current_password"),
            Self::WrongCode => Some("code"),
            Self::NotConfirmed(_) => Some("confirm_password"),
            Self::CodeNotConfirmed(_) => Some("confirm_code"),
            _ => None,
        }
    }

    /// The message at `field` in English, if that is what was refused.
    pub fn at(&self, field: &str) -> Option<String> {
        match self {
            Self::Invalid(errors) => errors.at(field).map(ToString::to_string),
            Self::WrongPassword | Self::WrongCode | Self::NotConfirmed(_) | Self::CodeNotConfirmed(_)
                if self.first_field() == Some(field) =>
            {
                Some(self.to_string())
            }
            _ => None,
        }
    }
}

/// "12 seconds", "3 minutes".
fn waiting(seconds: u64) -> String {
    match seconds {
        0 | 1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => Self::Unreachable,
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => Self::Malformed,
            _ => Self::Internal,
        }
    }
}

/// Fields that two people, or two tabs, have changed in different ways.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The fields that both have changed: somebody has to choose.
    pub both: Vec<String>,
    /// The fields that only the other one has changed: theirs is taken.
    pub theirs: Vec<String>,
}

/// Why a field was refused. What it says of itself is English, for programs; pages say it in their language (`texts`).
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// A text that can't be kept.
    #[error(transparent)]
    Text(#[from] TextError),
    /// No e-mail address.
    #[error(transparent)]
    Email(#[from] EmailError),
    /// No password for an account.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// No date, or no time.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// Something that wasn't to choose from.
    #[error(transparent)]
    Choice(#[from] task::ChoiceError),
    /// Something that a token can't have.
    #[error(transparent)]
    Token(#[from] token::ChoiceError),
    /// No picture.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// Somebody registers who is here already.
    #[error("This address has an account already. Log in instead.")]
    HasAccount,
    /// The address is that of the very account.
    #[error("This is your address already.")]
    OwnAddress,
    /// The address is somebody else's.
    #[error("Another account has this address.")]
    OthersAddress,
    /// No name of a time zone.
    #[error("This is not a time zone. Choose one of the list.")]
    NoZone,
    /// Nothing is selected.
    #[error("Select at least one task first.")]
    NoTasks,
    /// More is selected than can be changed at once, which is this.
    #[error("Select at most {0} tasks at once.")]
    TooManyTasks(usize),
    /// There is nothing to add.
    #[error("There is nothing to add.")]
    NoLines,
    /// More is to be added than can be at once, which is this.
    #[error("At most {0} tasks can be added at once. Take some out, and add them after the others.")]
    TooManyLines(usize),
    /// Somebody has as many tokens as there can be, which is this.
    #[error("You have {0} tokens, which is as many as there can be. End one that you don't need.")]
    TooManyTokens(usize),
    /// Somebody has as many passkeys as there can be, which is this.
    #[error("You have {0} passkeys, which is as many as there can be. Remove one that you don't need.")]
    TooManyPasskeys(usize),
    /// Not one of those who can be asked for a second factor.
    #[error("Choose nobody, admins or everybody.")]
    NoPolicy,
    /// No number of days that people may have for it.
    #[error("It takes whole days, 0 to 90.")]
    NoGrace,
    /// Nobody else could run this Docket.
    #[error("You are the only admin, and other people have accounts here. Make somebody else admin first.")]
    LastAdmin,
    /// Said by the API to programs, of what no page sends.
    #[error("{0}")]
    English(String),
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::English(text.to_owned())
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::English(text)
    }
}

/// Why a file was refused. The message is shown at the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum PictureError {
    /// Nothing was chosen.
    #[error("Choose a picture first.")]
    Missing,
    /// By its content it is none of the four kinds, whatever its name says.
    #[error("Docket can't read this. Choose a picture in PNG, JPEG, WebP or GIF.")]
    Unknown,
    /// More bytes than fit.
    #[error("This file has more than 4 MB. Choose a smaller one.")]
    TooBig,
    /// It would take too much memory to look at.
    #[error("This picture is too large. At most 6,000 points wide and high, and 25 megapixels, fit.")]
    TooManyPoints,
    /// It begins like a picture, and is none.
    #[error("This picture is damaged. Choose another one.")]
    Damaged,
}

impl From<PictureError> for AppError {
    fn from(error: PictureError) -> Self {
        FieldErrors::one("picture", error)
    }
}

/// What was refused: names of fields and messages, in the order in which they stand on the page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldErrors(Vec<(String, Message)>);

impl FieldErrors {
    /// Takes the value of a good field, or keeps the message of a bad one.
    pub fn check<T, E: Into<Message>>(&mut self, field: &str, parsed: Result<T, E>) -> Option<T> {
        parsed.map_err(|error| self.refuse(field, error)).ok()
    }

    /// Refuses a field.
    pub fn refuse(&mut self, field: &str, message: impl Into<Message>) {
        self.0.push((field.to_owned(), message.into()));
    }

    /// Fields and messages.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Message)> {
        self.0.iter().map(|(field, message)| (field.as_str(), message))
    }

    /// Whether nothing was refused.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first refused field.
    pub fn first(&self) -> Option<&str> {
        self.0.first().map(|(name, _)| name.as_str())
    }

    /// The message at a field, if it was refused.
    pub fn at(&self, field: &str) -> Option<&Message> {
        self.iter().find(|(name, _)| *name == field).map(|(_, message)| message)
    }

    /// All messages in English, for where there is no field to put them at.
    pub fn messages(&self) -> String {
        self.0.iter().map(|(_, message)| message.to_string()).collect::<Vec<_>>().join(" ")
    }

    /// One refused field, as an error.
    pub fn one(field: &str, message: impl Into<Message>) -> AppError {
        let mut errors = Self::default();
        errors.refuse(field, message);
        AppError::Invalid(errors)
    }
}

impl From<FieldErrors> for AppError {
    fn from(errors: FieldErrors) -> Self {
        Self::Invalid(errors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_one_code_wherever_machines_read_it() {
        for error in [AppError::Internal, AppError::NotConfirmed(true), AppError::TooManyTries(3), AppError::KeyInUse] {
            assert_eq!(serde_json::to_value(&error).unwrap()["code"], error.code());
        }
    }
}
