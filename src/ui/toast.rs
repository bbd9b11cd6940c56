//! Toasts: what just happened, in a corner, with a way back or a second try. They come with scripts only; without them
//! the page itself says it.

use std::{sync::Arc, time::Duration};

use leptos::prelude::*;

use super::{form::keep_focus, locale::use_texts};
use crate::texts::Texts;

/// How long a toast stays that only tells something. Errors stay until they are closed.
const STAY: Duration = Duration::from_secs(12);

/// What a button on a toast does. Not a `Callback`: that would end with the component it was made in, and a toast stays.
type Press = Arc<dyn Fn() + Send + Sync>;

/// A button on a toast.
#[derive(Clone)]
pub struct Button {
    label: &'static str,
    press: Press,
    closes: bool,
}

impl Button {
    /// A button that answers the toast: pressing it closes the toast.
    pub fn new(label: &'static str, press: impl Fn() + Send + Sync + 'static) -> Self {
        Self { label, press: Arc::new(press), closes: true }
    }

    /// The toast stays when it is pressed.
    #[must_use]
    pub fn staying(self) -> Self {
        Self { closes: false, ..self }
    }
}

/// One toast.
#[derive(Clone)]
pub struct Toast {
    id: u64,
    text: String,
    buttons: Vec<Button>,
    error: bool,
}

/// The toasts on the page.
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    next: StoredValue<u64>,
    /// For who tells something outside of a component.
    pub texts: &'static Texts,
}

impl Toasts {
    /// Makes a place for them.
    pub fn provide() -> Self {
        let toasts = Self { shown: RwSignal::new(Vec::new()), next: StoredValue::new(0), texts: use_texts() };
        provide_context(toasts);
        toasts
    }

    /// Tells what happened, in place of what it told before; a button may take it back. Gives what [`Toasts::close`] takes.
    pub fn tell(self, text: impl Into<String>, buttons: Vec<Button>) -> u64 {
        self.shown.update(|shown| shown.retain(|toast| toast.error));
        let id = self.push(text.into(), buttons, false);
        self.close_later(id);
        id
    }

    /// Closes a toast after a while, but not under the pointer or the focus of somebody who is about to use it (WCAG 2.2.1).
    fn close_later(self, id: u64) {
        let ends = move || {
            let used = document().query_selector(".toasts:is(:hover, :focus-within)").ok().flatten().is_some();
            if used { self.close_later(id) } else { self.close(id) }
        };
        set_timeout(ends, STAY);
    }

    /// Tells what went wrong; a button may try again.
    pub fn warn(self, text: impl Into<String>, buttons: Vec<Button>) {
        self.push(text.into(), buttons, true);
    }

    fn push(self, text: String, buttons: Vec<Button>, error: bool) -> u64 {
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        self.shown.update(|shown| {
            // The same failure twice is one message.
            shown.retain(|toast| !(error && toast.error && toast.text == text && buttons.is_empty()));
            shown.push(Toast { id, text, buttons, error });
        });
        id
    }

    /// Takes a toast away; one that is gone stays gone.
    pub fn close(self, id: u64) {
        // The page may be gone by the time a toast ends.
        self.shown.try_update(|shown| shown.retain(|toast| toast.id != id));
    }
}

/// The toasts of the application that this component is part of.
pub fn use_toasts() -> Toasts {
    use_context().unwrap_or_else(Toasts::provide)
}

/// Where they appear.
#[component]
pub fn ToastList(
    /// Those of the application.
    toasts: Toasts,
) -> impl IntoView {
    let t = &use_texts().layout;
    view! {
        <section class="toasts" aria-label=t.messages aria-live="polite">
            <For each=move || toasts.shown.get() key=|toast| toast.id let:toast>
                <div class="toast" class:error=toast.error role=if toast.error { "alert" } else { "status" }>
                    <p>{toast.text.clone()}</p>
                    {toast
                        .buttons
                        .into_iter()
                        .map(|Button { label, press, closes }| {
                            let on_press = move |_| {
                                if closes {
                                    toasts.close(toast.id);
                                }
                                press();
                                keep_focus();
                            };
                            view! { <button type="button" class="toast-button" on:click=on_press>{label}</button> }
                        })
                        .collect_view()}
                    <button type="button" class="toast-close" aria-label=t.close_message on:click=move |_| { toasts.close(toast.id); keep_focus(); }>
                        "✕"
                    </button>
                </div>
            </For>
        </section>
    }
}
