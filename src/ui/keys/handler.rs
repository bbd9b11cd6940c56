//! Listens to the keyboard, and does what the table says.

use std::{sync::Arc, time::Duration};

use leptos::{
    ev::KeyboardEvent,
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlFormElement, HtmlInputElement},
};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{
    Action, Group, Held, Meaning,
    help::Help,
    hint::Hint,
    is_single, meaning, name,
    palette::{Palette, fits},
};
use crate::{
    domain::{change::is_local, id::TaskId},
    texts::KeyTexts,
    ui::{
        focus::{active, field, focus_soon, one},
        locale::use_texts,
        quick_add::{QuickAdd, QuickAddDialog},
        session::use_session,
        tasks::{Hand, Target, TaskList, is_within_area, use_task_list},
    },
};

/// How long the second of two keys may take.
const PAUSE: Duration = Duration::from_secs(2);

/// Leads to another page.
type Go = Arc<dyn Fn(&str) + Send + Sync>;

/// The keyboard of the application.
#[derive(Clone, Copy)]
pub struct Keys {
    /// The first of two keys, until the second comes.
    begun: RwSignal<Option<&'static str>>,
    /// How many were pressed.
    presses: StoredValue<u32>,
    /// Whether the palette is open.
    pub(super) palette: RwSignal<bool>,
    /// Whether the help is.
    pub(super) help: RwSignal<bool>,
    /// What keys were about when the palette opened.
    pub(super) aim: StoredValue<Option<Target>>,
    /// Of who is logged in: whether they administer.
    pub(super) role: StoredValue<Option<bool>>,
    go: StoredValue<Go>,
    hand: Hand,
    /// Behind a key of its own: it is large.
    list: StoredValue<TaskList>,
    /// Behind a key of its own, as the list is.
    quick: StoredValue<QuickAdd>,
    pub(super) texts: &'static KeyTexts,
}

impl Keys {
    /// Makes one for the application. It stands inside the router.
    pub fn provide() -> Self {
        let navigate = use_navigate();
        // A list and its tasks see to their places themselves.
        let go: Go = Arc::new(move |path| {
            navigate(path, NavigateOptions { scroll: !is_within_area(path), ..Default::default() });
        });
        let keys = Self {
            begun: RwSignal::new(None),
            presses: StoredValue::new(0),
            palette: RwSignal::new(false),
            help: RwSignal::new(false),
            aim: StoredValue::new(None),
            role: StoredValue::new(None),
            go: StoredValue::new(go),
            hand: Hand::provide(),
            list: StoredValue::new(use_task_list()),
            quick: StoredValue::new(QuickAdd::provide()),
            texts: &use_texts().keys,
        };
        provide_context(keys);
        keys
    }

    fn list(self) -> TaskList {
        self.list.get_value()
    }

    /// Goes to another page.
    pub(super) fn go(self, path: &str) {
        let go = self.go.get_value();
        go(path);
    }

    /// Opens the palette.
    pub fn open_palette(self) {
        self.aim.set_value(self.hand.target());
        self.help.set(false);
        self.palette.set(true);
    }

    /// Opens the help.
    pub fn open_help(self) {
        self.palette.set(false);
        self.help.set(true);
    }

    /// The task that the palette is about, or how many.
    pub(super) fn named(self) -> Option<String> {
        self.aim.with_value(|target| self.hand.named(target.as_ref(), self.texts))
    }

    /// The tasks of this page whose titles have these words.
    pub(super) fn titles(self, text: &str, most: usize) -> Vec<(TaskId, String)> {
        let Some(window) = self.list().window().filter(|_| !text.trim().is_empty()) else { return Vec::new() };
        let fitting = window.tasks.into_iter().filter(|task| !is_local(task.id) && fits(task.title.as_str(), text));
        fitting.take(most).map(|task| (task.id, task.title.as_str().to_owned())).collect()
    }

    /// Whether an action is possible on this page.
    pub fn can(self, action: Action, target: Option<&Target>) -> bool {
        match (action, action.shortcut().group) {
            (Action::Palette | Action::Help | Action::Back, _) => true,
            _ if self.role.get_value().is_none() => false,
            (Action::Save, _) => false,
            (_, Group::Everywhere | Group::Go) => true,
            (_, Group::List | Group::Task) => self.hand.can(action, target),
        }
    }

    /// Does it; gives whether there was something to do.
    pub fn run(self, action: Action, target: Option<&Target>) -> bool {
        let go = |path: &str| self.go(path);
        match (action, action.shortcut().group) {
            (Action::Palette, _) => {
                self.open_palette();
                true
            }
            (Action::Help, _) => {
                self.open_help();
                true
            }
            (Action::Back, _) if field().is_some() => {
                self.hand.rest();
                true
            }
            (Action::Back, _) => self.hand.back(go),
            _ if self.role.get_value().is_none() => false,
            (Action::Add, _) => {
                self.quick.get_value().open();
                true
            }
            (Action::Search, _) => self.into("filter-q"),
            (Action::Undo, _) => self.list().undo_last(),
            (Action::Save, _) => save(),
            (_, Group::Go) => {
                self.go(page(action));
                true
            }
            _ => self.hand.run(action, target, go),
        }
    }

