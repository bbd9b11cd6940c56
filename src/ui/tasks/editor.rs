//! A task being edited, in its place in the list.

use leptos::{
    ev::{KeyboardEvent, MouseEvent, SubmitEvent},
    prelude::*,
    server_fn::ServerFn,
};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{list::TaskList, row};
use crate::{
    domain::{
        change::Change,
        task::{Description, Task, TaskDraft},
    },
    fns::tasks::EditTask,
    ui::form::{Field, Form, FormMessage, FormState, focus, typed},
};

/// The form in place of the row. Escape, like "Cancel", leaves the task as it was.
#[component]
pub fn Editor(list: TaskList, task: Task) -> impl IntoView {
    let id = task.id;
    let form = FormState::keyed(EditTask::PATH, id.to_string());
    let navigate = use_navigate();
    let leave = move || {
        navigate("/tasks", NavigateOptions { scroll: false, ..Default::default() });
        focus(&row::edit_link_id(id));
    };
    let cancel = leave.clone();
    let save = {
        let leave = leave.clone();
        move |event: SubmitEvent| match TaskDraft::parse(&typed(&event, "title"), &typed(&event, "description")) {
            Ok(draft) => {
                list.run(Change::Edit(id, draft));
                leave();
            }
            Err(error) => form.set_error(Some(error)),
        }
    };
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Escape" && !event.is_composing() {
            event.prevent_default();
            leave();
        }
    };
    let on_cancel = move |event: MouseEvent| {
        event.prevent_default();
        cancel();
    };
    let description = task.description.as_ref().map_or("", Description::as_str).to_owned();
    view! {
        <li class="task editing" on:keydown=on_key>
            <FormMessage form />
            <Form action=EditTask::PATH next="/tasks" on_submit=save>
                <input type="hidden" name="id" value=id.to_string() />
                <Field form name="title" label="Title" value=task.title.as_str() autofocus=true />
                <Field form name="description" label="Description" value=description lines=4 />
                <p class="actions">
                    <button type="submit" class="button">"Save"</button>
                    <a href="/tasks" class="button secondary" on:click=on_cancel>"Cancel"</a>
                </p>
            </Form>
        </li>
    }
}
