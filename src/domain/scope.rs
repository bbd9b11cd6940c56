//! What a login of a program may do.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One thing that a login may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// To read tasks and their history.
    #[serde(rename = "tasks:read")]
    TasksRead,
    /// To add, change and delete tasks, and to see those that it changes.
    #[serde(rename = "tasks:write")]
    TasksWrite,
    /// To read the account: profile, sessions, what happened to it, and everything at once.
    #[serde(rename = "account:read")]
    AccountRead,
    /// To change the account and to end sessions. No personal access token has it: who has only that must not take the account over.
    #[serde(rename = "account:write")]
    AccountWrite,
}

impl Scope {
    /// All.
    pub const ALL: [Self; 4] = [Self::TasksRead, Self::TasksWrite, Self::AccountRead, Self::AccountWrite];

    /// Those that a personal access token may have.
    pub const OF_TOKENS: [Self; 3] = [Self::TasksRead, Self::TasksWrite, Self::AccountRead];

    /// As tokens, headers and the database write it (RFC 6749, section 3.3).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TasksRead => "tasks:read",
            Self::TasksWrite => "tasks:write",
            Self::AccountRead => "account:read",
            Self::AccountWrite => "account:write",
        }
    }

    /// The inverse of [`Scope::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

/// What a login may do altogether.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<Scope>", into = "Vec<Scope>")]
pub struct Scopes(u8);

impl Scopes {
    /// Everything: who is logged in with a session.
    pub const ALL: Self = Self(0b1111);

    /// Whether it has this one.
    pub fn has(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }

    /// Each, in the order of [`Scope::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.has(*scope))
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Reads names divided by blanks; `None` if one of them is none.
    pub fn parse(text: &str) -> Option<Self> {
        text.split_whitespace().map(Scope::parse).collect()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |all, scope| all | 1 << scope as u8))
    }
}

impl From<Vec<Scope>> for Scopes {
    fn from(scopes: Vec<Scope>) -> Self {
        scopes.into_iter().collect()
    }
}

impl From<Scopes> for Vec<Scope> {
    fn from(scopes: Scopes) -> Self {
        scopes.iter().collect()
    }
}

impl fmt::Display for Scopes {
    /// Names divided by blanks (RFC 6749, section 3.3).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.iter().enumerate() {
            write!(f, "{}{}", if index == 0 { "" } else { " " }, scope.as_str())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_written_and_read() {
        for text in ["", "tasks:read", "tasks:read tasks:write account:read account:write"] {
            assert_eq!(Scopes::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Scopes::parse("tasks:read tasks:all"), None);
        assert_eq!(Scopes::parse("account:read tasks:read").unwrap().to_string(), "tasks:read account:read");
        assert_eq!(Scope::ALL.into_iter().collect::<Scopes>(), Scopes::ALL);
    }
}
