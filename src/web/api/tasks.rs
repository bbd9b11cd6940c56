//! Tasks: `/api/v1/tasks`. The same use cases as those of the pages.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Deserializer, Serialize};
use sqlx::PgConnection;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    account::Event,
    caller::Caller,
    extract::{Id, IdempotencyKey, IfMatch, IfNoneMatch, Json, Query, Whatever, number},
    openapi::TASKS,
    problem::Problem,
};
use crate::{
    domain::{
        calendar::{CalendarError, Day, WallTime},
        id::{ChangeId, TaskId},
        scope::Scope,
        task::{ChoiceError, Description, Priority, TaskDraft, TaskPatch, TaskStatus, Title},
    },
    error::{AppError, FieldErrors},
    server::{
        database::{Actor, Failure},
        state::AppState,
        store::{
            idempotency::{Answer, once},
            tasks::{
                self,
                history::events,
                list::{Stored, stored},
                patch,
            },
        },
    },
};

/// The routes.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(super::lists::list, create))
        .routes(routes!(read, update, delete))
        .routes(routes!(toggle))
        .routes(routes!(restore))
        .routes(routes!(history))
        .routes(routes!(super::bulk::bulk))
}

/// A task.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Task)]
pub struct TaskBody {
    /// UUID version 7: a later one is a newer task.
    #[schema(format = "uuid", example = "019ab5f0-52d7-7c80-9d9c-0a1b2c3d4e5f")]
    id: String,
    /// What is to be done.
    #[schema(min_length = 1, max_length = 200, example = "Buy oat milk")]
    title: String,
    /// More about it.
    #[schema(required, max_length = 1000, example = "The one without sugar")]
    description: Option<String>,
    /// Where it stands.
    #[schema(value_type = Status)]
    status: &'static str,
    /// Whether it is done: true where `status` is `completed`.
    completed: bool,
    /// How much it matters.
    #[schema(value_type = PriorityName)]
    priority: &'static str,
    /// Until which day: a day of the owner's calendar, which never shifts with time zones.
    #[schema(required, format = Date, example = "2027-01-31")]
    due_date: Option<String>,
    /// Until what time of that day, by the owner's clock.
    #[schema(required, pattern = r"^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "17:30")]
    due_time: Option<String>,
    /// Its place in the manual order: a text that sorts by its bytes.
    #[schema(example = "Uk")]
    position: String,
    /// How often it has changed, and once. It is the `ETag`, too.
    #[schema(minimum = 1, example = 1)]
    version: u64,
    /// When it was made (RFC 3339, UTC).
    #[schema(format = DateTime, example = "2026-11-22T10:30:00.123456Z")]
    created_at: String,
    /// When it last changed.
    #[schema(format = DateTime, example = "2026-11-22T10:30:00.123456Z")]
    updated_at: String,
    /// When it was completed, if it is.
    #[schema(required, format = DateTime, example = json!(null))]
    completed_at: Option<String>,
}

impl From<Stored> for TaskBody {
    fn from(Stored { task, created_at, updated_at, completed_at }: Stored) -> Self {
        Self {
            id: task.id.to_string(),
            completed: task.completed(),
            status: task.status.as_str(),
            priority: task.priority.as_str(),
            due_date: task.due.map(|due| due.day.to_string()),
            due_time: task.due.and_then(|due| due.time).map(|time| time.to_string()),
            position: task.position.as_str().to_owned(),
            version: task.version,
            title: task.title.into(),
            description: task.description.map(String::from),
            created_at: stamp(created_at),
            updated_at: stamp(updated_at),
            completed_at: completed_at.map(stamp),
        }
    }
}

/// A time as RFC 3339 writes it, in UTC, with microseconds, which are all that PostgreSQL has.
pub fn stamp(at: time::OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    let (hour, minute, second, micros) = at.to_hms_micro();
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

/// Where a task stands.
#[derive(ToSchema)]
#[schema(as = Status, rename_all = "snake_case")]
#[allow(dead_code, reason = "only its schema is needed")]
pub enum Status {
    /// Not begun.
    Pending,
    /// Being worked on.
    InProgress,
    /// Done.
    Completed,
}

/// How much a task matters.
#[derive(ToSchema)]
#[schema(as = Priority, rename_all = "snake_case")]
#[allow(dead_code, reason = "only its schema is needed")]
pub enum PriorityName {
    /// When there is nothing else.
    Low,
    /// What most things are.
    Medium,
    /// Before others.
    High,
    /// Before everything.
    Urgent,
}

/// A task to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTask {
    /// What is to be done. Trimmed; not only blanks.
    #[schema(min_length = 1, max_length = 200, example = "Buy oat milk")]
    title: String,
    /// More about it. Trimmed; blanks are none.
    #[serde(default)]
    #[schema(max_length = 1000, example = "The one without sugar")]
    description: Option<String>,
    /// Where it stands; `pending` unless given.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Status, required = false)]
    status: Option<String>,
    /// The same in short: `true` for `completed`, `false` for `pending`. With `status`, both have to agree.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = bool, required = false)]
    completed: Option<bool>,
    /// How much it matters; `medium` unless given.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = PriorityName, required = false)]
    priority: Option<String>,
    /// Until which day: a day of the owner's calendar.
    #[serde(default)]
    #[schema(format = Date, example = "2027-01-31")]
    due_date: Option<String>,
    /// Until what time of that day, `HH:MM` by the owner's clock. Needs a date.
    #[serde(default)]
    #[schema(pattern = r"^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "17:30")]
    due_time: Option<String>,
}

