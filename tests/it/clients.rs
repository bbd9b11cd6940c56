//! Random histories of several people over HTTP, each with two browsers and a program, against the running application: whoever asks sees what
//! a model in memory has, what somebody knows too little about is refused, and nobody ever sees anything of anybody else's.
//!
//! `tests/it/model.rs` knows what the store does; here each client has its own memory of what it saw, which is soon out of date.
//! `DOCKET_CLIENT_HISTORIES=500 cargo test --features ssr --test it clients::` tries that many.

use std::collections::{BTreeMap, BTreeSet};

use docket::{
    domain::{
        change::Changed,
        id::{ChangeId, TaskId},
        task::{Priority, Task, TaskStatus},
        token::NewToken,
    },
    error::{AppError, Conflict},
};
use proptest::prelude::*;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    api::Program,
    support::{App, Browser, for_all, indexed, new_change, with},
};

/// What is done by whom. Tasks and changes are numbers, counted around.
#[derive(Clone, Debug)]
struct Step {
    person: usize,
    client: usize,
    act: Act,
}

#[derive(Clone, Debug)]
enum Act {
    Add(Fields),
    /// With the version and the values that this client saw last; the fields that it changes.
    Edit(usize, [bool; 4], Fields),
    Complete(usize),
    Reopen(usize),
    Trash(usize),
    Restore(usize),
    /// The change so many changes ago, of whichever browser of this person's.
    Undo(usize),
    /// Looks at everything.
    List,
    /// Looks for a word.
    Search(&'static str),
    /// A task of another person's.
    Foreign(usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Fields {
    title: String,
    description: String,
    status: TaskStatus,
    priority: Priority,
}

const NAMES: [&str; 4] = ["title", "description", "status", "priority"];

impl Fields {
    fn values(&self) -> [&str; 4] {
        [&self.title, &self.description, self.status.as_str(), self.priority.as_str()]
    }

    fn set(&mut self, field: usize, from: &Self) {
        match field {
            0 => self.title.clone_from(&from.title),
            1 => self.description.clone_from(&from.description),
            2 => self.status = from.status,
            _ => self.priority = from.priority,
        }
    }
}

/// A task as somebody saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    version: u64,
    fields: Fields,
}

impl Seen {
    fn of(task: &Task) -> Self {
        let fields = Fields {
            title: task.title.as_str().to_owned(),
            description: task.description.as_ref().map(|text| text.as_str().to_owned()).unwrap_or_default(),
            status: task.status,
            priority: task.priority,
        };
        Self { version: task.version, fields }
    }

    /// As programs get it.
    fn of_json(task: &Value) -> Self {
        let text = |name: &str| task[name].as_str().unwrap_or_default().to_owned();
        let fields = Fields {
            title: text("title"),
            description: text("description"),
            status: TaskStatus::parse(&text("status")).unwrap(),
            priority: Priority::parse(&text("priority")).unwrap(),
        };
        Self { version: task["version"].as_u64().unwrap(), fields }
    }
}

/// All of a task. Times are numbers of steps.
#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    fields: Fields,
    completed: Option<usize>,
    trashed: Option<usize>,
}

struct Known {
    id: TaskId,
    now: State,
    /// What it was at each version.
    versions: Vec<Fields>,
}

/// What one change did to its task.
struct Effect {
    task: usize,
    added: bool,
    before: State,
    after: State,
}

/// Why a step is refused.
#[derive(Debug, PartialEq, Eq)]
enum No {
    NotFound,
    Superseded,
    VersionMismatch,
    Conflict(Vec<&'static str>, Vec<&'static str>),
}

/// What is true of one person's tasks.
#[derive(Default)]
struct Model {
    tasks: Vec<Known>,
    /// Changes of browsers, which know their ids.
    changes: Vec<(ChangeId, Option<Effect>)>,
    step: usize,
}

impl Model {
    fn status(&self, state: &mut State, status: TaskStatus) {
        state.fields.status = status;
        state.completed = (status == TaskStatus::Completed).then(|| state.completed.unwrap_or(self.step));
    }

