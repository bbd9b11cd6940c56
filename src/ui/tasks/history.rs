//! What happened to a task.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::domain::{
    calendar::Day,
    history::{Event, FieldChange, past},
};

/// The newest part of it, and the way to the older parts.
#[component]
pub fn History(
    /// The changes, newest first.
    history: Vec<Event>,
    /// Where the next older part begins.
    older: Option<i64>,
    /// The page of the task.
    url: String,
    /// The owner's calendar.
    today: Day,
) -> impl IntoView {
    let events = history.into_iter().map(|Event { by, at, action, fields, .. }| {
        let by = by.unwrap_or_else(|| "Docket".to_owned());
        let fields = fields.into_iter().map(|FieldChange { field, old, new }| {
            if old.is_none() && new.is_none() {
                return view! { <li>{field}</li> }.into_any();
            }
            let old = old.map_or_else(|| "nothing".into_any(), |old| view! { <del dir="auto">{old}</del> }.into_any());
            let new = new.map_or_else(|| "nothing".into_any(), |new| view! { <ins dir="auto">{new}</ins> }.into_any());
            view! { <li>{field} ": " {old} " → " {new}</li> }.into_any()
        });
        let fields: Vec<_> = fields.collect();
        view! {
            <li>
                <p><b>{by}</b> {format!(" {} this, ", verb(&action))} <span class="when">{at.within(today)}</span></p>
                {(!fields.is_empty()).then(|| view! { <ul class="field-changes">{fields}</ul> })}
            </li>
        }
    });
    view! {
        <section class="history">
            <h2>"History"</h2>
            <ol>{events.collect_view()}</ol>
            {older.map(|before| view! { <p><A href=format!("{url}?before={before}")>"Older"</A></p> })}
        </section>
    }
}

fn verb(action: &str) -> &'static str {
    if action == "trash" { "deleted" } else { past(action) }
}
