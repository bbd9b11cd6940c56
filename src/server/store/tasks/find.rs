//! Pages of tasks. Each is read in the order of an index from where the page begins ("keyset pagination"), so a late page costs no
//! more than the first, and no page shifts while rows come and go.

use sqlx::{FromRow, PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{
    Row,
    filter::{COLUMNS, FOUND, Filter, Part, SORTED, compared, is_compared, is_time},
};
use crate::{
    domain::{
        counts::Counts,
        query::{Cursor, Found, PAGE, Sort, SortKey, StatusFilter, TaskPage, TaskQuery, Total, View},
        task::{Task, TaskStatus},
    },
    server::{
        clock::Local,
        database::{Actor, Failure, Plans},
    },
};

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
    let search = Search::new(actor, query, local);
    let groups = search.groups();
    let counts = search.count(&mut *db, &groups).await?;
    let total = counts.iter().sum();
    let open = groups.iter().zip(&counts).find(|(group, _)| **group == Group::Open).map_or(0, |(_, count)| *count);
    let rows = search.rows(&mut *db, search.source(total)).await?;
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

/// How to plan what reads a page: a whole list an index has in its order, whatever is asked for.
pub fn plans(view: &View) -> Plans {
    match view {
        View::Tasks(query) if !query.is_filtered() => Plans::Kept,
        // A range of one index, in its order, whatever the days are.
        View::Today(_) | View::Upcoming(_) => Plans::Kept,
        _ => Plans::Fresh,
    }
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
        let search = Search::new(actor, &query, local);
        let group = if status == TaskStatus::Completed { Group::Completed } else { Group::Open };
        page.columns[status as usize] = Total(search.count(&mut *db, &[group]).await?.into_iter().sum());
        page.tasks.extend(search.rows(&mut *db, Source::Order).await?.tasks);
    }
    page.tasks.sort_by(|one, other| one.position.cmp(&other.position).then(one.id.cmp(&other.id)));
    Ok(page)
}

/// How many tasks the pages have, in one statement.
pub async fn counts(db: &mut PgConnection, actor: Actor, local: &Local) -> Result<Counts, Failure> {
    let now = local.now();
    let open = View::Tasks(TaskQuery { status: StatusFilter::Open, ..TaskQuery::default() });
    let queries = [View::Today(None), View::Upcoming(None), open].map(|view| view.query(now));
    let mut sql = QueryBuilder::new("select ");
    for query in &queries {
        sql.push("(");
        Search::new(actor, query, local).push_count(&mut sql, Group::Open);
        sql.push("), ");
    }
    sql.push("(");
    push_trash_count(&mut sql, actor);
    sql.push(")");
    let (today, upcoming, open, trash): (i64, i64, i64, i64) = sql.build_query_as().fetch_one(db).await?;
    let [today, upcoming, open, trash] = [today, upcoming, open, trash].map(total);
    Ok(Counts { today, upcoming, open, trash, now })
}

