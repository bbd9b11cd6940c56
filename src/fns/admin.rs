//! Accounts, for who runs this Docket. For everybody else none of this exists.

use leptos::prelude::*;

use crate::{
    domain::{
        admin::{AccountPage, Order},
        id::UserId,
    },
    error::AppError,
};

/// Up to 50 accounts, the newest first: those whose name or address has `q` in it, older than `before`. Error: `NotFound` for who
/// is no admin.
#[server(prefix = "/fn", endpoint = "list_accounts")]
pub async fn list_accounts(
    #[server(default)] q: String,
    #[server(default)] before: Option<UserId>,
) -> Result<AccountPage, AppError> {
    use crate::server::{request, store::admin};
    let local = request::local();
    request::answer_user(|database, actor| async move {
        let local = local?;
        database
            .administer(Some(actor), move |db| {
                let (q, local) = (q.clone(), local.clone());
                Box::pin(async move { admin::list(db, actor, &q, before, &local).await })
            })
            .await
    })
    .await
}

/// Does something to somebody else's account; its owner reads of it. Errors: `NotFound` also for who is no admin, `Malformed` for the
/// own account.
#[server(prefix = "/fn", endpoint = "order_account")]
pub async fn order_account(account: UserId, order: Order) -> Result<(), AppError> {
    use crate::server::{request, store::admin};
    request::answer_user(|database, actor| async move {
        database
            .administer(Some(actor), move |db| Box::pin(async move { admin::order(db, actor, account, order).await }))
            .await
    })
    .await
}
