//! Many changes at once: `POST /api/v1/tasks/bulk`.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{extract::State, http::StatusCode};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, Unexpected},
};
use sqlx::{Connection, PgConnection};
use utoipa::ToSchema;

use super::{
    caller::Caller,
    extract::{IdempotencyKey, Json, Object},
    openapi::TASKS,
    problem::{Problem, ProblemBody},
    tasks::{NewTask, TaskBody, TaskChanges, json},
};
use crate::{
    domain::{
        id::TaskId,
        scope::Scope,
        task::{TaskDraft, TaskPatch, TaskStatus},
    },
    error::{AppError, FieldErrors},
    server::{
        database::{Actor, Failure},
        state::AppState,
        store::{
            idempotency::{Answer, once},
            tasks::{
                self, MOST,
                list::stored,
                patch::{self, Expected},
            },
        },
    },
};

/// The greatest version: what a number in JSON can be without loss (RFC 8259, section 6).
const VERSIONS: u64 = 9_007_199_254_740_991;

/// Up to 500 changes, done in their order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Bulk {
    /// Whether all are done or none; without it, each succeeds or fails by itself.
    #[serde(default = "yes")]
    #[schema(required = false, default = true)]
    atomic: bool,
    /// The changes.
    #[schema(value_type = Vec<Operation>, min_items = 1, max_items = 500)]
    operations: Vec<Object<Operation>>,
}

fn yes() -> bool {
    true
}

/// One change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub enum Operation {
    /// Adds a task.
    Create {
        /// The task.
        #[schema(value_type = NewTask)]
        task: Object<NewTask>,
    },
    /// Changes what is named of a task.
    Update {
        /// The task.
        #[schema(format = "uuid")]
        id: String,
        /// The version that is meant; any, unless given.
        #[serde(default, deserialize_with = "version")]
        #[schema(value_type = u64, required = false, minimum = 1, maximum = 9_007_199_254_740_991_u64)]
        version: Option<u64>,
        /// What is to change.
        #[schema(value_type = TaskChanges)]
        task: Object<TaskChanges>,
    },
    /// Moves a task to the trash.
    Delete {
        /// The task.
        #[schema(format = "uuid")]
        id: String,
        /// The version that is meant; any, unless given.
        #[serde(default, deserialize_with = "version")]
        #[schema(value_type = u64, required = false, minimum = 1, maximum = 9_007_199_254_740_991_u64)]
        version: Option<u64>,
    },
    /// Takes a task out of the trash.
    Restore {
        /// The task.
        #[schema(format = "uuid")]
        id: String,
        /// The version that is meant; any, unless given.
        #[serde(default, deserialize_with = "version")]
        #[schema(value_type = u64, required = false, minimum = 1, maximum = 9_007_199_254_740_991_u64)]
        version: Option<u64>,
    },
    /// Marks a task done.
    Complete {
        /// The task.
        #[schema(format = "uuid")]
        id: String,
        /// The version that is meant; any, unless given.
        #[serde(default, deserialize_with = "version")]
        #[schema(value_type = u64, required = false, minimum = 1, maximum = 9_007_199_254_740_991_u64)]
        version: Option<u64>,
    },
    /// Makes a completed task pending again.
    Reopen {
        /// The task.
        #[schema(format = "uuid")]
        id: String,
        /// The version that is meant; any, unless given.
        #[serde(default, deserialize_with = "version")]
        #[schema(value_type = u64, required = false, minimum = 1, maximum = 9_007_199_254_740_991_u64)]
        version: Option<u64>,
    },
}

/// A whole number that is there, also one that is written like `1.0`: for JSON Schema that is one, too.
fn version<'de, D: Deserializer<'de>>(value: D) -> Result<Option<u64>, D::Error> {
    let number = serde_json::Number::deserialize(value)?;
    let whole = number.as_f64().filter(|number| number.fract() == 0.0).map(|number| format!("{number:.0}"));
    let version = number.as_u64().or_else(|| whole?.parse().ok());
    version.map(Some).ok_or_else(|| D::Error::invalid_type(Unexpected::Other("number"), &"a whole number"))
}

