//! Random sequences of everything that can be done, on the database and on a model of it in memory that knows nothing of SQL: both end
//! with the same lists.

use std::collections::{BTreeMap, BTreeSet};

use docket::{
    domain::{
        calendar::{Due, Moment, WallTime},
        change::{Changed, Place},
        id::{ChangeId, TaskId, UserId},
        position::Position,
        query::{PAGE, StatusFilter, TaskPage, TaskQuery, View},
        task::{Priority, Task, TaskDraft, TaskStatus, Title, TypedTask},
    },
    error::{AppError, Conflict},
    server::{
        clock::Local,
        database::{Actor, Database},
        store::tasks::{self, edit, find, undo},
    },
};
use proptest::prelude::*;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::support::{App, for_all, migrated, new_change};

/// What is done, by tasks that are named by a number: that of the order in which they were added, counted around.
#[derive(Clone, Debug)]
enum Step {
    Add(Fields),
    /// As a tab that saw the task so many changes ago; the fields that it changes.
    Edit(usize, usize, [bool; 5], Fields),
    Complete(Vec<usize>),
    Reopen(Vec<usize>),
    Status(Vec<usize>, TaskStatus),
    Priority(Vec<usize>, Priority),
    Due(Vec<usize>, Option<Due>),
    Move(usize, Where, Option<TaskStatus>),
    Trash(Vec<usize>),
    Restore(Vec<usize>),
    /// The change so many changes ago.
    Undo(usize),
    /// All that was put into the trash before this task.
    Purge(usize),
    /// All that is completed.
    Archive,
    /// Something of somebody else's.
    Stranger(Vec<usize>),
}

#[derive(Clone, Debug)]
enum Where {
    Top,
    Bottom,
    Above(usize),
    Below(usize),
}

/// What a person may set.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fields {
    title: String,
    description: String,
    status: TaskStatus,
    priority: Priority,
    due: Option<Due>,
}

/// All of a task. Times are numbers of steps.
#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    fields: Fields,
    position: String,
    completed: Option<usize>,
    trashed: Option<usize>,
    archived: Option<usize>,
}

struct Known {
    id: TaskId,
    now: State,
    /// What it was at each version.
    versions: Vec<State>,
    updated: usize,
    gone: bool,
}

/// What one change did to a task.
#[derive(Clone)]
struct Effect {
    task: usize,
    added: bool,
    before: State,
    after: State,
}

#[derive(Default)]
struct Model {
    tasks: Vec<Known>,
    changes: Vec<(ChangeId, Vec<Effect>)>,
    step: usize,
    /// Lines of the history.
    lines: usize,
}

/// Why a step is refused.
#[derive(Debug, PartialEq, Eq)]
enum No {
    NotFound,
    Superseded,
    Conflict { both: Vec<&'static str>, theirs: Vec<&'static str> },
}

/// What a change makes: tasks by their number, as they are then.
type Made = Vec<(usize, State)>;

const NAMES: [&str; 5] = ["title", "description", "status", "priority", "due_date"];

impl Fields {
    /// A day without a time leaves the time that there is.
    fn set_due(&mut self, due: Option<Due>) {
        let time = self.due.and_then(|due| due.time);
        self.due = due.map(|due| Due { time: due.time.or(time), ..due });
    }

    fn typed(&self) -> TypedTask {
        TypedTask {
            title: self.title.clone(),
            description: self.description.clone(),
            status: self.status.as_str().into(),
            priority: self.priority.as_str().into(),
            due_date: self.due.map(|due| due.day.to_string()).unwrap_or_default(),
            due_time: self.due.and_then(|due| due.time).map(|time| time.to_string()).unwrap_or_default(),
        }
    }

    fn draft(&self) -> TaskDraft {
        TaskDraft::parse(&self.typed()).unwrap()
    }

    /// One field as a text, to compare it.
    fn get(&self, field: usize) -> String {
        let typed = self.typed();
        match field {
            0 => typed.title,
            1 => typed.description,
            2 => typed.status,
            3 => typed.priority,
            _ => format!("{} {}", typed.due_date, typed.due_time),
        }
    }

