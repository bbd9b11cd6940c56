//! What a person does to tasks, as the browser shows it before the server has answered.
//!
//! The browser keeps the page that the server confirmed and, apart from it, the changes that are on their way. What is shown
//! is the one with the others applied, so a change that is refused is rolled back by dropping it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    calendar::{Due, Moment},
    id::{ChangeId, TaskId},
    position::Position,
    query::{Cursor, Found, TaskPage, Total, View},
    task::{Priority, Task, TaskDraft, TaskStatus},
};

/// One change, which may be of many tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// By what the server knows it.
    pub id: ChangeId,
    /// What is done.
    pub act: Act,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Adds tasks, the first on top. Each goes by a local id until the server has given it one.
    Add(Vec<(TaskId, TaskDraft)>),
    /// Marks them done.
    Complete(Vec<TaskId>),
    /// Makes them pending again.
    Reopen(Vec<TaskId>),
    /// Sets where they stand.
    SetStatus(Vec<TaskId>, TaskStatus),
    /// Sets how much they matter.
    SetPriority(Vec<TaskId>, Priority),
    /// Sets until when they are to be done.
    SetDue(Vec<TaskId>, Option<Due>),
    /// Moves them to the trash.
    Trash(Vec<TaskId>),
    /// Takes them out of the trash.
    Restore(Vec<TaskId>),
    /// Puts one elsewhere in the manual order, and on the board perhaps in another column.
    Move(TaskId, Place, Option<TaskStatus>),
    /// Takes a change back. The tasks as they were before it; what it added goes.
    Undo(ChangeId, Vec<Task>, Vec<TaskId>),
}

/// Where a task is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Above everything.
    Top,
    /// Below everything.
    Bottom,
    /// Just above this task.
    Above(TaskId),
    /// Just below this one.
    Below(TaskId),
}

impl Place {
    /// As forms write it: `top`, `bottom`, `above ID` or `below ID`.
    pub fn text(self) -> String {
        match self {
            Self::Top => "top".to_owned(),
            Self::Bottom => "bottom".to_owned(),
            Self::Above(id) => format!("above {id}"),
            Self::Below(id) => format!("below {id}"),
        }
    }

    /// The inverse of [`Place::text`].
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(' ') {
            Some(("above", id)) => id.parse().ok().map(Self::Above),
            Some(("below", id)) => id.parse().ok().map(Self::Below),
            _ if text == "top" => Some(Self::Top),
            _ if text == "bottom" => Some(Self::Bottom),
            _ => None,
        }
    }

    fn rename(&mut self, local: TaskId, known: TaskId) {
        if let Self::Above(id) | Self::Below(id) = self
            && *id == local
        {
            *id = known;
        }
    }
}

/// What the server answers to a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// By what it can be taken back.
    pub change: ChangeId,
    /// The tasks as they are now.
    pub tasks: Vec<Task>,
}

/// The id of a task that the server doesn't know yet. Sorts after every real one, later ones last: on top of the list.
pub fn local_id(number: u64) -> TaskId {
    // Where the place of a new task looks.
    TaskId(Uuid::from_u64_pair(u64::MAX, number << 32))
}

/// Whether the server doesn't know a task of this id.
pub fn is_local(id: TaskId) -> bool {
    id.0.as_u64_pair().0 == u64::MAX
}

impl Act {
    /// The tasks it is about.
    pub fn tasks(&self) -> Vec<TaskId> {
        match self {
            Self::Add(new) => new.iter().map(|(id, _)| *id).collect(),
            Self::Move(id, ..) => vec![*id],
            Self::Complete(ids)
            | Self::Reopen(ids)
            | Self::SetStatus(ids, _)
            | Self::SetPriority(ids, _)
            | Self::SetDue(ids, _)
            | Self::Trash(ids)
            | Self::Restore(ids) => ids.clone(),
            Self::Undo(_, tasks, added) => tasks.iter().map(|task| task.id).chain(added.iter().copied()).collect(),
        }
    }

    /// Makes a change of a local task one of the task that the server made of it.
    pub fn rename(&mut self, local: TaskId, known: TaskId) {
        let rename = |id: &mut TaskId| {
            if *id == local {
                *id = known;
            }
        };
        match self {
            Self::Add(new) => new.iter_mut().for_each(|(id, _)| rename(id)),
            Self::Move(id, place, _) => {
                rename(id);
                place.rename(local, known);
            }
            Self::Complete(ids)
            | Self::Reopen(ids)
            | Self::SetStatus(ids, _)
            | Self::SetPriority(ids, _)
            | Self::SetDue(ids, _)
            | Self::Trash(ids)
            | Self::Restore(ids) => ids.iter_mut().for_each(rename),
            Self::Undo(_, tasks, added) => {
                tasks.iter_mut().map(|task| &mut task.id).chain(added).for_each(rename);
            }
        }
    }

