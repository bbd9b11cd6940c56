//! What can be done by keys: one table, which the handler of keys, the palette, the help and the menus read alike.

mod handler;
mod help;
mod hint;
mod palette;

use leptos::prelude::*;

pub use self::handler::{KeyHandler, Keys, use_keys};

/// Something that a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A new task.
    Add,
    /// To the search.
    Search,
    /// To the filters and the order.
    Filter,
    /// The list of everything that can be done.
    Palette,
    /// The list of the keys.
    Help,
    /// Takes the last change back.
    Undo,
    /// Sends the form that the cursor is in.
    Save,
    /// Closes what is open, or leaves it.
    Back,
    /// To the page of today.
    Today,
    /// To the next month.
    Upcoming,
    /// To all tasks.
    All,
    /// To the board.
    Board,
    /// To the trash.
    Trash,
    /// To the settings.
    Settings,
    /// One task further.
    Next,
    /// One task back.
    Previous,
    /// To the column to the left.
    ColumnBefore,
    /// To the column to the right.
    ColumnAfter,
    /// To the next page of the list.
    NextPage,
    /// To the page before.
    PreviousPage,
    /// Selects all tasks of the page, or none.
    SelectAll,
    /// Opens a task.
    Open,
    /// Selects a task, or no longer.
    Select,
    /// Completes, or reopens.
    Done,
    /// Starts, or puts back.
    Start,
    /// Due today.
    DueToday,
    /// Due tomorrow.
    DueTomorrow,
    /// Due in a week.
    DueWeek,
    /// Due on a day that is to be chosen.
    DueDay,
    /// Not due.
    DueNone,
    /// The highest priority.
    Urgent,
    /// The second.
    High,
    /// The third, which is that of most tasks.
    Medium,
    /// The lowest.
    Low,
    /// One place up.
    Up,
    /// One place down.
    Down,
    /// Above all others.
    Top,
    /// Below all others.
    Bottom,
    /// To the column to the left.
    Left,
    /// To the column to the right.
    Right,
    /// Opens the menu of a task.
    Menu,
    /// Into the trash.
    Delete,
    /// Out of the trash.
    Restore,
}

/// Where an action is possible, and under what heading the help has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// On every page.
    Everywhere,
    /// To another page.
    Go,
    /// Where there is a list.
    List,
    /// On the task that has the focus, on the selected ones, or on the one that is open.
    Task,
}

impl Group {
    /// All, in the order of the help.
    pub const ALL: [Self; 4] = [Self::Everywhere, Self::Go, Self::List, Self::Task];

    /// Its heading.
    pub fn label(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::Go => "Go to",
            Self::List => "In a list",
            Self::Task => "With a task, or the selected ones",
        }
    }
}

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
    /// What it is called.
    pub label: &'static str,
}

const fn line(action: Action, keys: &'static [&'static str], group: Group, label: &'static str) -> Shortcut {
    Shortcut { action, keys, group, label }
}

