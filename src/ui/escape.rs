//! What Leptos doesn't escape by itself: the text of a `textarea`, and the title of the page.
//!
//! The server writes these texts into the page as they have to stand there; the browser has them as they are.

use crate::SERVER;

/// The title of a page.
pub fn title_text(text: String) -> String {
    if SERVER { escape(&text) } else { text }
}

/// The text of a `textarea`. HTML drops a line break that it begins with. (`prop:value` is no way out: it isn't rendered on the
/// server, and it overwrites what was typed before hydration.)
pub fn area_text(text: String) -> String {
    if SERVER { escape_area(&text) } else { text }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn escape_area(text: &str) -> String {
    let first = if text.starts_with('\n') { "\n" } else { "" };
    format!("{first}{}", escape(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_textarea_or_a_title() {
        assert_eq!(escape_area("</textarea><script>&lt;"), "&lt;/textarea>&lt;script>&amp;lt;");
        assert_eq!(escape_area("\nx"), "\n\nx");
        assert_eq!(escape("</title><img>"), "&lt;/title>&lt;img>");
    }
}
