//! What stands around every page.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::{components::A, hooks::use_location};

use super::{
    connection::Connection,
    form::{Form, keep_focus},
    icon::{Icon, IconName},
    keys::{KeyHandler, Keys, PaletteButton},
    locale::use_texts,
    pages::built_once,
    portrait::Portrait,
    quick_add::QuickAddButton,
    session::use_session,
    tasks::{use_area, use_counter, use_task_list},
    toast::{ToastList, use_toasts},
};
use crate::{
    domain::{account::Profile, counts::Counts},
    fns::account::{LogOut, log_out},
};
use leptos::server_fn::ServerFn;

/// How long it takes until a page has its title, and how often it may take as long again.
const SETTLED: Duration = Duration::from_millis(300);
const PATIENCE: u32 = 10;

/// Header, page, toasts.
#[component]
pub fn Layout(children: Children) -> impl IntoView {
    let (session, counter, t) = (use_session(), use_counter(), use_texts());
    let keys = Keys::provide();
    let path = use_location().pathname;
    let announced = RwSignal::new(String::new());
    // Another page: the keyboard goes on from there, and a screen reader says which one it is.
    Effect::new(move |last: Option<String>| {
        let path = path.get();
        if last.is_some_and(|last| last != path) {
            keep_focus();
            announce(announced, document().title(), PATIENCE);
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
                    let user = session.user().await;
                    counter.ready().await;
                    built_once().await;
                    if let Some(profile) = user {
                        view! { <Brand start="/today" /> <QuickAddButton /> <Views /> <UserMenu profile /> }.into_any()
                    } else {
                        let registration = session.registration_open().await;
                        view! { <Brand start="/" /> <GuestMenu registration /> }.into_any()
                    }
                })}
            </Transition>
        </header>
        <main id="page" tabindex="-1">
            <Transition>
                {move || Suspend::new(async move { session.confined().await.then(|| view! { <Confined /> }) })}
            </Transition>
            {children()}
        </main>
        <Transition>
            {move || Suspend::new(async move { session.user().await.is_none().then(|| view! { <GuestFoot /> }) })}
        </Transition>
        <p class="visually-hidden" aria-live="polite">{announced}</p>
        <Connection />
        <ToastList toasts=use_toasts() />
        <KeyHandler keys />
    }
}

/// Says the title of the page, once it has another one than `before`.
fn announce(announced: RwSignal<String>, before: String, patience: u32) {
    let look = move || {
        let title = document().title();
        if patience > 0 && (title.is_empty() || title == before) {
            announce(announced, before, patience - 1);
        } else {
            announced.set(title);
        }
    };
    set_timeout(look, SETTLED);
}

/// The name of the house, and the way to its start. The mark is that of `public/favicon.svg`.
#[component]
fn Brand(start: &'static str) -> impl IntoView {
    view! {
        <A href=start attr:class="brand">
            <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
                <path class="brand-slip" d="M6 7.5A3.5 3.5 0 0 1 9.5 4h13A3.5 3.5 0 0 1 26 7.5V27.6l-3.33-2.5-3.34 2.5L16 25.1l-3.33 2.5-3.34-2.5L6 27.6z" />
                <path class="brand-tick" d="m10.5 14.5 4 4 7.5-8.5" />
            </svg>
            <span class="brand-name">"Docket"</span>
        </A>
    }
}

/// The pages of tasks, each with what it has. On a wide screen they stand at the side, on a narrow one at the bottom.
#[component]
fn Views() -> impl IntoView {
    let (texts, counter, list) = (use_texts(), use_counter(), use_task_list());
    let path = use_location().pathname;
    // Who logs in has no counts yet, and who goes to another page may have changed something elsewhere.
    Effect::new(move |last: Option<String>| {
        let path = path.get();
        if last.map_or_else(|| counter.shown().is_none(), |last| last != path) {
            untrack(|| counter.refresh(list));
        }
        path
    });
    let (t, said) = (&texts.layout, &texts.list);
    let pages = [
        ("/today", t.today, IconName::Today),
        ("/upcoming", t.upcoming, IconName::Upcoming),
        ("/tasks", t.all, IconName::All),
        ("/board", t.board, IconName::Board),
        ("/trash", t.trash, IconName::Trash),
    ];
    // A task that is open belongs to the list that it was opened from.
    let (list_url, opened) = use_area();
    let here = Memo::new(move |_| {
        let of = |url: Option<String>| url.and_then(|url| url.split('?').next().map(str::to_owned));
        of(list_url.get()).or_else(|| opened.get().map(|_| "/tasks".to_owned()))
    });
    let is_list = move || opened.with(Option::is_none);
    let current = move |href: &str| {
        let within = path.with(|path| path == href || path.starts_with("/tasks/"));
        (within && here.with(|here| here.as_deref() == Some(href))).then(|| if is_list() { "page" } else { "true" })
    };
    // The number is drawn by the style sheet, and said as what it is: the name of the link stays the name.
    let counts = Memo::new(move |_| counter.shown());
    let total = move |place: usize| {
        let Counts { today, upcoming, open, trash, .. } = counts.get()?;
        [Some(today), Some(upcoming), Some(open), None, Some(trash)][place].filter(|total| total.0 > 0)
    };
    let spoken = move |place: usize| {
        let say = [said.count_to_do, said.count_to_do, said.count_open, said.count_open, said.count_trash][place];
        total(place).map(|total| say(&texts.numbers.total(total)))
    };
    view! {
        <nav class="views" aria-label=t.tasks>
            {pages.into_iter().enumerate().map(|(place, (href, name, icon))| view! {
                <a href=href aria-current=move || current(href) aria-description=move || spoken(place)>
                    <Icon name=icon />
                    <span class="view-name">{name}</span>
                    <span
                        class="badge"
                        aria-hidden="true"
                        data-count=move || total(place).map(|total| texts.numbers.total(total))
                    ></span>
                </a>
            }).collect_view()}
        </nav>
    }
}

/// Leads who has to set up a second factor to where that is.
#[component]
fn Confined() -> impl IntoView {
    let t = &use_texts().factors;
    view! { <p class="banner">{t.required} " " <A href="/settings/security">{t.set_up_now}</A></p> }
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
    let (name, email, t) = (profile.name.clone(), profile.email.clone(), use_texts());
    view! {
        <div class="tools">
            <PaletteButton />
            <A href="/settings/appearance" attr:class="entry settings-entry">
                <Icon name=IconName::Settings />
                <span>{t.settings.title}</span>
            </A>
        </div>
        <nav class="menu account" aria-label=t.layout.account>
            <A href="/settings/profile" attr:class="who" attr:title=email>
                <Portrait profile />
                <span>{name}</span>
            </A>
            <LogOutForm class="quiet log-out" icon=true />
        </nav>
    }
}

/// The button that logs out. What this page holds of the person goes with it: the next one is a new document.
#[component]
pub fn LogOutForm(
    /// How the button looks.
    #[prop(default = "quiet")]
    class: &'static str,
    /// Whether it is a picture; its words are there for who can't see it.
    #[prop(optional)]
    icon: bool,
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
            <button type="submit" class=class title=icon.then_some(t.common.log_out)>
                {icon.then(|| view! { <Icon name=IconName::LogOut /> })}
                <span class:visually-hidden=icon>{t.common.log_out}</span>
            </button>
        </Form>
    }
}
