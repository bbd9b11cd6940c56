//! Pages without a subject of their own: what Docket is, and what to do when something isn't there.

use leptos::{prelude::*, task::tick};
use leptos_meta::{Meta, Title};
use leptos_router::{components::A, hooks::use_query_map};

use super::{escape::title_text, locale::use_texts, session::use_session};
use crate::{SERVER, error::AppError};

/// What the tab of the browser says: the page and Docket.
#[component]
pub fn PageTitle(
    /// Of the page; may be anybody's text.
    #[prop(into)]
    title: String,
    /// What a search engine says of it, if not what it says of Docket.
    #[prop(optional)]
    about: Option<&'static str>,
) -> impl IntoView {
    let about = about.unwrap_or(use_texts().pages.about);
    view! {
        <Title text=title_text(format!("{title} · Docket")) />
        <Meta name="description" content=about />
    }
}

/// Has the server build once what a page shows of its data; to be awaited last before it. Suspense asks its children more than once what
/// they wait for, and builds all of what is ready each time, to throw it away (leptos 0.8). In the browser it is over at once: what hydrates
/// has to be there.
pub async fn built_once() {
    if SERVER {
        tick().await;
    }
}

/// Where somebody lands whose account is erased.
pub const ERASED: &str = "/?erased=1";

/// What Docket is, for who is not logged in.
#[component]
pub fn Landing() -> impl IntoView {
    let erased = use_query_map().with_untracked(|query| query.get("erased").is_some());
    let session = use_session();
    let (t, common) = (&use_texts().pages, &use_texts().common);
    view! {
        <Title text=t.landing_title />
        <Meta name="description" content=t.about />
        {erased.then(|| view! {
            <p class="farewell">{t.erased}</p>
        })}
        <section class="landing">
            <h1>{t.headline}</h1>
            <p class="lead">{t.lead}</p>
            <p class="actions">
                <Suspense>
                    {move || Suspend::new(async move {
                        if session.registration_open().await {
                            view! {
                                <A href="/register" attr:class="button">{common.make_account}</A>
                                <A href="/login" attr:class="button secondary">{common.log_in}</A>
                            }
                                .into_any()
                        } else {
                            view! { <A href="/login" attr:class="button">{common.log_in}</A> }.into_any()
                        }
                    })}
                </Suspense>
            </p>
            <ul class="promises">
                <li>
                    <h2>{t.instant}</h2>
                    <p>{t.instant_text}</p>
                </li>
                <li>
                    <h2>{t.yours}</h2>
                    <p>{t.yours_text}</p>
                </li>
                <li>
                    <h2>{t.everybody}</h2>
                    <p>{t.everybody_text}</p>
                </li>
            </ul>
        </section>
    }
}

/// There is nothing at this address.
#[component]
pub fn NotFound() -> impl IntoView {
    let t = &use_texts().pages;
    view! {
        <PageTitle title=t.nothing_here />
        <section class="notice">
            <p class="notice-code" aria-hidden="true">"404"</p>
            <h1>{t.there_is_nothing}</h1>
            <p>{t.gone}</p>
            // The server knows where the start is for whoever asks.
            <p class="actions"><a href="/" rel="external" class="button">{t.to_start}</a></p>
        </section>
    }
}

/// The page can't be shown.
#[component]
pub fn Failed(
    /// Why.
    error: AppError,
) -> impl IntoView {
    let t = use_texts();
    view! {
        <PageTitle title=t.pages.failed />
        <section class="notice" role="alert">
            <h1>{t.pages.failed}</h1>
            <p>{(t.errors.app)(&error)}</p>
            // A plain link: it asks the server anew.
            <p class="actions"><a href="" rel="external" class="button">{t.common.try_again}</a></p>
        </section>
    }
}

/// What stands where something is on its way: the outline of lines, which shows once that takes long enough to be noticed.
#[component]
pub fn Loading(
    /// The same in words.
    words: &'static str,
) -> impl IntoView {
    view! {
        <div class="loading">
            <i></i>
            <i></i>
            <i></i>
            <p class="visually-hidden">{words}</p>
        </div>
    }
}
