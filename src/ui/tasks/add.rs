//! The form that adds a task.

use leptos::{
    ev::{Event, SubmitEvent},
    prelude::*,
    server_fn::ServerFn,
};

use super::{fields::PriorityField, list::TaskList};
use crate::{
    domain::{
        calendar::Day,
        task::{TaskDraft, TypedTask},
    },
    fns::tasks::AddTask,
    ui::{
        form::{Field, Form, FormMessage, FormState, clear, typed},
        locale::use_texts,
    },
};

/// What was typed into the fields of a task.
pub fn typed_task(event: &Event) -> TypedTask {
    TypedTask {
        title: typed(event, "title"),
        description: typed(event, "description"),
        status: typed(event, "status"),
        priority: typed(event, "priority"),
        due_date: typed(event, "due_date"),
        due_time: typed(event, "due_time"),
    }
}

/// Title, priority and due date; a description and a time for who wants them.
#[component]
pub fn AddForm(
    list: TaskList,
    /// Where to go without scripts.
    next: String,
    /// The due date that is filled in.
    #[prop(optional_no_strip)]
    due: Option<Day>,
) -> impl IntoView {
    let (t, common) = (&use_texts().add, &use_texts().common);
    let form = FormState::new(AddTask::PATH);
    // Open where something in it was refused or typed: nothing typed is out of sight.
    let has_more =
        ["description", "due_time"].iter().any(|field| form.typed(field).is_some_and(|text| !text.is_empty()));
    let on_submit = move |event: SubmitEvent| match TaskDraft::parse(&typed_task(&event)) {
        Ok(draft) => {
            form.set_error(None);
            list.add(draft);
            clear(&event);
        }
        Err(error) => form.set_error(Some(error)),
    };
    view! {
        <FormMessage form />
        <Form action=AddTask::PATH next on_submit class="add">
            <div class="add-line">
                <Field
                    form
                    name="title"
                    label=t.new_task
                    label_hidden=true
                    placeholder=t.placeholder
                />
                <button type="submit" class="button">{t.add}</button>
            </div>
            <div class="add-with">
                <PriorityField form />
                <Field form name="due_date" label=common.due kind="date" value=due.map(|day| day.to_string()).unwrap_or_default() />
                <details class="add-more" open=has_more>
                    <summary>{t.more}</summary>
                    <div class="add-fields">
                        <Field form name="due_time" label=common.time kind="time" />
                        <Field form name="description" label=common.description lines=3 />
                    </div>
                </details>
            </div>
        </Form>
    }
}