    fn set(&mut self, field: usize, from: &Self) {
        match field {
            0 => self.title.clone_from(&from.title),
            1 => self.description.clone_from(&from.description),
            2 => self.status = from.status,
            3 => self.priority = from.priority,
            _ => self.due = from.due,
        }
    }
}

/// The parts of a state that an undo looks at one by one.
fn parts(state: &State) -> [String; 10] {
    let Fields { title, description, status, priority, due } = &state.fields;
    [
        title.clone(),
        description.clone(),
        status.as_str().to_owned(),
        priority.as_str().to_owned(),
        due.map(|due| due.day.to_string()).unwrap_or_default(),
        due.and_then(|due| due.time).map(|time| time.to_string()).unwrap_or_default(),
        state.position.clone(),
        format!("{:?}", state.completed),
        format!("{:?}", state.trashed),
        format!("{:?}", state.archived),
    ]
}

impl Model {
    /// The tasks that the numbers name, each once.
    fn named(&self, numbers: &[usize]) -> Vec<usize> {
        let named: BTreeSet<_> = numbers.iter().map(|number| number % self.tasks.len().max(1)).collect();
        if self.tasks.is_empty() { Vec::new() } else { named.into_iter().collect() }
    }

    fn ids(&self, tasks: &[usize]) -> Vec<TaskId> {
        tasks.iter().map(|task| self.tasks[*task].id).collect()
    }

    fn status(&self, state: &mut State, status: TaskStatus) {
        state.fields.status = status;
        state.completed = (status == TaskStatus::Completed).then(|| state.completed.unwrap_or(self.step));
        state.archived = state.archived.filter(|_| status == TaskStatus::Completed);
    }

    /// Makes new states of tasks, all or none.
    fn make(&self, tasks: &[usize], in_trash_too: bool, change: impl Fn(&mut State)) -> Result<Made, No> {
        let mut made = Vec::new();
        for task in tasks {
            let known = &self.tasks[*task];
            if known.gone || (known.now.trashed.is_some() && !in_trash_too) {
                return Err(No::NotFound);
            }
            let mut state = known.now.clone();
            change(&mut state);
            made.push((*task, state));
        }
        Ok(made)
    }

    /// What a tab that saw the task `ago` changes ago makes of it.
    fn edit(&self, task: usize, ago: usize, touched: [bool; 5], fields: &Fields) -> (u64, Fields, Result<Made, No>) {
        let known = &self.tasks[task];
        let version = known.versions.len() - ago % known.versions.len();
        let base = &known.versions[version - 1].fields;
        let mut mine = base.clone();
        (0..5).filter(|field| touched[*field]).for_each(|field| mine.set(field, fields));
        let current = &known.now.fields;
        let mut merged = mine.clone();
        let (mut both, mut theirs) = (Vec::new(), Vec::new());
        for (field, name) in NAMES.into_iter().enumerate() {
            let (base, mine, current_text) = (base.get(field), mine.get(field), current.get(field));
            if mine != current_text && current_text != base {
                if mine == base {
                    theirs.push(name);
                    merged.set(field, current);
                } else {
                    both.push(name);
                }
            }
        }
        let result = if known.gone {
            Err(No::NotFound)
        } else if both.is_empty() {
            let mut state = known.now.clone();
            let status = merged.status;
            state.fields = merged;
            self.status(&mut state, status);
            Ok(vec![(task, state)])
        } else {
            Err(No::Conflict { both, theirs })
        };
        (u64::try_from(version).unwrap(), mine, result)
    }

