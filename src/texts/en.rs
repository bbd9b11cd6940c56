//! English.

use super::{AppearanceTexts, Texts};
use crate::domain::preferences::{Contrast, Theme};

/// All texts.
pub static TEXTS: Texts = Texts {
    appearance: AppearanceTexts {
        title: "Appearance and language",
        section: "Appearance",
        lead: "How Docket looks and speaks in this browser. A cookie keeps it here.",
        theme: "Colours",
        theme_name: |theme| match theme {
            Theme::System => "Like the system",
            Theme::Light => "Light",
            Theme::Dark => "Dark",
        },
        contrast: "Contrast",
        contrast_name: |contrast| match contrast {
            Contrast::System => "Like the system",
            Contrast::More => "High",
        },
        language: "Language",
        language_auto: "Like the browser",
        keys: "Single keys",
        keys_on: "Do something",
        keys_off: "Do nothing",
        keys_hint: "Such as “q” for a new task. Turn them off if you speak to your computer.",
        save: "Save",
        saved: "Saved.",
    },
};
