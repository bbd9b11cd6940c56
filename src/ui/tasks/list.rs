//! The page of tasks as the browser holds it: what the server confirmed, and the changes on their way to it.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use leptos::{
    ev::PointerEvent,
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlInputElement, HtmlTextAreaElement, Node},
};

use super::{
    counter::{Counter, use_counter},
    focus::{current, focus_task},
};
use crate::{
    SERVER,
    domain::{
        change::{self, Act, Change, Changed, Window},
        id::{ChangeId, TaskId},
        path::login_path,
        query::{TaskPage, TaskQuery, View},
        task::{Task, TaskDraft, TypedTask},
    },
    error::AppError,
    fns::tasks::{
        add_task, add_tasks, complete_tasks, list_tasks, move_task, reopen_tasks, restore_tasks, set_due, set_priority,
        set_status, trash_tasks, undo_change,
    },
    ui::{
        form::keep_focus,
        random::new_change,
        toast::{Button, Toasts, use_toasts},
    },
};

/// A change that can be taken back.
#[derive(Clone)]
struct Undo {
    change: Change,
    /// The tasks as they were before it.
    before: Vec<Task>,
    /// The toast that offers it.
    toast: u64,
}

/// The tasks. They belong to the application rather than to a page, so that changes on their way arrive even when the person goes to
/// another page.
#[derive(Clone, Copy)]
pub struct TaskList {
    confirmed: RwSignal<Option<Window>>,
    pending: RwSignal<Vec<Change>>,
    /// A task as somebody has just edited it on its page, until the server has answered and the page shows that.
    pub saving: RwSignal<Option<Task>>,
    /// What can be taken back, the last one at the end.
    undo: StoredValue<Vec<Undo>>,
    /// The last changes that the server made.
    answered: StoredValue<Answered>,
    /// The tasks that the server has changed last.
    pub changed: RwSignal<Vec<TaskId>>,
    /// The task that is being dragged, and the one that it is held over, with whether it would go above that.
    pub dragged: RwSignal<Option<TaskId>>,
    /// See [`TaskList::dragged`].
    pub over: RwSignal<Option<(TaskId, bool)>>,
    toasts: Toasts,
}

impl TaskList {
    /// Makes an empty one for the application.
    pub fn provide() {
        let list = Self {
            confirmed: RwSignal::new(None),
            pending: RwSignal::new(Vec::new()),
            saving: RwSignal::new(None),
            undo: StoredValue::new(Vec::new()),
            answered: StoredValue::new(Answered::new(use_counter())),
            changed: RwSignal::new(Vec::new()),
            dragged: RwSignal::new(None),
            over: RwSignal::new(None),
            toasts: use_toasts(),
        };
        // Only in the browser.
        Effect::new(move |_| {
            // Leaving now would lose what is on its way: the browser asks first.
            let _ = window_event_listener(leptos::ev::beforeunload, move |event| {
                if list.is_sending() {
                    event.prevent_default();
                }
            });
            let _ = window_event_listener(leptos::ev::pointerdown, |event| close_menus(&event));
            let _ = window_event_listener(leptos::ev::input, move |_| {
                list.answered.update_value(|answered| answered.typed = true);
            });
        });
        provide_context(list);
    }

    /// The page of tasks that the person was on last, and what it is called; all tasks if there was none.
    pub fn way_back(self) -> (String, &'static str) {
        let view = self.confirmed.with_untracked(|window| window.as_ref().map(|window| window.view.clone()));
        let t = self.toasts.texts;
        let label = match &view {
            Some(View::Today(_)) => t.layout.today,
            Some(View::Upcoming(_)) => t.layout.upcoming,
            Some(View::Board) => t.layout.board,
            Some(View::Trash(_)) => t.layout.trash,
            Some(View::Tasks(query)) if *query != TaskQuery::default() => t.tasks.back_to_list,
            _ => t.tasks.all_tasks,
        };
        (view.map_or_else(|| "/tasks".to_owned(), |view| view.url()), label)
    }

    /// Whether somebody is deleting this task.
    pub fn is_trashing(self, id: TaskId) -> bool {
        self.pending
            .with(|pending| pending.iter().any(|change| matches!(&change.act, Act::Trash(ids) if ids.contains(&id))))
    }

