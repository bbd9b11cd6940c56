//! Lists of tasks as programs read them, and the log as they follow it.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use docket::{
    domain::{
        calendar::{Day, Due, WallTime},
        id::TaskId,
        query::Sort,
        task::{Priority, TaskDraft, TaskStatus, TypedTask},
    },
    error::AppError,
    server::{
        clock::Local,
        database::{Actor, Database},
        store::{
            events::{self, AuditRow},
            tasks::{
                self, history,
                list::{self, From, KEYS, Listed, Listing},
            },
        },
    },
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::support::{App, for_all, new_change};

fn local() -> Local {
    Local::new("UTC", "2026-11-21T12:00:00Z".parse().unwrap())
}

/// The page that a program gets.
async fn try_list(database: &Database, actor: Actor, listing: &Listing) -> Result<Listed, AppError> {
    let listing = listing.clone();
    let page = database.read(actor, move |db, actor| {
        let listing = listing.clone();
        Box::pin(async move { list::list(db, actor, &listing, &local()).await })
    });
    page.await
}

async fn list(database: &Database, actor: Actor, listing: &Listing) -> Listed {
    try_list(database, actor, listing).await.unwrap()
}

fn ids(page: &Listed) -> Vec<Uuid> {
    page.tasks.iter().map(|stored| stored.task.id.0).collect()
}

/// The ids on all pages from this one on, by cursor; each page is full, but for the last one.
async fn walk(database: &Database, actor: Actor, listing: &Listing) -> Vec<Uuid> {
    let (mut listing, mut all) = (listing.clone(), Vec::new());
    loop {
        let page = list(database, actor, &listing).await;
        all.extend(ids(&page));
        let Some(next) = page.next_cursor else { return all };
        assert_eq!(page.tasks.len(), usize::from(listing.limit));
        listing.from = From::Cursor(next);
    }
}

fn sorted(text: &str) -> Sort {
    Sort::parse(text).unwrap()
}

/// Every order.
fn sorts() -> Vec<Sort> {
    KEYS.into_iter().flat_map(|key| [false, true].map(|descending| Sort { key, descending })).collect()
}

/// A task as it is put into the database.
#[derive(Clone, Debug)]
struct Made {
    id: Uuid,
    title: String,
    status: TaskStatus,
    archived: bool,
    trashed: bool,
    priority: Priority,
    due: Option<Due>,
    position: u8,
    changed: u8,
}

const TITLES: [&str; 10] =
    ["apple", "Apple", "äpple", "apple pie", "banana", "Zebra", "zebra 🎉", "🎉", "1. fig", "a, fig"];

fn made() -> impl Strategy<Value = Made> {
    let due = prop::option::weighted(0.7, (15..28_u8, prop::option::of(10..14_u8)));
    let kind = (prop::sample::select(&TaskStatus::ALL[..]), any::<bool>(), prop::bool::weighted(0.1));
    let place = (prop::sample::select(&TITLES[..]), 1..9_u8, 0..5_u8);
    (any::<u128>(), place, kind, prop::sample::select(&Priority::ALL[..]), due).prop_map(
        |(id, (title, position, changed), (status, archived, trashed), priority, due)| {
            let (day, time) = due.map_or((String::new(), String::new()), |(day, hour)| {
                (format!("2026-11-{day}"), hour.map_or(String::new(), |hour| format!("{hour}:00")))
            });
            Made {
                id: Uuid::from_u128(id),
                title: title.to_owned(),
                status,
                archived: archived && status == TaskStatus::Completed,
                trashed,
                priority,
                due: Due::parse(&day, &time).unwrap(),
                position,
                changed,
            }
        },
    )
}

