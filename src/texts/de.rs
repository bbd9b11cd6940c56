//! German: plain, and with "du".

use super::{AppearanceTexts, Texts};
use crate::domain::preferences::{Contrast, Theme};

/// All texts.
pub static TEXTS: Texts = Texts {
    appearance: AppearanceTexts {
        title: "Aussehen und Sprache",
        section: "Aussehen",
        lead: "Wie Docket in diesem Browser aussieht und spricht. Ein Cookie merkt es sich hier.",
        theme: "Farben",
        theme_name: |theme| match theme {
            Theme::System => "Wie das System",
            Theme::Light => "Hell",
            Theme::Dark => "Dunkel",
        },
        contrast: "Kontrast",
        contrast_name: |contrast| match contrast {
            Contrast::System => "Wie das System",
            Contrast::More => "Hoch",
        },
        language: "Sprache",
        language_auto: "Wie der Browser",
        keys: "Einzelne Tasten",
        keys_on: "Tun etwas",
        keys_off: "Tun nichts",
        keys_hint: "Zum Beispiel „q“ für eine neue Aufgabe. Schalte sie aus, wenn du mit deinem Computer sprichst.",
        save: "Speichern",
        saved: "Gespeichert.",
    },
};
