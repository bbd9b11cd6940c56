//! The palette: everything that can be done here, every page and every task, found by a few letters (ARIA Authoring Practices, "Combobox").

use std::time::Duration;

use leptos::{
    ev::{Event, KeyboardEvent, PointerEvent},
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::HtmlElement,
};

use super::{Action, Group, KeyCaps, Keys, SHORTCUTS};
use crate::{
    domain::{
        id::TaskId,
        query::{TaskQuery, View},
        text,
    },
    error::AppError,
    fns::tasks::list_tasks,
    texts::KeyTexts,
    ui::{dialog::Dialog, locale::use_texts},
};

/// How long after a key the server is asked.
const PAUSE: Duration = Duration::from_millis(150);

/// How many tasks it shows.
const TASKS: usize = 8;

/// The pages that no key leads to.
fn pages(role: Option<bool>, texts: &KeyTexts) -> Vec<(&'static str, &'static str)> {
    let mut pages = match role {
        None => vec![("/login", texts.log_in), ("/", texts.start)],
        Some(_) => vec![
            ("/settings/security", texts.security),
            ("/settings/tokens", texts.tokens),
            ("/settings/data", texts.data),
        ],
    };
    pages.push(("/settings/appearance", texts.appearance));
    if role == Some(true) {
        pages.push(("/admin/users", texts.accounts));
    }
    pages
}

/// A line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    Act(Action),
    Page(&'static str, &'static str),
    Task(TaskId, String),
}

impl Item {
    fn label(&self, texts: &KeyTexts) -> String {
        match self {
            Self::Act(action) => (texts.action)(*action).to_owned(),
            Self::Page(_, label) => (*label).to_owned(),
            Self::Task(_, title) => title.clone(),
        }
    }

    fn action(&self) -> Option<Action> {
        if let Self::Act(action) = self { Some(*action) } else { None }
    }
}

/// Lines under a heading.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    heading: String,
    items: Vec<Item>,
}

/// The dialog.
#[component]
pub fn Palette(
    /// The application's keyboard.
    keys: Keys,
) -> impl IntoView {
    view! {
        <Dialog open=keys.palette label=keys.texts.palette class="palette">
            <Finder keys />
        </Dialog>
    }
    .into_any()
}

/// The field, and what was found.
#[component]
fn Finder(keys: Keys) -> impl IntoView {
    let (texts, errors) = (keys.texts, &use_texts().errors);
    let text = RwSignal::new(String::new());
    let found = RwSignal::new(Vec::<(TaskId, String)>::new());
    let failed = RwSignal::new(None::<AppError>);
    let chosen = RwSignal::new(0usize);
    let offers = StoredValue::new(offers(keys));
    let parts = Memo::new(move |_| {
        text.with(|text| found.with(|found| offers.with_value(|offers| parts(keys, offers, text, found))))
    });
    let items =
        Memo::new(move |_| parts.with(|parts| parts.iter().flat_map(|part| part.items.clone()).collect::<Vec<_>>()));
    let run = move |item: Item| {
        let target = keys.aim.get_value();
        keys.palette.set(false);
        // Once the focus is back where it was.
        request_animation_frame(move || match item {
            Item::Act(action) => drop(keys.run(action, target.as_ref())),
            Item::Page(path, _) => keys.go(path),
            Item::Task(id, _) => keys.go(&format!("/tasks/{id}")),
        });
    };
    let on_input = move |event: Event| {
        text.set(event_target_value(&event));
        chosen.set(0);
        search(keys, text, found, failed);
    };
    let on_keydown = move |event: KeyboardEvent| {
        let count = items.with_untracked(Vec::len);
        let by = match event.key().as_str() {
            "ArrowDown" => 1,
            "ArrowUp" => count.saturating_sub(1),
            "Enter" if !event.is_composing() => {
                event.prevent_default();
                if let Some(item) = items.with_untracked(|items| items.get(chosen.get_untracked()).cloned()) {
                    run(item);
                }
                return;
            }
            _ => return,
        };
        event.prevent_default();
        if count > 0 {
            chosen.update(|chosen| *chosen = (*chosen + by) % count);
            show(chosen.get_untracked());
        }
    };
    let count = move || match (failed.get(), items.with(Vec::len)) {
        (Some(error), _) => (errors.app)(&error),
        (None, 0) => texts.none_found.to_owned(),
        (None, count) => (texts.found)(count),
    };
    let empty = move || items.with(Vec::is_empty) || failed.with(Option::is_some);
    view! {
        <input
            type="text"
            class="palette-field"
            role="combobox"
            aria-label=texts.ask
            aria-expanded="true"
            aria-controls="palette-list"
            aria-autocomplete="list"
            aria-activedescendant=move || items.with(|items| (!items.is_empty()).then(|| option_id(chosen.get())))
            placeholder=texts.ask
            autocomplete="off"
            spellcheck="false"
            enterkeyhint="go"
            autofocus=true
            on:input=on_input
            on:keydown=on_keydown
        />
        <div class="palette-list" id="palette-list" role="listbox" aria-label=texts.results>
            {move || parts.with(|parts| list(parts, texts, chosen, run))}
        </div>
        <p class="palette-count" class:visually-hidden=move || !empty() aria-live="polite">{count}</p>
    }
    .into_any()
}

fn option_id(place: usize) -> String {
    format!("palette-{place}")
}

