//! Tasks: `/api/v1/tasks`. The same use cases as those of the pages.

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use sqlx::PgConnection;

use super::{
    bodies::{Event, EventPage, Events, NewTask, TaskBody, TaskChanges, event_page, json, new_change},
    caller::Caller,
    extract::{Id, IdempotencyKey, IfMatch, IfNoneMatch, Json, Query, Whatever},
    openapi::TASKS,
    problem::Problem,
};
use crate::{
    domain::{id::TaskId, scope::Scope},
    error::AppError,
    server::{
        database::{Actor, Failure},
        state::AppState,
        store::{
            idempotency::{Answer, once},
            tasks::{self, history::events, list::stored, patch},
        },
    },
};

impl Answer {
    /// An answer with the one task that a change was of.
    async fn of_task(db: &mut PgConnection, actor: Actor, status: StatusCode, ids: &[TaskId]) -> Result<Self, Failure> {
        let task = stored(db, actor, ids).await?.pop().ok_or(Failure::App(AppError::NotFound))?;
        let task = TaskBody::from(task);
        let location = (status == StatusCode::CREATED).then(|| format!("/api/v1/tasks/{}", task.id));
        Ok(Self { status: status.as_u16(), version: Some(task.version), location, body: json(&task)? })
    }
}

/// Adds a task, on top of the manual order.
#[utoipa::path(post, path = "/tasks", tag = TASKS, operation_id = "createTask",
    security(("session" = []), ("token" = ["tasks:write"])),
    request_body = NewTask,
    responses((status = 201, description = "The new task", body = TaskBody)))]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    key: IdempotencyKey,
    Json { value, bytes }: Json<TaskChanges>,
) -> Result<Answer, Problem> {
    caller.may(Scope::TasksWrite)?;
    let draft = value.draft()?;
    let key = key.of(&[b"POST /tasks", &bytes]);
    let added = once(&caller.database, caller.actor(), key, state.clock.now_utc(), move |db, actor| {
        let draft = draft.clone();
        Box::pin(async move {
            let ids = tasks::add(&mut *db, actor, &draft).await?;
            Answer::of_task(db, actor, StatusCode::CREATED, &ids).await
        })
    });
    Ok(added.await?)
}

/// One task.
///
/// Its `ETag` is its version: with `If-None-Match`, a task that hasn't changed is answered with 304 and nothing else.
#[utoipa::path(get, path = "/tasks/{id}", tag = TASKS, operation_id = "getTask",
    security(("session" = []), ("token" = ["tasks:read"])),
    params(("id" = String, Path, format = "uuid", description = "The task")),
    responses((status = 200, description = "The task", body = TaskBody), (status = 304, description = "It hasn't changed")))]
pub async fn read(caller: Caller, known: IfNoneMatch, Id(id): Id) -> Result<Response, Problem> {
    caller.may(Scope::TasksRead)?;
    let read = caller.database.read(caller.actor(), move |db, actor| {
        Box::pin(async move { Answer::of_task(db, actor, StatusCode::OK, &[id]).await })
    });
    let answer = read.await?;
    let same = answer.version.is_some_and(|version| known.has(version));
    let mut answer = answer.into_response();
    if same {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        *answer.body_mut() = axum::body::Body::empty();
        answer.headers_mut().remove(header::CONTENT_TYPE);
        answer.headers_mut().remove(header::CONTENT_LENGTH);
    }
    // To be kept by who asked, and asked for again before each use.
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    answer.headers_mut().insert(header::VARY, HeaderValue::from_static("Authorization, Cookie"));
    Ok(answer)
}

/// Changes a task.
///
/// Only what is named changes, and `null` takes away (RFC 7396). With `If-Match`, only in the version that is meant.
#[utoipa::path(patch, path = "/tasks/{id}", tag = TASKS, operation_id = "updateTask",
    security(("session" = []), ("token" = ["tasks:write"])),
    params(("id" = String, Path, format = "uuid", description = "The task")),
    request_body(content((TaskChanges = "application/json"), (TaskChanges = "application/merge-patch+json"))),
    responses((status = 200, description = "The task as it is now", body = TaskBody)))]
pub async fn update(
    caller: Caller,
    IfMatch(expected): IfMatch,
    Id(id): Id,
    Json { value, .. }: Json<TaskChanges>,
) -> Result<Answer, Problem> {
    caller.may(Scope::TasksWrite)?;
    let changes = value.patch()?;
    let done = caller.database.write(caller.actor(), new_change(), move |db, actor| {
        let (expected, changes) = (expected.clone(), changes.clone());
        Box::pin(async move {
            let ids = patch::patch(&mut *db, actor, id, &expected, &changes).await?;
            Answer::of_task(db, actor, StatusCode::OK, &ids).await
        })
    });
    Ok(done.await?)
}