    /// A new state of a task that isn't in the trash, or may be.
    fn make(&self, task: usize, in_trash_too: bool, change: impl FnOnce(&mut State)) -> Result<State, No> {
        let known = &self.tasks[task];
        if known.now.trashed.is_some() && !in_trash_too {
            return Err(No::NotFound);
        }
        let mut state = known.now.clone();
        change(&mut state);
        Ok(state)
    }

    /// What is made of `mine` by a browser that saw `base`: only what both have changed is a conflict.
    fn merge(&self, task: usize, base: &Fields, mine: &Fields) -> Result<State, No> {
        let now = &self.tasks[task].now;
        let mut merged = mine.clone();
        let (mut both, mut theirs) = (Vec::new(), Vec::new());
        for (field, name) in NAMES.into_iter().enumerate() {
            let (base, mine, current) = (base.values()[field], mine.values()[field], now.fields.values()[field]);
            if mine == current || current == base {
                continue;
            }
            if mine == base {
                theirs.push(name);
                merged.set(field, &now.fields);
            } else {
                both.push(name);
            }
        }
        if !both.is_empty() {
            return Err(No::Conflict(both, theirs));
        }
        let mut state = State { fields: merged.clone(), ..now.clone() };
        self.status(&mut state, merged.status);
        Ok(state)
    }

    fn undo(&self, change: usize) -> Result<(usize, State), No> {
        let Some(Effect { task, added, before, after }) = &self.changes[change].1 else { return Err(No::NotFound) };
        let mut state = self.tasks[*task].now.clone();
        if *added {
            if (&state.fields, state.completed) != (&after.fields, after.completed) {
                return Err(No::Superseded);
            }
            state.trashed = state.trashed.or(Some(self.step));
            return Ok((*task, state));
        }
        for field in 0..4 {
            let (was, became) = (before.fields.values()[field], after.fields.values()[field]);
            if was != became {
                if state.fields.values()[field] != became {
                    return Err(No::Superseded);
                }
                state.fields.set(field, &before.fields);
            }
        }
        let times = [
            (&mut state.completed, before.completed, after.completed),
            (&mut state.trashed, before.trashed, after.trashed),
        ];
        for (now, was, became) in times {
            if was != became {
                if *now != became {
                    return Err(No::Superseded);
                }
                *now = was;
            }
        }
        Ok((*task, state))
    }

    /// Takes a new state over.
    fn commit(&mut self, change: Option<ChangeId>, task: usize, after: State) {
        let known = &mut self.tasks[task];
        let mut effect = None;
        if known.now != after {
            let before = std::mem::replace(&mut known.now, after.clone());
            known.versions.push(after.fields.clone());
            effect = Some(Effect { task, added: false, before, after });
        }
        self.changes.extend(change.map(|change| (change, effect)));
    }

    fn seen(&self, task: usize) -> Seen {
        let known = &self.tasks[task];
        Seen { version: u64::try_from(known.versions.len()).unwrap(), fields: known.now.fields.clone() }
    }

