//! Pages without a subject of their own: what Docket is, and what to do when something isn't there.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{components::A, hooks::use_query_map};

use super::{escape::title_text, session::use_session};
use crate::error::AppError;

/// What the tab of the browser says: the page and Docket.
#[component]
pub fn PageTitle(
    /// Of the page; may be anybody's text.
    #[prop(into)]
    title: String,
) -> impl IntoView {
    view! { <Title text=title_text(format!("{title} · Docket")) /> }
}

/// Where somebody lands whose account is erased.
pub const ERASED: &str = "/?erased=1";

/// What Docket is, for who is not logged in.
#[component]
pub fn Landing() -> impl IntoView {
    let erased = use_query_map().with_untracked(|query| query.get("erased").is_some());
    let session = use_session();
    view! {
        <Title text="Docket: your tasks, on your own server" />
        {erased.then(|| view! {
            <p class="farewell">"Your account is erased, with everything in it. Farewell!"</p>
        })}
        <section class="landing">
            <h1>"Everything you have to do, in one calm place."</h1>
            <p class="lead">
                "Docket keeps your tasks on a server that is yours. It answers at once, works in any browser, and never loses
                what you wrote."
            </p>
            <p class="actions">
                <Suspense>
                    {move || Suspend::new(async move {
                        if session.registration_open().await {
                            view! {
                                <A href="/register" attr:class="button">"Make an account"</A>
                                <A href="/login" attr:class="button secondary">"Log in"</A>
                            }
                                .into_any()
                        } else {
                            view! { <A href="/login" attr:class="button">"Log in"</A> }.into_any()
                        }
                    })}
                </Suspense>
            </p>
            <ul class="promises">
                <li>
                    <h2>"Instant"</h2>
                    <p>"A click shows at once. If the server can't take it, you see it come back, with a second try at hand."</p>
                </li>
                <li>
                    <h2>"Yours"</h2>
                    <p>"One program and one PostgreSQL, on a machine of your choice. No company in between."</p>
                </li>
                <li>
                    <h2>"For everybody"</h2>
                    <p>"By keyboard, with a screen reader, on a small screen, and with scripts turned off."</p>
                </li>
            </ul>
        </section>
    }
}

/// There is nothing at this address.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <PageTitle title="Nothing here" />
        <section class="notice">
            <p class="notice-code" aria-hidden="true">"404"</p>
            <h1>"There is nothing here"</h1>
            <p>"The address may be mistyped, or what was here is gone. Your tasks are where they were."</p>
            // The server knows where the start is for whoever asks.
            <p class="actions"><a href="/" rel="external" class="button">"Go to the start"</a></p>
        </section>
    }
}

/// The page can't be shown.
#[component]
pub fn Failed(
    /// Why.
    error: AppError,
) -> impl IntoView {
    view! {
        <PageTitle title="That didn't work" />
        <section class="notice" role="alert">
            <h1>"That didn't work"</h1>
            <p>{error.to_string()}</p>
            // A plain link: it asks the server anew.
            <p class="actions"><a href="" rel="external" class="button">"Try again"</a></p>
        </section>
    }
}
