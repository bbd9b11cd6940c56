//! The pages of tasks: what is due today, what comes, all, the board, the trash, and one task by itself.

mod add;
mod bulk;
mod counter;
mod detail;
mod fields;
mod filters;
mod focus;
mod forms;
mod hand;
mod history;
mod kept;
mod line;
mod list;
mod listing;
mod row;

use leptos::prelude::*;
use leptos_router::{
    components::{Outlet, Redirect},
    hooks::use_location,
};

use self::{add::AddForm, filters::Filters, focus::arrive_at_task, listing::Listing};
pub use self::{
    counter::{Counter, use_counter},
    detail::TaskPage,
    hand::{Hand, Target, use_hand},
    kept::{Made, Shelf},
    line::{Chips, Line, Reader},
    list::{TaskList, use_task_list},
};
use super::{
    focus::one,
    form::next_with_undo,
    locale::use_texts,
    pages::{Failed, Loading, PageTitle, built_once},
};
use crate::{
    domain::{
        path::login_path,
        query::{TaskQuery, View},
    },
    error::AppError,
    fns::tasks::list_tasks,
};

/// The pages of tasks, and beside the one that somebody comes from the task that is open. The list stays what it is meanwhile, so going
/// to a task and back moves nothing; how much of both is seen is the style sheet's affair.
#[component]
pub fn TaskArea() -> impl IntoView {
    let (url, opened) = use_area();
    let kind = Memo::new(move |_| url.with(|url| url.as_deref().map(|url| std::mem::discriminant(&view_of(url)))));
    keep_place(url, opened);
    view! {
        <div class="area" class:split=move || url.with(Option::is_some) && opened.get().is_some()>
            {move || {
                kind.get()?;
                let url = Memo::new(move |last: Option<&String>| {
                    // While this kind is left, it stays what it was.
                    let new = url.get().filter(|url| Some(std::mem::discriminant(&view_of(url))) == kind.get_untracked());
                    new.or_else(|| last.cloned()).unwrap_or_default()
                });
                Some(view! { <ListPage url opened /> })
            }}
            <Outlet />
        </div>
    }
}

/// Where the list of this page is from, if it has one, and the task that is open, if one is.
pub fn use_area() -> (Memo<Option<String>>, Memo<Option<String>>) {
    let url = use_url();
    let opened = Memo::new(move |last: Option<&Option<String>>| {
        url.with(|url| {
            let path = url.split_once('?').map_or(url.as_str(), |(path, _)| path);
            match path.strip_prefix("/tasks/") {
                Some(id) => Some(id.to_owned()),
                None if is_list(url) => None,
                // The page is being left.
                None => last.cloned().flatten(),
            }
        })
    });
    let list = Memo::new(move |last: Option<&Option<String>>| {
        url.with(|url| if is_list(url) { Some(url.clone()) } else { last.cloned().flatten() })
    });
    (list, opened)
}

/// Whether there are tasks at this URL.
fn is_list(url: &str) -> bool {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    View::parse(path, query).is_some()
}

/// Whether going to this path is no more than opening or closing a task beside a list, or in its place.
pub fn is_within_area(path: &str) -> bool {
    let is_task = |path: &str| path.starts_with("/tasks/");
    let here = document().location().and_then(|location| location.pathname().ok()).unwrap_or_default();
    (is_list(&here) || is_task(&here)) && (is_task(path) || is_task(&here) && is_list(path))
}

/// Goes to a task that is opened, and back to where the list was scrolled to, where one is seen without the other.
fn keep_place(url: Memo<Option<String>>, opened: Memo<Option<String>>) {
    // Of which list, and how far down it was.
    let place = StoredValue::new((None, 0.0));
    let hidden = StoredValue::new(false);
    Effect::new(move |_| {
        let listener = window_event_listener(leptos::ev::scroll, move |_| {
            if opened.try_get_untracked() == Some(None) {
                place.set_value((url.get_untracked(), window().scroll_y().unwrap_or_default()));
            }
        });
        on_cleanup(move || listener.remove());
    });
    Effect::new(move |last: Option<Option<String>>| {
        let opened = opened.get();
        if let Some(last) = last.filter(|last| *last != opened) {
            match (&last, &opened) {
                (_, Some(_)) => {
                    arrive_at_task();
                    request_animation_frame(move || hidden.set_value(is_list_hidden()));
                }
                (Some(_), None) if hidden.get_value() => {
                    let (of, down) = place.get_value();
                    if of == url.get_untracked() {
                        request_animation_frame(move || window().scroll_to_with_x_and_y(0.0, down));
                    }
                }
                _ => {}
            }
        }
        opened
    });
}