/// Puts them into the database, as somebody's.
async fn insert(app: &App, owner: Actor, tasks: &[Made]) {
    for task in tasks {
        let due = task.due.map(|due| (due.day.date(), due.time.map(WallTime::time)));
        sqlx::query(
            "insert into tasks (id, user_id, title, status, completed_at, archived_at, deleted_at, priority, due_date, due_time,
                                position, updated_at)
             values ($1, $2, $3, $4::task_status, case $4 when 'completed' then now() end, case when $5 then now() end,
                     case when $6 then now() end, $7::task_priority, $8, $9, lpad($10, 24, '0'), timestamptz '2026-11-21' + $11 * interval '1.5 s')",
        )
        .bind(task.id)
        .bind(owner.user.0)
        .bind(&task.title)
        .bind(task.status.as_str())
        .bind(task.archived)
        .bind(task.trashed)
        .bind(task.priority.as_str())
        .bind(due.map(|(day, _)| day))
        .bind(due.and_then(|(_, time)| time))
        .bind(task.position.to_string())
        .bind(f64::from(task.changed))
        .execute(app.pool())
        .await
        .unwrap();
    }
}

/// How titles compare, as PostgreSQL was asked once.
type Alphabet = BTreeMap<String, usize>;

async fn alphabet(app: &App) -> Alphabet {
    let titles: Vec<String> =
        sqlx::query_scalar("select title from unnest($1::text[]) title order by title collate \"und-x-icu\"")
            .bind(TITLES.map(str::to_owned).to_vec())
            .fetch_all(app.pool())
            .await
            .unwrap();
    titles.into_iter().enumerate().map(|(place, title)| (title, place)).collect()
}

fn compare(sort: Sort, alphabet: &Alphabet, one: &Made, other: &Made) -> Ordering {
    let due = |task: &Made| (task.due.is_none(), task.due.map(Due::key));
    let by_key = match sort.key.as_str() {
        "created_at" => Ordering::Equal,
        "due_date" => due(one).cmp(&due(other)),
        "priority" => one.priority.cmp(&other.priority),
        "title" => alphabet[&one.title].cmp(&alphabet[&other.title]),
        "updated_at" => one.changed.cmp(&other.changed),
        "position" => one.position.cmp(&other.position),
        key => panic!("{key}"),
    };
    let order = by_key.then(one.id.cmp(&other.id));
    if sort.descending { order.reverse() } else { order }
}

/// Whether a list has a task, by what its filters are called.
fn fits(listing: &Listing, task: &Made) -> bool {
    let completed = task.status == TaskStatus::Completed;
    let overdue = !completed && task.due.is_some_and(|due| due.is_over(local().now()));
    let due = |fits: &dyn Fn(Day) -> bool| task.due.is_some_and(|due| fits(due.day));
    let found = match &*listing.text {
        "" => true,
        // Whole words, the last of them as a beginning.
        "app" => task.title.to_lowercase().contains("app"),
        "fig" => task.title.contains("fig"),
        "apple pie" => task.title == "apple pie",
        "🎉" => task.title.contains('🎉'),
        text => panic!("{text}"),
    };
    !task.trashed
        && found
        && listing.status.is_none_or(|status| task.status == status)
        && listing.completed.is_none_or(|wanted| wanted == completed)
        && listing.archived.is_none_or(|wanted| wanted == task.archived)
        && listing.overdue.is_none_or(|wanted| wanted == overdue)
        && listing.priority.is_none_or(|priority| task.priority == priority)
        && listing.due_from.is_none_or(|from| due(&|day| day >= from))
        && listing.due_to.is_none_or(|to| due(&|day| day <= to))
}

