//! What happened to a task, from `audit_logs`.

use serde::{Deserialize, Serialize};

use super::{calendar::Moment, task::Task};

/// A task with all that its page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskDetail {
    /// The task.
    pub task: Task,
    /// When it was made, by its owner's clock.
    pub created: Moment,
    /// When it last changed.
    pub updated: Moment,
    /// When it was completed, if it is.
    pub completed: Option<Moment>,
    /// The clock now.
    pub now: Moment,
    /// The newest part of its history, newest first.
    pub history: Vec<Event>,
    /// What comes after `before=` in the URL of the next older part.
    pub older: Option<i64>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its number.
    pub id: i64,
    /// Who did it; `None` for Docket itself.
    pub by: Option<String>,
    /// When, by the clock of who looks.
    pub at: Moment,
    /// What was done: `add`, `edit`, `complete`, `reopen`, `archive`, `move`, `trash` or `restore`.
    pub action: String,
    /// Each field that changed, with what it was and what it became.
    pub fields: Vec<FieldChange>,
}

/// One field of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Its name; `archived` and `unarchived`, without `old` and `new`, for a task that went back to the archive or out of it.
    pub field: String,
    /// Before; `None` for nothing.
    pub old: Option<String>,
    /// After.
    pub new: Option<String>,
}

/// A title as a message quotes it.
pub fn short(title: &str) -> String {
    let mut chars = title.chars();
    let start: String = chars.by_ref().take(40).collect();
    if chars.next().is_some() { format!("{}…", start.trim_end()) } else { start }
}