    fn undo(&self, change: usize) -> Result<Made, No> {
        let effects = &self.changes[change].1;
        if effects.is_empty() {
            return Err(No::NotFound);
        }
        let mut made = Vec::new();
        for Effect { task, added, before, after } in effects {
            let known = &self.tasks[*task];
            if known.gone {
                return Err(No::Superseded);
            }
            let mut state = known.now.clone();
            let (was, became, is) = (parts(before), parts(after), parts(&state));
            if *added {
                if is[..8] != became[..8] {
                    return Err(No::Superseded);
                }
                state.trashed = state.trashed.or(Some(self.step));
                made.push((*task, state));
                continue;
            }
            let changed: Vec<_> = (0..10).filter(|part| was[*part] != became[*part]).collect();
            if changed.iter().any(|part| is[*part] != became[*part]) {
                return Err(No::Superseded);
            }
            let has = |part: usize| changed.contains(&part);
            if has(0) {
                state.fields.title.clone_from(&before.fields.title);
            }
            if has(1) {
                state.fields.description.clone_from(&before.fields.description);
            }
            if has(2) {
                state.fields.status = before.fields.status;
            }
            if has(3) {
                state.fields.priority = before.fields.priority;
            }
            let day = if has(4) { before.fields.due } else { state.fields.due }.map(|due| due.day);
            let time = if has(5) { before.fields.due } else { state.fields.due }.and_then(|due| due.time);
            state.fields.due = match (day, time) {
                (None, Some(_)) => return Err(No::Superseded),
                (None, None) => None,
                (Some(day), time) => Some(Due { day, time }),
            };
            if has(6) {
                state.position.clone_from(&before.position);
            }
            if has(7) {
                state.completed = before.completed;
            }
            if has(8) {
                state.trashed = before.trashed;
            }
            if has(9) {
                state.archived = before.archived;
            }
            state.archived = state.archived.filter(|_| state.fields.status == TaskStatus::Completed);
            made.push((*task, state));
        }
        Ok(made)
    }

    /// Takes the new states over, as one change.
    fn commit(&mut self, change: ChangeId, made: Made) {
        let mut effects = Vec::new();
        for (task, after) in made {
            let known = &mut self.tasks[task];
            if known.now == after {
                continue;
            }
            effects.push(Effect { task, added: false, before: known.now.clone(), after: after.clone() });
            known.now = after.clone();
            known.versions.push(after);
            known.updated = self.step;
        }
        self.lines += effects.len();
        self.changes.push((change, effects));
    }

    /// The tasks as the pages show them. Times are numbers of steps.
    fn shown(&self) -> Vec<Task> {
        let there = self.tasks.iter().filter(|known| !known.gone);
        let task = |known: &Known| {
            let draft = known.now.fields.draft();
            Task {
                id: known.id,
                title: draft.title,
                description: draft.description,
                status: draft.status,
                priority: draft.priority,
                due: draft.due,
                position: Position::stored(known.now.position.clone()),
                version: u64::try_from(known.versions.len()).unwrap(),
                updated: i64::try_from(known.updated).unwrap(),
                trashed: known.now.trashed.map(|_| now().day),
                archived: known.now.archived.map(|_| now().day),
            }
        };
        there.map(task).collect()
    }

    /// The place of `moved` is the one it was put into, among its like.
    fn check_place(&self, moved: usize, place: &Where, position: &str, like: (bool, bool)) {
        let like = |known: &Known| !known.gone && known.now.trashed.is_none() && kind(&known.now) == like;
        let others = self.tasks.iter().enumerate().filter(|(task, known)| *task != moved && like(known));
        let mut places: Vec<(String, TaskId, usize)> =
            others.map(|(task, known)| (known.now.position.clone(), known.id, task)).collect();
        places.push((position.to_owned(), self.tasks[moved].id, moved));
        places.sort();
        let index = |task: usize| places.iter().position(|(_, _, other)| *other == task).unwrap();
        let at = index(moved);
        match place {
            Where::Top => assert_eq!(at, 0, "not on top"),
            Where::Bottom => assert_eq!(at, places.len() - 1, "not at the bottom"),
            Where::Above(other) => assert_eq!(at + 1, index(*other), "not just above"),
            Where::Below(other) => assert_eq!(at, index(*other) + 1, "not just below"),
        }
    }
}

