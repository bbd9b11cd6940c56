//! What stands around every page.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::{components::A, hooks::use_location};

use super::{
    form::{Form, keep_focus},
    keys::{KeyHandler, Keys},
    locale::use_texts,
    portrait::Portrait,
    session::use_session,
    tasks::use_task_list,
    toast::{ToastList, use_toasts},
};
use crate::{
    domain::account::Profile,
    fns::account::{LogOut, log_out},
};
use leptos::server_fn::ServerFn;

/// How long it takes until a page has its title.
const SETTLED: Duration = Duration::from_millis(300);

/// Header, page, toasts.
#[component]
pub fn Layout(children: Children) -> impl IntoView {
    let (session, t) = (use_session(), use_texts());
    let keys = Keys::provide();
    let path = use_location().pathname;
    let announced = RwSignal::new(String::new());
    // Another page: the keyboard goes on from there, and a screen reader says which one it is.
    Effect::new(move |last: Option<String>| {
        let path = path.get();
        if last.is_some_and(|last| last != path) {
            keep_focus();
            set_timeout(move || announced.set(document().title()), SETTLED);
        }
        path
    });
    view! {
        // rel: the browser is to move the focus, not the router.
        <a class="skip" href="#page" rel="external">{t.layout.skip}</a>
        <header class="bar">
            // What is there stays until the answer is: another name takes the place of the old one.
            <Transition>
                {move || Suspend::new(async move {
                    if let Some(profile) = session.user().await {
                        view! { <Brand start="/today" /> <UserMenu profile /> <Views /> }.into_any()
                    } else {
                        let registration = session.registration_open().await;
                        view! { <Brand start="/" /> <GuestMenu registration /> }.into_any()
                    }
                })}
            </Transition>
        </header>
        <main id="page" tabindex="-1">{children()}</main>
        <Transition>
            {move || Suspend::new(async move { session.user().await.is_none().then(|| view! { <GuestFoot /> }) })}
        </Transition>
        <p class="visually-hidden" aria-live="polite">{announced}</p>
        <ToastList toasts=use_toasts() />
        <KeyHandler keys />
    }
}

/// The name of the house, and the way to its start.
#[component]
fn Brand(start: &'static str) -> impl IntoView {
    view! {
        <A href=start attr:class="brand">
            <span class="brand-mark" aria-hidden="true">"✓"</span>
            "Docket"
        </A>
    }
}

/// The pages of tasks.
#[component]
fn Views() -> impl IntoView {
    let t = &use_texts().layout;
    view! {
        <nav class="views" aria-label=t.tasks>
            <A href="/today">{t.today}</A>
            <A href="/upcoming">{t.upcoming}</A>
            <A href="/tasks">{t.all}</A>
            <A href="/board">{t.board}</A>
            <A href="/trash">{t.trash}</A>
        </nav>
    }
}

/// What there is to set for somebody without an account.
#[component]
fn GuestFoot() -> impl IntoView {
    view! { <footer class="foot"><A href="/settings/appearance">{use_texts().appearance.title}</A></footer> }
}

#[component]
fn GuestMenu(registration: bool) -> impl IntoView {
    let t = use_texts();
    view! {
        <nav class="menu" aria-label=t.layout.account>
            <A href="/login">{t.common.log_in}</A>
            {registration.then(|| view! { <A href="/register" attr:class="button small">{t.common.register}</A> })}
        </nav>
    }
}

#[component]
fn UserMenu(profile: Profile) -> impl IntoView {
    let (name, email) = (profile.name.clone(), profile.email.clone());
    view! {
        <nav class="menu" aria-label=use_texts().layout.account>
            <A href="/settings/profile" attr:class="who" attr:title=email>
                <Portrait profile />
                <span>{name}</span>
            </A>
            <LogOutForm />
        </nav>
    }
}

/// The button that logs out. What this page holds of the person goes with it: the next one is a new document.
#[component]
pub fn LogOutForm(
    /// How the button looks.
    #[prop(default = "quiet")]
    class: &'static str,
) -> impl IntoView {
    let (toasts, t) = (use_toasts(), use_texts());
    let list = use_task_list();
    // Changes on their way belong to the session that is about to end: they go first.
    let on_submit = move |_| {
        list.when_settled(move || {
            leptos::task::spawn_local(async move {
                match log_out().await {
                    Ok(()) => drop(window().location().replace("/login")),
                    Err(error) => toasts.warn((t.errors.app)(&error), Vec::new()),
                }
            });
        });
    };
    view! {
        // Not to the page it stands on: that may be one that isn't there.
        <Form action=LogOut::PATH page="/logout" next="/login" on_submit>
            <button type="submit" class=class>{t.common.log_out}</button>
        </Form>
    }
}
