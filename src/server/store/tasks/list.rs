//! Lists of tasks as programs read them: flat, with open, completed and archived tasks side by side, from a place in the order (a
//! cursor) or from a number on (an offset).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use sqlx::{FromRow, PgConnection, Postgres, QueryBuilder};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    Row,
    filter::{COLUMNS, FOUND, Filter, Part, SORTED, compared, is_compared},
    uuids,
};
use crate::{
    domain::{
        calendar::Day,
        id::TaskId,
        query::{Sort, SortKey, TEXT_LIMIT},
        task::{Priority, Task, TaskStatus},
    },
    error::{AppError, FieldErrors},
    server::{
        clock::Local,
        database::{Actor, Failure, Plans},
    },
};

/// The most tasks of a page.
pub const MOST: u16 = 200;

/// How many tasks a page has, if nobody says.
pub const PAGE: u16 = 50;

/// How far an offset reaches.
pub const FARTHEST: u32 = 1_000_000;

/// By what a list can be sorted.
pub const KEYS: [SortKey; 6] =
    [SortKey::Created, SortKey::Due, SortKey::Priority, SortKey::Title, SortKey::Updated, SortKey::Position];

/// Which tasks that aren't in the trash, in what order, from where on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Where they stand.
    pub status: Option<TaskStatus>,
    /// Whether they are completed.
    pub completed: Option<bool>,
    /// How much they matter.
    pub priority: Option<Priority>,
    /// Due on this day or later.
    pub due_from: Option<Day>,
    /// Due on this day or earlier.
    pub due_to: Option<Day>,
    /// Whether they are overdue; what is completed isn't.
    pub overdue: Option<bool>,
    /// Whether they are archived.
    pub archived: Option<bool>,
    /// Words to be found in title and description; the last one may be the beginning of a word.
    pub text: String,
    /// The order, by one of [`KEYS`]; equal ones by id.
    pub sort: Sort,
    /// How many at once: 1 to [`MOST`].
    pub limit: u16,
    /// Where the page begins.
    pub from: From,
}

impl Default for Listing {
    fn default() -> Self {
        Self {
            status: None,
            completed: None,
            priority: None,
            due_from: None,
            due_to: None,
            overdue: None,
            archived: None,
            text: String::new(),
            sort: Sort { key: SortKey::Created, descending: true },
            limit: PAGE,
            from: From::Start,
        }
    }
}

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// With the first task.
    Start,
    /// Behind so many tasks, up to [`FARTHEST`].
    Offset(u32),
    /// Behind the place where another page ended: its `next_cursor`, with the same order.
    Cursor(String),
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The tasks, in their order.
    pub tasks: Vec<Stored>,
    /// How many there are on all pages.
    pub total: u64,
    /// Where the next page begins, if there is one.
    pub next_cursor: Option<String>,
}

/// A task with its times, which programs want to know to the microsecond.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The task.
    pub task: Task,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
    /// When it was completed, if it is.
    pub completed_at: Option<OffsetDateTime>,
}

/// A row of `tasks` with the times that are not in every list.
#[derive(FromRow)]
struct Timed {
    #[sqlx(flatten)]
    row: Row,
    created_at: OffsetDateTime,
    completed_at: Option<OffsetDateTime>,
}

/// A row with what it is ordered by.
#[derive(FromRow)]
struct Keyed {
    #[sqlx(flatten)]
    row: Timed,
    key: String,
    /// How many there are altogether, where the same statement counts them.
    #[sqlx(default)]
    total: Option<i64>,
}

impl TryFrom<Timed> for Stored {
    type Error = Failure;

    fn try_from(Timed { row, created_at, completed_at }: Timed) -> Result<Self, Failure> {
        Ok(Self { updated_at: row.updated_at, task: row.try_into()?, created_at, completed_at })
    }
}

/// The tasks with these ids, in their order. Those in the trash are left out, and those that aren't there.
pub async fn stored(db: &mut PgConnection, actor: Actor, ids: &[TaskId]) -> Result<Vec<Stored>, Failure> {
    let sql = format!(
        "select {COLUMNS}, created_at, completed_at from tasks
         where user_id = $1 and deleted_at is null and id = any($2) order by array_position($2, id)"
    );
    let rows: Vec<Timed> = sqlx::query_as(&sql).bind(actor.user.0).bind(uuids(ids)).fetch_all(db).await?;
    rows.into_iter().map(Stored::try_from).collect()
}

