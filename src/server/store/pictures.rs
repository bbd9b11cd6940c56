//! The pictures of people.

use sqlx::PgConnection;

use crate::server::{
    database::{Actor, Failure},
    pictures::Picture,
};

/// Sets the picture of who acts.
pub async fn set(db: &mut PgConnection, actor: Actor, picture: &Picture) -> Result<(), Failure> {
    sqlx::query!(
        "insert into pictures (user_id, bytes, content_type, hash) values ($1, $2, $3, $4)
         on conflict (user_id) do update set bytes = $2, content_type = $3, hash = $4",
        actor.user.0,
        picture.bytes,
        picture.content_type,
        picture.hash
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!("update users set image = '/pictures/' || $2::text where id = $1", actor.user.0, picture.hash)
        .execute(db)
        .await?;
    Ok(())
}

/// Removes the picture of who acts. Fine for who has none.
pub async fn remove(db: &mut PgConnection, actor: Actor) -> Result<(), Failure> {
    sqlx::query!("delete from pictures where user_id = $1", actor.user.0).execute(&mut *db).await?;
    sqlx::query!("update users set image = null where id = $1", actor.user.0).execute(db).await?;
    Ok(())
}
