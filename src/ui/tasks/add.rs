//! The form that adds a task.

use leptos::{ev::SubmitEvent, prelude::*, server_fn::ServerFn};

use super::list::TaskList;
use crate::{
    domain::task::TaskDraft,
    fns::tasks::AddTask,
    ui::form::{Field, Form, FormMessage, FormState, clear, typed},
};

/// Title, and a description for who wants one.
#[component]
pub fn AddForm(list: TaskList) -> impl IntoView {
    let form = FormState::new(AddTask::PATH);
    // Open where a description was refused together with the title: nothing typed is out of sight.
    let has_description = form.typed("description").is_some_and(|text| !text.is_empty());
    let on_submit =
        move |event: SubmitEvent| match TaskDraft::parse(&typed(&event, "title"), &typed(&event, "description")) {
            Ok(draft) => {
                form.set_error(None);
                list.add(draft);
                clear(&event);
            }
            Err(error) => form.set_error(Some(error)),
        };
    view! {
        <FormMessage form />
        <Form action=AddTask::PATH next="/tasks" on_submit class="add">
            <div class="add-line">
                <Field
                    form
                    name="title"
                    label="New task"
                    label_hidden=true
                    placeholder="What is there to do?"
                />
                <button type="submit" class="button">"Add"</button>
            </div>
            <details class="add-more" open=has_description>
                <summary>"Add a description"</summary>
                <Field form name="description" label="Description" label_hidden=true lines=3 />
            </details>
        </Form>
    }
}