fn listings() -> impl Strategy<Value = Listing> {
    let day =
        || prop::option::weighted(0.2, (15..28_u8).prop_map(|day| Day::parse(&format!("2026-11-{day}")).unwrap()));
    let flag = |weight| prop::option::weighted(weight, any::<bool>());
    let what =
        (prop::option::weighted(0.2, prop::sample::select(&TaskStatus::ALL[..])), flag(0.2), flag(0.2), flag(0.3));
    let which = (prop::option::weighted(0.2, prop::sample::select(&Priority::ALL[..])), day(), day());
    let text = prop_oneof![3 => Just(""), 1 => prop::sample::select(&["app", "fig", "apple pie", "🎉"][..])];
    (what, which, text, prop::sample::select(sorts()), 1..9_u16).prop_map(
        |((status, completed, archived, overdue), (priority, due_from, due_to), text, sort, limit)| Listing {
            status,
            completed,
            archived,
            overdue,
            priority,
            due_from,
            due_to,
            text: text.to_owned(),
            sort,
            limit,
            from: From::Start,
        },
    )
}

#[test]
fn a_list_is_what_its_filters_let_through_in_the_order_that_was_asked_for() {
    let start = async {
        let app = App::start().await;
        for name in ["ada", "eve"] {
            app.person(name).await;
        }
        let alphabet = alphabet(&app).await;
        let people = (app.actor("ada").await, app.actor("eve").await);
        (app, alphabet, people)
    };
    let values = (
        prop::collection::vec(made(), 0..25),
        prop::collection::vec(made(), 0..5),
        prop::collection::vec(listings(), 12),
        0..30_u32,
    );
    for_all(40, values, start, async |(app, alphabet, (ada, eve)), (own, others, listings, offset)| {
        app.sql("set session_replication_role = replica; delete from tasks; reset session_replication_role").await;
        insert(app, *ada, &own).await;
        insert(app, *eve, &others).await;
        let database = &app.state.database;
        for listing in listings {
            let mut expected: Vec<_> = own.iter().filter(|task| fits(&listing, task)).collect();
            expected.sort_by(|one, other| compare(listing.sort, alphabet, one, other));
            let expected: Vec<_> = expected.iter().map(|task| task.id).collect();
            assert_eq!(walk(database, *ada, &listing).await, expected, "{listing:?}");
            // From the middle, and beyond the end.
            let page = list(database, *ada, &Listing { from: From::Offset(offset), ..listing.clone() }).await;
            let rest = expected.get(offset as usize..).unwrap_or_default();
            let slice = &rest[..rest.len().min(listing.limit.into())];
            assert_eq!((ids(&page).as_slice(), page.total), (slice, expected.len() as u64), "{listing:?}");
            assert_eq!(page.next_cursor.is_some(), rest.len() > slice.len(), "{listing:?}");
            if let Some(next) = page.next_cursor {
                let page = list(database, *ada, &Listing { from: From::Cursor(next), ..listing.clone() }).await;
                assert_eq!(ids(&page)[0], rest[slice.len()], "from an offset on by cursor");
                assert_eq!(page.total, expected.len() as u64, "whatever page it is");
            }
        }
    });
}