/// A page of a list.
///
/// Pages that follow each other by cursor show every task once that stays where it is, whatever comes and goes meanwhile, and go on
/// when the task that a cursor names is gone or has changed. By `updated_at` tasks don't stay where they are: what changes meanwhile
/// goes to the end, where the latest is; who reads towards it (`updated_at`) sees it there, perhaps once more, and who reads away from it
/// sees it in the next list only. The same is true of another key that somebody changes.
pub async fn list(db: &mut PgConnection, actor: Actor, listing: &Listing, local: &Local) -> Result<Listed, Failure> {
    let place = listing.check()?;
    let filter = listing.filter(actor, local);
    let parts = listing.parts();
    let Some(whole) = Part::around(&parts) else {
        return Ok(Listed { tasks: Vec::new(), total: 0, next_cursor: None });
    };
    let scattered = filter.is_scattered(listing.status, listing.sort.key);
    if listing.is_near() && !scattered {
        return listing.page(db, &filter, (&parts, whole), place.as_ref()).await;
    }
    if !filter.text.is_empty() {
        let rows = listing.rows(&mut *db, &filter, Source::Found(whole), place.as_ref()).await?;
        // How many they are at least is in each row, if there are any on this page; if there are any, there are some on the first.
        let least = rows.first().and_then(|row| row.total).map(i64::unsigned_abs);
        let least = least.or_else(|| (listing.is_near() && place.is_none()).then_some(0));
        if let Some(total) = least.filter(|total| *total <= u64::from(FOUND)) {
            return listing.cut(rows, total);
        }
    }
    let total = count(&mut *db, &filter, whole).await?;
    let few = total <= u64::from(SORTED) && scattered && filter.text.is_empty();
    let source = if few { Source::Sorted(&parts) } else { Source::Order(&parts) };
    let mut rows = Vec::new();
    // A search has looked through so few above.
    let left = filter.text.is_empty() || total > u64::from(FOUND);
    if left && u64::from(listing.offset()) < total {
        rows = listing.rows(db, &filter, source, place.as_ref()).await?;
    }
    listing.cut(rows, total)
}

/// How many there are.
async fn count(db: &mut PgConnection, filter: &Filter<'_>, whole: Part) -> Result<u64, Failure> {
    let mut sql = QueryBuilder::new("select count(*) from ");
    if filter.text.is_empty() {
        sql.push("tasks");
        filter.push(&mut sql, whole);
    } else {
        filter.push_found(&mut sql, whole, None, None);
    }
    let count: i64 = sql.build_query_scalar().fetch_one(db).await?;
    Ok(count.unsigned_abs())
}

