//! What is done to Docket while people write.

use std::{
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use sqlx::Connection;
use tokio::{net::TcpStream, time::sleep};

use crate::{
    Fallible, floods,
    http::percentile,
    load::{Load, Style},
    postgres::Stop,
    process::run,
    proxy::Network,
    report::Kind,
    stage::{Stage, WELL_AGAIN},
    world::{Part, Wish, World},
};

/// `kill -9` of Docket.
pub async fn kill_docket(stage: &mut Stage<'_>) -> Fallible {
    stage.breaks = true;
    let mut world = stage.world(Wish::default()).await?;
    let load = Load::start(&world, &mut stage.random, Style::default());
    for _ in 0..stage.scale.pick(10, 200) {
        load.goes_on(1, WELL_AGAIN).await?;
        stage.pause(5, 300).await;
        world.kill_node(0);
        world.start_node(0).await?;
        stage.recovers(&load).await?;
        stage.line.faults += 1;
    }
    load.goes_on(50, WELL_AGAIN).await?;
    stage.finish(world, load).await
}

/// `kill -9` of PostgreSQL's first process, and recovery.
pub async fn kill_postgres(stage: &mut Stage<'_>) -> Fallible {
    let mut world = stage.world(Wish::default()).await?;
    let load = Load::start(&world, &mut stage.random, Style::default());
    for _ in 0..stage.scale.pick(4, 50) {
        load.goes_on(20, WELL_AGAIN).await?;
        stage.pause(5, 800).await;
        world.cluster.kill();
        stage.pause(0, 300).await;
        world.cluster.start().await?;
        stage.recovers(&load).await?;
        stage.line.faults += 1;
    }
    load.goes_on(50, WELL_AGAIN).await?;
    stage.finish(world, load).await
}

/// PostgreSQL is stopped, in good order or at once, and started again.
pub async fn restart_postgres(stage: &mut Stage<'_>) -> Fallible {
    let mut world = stage.world(Wish::default()).await?;
    let load = Load::start(&world, &mut stage.random, Style::default());
    for _ in 0..stage.scale.pick(4, 50) {
        load.goes_on(20, WELL_AGAIN).await?;
        stage.pause(5, 500).await;
        let how = if stage.random.percent(50) { Stop::Fast } else { Stop::Immediate };
        world.cluster.stop(how).await?;
        stage.pause(0, 500).await;
        world.cluster.start().await?;
        stage.recovers(&load).await?;
        stage.line.faults += 1;
    }
    load.goes_on(50, WELL_AGAIN).await?;
    stage.finish(world, load).await
}

/// The network between Docket and PostgreSQL is slow, swallows everything, or resets every connection.
pub async fn network(stage: &mut Stage<'_>) -> Fallible {
    let settings = &[("DATABASE_STATEMENT_TIMEOUT", "1"), ("DATABASE_ACQUIRE_TIMEOUT", "1")];
    let world = stage.world(Wish { settings, ..Wish::default() }).await?;
    let load = Load::start(&world, &mut stage.random, Style::default());
    for number in 0..stage.scale.pick(6, 60) {
        load.goes_on(20, WELL_AGAIN).await?;
        stage.pause(5, 300).await;
        // Each in turn, so that a short run has all of them.
        world.proxy.set(match number % 3 {
            0 => Network::IsReset,
            1 => Network::IsABlackHole,
            _ => Network::IsSlow(stage.random.milliseconds(1, 100)),
        });
        stage.pause(50, 2_500).await;
        world.proxy.set(Network::Works);
        stage.recovers(&load).await?;
        stage.line.faults += 1;
    }
    load.goes_on(50, WELL_AGAIN).await?;
    let unavailable = load.notes.counts().unavailable;
    stage.expect(unavailable > 0, Kind::Harness, || "nobody noticed".to_owned());
    stage.finish(world, load).await
}

/// There is no room for the rows of PostgreSQL.
pub async fn disk_full_data(stage: &mut Stage<'_>) -> Fallible {
    disk_full(stage, Part::Data).await
}

/// There is no room for the log of changes of PostgreSQL, which ends it.
pub async fn disk_full_wal(stage: &mut Stage<'_>) -> Fallible {
    disk_full(stage, Part::Wal).await
}

async fn disk_full(stage: &mut Stage<'_>, part: Part) -> Fallible {
    let mut world = match stage.world(Wish { disk: Some((part, 160)), ..Wish::default() }).await {
        Ok(world) => world,
        Err(error) if error.to_string().starts_with("mount") => {
            stage.line.skipped = Some("a disk in memory can't be mounted here".to_owned());
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let load = Load::start(&world, &mut stage.random, Style { pause: 0, ..Style::default() });
    for _ in 0..stage.scale.pick(1, 5) {
        load.goes_on(50, WELL_AGAIN).await?;
        let before = load.notes.counts().unavailable;
        world.fill_disk()?;
        let since = Instant::now();
        while load.notes.counts().unavailable < before + 5 && since.elapsed() < Duration::from_secs(30) {
            // A file of the log is 16 MiB long: full sooner.
            if part == Part::Wal {
                let _ = world.cluster.execute("select pg_switch_wal()").await;
            }
            sleep(Duration::from_millis(20)).await;
        }
        stage.expect(load.notes.counts().unavailable > before, Kind::Harness, || {
            "the disk was full, and nobody noticed".to_owned()
        });
        stage.pause(100, 1_000).await;
        world.empty_disk()?;
        if world.cluster.has_ended() {
            world.cluster.start().await?;
        }
        stage.recovers(&load).await?;
        stage.line.faults += 1;
    }
    load.goes_on(50, WELL_AGAIN).await?;
    stage.finish(world, load).await
}

/// Clients hang up after some microseconds.
pub async fn hang_up(stage: &mut Stage<'_>) -> Fallible {
    let world = stage.world(Wish::default()).await?;
    // How long one takes here and now, so that about half hang up before the answer.
    let mut calm = Load::start(&world, &mut stage.random, Style::default());
    calm.goes_on(200, WELL_AGAIN).await?;
    let mut known = calm.stop().await;
    for (kind, text) in calm.notes.violations.all() {
        stage.violations.add(kind, text);
    }
    let usual = u64::try_from(percentile(&calm.notes.times(), 50).as_micros())?;
    let style = Style { hangs_up: usual * 3, gives_up: 40, first: 100, ..Style::default() };
    let mut load = Load::start(&world, &mut stage.random, style);
    let (since, wanted) = (Instant::now(), stage.scale.pick(300, 3_000));
    while load.notes.counts().unknown < wanted && since.elapsed() < Duration::from_mins(2) {
        sleep(Duration::from_millis(20)).await;
    }
    known.extend(load.stop().await);
    stage.line.counts = load.notes.counts();
    stage.line.faults = stage.line.counts.unknown;
    stage.expect(stage.line.faults >= wanted, Kind::Harness, || "too few hung up".to_owned());
    for (kind, text) in load.notes.violations.all() {
        stage.violations.add(kind, text);
    }
    let mut world = world;
    stage.compare(&mut world, &known).await
}

/// Two nodes are stopped and started in turn, under people who come by a balancer. Nobody may notice.
pub async fn rolling(stage: &mut Stage<'_>) -> Fallible {
    let settings = &[("DOCKET_STOP_DELAY", "1")];
    let mut world = stage.world(Wish { nodes: 2, settings, ..Wish::default() }).await?;
    let load = Load::start(&world, &mut stage.random, Style { balanced: true, gives_up: 0, ..Style::default() });
    for number in 0..stage.scale.pick(4, 20) {
        load.goes_on(50, WELL_AGAIN).await?;
        stage.pause(5, 300).await;
        let ended = world.stop_node(number % 2).await?;
        stage.expect(ended.is_some_and(|status| status.success()), Kind::Failed, || format!("it ended with {ended:?}"));
        stage.pause(5, 300).await;
        world.start_node(number % 2).await?;
        // The balancer has to notice, too.
        sleep(Duration::from_millis(500)).await;
        stage.line.faults += 1;
    }
    load.goes_on(50, WELL_AGAIN).await?;
    let unavailable = load.notes.counts().unavailable;
    stage.expect(unavailable == 0, Kind::Failed, || format!("{unavailable} got a 503"));
    stage.finish(world, load).await
}

/// Docket is told to end while some have sent half a request, and others don't read what they asked for.
pub async fn stop_stalled(stage: &mut Stage<'_>) -> Fallible {
    stage.breaks = true;
    let settings = &[("DOCKET_STOP_TIMEOUT", "3")];
    let mut world = stage.world(Wish { settings, ..Wish::default() }).await?;
    let load = Load::start(&world, &mut stage.random, Style::default());
    for _ in 0..stage.scale.pick(1, 10) {
        load.goes_on(20, WELL_AGAIN).await?;
        let each = stage.scale.pick(10, 50);
        let before = world.program(0)?.usage().ok_or("Docket has ended")?.descriptors;
        let _stalled = floods::stall(&world, each, Duration::from_mins(1))?;
        stage.pause(1_000, 3_000).await;
        let there = world.program(0)?.usage().ok_or("Docket has ended")?.descriptors;
        // The others have some, too, now more and now fewer.
        stage.expect(there > before + 2 * each, Kind::Harness, || "nobody was stalled".to_owned());
        let since = Instant::now();
        let ended = world.stop_node(0).await?;
        stage.expect(ended.is_some_and(|status| status.success()), Kind::Failed, || format!("it ended with {ended:?}"));
        let time = since.elapsed();
        if stage.scale.limits {
            stage.expect(time < Duration::from_secs(10), Kind::Limit, || format!("it took {time:?} to stop"));
        }
        world.start_node(0).await?;
        stage.recovers(&load).await?;
        stage.line.faults += 1;
    }
    load.goes_on(50, WELL_AGAIN).await?;
    stage.finish(world, load).await
}

/// The clock of Docket's machine jumps forward and back, up to an hour, while PostgreSQL's goes on. Who has a token or a session may not notice.
pub async fn clock(stage: &mut Stage<'_>) -> Fallible {
    let Some(library) = faketime() else {
        stage.line.skipped = Some("libfaketime isn't installed".to_owned());
        return Ok(());
    };
    let world = stage.world(Wish { clock: Some(&library), ..Wish::default() }).await?;
    let load = Load::start(&world, &mut stage.random, Style::default());
    for number in 0..stage.scale.pick(6, 60) {
        load.goes_on(20, WELL_AGAIN).await?;
        stage.pause(5, 300).await;
        let seconds = i64::try_from(60 + stage.random.below(3_540))? * if number % 2 == 0 { 1 } else { -1 };
        world.set_clock(seconds)?;
        let off = signed_at(&world).await? - Timestamp::now().as_second();
        stage.expect((off - seconds).abs() < 30, Kind::Harness, || {
            format!("the clock was to be off by {seconds} s, and was by {off} s")
        });
        stage.recovers(&load).await?;
        stage.line.faults += 1;
    }
    world.set_clock(0)?;
    load.goes_on(50, WELL_AGAIN).await?;
    let counts = load.notes.counts();
    stage.expect(counts.unavailable == 0, Kind::Failed, || format!("{} got a 503", counts.unavailable));
    stage.finish(world, load).await
}

/// What Docket takes for the time: it stands in what it signs. (The `Date` of an answer is kept for a while.)
async fn signed_at(world: &World) -> Fallible<i64> {
    let url = format!("http://127.0.0.1:{}/api/v1/auth/token", world.nodes[0].port);
    let asked = reqwest::Client::new().post(url).bearer_auth(&world.people[0].token).send().await?;
    let answer: serde_json::Value = asked.json().await?;
    let claims = answer["token"].as_str().and_then(|token| token.split('.').nth(1)).ok_or("no token was signed")?;
    let claims: serde_json::Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims)?)?;
    Ok(claims["iat"].as_i64().ok_or("no time was signed")?)
}

/// What lets a program see another time (`libfaketime`), where its packages put it.
fn faketime() -> Option<PathBuf> {
    let mut folders: Vec<_> = std::fs::read_dir("/usr/lib").ok()?.flatten().map(|entry| entry.path()).collect();
    folders.extend(["/usr/lib64".into(), "/usr/lib".into()]);
    folders.into_iter().map(|folder| folder.join("faketime/libfaketimeMT.so.1")).find(|library| library.exists())
}

/// Every connection of the pool is taken.
pub async fn pool_exhausted(stage: &mut Stage<'_>) -> Fallible {
    let settings = &[("DATABASE_POOL_SIZE", "2"), ("DATABASE_ACQUIRE_TIMEOUT", "1")];
    let mut world = stage.world(Wish { settings, ..Wish::default() }).await?;
    let load = Load::start(&world, &mut stage.random, Style::default());
    let gauge = crate::gauge::Gauge::start(&mut world, &load, &stage.violations)?;
    for _ in 0..stage.scale.pick(2, 20) {
        load.goes_on(20, WELL_AGAIN).await?;
        let before = load.notes.counts().unavailable;
        let mut lock = world.cluster.connect("docket").await?;
        sqlx::raw_sql("begin; lock table tasks in access exclusive mode").execute(&mut lock).await?;
        sleep(Duration::from_millis(1_500)).await;
        stage.pause(0, 3_000).await;
        sqlx::raw_sql("rollback").execute(&mut lock).await?;
        lock.close().await?;
        stage.recovers(&load).await?;
        stage.expect(load.notes.counts().unavailable > before, Kind::Harness, || "nobody waited in vain".to_owned());
        stage.line.faults += 1;
    }
    load.goes_on(50, WELL_AGAIN).await?;
    stage.line.figures = Some(gauge.stop(&load, &stage.violations).await);
    stage.finish(world, load).await
}

/// Has a running process get no more than this.
fn limit(world: &mut World, what: &str) -> Fallible {
    let id = world.program(0)?.id().to_string();
    run(Command::new("prlimit").args(["--pid", &id, what]))?;
    Ok(())
}

/// Docket may open no more files and sockets.
pub async fn descriptors(stage: &mut Stage<'_>) -> Fallible {
    let mut world = stage.world(Wish::default()).await?;
    let load = Load::start(&world, &mut stage.random, Style::default());
    for _ in 0..stage.scale.pick(1, 5) {
        load.goes_on(50, WELL_AGAIN).await?;
        let used = world.program(0)?.usage().ok_or("Docket has ended")?.descriptors;
        limit(&mut world, &format!("--nofile={}:", used + 10))?;
        let mut idle = Vec::new();
        // Fewer than wait in the queue of the kernel.
        for _ in 0..100 {
            idle.push(TcpStream::connect(("127.0.0.1", world.nodes[0].port)).await?);
        }
        stage.pause(1_500, 4_000).await;
        let log = world.log(0);
        stage.expect(log.contains("no connection can be accepted"), Kind::Harness, || "none was refused".to_owned());
        drop(idle);
        stage.recovers(&load).await?;
        load.goes_on(50, WELL_AGAIN).await?;
        limit(&mut world, "--nofile=4096:")?;
        stage.line.faults += 1;
    }
    load.goes_on(50, WELL_AGAIN).await?;
    stage.finish(world, load).await
}

/// Docket gets no more memory, and somebody makes it want some.
pub async fn memory(stage: &mut Stage<'_>) -> Fallible {
    stage.breaks = true;
    let mut world = stage.world(Wish::default()).await?;
    let load = Load::start(&world, &mut stage.random, Style::default());
    let one = format!(r#"{{"action": "delete", "id": "{}"}}"#, stage.random.uuid());
    let many = format!(r#"{{"operations": [{}]}}"#, vec![one; 60_000].join(","));
    for _ in 0..stage.scale.pick(2, 10) {
        load.goes_on(20, WELL_AGAIN).await?;
        let room = world.program(0)?.usage().ok_or("Docket has ended")?.data + 8 * 1_024;
        limit(&mut world, &format!("--data={}:", room * 1_024))?;
        let mut greedy = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let (url, body) = (format!("http://127.0.0.1:{}/api/v1/tasks/bulk", world.nodes[0].port), many.clone());
            let token = world.people[0].token.clone();
            greedy.spawn(async move {
                let sent = reqwest::Client::new().post(url).bearer_auth(token).body(body);
                let _ = sent.header("content-type", "application/json").send().await;
            });
        }
        let since = Instant::now();
        while world.program(0)?.ended().is_none() && since.elapsed() < Duration::from_secs(10) {
            sleep(Duration::from_millis(5)).await;
        }
        if world.program(0)?.ended().is_some() {
            stage.line.faults += 1;
            world.start_node(0).await?;
            stage.recovers(&load).await?;
        }
    }
    stage.expect(stage.line.faults > 0, Kind::Harness, || "there was memory enough".to_owned());
    if world.program(0)?.ended().is_some() {
        world.start_node(0).await?;
    } else {
        limit(&mut world, "--data=unlimited:")?;
    }
    load.goes_on(50, WELL_AGAIN).await?;
    stage.finish(world, load).await
}
