//! What every client was told, against what is in the database.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use sqlx::{Row, postgres::PgRow};
use uuid::Uuid;

use crate::{
    Fallible,
    load::{Fields, Record, State},
    report::{Checked, Kind, Violations},
    world::World,
};

/// A row of tasks.
struct Task {
    id: Uuid,
    owner: Uuid,
    fields: Fields,
}

/// A row of the audit log about a task.
struct Entry {
    actor: Option<Uuid>,
    action: String,
    change: Uuid,
    values: Value,
}

/// Everything there is of tasks.
struct There {
    tasks: Vec<Task>,
    /// By task, in the order in which they were written.
    entries: HashMap<String, Vec<Entry>>,
    /// Answers that are kept for who sends a request again: how many for each owner and task that was added.
    kept: HashMap<(Uuid, String), i64>,
}

/// Compares, and gives how much of what there was. Nothing may write meanwhile.
pub async fn check(world: &World, records: &[Record], violations: &Violations) -> Fallible<Checked> {
    let mut there = read(world).await?;
    let mut kept = std::mem::take(&mut there.kept);
    let mut checked = Checked { rows: there.tasks.len() as u64, ..Checked::default() };
    let mut found: BTreeMap<&str, Vec<&Task>> = BTreeMap::new();
    for task in &there.tasks {
        // "0-3-17 …"
        let name = task.fields.title.split_inclusive(' ').next().unwrap_or_default();
        found.entry(name).or_default().push(task);
    }
    for record in records {
        let rows = found.remove(record.name.as_str()).unwrap_or_default();
        let owner = world.people[record.person].id;
        if let Some(foreign) = rows.iter().find(|row| row.owner != owner) {
            violations
                .add(Kind::Foreign, format!("{:?} is there for {}, who didn't write it", record.name, foreign.owner));
        }
        let own: Vec<_> = rows.into_iter().filter(|row| row.owner == owner).collect();
        match own.as_slice() {
            [] if record.now != State::Absent => {
                violations.add(Kind::Lost, format!("acknowledged and gone: {record:?}"));
            }
            [] => checked.in_doubt_absent += 1,
            [row] => {
                let state = State::Present(row.fields.clone());
                if record.maybe.as_ref() == Some(&state) {
                    checked.in_doubt_present += 1;
                } else if record.now != state {
                    violations.add(Kind::Lost, format!("{:?} is there, and this was told: {record:?}", row.fields));
                } else if record.maybe.is_some() {
                    checked.in_doubt_absent += 1;
                }
                let answers = kept.remove(&(owner, row.id.to_string())).unwrap_or_default();
                if answers != i64::from(record.keyed) {
                    let text = format!("for {:?}, {record:?}, {answers} answers are kept", record.name);
                    violations.add(Kind::Half, text);
                }
            }
            rows => violations.add(Kind::Twice, format!("{:?} is there {} times", record.name, rows.len())),
        }
    }
    for (name, rows) in found {
        violations.add(Kind::Foreign, format!("{name:?} is there, and nobody wrote it ({} rows)", rows.len()));
    }
    // Of what is there twice, or somebody else's, nothing was looked up.
    if violations.all().is_empty() {
        for ((_, task), count) in kept {
            violations.add(Kind::Half, format!("{count} answers are kept for task {task}, which isn't there"));
        }
    }
    checked.entries = there.entries.values().map(|entries| entries.len() as u64).sum();
    audit(there, violations);
    Ok(checked)
}

/// Every change of a task stands in the log, once, in order, by its owner, and together they make what the task is.
fn audit(mut there: There, violations: &Violations) {
    for task in &there.tasks {
        let title = &task.fields.title;
        let entries = there.entries.remove(&task.id.to_string()).unwrap_or_default();
        let versions: Vec<_> =
            entries.iter().map(|entry| entry.values["version"].as_i64().unwrap_or_default()).collect();
        if !versions.iter().copied().eq(1..=task.fields.version) {
            let text = format!("{title:?} has version {}, and the log has {versions:?}", task.fields.version);
            violations.add(Kind::Audit, text);
            continue;
        }
        if entries.iter().any(|entry| entry.actor != Some(task.owner)) {
            violations.add(Kind::Foreign, format!("{title:?} was changed by somebody who doesn't own it"));
        }
        let mut changes: Vec<_> = entries.iter().map(|entry| entry.change).collect();
        changes.sort_unstable();
        changes.dedup();
        if changes.len() != entries.len() {
            violations.add(Kind::Audit, format!("two changes of {title:?} are one in the log"));
        }
        let mut values = serde_json::Map::new();
        for entry in &entries {
            values.extend(entry.values.as_object().cloned().unwrap_or_default());
        }
        let text = |name: &str| values.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
        let told = Fields {
            title: text("title").unwrap_or_default(),
            description: text("description"),
            priority: text("priority").unwrap_or_default(),
            status: text("status").unwrap_or_default(),
            trashed: text("deleted_at").is_some(),
            version: task.fields.version,
        };
        if told != task.fields {
            violations.add(Kind::Audit, format!("the log tells of {told:?}, and this is there: {:?}", task.fields));
        }
    }
    for (id, entries) in there.entries {
        let actions: Vec<_> = entries.iter().map(|entry| entry.action.as_str()).collect();
        violations.add(Kind::Half, format!("the log tells of {actions:?} of task {id}, which isn't there"));
    }
}

async fn read(world: &World) -> Fallible<There> {
    let mut connection = world.cluster.connect("docket").await?;
    let tasks = sqlx::query(
        "select id, user_id, title, description, priority::text, status::text, deleted_at is not null as trashed, version
         from tasks",
    );
    let tasks = tasks.try_map(|row: PgRow| {
        Ok(Task {
            id: row.try_get("id")?,
            owner: row.try_get("user_id")?,
            fields: Fields {
                title: row.try_get("title")?,
                description: row.try_get("description")?,
                priority: row.try_get("priority")?,
                status: row.try_get("status")?,
                trashed: row.try_get("trashed")?,
                version: row.try_get("version")?,
            },
        })
    });
    let tasks = tasks.fetch_all(&mut connection).await?;
    let mut entries: HashMap<String, Vec<Entry>> = HashMap::new();
    let logged = sqlx::query(
        "select entity_id, user_id, action, change_id, coalesce(new_values, '{}') as values from audit_logs
         where entity_type = 'task' order by id",
    );
    for row in logged.fetch_all(&mut connection).await? {
        entries.entry(row.try_get("entity_id")?).or_default().push(Entry {
            actor: row.try_get("user_id")?,
            action: row.try_get("action")?,
            change: row.try_get("change_id")?,
            values: row.try_get("values")?,
        });
    }
    let kept = sqlx::query(
        "select user_id, coalesce(answer -> 'body' ->> 'id', '') as task, count(*) as count from idempotency_keys
         where answer ->> 'status' = '201' group by 1, 2",
    );
    let mut answers = HashMap::new();
    for row in kept.fetch_all(&mut connection).await? {
        answers.insert((row.try_get("user_id")?, row.try_get("task")?), row.try_get("count")?);
    }
    Ok(There { tasks, entries, kept: answers })
}
