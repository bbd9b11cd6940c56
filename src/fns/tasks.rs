//! What a person does with tasks. `NotFound` answers for a task that isn't there and for somebody else's alike.
//!
//! What changes something takes `change`, an id that the caller made: the same call sent twice is done once, and the change can
//! be taken back by it. Without one the server makes one.

#![allow(clippy::too_many_arguments, reason = "a parameter for each field of a form")]

use leptos::prelude::*;

use crate::{
    domain::{
        change::Changed,
        counts::Counts,
        history::TaskDetail,
        id::{ChangeId, TaskId},
        query::TaskPage,
        task::TypedTask,
    },
    error::AppError,
};

/// The tasks that the page at this URL shows, such as `/tasks?status=open`. Error: `Malformed` for a page without tasks.
#[server(prefix = "/fn", endpoint = "list_tasks")]
pub async fn list_tasks(url: String) -> Result<TaskPage, AppError> {
    use crate::{
        domain::query::View,
        server::{
            request::{answer_user, local},
            store::tasks::{find, undo},
        },
    };
    answer_user(|database, actor| async move {
        let (path, query) = url.split_once('?').unwrap_or((&url, ""));
        let view = View::parse(path, query).ok_or(AppError::Malformed)?;
        let done: Option<ChangeId> = crate::domain::path::value(query, "done").and_then(|id| id.parse().ok());
        let local = local()?;
        database
            .read_anywhere(actor, find::plans(&view), move |db, actor| {
                let (view, local) = (view.clone(), local.clone());
                Box::pin(async move {
                    let mut page = find::page(&mut *db, actor, &view, &local).await?;
                    if let Some(done) = done {
                        page.done = undo::done(db, actor, done).await?;
                    }
                    Ok(page)
                })
            })
            .await
    })
    .await
}

/// How many tasks the pages have: what stands beside the ways to them.
#[server(prefix = "/fn", endpoint = "get_counts")]
pub async fn get_counts() -> Result<Counts, AppError> {
    use crate::server::{
        database::Plans,
        request::{answer_aside, local},
        store::tasks::find,
    };
    answer_aside(|database, actor| async move {
        let local = local()?;
        database
            .read_anywhere(actor, Plans::Kept, move |db, actor| {
                let local = local.clone();
                Box::pin(async move { find::counts(db, actor, &local).await })
            })
            .await
    })
    .await
}

/// One task, in the trash or not, with the changes that came before the one with the number `before`, newest first. Error:
/// `NotFound`.
#[server(prefix = "/fn", endpoint = "get_task")]
pub async fn get_task(id: TaskId, #[server(default)] before: Option<i64>) -> Result<TaskDetail, AppError> {
    use crate::server::{
        request::{answer_user, local},
        store::tasks::history,
    };
    answer_user(|database, actor| async move {
        let local = local()?;
        database
            .read(actor, move |db, actor| {
                let local = local.clone();
                Box::pin(async move { history::detail(db, actor, id, before, &local).await })
            })
            .await
    })
    .await
}

/// Adds a task. `title` has 1 to 200 characters, `description` up to 1,000; `priority` is `low`, `medium` (also for a blank),
/// `high` or `urgent`; `due_date` is `YYYY-MM-DD` and `due_time` `HH:MM`, or blank. With `quick` the title is a line that says more,
/// such as "Call Bob tomorrow 5pm p1": it is read in the language of the request, and counts before the other fields. Error: `Invalid`
/// at the fields.
#[server(prefix = "/fn", endpoint = "add_task")]
pub async fn add_task(
    title: String,
    #[server(default)] description: String,
    #[server(default)] status: String,
    #[server(default)] priority: String,
    #[server(default)] due_date: String,
    #[server(default)] due_time: String,
    #[server(default)] quick: bool,
    #[server(default)] change: Option<ChangeId>,
) -> Result<Changed, AppError> {
    use crate::{
        domain::{quick::understand, task::TaskDraft},
        server::{
            request::{answer_user, local, tongue},
            store::tasks,
        },
    };
    answer_user(|database, actor| async move {
        let mut typed = TypedTask { title, description, status, priority, due_date, due_time };
        if quick {
            typed = understand(typed, local()?.now(), tongue()?, &[]).typed;
        }
        let draft = TaskDraft::parse(&typed)?;
        tasks::change(&database, actor, change, move |db, actor| {
            let draft = draft.clone();
            Box::pin(async move { tasks::add(db, actor, &draft).await })
        })
        .await
    })
    .await
}

