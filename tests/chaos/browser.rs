//! A client that is a browser: it writes by the functions behind the pages, with a session.

use std::{sync::atomic::Ordering, time::Duration};

use reqwest::Method;
use tokio::time::sleep;

use crate::{
    http::{Answer, Request},
    load::{Fields, Record, State},
    report::Kind,
    worker::Worker,
    world::LOGIN,
};

impl Worker {
    /// Logs in, and works until it is enough: adds tasks and looks at lists and pages.
    pub async fn browse(mut self) -> Vec<Record> {
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
        // A scenario in which little is done may be over before.
        if self.records.is_empty() && self.written.load(Ordering::SeqCst) > 300 {
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
}