/// What became of each change, in their order.
#[derive(Serialize, ToSchema)]
struct BulkResults {
    /// One for each operation.
    results: Vec<OperationResult>,
}

/// What became of a change.
#[derive(Serialize, ToSchema)]
struct OperationResult {
    /// What the status of an answer to it alone would be.
    #[schema(minimum = 200, maximum = 599, example = 201)]
    status: u16,
    /// The task as it is when all is done; none where it was deleted, or the change failed.
    #[schema(required)]
    task: Option<TaskBody>,
    /// Why it failed.
    #[schema(required)]
    error: Option<ProblemBody>,
}

/// A change, checked.
#[derive(Clone, Debug)]
enum Step {
    Add(TaskDraft),
    Patch(TaskId, Expected, TaskPatch),
    Delete(TaskId, Expected),
    Restore(TaskId, Expected),
}

impl Step {
    /// Checks what can be said without the tasks.
    fn of(operation: &Operation) -> Result<Self, AppError> {
        let id = |id: &str| id.parse().map_err(|_| FieldErrors::one("id", "This is no id of a task."));
        let expected = |version: &Option<u64>| match version {
            None => Ok(Expected::Any),
            Some(version @ 1..=VERSIONS) => Ok(Expected::OneOf(vec![*version])),
            Some(_) => Err(FieldErrors::one("version", format!("This is a whole number from 1 to {VERSIONS}."))),
        };
        Ok(match operation {
            Operation::Create { task } => Self::Add(task.0.draft().map_err(inside)?),
            Operation::Update { id: task, version, task: changes } => {
                Self::Patch(id(task)?, expected(version)?, changes.0.patch().map_err(inside)?)
            }
            Operation::Delete { id: task, version } => Self::Delete(id(task)?, expected(version)?),
            Operation::Restore { id: task, version } => Self::Restore(id(task)?, expected(version)?),
            Operation::Complete { id: task, version } => {
                let complete = TaskPatch { status: Some(TaskStatus::Completed), ..TaskPatch::default() };
                Self::Patch(id(task)?, expected(version)?, complete)
            }
            Operation::Reopen { id: task, version } => {
                let reopen = TaskPatch { reopen: true, ..TaskPatch::default() };
                Self::Patch(id(task)?, expected(version)?, reopen)
            }
        })
    }

    /// Does it; gives the status of an answer to it alone, and the task.
    async fn run(&self, db: &mut PgConnection, actor: Actor) -> Result<(StatusCode, Option<TaskId>), Failure> {
        let (status, ids) = match self {
            Self::Add(draft) => (StatusCode::CREATED, tasks::add(db, actor, draft).await?),
            Self::Patch(id, expected, changes) => {
                (StatusCode::OK, patch::patch(db, actor, *id, expected, changes).await?)
            }
            Self::Delete(id, expected) => {
                patch::delete(db, actor, *id, expected).await?;
                (StatusCode::NO_CONTENT, Vec::new())
            }
            Self::Restore(id, expected) => (StatusCode::OK, patch::restore(db, actor, *id, expected).await?),
        };
        Ok((status, ids.first().copied()))
    }
}

/// Names the fields of a task as those of its operation.
fn inside(error: AppError) -> AppError {
    renamed("task", error)
}

fn renamed(parent: &str, error: AppError) -> AppError {
    let AppError::Invalid(errors) = error else { return error };
    let mut named = FieldErrors::default();
    for (field, message) in errors.iter() {
        named.refuse(&format!("{parent}.{field}"), message);
    }
    named.into()
}

