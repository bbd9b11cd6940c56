//! One request of a client, and what became of it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::{Method, StatusCode, header};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::{
    report::{Kind, Violations},
    world::is_ready,
};

/// Longer than any deadline of Docket's.
const FOREVER: Duration = Duration::from_secs(40);

/// What became of a request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// It was answered.
    Whole {
        /// With this status.
        status: StatusCode,
        /// And this version of a task.
        version: Option<i64>,
        /// And this body.
        body: Value,
        /// Perhaps not for the first time: a balancer tried another node before.
        again: bool,
    },
    /// Nobody knows: the connection broke, or somebody hung up.
    None {
        /// Whether there was a connection, so that something may have been done.
        reached: bool,
    },
}

/// How many requests came to what.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Answered with 2xx or 304.
    pub acknowledged: u64,
    /// Answered with 4xx.
    pub refused: u64,
    /// Answered with 503.
    pub unavailable: u64,
    /// Not answered.
    pub unknown: u64,
    /// Sent to another node, as a balancer does.
    pub elsewhere: u64,
}

/// What all clients note together.
#[derive(Debug, Default)]
pub struct Notes {
    counts: Mutex<Counts>,
    /// How long each request took, however it ended.
    times: Mutex<Vec<Duration>>,
    /// What nobody may be told, or see.
    pub violations: Violations,
}

impl Notes {
    /// So far.
    pub fn counts(&self) -> Counts {
        self.counts.lock().map(|counts| *counts).unwrap_or_default()
    }

    /// How long all requests took until they were answered or given up.
    pub fn times(&self) -> Vec<Duration> {
        self.times.lock().map(|times| times.clone()).unwrap_or_default()
    }

    fn count(&self, what: impl FnOnce(&mut Counts)) {
        if let Ok(mut counts) = self.counts.lock() {
            what(&mut counts);
        }
    }

    /// What is true of every answer, whatever was asked.
    fn judge(&self, what: &str, status: StatusCode, has_retry_after: bool, body: &str) {
        if status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE {
            let body: String = body.chars().take(300).collect();
            self.violations.add(Kind::Status, format!("{what} was answered with {status}: {body}"));
        }
        if matches!(status.as_u16(), 429 | 503) && !has_retry_after {
            self.violations.add(Kind::Status, format!("{what} was answered with {status} without Retry-After"));
        }
    }
}

/// Where requests go: a node, or the one of several that is well.
#[derive(Debug)]
pub struct Target {
    nodes: Vec<(u16, AtomicBool)>,
    turn: AtomicUsize,
}

impl Target {
    /// These nodes, by their ports. With more than one somebody has to watch over them ([`Target::watch`]).
    pub fn new(ports: impl IntoIterator<Item = u16>) -> Arc<Self> {
        let nodes = ports.into_iter().map(|port| (port, AtomicBool::new(true))).collect();
        Arc::new(Self { nodes, turn: AtomicUsize::new(0) })
    }

