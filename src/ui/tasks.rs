//! The page `/tasks`: everything there is to do.

mod add;
mod editor;
mod list;
mod row;

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use leptos_router::{
    NavigateOptions,
    components::Redirect,
    hooks::{use_navigate, use_query_map},
};

pub use self::list::{TaskList, use_task_list};
use self::{add::AddForm, editor::Editor, row::Row};
use super::{
    form::{Form, Refusal},
    pages::Failed,
    toast::use_toasts,
};
use crate::{
    domain::{id::TaskId, path::login_path, task::Task},
    error::AppError,
    fns::tasks::{CompleteTask, ReopenTask, RestoreTask, TrashTask, list_tasks, restore_task},
};

/// The page. Which task is being edited stands in the URL (`?edit=`), and without scripts also which one was just moved to the
/// trash (`?trashed=`).
#[component]
pub fn TasksPage() -> impl IntoView {
    let tasks = Resource::new_blocking(|| (), |()| list_tasks());
    let list = use_task_list();
    view! {
        <Title text="Tasks · Docket" />
        <Suspense fallback=|| view! { <p class="loading">"Fetching your tasks…"</p> }>
            {move || Suspend::new(async move {
                match tasks.await {
                    Ok(tasks) => {
                        list.show(tasks);
                        view! { <Board list /> }.into_any()
                    }
                    // The guard has let the page pass; the session ended since.
                    Err(AppError::NotLoggedIn) => view! { <Redirect path=login_path("/tasks") /> }.into_any(),
                    Err(error) => view! { <Failed error /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Board(list: TaskList) -> impl IntoView {
    let query = use_query_map();
    let id = move |name: &str| query.with(|query| query.get(name)).and_then(|id| id.parse::<TaskId>().ok());
    let editing = Memo::new(move |_| id("edit"));
    let trashed = Memo::new(move |_| id("trashed"));
    let shown = list.shown();
    let open = Memo::new(move |_| {
        shown.with(|tasks| tasks.iter().filter(|task| !task.completed()).cloned().collect::<Vec<_>>())
    });
    let done = Memo::new(move |_| {
        shown.with(|tasks| tasks.iter().filter(|task| task.completed()).cloned().collect::<Vec<_>>())
    });
    let count = move || match open.with(Vec::len) {
        0 => "nothing open".to_owned(),
        count => format!("{count} open"),
    };
    view! {
        <div class="page-head">
            <h1>"Tasks"</h1>
            <p class="count">{count}</p>
        </div>
        <Refusal actions=&[CompleteTask::PATH, ReopenTask::PATH, TrashTask::PATH, RestoreTask::PATH] />
        {move || trashed.get().map(|id| view! { <Trashed list id /> })}
        <AddForm list />
        <Show when=move || open.with(Vec::is_empty)>
            <Empty all=Signal::derive(move || done.with(Vec::is_empty)) />
        </Show>
        <Tasks list tasks=open editing label="Open tasks" />
        <Show when=move || !done.with(Vec::is_empty)>
            <h2 class="list-head">"Completed"</h2>
        </Show>
        <Tasks list tasks=done editing label="Completed tasks" />
    }
}

#[component]
fn Tasks(list: TaskList, tasks: Memo<Vec<Task>>, editing: Memo<Option<TaskId>>, label: &'static str) -> impl IntoView {
    view! {
        <ul class="tasks" aria-label=label>
            // The whole task is the key: what is shown of it never changes, another task takes its place.
            <For each=move || tasks.get() key=Task::clone let:task>
                {
                    let id = task.id;
                    // Of its own, so that opening one editor leaves every other row alone.
                    let here = Memo::new(move |_| editing.get() == Some(id));
                    move || {
                        let task = task.clone();
                        if here.get() {
                            view! { <Editor list task /> }.into_any()
                        } else {
                            view! { <Row list task /> }.into_any()
                        }
                    }
                }
            </For>
        </ul>
    }
}

#[component]
fn Empty(
    /// Whether there are no completed tasks either.
    all: Signal<bool>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <svg viewBox="0 0 96 72" width="96" height="72" aria-hidden="true" focusable="false">
                <rect x="14" y="8" width="68" height="56" rx="10" class="sheet" />
                <path d="M30 28h36M30 44h22" class="lines" />
                <circle cx="74" cy="56" r="13" class="seal" />
                <path d="m68 56 4.5 4.5L81 52" class="tick" />
            </svg>
            {move || {
                if all.get() {
                    view! {
                        <h2>"Nothing to do yet"</h2>
                        <p>"Write down the first thing on your mind, and press Enter."</p>
                    }
                        .into_any()
                } else {
                    view! {
                        <h2>"All done"</h2>
                        <p>"Everything on your list is completed. Enjoy it."</p>
                    }
                        .into_any()
                }
            }}
        </div>
    }
}

/// Without scripts, what the toast with its "Undo" is with them. What the task looks like only the server knows.
#[component]
fn Trashed(list: TaskList, id: TaskId) -> impl IntoView {
    let navigate = use_navigate();
    let toasts = use_toasts();
    let undo = move |_| {
        let navigate = navigate.clone();
        leptos::task::spawn_local(async move {
            match restore_task(id).await {
                Ok(task) => {
                    list.take(task);
                    navigate("/tasks", NavigateOptions { replace: true, scroll: false, ..Default::default() });
                }
                Err(error) => toasts.warn(error.to_string(), Vec::new()),
            }
        });
    };
    view! {
        <div class="banner" role="status">
            <p>"Moved to the trash."</p>
            <Form action=RestoreTask::PATH next="/tasks" on_submit=undo>
                <input type="hidden" name="id" value=id.to_string() />
                <button type="submit" class="quiet">"Undo"</button>
            </Form>
        </div>
    }
}
