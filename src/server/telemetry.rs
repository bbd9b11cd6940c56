//! Logs: pretty in a terminal, one JSON object a line otherwise. Always on standard error.

use std::io::IsTerminal;

use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, filter_fn},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use super::slow;

/// Begins to log what `filter` lets through (`RUST_LOG`'s syntax).
pub fn init(filter: &str) -> Result<(), String> {
    // The rollback that checks a connection before its use warns each time that there was nothing to roll back.
    let quiet = "sqlx::postgres::notice=error".parse().map_err(|error| format!("{error}"))?;
    let filter: EnvFilter = filter.parse().map_err(|error| format!("RUST_LOG={filter} does not work: {error}."))?;
    // Slow statements are logged by `slow`, with their plans and without what begins a transaction, which says who acts.
    let shown = filter.add_directive(quiet).and(filter_fn(|event| !slow::is_slow(event)));
    let logs = fmt::layer().with_writer(std::io::stderr);
    let logs = if std::io::stderr().is_terminal() {
        logs.compact().with_target(false).with_filter(shown).boxed()
    } else {
        logs.json().flatten_event(true).with_current_span(false).with_filter(shown).boxed()
    };
    let slow = slow::Listener.with_filter(filter_fn(slow::is_slow));
    tracing_subscriber::registry().with(logs).with(slow).try_init().map_err(|error| error.to_string())
}
