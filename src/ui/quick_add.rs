//! A new task from anywhere, in one line.

use leptos::prelude::*;

use super::{locale::use_locale, session::use_session};
use crate::domain::{
    calendar::Moment,
    quick::{Tongue, Understood, understand},
    task::TypedTask,
};

/// How many milliseconds a minute has.
const MINUTE: f64 = 60_000.;

/// What reads lines: whose clock, and whose language.
#[derive(Clone, Copy)]
pub struct QuickAdd {
    /// What the owner's clock showed, and when that was by the browser's.
    clock: RwSignal<Option<(Moment, f64)>>,
    tongue: Tongue,
    /// Lines to be asked about.
    lines: RwSignal<Vec<String>>,
}

impl QuickAdd {
    /// Makes one for the application.
    pub fn provide() -> Self {
        let quick = Self { clock: RwSignal::new(None), tongue: use_locale().tongue, lines: RwSignal::new(Vec::new()) };
        provide_context(quick);
        quick
    }

    /// What the owner's clock shows. Only in the browser: the server has its own.
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

    /// Asks whether to add a task for each line.
    pub fn ask(self, lines: Vec<String>) {
        self.lines.set(lines);
    }
}

/// What reads lines in the application that this component is part of.
pub fn use_quick_add() -> QuickAdd {
    use_context().unwrap_or_else(QuickAdd::provide)
}

/// Takes over the owner's clock.
#[component]
pub fn QuickClock(
    /// What takes it over.
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
    }
}

#[component]
fn Stamp(quick: QuickAdd, now: Option<Moment>) -> impl IntoView {
    // Only in the browser.
    Effect::new(move |_| quick.clock.set(now.map(|now| (now, js_sys::Date::now()))));
}
