//! The list as the browser holds it: what the server confirmed, and the changes on their way to it.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    domain::{
        change::{self, Change},
        id::TaskId,
        path::login_path,
        task::{Description, Task, TaskDraft},
    },
    error::AppError,
    fns::tasks::{add_task, complete_task, edit_task, reopen_task, restore_task, trash_task},
    ui::toast::{Button, Toasts, use_toasts},
};

/// The list. It belongs to the application rather than to the page, so that changes on their way arrive even when the person
/// goes to another page.
#[derive(Clone, Copy)]
pub struct TaskList {
    confirmed: RwSignal<Vec<Task>>,
    pending: RwSignal<Vec<Change>>,
    sending: StoredValue<bool>,
    /// What waits until nothing is on its way any more.
    waiting: StoredValue<Option<Arc<dyn Fn() + Send + Sync>>>,
    /// The toasts that offer to take back a deletion that isn't confirmed yet.
    undo: StoredValue<Vec<(TaskId, u64)>>,
    /// How many tasks were added here, and what the server has called them.
    locals: StoredValue<u64>,
    names: StoredValue<Vec<(TaskId, TaskId)>>,
    toasts: Toasts,
}

impl TaskList {
    /// Makes an empty one for the application.
    pub fn provide() {
        let list = Self {
            confirmed: RwSignal::new(Vec::new()),
            pending: RwSignal::new(Vec::new()),
            sending: StoredValue::new(false),
            waiting: StoredValue::new(None),
            undo: StoredValue::new(Vec::new()),
            locals: StoredValue::new(0),
            names: StoredValue::new(Vec::new()),
            toasts: use_toasts(),
        };
        // Only in the browser. Leaving now would lose what is on its way: the browser asks first.
        Effect::new(move |_| {
            let _ = window_event_listener(leptos::ev::beforeunload, move |event| {
                if list.sending.get_value() {
                    event.prevent_default();
                }
            });
        });
        provide_context(list);
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
        let text = format!("“{}” is in the trash.", short(task.title.as_str()));
        let (id, undo) = (task.id, Change::Restore(task));
        let toast = self.toasts.tell(text, vec![Button::new("Undo", move || self.run(undo.clone()))]);
        self.undo.update_value(|undo| undo.push((id, toast)));
        self.run(Change::Trash(id));
    }

    /// Runs `then` once nothing is on its way any more; not at all if one of the changes was refused meanwhile, because
    /// its message wants an answer first.
    pub fn when_settled(self, then: impl Fn() + Send + Sync + 'static) {
        if self.sending.get_value() {
            self.waiting.set_value(Some(Arc::new(then)));
        } else {
            then();
        }
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
            if let Some(then) = self.waiting.try_update_value(Option::take).flatten() {
                then();
            }
        });
    }

    /// The answer to the first change on its way.
    fn settle(self, change: &Change, answer: Result<Task, AppError>) {
        self.pending.update(|pending| {
            pending.remove(0);
        });
        let toast = self.undo.try_update_value(|undo| {
            let place = undo.iter().position(|(id, _)| matches!(change, Change::Trash(_)) && *id == change.task());
            place.map(|place| undo.swap_remove(place).1)
        });
        match answer {
            Ok(task) => {
                let (local, known) = (change.task(), task.id);
                if local != known {
                    self.names.update_value(|names| names.push((local, known)));
                    self.undo.update_value(|undo| {
                        undo.iter_mut().filter(|(id, _)| *id == local).for_each(|(id, _)| *id = known);
                    });
                }
                self.confirmed.update(|tasks| change.confirm(tasks, task));
                self.pending.update(|pending| pending.iter_mut().for_each(|later| later.rename(local, known)));
            }
            Err(error) => {
                // What was done to a task that now isn't there has nothing to be done to.
                if let Change::Add(local, _) = change {
                    self.pending.update(|pending| pending.retain(|later| later.task() != *local));
                }
                // It never was in the trash: there is nothing to take back.
                toast.flatten().into_iter().for_each(|toast| self.toasts.close(toast));
                self.waiting.set_value(None);
                self.refused(change.clone(), &error);
            }
        }
    }

    /// The change is rolled back already, because it isn't on its way any more. Says so, and what to do.
    fn refused(self, change: Change, error: &AppError) {
        let what = match &change {
            // The server may have taken it and only its answer was lost: a second try would make a second task.
            Change::Add(_, draft) if *error == AppError::Unreachable => {
                format!("“{}” may not have been added.", short(draft.title.as_str()))
            }
            Change::Add(_, draft) => format!("“{}” was not added.", short(draft.title.as_str())),
            Change::Edit(_, draft) => format!("“{}” was not saved.", short(draft.title.as_str())),
            Change::Complete(_) => "The task was not completed.".to_owned(),
            Change::Reopen(_) => "The task was not reopened.".to_owned(),
            Change::Trash(_) => "The task was not moved to the trash.".to_owned(),
            Change::Restore(task) => format!("“{}” was not restored.", short(task.title.as_str())),
        };
        let again = Button::new("Try again", move || self.run(change.clone()));
        let buttons = match error {
            AppError::NotFound => Vec::new(),
            // In another tab, so that what was written stays here and can be tried again.
            AppError::NotLoggedIn => vec![
                Button::new("Log in", || drop(window().open_with_url_and_target(&login_path("/tasks"), "_blank")))
                    .staying(),
                again,
            ],
            _ => vec![again],
        };
        self.toasts.warn(format!("{what} {error}"), buttons);
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
