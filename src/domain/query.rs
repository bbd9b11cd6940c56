//! What a page of tasks shows. The URL is the state: a view is read from a URL and written as one, by the server and the browser
//! alike, so it can be shared, kept as a bookmark and gone back to.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::{
    calendar::{Day, Moment, WallTime},
    id::ChangeId,
    task::{Priority, Task, TaskStatus},
    text,
};

/// A page of tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// `/tasks`: all that the filters let through.
    Tasks(TaskQuery),
    /// `/today`: overdue, and due today.
    Today(Option<Cursor>),
    /// `/upcoming`: due in the next month, by day.
    Upcoming(Option<Cursor>),
    /// `/board`: by status.
    Board,
    /// `/trash`: what was deleted, the last first.
    Trash(Option<Cursor>),
}

/// How many days `/upcoming` looks ahead.
pub const AHEAD: i64 = 31;

/// How many tasks a page shows that has no size of its own in the URL, and a column of the board.
pub const PAGE: u16 = 50;

/// What sizes a page may have.
pub const SIZES: [u16; 5] = [25, 50, 100, 200, 1_000];

impl View {
    /// Reads a URL; `query` may begin with a question mark. `None` for a page that shows no tasks. What makes no sense in the query
    /// is as if it weren't there.
    pub fn parse(path: &str, query: &str) -> Option<Self> {
        let pairs: Vec<_> = form_urlencoded::parse(query.trim_start_matches('?').as_bytes()).collect();
        let value = |name: &str| pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_ref());
        let cursor = || {
            let after = Some(value("after")).filter(|text| !text.is_empty()).map(|text| Cursor::After(text.to_owned()));
            after.or_else(|| {
                Some(value("before")).filter(|text| !text.is_empty()).map(|text| Cursor::Before(text.to_owned()))
            })
        };
        Some(match path {
            "/today" => Self::Today(cursor()),
            "/upcoming" => Self::Upcoming(cursor()),
            "/trash" => Self::Trash(cursor()),
            "/board" => Self::Board,
            "/tasks" => Self::Tasks(TaskQuery {
                status: match value("status") {
                    "open" => StatusFilter::Open,
                    status => TaskStatus::parse(status).map_or(StatusFilter::All, StatusFilter::Only),
                },
                priority: Priority::parse(value("priority")).ok(),
                due_from: Day::parse(value("due_from")).ok(),
                due_to: Day::parse(value("due_to")).ok(),
                overdue: !value("overdue").is_empty(),
                archived: value("archived") == "true",
                text: searched(value("q")),
                sort: Sort::parse(value("sort")),
                size: value("limit").parse().ok().filter(|size| SIZES.contains(size)).unwrap_or(PAGE),
                cursor: cursor(),
            }),
            _ => return None,
        })
    }

    /// The path of the page.
    pub fn page(&self) -> &'static str {
        match self {
            Self::Tasks(_) => "/tasks",
            Self::Today(_) => "/today",
            Self::Upcoming(_) => "/upcoming",
            Self::Board => "/board",
            Self::Trash(_) => "/trash",
        }
    }

    /// The URL, in its shortest form.
    pub fn url(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let mut add = |name: &str, value: &str| {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        };
        if let Self::Tasks(tasks) = self {
            match tasks.status {
                StatusFilter::All => {}
                StatusFilter::Open => add("status", "open"),
                StatusFilter::Only(status) => add("status", status.as_str()),
            }
            add("priority", tasks.priority.map_or("", Priority::as_str));
            add("due_from", &tasks.due_from.map(|day| day.to_string()).unwrap_or_default());
            add("due_to", &tasks.due_to.map(|day| day.to_string()).unwrap_or_default());
            add("overdue", if tasks.overdue { "1" } else { "" });
            add("archived", if tasks.archived { "true" } else { "" });
            add("q", &tasks.text);
            add("sort", &tasks.sort.map(Sort::text).unwrap_or_default());
            if tasks.size != PAGE {
                add("limit", &tasks.size.to_string());
            }
        }
        match self.cursor() {
            Some(Cursor::After(cursor)) => add("after", cursor),
            Some(Cursor::Before(cursor)) => add("before", cursor),
            None => {}
        }
        let query = query.finish();
        if query.is_empty() { self.page().to_owned() } else { format!("{}?{query}", self.page()) }
    }

    fn cursor(&self) -> Option<&Cursor> {
        match self {
            Self::Tasks(query) => query.cursor.as_ref(),
            Self::Today(cursor) | Self::Upcoming(cursor) | Self::Trash(cursor) => cursor.as_ref(),
            Self::Board => None,
        }
    }

    /// The same view from another place.
    #[must_use]
    pub fn at(&self, cursor: Option<Cursor>) -> Self {
        match self {
            Self::Tasks(query) => Self::Tasks(TaskQuery { cursor, ..query.clone() }),
            Self::Today(_) => Self::Today(cursor),
            Self::Upcoming(_) => Self::Upcoming(cursor),
            Self::Board => Self::Board,
            Self::Trash(_) => Self::Trash(cursor),
        }
    }

    /// The tasks that the page is about, at this moment. The trash, and each column of the board, have queries of their own.
    pub fn query(&self, now: Moment) -> TaskQuery {
        let open = TaskQuery { status: StatusFilter::Open, ..TaskQuery::default() };
        let due = Some(Sort { key: SortKey::Due, descending: false });
        match self {
            Self::Tasks(query) => query.clone(),
            Self::Today(cursor) => TaskQuery { due_to: Some(now.day), sort: due, cursor: cursor.clone(), ..open },
            Self::Upcoming(cursor) => TaskQuery {
                due_from: Some(now.day.plus(1)),
                due_to: Some(now.day.plus(AHEAD)),
                sort: due,
                cursor: cursor.clone(),
                ..open
            },
            Self::Board | Self::Trash(_) => TaskQuery::default(),
        }
    }
}

