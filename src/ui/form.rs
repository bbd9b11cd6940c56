//! Forms that work without scripts and are quicker with them.
//!
//! A form posts to the page it stands on. Its server function stands in a hidden field, so that `web::forms` can run it and,
//! where it fails, render this very page again. With scripts the form calls the same function directly.

use std::{collections::BTreeMap, fmt, sync::Arc};

use leptos::{
    ev::{Event, SubmitEvent},
    prelude::*,
    server_fn::ServerFn,
};
use leptos_router::hooks::use_location;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{escape::area_text, focus::one, locale::use_texts};
use crate::{
    error::AppError,
    fns::{
        factors::{ConfirmCodes, MakeBackupCodes},
        tokens::MakeToken,
    },
    texts::Texts,
};

/// The hidden field with the path of the server function.
pub const ACTION_FIELD: &str = "form_action";

/// The form that brings a picture: it names no server function, for none takes files (`web::pictures`).
pub const PICTURE_FORM: &str = "set_picture";

/// The functions whose answer is shown by the page that the form stands on, and nowhere else: it is too secret for an address to go on to.
/// So the page is the answer to the form itself.
pub const SHOWN: [&str; 3] = [MakeToken::PATH, ConfirmCodes::PATH, MakeBackupCodes::PATH];

/// The hidden field with where to go when it succeeded; the page itself without it.
pub const NEXT_FIELD: &str = "form_next";

/// Stands in [`NEXT_FIELD`] for the id of the change that the function has made.
pub const CHANGE: &str = "CHANGE_ID";

/// Where to go after a change without scripts: to `url`, which then says what was done and offers to take it back.
pub fn next_with_undo(url: &str) -> String {
    crate::domain::path::with(url, "done", CHANGE)
}

/// A form on its way back to the page it came from: one that was refused, or whose answer is shown there.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    action: String,
    /// What the function answered, as JSON where it worked.
    outcome: Result<String, AppError>,
    values: BTreeMap<String, String>,
}

impl Submission {
    /// What the page shows again: everything but passwords.
    pub fn new(action: String, error: AppError, mut values: BTreeMap<String, String>) -> Self {
        values.retain(|name, _| !name.contains("password") && !name.contains("code"));
        Self { action, outcome: Err(error), values }
    }

    /// What the page shows once: the answer of one of the functions in [`SHOWN`], as JSON.
    pub fn shown(action: String, answer: String) -> Self {
        Self { action, outcome: Ok(answer), values: BTreeMap::new() }
    }
}

impl fmt::Debug for Submission {
    /// An answer that is shown once is shown nowhere else.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = self.outcome.as_ref().map(|_| "…");
        let (action, values) = (&self.action, &self.values);
        f.debug_struct("Submission").field("action", action).field("outcome", &outcome).field("values", values).finish()
    }
}

/// Hands a refused form to the page: on the server from the request, in the browser from what the server wrote.
pub fn provide_submission() {
    let submission = SharedValue::new(use_context::<Submission>).into_inner();
    provide_context(StoredValue::new(submission));
}

/// What a form knows of its last try.
#[derive(Clone, Copy)]
pub struct FormState {
    action: &'static str,
    /// Tells forms of one action apart, such as the editors of several tasks; empty for the only one.
    key: StoredValue<String>,
    error: RwSignal<Option<AppError>>,
    pending: RwSignal<bool>,
    values: StoredValue<BTreeMap<String, String>>,
    /// What the function answered where that is shown, as JSON.
    answer: StoredValue<Option<String>>,
    texts: &'static Texts,
}

impl FormState {
    /// The state of the only form on the page that posts to `action`, the path of a server function.
    pub fn new(action: &'static str) -> Self {
        Self::keyed(action, String::new())
    }

