//! Accounts: what an address, a name and a password may be.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use super::{
    calendar::Moment,
    text::{self, TextError},
};

/// Why an address was refused. The message is shown at the field.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum EmailError {
    /// Empty, too long, or holds U+0000.
    #[error(transparent)]
    Text(#[from] TextError),
    /// Not of the form `name@host`.
    #[error("This is not an e-mail address. One looks like name@example.org.")]
    Malformed,
}

/// An e-mail address in the one form that Docket keeps: NFKC, lower case, at most 255 characters.
///
/// People type one address in many ways (capitals, full-width letters, composed or decomposed accents): all of them make
/// the same `Email`, so they make one account (`security.md` 12). Only the shape is checked; whether mail arrives is for
/// a mail to find out (OWASP Input Validation Cheat Sheet).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// How many characters fit (`users.email`).
    pub const LIMIT: usize = 255;

    /// Normalises and checks what was typed.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text: String = text.trim().nfkc().collect::<String>().to_lowercase().nfkc().collect();
        let text = text::some_at_most(&text, Self::LIMIT)?;
        let (local, host) = text.rsplit_once('@').ok_or(EmailError::Malformed)?;
        let odd = |c: char| c.is_whitespace() || c.is_control() || c == '@';
        if local.is_empty() || text.chars().filter(|c| odd(*c)).count() > 1 || host.split('.').any(str::is_empty) {
            return Err(EmailError::Malformed);
        }
        Ok(Self(text.to_owned()))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a person wants to be called: 1 to 100 characters after trimming.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// How many characters fit (`users.name`).
    pub const LIMIT: usize = 100;

    /// Trims and checks what was typed.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        text::some_at_most(text, Self::LIMIT).map(|text| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a password was refused. The message is shown at the field.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum PasswordError {
    /// Fewer than [`Password::SHORTEST`] characters.
    #[error("Use at least {} characters.", Password::SHORTEST)]
    TooShort,
    /// More than [`Password::LONGEST`] characters.
    #[error("Use at most {} characters.", Password::LONGEST)]
    TooLong,
    /// Somebody who tries the usual ones has it soon; says why, and what would be better.
    #[error("Too easy to guess: {} A few words that don't belong together are hard to guess.", .0.words())]
    Weak(Habit),
}

/// What makes a password easy to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Habit {
    /// It is short or common.
    Short,
    /// Keys side by side.
    Keys,
    /// The same again and again.
    Repeats,
    /// One of the usual ones, or much like one.
    Common,
    /// A part of the alphabet, or numbers one after the other.
    Sequence,
    /// A year or a date.
    Date,
    /// One word.
    Word,
    /// A name.
    Name,
}

impl Habit {
    fn words(self) -> &'static str {
        match self {
            Self::Short => "it is short or common.",
            Self::Keys => "Keys side by side are easy to guess.",
            Self::Repeats => "Repeats like “aaa” or “abcabc” are easy to guess.",
            Self::Common => "It is a common password, or like one.",
            Self::Sequence => "Sequences like “abc” or “6543” are easy to guess.",
            Self::Date => "Years and dates are easy to guess.",
            Self::Word => "A word by itself is easy to guess.",
            Self::Name => "Names are easy to guess.",
        }
    }
}

/// A password for a new account: 8 to 128 characters of any script, taken as typed (OWASP ASVS 6.2.1, 6.2.8, 6.2.9).
///
/// It can't be printed, serialised or logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// The fewest characters.
    pub const SHORTEST: usize = 8;
    /// The most characters. Bounds the work of hashing.
    pub const LONGEST: usize = 128;

    /// Checks what was typed.
    pub fn parse(text: &str) -> Result<Self, PasswordError> {
        match text.chars().count() {
            length if length < Self::SHORTEST => Err(PasswordError::TooShort),
            length if length > Self::LONGEST => Err(PasswordError::TooLong),
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// What to hash.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Who is signed in, as the pages show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// What the person wants to be called.
    pub name: String,
    /// The address they sign in with.
    pub email: String,
    /// Whether they have shown that mail to it reaches them.
    pub verified: bool,
    /// Whether they run this Docket.
    pub is_admin: bool,
    /// Where their picture is, as a path of this site.
    pub image: Option<String>,
}

/// Who asks, and what there is for somebody without an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visitor {
    /// Whoever is logged in.
    pub user: Option<Profile>,
    /// What their clock shows.
    pub now: Option<Moment>,
    /// Whether they have to set up a second factor before anything else.
    pub confined: bool,
    /// Whether anybody may make an account.
    pub registration_open: bool,
}

