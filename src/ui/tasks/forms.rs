//! What the rows of a list send. Each thing that can be done has one form on the page, and the buttons of the rows belong to it (`form`), with the
//! task as their value. So a row is light however much can be done with it: a list may have a thousand.

use std::sync::Arc;

use leptos::{ev::SubmitEvent, prelude::*, server_fn::ServerFn, web_sys::Element};

use super::{
    focus::{Part, focus_beside},
    list::TaskList,
};
use crate::{
    domain::{
        calendar::{Due, Moment},
        change::Act,
        id::TaskId,
        task::{Task, TaskStatus},
    },
    fns::tasks::{CompleteTasks, ReopenTasks, RestoreTasks, SetDue, SetStatus, TrashTasks},
    texts::Texts,
    ui::{
        form::{Form, focus, keep_focus},
        keys::Action,
    },
};

/// What a button of a row does with its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowForm {
    /// Marks it done.
    Complete,
    /// Makes it pending again.
    Reopen,
    /// Takes it out of the trash.
    Restore,
    /// Moves it to the trash.
    Trash,
    /// Sets where it stands.
    Status(TaskStatus),
    /// Sets in how many days it is due; `None` for not at all.
    Due(Option<i64>),
}

impl RowForm {
    /// All that a row of a list may have.
    const OF_LIST: [Self; 10] = [
        Self::Complete,
        Self::Reopen,
        Self::Status(TaskStatus::Pending),
        Self::Status(TaskStatus::InProgress),
        Self::Status(TaskStatus::Completed),
        Self::Due(Some(0)),
        Self::Due(Some(1)),
        Self::Due(Some(7)),
        Self::Due(None),
        Self::Trash,
    ];

    /// Its id in the page.
    pub fn id(self) -> &'static str {
        match self {
            Self::Complete => "row-complete",
            Self::Reopen => "row-reopen",
            Self::Restore => "row-restore",
            Self::Trash => "row-trash",
            Self::Status(TaskStatus::Pending) => "row-pending",
            Self::Status(TaskStatus::InProgress) => "row-in-progress",
            Self::Status(TaskStatus::Completed) => "row-completed",
            Self::Due(Some(0)) => "row-today",
            Self::Due(Some(1)) => "row-tomorrow",
            Self::Due(Some(_)) => "row-week",
            Self::Due(None) => "row-no-date",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Complete => CompleteTasks::PATH,
            Self::Reopen => ReopenTasks::PATH,
            Self::Restore => RestoreTasks::PATH,
            Self::Trash => TrashTasks::PATH,
            Self::Status(_) => SetStatus::PATH,
            Self::Due(_) => SetDue::PATH,
        }
    }

    fn due(days: Option<i64>, now: Moment) -> Option<Due> {
        days.map(|days| Due { day: now.day.plus(days), time: None })
    }

    fn act(self, id: TaskId, now: Moment) -> Act {
        let ids = vec![id];
        match self {
            Self::Complete => Act::Complete(ids),
            Self::Reopen => Act::Reopen(ids),
            Self::Restore => Act::Restore(ids),
            Self::Trash => Act::Trash(ids),
            Self::Status(status) => Act::SetStatus(ids, status),
            Self::Due(days) => Act::SetDue(ids, Self::due(days, now)),
        }
    }

    /// Whether the task may leave its place, so that the person goes on with the next one.
    fn leaves(self) -> bool {
        matches!(self, Self::Complete | Self::Reopen | Self::Restore | Self::Trash)
    }

    fn run(self, list: TaskList, now: Moment, event: &SubmitEvent) {
        let Some(button) = event.submitter() else { return };
        let Some(id) = button.get_attribute("value").and_then(|id| id.parse().ok()) else { return };
        close_menu(&button);
        if self.leaves() {
            focus_beside(&[id], Part::Toggle);
        }
        list.run(self.act(id, now));
        if !self.leaves() {
            focus(&Part::Title.id(id));
            keep_focus();
        }
    }
}

/// Closes the menu that a button stands in.
pub fn close_menu(button: &Element) {
    if let Some(menu) = button.closest(".menu-of-task").ok().flatten() {
        let _ = menu.remove_attribute("open");
    }
}

/// An entry of the menu of a task.
#[derive(Clone, Debug)]
pub struct Entry {
    form: RowForm,
    label: &'static str,
    key: Arc<str>,
}

impl Entry {
    /// Those of a list or, with columns, of the board, without the last one, which deletes.
    pub fn all(texts: &'static Texts, board: bool) -> Vec<Self> {
        let (t, keys) = (&texts.row, &texts.keys);
        let entry =
            |form: RowForm, label: &'static str, key: Action| Self { form, label, key: Arc::from(key.shown(keys)) };
        let status = |status, label, key| entry(RowForm::Status(status), label, key);
        let due = |days, label, key| entry(RowForm::Due(days), label, key);
        let mut entries = vec![
            status(TaskStatus::Pending, t.put_back, Action::Start),
            status(TaskStatus::InProgress, t.start, Action::Start),
        ];
        if board {
            entries.push(status(TaskStatus::Completed, texts.common.complete, Action::Done));
        }
        entries.extend([
            due(Some(0), t.due_today, Action::DueToday),
            due(Some(1), t.due_tomorrow, Action::DueTomorrow),
            due(Some(7), t.due_week, Action::DueWeek),
            due(None, t.no_due, Action::DueNone),
        ]);
        entries
    }

    /// Whether it would change anything.
    pub fn changes(&self, task: &Task, now: Moment) -> bool {
        match self.form {
            RowForm::Status(status) => task.status != status,
            RowForm::Due(days) => task.due != RowForm::due(days, now),
            _ => true,
        }
    }

    /// Its button.
    pub fn button(&self, id: TaskId) -> AnyView {
        let Self { form, label, key } = self.clone();
        view! {
            <button type="submit" form=form.id() name="ids[0]" value=id.to_string() data-key=key>
                {label}
            </button>
        }
        .into_any()
    }
}

/// The forms of a list.
#[component]
pub fn RowForms(
    /// The application's tasks.
    list: TaskList,
    /// Where to go without scripts after a change.
    next: StoredValue<String>,
    /// The owner's clock.
    now: Moment,
    /// Whether the tasks lie in the trash.
    trash: bool,
) -> impl IntoView {
    let forms: &[RowForm] = if trash { &[RowForm::Restore] } else { &RowForm::OF_LIST };
    let forms = forms.iter().map(|form| {
        let form = *form;
        let field = match form {
            RowForm::Status(status) => Some(("status", status.as_str().to_owned())),
            RowForm::Due(days) => {
                let due = RowForm::due(days, now);
                Some(("due_date", due.map(|due| due.day.to_string()).unwrap_or_default()))
            }
            _ => None,
        };
        view! {
            <Form action=form.path() id=form.id() next=next.get_value() on_submit=move |event| form.run(list, now, &event)>
                {field.map(|(name, value)| view! { <input type="hidden" name=name value=value /> })}
            </Form>
        }
        .into_any()
    });
    view! { <div class="row-forms" hidden>{forms.collect_view()}</div> }
}
