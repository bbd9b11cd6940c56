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
use tokio::{
    sync::Semaphore,
    time::{Duration, timeout},
};
use utoipa::ToSchema;

use super::{
    bodies::{NewTask, OneOf, TaskBody, TaskChanges, given, json},
    caller::Caller,
    extract::{IdempotencyKey, Json, Object},
    openapi::TASKS,
    problem::{Problem, ProblemBody},
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

/// What can be done.
const ACTIONS: [&str; 6] = ["create", "update", "delete", "restore", "complete", "reopen"];

/// So many are worked on at a time: each holds a connection, and one may wait for another.
static TURNS: Semaphore = Semaphore::const_new(2);

/// How long one waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

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
    operations: Vec<Object<Change>>,
}

fn yes() -> bool {
    true
}

/// One change, as it is described.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
#[allow(dead_code, reason = "only its schema is needed: what is read is a Change, whose errors know where they are")]
enum Operation {
    /// Adds a task.
    Create {
        /// The task.
        #[schema(value_type = NewTask)]
        task: TaskChanges,
    },
    /// Changes what is named of a task.
    Update {
        /// The task.
        #[schema(format = "uuid")]
        id: String,
        /// The version that is meant; any, unless given.
        #[schema(value_type = u64, required = false, minimum = 1, maximum = 9_007_199_254_740_991_u64)]
        version: Option<u64>,
        /// What is to change.
        task: TaskChanges,
    },
    /// Moves a task to the trash.
    Delete {
        /// The task.
        #[schema(format = "uuid")]
        id: String,
        /// The version that is meant; any, unless given.
        #[schema(value_type = u64, required = false, minimum = 1, maximum = 9_007_199_254_740_991_u64)]
        version: Option<u64>,
    },
    /// Takes a task out of the trash.
    Restore {
        /// The task.
        #[schema(format = "uuid")]
        id: String,
        /// The version that is meant; any, unless given.
        #[schema(value_type = u64, required = false, minimum = 1, maximum = 9_007_199_254_740_991_u64)]
        version: Option<u64>,
    },
    /// Marks a task done.
    Complete {
        /// The task.
        #[schema(format = "uuid")]
        id: String,
        /// The version that is meant; any, unless given.
        #[schema(value_type = u64, required = false, minimum = 1, maximum = 9_007_199_254_740_991_u64)]
        version: Option<u64>,
    },
    /// Makes a completed task pending again.
    Reopen {
        /// The task.
        #[schema(format = "uuid")]
        id: String,
        /// The version that is meant; any, unless given.
        #[schema(value_type = u64, required = false, minimum = 1, maximum = 9_007_199_254_740_991_u64)]
        version: Option<u64>,
    },
}