    /// A task as it is added.
    pub(super) fn added(id: TaskId, draft: TaskDraft) -> Task {
        let mut task = Task {
            id,
            title: draft.title.clone(),
            description: None,
            status: TaskStatus::Pending,
            priority: Priority::Medium,
            due: None,
            position: Position::of_new(id),
            version: 1,
            updated: i64::MAX,
            trashed: None,
            archived: None,
        };
        task.set(draft);
        task
    }

    /// What it makes of a task. `now` is the owner's clock.
    pub(super) fn make(&self, task: &mut Task, now: Moment) {
        match self {
            Self::Complete(_) => task.status = TaskStatus::Completed,
            Self::Reopen(_) => {
                if task.completed() {
                    task.status = TaskStatus::Pending;
                }
            }
            Self::SetStatus(_, status) => task.status = *status,
            Self::SetPriority(_, priority) => task.priority = *priority,
            // A day without a time leaves the time that there is.
            Self::SetDue(_, due) => {
                task.due = due.map(|due| Due { time: due.time.or(task.due.and_then(|due| due.time)), ..due });
            }
            Self::Trash(_) => task.trashed = Some(now.day),
            Self::Restore(_) => task.trashed = None,
            Self::Move(_, _, status) => task.status = status.unwrap_or(task.status),
            Self::Add(..) | Self::Undo(..) => {}
        }
        if !task.completed() {
            task.archived = None;
        }
    }
}

/// A page of tasks, as the browser shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// What it shows.
    pub view: View,
    /// The tasks, in their order. Shared: what is shown is made anew with each change, of the same tasks but for one.
    pub tasks: Vec<Arc<Task>>,
    /// How many the view has on all its pages.
    pub total: Total,
    /// How many of them are open.
    pub open: Total,
    /// On the board, how many each column has.
    pub columns: [Total; 3],
    /// Where the page before this one ends.
    pub previous: Option<Cursor>,
    /// Where the page after this one begins.
    pub next: Option<Cursor>,
    /// The owner's calendar and clock.
    pub now: Moment,
    /// What a search found in each task that it found.
    pub found: Vec<(TaskId, Found)>,
}

impl Window {
    /// The page that the server answered for this view.
    pub fn new(view: View, page: TaskPage) -> Self {
        let TaskPage { tasks, total, open, columns, previous, next, now, found, done: _, spared: _ } = page;
        let found = tasks.iter().map(|task| task.id).zip(found).collect();
        let tasks = tasks.into_iter().map(Arc::new).collect();
        Self { view, tasks, total, open, columns, previous, next, now, found }
    }

    /// The task with this id, if it is on the page.
    pub fn task(&self, id: TaskId) -> Option<&Task> {
        self.tasks.iter().find(|task| task.id == id).map(Arc::as_ref)
    }

    /// Shows the change. What it does to tasks that aren't on the page isn't seen.
    pub fn apply(&mut self, act: &Act) {
        match act {
            Act::Add(new) => {
                for (id, draft) in new {
                    self.put(Act::added(*id, draft.clone()));
                }
            }
            Act::Undo(_, tasks, added) => {
                for id in added {
                    drop(self.take(*id));
                }
                for task in tasks {
                    self.put(task.clone());
                }
            }
            _ => {
                for id in act.tasks() {
                    let Some(mut task) = self.task(id).cloned() else { continue };
                    act.make(&mut task, self.now);
                    if let Act::Move(_, place, _) = act {
                        task.position = self.position(&task, *place);
                    }
                    task.updated = i64::MAX;
                    self.put(task);
                }
            }
        }
    }

    /// Shows a task of the page as it was edited elsewhere.
    pub fn edit(&mut self, task: &Task) {
        if self.task(task.id).is_some() {
            self.put(task.clone());
        }
    }

