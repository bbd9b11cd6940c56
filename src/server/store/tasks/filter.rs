//! Which tasks are wanted, as SQL: what pages and lists of tasks have in common.

use sqlx::{Postgres, QueryBuilder};

use crate::{
    domain::{
        calendar::{Day, WallTime},
        query::{SortKey, Total},
        task::{Priority, TaskStatus},
    },
    server::{clock::Local, database::Actor},
};

/// What [`super::Row`] is read from.
pub(super) const COLUMNS: &str = "id, title, description, status, priority, due_date, due_time, position, version, updated_at, \
     deleted_at, archived_at";

/// Up to so many of a filter are all read and sorted, if their order doesn't lead to them: to look for them in an index of the order
/// could mean to go through all of a person's tasks. `docs/database.md` has the figures.
pub(super) const SORTED: u32 = 7_000;

/// The same of a search, whose matches come with what they are sorted by: as many as pages count.
pub(super) const FOUND: u32 = Total::LIMIT;

/// What is wanted, on its way to SQL; which [`Part`] of it is said with each statement.
#[derive(Clone, Copy)]
pub(super) struct Filter<'a> {
    pub actor: Actor,
    pub local: &'a Local,
    pub priority: Option<Priority>,
    pub due_from: Option<Day>,
    pub due_to: Option<Day>,
    /// Only what is overdue, or only what isn't.
    pub overdue: Option<bool>,
    /// Words to be found, or signs; all tasks if it is empty.
    pub text: &'a str,
}

/// A part of a person's live tasks. Open, completed and archived ones are ranges of the indexes of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub completed: Option<bool>,
    pub archived: Option<bool>,
    /// Said beside the others, only where they don't say it.
    pub status: Option<TaskStatus>,
}

impl Filter<'_> {
    /// `where …`, of one part; what a search looks for is looked for in each row on the way.
    pub fn push(&self, sql: &mut QueryBuilder<'_, Postgres>, part: Part) {
        sql.push(" where deleted_at is null and user_id = ").push_bind(self.actor.user.0);
        // As the indexes have it: a status is open or completed first.
        for (name, wanted) in [("completed", part.completed), ("archived", part.archived)] {
            if let Some(wanted) = wanted {
                sql.push(if wanted { " and " } else { " and not " }).push(name);
            }
        }
        if let Some(status) = part.status {
            sql.push(" and status_rank = ").push_bind(status as i16);
        }
        if let Some(priority) = self.priority {
            sql.push(" and priority_rank = ").push_bind(priority as i16);
        }
        if let Some(from) = self.due_from {
            // A timestamp: to compare one with a date is a function that row-level security doesn't trust.
            sql.push(" and due_order < 'infinity' and due_order >= ").push_bind(from.date()).push("::timestamp");
        }
        if let Some(to) = self.due_to {
            sql.push(" and due_order < ").push_bind(to.date()).push("::date + interval '1 day'");
        }
        if self.overdue == Some(true) {
            sql.push(" and not completed and due_order < ").push_bind(self.local.wall_clock());
        }
        if self.overdue == Some(false) && part.completed != Some(true) {
            sql.push(if part.completed.is_none() { " and (completed or due_order >= " } else { " and (due_order >= " });
            sql.push_bind(self.local.wall_clock()).push(")");
        }
        if self.text.is_empty() {
            return;
        }
        sql.push(" and search @@ ");
        self.push_query(sql);
        if let Some(signs) = self.signs() {
            sql.push(" and strpos(lower(concat(title, ' ', description)), lower(").push_bind(signs).push(")) > 0");
        }
    }

    /// Writes what a search finds in one part, up to `most`, as a table: `id` and, by its name in `tasks`, what it is to be sorted by. The
    /// index of words can't be used behind row-level security, so it is a function of the database that looks itself whose tasks they are.
    pub fn push_found(
        &self,
        sql: &mut QueryBuilder<'_, Postgres>,
        part: Part,
        key: Option<SortKey>,
        most: Option<u32>,
    ) {
        sql.push("found_tasks(");
        self.push_query(sql);
        sql.push(", ").push_bind(self.signs());
        sql.push(", ").push_bind(part.completed);
        sql.push(", ").push_bind(part.archived);
        sql.push(", ").push_bind(part.status.map(|status| status as i16));
        sql.push(", ").push_bind(self.priority.map(|priority| priority as i16));
        sql.push(", ").push_bind(self.due_from.map(Day::date));
        sql.push(", ").push_bind(self.due_to.map(Day::date));
        sql.push(", ").push_bind(self.overdue);
        sql.push(", ").push_bind(self.overdue.map(|_| self.local.wall_clock()));
        sql.push(", ").push_bind(key.map(SortKey::as_str));
        sql.push(", ").push_bind(most.map(i64::from)).push(")");
    }

    /// Writes the `tsquery` of what is searched for.
    fn push_query(&self, sql: &mut QueryBuilder<'_, Postgres>) {
        if let Some(words) = self.words() {
            self.push_owned(sql, &words);
        } else {
            sql.push("owned_words(").push_bind(self.actor.user.0).push(", ");
            sql.push_bind(signs(self.text)).push(")::tsquery");
        }
    }

    /// Signs and emoji are no words, but can be searched for: the index has each, and in a text they stand together.
    fn signs(&self) -> Option<String> {
        self.words().is_none().then(|| self.text.to_owned())
    }

    /// The words that are searched for, if there are any.
    pub fn words(&self) -> Option<Words> {
        Words::of(self.text)
    }

    /// Writes a `tsquery` as `search` has words: each with its owner.
    pub fn push_owned(&self, sql: &mut QueryBuilder<'_, Postgres>, words: &Words) {
        sql.push("owned_words(").push_bind(self.actor.user.0).push(", (");
        words.push(sql);
        sql.push(")::text)::tsquery");
    }

    /// Whether what it lets through of open tasks in this status can be anywhere in this order.
    pub fn is_scattered(&self, status: Option<TaskStatus>, key: SortKey) -> bool {
        let open = matches!(status, Some(TaskStatus::Pending | TaskStatus::InProgress));
        let due = self.due_from.is_some() || self.due_to.is_some() || self.overdue.is_some();
        !self.text.is_empty()
            || open && key != SortKey::Position
            || self.priority.is_some() && key != SortKey::Priority
            || due && key != SortKey::Due
    }
}

