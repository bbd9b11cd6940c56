//! Logs: pretty in a terminal, one JSON object a line otherwise. Always on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Begins to log what `filter` lets through (`RUST_LOG`'s syntax).
pub fn init(filter: &str) -> Result<(), String> {
    // The rollback that checks a connection before its use warns each time that there was nothing to roll back.
    let quiet = "sqlx::postgres::notice=error".parse().map_err(|error| format!("{error}"))?;
    let filter: EnvFilter = filter.parse().map_err(|error| format!("RUST_LOG={filter} does not work: {error}."))?;
    let logs = tracing_subscriber::fmt().with_env_filter(filter.add_directive(quiet)).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        logs.compact().with_target(false).init();
    } else {
        logs.json().flatten_event(true).with_current_span(false).init();
    }
    Ok(())
}