/// The most characters of a search that count.
pub const TEXT_LIMIT: usize = 200;

/// What is looked for, as the URL of the page has it.
fn searched(text: &str) -> String {
    let text: String = text.replace('\0', "").trim().chars().take(TEXT_LIMIT).collect();
    // Cut after a blank, it would be another one the next time.
    text.trim_end().to_owned()
}

/// Which tasks, in what order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskQuery {
    /// Where they stand.
    pub status: StatusFilter,
    /// How much they matter.
    pub priority: Option<Priority>,
    /// Due on this day or later.
    pub due_from: Option<Day>,
    /// Due on this day or earlier.
    pub due_to: Option<Day>,
    /// Only what is overdue.
    pub overdue: bool,
    /// Also what is archived.
    pub archived: bool,
    /// Words to be found in title and description; the last one may be the beginning of a word.
    pub text: String,
    /// The order; without one, the best matches of a search first, else the manual order.
    pub sort: Option<Sort>,
    /// How many at once.
    pub size: u16,
    /// Where the page begins or ends.
    pub cursor: Option<Cursor>,
}

impl Default for TaskQuery {
    fn default() -> Self {
        Self {
            status: StatusFilter::All,
            priority: None,
            due_from: None,
            due_to: None,
            overdue: false,
            archived: false,
            text: String::new(),
            sort: None,
            size: PAGE,
            cursor: None,
        }
    }
}

/// Where tasks stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFilter {
    /// All; open before completed.
    All,
    /// Those that aren't completed.
    Open,
    /// One status.
    Only(TaskStatus),
}

impl StatusFilter {
    /// As URLs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Open => "open",
            Self::Only(status) => status.as_str(),
        }
    }
}

/// An order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub key: SortKey,
    /// Whether the greatest comes first.
    pub descending: bool,
}

impl Sort {
    /// The inverse of [`Sort::text`]; `None` for what is no order.
    pub fn parse(text: &str) -> Option<Self> {
        let (descending, key) = text.strip_prefix('-').map_or((false, text), |key| (true, key));
        let key = SortKey::ALL.into_iter().find(|sort| sort.as_str() == key)?;
        Some(Self { key, descending })
    }

    /// As URLs write it: with `-` for the greatest first.
    pub fn text(self) -> String {
        format!("{}{}", if self.descending { "-" } else { "" }, self.key.as_str())
    }
}

/// By what tasks are ordered. Equal ones are ordered by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// As their owner put them.
    Position,
    /// When they were made.
    Created,
    /// Until when they are to be done; those without a date last.
    Due,
    /// How much they matter.
    Priority,
    /// By the alphabet.
    Title,
    /// When they last changed.
    Updated,
    /// How well they match a search: the best first, whatever the direction.
    Relevance,
}

impl SortKey {
    /// All.
    pub const ALL: [Self; 7] =
        [Self::Position, Self::Created, Self::Due, Self::Priority, Self::Title, Self::Updated, Self::Relevance];

