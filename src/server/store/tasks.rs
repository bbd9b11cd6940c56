//! What a person does with tasks. Every statement names the owner: somebody else's task is one that doesn't exist.
//!
//! What happens to tasks is written to `audit_logs` by the database itself, in the same transaction.

pub mod edit;
mod filter;
pub mod find;
pub mod history;
pub mod list;
pub mod patch;
pub mod undo;

use std::{future::Future, pin::Pin, sync::Arc};

use sqlx::PgConnection;
use time::{Date, OffsetDateTime, Time};
use uuid::Uuid;

use crate::{
    domain::{
        calendar::{Day, Due, WallTime},
        change::{Changed, Place},
        id::{ChangeId, TaskId},
        position::Position,
        task::{Description, Priority, Task, TaskDraft, TaskStatus, Title},
    },
    error::{AppError, FieldErrors, Message},
    server::database::{Actor, Database, Failure},
};

/// The most tasks of one change.
pub const MOST: usize = 500;

/// A row of `tasks`, as the queries here return it.
#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    title: String,
    description: Option<String>,
    status: Status,
    priority: Rank,
    due_date: Option<Date>,
    due_time: Option<Time>,
    position: String,
    version: i64,
    updated_at: OffsetDateTime,
    deleted_at: Option<OffsetDateTime>,
    archived_at: Option<OffsetDateTime>,
}

/// The enum `task_status` of the database.
#[derive(Clone, Copy, sqlx::Type)]
#[sqlx(type_name = "task_status", rename_all = "snake_case")]
enum Status {
    Pending,
    InProgress,
    Completed,
}

impl From<TaskStatus> for Status {
    fn from(status: TaskStatus) -> Self {
        match status {
            TaskStatus::Pending => Self::Pending,
            TaskStatus::InProgress => Self::InProgress,
            TaskStatus::Completed => Self::Completed,
        }
    }
}

/// The enum `task_priority` of the database.
#[derive(Clone, Copy, sqlx::Type)]
#[sqlx(type_name = "task_priority", rename_all = "snake_case")]
enum Rank {
    Low,
    Medium,
    High,
    Urgent,
}

impl From<Priority> for Rank {
    fn from(priority: Priority) -> Self {
        match priority {
            Priority::Low => Self::Low,
            Priority::Medium => Self::Medium,
            Priority::High => Self::High,
            Priority::Urgent => Self::Urgent,
        }
    }
}

impl TryFrom<Row> for Task {
    type Error = Failure;

    /// Fails for a row that the rules of this version don't allow, which only another writer can have made.
    fn try_from(row: Row) -> Result<Self, Failure> {
        let odd = |error| Failure::Sql(sqlx::Error::Decode(Box::new(error)));
        Ok(Self {
            id: TaskId(row.id),
            title: Title::parse(&row.title).map_err(odd)?,
            description: row.description.as_deref().map(Description::parse).transpose().map_err(odd)?.flatten(),
            status: match row.status {
                Status::Pending => TaskStatus::Pending,
                Status::InProgress => TaskStatus::InProgress,
                Status::Completed => TaskStatus::Completed,
            },
            priority: match row.priority {
                Rank::Low => Priority::Low,
                Rank::Medium => Priority::Medium,
                Rank::High => Priority::High,
                Rank::Urgent => Priority::Urgent,
            },
            due: row.due_date.and_then(Day::new).map(|day| Due { day, time: row.due_time.map(WallTime::new) }),
            position: Position::stored(row.position),
            version: row.version.unsigned_abs(),
            updated: i64::try_from(row.updated_at.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX),
            trashed: row.deleted_at.and_then(|at| Day::new(at.date())),
            archived: row.archived_at.and_then(|at| Day::new(at.date())),
        })
    }
}

/// What a use case gives that changes tasks: which ones.
pub type Ids<'c> = Pin<Box<dyn Future<Output = Result<Vec<TaskId>, Failure>> + Send + 'c>>;

