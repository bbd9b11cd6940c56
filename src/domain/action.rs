//! What can be done by keys and from the palette.

/// Something that a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A new task.
    Add,
    /// To the search.
    Search,
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
    /// To the filters and the order.
    Filter,
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
}
