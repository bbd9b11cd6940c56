//! What somebody can have done with all that Docket keeps of them. (To take it along is no server function: `web::data` sends it as a
//! file.)

use leptos::prelude::*;

use crate::error::AppError;

/// Forgets who is logged in: the account with everything that belongs to it, for good. Always asks for the password. Errors:
/// `NotConfirmed` at `confirm_password`, `TooManyTries`; `Invalid` at `confirm_password` for the last admin.
#[server(prefix = "/fn", endpoint = "erase_account")]
pub async fn erase_account(
    #[server(default)] confirm_password: String,
    #[server(default)] confirm_code: String,
) -> Result<(), AppError> {
    use crate::server::{
        data,
        request::{self, Proof},
    };
    request::answer(async {
        let user = request::confirm(Proof::new(confirm_password, confirm_code)).await?;
        data::erase(&request::state()?.database, &user).await?;
        // The session is gone with the account; this takes the cookie away too. Where that fails, it leads nowhere.
        request::log_out().await.or(Ok(()))
    })
    .await
}
