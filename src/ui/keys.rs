//! What can be done by keys: one table, which the handler of keys, the palette, the help and the menus read alike.

mod handler;
mod help;
mod hint;
mod palette;

use leptos::prelude::*;

use super::{
    icon::{Icon, IconName},
    locale::use_texts,
};
use crate::{domain::text, texts::KeyTexts};

pub use self::handler::{KeyHandler, Keys, use_keys};
pub use crate::domain::action::{Action, Group};

/// A line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Shortcut {
    /// What is done.
    pub action: Action,
    /// By which keys; the first is the one that is shown. Two with a blank between them are pressed one after the other. `Mod` is Ctrl,
    /// and Cmd on a Mac; the others are called as `KeyboardEvent.key` calls them, by what they write and not by where they are.
    pub keys: &'static [&'static str],
    /// Where.
    pub group: Group,
}

const fn line(action: Action, keys: &'static [&'static str], group: Group) -> Shortcut {
    Shortcut { action, keys, group }
}

/// Every action with its keys.
#[rustfmt::skip]
pub static SHORTCUTS: [Shortcut; 43] = {
    use Action as A;
    use Group::{Everywhere, Go, List, Task};
    [
        line(A::Add, &["q"], Everywhere),
        line(A::Search, &["/"], Everywhere),
        line(A::Palette, &["Mod+k"], Everywhere),
        line(A::Help, &["?"], Everywhere),
        line(A::Undo, &["z", "Mod+z"], Everywhere),
        line(A::Save, &["Mod+Enter"], Everywhere),
        line(A::Back, &["Escape"], Everywhere),
        line(A::Today, &["g t"], Go),
        line(A::Upcoming, &["g u"], Go),
        line(A::All, &["g i"], Go),
        line(A::Board, &["g b"], Go),
        line(A::Trash, &["g d"], Go),
        line(A::Settings, &["g s"], Go),
        line(A::Next, &["j", "ArrowDown"], List),
        line(A::Previous, &["k", "ArrowUp"], List),
        line(A::ColumnBefore, &["h", "ArrowLeft"], List),
        line(A::ColumnAfter, &["l", "ArrowRight"], List),
        line(A::NextPage, &["n"], List),
        line(A::PreviousPage, &["p"], List),
        line(A::Filter, &["f"], List),
        line(A::SelectAll, &["X"], List),
        line(A::Open, &["Enter"], Task),
        line(A::Select, &["x"], Task),
        line(A::Done, &["e"], Task),
        line(A::Start, &["s"], Task),
        line(A::DueToday, &["t t"], Task),
        line(A::DueTomorrow, &["t m"], Task),
        line(A::DueWeek, &["t w"], Task),
        line(A::DueDay, &["t d"], Task),
        line(A::DueNone, &["t n"], Task),
        line(A::Urgent, &["1"], Task),
        line(A::High, &["2"], Task),
        line(A::Medium, &["3"], Task),
        line(A::Low, &["4"], Task),
        line(A::Up, &["Alt+ArrowUp"], Task),
        line(A::Down, &["Alt+ArrowDown"], Task),
        line(A::Top, &["Alt+Shift+ArrowUp"], Task),
        line(A::Bottom, &["Alt+Shift+ArrowDown"], Task),
        line(A::Left, &["Alt+ArrowLeft"], Task),
        line(A::Right, &["Alt+ArrowRight"], Task),
        line(A::Menu, &["m"], Task),
        line(A::Delete, &["#", "Delete"], Task),
        line(A::Restore, &["r"], Task),
    ]
};

impl Action {
    /// Its line in the table.
    pub fn shortcut(self) -> &'static Shortcut {
        // A test sees to it that each has its own place.
        &SHORTCUTS[self as usize]
    }

    /// Its keys, as a menu shows them.
    pub fn shown(self, texts: &KeyTexts) -> String {
        caps(self.shortcut().keys.first().copied().unwrap_or_default(), texts).join(" ")
    }
}

/// What the keys pressed so far mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// This is to be done.
    Act(Action),
    /// It depends on the next one.
    Begins(&'static str),
}

/// What a key means. `before`: the one that was pressed before it, if that was the beginning of something.
fn meaning(before: Option<&str>, key: &str) -> Option<Meaning> {
    let whole = before.map_or_else(|| key.to_owned(), |before| format!("{before} {key}"));
    let mut begins = None;
    for line in &SHORTCUTS {
        for keys in line.keys {
            if *keys == whole {
                return Some(Meaning::Act(line.action));
            }
            if let Some((first, _)) = keys.split_once(' ')
                && first == whole
            {
                begins = Some(Meaning::Begins(first));
            }
        }
    }
    begins
}

