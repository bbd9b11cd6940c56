//! A new task from anywhere, in one line: a dialog that `q` opens. Several pasted lines are several tasks, after asking.

use leptos::{
    ev::{KeyboardEvent, MouseEvent, SubmitEvent},
    prelude::*,
};

use super::{
    dialog::Dialog,
    form::focus,
    icon::{Icon, IconName},
    keys::{Action, KeyCaps, aria_keys},
    locale::use_texts,
    session::use_session,
    tasks::{Chips, Line, Reader, use_task_list},
};
use crate::{
    domain::{
        calendar::Moment,
        quick::{Understood, fitting},
        task::{TaskDraft, TypedTask},
    },
    error::{AppError, Message},
    texts::Texts,
};

/// The id of the line.
const FIELD: &str = "quick-line";

/// The id of the button that adds several.
const ALL: &str = "quick-add-all";

/// What is being written, whether the dialog is open or not: who closes it finds it there again.
#[derive(Clone, Copy)]
pub struct QuickAdd {
    /// Reads lines.
    pub reader: Reader,
    open: RwSignal<bool>,
    line: Line,
    /// Several, to be asked about.
    lines: RwSignal<Vec<String>>,
}

impl QuickAdd {
    /// Makes one for the application.
    pub fn provide() -> Self {
        let reader = Reader::of_page();
        let quick =
            Self { reader, open: RwSignal::new(false), line: Line::new(reader), lines: RwSignal::new(Vec::new()) };
        provide_context(quick);
        quick
    }

    /// Opens the dialog.
    pub fn open(self) {
        self.open.set(true);
    }

    /// Asks whether to add a task for each line.
    pub fn ask(self, lines: Vec<String>) {
        self.lines.set(lines);
        self.open();
    }

    /// Goes on with one line.
    fn write(self, line: String) {
        self.line.set(TypedTask { title: line, ..TypedTask::default() });
        self.lines.set(Vec::new());
    }
}

/// The new task that is being written in the application that this component is part of.
pub fn use_quick_add() -> QuickAdd {
    use_context().unwrap_or_else(QuickAdd::provide)
}

/// Opens the dialog. Without scripts it leads to a page with a form for new tasks.
#[component]
pub fn QuickAddButton() -> impl IntoView {
    let (quick, t) = (use_quick_add(), &use_texts().quick);
    let on_click = move |event: MouseEvent| {
        let elsewhere = event.ctrl_key() || event.meta_key() || event.shift_key();
        if !elsewhere {
            event.prevent_default();
            quick.open();
        }
    };
    view! {
        <a href="/tasks" class="quick-add-entry" aria-keyshortcuts=aria_keys(&[Action::Add]) aria-haspopup="dialog" on:click=on_click>
            <Icon name=IconName::Add />
            <span>{t.title}</span>
            <KeyCaps action=Action::Add />
        </a>
    }
    .into_any()
}

/// The dialog, and the clock by which lines are read.
#[component]
pub fn QuickAddDialog(
    /// What is being written.
    quick: QuickAdd,
) -> impl IntoView {
    let session = use_session();
    view! {
        <Transition>
            {move || Suspend::new(async move {
                let now = session.now().await;
                view! { <Stamp quick now /> }
            })}
        </Transition>
        <Dialog open=quick.open label=use_texts().quick.title headed=true class="quick-add">
            <Writing quick />
        </Dialog>
    }
    .into_any()
}

/// Takes over the owner's clock.
#[component]
fn Stamp(quick: QuickAdd, now: Option<Moment>) -> impl IntoView {
    // Only in the browser.
    Effect::new(move |_| quick.reader.set_clock(now));
}

#[component]
fn Writing(quick: QuickAdd) -> impl IntoView {
    let several = Memo::new(move |_| quick.lines.with(|lines| !lines.is_empty()));
    move || if several.get() { view! { <Several quick /> }.into_any() } else { view! { <One quick /> }.into_any() }
}

/// One line, and what comes of it.
#[component]
fn One(quick: QuickAdd) -> impl IntoView {
    let (texts, list, line) = (use_texts(), use_task_list(), quick.line);
    let t = &texts.quick;
    let refused = RwSignal::new(None::<AppError>);
    let told = RwSignal::new(String::new());
    let message = Memo::new(move |_| refused.with(|error| error.as_ref().map(|error| said(texts, error))));
    let title = Memo::new(move |_| line.read().typed.title);
    let blank = Memo::new(move |_| title.with(|title| title.trim().is_empty()));
    let add = move |stays: bool| match line.draft() {
        Ok(draft) => {
            told.set((texts.tasks.told)("add", 1, draft.title.as_str()));
            refused.set(None);
            list.add(vec![draft]);
            line.clear();
            if stays {
                focus(FIELD);
            } else {
                quick.open.set(false);
            }
        }
        Err(error) => {
            refused.set(Some(error));
            focus(FIELD);
        }
    };
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        add(false);
    };
    let on_keydown = move |event: KeyboardEvent| {
        let held = event.ctrl_key() || event.meta_key() || event.shift_key();
        if event.key() == "Enter" && held && !event.is_composing() {
            event.prevent_default();
            add(true);
        }
    };
    // It may be that several were asked about before.
    Effect::new(move |_| focus(FIELD));
    view! {
        <form class="quick-one" novalidate on:submit=on_submit on:keydown=on_keydown>
            <div class="field">
                <label class="visually-hidden" for=FIELD>{t.line}</label>
                <input
                    id=FIELD
                    autofocus
                    autocomplete="off"
                    enterkeyhint="done"
                    placeholder=t.example
                    prop:value=move || line.typed().title
                    aria-invalid=move || message.get().map(|_| "true")
                    aria-describedby="quick-message quick-hint"
                    on:input=move |event| {
                        line.set(TypedTask { title: event_target_value(&event), ..TypedTask::default() });
                        refused.set(None);
                        told.set(String::new());
                    }
                    on:beforeinput=move |event| line.on_beforeinput(&event)
                    on:paste=move |event| line.on_paste(&event, quick)
                />
                <p class="field-message" id="quick-message">{move || message.get()}</p>
            </div>
            <div class="quick-task" class:blank=move || blank.get()>
                <Circle />
                <div>
                    <p class="quick-title" dir="auto">{move || title.get()}</p>
                    <Chips line field=FIELD />
                </div>
            </div>
            <p class="quick-hint" id="quick-hint" class:visually-hidden=move || !blank.get()>{t.hint}</p>
            <p class="quick-told" aria-live="polite">{told}</p>
            <div class="actions">
                <button type="submit" class="button">{t.add} <Caps keys=vec![texts.keys.enter] /></button>
                <button type="button" class="button secondary" on:click=move |_| add(true)>
                    {t.add_more} <Caps keys=vec![texts.keys.control, texts.keys.enter] />
                </button>
            </div>
        </form>
    }
    .into_any()
}