#[tokio::test]
async fn a_list_too_long_to_be_sorted_is_read_in_its_order_whatever_is_looked_for() {
    let app = App::start().await;
    app.person("ada").await;
    let ada = app.actor("ada").await;
    // More than are read whole and sorted, open, completed and archived ones mixed.
    app.sql(
        "insert into tasks (id, user_id, title, position, status, completed_at, archived_at, priority, due_date, updated_at)
         select gen_random_uuid(), users.id, 'bulk ' || n % 100, lpad(to_hex(n * 7919 % 9973), 24, '0'),
                (array['pending', 'in_progress', 'completed'])[1 + n % 3]::task_status,
                case n % 3 when 2 then now() end, case when n % 6 = 2 then now() end,
                (array['low', 'high'])[1 + n % 2]::task_priority, date '2026-11-01' + n % 40,
                now() - n % 1000 * interval '1 minute'
         from users, generate_series(1, 16000) as n",
    )
    .await;
    let order = |sort: Sort| {
        let expression = match sort.key.as_str() {
            "created_at" => "id",
            "due_date" => "due_order",
            "priority" => "priority_rank",
            "title" => "title collate \"und-x-icu\"",
            key => key,
        };
        let direction = if sort.descending { "desc" } else { "asc" };
        format!("{expression} {direction}, id {direction}")
    };
    let high = Listing { priority: Some(Priority::High), limit: 200, ..Listing::default() };
    let bulk = Listing { text: "bulk".to_owned(), limit: 200, ..Listing::default() };
    let in_time = Listing { overdue: Some(false), text: "bulk".to_owned(), limit: 200, ..Listing::default() };
    let day = "due_order >= '2026-11-21 12:00'";
    for (listing, which) in [(high, "priority = 'high'"), (bulk, "true"), (in_time, &format!("(completed or {day})"))] {
        for sort in sorts() {
            let sql = format!("select id from tasks where {which} order by {} limit 50 offset 7500", order(sort));
            let expected: Vec<Uuid> = sqlx::query_scalar(&sql).fetch_all(app.pool()).await.unwrap();
            let from = From::Offset(7_450);
            let before = list(&app.state.database, ada, &Listing { sort, limit: 50, from, ..listing.clone() }).await;
            let total: u64 = app.value(&format!("select count(*) from tasks where {which}")).await.parse().unwrap();
            assert_eq!(before.total, total);
            let from = From::Cursor(before.next_cursor.unwrap());
            let page = list(&app.state.database, ada, &Listing { sort, limit: 50, from, ..listing.clone() }).await;
            assert_eq!(ids(&page), expected, "{which} {}", sort.text());
        }
    }
}

#[tokio::test]
async fn a_cursor_leads_on_when_its_task_is_gone_or_has_changed() {
    let app = App::start().await;
    app.person("ada").await;
    let ada = app.actor("ada").await;
    let database = &app.state.database;
    for sort in sorts() {
        app.sql("set session_replication_role = replica; delete from tasks; reset session_replication_role").await;
        let tasks: Vec<_> = (0..12_u8)
            .map(|n| Made {
                id: Uuid::from_u128(u128::from(n)),
                title: TITLES[usize::from(n) % TITLES.len()].to_owned(),
                status: TaskStatus::ALL[usize::from(n % 3)],
                archived: n % 6 == 5,
                trashed: false,
                priority: Priority::ALL[usize::from(n % 4)],
                due: Due::parse(if n % 4 == 0 { "" } else { "2026-11-20" }, "").unwrap(),
                position: 1 + n % 5,
                changed: n % 5,
            })
            .collect();
        insert(&app, ada, &tasks).await;
        let listing = Listing { sort, limit: 5, ..Listing::default() };
        let all = walk(database, ada, &listing).await;
        let first = list(database, ada, &listing).await;
        let second = Listing { from: From::Cursor(first.next_cursor.unwrap()), ..listing.clone() };
        for change in [
            // Whatever the order, it goes to an end of it.
            "title = 'zzz', priority = 'urgent', due_date = '9999-12-31', position = repeat('f', 24)",
            "title = '1', priority = 'low', due_date = '0001-01-01', position = repeat('0', 23) || '1'",
            "deleted_at = now()",
        ] {
            app.sql(&format!("update tasks set {change} where id = '{}'", all[4])).await;
            let page = list(database, ada, &second).await;
            let shown: Vec<_> = ids(&page).into_iter().filter(|id| *id != all[4]).collect();
            let expected = &all[5..5 + shown.len()];
            assert_eq!(shown, expected, "{} after {change}", sort.text());
            assert!(shown.len() >= 4);
        }
        app.sql(&format!("delete from tasks where id = '{}'", all[4])).await;
        assert_eq!(ids(&list(database, ada, &second).await), all[5..10], "{}", sort.text());
    }
}

