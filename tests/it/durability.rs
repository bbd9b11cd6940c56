//! What was acknowledged is there, whatever is killed meanwhile: the real program, really killed in the middle of writing.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use reqwest::StatusCode;
use tokio::task::JoinSet;

use crate::{
    embedded::{Application, Folder, server, signal, until},
    finding::pages,
    support::{Browser, PASSWORD},
};

/// People at several tabs, adding tasks as fast as they are taken.
struct Writers {
    acknowledged: Arc<Mutex<Vec<String>>>,
    enough: Arc<AtomicBool>,
    tabs: JoinSet<()>,
}

impl Writers {
    fn start(ada: &Browser) -> Self {
        let mut writers = Self { acknowledged: Arc::default(), enough: Arc::default(), tabs: JoinSet::new() };
        for tab in 0..4 {
            let (ada, acknowledged, enough) = (ada.clone(), writers.acknowledged.clone(), writers.enough.clone());
            writers.tabs.spawn(async move {
                for number in 0.. {
                    if enough.load(Ordering::SeqCst) {
                        break;
                    }
                    let title = format!("{tab}-{number}");
                    match ada.try_call("add_task", &[("title", &title)]).await {
                        Ok(answer) if answer.status() == StatusCode::OK => acknowledged.lock().unwrap().push(title),
                        // Whether this one is there nobody can say; the next one gets a name of its own.
                        _ => tokio::time::sleep(Duration::from_millis(20)).await,
                    }
                }
            });
        }
        writers
    }

    fn count(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    async fn stop(mut self) -> Vec<String> {
        self.enough.store(true, Ordering::SeqCst);
        while self.tabs.join_next().await.is_some() {}
        std::mem::take(&mut self.acknowledged.lock().unwrap())
    }
}

async fn check(ada: &Browser, acknowledged: &[String]) {
    let mut there = pages(ada, "/tasks?limit=200").await;
    for title in acknowledged {
        assert!(there.contains(title), "{title} was acknowledged and is gone");
    }
    let count = there.len();
    there.sort();
    there.dedup();
    assert_eq!(there.len(), count, "a task is there twice");
}

#[tokio::test]
async fn every_acknowledged_task_survives_a_kill_of_docket() {
    let folder = Folder::new();
    let mut first = Application::start(&folder.0);
    let ada = Browser::at(&first.url());
    ada.register("Ada", "ada@example.org", PASSWORD).await;
    let writers = Writers::start(&ada);
    until("some tasks", || writers.count() >= 100).await;
    first.kill();
    let acknowledged = writers.stop().await;

    let second = Application::start(&folder.0);
    let ada = Browser::at(&second.url());
    assert_eq!(ada.log_in("ada@example.org", PASSWORD).await.status(), StatusCode::SEE_OTHER);
    check(&ada, &acknowledged).await;
}

#[tokio::test]
async fn every_acknowledged_task_survives_a_kill_of_postgresql_and_docket_goes_on_by_itself() {
    let folder = Folder::new();
    let app = Application::start(&folder.0);
    let ada = Browser::at(&app.url());
    ada.register("Ada", "ada@example.org", PASSWORD).await;
    let writers = Writers::start(&ada);
    until("some tasks", || writers.count() >= 100).await;
    signal("KILL", server(&folder.0).unwrap());
    let before = writers.count();
    until("tasks are taken again", || writers.count() >= before + 50).await;
    check(&ada, &writers.stop().await).await;
}