    /// What is there, or in the trash, and has a word that begins so.
    fn shown(&self, trashed: bool, word: &str) -> BTreeMap<TaskId, Seen> {
        let has = |fields: &Fields| {
            let words = [&fields.title, &fields.description];
            words.into_iter().flat_map(|text| text.split(' ')).any(|each| each.starts_with(word))
        };
        let there = |task: &usize| {
            let now = &self.tasks[*task].now;
            now.trashed.is_some() == trashed && has(&now.fields)
        };
        (0..self.tasks.len()).filter(there).map(|task| (self.tasks[task].id, self.seen(task))).collect()
    }
}

/// What one of a person's clients is.
enum Client {
    Browser(Browser),
    Program(Program),
}

/// Somebody with clients, each of which remembers what it saw last.
struct Person {
    name: &'static str,
    clients: Vec<(Client, BTreeMap<TaskId, Seen>)>,
    model: Model,
}

/// What a client is told.
type Told = Result<Option<Seen>, No>;

impl Person {
    async fn new(app: &App, name: &'static str) -> Self {
        let email = format!("{name}@example.org");
        let (one, other) = (app.visitor(), app.visitor());
        for browser in [&one, &other] {
            assert_eq!(browser.log_in(&email, crate::support::PASSWORD).await.status(), StatusCode::SEE_OTHER);
        }
        let fields = [("name", "x"), ("scopes[0]", "tasks:read"), ("scopes[1]", "tasks:write"), ("expires", "7")];
        let made = one.call("make_token", &fields).await.text().await.unwrap();
        let token = serde_json::from_str::<NewToken>(&made).unwrap().token;
        let program = Program::with_bearer(app, Some(&token));
        let clients = [Client::Browser(one), Client::Browser(other), Client::Program(program)];
        Self {
            name,
            clients: clients.into_iter().map(|client| (client, BTreeMap::new())).collect(),
            model: Model::default(),
        }
    }

    /// Does a step with one of the clients, and compares what that is told with what the model says. Gives why it was refused, if it was.
    async fn run(&mut self, client: usize, act: Act) -> Option<No> {
        self.model.step += 1;
        let count = self.model.tasks.len();
        let change = new_change();
        let (client, memory) = &mut self.clients[client];
        let model = &mut self.model;
        match act {
            Act::Add(fields) => {
                let (id, seen) = client.add(change, &fields).await;
                assert_eq!(seen, Seen { version: 1, fields: fields.clone() });
                memory.insert(id, seen);
                let completed = (fields.status == TaskStatus::Completed).then_some(model.step);
                let state = State { fields: fields.clone(), completed, trashed: None };
                let effect = Effect { task: count, added: true, before: state.clone(), after: state.clone() };
                model.tasks.push(Known { id, now: state, versions: vec![fields] });
                if matches!(client, Client::Browser(_)) {
                    model.changes.push((change, Some(effect)));
                }
            }
            Act::List => {
                for trashed in [false, true] {
                    let Some(shown) = client.list(trashed, "").await else { continue };
                    assert_eq!(shown, model.shown(trashed, ""), "{}: {trashed}", self.name);
                    memory.extend(shown);
                }
            }
            Act::Search(word) => {
                let found = client.list(false, word).await.unwrap();
                assert_eq!(found, model.shown(false, word), "{}: {word}", self.name);
                memory.extend(found);
            }
            Act::Foreign(_) => {}
            Act::Undo(ago) => {
                let Client::Browser(browser) = client else { return None };
                let last = model.changes.len().checked_sub(1)?;
                let undone = last - ago % (last + 1);
                let made = model.undo(undone);
                let undone = model.changes[undone].0.to_string();
                let told = ask(browser, "undo_change", change, &[("undone", &undone)]).await;
                return settle(told, made, |told, (task, state)| {
                    model.commit(Some(change), task, state);
                    assert_eq!(told, Some(model.seen(task)), "undone");
                    memory.insert(model.tasks[task].id, model.seen(task));
                });
            }
            Act::Edit(task, ..) | Act::Complete(task) | Act::Reopen(task) | Act::Trash(task) | Act::Restore(task) => {
                let task = task.checked_rem(count)?;
                let id = model.tasks[task].id;
                // What this client has never seen it can't mean.
                let seen = memory.get(&id)?.clone();
                let made = client.expect(model, task, &seen, &act);
                let told = client.tell(change, id, &seen, &act).await;
                let change = matches!(client, Client::Browser(_)).then_some(change);
                return settle(told, made, |told, state| {
                    model.commit(change, task, state);
                    // A program that puts something into the trash is told nothing but its version.
                    if let Some(told) = told {
                        assert_eq!(told, model.seen(task), "{act:?}");
                    }
                    memory.insert(id, model.seen(task));
                });
            }
        }
        None
    }