/// What can follow a key that is the beginning of something: the second key, and what it does.
fn followers(before: &str) -> Vec<(&'static str, Action)> {
    let second =
        |keys: &'static str| keys.split_once(' ').filter(|(first, _)| *first == before).map(|(_, second)| second);
    SHORTCUTS
        .iter()
        .flat_map(|line| line.keys.iter().filter_map(move |keys| Some((second(keys)?, line.action))))
        .collect()
}

/// What else is held down with a key.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    /// Ctrl, or Cmd.
    command: bool,
    alt: bool,
    shift: bool,
}

/// How the table calls a key, given what it writes (`KeyboardEvent.key`). Whether a sign needs Shift or Alt is the layout's: "?" is Shift and
/// ß in Germany, and "1" needs Shift in France. `None` for what no line of the table can be.
fn name(key: &str, held: Held) -> Option<String> {
    let mut signs = key.chars();
    let (Some(sign), None) = (signs.next(), signs.next()) else {
        let shift = if held.shift { "Shift+" } else { "" };
        let alt = if held.alt { "Alt+" } else { "" };
        let command = if held.command { "Mod+" } else { "" };
        return Some(format!("{command}{alt}{shift}{key}"));
    };
    if sign.is_alphabetic() {
        let lower = text::lower(key);
        return match held {
            Held { alt: true, .. } | Held { command: true, shift: true, .. } => None,
            Held { command: true, .. } => Some(format!("Mod+{lower}")),
            // Caps Lock writes capitals without Shift.
            Held { shift: false, .. } => Some(lower),
            Held { .. } => Some(key.to_owned()),
        };
    }
    // Windows says of AltGr that it is Ctrl and Alt.
    (held.command == held.alt || !held.command && !sign.is_numeric()).then(|| key.to_owned())
}

/// Whether a key writes something by itself, so that a person who speaks to the computer may press it by mistake (WCAG 2.1.4).
fn is_single(name: &str) -> bool {
    name.chars().count() == 1
}

/// A key as it is written on keyboards.
fn cap<'a>(key: &'a str, texts: &KeyTexts) -> &'a str {
    match key {
        "ArrowUp" => "↑",
        "ArrowDown" => "↓",
        "ArrowLeft" => "←",
        "ArrowRight" => "→",
        "Escape" => "Esc",
        "Enter" => texts.enter,
        "Delete" => texts.delete,
        "Mod" => texts.control,
        "Shift" => texts.shift,
        key => key,
    }
}

/// The keys of one way to do something: those pressed together, and those after one another.
fn caps(keys: &str, texts: &KeyTexts) -> Vec<String> {
    let together = |chord: &str| {
        // A capital is Shift and its letter.
        let capital = chord.len() == 1 && chord.starts_with(|sign: char| sign.is_ascii_uppercase());
        let chord = if capital { format!("Shift+{}", chord.to_ascii_lowercase()) } else { chord.to_owned() };
        chord.split('+').map(|key| cap(key, texts).to_owned()).collect::<Vec<_>>().join(" + ")
    };
    keys.split(' ').map(together).collect()
}

