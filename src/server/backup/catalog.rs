//! What PostgreSQL's catalog knows of Docket's tables: so a backup has the tables that a migration will add, too.

use sqlx::{Connection, PgConnection, Postgres, Transaction};

use super::{
    BackupError,
    file::{Applied, Sequence, Table},
};

/// `name` as SQL has it.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}

/// One moment of the database, whose tables nobody makes anew meanwhile: a migration that rewrites a table waits, or has ended before. (A
/// snapshot from before a rewrite sees an empty table; PostgreSQL's documentation, "Caveats" of MVCC.)
pub async fn snapshot(connection: &mut PgConnection) -> Result<Transaction<'_, Postgres>, BackupError> {
    let names: Vec<String> = tables(connection).await?.into_iter().map(|table| table.name).collect();
    let held =
        if names.is_empty() { String::new() } else { format!("; lock table {} in access share mode", list(&names)) };
    // Before anything is read: what is locked can't change any more when the moment is chosen.
    let begin = format!("begin isolation level repeatable read read only; set local lock_timeout = 0{held}");
    let mut moment = connection.begin_with(begin).await?;
    settle(&mut moment).await?;
    let mut now: Vec<String> = tables(&mut moment).await?.into_iter().map(|table| table.name).collect();
    now.retain(|name| !names.contains(name));
    if now.is_empty() { Ok(moment) } else { Err(BackupError::Migrating) }
}

/// Prepares a transaction: as much time as it takes, and values as text that is the same everywhere.
pub async fn settle(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    let settings = "set local statement_timeout = 0; set local lock_timeout = 0; set local idle_in_transaction_session_timeout = 0;
        set local datestyle = 'ISO, MDY'; set local intervalstyle = 'postgres'; set local timezone = 'UTC';
        set local bytea_output = 'hex'; set local extra_float_digits = 1; set local xmloption = 'content';
        set local search_path = public, pg_temp; set local client_encoding = 'UTF8'";
    sqlx::raw_sql(settings).execute(db).await?;
    Ok(())
}

/// All tables, what a table refers to before it.
pub async fn tables(db: &mut PgConnection) -> Result<Vec<Table>, BackupError> {
    let found: Vec<(String, Vec<String>, Vec<String>)> = sqlx::query_as(
        "select relname::text,
             array(select attname::text from pg_attribute
                   where attrelid = class.oid and attnum > 0 and not attisdropped and attgenerated = '' order by attnum),
             array(select other.relname::text from pg_constraint join pg_class other on other.oid = confrelid
                   where contype = 'f' and conrelid = class.oid and confrelid <> conrelid)
         from pg_class class
         where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> '_sqlx_migrations'
             and not exists (select from pg_depend where objid = class.oid and deptype = 'e')
         order by relname",
    )
    .fetch_all(db)
    .await?;
    let mut left = found;
    let mut tables: Vec<Table> = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let before = left.len();
        let mut later = Vec::new();
        for (name, columns, refers) in left {
            if refers.iter().all(|other| tables.iter().any(|table| table.name == *other)) {
                tables.push(Table { name, columns });
            } else {
                later.push((name, columns, refers));
            }
        }
        if later.len() == before {
            let names = later.into_iter().map(|(name, ..)| name).collect::<Vec<_>>().join(", ");
            return Err(BackupError::Circle { tables: names });
        }
        left = later;
    }
    Ok(tables)
}

/// All sequences, those of identities too.
pub async fn sequences(db: &mut PgConnection) -> Result<Vec<Sequence>, sqlx::Error> {
    let found: Vec<(String, Option<i64>)> = sqlx::query_as(
        "select sequencename::text, last_value from pg_sequences where schemaname = 'public' order by sequencename",
    )
    .fetch_all(db)
    .await?;
    Ok(found.into_iter().map(|(name, last)| Sequence { name, last }).collect())
}

/// The migrations that the database has, oldest first.
pub async fn migrations(db: &mut PgConnection) -> Result<Vec<Applied>, sqlx::Error> {
    let present: bool =
        sqlx::query_scalar("select to_regclass('public._sqlx_migrations') is not null").fetch_one(&mut *db).await?;
    if !present {
        return Ok(Vec::new());
    }
    let found: Vec<(i64, String)> = sqlx::query_as(
        "select version, encode(checksum, 'hex') from public._sqlx_migrations where success order by version",
    )
    .fetch_all(db)
    .await?;
    Ok(found.into_iter().map(|(version, checksum)| Applied { version, checksum }).collect())
}

/// A table some of whose rows this login would not see, if there is one: row-level security is on for it, and no policy lets it see all.
/// Only the owner sees everything, and a backup of some of the rows is none.
pub async fn hidden(db: &mut PgConnection) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar(
        "select relname::text from pg_class class
         where relnamespace = 'public'::regnamespace and relkind = 'r' and row_security_active(class.oid) and (
             not exists (select from pg_policy where polrelid = class.oid and polpermissive and polcmd in ('*', 'r')
                         and pg_get_expr(polqual, polrelid) = 'true'
                         and exists (select from unnest(polroles) as role where role = 0 or pg_has_role(role, 'USAGE')))
             or exists (select from pg_policy where polrelid = class.oid and not polpermissive and polcmd in ('*', 'r')
                        and exists (select from unnest(polroles) as role where role = 0 or pg_has_role(role, 'USAGE'))))
         order by relname limit 1",
    )
    .fetch_optional(db)
    .await
}

/// What is in the schema `public` already, as far as nobody's extension made it.
pub async fn present(db: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "select relname::text from pg_class class
         where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
             and not exists (select from pg_depend where objid = class.oid and deptype in ('e', 'i', 'a'))
         order by relname",
    )
    .fetch_all(db)
    .await
}

/// The statement that gives a table's rows in the order of their key. In that order their checksum is the same in every database.
pub async fn copy_out(db: &mut PgConnection, table: &Table) -> Result<String, sqlx::Error> {
    let key: Option<String> = sqlx::query_scalar(
        "select string_agg(quote_ident(attname) || case when attcollation = 0 then '' else ' collate \"C\"' end, ', ' order by place)
         from pg_index, unnest(indkey) with ordinality as part (number, place), pg_attribute
         where indrelid = $1::regclass and indisprimary and attrelid = indrelid and attnum = number",
    )
    .bind(quoted(&table.name))
    .fetch_one(db)
    .await?;
    let name = quoted(&table.name);
    // A row without a key has its place by all that is in it.
    let order = key.unwrap_or_else(|| format!("{name}::text collate \"C\""));
    Ok(format!("copy (select {} from {name} order by {order}) to stdout", list(&table.columns)))
}

/// The statement that takes them.
pub fn copy_in(table: &Table) -> String {
    format!("copy {} ({}) from stdin", quoted(&table.name), list(&table.columns))
}
