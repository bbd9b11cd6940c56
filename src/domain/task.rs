//! Tasks: what a person may set of one.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{
    calendar::{CalendarError, Day, Due, Moment, WallTime},
    id::TaskId,
    position::Position,
    quick::MOST,
    text::{self, TextError},
};
use crate::error::{AppError, FieldErrors, Message};

/// What is to be done: 1 to 200 characters after trimming, none of them U+0000.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Title(String);

impl Title {
    /// How many characters fit.
    pub const LIMIT: usize = 200;

    /// Trims and checks what was typed.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        text::some_at_most(text, Self::LIMIT).map(|text| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Title {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, TextError> {
        Self::parse(&text)
    }
}

impl From<Title> for String {
    fn from(title: Title) -> Self {
        title.0
    }
}

/// More about a task: up to 1,000 characters after trimming, none of them U+0000; `None` where nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Description(String);

impl Description {
    /// How many characters fit.
    pub const LIMIT: usize = 1_000;

    /// Trims and checks what was typed; blanks are no description.
    ///
    /// A browser sends a line break in a form as CR LF (HTML, "constructing the entry list"); it is kept as LF, so that it
    /// counts as the one character that was typed. So is a CR by itself, which a browser makes one of: a form that is saved as it was
    /// shown changes nothing.
    pub fn parse(text: &str) -> Result<Option<Self>, TextError> {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text = text::at_most(&text, Self::LIMIT)?;
        Ok((!text.is_empty()).then(|| Self(text.to_owned())))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Description {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, TextError> {
        Self::parse(&text)?.ok_or(TextError::Blank)
    }
}

impl From<Description> for String {
    fn from(description: Description) -> Self {
        description.0
    }
}

/// Where a task stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// Not begun.
    #[default]
    Pending,
    /// Being worked on.
    InProgress,
    /// Done.
    Completed,
}

impl TaskStatus {
    /// All, in the order in which a task goes through them.
    pub const ALL: [Self; 3] = [Self::Pending, Self::InProgress, Self::Completed];

    /// As URLs, forms and the database write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
        }
    }

    /// The inverse of [`TaskStatus::as_str`].
    pub fn parse(text: &str) -> Result<Self, ChoiceError> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(ChoiceError)
    }
}

/// How much it matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// When there is nothing else.
    Low,
    /// What most things are.
    #[default]
    Medium,
    /// Before others.
    High,
    /// Before everything.
    Urgent,
}

impl Priority {
    /// All, the greatest first.
    pub const ALL: [Self; 4] = [Self::Urgent, Self::High, Self::Medium, Self::Low];

    /// As URLs, forms and the database write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }

    /// The inverse of [`Priority::as_str`].
    pub fn parse(text: &str) -> Result<Self, ChoiceError> {
        Self::ALL.into_iter().find(|priority| priority.as_str() == text).ok_or(ChoiceError)
    }
}

/// Something that isn't among what there is to choose from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("Choose one of the list.")]
pub struct ChoiceError;

/// What a person writes when adding or editing a task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TypedTask {
    /// What is to be done.
    pub title: String,
    /// More about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// A [`TaskStatus`]; blank for a pending one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// A [`Priority`]; blank for a medium one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub priority: String,
    /// A day, or blank.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub due_date: String,
    /// A time of that day, or blank.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub due_time: String,
}

/// What a person may set of a task, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskDraft {
    /// What is to be done.
    pub title: Title,
    /// More about it.
    pub description: Option<Description>,
    /// Where it stands.
    pub status: TaskStatus,
    /// How much it matters.
    pub priority: Priority,
    /// Until when.
    pub due: Option<Due>,
}

impl TaskDraft {
    /// Checks every field, so that a person learns of all that is wrong at once.
    pub fn parse(typed: &TypedTask) -> Result<Self, AppError> {
        let mut errors = FieldErrors::default();
        let title = errors.check("title", Title::parse(&typed.title));
        let description = errors.check("description", Description::parse(&typed.description));
        let status = errors.check("status", or_default(&typed.status, TaskStatus::parse));
        let priority = errors.check("priority", or_default(&typed.priority, Priority::parse));
        let due = Due::parse(&typed.due_date, &typed.due_time);
        let due = due.map_err(|(field, error)| errors.refuse(field, error)).ok();
        match (title, description, status, priority, due) {
            (Some(title), Some(description), Some(status), Some(priority), Some(due)) => {
                Ok(Self { title, description, status, priority, due })
            }
            _ => Err(errors.into()),
        }
    }

