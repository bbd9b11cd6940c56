//! Whether the audit log is whole: every row as it was written, and none missing. The digests are made here anew, from the rows alone, so that
//! nothing depends on functions that somebody may have changed together with the rows. `docs/database.md`, "The audit chain".

use futures::TryStreamExt;
use sha2::{Digest, Sha256};
use sqlx::{FromRow, PgConnection};

use super::Verdict;

/// So many faults are told one by one.
const TOLD: usize = 20;

/// A line of `audit_days`.
#[derive(Debug, FromRow)]
struct Day {
    day: String,
    first_id: i64,
    last_id: i64,
    rows: i64,
    hash: Vec<u8>,
    removed: bool,
    /// Whether it is younger than what may be removed.
    recent: bool,
}

/// What there is of a row.
#[derive(Debug, FromRow)]
struct Row {
    id: i64,
    salt: Option<Vec<u8>>,
    digest: Vec<u8>,
    /// Whether what was written in it is gone.
    forgotten: bool,
    /// What stays, as text.
    kept: String,
    /// Everything, as text.
    whole: String,
}

impl Row {
    fn is_sound(&self) -> bool {
        match &self.salt {
            Some(salt) => {
                Sha256::new().chain_update(salt).chain_update(&self.whole).finalize().as_slice() == self.digest
            }
            None => self.forgotten,
        }
    }
}

/// A day while its rows are read.
struct Open {
    day: Day,
    hash: Vec<u8>,
    rows: i64,
    next_id: i64,
    /// Ids without a row, as from and to.
    gaps: Vec<(i64, i64)>,
}

impl Open {
    fn new(day: Day, hash: Vec<u8>) -> Self {
        Self { next_id: day.first_id, hash, rows: 0, gaps: Vec::new(), day }
    }

    fn take(&mut self, row: &Row) {
        if row.id > self.next_id {
            self.gaps.push((self.next_id, row.id - 1));
        }
        self.next_id = row.id + 1;
        self.rows += 1;
        let link = Sha256::new().chain_update(&self.hash).chain_update(&row.kept).chain_update(&row.digest);
        self.hash = link.finalize().to_vec();
    }

    /// What is wrong with it, now that all of its rows were read; and the hash with which the next one begins.
    fn close(mut self) -> (Option<String>, Vec<u8>) {
        let Day { day, first_id, last_id, rows, hash, removed, recent } = self.day;
        let wrong = if removed {
            recent.then(|| format!("the rows of {day} are marked as removed, which is too young for that."))
        } else if self.hash == hash {
            None
        } else {
            if self.next_id <= last_id {
                self.gaps.push((self.next_id, last_id));
            }
            let missing = rows - self.rows;
            Some(match missing {
                1.. => format!(
                    "{missing} rows of {day} were removed, of the ids {}: compare with a backup.",
                    ranges(&self.gaps)
                ),
                0 => format!(
                    "rows of {day} (ids {first_id} to {last_id}) are not those that were sealed: if none of them is named here, one was changed together with its digest. Compare with a backup."
                ),
                _ => format!(
                    "{} rows of {day} (ids {first_id} to {last_id}) were added later: compare with a backup.",
                    -missing
                ),
            })
        };
        (wrong, hash)
    }
}

fn ranges(gaps: &[(i64, i64)]) -> String {
    let some: Vec<_> = gaps
        .iter()
        .take(5)
        .map(|(from, to)| if from == to { from.to_string() } else { format!("{from} to {to}") })
        .collect();
    format!("{}{}", some.join(", "), if gaps.len() > 5 { ", …" } else { "" })
}

/// Looks at every row and every day.
pub async fn chain(db: &mut PgConnection) -> Result<Verdict, sqlx::Error> {
    let present: bool =
        sqlx::query_scalar("select to_regclass('public.audit_days') is not null").fetch_one(&mut *db).await?;
    if !present {
        return Ok(Verdict::Failed(vec!["it has no chain: run `docket migrate up`.".to_owned()]));
    }
    let days: Vec<Day> = sqlx::query_as(
        "select day::text, first_id, last_id, rows, hash, removed_at is not null as removed,
             day > (now() at time zone 'UTC')::date - 30 as recent
         from audit_days order by day",
    )
    .fetch_all(&mut *db)
    .await?;
    let mut wrong = between(&days);
    let count = days.len();
    let removed = days.iter().filter(|day| day.removed).count();
    let mut days = days.into_iter();
    let mut open = days.next().map(|day| Open::new(day, Sha256::digest("docket").to_vec()));
    let (mut sealed, mut loose, mut forgotten) = (0, 0, 0);
    let mut last = Vec::new();
    let query = "select id, salt, digest, old_values is null and new_values is null as forgotten,
             jsonb_build_array(id, change_id, action, entity_type,
                 to_char(created_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'))::text as kept,
             jsonb_build_array(id, change_id, user_id, action, entity_type, entity_id, old_values, new_values,
                 to_char(created_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'))::text as whole
         from audit_logs order by id";
    let mut rows = sqlx::query_as::<_, Row>(query).fetch(db);
    while let Some(row) = rows.try_next().await? {
        if !row.is_sound() {
            wrong.push(format!("row {} was altered: compare with a backup.", row.id));
        }
        forgotten += u64::from(row.salt.is_none());
        while let Some(done) = open.take_if(|open| open.day.last_id < row.id) {
            let (fault, hash) = done.close();
            wrong.extend(fault);
            last.clone_from(&hash);
            open = days.next().map(|day| Open::new(day, hash));
        }
        match &mut open {
            Some(open) => {
                open.take(&row);
                sealed += 1;
            }
            None => loose += 1,
        }
    }
    while let Some(done) = open.take() {
        let (fault, hash) = done.close();
        wrong.extend(fault);
        last.clone_from(&hash);
        open = days.next().map(|day| Open::new(day, hash));
    }
    if wrong.len() > TOLD {
        let more = wrong.len() - TOLD;
        wrong.truncate(TOLD);
        wrong.push(format!("{more} more faults."));
    }
    let end = last.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    Ok(Verdict::of(
        wrong,
        format!(
            "{sealed} rows of {count} days as they were written ({forgotten} forgotten, {removed} days removed by age, {loose} rows not yet sealed); the chain ends with {end}"
        ),
    ))
}

/// What is wrong with the lines of the days themselves.
fn between(days: &[Day]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut next = 1;
    let mut kept = None;
    for day in days {
        if day.first_id != next {
            wrong.push(format!(
                "the ids from {next} to {} belong to no day: a line of audit_days is gone.",
                day.first_id - 1
            ));
        }
        next = day.last_id + 1;
        match (kept, day.removed) {
            (Some(older), true) => {
                wrong.push(format!("the rows of {} are marked as removed, and those of {older} are not.", day.day))
            }
            (None, false) => kept = Some(&day.day),
            _ => {}
        }
    }
    wrong
}
