//! What can be done to many tasks at once. The check boxes stand in the rows and belong to this form; they come into sight with
//! "Select", without scripts too.

use leptos::{ev::SubmitEvent, prelude::*, server_fn::ServerFn, wasm_bindgen::JsCast};
use leptos_router::hooks::use_location;

use super::list::TaskList;
use crate::{
    domain::{calendar::Due, change::Act, id::TaskId, task::Priority},
    fns::{
        account::CurrentUser,
        tasks::{ClearDue, CompleteTasks, ReopenTasks, RestoreTasks, SetDue, SetPriority, TrashTasks},
    },
    ui::{
        form::{ACTION_FIELD, NEXT_FIELD, keep_focus, typed},
        keys::{Action, aria_keys},
        locale::use_texts,
        toast::use_toasts,
    },
};

/// A function that changes nothing.
const NOTHING: &str = CurrentUser::PATH;

/// The form.
#[component]
pub fn BulkForm(
    /// The application's tasks.
    list: TaskList,
    /// Where to go without scripts.
    next: String,
    /// Whether the tasks lie in the trash.
    trash: bool,
    /// Whether somebody is selecting.
    picking: RwSignal<bool>,
) -> impl IntoView {
    let location = use_location();
    let page = move || {
        format!("{}{}", location.pathname.get_untracked(), {
            let search = location.search.get_untracked();
            if search.is_empty() { search } else { format!("?{}", search.trim_start_matches('?')) }
        })
    };
    let (toasts, texts) = (use_toasts(), use_texts());
    let (t, common, keys) = (&texts.bulk, &texts.common, &texts.keys);
    let count = RwSignal::new(0);
    Effect::new(move |_| {
        let listener = window_event_listener(leptos::ev::change, move |_| count.set(chosen().len()));
        on_cleanup(move || listener.remove());
    });
    // Somebody may have begun before scripts ran; and a list that was empty begins anew.
    Effect::new(move |_| picking.set(switch().is_some_and(|switch| switch.checked())));
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        let button = event.submitter().and_then(|button| button.get_attribute("value")).unwrap_or_default();
        let entered = button == NOTHING;
        // Enter in the field of the date means the button beside it.
        let in_date = document().active_element().is_some_and(|active| active.id() == "bulk-due");
        if entered && !in_date {
            return;
        }
        let ids = chosen();
        if ids.is_empty() {
            toasts.tell(t.none, Vec::new());
            return;
        }
        let button = if entered { SetDue::PATH.to_owned() } else { button };
        let act = match button.as_str() {
            path if path == CompleteTasks::PATH => Act::Complete(ids),
            path if path == ReopenTasks::PATH => Act::Reopen(ids),
            path if path == TrashTasks::PATH => Act::Trash(ids),
            path if path == RestoreTasks::PATH => Act::Restore(ids),
            path if path == SetPriority::PATH => {
                Act::SetPriority(ids, Priority::parse(&typed(&event, "priority")).unwrap_or_default())
            }
            path if path == ClearDue::PATH => Act::SetDue(ids, None),
            path if path == SetDue::PATH => match Due::parse(&typed(&event, "due_date"), "") {
                Ok(Some(due)) => Act::SetDue(ids, Some(due)),
                Ok(None) => {
                    toasts.tell(t.no_date_yet, Vec::new());
                    return;
                }
                Err((_, error)) => {
                    toasts.tell((texts.errors.field)(&error.into()), Vec::new());
                    return;
                }
            },
            _ => return,
        };
        uncheck();
        count.set(0);
        list.run(act);
        keep_focus();
    };
    let priorities = Priority::ALL.map(|priority| {
        view! { <option value=priority.as_str() selected=priority == Priority::Medium>{(texts.tasks.priority)(priority)}</option> }
    });
    let tools = if trash {
        view! { <button type="submit" name=ACTION_FIELD value=RestoreTasks::PATH class="button secondary small" data-key=Action::Restore.shown(keys) aria-keyshortcuts=aria_keys(&[Action::Restore])>{common.restore}</button> }
            .into_any()
    } else {
        view! {
            <button type="submit" name=ACTION_FIELD value=CompleteTasks::PATH class="button secondary small" data-key=Action::Done.shown(keys) aria-keyshortcuts=aria_keys(&[Action::Done])>{common.complete}</button>
            <button type="submit" name=ACTION_FIELD value=ReopenTasks::PATH class="button secondary small">{common.reopen}</button>
            <span class="tool">
                <label for="bulk-priority" class="visually-hidden">{t.priority_for}</label>
                <select id="bulk-priority" name="priority" autocomplete="off">{priorities}</select>
                <button type="submit" name=ACTION_FIELD value=SetPriority::PATH class="button secondary small">{t.set_priority}</button>
            </span>
            <span class="tool">
                <label for="bulk-due" class="visually-hidden">{t.due_for}</label>
                <input id="bulk-due" type="date" name="due_date" autocomplete="off" />
                <button type="submit" name=ACTION_FIELD value=SetDue::PATH class="button secondary small">{t.set_due}</button>
                <button type="submit" name=ACTION_FIELD value=ClearDue::PATH class="button secondary small" data-key=Action::DueNone.shown(keys) aria-keyshortcuts=aria_keys(&[Action::DueNone])>{t.no_date}</button>
            </span>
            <button type="submit" name=ACTION_FIELD value=TrashTasks::PATH class="button secondary small" data-key=Action::Delete.shown(keys) aria-keyshortcuts=aria_keys(&[Action::Delete])>{common.delete}</button>
        }
            .into_any()
    };
    view! {
        <label class="selecting">
            <input type="checkbox" id="selecting" autocomplete="off" on:change=move |event| picking.set(event_target_checked(&event)) />
            {t.select}
        </label>
        <form id="bulk" class="bulk" method="post" action=page on:submit=on_submit aria-label=t.selected_tasks>
            <input type="hidden" name=NEXT_FIELD value=next />
            // What Enter presses: the first button of a form. It must not be one that changes tasks.
            <button type="submit" name=ACTION_FIELD value=NOTHING class="visually-hidden" tabindex="-1" aria-hidden="true"></button>
            <button type="button" class="quiet all" on:click=move |_| { check_all(); count.set(chosen().len()); }>{t.all}</button>
            {tools}
            <p class="picked" aria-live="polite">{move || (count.get() > 0).then(|| (t.picked)(count.get()))}</p>
        </form>
    }
}

