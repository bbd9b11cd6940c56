//! Tasks: what a title and a description may be, and how a list of tasks is ordered.

use serde::{Deserialize, Serialize};

use super::{
    id::TaskId,
    text::{self, TextError},
};
use crate::error::{AppError, FieldErrors};

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
    /// counts as the one character that was typed.
    pub fn parse(text: &str) -> Result<Option<Self>, TextError> {
        let text = text.replace("\r\n", "\n");
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// Not begun.
    Pending,
    /// Being worked on.
    InProgress,
    /// Done.
    Completed,
}

/// What a person writes when adding or editing a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskDraft {
    /// What is to be done.
    pub title: Title,
    /// More about it.
    pub description: Option<Description>,
}

impl TaskDraft {
    /// Checks both fields, so that a person learns of all that is wrong at once.
    pub fn parse(title: &str, description: &str) -> Result<Self, AppError> {
        let mut errors = FieldErrors::default();
        let title = errors.check("title", Title::parse(title));
        let description = errors.check("description", Description::parse(description));
        match (title, description) {
            (Some(title), Some(description)) => Ok(Self { title, description }),
            _ => Err(errors.into()),
        }
    }
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
}

impl Task {
    /// Whether it is done.
    pub fn completed(&self) -> bool {
        self.status == TaskStatus::Completed
    }
}

/// Puts tasks in the order of the list: open before completed, then newest first.
pub fn sort(tasks: &mut [Task]) {
    tasks.sort_unstable_by_key(|task| (task.completed(), std::cmp::Reverse(task.id)));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

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
    }

    fn tasks() -> impl Strategy<Value = Vec<Task>> {
        let status = prop_oneof![Just(TaskStatus::Pending), Just(TaskStatus::InProgress), Just(TaskStatus::Completed)];
        proptest::collection::vec((any::<u128>(), status), 0..30).prop_map(|tasks| {
            let title = Title::parse("x").unwrap();
            let task = |(id, status)| Task {
                id: TaskId(Uuid::from_u128(id)),
                title: title.clone(),
                description: None,
                status,
            };
            tasks.into_iter().map(task).collect()
        })
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

        #[test]
        fn open_tasks_stand_before_completed_ones_and_newer_before_older(mut tasks in tasks()) {
            sort(&mut tasks);
            for pair in tasks.windows(2) {
                prop_assert!(pair[0].completed() <= pair[1].completed());
                prop_assert!(pair[0].completed() != pair[1].completed() || pair[0].id >= pair[1].id);
            }
        }
    }
}
