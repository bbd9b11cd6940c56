//! All keys, and how to turn those off that are pressed alone.

use leptos::prelude::*;
use leptos_router::components::A;

use super::{Group, Keys, SHORTCUTS, caps, handler::is_on};
use crate::{texts::KeyTexts, ui::dialog::Dialog};

/// The dialog.
#[component]
pub fn Help(
    /// The application's keyboard.
    keys: Keys,
) -> impl IntoView {
    let texts = keys.texts;
    view! {
        <Dialog open=keys.help label=texts.title headed=true class="help">
            {table(texts)}
            <p class="help-note">
                {(!is_on()).then_some(texts.off)} " " {texts.mac} " "
                <A href="/settings/appearance" on:click=move |_| keys.help.set(false)>{texts.turn_off}</A>
            </p>
        </Dialog>
    }
    .into_any()
}

/// Each group with its lines.
fn table(texts: &'static KeyTexts) -> AnyView {
    let groups = Group::ALL.map(|group| {
        let lines = SHORTCUTS.iter().filter(|line| line.group == group).map(|line| {
            let mut ways = Vec::new();
            for (place, keys) in line.keys.iter().enumerate() {
                let caps = caps(keys, texts).into_iter().map(|cap| view! { <kbd>{cap}</kbd> " " }).collect_view();
                ways.push(view! { {(place > 0).then_some(texts.or)} " " {caps} });
            }
            view! {
                <div class="help-line">
                    <dt>{(texts.action)(line.action)}</dt>
                    <dd>{ways}</dd>
                </div>
            }
        });
        view! {
            <section class="help-group">
                <h3>{(texts.group)(group)}</h3>
                <dl>{lines.collect_view()}</dl>
            </section>
        }
    });
    view! { <div class="help-groups">{groups}</div> }.into_any()
}
