//! Who is logged in, as far as the pages know.

use leptos::prelude::*;

use crate::{
    domain::{
        account::{Profile, Visitor},
        calendar::Moment,
    },
    error::AppError,
    fns::account::current_user,
};

/// The answer to "who is logged in", shared by everything on the page.
#[derive(Clone, Copy)]
pub struct Session {
    visitor: Resource<Result<Visitor, AppError>>,
}

impl Session {
    /// Asks, once for the whole application.
    pub fn provide() -> Self {
        let session = Self { visitor: Resource::new_blocking(|| (), |()| current_user()) };
        provide_context(session);
        session
    }

    /// Whoever [`Session::provide`] found.
    pub async fn user(self) -> Option<Profile> {
        self.visitor.await.ok().and_then(|visitor| visitor.user)
    }

    /// What their clock showed when they were found.
    pub async fn now(self) -> Option<Moment> {
        self.visitor.await.ok().and_then(|visitor| visitor.now)
    }

    /// Whether they have to set up a second factor before anything else.
    pub async fn confined(self) -> bool {
        self.visitor.await.is_ok_and(|visitor| visitor.confined)
    }

    /// Whether there is a page to make an account.
    pub async fn registration_open(self) -> bool {
        self.visitor.await.is_ok_and(|visitor| visitor.registration_open)
    }

    /// Asks again, after logging in or out.
    pub fn changed(self) {
        self.visitor.refetch();
    }
}

/// The session of the application that this component is part of.
pub fn use_session() -> Session {
    // Not expect_context: a component shown by itself asks for itself.
    use_context().unwrap_or_else(Session::provide)
}