    /// Everything that each client can look at.
    async fn compare(&self, others: &BTreeSet<TaskId>) {
        for (client, _) in &self.clients {
            for (trashed, word) in [(false, ""), (true, ""), (false, "alpha"), (false, "beta")] {
                let Some(shown) = client.list(trashed, word).await else { continue };
                assert_eq!(shown, self.model.shown(trashed, word), "{}: {trashed} {word}", self.name);
                assert!(shown.keys().all(|id| !others.contains(id)), "{} sees what is somebody else's", self.name);
            }
            if let Client::Browser(browser) = client {
                // As a person sees it.
                let page = browser.page("/tasks").await;
                let there = |completed: bool| {
                    let tasks = self.model.shown(false, "").into_values();
                    let titles = tasks.filter(|seen| (seen.fields.status == TaskStatus::Completed) == completed);
                    let mut titles: Vec<_> = titles.map(|seen| seen.fields.title).collect();
                    titles.sort();
                    titles
                };
                let (mut open, mut completed) = (page.open(), page.completed());
                open.sort();
                completed.sort();
                assert_eq!((open, completed), (there(false), there(true)), "{}", self.name);
            }
        }
    }
}

/// Both do it, or both refuse it for the same reason, which it gives.
fn settle<T>(told: Told, made: Result<T, No>, commit: impl FnOnce(Option<Seen>, T)) -> Option<No> {
    match (told, made) {
        (Ok(told), Ok(made)) => {
            commit(told, made);
            None
        }
        (Err(told), Err(made)) => {
            assert_eq!(told, made);
            Some(made)
        }
        (told, made) => panic!("the server says {told:?}, the model {:?}", made.err()),
    }
}

/// Calls a function about one task.
async fn ask(browser: &Browser, function: &str, change: ChangeId, fields: &[(&str, &str)]) -> Told {
    let change = change.to_string();
    let answer = browser.call(function, &with(&[("change".to_owned(), change)], fields)).await;
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    if status == StatusCode::OK {
        return Ok(serde_json::from_str::<Changed>(&text).unwrap().tasks.first().map(Seen::of));
    }
    let name =
        |fields: Vec<String>| NAMES.into_iter().filter(|name| fields.iter().any(|field| field == name)).collect();
    let no = match serde_json::from_str(&text).unwrap() {
        AppError::NotFound => No::NotFound,
        AppError::Superseded => No::Superseded,
        AppError::Conflict(Conflict { both, theirs }) => No::Conflict(name(both), name(theirs)),
        error => panic!("{function}: {error:?}"),
    };
    assert_eq!(status.as_u16(), if no == No::NotFound { 404 } else { 409 });
    Err(no)
}

impl Client {
    async fn add(&self, change: ChangeId, fields: &Fields) -> (TaskId, Seen) {
        match self {
            Self::Browser(browser) => {
                let change = change.to_string();
                let pairs = NAMES.into_iter().zip(fields.values()).chain([("change", change.as_str())]);
                let task = browser.add_fields(&pairs.collect::<Vec<_>>()).await;
                (task.id, Seen::of(&task))
            }
            Self::Program(program) => {
                let body: serde_json::Map<_, _> = NAMES.into_iter().zip(fields.values()).map(pair).collect();
                let answer = program.post("/tasks", &Value::Object(body)).await;
                assert_eq!((answer.status, answer.header("etag")), (201, "\"1\""), "{}", answer.body);
                (answer.body["id"].as_str().unwrap().parse().unwrap(), Seen::of_json(&answer.body))
            }
        }
    }