    /// Asks each node again and again whether it is ready, as a balancer does.
    pub async fn watch(self: Arc<Self>) {
        loop {
            for (port, well) in &self.nodes {
                well.store(is_ready(*port).await, Ordering::SeqCst);
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// The next one in turn that is well, or any.
    fn next(&self) -> u16 {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let in_turn = (0..self.nodes.len()).map(|step| &self.nodes[(turn + step) % self.nodes.len()]);
        let mut well = in_turn.filter(|(_, well)| well.load(Ordering::SeqCst));
        well.next().unwrap_or(&self.nodes[turn % self.nodes.len()]).0
    }

    /// Whether there is another node to try.
    fn is_balanced(&self) -> bool {
        self.nodes.len() > 1
    }
}

/// A client: one connection, and a token or a session.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    /// What says who it is: a header, and its value.
    login: (header::HeaderName, String),
    target: Arc<Target>,
    notes: Arc<Notes>,
    /// How many microseconds there are until it hangs up; 0 for never.
    pub hang_up: Arc<AtomicU64>,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its method.
    pub method: Method,
    /// Its path, with the query.
    pub path: String,
    /// What is sent.
    pub body: Option<Value>,
    /// What is sent instead by a browser.
    pub form: Option<Vec<(&'static str, String)>>,
    /// Under which key it is done once.
    pub key: Option<String>,
    /// The only version of the task that it is for.
    pub version: Option<i64>,
}

impl Request {
    /// One without anything else.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), body: None, form: None, key: None, version: None }
    }
}

impl Client {
    /// A new one.
    pub fn new(token: &str, target: &Arc<Target>, notes: &Arc<Notes>) -> Self {
        // A balancer doesn't send on connections that a node may be closing just now (HAProxy: `http-server-close`).
        let idle = usize::from(!target.is_balanced());
        let http = reqwest::Client::builder().pool_max_idle_per_host(idle).no_proxy();
        let http = http.redirect(reqwest::redirect::Policy::none()).build().unwrap_or_default();
        let login = (header::AUTHORIZATION, format!("Bearer {token}"));
        Self { http, login, target: target.clone(), notes: notes.clone(), hang_up: Arc::default() }
    }

    /// Logs in with a password, and is a browser from now on. Says whether that worked.
    pub async fn log_in(&mut self, (email, password): (&str, &str)) -> bool {
        let url = format!("http://127.0.0.1:{}/api/v1/auth/login", self.target.next());
        let body = serde_json::json!({"email": email, "password": password});
        let sent = self.http.post(url).json(&body).timeout(FOREVER).send();
        let answer = sent.await.ok();
        if let Some(answer) = &answer {
            let has_retry_after = answer.headers().contains_key(header::RETRY_AFTER);
            self.notes.judge("a login", answer.status(), has_retry_after, "");
        }
        let cookie = answer.filter(|answer| answer.status() == StatusCode::OK).and_then(|answer| {
            let cookie = answer.headers().get(header::SET_COOKIE)?.to_str().ok()?;
            Some(cookie.split(';').next()?.to_owned())
        });
        let done = cookie.is_some();
        if let Some(cookie) = cookie {
            self.login = (header::COOKIE, cookie);
        }
        done
    }

    /// Sends it once; to several nodes as a balancer does (`tests/cluster`), which tries another one where it couldn't be sent, and for GET where
    /// it wasn't answered.
    pub async fn send(&self, request: &Request) -> Answer {
        let (since, mut tries) = (Instant::now(), 0);
        loop {
            let mut answer = self.try_send(request).await;
            let again = matches!(answer, Answer::None { reached } if !reached || request.method == Method::GET);
            if again && self.target.is_balanced() && tries < 3 {
                tries += 1;
                self.notes.count(|counts| counts.elsewhere += 1);
                sleep(Duration::from_millis(20)).await;
                continue;
            }
            self.notes.count(|counts| match &answer {
                Answer::None { .. } => counts.unknown += 1,
                Answer::Whole { status, .. } if status.is_client_error() => counts.refused += 1,
                Answer::Whole { status, .. } if status.is_server_error() => counts.unavailable += 1,
                Answer::Whole { .. } => counts.acknowledged += 1,
            });
            if let Answer::Whole { again, .. } = &mut answer {
                *again = tries > 0;
            }
            if let Ok(mut times) = self.notes.times.lock() {
                times.push(since.elapsed());
            }
            return answer;
        }
    }

    async fn try_send(&self, request: &Request) -> Answer {
        let url = format!("http://127.0.0.1:{}{}", self.target.next(), request.path);
        let mut sent = self.http.request(request.method.clone(), url).header(&self.login.0, &self.login.1);
        if let Some(key) = &request.key {
            sent = sent.header("idempotency-key", key);
        }
        if let Some(version) = request.version {
            sent = sent.header(header::IF_MATCH, format!("\"{version}\""));
        }
        if let Some(body) = &request.body {
            sent = sent.json(body);
        }
        if let Some(form) = &request.form {
            sent = sent.form(form).header(header::ACCEPT, "application/json");
        }
        let whole = async {
            let answer = sent.send().await.map_err(|error| !error.is_connect())?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            let body = answer.text().await;
            let what = format!("{} {}", request.method, request.path);
            let said = body.as_deref().unwrap_or("and broke off");
            self.notes.judge(&what, status, headers.contains_key(header::RETRY_AFTER), said);
            let body = body.map_err(|_| true)?;
            let version = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()?.trim_matches('"').parse().ok());
            Ok(Answer::Whole { status, version, body: serde_json::from_str(&body).unwrap_or_default(), again: false })
        };
        let limit = match self.hang_up.load(Ordering::Relaxed) {
            0 => FOREVER,
            microseconds => Duration::from_micros(microseconds),
        };
        // tokio's clock counts milliseconds: less than one is waited for in another thread.
        let answer = if limit < Duration::from_millis(50) {
            let pause = tokio::task::spawn_blocking(move || std::thread::sleep(limit));
            tokio::select! {
                answer = whole => answer,
                _ = pause => Err(true),
            }
        } else {
            timeout(limit, whole).await.unwrap_or(Err(true))
        };
        answer.unwrap_or_else(|reached| Answer::None { reached })
    }
}

/// The time within which so many of a hundred are.
pub fn percentile(times: &[Duration], share: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let at = (sorted.len() * share / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or_default()
}
