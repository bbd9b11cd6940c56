//! The pages of an account: `/settings/…`.

mod address;
mod profile;
mod security;

use leptos::prelude::*;
use leptos_router::components::A;

pub use self::{profile::ProfilePage, security::SecurityPage};

/// The way between them.
#[component]
fn Sections() -> impl IntoView {
    view! {
        <nav class="sections" aria-label="Settings">
            <A href="/settings/profile">"Profile"</A>
            <A href="/settings/security">"Security"</A>
        </nav>
    }
}
