use docket::server::migrations::{self, Target};
use sqlx::{PgPool, postgres::PgConnectOptions};

use crate::support::{cluster, empty_database};

async fn fresh() -> (PgConnectOptions, PgPool) {
    let options = cluster().await.options(&empty_database().await);
    (options.clone(), PgPool::connect_with(options).await.unwrap())
}

async fn tables(pool: &PgPool) -> Vec<String> {
    let names = "select relname::text from pg_class where relnamespace = 'public'::regnamespace
                 union select typname from pg_type where typnamespace = 'public'::regnamespace
                 union select proname from pg_proc where pronamespace = 'public'::regnamespace order by 1";
    let mut names: Vec<String> = sqlx::query_scalar(names).fetch_all(pool).await.unwrap();
    names.retain(|name| !name.contains("_sqlx_migrations"));
    names
}

#[tokio::test]
async fn down_to_nothing_leaves_nothing_and_up_again_works() {
    let (options, pool) = fresh().await;
    let before = tables(&pool).await;
    migrations::up(&options).await.unwrap();
    let after = tables(&pool).await;
    assert!(after.len() > before.len());
    migrations::down(&options, Target::Nothing).await.unwrap();
    assert_eq!(tables(&pool).await, before);
    migrations::up(&options).await.unwrap();
    assert_eq!(tables(&pool).await, after);
}

#[tokio::test]
async fn each_step_can_be_undone_by_itself_and_status_shows_where_it_is() {
    let (options, pool) = fresh().await;
    let steps = migrations::status(&pool).await.unwrap();
    assert!(steps.iter().all(|step| !step.applied) && steps.len() >= 2);
    migrations::up(&options).await.unwrap();
    for left in (0..steps.len()).rev() {
        migrations::down(&options, Target::Previous).await.unwrap();
        let applied = migrations::status(&pool).await.unwrap().iter().filter(|step| step.applied).count();
        assert_eq!(applied, left);
    }
    migrations::down(&options, Target::Previous).await.unwrap();
    migrations::up(&options).await.unwrap();
    migrations::down(&options, Target::Version(steps[0].version)).await.unwrap();
    assert_eq!(migrations::missing(&pool).await.unwrap(), steps.len() - 1);
}

#[tokio::test]
async fn the_database_itself_refuses_what_the_rules_refuse() {
    let (options, pool) = fresh().await;
    migrations::up(&options).await.unwrap();
    let user = "insert into users (id, email, name) values (gen_random_uuid(), 'ada@example.org', 'Ada')";
    sqlx::query(user).execute(&pool).await.unwrap();
    let owner = "select gen_random_uuid(), id";
    for (what, statement) in [
        ("the address in another case", user.replace("ada@", "ADA@")),
        ("no address", user.replace("ada@", "")),
        ("a blank name", user.replace("'Ada'", "' '").replace("ada@", "b@")),
        ("a blank title", format!("insert into tasks (id, user_id, title) {owner}, '  ' from users")),
        ("a long title", format!("insert into tasks (id, user_id, title) {owner}, repeat('x', 201) from users")),
        (
            "a long description",
            format!("insert into tasks (id, user_id, title, description) {owner}, 'x', repeat('x', 1001) from users"),
        ),
        (
            "done without a time",
            format!("insert into tasks (id, user_id, title, status) {owner}, 'x', 'completed' from users"),
        ),
        (
            "nobody's task",
            "insert into tasks (id, user_id, title) select gen_random_uuid(), gen_random_uuid(), 'x'".to_owned(),
        ),
    ] {
        assert!(sqlx::query(&statement).execute(&pool).await.is_err(), "took {what}");
    }
    sqlx::query(&format!("insert into tasks (id, user_id, title) {owner}, 'x' from users"))
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("delete from users").execute(&pool).await.unwrap();
    let (left,): (i64,) = sqlx::query_as("select count(*) from tasks").fetch_one(&pool).await.unwrap();
    assert_eq!(left, 0, "tasks outlive their owner");
}

#[tokio::test]
async fn updated_at_follows_every_change() {
    let (options, pool) = fresh().await;
    migrations::up(&options).await.unwrap();
    sqlx::query(
        "insert into users (id, email, name, updated_at) values (gen_random_uuid(), 'a@b.c', 'Ada', '2000-01-01')",
    )
    .execute(&pool)
    .await
    .unwrap();
    sqlx::query("update users set name = 'Grace'").execute(&pool).await.unwrap();
    let (fresh,): (bool,) =
        sqlx::query_as("select updated_at > '2000-01-02' from users").fetch_one(&pool).await.unwrap();
    assert!(fresh);
}
