//! What somebody can show to be let in, besides a password.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    calendar::{Day, Moment},
    id::{PasskeyId, SignInId},
    text::{self, TextError},
};

/// How many passkeys somebody may have.
pub const MOST: usize = 20;

/// How many backup codes are made at once.
pub const BACKUP_CODES: usize = 10;

/// What its owner calls a passkey: 1 to 100 characters after trimming.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyName(String);

impl PasskeyName {
    /// How many characters fit (`passkeys.name`).
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

/// A code as somebody types it: of an app, or a backup code. It doesn't print itself.
#[derive(Clone, PartialEq, Eq)]
pub enum Code {
    /// Six digits that an app shows.
    App(String),
    /// Ten characters from a list.
    Backup(String),
}

impl Code {
    /// What backup codes are written with: nothing that looks like something else (Crockford's base 32).
    pub const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

    /// How many characters a backup code has: with 32 to choose from, 50 bits.
    pub const BACKUP_LENGTH: usize = 10;

    /// What somebody typed, in whatever case and however divided, if it is a code by its looks.
    pub fn parse(text: &str) -> Option<Self> {
        let plain: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        if plain.len() == 6 && plain.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Self::App(plain));
        }
        // What is read for another one isn't another one.
        let plain: String = plain
            .to_lowercase()
            .chars()
            .map(|c| match c {
                'o' => '0',
                'i' | 'l' => '1',
                c => c,
            })
            .collect();
        let fits = plain.len() == Self::BACKUP_LENGTH && plain.bytes().all(|byte| Self::DIGITS.contains(&byte));
        fits.then_some(Self::Backup(plain))
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

/// What somebody can be let in by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factors {
    /// Whether the account has a password.
    pub password: bool,
    /// Whether an app makes codes for it.
    pub codes: bool,
    /// An app that is being set up: nothing asks for its codes yet.
    pub draft: Option<CodesDraft>,
    /// How many backup codes are left.
    pub backup_codes: u32,
    /// The passkeys, the oldest first.
    pub passkeys: Vec<PasskeyInfo>,
    /// Sign-ins by other providers.
    pub sign_ins: Vec<SignInInfo>,
    /// Providers that this Docket knows: their names in addresses, and what they are called.
    pub providers: Vec<(String, String)>,
    /// From when on this Docket asks this person for a second factor, if it does.
    pub required: Option<Moment>,
    /// By the owner's calendar.
    pub today: Day,
}

impl Factors {
    /// Whether there is a second factor.
    pub fn second(&self) -> bool {
        self.codes || !self.passkeys.is_empty()
    }

    /// Whether somebody gets in without the password, even after something was lost: by two passkeys, or by one and backup codes.
    pub fn without_password(&self) -> bool {
        self.passkeys.len() >= 2 || self.passkeys.len() == 1 && self.backup_codes > 0
    }
}

/// An app that is to make codes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodesDraft {
    /// What to type into it (base 32).
    pub key: String,
    /// The same as an address of the form `otpauth:`.
    pub url: String,
    /// The same as a picture.
    pub picture: Picture,
}

impl fmt::Debug for CodesDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodesDraft(…)")
    }
}

/// A QR code (ISO/IEC 18004): its dark parts as a path of SVG, in a square with this side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// How wide and high it is, with the light edge that scanners need.
    pub side: u32,
    /// The path.
    pub path: String,
}

/// Backup codes, shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupCodes(pub Vec<String>);

impl fmt::Debug for BackupCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BackupCodes(…)")
    }
}

/// A passkey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeyInfo {
    /// Its id.
    pub id: PasskeyId,
    /// What its owner calls it.
    pub name: String,
    /// Whether a copy of it is kept elsewhere, as far as the device says.
    pub synced: bool,
    /// When it was added.
    pub made: Moment,
    /// When it was last used.
    pub used: Option<Moment>,
}

/// A sign-in by another provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInInfo {
    /// Its id.
    pub id: SignInId,
    /// The provider's name in addresses.
    pub provider: String,
    /// When it was added.
    pub made: Moment,
}

/// Who has to have a second factor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Required {
    /// Who wants one.
    #[default]
    Nobody,
    /// Who runs this Docket.
    Admins,
    /// Everybody.
    Everybody,
}

impl Required {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Nobody, Self::Admins, Self::Everybody];

    /// Its name in forms and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Admins => "admins",
            Self::Everybody => "everybody",
        }
    }

    /// The one with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|required| required.as_str() == name)
    }
}

/// Who has to have a second factor, and from when on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Who.
    pub required: Required,
    /// From when on.
    pub from: Moment,
    /// By the calendar of who asks.
    pub today: Day,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_taken_however_they_are_typed() {
        for text in ["123456", " 123 456 ", "123-456"] {
            assert_eq!(Code::parse(text), Some(Code::App("123456".to_owned())), "{text}");
        }
        for text in ["0123a-bcdef", "0123ABCDEF", "o123a bcdef", "OI23a-bcdef"] {
            let code = Code::parse(text);
            assert_eq!(code, Some(Code::Backup("0123abcdef".to_owned())), "{text}");
        }
        for text in ["", "12345", "1234567", "12345a", "0123abcdeu", "0123abcdefg", "١٢٣٤٥٦", "0123abcde\u{0}"] {
            assert_eq!(Code::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_code_does_not_print_itself() {
        assert_eq!(format!("{:?}", Code::parse("123456").unwrap()), "Code(…)");
    }
}