fn now() -> Moment {
    local().now()
}

fn local() -> Local {
    Local::new("UTC", "2026-11-21T12:00:00Z".parse().unwrap())
}

/// One person on the database.
struct Person<'a> {
    database: &'a Database,
    pool: &'a PgPool,
    actor: Actor,
}

impl Person<'_> {
    #[allow(clippy::too_many_lines, reason = "a few lines for each kind of step")]
    async fn run(&self, model: &mut Model, step: Step) {
        model.step += 1;
        let change = new_change();
        let (database, actor, id) = (self.database, self.actor, Some(change));
        let (answer, made) = match step {
            Step::Add(fields) => return self.add(model, change, fields).await,
            _ if model.tasks.is_empty() => return,
            Step::Edit(task, ago, touched, fields) => {
                let task = task % model.tasks.len();
                let (version, mine, made) = model.edit(task, ago, touched, &fields);
                let (task, draft) = (model.tasks[task].id, mine.draft());
                let answer = tasks::change(database, actor, id, move |db, actor| {
                    let draft = draft.clone();
                    Box::pin(async move { edit::edit(db, actor, task, version, &draft, &BTreeSet::new()).await })
                });
                (answer.await, made)
            }
            Step::Complete(numbers) => {
                let chosen = model.named(&numbers);
                let made = model.make(&chosen, false, |state| model.status(state, TaskStatus::Completed));
                let work = tasks::change_all(database, actor, id, model.ids(&chosen), |db, actor, ids| {
                    Box::pin(tasks::complete(db, actor, ids))
                });
                (work.await, made)
            }
            Step::Reopen(numbers) => {
                let chosen = model.named(&numbers);
                let made = model.make(&chosen, false, |state| {
                    if state.fields.status == TaskStatus::Completed {
                        model.status(state, TaskStatus::Pending);
                    }
                });
                let work = tasks::change_all(database, actor, id, model.ids(&chosen), |db, actor, ids| {
                    Box::pin(tasks::reopen(db, actor, ids))
                });
                (work.await, made)
            }
            Step::Status(numbers, status) => {
                let chosen = model.named(&numbers);
                let made = model.make(&chosen, false, |state| model.status(state, status));
                let work = tasks::change_all(database, actor, id, model.ids(&chosen), move |db, actor, ids| {
                    Box::pin(tasks::set_status(db, actor, ids, status))
                });
                (work.await, made)
            }
            Step::Priority(numbers, priority) => {
                let chosen = model.named(&numbers);
                let made = model.make(&chosen, false, |state| state.fields.priority = priority);
                let work = tasks::change_all(database, actor, id, model.ids(&chosen), move |db, actor, ids| {
                    Box::pin(tasks::set_priority(db, actor, ids, priority))
                });
                (work.await, made)
            }
            Step::Due(numbers, due) => {
                let chosen = model.named(&numbers);
                let made = model.make(&chosen, false, |state| state.fields.set_due(due));
                let work = tasks::change_all(database, actor, id, model.ids(&chosen), move |db, actor, ids| {
                    Box::pin(tasks::set_due(db, actor, ids, due))
                });
                (work.await, made)
            }
            Step::Trash(numbers) => {
                let chosen = model.named(&numbers);
                let made = model.make(&chosen, true, |state| state.trashed = state.trashed.or(Some(model.step)));
                let work = tasks::change_all(database, actor, id, model.ids(&chosen), |db, actor, ids| {
                    Box::pin(tasks::trash(db, actor, ids))
                });
                (work.await, made)
            }
            Step::Restore(numbers) => {
                let chosen = model.named(&numbers);
                let made = model.make(&chosen, true, |state| state.trashed = None);
                let work = tasks::change_all(database, actor, id, model.ids(&chosen), |db, actor, ids| {
                    Box::pin(tasks::restore(db, actor, ids))
                });
                (work.await, made)
            }
            Step::Undo(ago) => {
                if model.changes.is_empty() {
                    return;
                }
                let undone = model.changes.len() - 1 - ago % model.changes.len();
                let made = model.undo(undone);
                let undone = model.changes[undone].0;
                let work = tasks::change(database, actor, id, move |db, actor| Box::pin(undo::undo(db, actor, undone)));
                (work.await, made)
            }
            Step::Stranger(numbers) => {
                let mut ids = model.ids(&model.named(&numbers));
                ids.push(TaskId(Uuid::now_v7()));
                let work = tasks::change_all(database, actor, id, ids, |db, actor, ids| {
                    Box::pin(tasks::trash(db, actor, ids))
                });
                (work.await, Err(No::NotFound))
            }
            Step::Move(task, place, status) => return self.put(model, change, task, place, status).await,
            Step::Purge(task) => return self.purge(model, task).await,
            Step::Archive => return self.archive(model).await,
        };
        settle(model, change, answer, made);
    }

    async fn add(&self, model: &mut Model, change: ChangeId, fields: Fields) {
        let draft = fields.draft();
        let work = tasks::change(self.database, self.actor, Some(change), move |db, actor| {
            let draft = draft.clone();
            Box::pin(async move { tasks::add(db, actor, &draft).await })
        });
        let task = work.await.unwrap().tasks.remove(0);
        let position = task.position.as_str().to_owned();
        let higher = model.tasks.iter().find(|known| known.now.position <= position);
        assert!(
            higher.is_none(),
            "a new task at {position} isn't on top: {:?} {:?}",
            higher.map(|known| &known.now.position),
            task.id
        );
        let completed = (fields.status == TaskStatus::Completed).then_some(model.step);
        let state = State { fields, position, completed, trashed: None, archived: None };
        let effect = Effect { task: model.tasks.len(), added: true, before: state.clone(), after: state.clone() };
        model.tasks.push(Known {
            id: task.id,
            now: state.clone(),
            versions: vec![state],
            updated: model.step,
            gone: false,
        });
        model.lines += 1;
        model.changes.push((change, vec![effect]));
    }

    async fn put(&self, model: &mut Model, change: ChangeId, task: usize, place: Where, status: Option<TaskStatus>) {
        let count = model.tasks.len();
        let (task, id) = (task % count, model.tasks[task % count].id);
        let place = match place {
            Where::Above(other) if other % count == task => Where::Top,
            Where::Below(other) if other % count == task => Where::Bottom,
            Where::Above(other) => Where::Above(other % count),
            Where::Below(other) => Where::Below(other % count),
            edge => edge,
        };
        let (wanted, beside) = match place {
            Where::Top => (Place::Top, task),
            Where::Bottom => (Place::Bottom, task),
            Where::Above(other) => (Place::Above(model.tasks[other].id), other),
            Where::Below(other) => (Place::Below(model.tasks[other].id), other),
        };
        let made = model.make(&[task], false, |state| {
            if let Some(status) = status {
                model.status(state, status);
            }
        });
        let made = made.and_then(|mut made| {
            let neighbour = model.make(&[beside], false, |_| {})?.remove(0).1;
            Ok((made.remove(0).1, neighbour))
        });
        let work = tasks::change(self.database, self.actor, Some(change), move |db, actor| {
            Box::pin(tasks::put(db, actor, id, wanted, status))
        });
        let answer = work.await;
        let (mut state, neighbour) = match made {
            Ok(made) => made,
            Err(no) => return settle(model, change, answer, Err(no)),
        };
        // Where exactly the place is, is the store's to say; that it is the right one is checked.
        let changed = answer.unwrap();
        changed.tasks[0].position.as_str().clone_into(&mut state.position);
        let like = if beside == task { &state } else { &neighbour };
        model.check_place(task, &place, &state.position, kind(like));
        let before = model.tasks[task].now.clone();
        // Status and place are set one after the other: two versions, two lines.
        let steps =
            usize::from(before.fields.status != state.fields.status) + usize::from(before.position != state.position);
        model.commit(change, vec![(task, state)]);
        if steps == 2 {
            let known = &mut model.tasks[task];
            let between = State { position: before.position, ..known.now.clone() };
            known.versions.insert(known.versions.len() - 1, between);
            model.lines += 1;
        }
    }

    async fn purge(&self, model: &mut Model, task: usize) {
        let task = task % model.tasks.len();
        let Some(before) = model.tasks[task].now.trashed.filter(|_| !model.tasks[task].gone) else { return };
        let at: OffsetDateTime = sqlx::query_scalar("select deleted_at from tasks where id = $1")
            .bind(model.tasks[task].id.0)
            .fetch_one(self.pool)
            .await
            .unwrap();
        self.settled().await;
        self.database.maintain(move |db| Box::pin(tasks::purge(db, at, 1_000))).await.unwrap();
        for known in &mut model.tasks {
            known.gone |= known.now.trashed.is_some_and(|trashed| trashed < before);
        }
    }

    /// Waits until what was refused has been rolled back: jobs pass by rows that somebody is still at.
    async fn settled(&self) {
        sqlx::query("select from tasks for update").execute(self.pool).await.unwrap();
    }

    async fn archive(&self, model: &mut Model) {
        self.settled().await;
        // As the job does, long from now.
        let now = OffsetDateTime::now_utc();
        let before = now + time::Duration::days(1);
        self.database.maintain(move |db| Box::pin(tasks::archive(db, before, now, 1_000))).await.unwrap();
        for known in &mut model.tasks {
            let State { completed, trashed, archived, .. } = known.now;
            if !known.gone && completed.is_some() && trashed.is_none() && archived.is_none() {
                known.now.archived = Some(model.step);
                // Counted, but nobody did it.
                known.versions.push(known.now.clone());
            }
        }
    }

    /// Both have the same lists, whichever page shows them.
    async fn compare(&self, model: &Model) {
        let mut urls: Vec<String> =
            ["/today", "/upcoming", "/board", "/trash", "/tasks?status=open", "/tasks?overdue=1"]
                .into_iter()
                .chain([
                    "/tasks?priority=high&sort=title",
                    "/tasks?q=al&sort=position",
                    "/tasks?due_from=2026-11-21&due_to=2026-11-22",
                    "/tasks?archived=true",
                    "/tasks?archived=true&status=completed&sort=-title",
                    "/tasks?archived=true&q=al&sort=updated_at",
                ])
                .map(str::to_owned)
                .collect();
        for key in ["position", "created_at", "due_date", "priority", "title", "updated_at"] {
            // Each sequence one direction: there are many.
            let direction = if self.actor.user.0.as_u128().is_multiple_of(2) { "" } else { "-" };
            urls.push(format!("/tasks?sort={direction}{key}"));
        }
        let views: Vec<View> = urls.iter().map(|url| view(url)).collect();
        let asked = views.clone();
        let work = self.database.read(self.actor, move |db, actor| {
            let views = asked.clone();
            Box::pin(async move {
                let mut pages = Vec::new();
                for view in &views {
                    pages.push(find::page(&mut *db, actor, view, &local()).await?);
                }
                Ok(pages)
            })
        });
        let shown = model.shown();
        for ((url, view), page) in urls.iter().zip(&views).zip(work.await.unwrap()) {
            check(url, view, &page, &shown, model);
        }
        self.compare_times(model).await;
    }

    /// Times are kept too: what happened in one step has one time, and later steps later ones.
    async fn compare_times(&self, model: &Model) {
        type Times = (Uuid, Option<OffsetDateTime>, Option<OffsetDateTime>);
        let query = "select id, completed_at, deleted_at from tasks where user_id = $1";
        let rows: Vec<Times> = sqlx::query_as(query).bind(self.actor.user.0).fetch_all(self.pool).await.unwrap();
        assert_eq!(rows.len(), model.tasks.iter().filter(|known| !known.gone).count());
        let mut times = BTreeMap::new();
        for (id, completed, deleted) in rows {
            let known = model.tasks.iter().find(|known| known.id.0 == id).unwrap();
            for (step, time) in [(known.now.completed, completed), (known.now.trashed, deleted)] {
                assert_eq!(step.is_some(), time.is_some());
                if let (Some(step), Some(time)) = (step, time) {
                    assert_eq!(*times.entry(step).or_insert(time), time, "one step, two times");
                }
            }
        }
        assert!(times.values().is_sorted_by(|one, other| one < other), "{times:?}");
        let lines: i64 = sqlx::query_scalar("select count(*) from audit_logs where user_id = $1")
            .bind(self.actor.user.0)
            .fetch_one(self.pool)
            .await
            .unwrap();
        assert_eq!(usize::try_from(lines).unwrap(), model.lines, "lines of the history");
    }
}

