//! Whether the browser has a connection: said when it is lost, and when it is back.

use std::time::Duration;

use leptos::prelude::*;

use super::{
    icon::{Icon, IconName},
    locale::use_texts,
};

/// How long it says that the connection is back.
const SHOWN: Duration = Duration::from_secs(5);

/// What there is to say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum News {
    None,
    Lost,
    Back,
}

/// Says it, to who sees and to who hears.
#[component]
pub fn Connection() -> impl IntoView {
    let t = &use_texts().layout;
    let news = RwSignal::new(News::None);
    // Only in the browser.
    Effect::new(move |_| {
        let lost = window_event_listener(leptos::ev::offline, move |_| news.set(News::Lost));
        let back = window_event_listener(leptos::ev::online, move |_| {
            news.set(News::Back);
            set_timeout(
                move || {
                    news.try_update(|news| {
                        if *news == News::Back {
                            *news = News::None;
                        }
                    });
                },
                SHOWN,
            );
        });
        on_cleanup(move || {
            lost.remove();
            back.remove();
        });
    });
    let words = move || match news.get() {
        News::None => None,
        News::Lost => Some(t.offline),
        News::Back => Some(t.online),
    };
    view! {
        <div class="connection" aria-live="polite">
            {move || words().map(|words| view! {
                <p class:lost=move || news.get() == News::Lost>
                    <Icon name=IconName::Offline />
                    {words}
                </p>
            })}
        </div>
    }
}