    /// Checks every field of each. Errors name the field and which one it is of: `tasks[2].title`.
    pub fn parse_all(typed: &[TypedTask]) -> Result<Vec<Self>, AppError> {
        match typed.len() {
            0 => return Err(FieldErrors::one("tasks", Message::NoLines)),
            count if count > MOST => return Err(FieldErrors::one("tasks", Message::TooManyLines(MOST))),
            _ => {}
        }
        let mut errors = FieldErrors::default();
        let mut drafts = Vec::new();
        for (place, typed) in typed.iter().enumerate() {
            match Self::parse(typed) {
                Ok(draft) => drafts.push(draft),
                Err(AppError::Invalid(refused)) => {
                    for (field, message) in refused.iter() {
                        errors.refuse(&format!("tasks[{place}].{field}"), message.clone());
                    }
                }
                Err(error) => return Err(error),
            }
        }
        if errors.is_empty() { Ok(drafts) } else { Err(errors.into()) }
    }

    /// What would have to be typed for it.
    pub fn typed(&self) -> TypedTask {
        TypedTask {
            title: self.title.as_str().to_owned(),
            description: self.description.as_ref().map_or("", Description::as_str).to_owned(),
            status: self.status.as_str().to_owned(),
            priority: self.priority.as_str().to_owned(),
            due_date: self.due.map(|due| due.day.to_string()).unwrap_or_default(),
            due_time: self.due.and_then(|due| due.time).map(|time| time.to_string()).unwrap_or_default(),
        }
    }
}

/// What is to change of a task: `None` leaves a field as it is, `Some(None)` takes away what it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskPatch {
    /// What is to be done.
    pub title: Option<Title>,
    /// More about it.
    pub description: Option<Option<Description>>,
    /// Where it stands.
    pub status: Option<TaskStatus>,
    /// Whether it is to be pending again, if it is completed.
    pub reopen: bool,
    /// How much it matters.
    pub priority: Option<Priority>,
    /// Until which day.
    pub due_date: Option<Option<Day>>,
    /// Until what time of it.
    pub due_time: Option<Option<WallTime>>,
}

impl TaskPatch {
    /// The draft with what changes. A time goes with its date, unless another one is named. Error: `Invalid` at `due_time` for a time
    /// without a date.
    pub fn apply(&self, draft: TaskDraft) -> Result<TaskDraft, AppError> {
        let TaskDraft { title, description, status, priority, due } = draft;
        let day = self.due_date.unwrap_or(due.map(|due| due.day));
        let kept = due.and_then(|due| due.time).filter(|_| day.is_some());
        let due = match (day, self.due_time.unwrap_or(kept)) {
            (Some(day), time) => Some(Due { day, time }),
            (None, None) => None,
            (None, Some(_)) => return Err(FieldErrors::one("due_time", CalendarError::TimeAlone)),
        };
        Ok(TaskDraft {
            title: self.title.clone().unwrap_or(title),
            description: self.description.clone().unwrap_or(description),
            status: match status {
                TaskStatus::Completed if self.reopen => TaskStatus::Pending,
                status => self.status.unwrap_or(status),
            },
            priority: self.priority.unwrap_or(priority),
            due,
        })
    }
}

fn or_default<T: Default>(text: &str, parse: impl Fn(&str) -> Result<T, ChoiceError>) -> Result<T, ChoiceError> {
    if text.is_empty() { Ok(T::default()) } else { parse(text) }
}

/// A task as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Task {
    /// UUID version 7: a later one is a newer task.
    pub id: TaskId,
    /// What is to be done.
    pub title: Title,
    /// More about it.
    pub description: Option<Description>,
    /// Where it stands.
    pub status: TaskStatus,
    /// How much it matters.
    pub priority: Priority,
    /// Until when.
    pub due: Option<Due>,
    /// Its place in the manual order.
    pub position: Position,
    /// How often it has changed, and once.
    pub version: u64,
    /// When it last changed: microseconds since 1970.
    pub updated: i64,
    /// Whether it lies in the trash, and the calendar's day when it was put there.
    pub trashed: Option<Day>,
    /// Whether it is archived, and the calendar's day when it was: only a completed one can be.
    pub archived: Option<Day>,
}

impl Task {
    /// Whether it is done.
    pub fn completed(&self) -> bool {
        self.status == TaskStatus::Completed
    }

    /// Whether it should have been done by now.
    pub fn is_late(&self, now: Moment) -> bool {
        !self.completed() && self.due.is_some_and(|due| due.is_over(now))
    }

    /// What its owner may set of it.
    pub fn draft(&self) -> TaskDraft {
        TaskDraft {
            title: self.title.clone(),
            description: self.description.clone(),
            status: self.status,
            priority: self.priority,
            due: self.due,
        }
    }

    /// The task with another draft, as it is shown before the server has answered.
    #[must_use]
    pub fn with(&self, draft: TaskDraft) -> Self {
        let mut task = Self { updated: i64::MAX, ..self.clone() };
        task.set(draft);
        task
    }

