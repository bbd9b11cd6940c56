//! Rows of tasks that were rendered lately, for all pages of the process.

use std::sync::Arc;

use quick_cache::{Weighter, sync::Cache};

use crate::ui::tasks::{Made, Shelf};

/// How much is kept, in bytes: about 4,000 rows. What was asked for least goes first.
const ROOM: u64 = 16 << 20;
/// What a row takes besides its HTML: about as much as the task that it was made of.
const BESIDES: usize = 500;

/// Where they are.
pub struct Rows(Cache<Made, Arc<str>, Length>);

#[derive(Clone)]
struct Length;

impl Weighter<Made, Arc<str>> for Length {
    fn weight(&self, _: &Made, html: &Arc<str>) -> u64 {
        (html.len() + BESIDES) as u64
    }
}

impl Rows {
    /// None yet.
    pub fn shelf() -> Arc<dyn Shelf> {
        Arc::new(Self(Cache::with_weighter(4096, ROOM, Length)))
    }
}

impl Shelf for Rows {
    fn find(&self, made: &Made) -> Option<Arc<str>> {
        self.0.get(made)
    }

    fn keep(&self, made: Made, html: Arc<str>) {
        self.0.insert(made, html);
    }
}