    /// Keeps what somebody was writing when they left the page of a task, and offers the way back to it.
    pub fn keep_draft(self, id: TaskId, draft: BTreeMap<String, String>, back: impl Fn() + Send + Sync + 'static) {
        let title = draft.get("title").map(String::as_str).unwrap_or_default();
        let t = &self.toasts.texts.tasks;
        let text = (t.draft)(title);
        self.answered.update_value(|answered| answered.draft = Some((id, draft)));
        self.toasts.warn(text, vec![Button::new(t.go_on, back)]);
    }

    /// What somebody was writing on the page of this task.
    pub fn take_draft(self, id: TaskId) -> Option<BTreeMap<String, String>> {
        let draft = self.answered.try_update_value(|answered| answered.draft.take_if(|(of, _)| *of == id));
        draft.flatten().map(|(_, draft)| draft)
    }

    /// How many changes were answered: a page that is asked for now may be read before those that come.
    pub fn moment(self) -> u64 {
        self.answered.with_value(|answered| answered.count)
    }

    /// Takes over what the server says there is. `since`: the moment at which it was asked for.
    pub fn show(self, view: View, page: TaskPage, since: u64) {
        let mut window = Window::new(view, page);
        let stale = self.answered.try_update_value(|answered| {
            for (act, tasks) in answered.since(since) {
                window.confirm(act, tasks.clone());
            }
            // Whether the page counted them already, it doesn't say.
            answered.stale |= answered.count > since;
            answered.stale
        });
        if SERVER {
            // Nobody waits for news there: who were told would only look at everything again.
            self.confirmed.try_update_untracked(|confirmed| *confirmed = Some(window));
            return;
        }
        self.confirmed.set(Some(window));
        if stale.unwrap_or_default() && !self.is_sending() {
            leptos::task::spawn_local(self.fill_up());
        }
    }

    /// What to show: the confirmed page with the changes on their way.
    pub fn shown(self) -> Memo<Option<Window>> {
        Memo::new(move |_| self.with_changes(self.confirmed.get()))
    }

    fn with_changes(self, window: Option<Window>) -> Option<Window> {
        let mut window = window?;
        self.pending.with(|pending| pending.iter().for_each(|change| window.apply(&change.act)));
        self.saving.with(|task| task.iter().for_each(|task| window.edit(task)));
        Some(window)
    }

    /// What is shown at this moment.
    pub fn window(self) -> Option<Window> {
        untrack(|| self.with_changes(self.confirmed.get()))
    }

    /// The tasks with these ids, as they are shown.
    pub fn tasks(self, ids: &[TaskId]) -> Vec<Task> {
        self.window().map(|window| ids.iter().filter_map(|id| window.task(*id).cloned()).collect()).unwrap_or_default()
    }

    /// Adds tasks, the first on top.
    pub fn add(self, drafts: Vec<TaskDraft>) {
        let mut number = self.answered.with_value(|answered| answered.names.0) + drafts.len() as u64;
        self.answered.update_value(|answered| answered.names.0 = number);
        let name = |draft| {
            number -= 1;
            (change::local_id(number), draft)
        };
        self.run(Act::Add(drafts.into_iter().map(name).collect()));
    }

    fn counter(self) -> Counter {
        self.answered.with_value(|answered| answered.counter)
    }

    /// Whether changes are on their way.
    pub fn is_sending(self) -> bool {
        self.answered.with_value(|answered| answered.sending)
    }

    /// Runs `then` once nothing is on its way any more; not at all if one of the changes was refused meanwhile, because
    /// its message wants an answer first.
    pub fn when_settled(self, then: impl Fn() + Send + Sync + 'static) {
        if self.is_sending() {
            self.answered.update_value(|answered| answered.waiting.push(Arc::new(then)));
        } else {
            then();
        }
    }

    /// Does something with tasks of this page, shows it at once, and offers to take it back.
    pub fn run(self, mut act: Act) {
        self.rename(&mut act);
        let before = self.tasks(&act.tasks());
        self.run_with(act, before);
    }

