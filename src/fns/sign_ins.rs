//! Sign-ins by other providers.

use leptos::prelude::*;

use crate::error::AppError;

/// The providers that people sign in by here: their names in addresses, and what they are called.
#[server(prefix = "/fn", endpoint = "list_providers")]
pub async fn list_providers() -> Result<Vec<(String, String)>, AppError> {
    use crate::server::request;
    request::answer(async { Ok(request::state()?.backend.providers().names()) }).await
}

/// Takes a sign-in of who asks away, by the id that `get_factors` gives. Errors: `NotFound`; `LastWayIn` where nobody would get in any
/// more; `NotConfirmed` and `CodeNotConfirmed` for who hasn't shown who they are in the last minutes; `LogInAgain`, `TooManyTries`.
#[server(prefix = "/fn", endpoint = "end_sign_in")]
pub async fn end_sign_in(
    id: String,
    #[server(default)] confirm_password: String,
    #[server(default)] confirm_code: String,
) -> Result<(), AppError> {
    use crate::server::request::{self, Proof};
    request::answer(async {
        let id = id.parse().map_err(|_| AppError::NotFound)?;
        let (state, client) = (request::state()?, request::client()?);
        request::confirmed(Proof::new(confirm_password, confirm_code), |user| async move {
            state.backend.end_sign_in(&user, id, client, &state.clock).await
        })
        .await
    })
    .await
}