/// Checks all operations, so that a program learns of all that is wrong at once.
fn checked(operations: &[Object<Operation>]) -> Result<Arc<[Step]>, Problem> {
    if operations.is_empty() || operations.len() > MOST {
        return Err(Problem::from(FieldErrors::one("operations", format!("These are 1 to {MOST} operations."))));
    }
    let mut all = FieldErrors::default();
    let mut steps = Vec::with_capacity(operations.len());
    for (index, Object(operation)) in operations.iter().enumerate() {
        match Step::of(operation).map_err(|error| renamed(&format!("operations[{index}]"), error)) {
            Ok(step) => steps.push(step),
            Err(AppError::Invalid(errors)) => {
                errors.iter().for_each(|(field, message)| all.refuse(field, message));
            }
            Err(error) => return Err(error.into()),
        }
    }
    if all.is_empty() { Ok(steps.into()) } else { Err(all.into()) }
}

/// Makes up to 500 changes.
///
/// All in one transaction, and by default all or nothing: then the answer to a failure is that of the first change that failed, and
/// nothing is done. With `atomic: false`, each succeeds or fails by itself: for a task that isn't there, or has another version. What isn't as
/// described here is refused as a whole in any case.
#[utoipa::path(post, path = "/tasks/bulk", tag = TASKS, operation_id = "changeTasks",
    security(("session" = []), ("token" = ["tasks:write"])),
    request_body = Bulk,
    responses((status = 200, description = "What became of each", body = BulkResults)))]
pub async fn bulk(
    State(state): State<AppState>,
    caller: Caller,
    key: IdempotencyKey,
    Json { value: Bulk { atomic, operations }, bytes }: Json<Bulk>,
) -> Result<Answer, Problem> {
    caller.may(Scope::TasksWrite)?;
    let steps = checked(&operations)?;
    let key = key.of(&[b"POST /tasks/bulk", &bytes]);
    // Where it failed, as an error leaves no other trace.
    let at = Arc::new(AtomicUsize::new(0));
    let failed = Arc::clone(&at);
    let done = once(&caller.database, caller.actor(), key, state.clock.now_utc(), move |db, actor| {
        let (steps, at) = (Arc::clone(&steps), Arc::clone(&at));
        Box::pin(async move { run(db, actor, &steps, atomic, &at).await })
    });
    done.await.map_err(|error| match error {
        AppError::Unavailable | AppError::Internal | AppError::KeyInUse | AppError::KeyReused => Problem::from(error),
        error => Problem::Operation(failed.load(Ordering::Relaxed), error),
    })
}

async fn run(
    db: &mut PgConnection,
    actor: Actor,
    steps: &[Step],
    atomic: bool,
    at: &AtomicUsize,
) -> Result<Answer, Failure> {
    let mut done = Vec::with_capacity(steps.len());
    for (index, step) in steps.iter().enumerate() {
        at.store(index, Ordering::Relaxed);
        let result = if atomic { step.run(&mut *db, actor).await } else { alone(&mut *db, actor, step).await };
        match result {
            Ok(result) => done.push(Ok(result)),
            // What isn't this change's own fault ends all of them.
            Err(Failure::App(error)) if !atomic => done.push(Err(error)),
            Err(failure) => return Err(failure),
        }
    }
    let ids: Vec<_> = done.iter().flatten().filter_map(|(_, id)| *id).collect();
    let tasks: Vec<_> = stored(db, actor, &ids).await?.into_iter().map(|task| (task.task.id, task)).collect();
    let task = |id: TaskId| tasks.iter().find(|(other, _)| *other == id).map(|(_, task)| task.clone().into());
    let results = done.into_iter().map(|result| match result {
        Ok((status, id)) => OperationResult { status: status.as_u16(), task: id.and_then(task), error: None },
        Err(error) => {
            let problem = Problem::from(error);
            OperationResult { status: problem.status().as_u16(), task: None, error: Some(problem.body("")) }
        }
    });
    let body = json(&BulkResults { results: results.collect() })?;
    Ok(Answer { status: 200, version: None, location: None, body })
}

/// Does one change so that it leaves nothing behind where it fails.
async fn alone(db: &mut PgConnection, actor: Actor, step: &Step) -> Result<(StatusCode, Option<TaskId>), Failure> {
    let mut savepoint = db.begin().await?;
    let result = step.run(&mut savepoint, actor).await?;
    savepoint.commit().await?;
    Ok(result)
}