/// What an order compares, and its type.
pub(super) fn compared(key: SortKey) -> (&'static str, &'static str) {
    match key {
        SortKey::Position => ("position", "text"),
        SortKey::Created => ("id", ""),
        SortKey::Due => ("due_order", "timestamp"),
        SortKey::Priority => ("priority_rank", "smallint"),
        SortKey::Title => ("title collate \"und-x-icu\"", "text"),
        SortKey::Updated => ("updated_at", "timestamptz"),
        SortKey::Relevance => ("rank", "real"),
    }
}

/// Whether PostgreSQL can read a text as what an order compares.
pub(super) fn is_compared(key: SortKey, text: &str) -> bool {
    match key {
        SortKey::Priority => text.parse::<u8>().is_ok_and(|rank| rank <= Priority::Urgent as u8),
        // PostgreSQL refuses what is too small for a real.
        SortKey::Relevance => text.parse::<f32>().is_ok_and(|rank| rank.is_normal() || text == "0"),
        SortKey::Due => text == "infinity" || is_time(text),
        SortKey::Updated => is_time(text),
        SortKey::Position | SortKey::Created | SortKey::Title => !text.contains('\0'),
    }
}

/// Whether this is a time as PostgreSQL writes it: `2026-11-21 10:30:00`, with a fraction and an offset or without.
pub(super) fn is_time(text: &str) -> bool {
    let Some((day, time)) = text.split_once(' ') else { return false };
    let (time, offset) = time.split_at(time.find(['+', '-']).unwrap_or(time.len()));
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let offset = match offset.get(1..) {
        None => true,
        Some(hours) if hours.len() == 2 => {
            WallTime::parse(&format!("{hours}:00")).is_ok_and(|at| at.time().hour() < 16)
        }
        Some(offset) => WallTime::parse(offset).is_ok_and(|at| at.time().hour() < 16),
    };
    let digits = (1..=6).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit());
    Day::parse(day).is_ok() && time.len() == 8 && WallTime::parse(time).is_ok() && digits && offset
}

/// A `tsquery`, as text, of every sign of a text without words.
fn signs(text: &str) -> String {
    let quoted = |sign: char| match sign {
        '\'' | '\\' => format!("'{sign}{sign}'"),
        sign => format!("'{sign}'"),
    };
    text.chars().filter(|sign| !sign.is_whitespace()).map(quoted).collect::<Vec<_>>().join(" & ")
}

/// The words that somebody searches for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Words(Vec<Word>);

#[derive(Debug, PartialEq, Eq)]
struct Word {
    text: String,
    /// It may be the beginning of one: somebody is still typing it.
    prefix: bool,
}

impl Words {
    /// The words of a text; `None` if it has none.
    fn of(text: &str) -> Option<Self> {
        let words: Vec<_> = text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).collect();
        let last = words.len().checked_sub(1)?;
        let is_prefix = |index: usize, word: &str| index == last && (word.chars().count() > 1 || !word.is_ascii());
        let word = |(index, word): (usize, &&str)| Word { text: (*word).to_owned(), prefix: is_prefix(index, word) };
        Some(Self(words.iter().enumerate().map(word).collect()))
    }

    /// Writes a `tsquery`: every word, either as it is or by its stem.
    pub fn push(&self, sql: &mut QueryBuilder<'_, Postgres>) {
        for (index, Word { text, prefix }) in self.0.iter().enumerate() {
            sql.push(if index == 0 { "(" } else { " && (" });
            // Quoted when it is normalized already: some signs become quotes only then.
            sql.push("to_tsquery('simple', '''' || replace(replace(readable(").push_bind(text.clone());
            sql.push(r"), '\', '\\'), '''', '''''') || ").push_bind(if *prefix { "':*" } else { "'" });
            sql.push(") || plainto_tsquery('english', readable(").push_bind(text.clone()).push(")))");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_word_may_be_unfinished() {
        let words = Words::of(" call gra ").unwrap();
        assert_eq!(words.0.iter().map(|word| word.prefix).collect::<Vec<_>>(), [false, true]);
        assert!(!Words::of("a").unwrap().0[0].prefix);
        assert!(Words::of("字").unwrap().0[0].prefix);
        assert_eq!(Words::of(" !? 🎉 "), None);
        assert_eq!(signs(r"'\ 🎉"), r"'''' & '\\' & '🎉'");
    }

    #[test]
    fn a_time_is_one_as_postgresql_writes_it() {
        for time in ["2026-11-21 10:30:00", "2026-11-21 10:30:00.123456+00", "0001-01-01 23:59:59.9-03:30"] {
            assert!(is_time(time), "{time}");
        }
        for text in
            ["", "9", "infinity", "2026-11-21", "2026-02-30 10:30:00", "2026-11-21 10:30", "2026-11-21 10:30:00+99"]
        {
            assert!(!is_time(text), "{text}");
        }
    }
}