    /// The same with tasks that may not be on a page of tasks, as they are before it.
    pub fn run_with(self, act: Act, before: Vec<Task>) {
        self.answered.update_value(|answered| answered.typed = false);
        let change = Change { id: new_change(), act };
        self.counter().begun(&change, &before);
        let t = self.toasts.texts;
        match words(&change.act, &before) {
            Some((done, count, title)) => {
                let id = change.id;
                let button = Button::new(t.common.undo, move || self.undo_change(id));
                let toast = self.toasts.tell((t.tasks.told)(done, count, &title), vec![button]);
                self.undo.update_value(|undo| undo.push(Undo { change: change.clone(), before, toast }));
            }
            None => drop(self.toasts.tell(t.tasks.taken_back, Vec::new())),
        }
        self.send(change);
    }

    /// Takes over a task that was edited on its page, tells so, and offers to take it back.
    pub fn edited(self, changed: &Changed, before: Task, text: &str) {
        // Of what it was edited to, the page of tasks gets to know from the answer.
        let act = Act::SetStatus(vec![before.id], before.status);
        self.answered.update_value(|answered| answered.push(act.clone(), changed.tasks.clone()));
        self.confirmed
            .update(|window| window.iter_mut().for_each(|window| window.confirm(&act, changed.tasks.clone())));
        if is_unchanged(&changed.tasks, std::slice::from_ref(&before)) {
            self.toasts.tell(self.toasts.texts.tasks.unchanged, Vec::new());
            return;
        }
        self.counter().refresh(self);
        let id = changed.change;
        let button = Button::new(self.toasts.texts.common.undo, move || self.undo_change(id));
        let toast = self.toasts.tell(text, vec![button]);
        let change = Change { id, act: Act::Restore(vec![before.id]) };
        self.undo.update_value(|undo| undo.push(Undo { change, before: vec![before], toast }));
    }

    /// Whether the keyboard belongs to a field at the moment, so that Ctrl+Z is about what is typed there.
    pub fn is_typing(self) -> bool {
        is_typing(self.answered.with_value(|answered| answered.typed))
    }

    /// Takes the last change back; gives whether there was one.
    pub fn undo_last(self) -> bool {
        self.undo(|_| true)
    }

    /// Takes back one change.
    fn undo_change(self, id: ChangeId) {
        self.undo(|undo| undo.change.id == id);
    }

    /// Takes back the last change that fits.
    fn undo(self, fits: impl Fn(&Undo) -> bool) -> bool {
        let found = self.undo.try_update_value(|undo| {
            let place = undo.iter().rposition(&fits);
            place.map(|place| undo.remove(place))
        });
        let Some(Undo { change, before, toast }) = found.flatten() else { return false };
        self.toasts.close(toast);
        keep_focus();
        let added = if let Act::Add(..) = change.act { change.act.tasks() } else { Vec::new() };
        let back = before.first().map(|task| task.id);
        self.run(Act::Undo(change.id, before, added));
        // What came back is what the person looks at next.
        if let Some(back) = back {
            come_back(back);
        }
        true
    }

    /// Something may still know a task by the id that it had before the server named it.
    fn rename(self, act: &mut Act) {
        self.answered.with_value(|answered| {
            answered.names.1.iter().for_each(|(local, known)| act.rename(*local, *known));
        });
    }

    /// Shows a change at once and sends it. Changes go out one after the other, so the server sees them in the order in which
    /// they were made.
    fn send(self, mut change: Change) {
        self.rename(&mut change.act);
        self.pending.update(|pending| pending.push(change));
        if self.is_sending() {
            return;
        }
        self.answered.update_value(|answered| answered.sending = true);
        leptos::task::spawn_local(async move {
            while let Some(change) = self.pending.with_untracked(|pending| pending.first().cloned()) {
                let answer = call(change.clone()).await;
                batch(|| self.settle(&change, answer));
            }
            self.answered.update_value(|answered| answered.sending = false);
            self.counter().refresh(self);
            let waiting = self.answered.try_update_value(|answered| std::mem::take(&mut answered.waiting));
            for then in waiting.unwrap_or_default() {
                then();
            }
            self.fill_up().await;
        });
    }