/// Every action with its keys.
#[rustfmt::skip]
pub const SHORTCUTS: [Shortcut; 43] = {
    use self::Action as A;
    use Group::{Everywhere, Go, List, Task};
    [
        line(A::Add, &["q"], Everywhere, "Add a task"),
        line(A::Search, &["/"], Everywhere, "Search"),
        line(A::Palette, &["Mod+k"], Everywhere, "Everything that can be done"),
        line(A::Help, &["?"], Everywhere, "All keys"),
        line(A::Undo, &["z", "Mod+z"], Everywhere, "Undo the last change"),
        line(A::Save, &["Mod+Enter"], Everywhere, "Send the form"),
        line(A::Back, &["Escape"], Everywhere, "Close, or go back"),
        line(A::Today, &["g t"], Go, "Today"),
        line(A::Upcoming, &["g u"], Go, "Upcoming"),
        line(A::All, &["g i"], Go, "All tasks"),
        line(A::Board, &["g b"], Go, "Board"),
        line(A::Trash, &["g d"], Go, "Trash"),
        line(A::Settings, &["g s"], Go, "Settings"),
        line(A::Next, &["j", "ArrowDown"], List, "Next task"),
        line(A::Previous, &["k", "ArrowUp"], List, "Previous task"),
        line(A::ColumnBefore, &["h", "ArrowLeft"], List, "Column to the left"),
        line(A::ColumnAfter, &["l", "ArrowRight"], List, "Column to the right"),
        line(A::NextPage, &["n"], List, "Next page"),
        line(A::PreviousPage, &["p"], List, "Previous page"),
        line(A::Filter, &["f"], List, "Filter and sort"),
        line(A::SelectAll, &["X"], List, "Select all, or none"),
        line(A::Open, &["Enter"], Task, "Open"),
        line(A::Select, &["x"], Task, "Select"),
        line(A::Done, &["e"], Task, "Complete, or reopen"),
        line(A::Start, &["s"], Task, "Start, or put back"),
        line(A::DueToday, &["t t"], Task, "Due today"),
        line(A::DueTomorrow, &["t m"], Task, "Due tomorrow"),
        line(A::DueWeek, &["t w"], Task, "Due in a week"),
        line(A::DueDay, &["t d"], Task, "Due on a day to choose"),
        line(A::DueNone, &["t n"], Task, "No due date"),
        line(A::Urgent, &["1"], Task, "Urgent"),
        line(A::High, &["2"], Task, "High priority"),
        line(A::Medium, &["3"], Task, "Medium priority"),
        line(A::Low, &["4"], Task, "Low priority"),
        line(A::Up, &["Alt+ArrowUp"], Task, "Move up"),
        line(A::Down, &["Alt+ArrowDown"], Task, "Move down"),
        line(A::Top, &["Alt+Shift+ArrowUp"], Task, "Move to the top"),
        line(A::Bottom, &["Alt+Shift+ArrowDown"], Task, "Move to the bottom"),
        line(A::Left, &["Alt+ArrowLeft"], Task, "Move to the column to the left"),
        line(A::Right, &["Alt+ArrowRight"], Task, "Move to the column to the right"),
        line(A::Menu, &["m"], Task, "Menu of the task"),
        line(A::Delete, &["#", "Delete"], Task, "Delete"),
        line(A::Restore, &["r"], Task, "Restore from the trash"),
    ]
};

impl Action {
    /// Its line in the table.
    pub fn shortcut(self) -> &'static Shortcut {
        static TABLE: [Shortcut; 43] = SHORTCUTS;
        TABLE.iter().find(|line| line.action == self).unwrap_or(&TABLE[0])
    }

    /// What it is called.
    pub fn label(self) -> &'static str {
        self.shortcut().label
    }

    /// Its keys, as a menu shows them.
    pub fn shown(self) -> String {
        caps(self.shortcut().keys.first().copied().unwrap_or_default()).join(" ")
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
        let lower = sign.to_lowercase();
        return match held {
            Held { alt: true, .. } | Held { command: true, shift: true, .. } => None,
            Held { command: true, .. } => Some(format!("Mod+{lower}")),
            // Caps Lock writes capitals without Shift.
            Held { shift: false, .. } => Some(lower.to_string()),
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
fn cap(key: &str) -> &str {
    match key {
        "ArrowUp" => "↑",
        "ArrowDown" => "↓",
        "ArrowLeft" => "←",
        "ArrowRight" => "→",
        "Escape" => "Esc",
        "Delete" => "Del",
        "Mod" => "Ctrl",
        key => key,
    }
}

/// The keys of one way to do something: those pressed together, and those after one another.
fn caps(keys: &str) -> Vec<String> {
    let together = |chord: &str| {
        let chord = match chord {
            // A capital is Shift and its letter.
            chord if chord.len() == 1 && chord.starts_with(|sign: char| sign.is_ascii_uppercase()) => {
                format!("Shift+{}", chord.to_lowercase())
            }
            chord => chord.to_owned(),
        };
        chord.split('+').map(|key| cap(key).to_owned()).collect::<Vec<_>>().join(" + ")
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
    let caps = caps(keys).into_iter().map(|cap| view! { <kbd>{cap}</kbd> }).collect_view();
    view! { <span class="keys" class:single=is_single(keys) || keys.contains(' ') aria-hidden="true">{caps}</span> }
        .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn every_action_has_a_line_of_its_own() {
        for (place, line) in SHORTCUTS.iter().enumerate() {
            assert_eq!(line.action.shortcut().label, line.label, "{:?} is there twice", line.action);
            assert!(
                SHORTCUTS[place + 1..].iter().all(|other| other.label != line.label),
                "{} is there twice",
                line.label
            );
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
