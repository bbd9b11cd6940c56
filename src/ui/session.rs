//! Who is logged in, as far as the pages know.

use leptos::prelude::*;

use crate::{domain::account::Profile, error::AppError, fns::account::current_user};

/// The answer to "who is logged in", shared by everything on the page.
#[derive(Clone, Copy)]
pub struct Session {
    user: Resource<Result<Option<Profile>, AppError>>,
}

impl Session {
    /// Asks, once for the whole application.
    pub fn provide() -> Self {
        let session = Self { user: Resource::new_blocking(|| (), |()| current_user()) };
        provide_context(session);
        session
    }

    /// Whoever [`Session::provide`] found.
    pub async fn user(self) -> Option<Profile> {
        self.user.await.ok().flatten()
    }

    /// Asks again, after logging in or out.
    pub fn changed(self) {
        self.user.refetch();
    }
}

/// The session of the application that this component is part of.
pub fn use_session() -> Session {
    // Not expect_context: a component shown by itself asks for itself.
    use_context().unwrap_or_else(Session::provide)
}
