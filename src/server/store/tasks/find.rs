//! Pages of tasks. Each is read in the order of an index from where the page begins ("keyset pagination"), so a late page costs no
//! more than the first, and no page shifts while rows come and go.

use sqlx::{FromRow, PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

use super::Row;
use crate::{
    domain::{
        calendar::{Day, WallTime},
        query::{Cursor, Found, PAGE, Sort, SortKey, StatusFilter, TaskPage, TaskQuery, Total, View},
        task::{Priority, Task, TaskStatus},
    },
    server::{
        clock::Local,
        database::{Actor, Failure},
    },
};

/// What [`Row`] is read from.
pub(super) const COLUMNS: &str = "id, title, description, status, priority, due_date, due_time, position, version, updated_at, deleted_at, \
     archived_at";

/// Up to so many matches are all read and sorted, if their order doesn't lead to them: to look for them in an index of the order
/// could mean to go through all of a person's tasks. `docs/database.md` has the figures.
const SORTED: u32 = 7_000;

/// What marks a match on its way from PostgreSQL: characters for private use, which no text means anything by.
const MARKS: [char; 2] = ['\u{e000}', '\u{e001}'];

/// The page of a view.
pub async fn page(db: &mut PgConnection, actor: Actor, view: &View, local: &Local) -> Result<TaskPage, Failure> {
    match view {
        View::Board => board(db, actor, local).await,
        View::Trash(cursor) => trash(db, actor, cursor.as_ref(), local).await,
        _ => list(db, actor, &view.query(local.now()), local).await,
    }
}

/// Tasks of a query.
async fn list(db: &mut PgConnection, actor: Actor, query: &TaskQuery, local: &Local) -> Result<TaskPage, Failure> {
    let search = Search { actor, query, local };
    let (mut open, mut total) = (0, 0);
    for group in search.groups() {
        let count = search.count(&mut *db, group).await?;
        total += count;
        if group == Group::Open {
            open = count;
        }
    }
    let rows = search.rows(&mut *db, total <= SORTED && search.is_scattered()).await?;
    let found = search.found(&mut *db, &rows.tasks).await?;
    let spared = query.spares_archive() && has_archive(db, actor).await?;
    Ok(TaskPage {
        tasks: rows.tasks,
        total: Total(total),
        open: Total(open),
        previous: rows.previous,
        next: rows.next,
        found,
        spared,
        ..TaskPage::empty(local.now())
    })
}

/// Whether somebody has archived tasks.
async fn has_archive(db: &mut PgConnection, actor: Actor) -> Result<bool, Failure> {
    let any = "select exists (select from tasks where deleted_at is null and user_id = $1 and completed and archived)";
    Ok(sqlx::query_scalar(any).bind(actor.user.0).fetch_one(db).await?)
}

/// The first tasks of each status, in the manual order.
async fn board(db: &mut PgConnection, actor: Actor, local: &Local) -> Result<TaskPage, Failure> {
    let mut page = TaskPage::empty(local.now());
    for status in TaskStatus::ALL {
        let query = TaskQuery { status: StatusFilter::Only(status), ..TaskQuery::default() };
        let search = Search { actor, query: &query, local };
        let group = if status == TaskStatus::Completed { Group::Completed } else { Group::Open };
        page.columns[status as usize] = Total(search.count(&mut *db, group).await?);
        page.tasks.extend(search.rows(&mut *db, false).await?.tasks);
    }
    page.tasks.sort_by(|one, other| one.position.cmp(&other.position).then(one.id.cmp(&other.id)));
    Ok(page)
}

/// What lies in the trash, the last first.
async fn trash(
    db: &mut PgConnection,
    actor: Actor,
    cursor: Option<&Cursor>,
    local: &Local,
) -> Result<TaskPage, Failure> {
    let mut count =
        QueryBuilder::new("select count(*) from (select from tasks where deleted_at is not null and user_id = ");
    count.push_bind(actor.user.0).push(" limit ").push_bind(i64::from(Total::LIMIT) + 1).push(") as counted");
    let total: i64 = count.build_query_scalar().fetch_one(&mut *db).await?;

    let (backward, place) = Place::of(cursor);
    let mut place = place.filter(|place| is_time(&place.key));
    let rows = loop {
        let backward = backward && place.is_some();
        let mut sql = QueryBuilder::new(format!("select {COLUMNS}, deleted_at::text as key from tasks"));
        sql.push(" where deleted_at is not null and user_id = ").push_bind(actor.user.0);
        if let Some(place) = &place {
            sql.push(" and (deleted_at, id) ").push(if backward { ">" } else { "<" }).push(" (");
            sql.push_bind(place.key.clone()).push("::timestamptz, ").push_bind(place.id).push(")");
        }
        sql.push(if backward { " order by deleted_at, id" } else { " order by deleted_at desc, id desc" });
        sql.push(" limit ").push_bind(i64::from(PAGE) + 1);
        let rows = sql.build_query_as::<Keyed>().fetch_all(&mut *db).await?;
        // A page that begins where nothing is any more is the first one.
        if !rows.is_empty() || place.take().is_none() {
            break rows;
        }
    };
    let rows = Rows::cut(rows, usize::from(PAGE), backward && place.is_some(), place.is_some(), local)?;
    Ok(TaskPage {
        tasks: rows.tasks,
        total: Total(u32::try_from(total).unwrap_or(u32::MAX)),
        previous: rows.previous,
        next: rows.next,
        ..TaskPage::empty(local.now())
    })
}

/// A part of a list that is read in one go. Open tasks stand before completed ones, and those before archived ones, whatever the order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Open,
    Completed,
    Archived,
    /// The best matches of a search, open or not.
    Matches,
}

