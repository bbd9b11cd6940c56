//! What goes wrong between Docket and PostgreSQL (`security.md` 47 to 51): nothing that was acknowledged is lost, nobody gets a 500, and
//! Docket is well again by itself.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use docket::server::{embedded::Embedded, migrations};
use reqwest::{StatusCode, header};
use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use tokio::task::JoinSet;

use crate::{
    embedded::{Application, Folder, server, signal, until},
    finding::pages,
    proxy::{Network, Proxy},
    support::{App, Browser, LOGIN, PASSWORD, migrated, owner},
};

/// Longer than any deadline of Docket's: what takes longer hangs.
const FOREVER: Duration = Duration::from_secs(40);

/// Numbers that look random (`SplitMix64`), the same for the same seed.
struct Random(u64);

impl Random {
    /// Another one each time, or that of `DOCKET_TEST_SEED`.
    fn new() -> Self {
        let seed = std::env::var("DOCKET_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| u64::from(std::time::UNIX_EPOCH.elapsed().unwrap().subsec_nanos()));
        println!("DOCKET_TEST_SEED={seed}");
        Self(seed)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

/// Fires after so many microseconds: tokio's own clock counts milliseconds.
async fn microseconds(count: u64) {
    tokio::task::spawn_blocking(move || std::thread::sleep(Duration::from_micros(count))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_six_hundred_who_hang_up_at_any_moment_nobody_loses_what_was_acknowledged() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    // How long one takes here and now, so that about half hang up before the answer.
    let begun = Instant::now();
    for number in 0..20 {
        ada.add(&format!("before {number}")).await;
    }
    let usual = u64::try_from((begun.elapsed() / 20).as_micros()).unwrap();
    let mut random = Random::new();
    let (mut acknowledged, mut tabs) = (Vec::new(), JoinSet::new());
    for number in 0..600 {
        let moment = random.below(usual * 8);
        // Four at a time, which is as many as there are connections.
        if number >= 4 {
            acknowledged.extend(tabs.join_next().await.unwrap().unwrap());
        }
        let ada = ada.clone();
        tabs.spawn(async move {
            let title = format!("task {number}");
            let fields = [("title", title.as_str())];
            tokio::select! {
                // The connection breaks off with the request.
                answer = ada.try_call("add_task", &fields) => {
                    let answer = answer.unwrap();
                    assert_eq!(answer.status(), StatusCode::OK);
                    Some(title.clone())
                }
                () = microseconds(moment) => None,
            }
        });
    }
    acknowledged.extend(tabs.join_all().await.into_iter().flatten());
    println!("{} of 600 were acknowledged, at {usual} µs for one", acknowledged.len());
    assert!((60..540).contains(&acknowledged.len()), "{} were acknowledged", acknowledged.len());

    let idle = "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'";
    let since = Instant::now();
    while app.value(&format!("({idle})")).await != "0" {
        assert!(since.elapsed() < FOREVER, "a transaction was left open");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut there = pages(&ada, "/tasks?limit=200").await;
    there.sort();
    for title in &acknowledged {
        assert!(there.binary_search(title).is_ok(), "{title} was acknowledged and is gone");
    }
    let count = there.len();
    there.dedup();
    assert_eq!(there.len(), count, "a task is there twice");
}

/// People at several tabs, who read and write while they can, and note what they are told.
struct Load {
    /// How often each status came, and with or without Retry-After.
    answers: Arc<Mutex<HashMap<(u16, bool), usize>>>,
    acknowledged: Arc<Mutex<Vec<String>>>,
    enough: Arc<AtomicBool>,
    tabs: JoinSet<()>,
}

impl Load {
    fn start(ada: &Browser, name: &'static str) -> Self {
        let mut load = Self {
            answers: Arc::default(),
            acknowledged: Arc::default(),
            enough: Arc::default(),
            tabs: JoinSet::new(),
        };
        for tab in 0..4 {
            let (answers, acknowledged, enough, ada) =
                (load.answers.clone(), load.acknowledged.clone(), load.enough.clone(), ada.clone());
            load.tabs.spawn(async move {
                for number in 0.. {
                    if enough.load(Ordering::SeqCst) {
                        break;
                    }
                    let title = format!("{name} {tab}-{number}");
                    // To the application itself, which stays: no connection breaks.
                    let answer = if tab == 0 {
                        ada.get("/tasks").await
                    } else {
                        ada.try_call("add_task", &[("title", &title)]).await.unwrap()
                    };
                    let (status, retry) = (answer.status(), answer.headers().contains_key(header::RETRY_AFTER));
                    // A removed cookie would log out everybody with the database.
                    assert!(!answer.headers().contains_key(header::SET_COOKIE), "{status}");
                    *answers.lock().unwrap().entry((status.as_u16(), retry)).or_default() += 1;
                    if status == StatusCode::OK && tab != 0 {
                        acknowledged.lock().unwrap().push(title);
                    } else if status != StatusCode::OK {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                }
            });
        }
        load
    }

    fn count(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    fn refused(&self) -> usize {
        self.answers.lock().unwrap().get(&(503, true)).copied().unwrap_or_default()
    }

    /// Checks that nobody was told anything but 200, or 503 with Retry-After, and gives what was acknowledged.
    async fn stop(mut self) -> Vec<String> {
        self.enough.store(true, Ordering::SeqCst);
        while let Some(tab) = self.tabs.join_next().await {
            tab.unwrap();
        }
        let answers = self.answers.lock().unwrap().clone();
        println!("answers (status, Retry-After): {answers:?}");
        assert!(answers.keys().all(|answer| [(200, false), (503, true)].contains(answer)), "{answers:?}");
        std::mem::take(&mut self.acknowledged.lock().unwrap())
    }
}

async fn answers(options: &PgConnectOptions) -> bool {
    matches!(tokio::time::timeout(Duration::from_secs(1), options.connect()).await, Ok(Ok(_)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_starts_again_under_load_costs_503s_and_nothing_else() {
    let folder = Folder::new();
    let postgres = Embedded::start(&folder.0).await.unwrap();
    postgres.prepare("docket").await.unwrap();
    let options = postgres.options("docket");
    migrations::up(&owner(&options), LOGIN).await.unwrap();
    let app = App::on(options.clone(), &[]).await;
    let ada = app.person("ada").await;
    // Killed; told to close every connection and go; told to go at once.
    for how in ["KILL", "INT", "QUIT"] {
        let load = Load::start(&ada, how);
        until("some tasks", || load.count() >= 50).await;
        let before = server(&folder.0).unwrap();
        signal(how, before);
        until("another server", || server(&folder.0).is_some_and(|pid| pid != before)).await;
        while !answers(&options).await {
            assert_eq!(app.visitor().get("/healthz").await.status(), StatusCode::OK);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // From the first answer of the database on, everybody who begins is served: however many connections of the pool are dead.
        let well = Instant::now();
        for number in 0..20 {
            let answer = ada.call("add_task", &[("title", &format!("{how} {number}"))]).await;
            assert_eq!(answer.status(), StatusCode::OK, "{how}: the {number}th after PostgreSQL was back");
        }
        println!("{how}: 20 tasks within {} ms after PostgreSQL answered again", well.elapsed().as_millis());
        assert_eq!(app.visitor().get("/readyz").await.status(), StatusCode::OK);
        let acknowledged = load.stop().await;
        let mut there = pages(&ada, "/tasks?limit=200").await;
        for title in acknowledged {
            assert!(there.contains(&title), "{title} was acknowledged and is gone");
        }
        let count = there.len();
        there.sort();
        there.dedup();
        assert_eq!(there.len(), count, "a task is there twice");
    }
    drop(app);
    postgres.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_swallows_everything_is_noticed_in_time_and_forgotten_when_it_works_again() {
    let direct = migrated().await;
    let proxy = Proxy::before(&direct).await;
    let app =
        App::on(proxy.options(&direct), &[("DATABASE_STATEMENT_TIMEOUT", "1"), ("DATABASE_ACQUIRE_TIMEOUT", "1")])
            .await;
    let ada = app.person("ada").await;
    let load = Load::start(&ada, "task");
    until("some tasks", || load.count() >= 50).await;
    proxy.set(Network::IsABlackHole);
    let since = Instant::now();
    until("everybody is told", || load.refused() >= 12).await;
    println!("12 answers of 4 tabs within {} ms of the black hole", since.elapsed().as_millis());
    let begun = Instant::now();
    let answer = tokio::time::timeout(FOREVER, ada.get("/tasks")).await.unwrap();
    println!("one answer after {} ms", begun.elapsed().as_millis());
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(app.visitor().get("/healthz").await.status(), StatusCode::OK);
    assert_eq!(app.visitor().get("/readyz").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    // New connections work. The old ones stay dead for good, as when a firewall has forgotten them, and nobody says so.
    proxy.set(Network::Works);
    let healed = Instant::now();
    let before = load.count();
    until("tasks are taken again", || load.count() >= before + 50).await;
    println!("50 tasks within {} ms after the network was back", healed.elapsed().as_millis());
    load.stop().await;
    // No slot of the pool waits for a connection that is dead.
    let all = Arc::new(tokio::sync::Barrier::new(4));
    let held = (0..4).map(|_| {
        let all = all.clone();
        app.state.database.look(move |_| Box::pin(async move { all.wait().await.is_leader() }))
    });
    let held = tokio::time::timeout(FOREVER, futures::future::join_all(held)).await.unwrap();
    assert!(held.iter().all(Result::is_ok), "{held:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_cut_off_are_replaced_before_anybody_notices() {
    let direct = migrated().await;
    let proxy = Proxy::before(&direct).await;
    let app = App::on(proxy.options(&direct), &[]).await;
    let ada = app.person("ada").await;
    ada.add("before").await;
    proxy.set(Network::IsCut);
    assert_eq!(ada.get("/tasks").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    proxy.set(Network::Works);
    for number in 0..10 {
        ada.add(&format!("after {number}")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_whose_first_answer_takes_five_seconds_is_waited_for() {
    const COLD: Duration = Duration::from_secs(5);
    let direct = migrated().await;
    let proxy = Proxy::before(&direct).await;
    // Every connection that is made while it is cold, not only the first one.
    proxy.set(Network::IsCold(COLD));
    let (url, folder) = (proxy.url(&direct.clone().username(LOGIN)), Folder::new());
    let start = tokio::task::spawn_blocking(move || {
        let app = Application::with(&folder.0, |command| {
            command.env("DATABASE_URL", url);
        });
        (app, folder)
    });
    tokio::time::sleep(COLD).await;
    proxy.set(Network::Works);
    let (app, _folder) = start.await.unwrap();
    let ada = Browser::at(&app.url());
    assert_eq!(ada.register("Ada", "ada@example.org", PASSWORD).await.status(), StatusCode::SEE_OTHER);
    ada.add("warm").await;

    // One that falls asleep meanwhile is a 503 at worst, never a 500.
    proxy.set(Network::IsCut);
    assert_eq!(ada.get("/tasks").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    proxy.set(Network::IsCold(COLD));
    let answer = ada.get("/tasks").await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers().contains_key(header::RETRY_AFTER));
    proxy.set(Network::Works);
    assert_eq!(ada.titles("/tasks").await, ["warm"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_finds_every_connection_taken_is_told_to_come_again() {
    let app = App::with(&[("DATABASE_POOL_SIZE", "2"), ("DATABASE_ACQUIRE_TIMEOUT", "1")]).await;
    let ada = app.person("ada").await;
    let mut lock = app.options.connect().await.unwrap();
    sqlx::raw_sql("begin; lock table tasks in access exclusive mode").execute(&mut lock).await.unwrap();
    let waiting: Vec<_> = (0..2)
        .map(|number| {
            let ada = ada.clone();
            tokio::spawn(async move {
                loop {
                    let status = ada.call("add_task", &[("title", &format!("waits {number}"))]).await.status();
                    // On a busy machine a second may be too short for the one that comes later.
                    if status != StatusCode::SERVICE_UNAVAILABLE {
                        return status;
                    }
                }
            })
        })
        .collect();
    let since = Instant::now();
    let both = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    // Not by the connection with the lock: within a transaction PostgreSQL goes on showing what it showed first.
    while app.value(both).await != "2" {
        // Whatever goes wrong here must not hold its transaction for ever: other tests wait for that.
        assert!(since.elapsed() < Duration::from_secs(30), "they don't wait");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let begun = Instant::now();
    let visitor = app.visitor();
    let (page, ready, health) = tokio::join!(ada.get("/tasks"), visitor.get("/readyz"), visitor.get("/healthz"));
    println!("answered after {} ms", begun.elapsed().as_millis());
    assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.headers().contains_key(header::RETRY_AFTER));
    assert_eq!((ready.status(), health.status()), (StatusCode::SERVICE_UNAVAILABLE, StatusCode::OK));
    sqlx::raw_sql("rollback").execute(&mut lock).await.unwrap();
    for task in waiting {
        assert_eq!(task.await.unwrap(), StatusCode::OK);
    }
    assert_eq!(app.visitor().get("/readyz").await.status(), StatusCode::OK);
}