/// Moves a task to the trash.
///
/// For 30 days it can be taken out again, for which the answer has the `ETag`; then it is gone.
#[utoipa::path(delete, path = "/tasks/{id}", tag = TASKS, operation_id = "deleteTask",
    security(("session" = []), ("token" = ["tasks:write"])),
    params(("id" = String, Path, format = "uuid", description = "The task")),
    responses((status = 204, description = "It is in the trash")))]
pub async fn delete(caller: Caller, IfMatch(expected): IfMatch, Id(id): Id) -> Result<Response, Problem> {
    caller.may(Scope::TasksWrite)?;
    let deleted = caller.database.write(caller.actor(), new_change(), move |db, actor| {
        let expected = expected.clone();
        Box::pin(async move { patch::delete(db, actor, id, &expected).await })
    });
    let tag = format!("\"{}\"", deleted.await?);
    Ok((StatusCode::NO_CONTENT, [(header::ETAG, tag)]).into_response())
}

/// Completes a task, or makes a completed one pending again.
#[utoipa::path(post, path = "/tasks/{id}/toggle", tag = TASKS, operation_id = "toggleTask",
    security(("session" = []), ("token" = ["tasks:write"])),
    params(("id" = String, Path, format = "uuid", description = "The task")),
    responses((status = 200, description = "The task as it is now", body = TaskBody)))]
pub async fn toggle(
    State(state): State<AppState>,
    caller: Caller,
    key: IdempotencyKey,
    IfMatch(expected): IfMatch,
    Id(id): Id,
    Whatever(bytes): Whatever,
) -> Result<Answer, Problem> {
    caller.may(Scope::TasksWrite)?;
    let key = key.of(&[b"POST /tasks/toggle", id.0.as_bytes(), &bytes]);
    let toggled = once(&caller.database, caller.actor(), key, state.clock.now_utc(), move |db, actor| {
        let expected = expected.clone();
        Box::pin(async move {
            let ids = patch::toggle(&mut *db, actor, id, &expected).await?;
            Answer::of_task(db, actor, StatusCode::OK, &ids).await
        })
    });
    Ok(toggled.await?)
}

/// Takes a task out of the trash, as it was.
///
/// One that isn't there stays as it is.
#[utoipa::path(post, path = "/tasks/{id}/restore", tag = TASKS, operation_id = "restoreTask",
    security(("session" = []), ("token" = ["tasks:write"])),
    params(("id" = String, Path, format = "uuid", description = "The task")),
    responses((status = 200, description = "The task as it is now", body = TaskBody)))]
pub async fn restore(
    State(state): State<AppState>,
    caller: Caller,
    key: IdempotencyKey,
    IfMatch(expected): IfMatch,
    Id(id): Id,
    Whatever(bytes): Whatever,
) -> Result<Answer, Problem> {
    caller.may(Scope::TasksWrite)?;
    let key = key.of(&[b"POST /tasks/restore", id.0.as_bytes(), &bytes]);
    let restored = once(&caller.database, caller.actor(), key, state.clock.now_utc(), move |db, actor| {
        let expected = expected.clone();
        Box::pin(async move {
            let ids = patch::restore(&mut *db, actor, id, &expected).await?;
            Answer::of_task(db, actor, StatusCode::OK, &ids).await
        })
    });
    Ok(restored.await?)
}

/// What happened to a task, the last first.
#[utoipa::path(get, path = "/tasks/{id}/history", tag = TASKS, operation_id = "getTaskHistory",
    security(("session" = []), ("token" = ["tasks:read"])),
    params(("id" = String, Path, format = "uuid", description = "The task"), EventPage),
    responses((status = 200, description = "Its history", body = Events)))]
pub async fn history(caller: Caller, Id(id): Id, query: Query) -> Result<axum::Json<Events>, Problem> {
    caller.may(Scope::TasksRead)?;
    let (before, limit) = event_page(query)?;
    let read = caller
        .database
        .read(caller.actor(), move |db, actor| Box::pin(async move { events(db, actor, id, before, limit).await }));
    let (rows, next) = read.await?;
    Ok(axum::Json(Events {
        events: rows.into_iter().map(Event::from).collect(),
        next_cursor: next.map(|id| id.to_string()),
    }))
}
