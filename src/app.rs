//! The document, the root component, and the table of pages.

use leptos::{config::LeptosOptions, prelude::*};
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    path,
};

use crate::domain::preferences::Appearance;
use crate::ui::{
    account::{LogInPage, LogOutPage, RegisterPage, SecondStepPage},
    admin::AccountsPage,
    form::provide_submission,
    icon::sprite,
    layout::Layout,
    locale::Locale,
    mail::{ForgotPage, ResetPage, VerifyPage},
    pages::{Landing, NotFound},
    session::Session,
    settings::{AppearancePage, DataPage, ProfilePage, SecurityPage, TokensPage},
    styleguide::StyleguidePage,
    tasks::{Counter, TaskArea, TaskList, TaskPage},
    toast::Toasts,
};

/// Where the browser finds its half: the names of the files, with their hashes in a release build.
#[derive(Clone, Debug)]
pub struct Assets {
    /// The script that loads the WebAssembly.
    pub script: String,
    /// The WebAssembly.
    pub wasm: String,
    /// The part of it that pages load later, in a release.
    pub later: Option<String>,
    /// The style sheet.
    pub style: String,
}

/// What starts the browser's half, as a function.
const START: &str = include_str!("start.js");

/// The document around the root component.
pub fn shell(options: LeptosOptions, assets: Assets) -> impl IntoView {
    let Assets { script, wasm, later, style } = assets;
    let start = START.lines().map(str::trim).filter(|line| !line.starts_with("//")).collect::<Vec<_>>().join("\n");
    let start = format!("{start}({script:?}, {wasm:?}, {:?})", later.unwrap_or_default());
    let nonce = leptos::nonce::use_nonce();
    let Appearance { preferences, language, .. } = use_context().unwrap_or_default();
    let theme = preferences.theme;
    view! {
        <!DOCTYPE html>
        <html
            lang=language.tag()
            dir=language.direction().as_str()
            data-theme=theme.attribute()
            data-contrast=preferences.contrast.attribute()
            data-keys=preferences.keys_attribute()
        >
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <meta name="color-scheme" content=theme.scheme() />
                {theme_color("theme-color-light", "#faf9f7", theme.media(false))}
                {theme_color("theme-color-dark", "#16181d", theme.media(true))}
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="apple-touch-icon" href="/apple-touch-icon.png" />
                <link rel="manifest" href="/manifest.webmanifest" />
                <link rel="stylesheet" href=style />
                <link rel="modulepreload" href=script />
                <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" />
                <script type="module" nonce=nonce>{start}</script>
                <AutoReload options />
                <MetaTags />
            </head>
            <body>
                <App />
                // After the application: the browser's half takes over what stands first.
                {sprite()}
            </body>
        </html>
    }
}

/// The colour around the page. (The macro knows no `media` of a `<meta>`.)
fn theme_color(id: &'static str, colour: &'static str, media: &'static str) -> impl IntoView {
    leptos::html::meta().name("theme-color").id(id).content(colour).attr("media", media)
}

/// The application.
///
/// Every page is rendered whole before it is sent (`SsrMode::Async`): it is complete without scripts, and its status is
/// true.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    Locale::provide();
    provide_submission();
    Session::provide();
    Toasts::provide();
    Counter::provide();
    TaskList::provide();
    view! {
        <Router>
            <Layout>
                <Routes fallback=NotFound>
                    <Route path=path!("/") view=Landing ssr=SsrMode::Async />
                    <Route path=path!("/register") view=RegisterPage ssr=SsrMode::Async />
                    <Route path=path!("/login") view=LogInPage ssr=SsrMode::Async />
                    <Route path=path!("/login/second") view=SecondStepPage ssr=SsrMode::Async />
                    <Route path=path!("/logout") view=LogOutPage ssr=SsrMode::Async />
                    <Route path=path!("/verify") view=VerifyPage ssr=SsrMode::Async />
                    <Route path=path!("/forgot") view=ForgotPage ssr=SsrMode::Async />
                    <Route path=path!("/reset") view=ResetPage ssr=SsrMode::Async />
                    // One room: the list stays while a task is opened beside it.
                    <ParentRoute path=path!("") view=TaskArea ssr=SsrMode::Async>
                        <Route path=path!("/today") view=|| () ssr=SsrMode::Async />
                        <Route path=path!("/upcoming") view=|| () ssr=SsrMode::Async />
                        <Route path=path!("/tasks") view=|| () ssr=SsrMode::Async />
                        <Route path=path!("/tasks/:id") view=TaskPage ssr=SsrMode::Async />
                        <Route path=path!("/board") view=|| () ssr=SsrMode::Async />
                        <Route path=path!("/trash") view=|| () ssr=SsrMode::Async />
                    </ParentRoute>
                    <Route path=path!("/settings/profile") view=ProfilePage ssr=SsrMode::Async />
                    <Route path=path!("/settings/security") view=SecurityPage ssr=SsrMode::Async />
                    <Route path=path!("/settings/tokens") view=TokensPage ssr=SsrMode::Async />
                    <Route path=path!("/settings/appearance") view=AppearancePage ssr=SsrMode::Async />
                    <Route path=path!("/settings/data") view=DataPage ssr=SsrMode::Async />
                    <Route path=path!("/styleguide") view=StyleguidePage ssr=SsrMode::Async />
                    <Route path=path!("/admin/users") view=AccountsPage ssr=SsrMode::Async />
                </Routes>
            </Layout>
        </Router>
    }
}