/// What the rows of a page are taken from.
#[derive(Clone, Copy)]
enum Source<'a> {
    /// Indexes that have these parts in the list's order.
    Order(&'a [Part]),
    /// All that the filter lets through of these parts, which is sorted.
    Sorted(&'a [Part]),
    /// What a search finds of this, which is sorted and counted, up to one more than [`FOUND`].
    Found(Part),
}

impl Listing {
    /// How to plan what reads it: without filters an index has it in its order, and a page near its beginning is read the same way whatever
    /// is asked for.
    pub fn plans(&self) -> Plans {
        let Self { status, priority, due_from, due_to, overdue, ref text, .. } = *self;
        let all = status.is_none() && priority.is_none() && overdue.is_none() && text.trim().is_empty();
        let near = self.is_near();
        if all && due_from.is_none() && due_to.is_none() && near { Plans::Kept } else { Plans::Fresh }
    }

    /// Whether a page begins where it is read from, with nothing to leave out.
    fn is_near(&self) -> bool {
        !matches!(self.from, From::Offset(1..))
    }

    /// How many tasks to leave out before the page.
    fn offset(&self) -> u32 {
        if let From::Offset(offset) = self.from { offset } else { 0 }
    }

    /// A page of what was read of it.
    fn cut(&self, mut rows: Vec<Keyed>, total: u64) -> Result<Listed, Failure> {
        let more = rows.len() > usize::from(self.limit);
        rows.truncate(usize::from(self.limit));
        Ok(Listed {
            next_cursor: rows.last().filter(|_| more).map(|row| Place::cursor(row, self.sort)),
            tasks: rows.into_iter().map(|row| row.row.try_into()).collect::<Result<_, _>>()?,
            total,
        })
    }

    /// Refuses what is out of bounds, all of it at once; gives the place of the cursor, if there is one.
    fn check(&self) -> Result<Option<Place>, AppError> {
        let mut errors = FieldErrors::default();
        if self.text.contains('\0') {
            errors.refuse("q", "Remove the character U+0000.");
        } else if self.text.chars().count() > TEXT_LIMIT {
            errors.refuse("q", format!("Search for at most {TEXT_LIMIT} characters."));
        }
        if !KEYS.contains(&self.sort.key) {
            let keys: Vec<_> = KEYS.iter().map(|key| key.as_str()).collect();
            errors.refuse("sort", format!("Choose one of {}, with - before it for descending.", keys.join(", ")));
        }
        if !(1..=MOST).contains(&self.limit) {
            errors.refuse("limit", format!("Ask for 1 to {MOST} tasks."));
        }
        let mut place = None;
        match &self.from {
            From::Offset(offset) if *offset > FARTHEST => {
                errors.refuse("offset", format!("Begin at {FARTHEST} at most, or follow the cursors."));
            }
            From::Cursor(cursor) => match Place::of(cursor, self.sort) {
                Ok(found) => place = Some(found),
                Err(message) => errors.refuse("cursor", message),
            },
            From::Start | From::Offset(_) => {}
        }
        if errors.first().is_some() { Err(errors.into()) } else { Ok(place) }
    }

    fn filter<'a>(&'a self, actor: Actor, local: &'a Local) -> Filter<'a> {
        let Self { priority, due_from, due_to, overdue, ref text, .. } = *self;
        Filter { actor, local, priority, due_from, due_to, overdue, text: text.trim() }
    }

    /// The parts of which something may be in the list: none where the filters contradict each other.
    fn parts(&self) -> Vec<Part> {
        let fits = |wanted: Option<bool>, is: bool| wanted.is_none_or(|wanted| wanted == is);
        [(false, false), (true, false), (true, true)]
            .into_iter()
            .filter(|&(completed, archived)| {
                fits(self.completed, completed)
                    && fits(self.archived, archived)
                    && fits(self.status.map(|status| status == TaskStatus::Completed), completed)
                    && !(completed && self.overdue == Some(true))
            })
            .map(|(completed, archived)| Part {
                completed: Some(completed),
                archived: Some(archived),
                status: self.status.filter(|_| !completed),
            })
            .collect()
    }

    /// Writes the order, by this expression.
    fn order(&self, expression: &str) -> String {
        let direction = if self.sort.descending { "desc" } else { "asc" };
        // Said like this, creation isn't the order of the primary key, which has everybody's tasks.
        let nulls = if self.sort.descending { "last" } else { "first" };
        match self.sort.key {
            SortKey::Created => format!(" order by {expression} {direction} nulls {nulls}"),
            _ => format!(" order by {expression} {direction}, id {direction}"),
        }
    }

    /// Writes that a page begins behind this place.
    fn push_place(&self, sql: &mut QueryBuilder<'_, Postgres>, place: Option<&Place>) {
        let Some(Place { id, key }) = place else { return };
        let (expression, kind) = compared(self.sort.key);
        let than = if self.sort.descending { "<" } else { ">" };
        if self.sort.key == SortKey::Created {
            sql.push(format!(" and id {than} ")).push_bind(*id);
        } else {
            sql.push(format!(" and ({expression}, id) {than} (")).push_bind(key.clone());
            sql.push(format!("::{kind}, ")).push_bind(*id).push(")");
        }
    }

    /// A page and how many there are altogether, in one statement: each part is read in the order of an index, and only as far as it is
    /// needed.
    async fn page(
        &self,
        db: &mut PgConnection,
        filter: &Filter<'_>,
        (parts, whole): (&[Part], Part),
        place: Option<&Place>,
    ) -> Result<Listed, Failure> {
        let (expression, _) = compared(self.sort.key);
        let limit = i64::from(self.limit) + 1;
        let mut sql = QueryBuilder::new(format!(
            "select {COLUMNS}, created_at, completed_at, sort_key::text as key, (select count(*) from tasks"
        ));
        filter.push(&mut sql, whole);
        sql.push(") as total from (");
        for (index, part) in parts.iter().enumerate() {
            sql.push(if index > 0 { " union all (" } else { "(" });
            sql.push(format!("select {COLUMNS}, created_at, completed_at, {expression} as sort_key from tasks"));
            filter.push(&mut sql, *part);
            self.push_place(&mut sql, place);
            sql.push(self.order(expression));
            push_limit(&mut sql, limit, 0);
            sql.push(")");
        }
        sql.push(") as parts").push(self.order("sort_key"));
        push_limit(&mut sql, limit, 0);
        let rows = sql.build_query_as::<Keyed>().fetch_all(&mut *db).await?;
        let total = match rows.first() {
            Some(Keyed { total: Some(total), .. }) => total.unsigned_abs(),
            // Nothing is on this page.
            _ => count(db, filter, whole).await?,
        };
        self.cut(rows, total)
    }

    /// Up to one row more than the page has. By indexes each part is read in its order and only as far as it is needed, otherwise as a whole;
    /// the ids of all are merged, and then the rows of those that remain are read.
    async fn rows(
        &self,
        db: &mut PgConnection,
        filter: &Filter<'_>,
        source: Source<'_>,
        place: Option<&Place>,
    ) -> Result<Vec<Keyed>, Failure> {
        let (expression, _) = compared(self.sort.key);
        let (limit, offset) = (i64::from(self.limit) + 1, i64::from(self.offset()));
        let mut sql = QueryBuilder::new("");
        let (total, parts) = match source {
            Source::Found(ref whole) => {
                sql.push("with found as materialized (select * from ");
                filter.push_found(&mut sql, *whole, Some(self.sort.key), Some(FOUND + 1));
                sql.push(") ");
                (", (select count(*) from found) as total", std::slice::from_ref(whole))
            }
            Source::Order(parts) | Source::Sorted(parts) => ("", parts),
        };
        sql.push(format!(
            "select {COLUMNS}, created_at, completed_at, page.key::text{total} from (select id, key from ("
        ));
        for (index, part) in parts.iter().enumerate() {
            sql.push(if index > 0 { " union all (" } else { "(" });
            sql.push(format!("select id, {expression} as key from "));
            match source {
                Source::Order(_) => {
                    sql.push("tasks");
                    filter.push(&mut sql, *part);
                }
                Source::Sorted(_) => {
                    // Behind an offset PostgreSQL doesn't see the order and the limit.
                    sql.push("(select id, title, position, due_order, priority_rank, updated_at from tasks");
                    filter.push(&mut sql, *part);
                    sql.push(" offset 0) as few where true");
                }
                Source::Found(_) => drop(sql.push("found where true")),
            }
            self.push_place(&mut sql, place);
            sql.push(self.order(expression));
            push_limit(&mut sql, limit + offset, offset);
            sql.push(")");
        }
        sql.push(") as parts").push(self.order("key"));
        push_limit(&mut sql, limit, offset);
        sql.push(" offset ").push_bind(offset);
        sql.push(") as page join tasks using (id) where user_id = ")
            .push_bind(filter.actor.user.0)
            .push(self.order("page.key"));
        Ok(sql.build_query_as::<Keyed>().fetch_all(db).await?)
    }
}

/// Says how many rows to read. Where none are left out, in numbers: PostgreSQL knows then that it is a few, in a plan for all values, too.
fn push_limit(sql: &mut QueryBuilder<'_, Postgres>, limit: i64, offset: i64) {
    sql.push(" limit ");
    if offset > 0 {
        sql.push_bind(limit)
    } else {
        sql.push(limit)
    };
}

impl Part {
    /// What is in any of these parts; `None` if there are none.
    fn around(parts: &[Self]) -> Option<Self> {
        let first = *parts.first()?;
        let same =
            |of: fn(&Self) -> Option<bool>| of(&first).filter(|_| parts.iter().all(|part| of(part) == of(&first)));
        Some(Self { completed: same(|part| part.completed), archived: same(|part| part.archived), ..first })
    }
}

/// A place in an order: what a row was ordered by, and its id.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    id: Uuid,
    key: String,
}