impl Group {
    fn letter(self) -> char {
        match self {
            Self::Open => 'o',
            Self::Completed => 'c',
            Self::Archived => 'a',
            Self::Matches => 'm',
        }
    }
}

/// A row with what it is ordered by.
#[derive(FromRow)]
struct Keyed {
    #[sqlx(flatten)]
    row: Row,
    key: String,
    #[sqlx(skip)]
    group: Option<Group>,
}

impl Keyed {
    fn cursor(&self) -> String {
        let group = self.group.map_or('t', Group::letter);
        format!("{group}.{}.{}", self.row.id.simple(), self.key)
    }
}

/// A row that a cursor names: its group, its id, and what it was ordered by.
#[derive(Clone)]
struct Place {
    group: char,
    id: Uuid,
    key: String,
}

impl Place {
    /// Where a page begins or ends, and whether it ends there. What no page of Docket wrote is as if it weren't there.
    fn of(cursor: Option<&Cursor>) -> (bool, Option<Self>) {
        let (backward, text) = match cursor {
            Some(Cursor::After(text)) => (false, text),
            Some(Cursor::Before(text)) => (true, text),
            None => return (false, None),
        };
        let mut parts = text.splitn(3, '.');
        let place = || {
            let group = parts.next()?.chars().next()?;
            let id = parts.next()?.parse().ok()?;
            Some(Self { group, id, key: parts.next().filter(|key| !key.contains('\0'))?.to_owned() })
        };
        (backward, { place }())
    }
}

/// A page of rows.
struct Rows {
    tasks: Vec<Task>,
    previous: Option<Cursor>,
    next: Option<Cursor>,
}

impl Rows {
    /// Makes a page of what was read in its direction, one row more than fits. `moved`: it isn't the first page.
    fn cut(mut rows: Vec<Keyed>, size: usize, backward: bool, moved: bool, local: &Local) -> Result<Self, Failure> {
        let more = rows.len() > size;
        rows.truncate(size);
        if backward {
            rows.reverse();
        }
        let (before, after) = if backward { (more, true) } else { (moved, more) };
        let previous = rows.first().filter(|_| before).map(|row| Cursor::Before(row.cursor()));
        let next = rows.last().filter(|_| after).map(|row| Cursor::After(row.cursor()));
        let mut tasks = Vec::with_capacity(rows.len());
        for Keyed { row, .. } in rows {
            // The day by the owner's calendar.
            let day = |at: Option<_>| at.map(|at| local.at(at).day);
            let (trashed, archived) = (day(row.deleted_at), day(row.archived_at));
            tasks.push(Task { trashed, archived, ..row.try_into()? });
        }
        Ok(Self { tasks, previous, next })
    }
}

/// A query, on its way to SQL.
struct Search<'a> {
    actor: Actor,
    query: &'a TaskQuery,
    local: &'a Local,
}