    /// The answer to the first change on its way.
    fn settle(self, change: &Change, answer: Result<Changed, AppError>) {
        self.pending.update(|pending| {
            pending.remove(0);
        });
        match answer {
            Ok(Changed { tasks, .. }) => {
                self.changed.set(tasks.iter().map(|task| task.id).collect());
                if let Act::Add(_) = &change.act {
                    self.name(&change.act.tasks(), &tasks);
                }
                let undo = self.undo.try_update_value(|undo| {
                    let place =
                        undo.iter().position(|undo| undo.change.id == change.id && is_unchanged(&tasks, &undo.before));
                    place.map(|place| undo.remove(place))
                });
                if let Some(undo) = undo.flatten() {
                    self.toasts.close(undo.toast);
                    self.toasts.tell(self.toasts.texts.tasks.unchanged, Vec::new());
                }
                self.answered.update_value(|answered| answered.push(change.act.clone(), tasks.clone()));
                self.confirmed.update(|window| {
                    if let Some(window) = window {
                        // Whether what comes back to the page had left the view, or only the page, the page can't know.
                        let returned = tasks.iter().any(|task| window.task(task.id).is_none());
                        if returned && matches!(change.act, Act::Undo(..)) {
                            self.answered.update_value(|answered| answered.stale = true);
                        }
                        window.confirm(&change.act, tasks);
                    }
                });
                self.tell_of_hidden(change);
            }
            Err(error) => {
                // What was done to a task that now isn't there has nothing to be done to.
                if let Act::Add(_) = change.act {
                    let gone = change.act.tasks();
                    self.pending.update(|pending| {
                        pending.retain(|later| !later.act.tasks().iter().any(|task| gone.contains(task)));
                    });
                }
                self.counter().refused(change.id);
                // It never was done: there is nothing to take back.
                let undo = self.undo.try_update_value(|undo| {
                    let place = undo.iter().position(|undo| undo.change.id == change.id);
                    place.map(|place| undo.remove(place))
                });
                let before = undo.flatten().map(|undo| {
                    self.toasts.close(undo.toast);
                    undo.before
                });
                self.answered.update_value(|answered| answered.waiting.clear());
                self.refused(change.clone(), &before.unwrap_or_default(), &error);
            }
        }
    }

    /// The server has named tasks that were added here. Later ones have greater ids, as they have here.
    fn name(self, locals: &[TaskId], tasks: &[Task]) {
        let sorted = |ids: &mut Vec<TaskId>| ids.sort_unstable();
        let (mut locals, mut known) = (locals.to_vec(), tasks.iter().map(|task| task.id).collect());
        sorted(&mut locals);
        sorted(&mut known);
        for (local, known) in locals.into_iter().zip(known) {
            if current() == Some(local) {
                // Its row is about to be made anew.
                come_back(known);
            }
            self.answered.update_value(|answered| answered.names.1.push((local, known)));
            self.pending.update(|pending| pending.iter_mut().for_each(|later| later.act.rename(local, known)));
            self.undo.update_value(|undo| undo.iter_mut().for_each(|undo| undo.change.act.rename(local, known)));
        }
    }

    /// New tasks that this page doesn't show are somewhere else: says so.
    fn tell_of_hidden(self, change: &Change) {
        let Act::Add(new) = &change.act else { return };
        let added = self.undo.with_value(|undo| {
            undo.iter().find(|undo| undo.change.id == change.id).map(|undo| undo.change.act.tasks())
        });
        let Some(ids) = added else { return };
        let shows = |window: &Window| ids.iter().all(|id| window.task(*id).is_some());
        if self.confirmed.with_untracked(|window| window.as_ref().is_none_or(shows)) {
            return;
        }
        let change = change.id;
        let t = self.toasts.texts;
        let button = Button::new(t.common.undo, move || self.undo_change(change));
        let title = new.first().map_or("", |(_, draft)| draft.title.as_str());
        let text = (t.tasks.elsewhere)(new.len(), title);
        let toast = self.toasts.tell(text, vec![button]);
        self.undo.update_value(|undo| {
            undo.iter_mut().filter(|undo| undo.change.id == change).for_each(|undo| undo.toast = toast);
        });
    }

