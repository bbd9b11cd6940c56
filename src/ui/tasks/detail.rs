//! The page `/tasks/{id}`: everything about one task, to be changed.

use std::collections::BTreeMap;

use leptos::{
    ev::{Event, SubmitEvent},
    prelude::*,
    server_fn::ServerFn,
};
use leptos_router::{
    NavigateOptions,
    components::{A, Redirect},
    hooks::{use_navigate, use_params_map, use_query_map},
};
use uuid::Uuid;

use super::{
    add::typed_task,
    fields::{PriorityField, StatusField},
    focus::mark,
    hand::use_hand,
    history::History,
    list::{TaskList, use_task_list},
};
use crate::{
    domain::{
        change::Act,
        history::TaskDetail,
        id::TaskId,
        path::{login_path, with},
        task::{Description, Task, TaskDraft, TypedTask},
    },
    error::AppError,
    fns::tasks::{EditTask, ReopenTasks, RestoreTasks, TrashTasks, UndoChange, edit_task, get_task, undo_change},
    ui::{
        focus::{active, is_at_rest},
        form::{CHANGE, Field, Form, FormMessage, FormState, Refusal, focus, next_with_undo, typed},
        icon::{Icon, IconName},
        locale::use_texts,
        pages::{Failed, Loading, NotFound, PageTitle, built_once},
        random::new_change,
        toast::use_toasts,
    },
};

/// The id of what says that somebody else has changed the same.
const CONFLICT: &str = "conflict";

/// What somebody is typing, field by field.
type Typed = BTreeMap<String, String>;

/// The page, or what stands beside a list.
#[component]
pub fn TaskPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |last: Option<&Option<TaskId>>| match params.with(|params| params.get("id")) {
        Some(id) => id.parse().ok(),
        // It is being left.
        None => last.copied().flatten(),
    });
    let list = use_task_list();
    let t = &use_texts().detail;
    view! {
        <article id="opened" class="area-task" tabindex="-1">
            // Each task with a form of its own.
            {move || {
                let id = id.get();
                view! {
                    <A href=list.way_back().0 scroll=false attr:class="icon close-task" attr:title=t.close attr:aria-label=t.close>
                        <Icon name=IconName::Close />
                    </A>
                    <OpenedTask id />
                }
            }}
        </article>
    }
}