#[tokio::test]
async fn what_is_asked_for_wrongly_is_refused_where_it_stands() {
    let app = App::start().await;
    app.person("ada").await;
    let ada = app.actor("ada").await;
    let database = &app.state.database;
    let tasks: Vec<_> = (1..=3).map(|n| Made { id: Uuid::from_u128(n), ..plain("one") }).collect();
    insert(&app, ada, &tasks).await;
    let fine = Listing { limit: 1, sort: sorted("title"), ..Listing::default() };
    let cursor = list(database, ada, &fine).await.next_cursor.unwrap();
    let at = |from| Listing { from, ..fine.clone() };
    for (field, listing) in [
        ("limit", Listing { limit: 0, ..fine.clone() }),
        ("limit", Listing { limit: 201, ..fine.clone() }),
        ("sort", Listing { sort: sorted("relevance"), ..fine.clone() }),
        ("q", Listing { text: "a\0b".into(), ..fine.clone() }),
        ("q", Listing { text: "a".repeat(201), ..fine.clone() }),
        ("offset", at(From::Offset(1_000_001))),
        ("cursor", at(From::Cursor(String::new()))),
        ("cursor", at(From::Cursor("no".into()))),
        ("cursor", at(From::Cursor(format!("{cursor}x")))),
        ("cursor", at(From::Cursor(cursor[1..].into()))),
        ("cursor", Listing { sort: sorted("-title"), from: From::Cursor(cursor.clone()), ..fine.clone() }),
        ("cursor", Listing { sort: sorted("position"), from: From::Cursor(cursor.clone()), ..fine.clone() }),
    ] {
        let error = try_list(database, ada, &listing).await.unwrap_err();
        assert_eq!(error.first_field(), Some(field), "{listing:?}");
    }
    for listing in [Listing { limit: 200, ..fine.clone() }, at(From::Offset(1_000_000)), at(From::Cursor(cursor))] {
        assert_eq!(list(database, ada, &listing).await.total, 3);
    }
}

fn plain(title: &str) -> Made {
    Made {
        id: Uuid::now_v7(),
        title: title.to_owned(),
        status: TaskStatus::Pending,
        archived: false,
        trashed: false,
        priority: Priority::Medium,
        due: None,
        position: 1,
        changed: 0,
    }
}

#[tokio::test]
async fn tasks_after_a_change_come_with_their_times_in_the_order_of_the_change() {
    let app = App::start().await;
    for name in ["ada", "eve"] {
        app.person(name).await;
    }
    let (ada, eve) = (app.actor("ada").await, app.actor("eve").await);
    let done = Made { status: TaskStatus::Completed, ..plain("done") };
    let gone = Made { trashed: true, ..plain("gone") };
    let (open, foreign) = (plain("open"), plain("eve's"));
    insert(&app, ada, &[open.clone(), done.clone(), gone.clone()]).await;
    insert(&app, eve, std::slice::from_ref(&foreign)).await;
    let asked: Vec<_> = [&done, &gone, &foreign, &open].iter().map(|task| TaskId(task.id)).collect();
    let rows = app.state.database.read(ada, move |db, actor| {
        let asked = asked.clone();
        Box::pin(async move { list::stored(db, actor, &asked).await })
    });
    let rows = rows.await.unwrap();
    assert_eq!(rows.iter().map(|row| row.task.title.as_str()).collect::<Vec<_>>(), ["done", "open"]);
    assert_eq!(rows.iter().map(|row| row.completed_at.is_some()).collect::<Vec<_>>(), [true, false]);
    let micros = |at: time::OffsetDateTime| at.unix_timestamp_nanos() / 1_000;
    for row in &rows {
        assert_eq!(micros(row.updated_at), i128::from(row.task.updated));
        let made = format!(
            "(select extract(epoch from created_at) * 1000000 from tasks where id = '{}')::bigint",
            row.task.id
        );
        assert_eq!(micros(row.created_at).to_string(), app.value(&made).await);
    }
}

