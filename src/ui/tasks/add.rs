//! The form that adds a task.

use leptos::{
    ev::{Event, SubmitEvent},
    html,
    prelude::*,
    server_fn::ServerFn,
    wasm_bindgen::JsCast,
    web_sys::Element,
};

use super::{
    fields::PriorityField,
    line::{Chips, Line},
    list::TaskList,
};
use crate::{
    domain::{calendar::Day, task::TypedTask},
    fns::tasks::AddTask,
    ui::{
        form::{Field, Form, FormMessage, FormState, clear, typed_in},
        locale::use_texts,
        quick_add::use_quick_add,
    },
};

/// What was typed into the fields of a task.
pub fn typed_task(event: &Event) -> TypedTask {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.map(|element| typed_task_in(&element)).unwrap_or_default()
}

/// The same of the form that an element stands in.
fn typed_task_in(element: &Element) -> TypedTask {
    let typed = |field| typed_in(element, field);
    TypedTask {
        title: typed("title"),
        description: typed("description"),
        status: typed("status"),
        priority: typed("priority"),
        due_date: typed("due_date"),
        due_time: typed("due_time"),
    }
}

/// The id of the line.
const LINE: &str = "add-task-title";

/// A line that is understood as it is typed, priority and due date; a description and a time for who wants them.
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
    let quick = use_quick_add();
    let line = Line::new(quick.reader);
    let fields = NodeRef::<html::Div>::new();
    // What was typed before scripts ran, or came back to be corrected.
    Effect::new(move |_| {
        if let Some(fields) = fields.get() {
            line.set(typed_task_in(&fields));
        }
    });
    // What the line says needs no field.
    let says = Memo::new(move |_| {
        let read = line.read();
        (read.due.is_some(), read.priority.is_some())
    });
    let on_submit = move |event: SubmitEvent| {
        line.set(typed_task(&event));
        match line.draft() {
            Ok(draft) => {
                form.set_error(None);
                list.add(vec![draft]);
                clear(&event);
                line.clear();
            }
            Err(error) => form.set_error(Some(error)),
        }
    };
    view! {
        <FormMessage form />
        <Form action=AddTask::PATH next on_submit class="add">
            <input type="hidden" name="quick" value="true" />
            <div
                node_ref=fields
                on:input=move |event| line.set(typed_task(&event))
                on:beforeinput=move |event| line.on_beforeinput(&event)
                on:paste=move |event| line.on_paste(&event, quick)
            >
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
            <div class="add-with" class:says-due=move || says.get().0 class:says-priority=move || says.get().1>
                <Chips line field=LINE />
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
            </div>
        </Form>
    }
}