    /// The state of the form that posts to `action` with `key` as its field `id`.
    pub fn keyed(action: &'static str, key: String) -> Self {
        let stored = use_context::<StoredValue<Option<Submission>>>();
        let submission = stored.and_then(|stored| stored.get_value());
        let own = submission.filter(|last| last.action == action && last.values.get("id").is_none_or(|id| *id == key));
        if let (Some(stored), Some(_)) = (stored, &own) {
            // It is this form's now; one that is opened later begins anew. In the browser only: the server may build a view
            // more than once.
            Effect::new(move |_| stored.set_value(None));
        }
        let (outcome, values) = own.map(|last| (last.outcome, last.values)).unzip();
        let (answer, error) = outcome.map_or((None, None), |outcome| (outcome.clone().ok(), outcome.err()));
        let state = Self {
            action,
            key: StoredValue::new(key),
            error: RwSignal::new(None),
            pending: RwSignal::new(false),
            values: StoredValue::new(BTreeMap::new()),
            answer: StoredValue::new(answer),
            texts: use_texts(),
        };
        state.refuse(error, values.unwrap_or_default());
        state
    }

    /// Shows an error beside what was typed. Of two that changed different fields, each has the fields that it changed.
    pub fn refuse(&self, error: Option<AppError>, mut values: BTreeMap<String, String>) {
        if let Some(AppError::Conflict(conflict)) = &error {
            // The time goes with its day.
            values.retain(|name, _| !conflict.theirs.contains(&name.replace("due_time", "due_date")));
        }
        self.values.set_value(values);
        self.error.set(error);
    }

    /// Whether somebody has to choose between this field and what it was changed to elsewhere, at this moment.
    pub fn is_in_conflict(&self, field: &str) -> bool {
        self.error.with_untracked(|error| matches!(error, Some(AppError::Conflict(conflict)) if conflict.both.iter().any(|name| name == field)))
    }

    /// What was typed into a field before the form was refused.
    pub fn typed(&self, field: &str) -> Option<String> {
        self.values.with_value(|values| values.get(field).cloned())
    }

    /// What the function answered, if this page is the answer to the form ([`SHOWN`]).
    pub fn answer<T: DeserializeOwned>(&self) -> Option<T> {
        self.answer.with_value(|answer| serde_json::from_str(answer.as_deref()?).ok())
    }

    /// Whether it was refused, and is still as it was then.
    pub fn is_refused(&self) -> bool {
        self.error.with(Option::is_some)
    }

    /// Shows an error; `None` shows none.
    pub fn set_error(&self, error: Option<AppError>) {
        self.error.set(error);
    }

    /// Shows that an answer is awaited, or no longer.
    pub fn set_pending(&self, pending: bool) {
        self.pending.set(pending);
    }

    /// Whether an answer is awaited.
    pub fn pending(&self) -> bool {
        self.pending.get()
    }

    /// The message at `field`, if it was refused.
    pub fn message(&self, field: &str) -> Option<String> {
        self.error.with(|error| error.as_ref().and_then(|error| self.texts.errors.at(error, field)))
    }

    fn field_id(&self, field: &str) -> String {
        let form = self.action.trim_start_matches("/fn/").replace('_', "-");
        self.key
            .with_value(|key| if key.is_empty() { format!("{form}-{field}") } else { format!("{form}-{field}-{key}") })
    }
}

/// A form with its hidden fields. With scripts, `on_submit` takes over.
#[component]
pub fn Form(
    /// The server function's path.
    action: &'static str,
    /// Where to go without scripts when it succeeded.
    #[prop(optional, into)]
    next: Option<String>,
    /// The page that it posts to; without one, the page it stands on.
    #[prop(optional)]
    page: Option<&'static str>,
    /// Takes over with scripts.
    on_submit: impl Fn(SubmitEvent) + 'static,
    /// For the style sheet.
    #[prop(optional, into)]
    class: String,
    /// For buttons that stand elsewhere in the page.
    #[prop(optional)]
    id: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    let page = page.map_or_else(here, str::to_owned);
    view! {
        <form
            method="post"
            action=page
            id=id
            class=class
            novalidate
            on:submit=move |event: SubmitEvent| {
                event.prevent_default();
                on_submit(event);
            }
        >
            <input type="hidden" name=ACTION_FIELD value=action />
            {next.map(|next| view! { <input type="hidden" name=NEXT_FIELD value=next /> })}
            {children()}
        </form>
    }
}

/// The page that a form stands on, as the server rendered it: without scripts nothing moves on without a new page.
pub fn here() -> String {
    let location = use_location();
    format!("{}{}", location.pathname.get_untracked(), query(&location.search.get_untracked()))
}

