//! The pages of an account: `/settings/…`.

mod data;
mod profile;
mod security;

use leptos::prelude::*;
use leptos_router::components::A;

pub use self::{data::DataPage, profile::ProfilePage, security::SecurityPage};

/// The way between them.
#[component]
fn Sections() -> impl IntoView {
    view! {
        <nav class="sections" aria-label="Settings">
            <A href="/settings/profile">"Profile"</A>
            <A href="/settings/security">"Security"</A>
            <A href="/settings/data">"Your data"</A>
        </nav>
    }
}
