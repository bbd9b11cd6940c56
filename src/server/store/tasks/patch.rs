//! What programs change of one task: only what they name, and only in the version that they know, if they say which.

use sqlx::PgConnection;

use super::{by_ids, set, uuids};
use crate::{
    domain::{
        id::TaskId,
        task::{Task, TaskPatch, TaskStatus},
    },
    error::AppError,
    server::database::{Actor, Failure},
};

/// Which versions of a task somebody means (RFC 9110, `If-Match`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Expected {
    /// Whichever there is.
    #[default]
    Any,
    /// One of these.
    OneOf(Vec<u64>),
}

impl Expected {
    fn check(&self, version: u64) -> Result<(), AppError> {
        match self {
            Self::OneOf(versions) if !versions.contains(&version) => Err(AppError::VersionMismatch(version)),
            _ => Ok(()),
        }
    }
}

/// A task that is there, and not in the trash unless `trashed`, held until the transaction ends. Errors: `NotFound`, `VersionMismatch`.
pub async fn hold(
    db: &mut PgConnection,
    actor: Actor,
    id: TaskId,
    expected: &Expected,
    trashed: bool,
) -> Result<Task, Failure> {
    sqlx::query!(
        "select id from tasks where id = $2 and user_id = $1 and (deleted_at is null or $3) for update",
        actor.user.0,
        id.0,
        trashed
    )
    .fetch_optional(&mut *db)
    .await?
    .ok_or(Failure::App(AppError::NotFound))?;
    let task = by_ids(db, actor, &[id]).await?.pop().ok_or(Failure::App(AppError::NotFound))?;
    expected.check(task.version)?;
    Ok(task)
}

/// Holds those of these tasks that are there until the transaction ends, in the order of their ids: so no two transactions wait for each
/// other.
pub async fn hold_all(db: &mut PgConnection, actor: Actor, ids: &[TaskId]) -> Result<(), Failure> {
    let held = sqlx::query!(
        "select id from tasks where user_id = $1 and id = any($2) order by id for update",
        actor.user.0,
        &uuids(ids)
    );
    held.fetch_all(db).await?;
    Ok(())
}

/// Sets what a patch names. Errors: `NotFound`, also for a task in the trash; `VersionMismatch`; `Invalid` at `due_time` for a time that
/// is left without a date.
pub async fn patch(
    db: &mut PgConnection,
    actor: Actor,
    id: TaskId,
    expected: &Expected,
    patch: &TaskPatch,
) -> Result<Vec<TaskId>, Failure> {
    let task = hold(&mut *db, actor, id, expected, false).await?;
    let draft = patch.apply(task.draft())?;
    if draft == task.draft() {
        // Nothing changes, so neither does the version.
        return Ok(vec![id]);
    }
    set(db, actor, id, &draft).await?;
    Ok(vec![id])
}

/// Completes an open task, and makes a completed one pending again. Errors: `NotFound`, `VersionMismatch`.
pub async fn toggle(
    db: &mut PgConnection,
    actor: Actor,
    id: TaskId,
    expected: &Expected,
) -> Result<Vec<TaskId>, Failure> {
    let task = hold(&mut *db, actor, id, expected, false).await?;
    let status = if task.completed() { TaskStatus::Pending } else { TaskStatus::Completed };
    super::set_status(db, actor, &[id], status).await
}

/// Moves a task to the trash; gives the version that it has there. Errors: `NotFound`, also for one that lies there; `VersionMismatch`.
pub async fn delete(db: &mut PgConnection, actor: Actor, id: TaskId, expected: &Expected) -> Result<u64, Failure> {
    hold(&mut *db, actor, id, expected, false).await?;
    super::trash(&mut *db, actor, &[id]).await?;
    let task = by_ids(db, actor, &[id]).await?.pop().ok_or(Failure::App(AppError::NotFound))?;
    Ok(task.version)
}

/// Takes a task out of the trash; one that isn't there stays as it is. Errors: `NotFound`, `VersionMismatch`.
pub async fn restore(
    db: &mut PgConnection,
    actor: Actor,
    id: TaskId,
    expected: &Expected,
) -> Result<Vec<TaskId>, Failure> {
    hold(&mut *db, actor, id, expected, true).await?;
    super::restore(db, actor, &[id]).await
}
