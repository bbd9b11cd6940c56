//! Clients at work: each writes tasks of its own, reads what it has written and what else it may see, and notes what it was told.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::sleep};
use uuid::Uuid;

use crate::{
    Fallible,
    http::{Answer, Client, Notes, Request, Target},
    random::Random,
    report::Kind,
    world::{LOGIN, PEOPLE, Person, World},
};

/// What a task is, as far as its client can say.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// It isn't there.
    Absent,
    /// It is.
    Present(Fields),
}

/// What is kept of a task that is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Fields {
    /// It begins with what the client calls the task by ([`Record::name`]).
    pub title: String,
    /// More about it.
    pub description: Option<String>,
    /// How much it matters.
    pub priority: String,
    /// Where it stands.
    pub status: String,
    /// In the trash.
    pub trashed: bool,
    /// How many changes there were, with the first.
    pub version: i64,
}

/// A task, as its client knows it.
#[derive(Clone, Debug)]
pub struct Record {
    /// What it is called by: the number of its owner, of the client, and its own. Ends with a blank, and no other name begins so.
    pub name: String,
    /// Whose it is.
    pub person: usize,
    /// Its id, once it is known.
    pub id: Option<Uuid>,
    /// What was acknowledged last.
    pub now: State,
    /// Whether it was added under a key whose answer is kept.
    pub keyed: bool,
    /// What it is instead if a change was made of which nobody knows whether it was.
    pub maybe: Option<State>,
}

/// How the clients of a scenario work.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// How many there are.
    pub clients: usize,
    /// The number of the first; those of one world are never the same.
    pub first: usize,
    /// How long each waits between two requests, at most, in milliseconds.
    pub pause: u64,
    /// In so many of a hundred a client leaves it open whether what wasn't answered was done.
    pub gives_up: u64,
    /// They hang up after some microseconds, up to so many; 0 for never.
    pub hangs_up: u64,
    /// They go to the nodes in turn, and nothing may fail.
    pub balanced: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { clients: 8, first: 0, pause: 4, gives_up: 15, hangs_up: 0, balanced: false }
    }
}

/// The clients at work.
#[derive(Debug)]
pub struct Load {
    /// What they note.
    pub notes: Arc<Notes>,
    enough: Arc<AtomicBool>,
    written: Arc<AtomicU64>,
    clients: JoinSet<Vec<Record>>,
    watch: Option<tokio::task::JoinHandle<()>>,
}

impl Load {
    /// Begins. Each client has a stream of numbers of its own.
    pub fn start(world: &World, random: &mut Random, style: Style) -> Self {
        let target = Target::new(world.nodes.iter().map(|node| node.port));
        let watch = style.balanced.then(|| tokio::spawn(target.clone().watch()));
        let mut load = Self {
            notes: Arc::default(),
            enough: Arc::default(),
            written: Arc::default(),
            clients: JoinSet::new(),
            watch,
        };
        // And a browser more.
        for number in style.first..=style.first + style.clients {
            let browses = number == style.first + style.clients;
            let person = if browses { PEOPLE } else { number % PEOPLE };
            let Person { token, .. } = &world.people[person];
            let worker = Worker {
                person,
                number,
                style,
                client: Client::new(token, &target, &load.notes),
                random: Random::of(random.next(), "client"),
                records: Vec::new(),
                notes: load.notes.clone(),
                enough: load.enough.clone(),
                written: load.written.clone(),
            };
            if browses {
                load.clients.spawn(worker.browse());
            } else {
                load.clients.spawn(worker.work());
            }
        }
        load
    }