/// How a password would do, while it is typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Strength {
    /// Docket doesn't take it.
    Refused(PasswordError),
    /// It takes it, though one word more would do it good.
    Fair,
    /// It takes long to guess.
    Strong,
    /// It takes longer than anybody has.
    VeryStrong,
}

/// Who uses an account, and what happened to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Security {
    /// Where somebody is logged in, this device first, then the last used.
    pub sessions: Vec<SessionInfo>,
    /// What happened, the last first.
    pub events: Vec<SecurityEvent>,
    /// The owner's calendar and clock.
    pub now: Moment,
}

/// A device on which somebody is logged in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionInfo {
    /// Names it; no value that could be used to be logged in.
    pub id: String,
    /// What it is, in words.
    pub device: String,
    /// Where it was last, as an IP address.
    pub place: Option<String>,
    /// When it began.
    pub since: Moment,
    /// When it was last used, to five minutes.
    pub used: Moment,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// Something that happened to an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityEvent {
    /// When.
    pub at: Moment,
    /// What, such as `login`.
    pub action: String,
    /// On which device, in words.
    pub device: String,
    /// Where, as an IP address.
    pub place: Option<String>,
}

/// What there is to choose from for a person's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeZones {
    /// Every zone that Docket knows, by name (IANA), such as `Europe/Berlin`.
    pub all: Vec<String>,
    /// The one in force.
    pub chosen: String,
    /// What its clock shows.
    pub now: Moment,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_address_typed_in_many_ways_is_one_address() {
        let plain = Email::parse("renée@example.org").unwrap();
        for typed in ["  renée@example.org ", "RENÉE@Example.ORG", "rene\u{301}e@example.org", "ｒenée＠example.org"]
        {
            assert_eq!(Email::parse(typed).as_ref(), Ok(&plain), "{typed}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for typed in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "a b@example.org",
            "a@b@example.org",
            "ada@example..org",
            "ada@.org",
            "a\0@b.c",
        ] {
            assert!(Email::parse(typed).is_err(), "{typed:?}");
        }
    }

    #[test]
    fn a_host_in_the_own_network_is_an_address() {
        assert!(Email::parse("ada@localhost").is_ok());
    }

    #[test]
    fn a_password_counts_characters_of_any_script() {
        assert_eq!(Password::parse("1234567"), Err(PasswordError::TooShort));
        assert!(Password::parse("пароль77").is_ok());
        assert!(Password::parse(&"字".repeat(128)).is_ok());
        assert_eq!(Password::parse(&"字".repeat(129)), Err(PasswordError::TooLong));
    }

    #[test]
    fn a_password_does_not_print_itself() {
        assert_eq!(format!("{:?}", Password::parse("correct horse").unwrap()), "Password(…)");
    }

    proptest! {
        #[test]
        fn an_address_in_its_kept_form_stays_as_it_is(text in "\\PC{1,20}@[\\PC.]{1,20}") {
            if let Ok(email) = Email::parse(&text) {
                prop_assert_eq!(Email::parse(email.as_str()).unwrap(), email);
            }
        }

        #[test]
        fn any_password_of_fitting_length_is_kept_whole(text in "\\PC{8,128}") {
            let password = Password::parse(&text).unwrap();
            prop_assert_eq!(password.as_bytes(), text.as_bytes());
        }
    }
}
