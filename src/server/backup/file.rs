//! The file of a backup.
//!
//! It is a gzip file of two members, so that every `zcat` reads it. The first holds text: a line of JSON with the [`Header`], and for each table a
//! line of JSON with its name, its rows as `COPY … TO STDOUT` gives them, a line `\.`, and a line of JSON with their count and SHA-256. The
//! second member is [`seal`]: the SHA-256 of all bytes of the first.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use flate2::{Compression, Crc, bufread::GzDecoder, write::GzEncoder};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::BackupError;

/// The format that this program writes, and the newest that it reads.
pub const FORMAT: u32 = 1;

/// How long the second member is.
const SEAL: usize = 10 + 5 + SEALED.len() + 64 + 1 + 8;

/// What stands in it before the digest.
const SEALED: &str = "docket backup sha256 ";

/// The longest row that can be: PostgreSQL's own limit for a field is 1 GB, and Docket's rows are far below this.
const LONGEST_ROW: u64 = 256 << 20;

/// What a backup is of.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT`].
    pub docket_backup: u32,
    /// The version of the program that made it.
    pub program: String,
    /// When, in UTC.
    pub made_at: String,
    /// The migrations that the database had, oldest first.
    pub migrations: Vec<Applied>,
    /// The tables in the order of the file: what a table refers to stands before it.
    pub tables: Vec<Table>,
    /// The sequences, and the last value of each that has given one.
    pub sequences: Vec<Sequence>,
}

/// One migration that a database has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// Its number.
    pub version: i64,
    /// SHA-384 of its text, as sqlx keeps it, in hexadecimal digits.
    pub checksum: String,
}

/// One table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns without those that are made from others, in the order of the rows' fields.
    pub columns: Vec<String>,
}

/// One sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    /// Its name.
    pub name: String,
    /// What it gave last.
    pub last: Option<i64>,
}

/// What a table held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// How many rows.
    pub rows: u64,
    /// SHA-256 of the rows in the order of their key, as `COPY … TO STDOUT` gives them.
    pub sha256: String,
}

/// Begins the rows of a table.
#[derive(Serialize, Deserialize)]
struct Begin {
    table: String,
}

/// Adds up what a table holds.
#[derive(Default)]
pub struct Adder {
    rows: u64,
    digest: Sha256,
}

impl Adder {
    /// Adds rows, whole or in pieces. A row is a line: line breaks in values are written as `\n`.
    pub fn add(&mut self, rows: &[u8]) {
        self.rows += rows.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
        self.digest.update(rows);
    }

    /// The sum.
    pub fn sum(self) -> Sum {
        Sum { rows: self.rows, sha256: format!("{:x}", self.digest.finalize()) }
    }
}

/// A piece of the text, for who writes it and for who reads it.
#[derive(Debug)]
pub enum Piece {
    /// A table begins.
    Table(String),
    /// Some of its rows, whole ones.
    Rows(Vec<u8>),
    /// It has ended.
    End(Sum),
    /// Everything has been written.
    Finish,
}