/// One change, as it is read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    action: String,
    #[serde(default, deserialize_with = "given")]
    id: Option<String>,
    #[serde(default, deserialize_with = "version")]
    version: Option<u64>,
    #[serde(default, deserialize_with = "given")]
    task: Option<Object<TaskChanges>>,
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
    fn of(change: &Change) -> Result<Self, AppError> {
        let mut errors = FieldErrors::default();
        let action = change.action.as_str();
        if !ACTIONS.contains(&action) {
            return Err(FieldErrors::one("action", format!("This is one of {}.", ACTIONS.join(", "))));
        }
        let (creates, has_task) = (action == "create", action == "create" || action == "update");
        let mut wanted = |field: &str, is: bool, wanted: bool| match (is, wanted) {
            (false, true) => errors.refuse(field, "This is needed."),
            (true, false) => errors.refuse(field, "There is no such field for this action."),
            _ => {}
        };
        wanted("id", change.id.is_some(), !creates);
        wanted("version", change.version.is_some(), !creates && change.version.is_some());
        wanted("task", change.task.is_some(), has_task);
        let id = change.id.as_deref().map(|id| id.parse().map_err(|_| OneOf("the ids of tasks")));
        let id = errors.check("id", id.transpose()).flatten();
        let expected = match change.version {
            None => Expected::Any,
            Some(version @ 1..=VERSIONS) => Expected::OneOf(vec![version]),
            Some(_) => {
                errors.refuse("version", format!("This is a whole number from 1 to {VERSIONS}."));
                Expected::Any
            }
        };
        let task = change.task.as_ref().map(|Object(task)| task);
        let draft = task.filter(|_| creates).map(TaskChanges::draft).transpose().map_err(inside);
        let patch = task.filter(|_| !creates).map(TaskChanges::patch).transpose().map_err(inside);
        for error in [draft.as_ref().err(), patch.as_ref().err()].into_iter().flatten() {
            if let AppError::Invalid(inner) = error {
                inner.iter().for_each(|(field, message)| errors.refuse(field, message.clone()));
            }
        }
        if !errors.is_empty() {
            return Err(errors.into());
        }
        match (action, id, draft?, patch?) {
            ("create", _, Some(draft), _) => Ok(Self::Add(draft)),
            ("update", Some(id), _, Some(patch)) => Ok(Self::Patch(id, expected, patch)),
            ("delete", Some(id), ..) => Ok(Self::Delete(id, expected)),
            ("restore", Some(id), ..) => Ok(Self::Restore(id, expected)),
            ("complete", Some(id), ..) => {
                let complete = TaskPatch { status: Some(TaskStatus::Completed), ..TaskPatch::default() };
                Ok(Self::Patch(id, expected, complete))
            }
            ("reopen", Some(id), ..) => {
                Ok(Self::Patch(id, expected, TaskPatch { reopen: true, ..TaskPatch::default() }))
            }
            _ => Err(AppError::Internal),
        }
    }

    /// The task that it is about, if there is one already.
    fn task(&self) -> Option<TaskId> {
        match self {
            Self::Add(_) => None,
            Self::Patch(id, ..) | Self::Delete(id, _) | Self::Restore(id, _) => Some(*id),
        }
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
        named.refuse(&format!("{parent}.{field}"), message.clone());
    }
    named.into()
}

/// Checks all operations, so that a program learns of all that is wrong at once.
fn checked(operations: &[Object<Change>]) -> Result<Arc<[Step]>, Problem> {
    if operations.is_empty() || operations.len() > MOST {
        return Err(Problem::from(FieldErrors::one("operations", format!("These are 1 to {MOST} operations."))));
    }
    let mut all = FieldErrors::default();
    let mut steps = Vec::with_capacity(operations.len());
    for (index, Object(operation)) in operations.iter().enumerate() {
        match Step::of(operation).map_err(|error| renamed(&format!("operations[{index}]"), error)) {
            Ok(step) => steps.push(step),
            Err(AppError::Invalid(errors)) => {
                errors.iter().for_each(|(field, message)| all.refuse(field, message.clone()));
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
    let turn = timeout(PATIENCE, TURNS.acquire()).await;
    let turn = Arc::new(turn.ok().and_then(Result::ok).ok_or(AppError::Unavailable)?);
    // Where it failed, as an error leaves no other trace.
    let at = Arc::new(AtomicUsize::new(0));
    let failed = Arc::clone(&at);
    // Many statements, one after the other, to a database that may be far away.
    let database = caller.database.patient();
    let done = once(&database, caller.actor(), key, state.clock.now_utc(), move |db, actor| {
        // The turn is held until it is done, even if who asked hangs up.
        let (steps, at, turn) = (Arc::clone(&steps), Arc::clone(&at), Arc::clone(&turn));
        Box::pin(async move {
            let _turn = turn;
            run(db, actor, &steps, atomic, &at).await
        })
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
    // All at first, in one order: two requests about the same tasks wait for each other and never both.
    let held: Vec<_> = steps.iter().filter_map(Step::task).collect();
    patch::hold_all(&mut *db, actor, &held).await?;
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