impl NewTask {
    /// Checks every field.
    pub fn draft(&self) -> Result<TaskDraft, AppError> {
        let mut errors = FieldErrors::default();
        let title = errors.check("title", Title::parse(&self.title));
        let description = errors.check("description", Description::parse(self.description.as_deref().unwrap_or("")));
        let status = status(&mut errors, self.status.as_deref(), self.completed);
        let priority = self.priority.as_deref().map_or(Ok(Priority::default()), Priority::parse);
        let priority = errors.check("priority", priority);
        let day = self.due_date.as_deref().map(Day::parse).transpose();
        let day = errors.check("due_date", day);
        let time = self.due_time.as_deref().map(WallTime::parse).transpose();
        let time = errors.check("due_time", time);
        if let (Some(None), Some(Some(_))) = (day, time) {
            errors.refuse("due_time", CalendarError::TimeAlone.to_string());
        }
        match (title, description, priority, errors.is_empty()) {
            (Some(title), Some(description), Some(priority), true) => {
                let due_date = Some(day.flatten());
                let draft = TaskDraft { title, description, status: status.unwrap_or_default(), priority, due: None };
                TaskPatch { due_date, due_time: Some(time.flatten()), ..TaskPatch::default() }.apply(draft)
            }
            _ => Err(errors.into()),
        }
    }
}

/// What is to change of a task: what isn't named stays, `null` takes away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskChanges {
    /// What is to be done. Trimmed; not only blanks.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 200, example = "Buy soy milk")]
    title: Option<String>,
    /// More about it. Trimmed; blanks are none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 1000)]
    description: Option<Option<String>>,
    /// Where it stands.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Status, required = false)]
    status: Option<String>,
    /// The same in short: `true` completes it, `false` reopens one that is completed. With `status`, both have to agree.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = bool, required = false)]
    completed: Option<bool>,
    /// How much it matters.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = PriorityName, required = false)]
    priority: Option<String>,
    /// Until which day. A time that it has goes with the date, and stays where another date is given.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = Date, example = "2027-02-01")]
    due_date: Option<Option<String>>,
    /// Until what time of that day, `HH:MM`. The task needs a date, or gets one with it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, pattern = r"^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "09:00")]
    due_time: Option<Option<String>>,
}

impl TaskChanges {
    /// Checks every field that is there.
    pub fn patch(&self) -> Result<TaskPatch, AppError> {
        let mut errors = FieldErrors::default();
        let title = errors.check("title", self.title.as_deref().map(Title::parse).transpose());
        let description = self.description.as_ref().map(|text| Description::parse(text.as_deref().unwrap_or("")));
        let description = errors.check("description", description.transpose());
        let status = status(&mut errors, self.status.as_deref(), self.completed);
        let priority = errors.check("priority", self.priority.as_deref().map(Priority::parse).transpose());
        let day = self.due_date.as_ref().map(|text| text.as_deref().map(Day::parse).transpose());
        let day = errors.check("due_date", day.transpose());
        let time = self.due_time.as_ref().map(|text| text.as_deref().map(WallTime::parse).transpose());
        let time = errors.check("due_time", time.transpose());
        if let (Some(Some(None)), Some(Some(Some(_)))) = (day, time) {
            errors.refuse("due_time", CalendarError::TimeAlone.to_string());
        }
        if !errors.is_empty() {
            return Err(errors.into());
        }
        Ok(TaskPatch {
            title: title.flatten(),
            description: description.flatten(),
            status,
            reopen: self.completed == Some(false) && self.status.is_none(),
            priority: priority.flatten(),
            due_date: day.flatten(),
            due_time: time.flatten(),
        })
    }
}

/// A field that may be missing, and where it is there, is no `null` unless its type has one.
pub fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

/// What `status` and `completed` say together. To reopen is left to who knows where the task stands.
fn status(errors: &mut FieldErrors, status: Option<&str>, completed: Option<bool>) -> Option<TaskStatus> {
    let status = errors.check::<_, ChoiceError>("status", status.map(TaskStatus::parse).transpose())?;
    match (status, completed) {
        (None, Some(true)) => Some(TaskStatus::Completed),
        (Some(status), Some(completed)) if (status == TaskStatus::Completed) != completed => {
            errors.refuse("completed", "This and status say different things. Send one of them.");
            None
        }
        (status, _) => status,
    }
}

