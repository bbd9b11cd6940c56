//! The list as the browser holds it: what the server confirmed, and the changes on their way to it.

use leptos::prelude::*;

use crate::{
    domain::{
        change::{self, Change},
        id::TaskId,
        task::{Description, Task, TaskDraft},
    },
    error::AppError,
    fns::tasks::{add_task, complete_task, edit_task, reopen_task, restore_task, trash_task},
    ui::{
        form::login_path,
        toast::{Toasts, use_toasts},
    },
};

/// The list. It belongs to the application rather than to the page, so that changes on their way arrive even when the person
/// goes to another page.
#[derive(Clone, Copy)]
pub struct TaskList {
    confirmed: RwSignal<Vec<Task>>,
    pending: RwSignal<Vec<Change>>,
    sending: StoredValue<bool>,
    /// How many tasks were added here, and what the server has called them.
    locals: StoredValue<u64>,
    names: StoredValue<Vec<(TaskId, TaskId)>>,
    toasts: Toasts,
}

impl TaskList {
    /// Makes an empty one for the application.
    pub fn provide() {
        provide_context(Self {
            confirmed: RwSignal::new(Vec::new()),
            pending: RwSignal::new(Vec::new()),
            sending: StoredValue::new(false),
            locals: StoredValue::new(0),
            names: StoredValue::new(Vec::new()),
            toasts: use_toasts(),
        });
    }

    /// Takes over what the server says there is.
    pub fn show(self, tasks: Vec<Task>) {
        self.confirmed.set(tasks);
    }

    /// What to show: the confirmed list with the changes on their way.
    pub fn shown(self) -> Memo<Vec<Task>> {
        Memo::new(move |_| {
            let mut tasks = self.confirmed.get();
            self.pending.with(|pending| pending.iter().for_each(|change| change.apply(&mut tasks)));
            tasks
        })
    }

    /// Adds a task.
    pub fn add(self, draft: TaskDraft) {
        let number = self.locals.get_value();
        self.locals.set_value(number + 1);
        self.run(Change::Add(change::local_id(number), draft));
    }

    /// Moves a task to the trash, and offers it back.
    pub fn trash(self, task: Task) {
        self.run(Change::Trash(task.id));
        let text = format!("“{}” is in the trash.", short(task.title.as_str()));
        self.toasts.tell(text, Some(("Undo", Callback::new(move |()| self.run(Change::Restore(task.clone()))))));
    }

    /// Takes over one task as the server says it is, such as one that came back from the trash.
    pub fn take(self, task: Task) {
        self.confirmed.update(|tasks| Change::Restore(task.clone()).confirm(tasks, task));
    }

    /// Shows a change at once and sends it. Changes go out one after the other, so the server sees them in the order in which
    /// they were made.
    pub fn run(self, mut change: Change) {
        // A toast may still know a task by the id that it had before the server named it.
        self.names.with_value(|names| names.iter().for_each(|(local, known)| change.rename(*local, *known)));
        self.pending.update(|pending| pending.push(change));
        if self.sending.get_value() {
            return;
        }
        self.sending.set_value(true);
        leptos::task::spawn_local(async move {
            while let Some(change) = self.pending.with_untracked(|pending| pending.first().cloned()) {
                let answer = send(change.clone()).await;
                batch(|| self.settle(&change, answer));
            }
            self.sending.set_value(false);
        });
    }

    /// The answer to the first change on its way.
    fn settle(self, change: &Change, answer: Result<Task, AppError>) {
        self.pending.update(|pending| {
            pending.remove(0);
        });
        match answer {
            Ok(task) => {
                let (local, known) = (change.task(), task.id);
                if local != known {
                    self.names.update_value(|names| names.push((local, known)));
                }
                self.confirmed.update(|tasks| change.confirm(tasks, task));
                self.pending.update(|pending| pending.iter_mut().for_each(|later| later.rename(local, known)));
            }
            Err(error) => {
                // What was done to a task that now isn't there has nothing to be done to.
                if let Change::Add(local, _) = change {
                    self.pending.update(|pending| pending.retain(|later| later.task() != *local));
                }
                self.refused(change.clone(), &error);
            }
        }
    }

    /// The change is rolled back already, because it isn't on its way any more. Says so, and what to do.
    fn refused(self, change: Change, error: &AppError) {
        let what = match &change {
            Change::Add(_, draft) => format!("“{}” was not added.", short(draft.title.as_str())),
            Change::Edit(_, draft) => format!("“{}” was not saved.", short(draft.title.as_str())),
            Change::Complete(_) => "The task was not completed.".to_owned(),
            Change::Reopen(_) => "The task was not reopened.".to_owned(),
            Change::Trash(_) => "The task was not moved to the trash.".to_owned(),
            Change::Restore(task) => format!("“{}” was not restored.", short(task.title.as_str())),
        };
        let button = match error {
            AppError::NotFound => None,
            AppError::NotLoggedIn => {
                Some(("Log in", Callback::new(|()| drop(window().location().assign(&login_path("/tasks"))))))
            }
            _ => Some(("Try again", Callback::new(move |()| self.run(change.clone())))),
        };
        self.toasts.warn(format!("{what} {error}"), button);
    }
}

/// The list of the application that this component is part of.
pub fn use_task_list() -> TaskList {
    use_context().unwrap_or_else(|| {
        TaskList::provide();
        expect_context()
    })
}

async fn send(change: Change) -> Result<Task, AppError> {
    let description = |draft: &TaskDraft| draft.description.as_ref().map_or("", Description::as_str).to_owned();
    match change {
        Change::Add(_, draft) => add_task(draft.title.as_str().to_owned(), description(&draft)).await,
        Change::Edit(id, draft) => edit_task(id, draft.title.as_str().to_owned(), description(&draft)).await,
        Change::Complete(id) => complete_task(id).await,
        Change::Reopen(id) => reopen_task(id).await,
        Change::Trash(id) => trash_task(id).await,
        Change::Restore(task) => restore_task(task.id).await,
    }
}

/// A title as a message quotes it.
fn short(title: &str) -> String {
    let mut chars = title.chars();
    let start: String = chars.by_ref().take(40).collect();
    if chars.next().is_some() { format!("{}…", start.trim_end()) } else { start }
}
