//! A line that is understood as it is typed. What was understood stands beside it as chips; Backspace right after such a part, or the
//! chip, turns it back into text.

use leptos::{
    ev::InputEvent,
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{ClipboardEvent, HtmlInputElement},
};

use crate::{
    domain::{
        calendar::Moment,
        quick::{self, Tongue, Understood, byte_at, still_kept, understand},
        task::{TaskDraft, TypedTask},
    },
    error::AppError,
    ui::{
        form::focus,
        icon::{Icon, IconName},
        locale::{use_locale, use_texts},
        quick_add::QuickAdd,
    },
};

/// How many milliseconds a minute has.
const MINUTE: f64 = 60_000.;

/// What reads lines: whose clock, and whose language.
#[derive(Clone, Copy)]
pub struct Reader {
    /// What the owner's clock showed, and when that was by the browser's.
    clock: RwSignal<Option<(Moment, f64)>>,
    tongue: Tongue,
}

impl Reader {
    /// One in the language of the page, that has no clock yet.
    pub fn of_page() -> Self {
        Self { clock: RwSignal::new(None), tongue: use_locale().tongue }
    }

    /// Takes over what the owner's clock shows now. Only in the browser.
    pub fn set_clock(self, now: Option<Moment>) {
        self.clock.set(now.map(|now| (now, js_sys::Date::now())));
    }

    /// What it shows by now.
    pub fn now(self) -> Option<Moment> {
        #[allow(clippy::cast_possible_truncation, reason = "minutes since a page was opened fit")]
        self.clock.get().map(|(moment, at)| moment.later(((js_sys::Date::now() - at) / MINUTE) as i64))
    }

    /// Reads a line, with what stands in the fields beside it and what is to stay text.
    pub fn read(self, typed: TypedTask, kept: &[String]) -> Understood {
        match self.now() {
            Some(now) => understand(typed, now, self.tongue, kept),
            None => Understood { typed, ..Understood::default() },
        }
    }
}

/// A line, and what was typed into the fields beside it.
#[derive(Clone, Copy)]
pub struct Line {
    typed: RwSignal<TypedTask>,
    /// What is to stay text.
    kept: RwSignal<Vec<String>>,
    reader: Reader,
}

impl Line {
    /// An empty one.
    pub fn new(reader: Reader) -> Self {
        Self { typed: RwSignal::new(TypedTask::default()), kept: RwSignal::new(Vec::new()), reader }
    }

    /// What was typed, the line as the title.
    pub fn typed(self) -> TypedTask {
        self.typed.get()
    }

    /// Takes over what is typed now.
    pub fn set(self, typed: TypedTask) {
        self.kept.update(|kept| still_kept(kept, &typed.title));
        self.typed.set(typed);
    }

    /// Begins anew.
    pub fn clear(self) {
        self.set(TypedTask::default());
    }

    /// What comes of it.
    pub fn read(self) -> Understood {
        let typed = self.typed.get();
        self.kept.with(|kept| self.reader.read(typed, kept))
    }

    /// The task that comes of it.
    pub fn draft(self) -> Result<TaskDraft, AppError> {
        TaskDraft::parse(&untrack(|| self.read()).typed)
    }

    fn keep(self, phrases: impl IntoIterator<Item = String>) {
        self.kept.update(|kept| kept.extend(phrases));
    }

    /// Before something is deleted: right after a part that was understood Backspace deletes nothing but that.
    pub fn on_beforeinput(self, event: &InputEvent) {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        let Some(input) = input.filter(|_| event.input_type() == "deleteContentBackward") else { return };
        let (start, end) = (input.selection_start().ok().flatten(), input.selection_end().ok().flatten());
        let (Some(caret), true) = (start, start == end) else { return };
        let line = input.value();
        // Not what other fields have.
        if untrack(|| self.typed.with(|typed| typed.title != line)) {
            return;
        }
        let phrase = untrack(|| self.read().ends_at(&line, byte_at(&line, caret as usize)).map(str::to_owned));
        if let Some(phrase) = phrase {
            event.prevent_default();
            self.keep([phrase]);
        }
    }

    /// Several lines are several tasks: asks about those.
    pub fn on_paste(self, event: &ClipboardEvent, quick: QuickAdd) {
        let text = event.clipboard_data().and_then(|data| data.get_data("text/plain").ok()).unwrap_or_default();
        let lines = quick::lines(&text);
        let into_line = event.target().is_some_and(|target| target.dyn_ref::<HtmlInputElement>().is_some());
        if into_line && lines.len() > 1 {
            event.prevent_default();
            quick.ask(lines);
        }
    }
}

/// What was understood of a line.
#[component]
pub fn Chips(
    /// The line.
    line: Line,
    /// The id of its field, where the keyboard goes on when a chip is gone.
    field: &'static str,
) -> impl IntoView {
    let texts = use_texts();
    let t = &texts.quick;
    // Of what changes with each letter only this is shown.
    let said = Memo::new(move |_| {
        let Understood { due, priority, .. } = line.read();
        let today = line.reader.now().map(|now| now.day);
        let due = due.zip(today).map(|(due, today)| texts.calendar.due(due, today));
        (due, priority.map(texts.tasks.priority))
    });
    let chip = move |icon: IconName, text: String, priority: bool| {
        let name = if priority { texts.common.priority } else { texts.common.due };
        let keep = move |_| {
            let phrases = untrack(|| line.read().phrases(&line.typed().title, priority));
            line.keep(phrases);
            focus(field);
        };
        view! {
            <button type="button" class="chip" class:priority=priority title=t.keep on:click=keep>
                <Icon name=icon />
                <span class="visually-hidden">{name} ": "</span>
                <span>{text}</span>
                <Icon name=IconName::Close />
                <span class="visually-hidden">{t.keep}</span>
            </button>
        }
    };
    view! {
        <div class="line-chips" aria-live="polite">
            {move || {
                let (due, priority) = said.get();
                let due = due.map(|text| chip(IconName::Upcoming, text, false));
                let priority = priority.map(|text| chip(IconName::Flag, text.to_owned(), true));
                view! { {due} {priority} }
            }}
        </div>
    }
}