/// The check boxes of the rows.
fn boxes() -> Vec<leptos::web_sys::HtmlInputElement> {
    let Ok(found) = document().query_selector_all("input[form=bulk][type=checkbox]") else { return Vec::new() };
    (0..found.length()).filter_map(|index| found.get(index)?.dyn_into().ok()).collect()
}

/// The selected tasks.
pub fn chosen() -> Vec<TaskId> {
    boxes().iter().filter(|input| input.checked()).filter_map(|input| input.value().parse().ok()).collect()
}

fn uncheck() {
    for input in boxes() {
        input.set_checked(false);
    }
}

/// What shows the check boxes.
fn switch() -> Option<leptos::web_sys::HtmlInputElement> {
    document().get_element_by_id("selecting")?.dyn_into().ok()
}

/// Shows the check boxes; gives whether there are any.
pub fn start_selecting() -> bool {
    let switch = switch();
    if let Some(switch) = switch.as_ref().filter(|switch| !switch.checked()) {
        // As somebody who points at it.
        switch.click();
    }
    switch.is_some()
}

/// Ends selecting; gives whether somebody was about it.
pub fn unselect() -> bool {
    let Some(switch) = switch().filter(leptos::web_sys::HtmlInputElement::checked) else { return false };
    uncheck();
    // Who counts the selected ones hears of it.
    switch.click();
    true
}

/// Selects all on the page, or none if all are.
fn check_all() {
    let boxes = boxes();
    let all = boxes.iter().all(leptos::web_sys::HtmlInputElement::checked);
    for input in boxes {
        input.set_checked(!all);
    }
}
