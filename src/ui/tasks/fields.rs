//! Choices in forms about tasks.

use leptos::prelude::*;

use crate::{
    domain::task::{Priority, TaskStatus},
    ui::{
        form::{FormState, SelectField},
        locale::use_texts,
    },
};

/// How much a task matters.
#[component]
pub fn PriorityField(
    /// The form it stands in.
    form: FormState,
    /// What is chosen at first.
    #[prop(default = Priority::Medium)]
    value: Priority,
) -> impl IntoView {
    let t = use_texts();
    let label = t.common.priority;
    let options =
        Priority::ALL.map(|priority| (priority.as_str().to_owned(), (t.tasks.priority)(priority).to_owned())).to_vec();
    view! { <SelectField form name="priority" label options value=value.as_str() /> }
}

/// Where a task stands.
#[component]
pub fn StatusField(
    /// The form it stands in.
    form: FormState,
    /// What is chosen at first.
    value: TaskStatus,
) -> impl IntoView {
    let t = use_texts();
    let options =
        TaskStatus::ALL.map(|status| (status.as_str().to_owned(), (t.tasks.status)(status).to_owned())).to_vec();
    view! { <SelectField form name="status" label=t.common.status options value=value.as_str() /> }
}
