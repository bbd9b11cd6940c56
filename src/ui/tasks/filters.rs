//! Search, filters and order of `/tasks`. A form that asks for a page: what is chosen ends up in the URL, without scripts by the button,
//! with them at once.

use std::time::Duration;

use leptos::{
    ev::{Event, SubmitEvent},
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlFormElement},
};
use leptos_router::{NavigateOptions, components::A, hooks::use_navigate};

use crate::{
    domain::{
        path::with,
        query::{SIZES, StatusFilter, TaskQuery, View},
        task::{Priority, TaskStatus},
    },
    ui::locale::use_texts,
};

/// How long after a key the search begins.
const PAUSE: Duration = Duration::from_millis(180);

/// The names of the fields, which are those of the URL.
const FIELDS: [&str; 9] = ["q", "status", "priority", "due_from", "due_to", "overdue", "archived", "sort", "limit"];

/// The orders that the page offers.
const SORTS: [&str; 11] = [
    "",
    "-created_at",
    "created_at",
    "due_date",
    "-due_date",
    "-priority",
    "priority",
    "title",
    "-title",
    "-updated_at",
    "updated_at",
];

/// The form.
#[component]
pub fn Filters(
    /// What the URL says.
    query: Memo<TaskQuery>,
) -> impl IntoView {
    let texts = use_texts();
    let (t, common) = (&texts.filters, &texts.common);
    let navigate = use_navigate();
    let form = NodeRef::<leptos::html::Form>::new();
    let go = move |replace: bool| {
        let Some(form) = form.get_untracked() else { return };
        let url = url(&form);
        // What was typed meanwhile stays: the form is what is shown.
        navigate(&url, NavigateOptions { replace, scroll: false, ..Default::default() });
    };
    let keys = StoredValue::new(0u32);
    let on_search = {
        let go = go.clone();
        move |_| {
            let key = keys.get_value() + 1;
            keys.set_value(key);
            let go = go.clone();
            set_timeout(
                move || {
                    // Nobody typed on, and the page is still there.
                    if keys.try_get_value() == Some(key) {
                        go(true);
                    }
                },
                PAUSE,
            );
        }
    };
    let on_change = {
        let go = go.clone();
        // One step back for each field, however often its value changes while somebody looks for the right one.
        let last = StoredValue::new(String::new());
        move |event: Event| {
            let field = event_target::<Element>(&event).id();
            go(last.with_value(|last| *last == field));
            last.set_value(field);
        }
    };
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        go(false);
    };
    // Back, forward, and links to other filters.
    Effect::new(move |last: Option<TaskQuery>| {
        let query = query.get();
        if last.is_some_and(|last| last != query)
            && let Some(form) = form.get_untracked()
        {
            sync(&form, &query);
        }
        query
    });
    let first = query.get_untracked();
    let open = TaskQuery { text: String::new(), cursor: None, ..first.clone() } != TaskQuery::default();
    let values = values(&first);
    let value = move |name: &str| {
        values.iter().find(|(field, _)| *field == name).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let statuses = [("", t.all), (StatusFilter::Open.as_str(), t.open)].into_iter();
    let statuses =
        statuses.chain(TaskStatus::ALL.map(|status| (status.as_str(), (texts.tasks.status)(status)))).collect();
    let priorities = std::iter::once(("", t.any))
        .chain(Priority::ALL.map(|priority| (priority.as_str(), (texts.tasks.priority)(priority))));
    let sizes = SIZES.map(|size| (size.to_string(), size.to_string()));
    let any = Memo::new(move |_| query.with(|query| query.is_filtered() || query.sort.is_some()));
    view! {
        <form node_ref=form class="filters" method="get" action="/tasks" role="search" aria-label=texts.tasks.title on:submit=on_submit>
            <div class="search">
                <label for="filter-q" class="visually-hidden">{t.search}</label>
                <input id="filter-q" type="search" name="q" value=value("q") placeholder=common.search autocomplete="off" maxlength="200" on:input=on_search />
            </div>
            <details class="filter-more" open=open>
                <summary>{t.filter}</summary>
                <div class="filter-fields" on:change=on_change>
                    <Choice name="status" label=common.status options=statuses value=value("status") />
                    <Choice name="priority" label=common.priority options=priorities.collect() value=value("priority") />
                    <div class="field">
                        <label for="filter-due_from">{t.from}</label>
                        <input id="filter-due_from" type="date" name="due_from" value=value("due_from") autocomplete="off" />
                    </div>
                    <div class="field">
                        <label for="filter-due_to">{t.to}</label>
                        <input id="filter-due_to" type="date" name="due_to" value=value("due_to") autocomplete="off" />
                    </div>
                    <Choice name="sort" label=t.order options=SORTS.map(|order| (order, (t.sort)(order))).to_vec() value=value("sort") />
                    <div class="field">
                        <label for="filter-limit">{t.on_page}</label>
                        <select id="filter-limit" name="limit" autocomplete="off">
                            {sizes.map(|(size, label)| {
                                let selected = size == value("limit");
                                view! { <option value=size selected=selected>{label}</option> }
                            })}
                        </select>
                    </div>
                    <Check name="overdue" label=t.only_overdue value="1" checked=!value("overdue").is_empty() />
                    <Check name="archived" label=t.archived_too value="true" checked=!value("archived").is_empty() />
                </div>
            </details>
            <button type="submit" class="button secondary small apply">{common.search}</button>
            <Show when=move || any.get()>
                <A href="/tasks" attr:class="quiet">{common.show_all}</A>
            </Show>
        </form>
    }
}

