//! A task in a list.

use std::{collections::HashMap, sync::Arc};

use leptos::{
    ev::{DragEvent, FocusEvent, KeyboardEvent, SubmitEvent},
    prelude::*,
    server_fn::ServerFn,
    wasm_bindgen::JsCast,
    web_sys::Element,
};

use super::{
    focus::Part,
    forms::{Entry, RowForm, close_menu},
    kept::{Kept, Standing},
    list::TaskList,
};
use crate::{
    SERVER,
    domain::{
        calendar::Moment,
        change::{self, Act, Place},
        id::TaskId,
        query::Found,
        task::{Priority, Task, TaskStatus},
    },
    fns::tasks::MoveTask,
    ui::{
        focus::step_in,
        form::{Form, focus, keep_focus},
        icon::{Icon, IconName},
        keys::{Action, aria_keys},
        locale::use_texts,
    },
};

/// What the rows of a list have in common.
#[derive(Clone, Copy)]
pub struct Rows {
    /// The application's tasks.
    pub list: TaskList,
    /// The tasks around this one, in their order.
    pub tasks: Memo<Vec<Arc<Task>>>,
    /// Where to go without scripts after a change.
    pub next: StoredValue<String>,
    /// The owner's clock.
    pub now: Moment,
    /// Whether they can be put elsewhere by hand.
    pub manual: bool,
    /// On the board, the column.
    pub column: Option<TaskStatus>,
    /// Whether the heading says the day on which they are due.
    pub by_day: bool,
    /// Whether they lie in the trash.
    pub trash: bool,
    /// What their menus have.
    pub entries: StoredValue<Vec<Entry>>,
    standings: StoredValue<HashMap<TaskId, RwSignal<Standing>>>,
}

impl Rows {
    /// The rows of `tasks`.
    pub fn new(common: Common, tasks: Memo<Vec<Arc<Task>>>, column: Option<TaskStatus>) -> Self {
        let Common { list, next, now, manual, by_day, trash, entries } = common;
        let standings = StoredValue::new(HashMap::<TaskId, RwSignal<Standing>>::new());
        let rows = Self { list, tasks, next, now, manual, column, by_day, trash, entries, standings };
        // Each row hears of its own changes only: in a list of a thousand, most of them don't change.
        Effect::new(move |_| {
            tasks.with(|tasks| {
                standings.with_value(|standings| {
                    for (place, task) in tasks.iter().enumerate() {
                        let Some(standing) = standings.get(&task.id) else { continue };
                        let (above, below) = rows.neighbours(tasks, place);
                        let same = standing
                            .try_with_untracked(|was| was.above == above && was.below == below && was.task == *task);
                        if same == Some(false) {
                            standing.set(Standing { task: task.clone(), above, below });
                        }
                    }
                });
            });
        });
        rows
    }

    fn neighbours(self, tasks: &[Arc<Task>], place: usize) -> (Option<TaskId>, Option<TaskId>) {
        if !self.manual && self.column.is_none() {
            return (None, None);
        }
        let at = |place: usize| tasks.get(place).map(|task| task.id);
        (place.checked_sub(1).and_then(at), at(place + 1))
    }

    /// Where a task stands that comes into the list.
    fn standing(self, task: Arc<Task>) -> Standing {
        if !self.manual && self.column.is_none() {
            return Standing { task, above: None, below: None };
        }
        let (above, below) = self.tasks.with_untracked(|tasks| {
            let place = tasks.iter().position(|other| other.id == task.id);
            place.map_or((None, None), |place| self.neighbours(tasks, place))
        });
        Standing { task, above, below }
    }

    /// A row comes: where its task stands, from now until it leaves.
    fn enter(self, standing: Standing) -> RwSignal<Standing> {
        let id = standing.task.id;
        let standing = RwSignal::new(standing);
        self.standings.update_value(|standings| {
            standings.insert(id, standing);
        });
        on_cleanup(move || {
            // It may have come again meanwhile.
            let _ = self.standings.try_update_value(|standings| {
                if standings.get(&id) == Some(&standing) {
                    standings.remove(&id);
                }
            });
        });
        standing
    }
}

/// What all rows of a page have in common.
#[derive(Clone, Copy)]
pub struct Common {
    /// The application's tasks.
    pub list: TaskList,
    /// Where to go without scripts after a change.
    pub next: StoredValue<String>,
    /// The owner's clock.
    pub now: Moment,
    /// Whether they can be put elsewhere by hand.
    pub manual: bool,
    /// Whether the heading says the day on which they are due.
    pub by_day: bool,
    /// Whether they lie in the trash.
    pub trash: bool,
    /// What their menus have.
    pub entries: StoredValue<Vec<Entry>>,
}

