//! Every text that people read on pages, once for each language. A group belongs to a room of `ui`; a text without values is a
//! `&'static str`, one with values or a plural is a function, so each language has rules of its own. The compiler sees to it
//! that no language lacks one.
//!
//! Components get theirs by `use_texts` (`ui/locale.rs`). What programs read (the API, logs, the command line) is English.

mod de;
mod en;

use crate::domain::{
    action::{Action, Group},
    preferences::{Contrast, Theme},
};

pub use crate::domain::language::Language;

impl Language {
    /// Its texts.
    pub fn texts(self) -> &'static Texts {
        match self {
            Self::En => &en::TEXTS,
            Self::De => &de::TEXTS,
        }
    }
}

/// All of one language.
#[derive(Debug)]
pub struct Texts {
    /// The page `/settings/appearance`.
    pub appearance: AppearanceTexts,
    /// Keys, the palette and the help.
    pub keys: KeyTexts,
}

/// Keys, the palette and the help.
#[derive(Debug)]
#[allow(missing_docs, reason = "the English text says what it is")]
pub struct KeyTexts {
    pub action: fn(Action) -> &'static str,
    pub group: fn(Group) -> &'static str,
    pub control: &'static str,
    pub shift: &'static str,
    pub enter: &'static str,
    pub delete: &'static str,
    pub or: &'static str,
    pub title: &'static str,
    pub mac: &'static str,
    pub off: &'static str,
    pub turn_off: &'static str,
    pub palette: &'static str,
    pub ask: &'static str,
    pub results: &'static str,
    pub none_found: &'static str,
    pub found: fn(usize) -> String,
    pub tasks: &'static str,
    pub selected: fn(usize) -> String,
    pub log_in: &'static str,
    pub start: &'static str,
    pub security: &'static str,
    pub tokens: &'static str,
    pub data: &'static str,
    pub appearance: &'static str,
    pub accounts: &'static str,
}

/// The page `/settings/appearance`.
#[derive(Debug)]
#[allow(missing_docs, reason = "the English text says what it is")]
pub struct AppearanceTexts {
    pub title: &'static str,
    pub section: &'static str,
    pub lead: &'static str,
    pub theme: &'static str,
    pub theme_name: fn(Theme) -> &'static str,
    pub contrast: &'static str,
    pub contrast_name: fn(Contrast) -> &'static str,
    pub language: &'static str,
    pub language_auto: &'static str,
    pub keys: &'static str,
    pub keys_on: &'static str,
    pub keys_off: &'static str,
    pub keys_hint: &'static str,
    pub save: &'static str,
    pub saved: &'static str,
}
