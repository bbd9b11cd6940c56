//! What can follow the first of two keys, said in passing.

use leptos::prelude::*;

use super::{cap, followers};
use crate::ui::locale::use_texts;

/// A line at the edge of the window.
#[component]
pub fn Hint(
    /// The first key, while the second is awaited.
    begun: RwSignal<Option<&'static str>>,
) -> impl IntoView {
    let texts = &use_texts().keys;
    let text = move || {
        begun.get().map(|first| {
            let followers = followers(first).into_iter().map(|(key, action)| {
                view! { <li><kbd>{cap(key, texts)}</kbd> {(texts.action)(action)}</li> }
            });
            view! {
                <div class="key-hint">
                    <kbd>{first}</kbd>
                    <ul>{followers.collect_view()}</ul>
                </div>
            }
            .into_any()
        })
    };
    view! { <div class="key-hints" aria-live="polite">{text}</div> }.into_any()
}