/// The keys of an action as a screen reader takes them (`aria-keyshortcuts`), which knows no keys one after the other.
pub fn aria_keys(actions: &[Action]) -> Option<String> {
    let keys = actions.iter().flat_map(|action| action.shortcut().keys).filter(|keys| !keys.contains(' '));
    let named = keys.map(|keys| match *keys {
        "X" => "Shift+X".to_owned(),
        keys => keys.replace("Mod", "Control"),
    });
    let text = named.collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

/// The keys of an action, to stand beside its name. The name says what it is; this is for those who see it.
#[component]
pub fn KeyCaps(
    /// The action.
    action: Action,
) -> impl IntoView {
    let keys = action.shortcut().keys.first().copied().unwrap_or_default();
    let caps = caps(keys, &use_texts().keys).into_iter().map(|cap| view! { <kbd>{cap}</kbd> }).collect_view();
    view! { <span class="keys" class:single=is_single(keys) || keys.contains(' ') aria-hidden="true">{caps}</span> }
        .into_any()
}

/// Opens the palette, for who has no keyboard at hand, and teaches the key to who has one. Without scripts it isn't there.
#[component]
pub fn PaletteButton() -> impl IntoView {
    let keys = use_keys();
    view! {
        <button
            type="button"
            class="entry palette-entry"
            aria-keyshortcuts=aria_keys(&[Action::Palette])
            on:click=move |_| keys.open_palette()
        >
            <Icon name=IconName::Keyboard />
            <span>{keys.texts.commands}</span>
            <KeyCaps action=Action::Palette />
        </button>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Language;

    const SHIFT: Held = Held { command: false, alt: false, shift: true };
    const ALT: Held = Held { command: false, alt: true, shift: false };
    const COMMAND: Held = Held { command: true, alt: false, shift: false };
    const ALT_GR: Held = Held { command: true, alt: true, shift: false };

    #[test]
    fn no_two_actions_have_the_same_keys_and_none_hides_another() {
        let keys: Vec<_> = SHORTCUTS.iter().flat_map(|line| line.keys).collect();
        for (place, one) in keys.iter().enumerate() {
            assert!(!keys[place + 1..].contains(one), "{one} is there twice");
            assert!(
                !keys.iter().any(|other| other.starts_with(&format!("{one} "))),
                "{one} never lets its followers come"
            );
        }
    }

    #[test]
    fn every_action_has_a_line_of_its_own_and_a_name_of_its_own_in_each_language() {
        for line in &SHORTCUTS {
            assert_eq!(line.action.shortcut().action, line.action, "the table is in the order of the actions");
        }
        assert_eq!(Action::Restore as usize + 1, SHORTCUTS.len());
        for language in Language::ALL {
            let mut names: Vec<_> = SHORTCUTS.iter().map(|line| (language.texts().keys.action)(line.action)).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), SHORTCUTS.len(), "{language:?}");
        }
    }

    #[test]
    fn the_page_for_people_has_every_key_as_it_is() {
        let page = include_str!("../../docs/keyboard.md");
        let texts = &Language::En.texts().keys;
        for group in Group::ALL {
            let part = page.split("\n### ").find(|part| part.starts_with((texts.group)(group))).unwrap_or_default();
            let written: Vec<_> = part.lines().filter(|line| line.ends_with("` |")).collect();
            let lines = SHORTCUTS.iter().filter(|line| line.group == group).map(|line| {
                let ways = line.keys.iter().map(|keys| {
                    caps(keys, texts).into_iter().map(|cap| format!("`{cap}`")).collect::<Vec<_>>().join(" ")
                });
                format!("| {} | {} |", (texts.action)(line.action), ways.collect::<Vec<_>>().join(" or "))
            });
            assert_eq!(written, lines.collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_key_does_what_the_table_says() {
        assert_eq!(meaning(None, "e"), Some(Meaning::Act(Action::Done)));
        assert_eq!(meaning(None, "g"), Some(Meaning::Begins("g")));
        assert_eq!(meaning(Some("g"), "t"), Some(Meaning::Act(Action::Today)));
        assert_eq!(meaning(Some("t"), "t"), Some(Meaning::Act(Action::DueToday)));
        assert_eq!(meaning(Some("g"), "x"), None);
        assert_eq!(meaning(None, "y"), None);
    }

    #[test]
    fn a_key_is_what_it_writes_whatever_the_layout_needs_for_it() {
        let plain = Held::default();
        assert_eq!(name("?", SHIFT).as_deref(), Some("?"));
        assert_eq!(name("/", SHIFT).as_deref(), Some("/"), "Germany");
        assert_eq!(name("1", SHIFT).as_deref(), Some("1"), "France");
        assert_eq!(name("#", ALT).as_deref(), Some("#"), "a British Mac");
        assert_eq!(name("#", ALT_GR).as_deref(), Some("#"), "Italy");
        assert_eq!(name("E", plain).as_deref(), Some("e"), "Caps Lock");
        assert_eq!(name("X", SHIFT).as_deref(), Some("X"));
        assert_eq!(name("ArrowUp", ALT).as_deref(), Some("Alt+ArrowUp"));
        assert_eq!(name("K", COMMAND).as_deref(), Some("Mod+k"), "Caps Lock");
    }

    #[test]
    fn what_the_browser_or_a_layout_does_with_a_key_stays_theirs() {
        assert_eq!(name("e", ALT), None);
        assert_eq!(name("1", COMMAND), None, "to another tab");
        assert_eq!(name("1", ALT), None);
        assert_eq!(name("/", COMMAND), None);
        assert_eq!(name("€", ALT_GR).as_deref(), Some("€"));
        let both = Held { shift: true, ..COMMAND };
        assert_eq!(name("k", both), None);
        assert_eq!(name("e", COMMAND).and_then(|name| meaning(None, &name)), None);
        assert_eq!(name("Delete", COMMAND).and_then(|name| meaning(None, &name)), None);
    }

    #[test]
    fn a_second_key_is_named_by_the_first() {
        let keys: Vec<_> = followers("g").into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["t", "u", "i", "b", "d", "s"]);
        assert!(followers("e").is_empty());
    }

    #[test]
    fn screen_readers_hear_keys_pressed_together_only() {
        assert_eq!(aria_keys(&[Action::Delete]).as_deref(), Some("# Delete"));
        assert_eq!(aria_keys(&[Action::Palette]).as_deref(), Some("Control+k"));
        assert_eq!(aria_keys(&[Action::DueToday]), None);
    }
}
