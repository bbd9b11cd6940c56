//! All that Docket keeps of a person: as files to take along, written while they are sent, and how it is forgotten.

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

use super::{
    auth::limits::{self, Source},
    database::{Actor, Database},
    store::{
        accounts::User,
        data::{self, Keys, PARTS, Part},
    },
};
use crate::{domain::id::ChangeId, error::AppError};

/// How many rows are in memory at a time.
const BATCH: usize = 100;

/// One person is forgotten at a time: it may take long, and each holds a connection.
static ERASING: Semaphore = Semaphore::const_new(1);

/// So many files are sent at a time, each with the rows of one batch in memory.
static EXPORTING: Semaphore = Semaphore::const_new(32);

/// Forgets somebody: the account with everything that belongs to it, and what guesses of its password cost. Errors: `Invalid` at
/// `confirm_password` for the last admin; `Unavailable` while somebody else is forgotten.
pub async fn erase(database: &Database, user: &User) -> Result<(), AppError> {
    let turn = Arc::new(ERASING.try_acquire().map_err(|_| AppError::Unavailable)?);
    let sources = [Source::account(&user.id.to_string()), Source::account(&user.profile.email)];
    let (change, epoch) = (ChangeId(uuid::Uuid::now_v7()), user.epoch);
    let database = database.patient();
    let erased = database.write(Actor { user: user.id }, change, move |db, actor| {
        // Held until it is done, even if who asked hangs up.
        let (sources, turn) = (sources.clone(), Arc::clone(&turn));
        Box::pin(async move {
            let _turn = turn;
            for source in &sources {
                limits::forgive(&mut *db, source).await?;
            }
            data::erase(db, actor, epoch).await
        })
    });
    erased.await
}

/// A file on its way to somebody. Each piece is asked of the database when the one before is sent, in a scope of its own: neither
/// memory nor a connection is held by who reads slowly.
#[derive(Debug)]
pub struct Export {
    database: Database,
    actor: Actor,
    kind: Kind,
    /// The parts that are still to come.
    parts: std::slice::Iter<'static, Part>,
    /// The one that is being sent.
    current: Option<Current>,
    /// What the next piece begins with.
    head: String,
    ended: bool,
    /// Held until the file is sent.
    _turn: SemaphorePermit<'static>,
}

/// A part that is being sent.
#[derive(Debug)]
struct Current {
    part: &'static Part,
    keys: Keys,
    /// How many of the keys were looked up.
    done: usize,
    /// Whether there was a row yet: some may be gone since.
    begun: bool,
}

/// What a file is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Json,
    Csv,
}

impl Export {
    /// Everything that belongs to who acts, as one JSON object. Error: `Unavailable` while many files are sent.
    pub fn everything(database: Database, actor: Actor, now: jiff::Timestamp) -> Result<Self, AppError> {
        let turn = EXPORTING.try_acquire().map_err(|_| AppError::Unavailable)?;
        let head = format!("{{\"exported_at\": \"{now:.0}\"");
        Ok(Self {
            database: database.patient(),
            actor,
            kind: Kind::Json,
            parts: PARTS.iter(),
            current: None,
            head,
            ended: false,
            _turn: turn,
        })
    }

    /// The tasks of who acts as a table, for a spreadsheet: CSV (RFC 4180) in UTF-8. Error: `Unavailable` while many files are sent.
    pub fn tasks(database: Database, actor: Actor) -> Result<Self, AppError> {
        let turn = EXPORTING.try_acquire().map_err(|_| AppError::Unavailable)?;
        let part = PARTS.iter().position(|part| part.table == "tasks").unwrap_or_default();
        let parts = PARTS[part..=part].iter();
        // By its first character a spreadsheet knows the encoding.
        let head = format!("\u{feff}{}\r\n", COLUMNS.join(","));
        Ok(Self {
            database: database.patient(),
            actor,
            kind: Kind::Csv,
            parts,
            current: None,
            head,
            ended: false,
            _turn: turn,
        })
    }

    /// The next piece; `None` after the last one.
    pub async fn next(&mut self) -> Result<Option<String>, AppError> {
        if self.ended {
            return Ok(None);
        }
        let mut piece = std::mem::take(&mut self.head);
        if let Some(current) = self.current.take() {
            self.go_on(current, &mut piece).await?;
        } else if let Some(part) = self.parts.next() {
            let keys = self.database.read(self.actor, move |db, actor| Box::pin(data::keys(db, actor, part))).await?;
            if self.kind == Kind::Json {
                piece += &[",\n\"", part.name, if part.single { "\": " } else { "\": [" }].concat();
            }
            self.current = Some(Current { part, keys, done: 0, begun: false });
        } else {
            self.ended = true;
            piece += if self.kind == Kind::Json { "}\n" } else { "" };
        }
        Ok(Some(piece))
    }

    /// Writes the next rows of a part, and its end after the last ones.
    async fn go_on(&mut self, mut current: Current, piece: &mut String) -> Result<(), AppError> {
        let keys = Arc::new(current.keys.some(current.done, BATCH));
        let part = current.part;
        current.done += BATCH;
        if self.kind == Kind::Csv {
            let lines = self.database.read(self.actor, move |db, actor| {
                let keys = Arc::clone(&keys);
                Box::pin(async move { data::task_lines(db, actor, &keys).await })
            });
            *piece += &csv(&lines.await?)?;
        } else {
            let rows = self.database.read(self.actor, move |db, _| {
                let keys = Arc::clone(&keys);
                Box::pin(async move { data::rows(db, part, &keys).await })
            });
            for row in rows.await? {
                *piece += if current.begun { ",\n" } else { "" };
                *piece += &row;
                current.begun = true;
            }
        }
        if current.done < current.keys.count() {
            self.current = Some(current);
        } else if self.kind == Kind::Json {
            *piece += match (part.single, current.begun) {
                (true, true) => "",
                (true, false) => "null",
                (false, _) => "]",
            };
        }
        Ok(())
    }
}

/// The first line of the table.
const COLUMNS: [&str; 12] = [
    "id",
    "title",
    "description",
    "status",
    "priority",
    "due_date",
    "due_time",
    "created_at",
    "updated_at",
    "completed_at",
    "deleted_at",
    "archived_at",
];

fn csv(lines: &[data::TaskLine]) -> Result<String, AppError> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let odd = |error: &dyn std::error::Error| {
        tracing::error!(%error, "a table can't be written");
        AppError::Internal
    };
    for line in lines {
        let cells = line.words.iter().chain(&line.times).map(|cell| harmless(cell));
        writer.write_record(cells).map_err(|error| odd(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| odd(&error))?;
    String::from_utf8(bytes).map_err(|error| odd(&error))
}

/// A cell that a spreadsheet takes for a text: one that begins like a formula gets an apostrophe in front (OWASP, "CSV Injection";
/// `security.md` 40).
fn harmless(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if formula { format!("'{cell}") } else { cell.to_owned() }
}