fn query(search: &str) -> String {
    if search.is_empty() { String::new() } else { format!("?{}", search.trim_start_matches('?')) }
}

/// A labelled field with its message. `lines` above one makes it a `textarea`.
#[component]
pub fn Field(
    /// The form it stands in.
    form: FormState,
    /// The name in the form and of the server function's parameter.
    name: &'static str,
    /// What the field is for.
    #[prop(into)]
    label: String,
    /// `text`, `email` or `password`.
    #[prop(default = "text")]
    kind: &'static str,
    /// What the browser may fill in (HTML, "Autofill").
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// What stands in it before anybody types.
    #[prop(optional, into)]
    value: String,
    /// What it takes, in a line.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// Shown in the empty field.
    #[prop(optional)]
    placeholder: Option<&'static str>,
    /// Whether the label is for screen readers only.
    #[prop(optional)]
    label_hidden: bool,
    /// Whether the page opens with the cursor in it.
    #[prop(optional)]
    autofocus: bool,
    /// How many lines it shows.
    #[prop(default = 1)]
    lines: u32,
) -> impl IntoView {
    let id = Arc::<str>::from(form.field_id(name));
    let message_id = format!("{id}-message");
    let hint_id = hint.map(|_| format!("{id}-hint"));
    // U+0000 can't stand in a page; what else was typed does.
    let value = form.typed(name).unwrap_or(value).replace('\0', "\u{fffd}");
    let message = Memo::new(move |_| form.message(name));
    let described = {
        let (message_id, hint_id) = (message_id.clone(), hint_id.clone());
        move || match (message.get().is_some(), hint_id.clone()) {
            (true, Some(hint)) => Some(format!("{message_id} {hint}")),
            (true, None) => Some(message_id.clone()),
            (false, hint) => hint,
        }
    };
    let invalid = move || message.get().map(|_| "true");
    focus_when_refused(form, name, Arc::clone(&id));
    if autofocus {
        let id = Arc::clone(&id);
        Effect::new(move |_| focus_unless_used(&id));
    }
    let input = if lines > 1 {
        let area = leptos::html::textarea()
            .id(id.to_string())
            .name(name)
            .rows(lines.to_string())
            .autocomplete(autocomplete)
            .placeholder(placeholder)
            .aria_invalid(invalid)
            .aria_describedby(described);
        // Without a text there is no child: a placeholder of Leptos's would be visible in a textarea.
        if value.is_empty() { area.into_any() } else { area.child(area_text(value)).into_any() }
    } else {
        view! {
            <input
                id=id.to_string()
                name=name
                type=kind
                value=value
                autocomplete=autocomplete
                placeholder=placeholder
                autofocus=autofocus
                aria-invalid=invalid
                aria-describedby=described
            />
        }
        .into_any()
    };
    view! {
        <div class="field">
            <label for=id.to_string() class:visually-hidden=label_hidden>{label}</label>
            {input}
            {hint.map(|hint| view! { <p class="field-hint" id=hint_id>{hint}</p> })}
            <p class="field-message" id=message_id>{move || message.get()}</p>
        </div>
    }
}

/// A labelled choice with its message.
#[component]
pub fn SelectField(
    /// The form it stands in.
    form: FormState,
    /// The name in the form and of the server function's parameter.
    name: &'static str,
    /// What the choice is about.
    label: &'static str,
    /// Values and how they are called.
    options: Vec<(String, String)>,
    /// What is chosen at first.
    #[prop(into)]
    value: String,
    /// What it is for, in a line.
    #[prop(optional)]
    hint: Option<&'static str>,
) -> impl IntoView {
    let id = form.field_id(name);
    let message_id = format!("{id}-message");
    let chosen = form.typed(name).unwrap_or(value);
    let message = Memo::new(move |_| form.message(name));
    let described = {
        let message_id = message_id.clone();
        move || message.get().map(|_| message_id.clone())
    };
    let options = options.into_iter().map(|(value, label)| {
        let selected = chosen == value;
        view! { <option value=value selected=selected>{label}</option> }
    });
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select
                id=id
                name=name
                autocomplete="off"
                aria-invalid=move || message.get().map(|_| "true")
                aria-describedby=described
            >
                {options.collect_view()}
            </select>
            {hint.map(|hint| view! { <p class="field-hint">{hint}</p> })}
            <p class="field-message" id=message_id>{move || message.get()}</p>
        </div>
    }
}