    /// Into a field of the page with all tasks, if this page has none of the kind.
    fn into(self, field: &str) -> bool {
        // It may be there, but behind a task.
        if one(&format!("#{field}")).is_none_or(|field| field.offset_width() == 0) {
            self.go("/tasks");
        }
        focus_soon(field);
        true
    }

    fn pressed(self, event: &KeyboardEvent) {
        let held =
            Held { command: event.ctrl_key() || event.meta_key(), alt: event.alt_key(), shift: event.shift_key() };
        // A browser that fills in a form by itself sends an event without one.
        let key = js_sys::Reflect::get(event, &"key".into()).ok().and_then(|key| key.as_string());
        let Some(key) = key else { return };
        let modifier = matches!(key.as_str(), "Shift" | "Control" | "Alt" | "AltGraph" | "Meta" | "CapsLock");
        if event.default_prevented() || event.is_composing() || modifier {
            return;
        }
        let before = self.begun.get_untracked();
        self.begun.set(None);
        let Some(key) = name(&key, held).filter(|key| !is_single(key) || is_on()) else { return };
        if is_dialog_open() {
            if key == "Mod+k" && self.palette.get_untracked() {
                self.palette.set(false);
                event.prevent_default();
            }
            return;
        }
        let action = match meaning(before, &key) {
            Some(Meaning::Act(action)) => action,
            Some(Meaning::Begins(first)) if field().is_none() && !event.repeat() => {
                self.begin(first);
                event.prevent_default();
                return;
            }
            _ => return,
        };
        if self.takes(action, &key, event) && self.run(action, self.hand.target().as_ref()) {
            event.prevent_default();
        }
    }

    /// Whether a key is ours at the place where the focus is.
    fn takes(self, action: Action, key: &str, event: &KeyboardEvent) -> bool {
        let moves = key.contains("Arrow") || matches!(key, "j" | "k" | "h" | "l");
        if event.repeat() && !moves {
            return false;
        }
        if let Some(field) = field() {
            return match action {
                Action::Palette | Action::Save => true,
                Action::Undo => key == "Mod+z" && !self.list().is_typing(),
                Action::Back => can_leave(&field),
                _ => false,
            };
        }
        match key {
            // The browser opens what has the focus.
            "Enter" => false,
            // Where no task has the focus they scroll the page.
            _ if key.starts_with("Arrow") => Hand::is_in_row(),
            _ => true,
        }
    }

    /// Waits for the second key.
    fn begin(self, first: &'static str) {
        let press = self.presses.get_value() + 1;
        self.presses.set_value(press);
        self.begun.set(Some(first));
        set_timeout(
            move || {
                if self.presses.try_get_value() == Some(press) {
                    self.begun.try_set(None);
                }
            },
            PAUSE,
        );
    }
}

/// The page that an action of [`Group::Go`] leads to.
pub fn page(action: Action) -> &'static str {
    match action {
        Action::Today => "/today",
        Action::Upcoming => "/upcoming",
        Action::Board => "/board",
        Action::Trash => "/trash",
        Action::Settings => "/settings/profile",
        _ => "/tasks",
    }
}

/// The keyboard of the application that this component is part of.
pub fn use_keys() -> Keys {
    use_context().unwrap_or_else(Keys::provide)
}

/// Whether keys that write something do something else by themselves. Who speaks to the computer turns them off (WCAG 2.1.4).
pub(super) fn is_on() -> bool {
    let off = document().document_element().and_then(|page| page.get_attribute("data-keys"));
    off.as_deref() != Some("off")
}

/// A dialog has the keyboard for itself.
fn is_dialog_open() -> bool {
    document().query_selector("dialog[open]").ok().flatten().is_some()
}

/// Whether Escape is the page's in a field. A search is emptied first, by the browser.
fn can_leave(field: &Element) -> bool {
    !field.dyn_ref::<HtmlInputElement>().is_some_and(|input| input.type_() == "search" && !input.value().is_empty())
}

/// Sends the form that the cursor is in.
fn save() -> bool {
    let form = active().and_then(|active| active.closest("form").ok().flatten());
    form.and_then(|form| form.dyn_into::<HtmlFormElement>().ok()).is_some_and(|form| form.request_submit().is_ok())
}

/// Listens, and says what can follow the first of two keys.
#[component]
pub fn KeyHandler(
    /// The application's.
    keys: Keys,
) -> impl IntoView {
    Effect::new(move |_| {
        let listener = window_event_listener(leptos::ev::keydown, move |event| keys.pressed(&event));
        on_cleanup(move || listener.remove());
    });
    let session = use_session();
    view! {
        <Transition>
            {move || Suspend::new(async move { keys.role.set_value(session.user().await.map(|user| user.is_admin)) })}
        </Transition>
        <QuickAddDialog quick=keys.quick.get_value() />
        <Hint begun=keys.begun />
        <Palette keys />
        <Help keys />
    }
}
