//! How many tasks the pages have, as the browser shows it: what the server counted, and what was done since.

use leptos::prelude::*;

use super::list::TaskList;
use crate::{
    domain::{
        change::{Act, Change},
        counts::{Counts, Delta},
        id::ChangeId,
        task::Task,
    },
    fns::tasks::get_counts,
};

/// How many changes are remembered, so that taking one back counts at once, too.
const KEPT: usize = 50;

#[derive(Clone, Debug, Default)]
struct State {
    /// What the server counted last.
    counted: Option<Counts>,
    /// What was done, the last at the end, and whether the server has counted it.
    done: Vec<(ChangeId, Delta, bool)>,
}

/// The counts of the application.
#[derive(Clone, Copy)]
pub struct Counter {
    state: RwSignal<State>,
    first: Resource<Option<Counts>>,
}

impl Counter {
    /// Asks, once for the whole application: the server writes the answer into the page.
    pub fn provide() -> Self {
        // A page without its counts is still a page.
        let first = Resource::new_blocking(|| (), async |()| get_counts().await.ok());
        let counter = Self { state: RwSignal::new(State::default()), first };
        provide_context(counter);
        counter
    }

    /// Waits until the server has counted for this page.
    pub async fn ready(self) {
        let first = self.first.await;
        self.state.try_update_untracked(|state| state.counted = state.counted.or(first));
    }

    /// What to show, once it is known.
    pub fn shown(self) -> Option<Counts> {
        self.state.with(|state| {
            let new = state.done.iter().filter(|(.., counted)| !counted).map(|(_, delta, _)| *delta);
            Some(state.counted?.plus(new.fold(Delta::default(), Delta::plus)))
        })
    }

    /// Somebody did this to tasks that were like `before`.
    pub fn begun(self, change: &Change, before: &[Task]) {
        self.state.update(|state| {
            let Some(Counts { now, .. }) = state.counted else { return };
            let delta = match &change.act {
                Act::Undo(undone, ..) => {
                    let known = state.done.iter().find(|(id, ..)| id == undone);
                    known.map_or_else(Delta::default, |(_, delta, _)| delta.back())
                }
                act => Delta::of(act, before, now),
            };
            if state.done.len() >= KEPT {
                state.done.remove(0);
            }
            state.done.push((change.id, delta, false));
        });
    }

    /// The server didn't take it.
    pub fn refused(self, change: ChangeId) {
        self.state.update(|state| state.done.retain(|(id, ..)| *id != change));
    }

    /// Has the server count again. What is done meanwhile asks by itself when it is done.
    pub fn refresh(self, list: TaskList) {
        let settled = move || (list.moment(), list.is_sending());
        let asked = settled();
        if asked.1 {
            return;
        }
        leptos::task::spawn_local(async move {
            if let Ok(counts) = get_counts().await
                && settled() == asked
            {
                self.state.try_update(|state| {
                    state.counted = Some(counts);
                    state.done.iter_mut().for_each(|(.., counted)| *counted = true);
                });
            }
        });
    }
}

/// The counts of the application that this component is part of.
pub fn use_counter() -> Counter {
    use_context().unwrap_or_else(Counter::provide)
}
