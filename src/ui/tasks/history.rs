//! What happened to a task.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::{
    domain::{
        calendar::Day,
        history::{Event, FieldChange},
        task::{Priority, TaskStatus},
    },
    texts::Texts,
    ui::locale::use_texts,
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
    let texts = use_texts();
    let t = &texts.history;
    let events = history.into_iter().map(|Event { by, at, action, fields, .. }| {
        let by = by.unwrap_or_else(|| "Docket".to_owned());
        let fields = fields.into_iter().map(|FieldChange { field, old, new }| {
            let name = (t.field)(&field);
            if old.is_none() && new.is_none() {
                return view! { <li>{name}</li> }.into_any();
            }
            let (old, new) =
                (old.map(|old| said(texts, &field, old, today)), new.map(|new| said(texts, &field, new, today)));
            let nothing = texts.common.nothing;
            let old = old.map_or_else(|| nothing.into_any(), |old| view! { <del dir="auto">{old}</del> }.into_any());
            let new = new.map_or_else(|| nothing.into_any(), |new| view! { <ins dir="auto">{new}</ins> }.into_any());
            view! { <li>{name} ": " {old} " → " {new}</li> }.into_any()
        });
        let fields: Vec<_> = fields.collect();
        view! {
            <li>
                <p><b>{by}</b> {(t.did)(&action)} <span class="when">{texts.calendar.within(at, today)}</span></p>
                {(!fields.is_empty()).then(|| view! { <ul class="field-changes">{fields}</ul> })}
            </li>
        }
    });
    view! {
        <section class="history">
            <h2>{t.title}</h2>
            <ol>{events.collect_view()}</ol>
            {older.map(|before| view! { <p><A href=format!("{url}?before={before}")>{t.older}</A></p> })}
        </section>
    }
}

/// A value as people read it.
fn said(t: &Texts, field: &str, value: String, today: Day) -> String {
    match field {
        "status" => TaskStatus::parse(&value).map_or(value, |status| (t.tasks.status)(status).to_owned()),
        "priority" => Priority::parse(&value).map_or(value, |priority| (t.tasks.priority)(priority).to_owned()),
        "due_date" => Day::parse(&value).map_or(value, |day| t.calendar.date(day, today)),
        _ => value,
    }
}