impl Place {
    /// A place as programs know it.
    fn cursor(row: &Keyed, sort: Sort) -> String {
        let key = if sort.key == SortKey::Created { "" } else { &row.key };
        BASE64.encode(format!("{}.{}.{key}", sort.text(), row.row.row.id.simple()))
    }

    /// The inverse, for the order that it was made for; or what is wrong with it.
    fn of(cursor: &str, sort: Sort) -> Result<Self, String> {
        let text = BASE64.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        let mut parts = text.splitn(3, '.');
        let mut place = || {
            let made_for = Sort::parse(parts.next()?)?;
            let place = Self { id: parts.next()?.parse().ok()?, key: parts.next()?.to_owned() };
            let made_for_it = made_for.key == SortKey::Created || is_compared(made_for.key, &place.key);
            made_for_it.then_some((made_for, place))
        };
        match place() {
            Some((made_for, place)) if made_for == sort => Ok(place),
            Some((made_for, _)) => Err(format!(
                "This cursor is one for sort={}. Use it with that, or begin without a cursor.",
                made_for.text()
            )),
            None => Err("This is no cursor. Use the next_cursor of the page before as it is.".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, sort: &str) -> Result<Place, String> {
        Place::of(&BASE64.encode(text), Sort::parse(sort).unwrap())
    }

    #[test]
    fn a_cursor_that_nobody_wrote_is_refused() {
        let id = "01900000000070008000000000000000";
        for text in ["", "title", "title.x.y", "title..", "..", &format!("title.{id}"), &format!("title.{id}.a\0b")] {
            assert!(place(text, "title").unwrap_err().contains("no cursor"), "{text}");
        }
        for key in ["", "soon", "infinity"] {
            assert!(place(&format!("updated_at.{id}.{key}"), "updated_at").is_err(), "{key}");
        }
        for key in ["4", "-1", "high"] {
            assert!(place(&format!("priority.{id}.{key}"), "priority").is_err(), "{key}");
        }
        assert!(Place::of("🎉", Sort::parse("title").unwrap()).is_err());
        assert!(Place::of("/w==", Sort::parse("title").unwrap()).is_err());
    }

    #[test]
    fn a_cursor_is_for_the_order_that_it_was_made_for() {
        let text = "title.01900000000070008000000000000000.Call. Now.";
        assert_eq!(place(text, "title").unwrap().key, "Call. Now.");
        for sort in ["-title", "position"] {
            assert!(place(text, sort).unwrap_err().contains("sort=title"));
        }
    }

    #[test]
    fn filters_that_contradict_each_other_let_nothing_through() {
        let (pending, completed) = (Some(TaskStatus::Pending), Some(TaskStatus::Completed));
        let parts = |status, completed, archived, overdue| {
            let parts = Listing { status, completed, overdue, archived, ..Listing::default() }.parts();
            (parts.len(), Part::around(&parts))
        };
        let part = |completed, archived, status| Some(Part { completed, archived, status });
        assert_eq!(parts(pending, Some(true), None, None), (0, None));
        assert_eq!(parts(pending, None, Some(true), None), (0, None));
        assert_eq!(parts(completed, None, None, Some(true)), (0, None));
        assert_eq!(parts(None, None, None, None), (3, part(None, None, None)));
        assert_eq!(parts(None, None, Some(false), None), (2, part(None, Some(false), None)));
        assert_eq!(parts(completed, None, None, None), (2, part(Some(true), None, None)));
        assert_eq!(parts(pending, None, None, None), (1, part(Some(false), Some(false), pending)));
    }
}