async fn events(
    app: &App,
    actor: Actor,
    id: Uuid,
    before: Option<i64>,
    limit: u16,
) -> Result<(Vec<AuditRow>, Option<i64>), AppError> {
    let read = app.state.database.read(actor, move |db, actor| {
        Box::pin(async move { history::events(db, actor, TaskId(id), before, limit).await })
    });
    read.await
}

#[tokio::test]
async fn the_history_of_a_task_is_read_page_by_page_while_it_is_there() {
    let app = App::start().await;
    let (ada, _eve) = (app.person("ada").await, app.person("eve").await);
    let (me, eve) = (app.actor("ada").await, app.actor("eve").await);
    let task = ada.add_fields(&[("title", "one")]).await;
    let other = ada.add_fields(&[("title", "other")]).await;
    for title in ["two", "three", "four"] {
        let version = app.value(&format!("(select version from tasks where id = '{}')", task.id)).await;
        ada.change("edit_task", &[("id", &*task.id.to_string()), ("version", &*version), ("title", title)]).await;
    }
    let (whole, end) = events(&app, me, task.id.0, None, 200).await.unwrap();
    let titles: Vec<_> = whole.iter().map(|row| row.new_values.as_ref().unwrap()["title"].as_str().unwrap()).collect();
    assert_eq!((titles, end), (vec!["four", "three", "two", "one"], None));
    assert!(whole.iter().all(|row| row.entity_type == "task" && row.entity_id == task.id.to_string()));
    assert_eq!(whole.iter().map(|row| &*row.action).collect::<Vec<_>>(), ["edit", "edit", "edit", "add"]);
    assert_eq!(whole[0].old_values.as_ref().unwrap()["title"], "three");
    let (mut pages, mut before) = (Vec::new(), None);
    loop {
        let (rows, next) = events(&app, me, task.id.0, before, 3).await.unwrap();
        pages.push(rows);
        before = next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!((pages.len(), pages.concat()), (2, whole));
    // Exactly full is the last one.
    assert_eq!(events(&app, me, task.id.0, None, 4).await.unwrap().1, None);
    ada.change_all("trash_tasks", &[other.id], &[]).await;
    for (actor, id) in [(eve, task.id.0), (me, other.id.0), (me, Uuid::now_v7())] {
        assert_eq!(events(&app, actor, id, None, 50).await.unwrap_err(), AppError::NotFound);
    }
}

#[tokio::test]
async fn the_log_of_a_person_is_what_they_did_and_what_happened_to_the_account() {
    let app = App::start().await;
    let (ada, eve) = (app.person("ada").await, app.person("eve").await);
    let me = app.actor("ada").await;
    ada.add("mine").await;
    eve.add("hers").await;
    // By somebody else, to this account; once by an admin, once by the command line.
    app.sql(&format!(
        "insert into audit_logs (change_id, user_id, action, entity_type, entity_id)
         select gen_random_uuid(), by.id, 'disable', 'account', '{0}'
         from (select id from users where name = 'eve' union all select null) as by(id)",
        me.user
    ))
    .await;
    ada.add("last").await;
    let audit = async |before, limit| {
        let read = app
            .state
            .database
            .read(me, move |db, actor| Box::pin(async move { events::audit(db, actor, before, limit).await }));
        read.await.unwrap()
    };
    let (whole, end) = audit(None, 200).await;
    let shown: Vec<_> = whole.iter().map(|row| format!("{} {}", row.entity_type, row.action)).collect();
    assert_eq!(shown, ["task add", "account disable", "account disable", "task add", "account register"]);
    assert_eq!(end, None);
    assert!(whole.is_sorted_by(|one, other| one.id > other.id));
    let (mut rows, mut before) = (Vec::new(), None);
    for _ in 0..5 {
        let (page, next) = audit(before, 1).await;
        rows.extend(page);
        before = next;
    }
    assert_eq!((rows, before), (whole, None));
}

/// Adds and removes tasks of its own, and completes and reopens those of others, until it is told to stop; gives how often.
async fn write(
    database: Database,
    actor: Actor,
    number: usize,
    standing: Arc<Vec<Uuid>>,
    stop: Arc<AtomicBool>,
) -> usize {
    let mut own: Vec<TaskId> = Vec::new();
    let mut round = 0;
    while !stop.load(Relaxed) {
        let nth = |n: usize| (number * 7919 + round * 104_729 + n * 1_299_709) % 1_000_003;
        let title = format!("Task {:06}", nth(1));
        let victim = (round % 3 == 2).then(|| own.swap_remove(nth(2) % own.len()));
        let other = TaskId(standing[nth(3) % standing.len()]);
        let status = TaskStatus::ALL[nth(4) % 3];
        let added = database.write(actor, new_change(), move |db, actor| {
            let draft = TaskDraft::parse(&TypedTask { title: title.clone(), ..TypedTask::default() }).unwrap();
            Box::pin(async move {
                if let Some(victim) = victim {
                    return tasks::trash(db, actor, &[victim]).await;
                }
                tasks::set_status(&mut *db, actor, &[other], status).await?;
                tasks::add(db, actor, &draft).await
            })
        });
        let ids = added.await.unwrap();
        if victim.is_none() {
            own.extend(ids);
        }
        round += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    round
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cursors_show_each_task_that_stands_once_while_a_hundred_writers_add_and_remove() {
    let app = App::with(&[("DATABASE_POOL_SIZE", "12"), ("DATABASE_ACQUIRE_TIMEOUT", "30")]).await;
    app.person("ada").await;
    // Who reads waits for no writer's connection.
    let reader = App::on(app.options.clone(), &[]).await;
    let ada = app.actor("ada").await;
    app.sql(
        "insert into tasks (id, user_id, title, position, status, completed_at)
         select (lpad(to_hex(1700000000000 + n), 12, '0') || '70008' || substr(md5(n::text), 1, 15))::uuid, users.id,
                'Task ' || lpad((n * 7919 % 1000003)::text, 6, '0'), lpad(to_hex(n), 24, '0'),
                case n % 2 when 0 then 'pending' else 'completed' end::task_status, case n % 2 when 1 then now() end
         from users, generate_series(1, 10000) as n",
    )
    .await;
    let standing: Vec<Uuid> = sqlx::query_scalar("select id from tasks").fetch_all(app.pool()).await.unwrap();
    let standing = Arc::new(standing);
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..100)
        .map(|number| {
            let (database, standing, stop) = (app.state.database.clone(), Arc::clone(&standing), Arc::clone(&stop));
            tokio::spawn(write(database, ada, number, standing, stop))
        })
        .collect();
    for (sort, order) in [("-created_at", "id desc"), ("title", "title collate \"und-x-icu\", id")] {
        let listing = Listing { sort: sorted(sort), limit: 200, ..Listing::default() };
        let shown = walk(&reader.state.database, ada, &listing).await;
        let once: BTreeSet<_> = shown.iter().collect();
        assert_eq!(once.len(), shown.len(), "{sort}: none twice, whoever added it");
        let expected: Vec<Uuid> = sqlx::query_scalar(&format!(
            "select id from tasks where id < '{}' order by {order}",
            Uuid::from_u128(1_700_000_100_000 << 80)
        ))
        .fetch_all(app.pool())
        .await
        .unwrap();
        assert_eq!(expected.len(), 10_000);
        let stood: BTreeSet<_> = standing.iter().collect();
        let shown: Vec<_> = shown.into_iter().filter(|id| stood.contains(id)).collect();
        assert!(shown == expected, "{sort}: {} of 10,000, or in another order", shown.len());
    }
    stop.store(true, Relaxed);
    for writer in writers {
        assert!(writer.await.unwrap() > 0, "each of them wrote");
    }
    let gone: u32 = app.value("(select count(*) from tasks where deleted_at is not null)").await.parse().unwrap();
    assert!(gone > 0, "some removed tasks, too");
}
