//! One task with its history.

use serde_json::Value;
use sqlx::PgConnection;

use super::by_ids;
use crate::{
    domain::{
        history::{Event, FieldChange, TaskDetail},
        id::TaskId,
    },
    error::AppError,
    server::{
        clock::Local,
        database::{Actor, Failure},
        store::events::{AuditRow, cut},
    },
};

/// How many changes are shown at once.
const PAGE: i64 = 20;

/// A task, in the trash or not, with the changes before the one with the number `before`, newest first.
pub async fn detail(
    db: &mut PgConnection,
    actor: Actor,
    id: TaskId,
    before: Option<i64>,
    local: &Local,
) -> Result<TaskDetail, Failure> {
    let task = by_ids(&mut *db, actor, &[id]).await?.pop().ok_or(Failure::App(AppError::NotFound))?;
    let times = sqlx::query!(
        "select created_at, updated_at, completed_at from tasks where id = $2 and user_id = $1",
        actor.user.0,
        id.0
    )
    .fetch_one(&mut *db)
    .await?;
    let rows = sqlx::query!(
        r#"select log.id, users.name as "name?", action, old_values, new_values, log.created_at
           from audit_logs log left join users on users.id = log.user_id
           where entity_id = $1 and entity_type = 'task' and log.id < $2 order by log.id desc limit $3"#,
        id.to_string(),
        before.unwrap_or(i64::MAX),
        PAGE + 1
    )
    .fetch_all(db)
    .await?;
    let mut history: Vec<_> = rows
        .into_iter()
        .map(|row| Event {
            id: row.id,
            by: row.name,
            at: local.at(row.created_at),
            fields: fields(&row.action, row.old_values.as_ref(), row.new_values.as_ref()),
            action: row.action,
        })
        .collect();
    let more = history.len() > usize::try_from(PAGE).unwrap_or_default();
    if more {
        history.pop();
    }
    Ok(TaskDetail {
        task,
        created: local.at(times.created_at),
        updated: local.at(times.updated_at),
        completed: times.completed_at.map(|at| local.at(at)),
        now: local.now(),
        older: history.last().filter(|_| more).map(|event| event.id),
        history,
    })
}

/// Up to `limit` changes of a task that isn't in the trash, before the one with the number `before`, the last first; and the number from
/// which to go on, if there are more.
pub async fn events(
    db: &mut PgConnection,
    actor: Actor,
    id: TaskId,
    before: Option<i64>,
    limit: u16,
) -> Result<(Vec<AuditRow>, Option<i64>), Failure> {
    let live = sqlx::query_scalar!(
        r#"select exists (select from tasks where id = $2 and user_id = $1 and deleted_at is null) as "live!""#,
        actor.user.0,
        id.0
    );
    if !live.fetch_one(&mut *db).await? {
        return Err(Failure::App(AppError::NotFound));
    }
    let rows = sqlx::query_as!(
        AuditRow,
        "select id, action, entity_type, entity_id, old_values, new_values, created_at from audit_logs
         where entity_id = $1 and entity_type = 'task' and id < $2 order by id desc limit $3",
        id.to_string(),
        before.unwrap_or(i64::MAX),
        i64::from(limit) + 1
    )
    .fetch_all(db)
    .await?;
    Ok(cut(rows, limit))
}

/// What people want to know of a change.
fn fields(action: &str, old: Option<&Value>, new: Option<&Value>) -> Vec<FieldChange> {
    if action == "add" {
        return Vec::new();
    }
    let text = |values: Option<&Value>, name: &str| {
        values.and_then(|values| values.get(name)).and_then(Value::as_str).map(str::to_owned)
    };
    let changed = |name: &str| new.is_some_and(|new| new.get(name).is_some());
    let archive = changed("archived_at") && action != "archive";
    let archive = archive.then(|| if text(new, "archived_at").is_some() { "archived" } else { "unarchived" });
    ["title", "description", "status", "priority", "due_date", "due_time"]
        .into_iter()
        .filter(|name| changed(name))
        .map(|name| FieldChange { field: name.to_owned(), old: text(old, name), new: text(new, name) })
        .chain(archive.map(|said| FieldChange { field: said.to_owned(), old: None, new: None }))
        .collect()
}
