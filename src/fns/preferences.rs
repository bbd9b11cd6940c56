//! How somebody wants to see Docket.

use leptos::prelude::*;

use crate::error::AppError;

/// Keeps how this browser wants to see Docket, logged in or not: `theme` is `system`, `light` or `dark`; `contrast` `system` or `more`;
/// `language` `auto`, `en` or `de`; `keys` `on` or `off`. What isn't known, or missing, is the default.
#[server(prefix = "/fn", endpoint = "set_preferences")]
pub async fn set_preferences(
    #[server(default)] theme: String,
    #[server(default)] contrast: String,
    #[server(default)] language: String,
    #[server(default)] keys: String,
) -> Result<(), AppError> {
    use crate::{
        domain::preferences::Preferences,
        server::{preferences, request},
    };
    request::answer(async { preferences::keep(Preferences::of(&theme, &contrast, &language, &keys)) }).await
}
