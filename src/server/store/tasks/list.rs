//! Lists of tasks as programs read them.

use sqlx::{FromRow, PgConnection};
use time::OffsetDateTime;

use super::{Row, find::COLUMNS, uuids};
use crate::{
    domain::{id::TaskId, task::Task},
    server::database::{Actor, Failure},
};

/// A task with its times, which programs want to know to the microsecond.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The task.
    pub task: Task,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
    /// When it was completed, if it is.
    pub completed_at: Option<OffsetDateTime>,
}

/// A row of `tasks` with the times that are not in every list.
#[derive(FromRow)]
struct Timed {
    #[sqlx(flatten)]
    row: Row,
    created_at: OffsetDateTime,
    completed_at: Option<OffsetDateTime>,
}

impl TryFrom<Timed> for Stored {
    type Error = Failure;

    fn try_from(Timed { row, created_at, completed_at }: Timed) -> Result<Self, Failure> {
        Ok(Self { updated_at: row.updated_at, task: row.try_into()?, created_at, completed_at })
    }
}

/// The tasks with these ids, in their order. Those in the trash are left out, and those that aren't there.
pub async fn stored(db: &mut PgConnection, actor: Actor, ids: &[TaskId]) -> Result<Vec<Stored>, Failure> {
    let sql = format!(
        "select {COLUMNS}, created_at, completed_at from tasks
         where user_id = $1 and deleted_at is null and id = any($2) order by array_position($2, id)"
    );
    let rows: Vec<Timed> = sqlx::query_as(&sql).bind(actor.user.0).bind(uuids(ids)).fetch_all(db).await?;
    rows.into_iter().map(Stored::try_from).collect()
}
