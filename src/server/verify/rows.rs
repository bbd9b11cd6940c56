//! Whether the rows keep the rules: PostgreSQL checks each as it is written, and nothing checks what a disk or a superuser did afterwards.

use sqlx::{PgConnection, Row};

use super::Verdict;
use crate::server::backup::catalog::quoted;

/// A rule that every row of a table keeps by itself.
struct Rule {
    name: String,
    /// True or null for a row that keeps it.
    condition: String,
}

/// Looks at every row with every constraint: CHECKs, NOT NULL and references.
pub async fn constraints(db: &mut PgConnection) -> Result<Verdict, sqlx::Error> {
    let mut wrong: Vec<String> = sqlx::query_scalar(
        "select format('%s of %s was never checked against its rows: `alter table %s validate constraint %I`.',
                       conname, conrelid::regclass, conrelid::regclass, conname)
         from pg_constraint where connamespace = 'public'::regnamespace and not convalidated order by conname",
    )
    .fetch_all(&mut *db)
    .await?;
    let tables: Vec<String> = sqlx::query_scalar(
        "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1",
    )
    .fetch_all(&mut *db)
    .await?;
    let mut count = 0;
    for table in &tables {
        let rules = rules(db, table).await?;
        count += rules.len();
        broken_rules(db, table, &rules, &mut wrong).await?;
    }
    count += broken_references(db, &mut wrong).await?;
    Ok(Verdict::of(wrong, format!("{count} rules, kept by every row of {} tables", tables.len())))
}

async fn rules(db: &mut PgConnection, table: &str) -> Result<Vec<Rule>, sqlx::Error> {
    let found: Vec<(String, String)> = sqlx::query_as(
        "select conname::text, pg_get_expr(conbin, conrelid) from pg_constraint where conrelid = $1::regclass and contype = 'c'
         union all
         select attname || ' not null', quote_ident(attname) || ' is not null' from pg_attribute
         where attrelid = $1::regclass and attnum > 0 and attnotnull and not attisdropped
         order by 1",
    )
    .bind(quoted(table))
    .fetch_all(db)
    .await?;
    Ok(found.into_iter().map(|(name, condition)| Rule { name, condition }).collect())
}

/// The key of a row as text.
async fn key(db: &mut PgConnection, table: &str) -> Result<String, sqlx::Error> {
    let key: Option<String> = sqlx::query_scalar(
        "select string_agg(quote_ident(attname) || '::text', ', ' order by place)
         from pg_index, unnest(indkey) with ordinality as part (number, place), pg_attribute
         where indrelid = $1::regclass and indisprimary and attrelid = indrelid and attnum = number",
    )
    .bind(quoted(table))
    .fetch_one(db)
    .await?;
    Ok(format!("concat_ws(' ', {})", key.unwrap_or_else(|| "ctid::text".to_owned())))
}

/// Reads a table once for all its rules.
async fn broken_rules(
    db: &mut PgConnection,
    table: &str,
    rules: &[Rule],
    wrong: &mut Vec<String>,
) -> Result<(), sqlx::Error> {
    if rules.is_empty() {
        return Ok(());
    }
    let key = key(db, table).await?;
    let parts: Vec<_> = rules
        .iter()
        .map(|Rule { condition, .. }| {
            format!("count(*) filter (where not ({condition})), min({key}) filter (where not ({condition}))")
        })
        .collect();
    let row = sqlx::query(&format!("select {} from only {}", parts.join(", "), quoted(table))).fetch_one(db).await?;
    for (number, rule) in rules.iter().enumerate() {
        let count: i64 = row.try_get(2 * number)?;
        if count > 0 {
            let first: Option<String> = row.try_get(2 * number + 1)?;
            wrong.push(broken(table, &rule.name, count, first));
        }
    }
    Ok(())
}

fn broken(table: &str, rule: &str, count: i64, first: Option<String>) -> String {
    format!(
        "{count} rows of {table} break {rule}, such as {}: mend them by hand, or restore a backup.",
        first.unwrap_or_default()
    )
}

/// Looks for rows that refer to nothing; gives how many references there are to look at.
async fn broken_references(db: &mut PgConnection, wrong: &mut Vec<String>) -> Result<usize, sqlx::Error> {
    let found: Vec<(String, String, String, Vec<String>, Vec<String>)> = sqlx::query_as(
        "select conname::text, own.relname::text, other.relname::text,
             array(select attname::text from unnest(conkey) with ordinality as part (number, place) join pg_attribute
                   on attrelid = conrelid and attnum = number order by place),
             array(select attname::text from unnest(confkey) with ordinality as part (number, place) join pg_attribute
                   on attrelid = confrelid and attnum = number order by place)
         from pg_constraint join pg_class own on own.oid = conrelid join pg_class other on other.oid = confrelid
         where contype = 'f' and connamespace = 'public'::regnamespace order by conname",
    )
    .fetch_all(&mut *db)
    .await?;
    for (name, table, other, columns, targets) in &found {
        let key = key(db, table).await?;
        let present: Vec<_> = columns.iter().map(|column| format!("{} is not null", quoted(column))).collect();
        let own: Vec<_> = columns.iter().map(|column| format!("own.{}", quoted(column))).collect();
        let matched: Vec<_> =
            targets.iter().zip(&own).map(|(target, own)| format!("other.{} = {own}", quoted(target))).collect();
        let query = format!(
            "select count(*), min({key}) from {} own where {} and not exists (select from {} other where {})",
            quoted(table),
            present.join(" and "),
            quoted(other),
            matched.join(" and ")
        );
        let (count, first): (i64, Option<String>) = sqlx::query_as(&query).fetch_one(&mut *db).await?;
        if count > 0 {
            wrong.push(broken(table, &format!("{name} (refers to nothing in {other})"), count, first));
        }
    }
    Ok(found.len())
}