    /// The change is rolled back already, because it isn't on its way any more. Says so, and what to do.
    fn refused(self, change: Change, before: &[Task], error: &AppError) {
        let t = self.toasts.texts;
        let what = match (words(&change.act, before), &change.act, error) {
            // The server may have taken it, and only its answer was lost. A second try is safe: it is known by its id.
            (Some((_, _, title)), Act::Add(new), AppError::Unreachable) => (t.tasks.maybe_not_added)(new.len(), &title),
            (Some((done, count, title)), ..) => (t.tasks.not_told)(done, count, &title),
            (None, ..) => t.tasks.not_taken_back.to_owned(),
        };
        let again = Button::new(t.common.try_again, move || self.send(change.clone()));
        let buttons = match error {
            AppError::NotFound | AppError::Superseded | AppError::Invalid(_) => Vec::new(),
            // In another tab, so that what was written stays here and can be tried again.
            AppError::NotLoggedIn => vec![
                Button::new(t.common.log_in, || {
                    drop(window().open_with_url_and_target(&login_path("/tasks"), "_blank"));
                })
                .staying(),
                again,
            ],
            _ => vec![again],
        };
        self.toasts.warn(format!("{what} {}", (t.errors.app)(error)), buttons);
    }

    /// Asks for the page again where its numbers may be wrong, or where many of its tasks have gone elsewhere and there are more to
    /// come.
    async fn fill_up(self) {
        let stale = self.answered.try_update_value(|answered| std::mem::take(&mut answered.stale)).unwrap_or_default();
        let wants = |window: &Window| {
            let size = usize::from(window.view.query(window.now).size);
            let more = window.next.is_some() || matches!(window.view, View::Board);
            stale || more && window.tasks.len() < size / 2 && window.total.0 as usize > window.tasks.len()
        };
        let view = self
            .confirmed
            .with_untracked(|window| window.as_ref().filter(|window| wants(window)).map(|window| window.view.clone()));
        let Some(view) = view else { return };
        let since = self.moment();
        if let Ok(page) = list_tasks(view.url()).await {
            let same =
                self.confirmed.with_untracked(|window| window.as_ref().is_some_and(|window| window.view == view));
            if same && !self.is_sending() {
                self.show(view, page, since);
            } else if stale {
                self.answered.update_value(|answered| answered.stale = true);
            }
        }
    }
}

/// What nobody has to hear of: the last changes that the server made, how many there were in all, and what goes with them. In one place,
/// because each place makes a list larger.
struct Answered {
    count: u64,
    /// Whether changes are on their way.
    sending: bool,
    /// What waits until nothing is on its way any more.
    waiting: Vec<Arc<dyn Fn() + Send + Sync>>,
    /// How many tasks were added here, and what the server has called them.
    names: (u64, Vec<(TaskId, TaskId)>),
    counter: Counter,
    /// Whether the numbers of the page may be wrong since.
    stale: bool,
    /// Whether somebody has typed since the last change was made.
    typed: bool,
    /// What somebody was writing on the page of a task, field by field.
    draft: Option<(TaskId, BTreeMap<String, String>)>,
    last: VecDeque<(Act, Vec<Task>)>,
}

impl Answered {
    /// More than a person makes while a page is on its way.
    const KEPT: usize = 50;

    fn new(counter: Counter) -> Self {
        Self {
            count: 0,
            sending: false,
            waiting: Vec::new(),
            names: (0, Vec::new()),
            counter,
            stale: false,
            typed: false,
            draft: None,
            last: VecDeque::new(),
        }
    }

    fn push(&mut self, act: Act, tasks: Vec<Task>) {
        self.count += 1;
        self.last.push_back((act, tasks));
        if self.last.len() > Self::KEPT {
            self.last.pop_front();
        }
    }

    /// Those after the first `count`.
    fn since(&self, count: u64) -> impl Iterator<Item = &(Act, Vec<Task>)> {
        let new = usize::try_from(self.count.saturating_sub(count)).unwrap_or(usize::MAX);
        self.last.iter().skip(self.last.len().saturating_sub(new))
    }
}

/// The list of the application that this component is part of.
pub fn use_task_list() -> TaskList {
    use_context().unwrap_or_else(|| {
        TaskList::provide();
        expect_context()
    })
}

