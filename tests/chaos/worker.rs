//! A client that is a program: it writes by the API, with a token.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::sleep;
use uuid::Uuid;

use crate::{
    http::{Answer, Client, Notes, Request},
    load::{Fields, Record, State, Style},
    random::Random,
    report::Kind,
};

/// One client.
#[derive(Debug)]
pub struct Worker {
    /// Whose tasks it writes.
    pub person: usize,
    /// Which one it is.
    pub number: usize,
    /// How it works.
    pub style: Style,
    /// How it sends.
    pub client: Client,
    /// What it draws from.
    pub random: Random,
    /// What it knows.
    pub records: Vec<Record>,
    /// What all note together.
    pub notes: Arc<Notes>,
    /// Whether it is to end.
    pub enough: Arc<AtomicBool>,
    /// How many changes were acknowledged to all.
    pub written: Arc<AtomicU64>,
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
    /// Works until it is enough.
    pub async fn work(mut self) -> Vec<Record> {
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

    /// Notes what nobody may be told, or see.
    pub fn violation(&self, kind: Kind, text: String) {
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
            (if done { "pending" } else { "completed" }).clone_into(&mut fields.status);
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
            let late = self.enough.load(Ordering::SeqCst) || since.elapsed() > Duration::from_mins(1);
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
            answer => {
                self.unread(&request, &answer);
                None
            }
        }
    }

    /// Who reads gets what there is, or 503, or nothing.
    fn unread(&self, request: &Request, answer: &Answer) {
        if let Answer::Whole { status, body, .. } = answer
            && *status != StatusCode::SERVICE_UNAVAILABLE
        {
            self.violation(Kind::Status, format!("GET {} was answered with {status} {body}", request.path));
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
        let answer = self.client.send(&request).await;
        let Answer::Whole { status: StatusCode::OK, body, .. } = answer else { return self.unread(&request, &answer) };
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
