//! Ids that people see: UUIDs, told apart by type. The server makes them as version 7, so they sort by time of creation.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id! {
    /// The id of an account.
    UserId
}

id! {
    /// The id of a task.
    TaskId
}

id! {
    /// The id of everything that one act of a person changes. The browser makes it, so that a second try is known as one and
    /// an act can be taken back before it was answered.
    ChangeId
}

id! {
    /// The id of a personal access token.
    TokenId
}

id! {
    /// The id of a passkey.
    PasskeyId
}

id! {
    /// The id of a sign-in by another provider.
    SignInId
}