/// The second member: gzip without compression, so that it is always the same for the same digest and not one of its bits goes unseen.
fn seal(digest: &Sha256) -> Vec<u8> {
    let text = format!("{SEALED}{:x}\n", digest.clone().finalize());
    let length = u16::try_from(text.len()).unwrap_or_default();
    let mut crc = Crc::new();
    crc.update(text.as_bytes());
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    bytes.extend(length.to_le_bytes());
    bytes.extend((!length).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.extend(crc.sum().to_le_bytes());
    bytes.extend(crc.amount().to_le_bytes());
    bytes
}

/// Notes the digest of what passes through.
struct Hashed<W> {
    inner: W,
    digest: Sha256,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.digest.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A file that gets its name when it is complete, and is removed if that never happens.
struct Partial {
    path: PathBuf,
    named: bool,
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.named {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Writes a backup to `path` from the pieces that come, until [`Piece::Finish`]; without that there is no file. Gives how many bytes it has.
/// Blocks.
pub fn write(path: &Path, header: &Header, mut pieces: mpsc::Receiver<Piece>) -> Result<u64, BackupError> {
    let context = |source| BackupError::File { path: path.to_owned(), source };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().ok_or_else(|| context(io::ErrorKind::InvalidFilename.into()))?;
    let mut partial = folder.join(name).into_os_string();
    partial.push(format!(".partial-{}", uuid::Uuid::now_v7().simple()));
    // It holds what everybody wrote, and hashes of their passwords.
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial).map_err(context)?;
    let mut partial = Partial { path: partial.into(), named: false };
    let hashed = Hashed { inner: BufWriter::new(file), digest: Sha256::new() };
    let mut text = GzEncoder::new(hashed, Compression::default());
    line(&mut text, header).map_err(context)?;
    loop {
        match pieces.blocking_recv() {
            Some(Piece::Table(table)) => line(&mut text, &Begin { table }),
            Some(Piece::Rows(rows)) => text.write_all(&rows),
            Some(Piece::End(sum)) => text.write_all(b"\\.\n").and_then(|()| line(&mut text, &sum)),
            Some(Piece::Finish) => break,
            // Whoever sends the pieces knows why they end.
            None => return Err(context(io::ErrorKind::Interrupted.into())),
        }
        .map_err(context)?;
    }
    let mut hashed = text.finish().map_err(context)?;
    let seal = seal(&hashed.digest);
    hashed.write_all(&seal).map_err(context)?;
    let file = hashed.inner.into_inner().map_err(|error| context(error.into_error()))?;
    file.sync_all().map_err(context)?;
    let bytes = file.metadata().map_err(context)?.len();
    name_it(&partial.path, path)?;
    partial.named = true;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(context)?;
    Ok(bytes)
}

/// Gives the file its name, unless something has it by now.
fn name_it(partial: &Path, path: &Path) -> Result<(), BackupError> {
    let taken = || BackupError::Exists { path: path.to_owned() };
    match fs::hard_link(partial, path) {
        Ok(()) => fs::remove_file(partial),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(taken()),
        // A file system without links.
        Err(_) if path.symlink_metadata().is_ok() => return Err(taken()),
        Err(_) => fs::rename(partial, path),
    }
    .map_err(|source| BackupError::File { path: path.to_owned(), source })
}

fn line(to: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *to, value)?;
    to.write_all(b"\n")
}

/// A backup that was looked through: every checksum is right.
#[derive(Debug)]
pub struct Checked {
    /// What it is of.
    pub header: Header,
    /// What each of its tables holds, in their order.
    pub sums: Vec<Sum>,
    /// SHA-256 of the whole file.
    pub sha256: [u8; 32],
}

/// Reads a whole backup and checks everything. Blocks.
pub fn check(path: &Path) -> Result<Checked, BackupError> {
    let sha256 = check_seal(path)?;
    let (header, mut pieces) = open(path)?;
    if header.docket_backup > FORMAT {
        return Err(BackupError::Newer { program: header.program });
    }
    let mut sums = Vec::new();
    let mut tables = header.tables.iter();
    while let Some(piece) = pieces.read()? {
        match piece {
            Piece::Table(name) if tables.next().is_some_and(|table| table.name == name) => {}
            Piece::Table(_) => return Err(pieces.damaged("its tables are not those that it names")),
            Piece::End(sum) => sums.push(sum),
            Piece::Rows(_) | Piece::Finish => {}
        }
    }
    if sums.len() < header.tables.len() {
        return Err(pieces.damaged("tables are missing at its end"));
    }
    Ok(Checked { header, sums, sha256 })
}

/// Checks every byte against the seal at the end; gives the digest of the whole file.
fn check_seal(path: &Path) -> Result<[u8; 32], BackupError> {
    let context = |source| BackupError::File { path: path.to_owned(), source };
    let damaged = |what| BackupError::Damaged { path: path.to_owned(), what };
    let mut file = File::open(path).map_err(context)?;
    let length = file.metadata().map_err(context)?.len();
    let body = length.checked_sub(SEAL as u64).ok_or_else(|| damaged("it is too short"))?;
    let mut digest = Sha256::new();
    let mut rest = io::Read::by_ref(&mut file).take(body);
    let mut buffer = vec![0; 1 << 16];
    loop {
        match rest.read(&mut buffer).map_err(context)? {
            0 => break,
            count => digest.update(&buffer[..count]),
        }
    }
    let mut found = Vec::new();
    file.read_to_end(&mut found).map_err(context)?;
    if found != seal(&digest) {
        let mut magic = [0; 2];
        file.seek(SeekFrom::Start(0)).and_then(|_| file.read_exact(&mut magic)).map_err(context)?;
        let known = magic == [0x1f, 0x8b] && found.windows(SEALED.len()).any(|part| part == SEALED.as_bytes());
        return Err(if known {
            damaged("its checksum is not that of its bytes")
        } else {
            damaged("it has no checksum at its end: it was cut off, or is no backup of Docket")
        });
    }
    digest.update(&found);
    Ok(digest.finalize().into())
}

/// Opens a backup that [`check`] has found sound, and gives what it is of and its tables.
pub fn open(path: &Path) -> Result<(Header, Pieces), BackupError> {
    let context = |source| BackupError::File { path: path.to_owned(), source };
    let file = File::open(path).map_err(context)?;
    let body = file.metadata().map_err(context)?.len().saturating_sub(SEAL as u64);
    let text = BufReader::new(GzDecoder::new(BufReader::new(file.take(body))));
    let mut pieces = Pieces { path: path.to_owned(), text, row: Vec::new(), within: None };
    let header = pieces.header()?;
    Ok((header, pieces))
}

/// The tables of a backup, piece by piece. Each table's count and checksum are checked as it ends.
pub struct Pieces {
    path: PathBuf,
    text: BufReader<GzDecoder<BufReader<io::Take<File>>>>,
    /// The line that was read last.
    row: Vec<u8>,
    /// The table that is being read.
    within: Option<Adder>,
}

impl Pieces {
    fn damaged(&self, what: &'static str) -> BackupError {
        BackupError::Damaged { path: self.path.clone(), what }
    }

    fn header(&mut self) -> Result<Header, BackupError> {
        self.line()?;
        // Of a format to come only the first line is sure.
        serde_json::from_slice(&self.row).map_err(|_| self.damaged("it does not begin like a backup of Docket"))
    }

    /// Reads a line into `row`, with its end; nothing at the end.
    fn line(&mut self) -> Result<(), BackupError> {
        self.row.clear();
        let read = self.text.by_ref().take(LONGEST_ROW).read_until(b'\n', &mut self.row);
        read.map_err(|source| BackupError::File { path: self.path.clone(), source })?;
        if !self.row.is_empty() && !self.row.ends_with(b"\n") {
            return Err(self.damaged("a line has no end"));
        }
        Ok(())
    }

    /// The next piece; `None` at the end.
    pub fn read(&mut self) -> Result<Option<Piece>, BackupError> {
        const ENOUGH: usize = 1 << 16;
        const END: &[u8] = b"\\.\n";
        let Some(mut adder) = self.within.take() else {
            self.line()?;
            if self.row.is_empty() {
                return Ok(None);
            }
            let begin: Begin = serde_json::from_slice(&self.row).map_err(|_| self.damaged("a table has no name"))?;
            self.within = Some(Adder::default());
            self.row.clear();
            return Ok(Some(Piece::Table(begin.table)));
        };
        let mut rows = Vec::new();
        while rows.len() < ENOUGH && self.row != END {
            self.line()?;
            if self.row.is_empty() {
                return Err(self.damaged("a table has no end"));
            }
            if self.row != END {
                rows.extend_from_slice(&self.row);
            }
        }
        if !rows.is_empty() {
            adder.add(&rows);
            self.within = Some(adder);
            return Ok(Some(Piece::Rows(rows)));
        }
        self.line()?;
        let sum: Sum = serde_json::from_slice(&self.row).map_err(|_| self.damaged("a table has no checksum"))?;
        if sum == adder.sum() {
            Ok(Some(Piece::End(sum)))
        } else {
            Err(self.damaged("the checksum of a table is wrong"))
        }
    }
}
