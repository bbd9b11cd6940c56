use std::future::Future;
use std::task::{Context, Waker};

use docket::{
    domain::{
        id::TaskId,
        task::{TaskDraft, TypedTask},
    },
    error::AppError,
    server::{
        database::{Actor, Failure, act_as, in_one_transaction},
        store::{accounts, tasks},
    },
};
use sqlx::PgConnection;

use crate::support::{App, new_change};

async fn actor(app: &App) -> Actor {
    app.person("ada").await;
    app.actor("ada").await
}

fn draft(title: &str) -> TaskDraft {
    TaskDraft::parse(&TypedTask { title: title.into(), ..TypedTask::default() }).unwrap()
}

async fn titles(app: &App) -> Vec<String> {
    sqlx::query_scalar("select title from tasks").fetch_all(app.pool()).await.unwrap()
}

#[tokio::test]
async fn a_client_that_hangs_up_does_not_cut_a_write_in_half() {
    let app = App::start().await;
    let actor = actor(&app).await;
    let draft = draft("survives");
    {
        let database = app.state.database.clone();
        let mut write = Box::pin(database.write(actor, new_change(), move |db, actor| {
            let draft = draft.clone();
            Box::pin(async move { tasks::add(db, actor, &draft).await })
        }));
        // Begun, then dropped, as a request is whose client is gone.
        let _ = write.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }
    let done = async {
        loop {
            if titles(&app).await == ["survives"] {
                break;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), done).await.expect("the write was lost");
}

#[tokio::test]
async fn nobody_notices_that_connections_broke_while_they_rested() {
    let app = App::with(&[("DATABASE_POOL_SIZE", "4")]).await;
    let actor = actor(&app).await;
    let barrier = std::sync::Arc::new(tokio::sync::Barrier::new(4));
    let look = || {
        let barrier = barrier.clone();
        app.state.database.read(actor, move |db, actor| {
            let barrier = barrier.clone();
            Box::pin(async move {
                // All of them at once, so that each has a connection of its own.
                barrier.wait().await;
                accounts::about(db, actor).await
            })
        })
    };
    for _ in 0..3 {
        let looked = tokio::join!(look(), look(), look(), look());
        assert!(looked.0.is_ok() && looked.1.is_ok() && looked.2.is_ok() && looked.3.is_ok(), "{looked:?}");
        let ended = "select count(pg_terminate_backend(pid)) from pg_stat_activity
             where datname = current_database() and application_name = 'docket'";
        let ended: i64 = sqlx::query_scalar(ended).fetch_one(app.pool()).await.unwrap();
        assert!(ended >= 4, "{ended}");
    }
}

#[tokio::test]
async fn a_use_case_that_fails_leaves_no_trace() {
    let app = App::start().await;
    let actor = actor(&app).await;
    let draft = draft("half");
    let result = app.state.database.write(actor, new_change(), move |db, actor| {
        let draft = draft.clone();
        Box::pin(async move {
            tasks::add(db, actor, &draft).await?;
            Err::<(), _>(Failure::App(AppError::NotFound))
        })
    });
    assert_eq!(result.await, Err(AppError::NotFound));
    assert!(titles(&app).await.is_empty());
}

/// What tells one transaction from another: when it began, and whose it is.
async fn transaction(db: &mut PgConnection) -> Result<(String, String), Failure> {
    let this = sqlx::query_as("select pg_backend_pid() || ' ' || now(), current_setting('docket.user_id', true)");
    Ok(this.fetch_one(db).await?)
}

/// The plan of a count, where PostgreSQL takes helpers for cheap.
async fn count(db: &mut PgConnection, more: &'static str) -> Result<String, Failure> {
    let cheap =
        ["parallel_setup_cost", "parallel_tuple_cost", "min_parallel_table_scan_size", "min_parallel_index_scan_size"];
    for name in cheap {
        sqlx::query("select set_config($1, '0', true)").bind(name).execute(&mut *db).await?;
    }
    sqlx::query(more).execute(&mut *db).await?;
    let plan = sqlx::query_scalar("explain select count(*) from tasks where user_id = acting_user()");
    let lines: Vec<String> = plan.fetch_all(&mut *db).await?;
    Ok(lines.join("\n"))
}

/// To start them takes longer than what anybody asks for (`docs/database.md`, "Rules for queries").
#[tokio::test]
async fn no_statement_takes_helpers() {
    let app = App::start().await;
    let ada = actor(&app).await;
    app.sql(
        "insert into tasks (id, user_id, title, position)
         select gen_random_uuid(), id, 'one of many', lpad(to_hex(n), 24, '0') from users, generate_series(1, 3000) as n",
    )
    .await;
    app.sql("analyze tasks").await;
    let plan = async |more| app.state.database.read(ada, move |db, _| Box::pin(count(db, more))).await.unwrap();
    let alone = plan("select 1").await;
    assert!(alone.contains("Aggregate") && !alone.contains("Gather"), "{alone}");
    let helped = plan("set local max_parallel_workers_per_gather = 2").await;
    assert!(helped.contains("Gather"), "{helped}");
}

#[tokio::test]
async fn who_asks_is_found_in_the_transaction_that_reads_what_they_see() {
    let app = App::with(&[("DATABASE_POOL_SIZE", "1"), ("DATABASE_ACQUIRE_TIMEOUT", "5")]).await;
    let ada = actor(&app).await;
    app.person("eve").await;
    let eve = app.actor("eve").await;
    let database = app.state.database.clone();
    let enter = async |somebody: Option<Actor>| {
        let found = database.enter(move |db| {
            Box::pin(async move {
                if let Some(actor) = somebody {
                    act_as(&mut *db, actor).await?;
                }
                Ok(Some((somebody, transaction(db).await?.0)))
            })
        });
        found.await.unwrap().unwrap()
    };
    let read = async |actor: Actor| {
        database.read(actor, |db, _| Box::pin(async move { transaction(db).await })).await.unwrap()
    };
    let is = |actor: Actor| actor.user.to_string();
    in_one_transaction(async {
        let entered = enter(Some(ada)).await;
        assert_eq!(read(ada).await, (entered.clone(), is(ada)));
        // The first only: what is read later may have changed.
        assert_ne!(read(ada).await.0, entered);

        // Nobody reads in a transaction of somebody else, and the only connection is free for another.
        let entered = enter(Some(ada)).await;
        let (other, whose) = read(eve).await;
        assert!(other != entered && whose == is(eve), "{other} {whose}");
        enter(Some(eve)).await;
        let written = database.write(ada, new_change(), |db, _| Box::pin(async move { transaction(db).await })).await.unwrap();
        assert_eq!(written.1, is(ada));
        let entered = enter(Some(eve)).await;
        enter(None).await;
        let (other, whose) = read(eve).await;
        assert!(other != entered && whose == is(eve), "{other} {whose}");

        // One that broke meanwhile costs nobody anything.
        enter(Some(ada)).await;
        app.sql("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'docket'").await;
        assert_eq!(read(ada).await.1, is(ada));
        enter(Some(ada)).await;
    })
    .await;
    // What nobody has used is over: the only connection is good for a write.
    let draft = draft("after it");
    let added = app.state.database.write(ada, new_change(), move |db, actor| {
        let draft = draft.clone();
        Box::pin(async move { tasks::add(db, actor, &draft).await })
    });
    added.await.unwrap();
    // A request that may write leaves nothing open.
    let entered = enter(Some(ada)).await;
    assert_ne!(read(ada).await.0, entered);
}

#[tokio::test]
async fn who_hangs_up_while_being_looked_for_leaves_no_transaction_behind() {
    let app = App::with(&[("DATABASE_POOL_SIZE", "2"), ("DATABASE_ACQUIRE_TIMEOUT", "5")]).await;
    let actor = actor(&app).await;
    let database = &app.state.database;
    for microseconds in (0..300).map(|step| step * 20) {
        let request = in_one_transaction(async {
            let entered = database.enter(move |db| {
                Box::pin(async move {
                    act_as(&mut *db, actor).await?;
                    Ok(Some((Some(actor), ())))
                })
            });
            entered.await?;
            tokio::task::yield_now().await;
            database.read(actor, |db, actor| Box::pin(accounts::about(db, actor))).await
        });
        let answer = tokio::time::timeout(std::time::Duration::from_micros(microseconds), request).await;
        assert!(!matches!(answer, Ok(Err(_))), "{answer:?}");
    }
}

#[tokio::test]
async fn a_use_case_that_panics_leaves_its_connection_in_order() {
    let app = App::with(&[("DATABASE_POOL_SIZE", "1"), ("DATABASE_ACQUIRE_TIMEOUT", "5")]).await;
    let actor = actor(&app).await;
    let draft = draft("half");
    let panics = app.state.database.write(actor, new_change(), move |db, actor| {
        let draft = draft.clone();
        Box::pin(async move {
            tasks::add(db, actor, &draft).await?;
            assert!(draft.title.as_str().is_empty(), "on purpose");
            Ok(())
        })
    });
    assert_eq!(panics.await, Err(AppError::Internal));
    assert!(app.state.database.read(actor, |db, actor| Box::pin(accounts::about(db, actor))).await.is_ok());
    assert!(titles(&app).await.is_empty());
}

#[tokio::test]
async fn a_reading_scope_can_not_write() {
    let app = App::start().await;
    let actor = actor(&app).await;
    let draft = draft("no");
    let result = app.state.database.read(actor, move |db, actor| {
        let draft = draft.clone();
        Box::pin(async move { tasks::add(db, actor, &draft).await })
    });
    assert_eq!(result.await, Err(AppError::Internal));
}

#[tokio::test]
async fn two_that_wait_for_each_other_both_get_through() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let (one, two) = (ada.add("one").await, ada.add("two").await);
    let actor = app.actor("ada").await;
    let barrier = std::sync::Arc::new(tokio::sync::Barrier::new(2));
    let both = |first: String, second: String| {
        let (database, barrier) = (app.state.database.clone(), barrier.clone());
        let tried = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        async move {
            database
                .write(actor, new_change(), move |db, actor| {
                    let (first, second): (TaskId, TaskId) = (first.parse().unwrap(), second.parse().unwrap());
                    let (barrier, tried) = (barrier.clone(), tried.clone());
                    Box::pin(async move {
                        tasks::complete(db, actor, &[first]).await?;
                        if !tried.swap(true, std::sync::atomic::Ordering::SeqCst) {
                            barrier.wait().await;
                        }
                        tasks::complete(db, actor, &[second]).await
                    })
                })
                .await
        }
    };
    let (a, b) = tokio::join!(both(one.clone(), two.clone()), both(two, one));
    assert!(a.is_ok() && b.is_ok(), "{a:?} {b:?}");
}
