//! What Docket tells Prometheus of itself. Everything is counted in this process, whether or not somebody asks; `web/metrics.rs` has
//! the listener that they ask at.
//!
//! No label says who somebody is or what they wrote, and each has a bounded number of values: jobs, codes of errors, and the names of
//! routes and use cases, which stand in the program.

use std::{
    sync::{LazyLock, atomic::AtomicU64},
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Metric, Registry, Unit},
};

use crate::error::AppError;

/// From how long on a statement is slow (seed 003: queries under 50 ms).
pub const SLOW: Duration = Duration::from_millis(50);

/// Of a metric that may be absent: a family with nothing to tell its one member by.
type Unlabelled = [(&'static str, &'static str); 0];
type Number = Gauge<f64, AtomicU64>;
type Times<L> = Family<L, Histogram, fn() -> Histogram>;

/// From a millisecond to half a minute: what requests and statements take. 50 ms is what a query is to stay under (seed 003).
const BUCKETS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct UseCase {
    use_case: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: &'static str,
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    method: &'static str,
    route: String,
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Code {
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Job {
    // Prometheus has a label "job" of its own.
    job_name: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobRun {
    job_name: &'static str,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Connections {
    state: &'static str,
}

/// All there is, and the registry that writes it.
struct Metrics {
    registry: Registry,
    /// As Prometheus sees them, without what follows those of histograms.
    names: Vec<String>,
    connections: Family<Connections, Number>,
    most_connections: Number,
    waits: Histogram,
    scopes: Times<UseCase>,
    scopes_failed: Family<UseCase, Counter>,
    retries: Counter,
    slow: Counter,
    requests: Times<Route>,
    answers: Family<Answer, Counter>,
    errors: Family<Code, Counter>,
    job_runs: Family<JobRun, Counter>,
    job_times: Times<Job>,
    job_worked: Family<Job, Number>,
    job_rows: Family<Job, Number>,
    sessions: Family<Unlabelled, Number>,
    mails: Family<Unlabelled, Number>,
    oldest_mail: Family<Unlabelled, Number>,
    days_sealed: Family<Unlabelled, Number>,
    restore_drill: Family<Unlabelled, Number>,
    ready: Number,
    replica_ready: Family<Unlabelled, Number>,
    replica_lag: Family<Unlabelled, Number>,
}

static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

/// Registers metrics one by one.
struct Builder {
    registry: Registry,
    names: Vec<String>,
}

impl Builder {
    /// A metric by its name, whose end says what it is: `_total` is a counter, `_seconds` a time.
    fn add<M: Metric + Clone>(&mut self, name: &str, help: &str, metric: M) -> M {
        self.names.push(format!("docket_{name}"));
        // What the registry adds by itself.
        if let Some(name) = name.strip_suffix("_seconds") {
            self.registry.register_with_unit(name, help, Unit::Seconds, metric.clone());
        } else {
            self.registry.register(name.strip_suffix("_total").unwrap_or(name), help, metric.clone());
        }
        metric
    }
}

impl Metrics {
    fn new() -> Self {
        let mut all =
            Builder { registry: Registry::with_prefix("docket"), names: vec!["docket_build_info".to_owned()] };
        all.registry.register("build", "Which Docket this is", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        Self {
            connections: all.add("pool_connections", "Connections to the database, idle and used", Family::default()),
            most_connections: all.add(
                "pool_connections_most",
                "The most of them (DATABASE_POOL_SIZE)",
                Number::default(),
            ),
            waits: all.add("pool_wait_seconds", "How long use cases waited for a connection", histogram()),
            scopes: all.add(
                "scope_seconds",
                "How long use cases took in the database, the wait for a connection not included",
                Family::new_with_constructor(histogram),
            ),
            scopes_failed: all.add("scopes_failed_total", "Use cases that the database let down", Family::default()),
            retries: all.add(
                "scope_retries_total",
                "Use cases that lost against another and began again",
                Counter::default(),
            ),
            slow: all.add(
                "slow_statements_total",
                "Statements that took over 50 ms; the log has them",
                Counter::default(),
            ),
            requests: all.add(
                "http_request_seconds",
                "How long it took until an answer began",
                Family::new_with_constructor(histogram),
            ),
            answers: all.add("http_answers_total", "Answers by route and class of status", Family::default()),
            errors: all.add("errors_total", "What people were told went wrong, by code", Family::default()),
            job_runs: all.add("job_runs_total", "Runs of jobs on this node", Family::default()),
            job_times: all.add(
                "job_seconds",
                "How long jobs took on this node",
                Family::new_with_constructor(histogram),
            ),
            job_worked: all.add(
                "job_worked_timestamp_seconds",
                "When a job last worked, on any node",
                Family::default(),
            ),
            job_rows: all.add(
                "job_rows",
                "With how many rows the last run of a job dealt, on any node",
                Family::default(),
            ),
            sessions: all.add("sessions", "Sessions that are in force", Family::default()),
            mails: all.add("outbox_mails", "Mails that are still to be sent", Family::default()),
            oldest_mail: all.add("outbox_oldest_seconds", "For how long the oldest of them waits", Family::default()),
            days_sealed: all.add("audit_days_sealed", "Days of the audit log that are in its chain", Family::default()),
            restore_drill: all.add(
                "restore_drill_timestamp_seconds",
                "When a backup was last restored as a drill; absent until one was",
                Family::default(),
            ),
            ready: all.add("ready", "1 when the database answers and has every migration, else 0", Number::default()),
            replica_ready: all.add(
                "replica_ready",
                "1 when lists are read from the replica, 0 while it is away; absent without one",
                Family::default(),
            ),
            replica_lag: all.add(
                "replica_lag_seconds",
                "How far the replica is behind; absent without one",
                Family::default(),
            ),
            names: all.names,
            registry: all.registry,
        }
    }
}

/// The names of all metrics. Those of histograms are followed by `_bucket`, `_sum` and `_count`.
pub fn names() -> &'static [String] {
    &METRICS.names
}

/// Everything, as Prometheus reads it (`OpenMetrics` 1.0).
pub fn render() -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    encode(&mut text, &METRICS.registry)?;
    Ok(text)
}

/// How the pool is used at this moment: how many connections are idle and used, and how many there may be.
pub fn pool(idle: u32, used: u32, most: u32) {
    for (state, count) in [("idle", idle), ("used", used)] {
        METRICS.connections.get_or_create(&Connections { state }).set(f64::from(count));
    }
    METRICS.most_connections.set(f64::from(most));
}

/// A scope has waited so long for a connection, whether it got one or not.
pub fn waited(time: Duration) {
    METRICS.waits.observe(time.as_secs_f64());
}

/// A scope took so long; `work` is the name of the type of what ran in it (`type_name_of_val`), `ok` whether the database did its part.
pub fn scope(work: &str, time: Duration, ok: bool) {
    let label = UseCase { use_case: use_case(work) };
    METRICS.scopes.get_or_create(&label).observe(time.as_secs_f64());
    if !ok {
        METRICS.scopes_failed.get_or_create(&label).inc();
    }
}

/// A scope lost against another transaction and begins again.
pub fn retried() {
    METRICS.retries.inc();
}

/// A statement took too long.
pub fn slow() {
    METRICS.slow.inc();
}

/// An answer of this status began after so long. `route` is the template, such as `/tasks/{id}`, never what somebody asked for.
pub fn answered(method: &str, route: &str, status: u16, time: Duration) {
    let method =
        ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"].into_iter().find(|known| *known == method).unwrap_or("other");
    let status = match status {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    };
    let route = route.to_owned();
    METRICS.requests.get_or_create(&Route { method, route: route.clone() }).observe(time.as_secs_f64());
    METRICS.answers.get_or_create(&Answer { method, route, status }).inc();
}

/// Somebody was told of an error.
pub fn error(error: &AppError) {
    METRICS.errors.get_or_create(&Code { code: error.code() }).inc();
}

/// A job ran.
pub fn job(job: &'static str, time: Duration, ok: bool) {
    METRICS.job_times.get_or_create(&Job { job_name: job }).observe(time.as_secs_f64());
    METRICS.job_runs.get_or_create(&JobRun { job_name: job, result: if ok { "worked" } else { "failed" } }).inc();
}

/// Whether the replica is read from, `None` without one; and how many seconds it is behind, `None` while nobody knows.
pub fn replica(ready: Option<bool>, lag: Option<f64>) {
    show(&METRICS.replica_ready, ready.map(|ready| if ready { 1.0 } else { 0.0 }));
    show(&METRICS.replica_lag, lag);
}

/// Whether the database answers and has every migration.
pub fn ready(ready: bool) {
    METRICS.ready.set(if ready { 1.0 } else { 0.0 });
}

/// How many sessions are in force; `None` while nobody knows.
pub fn sessions(count: Option<f64>) {
    show(&METRICS.sessions, count);
}

/// How many mails wait, and for how many seconds the oldest does; `None` while nobody knows.
pub fn outbox(mails: Option<(f64, f64)>) {
    show(&METRICS.mails, mails.map(|(count, _)| count));
    show(&METRICS.oldest_mail, mails.map(|(_, oldest)| oldest));
}

/// How many days of the audit log are in its chain; `None` while nobody knows.
pub fn days_sealed(days: Option<f64>) {
    show(&METRICS.days_sealed, days);
}

/// When a backup was last restored as a drill, in seconds since 1970; `None` for never.
pub fn restore_drill(at: Option<f64>) {
    show(&METRICS.restore_drill, at);
}

/// What is known of a job on all nodes: how many rows its last run dealt with, and when it last worked, in seconds since 1970.
pub fn last_run(job: &'static str, rows: i64, worked: Option<i64>) {
    let job = Job { job_name: job };
    METRICS.job_rows.get_or_create(&job).set(number(rows));
    if let Some(at) = worked {
        METRICS.job_worked.get_or_create(&job).set(number(at));
    }
}

/// What nobody knows isn't shown, rather than what it was before.
fn show(metric: &Family<Unlabelled, Number>, value: Option<f64>) {
    match value {
        Some(value) => drop(metric.get_or_create(&[]).set(value)),
        None => metric.clear(),
    }
}

#[allow(clippy::cast_precision_loss, reason = "nobody reads more than 15 digits of what was measured")]
fn number(count: i64) -> f64 {
    count as f64
}

/// The use case in the name of a closure's type: `docket::fns::tasks::__server_add_task::{{closure}}` is `fns::tasks::add_task`. Where
/// a helper runs the closure of somebody else's, as `store::tasks::change<…>` does, it is that one.
fn use_case(work: &str) -> String {
    const CLOSURE: &str = "::{{closure}}";
    let before = |part: &'_ str| part.split(CLOSURE).next().unwrap_or_default().to_owned();
    let parts: Vec<_> = work.split(['<', '>', ',', ' ', '&', '(', ')']).collect();
    let own = || parts.iter().filter_map(|part| part.strip_prefix("docket::"));
    let path = if let Some(part) = own().find(|part| part.contains(CLOSURE)) {
        before(part)
    } else if let Some(part) = own().next() {
        // A method of a trait: `<docket::server::auth::Backend as axum_login::AuthnBackend>::get_user::{{closure}}`.
        let method = parts.iter().find(|part| part.starts_with("::")).map(|part| before(part));
        part.to_owned() + &method.unwrap_or_default()
    } else {
        return "other".to_owned();
    };
    path.strip_prefix("server::").unwrap_or(&path).replace("::__server_", "::")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_case_goes_by_its_name_whoever_runs_it() {
        for (work, name) in [
            (
                "docket::fns::tasks::__server_list_tasks::{{closure}}::{{closure}}::{{closure}}",
                "fns::tasks::list_tasks",
            ),
            (
                "docket::server::store::tasks::change<docket::fns::tasks::__server_add_task::{{closure}}::{{closure}}>::{{closure}}",
                "fns::tasks::add_task",
            ),
            (
                "docket::server::jobs::in_batches<docket::server::jobs::trash::{{closure}}::{{closure}}>::{{closure}}",
                "jobs::trash",
            ),
            (
                "<docket::server::auth::Backend as axum_login::backend::AuthnBackend>::get_user::{{closure}}::{{closure}}",
                "auth::Backend::get_user",
            ),
            ("docket::server::store::accounts::all", "store::accounts::all"),
            ("it::database::nobody::{{closure}}", "other"),
        ] {
            assert_eq!(use_case(work), name, "{work}");
        }
    }
}
