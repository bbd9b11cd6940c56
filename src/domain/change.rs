//! What a person does to their list of tasks, as the browser shows it before the server has answered.
//!
//! The browser keeps the list that the server confirmed and, apart from it, the changes that are on their way. What is shown
//! is the one with the others applied, so a change that is refused is rolled back by dropping it.

use uuid::Uuid;

use super::{
    id::TaskId,
    task::{self, Task, TaskDraft, TaskStatus},
};

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Adds a task, which goes by a local id until the server has given it one.
    Add(TaskId, TaskDraft),
    /// Replaces title and description.
    Edit(TaskId, TaskDraft),
    /// Marks it done.
    Complete(TaskId),
    /// Makes it pending again.
    Reopen(TaskId),
    /// Moves it to the trash.
    Trash(TaskId),
    /// Takes it out of the trash, where it lay as this task.
    Restore(Task),
}

/// The id of a task that the server doesn't know yet. Sorts after every real one, later ones last: on top of the list.
pub fn local_id(number: u64) -> TaskId {
    TaskId(Uuid::from_u64_pair(u64::MAX, number))
}

/// Whether the server doesn't know a task of this id.
pub fn is_local(id: TaskId) -> bool {
    id.0.as_u64_pair().0 == u64::MAX
}

impl Change {
    /// The task it is about.
    pub fn task(&self) -> TaskId {
        match self {
            Self::Add(id, _) | Self::Edit(id, _) | Self::Complete(id) | Self::Reopen(id) | Self::Trash(id) => *id,
            Self::Restore(task) => task.id,
        }
    }

    /// Makes a change of a local task one of the task that the server made of it.
    pub fn rename(&mut self, local: TaskId, known: TaskId) {
        match self {
            Self::Add(id, _) | Self::Edit(id, _) | Self::Complete(id) | Self::Reopen(id) | Self::Trash(id)
                if *id == local =>
            {
                *id = known;
            }
            Self::Restore(task) if task.id == local => task.id = known,
            _ => {}
        }
    }

    /// Shows the change in `tasks`. One about a task that isn't there shows nothing.
    pub fn apply(&self, tasks: &mut Vec<Task>) {
        let mut at = |id: &TaskId, change: &dyn Fn(&mut Task)| {
            tasks.iter_mut().find(|task| task.id == *id).into_iter().for_each(change);
        };
        match self {
            Self::Add(id, TaskDraft { title, description }) => {
                let (title, description) = (title.clone(), description.clone());
                replace(tasks, Task { id: *id, title, description, status: TaskStatus::Pending });
            }
            Self::Edit(id, draft) => at(id, &|task| {
                task.title = draft.title.clone();
                task.description.clone_from(&draft.description);
            }),
            Self::Complete(id) => at(id, &|task| task.status = TaskStatus::Completed),
            Self::Reopen(id) => at(id, &|task| {
                if task.completed() {
                    task.status = TaskStatus::Pending;
                }
            }),
            Self::Trash(id) => tasks.retain(|task| task.id != *id),
            Self::Restore(task) => replace(tasks, task.clone()),
        }
        task::sort(tasks);
    }

    /// Takes over the server's answer: the task as it is now.
    pub fn confirm(&self, tasks: &mut Vec<Task>, answer: Task) {
        match self {
            Self::Trash(id) => tasks.retain(|task| task.id != *id),
            _ => replace(tasks, answer),
        }
        task::sort(tasks);
    }
}

fn replace(tasks: &mut Vec<Task>, task: Task) {
    tasks.retain(|other| other.id != task.id);
    tasks.push(task);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn draft(title: &str) -> TaskDraft {
        TaskDraft::parse(title, "").unwrap()
    }

    fn task(number: u64, status: TaskStatus) -> Task {
        let TaskDraft { title, description } = draft("old");
        Task { id: TaskId(Uuid::from_u64_pair(1, number)), title, description, status }
    }

    fn changes() -> impl Strategy<Value = Change> {
        let id = (0..4u64).prop_map(|number| TaskId(Uuid::from_u64_pair(1, number)));
        prop_oneof![
            (0..3u64).prop_map(|number| Change::Add(local_id(number), draft("new"))),
            id.clone().prop_map(|id| Change::Edit(id, draft("edited"))),
            id.clone().prop_map(Change::Complete),
            id.clone().prop_map(Change::Reopen),
            id.prop_map(Change::Trash),
            (0..4u64).prop_map(|number| Change::Restore(task(number, TaskStatus::Pending))),
        ]
    }

    #[test]
    fn a_new_task_stands_on_top_before_the_server_has_named_it() {
        let mut tasks = vec![task(u64::MAX, TaskStatus::Pending)];
        Change::Add(local_id(0), draft("first")).apply(&mut tasks);
        Change::Add(local_id(1), draft("second")).apply(&mut tasks);
        let titles: Vec<_> = tasks.iter().map(|task| task.title.as_str()).collect();
        assert_eq!(titles, ["second", "first", "old"]);
    }

    #[test]
    fn reopening_a_task_in_progress_leaves_it_in_progress() {
        let mut tasks = vec![task(0, TaskStatus::InProgress)];
        Change::Reopen(tasks[0].id).apply(&mut tasks);
        assert_eq!(tasks[0].status, TaskStatus::InProgress);
    }

    #[test]
    fn a_change_of_a_local_task_follows_its_real_id() {
        let known = TaskId(Uuid::from_u64_pair(1, 1));
        let mut change = Change::Complete(local_id(7));
        change.rename(local_id(7), known);
        assert_eq!(change, Change::Complete(known));
        assert!(is_local(local_id(7)) && !is_local(known));
    }

    proptest! {
        #[test]
        fn whatever_is_done_the_list_is_sorted_and_holds_each_task_once(changes in proptest::collection::vec(changes(), 0..20)) {
            let mut tasks = vec![task(0, TaskStatus::Pending), task(1, TaskStatus::Completed)];
            for change in changes {
                change.apply(&mut tasks);
                let mut sorted = tasks.clone();
                task::sort(&mut sorted);
                prop_assert_eq!(&tasks, &sorted);
                sorted.dedup_by_key(|task| task.id);
                prop_assert_eq!(tasks.len(), sorted.len());
            }
        }

        #[test]
        fn what_is_shown_is_what_the_server_confirms(change in changes()) {
            let confirmed = vec![task(0, TaskStatus::Pending), task(1, TaskStatus::Completed)];
            let mut shown = confirmed.clone();
            change.apply(&mut shown);
            if let Some(answer) = shown.iter().find(|task| task.id == change.task()).cloned() {
                let mut after = confirmed;
                change.confirm(&mut after, answer);
                prop_assert_eq!(after, shown);
            }
        }
    }
}