    /// Sets what its owner may set.
    pub fn set(&mut self, draft: TaskDraft) {
        let TaskDraft { title, description, status, priority, due } = draft;
        (self.title, self.description, self.status, self.priority, self.due) =
            (title, description, status, priority, due);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_title_counts_characters_not_bytes() {
        assert!(Title::parse(&"é".repeat(200)).is_ok());
        assert_eq!(Title::parse(&"é".repeat(201)), Err(TextError::TooLong { length: 201, limit: 200 }));
    }

    #[test]
    fn a_title_of_blanks_is_refused_whatever_the_blanks() {
        for blank in ["", " ", "\t\n", "\u{a0}\u{2003}\u{3000}"] {
            assert_eq!(Title::parse(blank), Err(TextError::Blank), "{blank:?}");
        }
    }

    #[test]
    fn a_line_break_of_a_form_is_one_character() {
        let text = "a\r\n".repeat(500);
        let description = Description::parse(&text).unwrap().unwrap();
        assert_eq!(description.as_str().chars().count(), 999);
    }

    #[test]
    fn a_description_of_blanks_is_none() {
        assert_eq!(Description::parse(" \r\n "), Ok(None));
        // What is kept stays so, however often it is sent.
        let odd = Description::parse("a\r\r\nb\rc").unwrap().unwrap();
        assert_eq!(odd.as_str(), "a\n\nb\nc");
        assert_eq!(Description::parse(odd.as_str()), Ok(Some(odd)));
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let typed = TypedTask {
            title: " ".into(),
            description: "\0".into(),
            status: "done".into(),
            priority: "very".into(),
            due_date: "soon".into(),
            ..TypedTask::default()
        };
        let error = TaskDraft::parse(&typed).unwrap_err();
        for field in ["title", "description", "status", "priority", "due_date"] {
            assert!(error.at(field).is_some(), "{field}");
        }
    }

    #[test]
    fn only_a_title_makes_a_pending_task_of_medium_priority() {
        let draft = TaskDraft::parse(&TypedTask { title: "x".into(), ..TypedTask::default() }).unwrap();
        assert_eq!((draft.status, draft.priority, draft.due), (TaskStatus::Pending, Priority::Medium, None));
        assert_eq!(TaskDraft::parse(&draft.typed()), Ok(draft));
    }

    #[test]
    fn a_patch_changes_what_it_names() {
        let typed = TypedTask {
            title: "x".into(),
            due_date: "2027-01-31".into(),
            due_time: "17:30".into(),
            ..TypedTask::default()
        };
        let draft = TaskDraft::parse(&typed).unwrap();
        assert_eq!(TaskPatch::default().apply(draft.clone()), Ok(draft.clone()));
        let day = Day::parse("2027-02-01").unwrap();
        let moved = TaskPatch { due_date: Some(Some(day)), ..TaskPatch::default() }.apply(draft.clone()).unwrap();
        assert_eq!(moved.due, Some(Due { day, time: draft.due.unwrap().time }));
        let done = TaskDraft { status: TaskStatus::Completed, ..draft.clone() };
        let reopened = TaskPatch { reopen: true, ..TaskPatch::default() };
        assert_eq!(reopened.apply(done).unwrap().status, TaskStatus::Pending);
        let never = TaskPatch { due_date: Some(None), ..TaskPatch::default() };
        assert_eq!(never.apply(draft.clone()).unwrap().due, None);
        let late = TaskPatch { due_time: Some(draft.due.unwrap().time), ..never };
        assert!(late.apply(draft).unwrap_err().at("due_time").is_some());
    }

    proptest! {
        #[test]
        fn what_is_within_a_title_is_kept_byte_for_byte(text in "[^\0]{1,200}") {
            prop_assume!(!text.trim().is_empty());
            let title = Title::parse(&format!(" \t{text}\n")).unwrap();
            prop_assert_eq!(title.as_str(), text.trim());
            prop_assert_eq!(Title::parse(title.as_str()).unwrap(), title);
        }

        #[test]
        fn nul_is_refused_wherever_it_stands(before in ".{0,50}", after in ".{0,50}") {
            let text = format!("{before}x\0x{after}");
            prop_assert_eq!(Title::parse(&text), Err(TextError::Nul));
            prop_assert_eq!(Description::parse(&text), Err(TextError::Nul));
        }

        #[test]
        fn a_parsed_title_survives_the_wire(text in ".{1,300}") {
            if let Ok(title) = Title::parse(&text) {
                let json = serde_json::to_string(&title).unwrap();
                prop_assert_eq!(serde_json::from_str::<Title>(&json).unwrap(), title);
            }
        }
    }
}
