//! The languages that Docket speaks, and which one somebody wants.

use serde::{Deserialize, Serialize};

/// A language of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// German.
    De,
}

/// Where a line of text begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// At the left.
    LeftToRight,
    /// At the right, as in Arabic and Hebrew.
    RightToLeft,
}

impl Direction {
    /// As HTML writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LeftToRight => "ltr",
            Self::RightToLeft => "rtl",
        }
    }
}

impl Language {
    /// All.
    pub const ALL: [Self; 2] = [Self::En, Self::De];

    /// As HTML, HTTP and the cookie write it (RFC 5646).
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// The inverse of [`Language::tag`].
    pub fn parse(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// What it calls itself: who looks for it may read no other.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::De => "Deutsch",
        }
    }

    /// Where its lines begin.
    pub fn direction(self) -> Direction {
        match self {
            Self::En | Self::De => Direction::LeftToRight,
        }
    }

    /// The one that a browser asks for in `Accept-Language` (RFC 9110, section 12.5.4): of those that Docket speaks, the one with the
    /// greatest weight, and of several the first. A region doesn't matter. English, if it asks for none of them.
    pub fn accepted(header: &str) -> Self {
        let mut best = (Self::default(), 0);
        for range in header.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next().unwrap_or_default().to_ascii_lowercase();
            let weight =
                parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q="))).map_or(1_000, weight);
            let language = match tag.split('-').next().unwrap_or_default() {
                "*" => Some(Self::default()),
                primary => Self::parse(primary),
            };
            if let Some(language) = language.filter(|_| weight > best.1) {
                best = (language, weight);
            }
        }
        best.0
    }
}

/// A weight (RFC 9110, section 12.4.2) in thousandths; what is none weighs nothing.
fn weight(text: &str) -> u16 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
    match (whole, digits) {
        ("0", true) => format!("{part:0<3}").parse().unwrap_or(0),
        ("1", true) if part.bytes().all(|byte| byte == b'0') => 1_000,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_the_language_that_it_asks_for_most() {
        for (header, language) in [
            ("", Language::En),
            ("de", Language::De),
            ("de-AT", Language::De),
            ("DE-ch", Language::De),
            ("de-DE,de;q=0.9,en;q=0.8", Language::De),
            ("en-US,en;q=0.9,de;q=0.8", Language::En),
            ("fr-FR,fr;q=0.9,de;q=0.5,en;q=0.4", Language::De),
            ("fr", Language::En),
            ("fr, *;q=0.5", Language::En),
            ("*;q=0.1, de;q=0.2", Language::De),
            ("en;q=0.1, de;q=0.11", Language::De),
            ("en;q=0.9 , de ; q=0.95", Language::De),
            ("en,de", Language::En),
            ("de,en", Language::De),
            ("de;q=0", Language::En),
            ("de;q=0,en;q=0", Language::En),
            ("de;q=0.0001,en;q=0.5", Language::En),
            ("de;q=2,en;q=0.1", Language::En),
            ("de;q=x", Language::En),
            ("den", Language::En),
            (",,;q=,de", Language::De),
            ("de;q=1.000,en;q=1", Language::De),
        ] {
            assert_eq!(Language::accepted(header), language, "{header}");
        }
    }
}
