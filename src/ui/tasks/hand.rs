//! What keys do with tasks.

use leptos::prelude::*;

use super::{
    bulk::{chosen, start_selecting, unselect},
    focus::{Part, current, focus_beside, focus_first, focus_task, follow, step, step_aside},
    list::{TaskList, use_task_list},
    listing::neighbours,
};
use crate::{
    domain::{
        calendar::{Due, Moment},
        change::{Act, Place},
        history::short,
        id::TaskId,
        task::{Priority, Task, TaskStatus},
    },
    texts::KeyTexts,
    ui::{
        focus::{focus_soon, is_at_rest, one},
        keys::Action,
    },
};

/// The tasks that a key is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The selected ones.
    Selected(Vec<TaskId>),
    /// The one whose row has the focus.
    Row(TaskId),
    /// The one that is open.
    Opened(TaskId),
}

impl Target {
    fn ids(&self) -> Vec<TaskId> {
        match self {
            Self::Selected(ids) => ids.clone(),
            Self::Row(id) | Self::Opened(id) => vec![*id],
        }
    }

    /// The only one.
    fn one(&self) -> Option<TaskId> {
        match self {
            Self::Selected(_) => None,
            Self::Row(id) | Self::Opened(id) => Some(*id),
        }
    }
}

/// Where the focus goes when a list comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arrival {
    /// To its beginning.
    First,
    /// To this task.
    Task(TaskId),
}

/// What the keyboard has to do with tasks.
#[derive(Clone, Copy)]
pub struct Hand {
    /// Behind a key of its own: it is large.
    list: StoredValue<TaskList>,
    /// The task that is open, and its owner's clock.
    opened: StoredValue<Option<(Task, Moment)>>,
    /// The row where the focus was last.
    last: StoredValue<Option<TaskId>>,
    arrival: StoredValue<Option<Arrival>>,
}

impl Hand {
    /// Makes one for the application.
    pub fn provide() -> Self {
        let hand = Self {
            list: StoredValue::new(use_task_list()),
            opened: StoredValue::new(None),
            last: StoredValue::new(None),
            arrival: StoredValue::new(None),
        };
        // Only in the browser.
        Effect::new(move |_| {
            let listener = window_event_listener(leptos::ev::focusin, move |_| {
                if let Some(task) = current() {
                    hand.last.set_value(Some(task));
                }
            });
            on_cleanup(move || listener.remove());
        });
        provide_context(hand);
        hand
    }

    fn list(self) -> TaskList {
        self.list.get_value()
    }

    /// A task is open.
    pub fn open(self, task: Task, now: Moment) {
        self.opened.set_value(Some((task, now)));
    }

    /// It is open no longer: the keyboard goes on at its row, once that is there.
    pub fn close(self, id: TaskId) {
        self.opened.try_update_value(|opened| opened.take_if(|(task, _)| task.id == id));
        // Another one took its place.
        if one("#opened").is_some() {
            return;
        }
        self.arrival.try_set_value(Some(Arrival::Task(id)));
        request_animation_frame(move || {
            if is_at_rest() && focus_task(id) {
                self.arrival.try_set_value(None);
            }
        });
    }

    /// A list has come.
    pub fn arrive(self) {
        request_animation_frame(move || match self.arrival.try_update_value(Option::take).flatten() {
            Some(Arrival::First) => drop(focus_first()),
            Some(Arrival::Task(id)) if is_at_rest() => drop(focus_task(id)),
            _ => {}
        });
    }

    /// Whether a task has the focus.
    pub fn is_in_row() -> bool {
        current().is_some()
    }

    /// What keys are about at the moment.
    pub fn target(self) -> Option<Target> {
        let selected = chosen();
        if !selected.is_empty() {
            return Some(Target::Selected(selected));
        }
        let opened = || self.opened.with_value(|opened| opened.as_ref().map(|(task, _)| task.id));
        current().map(Target::Row).or_else(|| opened().map(Target::Opened))
    }

    /// The title of the task that keys are about, or how many there are.
    pub fn named(self, target: Option<&Target>, texts: &KeyTexts) -> Option<String> {
        let title = |task: &Task| format!("“{}”", short(task.title.as_str()));
        match target? {
            Target::Selected(ids) if ids.len() > 1 => Some((texts.selected)(ids.len())),
            Target::Opened(_) => self.opened.with_value(|opened| opened.as_ref().map(|(task, _)| title(task))),
            target => self.list().tasks(&target.ids()).first().map(title),
        }
    }