    /// How many changes were acknowledged.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::SeqCst)
    }

    /// Waits until so many more changes are acknowledged.
    pub async fn goes_on(&self, count: u64, most: Duration) -> Fallible {
        let (since, before) = (Instant::now(), self.written());
        while self.written() < before + count {
            if since.elapsed() > most {
                let done = self.written() - before;
                return Err(format!("in {} s only {done} changes of {count} were acknowledged", most.as_secs()).into());
            }
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Ends, and gives what every client knows.
    pub async fn stop(&mut self) -> Vec<Record> {
        self.enough.store(true, Ordering::SeqCst);
        let mut records = Vec::new();
        while let Some(done) = self.clients.join_next().await {
            match done {
                Ok(done) => records.extend(done),
                Err(error) => self.notes.violations.add(Kind::Harness, format!("a client failed: {error}")),
            }
        }
        if let Some(watch) = self.watch.take() {
            watch.abort();
        }
        records
    }
}

struct Worker {
    person: usize,
    number: usize,
    style: Style,
    client: Client,
    random: Random,
    records: Vec<Record>,
    notes: Arc<Notes>,
    enough: Arc<AtomicBool>,
    written: Arc<AtomicU64>,
}

/// What a client is told about a change.
enum Told {
    /// It is done.
    Done,
    /// Nobody knows.
    Nothing,
    /// It won't be done, and this is why.
    Refused(String),
}

impl Worker {
    async fn work(mut self) -> Vec<Record> {
        while !self.enough.load(Ordering::SeqCst) {
            match self.random.below(100) {
                0..35 => self.add().await,
                35..85 => self.change().await,
                85..95 => self.read_one().await,
                _ => self.read_list().await,
            }
            sleep(Duration::from_millis(self.random.below(self.style.pause + 1))).await;
        }
        self.records
    }

    /// The same by the functions behind the pages, with a session: adds tasks and looks at lists and pages.
    async fn browse(mut self) -> Vec<Record> {
        while !self.enough.load(Ordering::SeqCst) && !self.client.log_in(LOGIN).await {
            sleep(Duration::from_millis(50)).await;
        }
        while !self.enough.load(Ordering::SeqCst) {
            match self.random.below(100) {
                0..60 => self.add_by_form().await,
                60..90 => self.list_by_form().await,
                _ => {
                    let page = ["/today", "/tasks", "/board"][self.random.index(3)];
                    let answer = self.client.send(&Request::new(Method::GET, page)).await;
                    self.browsed(page, &answer);
                }
            }
            sleep(Duration::from_millis(self.random.below(self.style.pause + 1))).await;
        }
        if self.records.is_empty() {
            self.violation(Kind::Harness, "nobody worked by the pages".to_owned());
        }
        self.records
    }

    /// Whether a browser got what it asked for. Anything but that and 503 is wrong: a redirect to the login, too.
    fn browsed(&self, what: &str, answer: &Answer) -> bool {
        let Answer::Whole { status, body, .. } = answer else { return false };
        match status.as_u16() {
            200 => true,
            503 => false,
            _ => {
                self.violation(Kind::Status, format!("{what} was answered with {status} {body}"));
                false
            }
        }
    }

    /// Adds a task as the page does, until that is known to be done, or given up. What is sent again is the same change.
    async fn add_by_form(&mut self) {
        let name = format!("{}-{}-{} ", self.person, self.number, self.records.len());
        let fields = Fields {
            title: format!("{name}{:x}", self.random.next()),
            description: None,
            priority: "medium".to_owned(),
            status: "pending".to_owned(),
            trashed: false,
            version: 1,
        };
        let form = vec![("title", fields.title.clone()), ("change", self.random.uuid().to_string())];
        let request = Request { form: Some(form), ..Request::new(Method::POST, "/fn/add_task") };
        let after = State::Present(fields);
        let (person, maybe) = (self.person, Some(after.clone()));
        self.records.push(Record { name, person, id: None, now: State::Absent, keyed: false, maybe });
        loop {
            let answer = self.client.send(&request).await;
            if self.browsed("/fn/add_task", &answer) {
                if let Some(record) = self.records.last_mut() {
                    (record.now, record.maybe) = (after, None);
                }
                self.written.fetch_add(1, Ordering::SeqCst);
                return;
            }
            if self.enough.load(Ordering::SeqCst) || self.random.percent(self.style.gives_up) {
                return;
            }
            sleep(self.random.milliseconds(5, 60)).await;
        }
    }

    /// What was added last is in the list, and nothing of anybody else's.
    async fn list_by_form(&mut self) {
        let form = Some(vec![("url", "/tasks".to_owned())]);
        let answer = self.client.send(&Request { form, ..Request::new(Method::POST, "/fn/list_tasks") }).await;
        if !self.browsed("/fn/list_tasks", &answer) {
            return;
        }
        let Answer::Whole { body, .. } = answer else { return };
        let titles: Vec<_> = body["tasks"].as_array().into_iter().flatten().map(|task| &task["title"]).collect();
        let own = format!("{}-", self.person);
        if let Some(title) = titles.iter().find(|title| !title.as_str().is_some_and(|title| title.starts_with(&own))) {
            self.violation(Kind::Foreign, format!("who has a browser sees {title}"));
        }
        if let Some(Record { now: State::Present(fields), .. }) = self.records.last()
            && !titles.iter().any(|title| **title == fields.title.as_str())
        {
            self.violation(
                Kind::Lost,
                format!("{fields:?} was acknowledged, and isn't in the list that was asked for next"),
            );
        }
    }

    fn violation(&self, kind: Kind, text: String) {
        self.notes.violations.add(kind, text);
    }

    /// A task of this client's of which everything is known, and which is in the trash or isn't.
    fn any(&mut self, in_trash: bool) -> Option<(usize, Uuid, Fields)> {
        for _ in 0..8 {
            let at = self.random.index(self.records.len());
            if let Some(Record { now: State::Present(fields), maybe: None, id: Some(id), .. }) = self.records.get(at)
                && fields.trashed == in_trash
            {
                return Some((at, *id, fields.clone()));
            }
        }
        None
    }

    async fn add(&mut self) {
        let name = format!("{}-{}-{} ", self.person, self.number, self.records.len());
        let priority = ["low", "medium", "high", "urgent"][self.random.index(4)];
        let description = self.random.percent(50).then(|| format!("{:x}", self.random.next()));
        let fields = Fields {
            title: format!("{name}{:x}", self.random.next()),
            description,
            priority: priority.to_owned(),
            status: "pending".to_owned(),
            trashed: false,
            version: 1,
        };
        let request = Request {
            body: Some(json!({"title": fields.title, "description": fields.description, "priority": priority})),
            key: Some(self.random.uuid().to_string()),
            ..Request::new(Method::POST, "/api/v1/tasks")
        };
        self.records.push(Record { name, person: self.person, id: None, now: State::Absent, keyed: true, maybe: None });
        self.carry_out(self.records.len() - 1, request, fields).await;
    }

    /// Edits, completes, reopens, deletes or restores one.
    async fn change(&mut self) {
        let restores = self.random.percent(20);
        let Some((at, id, mut fields)) = self.any(restores) else { return };
        let task = format!("/api/v1/tasks/{id}");
        let mut request = Request { version: Some(fields.version), ..Request::new(Method::PATCH, &task) };
        fields.version += 1;
        let kind = self.random.below(100);
        if restores {
            fields.trashed = false;
            (request.method, request.path) = (Method::POST, format!("{task}/restore"));
            request.key = Some(self.random.uuid().to_string());
        } else if kind < 30 {
            let done = fields.status == "completed";
            fields.status = if done { "pending" } else { "completed" }.to_owned();
            (request.method, request.path) = (Method::POST, format!("{task}/toggle"));
            request.key = Some(self.random.uuid().to_string());
        } else if kind < 55 {
            fields.trashed = true;
            request.method = Method::DELETE;
        } else {
            fields.title = format!("{}{:x}", self.records[at].name, self.random.next());
            fields.description = Some(format!("{:x}", self.random.next()));
            request.body = Some(json!({"title": fields.title, "description": fields.description}));
        }
        self.carry_out(at, request, fields).await;
    }

    /// Sends a change until it is known to be done, or given up.
    async fn carry_out(&mut self, at: usize, request: Request, after: Fields) {
        self.records[at].maybe = Some(State::Present(after.clone()));
        let since = Instant::now();
        let mut in_doubt = false;
        loop {
            if self.style.hangs_up > 0 {
                self.client.hang_up.store(1 + self.random.below(self.style.hangs_up), Ordering::Relaxed);
            }
            let answer = self.client.send(&request).await;
            self.client.hang_up.store(0, Ordering::Relaxed);
            match self.told(at, &request, &after, answer, in_doubt).await {
                Told::Done => {
                    let record = &mut self.records[at];
                    (record.now, record.maybe) = (State::Present(after), None);
                    self.written.fetch_add(1, Ordering::SeqCst);
                    return;
                }
                Told::Nothing => in_doubt = true,
                Told::Refused(why) => {
                    let what = format!("{} {} of {:?}", request.method, request.path, self.records[at].name);
                    self.violation(Kind::Status, format!("{what} was refused, which nobody expected: {why}"));
                    return;
                }
            }
            if self.style.balanced {
                let what = format!("{} {}", request.method, request.path);
                self.violation(Kind::Failed, format!("{what} failed on every node, though one of them was up"));
            }
            let late = self.enough.load(Ordering::SeqCst) || since.elapsed() > Duration::from_secs(60);
            if late || self.random.percent(self.style.gives_up) {
                return;
            }
            sleep(self.random.milliseconds(5, 60)).await;
        }
    }

    /// What an answer says about a change that was perhaps made before.
    async fn told(&mut self, at: usize, request: &Request, after: &Fields, answer: Answer, in_doubt: bool) -> Told {
        let Answer::Whole { status, version, body, again } = answer else { return Told::Nothing };
        let in_doubt = in_doubt || again;
        match status.as_u16() {
            200 | 201 => {
                let task = as_told(&body, false);
                if task.as_ref() != Some(after) {
                    return Told::Refused(format!("it was answered with {body}, and {after:?} was expected"));
                }
                let id = body["id"].as_str().and_then(|id| id.parse().ok());
                if self.records[at].id.is_some_and(|known| Some(known) != id) {
                    return Told::Refused("it was answered with another task".to_owned());
                }
                self.records[at].id = id;
                Told::Done
            }
            204 if version == Some(after.version) => Told::Done,
            // The first try of it was made after all, and this one came too late for it.
            404 if in_doubt && request.method == Method::DELETE => Told::Done,
            412 if in_doubt && request.key.is_none() => match self.read(at).await {
                Some(State::Present(found)) if found == *after => Told::Done,
                // Not to be read just now.
                None => Told::Nothing,
                found => Told::Refused(format!("412, and then {found:?} was read")),
            },
            409 if body["code"] == "idempotency_key_in_use" => Told::Nothing,
            503 => Told::Nothing,
            _ => Told::Refused(format!("{status} {body}")),
        }
    }

    /// A task as it is read now; nothing where that isn't to be known.
    async fn read(&mut self, at: usize) -> Option<State> {
        let id = self.records[at].id?;
        let request = Request::new(Method::GET, format!("/api/v1/tasks/{id}"));
        match self.client.send(&request).await {
            Answer::Whole { status: StatusCode::OK, body, .. } => as_told(&body, false).map(State::Present),
            Answer::Whole { status: StatusCode::NOT_FOUND, .. } => Some(State::Absent),
            _ => None,
        }
    }

    /// What was acknowledged is what is read next.
    async fn read_one(&mut self) {
        let Some((at, _, fields)) = self.any(false) else { return };
        match self.read(at).await {
            Some(State::Present(found)) if found == fields => {}
            None => {}
            found => self.violation(Kind::Lost, format!("{fields:?} was acknowledged, and then {found:?} was read")),
        }
    }

    /// Nobody sees what isn't theirs.
    async fn read_list(&mut self) {
        let request = Request::new(Method::GET, "/api/v1/tasks?limit=200&fields=id,title");
        let Answer::Whole { status: StatusCode::OK, body, .. } = self.client.send(&request).await else { return };
        let own = format!("{}-", self.person);
        for task in body["tasks"].as_array().into_iter().flatten() {
            let title = task["title"].as_str().unwrap_or_default();
            if !title.starts_with(&own) {
                self.violation(Kind::Foreign, format!("person {} sees {title:?}", self.person));
            }
        }
    }
}

/// A task as the API writes it.
fn as_told(body: &Value, trashed: bool) -> Option<Fields> {
    let text = |name: &str| body[name].as_str().map(ToOwned::to_owned);
    Some(Fields {
        title: text("title")?,
        description: text("description"),
        priority: text("priority")?,
        status: text("status")?,
        trashed,
        version: body["version"].as_i64()?,
    })
}
