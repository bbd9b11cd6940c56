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
    /// Each field that changed, with what it was and what it became, as people read it.
    pub fields: Vec<FieldChange>,
}

/// One field of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Its name, as people read it; without `old` and `new`, all that there is to say.
    pub field: String,
    /// Before; `None` for nothing.
    pub old: Option<String>,
    /// After.
    pub new: Option<String>,
}

/// What a change did, as a message says it: "“Call Grace” was completed.", "3 tasks were moved to the trash."
pub fn told(action: &str, count: usize, title: &str) -> String {
    format!("{} {}.", subject(count, title), past(action))
}

/// What a change that was refused did not do: "“Call Grace” was not completed."
pub fn not_told(action: &str, count: usize, title: &str) -> String {
    format!("{} not {}.", subject(count, title), past(action))
}

fn subject(count: usize, title: &str) -> String {
    match count {
        1 => format!("“{}” was", short(title)),
        _ => format!("{count} tasks were"),
    }
}

/// The past participle of an action.
pub fn past(action: &str) -> &'static str {
    match action {
        "add" => "added",
        "complete" => "completed",
        "reopen" => "reopened",
        "archive" => "archived",
        "move" => "moved",
        "trash" => "moved to the trash",
        "restore" => "restored",
        _ => "changed",
    }
}

/// A title as a message quotes it.
pub fn short(title: &str) -> String {
    let mut chars = title.chars();
    let start: String = chars.by_ref().take(40).collect();
    if chars.next().is_some() { format!("{}…", start.trim_end()) } else { start }
}
