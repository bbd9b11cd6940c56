//! What was found, and how much of what there was.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::{gauge::Figures, http::Counts};

/// What Docket promises, as far as it can be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// What was acknowledged isn't there, or is otherwise.
    Lost,
    /// It is there more than once.
    Twice,
    /// A part of it is there.
    Half,
    /// Somebody has, or sees, what somebody else wrote.
    Foreign,
    /// The log doesn't tell what happened.
    Audit,
    /// An answer that nobody may get.
    Status,
    /// Nobody answered, though somebody could.
    Failed,
    /// It took too long, or too much memory, or doesn't come back.
    Limit,
    /// The harness itself failed, or its fault had no effect.
    Harness,
}

/// All that was found, for everybody who looks.
#[derive(Clone, Debug, Default)]
pub struct Violations(Arc<Mutex<Vec<(Kind, String)>>>);

impl Violations {
    /// Adds one.
    pub fn add(&self, kind: Kind, text: String) {
        if let Ok(mut all) = self.0.lock() {
            all.push((kind, text));
        }
    }

    /// All so far.
    pub fn all(&self) -> Vec<(Kind, String)> {
        self.0.lock().map(|all| all.clone()).unwrap_or_default()
    }
}

/// How much was compared at the end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Checked {
    /// Tasks in the database.
    pub rows: u64,
    /// Their rows in the log.
    pub entries: u64,
    /// Changes that nobody was told of, and that were made.
    pub in_doubt_present: u64,
    /// The same, not made.
    pub in_doubt_absent: u64,
}

/// A line of the table.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// The scenario.
    pub name: String,
    /// How often something was done to Docket.
    pub faults: u64,
    /// What clients were told.
    pub counts: Counts,
    /// What was compared.
    pub checked: Checked,
    /// How the others fared meanwhile, where that was measured.
    pub figures: Option<Figures>,
    /// The longest that it took after the end of a fault until a change was acknowledged again.
    pub well_again: Duration,
    /// How long it took.
    pub time: Duration,
    /// What was found.
    pub violations: Vec<(Kind, String)>,
    /// Why it wasn't done.
    pub skipped: Option<String>,
}

/// All lines.
pub struct Table<'a>(pub &'a [Line]);

const HEAD: &str =
    "| scenario | faults | acknowledged | 4xx | 503 | no answer | other node | tasks | log | unsure: done / not | well again after s | \
p50 / p95 / most ms | healthz p95 ms | MiB before / peak / after | descriptors before / peak / after | s | violations |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |";

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEAD}")?;
        for line in self.0 {
            if let Some(why) = &line.skipped {
                writeln!(f, "| {} | SKIPPED: {why} ||||||||||||||||", line.name)?;
                continue;
            }
            let Counts { acknowledged, refused, unavailable, unknown, elsewhere } = line.counts;
            let Checked { rows, entries, in_doubt_present, in_doubt_absent } = line.checked;
            write!(f, "| {} | {} | {acknowledged} | {refused} | {unavailable} | {unknown} ", line.name, line.faults)?;
            write!(f, "| {elsewhere} | {rows} | {entries} | {in_doubt_present} / {in_doubt_absent} | ")?;
            if !line.well_again.is_zero() {
                write!(f, "{:.1} ", line.well_again.as_secs_f64())?;
            }
            match &line.figures {
                Some(figures) => write!(f, "{figures}")?,
                None => write!(f, "| | | | ")?,
            }
            writeln!(f, "| {:.0} | {} |", line.time.as_secs_f64(), line.violations.len())?;
        }
        Ok(())
    }
}