fn total(count: i64) -> Total {
    Total(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Writes a query that counts what lies in the trash, up to one more than anybody counts.
fn push_trash_count(sql: &mut QueryBuilder<'_, Postgres>, actor: Actor) {
    sql.push("select count(*) from (select from tasks where deleted_at is not null and user_id = ");
    sql.push_bind(actor.user.0).push(" limit ").push_bind(i64::from(Total::LIMIT) + 1).push(") as counted");
}

/// What lies in the trash, the last first.
async fn trash(
    db: &mut PgConnection,
    actor: Actor,
    cursor: Option<&Cursor>,
    local: &Local,
) -> Result<TaskPage, Failure> {
    let mut count = QueryBuilder::new("");
    push_trash_count(&mut count, actor);
    let count: i64 = count.build_query_scalar().fetch_one(&mut *db).await?;

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
        total: total(count),
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

/// What a page is read from.
#[derive(Clone, Copy)]
enum Source {
    /// An index that has all in the page's order.
    Order,
    /// All that the query lets through, which is sorted.
    Sorted,
    /// What a search finds, which is sorted.
    Found,
}

/// A query, on its way to SQL.
struct Search<'a> {
    filter: Filter<'a>,
    query: &'a TaskQuery,
}

impl<'a> Search<'a> {
    fn new(actor: Actor, query: &'a TaskQuery, local: &'a Local) -> Self {
        let TaskQuery { priority, due_from, due_to, ref text, .. } = *query;
        let overdue = query.overdue.then_some(true);
        Self { filter: Filter { actor, local, priority, due_from, due_to, overdue, text }, query }
    }

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

    fn part(&self, group: Group) -> Part {
        let query = self.query;
        let (completed, archived) = match (group, query.status) {
            (Group::Open, _) => (Some(false), Some(false)),
            (Group::Completed, _) => (Some(true), Some(false)),
            (Group::Archived, _) => (Some(true), Some(true)),
            (Group::Matches, StatusFilter::Open) => (Some(false), None),
            (Group::Matches, _) => (None, (!query.archived).then_some(false)),
        };
        let status = match query.status {
            StatusFilter::Only(status) if !matches!(group, Group::Completed | Group::Archived) => Some(status),
            _ => None,
        };
        Part { completed, archived, status }
    }

    /// Where to read a page of so many tasks from.
    fn source(&self, total: u32) -> Source {
        let status = match self.query.status {
            StatusFilter::Only(status) => Some(status),
            _ => None,
        };
        let key = self.order().key;
        match self.query.text.is_empty() {
            false if total <= FOUND || key == SortKey::Relevance => Source::Found,
            true if total <= SORTED && self.filter.is_scattered(status, key) => Source::Sorted,
            _ => Source::Order,
        }
    }

    /// How many each of these has, up to one more than anybody counts, in one statement.
    async fn count(&self, db: &mut PgConnection, groups: &[Group]) -> Result<Vec<u32>, Failure> {
        let mut sql = QueryBuilder::new("select array[");
        for (place, group) in groups.iter().enumerate() {
            sql.push(if place == 0 { "(" } else { ", (" });
            self.push_count(&mut sql, *group);
            sql.push(")");
        }
        sql.push("]");
        let counts: Vec<i64> = sql.build_query_scalar().fetch_one(db).await?;
        Ok(counts.into_iter().map(|count| u32::try_from(count).unwrap_or(u32::MAX)).collect())
    }

    /// Writes a query that counts them.
    fn push_count(&self, sql: &mut QueryBuilder<'_, Postgres>, group: Group) {
        if !self.query.text.is_empty() {
            sql.push("select count(*) from ");
            self.filter.push_found(sql, self.part(group), None, Some(Total::LIMIT + 1));
            return;
        }
        sql.push("select count(*) from (select from tasks");
        self.filter.push(sql, self.part(group));
        // What lies between two days is a range of this index, also for a plan that knows nothing of the days.
        if self.filter.due_from.is_some() || self.filter.due_to.is_some() {
            sql.push(" order by due_order");
        }
        sql.push(" limit ").push_bind(i64::from(Total::LIMIT) + 1).push(") as counted");
    }

    /// A page.
    async fn rows(&self, db: &mut PgConnection, source: Source) -> Result<Rows, Failure> {
        let size = usize::from(self.query.size);
        let (backward, place) = Place::of(self.query.cursor.as_ref());
        let place = place.filter(|place| self.groups().iter().any(|group| group.letter() == place.group));
        let place = place.filter(|place| is_compared(self.order().key, &place.key));
        let backward = backward && place.is_some();
        let mut rows = self.read(&mut *db, source, size + 1, backward, place.as_ref()).await?;
        if rows.is_empty() && place.is_some() {
            // Where this page began nothing is any more: the first one.
            rows = self.read(db, source, size + 1, false, None).await?;
            return Rows::cut(rows, size, false, false, self.filter.local);
        }
        Rows::cut(rows, size, backward, place.is_some(), self.filter.local)
    }

    /// Up to `limit` rows, group after group.
    async fn read(
        &self,
        db: &mut PgConnection,
        source: Source,
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
            let mut found = self.read_group(&mut *db, source, group, limit - rows.len(), backward, place).await?;
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
        source: Source,
        group: Group,
        limit: usize,
        backward: bool,
        place: Option<&Place>,
    ) -> Result<Vec<Keyed>, Failure> {
        let Sort { key, descending } = self.order();
        let (expression, kind) = compared(key);
        // The best match first.
        let down = (descending || key == SortKey::Relevance) != backward;
        let mut sql = QueryBuilder::new(match source {
            Source::Found => format!("select {COLUMNS}, page.key::text from (select id, {expression} as key from "),
            _ => format!("select {COLUMNS}, ({expression})::text as key from "),
        });
        match source {
            Source::Found => {
                let most = if key == SortKey::Relevance { TaskQuery::RANKED } else { FOUND };
                self.filter.push_found(&mut sql, self.part(group), Some(key), Some(most));
                sql.push(" where true");
            }
            Source::Sorted => {
                // Behind an offset PostgreSQL doesn't see the order and the limit.
                sql.push(format!("(select {COLUMNS}, due_order, priority_rank from tasks"));
                self.filter.push(&mut sql, self.part(group));
                sql.push(" offset 0) as few where true");
            }
            Source::Order => {
                sql.push("tasks");
                self.filter.push(&mut sql, self.part(group));
            }
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
        let order = |expression: &str| match key {
            // Said like this, it isn't the order of the primary key, which has everybody's tasks.
            SortKey::Created if down => " order by id desc nulls last".to_owned(),
            SortKey::Created => " order by id asc nulls first".to_owned(),
            _ => format!(" order by {expression} {direction}, id {direction}"),
        };
        // Said in numbers: PostgreSQL knows then that few rows are read, whatever else it knows.
        sql.push(order(expression)).push(format!(" limit {limit}"));
        if matches!(source, Source::Found) {
            sql.push(") as page join tasks using (id) where user_id = ").push_bind(self.filter.actor.user.0);
            sql.push(order("page.key"));
        }
        Ok(sql.build_query_as::<Keyed>().fetch_all(db).await?)
    }

    /// What the search found in each of these tasks.
    async fn found(&self, db: &mut PgConnection, tasks: &[Task]) -> Result<Vec<Found>, Failure> {
        let Some(words) = self.filter.words().filter(|_| !self.query.text.is_empty() && !tasks.is_empty()) else {
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
        sql.push(" as words) as query where user_id = ").push_bind(self.filter.actor.user.0);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_that_nobody_wrote_is_none() {
        for text in ["", "o", "o.x", "o.x.y", "🎉..", "..", "o.01900000000070008000000000000000.a\0b"] {
            assert!(Place::of(Some(&Cursor::After(text.into()))).1.is_none(), "{text}");
        }
    }
}
