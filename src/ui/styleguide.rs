//! `/styleguide`: every token and component in every state, in each way to see them. In development builds only, so its sample words stand
//! here and in no other language; a release knows neither the page nor the words.

use leptos::prelude::*;

use super::{
    icon::{Icon, IconName, drawn},
    keys::{Action, KeyCaps},
    pages::{Loading, NotFound},
};

/// The page, or that there is none.
#[component]
pub fn StyleguidePage() -> impl IntoView {
    if cfg!(debug_assertions) { view! { <Styleguide /> }.into_any() } else { view! { <NotFound /> }.into_any() }
}

/// The ways to see Docket: what they are called, the colours, and the contrast.
const MODES: [(&str, &str, Option<&str>); 4] = [
    ("Light", "light", None),
    ("Dark", "dark", None),
    ("Light, high contrast", "light", Some("more")),
    ("Dark, high contrast", "dark", Some("more")),
];

const COLOURS: [&str; 17] = [
    "paper",
    "surface",
    "raised",
    "sunken",
    "side-paper",
    "badge",
    "ink",
    "ink-soft",
    "line",
    "edge",
    "accent",
    "accent-strong",
    "accent-tint",
    "on-accent",
    "danger",
    "danger-tint",
    "focus",
];

#[component]
fn Styleguide() -> impl IntoView {
    view! {
        <div class="styleguide">
            <h1>"Styleguide"</h1>
            <p>"Tokens and components as the style sheet has them. Forced colours and reduced motion are the browser's to emulate."</p>
            {MODES.map(|(name, theme, contrast)| view! {
                <section class="mode" data-mode=theme data-contrast=contrast aria-label=name>
                    <h2>{name}</h2>
                    <Tokens />
                    <Buttons />
                    <Fields />
                    <Parts />
                    <Tasks />
                </section>
            }).into_iter().collect_view()}
        </div>
    }
}

#[component]
fn Tokens() -> impl IntoView {
    view! {
        <h3>"Colour"</h3>
        <ul class="swatches">
            {COLOURS.map(|colour| view! { <li><i data-token=colour></i>{colour}</li> }).into_iter().collect_view()}
        </ul>
        <h3>"Type"</h3>
        <p class="like-h1">"A title"</p>
        <p class="list-head">"A head"</p>
        <p>"Text to be read, with " <a href="#page">"a link"</a> ", " <mark>"a match"</mark> " and " <kbd>"Ctrl"</kbd> "."</p>
        <p class="field-hint">"A hint, smaller and softer"</p>
        <h3>"Icons"</h3>
        <p class="specimens">
            {drawn().map(|id| view! {
                <svg class="glyph" width="20" height="20" aria-hidden="true"><use href=format!("#{id}") /></svg>
            }).collect_view()}
        </p>
    }
}

#[component]
fn Buttons() -> impl IntoView {
    view! {
        <h3>"Buttons"</h3>
        <p class="specimens">
            <button type="button" class="button">"Do it"</button>
            <button type="button" class="button secondary">"Or this"</button>
            <button type="button" class="button danger">"For good"</button>
            <button type="button" class="button small">"Small"</button>
            <button type="button" class="button" aria-disabled="true">"Doing it…"</button>
            <button type="button" class="quiet">"Quiet"</button>
            <button type="button" class="quiet danger">"Quiet, for good"</button>
            <button type="button" class="icon" aria-label="Close"><Icon name=IconName::Close /></button>
            <KeyCaps action=Action::Palette />
        </p>
    }
}

#[component]
fn Fields() -> impl IntoView {
    view! {
        <h3>"Fields"</h3>
        <div class="field">
            <input type="text" aria-label="A text" placeholder="Empty" />
            <p class="field-hint">"What it takes, in a line"</p>
        </div>
        <div class="field">
            <input type="text" aria-label="A refused text" value="Refused" aria-invalid="true" />
            <p class="field-message">"What is wrong with it."</p>
        </div>
        <div class="field"><textarea aria-label="Lines" rows="2"></textarea></div>
        <div class="field"><select aria-label="One of several"><option>"One"</option><option>"Other"</option></select></div>
        <fieldset class="field choices">
            <legend>"A choice"</legend>
            <label><input type="checkbox" checked=true /><span>"Checked"</span></label>
            <label><input type="checkbox" /><span>"Not checked"</span></label>
        </fieldset>
    }
}

#[component]
fn Parts() -> impl IntoView {
    view! {
        <h3>"Cards, messages, waiting"</h3>
        <section class="card"><p>"A card holds what belongs together."</p></section>
        <div class="banner"><p>"Something was done."</p><button type="button" class="quiet">"Undo"</button></div>
        <div class="toast"><p>"A message in the corner."</p><button type="button" class="toast-button">"Undo"</button></div>
        <div class="toast error"><p>"A message about what failed."</p><button type="button" class="toast-button">"Try again"</button></div>
        <Loading words="On its way" />
        <div class="empty"><p class="list-head">"Nothing here"</p><p>"And what to do about it."</p></div>
    }
}

/// A row as `tasks/row.rs` makes it, as far as it is looked at.
#[component]
fn Tasks() -> impl IntoView {
    let rows = [
        ("task", "To be done", "sign due", "Tomorrow"),
        ("task", "Late", "sign due late", "Overdue: yesterday"),
        ("task", "Urgent", "sign urgent", "Urgent priority"),
        ("task completed", "Done", "sign", "Today"),
    ];
    view! {
        <h3>"Tasks"</h3>
        <ul class="tasks">
            {rows.map(|(class, title, sign, words)| view! {
                <li class=class>
                    <span class="toggle">
                        <button type="button" class="check" aria-label=title>
                            <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
                                <circle cx="12" cy="12" r="9.25" />
                                <path d="m7.5 12.5 3 3 6-6.5" />
                            </svg>
                        </button>
                    </span>
                    <div class="task-text">
                        <a href="#page" class="task-title">{title}</a>
                        <p class="signs"><span class=sign>{words}</span></p>
                    </div>
                </li>
            }).into_iter().collect_view()}
        </ul>
    }
}
