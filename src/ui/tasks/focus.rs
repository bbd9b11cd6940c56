//! Where the keyboard is in a list, and where it goes on. The row with the focus is the current one: whoever goes on by Tab, by arrows or with a
//! screen reader is at the same place.

use leptos::{
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlElement},
};

use crate::{
    domain::id::TaskId,
    ui::{
        focus::{active, all, is_at_rest, one},
        form::focus,
    },
};

/// What of a row gets the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The link with the title.
    Title,
    /// What completes, reopens or restores it.
    Toggle,
}

impl Part {
    /// Its id.
    pub fn id(self, task: TaskId) -> String {
        match self {
            Self::Title => format!("task-{task}"),
            Self::Toggle => format!("toggle-{task}"),
        }
    }
}

/// The task of a row.
fn task_of(row: &Element) -> Option<TaskId> {
    row.get_attribute("data-task")?.parse().ok()
}

/// The task in whose row the focus is.
pub fn current() -> Option<TaskId> {
    task_of(&active()?.closest(".task[data-task]").ok().flatten()?)
}

/// The rows of the page.
fn rows() -> Vec<HtmlElement> {
    all(".task[data-task]")
}

fn row(task: TaskId) -> Option<HtmlElement> {
    one(&format!(".task[data-task=\"{task}\"]"))
}

/// Moves the focus to a row; gives whether there is one.
pub fn focus_row(row: &Element) -> bool {
    let part = ["a.task-title", "button"].iter().find_map(|part| row.query_selector(part).ok().flatten());
    let Some(part) = part.and_then(|part| part.dyn_into::<HtmlElement>().ok()) else { return false };
    part.focus().is_ok()
}

/// Moves the focus to the row of a task, if the page has it.
pub fn focus_task(task: TaskId) -> bool {
    row(task).is_some_and(|row| focus_row(&row))
}

/// Moves the focus to the task that was just opened, unless somebody is elsewhere already, and shows its beginning.
pub fn arrive_at_task() {
    request_animation_frame(|| {
        let Some(opened) = one("#opened") else { return };
        if is_at_rest() || current().is_some() {
            let _ = opened.focus();
        }
        opened.set_scroll_top(0);
        // Beside a list it has a place of its own.
        if opened.get_bounding_client_rect().top() < 0.0 {
            opened.scroll_into_view();
        }
    });
}

/// Says of a row whether its task is the one that is open.
pub fn mark(task: TaskId, opened: bool) {
    if let Some(title) = one(&format!("#{}", Part::Title.id(task))) {
        let _ =
            if opened { title.set_attribute("aria-current", "true") } else { title.remove_attribute("aria-current") };
    }
}

/// Moves the focus to the first row.
pub fn focus_first() -> bool {
    rows().first().is_some_and(|row| focus_row(row))
}

/// Moves the focus up or down; from elsewhere to the row where it was last, else to the first.
pub fn step(by: isize, last: Option<TaskId>) -> bool {
    let rows = rows();
    let place = |task: TaskId| rows.iter().position(|row| task_of(row) == Some(task));
    let next = match current().and_then(place) {
        Some(here) => here.checked_add_signed(by),
        None => last.and_then(place).or(Some(0)),
    };
    next.and_then(|next| rows.get(next)).is_some_and(|row| focus_row(row)) || !rows.is_empty()
}

/// Moves the focus to the column beside, past empty ones, at the same height.
pub fn step_aside(by: isize, last: Option<TaskId>) -> bool {
    let columns: Vec<_> = all(".board .tasks").iter().map(rows_in).collect();
    let place = |task: TaskId| {
        let height = |rows: &Vec<Element>| rows.iter().position(|row| task_of(row) == Some(task));
        columns.iter().enumerate().find_map(|(column, rows)| Some((column, height(rows)?)))
    };
    let Some((mut column, height)) = current().and_then(place) else {
        return !columns.is_empty() && step(0, last);
    };
    while let Some(next) = column.checked_add_signed(by).filter(|next| *next < columns.len()) {
        column = next;
        let rows = &columns[column];
        if let Some(row) = rows.get(height).or_else(|| rows.last()) {
            return focus_row(row);
        }
    }
    true
}

fn rows_in(list: &HtmlElement) -> Vec<Element> {
    let rows = list.children();
    (0..rows.length()).filter_map(|index| rows.item(index)).collect()
}

/// The task after these on the page, else the one before, of those that are open or completed as they are.
fn beside(tasks: &[TaskId]) -> Option<TaskId> {
    let own = |row: &HtmlElement| task_of(row).is_some_and(|task| tasks.contains(&task));
    let rows = rows();
    // Where the person is; that may be one of several that go.
    let here = current().and_then(|current| rows.iter().position(|row| own(row) && task_of(row) == Some(current)));
    let here = here.or_else(|| rows.iter().position(own))?;
    let completed = rows[here].class_list().contains("completed");
    let fits = |row: &&HtmlElement| !own(row) && row.class_list().contains("completed") == completed;
    let after = rows[here..].iter().find(fits);
    after.or_else(|| rows[..here].iter().rev().find(fits)).and_then(|row| task_of(row))
}

/// Moves the focus on from tasks that are about to leave their place: to the next one; else to the page, never into a field, which would
/// raise the keyboard of a phone.
pub fn focus_beside(tasks: &[TaskId], part: Part) {
    focus(&beside(tasks).map_or_else(|| "page".to_owned(), |task| part.id(task)));
}

/// Keeps the focus on a task that is about to change, also where its row is made anew; on the one beside it if it leaves the page.
pub fn follow(task: TaskId) {
    let beside = beside(&[task]);
    // A menu is left behind, and closes.
    let stays = active().is_some_and(|active| active.closest("details").ok().flatten().is_none());
    request_animation_frame(move || {
        let stays = stays && current() == Some(task);
        if !stays && !focus_task(task) {
            focus(&beside.map_or_else(|| "page".to_owned(), |beside| Part::Title.id(beside)));
        }
    });
}