    /// Takes over the server's answer: the tasks as they are now.
    pub fn confirm(&mut self, act: &Act, tasks: Vec<Task>) {
        if let Act::Undo(_, _, added) = act {
            for id in added {
                drop(self.take(*id));
            }
        }
        let returns = matches!(act, Act::Add(..) | Act::Restore(_) | Act::Undo(..));
        for task in tasks {
            // What isn't on this page was counted where it is.
            if returns || self.task(task.id).is_some() {
                self.put(task);
            }
        }
    }

    /// Whether it has room for this task: it belongs to the view, and not on another page of it.
    pub fn shows(&self, task: &Task) -> bool {
        let inside = |edge: Option<&Task>, wanted, more: bool| {
            !more || edge.is_none_or(|edge| self.compare(task, edge) == wanted || task.id == edge.id)
        };
        self.belongs(task)
            && inside(self.tasks.first().map(Arc::as_ref), std::cmp::Ordering::Greater, self.previous.is_some())
            && inside(self.tasks.last().map(Arc::as_ref), std::cmp::Ordering::Less, self.next.is_some())
    }

    fn belongs(&self, task: &Task) -> bool {
        match self.view {
            View::Trash(_) => task.trashed.is_some(),
            _ => self.view.query(self.now).matches(task, self.now),
        }
    }

    fn compare(&self, one: &Task, other: &Task) -> std::cmp::Ordering {
        match self.view {
            View::Trash(_) => other.updated.cmp(&one.updated).then(other.id.cmp(&one.id)),
            View::Board => one.position.cmp(&other.position).then(one.id.cmp(&other.id)),
            _ => self.view.query(self.now).compare(one, other),
        }
    }

    /// Puts a task where it belongs, instead of what was known of it.
    fn put(&mut self, task: Task) {
        let place = self.tasks.iter().position(|other| other.id == task.id);
        let before = place.map(|place| self.take_at(place));
        // Found by a search, it stays where it is: only the server knows how well it matches.
        let stays = !self.found.is_empty() && before.is_some();
        if !self.belongs(&task) {
            return;
        }
        self.count(&task, 1);
        let place = match place {
            Some(place) if stays => Some(place),
            _ => self.shows(&task).then(|| self.tasks.partition_point(|other| self.compare(other, &task).is_lt())),
        };
        if let Some(place) = place {
            self.tasks.insert(place, Arc::new(task));
        }
    }

    fn take(&mut self, id: TaskId) -> Option<Arc<Task>> {
        let place = self.tasks.iter().position(|task| task.id == id)?;
        Some(self.take_at(place))
    }

    fn take_at(&mut self, place: usize) -> Arc<Task> {
        let task = self.tasks.remove(place);
        self.count(&task, -1);
        task
    }

    fn count(&mut self, task: &Task, change: i32) {
        self.total = self.total.plus(change);
        if !task.completed() {
            self.open = self.open.plus(change);
        }
        let column = &mut self.columns[task.status as usize];
        *column = column.plus(change);
    }

