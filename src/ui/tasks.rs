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
mod line;
mod list;
mod listing;
mod row;

use leptos::prelude::*;
use leptos_router::{components::Redirect, hooks::use_location};

use self::{add::AddForm, filters::Filters, listing::Listing};
pub use self::{
    counter::{Counter, use_counter},
    detail::TaskPage,
    hand::{Hand, Target, use_hand},
    line::{Chips, Line, Reader},
    list::{TaskList, use_task_list},
};
use super::{
    form::next_with_undo,
    locale::use_texts,
    pages::{Failed, PageTitle},
};
use crate::{
    domain::{
        path::login_path,
        query::{TaskQuery, View},
    },
    error::AppError,
    fns::tasks::list_tasks,
};

/// `/today`: what is overdue, and what is due today.
#[component]
pub fn TodayPage() -> impl IntoView {
    let title = use_texts().layout.today;
    view! { <PageTitle title /> <Tasks title /> }
}

/// `/upcoming`: the next month, day by day.
#[component]
pub fn UpcomingPage() -> impl IntoView {
    let title = use_texts().layout.upcoming;
    view! { <PageTitle title /> <Tasks title /> }
}

/// `/tasks`: everything, with search, filters and order. All of what is shown stands in the URL.
#[component]
pub fn TasksPage() -> impl IntoView {
    let view = use_view();
    let query = Memo::new(move |_| match view.get() {
        View::Tasks(query) => query,
        _ => TaskQuery::default(),
    });
    let title = use_texts().tasks.title;
    view! {
        <PageTitle title />
        <Tasks title>
            <Filters query />
        </Tasks>
    }
}

/// `/board`: a column for each status.
#[component]
pub fn BoardPage() -> impl IntoView {
    let title = use_texts().layout.board;
    view! { <PageTitle title /> <Tasks title /> }
}

/// `/trash`: what was deleted in the last 30 days.
#[component]
pub fn TrashPage() -> impl IntoView {
    let title = use_texts().layout.trash;
    view! { <PageTitle title /> <Tasks title /> }
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

fn use_view() -> Memo<View> {
    let url = use_url();
    Memo::new(move |_| url.with(|url| view_of(url)))
}

/// A page of tasks: its title, what it has above them, and the tasks.
#[component]
fn Tasks(title: &'static str, #[prop(optional)] children: Option<Children>) -> impl IntoView {
    let t = &use_texts().tasks;
    let url = use_url();
    let list = use_task_list();
    // Another page of the same kind is another URL; while this page is left, it may be one of no tasks at all.
    let page = Resource::new_blocking(
        move || url.get(),
        move |url| async move {
            let since = list.moment();
            let answer = list_tasks(view_url(&url)).await;
            (url, since, answer)
        },
    );
    view! {
        <div class="page-head">
            <h1>{title}</h1>
        </div>
        {children.map(|children| children())}
        <Transition fallback=|| view! { <p class="loading">{t.fetching}</p> }>
            {move || Suspend::new(async move {
                let (url, since, answer) = page.await;
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

/// What the server is asked for: a page of tasks, also for the moment in which this one is being left.
fn view_url(url: &str) -> String {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    if View::parse(path, query).is_some() { url.to_owned() } else { "/tasks".to_owned() }
}