/// Several lines: asks, and shows what will be added.
#[component]
fn Several(quick: QuickAdd) -> impl IntoView {
    let (texts, list) = (use_texts(), use_task_list());
    let t = &texts.quick;
    let read = Memo::new(move |_| {
        let typed = |line: &String| TypedTask { title: line.clone(), ..TypedTask::default() };
        quick.lines.with(|lines| lines.iter().map(|line| quick.reader.read(typed(line), &[])).collect::<Vec<_>>())
    });
    let count = Memo::new(move |_| read.with(Vec::len));
    let fits = Memo::new(move |_| quick.lines.with(|lines| fitting(lines)));
    let too_many = move || (count.get() > fits.get()).then(|| (texts.errors.field)(&Message::TooManyLines(fits.get())));
    let add = move |_| {
        let drafts =
            read.with_untracked(|read| read.iter().map(|read| TaskDraft::parse(&read.typed)).collect::<Vec<_>>());
        let bad = drafts.iter().position(Result::is_err);
        let bad = bad.or_else(|| (drafts.len() > fits.get_untracked()).then(|| drafts.len() - 1));
        if let Some(place) = bad {
            focus(&leave_id(place));
            return;
        }
        list.add(drafts.into_iter().flatten().collect());
        quick.lines.set(Vec::new());
        quick.open.set(false);
    };
    let leave_out = move |place: usize| {
        let rest = quick.lines.try_update(|lines| {
            lines.remove(place);
            (lines.len() == 1).then(|| lines.remove(0))
        });
        match rest.flatten() {
            Some(line) => quick.write(line),
            None => focus(ALL),
        }
    };
    Effect::new(move |_| focus(ALL));
    view! {
        <div class="quick-several">
            <h3 class="quick-ask">{move || (t.ask)(count.get())}</h3>
            <p class="field-message" aria-live="polite">{too_many}</p>
            <ul class="quick-tasks" aria-label=t.will_be_added>
                {move || {
                    let rows = read.get().into_iter().enumerate();
                    rows.map(|(place, read)| view! { <NewTask quick read place leave_out /> }).collect_view()
                }}
            </ul>
            <div class="actions">
                <button type="button" class="button" id=ALL autofocus on:click=add>
                    {move || (t.add_all)(count.get())} <Caps keys=vec![texts.keys.enter] />
                </button>
                <button
                    type="button"
                    class="button secondary"
                    on:click=move |_| quick.write(quick.lines.with_untracked(|lines| lines.join(" ")))
                >
                    {t.as_one}
                </button>
            </div>
        </div>
    }
    .into_any()
}

/// A task that will be added.
#[component]
fn NewTask(
    quick: QuickAdd,
    read: Understood,
    place: usize,
    leave_out: impl Fn(usize) + Copy + 'static,
) -> impl IntoView {
    let texts = use_texts();
    let message = TaskDraft::parse(&read.typed).err().map(|error| said(texts, &error));
    let Understood { typed, due, priority, .. } = read;
    let today = untrack(|| quick.reader.now()).map(|now| now.day);
    let due = due.zip(today).map(|(due, today)| texts.calendar.due(due, today));
    let label = (texts.quick.leave_out)(&typed.title);
    view! {
        <li class="quick-task">
            <Circle />
            <div>
                <p class="quick-title" dir="auto">{typed.title}</p>
                <p class="quick-signs">
                    {due.map(|due| view! { <span><Icon name=IconName::Upcoming /> {due}</span> })}
                    {priority.map(|priority| view! { <span><Icon name=IconName::Flag /> {(texts.row.priority)(priority)}</span> })}
                </p>
                <p class="field-message">{message}</p>
            </div>
            <button type="button" class="icon" id=leave_id(place) aria-label=label on:click=move |_| leave_out(place)>
                <Icon name=IconName::Close />
            </button>
        </li>
    }
}

fn leave_id(place: usize) -> String {
    format!("quick-leave-{place}")
}

/// What a task has before it is done.
#[component]
fn Circle() -> impl IntoView {
    view! {
        <svg class="quick-circle" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
            <circle cx="12" cy="12" r="9" />
        </svg>
    }
}

/// The keys that do what a button does.
#[component]
fn Caps(keys: Vec<&'static str>) -> impl IntoView {
    view! { <span class="keys" aria-hidden="true">{keys.into_iter().map(|key| view! { <kbd>{key}</kbd> }).collect_view()}</span> }
}

/// Why a line was refused.
fn said(texts: &Texts, error: &AppError) -> String {
    texts.errors.at(error, "title").unwrap_or_else(|| texts.errors.all(error))
}
