//! How others fare while somebody floods Docket, and what Docket takes of the machine for it.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::{task::JoinHandle, time::sleep};

use crate::{
    Fallible,
    http::percentile,
    load::Load,
    process::{Usage, usage},
    report::{Kind, Violations},
    world::World,
};

/// How long after a flood Docket may take to give back what it took. Idle connections stay for 15 s, an answer may take 30.
const PATIENCE: Duration = Duration::from_secs(40);

/// What was measured.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Half of the requests of others took at most this long.
    pub median: Duration,
    /// 95 of 100 of them.
    pub usual: Duration,
    /// And the longest.
    pub longest: Duration,
    /// 95 of 100 of `/healthz`.
    pub health: Duration,
    /// Before the flood.
    pub before: Usage,
    /// The most of each.
    pub peak: Usage,
    /// After it.
    pub after: Usage,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1_000.0;
        let all = [self.before, self.peak, self.after];
        let [memory, descriptors] = [
            all.map(|usage| (usage.memory / 1_024).to_string()).join(" / "),
            all.map(|usage| usage.descriptors.to_string()).join(" / "),
        ];
        let [median, usual, longest, health] = [self.median, self.usual, self.longest, self.health].map(milliseconds);
        write!(f, "| {median:.0} / {usual:.0} / {longest:.0} | {health:.1} | {memory} | {descriptors} ")
    }
}

/// Measures until it is stopped.
#[derive(Debug)]
pub struct Gauge {
    process: u32,
    before: Usage,
    peak: Arc<Mutex<Usage>>,
    health: Arc<Mutex<Vec<Duration>>>,
    /// How many times of the clients' are from before.
    skipped: usize,
    tasks: [JoinHandle<()>; 2],
}

impl Gauge {
    /// Begins, for the first node; `load` are the others.
    pub fn start(world: &mut World, load: &Load, violations: &Violations) -> Fallible<Self> {
        let process = world.program(0)?.id();
        let before = usage(process).ok_or("Docket has ended")?;
        let (peak, health) = (Arc::new(Mutex::new(before)), Arc::<Mutex<Vec<Duration>>>::default());
        let watch = {
            let peak = peak.clone();
            tokio::spawn(async move {
                while let Some(now) = usage(process) {
                    if let Ok(mut peak) = peak.lock() {
                        peak.memory = peak.memory.max(now.memory);
                        peak.descriptors = peak.descriptors.max(now.descriptors);
                    }
                    sleep(Duration::from_millis(100)).await;
                }
            })
        };
        let ask = {
            let (health, violations) = (health.clone(), violations.clone());
            let url = format!("http://127.0.0.1:{}/healthz", world.nodes[0].port);
            tokio::spawn(async move {
                let client = reqwest::Client::builder().no_proxy().build().unwrap_or_default();
                loop {
                    let since = Instant::now();
                    match client.get(&url).timeout(Duration::from_secs(10)).send().await {
                        Ok(answer) if answer.status() == 200 => {}
                        other => violations.add(Kind::Status, format!("/healthz: {other:?}")),
                    }
                    if let Ok(mut health) = health.lock() {
                        health.push(since.elapsed());
                    }
                    sleep(Duration::from_millis(50)).await;
                }
            })
        };
        Ok(Self { process, before, peak, health, skipped: load.notes.times().len(), tasks: [watch, ask] })
    }

    /// What Docket takes just now.
    pub fn now(&self) -> Usage {
        usage(self.process).unwrap_or_default()
    }

    /// What it took before.
    pub fn before(&self) -> Usage {
        self.before
    }

    /// Ends: the flood is over. Waits until Docket has given back what it took, and says so where it doesn't.
    pub async fn stop(self, load: &Load, violations: &Violations) -> Figures {
        let times = load.notes.times().split_off(self.skipped);
        let most_descriptors = self.before.descriptors + 16;
        let most_memory = self.before.memory * 2 + 64 * 1_024;
        let since = Instant::now();
        let mut after = self.now();
        while (after.descriptors > most_descriptors || after.memory > most_memory) && since.elapsed() < PATIENCE {
            sleep(Duration::from_millis(200)).await;
            after = self.now();
        }
        if after.descriptors > most_descriptors {
            let text = format!("{} descriptors before, {} afterwards", self.before.descriptors, after.descriptors);
            violations.add(Kind::Limit, text);
        }
        if after.memory > most_memory {
            violations.add(Kind::Limit, format!("{} KiB before, {} KiB afterwards", self.before.memory, after.memory));
        }
        for task in &self.tasks {
            task.abort();
        }
        let mut peak = self.peak.lock().map(|peak| *peak).unwrap_or_default();
        peak.memory = peak.memory.max(after.memory);
        let health = self.health.lock().map(|health| health.clone()).unwrap_or_default();
        Figures {
            median: percentile(&times, 50),
            usual: percentile(&times, 95),
            longest: percentile(&times, 100),
            health: percentile(&health, 95),
            before: self.before,
            peak,
            after,
        }
    }
}

impl Drop for Gauge {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}