    /// As URLs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Position => "position",
            Self::Created => "created_at",
            Self::Due => "due_date",
            Self::Priority => "priority",
            Self::Title => "title",
            Self::Updated => "updated_at",
            Self::Relevance => "relevance",
        }
    }
}

/// Where a page begins or ends: what the server wrote when it made the neighbouring page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cursor {
    /// Behind this place.
    After(String),
    /// Before it.
    Before(String),
}

impl TaskQuery {
    /// The most matches of a search that are ranked: beyond that nobody reads, and each costs time.
    pub const RANKED: u32 = 5_000;

    /// The order in force.
    pub fn order(&self) -> Sort {
        let default = if self.text.is_empty() { SortKey::Position } else { SortKey::Relevance };
        let sort = self.sort.unwrap_or(Sort { key: default, descending: false });
        match sort.key {
            SortKey::Relevance if self.text.is_empty() => Sort { key: SortKey::Position, descending: false },
            SortKey::Relevance => Sort { key: SortKey::Relevance, descending: false },
            _ => sort,
        }
    }

    /// Whether tasks can be moved by hand where this order is shown.
    pub fn is_manual(&self) -> bool {
        self.order() == Sort { key: SortKey::Position, descending: false }
    }

    /// Whether it shows less than everything.
    pub fn is_filtered(&self) -> bool {
        let Self { status, priority, due_from, due_to, overdue, text, .. } = self;
        *status != StatusFilter::All
            || priority.is_some()
            || due_from.is_some()
            || due_to.is_some()
            || *overdue
            || !text.is_empty()
    }

    /// Whether it looks for something that an archived task could be, and leaves those out.
    pub fn spares_archive(&self) -> bool {
        let completed = matches!(self.status, StatusFilter::All | StatusFilter::Only(TaskStatus::Completed));
        !self.archived && !self.overdue && completed && self.is_filtered()
    }

    /// The same, with what is archived, from its first page on.
    #[must_use]
    pub fn with_archive(&self) -> Self {
        Self { archived: true, cursor: None, ..self.clone() }
    }

    /// Whether it shows this task, as far as that can be said without the index of words.
    pub fn matches(&self, task: &Task, now: Moment) -> bool {
        let status = match self.status {
            StatusFilter::All => true,
            StatusFilter::Open => !task.completed(),
            StatusFilter::Only(status) => task.status == status,
        };
        let due = |fits: &dyn Fn(Day) -> bool| task.due.is_some_and(|due| fits(due.day));
        task.trashed.is_none()
            && (self.archived || task.archived.is_none())
            && status
            && self.priority.is_none_or(|priority| task.priority == priority)
            && self.due_from.is_none_or(|from| due(&|day| day >= from))
            && self.due_to.is_none_or(|to| due(&|day| day <= to))
            && (!self.overdue || task.is_late(now))
    }

    /// Which of two tasks stands higher.
    pub fn compare(&self, one: &Task, other: &Task) -> Ordering {
        let Sort { key, descending } = self.order();
        let by_key = match key {
            // Relevance is the server's to know.
            SortKey::Position | SortKey::Relevance => one.position.cmp(&other.position),
            SortKey::Created => Ordering::Equal,
            SortKey::Due => due_key(one).cmp(&due_key(other)),
            SortKey::Priority => one.priority.cmp(&other.priority),
            SortKey::Title => text::lower(one.title.as_str()).cmp(&text::lower(other.title.as_str())),
            SortKey::Updated => one.updated.cmp(&other.updated),
        };
        let order = by_key.then(one.id.cmp(&other.id));
        let kind = |task: &Task| (task.completed(), task.archived.is_some());
        kind(one).cmp(&kind(other)).then(if descending { order.reverse() } else { order })
    }
}

/// No due date comes after all.
fn due_key(task: &Task) -> (bool, Option<(Day, bool, Option<WallTime>)>) {
    (task.due.is_none(), task.due.map(super::calendar::Due::key))
}

/// How many there are; counted up to [`Total::LIMIT`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Total(pub u32);

impl Total {
    /// From here on nobody counts on.
    pub const LIMIT: u32 = 10_000;

    /// One more, or less; beyond the limit it stays what it is.
    #[must_use]
    pub fn plus(self, change: i32) -> Self {
        if self.0 > Self::LIMIT { self } else { Self(self.0.saturating_add_signed(change)) }
    }
}

