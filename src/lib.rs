//! Docket: a multi-user todo application that people host themselves.
//!
//! One crate, compiled twice: with `ssr` it is the server, with `hydrate` the part that runs in the browser. The floors
//! of the house, from the top: [`cli`], [`web`], [`app`], [`ui`], [`fns`], [`server`], [`texts`] and [`error`], [`domain`]. A file
//! uses only what stands on its own floor or below. `docs/architecture.md` draws it.

// View macros nest types deeply.
#![recursion_limit = "256"]

/// Whether this is the server's half. A constant, so that the browser's half has nothing of what only the server does.
pub const SERVER: bool = cfg!(feature = "ssr");

pub mod app;
pub mod domain;
pub mod error;
pub mod fns;
pub mod texts;
pub mod ui;

#[cfg(feature = "ssr")]
pub mod cli;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(feature = "ssr")]
pub mod web;

/// Takes over the page that the server rendered. Called by the script in the document's head.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
    // For style sheets and tests: from here on the page answers by itself.
    leptos::prelude::request_animation_frame(|| {
        if let Some(page) = leptos::prelude::document().document_element() {
            let _ = page.set_attribute("data-hydrated", "true");
        }
    });
}

#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
extern "C" {
    /// Loads the later part of a release at once (`src/start.js`).
    #[wasm_bindgen(js_name = docketLater)]
    fn later();
}

/// Never called: it keeps [`later`] in the program until `.ci/wasm/split.mjs` has the first part call it.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn load_later() {
    later();
}