impl Search<'_> {
    fn order(&self) -> Sort {
        self.query.order()
    }

    fn groups(&self) -> Vec<Group> {
        if self.order().key == SortKey::Relevance {
            return vec![Group::Matches];
        }
        let mut groups = match self.query.status {
            StatusFilter::Only(TaskStatus::Completed) => vec![Group::Completed],
            StatusFilter::All if !self.query.overdue => vec![Group::Open, Group::Completed],
            _ => vec![Group::Open],
        };
        if self.query.archived && groups.last() == Some(&Group::Completed) {
            groups.push(Group::Archived);
        }
        groups
    }

    /// `where …`, of one group: what a search looks for is found by its index first, up to `most` tasks, if there is a `most`; else
    /// each row is looked at on the way.
    fn filter(&self, sql: &mut QueryBuilder<'_, Postgres>, group: Group, most: Option<u32>) {
        let query = self.query;
        sql.push(" where deleted_at is null and user_id = ").push_bind(self.actor.user.0);
        if let Some(most) = most.filter(|_| !query.text.is_empty()) {
            sql.push(" and id = any(array(");
            self.push_found(sql, group, most);
            sql.push("))");
            return;
        }
        // As the indexes have it: a status is open or completed first.
        match (group, query.status) {
            (Group::Open, _) => drop(sql.push(" and not completed and not archived")),
            (Group::Completed, _) => drop(sql.push(" and completed and not archived")),
            (Group::Archived, _) => drop(sql.push(" and completed and archived")),
            (Group::Matches, StatusFilter::Open) => drop(sql.push(" and not completed")),
            (Group::Matches, _) if query.archived => {}
            (Group::Matches, _) => drop(sql.push(" and not archived")),
        }
        if let StatusFilter::Only(status) = query.status
            && !matches!(group, Group::Completed | Group::Archived)
        {
            sql.push(" and status_rank = ").push_bind(status as i16);
        }
        if let Some(priority) = query.priority {
            sql.push(" and priority_rank = ").push_bind(priority as i16);
        }
        if let Some(from) = query.due_from {
            // A timestamp: to compare one with a date is a function that row-level security doesn't trust.
            sql.push(" and due_order < 'infinity' and due_order >= ").push_bind(from.date()).push("::timestamp");
        }
        if let Some(to) = query.due_to {
            sql.push(" and due_order < ").push_bind(to.date()).push("::date + interval '1 day'");
        }
        if query.overdue {
            sql.push(" and not completed and due_order < ").push_bind(self.local.wall_clock());
        }
        if query.text.is_empty() {
            return;
        }
        sql.push(" and search @@ ");
        self.push_query(sql);
        if let Some(signs) = self.signs() {
            sql.push(" and strpos(lower(concat(title, ' ', description)), lower(").push_bind(signs).push(")) > 0");
        }
    }

    /// Writes a query of the ids that a search finds in one group, up to `most`: as the index of words can't be used behind row-level
    /// security, a function of the database that looks itself whose tasks they are.
    fn push_found(&self, sql: &mut QueryBuilder<'_, Postgres>, group: Group, most: u32) {
        let query = self.query;
        let (done, archived) = match (group, query.status) {
            (Group::Open, _) => (Some(false), Some(false)),
            (Group::Completed, _) => (Some(true), Some(false)),
            (Group::Archived, _) => (Some(true), Some(true)),
            (Group::Matches, StatusFilter::Open) => (Some(false), None),
            (Group::Matches, _) => (None, (!query.archived).then_some(false)),
        };
        let status = match query.status {
            StatusFilter::Only(status) if !matches!(group, Group::Completed | Group::Archived) => Some(status as i16),
            _ => None,
        };
        sql.push("select found_tasks(");
        self.push_query(sql);
        sql.push(", ").push_bind(self.signs());
        sql.push(", ").push_bind(done);
        sql.push(", ").push_bind(archived);
        sql.push(", ").push_bind(status);
        sql.push(", ").push_bind(query.priority.map(|priority| priority as i16));
        sql.push(", ").push_bind(query.due_from.map(Day::date));
        sql.push(", ").push_bind(query.due_to.map(Day::date));
        sql.push(", ").push_bind(query.overdue.then(|| self.local.wall_clock()));
        sql.push(", ").push_bind(i64::from(most)).push(")");
    }

    /// Writes the `tsquery` of what is searched for.
    fn push_query(&self, sql: &mut QueryBuilder<'_, Postgres>) {
        if let Some(words) = self.words() {
            self.push_owned(sql, &words);
        } else {
            sql.push("owned_words(").push_bind(self.actor.user.0).push(", ");
            sql.push_bind(signs(&self.query.text)).push(")::tsquery");
        }
    }

    /// Signs and emoji are no words, but can be searched for: the index has each, and in a text they stand together.
    fn signs(&self) -> Option<String> {
        self.words().is_none().then(|| self.query.text.clone())
    }

    fn words(&self) -> Option<Words> {
        Words::of(&self.query.text)
    }

    /// Writes a `tsquery` as `search` has words: each with its owner.
    fn push_owned(&self, sql: &mut QueryBuilder<'_, Postgres>, words: &Words) {
        sql.push("owned_words(").push_bind(self.actor.user.0).push(", (");
        words.push(sql);
        sql.push(")::text)::tsquery");
    }

    /// Whether what it lets through can be anywhere in its order.
    fn is_scattered(&self) -> bool {
        let (query, key) = (self.query, self.order().key);
        let open = matches!(query.status, StatusFilter::Only(TaskStatus::Pending | TaskStatus::InProgress));
        let due = query.due_from.is_some() || query.due_to.is_some() || query.overdue;
        !query.text.is_empty()
            || open && key != SortKey::Position
            || query.priority.is_some() && key != SortKey::Priority
            || due && key != SortKey::Due
    }

    /// How many there are, up to one more than anybody counts.
    async fn count(&self, db: &mut PgConnection, group: Group) -> Result<u32, Failure> {
        let mut sql = QueryBuilder::new("select count(*) from (");
        if self.query.text.is_empty() {
            sql.push("select from tasks");
            self.filter(&mut sql, group, None);
            sql.push(" limit ").push_bind(i64::from(Total::LIMIT) + 1);
        } else {
            self.push_found(&mut sql, group, Total::LIMIT + 1);
        }
        sql.push(") as counted");
        let count: i64 = sql.build_query_scalar().fetch_one(db).await?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// A page; `sort`: all that the query lets through is read and sorted.
    async fn rows(&self, db: &mut PgConnection, sort: bool) -> Result<Rows, Failure> {
        let size = usize::from(self.query.size);
        let (backward, place) = Place::of(self.query.cursor.as_ref());
        let place = place.filter(|place| self.groups().iter().any(|group| group.letter() == place.group));
        let place = place.filter(|place| self.is_key(&place.key));
        let backward = backward && place.is_some();
        let mut rows = self.read(&mut *db, sort, size + 1, backward, place.as_ref()).await?;
        if rows.is_empty() && place.is_some() {
            // Where this page began nothing is any more: the first one.
            rows = self.read(db, sort, size + 1, false, None).await?;
            return Rows::cut(rows, size, false, false, self.local);
        }
        Rows::cut(rows, size, backward, place.is_some(), self.local)
    }

    /// Whether PostgreSQL can read it as what this order compares.
    fn is_key(&self, key: &str) -> bool {
        match self.order().key {
            SortKey::Priority => key.parse::<u8>().is_ok_and(|rank| rank <= Priority::Urgent as u8),
            // PostgreSQL refuses what is too small for a real.
            SortKey::Relevance => key.parse::<f32>().is_ok_and(|rank| rank.is_normal() || key == "0"),
            SortKey::Due => key == "infinity" || is_time(key),
            SortKey::Updated => is_time(key),
            SortKey::Position | SortKey::Created | SortKey::Title => true,
        }
    }

    /// Up to `limit` rows, group after group.
    async fn read(
        &self,
        db: &mut PgConnection,
        sort: bool,
        limit: usize,
        backward: bool,
        place: Option<&Place>,
    ) -> Result<Vec<Keyed>, Failure> {
        let mut groups = self.groups();
        if backward {
            groups.reverse();
        }
        if let Some(place) = place {
            groups.drain(..groups.iter().position(|group| group.letter() == place.group).unwrap_or(0));
        }
        let mut rows: Vec<Keyed> = Vec::new();
        for group in groups {
            let place = place.filter(|place| place.group == group.letter());
            let mut found = self.read_group(&mut *db, sort, group, limit - rows.len(), backward, place).await?;
            for row in &mut found {
                row.group = Some(group);
            }
            rows.append(&mut found);
            if rows.len() == limit {
                break;
            }
        }
        Ok(rows)
    }

    async fn read_group(
        &self,
        db: &mut PgConnection,
        sort: bool,
        group: Group,
        limit: usize,
        backward: bool,
        place: Option<&Place>,
    ) -> Result<Vec<Keyed>, Failure> {
        let Sort { key, descending } = self.order();
        let (expression, kind) = match key {
            SortKey::Position => ("position", "text"),
            SortKey::Created => ("id", ""),
            SortKey::Due => ("due_order", "timestamp"),
            SortKey::Priority => ("priority_rank", "smallint"),
            SortKey::Title => ("title collate \"und-x-icu\"", "text"),
            SortKey::Updated => ("updated_at", "timestamptz"),
            SortKey::Relevance => ("rank", "real"),
        };
        // The best match first.
        let down = (descending || key == SortKey::Relevance) != backward;
        let mut sql = QueryBuilder::new(format!("select {COLUMNS}, ({expression})::text as key from "));
        if key == SortKey::Relevance {
            sql.push(format!("(select {COLUMNS}, ts_rank(search, "));
            match self.words() {
                Some(words) => self.push_owned(&mut sql, &words),
                None => drop(sql.push("''::tsquery")),
            }
            sql.push(") as rank from tasks");
            self.filter(&mut sql, group, Some(TaskQuery::RANKED));
            sql.push(") as matches where true");
        } else if sort {
            // Behind an offset PostgreSQL doesn't see the order and the limit.
            sql.push(format!("(select {COLUMNS}, due_order, priority_rank from tasks"));
            self.filter(&mut sql, group, Some(SORTED));
            sql.push(" offset 0) as few where true");
        } else {
            sql.push("tasks");
            self.filter(&mut sql, group, None);
        }
        if let Some(place) = place {
            let than = if down { "<" } else { ">" };
            if key == SortKey::Created {
                sql.push(format!(" and id {than} ")).push_bind(place.id);
            } else {
                sql.push(format!(" and ({expression}, id) {than} (")).push_bind(place.key.clone());
                sql.push(format!("::{kind}, ")).push_bind(place.id).push(")");
            }
        }
        let direction = if down { "desc" } else { "asc" };
        if key == SortKey::Created {
            // Said like this, it isn't the order of the primary key, which has everybody's tasks.
            sql.push(if down { " order by id desc nulls last" } else { " order by id asc nulls first" });
        } else {
            sql.push(format!(" order by {expression} {direction}, id {direction}"));
        }
        sql.push(" limit ").push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
        Ok(sql.build_query_as::<Keyed>().fetch_all(db).await?)
    }

    /// What the search found in each of these tasks.
    async fn found(&self, db: &mut PgConnection, tasks: &[Task]) -> Result<Vec<Found>, Failure> {
        let Some(words) = self.words().filter(|_| !self.query.text.is_empty() && !tasks.is_empty()) else {
            return Ok(Vec::new());
        };
        let ids: Vec<Uuid> = tasks.iter().map(|task| task.id.0).collect();
        let [start, stop] = MARKS;
        // As the words are, and where that marks nothing, by their stems.
        let marked = |config: &str, text: &str, options: &str| {
            format!("ts_headline('{config}', {text}, words, 'StartSel={start}, StopSel={stop}, {options}')")
        };
        let title = |config| marked(config, "title", "HighlightAll=true");
        let description =
            |config| marked(config, "coalesce(description, '')", "MaxFragments=1, MinWords=8, MaxWords=24");
        let mut sql = QueryBuilder::new(format!(
            "select {}, {}, {}, {} from tasks, (select ",
            title("simple"),
            title("english"),
            description("simple"),
            description("english")
        ));
        words.push(&mut sql);
        sql.push(" as words) as query where user_id = ").push_bind(self.actor.user.0);
        sql.push(" and id = any(")
            .push_bind(ids.clone())
            .push(") order by array_position(")
            .push_bind(ids)
            .push(", id)");
        let rows: Vec<(String, String, String, String)> = sql.build_query_as().fetch_all(db).await?;
        let best = |plain: String, stemmed: String| if plain.contains(start) { plain } else { stemmed };
        let found = rows.into_iter().zip(tasks).map(|((title, title_stem, text, text_stem), task)| {
            let title = pieces(&best(title, title_stem));
            let text = best(text, text_stem);
            Found {
                // PostgreSQL leaves out what looks like HTML: then there are no marks rather than another text.
                title: if title.concat() == task.title.as_str() { title } else { Vec::new() },
                description: if text.contains(start) { pieces(&text) } else { Vec::new() },
            }
        });
        Ok(found.collect())
    }
}

/// Splits a marked text: every second piece is what was marked.
fn pieces(text: &str) -> Vec<String> {
    text.split(MARKS).map(str::to_owned).collect()
}

/// Whether this is a time as PostgreSQL writes it: `2026-11-21 10:30:00`, with a fraction and an offset or without.
fn is_time(text: &str) -> bool {
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
struct Words(Vec<Word>);

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
    fn push(&self, sql: &mut QueryBuilder<'_, Postgres>) {
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

    #[test]
    fn a_cursor_that_nobody_wrote_is_none() {
        for text in ["", "o", "o.x", "o.x.y", "🎉..", "..", "o.01900000000070008000000000000000.a\0b"] {
            assert!(Place::of(Some(&Cursor::After(text.into()))).1.is_none(), "{text}");
        }
    }
}
