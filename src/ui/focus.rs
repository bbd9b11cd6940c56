//! What has the focus, and where it goes.

use leptos::{
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlElement, HtmlInputElement},
};

/// All that fit a selector, in the order of the page.
pub fn all(selector: &str) -> Vec<HtmlElement> {
    let Ok(found) = document().query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|index| found.get(index)?.dyn_into().ok()).collect()
}

/// The first that fits a selector.
pub fn one(selector: &str) -> Option<HtmlElement> {
    document().query_selector(selector).ok().flatten()?.dyn_into().ok()
}

/// What has the focus.
pub fn active() -> Option<Element> {
    document().active_element()
}

/// Whether the focus is where a page begins, or nowhere.
pub fn is_at_rest() -> bool {
    active().is_none_or(|active| {
        matches!(active.id().as_str(), "page" | "opened") || active.tag_name().eq_ignore_ascii_case("body")
    })
}

/// The field that somebody is in, which takes keys for itself.
pub fn field() -> Option<Element> {
    active().filter(|element| {
        if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
            return !matches!(input.type_().as_str(), "checkbox" | "radio" | "button" | "submit" | "reset" | "file");
        }
        element.closest("textarea, select, [contenteditable=true]").ok().flatten().is_some()
    })
}

/// Moves the focus among what fits a selector in an element, from the last to the first and back.
pub fn step_in(element: &Element, selector: &str, by: isize) {
    let Ok(found) = element.query_selector_all(selector) else { return };
    let found: Vec<HtmlElement> = (0..found.length()).filter_map(|index| found.get(index)?.dyn_into().ok()).collect();
    let now = active().and_then(|active| found.iter().position(|one| one.is_same_node(Some(&active))));
    let next = now.map_or(if by > 0 { 0 } else { found.len().saturating_sub(1) }, |now| {
        (now + found.len()).saturating_add_signed(by) % found.len()
    });
    if let Some(next) = found.get(next) {
        let _ = next.focus();
    }
}

/// Moves the focus to an element with this id, which may be on a page that is yet to come; unless the person has moved it meanwhile.
pub fn focus_soon(id: &str) {
    /// About two seconds.
    const FRAMES: u32 = 120;
    look_for(id.to_owned(), active(), FRAMES);
}

fn look_for(id: String, before: Option<Element>, frames: u32) {
    if !is_at_rest() && active() != before {
        return;
    }
    let found = document().get_element_by_id(&id).and_then(|found| found.dyn_into::<HtmlElement>().ok());
    match found {
        Some(found) => drop(found.focus()),
        None if frames == 0 => {}
        None => request_animation_frame(move || look_for(id, before, frames - 1)),
    }
}
