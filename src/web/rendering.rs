//! A page is rendered by one task, with everything that it starts.
//!
//! Leptos starts tasks of its own while it renders: each resource is one, and each Suspense watches its children from another. What
//! they share is the reactive graph of the page, which isn't made for two threads at once (`reactive_graph` 0.2: a memo that two
//! threads compute for the first time may be empty for one of them, and the page never ends). So they take turns here, and end with
//! the page, also when the browser goes away before it is ready.

use std::{future::Future, pin::pin};

use any_spawner::{CustomExecutor, Executor, PinnedFuture, PinnedLocalFuture};
use futures::{StreamExt, stream::FuturesUnordered};
use tokio::{sync::mpsc, task_local};

task_local! {
    /// Where the page that is being rendered takes what it starts.
    static STARTED: mpsc::UnboundedSender<PinnedFuture<()>>;
}

/// Gives what a page starts to the page, and everything else to tokio.
struct Turns;

impl CustomExecutor for Turns {
    fn spawn(&self, task: PinnedFuture<()>) {
        let mut task = Some(task);
        // The page may be over: then nobody takes it, and nobody needs it.
        let _ = STARTED.try_with(|started| task.take().map(|task| started.send(task)));
        if let Some(task) = task {
            tokio::spawn(task);
        }
    }

    fn spawn_local(&self, task: PinnedLocalFuture<()>) {
        tokio::task::spawn_local(task);
    }

    fn poll_local(&self) {}
}

/// Has Leptos start its tasks here. To be called before anything is rendered; again, it does nothing.
pub fn prepare() {
    let _ = Executor::init_custom_executor(Turns);
}

/// Renders a page: what comes of it, and of nothing that it has started.
pub async fn together<Page>(page: impl Future<Output = Page>) -> Page {
    let (started, mut new) = mpsc::unbounded_channel();
    let turns = async move {
        let mut tasks = FuturesUnordered::new();
        let mut page = pin!(page);
        loop {
            tokio::select! {
                biased;
                page = &mut page => return page,
                Some(task) = new.recv() => tasks.push(task),
                Some(()) = tasks.next() => {}
            }
        }
    };
    STARTED.scope(started, turns).await
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    };

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_a_page_starts_runs_in_the_task_of_the_page() {
        prepare();
        let here = tokio::task::id;
        let page = together(async move {
            let (answer, asked) = oneshot::channel();
            Executor::spawn(async move {
                let (inner, of_inner) = oneshot::channel();
                Executor::spawn(async move {
                    let _ = inner.send(here());
                });
                tokio::task::yield_now().await;
                let _ = answer.send((here(), of_inner.await));
            });
            assert_eq!(asked.await, Ok((here(), Ok(here()))));
        });
        tokio::spawn(page).await.unwrap();
    }

    #[tokio::test]
    async fn what_a_page_has_started_ends_with_it() {
        struct Ended(Arc<AtomicBool>);
        impl Drop for Ended {
            fn drop(&mut self) {
                self.0.store(true, SeqCst);
            }
        }
        prepare();
        let ended = Arc::new(AtomicBool::new(false));
        let guard = Ended(ended.clone());
        together(async move {
            Executor::spawn(async move {
                let _guard = guard;
                std::future::pending::<()>().await;
            });
            tokio::task::yield_now().await;
        })
        .await;
        assert!(ended.load(SeqCst));
    }
}