    /// All that is there, or in the trash, with a word. Programs have no list of the trash.
    async fn list(&self, trashed: bool, word: &str) -> Option<BTreeMap<TaskId, Seen>> {
        match self {
            Self::Browser(browser) => {
                let url = if trashed { "/trash".to_owned() } else { format!("/tasks?limit=200&q={word}") };
                let page = browser.list(&url).await;
                assert_eq!(page.total.0 as usize, page.tasks.len());
                Some(page.tasks.iter().map(|task| (task.id, Seen::of(task))).collect())
            }
            Self::Program(_) if trashed => None,
            Self::Program(program) => {
                // Blank is no search.
                let search = if word.is_empty() { String::new() } else { format!("&q={word}") };
                let answer = program.get(&format!("/tasks?limit=100{search}")).await;
                assert_eq!(answer.status, 200, "{}", answer.body);
                let tasks = answer.body["tasks"].as_array().unwrap();
                assert_eq!(answer.body["total"], tasks.len());
                Some(
                    tasks
                        .iter()
                        .map(|task| (task["id"].as_str().unwrap().parse().unwrap(), Seen::of_json(task)))
                        .collect(),
                )
            }
        }
    }

    /// What the model makes of an act of this client's, which saw the task as `seen`.
    fn expect(&self, model: &Model, task: usize, seen: &Seen, act: &Act) -> Result<State, No> {
        let now = model.seen(task).version;
        if let Self::Program(_) = self {
            // First whether it is there, then whether it is the version that is meant.
            let restores = matches!(act, Act::Restore(_));
            model.make(task, restores, |_| {})?;
            if now != seen.version {
                return Err(No::VersionMismatch);
            }
        }
        match act {
            Act::Edit(_, touched, fields) => {
                let mut mine = seen.fields.clone();
                (0..4).filter(|field| touched[*field]).for_each(|field| mine.set(field, fields));
                model.merge(task, &seen.fields, &mine)
            }
            Act::Complete(_) => model.make(task, false, |state| model.status(state, TaskStatus::Completed)),
            Act::Reopen(_) => model.make(task, false, |state| {
                if state.fields.status == TaskStatus::Completed {
                    model.status(state, TaskStatus::Pending);
                }
            }),
            Act::Trash(_) => model.make(task, true, |state| state.trashed = state.trashed.or(Some(model.step))),
            _ => model.make(task, true, |state| state.trashed = None),
        }
    }

    /// Does it.
    async fn tell(&self, change: ChangeId, id: TaskId, seen: &Seen, act: &Act) -> Told {
        let (id, version) = (id.to_string(), seen.version.to_string());
        match self {
            Self::Browser(browser) => {
                let function = match act {
                    Act::Edit(_, touched, fields) => {
                        // A form sends every field, as it stands there.
                        let mut mine = seen.fields.clone();
                        (0..4).filter(|field| touched[*field]).for_each(|field| mine.set(field, fields));
                        let pairs = NAMES.into_iter().zip(mine.values());
                        let pairs: Vec<_> = pairs.chain([("id", &*id), ("version", &*version)]).collect();
                        return ask(browser, "edit_task", change, &pairs).await;
                    }
                    Act::Complete(_) => "complete_tasks",
                    Act::Reopen(_) => "reopen_tasks",
                    Act::Trash(_) => "trash_tasks",
                    _ => "restore_tasks",
                };
                let ids = indexed(&[id]);
                ask(browser, function, change, &with(&ids, &[])).await
            }
            Self::Program(program) => {
                let (path, tag) = (format!("/tasks/{id}"), format!("\"{version}\""));
                let changes = |body: Value| (Method::PATCH, path.clone(), body);
                let (method, path, body) = match act {
                    Act::Edit(_, touched, fields) => {
                        let named =
                            NAMES.into_iter().zip(fields.values()).zip(touched).filter(|(_, touched)| **touched);
                        changes(Value::Object(named.map(|(named, _)| pair(named)).collect()))
                    }
                    Act::Complete(_) => changes(json!({ "completed": true })),
                    Act::Reopen(_) => changes(json!({ "completed": false })),
                    Act::Trash(_) => (Method::DELETE, path, Value::Null),
                    _ => (Method::POST, format!("{path}/restore"), Value::Null),
                };
                let answer = program.send_with(method, &path, &body, &[("if-match", &tag)]).await;
                match answer.status {
                    200 => {
                        assert_eq!(answer.header("etag"), format!("\"{}\"", answer.body["version"]));
                        Ok(Some(Seen::of_json(&answer.body)))
                    }
                    204 => Ok(None),
                    404 => Err(No::NotFound),
                    412 => Err(No::VersionMismatch),
                    status => panic!("{status}: {}", answer.body),
                }
            }
        }
    }

