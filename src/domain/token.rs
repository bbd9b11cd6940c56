//! Personal access tokens: what programs of a person's log in with.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{
    calendar::Moment,
    id::TokenId,
    scope::{Scope, Scopes},
    text::{self, TextError},
};

/// How many somebody may have.
pub const MOST: usize = 50;

/// What its owner calls a token: 1 to 100 characters after trimming.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenName(String);

impl TokenName {
    /// How many characters fit (`api_tokens.name`).
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

/// Why a choice was refused. The message is shown at the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum ChoiceError {
    /// Nothing that it may do.
    #[error("Choose at least one thing that it may do.")]
    NoScope,
    /// What no token may have, or what there isn't.
    #[error("A token can only have what is offered here.")]
    OtherScope,
    /// A time that isn't offered.
    #[error("Choose 7, 30, 90 or 365 days, or no end.")]
    OtherExpiry,
}

/// What a token may do, by the names of its scopes: at least one of those that tokens may have.
pub fn parse_scopes(names: &[String]) -> Result<Scopes, ChoiceError> {
    let known = |name: &String| Scope::parse(name).filter(|scope| Scope::OF_TOKENS.contains(scope));
    let scopes: Scopes = names.iter().map(known).collect::<Option<_>>().ok_or(ChoiceError::OtherScope)?;
    if scopes.is_empty() { Err(ChoiceError::NoScope) } else { Ok(scopes) }
}

/// For how long a token is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// So many days.
    Days(u16),
    /// Until somebody ends it.
    Never,
}

impl Expiry {
    /// What can be chosen.
    pub const ALL: [Self; 5] = [Self::Days(7), Self::Days(30), Self::Days(90), Self::Days(365), Self::Never];

    /// What is chosen at first.
    pub const USUAL: Self = Self::Days(30);

    /// As forms have it: a number of days, or nothing.
    pub fn value(self) -> String {
        match self {
            Self::Days(days) => days.to_string(),
            Self::Never => String::new(),
        }
    }

    /// The inverse of [`Expiry::value`].
    pub fn parse(text: &str) -> Result<Self, ChoiceError> {
        Self::ALL.into_iter().find(|expiry| expiry.value() == text.trim()).ok_or(ChoiceError::OtherExpiry)
    }
}

/// Whether a token lets anybody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenState {
    /// It does.
    Good,
    /// Its time is over.
    Expired,
    /// It went with everything else that was logged in: the password was changed, or somebody logged out everywhere.
    Ended,
}

/// A token as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenInfo {
    /// Its id.
    pub id: TokenId,
    /// What its owner calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// Its last four characters.
    pub hint: String,
    /// When it was made.
    pub made: Moment,
    /// When it was last used, to within 5 minutes.
    pub used: Option<Moment>,
    /// When it ends by itself.
    pub expires: Option<Moment>,
    /// Whether it lets anybody in.
    pub state: TokenState,
}

/// All of somebody's, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// They.
    pub tokens: Vec<TokenInfo>,
    /// What the clock of their owner shows.
    pub now: Moment,
}

/// A token that was just made: the only time that it is shown. It doesn't print itself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewToken {
    /// What its owner calls it.
    pub name: String,
    /// The whole token.
    pub token: String,
}

impl fmt::Debug for NewToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewToken").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(names: &[&str]) -> Result<String, ChoiceError> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        parse_scopes(&names).map(|scopes| scopes.to_string())
    }

    #[test]
    fn a_token_has_something_that_it_may_do_and_never_everything() {
        assert_eq!(scopes(&["tasks:write", "tasks:read"]), Ok("tasks:read tasks:write".to_owned()));
        assert_eq!(scopes(&[]), Err(ChoiceError::NoScope));
        for other in ["account:write", "admin", "", "tasks:read "] {
            assert_eq!(scopes(&["tasks:read", other]), Err(ChoiceError::OtherScope), "{other}");
        }
    }

    #[test]
    fn a_token_ends_when_one_of_the_offered_times_is_over_or_never() {
        for expiry in Expiry::ALL {
            assert_eq!(Expiry::parse(&expiry.value()), Ok(expiry));
        }
        for text in ["0", "8", "-7", "never", "99999999999"] {
            assert_eq!(Expiry::parse(text), Err(ChoiceError::OtherExpiry), "{text}");
        }
    }

    #[test]
    fn a_new_token_does_not_print_itself() {
        let new = NewToken { name: "backup".into(), token: "dkt_secret".into() };
        assert!(!format!("{new:?}").contains("secret"));
    }
}
