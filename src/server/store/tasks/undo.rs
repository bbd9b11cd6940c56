//! To take a change back, from what the audit log kept of it.

use sqlx::PgConnection;

use crate::{
    domain::{
        id::{ChangeId, TaskId},
        query::Done,
    },
    error::AppError,
    server::database::{Actor, Failure},
};

/// The tasks that a change has changed; none for a change that wasn't made, or changed nothing.
pub async fn changed_by(db: &mut PgConnection, actor: Actor, change: ChangeId) -> Result<Vec<TaskId>, Failure> {
    let ids = sqlx::query_scalar!(
        r#"select distinct entity_id::uuid as "id!" from audit_logs
           where user_id = $1 and change_id = $2 and entity_type = 'task' order by 1"#,
        actor.user.0,
        change.0
    )
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().map(TaskId).collect())
}

/// Takes a change back, as a change of its own: every field that it changed gets its old value, what it added goes to the trash. All
/// or nothing: where a field has changed again since, the error is [`AppError::Superseded`].
pub async fn undo(db: &mut PgConnection, actor: Actor, change: ChangeId) -> Result<Vec<TaskId>, Failure> {
    let ids = changed_by(&mut *db, actor, change).await?;
    if ids.is_empty() {
        return Err(Failure::App(AppError::NotFound));
    }
    let undone = sqlx::query_scalar!(
        r#"with log as (
               select entity_id::uuid as id, action, coalesce(old_values, '{}') as old, new_values as new, audit_logs.id as number
               from audit_logs where user_id = $1 and change_id = $2 and entity_type = 'task'
           ), change as (
               -- One task may have been changed in two steps, such as its column and its place on the board.
               select id, bool_or(action = 'add') as added, jsonb_object_agg(step.key, step.value order by number desc) as old,
                      jsonb_object_agg(step.key, log.new -> step.key order by number) as new
               from log, jsonb_each(case action when 'add' then new else old end) as step where step.key <> 'version' group by id
           )
           update tasks set
               title = case when added or not old ? 'title' then title else old ->> 'title' end,
               description = case when added or not old ? 'description' then description else old ->> 'description' end,
               status = case when added or not old ? 'status' then status else (old ->> 'status')::task_status end,
               completed_at = case
                   when added or not old ? 'completed_at' then completed_at else (old ->> 'completed_at')::timestamptz end,
               priority = case when added or not old ? 'priority' then priority else (old ->> 'priority')::task_priority end,
               due_date = case when added or not old ? 'due_date' then due_date else (old ->> 'due_date')::date end,
               due_time = case when added or not old ? 'due_time' then due_time else (old ->> 'due_time')::time end,
               position = case when added or not old ? 'position' then position else old ->> 'position' end,
               deleted_at = case
                   when added then coalesce(deleted_at, now())
                   when old ? 'deleted_at' then (old ->> 'deleted_at')::timestamptz
                   else deleted_at end,
               archived_at = case
                   when added or not old ? 'archived_at' then archived_at else (old ->> 'archived_at')::timestamptz end
           from change
           where tasks.id = change.id and tasks.user_id = $1 and case
               when added then jsonb_strip_nulls(task_values(tasks)) - array['version', 'deleted_at', 'archived_at'] = new
               -- A time that was added to a date keeps it.
               else task_values(tasks) @> new
                   and (case when old ? 'due_date' then old ->> 'due_date' is not null else due_date is not null end
                        or case when old ? 'due_time' then old ->> 'due_time' is null else due_time is null end)
               end
           returning tasks.id"#,
        actor.user.0,
        change.0
    )
    .fetch_all(db)
    .await?;
    if undone.len() == ids.len() { Ok(undone.into_iter().map(TaskId).collect()) } else { Err(superseded()) }
}

fn superseded() -> Failure {
    Failure::App(AppError::Superseded)
}

/// What a change did, in words; `None` for one that wasn't made.
pub async fn done(db: &mut PgConnection, actor: Actor, change: ChangeId) -> Result<Option<Done>, Failure> {
    let row = sqlx::query!(
        // Their ids first: no index is used behind row-level security for what is computed on the way.
        r#"with log as materialized (
               select entity_id::uuid as task, action from audit_logs
               where user_id = $1 and change_id = $2 and entity_type = 'task')
           select count(distinct task) as "count!", min(action) as "action!", min(title) as "title!"
           from log join tasks on tasks.id = task and tasks.user_id = $1 having count(*) > 0"#,
        actor.user.0,
        change.0
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| {
        let count = usize::try_from(row.count).unwrap_or_default();
        Done { change, action: row.action, count, title: row.title }
    }))
}
