//! A task in the list.

use leptos::{prelude::*, server_fn::ServerFn};

use super::list::TaskList;
use crate::{
    domain::{
        change::{self, Change},
        id::TaskId,
        task::{Description, Task},
    },
    fns::tasks::{CompleteTask, ReopenTask, TrashTask},
    ui::form::{Form, focus},
};

/// The id of the link that opens the editor of a task.
pub fn edit_link_id(id: TaskId) -> String {
    format!("edit-{id}")
}

fn toggle_id(id: TaskId) -> String {
    format!("toggle-{id}")
}

/// The row: complete or reopen, edit, delete.
#[component]
pub fn Row(list: TaskList, task: Task) -> impl IntoView {
    let id = task.id;
    let completed = task.completed();
    let title = task.title.as_str().to_owned();
    let description = task.description.as_ref().map(Description::as_str).map(str::to_owned);
    let (action, verb) = if completed { (ReopenTask::PATH, "Reopen") } else { (CompleteTask::PATH, "Complete") };
    let (toggle_label, trash_label) = (format!("{verb} “{title}”"), format!("Delete “{title}”"));
    // The row is about to leave its place: the next one there gets the focus.
    let toggle = move |_| {
        focus_beside(list, id);
        list.run(if completed { Change::Reopen(id) } else { Change::Complete(id) });
    };
    let trash = move |_| {
        focus_beside(list, id);
        list.trash(task.clone());
    };
    let trashed = format!("/tasks?trashed={id}");
    view! {
        <li class="task" class:completed=completed>
            <Form action next="/tasks" on_submit=toggle class="toggle">
                <input type="hidden" name="id" value=id.to_string() />
                <button type="submit" class="check" id=toggle_id(id) aria-label=toggle_label>
                    <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
                        <circle cx="12" cy="12" r="9" />
                        <path d="m8 12.5 2.8 2.8L16.5 9.5" />
                    </svg>
                </button>
            </Form>
            <div class="task-text">
                // The server can edit only what it knows; the link comes a moment later.
                {if change::is_local(id) {
                    view! { <span class="task-title" dir="auto">{title}</span> }.into_any()
                } else {
                    let href = format!("/tasks?edit={id}");
                    view! { <a href=href data-noscroll="" class="task-title" id=edit_link_id(id) title="Edit" dir="auto">{title}</a> }
                        .into_any()
                }}
                {description.map(|text| view! { <p class="task-description" dir="auto">{text}</p> })}
            </div>
            <Form action=TrashTask::PATH next=trashed on_submit=trash class="trash">
                <input type="hidden" name="id" value=id.to_string() />
                <button type="submit" class="icon" aria-label=trash_label title="Delete">
                    <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">
                        <path d="M4 7h16M9 7V4.5h6V7M6.5 7l1 13h9l1-13M10 11v5.5M14 11v5.5" />
                    </svg>
                </button>
            </Form>
        </li>
    }
}

/// Moves the focus to the task after this one, else to the one before it, else to the field for a new one.
fn focus_beside(list: TaskList, id: TaskId) {
    let tasks = list.shown().get_untracked();
    let place = tasks.iter().position(|task| task.id == id);
    let group =
        |task: &&Task| tasks.iter().find(|own| own.id == id).is_some_and(|own| own.completed() == task.completed());
    let beside = place.and_then(|place| {
        tasks
            .get(place + 1)
            .filter(group)
            .or_else(|| place.checked_sub(1).and_then(|before| tasks.get(before)).filter(group))
    });
    focus(&beside.map_or_else(|| "add-task-title".to_owned(), |task| toggle_id(task.id)));
}