    /// The position of a place among the tasks of this page, for a task as it will be.
    fn position(&self, moved: &Task, place: Place) -> Position {
        // Completed tasks stand in an order of their own.
        let group = match place {
            Place::Top | Place::Bottom => moved.completed(),
            Place::Above(other) | Place::Below(other) => self.task(other).is_some_and(Task::completed),
        };
        let others: Vec<_> =
            self.tasks.iter().filter(|task| task.id != moved.id && task.completed() == group).collect();
        let index = |id| others.iter().position(|task| task.id == id);
        let gap = match place {
            Place::Top => Some(0),
            Place::Bottom => Some(others.len()),
            Place::Above(id) => index(id),
            Place::Below(id) => index(id).map(|index| index + 1),
        };
        let at = |index: usize| others.get(index).map(|task| &task.position);
        let gap = gap.unwrap_or(0);
        Position::between(gap.checked_sub(1).and_then(at), at(gap))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{
        calendar::{Day, WallTime},
        task::TypedTask,
    };

    fn now() -> Moment {
        Moment { day: Day::parse("2026-11-21").unwrap(), time: WallTime::parse("12:00").unwrap() }
    }

    fn draft(title: &str) -> TaskDraft {
        TaskDraft::parse(&TypedTask { title: title.into(), ..TypedTask::default() }).unwrap()
    }

    fn id(number: u64) -> TaskId {
        TaskId(Uuid::from_u64_pair(number + 1, 0))
    }

    fn task(number: u64, status: TaskStatus) -> Task {
        let mut task = Task {
            id: id(number),
            title: draft("old").title,
            description: None,
            status,
            priority: Priority::Medium,
            due: None,
            position: Position::of_new(id(number)),
            version: 1,
            updated: 0,
            trashed: None,
            archived: None,
        };
        task.set(TaskDraft { status, ..draft("old") });
        task
    }

    fn window(url: &str, tasks: Vec<Task>) -> Window {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let view = View::parse(path, query).unwrap();
        let page = TaskPage { tasks: Vec::new(), ..TaskPage::empty(now()) };
        let mut window = Window::new(view, page);
        for task in tasks {
            window.put(task);
        }
        window
    }

    fn places() -> impl Strategy<Value = Place> {
        let id = (0..4u64).prop_map(id);
        prop_oneof![Just(Place::Top), Just(Place::Bottom), id.clone().prop_map(Place::Above), id.prop_map(Place::Below)]
    }

    fn acts() -> impl Strategy<Value = Act> {
        let ids = proptest::collection::vec((0..4u64).prop_map(id), 1..3);
        let status = proptest::sample::select(TaskStatus::ALL.to_vec());
        prop_oneof![
            (0..3u64, 1..4u64).prop_map(|(number, count)| {
                Act::Add((0..count).rev().map(|more| (local_id(number + more), draft("new"))).collect())
            }),
            ids.clone().prop_map(Act::Complete),
            ids.clone().prop_map(Act::Reopen),
            (ids.clone(), status.clone()).prop_map(|(ids, status)| Act::SetStatus(ids, status)),
            (ids.clone(), proptest::sample::select(Priority::ALL.to_vec()))
                .prop_map(|(ids, priority)| Act::SetPriority(ids, priority)),
            (ids.clone(), -2i64..3)
                .prop_map(|(ids, days)| Act::SetDue(ids, Some(Due { day: now().day.plus(days), time: None }))),
            ids.clone().prop_map(Act::Trash),
            ids.prop_map(Act::Restore),
            ((0..4u64).prop_map(id), places(), proptest::option::of(status))
                .prop_map(|(id, place, status)| Act::Move(id, place, status)),
            (0..4u64).prop_map(|number| Act::Undo(
                ChangeId(Uuid::nil()),
                vec![task(number, TaskStatus::Pending)],
                Vec::new()
            )),
        ]
    }

    #[test]
    fn a_new_task_stands_on_top_before_the_server_has_named_it() {
        let mut window = window("/tasks", vec![task(9, TaskStatus::Pending)]);
        window.apply(&Act::Add(vec![(local_id(0), draft("first"))]));
        window.apply(&Act::Add(vec![(local_id(1), draft("second"))]));
        let titles =
            |window: &Window| window.tasks.iter().map(|task| task.title.as_str().to_owned()).collect::<Vec<_>>();
        assert_eq!(titles(&window), ["second", "first", "old"]);
        assert_eq!((window.total, window.open), (Total(3), Total(3)));
        // Several at once stand in their order, and go together.
        let several = vec![(local_id(3), draft("third")), (local_id(2), draft("fourth"))];
        window.apply(&Act::Add(several));
        assert_eq!(titles(&window), ["third", "fourth", "second", "first", "old"]);
        window.apply(&Act::Undo(ChangeId(Uuid::nil()), Vec::new(), vec![local_id(3), local_id(2)]));
        assert_eq!(titles(&window), ["second", "first", "old"]);
    }

    #[test]
    fn a_completed_task_leaves_today_and_its_undo_brings_it_back() {
        let mut due = task(0, TaskStatus::Pending);
        due.due = Some(Due { day: now().day, time: None });
        let mut window = window("/today", vec![due.clone()]);
        window.apply(&Act::Complete(vec![due.id]));
        assert_eq!((window.tasks.len(), window.total), (0, Total(0)));
        window.apply(&Act::Undo(ChangeId(Uuid::nil()), vec![due.clone()], Vec::new()));
        assert_eq!((window.tasks, window.total), (vec![Arc::new(due)], Total(1)));
    }

    #[test]
    fn a_page_takes_no_task_that_belongs_on_another_one() {
        let mut window =
            window("/tasks?sort=created_at", vec![task(3, TaskStatus::Pending), task(4, TaskStatus::Pending)]);
        window.previous = Some(Cursor::Before("x".into()));
        window.next = Some(Cursor::After("x".into()));
        assert!(!window.shows(&task(2, TaskStatus::Pending)) && !window.shows(&task(5, TaskStatus::Pending)));
        assert!(window.shows(&task(3, TaskStatus::Pending)));
    }

    #[test]
    fn reopening_a_task_in_progress_leaves_it_in_progress() {
        let mut window = window("/tasks", vec![task(0, TaskStatus::InProgress)]);
        window.apply(&Act::Reopen(vec![id(0)]));
        assert_eq!(window.tasks[0].status, TaskStatus::InProgress);
    }

    #[test]
    fn a_change_of_a_local_task_follows_its_real_id() {
        let mut act = Act::Move(local_id(7), Place::Below(local_id(7)), None);
        act.rename(local_id(7), id(1));
        assert_eq!(act, Act::Move(id(1), Place::Below(id(1)), None));
        assert!(is_local(local_id(7)) && !is_local(id(1)));
    }

    #[test]
    fn a_place_survives_its_text() {
        for place in [Place::Top, Place::Bottom, Place::Above(id(1)), Place::Below(id(2))] {
            assert_eq!(Place::parse(&place.text()), Some(place));
        }
        assert_eq!(Place::parse("beside 1"), None);
    }

    #[test]
    fn a_task_moved_to_the_top_of_another_column_stands_on_top_of_its_kind() {
        let mut window = window(
            "/board",
            vec![task(0, TaskStatus::Pending), task(1, TaskStatus::Pending), task(2, TaskStatus::Completed)],
        );
        window.apply(&Act::Move(id(0), Place::Top, Some(TaskStatus::Completed)));
        let completed: Vec<_> = window.tasks.iter().filter(|task| task.completed()).map(|task| task.id).collect();
        assert_eq!(completed, [id(0), id(2)]);
    }

    #[test]
    fn another_day_keeps_the_time() {
        let mut due = task(0, TaskStatus::Pending);
        due.due = Some(Due { day: now().day, time: WallTime::parse("17:30").ok() });
        let time = due.due.unwrap().time;
        let mut window = window("/tasks", vec![due]);
        let tomorrow = now().day.plus(1);
        window.apply(&Act::SetDue(vec![id(0)], Some(Due { day: tomorrow, time: None })));
        assert_eq!(window.tasks[0].due, Some(Due { day: tomorrow, time }));
        window.apply(&Act::SetDue(vec![id(0)], None));
        assert_eq!(window.tasks[0].due, None);
    }

    proptest! {
        #[test]
        fn whatever_is_done_the_page_is_in_order_and_holds_each_task_once(
            acts in proptest::collection::vec(acts(), 0..20),
            url in proptest::sample::select(vec!["/tasks", "/today", "/upcoming", "/board", "/trash", "/tasks?status=open&sort=-priority"]),
        ) {
            let mut window = window(url, vec![task(0, TaskStatus::Pending), task(1, TaskStatus::Completed)]);
            for act in acts {
                window.apply(&act);
                prop_assert!(window.tasks.windows(2).all(|pair| window.compare(&pair[0], &pair[1]).is_lt()));
                prop_assert!(window.tasks.iter().all(|task| window.belongs(task)));
                prop_assert_eq!(window.total, Total(u32::try_from(window.tasks.len()).unwrap()));
            }
        }

        #[test]
        fn what_is_shown_is_what_the_server_confirms(act in acts()) {
            let confirmed = window("/tasks", vec![task(0, TaskStatus::Pending), task(1, TaskStatus::Completed), task(2, TaskStatus::InProgress)]);
            let mut shown = confirmed.clone();
            shown.apply(&act);
            let answer: Vec<_> = act.tasks().iter().filter_map(|id| shown.task(*id).cloned()).collect();
            if answer.len() == act.tasks().len() {
                let mut after = confirmed;
                after.confirm(&act, answer);
                prop_assert_eq!(after, shown);
            }
        }

        #[test]
        fn moved_by_hand_a_task_stands_next_to_where_it_was_put(order in proptest::collection::vec((0u64..5, 0u64..5, any::<bool>()), 1..20)) {
            let mut window = window("/tasks", (0..5).map(|number| task(number, TaskStatus::Pending)).collect());
            for (moved, anchor, above) in order {
                if moved == anchor {
                    continue;
                }
                let place = if above { Place::Above(id(anchor)) } else { Place::Below(id(anchor)) };
                window.apply(&Act::Move(id(moved), place, None));
                let index = |number| window.tasks.iter().position(|task| task.id == id(number)).unwrap();
                prop_assert_eq!(index(moved) + usize::from(above), index(anchor) + usize::from(!above));
            }
        }
    }
}