    /// Whether an action of [`crate::ui::keys::Group::List`] or `Task` is possible.
    pub fn can(self, action: Action, target: Option<&Target>) -> bool {
        match action {
            Action::Next | Action::Previous | Action::Select | Action::SelectAll => one(".task[data-task]").is_some(),
            Action::ColumnBefore | Action::ColumnAfter => one(".board .task").is_some(),
            Action::NextPage => one(".pages [rel=next]").is_some(),
            Action::PreviousPage => one(".pages [rel=prev]").is_some(),
            Action::Filter => true,
            Action::Open | Action::Menu => matches!(target, Some(Target::Row(_))),
            Action::DueDay => target.is_some_and(|target| self.act(Action::DueToday, target).is_some()),
            _ => target.is_some_and(|target| self.act(action, target).is_some()),
        }
    }

    /// Does it; gives whether there was something to do. `go` leads to another page.
    pub fn run(self, action: Action, target: Option<&Target>, go: impl Fn(&str)) -> bool {
        match action {
            Action::Next => step(1, self.last.get_value()),
            Action::Previous => step(-1, self.last.get_value()),
            Action::ColumnBefore => step_aside(-1, self.last.get_value()),
            Action::ColumnAfter => step_aside(1, self.last.get_value()),
            Action::NextPage => self.turn("next"),
            Action::PreviousPage => self.turn("prev"),
            Action::Select => target_row(target).is_some_and(select),
            Action::SelectAll => start_selecting() && press(".bulk .all"),
            Action::Filter => {
                if one(".filters").is_none() {
                    go("/tasks");
                }
                filter(FRAMES);
                true
            }
            Action::Open => target.and_then(Target::one).is_some_and(|id| {
                go(&page_of(id));
                true
            }),
            Action::Menu => current().is_some_and(menu),
            Action::DueDay => target.is_some_and(|target| choose_day(target, go)),
            _ => target.is_some_and(|target| self.change(action, target)),
        }
    }

    /// Leaves what is in the way of the list: the selection, or the task that is open.
    pub fn back(self, go: impl Fn(&str)) -> bool {
        if unselect() {
            return true;
        }
        let opened = self.opened.with_value(Option::is_some);
        if opened {
            go(&self.list().way_back().0);
        }
        opened
    }

    /// The place in the list that the keyboard comes back to. At once: the next key is for the list.
    pub fn rest(self) {
        let last = self.last.get_value();
        if !last.is_some_and(focus_task)
            && let Some(page) = one("#page")
        {
            let _ = page.focus();
        }
    }

    fn turn(self, to: &str) -> bool {
        self.arrival.set_value(Some(Arrival::First));
        press(&format!(".pages [rel={to}]"))
    }

    fn change(self, action: Action, target: &Target) -> bool {
        let moves =
            matches!(action, Action::Up | Action::Down | Action::Top | Action::Bottom | Action::Left | Action::Right);
        let Some(act) = self.act(action, target) else {
            // At an edge too: there the browser would go back.
            return moves && matches!(target, Target::Row(_));
        };
        let leaves = matches!(act, Act::Complete(_) | Act::Reopen(_) | Act::Trash(_) | Act::Restore(_));
        match target {
            Target::Selected(ids) => {
                unselect();
                if leaves {
                    focus_beside(ids, Part::Title);
                } else {
                    self.rest();
                }
            }
            Target::Row(id) if leaves => focus_beside(&[*id], Part::Title),
            Target::Row(id) => follow(*id),
            Target::Opened(_) => {
                let before = self.opened.get_value().map(|(task, _)| task);
                self.list().run_with(act, before.into_iter().collect());
                return true;
            }
        }
        self.list().run(act);
        true
    }

