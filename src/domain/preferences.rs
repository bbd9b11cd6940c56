//! How somebody wants to see Docket. It belongs to the browser rather than to the account, so that guests have it, too: one cookie
//! keeps it, and the server, which reads it, renders the page as it is to look.

use std::fmt;

use super::{language::Language, quick::DateOrder};

/// The colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has them.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// All.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// As forms and the cookie write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// What `data-theme` says on `<html>`: nothing where the system decides.
    pub fn attribute(self) -> Option<&'static str> {
        (self != Self::System).then_some(self.as_str())
    }

    /// The colours that the browser's own parts may have (CSS, `color-scheme`).
    pub fn scheme(self) -> &'static str {
        match self {
            Self::System => "light dark",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// When the colour around the page is that of the light (or the dark) page: a media query.
    pub fn media(self, dark: bool) -> &'static str {
        match (self, dark) {
            (Self::System, false) => "(prefers-color-scheme: light)",
            (Self::System, true) => "(prefers-color-scheme: dark)",
            (Self::Light, false) | (Self::Dark, true) => "all",
            (Self::Light, true) | (Self::Dark, false) => "not all",
        }
    }
}

/// How far text stands out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Contrast {
    /// As the system has it.
    #[default]
    System,
    /// As far as it can.
    More,
}

impl Contrast {
    /// All.
    pub const ALL: [Self; 2] = [Self::System, Self::More];

    /// As forms and the cookie write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::More => "more",
        }
    }

    /// What `data-contrast` says on `<html>`: nothing where the system decides.
    pub fn attribute(self) -> Option<&'static str> {
        (self != Self::System).then_some(self.as_str())
    }
}

/// What somebody has chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// The colours.
    pub theme: Theme,
    /// How far text stands out.
    pub contrast: Contrast,
    /// The language; without one, that which the browser asks for.
    pub language: Option<Language>,
    /// Whether a single key does something. Who speaks to the computer may want none (WCAG 2.1.4).
    pub single_keys: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        Self { theme: Theme::default(), contrast: Contrast::default(), language: None, single_keys: true }
    }
}

impl Preferences {
    /// What [`Display`](fmt::Display) wrote. What isn't known is as if it were not there: a cookie may be older or newer than this program.
    pub fn parse(text: &str) -> Self {
        let value = |name| text.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
        let value = |name| value(name).map_or("", |(_, value)| value);
        Self::of(value("theme"), value("contrast"), value("language"), value("keys"))
    }

    /// From the value of each. What isn't known is the default.
    pub fn of(theme: &str, contrast: &str, language: &str, keys: &str) -> Self {
        Self {
            theme: Theme::ALL.into_iter().find(|known| known.as_str() == theme).unwrap_or_default(),
            contrast: Contrast::ALL.into_iter().find(|known| known.as_str() == contrast).unwrap_or_default(),
            language: Language::parse(language),
            single_keys: keys != "off",
        }
    }

    /// "on" or "off".
    pub fn keys(self) -> &'static str {
        if self.single_keys { "on" } else { "off" }
    }

    /// What `data-keys` says on `<html>`: nothing where single keys do something.
    pub fn keys_attribute(self) -> Option<&'static str> {
        (!self.single_keys).then_some("off")
    }

    /// The tag of the chosen language, or "auto".
    pub fn language_tag(self) -> &'static str {
        self.language.map_or("auto", Language::tag)
    }
}

impl fmt::Display for Preferences {
    /// As the cookie keeps it: `theme=dark&contrast=system&language=auto&keys=on`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (theme, contrast) = (self.theme.as_str(), self.contrast.as_str());
        write!(f, "theme={theme}&contrast={contrast}&language={}&keys={}", self.language_tag(), self.keys())
    }
}

/// How a page is shown: what was chosen, and the language that this comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Appearance {
    /// What was chosen.
    pub preferences: Preferences,
    /// The language of the page.
    pub language: Language,
    /// How its reader writes dates in numbers.
    pub order: DateOrder,
}

/// The region that writes the month first.
const MONTH_FIRST: &str = "-US";

impl Appearance {
    /// The inverse of [`Display`](fmt::Display).
    pub fn parse(text: &str) -> Self {
        let (tag, preferences) = text.split_once(' ').unwrap_or((text, ""));
        let (tag, order) = match tag.strip_suffix(MONTH_FIRST) {
            Some(tag) => (tag, DateOrder::MonthDay),
            None => (tag, DateOrder::DayMonth),
        };
        Self { preferences: Preferences::parse(preferences), language: Language::parse(tag).unwrap_or_default(), order }
    }
}

impl fmt::Display for Appearance {
    /// As the server tells the browser: `de theme=dark&…`, or `en-US theme=…` where the month comes first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let region = if self.order == DateOrder::MonthDay { MONTH_FIRST } else { "" };
        write!(f, "{}{region} {}", self.language.tag(), self.preferences)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_survives_the_cookie() {
        for theme in Theme::ALL {
            for contrast in Contrast::ALL {
                for language in [None, Some(Language::En), Some(Language::De)] {
                    for single_keys in [true, false] {
                        let preferences = Preferences { theme, contrast, language, single_keys };
                        assert_eq!(Preferences::parse(&preferences.to_string()), preferences);
                        for order in [DateOrder::DayMonth, DateOrder::MonthDay] {
                            let appearance = Appearance { preferences, language: Language::De, order };
                            assert_eq!(Appearance::parse(&appearance.to_string()), appearance);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_cookie_of_another_version_does_no_harm() {
        for text in ["", "theme", "theme=pink&contrast=&language=xx&keys=maybe", "&&=&theme", "colour=red"] {
            assert_eq!(Preferences::parse(text), Preferences::default(), "{text}");
        }
        let known = Preferences::parse("colour=red&theme=dark");
        assert_eq!(known, Preferences { theme: Theme::Dark, ..Preferences::default() });
    }
}
