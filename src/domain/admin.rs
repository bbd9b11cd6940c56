//! What who runs a Docket sees of its accounts, and may do to them.

use serde::{Deserialize, Serialize};

use super::{
    calendar::{Day, Moment},
    id::UserId,
};

/// What may be done to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Out with its next request, and not in again.
    Disable,
    /// May log in again.
    Enable,
    /// May run this Docket.
    MakeAdmin,
    /// May use it.
    MakeMember,
    /// Every session ends.
    LogOut,
    /// For who has lost them: passkeys, codes and sign-ins by other providers are taken away, and every session ends. The password stays.
    ResetFactors,
}

impl Order {
    /// Its name in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Enable => "enable",
            Self::MakeAdmin => "make_admin",
            Self::MakeMember => "make_member",
            Self::LogOut => "log_out",
            Self::ResetFactors => "reset_factors",
        }
    }

    /// What the account's owner reads of it.
    pub fn event(self) -> &'static str {
        match self {
            Self::Disable => "disabled",
            Self::Enable => "enabled",
            Self::MakeAdmin => "made_admin",
            Self::MakeMember => "made_member",
            Self::LogOut => "logged_out",
            Self::ResetFactors => "factors_reset",
        }
    }

    /// Whether nobody stays logged in.
    pub fn ends_sessions(self) -> bool {
        matches!(self, Self::Disable | Self::LogOut | Self::ResetFactors)
    }
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountLine {
    /// Its id.
    pub id: UserId,
    /// What its owner is called.
    pub name: String,
    /// The address it logs in with.
    pub email: String,
    /// Whether its owner may run this Docket.
    pub is_admin: bool,
    /// Whether it may be used.
    pub is_active: bool,
    /// Whether it is the one that asks.
    pub own: bool,
    /// When it was made.
    pub since: Moment,
    /// When it was last used, if somebody is logged in.
    pub used: Option<Moment>,
}

/// Some of the accounts, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountPage {
    /// The accounts.
    pub accounts: Vec<AccountLine>,
    /// How many there are on all pages.
    pub total: i64,
    /// Where the next page begins: before this one.
    pub next: Option<UserId>,
    /// By the calendar of who asks.
    pub today: Day,
}
