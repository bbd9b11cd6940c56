//! All keys, and how to turn those off that are pressed alone.

use leptos::prelude::*;
use leptos_router::components::A;

use super::{Group, Keys, SHORTCUTS, caps, handler::is_on};
use crate::ui::dialog::Dialog;

/// The dialog.
#[component]
pub fn Help(
    /// The application's keyboard.
    keys: Keys,
) -> impl IntoView {
    view! {
        <Dialog open=keys.help label="Keys" headed=true class="help">
            {table()}
            <p class="help-note">
                {(!is_on()).then_some("Keys that are pressed alone are turned off at the moment. ")}
                "On a Mac, Cmd does what Ctrl does here. Keys that are pressed alone can be turned off in the "
                <A href="/settings/appearance" on:click=move |_| keys.help.set(false)>"settings"</A> "."
            </p>
        </Dialog>
    }
    .into_any()
}

/// Each group with its lines.
fn table() -> AnyView {
    let groups = Group::ALL.map(|group| {
        let lines = SHORTCUTS.iter().filter(|line| line.group == group).map(|line| {
            let mut ways = Vec::new();
            for (place, keys) in line.keys.iter().enumerate() {
                let caps = caps(keys).into_iter().map(|cap| view! { <kbd>{cap}</kbd> " " }).collect_view();
                ways.push(view! { {(place > 0).then_some("or ")} {caps} });
            }
            view! {
                <div class="help-line">
                    <dt>{line.label}</dt>
                    <dd>{ways}</dd>
                </div>
            }
        });
        view! {
            <section class="help-group">
                <h3>{group.label()}</h3>
                <dl>{lines.collect_view()}</dl>
            </section>
        }
    });
    view! { <div class="help-groups">{groups}</div> }.into_any()
}