/// The keys that move a task, where they do.
const UP_AND_DOWN: [Action; 2] = [Action::Up, Action::Down];
const ALL_ARROWS: [Action; 4] = [Action::Up, Action::Down, Action::Left, Action::Right];

/// The row: complete or reopen, open, and everything else in a menu.
#[component]
pub fn Row(
    /// What it has in common with the others.
    rows: Rows,
    /// The task when it came into the list.
    task: Arc<Task>,
    /// What a search found in it.
    found: Option<Found>,
) -> impl IntoView {
    let standing = rows.standing(task);
    // What was found is rarely looked for twice.
    if SERVER
        && found.is_none()
        && let Some(kept) = use_context::<Kept>()
    {
        return kept.row(rows.column, &standing, || new_row(rows, standing.clone(), None));
    }
    new_row(rows, standing, found)
}

/// A row that is made now.
fn new_row(rows: Rows, standing: Standing, found: Option<Found>) -> AnyView {
    let id = standing.task.id;
    let Rows { list, tasks, manual, column, trash, .. } = rows;
    let t = &use_texts().row;
    // It changes in its place; while it leaves, it stays what it was.
    let standing = rows.enter(standing);
    let task = Memo::new(move |_| standing.with(|standing| Task::clone(&standing.task)));
    let completed = move || task.with(Task::completed);
    let over = Memo::new(move |_| list.over.get().filter(|(over, _)| *over == id).map(|(_, above)| above));
    let draggable = (manual || column.is_some()) && !change::is_local(id);
    let on_dragstart = move |event: DragEvent| {
        if let Some(data) = event.data_transfer() {
            // Firefox drags nothing without data.
            let _ = data.set_data("text/plain", &task.with_untracked(|task| task.title.as_str().to_owned()));
            data.set_effect_allowed("move");
        }
        list.dragged.set(Some(id));
    };
    let on_dragover = move |event: DragEvent| {
        let Some(dragged) = list.dragged.get_untracked() else { return };
        // Open and completed tasks stand in orders of their own; on the board each column takes any.
        let fits = column.is_some() || tasks.with_untracked(|tasks| tasks.iter().any(|task| task.id == dragged));
        if draggable && fits {
            event.prevent_default();
            event.stop_propagation();
            list.over.set(Some((id, is_upper_half(&event))));
        } else {
            list.over.set(None);
        }
    };
    let on_drop = move |event: DragEvent| {
        let Some((dragged, (over, above))) = list.dragged.get_untracked().zip(list.over.get_untracked()) else {
            return;
        };
        event.prevent_default();
        event.stop_propagation();
        drag_ends(list);
        if dragged != over {
            list.run(Act::Move(dragged, if above { Place::Above(over) } else { Place::Below(over) }, column));
        }
    };
    view! {
        <li
            class="task"
            class:completed=completed
            class:trashed=trash
            class:drop-above=move || over.get() == Some(true)
            class:drop-below=move || over.get() == Some(false)
            class:dragged=move || list.dragged.get() == Some(id)
            draggable=draggable.then_some("true")
            on:dragstart=on_dragstart
            on:dragover=on_dragover
            on:drop=on_drop
            on:dragend=move |_| drag_ends(list)
            data-task=id.to_string()
        >
            <label class="select">
                <input type="checkbox" name="ids[]" value=id.to_string() form="bulk" autocomplete="off" />
                <span class="visually-hidden">{move || task.with(|task| (t.select)(task.title.as_str()))}</span>
            </label>
            {if trash { view! { <span></span> }.into_any() } else { view! { <Toggle task /> }.into_any() }}
            <div class="task-text">
                <TaskTitle task found=found.clone() keys=if !draggable { &[] } else if column.is_some() { &ALL_ARROWS } else { &UP_AND_DOWN } />
                <Description task found />
                <Signs rows task />
            </div>
            {if trash { view! { <Restore task /> }.into_any() } else { view! { <Menu rows standing /> }.into_any() }}
        </li>
    }
    .into_any()
}

/// The circle that completes a task, or reopens it.
#[component]
fn Toggle(task: Memo<Task>) -> impl IntoView {
    let id = task.with_untracked(|task| task.id);
    let t = &use_texts().row;
    let form = move || if task.with(Task::completed) { RowForm::Reopen } else { RowForm::Complete };
    let label = move || {
        let label = if form() == RowForm::Reopen { t.reopen } else { t.complete };
        task.with(|task| label(task.title.as_str()))
    };
    view! {
        <button
            type="submit"
            class="check"
            form=move || form().id()
            name="ids[0]"
            value=id.to_string()
            id=Part::Toggle.id(id)
            aria-label=label
        >
            <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
                <circle cx="12" cy="12" r="9" />
                <path d="m8 12.5 2.8 2.8L16.5 9.5" />
            </svg>
        </button>
    }
}

