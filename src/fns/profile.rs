//! The name and the picture of who is logged in. (To set the picture is no server function: it comes as a file, which `web::pictures`
//! takes.)

use leptos::prelude::*;

use crate::error::AppError;

/// Sets what the person wants to be called: 1 to 100 characters. Error: `Invalid` at `name`.
#[server(prefix = "/fn", endpoint = "set_name")]
pub async fn set_name(name: String) -> Result<(), AppError> {
    use crate::{
        domain::{account::Name, id::ChangeId},
        error::FieldErrors,
        server::{request::answer_user, store::accounts},
    };
    answer_user(|database, actor| async move {
        let name = Name::parse(&name).map_err(|error| FieldErrors::one("name", error))?;
        database
            .write(actor, ChangeId(uuid::Uuid::now_v7()), move |db, actor| {
                let name = name.clone();
                Box::pin(async move { accounts::set_name(db, actor, &name).await })
            })
            .await
    })
    .await
}

/// Removes the picture. Fine for who has none.
#[server(prefix = "/fn", endpoint = "remove_picture")]
pub async fn remove_picture() -> Result<(), AppError> {
    use crate::{
        domain::id::ChangeId,
        server::{request::answer_user, store::pictures},
    };
    answer_user(|database, actor| async move {
        let change = ChangeId(uuid::Uuid::now_v7());
        database.write(actor, change, |db, actor| Box::pin(pictures::remove(db, actor))).await
    })
    .await
}