/// Tasks of one kind stand in one order: open, completed, archived.
fn kind(state: &State) -> (bool, bool) {
    (state.completed.is_some(), state.archived.is_some())
}

fn view(url: &str) -> View {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    View::parse(path, query).unwrap()
}

/// Both do it, or both refuse it for the same reason.
fn settle(model: &mut Model, change: ChangeId, answer: Result<Changed, AppError>, made: Result<Made, No>) {
    match (answer, made) {
        (Ok(_), Ok(made)) => model.commit(change, made),
        (Err(AppError::NotFound), Err(No::NotFound)) | (Err(AppError::Superseded), Err(No::Superseded)) => {}
        (Err(AppError::Conflict(Conflict { both, theirs })), Err(No::Conflict { both: own, theirs: other })) => {
            assert_eq!(
                (both, theirs),
                (own.iter().map(ToString::to_string).collect(), other.iter().map(ToString::to_string).collect())
            );
        }
        (answer, made) => panic!("the store says {answer:?}, the model {made:?}"),
    }
}

fn check(url: &str, view: &View, page: &TaskPage, all: &[Task], model: &Model) {
    let query = view.query(now());
    let word = |task: &Task| task.title.as_str().split(' ').any(|word| word.starts_with(&query.text));
    let mut expected: Vec<Task> = all.iter().filter(|task| query.matches(task, now()) && word(task)).cloned().collect();
    match view {
        View::Trash(_) => {
            let trashed = |task: &Task| model.tasks.iter().find(|known| known.id == task.id).unwrap().now.trashed;
            expected = all.iter().filter(|task| task.trashed.is_some()).cloned().collect();
            expected.sort_by_key(|task| std::cmp::Reverse((trashed(task), task.id)));
        }
        View::Board => {
            let of = |status| TaskQuery { status: StatusFilter::Only(status), ..TaskQuery::default() };
            let columns =
                TaskStatus::ALL.map(|status| all.iter().filter(|task| of(status).matches(task, now())).count());
            assert_eq!(page.columns.map(|total| total.0 as usize), columns, "{url}");
            expected.sort_by(|one, other| one.position.cmp(&other.position).then(one.id.cmp(&other.id)));
        }
        _ => expected.sort_by(|one, other| query.compare(one, other)),
    }
    assert!(expected.len() <= usize::from(PAGE), "more than a page");
    if !matches!(view, View::Board) {
        assert_eq!(page.total.0 as usize, expected.len(), "{url}");
    }
    // When is compared by the order.
    let same = |task: &Task| Task {
        updated: 0,
        trashed: task.trashed.map(|_| now().day),
        archived: task.archived.map(|_| now().day),
        ..task.clone()
    };
    let (shown, expected): (Vec<_>, Vec<_>) =
        (page.tasks.iter().map(same).collect(), expected.iter().map(same).collect());
    let titles = |tasks: &[Task]| tasks.iter().map(|task| task.title.clone()).collect::<Vec<Title>>();
    assert_eq!(shown, expected, "{url}: {:?} instead of {:?}", titles(&shown), titles(&expected));
}