/// The lines, under their headings.
fn list(parts: &[Part], texts: &KeyTexts, chosen: RwSignal<usize>, run: impl Fn(Item) + Copy + 'static) -> AnyView {
    let mut place = 0;
    let mut option = |item: &Item| {
        let (own, item) = (place, item.clone());
        place += 1;
        let caps = item.action().map(|action| view! { <KeyCaps action /> });
        let title = item.label(texts);
        view! {
            <div
                role="option"
                class="palette-item"
                id=option_id(own)
                aria-selected=move || if chosen.get() == own { "true" } else { "false" }
                // The cursor stays in the field.
                on:pointerdown=|event: PointerEvent| event.prevent_default()
                on:click=move |_| run(item.clone())
            >
                <span dir="auto">{title}</span>
                {caps}
            </div>
        }
        .into_any()
    };
    let groups = parts.iter().map(|part| {
        let options = part.items.iter().map(&mut option).collect_view();
        view! {
            <div role="group" aria-label=part.heading.clone()>
                <p class="palette-head" aria-hidden="true">{part.heading.clone()}</p>
                {options}
            </div>
        }
    });
    groups.collect_view().into_any()
}

/// Scrolls the list to a line.
fn show(place: usize) {
    // Once it is the chosen one.
    request_animation_frame(move || {
        let element =
            |id: &str| document().get_element_by_id(id).and_then(|found| found.dyn_into::<HtmlElement>().ok());
        let Some((list, option)) = element("palette-list").zip(element(&option_id(place))) else { return };
        let (top, height) = (option.offset_top(), option.offset_height());
        if place == 0 {
            list.set_scroll_top(0);
        } else if top < list.scroll_top() {
            list.set_scroll_top(top);
        } else if top + height > list.scroll_top() + list.client_height() {
            list.set_scroll_top(top + height - list.client_height());
        }
    });
}

/// What is offered on this page, whatever somebody looks for.
fn offers(keys: Keys) -> Vec<(Group, Item)> {
    let target = keys.aim.get_value();
    let moves_the_focus = |action| {
        matches!(
            action,
            Action::Next
                | Action::Previous
                | Action::ColumnBefore
                | Action::ColumnAfter
                | Action::Back
                | Action::Palette
                | Action::Menu
        )
    };
    let actions = SHORTCUTS
        .iter()
        .filter(|line| !moves_the_focus(line.action) && keys.can(line.action, target.as_ref()))
        .map(|line| (line.group, Item::Act(line.action)));
    let pages = pages(keys.role.get_value(), keys.texts).into_iter();
    actions.chain(pages.map(|(path, label)| (Group::Go, Item::Page(path, label)))).collect()
}

/// What there is to choose from: what can be done with the task at hand, the tasks, and everything else.
fn parts(keys: Keys, offers: &[(Group, Item)], text: &str, found: &[(TaskId, String)]) -> Vec<Part> {
    let of = |group: Group| {
        let items = offers.iter().filter(|(of, item)| *of == group && fits(&item.label(keys.texts), text));
        Part { heading: (keys.texts.group)(group).to_owned(), items: items.map(|(_, item)| item.clone()).collect() }
    };
    let mut tasks = keys.titles(text, TASKS);
    for (id, title) in found {
        if tasks.len() < TASKS && !tasks.iter().any(|(known, _)| known == id) {
            tasks.push((*id, title.clone()));
        }
    }
    let tasks = tasks.into_iter().map(|(id, title)| Item::Task(id, title)).collect();
    let task =
        Part { heading: keys.named().unwrap_or_else(|| (keys.texts.group)(Group::Task).to_owned()), ..of(Group::Task) };
    let parts = vec![
        task,
        Part { heading: keys.texts.tasks.to_owned(), items: tasks },
        of(Group::Go),
        of(Group::List),
        of(Group::Everywhere),
    ];
    parts.into_iter().filter(|part| !part.items.is_empty()).collect()
}

/// Whether a label has every word somewhere.
pub fn fits(label: &str, text: &str) -> bool {
    let label = text::lower(label);
    text::lower(text).split_whitespace().all(|word| label.contains(word))
}

/// Asks the server for tasks with these words, once nobody types on.
fn search(
    keys: Keys,
    text: RwSignal<String>,
    found: RwSignal<Vec<(TaskId, String)>>,
    failed: RwSignal<Option<AppError>>,
) {
    let asked = text.get_untracked();
    if keys.role.get_value().is_none() {
        return;
    }
    set_timeout(
        move || {
            if text.try_get_untracked().as_ref() != Some(&asked) || asked.trim().is_empty() {
                return;
            }
            leptos::task::spawn_local(async move {
                let query = TaskQuery { text: asked.trim().to_owned(), size: 25, ..TaskQuery::default() };
                let answer = list_tasks(View::Tasks(query).url()).await;
                // An answer to what nobody asks any more says nothing.
                if text.try_get_untracked().as_ref() != Some(&asked) {
                    return;
                }
                match answer {
                    Ok(page) => {
                        let tasks = page.tasks.into_iter().map(|task| (task.id, task.title.as_str().to_owned()));
                        found.set(tasks.collect());
                        failed.set(None);
                    }
                    Err(error) => failed.set(Some(error)),
                }
            });
        },
        PAUSE,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_letters_of_each_word_find_a_line() {
        assert!(fits("Due in a week", "week"));
        assert!(fits("Due in a week", "DUE we"));
        assert!(fits("Due in a week", ""));
        assert!(!fits("Due in a week", "month"));
    }
}
