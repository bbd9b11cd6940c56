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
    use futures::StreamExt;
    use leptos::{prelude::*, tachys::html::InertElement};

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

    #[tokio::test]
    async fn a_row_by_itself_is_what_it_is_within_its_page() {
        let view = || {
            let (some, none) = (RwSignal::new(Some("one & two")), RwSignal::new(None::<String>));
            view! {
                <li class:late=move || some.get().is_some()>
                    {move || some.get()} " and " {"text"} {move || none.get()}
                    {move || some.get().map(|text| view! { <p>{text} "," {text}</p> })}
                    {vec!["a", "b"].into_iter().map(|text| view! { <b>{text}</b> }.into_any()).collect_view()}
                    {if none.get_untracked().is_some() { view! { <i></i> }.into_any() } else { ().into_any() }}
                </li>
            }
            .into_any()
        };
        let owner = Owner::new();
        owner.set();
        let streamed: String = view().to_html_stream_in_order().collect::<Vec<_>>().await.concat();
        assert_eq!(view().to_html(), streamed);
        assert_eq!(
            InertElement::new(view().to_html()).to_html_stream_in_order().collect::<Vec<_>>().await.concat(),
            streamed
        );
    }
}
