//! Backups: everything that is in the database, as one file; and the way back.
//!
//! A backup is one snapshot, read by the owner over the direct connection while Docket goes on. A restore is one transaction on an empty database:
//! the migrations that the backup had, its rows, and a comparison of every table with the checksums in the file. `docs/operations.md` says when to
//! use which.

pub(super) mod catalog;
mod file;

use std::{
    io,
    path::{Path, PathBuf},
};

use futures::TryStreamExt;
use sqlx::{ConnectOptions, Connection, PgConnection, migrate::MigrateError, postgres::PgConnectOptions};
use thiserror::Error;
use tokio::sync::mpsc;

use file::{Adder, FORMAT, Piece};
pub use file::{Checked, Header, Sum, Table, check};

use super::migrations::{self, UpError};

/// Why a backup could not be made or brought back. Each says what to do.
#[derive(Debug, Error)]
pub enum BackupError {
    /// There is something at the place of the file.
    #[error("{} is there already: nothing was overwritten. Give another name.", path.display())]
    Exists {
        /// Where.
        path: PathBuf,
    },
    /// The file can't be written or read.
    #[error("{} can't be used: {source}.", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Not one byte may differ.
    #[error("{} is damaged: {what}. Nothing was changed. Take another copy of it, or an earlier backup.", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// How that shows.
        what: &'static str,
    },
    /// This program doesn't know the format or the schema.
    #[error(
        "The backup was made by Docket {program}, which knows more than this one: restore it with that version or a newer one. Nothing was changed."
    )]
    Newer {
        /// The version that made it.
        program: String,
    },
    /// A migration is not the one of the same number here.
    #[error(
        "The backup was made by a Docket {program} whose migration {version} differs from that of this one: restore it with that Docket. Nothing was changed."
    )]
    Different {
        /// The version that made it.
        program: String,
        /// The migration.
        version: i64,
    },
    /// There is something in the database.
    #[error(
        "The database is not empty ({found}): nothing was changed. Restore into a new one, or empty this one first: `docket migrate down --all` removes all that Docket has in it."
    )]
    NotEmpty {
        /// Some of what there is.
        found: String,
    },
    /// Row-level security would hide rows.
    #[error("This login may not see every row of {table}: set DATABASE_URL_DIRECT to the owner of the tables.")]
    Hidden {
        /// A table.
        table: String,
    },
    /// Tables that refer to each other in a circle.
    #[error("The tables {tables} refer to each other in a circle, which this version can't back up.")]
    Circle {
        /// Which.
        tables: String,
    },
    /// What arrived is not what was sent.
    #[error(
        "After the restore {table} was not what it is in the backup: nothing was changed. This is a fault of Docket or of the database's disk."
    )]
    Unlike {
        /// Which table.
        table: String,
    },
    /// A migration has made tables meanwhile.
    #[error("The database is being migrated. Try again when that is done.")]
    Migrating,
    /// The database can't be reached, or refused.
    #[error("The database refused: {0}.")]
    Database(#[from] sqlx::Error),
    /// A migration failed.
    #[error("A migration failed: {0}. Nothing was changed.")]
    Migrate(#[from] MigrateError),
    /// Everything is restored, and the database isn't ready yet.
    #[error("The backup is restored. {0}")]
    Up(#[from] UpError),
}

/// What was written or brought back.
#[derive(Clone, Debug)]
pub struct Report {
    /// Each table with what it holds.
    pub tables: Vec<(String, Sum)>,
    /// SHA-256 of the file; of no use after a backup, which doesn't read it again.
    pub sha256: [u8; 32],
    /// When the backup was made.
    pub made_at: String,
}

impl Report {
    /// How many rows there are in all.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|(_, sum)| sum.rows).sum()
    }
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    options.clone().application_name("docket backup").disable_statement_logging().connect().await
}

/// How many pieces wait for the disk or the database at most, each of some 64 KB.
const WAITING: usize = 16;

/// Writes everything in the database to a new file, as it is in one moment.
pub async fn write(options: &PgConnectOptions, path: &Path) -> Result<Report, BackupError> {
    if path.symlink_metadata().is_ok() {
        return Err(BackupError::Exists { path: path.to_owned() });
    }
    let mut connection = connect(options).await?;
    let mut snapshot = catalog::snapshot(&mut connection).await?;
    let tables = catalog::tables(&mut snapshot).await?;
    if let Some(table) = catalog::hidden(&mut snapshot).await? {
        return Err(BackupError::Hidden { table });
    }
    let header = Header {
        docket_backup: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: jiff::Timestamp::now().to_string(),
        migrations: catalog::migrations(&mut snapshot).await?,
        tables,
        sequences: catalog::sequences(&mut snapshot).await?,
    };
    let (sender, receiver) = mpsc::channel(WAITING);
    let writer = {
        let (path, header) = (path.to_owned(), header.clone());
        tokio::task::spawn_blocking(move || file::write(&path, &header, receiver))
    };
    let sent = send(&mut snapshot, &header.tables, &sender).await;
    // Whose end without the last piece is the end of an unfinished file.
    drop(sender);
    let written =
        writer.await.map_err(io::Error::other).map_err(|source| BackupError::File { path: path.into(), source })?;
    let sums = match (sent, written) {
        (Ok(Some(sums)), Ok(_)) => sums,
        (Err(error), _) | (Ok(_), Err(error)) => return Err(error),
        (Ok(None), Ok(_)) => {
            return Err(BackupError::File { path: path.into(), source: io::ErrorKind::BrokenPipe.into() });
        }
    };
    snapshot.rollback().await?;
    let _ = connection.close().await;
    let names = header.tables.into_iter().map(|table| table.name);
    Ok(Report { tables: names.zip(sums).collect(), sha256: [0; 32], made_at: header.made_at })
}

/// Sends every row of the tables to the writer; `None` if that has ended, which says itself why.
async fn send(
    db: &mut PgConnection,
    tables: &[Table],
    to: &mpsc::Sender<Piece>,
) -> Result<Option<Vec<Sum>>, BackupError> {
    let mut sums = Vec::with_capacity(tables.len());
    for table in tables {
        if to.send(Piece::Table(table.name.clone())).await.is_err() {
            return Ok(None);
        }
        let Some(sum) = rows(db, table, Some(to)).await? else { return Ok(None) };
        if to.send(Piece::End(sum.clone())).await.is_err() {
            return Ok(None);
        }
        sums.push(sum);
    }
    Ok(to.send(Piece::Finish).await.is_ok().then_some(sums))
}

/// Adds up the rows of a table, and sends them if somebody wants them.
async fn rows(
    db: &mut PgConnection,
    table: &Table,
    to: Option<&mpsc::Sender<Piece>>,
) -> Result<Option<Sum>, BackupError> {
    const ENOUGH: usize = 1 << 16;
    let statement = catalog::copy_out(db, table).await?;
    let mut adder = Adder::default();
    let mut piece = Vec::new();
    let mut stream = db.copy_out_raw(&statement).await?;
    while let Some(rows) = stream.try_next().await? {
        adder.add(&rows);
        let Some(to) = to else { continue };
        piece.extend_from_slice(&rows);
        if piece.len() >= ENOUGH && to.send(Piece::Rows(std::mem::take(&mut piece))).await.is_err() {
            return Ok(None);
        }
    }
    if let Some(to) = to
        && !piece.is_empty()
        && to.send(Piece::Rows(piece)).await.is_err()
    {
        return Ok(None);
    }
    Ok(Some(adder.sum()))
}

/// What the database holds now: each table with its count and checksum, in one moment.
pub async fn sums(options: &PgConnectOptions) -> Result<Vec<(String, Sum)>, BackupError> {
    let mut connection = connect(options).await?;
    let mut snapshot = catalog::snapshot(&mut connection).await?;
    let mut sums = Vec::new();
    for table in catalog::tables(&mut snapshot).await? {
        if let Some(sum) = rows(&mut snapshot, &table, None).await? {
            sums.push((table.name, sum));
        }
    }
    Ok(sums)
}

/// Reads a backup without blocking who waits for it.
pub async fn look_through(path: &Path) -> Result<Checked, BackupError> {
    let own = path.to_owned();
    let checked = tokio::task::spawn_blocking(move || check(&own)).await;
    checked.map_err(io::Error::other).map_err(|source| BackupError::File { path: path.to_owned(), source })?
}

/// Brings a backup back into an empty database of this owner: everything or nothing. Migrations that are newer than the backup are applied
/// afterwards, and `login` gets the right to take the application's roles on.
pub async fn restore(owner: &PgConnectOptions, login: &str, path: &Path) -> Result<Report, BackupError> {
    let Checked { header, sums, sha256 } = look_through(path).await?;
    for applied in &header.migrations {
        match migrations::checksum(applied.version) {
            None => return Err(BackupError::Newer { program: header.program }),
            Some(own) if own != applied.checksum => {
                return Err(BackupError::Different { program: header.program, version: applied.version });
            }
            Some(_) => {}
        }
    }
    let mut connection = connect(owner).await?;
    let mut transaction = connection.begin().await?;
    let db = &mut *transaction;
    catalog::settle(db).await?;
    let found = catalog::present(db).await?;
    if !found.is_empty() {
        return Err(BackupError::NotEmpty { found: some_of(&found) });
    }
    let versions: Vec<i64> = header.migrations.iter().map(|applied| applied.version).collect();
    migrations::apply(db, &versions).await?;
    same_tables(&header, &catalog::tables(db).await?)?;
    fill(db, path, &header).await?;
    for (table, sum) in header.tables.iter().zip(&sums) {
        if rows(db, table, None).await?.as_ref() != Some(sum) {
            return Err(BackupError::Unlike { table: table.name.clone() });
        }
    }
    transaction.commit().await?;
    migrations::up(owner, login).await?;
    // Plans are made from what it finds.
    sqlx::raw_sql("analyze").execute(&mut connection).await?;
    let _ = connection.close().await;
    let names = header.tables.into_iter().map(|table| table.name);
    Ok(Report { tables: names.zip(sums).collect(), sha256, made_at: header.made_at })
}

fn some_of(found: &[String]) -> String {
    let some = found.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
    if found.len() > 3 { format!("{some} and {} more", found.len() - 3) } else { some }
}

/// The names in a file become part of statements: they have to be those that the migrations made.
fn same_tables(header: &Header, own: &[Table]) -> Result<(), BackupError> {
    let known = |table: &Table| {
        own.iter().any(|own| {
            own.name == table.name
                && own.columns.len() == table.columns.len()
                && table.columns.iter().all(|column| own.columns.contains(column))
        })
    };
    let unknown = header.tables.iter().find(|table| !known(table)).map(|table| &table.name);
    let missing =
        own.iter().map(|table| &table.name).find(|name| header.tables.iter().all(|table| table.name != **name));
    match unknown.or(missing) {
        Some(name) => Err(BackupError::Unlike { table: name.clone() }),
        None => Ok(()),
    }
}

/// Puts the rows of a backup into tables that the migrations have made, as they are: no trigger changes them.
async fn fill(db: &mut PgConnection, path: &Path, header: &Header) -> Result<(), BackupError> {
    let names: Vec<_> = header.tables.iter().map(|table| catalog::quoted(&table.name)).collect();
    let forced: Vec<String> = sqlx::query_scalar(
        "select quote_ident(relname) from pg_class where relnamespace = 'public'::regnamespace and relforcerowsecurity",
    )
    .fetch_all(&mut *db)
    .await?;
    for name in &names {
        execute(db, &format!("alter table {name} disable trigger user")).await?;
    }
    // COPY takes no rows under row-level security.
    for name in &forced {
        execute(db, &format!("alter table {name} no force row level security")).await?;
    }
    // What migrations put there.
    if !names.is_empty() {
        execute(db, &format!("truncate {}", names.join(", "))).await?;
    }
    load(db, path, header).await?;
    for sequence in &header.sequences {
        if let Some(last) = sequence.last {
            let name = catalog::quoted(&sequence.name);
            sqlx::query("select setval($1::regclass, $2)").bind(name).bind(last).execute(&mut *db).await?;
        }
    }
    for name in &forced {
        execute(db, &format!("alter table {name} force row level security")).await?;
    }
    for name in &names {
        execute(db, &format!("alter table {name} enable trigger user")).await?;
    }
    Ok(())
}

async fn load(db: &mut PgConnection, path: &Path, header: &Header) -> Result<(), BackupError> {
    let (sender, mut pieces) = mpsc::channel(WAITING);
    let own = path.to_owned();
    let reader = tokio::task::spawn_blocking(move || {
        let (_, mut file) = file::open(&own)?;
        while let Some(piece) = file.read()? {
            if sender.blocking_send(piece).is_err() {
                break;
            }
        }
        Ok::<(), BackupError>(())
    });
    for table in &header.tables {
        let Some(Piece::Table(name)) = pieces.recv().await else { break };
        if name != table.name {
            return Err(BackupError::Unlike { table: name });
        }
        let mut rows = db.copy_in_raw(&catalog::copy_in(table)).await?;
        while let Some(Piece::Rows(some)) = pieces.recv().await {
            rows.send(some).await?;
        }
        rows.finish().await?;
    }
    drop(pieces);
    reader.await.map_err(io::Error::other).map_err(|source| BackupError::File { path: path.to_owned(), source })?
}

async fn execute(db: &mut PgConnection, statement: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(statement).execute(db).await?;
    Ok(())
}
