//! What goes in and out: tasks, events, and how they are written.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;
use utoipa::{IntoParams, ToSchema};

use super::{
    extract::{Query, number},
    problem::Problem,
};
use crate::{
    domain::{
        calendar::{CalendarError, Day, WallTime},
        id::ChangeId,
        task::{Description, Priority, TaskDraft, TaskPatch, TaskStatus, Title},
    },
    error::{AppError, FieldErrors, Message},
    server::{
        database::Failure,
        store::{events::AuditRow, idempotency::Answer, tasks::list::Stored},
    },
};

/// A task.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Task)]
pub struct TaskBody {
    /// UUID version 7: a later one is a newer task.
    #[schema(format = "uuid", example = "019ab5f0-52d7-7c80-9d9c-0a1b2c3d4e5f")]
    pub id: String,
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
    pub version: u64,
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
    let parts = [year.unsigned_abs(), month.into(), day.into(), hour.into(), minute.into(), second.into(), micros];
    // A list has a hundred of them: written by `format!` they were a twentieth of its answer.
    let mut text = b"0000-00-00T00:00:00.000000Z".to_vec();
    for ((end, mut number), digits) in [4, 7, 10, 13, 16, 19, 26].into_iter().zip(parts).zip([4, 2, 2, 2, 2, 2, 6]) {
        for digit in text[end - digits..end].iter_mut().rev() {
            *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
            number /= 10;
        }
    }
    String::from_utf8(text).unwrap_or_default()
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

/// A task to be added. (Only its description: it is read as [`TaskChanges`] of nothing.)
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its schema is needed")]
pub struct NewTask {
    /// What is to be done. Trimmed; not only blanks.
    #[schema(min_length = 1, max_length = 200, example = "Buy oat milk")]
    title: String,
    /// More about it. Trimmed; blanks are none.
    #[schema(max_length = 1000, example = "The one without sugar")]
    description: Option<String>,
    /// Where it stands; `pending` unless given.
    #[schema(value_type = Status, required = false)]
    status: Option<String>,
    /// The same in short: `true` for `completed`, `false` for `pending`. With `status`, both have to agree.
    #[schema(value_type = bool, required = false)]
    completed: Option<bool>,
    /// How much it matters; `medium` unless given.
    #[schema(value_type = PriorityName, required = false)]
    priority: Option<String>,
    /// Until which day: a day of the owner's calendar.
    #[schema(format = Date, example = "2027-01-31")]
    due_date: Option<String>,
    /// Until what time of that day, `HH:MM` by the owner's clock. Needs a date.
    #[schema(pattern = r"^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "17:30")]
    due_time: Option<String>,
}

/// What is to change of a task: what isn't named stays, `null` takes away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(clippy::option_option, reason = "missing is another thing than null (RFC 7396)")]
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
    /// Checks every field, for a task that is to be added.
    pub fn draft(&self) -> Result<TaskDraft, AppError> {
        let mut errors = FieldErrors::default();
        if self.title.is_none() {
            errors.refuse("title", "This is needed.");
        }
        let TaskPatch { title: Some(title), .. } = self.checked(errors)? else { return Err(AppError::Internal) };
        let nothing = TaskDraft {
            title,
            description: None,
            status: TaskStatus::default(),
            priority: Priority::default(),
            due: None,
        };
        self.patch()?.apply(nothing)
    }

    /// Checks every field that is there.
    pub fn patch(&self) -> Result<TaskPatch, AppError> {
        self.checked(FieldErrors::default())
    }

    fn checked(&self, mut errors: FieldErrors) -> Result<TaskPatch, AppError> {
        let title = errors.check("title", self.title.as_deref().map(Title::parse).transpose());
        let description = self.description.as_ref().map(|text| Description::parse(text.as_deref().unwrap_or("")));
        let description = errors.check("description", description.transpose());
        let status = status(&mut errors, self.status.as_deref(), self.completed);
        let priority = self.priority.as_deref().map(|text| Priority::parse(text).map_err(|_| OneOf(PRIORITIES)));
        let priority = errors.check("priority", priority.transpose());
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

/// What there is to choose from.
#[derive(Clone, Copy, Debug, Error)]
#[error("This is one of {0}.")]
pub struct OneOf(pub &'static str);

impl From<OneOf> for Message {
    fn from(error: OneOf) -> Self {
        Self::English(error.to_string())
    }
}

/// The names of a status.
pub const STATUSES: &str = "pending, in_progress, completed";

/// The names of a priority.
pub const PRIORITIES: &str = "low, medium, high, urgent";

/// What `status` and `completed` say together. To reopen is left to who knows where the task stands.
fn status(errors: &mut FieldErrors, status: Option<&str>, completed: Option<bool>) -> Option<TaskStatus> {
    let status = status.map(|text| TaskStatus::parse(text).map_err(|_| OneOf(STATUSES)));
    let status = errors.check("status", status.transpose())?;
    match (status, completed) {
        (None, Some(true)) => Some(TaskStatus::Completed),
        (Some(status), Some(completed)) if (status == TaskStatus::Completed) != completed => {
            errors.refuse("completed", "This and status say different things. Send one of them.");
            None
        }
        (status, _) => status,
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

/// Something that happened.
#[derive(Serialize, ToSchema)]
pub struct Event {
    /// A later one is greater.
    #[schema(minimum = 1, example = 4711)]
    id: i64,
    /// What happened.
    #[schema(example = "edit")]
    action: String,
    /// What it happened to: `task` or `account`.
    #[schema(example = "task")]
    entity_type: String,
    /// Which one.
    #[schema(example = "019ab5f0-52d7-7c80-9d9c-0a1b2c3d4e5f")]
    entity_id: String,
    /// What changed, as it was.
    #[schema(required, value_type = Option<Object>)]
    old_values: Option<serde_json::Value>,
    /// What changed, as it was afterwards; for an account, on which device and where.
    #[schema(required, value_type = Option<Object>)]
    new_values: Option<serde_json::Value>,
    /// When.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<AuditRow> for Event {
    fn from(row: AuditRow) -> Self {
        let AuditRow { id, action, entity_type, entity_id, old_values, new_values, created_at } = row;
        Self { id, action, entity_type, entity_id, old_values, new_values, created_at: stamp(created_at) }
    }
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

/// An id for a change that nobody repeats.
pub fn new_change() -> ChangeId {
    ChangeId(uuid::Uuid::now_v7())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_time_is_written_in_utc_with_all_its_digits() {
        for (at, text) in [
            (datetime!(2026-11-22 22:09:05.000123 UTC), "2026-11-22T22:09:05.000123Z"),
            (datetime!(2026-01-01 00:30:00 +02:00), "2025-12-31T22:30:00.000000Z"),
            (datetime!(0099-02-03 04:05:06.789 UTC), "0099-02-03T04:05:06.789000Z"),
        ] {
            assert_eq!(stamp(at), text);
        }
    }
}
