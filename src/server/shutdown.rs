//! When to stop.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A token that is cancelled at the first Ctrl+C or SIGTERM. The second one ends the program at once.
pub fn on_signal() -> std::io::Result<CancellationToken> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        for hard in [false, true] {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if hard {
                tracing::warn!("asked to stop a second time: stopping without waiting for requests");
                std::process::exit(130);
            }
            tracing::info!("stopping: requests get to finish");
            token.cancel();
        }
    });
    Ok(stop)
}