fn fields() -> impl Strategy<Value = Fields> {
    let titles = ["alpha", "alpha one", "beta", "beta alpine", "gamma", "delta", "omega"];
    (
        proptest::sample::select(titles.to_vec()),
        proptest::sample::select(vec!["", "more", "less"]),
        status(),
        priority(),
        due(),
    )
        .prop_map(|(title, description, status, priority, due)| Fields {
            title: title.into(),
            description: description.into(),
            status,
            priority,
            due,
        })
}

fn status() -> impl Strategy<Value = TaskStatus> {
    proptest::sample::select(TaskStatus::ALL.to_vec())
}

fn priority() -> impl Strategy<Value = Priority> {
    proptest::sample::select(Priority::ALL.to_vec())
}

fn due() -> impl Strategy<Value = Option<Due>> {
    let time = proptest::option::of(proptest::sample::select(vec!["00:00", "11:59", "12:00", "23:59"]));
    let due = (-2i64..4, time).prop_map(|(days, time)| Due {
        day: now().day.plus(days),
        time: time.map(|time| WallTime::parse(time).unwrap()),
    });
    proptest::option::weighted(0.7, due)
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let task = 0usize..12;
    let tasks = proptest::collection::vec(0usize..12, 1..4);
    let place = prop_oneof![
        Just(Where::Top),
        Just(Where::Bottom),
        task.clone().prop_map(Where::Above),
        task.clone().prop_map(Where::Below)
    ];
    let step = prop_oneof![
        4 => fields().prop_map(Step::Add),
        3 => (task.clone(), 0usize..4, any::<[bool; 5]>(), fields())
            .prop_map(|(task, ago, touched, fields)| Step::Edit(task, ago, touched, fields)),
        1 => tasks.clone().prop_map(Step::Complete),
        1 => tasks.clone().prop_map(Step::Reopen),
        1 => (tasks.clone(), status()).prop_map(|(tasks, status)| Step::Status(tasks, status)),
        1 => (tasks.clone(), priority()).prop_map(|(tasks, priority)| Step::Priority(tasks, priority)),
        2 => (tasks.clone(), due()).prop_map(|(tasks, due)| Step::Due(tasks, due)),
        4 => (task.clone(), place, proptest::option::weighted(0.3, status()))
            .prop_map(|(task, place, status)| Step::Move(task, place, status)),
        2 => tasks.clone().prop_map(Step::Trash),
        1 => tasks.clone().prop_map(Step::Restore),
        4 => (0usize..6).prop_map(Step::Undo),
        1 => task.prop_map(Step::Purge),
        2 => Just(Step::Archive),
        1 => tasks.prop_map(Step::Stranger),
    ];
    // Something to begin with.
    (proptest::collection::vec(fields().prop_map(Step::Add), 2..5), proptest::collection::vec(step, 4..18))
        .prop_map(|(begin, rest)| begin.into_iter().chain(rest).collect())
}

fn sequences_end_alike(cases: u32) {
    // Nothing of this has to survive a fall of the server.
    let start = async { App::on(migrated().await.options([("synchronous_commit", "off")]), &[]).await };
    for_all(cases, steps(), start, async |app, steps| {
        let user = UserId(Uuid::now_v7());
        sqlx::query("insert into users (id, email, name) values ($1, $1::text || '@example.org', 'Ada')")
            .bind(user.0)
            .execute(app.pool())
            .await
            .unwrap();
        let person = Person { database: &app.state.database, pool: app.pool(), actor: Actor { user } };
        let mut model = Model::default();
        for step in steps {
            person.run(&mut model, step).await;
        }
        person.compare(&model).await;
        // A purge is everybody's: nothing of this sequence is left for the next one.
        sqlx::query("delete from users where id = $1").bind(user.0).execute(app.pool()).await.unwrap();
    });
}

// In two parts, which run side by side.

#[test]
fn whatever_is_done_the_lists_are_those_of_a_model_in_memory() {
    sequences_end_alike(500);
}

#[test]
fn whatever_else_is_done_the_lists_are_those_of_a_model_in_memory() {
    sequences_end_alike(500);
}