impl Answer {
    /// An answer with the one task that a change was of.
    async fn of_task(db: &mut PgConnection, actor: Actor, status: StatusCode, ids: &[TaskId]) -> Result<Self, Failure> {
        let task = stored(db, actor, ids).await?.pop().ok_or(Failure::App(AppError::NotFound))?;
        let task = TaskBody::from(task);
        let location = (status == StatusCode::CREATED).then(|| format!("/api/v1/tasks/{}", task.id));
        Ok(Self { status: status.as_u16(), version: Some(task.version), location, body: json(&task)? })
    }
}

/// A value as it is written.
pub fn json(value: &impl Serialize) -> Result<serde_json::Value, Failure> {
    serde_json::to_value(value).map_err(|error| {
        tracing::error!(%error, "an answer can't be written");
        Failure::App(AppError::Internal)
    })
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        let mut set = |name: HeaderName, value: Option<String>| {
            if let Some(Ok(value)) = value.map(HeaderValue::try_from) {
                headers.insert(name, value);
            }
        };
        set(header::ETAG, self.version.map(|version| format!("\"{version}\"")));
        set(header::LOCATION, self.location);
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        (status, headers, axum::Json(self.body)).into_response()
    }
}

/// Adds a task, on top of the manual order.
#[utoipa::path(post, path = "/tasks", tag = TASKS, operation_id = "createTask",
    security(("session" = []), ("token" = ["tasks:write"])),
    request_body = NewTask,
    responses((status = 201, description = "The new task", body = TaskBody)))]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    key: IdempotencyKey,
    Json { value, bytes }: Json<NewTask>,
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
async fn read(caller: Caller, known: IfNoneMatch, Id(id): Id) -> Result<Response, Problem> {
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
async fn update(
    caller: Caller,
    IfMatch(expected): IfMatch,
    Id(id): Id,
    Json { value, .. }: Json<TaskChanges>,
) -> Result<Answer, Problem> {
    caller.may(Scope::TasksWrite)?;
    let changes = value.patch()?;
    let changed = caller.database.write(caller.actor(), new_change(), move |db, actor| {
        let (expected, changes) = (expected.clone(), changes.clone());
        Box::pin(async move {
            let ids = patch::patch(&mut *db, actor, id, &expected, &changes).await?;
            Answer::of_task(db, actor, StatusCode::OK, &ids).await
        })
    });
    Ok(changed.await?)
}

/// Moves a task to the trash.
///
/// For 30 days it can be taken out again; then it is gone.
#[utoipa::path(delete, path = "/tasks/{id}", tag = TASKS, operation_id = "deleteTask",
    security(("session" = []), ("token" = ["tasks:write"])),
    params(("id" = String, Path, format = "uuid", description = "The task")),
    responses((status = 204, description = "It is in the trash")))]
async fn delete(caller: Caller, IfMatch(expected): IfMatch, Id(id): Id) -> Result<StatusCode, Problem> {
    caller.may(Scope::TasksWrite)?;
    let deleted = caller.database.write(caller.actor(), new_change(), move |db, actor| {
        let expected = expected.clone();
        Box::pin(async move { patch::delete(db, actor, id, &expected).await })
    });
    deleted.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Completes a task, or makes a completed one pending again.
#[utoipa::path(post, path = "/tasks/{id}/toggle", tag = TASKS, operation_id = "toggleTask",
    security(("session" = []), ("token" = ["tasks:write"])),
    params(("id" = String, Path, format = "uuid", description = "The task")),
    responses((status = 200, description = "The task as it is now", body = TaskBody)))]
async fn toggle(
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
async fn restore(
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
#[derive(Serialize, ToSchema)]
pub struct Events {
    /// Up to `limit` events.
    pub events: Vec<Event>,
    /// For the next page, if there is one: the `cursor` to ask with.
    #[schema(required, example = json!(null))]
    pub next_cursor: Option<String>,
}

/// A part of a list of events.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only its description is needed")]
pub struct EventPage {
    /// The most events of an answer.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// Where the page begins: `next_cursor` of the one before.
    #[param(pattern = "^[1-9][0-9]{0,17}$")]
    cursor: Option<String>,
}

/// Reads what [`EventPage`] describes.
pub fn event_page(mut query: Query) -> Result<(Option<i64>, u16), Problem> {
    let limit = query.take("limit", number(1, 200)).and_then(|limit| limit.try_into().ok()).unwrap_or(50);
    let cursor = query.take("cursor", |text| match text.parse() {
        Ok(number @ 1..) => Ok(number),
        _ => Err("This is no cursor. Take next_cursor of the page before."),
    });
    query.done()?;
    Ok((cursor, limit))
}

/// What happened to a task, the last first.
#[utoipa::path(get, path = "/tasks/{id}/history", tag = TASKS, operation_id = "getTaskHistory",
    security(("session" = []), ("token" = ["tasks:read"])),
    params(("id" = String, Path, format = "uuid", description = "The task"), EventPage),
    responses((status = 200, description = "Its history", body = Events)))]
async fn history(caller: Caller, Id(id): Id, query: Query) -> Result<axum::Json<Events>, Problem> {
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

/// An id for a change that nobody repeats.
pub fn new_change() -> ChangeId {
    ChangeId(uuid::Uuid::now_v7())
}