/// The title, which leads to the page of the task.
#[component]
fn TaskTitle(task: Memo<Task>, found: Option<Found>, keys: &'static [Action]) -> impl IntoView {
    let id = task.with_untracked(|task| task.id);
    let title = Memo::new(move |_| task.with(|task| task.title.as_str().to_owned()));
    let text = move || {
        let marked = found.as_ref().map(|found| &found.title).filter(|pieces| pieces.concat() == title.get());
        match marked {
            Some(pieces) => marks(pieces),
            None => title.get().into_any(),
        }
    };
    // The server can show only what it knows; the link comes a moment later.
    if change::is_local(id) {
        view! { <span class="task-title" dir="auto">{text}</span> }.into_any()
    } else {
        let href = format!("/tasks/{id}");
        view! { <a href=href data-noscroll="" class="task-title" id=Part::Title.id(id) dir="auto" draggable="false" aria-keyshortcuts=aria_keys(keys)>{text}</a> }
            .into_any()
    }
}

/// The beginning of the description, or where a search found something in it.
#[component]
fn Description(task: Memo<Task>, found: Option<Found>) -> impl IntoView {
    let text = Memo::new(move |_| task.with(|task| task.description.as_ref().map(|text| text.as_str().to_owned())));
    let found = found.map(|found| found.description).filter(|pieces| !pieces.is_empty());
    move || {
        text.get().map(|text| {
            let text = found.as_deref().map_or_else(|| text.into_any(), marks);
            view! { <p class="task-description" dir="auto">{text}</p> }
        })
    }
}

fn marks(pieces: &[String]) -> AnyView {
    let pieces = pieces.iter().cloned().enumerate();
    pieces
        .filter(|(_, piece)| !piece.is_empty())
        .map(|(index, piece)| if index % 2 == 1 { view! { <mark>{piece}</mark> }.into_any() } else { piece.into_any() })
        .collect_view()
        .into_any()
}

/// Due date, priority and status, where they say something.
#[component]
fn Signs(rows: Rows, task: Memo<Task>) -> impl IntoView {
    let Rows { now, column, by_day, .. } = rows;
    let texts = use_texts();
    let (t, calendar) = (&texts.row, &texts.calendar);
    move || {
        let task = task.get();
        let late = task.is_late(now);
        let Task { due, priority, status, trashed, archived, .. } = task;
        let due = due.and_then(|due| {
            let said = by_day && due.day >= now.day;
            let label = if said { due.time.map(|time| time.to_string())? } else { calendar.due(due, now.day) };
            let label = if late { (t.overdue)(&label) } else { label };
            Some(view! { <li class="sign due" class:late=late>{label}</li> })
        });
        let priority = (priority != Priority::Medium).then(|| {
            view! { <li class=format!("sign {}", priority.as_str())>{(t.priority)(priority)}</li> }
        });
        let status = (status == TaskStatus::InProgress && column.is_none())
            .then(|| view! { <li class="sign">{(texts.tasks.status)(status)}</li> });
        let trashed =
            trashed.map(|day| view! { <li class="sign">{(t.deleted)(&calendar.day_within(day, now.day))}</li> });
        let archived = archived.map(|_| view! { <li class="sign">{t.archived}</li> });
        let any = due.is_some() || priority.is_some() || status.is_some() || trashed.is_some() || archived.is_some();
        any.then(|| view! { <ul class="signs">{due}{priority}{status}{archived}{trashed}</ul> })
    }
}

/// Takes a task out of the trash.
#[component]
fn Restore(task: Memo<Task>) -> impl IntoView {
    let t = use_texts();
    let id = task.with_untracked(|task| task.id);
    view! {
        <button
            type="submit"
            class="quiet restore"
            form=RowForm::Restore.id()
            name="ids[0]"
            value=id.to_string()
            id=Part::Toggle.id(id)
            aria-label=move || task.with(|task| (t.row.restore)(task.title.as_str()))
        >
            {t.common.restore}
        </button>
    }
}