/// Adds tasks as [`add_task`] takes them, all or none, the first on top. Errors: `Invalid` at `tasks` for none or more than
/// [`MOST`](crate::domain::quick::MOST), or at the fields, such as `tasks[2].title` of the third.
#[server(prefix = "/fn", endpoint = "add_tasks")]
pub async fn add_tasks(
    #[server(default)] tasks: Vec<TypedTask>,
    #[server(default)] change: Option<ChangeId>,
) -> Result<Changed, AppError> {
    use crate::{
        domain::task::TaskDraft,
        server::{request::answer_user, store},
    };
    answer_user(|database, actor| async move {
        let drafts = TaskDraft::parse_all(&tasks)?;
        store::tasks::change(&database, actor, change, move |db, actor| {
            let drafts = drafts.clone();
            Box::pin(async move { store::tasks::add_all(db, actor, &drafts).await })
        })
        .await
    })
    .await
}

/// Replaces everything that a person may set of a task, as [`add_task`] takes it. `version` is that of the task which the person saw:
/// where somebody has changed the same field since, nothing is saved and the error is `Conflict`. `theirs` names the fields, divided by
/// blanks, that are to stay as they are. Errors: `Invalid` at the fields, `Conflict`, `NotFound`.
#[server(prefix = "/fn", endpoint = "edit_task")]
pub async fn edit_task(
    id: TaskId,
    version: u64,
    title: String,
    #[server(default)] description: String,
    #[server(default)] status: String,
    #[server(default)] priority: String,
    #[server(default)] due_date: String,
    #[server(default)] due_time: String,
    #[server(default)] theirs: std::collections::BTreeMap<String, String>,
    #[server(default)] change: Option<ChangeId>,
) -> Result<Changed, AppError> {
    use crate::{
        domain::task::TaskDraft,
        server::{
            request::answer_user,
            store::tasks::{self, edit::edit},
        },
    };
    answer_user(|database, actor| async move {
        let draft = TaskDraft::parse(&TypedTask { title, description, status, priority, due_date, due_time })?;
        let theirs: std::collections::BTreeSet<_> =
            theirs.into_iter().filter(|(_, choice)| choice == "theirs").map(|(field, _)| field).collect();
        tasks::change(&database, actor, change, move |db, actor| {
            let (draft, theirs) = (draft.clone(), theirs.clone());
            Box::pin(async move { edit(db, actor, id, version, &draft, &theirs).await })
        })
        .await
    })
    .await
}

/// Marks tasks done. Errors: `NotFound` if one of them isn't there (then nothing is done), `Invalid` at `ids` for none or more than
/// 500.
#[server(prefix = "/fn", endpoint = "complete_tasks")]
pub async fn complete_tasks(
    #[server(default)] ids: Vec<TaskId>,
    #[server(default)] change: Option<ChangeId>,
) -> Result<Changed, AppError> {
    use crate::server::{request::answer_user, store::tasks};
    answer_user(|database, actor| async move {
        tasks::change_all(&database, actor, change, ids, move |db, actor, ids| {
            Box::pin(tasks::complete(db, actor, ids))
        })
        .await
    })
    .await
}

/// Makes completed tasks pending again. Errors as of [`complete_tasks`].
#[server(prefix = "/fn", endpoint = "reopen_tasks")]
pub async fn reopen_tasks(
    #[server(default)] ids: Vec<TaskId>,
    #[server(default)] change: Option<ChangeId>,
) -> Result<Changed, AppError> {
    use crate::server::{request::answer_user, store::tasks};
    answer_user(|database, actor| async move {
        tasks::change_all(&database, actor, change, ids, move |db, actor, ids| Box::pin(tasks::reopen(db, actor, ids)))
            .await
    })
    .await
}

/// Moves tasks to the trash, from where they are removed after 30 days. Errors as of [`complete_tasks`].
#[server(prefix = "/fn", endpoint = "trash_tasks")]
pub async fn trash_tasks(
    #[server(default)] ids: Vec<TaskId>,
    #[server(default)] change: Option<ChangeId>,
) -> Result<Changed, AppError> {
    use crate::server::{request::answer_user, store::tasks};
    answer_user(|database, actor| async move {
        tasks::change_all(&database, actor, change, ids, move |db, actor, ids| Box::pin(tasks::trash(db, actor, ids)))
            .await
    })
    .await
}

/// Takes tasks out of the trash. Errors as of [`complete_tasks`].
#[server(prefix = "/fn", endpoint = "restore_tasks")]
pub async fn restore_tasks(
    #[server(default)] ids: Vec<TaskId>,
    #[server(default)] change: Option<ChangeId>,
) -> Result<Changed, AppError> {
    use crate::server::{request::answer_user, store::tasks};
    answer_user(|database, actor| async move {
        tasks::change_all(&database, actor, change, ids, move |db, actor, ids| Box::pin(tasks::restore(db, actor, ids)))
            .await
    })
    .await
}

