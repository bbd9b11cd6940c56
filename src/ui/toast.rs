//! Toasts: what just happened, in a corner, with a way back or a second try. They come with scripts only; without them
//! the page itself says it.

use std::time::Duration;

use leptos::prelude::*;

/// How long a toast stays that only tells something. Errors stay until they are closed.
const STAY: Duration = Duration::from_secs(12);

/// What a button on a toast does.
type Press = Callback<()>;

/// One toast.
#[derive(Clone)]
pub struct Toast {
    id: u64,
    text: String,
    button: Option<(&'static str, Press)>,
    error: bool,
}

/// The toasts on the page.
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    next: StoredValue<u64>,
}

impl Toasts {
    /// Makes a place for them.
    pub fn provide() -> Self {
        let toasts = Self { shown: RwSignal::new(Vec::new()), next: StoredValue::new(0) };
        provide_context(toasts);
        toasts
    }

    /// Tells what happened; the button, if any, takes it back.
    pub fn tell(self, text: impl Into<String>, button: Option<(&'static str, Press)>) {
        let id = self.push(text.into(), button, false);
        set_timeout(move || self.close(id), STAY);
    }

    /// Tells what went wrong; the button, if any, tries again.
    pub fn warn(self, text: impl Into<String>, button: Option<(&'static str, Press)>) {
        self.push(text.into(), button, true);
    }

    fn push(self, text: String, button: Option<(&'static str, Press)>, error: bool) -> u64 {
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        self.shown.update(|shown| {
            // The same failure twice is one message.
            shown.retain(|toast| !(error && toast.error && toast.text == text && button.is_none()));
            shown.push(Toast { id, text, button, error });
        });
        id
    }

    fn close(self, id: u64) {
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
    view! {
        <section class="toasts" aria-label="Messages" aria-live="polite">
            <For each=move || toasts.shown.get() key=|toast| toast.id let:toast>
                <div class="toast" class:error=toast.error role=if toast.error { "alert" } else { "status" }>
                    <p>{toast.text.clone()}</p>
                    {toast
                        .button
                        .map(|(label, press)| {
                            let on_press = move |_| {
                                toasts.close(toast.id);
                                press.run(());
                            };
                            view! { <button type="button" class="toast-button" on:click=on_press>{label}</button> }
                        })}
                    <button type="button" class="toast-close" aria-label="Close this message" on:click=move |_| toasts.close(toast.id)>
                        "✕"
                    </button>
                </div>
            </For>
        </section>
    }
}
