//! To edit a task, perhaps from a page that is out of date.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sqlx::PgConnection;

use super::{
    patch::{Expected, hold},
    set,
};
use crate::{
    domain::{
        id::TaskId,
        task::{TaskDraft, TypedTask},
    },
    error::{AppError, Conflict},
    server::database::{Actor, Failure},
};

/// The fields of an edit, as forms name them; the two of a due date go together.
const FIELDS: [&str; 5] = ["title", "description", "status", "priority", "due_date"];

/// Replaces what a person may set, unless somebody has set the same fields to something else since `version`: then nothing is
/// saved, and the error says which. A field that only one of the two has changed is as that one has set it. `theirs` are the
/// fields for which the person, having seen both, has chosen what is there.
pub async fn edit(
    db: &mut PgConnection,
    actor: Actor,
    id: TaskId,
    version: u64,
    draft: &TaskDraft,
    theirs: &BTreeSet<String>,
) -> Result<Vec<TaskId>, Failure> {
    let now = hold(&mut *db, actor, id, &Expected::Any, true).await?;
    let current = fields(&now.draft().typed());
    let mut mine = fields(&draft.typed());
    let mut conflict = Conflict::default();
    if now.version > version {
        let base = as_of(&mut *db, id, version, current.clone()).await?;
        for field in FIELDS {
            let (base, mine, current) = (base.get(field), mine.get(field), current.get(field));
            if mine == current || current == base || theirs.contains(field) {
                continue;
            }
            let list = if mine == base { &mut conflict.theirs } else { &mut conflict.both };
            list.push(field.to_owned());
        }
        if !conflict.both.is_empty() {
            return Err(Failure::App(AppError::Conflict(conflict)));
        }
    }
    for field in FIELDS {
        if theirs.contains(field) || conflict.theirs.iter().any(|name| name == field) {
            mine.insert(field, current[field].clone());
        }
    }
    let draft = TaskDraft::parse(&typed(&mine))?;
    set(db, actor, id, &draft).await?;
    Ok(vec![id])
}

/// The values of a form by field; that of a due date is its day and its time.
fn fields(typed: &TypedTask) -> BTreeMap<&'static str, (String, String)> {
    let one = |text: &String| (text.clone(), String::new());
    let values = [
        one(&typed.title),
        one(&typed.description),
        one(&typed.status),
        one(&typed.priority),
        (typed.due_date.clone(), typed.due_time.clone()),
    ];
    FIELDS.into_iter().zip(values).collect()
}

/// The inverse of [`fields`].
fn typed(fields: &BTreeMap<&'static str, (String, String)>) -> TypedTask {
    let one = |field| fields[field].0.clone();
    TypedTask {
        title: one("title"),
        description: one("description"),
        status: one("status"),
        priority: one("priority"),
        due_date: one("due_date"),
        due_time: fields["due_date"].1.clone(),
    }
}

/// What the fields were at `version`, from the history: what each later change found, the oldest last.
async fn as_of(
    db: &mut PgConnection,
    id: TaskId,
    version: u64,
    mut fields: BTreeMap<&'static str, (String, String)>,
) -> Result<BTreeMap<&'static str, (String, String)>, Failure> {
    let later = sqlx::query_scalar!(
        r#"select old_values as "old_values!" from audit_logs
           where entity_id = $1 and old_values is not null and (new_values ->> 'version')::bigint > $2 order by id desc"#,
        id.to_string(),
        i64::try_from(version).unwrap_or(i64::MAX)
    )
    .fetch_all(db)
    .await?;
    for old in later {
        let text = |name: &str| old.get(name).map(|value| value.as_str().unwrap_or_default().to_owned());
        for (field, (value, time)) in &mut fields {
            if let Some(old) = text(field) {
                *value = old;
            }
            if *field == "due_date"
                && let Some(old) = text("due_time")
            {
                *time = old;
            }
        }
        debug_assert!(matches!(old, Value::Object(_)));
    }
    Ok(fields)
}