/// Everything else that can be done with a task.
#[component]
fn Menu(rows: Rows, standing: RwSignal<Standing>) -> impl IntoView {
    let id = standing.with_untracked(|standing| standing.task.id);
    let texts = use_texts();
    let (t, common, keys) = (&texts.row, &texts.common, &texts.keys);
    let title = Memo::new(move |_| standing.with(|standing| standing.task.title.as_str().to_owned()));
    let menu = NodeRef::<leptos::html::Details>::new();
    let close = move || {
        if let Some(menu) = menu.get_untracked() {
            let _ = menu.remove_attribute("open");
        }
    };
    let on_keydown = move |event: KeyboardEvent| {
        let Some(menu) = menu.get_untracked().filter(|menu| menu.has_attribute("open")) else { return };
        match event.key().as_str() {
            "Escape" => {
                close();
                focus(&format!("menu-{id}"));
            }
            "ArrowDown" => step_in(&menu, "button", 1),
            "ArrowUp" => step_in(&menu, "button", -1),
            _ => return,
        }
        event.prevent_default();
    };
    // Whoever goes on with the keyboard leaves no open menu behind.
    let on_focusout = move |event: FocusEvent| {
        let next = event.related_target().and_then(|next| next.dyn_into::<Element>().ok());
        let inside = |next: &Element| menu.get_untracked().is_some_and(|menu| menu.contains(Some(next)));
        if next.is_some_and(|next| !inside(&next)) {
            close();
        }
    };
    // Which entries there are; a change of the title leaves them alone.
    let entries = Memo::new(move |_| {
        standing.with(|standing| {
            rows.entries.with_value(|entries| {
                entries.iter().map(|entry| entry.changes(&standing.task, rows.now)).collect::<Vec<_>>()
            })
        })
    });
    let entries = move || {
        let shown = entries.get();
        rows.entries.with_value(|entries| {
            entries.iter().zip(shown).filter(|(_, shown)| *shown).map(|(entry, _)| entry.button(id)).collect_view()
        })
    };
    let moves = rows.manual || rows.column.is_some();
    // Without scripts it is what lets one be open at a time. A browser looks at all of a name when one of them comes, which takes long among many.
    let name = SERVER.then_some("menu");
    view! {
        <details class="menu-of-task" name=name node_ref=menu on:keydown=on_keydown on:focusout=on_focusout>
            <summary class="icon" id=format!("menu-{id}") title=t.more>
                <span class="visually-hidden">{move || title.with(|title| (t.more_for)(title))}</span>
                <Icon name=IconName::More />
            </summary>
            <div class="menu-items">
                {moves.then(|| view! { <Moves rows standing /> })}
                {entries}
                <button type="submit" class="danger" form=RowForm::Trash.id() name="ids[0]" value=id.to_string() data-key=Action::Delete.shown(keys) aria-label=move || title.with(|title| (t.delete)(title))>
                    {common.delete}
                </button>
            </div>
        </details>
    }
}

/// What puts a task elsewhere, one step or to an edge. Without scripts the neighbours are those that the server saw.
#[component]
fn Moves(rows: Rows, standing: RwSignal<Standing>) -> impl IntoView {
    let id = standing.with_untracked(|standing| standing.task.id);
    let texts = use_texts();
    let (t, keys) = (&texts.row, &texts.keys);
    let neighbours = Memo::new(move |_| standing.with(|standing| (standing.above, standing.below)));
    let on_submit = move |event: SubmitEvent| {
        let Some(button) = event.submitter() else { return };
        let Some(place) = button.get_attribute("value").and_then(|place| Place::parse(&place)) else { return };
        close_menu(&button);
        rows.list.run(Act::Move(id, place, None));
        focus(&Part::Title.id(id));
        keep_focus();
    };
    let button = move |place: Place, key: Action, label: &'static str| {
        view! { <button type="submit" name="place" value=place.text() data-key=key.shown(keys)>{label}</button> }
    };
    view! {
        <Form action=MoveTask::PATH next=rows.next.get_value() on_submit>
            <input type="hidden" name="id" value=id.to_string() />
            {move || {
                let (above, below) = neighbours.get();
                (
                    above.map(|above| button(Place::Above(above), Action::Up, t.up)),
                    below.map(|below| button(Place::Below(below), Action::Down, t.down)),
                )
            }}
            {button(Place::Top, Action::Top, t.top)}
            {button(Place::Bottom, Action::Bottom, t.bottom)}
        </Form>
    }
}

fn drag_ends(list: TaskList) {
    list.dragged.set(None);
    list.over.set(None);
}

fn is_upper_half(event: &DragEvent) -> bool {
    let row = event.current_target().and_then(|row| row.dyn_into::<Element>().ok());
    row.is_some_and(|row| {
        let edges = row.get_bounding_client_rect();
        f64::from(event.client_y()) < edges.top() + edges.height() / 2.0
    })
}