/// One task; `None` is one that can't be.
#[component]
fn OpenedTask(id: Option<TaskId>) -> impl IntoView {
    let t = &use_texts().detail;
    let query = use_query_map();
    let before =
        Memo::new(move |_| query.with(|query| query.get("before")).and_then(|number| number.parse::<i64>().ok()));
    let detail = Resource::new_blocking(
        move || before.get(),
        move |before| async move {
            // What is no id is the id of nothing: the server answers alike, and sets the status of the page.
            get_task(id.unwrap_or(TaskId(Uuid::nil())), before).await
        },
    );
    // It outlives the form, which is built anew with every answer of the server.
    let form = FormState::keyed(EditTask::PATH, id.map(|id| id.to_string()).unwrap_or_default());
    // Where the cursor goes when it has been built.
    let focus_next = StoredValue::new(None);
    let round = StoredValue::new(0u32);
    // What was done to the task elsewhere, such as an undo, is shown; but not in place of what somebody is typing, which the
    // server brings together with it.
    let list = use_task_list();
    let draft = id.and_then(|id| list.take_draft(id));
    if let Some(draft) = &draft {
        form.refuse(None, draft.clone());
    }
    let typing = StoredValue::new(draft);
    // Whoever leaves without saving can go on later.
    let navigate = use_navigate();
    on_cleanup(move || {
        // Nobody is left to say that the page shows what was saved; the list has it already.
        list.saving.try_set(None);
        if let (Some(id), Some(draft)) = (id, typing.try_get_value().flatten()) {
            list.keep_draft(id, draft, move || navigate(&format!("/tasks/{id}"), NavigateOptions::default()));
        }
    });
    let hand = use_hand();
    // Only in the browser.
    Effect::new(move |_| {
        if let Some(id) = id {
            mark(id, true);
            on_cleanup(move || {
                mark(id, false);
                hand.close(id);
            });
        }
    });
    // However it is deleted: what is gone isn't open.
    let leave = use_navigate();
    Effect::new(move |_| {
        if id.is_some_and(|id| list.is_trashing(id)) {
            leave(&list.way_back().0, NavigateOptions { scroll: false, ..Default::default() });
        }
    });
    // Leaving for another document would lose what is typed: the browser asks first.
    Effect::new(move |_| {
        let listener = window_event_listener(leptos::ev::beforeunload, move |event| {
            if typing.try_get_value().flatten().is_some() {
                event.prevent_default();
            }
        });
        on_cleanup(move || listener.remove());
    });
    Effect::new(move |opened: Option<()>| {
        let this = list.changed.with(|changed| id.is_some_and(|id| changed.contains(&id)));
        if this && opened.is_some() {
            if typing.with_value(Option::is_none) {
                round.update_value(|round| *round += 1);
            }
            detail.refetch();
        }
    });
    let saved = Memo::new(move |_| query.with(|query| query.get("done")));
    view! {
        <Transition fallback=|| view! { <Loading words=t.fetching /> }>
            {move || Suspend::new(async move {
                let answer = detail.await;
                built_once().await;
                if list.saving.with_untracked(Option::is_some) {
                    list.saving.set(None);
                }
                match answer {
                    Ok(answer) => view! { <Detail form focus_next round typing answer saved refetch=move || detail.refetch() /> }.into_any(),
                    Err(AppError::NotFound) => view! { <NotFound /> }.into_any(),
                    Err(AppError::NotLoggedIn) => view! { <Redirect path=login_path("/tasks") /> }.into_any(),
                    Err(error) => view! { <Failed error /> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// The task, what can be done with it, and what happened to it.
#[component]
fn Detail(
    form: FormState,
    focus_next: StoredValue<Option<&'static str>>,
    round: StoredValue<u32>,
    typing: StoredValue<Option<Typed>>,
    answer: TaskDetail,
    saved: Memo<Option<String>>,
    refetch: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let TaskDetail { task, created, updated, completed, now, history, older } = answer;
    let list = use_task_list();
    let today = now.day;
    use_hand().open(task.clone(), now);
    let shown = StoredValue::new(task.clone());
    let page = StoredValue::new(format!("/tasks/{}", task.id));
    Effect::new(move |_| {
        let next = focus_next.try_update_value(Option::take).flatten();
        // Whoever has gone on meanwhile stays there.
        let in_form = active().is_some_and(|active| active.closest(".editor").ok().flatten().is_some());
        if let Some(next) = next.filter(|next| *next == CONFLICT || in_form || is_at_rest()) {
            focus(next);
        }
    });
    let (back, label) = list.way_back();
    let url = format!("/tasks/{}", task.id);
    // What was saved is seen before the server has answered.
    let head = Memo::new(move |_| {
        let saving = list.saving.get().filter(|saving| shown.with_value(|task| task.id == saving.id));
        let task = saving.unwrap_or_else(|| shown.get_value());
        (task.title.as_str().to_owned(), task.completed())
    });
    let (title, is_completed) = (move || head.with(|head| head.0.clone()), move || head.with(|head| head.1));
    let (t, calendar) = (&use_texts().detail, &use_texts().calendar);
    let times =
        [(t.added, Some(created)), (t.changed, Some(updated).filter(|at| *at != created)), (t.completed, completed)];
    let times = times.into_iter().filter_map(|(said, at)| at.map(|at| said(&calendar.within(at, today))));
    view! {
        <PageTitle title=task.title.as_str() />
        <p class="back"><A href=back scroll=false>{format!("← {label}")}</A></p>
        <Saved saved url=url.clone() refetch />
        <Refusal actions=&[TrashTasks::PATH, RestoreTasks::PATH, ReopenTasks::PATH, UndoChange::PATH] />
        <div class="page-head task-head" class:completed=is_completed>
            <h1 dir="auto">{title}</h1>
        </div>
        {task.trashed.is_some().then(|| view! { <InTrash task=task.clone() url=url.clone() /> })}
        {task.archived.filter(|_| task.trashed.is_none()).map(|_| view! { <Archived task=task.clone() url=url.clone() /> })}
        // A new form with every answer: in an old one, a field that somebody has typed in keeps its text whatever is there now.
        <For each=move || [round.get_value()] key=|round| *round let:_>
            <Editor form focus_next round typing task=shown.get_value() url=page.get_value() refetch />
        </For>
        <p class="times">{times.collect::<Vec<_>>().join(" · ")}</p>
        {task.trashed.is_none().then(|| view! { <div><Delete list task=task.clone() /></div> })}
        <History history older url today />
    }
}

/// Without scripts, that the change was saved, and a way back.
#[component]
fn Saved(saved: Memo<Option<String>>, url: String, refetch: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let navigate = use_navigate();
    let (toasts, t) = (use_toasts(), use_texts());
    let back = url.clone();
    let undo = move |_| {
        let Some(change) = saved.get_untracked().and_then(|id| id.parse().ok()) else { return };
        let (navigate, back) = (navigate.clone(), back.clone());
        leptos::task::spawn_local(async move {
            match undo_change(change, Some(new_change())).await {
                Ok(_) => {
                    navigate(&back, NavigateOptions { replace: true, ..Default::default() });
                    refetch();
                }
                Err(error) => toasts.warn((t.errors.app)(&error), Vec::new()),
            }
        });
    };
    let undo = StoredValue::new(undo);
    view! {
        {move || saved.get().map(|change| view! {
            <div class="banner" role="status">
                <p>{t.common.saved}</p>
                <Form action=UndoChange::PATH next=url.clone() on_submit=move |event| undo.with_value(|undo| undo(event))>
                    <input type="hidden" name="undone" value=change />
                    <button type="submit" class="quiet">{t.common.undo}</button>
                </Form>
            </div>
        })}
    }
}

/// The form with everything that can be set.
#[component]
fn Editor(
    form: FormState,
    focus_next: StoredValue<Option<&'static str>>,
    round: StoredValue<u32>,
    typing: StoredValue<Option<Typed>>,
    task: Task,
    url: String,
    refetch: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let list = use_task_list();
    let t = use_texts();
    let common = &t.common;
    let id = task.id;
    let version = task.version;
    let before = task.clone();
    if round.get_value() > 0 {
        typing.set_value(None);
    }
    let on_input = move |event: Event| typing.set_value(Some(values(&typed_task(&event))));
    let save = move |event: SubmitEvent| {
        if form.pending() {
            return;
        }
        let typed_values = typed_task(&event);
        let draft = match TaskDraft::parse(&typed_values) {
            Ok(draft) => draft,
            Err(error) => return form.set_error(Some(error)),
        };
        let theirs: BTreeMap<_, _> = ["title", "description", "status", "priority", "due_date"]
            .map(|field| (field.to_owned(), typed(&event, &format!("theirs[{field}]"))))
            .into();
        let before = before.clone();
        form.set_pending(true);
        list.saving.set(Some(before.with(draft)));
        leptos::task::spawn_local(async move {
            let TypedTask { title, description, status, priority, due_date, due_time } = typed_values.clone();
            let change = Some(new_change());
            let answer =
                edit_task(id, version, title, description, status, priority, due_date, due_time, theirs, change).await;
            form.set_pending(false);
            if answer.is_err() {
                list.saving.set(None);
            }
            match answer {
                Ok(changed) => {
                    form.refuse(None, BTreeMap::new());
                    typing.set_value(None);
                    list.edited(&changed, before, common.saved);
                    let here = round.try_get_value().is_some();
                    list.saving.set(changed.tasks.into_iter().next().filter(|_| here));
                    focus_next.set_value(Some("edit-task-save"));
                    round.update_value(|round| *round += 1);
                    refetch();
                }
                // What is there now is shown beside what was typed.
                Err(error @ AppError::Conflict(_)) => {
                    form.refuse(Some(error), values(&typed_values));
                    focus_next.set_value(Some(CONFLICT));
                    round.update_value(|round| *round += 1);
                    refetch();
                }
                Err(error) => form.set_error(Some(error)),
            }
        });
    };
    let shown = task.draft().typed();
    let due = task.due.map_or_else(
        || t.detail.no_date.to_owned(),
        |due| due.time.map_or_else(|| due.day.to_string(), |time| format!("{} {time}", due.day)),
    );
    let other = move |field: &'static str, text: String| view! { <Other form field text /> };
    let description = task.description.as_ref().map_or("", Description::as_str).to_owned();
    view! {
        <div id=CONFLICT tabindex="-1"><FormMessage form /></div>
        <Form action=EditTask::PATH next=next_with_undo(&url) on_submit=save class="editor card" on:input=on_input>
            <input type="hidden" name="id" value=id.to_string() />
            <input type="hidden" name="version" value=version.to_string() />
            <Field form name="title" label=common.title value=task.title.as_str() />
            {other("title", task.title.as_str().to_owned())}
            <Field form name="description" label=common.description value=description.clone() lines=5 />
            {other("description", if description.is_empty() { common.nothing.to_owned() } else { description })}
            <div class="fields">
                <StatusField form value=task.status />
                <PriorityField form value=task.priority />
                <Field form name="due_date" label=common.due kind="date" value=shown.due_date />
                <Field form name="due_time" label=common.time kind="time" value=shown.due_time />
            </div>
            {other("status", (t.tasks.status)(task.status).to_owned())}
            {other("priority", (t.tasks.priority)(task.priority).to_owned())}
            {other("due_date", due)}
            <p class="actions">
                <button type="submit" class="button" id="edit-task-save" aria-disabled=move || form.pending().then_some("true")>
                    {move || if form.pending() { common.saving } else { common.save }}
                </button>
            </p>
        </Form>
    }
}

/// What a field was changed to elsewhere, and the choice between that and what was typed. It stands in the form that was built
/// with what is there now: the one before it knows only the text of before.
#[component]
fn Other(form: FormState, field: &'static str, text: String) -> impl IntoView {
    let t = &use_texts().detail;
    let name = format!("theirs[{field}]");
    form.is_in_conflict(field).then(|| {
        view! {
            <fieldset class="conflict">
                <legend>{(t.conflict)(field)}</legend>
                <blockquote dir="auto">{text}</blockquote>
                <label>
                    <input type="radio" name=name.clone() value="mine" checked=true autocomplete="off" />
                    {t.mine}
                </label>
                <label>
                    <input type="radio" name=name value="theirs" autocomplete="off" />
                    {t.theirs}
                </label>
            </fieldset>
        }
    })
}

fn values(typed: &TypedTask) -> BTreeMap<String, String> {
    let TypedTask { title, description, status, priority, due_date, due_time } = typed.clone();
    let names = ["title", "description", "status", "priority", "due_date", "due_time"];
    names.map(str::to_owned).into_iter().zip([title, description, status, priority, due_date, due_time]).collect()
}

#[component]
fn Delete(list: TaskList, task: Task) -> impl IntoView {
    let id = task.id;
    let on_submit = move |_| list.run_with(Act::Trash(vec![id]), vec![task.clone()]);
    view! {
        <Form action=TrashTasks::PATH next=with("/tasks", "done", CHANGE) on_submit class="delete">
            <input type="hidden" name="ids[0]" value=id.to_string() />
            <button type="submit" class="quiet danger">{use_texts().detail.delete}</button>
        </Form>
    }
}

/// That the task is archived, and the way out.
#[component]
fn Archived(task: Task, url: String) -> impl IntoView {
    let list = use_task_list();
    let id = task.id;
    let on_submit = move |_| {
        list.run_with(Act::Reopen(vec![id]), vec![task.clone()]);
    };
    let t = use_texts();
    view! {
        <div class="banner">
            <p>{t.detail.archived}</p>
            <Form action=ReopenTasks::PATH next=url on_submit>
                <input type="hidden" name="ids[0]" value=id.to_string() />
                <button type="submit" class="quiet">{t.common.reopen}</button>
            </Form>
        </div>
    }
}

/// That the task lies in the trash, and the way out.
#[component]
fn InTrash(task: Task, url: String) -> impl IntoView {
    let list = use_task_list();
    let id = task.id;
    let on_submit = move |_| {
        list.run_with(Act::Restore(vec![id]), vec![task.clone()]);
    };
    let t = use_texts();
    view! {
        <div class="banner">
            <p>{t.detail.in_trash}</p>
            <Form action=RestoreTasks::PATH next=url on_submit>
                <input type="hidden" name="ids[0]" value=id.to_string() />
                <button type="submit" class="quiet">{t.common.restore}</button>
            </Form>
        </div>
    }
}
