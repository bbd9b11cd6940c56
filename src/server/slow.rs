//! Statements that take too long, in the log with their plans.
//!
//! sqlx tells tracing of each; [`Listener`] hears it and passes the SQL on, in which parameters are `$1`, `$2`: what people wrote is
//! never part of it. [`explain_forever`] asks PostgreSQL for the plan that it would make without knowing them.

use std::{
    fmt::{Debug, Write},
    sync::OnceLock,
    time::Duration,
};

use sqlx::{Connection, Executor, PgConnection};
use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    time::{sleep, timeout},
};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::layer::{Context, Layer};
use uuid::Uuid;

use super::{
    database::{COSTS, Database, ROLES},
    metrics,
};

/// How long no other plan is asked for after one: what makes many statements slow isn't made worse.
const PAUSE: Duration = Duration::from_secs(5);

/// Where the listener leaves what it heard.
static HEARD: OnceLock<Sender<Slow>> = OnceLock::new();

/// A statement that took too long.
#[derive(Debug, Default)]
struct Slow {
    sql: String,
    summary: String,
    seconds: f64,
}

/// Whether this is sqlx's word on a slow statement.
pub fn is_slow(event: &Metadata<'_>) -> bool {
    event.target() == "sqlx::query" && *event.level() == Level::WARN
}

/// Hears of slow statements.
#[derive(Debug)]
pub struct Listener;

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if !is_slow(event.metadata()) {
            return;
        }
        metrics::slow();
        let Some(heard) = HEARD.get() else { return };
        let mut slow = Slow::default();
        event.record(&mut slow);
        // While many wait to be explained, one more is only counted.
        let _ = heard.try_send(slow);
    }
}

impl Visit for Slow {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "db.statement" => value.trim().clone_into(&mut self.sql),
            "summary" => value.clone_into(&mut self.summary),
            _ => {}
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.seconds = value;
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "summary" && self.summary.is_empty() {
            let _ = write!(self.summary, "{value:?}");
        }
    }
}

impl Slow {
    /// The SQL, if it is one statement that has a plan. What begins a transaction or sets something names who acts, and isn't repeated.
    fn statement(&self) -> Option<&str> {
        // Up to four words are their own summary.
        let sql = if self.sql.is_empty() { &self.summary } else { &self.sql };
        let first = sql.split_whitespace().next()?.to_ascii_lowercase();
        let one = !sql.contains(';');
        (one && matches!(first.as_str(), "select" | "insert" | "update" | "delete" | "with")).then_some(sql)
    }
}

/// Logs slow statements with their plans, one every few seconds at most. Ends only with its task.
pub async fn explain_forever(database: Database) {
    let (send, heard) = channel(16);
    // Of two servers in one process, which only tests have, the first one hears.
    if HEARD.set(send).is_ok() {
        explain_all(database, heard).await;
    }
}

async fn explain_all(database: Database, mut heard: Receiver<Slow>) {
    while let Some(slow) = heard.recv().await {
        let Some(sql) = slow.statement() else { continue };
        let looked = sql.to_owned();
        let plan = database.look(move |db| {
            Box::pin(async move {
                let plan = timeout(PAUSE, plan(db, &looked)).await;
                plan.unwrap_or_else(|_| Err("that took too long, too".to_owned()))
            })
        });
        let plan = plan.await.unwrap_or_else(|error| Err(error.to_string()));
        // Rounded: what takes over 50 ms isn't told apart by less.
        let ms = (slow.seconds * 1_000.0).round();
        match plan {
            Ok(plan) => {
                tracing::warn!(ms, statement = sql, "a statement was slow. Its plan, whatever its parameters:\n{plan}");
            }
            Err(reason) => tracing::warn!(ms, statement = sql, reason, "a statement was slow; it has no plan"),
        }
        sleep(PAUSE).await;
        while heard.try_recv().is_ok() {}
    }
}

/// The plan of a statement, as the first of Docket's roles has it that may run it.
async fn plan(db: &mut PgConnection, sql: &str) -> Result<String, String> {
    let mut plan = Err(String::new());
    for role in ROLES {
        // A prepared statement outlives its transaction. A name of its own, for a pooler may pass connections on.
        let name = format!("docket_slow_{}", Uuid::now_v7().simple());
        plan = explain(db, role, &name, sql).await.map_err(|error| error.to_string());
        if plan.is_ok() {
            break;
        }
        let _ = db.execute(&*format!("deallocate {name}")).await;
    }
    plan
}

/// The plan of a statement for parameters that nobody knows. (`explain (generic_plan)` does it from PostgreSQL 16 on.)
async fn explain(db: &mut PgConnection, role: &str, name: &str, sql: &str) -> Result<String, sqlx::Error> {
    let begin = format!(
        "begin read only; set local statement_timeout = '2s'; set local plan_cache_mode = force_generic_plan; \
         {COSTS}; set local role {role}"
    );
    let mut transaction = db.begin_with(begin).await?;
    transaction.execute(&*format!("prepare {name} as {sql}")).await?;
    let count = "select cardinality(parameter_types) from pg_prepared_statements where name = $1";
    let count: i32 = sqlx::query_scalar(count).bind(name).persistent(false).fetch_one(&mut *transaction).await?;
    let nulls = vec!["null"; usize::try_from(count).unwrap_or_default()].join(", ");
    let nulls = if nulls.is_empty() { nulls } else { format!("({nulls})") };
    let explain = format!("explain execute {name}{nulls}");
    let lines: Vec<String> = sqlx::query_scalar(&explain).persistent(false).fetch_all(&mut *transaction).await?;
    transaction.execute(&*format!("deallocate {name}")).await?;
    transaction.rollback().await?;
    Ok(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_a_plan_is_repeated() {
        let of = |sql: &str, summary: &str| {
            let slow = Slow { sql: sql.into(), summary: summary.into(), seconds: 0.1 };
            slow.statement().map(str::to_owned)
        };
        assert_eq!(
            of("select a from b where c = $1", "select a from b …").as_deref(),
            Some("select a from b where c = $1")
        );
        assert_eq!(of("", "DELETE FROM b").as_deref(), Some("DELETE FROM b"));
        assert_eq!(of("begin; set local docket.user_id = '0190'", "begin; set local docket.user_id …"), None);
        assert_eq!(of("", "commit"), None);
        assert_eq!(
            of("select 1; commit; begin; set local docket.user_id = '0190'", "select 1; commit; begin; …"),
            None
        );
    }
}
