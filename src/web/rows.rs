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
    pub fn new() -> Self {
        Self(Cache::with_weighter(4096, ROOM, Length))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_again_until_others_need_their_room() {
        let shelf = Rows::new();
        let html: Arc<str> = "x".repeat(3_000).into();
        shelf.keep(Made::of("0"), html.clone());
        assert!(shelf.find(&Made::of("0")).is_some_and(|found| Arc::ptr_eq(&found, &html)));
        assert!(shelf.find(&Made::of("1")).is_none());
        for number in 1..20_000 {
            shelf.keep(Made::of(&number.to_string()), html.clone());
        }
        let there = (0..20_000).filter(|number| shelf.find(&Made::of(&number.to_string())).is_some()).count();
        assert!((2_000..5_000).contains(&there), "{there}");
    }
}