/// Tasks of a view, as the server answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskPage {
    /// The tasks, in their order.
    pub tasks: Vec<Task>,
    /// How many the view has on all its pages.
    pub total: Total,
    /// How many of them are open.
    pub open: Total,
    /// On the board, how many each column has.
    pub columns: [Total; 3],
    /// Where the page before this one ends, if there is one.
    pub previous: Option<Cursor>,
    /// Where the page after this one begins, if there is one.
    pub next: Option<Cursor>,
    /// The owner's calendar and clock at the time of the answer.
    pub now: Moment,
    /// What a search found in which task.
    pub found: Vec<Found>,
    /// What was just done, for who has no scripts.
    pub done: Option<Done>,
    /// Whether it leaves out archived tasks, of which there are some, though one might be what somebody looks for.
    pub spared: bool,
}

impl TaskPage {
    /// Nothing yet.
    pub fn empty(now: Moment) -> Self {
        Self {
            tasks: Vec::new(),
            total: Total(0),
            open: Total(0),
            columns: [Total(0); 3],
            previous: None,
            next: None,
            now,
            found: Vec::new(),
            done: None,
            spared: false,
        }
    }
}

/// A change that was just made, and can be taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The change.
    pub change: ChangeId,
    /// What was done, such as `complete`.
    pub action: String,
    /// To how many tasks.
    pub count: usize,
    /// The title of one of them.
    pub title: String,
}

/// What a search found in a task: texts in pieces, the second, fourth and so on being what was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The title.
    pub title: Vec<String>,
    /// Where something was found in the description.
    pub description: Vec<String>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn query(text: &str) -> TaskQuery {
        match View::parse("/tasks", text) {
            Some(View::Tasks(query)) => query,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_url_says_all_of_what_is_shown() {
        let url = "/tasks?status=open&priority=high&due_from=2026-11-01&due_to=2026-11-30&overdue=1&archived=true&q=tea+%26+milk&sort=-due_date&limit=100&after=x";
        let (path, text) = url.split_once('?').unwrap();
        assert_eq!(View::parse(path, text).unwrap().url(), url);
        assert_eq!(View::parse("/tasks", "").unwrap().url(), "/tasks");
        assert_eq!(View::parse("/today", "?before=y").unwrap().url(), "/today?before=y");
    }

    #[test]
    fn nonsense_in_a_url_is_as_if_it_were_not_there() {
        let text = "?status=maybe&priority=9&due_from=soon&due_to=2026-02-30&sort=colour&limit=1000000000&archived=perhaps&x=y";
        assert_eq!(query(text), TaskQuery::default());
        assert_eq!(View::parse("/elsewhere", ""), None);
        // What is looked for is the same the next time, wherever a blank was left over.
        let long = format!("q={}+b", "a".repeat(TEXT_LIMIT - 1));
        assert_eq!((query("q=%00+a").text, query(&long).text), ("a".to_owned(), "a".repeat(TEXT_LIMIT - 1)));
    }

    #[test]
    fn a_search_shows_the_best_first_unless_told_otherwise() {
        assert_eq!(query("q=tea").order().key, SortKey::Relevance);
        assert_eq!(query("q=tea&sort=title").order().key, SortKey::Title);
        assert_eq!(query("sort=relevance").order().key, SortKey::Position);
        assert!(query("").is_manual() && !query("sort=-position").is_manual());
    }

    proptest! {
        #[test]
        fn a_view_survives_its_url(text in "\\PC{0,60}", sort in 0usize..7, descending: bool, size in 0usize..4, after in "[a-z0-9]{0,9}") {
            let view = View::Tasks(TaskQuery {
                text: text.trim().to_owned(),
                sort: Some(Sort { key: SortKey::ALL[sort], descending }),
                size: SIZES[size],
                cursor: (!after.is_empty()).then_some(Cursor::After(after)),
                ..TaskQuery::default()
            });
            let url = view.url();
            let (path, query) = url.split_once('?').unwrap_or((&url, ""));
            prop_assert_eq!(View::parse(path, query), Some(view));
        }

        #[test]
        fn no_url_makes_it_panic(path in "/(tasks|today|board|trash)", query in ".{0,200}") {
            let view = View::parse(&path, &query).unwrap();
            let url = view.url();
            let (path, query) = url.split_once('?').unwrap_or((&url, ""));
            prop_assert_eq!(View::parse(path, query), Some(view));
        }
    }
}