    /// What an action is for these tasks; `None` if it is nothing for them.
    fn act(self, action: Action, target: &Target) -> Option<Act> {
        let ids = target.ids();
        let window = self.list().window();
        let (tasks, now) = match target {
            Target::Opened(_) => self.opened.get_value().map(|(task, now)| (vec![task], now))?,
            _ => (self.list().tasks(&ids), window.as_ref()?.now),
        };
        let trashed = tasks.iter().any(|task| task.trashed.is_some());
        if tasks.is_empty() || trashed != (action == Action::Restore) {
            return None;
        }
        let due = |days| Act::SetDue(ids.clone(), Some(Due { day: now.day.plus(days), time: None }));
        let all = |status: TaskStatus| tasks.iter().all(|task| task.status == status);
        Some(match action {
            Action::Restore => Act::Restore(ids),
            Action::Delete => Act::Trash(ids),
            Action::Done if all(TaskStatus::Completed) => Act::Reopen(ids),
            Action::Done => Act::Complete(ids),
            Action::Start if all(TaskStatus::InProgress) => Act::SetStatus(ids, TaskStatus::Pending),
            Action::Start => Act::SetStatus(ids, TaskStatus::InProgress),
            Action::DueToday => due(0),
            Action::DueTomorrow => due(1),
            Action::DueWeek => due(7),
            Action::DueNone => Act::SetDue(ids, None),
            Action::Urgent => Act::SetPriority(ids, Priority::Urgent),
            Action::High => Act::SetPriority(ids, Priority::High),
            Action::Medium => Act::SetPriority(ids, Priority::Medium),
            Action::Low => Act::SetPriority(ids, Priority::Low),
            _ => {
                let Target::Row(id) = target else { return None };
                let (above, below, column) = neighbours(window.as_ref()?, *id)?;
                let beside = |step: isize| {
                    let place = TaskStatus::ALL.iter().position(|status| Some(*status) == column)?;
                    TaskStatus::ALL.get(place.checked_add_signed(step)?).copied()
                };
                match action {
                    Action::Up => Act::Move(*id, Place::Above(above?), None),
                    Action::Down => Act::Move(*id, Place::Below(below?), None),
                    Action::Top => above.map(|_| Act::Move(*id, Place::Top, None))?,
                    Action::Bottom => below.map(|_| Act::Move(*id, Place::Bottom, None))?,
                    Action::Left => Act::Move(*id, Place::Top, Some(beside(-1)?)),
                    Action::Right => Act::Move(*id, Place::Top, Some(beside(1)?)),
                    _ => return None,
                }
            }
        })
    }
}

/// What the keyboard has to do with the tasks of the application that this component is part of.
pub fn use_hand() -> Hand {
    use_context().unwrap_or_else(Hand::provide)
}

/// About two seconds.
const FRAMES: u32 = 120;

fn page_of(id: TaskId) -> String {
    format!("/tasks/{id}")
}

/// The row to select: that with the focus, also while others are selected.
fn target_row(target: Option<&Target>) -> Option<TaskId> {
    current().or_else(|| target.and_then(Target::one))
}

/// Presses what fits a selector, if it is there.
fn press(selector: &str) -> bool {
    let found = one(selector);
    if let Some(found) = &found {
        found.click();
    }
    found.is_some()
}

fn select(id: TaskId) -> bool {
    start_selecting() && press(&format!(".select input[value=\"{id}\"]"))
}

/// Opens the menu of a task, and goes into it.
fn menu(id: TaskId) -> bool {
    let row = format!(".task[data-task=\"{id}\"] .menu-of-task");
    let Some(menu) = one(&row) else { return false };
    let _ = menu.set_attribute("open", "");
    request_animation_frame(move || {
        if let Some(first) = one(&format!("{row} button")) {
            let _ = first.focus();
        }
    });
    true
}

/// Goes to where a day is chosen.
fn choose_day(target: &Target, go: impl Fn(&str)) -> bool {
    match target {
        Target::Selected(_) => focus_soon("bulk-due"),
        Target::Row(id) | Target::Opened(id) => {
            if matches!(target, Target::Row(_)) {
                go(&page_of(*id));
            }
            focus_soon(&format!("edit-task-due_date-{id}"));
        }
    }
    true
}

/// Opens the filters as soon as they are there, and goes into them.
fn filter(frames: u32) {
    let Some(details) = one("details.filter-more") else {
        if frames > 0 {
            request_animation_frame(move || filter(frames - 1));
        }
        return;
    };
    let _ = details.set_attribute("open", "");
    focus_soon("filter-status");
}
