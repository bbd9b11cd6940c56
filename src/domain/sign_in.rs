//! What can go wrong where somebody signs in by another provider.

/// Why a sign-in by another provider led nowhere. Its code stands in the address of the page that says so; what the provider itself said
/// never does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// There is no such provider here.
    Unknown,
    /// The person, or the provider, said no.
    Cancelled,
    /// Nobody began it in this browser in the last minutes, or it was used already.
    Expired,
    /// The provider doesn't answer.
    Unreachable,
    /// What it answered doesn't prove anything.
    Untrusted,
    /// It doesn't say that the address is the person's.
    Unverified,
    /// The address isn't one of those that are let in.
    Foreign,
    /// There is an account with this address, which isn't connected.
    HasAccount,
    /// Docket takes no new accounts.
    Closed,
    /// The account is disabled.
    Disabled,
    /// It is connected to somebody else's account.
    Taken,
    /// Connecting takes a login of the last minutes.
    NotFresh,
    /// Docket has too much to do.
    Busy,
    /// A fault of Docket's.
    Broken,
}

impl Problem {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Unknown,
        Self::Cancelled,
        Self::Expired,
        Self::Unreachable,
        Self::Untrusted,
        Self::Unverified,
        Self::Foreign,
        Self::HasAccount,
        Self::Closed,
        Self::Disabled,
        Self::Taken,
        Self::NotFresh,
        Self::Busy,
        Self::Broken,
    ];

    /// Its name in addresses.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Unreachable => "unreachable",
            Self::Untrusted => "untrusted",
            Self::Unverified => "unverified",
            Self::Foreign => "foreign",
            Self::HasAccount => "has_account",
            Self::Closed => "closed",
            Self::Disabled => "disabled",
            Self::Taken => "taken",
            Self::NotFresh => "not_fresh",
            Self::Busy => "busy",
            Self::Broken => "broken",
        }
    }

    /// The one with this code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|problem| problem.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_problem_has_a_code_of_its_own() {
        for problem in Problem::ALL {
            assert_eq!(Problem::parse(problem.code()), Some(problem));
        }
        assert_eq!(Problem::parse("<b>"), None);
    }
}
