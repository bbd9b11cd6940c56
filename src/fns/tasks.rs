//! What a person does with tasks. `NotFound` answers for a task that isn't there and for somebody else's alike.

use leptos::prelude::*;

use crate::{
    domain::{id::TaskId, task::Task},
    error::AppError,
};

/// The tasks that aren't in the trash: open before completed, newest first.
#[server(prefix = "/fn", endpoint = "list_tasks")]
pub async fn list_tasks() -> Result<Vec<Task>, AppError> {
    use crate::server::{request::answer_user, store::tasks};
    answer_user(
        |database, actor| async move { database.read(actor, |db, actor| Box::pin(tasks::list(db, actor))).await },
    )
    .await
}

/// Adds a task. `title` has 1 to 200 characters, `description` up to 1,000. Error: `Invalid` at the fields.
#[server(prefix = "/fn", endpoint = "add_task")]
pub async fn add_task(title: String, #[server(default)] description: String) -> Result<Task, AppError> {
    use crate::{
        domain::task::TaskDraft,
        server::{request::answer_user, store::tasks},
    };
    answer_user(|database, actor| async move {
        let draft = TaskDraft::parse(&title, &description)?;
        database
            .write(actor, move |db, actor| {
                let draft = draft.clone();
                Box::pin(async move { tasks::add(db, actor, &draft).await })
            })
            .await
    })
    .await
}

/// Replaces title and description. Errors: `Invalid` at the fields, `NotFound`.
#[server(prefix = "/fn", endpoint = "edit_task")]
pub async fn edit_task(id: TaskId, title: String, #[server(default)] description: String) -> Result<Task, AppError> {
    use crate::{
        domain::task::TaskDraft,
        server::{request::answer_user, store::tasks},
    };
    answer_user(|database, actor| async move {
        let draft = TaskDraft::parse(&title, &description)?;
        database
            .write(actor, move |db, actor| {
                let draft = draft.clone();
                Box::pin(async move { tasks::edit(db, actor, id, &draft).await })
            })
            .await
    })
    .await
}

/// Marks a task done. Error: `NotFound`.
#[server(prefix = "/fn", endpoint = "complete_task")]
pub async fn complete_task(id: TaskId) -> Result<Task, AppError> {
    use crate::server::{request::answer_user, store::tasks};
    answer_user(|database, actor| async move {
        database.write(actor, move |db, actor| Box::pin(tasks::complete(db, actor, id))).await
    })
    .await
}

/// Makes a completed task pending again. Error: `NotFound`.
#[server(prefix = "/fn", endpoint = "reopen_task")]
pub async fn reopen_task(id: TaskId) -> Result<Task, AppError> {
    use crate::server::{request::answer_user, store::tasks};
    answer_user(|database, actor| async move {
        database.write(actor, move |db, actor| Box::pin(tasks::reopen(db, actor, id))).await
    })
    .await
}

/// Moves a task to the trash. Error: `NotFound`.
#[server(prefix = "/fn", endpoint = "trash_task")]
pub async fn trash_task(id: TaskId) -> Result<Task, AppError> {
    use crate::server::{request::answer_user, store::tasks};
    answer_user(|database, actor| async move {
        database.write(actor, move |db, actor| Box::pin(tasks::trash(db, actor, id))).await
    })
    .await
}

/// Takes a task out of the trash. Error: `NotFound`.
#[server(prefix = "/fn", endpoint = "restore_task")]
pub async fn restore_task(id: TaskId) -> Result<Task, AppError> {
    use crate::server::{request::answer_user, store::tasks};
    answer_user(|database, actor| async move {
        database.write(actor, move |db, actor| Box::pin(tasks::restore(db, actor, id))).await
    })
    .await
}
