//! Pictures beside words: drawn with a pen, on a grid of 20, in the colour of the text. The server writes all of them once into the
//! page ([`sprite`]); the browser's half knows their names only.

use leptos::prelude::*;

/// A picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IconName {
    /// A calendar with one day marked.
    Today,
    /// A calendar with days written in.
    Upcoming,
    /// Lines of a list.
    All,
    /// Columns.
    Board,
    /// A bin.
    Trash,
    /// A plus.
    Add,
    /// A magnifier.
    Search,
    /// A cross.
    Close,
    /// Three dots.
    More,
    /// A tick.
    Check,
    /// An arrow to where one came from.
    Back,
    /// A bracket to where it goes on.
    Forward,
    /// An arrow up.
    Up,
    /// An arrow down.
    Down,
    /// An arrow up to a line.
    ToTop,
    /// An arrow down to a line.
    ToBottom,
    /// A flag.
    Flag,
    /// A triangle.
    Start,
    /// An arrow that turns back.
    Undo,
    /// Two sliders.
    Settings,
    /// A person.
    Person,
    /// Two people.
    People,
    /// A door with an arrow out.
    LogOut,
    /// A keyboard.
    Keyboard,
    /// A question mark.
    Help,
    /// A sun.
    Sun,
    /// A moon.
    Moon,
    /// A disc, half filled.
    Contrast,
    /// A globe.
    Language,
    /// An arrow down into a tray.
    Download,
    /// A key.
    Key,
    /// A shield.
    Shield,
    /// Waves, struck through.
    Offline,
    /// A clock.
    Clock,
    /// A box.
    Archive,
    /// A pencil.
    Edit,
}

impl IconName {
    /// Where in the page it is drawn.
    pub fn href(self) -> &'static str {
        match self {
            Self::Today => "#icon-today",
            Self::Upcoming => "#icon-upcoming",
            Self::All => "#icon-all",
            Self::Board => "#icon-board",
            Self::Trash => "#icon-trash",
            Self::Add => "#icon-add",
            Self::Search => "#icon-search",
            Self::Close => "#icon-close",
            Self::More => "#icon-more",
            Self::Check => "#icon-check",
            Self::Back => "#icon-back",
            Self::Forward => "#icon-forward",
            Self::Up => "#icon-up",
            Self::Down => "#icon-down",
            Self::ToTop => "#icon-to-top",
            Self::ToBottom => "#icon-to-bottom",
            Self::Flag => "#icon-flag",
            Self::Start => "#icon-start",
            Self::Undo => "#icon-undo",
            Self::Settings => "#icon-settings",
            Self::Person => "#icon-person",
            Self::People => "#icon-people",
            Self::LogOut => "#icon-log-out",
            Self::Keyboard => "#icon-keyboard",
            Self::Help => "#icon-help",
            Self::Sun => "#icon-sun",
            Self::Moon => "#icon-moon",
            Self::Contrast => "#icon-contrast",
            Self::Language => "#icon-language",
            Self::Download => "#icon-download",
            Self::Key => "#icon-key",
            Self::Shield => "#icon-shield",
            Self::Offline => "#icon-offline",
            Self::Clock => "#icon-clock",
            Self::Archive => "#icon-archive",
            Self::Edit => "#icon-edit",
        }
    }
}

/// A picture. It says nothing to a screen reader: the words beside it do.
#[component]
pub fn Icon(
    /// Which one.
    name: IconName,
) -> impl IntoView {
    view! {
        <svg class="glyph" width="20" height="20" aria-hidden="true" focusable="false">
            <use href=name.href() />
        </svg>
    }
}

/// What [`Icon`] shows parts of. For the document only, which the server makes: so the drawings are no part of the browser's half.
pub fn sprite() -> impl IntoView {
    view! { <svg class="sprite" width="0" height="0" aria-hidden="true" focusable="false" inner_html=DRAWINGS></svg> }
}

/// The ids of all that are drawn.
pub fn drawn() -> impl Iterator<Item = &'static str> {
    DRAWINGS.split("id=\"").skip(1).filter_map(|rest| rest.split('"').next())
}

const DRAWINGS: &str = include_str!("icons.svg");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_drawing_and_every_drawing_a_name() {
        let drawn: Vec<_> = drawn().collect();
        let source = include_str!("icon.rs");
        for id in &drawn {
            assert!(source.contains(&format!("=> \"#{id}\",")), "{id} has no name");
        }
        let named = source.matches("=> \"#icon-").count();
        assert_eq!(named, drawn.len(), "a name without a drawing");
        assert_eq!(IconName::Today.href(), "#icon-today");
    }
}
