//! Too much of something, while others go on working.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use tokio::{io::AsyncReadExt, io::AsyncWriteExt, task::JoinSet, time::sleep};

use crate::{
    Fallible,
    gauge::Gauge,
    load::{Load, Style},
    process::Program,
    raw,
    report::Kind,
    stage::{Stage, WELL_AGAIN},
    world::{LOGIN, Wish, World},
};

/// What may take how long for others while somebody floods Docket.
const MOST_USUAL: Duration = Duration::from_secs(1);
const MOST_HEALTH: Duration = Duration::from_millis(200);

/// Pages, functions and files; operations of the API come from its description.
const ROUTES: [&str; 22] = [
    "/",
    "/login",
    "/register",
    "/logout",
    "/forgot",
    "/reset",
    "/verify",
    "/today",
    "/tasks",
    "/board",
    "/trash",
    "/settings/profile",
    "/settings/security",
    "/settings/tokens",
    "/settings/data",
    "/healthz",
    "/readyz",
    "/pkg/docket.css",
    "/fn/add_task",
    "/fn/list_tasks",
    "/fn/register",
    "/nothing",
];

/// A flood, with others at work before, meanwhile and after.
async fn flooded(
    stage: &mut Stage<'_>,
    wish: Wish<'_>,
    flood: impl AsyncFnOnce(&mut World, &mut Stage<'_>, &Gauge) -> Fallible,
) -> Fallible {
    let mut world = stage.world(wish).await?;
    let style = Style { clients: 4, pause: 20, ..Style::default() };
    let load = Load::start(&world, &mut stage.random, style);
    load.goes_on(stage.scale.pick(50, 300), WELL_AGAIN).await?;
    let gauge = Gauge::start(&mut world, &load, &stage.violations)?;
    flood(&mut world, stage, &gauge).await?;
    let figures = gauge.stop(&load, &stage.violations).await;
    stage.line.figures = Some(figures);
    if stage.scale.limits {
        let (usual, health) = (figures.usual, figures.health);
        stage.expect(usual < MOST_USUAL, Kind::Limit, || format!("95 of 100 requests took up to {usual:?}"));
        stage.expect(health < MOST_HEALTH, Kind::Limit, || format!("95 of 100 /healthz took up to {health:?}"));
    }
    load.goes_on(20, WELL_AGAIN).await?;
    stage.finish(world, load).await
}

/// Thousands of connections that stay open, with a request on each every now and then.
pub async fn connections(stage: &mut Stage<'_>) -> Fallible {
    flooded(stage, Wish::default(), async |world, stage, _| {
        let (port, count) = (world.nodes[0].port, stage.scale.pick(400, 2_000));
        let request = format!("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
        let mut streams = Vec::new();
        for _ in 0..count {
            streams.push(raw::connect(port).await?);
        }
        let mut buffer = [0; 4_096];
        for _ in 0..stage.scale.pick(2, 10) {
            for stream in &mut streams {
                stream.write_all(request.as_bytes()).await?;
            }
            for stream in &mut streams {
                let length = stream.read(&mut buffer).await?;
                let good = buffer[..length].starts_with(b"HTTP/1.1 200");
                stage.expect(good, Kind::Status, || "a connection that stayed open wasn't answered".to_owned());
                stage.line.faults += 1;
            }
            sleep(Duration::from_secs(1)).await;
        }
        Ok(())
    })
    .await
}

/// Clients that send headers and bodies byte by byte, and such as never read.
pub async fn slow_clients(stage: &mut Stage<'_>) -> Fallible {
    flooded(stage, Wish::default(), async |world, stage, gauge| {
        let each = stage.scale.pick(60, 334);
        let most = Duration::from_secs(stage.scale.pick(40, 90));
        let mut slow = stall(world, each, most)?;
        sleep(Duration::from_secs(5)).await;
        let there = gauge.now().descriptors;
        stage.expect(there >= gauge.before().descriptors + 3 * each - 16, Kind::Harness, || {
            "they aren't there".to_owned()
        });
        let mut stayed = std::collections::BTreeMap::new();
        let mut longest = std::collections::BTreeMap::new();
        while let Some(done) = slow.join_next().await {
            let (what, after) = done?;
            stage.line.faults += 1;
            match after {
                Some(after) => {
                    let longest = longest.entry(what).or_insert(after);
                    *longest = (*longest).max(after);
                }
                None => *stayed.entry(what).or_insert(0_u64) += 1,
            }
        }
        println!("  slow clients were let go after {longest:.1?} at most; there to the end ({most:?}): {stayed:?}");
        stage
            .expect(stayed.is_empty(), Kind::Limit, || format!("who was slow stayed to the end, {most:?}: {stayed:?}"));
        Ok(())
    })
    .await
}

/// So many clients each that send headers byte by byte, send a body byte by byte, and read nothing, for as long as they may and up to `most`:
/// what they did, and for how long they could.
pub fn stall(world: &World, each: usize, most: Duration) -> Fallible<JoinSet<(&'static str, Option<Duration>)>> {
    let (port, token) = (world.nodes[0].port, &world.people[0].token);
    let head = format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Slow: ");
    let body = format!(
        "POST /api/v1/tasks HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n "
    );
    // Answers that no buffer holds all of, and that cost nothing to make.
    let file = world.largest_file()?;
    let list = format!("GET /pkg/{file} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n").repeat(100);
    let mut slow = JoinSet::new();
    for _ in 0..each {
        let (head, body, list) = (head.clone(), body.clone(), list.clone());
        let second = Duration::from_secs(1);
        slow.spawn(async move { ("headers", raw::drip(port, &head, second, most).await) });
        slow.spawn(async move { ("a body", raw::drip(port, &body, second, most).await) });
        slow.spawn(async move { ("nothing back", raw::read_nothing(port, &list, most).await) });
    }
    Ok(slow)
}

/// What others try Docket with: slow headers, bodies and readers.
pub async fn slowhttptest(stage: &mut Stage<'_>) -> Fallible {
    let Some(program) = std::env::var_os("PATH").and_then(|path| {
        std::env::split_paths(&path).map(|folder| folder.join("slowhttptest")).find(|program| program.exists())
    }) else {
        stage.line.skipped = Some("slowhttptest isn't installed".to_owned());
        return Ok(());
    };
    flooded(stage, Wish::default(), async |world, stage, _| {
        let (count, seconds) = (stage.scale.pick("100", "1000"), stage.scale.pick("4", "30"));
        for (how, path) in [("-H", "/login"), ("-B", "/login"), ("-X", "/login")] {
            let log = world.nodes[0].log.with_extension(format!("slowhttptest{how}"));
            let url = format!("http://127.0.0.1:{}{path}", world.nodes[0].port);
            let mut tool = Program::start(&program, &log, "KILL", |command| {
                command.args([how, "-c", count, "-r", "200", "-i", "5", "-l", seconds, "-p", "5", "-u", &url]);
                // Three requests on each connection, read by 32 bytes in five seconds.
                command.args(if how == "-X" { ["-k", "3", "-n", "5", "-z", "32"].as_slice() } else { &[] });
            })?;
            tool.wait(Duration::from_mins(2)).await?;
            let said = std::fs::read_to_string(&log)?;
            stage
                .expect(said.contains("slowhttptest version"), Kind::Harness, || format!("slowhttptest {how}: {said}"));
            stage.line.faults += count.parse::<u64>()?;
        }
        Ok(())
    })
    .await
}

/// Bodies without an end, and of 100 MB, on every route.
pub async fn bodies(stage: &mut Stage<'_>) -> Fallible {
    /// What may be on its way before anybody can refuse it: the largest body that any route takes (20 MB), and what the kernel's buffers
    /// hold meanwhile (36 MB, see `tcp_rmem` and `tcp_wmem`).
    const MOST: usize = 64 * 1024 * 1024;
    flooded(stage, Wish::default(), async |world, stage, gauge| {
        let (port, token) = (world.nodes[0].port, world.people[0].token.clone());
        let described = reqwest::get(format!("http://127.0.0.1:{port}/api/openapi.json")).await?;
        let described: serde_json::Value = described.json().await?;
        let paths = described["paths"].as_object().into_iter().flatten();
        let id = stage.random.uuid().to_string();
        let api: Vec<_> = paths.map(|(path, _)| format!("/api/v1{}", path.replace("{id}", &id))).collect();
        stage.expect(api.len() > 10, Kind::Harness, || format!("the API has only {api:?}"));
        for path in ROUTES.into_iter().map(ToOwned::to_owned).chain(api) {
            let kind = if path.starts_with("/api") { "application/json" } else { "application/x-www-form-urlencoded" };
            for length in ["Transfer-Encoding: chunked", "Content-Length: 104857600"] {
                for method in ["POST", "PATCH", "DELETE"] {
                    let head = format!(
                        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\
                         Content-Type: {kind}\r\n{length}\r\n\r\n"
                    );
                    let sent = raw::endless(port, &head, length.starts_with('T'), MOST).await?;
                    let refused = sent.status.is_none_or(|status| (300..500).contains(&status));
                    stage.expect(refused && sent.closed && sent.taken < MOST, Kind::Limit, || {
                        format!("{method} {path} ({length}): {sent:?}")
                    });
                    stage.line.faults += 1;
                }
            }
        }
        // What takes the largest body is a form with a file, of somebody who is logged in. It is read where its length isn't told.
        let cookie = raw::cookie(port).await?;
        let begin = "--end\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"a.png\"\r\n\r\n";
        let chunk = format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{begin}\r\n", begin.len());
        for (chunked, rest, least) in [(true, chunk, 20_000_000), (false, format!("Content-Length: 104857600\r\n\r\n{begin}"), 0)] {
            let head = format!(
                "POST /settings/profile HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nCookie: {cookie}\r\n\
                 Content-Type: multipart/form-data; boundary=end\r\n{rest}"
            );
            let sent = raw::endless(port, &head, chunked, MOST).await?;
            let refused = sent.status.is_none_or(|status| (300..500).contains(&status));
            stage.expect(refused && sent.closed && (least..MOST).contains(&sent.taken), Kind::Limit, || {
                format!("a picture: {sent:?}")
            });
            stage.line.faults += 1;
        }
        let grown = gauge.now().memory.saturating_sub(gauge.before().memory);
        stage.expect(grown < 96 * 1_024, Kind::Limit, || format!("Docket grew by {grown} KiB"));
        Ok(())
    })
    .await
}

/// Queries, headers, cookies and JSON that are long, many or deep.
pub async fn bombs(stage: &mut Stage<'_>) -> Fallible {
    flooded(stage, Wish::default(), async |world, stage, _| {
        let (port, token) = (world.nodes[0].port, world.people[0].token.clone());
        let get = |query: &str, headers: &str| {
            let request = format!("GET /api/v1/tasks{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n");
            request + &format!("Authorization: Bearer {token}\r\n{headers}Connection: close\r\n\r\n")
        };
        let write = |path: &str, body: &str| {
            let request = format!("POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n");
            let length = body.len();
            request + &format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
        };
        let names: Vec<_> = (0..3_000).map(|number| format!("X-{number}: {number}\r\n")).collect();
        let keys: Vec<_> = (0..5_000).map(|number| format!("\"k{number}\": {number}")).collect();
        let bombs = [
            get(&format!("?q={}", "a".repeat(60_000)), ""),
            get(&format!("?{}", "limit=1&".repeat(7_000)), ""),
            get(&format!("?q={}", "%00".repeat(2_000)), ""),
            get(&format!("?q={}", "(".repeat(5_000)), ""),
            get("?limit=99999999999999999999&offset=-1&cursor=%ff", ""),
            get("", &names.concat()),
            get("", &format!("X-Long: {}\r\n", "a".repeat(600_000))),
            get("", &format!("Cookie: {}\r\n", "docket=a; ".repeat(5_000))),
            get("", &format!("If-None-Match: {}\r\n", "\"1\", ".repeat(5_000))),
            get("", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
            get("", &format!("Accept-Encoding: {}\r\n", "gzip;q=0.5, ".repeat(3_000))),
            write("/api/v1/tasks", &"[".repeat(60_000)),
            write("/api/v1/tasks", &format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000))),
            write("/api/v1/tasks", &format!("{{{}}}", keys.join(","))),
            write("/api/v1/tasks", r#"{"title": 1e999999}"#),
            write("/api/v1/tasks/bulk", &"[".repeat(4_000_000)),
            write("/api/v1/tasks/bulk", &format!("{{\"operations\": [{}]}}", vec!["{}"; 500_000].join(","))),
        ];
        for round in 0..stage.scale.pick(1, 20) {
            for (number, bomb) in bombs.iter().enumerate() {
                let status = raw::once(port, bomb.as_bytes()).await?;
                // Long lists of what is harmless may be taken.
                let good = status.is_none_or(|status| (200..500).contains(&status) && status != 201);
                let begin: String = bomb.chars().take(60).collect();
                stage.expect(good, Kind::Status, || format!("bomb {number} in round {round}, {begin:?}: {status:?}"));
                stage.line.faults += 1;
            }
        }
        Ok(())
    })
    .await
}

/// One account whose programs ask for as much as they can get.
pub async fn greedy(stage: &mut Stage<'_>) -> Fallible {
    // As many requests as one is given by default; others have theirs.
    let settings = &[("DOCKET_API_LIMIT", "600")];
    let (clients, time) = (stage.scale.pick(16, 64), Duration::from_secs(stage.scale.pick(5, 30)));
    let mut world = stage.world(Wish { settings, ..Wish::default() }).await?;
    // The others stay below what they are given: about 5 requests a second each.
    let style = Style { clients: 5, pause: 400, ..Style::default() };
    let load = Load::start(&world, &mut stage.random, style);
    load.goes_on(5, WELL_AGAIN).await?;
    let gauge = Gauge::start(&mut world, &load, &stage.violations)?;
    let (port, token, since) = (world.nodes[0].port, world.people[5].token.clone(), Instant::now());
    let mut greedy = JoinSet::new();
    for _ in 0..clients {
        let token = token.clone();
        greedy.spawn(async move {
            let client = reqwest::Client::builder().no_proxy().build().unwrap_or_default();
            let url = format!("http://127.0.0.1:{port}/api/v1/tasks?limit=200&q=a&sort=-updated_at");
            let (mut served, mut refused, mut other) = (0, 0, Vec::new());
            while since.elapsed() < time {
                match client.get(&url).bearer_auth(&token).send().await.map(|answer| answer.status()) {
                    Ok(StatusCode::OK) => served += 1,
                    Ok(StatusCode::TOO_MANY_REQUESTS) => refused += 1,
                    answer => other.push(format!("{answer:?}")),
                }
            }
            (served, refused, other)
        });
    }
    let (mut served, mut refused) = (0_u64, 0_u64);
    while let Some(done) = greedy.join_next().await {
        let done = done?;
        served += done.0;
        refused += done.1;
        stage.expect(done.2.is_empty(), Kind::Status, || format!("who is greedy was answered with {:?}", done.2));
    }
    println!("  who was greedy was served {served} times, and refused {refused} times with 429");
    stage.expect(refused > 0, Kind::Harness, || "nobody was too greedy".to_owned());
    stage.line.faults = served + refused;
    let figures = gauge.stop(&load, &stage.violations).await;
    stage.line.figures = Some(figures);
    if stage.scale.limits {
        let usual = figures.usual;
        stage.expect(usual < MOST_USUAL, Kind::Limit, || format!("95 of 100 requests took up to {usual:?}"));
    }
    load.goes_on(5, WELL_AGAIN).await?;
    stage.finish(world, load).await
}

/// Many log in at once, with the right password and with wrong ones: each costs 19 MiB and a core for a while.
pub async fn logins(stage: &mut Stage<'_>) -> Fallible {
    flooded(stage, Wish::default(), async |world, stage, _| {
        let (port, since) = (world.nodes[0].port, Instant::now());
        let time = Duration::from_secs(stage.scale.pick(4, 20));
        let mut logins = JoinSet::new();
        for number in 0..stage.scale.pick(16, 64_u32) {
            logins.spawn(async move {
                let client = reqwest::Client::builder().no_proxy().build().unwrap_or_default();
                let mut statuses = std::collections::BTreeMap::new();
                while since.elapsed() < time {
                    let password = if number % 4 == 0 { "a wrong one" } else { LOGIN.1 };
                    let address = if number % 4 == 0 { format!("{number}@example.org") } else { LOGIN.0.to_owned() };
                    let body = serde_json::json!({"email": address, "password": password});
                    let sent = client.post(format!("http://127.0.0.1:{port}/api/v1/auth/login")).json(&body);
                    let status = sent.send().await.map_or(0, |answer| answer.status().as_u16());
                    *statuses.entry(status).or_insert(0_u64) += 1;
                }
                statuses
            });
        }
        let mut statuses = std::collections::BTreeMap::new();
        while let Some(done) = logins.join_next().await {
            for (status, count) in done? {
                *statuses.entry(status).or_insert(0_u64) += count;
            }
        }
        println!("  logins, by status: {statuses:?}");
        let good = statuses.keys().all(|status| matches!(status, 200 | 401 | 429 | 503));
        stage.expect(good, Kind::Status, || format!("logins were answered with {statuses:?}"));
        stage.expect(statuses.contains_key(&200), Kind::Harness, || "nobody could log in".to_owned());
        stage.line.faults = statuses.values().sum();
        Ok(())
    })
    .await
}

/// As many streams of events as there are people with a page open.
pub async fn streams(stage: &mut Stage<'_>) -> Fallible {
    let mut world = stage.world(Wish::default()).await?;
    let url = format!("http://127.0.0.1:{}/api/v1/events", world.nodes[0].port);
    let status = reqwest::Client::new().get(url).bearer_auth(&world.people[0].token).send().await?.status();
    world.stop_node(0).await?;
    stage.expect(status == StatusCode::NOT_FOUND, Kind::Harness, || {
        format!("there are streams of events ({status}), and this harness doesn't flood them yet")
    });
    stage.line.skipped = Some("this Docket has no streams of events".to_owned());
    Ok(())
}