/// Runs a use case as one act of `actor`, and answers with the tasks as they are then. A change that was made already is not made
/// again: the answer is the same (an idempotency key, so to speak).
pub async fn change(
    database: &Database,
    actor: Actor,
    change: Option<ChangeId>,
    work: impl for<'c> Fn(&'c mut PgConnection, Actor) -> Ids<'c> + Send + Sync + 'static,
) -> Result<Changed, AppError> {
    let id = change.unwrap_or_else(|| ChangeId(Uuid::now_v7()));
    let work = Arc::new(work);
    let tasks = database
        .write(actor, id, move |db, actor| {
            let work = Arc::clone(&work);
            Box::pin(async move {
                let ids = match change {
                    Some(change) => undo::changed_by(&mut *db, actor, change).await?,
                    None => Vec::new(),
                };
                let ids = if ids.is_empty() { work(&mut *db, actor).await? } else { ids };
                by_ids(db, actor, &ids).await
            })
        })
        .await?;
    Ok(Changed { change: id, tasks })
}

/// As [`change`], of the tasks that a person selected: at least one, at most [`MOST`].
pub async fn change_all(
    database: &Database,
    actor: Actor,
    id: Option<ChangeId>,
    ids: Vec<TaskId>,
    work: impl for<'c> Fn(&'c mut PgConnection, Actor, &'c [TaskId]) -> Ids<'c> + Send + Sync + 'static,
) -> Result<Changed, AppError> {
    let ids: Arc<[TaskId]> = selected(ids)?.into();
    let work = Arc::new(work);
    change(database, actor, id, move |db, actor| {
        let (ids, work) = (Arc::clone(&ids), Arc::clone(&work));
        Box::pin(async move { work(db, actor, &ids).await })
    })
    .await
}

/// The tasks with these ids, in the trash or not, in the order of the ids.
async fn by_ids(db: &mut PgConnection, actor: Actor, ids: &[TaskId]) -> Result<Vec<Task>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, title, description, status as "status: Status", priority as "priority: Rank", due_date, due_time,
                  position as "position!", version, updated_at, deleted_at, archived_at
           from tasks where user_id = $1 and id = any($2) order by array_position($2, id)"#,
        actor.user.0,
        &uuids(ids)
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Task::try_from).collect()
}

fn uuids(ids: &[TaskId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.0).collect()
}

/// Checks the ids that a person selected; gives each once.
fn selected(mut ids: Vec<TaskId>) -> Result<Vec<TaskId>, AppError> {
    ids.sort_unstable();
    ids.dedup();
    match ids.len() {
        0 => Err(FieldErrors::one("ids", Message::NoTasks)),
        count if count > MOST => Err(FieldErrors::one("ids", Message::TooManyTasks(MOST))),
        _ => Ok(ids),
    }
}

/// All of them, or [`AppError::NotFound`].
fn all(ids: &[TaskId], rows: u64) -> Result<Vec<TaskId>, Failure> {
    if usize::try_from(rows).is_ok_and(|rows| rows == ids.len()) {
        Ok(ids.to_vec())
    } else {
        Err(Failure::App(AppError::NotFound))
    }
}

/// Adds a task, on top of the manual order.
pub async fn add(db: &mut PgConnection, actor: Actor, draft: &TaskDraft) -> Result<Vec<TaskId>, Failure> {
    let id = TaskId(Uuid::now_v7());
    let position = Position::of_new(id);
    sqlx::query!(
        "insert into tasks (id, user_id, title, description, status, completed_at, priority, due_date, due_time, position)
         values ($1, $2, $3, $4, $5::task_status, case $5::task_status when 'completed' then now() end, $6, $7, $8, $9)",
        id.0,
        actor.user.0,
        draft.title.as_str(),
        draft.description.as_ref().map(Description::as_str),
        Status::from(draft.status) as Status,
        Rank::from(draft.priority) as Rank,
        draft.due.map(|due| due.day.date()),
        draft.due.and_then(|due| due.time).map(WallTime::time),
        position.as_str()
    )
    .execute(db)
    .await?;
    Ok(vec![id])
}

/// Adds tasks, the first on top.
pub async fn add_all(db: &mut PgConnection, actor: Actor, drafts: &[TaskDraft]) -> Result<Vec<TaskId>, Failure> {
    let mut ids = Vec::new();
    for draft in drafts.iter().rev() {
        ids.append(&mut add(&mut *db, actor, draft).await?);
    }
    ids.reverse();
    Ok(ids)
}

