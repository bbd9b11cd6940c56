//! How a person looks.

use leptos::prelude::*;

use crate::domain::{account::Profile, text};

/// The picture of somebody, or the first letter of the name. It stands beside the name, so it says nothing to who can't see it.
#[component]
pub fn Portrait(
    /// Who.
    profile: Profile,
    /// Whether it is large.
    #[prop(optional)]
    large: bool,
) -> impl IntoView {
    if let Some(image) = profile.image {
        view! { <img class="portrait" class:large=large src=image alt="" width="256" height="256" /> }.into_any()
    } else {
        let initial: String =
            profile.name.chars().next().map(|sign| text::upper(sign.encode_utf8(&mut [0; 4]))).unwrap_or_default();
        // The style sheet shows it: it is no text of the page.
        view! { <span class="portrait" class:large=large data-initial=initial aria-hidden="true"></span> }.into_any()
    }
}