/// Sets where tasks stand: `pending`, `in_progress` or `completed`. Errors as of [`complete_tasks`], and `Invalid` at `status`.
#[server(prefix = "/fn", endpoint = "set_status")]
pub async fn set_status(
    status: String,
    #[server(default)] ids: Vec<TaskId>,
    #[server(default)] change: Option<ChangeId>,
) -> Result<Changed, AppError> {
    use crate::{
        domain::task::TaskStatus,
        error::FieldErrors,
        server::{request::answer_user, store::tasks},
    };
    answer_user(|database, actor| async move {
        let status = TaskStatus::parse(&status).map_err(|error| FieldErrors::one("status", error))?;
        tasks::change_all(&database, actor, change, ids, move |db, actor, ids| {
            Box::pin(tasks::set_status(db, actor, ids, status))
        })
        .await
    })
    .await
}

/// Sets how much tasks matter: `low`, `medium`, `high` or `urgent`. Errors as of [`complete_tasks`], and `Invalid` at `priority`.
#[server(prefix = "/fn", endpoint = "set_priority")]
pub async fn set_priority(
    priority: String,
    #[server(default)] ids: Vec<TaskId>,
    #[server(default)] change: Option<ChangeId>,
) -> Result<Changed, AppError> {
    use crate::{
        domain::task::Priority,
        error::FieldErrors,
        server::{request::answer_user, store::tasks},
    };
    answer_user(|database, actor| async move {
        let priority = Priority::parse(&priority).map_err(|error| FieldErrors::one("priority", error))?;
        tasks::change_all(&database, actor, change, ids, move |db, actor, ids| {
            Box::pin(tasks::set_priority(db, actor, ids, priority))
        })
        .await
    })
    .await
}

/// Sets until when tasks are to be done. A day without a time leaves each the time that it has; blanks take the due date away.
/// Errors as of [`complete_tasks`], and `Invalid` at `due_date` or `due_time`.
#[server(prefix = "/fn", endpoint = "set_due")]
pub async fn set_due(
    #[server(default)] due_date: String,
    #[server(default)] due_time: String,
    #[server(default)] ids: Vec<TaskId>,
    #[server(default)] change: Option<ChangeId>,
) -> Result<Changed, AppError> {
    use crate::{
        domain::calendar::Due,
        error::FieldErrors,
        server::{request::answer_user, store::tasks},
    };
    answer_user(|database, actor| async move {
        let due = Due::parse(&due_date, &due_time).map_err(|(field, error)| FieldErrors::one(field, error))?;
        tasks::change_all(&database, actor, change, ids, move |db, actor, ids| {
            Box::pin(tasks::set_due(db, actor, ids, due))
        })
        .await
    })
    .await
}

/// Takes the due dates of tasks away. Errors as of [`complete_tasks`].
#[server(prefix = "/fn", endpoint = "clear_due")]
pub async fn clear_due(
    #[server(default)] ids: Vec<TaskId>,
    #[server(default)] change: Option<ChangeId>,
) -> Result<Changed, AppError> {
    use crate::server::{request::answer_user, store::tasks};
    answer_user(|database, actor| async move {
        tasks::change_all(&database, actor, change, ids, |db, actor, ids| {
            Box::pin(tasks::set_due(db, actor, ids, None))
        })
        .await
    })
    .await
}

/// Puts a task elsewhere in the manual order: `place` is `top`, `bottom`, `above ID` or `below ID`; `status`, if it isn't blank, is set
/// too. Errors: `NotFound`, also for the task beside it; `Invalid`.
#[server(prefix = "/fn", endpoint = "move_task")]
pub async fn move_task(
    id: TaskId,
    place: String,
    #[server(default)] status: String,
    #[server(default)] change: Option<ChangeId>,
) -> Result<Changed, AppError> {
    use crate::{
        domain::{change::Place, task::TaskStatus},
        error::FieldErrors,
        server::{request::answer_user, store::tasks},
    };
    answer_user(|database, actor| async move {
        let place = Place::parse(&place).ok_or(AppError::Malformed)?;
        let status = (!status.is_empty()).then(|| TaskStatus::parse(&status)).transpose();
        let status = status.map_err(|error| FieldErrors::one("status", error))?;
        tasks::change(&database, actor, change, move |db, actor| Box::pin(tasks::put(db, actor, id, place, status)))
            .await
    })
    .await
}

/// Takes a change back. Errors: `NotFound` for one that wasn't made, `Superseded` where one of its tasks was changed again since.
#[server(prefix = "/fn", endpoint = "undo_change")]
pub async fn undo_change(undone: ChangeId, #[server(default)] change: Option<ChangeId>) -> Result<Changed, AppError> {
    use crate::server::{
        request::answer_user,
        store::tasks::{self, undo::undo},
    };
    answer_user(|database, actor| async move {
        tasks::change(&database, actor, change, move |db, actor| Box::pin(undo(db, actor, undone))).await
    })
    .await
}
