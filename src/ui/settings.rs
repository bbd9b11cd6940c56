//! The pages of an account: `/settings/…`.

mod address;
mod appearance;
mod data;
mod factors;
mod profile;
mod security;
mod sign_ins;
mod tokens;

use leptos::prelude::*;
use leptos_router::components::A;

use super::{locale::use_texts, session::use_session};

pub use self::{
    appearance::AppearancePage, data::DataPage, profile::ProfilePage, security::SecurityPage, tokens::TokensPage,
};

/// The way between them.
#[component]
pub fn Sections() -> impl IntoView {
    let (session, t) = (use_session(), use_texts());
    view! {
        <nav class="sections" aria-label=t.settings.title>
            <A href="/settings/profile">{t.settings.profile}</A>
            <A href="/settings/security">{t.settings.security}</A>
            <A href="/settings/tokens">{t.settings.tokens}</A>
            <A href="/settings/appearance">{t.appearance.section}</A>
            <A href="/settings/data">{t.settings.data}</A>
            <Suspense>
                {move || Suspend::new(async move {
                    let admin = session.user().await.is_some_and(|user| user.is_admin);
                    admin.then(|| view! { <A href="/admin/users">{t.settings.accounts}</A> })
                })}
            </Suspense>
        </nav>
    }
}
