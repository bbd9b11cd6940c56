//! Keeps a server running until it is asked to stop.

use super::cluster::Cluster;
use std::fs::File;
use std::io;
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The pause before the first restart; each further one is twice as long, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A server that ran this long was well: its end is a new story.
const WELL: Duration = Duration::from_secs(30);

/// A thread that waits for the server and starts it again. A thread, because a task would end with the runtime it was
/// made in, and tests have one runtime each.
#[derive(Debug)]
pub(super) struct Supervisor {
    shared: Arc<Shared>,
    finished: watch::Receiver<bool>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    stopping: bool,
    running: Option<u32>,
    exits: u32,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Supervisor {
    /// Starts `cluster`'s server and its supervision. The folder stays locked until the server is gone.
    pub fn start(cluster: Arc<Cluster>, lock: File) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (done, finished) = watch::channel(false);
        let own = Arc::clone(&shared);
        std::thread::Builder::new().name("postgres".into()).spawn(move || {
            supervise(&cluster, &own);
            cluster.leave();
            drop(lock);
            done.send_replace(true);
        })?;
        Ok(Self { shared, finished })
    }

    /// How often the server has ended although nobody asked it to.
    pub fn exits(&self) -> u32 {
        self.shared.state().exits
    }

    /// Lets the server end and not start again: `INT` is PostgreSQL's fast shutdown (open transactions are rolled back),
    /// `QUIT` the immediate one (recovery at the next start).
    pub fn end(&self, signal: &str) {
        let mut state = self.shared.state();
        state.stopping = true;
        self.shared.changed.notify_all();
        // Sent to the process itself and not by way of pg_ctl, which doesn't know a server that has yet to write its
        // pid file. The state is locked meanwhile, and the pid is in it only until the process has been collected.
        if let Some(pid) = state.running {
            let _ = Command::new("/bin/sh")
                .args(["-c", r#"kill -s "$1" "$2""#, "sh", signal, &pid.to_string()])
                .stdin(Stdio::null())
                .stderr(Stdio::null())
                .status();
        }
    }

    /// Waits until the server is gone and the folder unlocked; `false` if that takes longer than `limit`.
    pub async fn finished(&self, limit: Duration) -> bool {
        let mut finished = self.finished.clone();
        // An error means that the thread is gone, and its server with it.
        tokio::time::timeout(limit, finished.wait_for(|finished| *finished)).await.is_ok()
    }
}

fn supervise(cluster: &Cluster, shared: &Shared) {
    let mut pause = FIRST_PAUSE;
    loop {
        let since = Instant::now();
        let child = {
            let mut state = shared.state();
            if state.stopping {
                return;
            }
            let child = cluster.spawn();
            state.running = child.as_ref().ok().map(std::process::Child::id);
            child
        };
        let ended = child.and_then(|mut child| child.wait());
        let mut state = shared.state();
        state.running = None;
        if state.stopping {
            return;
        }
        state.exits += 1;
        match ended {
            Ok(status) => {
                tracing::error!(%status, log = %cluster.log().display(), "PostgreSQL ended, starting it again");
            }
            Err(error) => tracing::error!(%error, "PostgreSQL could not be run, trying again"),
        }
        if since.elapsed() > WELL {
            pause = FIRST_PAUSE;
        }
        let waited = shared.changed.wait_timeout_while(state, pause, |state| !state.stopping);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
        pause = (pause * 2).min(LONGEST_PAUSE);
        if let Err(error) = cluster.clear() {
            tracing::error!(%error, "what the ended PostgreSQL left could not be cleared away");
        }
    }
}