/// Whether the keyboard belongs to a field at the moment: one with a text that somebody has typed. `since`: whether somebody has typed
/// since the last change.
fn is_typing(since: bool) -> bool {
    let Some(active) = document().active_element() else { return false };
    let (kind, text) = if let Some(input) = active.dyn_ref::<HtmlInputElement>() {
        (input.type_(), input.value())
    } else if let Some(area) = active.dyn_ref::<HtmlTextAreaElement>() {
        ("text".to_owned(), area.value())
    } else {
        return false;
    };
    !matches!(kind.as_str(), "checkbox" | "radio" | "button" | "submit") && (since || !text.is_empty())
}

/// Moves the focus to a task that came back, but not out of a field.
fn come_back(task: TaskId) {
    request_animation_frame(move || {
        if !is_typing(false) {
            focus_task(task);
        }
    });
}

/// A menu closes when somebody points elsewhere.
fn close_menus(event: &PointerEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<Node>().ok());
    let Ok(menus) = document().query_selector_all(".menu-of-task[open]") else { return };
    for menu in (0..menus.length()).filter_map(|index| menus.get(index)) {
        if !menu.contains(target.as_ref())
            && let Ok(menu) = menu.dyn_into::<Element>()
        {
            let _ = menu.remove_attribute("open");
        }
    }
}

/// Whether a change left all tasks as they were.
fn is_unchanged(tasks: &[Task], before: &[Task]) -> bool {
    let version = |task: &Task| before.iter().find(|before| before.id == task.id).map(|before| before.version);
    !before.is_empty() && tasks.iter().all(|task| version(task) == Some(task.version))
}

/// What an act does, to how many tasks, and the title of the first; `None` for an undo.
fn words(act: &Act, before: &[Task]) -> Option<(&'static str, usize, String)> {
    let action = match act {
        Act::Add(new) => {
            let title = new.first().map(|(_, draft)| draft.title.as_str().to_owned());
            return Some(("add", new.len(), title.unwrap_or_default()));
        }
        Act::Undo(..) => return None,
        Act::Complete(_) => "complete",
        Act::Reopen(_) => "reopen",
        Act::SetStatus(..) | Act::SetPriority(..) | Act::SetDue(..) => "edit",
        Act::Trash(_) => "trash",
        Act::Restore(_) => "restore",
        Act::Move(..) => "move",
    };
    let title = before.first().map(|task| task.title.as_str().to_owned()).unwrap_or_default();
    Some((action, act.tasks().len(), title))
}

async fn call(Change { id, act }: Change) -> Result<Changed, AppError> {
    let id = Some(id);
    match act {
        Act::Add(new) => {
            let mut typed: Vec<_> = new.iter().map(|(_, draft)| draft.typed()).collect();
            match typed.pop().filter(|_| typed.is_empty()) {
                Some(TypedTask { title, description, status, priority, due_date, due_time }) => {
                    add_task(title, description, status, priority, due_date, due_time, false, id).await
                }
                None => add_tasks(new.iter().map(|(_, draft)| draft.typed()).collect(), id).await,
            }
        }
        Act::Complete(ids) => complete_tasks(ids, id).await,
        Act::Reopen(ids) => reopen_tasks(ids, id).await,
        Act::SetStatus(ids, status) => set_status(status.as_str().to_owned(), ids, id).await,
        Act::SetPriority(ids, priority) => set_priority(priority.as_str().to_owned(), ids, id).await,
        Act::SetDue(ids, due) => {
            let day = due.map(|due| due.day.to_string()).unwrap_or_default();
            let time = due.and_then(|due| due.time).map(|time| time.to_string()).unwrap_or_default();
            set_due(day, time, ids, id).await
        }
        Act::Trash(ids) => trash_tasks(ids, id).await,
        Act::Restore(ids) => restore_tasks(ids, id).await,
        Act::Move(task, place, status) => {
            let status = status.map(|status| status.as_str().to_owned()).unwrap_or_default();
            move_task(task, place.text(), status, id).await
        }
        Act::Undo(change, ..) => undo_change(change, id).await,
    }
}