/// Check boxes with a message for all of them. Each has a field of its own, `name[0]` and so on, which the server function takes as a list.
#[component]
pub fn Choices(
    /// The form it stands in.
    form: FormState,
    /// The name of the server function's parameter.
    name: &'static str,
    /// What the choice is about.
    label: &'static str,
    /// Values, how they are called, and whether they are chosen at first.
    options: Vec<(&'static str, &'static str, bool)>,
) -> impl IntoView {
    let id = Arc::<str>::from(form.field_id(name));
    let message_id = format!("{id}-message");
    let message = Memo::new(move |_| form.message(name));
    let again = untrack(|| form.is_refused());
    let described = {
        let message_id = message_id.clone();
        move || message.get().map(|_| message_id.clone())
    };
    focus_when_refused(form, name, Arc::clone(&id));
    let boxes = options.into_iter().enumerate().map(|(index, (value, label, usual))| {
        let field = format!("{name}[{index}]");
        let checked = if again { form.typed(&field).is_some() } else { usual };
        let id = (index == 0).then(|| id.to_string());
        view! {
            <label>
                <input type="checkbox" id=id name=field value=value checked=checked autocomplete="off" />
                <span>{label}</span>
                <code>{value}</code>
            </label>
        }
    });
    view! {
        <fieldset class="field choices" aria-describedby=described>
            <legend>{label}</legend>
            {boxes.collect_view()}
            <p class="field-message" id=message_id>{move || message.get()}</p>
        </fieldset>
    }
}

/// A labelled field for a file with its message. The form that it stands in is sent by the browser itself.
#[component]
pub fn FileField(
    /// The form it stands in.
    form: FormState,
    /// The name in the form.
    name: &'static str,
    /// What the field is for.
    label: &'static str,
    /// The kinds of files that the browser offers (HTML, `accept`).
    accept: &'static str,
    /// What it takes, in a line.
    hint: &'static str,
) -> impl IntoView {
    let id = Arc::<str>::from(form.field_id(name));
    let (message_id, hint_id) = (format!("{id}-message"), format!("{id}-hint"));
    let message = Memo::new(move |_| form.message(name));
    let described = {
        let (message_id, hint_id) = (message_id.clone(), hint_id.clone());
        move || if message.get().is_some() { format!("{message_id} {hint_id}") } else { hint_id.clone() }
    };
    focus_when_refused(form, name, Arc::clone(&id));
    view! {
        <div class="field">
            <label for=id.to_string()>{label}</label>
            <input
                id=id.to_string()
                name=name
                type="file"
                accept=accept
                aria-invalid=move || message.get().map(|_| "true")
                aria-describedby=described
            />
            <p class="field-hint" id=hint_id>{hint}</p>
            <p class="field-message" id=message_id>{move || message.get()}</p>
        </div>
    }
}

/// Puts the cursor into the first field that was refused.
fn focus_when_refused(form: FormState, name: &'static str, id: Arc<str>) {
    Effect::new(move |_| {
        let first = form.error.with(|error| error.as_ref().and_then(AppError::first_field) == Some(name));
        if first {
            focus(&id);
        }
    });
}

/// Moves the focus to the element with this id, once what changes at the moment is on the page.
pub fn focus(id: &str) {
    let id = id.to_owned();
    request_animation_frame(move || {
        use leptos::wasm_bindgen::JsCast;
        let element = document().get_element_by_id(&id);
        if let Some(element) = element.and_then(|element| element.dyn_into::<leptos::web_sys::HtmlElement>().ok()) {
            let _ = element.focus();
        }
    });
}

/// Where the focus is nowhere, because what had it is gone, moves it to the page: the keyboard goes on from there.
pub fn keep_focus() {
    let lost = || document().active_element().is_none_or(|active| active.tag_name().eq_ignore_ascii_case("body"));
    // Once what changes at the moment is on the page.
    request_animation_frame(move || {
        request_animation_frame(move || {
            // At once: a frame later somebody may have put it elsewhere.
            if lost()
                && let Some(page) = one("#page")
            {
                let _ = page.focus();
            }
        });
    });
}