/// Whether the task that is open has the place of its list. The style sheet says so.
fn is_list_hidden() -> bool {
    one(".area-list").is_some_and(|list| list.offset_width() == 0)
}

/// A page of tasks by itself: what is overdue and due today, the next month, all with filters, the board, or the trash. All of what is
/// shown stands in the URL.
#[component]
fn ListPage(url: Memo<String>, opened: Memo<Option<String>>) -> impl IntoView {
    let texts = use_texts();
    let t = &texts.layout;
    let view = Memo::new(move |_| url.with(|url| view_of(url)));
    let title = view.with_untracked(|view| match view {
        View::Today(_) => t.today,
        View::Upcoming(_) => t.upcoming,
        View::Tasks(_) => texts.tasks.title,
        View::Board => t.board,
        View::Trash(_) => t.trash,
    });
    let filters = matches!(view.get_untracked(), View::Tasks(_)).then(|| {
        let query = Memo::new(move |_| match view.get() {
            View::Tasks(query) => query,
            _ => TaskQuery::default(),
        });
        view! { <Filters query /> }
    });
    let alone = Memo::new(move |_| opened.with(Option::is_none));
    view! {
        <section class="area-list" aria-label=move || (!alone.get()).then_some(title)>
            <div class="page-head">
                // Of two, the task is what the page is about.
                {move || if alone.get() {
                    view! { <PageTitle title /> <h1>{title}</h1> }.into_any()
                } else {
                    view! { <h2 class="like-h1">{title}</h2> }.into_any()
                }}
            </div>
            {filters}
            <Tasks url />
        </section>
    }
}

/// The URL of this page, from its path on.
fn use_url() -> Memo<String> {
    let location = use_location();
    Memo::new(move |_| {
        let (path, search) = (location.pathname.get(), location.search.get());
        if search.is_empty() { path } else { format!("{path}?{}", search.trim_start_matches('?')) }
    })
}

fn view_of(url: &str) -> View {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    View::parse(path, query).unwrap_or_else(|| View::Tasks(TaskQuery::default()))
}

/// The tasks of a page.
#[component]
fn Tasks(url: Memo<String>) -> impl IntoView {
    let t = &use_texts().tasks;
    let list = use_task_list();
    // Another page of the same kind is another URL.
    let page = Resource::new_blocking(
        move || url.get(),
        move |url| async move {
            let since = list.moment();
            let answer = list_tasks(url.clone()).await;
            (url, since, answer)
        },
    );
    view! {
        <Transition fallback=|| view! { <Loading words=t.fetching /> }>
            {move || Suspend::new(async move {
                let (url, since, answer) = page.await;
                built_once().await;
                match answer {
                    Ok(answer) => {
                        let view = view_of(&url);
                        let (now, done, spared) = (answer.now, answer.done.clone(), answer.spared);
                        let due = matches!(view, View::Today(_)).then_some(now.day);
                        let next = next_with_undo(&view.url());
                        let adds = !matches!(view, View::Trash(_));
                        list.show(view.clone(), answer, since);
                        view! {
                            {adds.then(|| view! { <AddForm list next due /> })}
                            <Listing list view now done spared />
                        }
                            .into_any()
                    }
                    // The guard has let the page pass; the session ended since.
                    Err(AppError::NotLoggedIn) => view! { <Redirect path=login_path(&url) /> }.into_any(),
                    Err(error) => view! { <Failed error /> }.into_any(),
                }
            })}
        </Transition>
    }
}