/// Sets everything that a person may set of a task.
async fn set(db: &mut PgConnection, actor: Actor, id: TaskId, draft: &TaskDraft) -> Result<(), Failure> {
    sqlx::query!(
        "update tasks set title = $3, description = $4, status = $5::task_status,
             completed_at = case $5::task_status when 'completed' then coalesce(completed_at, now()) end,
             priority = $6, due_date = $7, due_time = $8
         where id = $2 and user_id = $1",
        actor.user.0,
        id.0,
        draft.title.as_str(),
        draft.description.as_ref().map(Description::as_str),
        Status::from(draft.status) as Status,
        Rank::from(draft.priority) as Rank,
        draft.due.map(|due| due.day.date()),
        draft.due.and_then(|due| due.time).map(WallTime::time)
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Marks tasks done. Doing it again changes nothing.
pub async fn complete(db: &mut PgConnection, actor: Actor, ids: &[TaskId]) -> Result<Vec<TaskId>, Failure> {
    set_status(db, actor, ids, TaskStatus::Completed).await
}

/// Makes completed tasks pending again; those that are open stay as they are.
pub async fn reopen(db: &mut PgConnection, actor: Actor, ids: &[TaskId]) -> Result<Vec<TaskId>, Failure> {
    let result = sqlx::query!(
        "update tasks set status = case status when 'completed' then 'pending' else status end, completed_at = null
         where user_id = $1 and id = any($2) and deleted_at is null",
        actor.user.0,
        &uuids(ids)
    )
    .execute(db)
    .await?;
    all(ids, result.rows_affected())
}

/// Sets where tasks stand.
pub async fn set_status(
    db: &mut PgConnection,
    actor: Actor,
    ids: &[TaskId],
    status: TaskStatus,
) -> Result<Vec<TaskId>, Failure> {
    let result = sqlx::query!(
        "update tasks set status = $3::task_status,
             completed_at = case $3::task_status when 'completed' then coalesce(completed_at, now()) end
         where user_id = $1 and id = any($2) and deleted_at is null",
        actor.user.0,
        &uuids(ids),
        Status::from(status) as Status
    )
    .execute(db)
    .await?;
    all(ids, result.rows_affected())
}

/// Sets how much tasks matter.
pub async fn set_priority(
    db: &mut PgConnection,
    actor: Actor,
    ids: &[TaskId],
    priority: Priority,
) -> Result<Vec<TaskId>, Failure> {
    let result = sqlx::query!(
        "update tasks set priority = $3 where user_id = $1 and id = any($2) and deleted_at is null",
        actor.user.0,
        &uuids(ids),
        Rank::from(priority) as Rank
    )
    .execute(db)
    .await?;
    all(ids, result.rows_affected())
}

/// Sets until when tasks are to be done. A day without a time leaves each the time that it has; no day takes both away.
pub async fn set_due(
    db: &mut PgConnection,
    actor: Actor,
    ids: &[TaskId],
    due: Option<Due>,
) -> Result<Vec<TaskId>, Failure> {
    let result = sqlx::query!(
        "update tasks set due_date = $3, due_time = case when $3::date is not null then coalesce($4, due_time) end
         where user_id = $1 and id = any($2) and deleted_at is null",
        actor.user.0,
        &uuids(ids),
        due.map(|due| due.day.date()),
        due.and_then(|due| due.time).map(WallTime::time)
    )
    .execute(db)
    .await?;
    all(ids, result.rows_affected())
}

/// Moves tasks to the trash. Doing it again changes nothing.
pub async fn trash(db: &mut PgConnection, actor: Actor, ids: &[TaskId]) -> Result<Vec<TaskId>, Failure> {
    let result = sqlx::query!(
        "update tasks set deleted_at = coalesce(deleted_at, now()) where user_id = $1 and id = any($2)",
        actor.user.0,
        &uuids(ids)
    )
    .execute(db)
    .await?;
    all(ids, result.rows_affected())
}

/// Takes tasks out of the trash, as they were. Those that aren't there stay as they are.
pub async fn restore(db: &mut PgConnection, actor: Actor, ids: &[TaskId]) -> Result<Vec<TaskId>, Failure> {
    let result = sqlx::query!(
        "update tasks set deleted_at = null where user_id = $1 and id = any($2)",
        actor.user.0,
        &uuids(ids)
    )
    .execute(db)
    .await?;
    all(ids, result.rows_affected())
}

/// Greater than every position.
const BEYOND: &str = "~";

/// Puts a task elsewhere in the manual order, and perhaps sets where it stands.
pub async fn put(
    db: &mut PgConnection,
    actor: Actor,
    id: TaskId,
    place: Place,
    status: Option<TaskStatus>,
) -> Result<Vec<TaskId>, Failure> {
    if let Some(status) = status {
        set_status(&mut *db, actor, &[id], status).await?;
    }
    let anchor = match place {
        Place::Top | Place::Bottom => id,
        Place::Above(other) | Place::Below(other) => other,
    };
    let anchor = sqlx::query!(
        r#"select position, completed as "completed!", archived from tasks where id = $2 and user_id = $1 and deleted_at is null"#,
        actor.user.0,
        anchor.0
    )
    .fetch_optional(&mut *db)
    .await?
    .ok_or(Failure::App(AppError::NotFound))?;
    // Where it is put, seen from the tasks of its kind: above everything is a place above the greatest that is below nothing.
    let above = matches!(place, Place::Bottom | Place::Above(_));
    let bound = matches!(place, Place::Above(_) | Place::Below(_)).then_some(anchor.position.as_str());
    // Said as a bound in any case: with `or` a plan for all values would go through all of them.
    let next = if above {
        sqlx::query_scalar!(
            "select position from tasks
             where user_id = $1 and deleted_at is null and completed = $2 and archived = $5 and id <> $3 and position < $4
             order by position desc, id desc limit 1",
            actor.user.0,
            anchor.completed,
            id.0,
            bound.unwrap_or(BEYOND),
            anchor.archived
        )
        .fetch_optional(&mut *db)
        .await?
    } else {
        sqlx::query_scalar!(
            "select position from tasks
             where user_id = $1 and deleted_at is null and completed = $2 and archived = $5 and id <> $3 and position > $4
             order by position, id limit 1",
            actor.user.0,
            anchor.completed,
            id.0,
            bound.unwrap_or_default(),
            anchor.archived
        )
        .fetch_optional(&mut *db)
        .await?
    };
    let next = next.map(Position::stored);
    let bound = bound.map(|text| Position::stored(text.to_owned()));
    let position = match (next, bound) {
        // The only one of its kind stays, so that the next new task stands above it.
        (None, None) => Position::stored(anchor.position),
        (next, bound) if above => Position::of_moved(id, next.as_ref(), bound.as_ref()),
        (next, bound) => Position::of_moved(id, bound.as_ref(), next.as_ref()),
    };
    let result = sqlx::query!(
        "update tasks set position = $3 where id = $2 and user_id = $1 and deleted_at is null",
        actor.user.0,
        id.0,
        position.as_str()
    )
    .execute(db)
    .await?;
    all(&[id], result.rows_affected())
}

/// Archives up to `limit` tasks that were completed before `before`; gives how many. `now` is when.
pub async fn archive(
    db: &mut PgConnection,
    before: OffsetDateTime,
    now: OffsetDateTime,
    limit: i64,
) -> Result<u64, Failure> {
    let archived = sqlx::query!(
        "update tasks set archived_at = $2 where id in
             (select id from tasks where deleted_at is null and archived_at is null and completed_at < $1
              order by completed_at limit $3 for update skip locked)",
        before,
        now,
        limit
    );
    Ok(archived.execute(db).await?.rows_affected())
}

/// Removes for good up to `limit` tasks that were put into the trash before `before`, and forgets what was written in them; gives how
/// many.
pub async fn purge(db: &mut PgConnection, before: OffsetDateTime, limit: i64) -> Result<u64, Failure> {
    let gone = sqlx::query_scalar!(
        r#"delete from tasks where id in
               (select id from tasks where deleted_at < $1 order by deleted_at limit $2 for update skip locked)
           returning id::text as "id!""#,
        before,
        limit
    )
    .fetch_all(&mut *db)
    .await?;
    sqlx::query!("select forget_tasks($1)", &gone).fetch_one(db).await?;
    Ok(gone.len() as u64)
}