    /// Tries everything with a task of somebody else's.
    async fn intrude(&self, id: TaskId) {
        let text = id.to_string();
        match self {
            Self::Browser(browser) => {
                let ids = indexed(&[id]);
                for function in ["complete_tasks", "reopen_tasks", "trash_tasks", "restore_tasks"] {
                    assert_eq!(ask(browser, function, new_change(), &with(&ids, &[])).await, Err(No::NotFound));
                }
                let fields = [("id", &*text), ("version", "1"), ("title", "taken over")];
                assert_eq!(ask(browser, "edit_task", new_change(), &fields).await, Err(No::NotFound));
                assert_eq!(browser.call("get_task", &[("id", &text)]).await.status(), StatusCode::NOT_FOUND);
                assert_eq!(browser.get(&format!("/tasks/{text}")).await.status(), StatusCode::NOT_FOUND);
            }
            Self::Program(program) => {
                let path = format!("/tasks/{text}");
                for (method, path, body) in [
                    (Method::GET, path.clone(), Value::Null),
                    (Method::PATCH, path.clone(), json!({ "title": "taken over" })),
                    (Method::DELETE, path.clone(), Value::Null),
                    (Method::POST, format!("{path}/restore"), Value::Null),
                    (Method::POST, format!("{path}/toggle"), Value::Null),
                    (Method::GET, format!("{path}/history"), Value::Null),
                ] {
                    // The right version is of no use.
                    let answer = program.send_with(method, &path, &body, &[("if-match", "\"1\"")]).await;
                    assert_eq!(answer.status, 404, "{path}: {}", answer.body);
                }
            }
        }
    }
}

fn pair((name, value): (&str, &str)) -> (String, Value) {
    (name.to_owned(), value.into())
}

fn fields() -> impl Strategy<Value = Fields> {
    let titles = ["alpha", "alpha one", "beta", "gamma beta", "delta", "ωμέγα"];
    (
        proptest::sample::select(titles.to_vec()),
        proptest::sample::select(vec!["", "more", "less alpha"]),
        proptest::sample::select(TaskStatus::ALL.to_vec()),
        proptest::sample::select(Priority::ALL.to_vec()),
    )
        .prop_map(|(title, description, status, priority)| Fields {
            title: title.into(),
            description: description.into(),
            status,
            priority,
        })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let task = 0usize..8;
    let act = prop_oneof![
        3 => fields().prop_map(Act::Add),
        6 => (task.clone(), any::<[bool; 4]>(), fields()).prop_map(|(task, touched, fields)| Act::Edit(task, touched, fields)),
        2 => task.clone().prop_map(Act::Complete),
        2 => task.clone().prop_map(Act::Reopen),
        2 => task.clone().prop_map(Act::Trash),
        2 => task.clone().prop_map(Act::Restore),
        3 => (0usize..5).prop_map(Act::Undo),
        6 => Just(Act::List),
        2 => proptest::sample::select(vec!["alpha", "beta", "om", "no"]).prop_map(Act::Search),
        1 => task.prop_map(Act::Foreign),
    ];
    let step =
        |act| (0usize..PEOPLE.len(), 0usize..3, act).prop_map(|(person, client, act)| Step { person, client, act });
    // Something to begin with, which everybody has seen.
    let begin = proptest::collection::vec(step(fields().prop_map(Act::Add).boxed()), 4..8);
    (begin, proptest::collection::vec(step(act.boxed()), 10..40)).prop_map(|(mut all, rest)| {
        let looks =
            (0..PEOPLE.len()).flat_map(|person| (0..3).map(move |client| Step { person, client, act: Act::List }));
        all.extend(looks);
        all.extend(rest);
        all
    })
}

const PEOPLE: [&str; 3] = ["ada", "eve", "kai"];

async fn town() -> App {
    let app = App::with(&[("DOCKET_API_LIMIT", "0")]).await;
    for name in PEOPLE {
        app.person(name).await;
    }
    app
}

#[tokio::test]
async fn who_knows_too_little_is_refused_for_the_right_reason() {
    let app = town().await;
    let mut ada = Person::new(&app, "ada").await;
    let as_of = |title: &str| Fields {
        title: title.into(),
        description: "more".into(),
        status: TaskStatus::Pending,
        priority: Priority::Medium,
    };
    let (title, description) = ([true, false, false, false], [false, true, false, false]);
    let conflict = || No::Conflict(vec!["title"], Vec::new());
    for (number, (client, act, refused)) in [
        (0, Act::Add(as_of("alpha")), None),
        (1, Act::List, None),
        (2, Act::List, None),
        (0, Act::Edit(0, title, as_of("beta")), None),
        (1, Act::Edit(0, title, as_of("delta")), Some(conflict())),
        (2, Act::Edit(0, title, as_of("delta")), Some(No::VersionMismatch)),
        (1, Act::Edit(0, description, Fields { description: "less".into(), ..as_of("x") }), None),
        (0, Act::Edit(0, title, as_of("gamma")), None),
        // The first edit, whose title is another by now.
        (1, Act::Undo(2), Some(No::Superseded)),
        (1, Act::Undo(1), None),
        (0, Act::Trash(0), None),
        (1, Act::Complete(0), Some(No::NotFound)),
        (2, Act::Complete(0), Some(No::NotFound)),
        (2, Act::Restore(0), Some(No::VersionMismatch)),
        (1, Act::Restore(0), None),
        (2, Act::List, None),
        (2, Act::Complete(0), None),
        (1, Act::Undo(1), Some(No::Superseded)),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(ada.run(client, act.clone()).await, refused, "{number}: {act:?}");
    }
    ada.compare(&BTreeSet::new()).await;
    let eve = Person::new(&app, "eve").await;
    for (client, _) in &eve.clients {
        client.intrude(ada.model.tasks[0].id).await;
    }
    eve.compare(&ada.model.tasks.iter().map(|known| known.id).collect()).await;
    ada.compare(&BTreeSet::new()).await;
}

#[test]
fn whatever_several_people_do_with_several_clients_each_sees_their_own_as_it_is() {
    let cases = std::env::var("DOCKET_CLIENT_HISTORIES").map_or(6, |cases| cases.parse().unwrap());
    for_all(cases, steps(), town(), async |app, steps| {
        app.sql("delete from tasks; delete from sessions; delete from api_tokens").await;
        let mut people = Vec::new();
        for name in PEOPLE {
            people.push(Person::new(app, name).await);
        }
        let ids = |person: &Person| person.model.tasks.iter().map(|known| known.id).collect::<Vec<_>>();
        for Step { person, client, act } in steps {
            if let Act::Foreign(number) = act {
                let others = ids(&people[(person + 1) % PEOPLE.len()]);
                if let Some(task) = number.checked_rem(others.len()) {
                    people[person].clients[client].0.intrude(others[task]).await;
                }
            } else {
                people[person].run(client, act).await;
            }
        }
        for (index, person) in people.iter().enumerate() {
            let others =
                people.iter().enumerate().filter(|(other, _)| *other != index).flat_map(|(_, other)| ids(other));
            person.compare(&others.collect()).await;
        }
    });
}