/// Moves the focus unless the person has put it somewhere already.
fn focus_unless_used(id: &str) {
    let active = document().active_element().map(|element| element.tag_name().to_ascii_lowercase());
    if !matches!(active.as_deref(), Some("input" | "textarea" | "button" | "summary" | "select")) {
        focus(id);
    }
}

/// The message of a form that isn't about one field.
#[component]
pub fn FormMessage(
    /// The form it stands above.
    form: FormState,
) -> impl IntoView {
    let message = move || {
        form.error.with(|error| error.as_ref().filter(|error| error.first_field().is_none()).map(form.texts.errors.app))
    };
    view! { <div role="alert" class="form-message">{move || message().map(|text| view! { <p>{text}</p> })}</div> }
}

/// The message for forms without fields of their own, such as the buttons of a list, when one was refused without scripts.
#[component]
pub fn Refusal(
    /// The server functions of those forms.
    actions: &'static [&'static str],
) -> impl IntoView {
    let last = use_context::<StoredValue<Option<Submission>>>().and_then(|stored| stored.get_value());
    let error = last.filter(|last| actions.contains(&last.action.as_str())).and_then(|last| last.outcome.err());
    let message = error.map(|error| use_texts().errors.all(&error));
    message.map(|text| view! { <div role="alert" class="form-message"><p>{text}</p></div> })
}

/// Empties a form and closes what it unfolds, with the cursor back in its first field.
pub fn clear(event: &SubmitEvent) {
    use leptos::wasm_bindgen::JsCast;
    use leptos::web_sys::{Element, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
    let Some(form) = event.target().and_then(|form| form.dyn_into::<Element>().ok()) else { return };
    let each = |selector: &str, change: &dyn Fn(Element)| {
        let Ok(found) = form.query_selector_all(selector) else { return };
        (0..found.length()).filter_map(|index| found.get(index)?.dyn_into().ok()).for_each(change);
    };
    each("textarea", &|area| area.dyn_into::<HtmlTextAreaElement>().iter().for_each(|area| area.set_value("")));
    each("input:not([type=hidden])", &|input| {
        // What it came with, such as today's date.
        input.dyn_into::<HtmlInputElement>().iter().for_each(|input| input.set_value(&kept_default(input)));
    });
    each("select", &|select| {
        select.dyn_into::<HtmlSelectElement>().iter().for_each(|select| {
            let default = select.query_selector("option[selected]").ok().flatten();
            select.set_value(&default.and_then(|option| option.get_attribute("value")).unwrap_or_default());
        });
    });
    each("details", &|details| drop(details.remove_attribute("open")));
    if let Ok(Some(first)) = form.query_selector("input:not([type=hidden])") {
        focus(&first.id());
    }
}

/// A text that was refused is no default.
fn kept_default(input: &leptos::web_sys::HtmlInputElement) -> String {
    if input.type_() == "date" && input.get_attribute("aria-invalid").is_none() {
        input.default_value()
    } else {
        String::new()
    }
}

/// The text in a named field of the form that an event comes from: one that is submitted, or one of whose fields changes.
pub fn typed(event: &Event, field: &str) -> String {
    use leptos::wasm_bindgen::JsCast;
    let target = event.target().and_then(|target| target.dyn_into::<leptos::web_sys::Element>().ok());
    target.map(|element| typed_in(&element, field)).unwrap_or_default()
}

/// The text in a named field of the form that an element stands in.
pub fn typed_in(element: &leptos::web_sys::Element, field: &str) -> String {
    use leptos::wasm_bindgen::JsCast;
    element
        .closest("form")
        .ok()
        .flatten()
        .and_then(|form| form.dyn_into::<leptos::web_sys::HtmlFormElement>().ok())
        .and_then(|form| leptos::web_sys::FormData::new_with_form(&form).ok())
        .and_then(|data| data.get(field).as_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_form_never_carries_a_password_back() {
        let values = [("email", "a@b.c"), ("password", "hunter2222"), ("new_password", "hunter3333")];
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let text = format!("{:?}", Submission::new("/fn/log_in".into(), AppError::WrongCredentials, values));
        assert!(text.contains("a@b.c") && !text.contains("hunter"), "{text}");
    }
}
