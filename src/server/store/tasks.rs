//! What a person does with tasks. Every statement names the owner: somebody else's task is one that doesn't exist.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    domain::{
        id::TaskId,
        task::{Description, Task, TaskDraft, TaskStatus, Title},
    },
    error::AppError,
    server::database::{Actor, Failure},
};

/// A row of `tasks`, as the queries here return it.
struct Row {
    id: Uuid,
    title: String,
    description: Option<String>,
    status: Status,
}

/// The enum `task_status` of the database.
#[derive(sqlx::Type)]
#[sqlx(type_name = "task_status", rename_all = "snake_case")]
enum Status {
    Pending,
    InProgress,
    Completed,
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
        })
    }
}

/// The task that a statement found, or [`AppError::NotFound`].
fn found(row: Option<Row>) -> Result<Task, Failure> {
    row.ok_or(Failure::App(AppError::NotFound))?.try_into()
}

/// Every live task: open before completed, newest first.
pub async fn list(db: &mut PgConnection, actor: Actor) -> Result<Vec<Task>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, title, description, status as "status: Status" from tasks
           where user_id = $1 and deleted_at is null
           order by completed, id desc"#,
        actor.user.0
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Task::try_from).collect()
}

/// Adds a pending task.
pub async fn add(db: &mut PgConnection, actor: Actor, draft: &TaskDraft) -> Result<Task, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"insert into tasks (id, user_id, title, description) values ($1, $2, $3, $4)
           returning id, title, description, status as "status: Status""#,
        Uuid::now_v7(),
        actor.user.0,
        draft.title.as_str(),
        draft.description.as_ref().map(Description::as_str)
    )
    .fetch_one(db)
    .await?;
    row.try_into()
}

/// Replaces title and description.
pub async fn edit(db: &mut PgConnection, actor: Actor, id: TaskId, draft: &TaskDraft) -> Result<Task, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"update tasks set title = $3, description = $4
           where id = $1 and user_id = $2 and deleted_at is null
           returning id, title, description, status as "status: Status""#,
        id.0,
        actor.user.0,
        draft.title.as_str(),
        draft.description.as_ref().map(Description::as_str)
    )
    .fetch_optional(db)
    .await?;
    found(row)
}

/// Marks a task done. Doing it again changes nothing.
pub async fn complete(db: &mut PgConnection, actor: Actor, id: TaskId) -> Result<Task, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"update tasks set status = 'completed', completed_at = coalesce(completed_at, now())
           where id = $1 and user_id = $2 and deleted_at is null
           returning id, title, description, status as "status: Status""#,
        id.0,
        actor.user.0
    )
    .fetch_optional(db)
    .await?;
    found(row)
}

/// Makes a completed task pending again; one that is open stays as it is.
pub async fn reopen(db: &mut PgConnection, actor: Actor, id: TaskId) -> Result<Task, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"update tasks set status = case status when 'completed' then 'pending' else status end, completed_at = null
           where id = $1 and user_id = $2 and deleted_at is null
           returning id, title, description, status as "status: Status""#,
        id.0,
        actor.user.0
    )
    .fetch_optional(db)
    .await?;
    found(row)
}

/// Moves a task to the trash. Doing it again changes nothing.
pub async fn trash(db: &mut PgConnection, actor: Actor, id: TaskId) -> Result<Task, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"update tasks set deleted_at = coalesce(deleted_at, now())
           where id = $1 and user_id = $2
           returning id, title, description, status as "status: Status""#,
        id.0,
        actor.user.0
    )
    .fetch_optional(db)
    .await?;
    found(row)
}

/// Takes a task out of the trash, as it was. One that isn't there stays as it is.
pub async fn restore(db: &mut PgConnection, actor: Actor, id: TaskId) -> Result<Task, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"update tasks set deleted_at = null
           where id = $1 and user_id = $2
           returning id, title, description, status as "status: Status""#,
        id.0,
        actor.user.0
    )
    .fetch_optional(db)
    .await?;
    found(row)
}