#[component]
fn Check(name: &'static str, label: &'static str, value: &'static str, checked: bool) -> impl IntoView {
    view! {
        <label class="check-field">
            <input id=format!("filter-{name}") type="checkbox" name=name value=value checked=checked autocomplete="off" />
            {label}
        </label>
    }
}

#[component]
fn Choice(
    name: &'static str,
    label: &'static str,
    options: Vec<(&'static str, &'static str)>,
    value: String,
) -> impl IntoView {
    let id = format!("filter-{name}");
    let options = options.into_iter().map(|(option, label)| {
        let selected = option == value;
        view! { <option value=option selected=selected>{label}</option> }
    });
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select id=id name=name autocomplete="off">{options.collect_view()}</select>
        </div>
    }
}

/// The values of the fields.
fn values(query: &TaskQuery) -> Vec<(&'static str, String)> {
    let url = View::Tasks(TaskQuery { cursor: None, ..query.clone() }).url();
    let text = url.split_once('?').map_or("", |(_, text)| text);
    FIELDS
        .map(|name| {
            let value = crate::domain::path::value(text, name);
            (name, value.unwrap_or_else(|| if name == "limit" { query.size.to_string() } else { String::new() }))
        })
        .to_vec()
}

/// The URL that the form asks for.
fn url(form: &HtmlFormElement) -> String {
    let mut url = "/tasks".to_owned();
    if let Ok(data) = leptos::web_sys::FormData::new_with_form(form) {
        for name in FIELDS {
            if let Some(value) = data.get(name).as_string().filter(|value| !value.is_empty()) {
                url = with(&url, name, &value);
            }
        }
    }
    let query = url.split_once('?').map_or("", |(_, query)| query);
    View::parse("/tasks", query).map_or_else(|| "/tasks".to_owned(), |view| view.url())
}

/// Puts into the fields what the URL says, but for the one that somebody is in.
fn sync(form: &HtmlFormElement, query: &TaskQuery) {
    use leptos::web_sys::{HtmlInputElement, HtmlSelectElement};
    let active = document().active_element();
    for (name, value) in values(query) {
        let Ok(Some(field)) = form.query_selector(&format!("[name={name}]")) else { continue };
        if active.as_ref() == Some(&field) {
            continue;
        }
        match field.dyn_into::<HtmlInputElement>() {
            Ok(input) if input.type_() == "checkbox" => input.set_checked(value == input.value()),
            Ok(input) => input.set_value(&value),
            Err(field) => field.dyn_into::<HtmlSelectElement>().iter().for_each(|select| select.set_value(&value)),
        }
    }
}
