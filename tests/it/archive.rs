//! What was completed long ago is out of the way, and nothing of it is lost.

use docket::server::jobs;

use crate::support::{App, Browser, Page, indexed, with};

const NOW: &str = "2026-11-21T12:00:00Z";

/// Completed so many days before [`NOW`], as everybody's who has an account; gives nothing.
async fn completed(app: &App, title: &str, days: f64) {
    app.sql(&format!(
        "insert into tasks (id, user_id, title, position, status, completed_at, created_at, updated_at)
         select gen_random_uuid(), users.id, '{title}', translate(left(replace(gen_random_uuid()::text, '-', ''), 24), 'g', '0'),
                'completed', at, at, at
         from users, (select timestamptz '{NOW}' - interval '1 day' * {days} as at) as time"
    ))
    .await;
}

async fn archive(app: &App) -> u64 {
    jobs::run_now(jobs::named("archive").unwrap(), &app.state).await.unwrap()
}

/// The id of the task with this title, on the page with this URL.
async fn id(browser: &Browser, url: &str, title: &str) -> String {
    let page = browser.list(url).await;
    page.tasks.into_iter().find(|task| task.title.as_str() == title).unwrap().id.to_string()
}

async fn sorted(browser: &Browser, url: &str) -> Vec<String> {
    let mut titles = browser.titles(url).await;
    titles.sort();
    titles
}

const ALL: &str = "/tasks?archived=true";

#[tokio::test]
async fn what_was_completed_over_a_year_ago_leaves_the_lists_and_is_found_when_asked_for() {
    let app = App::at(NOW).await;
    let (ada, eve) = (app.person("ada").await, app.person("eve").await);
    ada.add("open tea").await;
    app.sql("update tasks set created_at = '2020-01-01', updated_at = '2020-01-01'").await;
    completed(&app, "old tea", 365.01).await;
    completed(&app, "young tea", 364.99).await;
    assert_eq!(archive(&app).await, 2, "one of each person's");
    assert_eq!(archive(&app).await, 0);
    for person in [&ada, &eve] {
        for url in
            ["/tasks", "/tasks?status=completed", "/board", "/tasks?q=tea", "/tasks?q=tea&sort=title", "/tasks?q=!"]
        {
            assert!(!person.titles(url).await.contains(&"old tea".to_owned()), "{url}");
        }
        for url in [
            ALL,
            "/tasks?archived=true&status=completed",
            "/tasks?archived=true&q=tea",
            "/tasks?archived=true&q=tea&sort=title",
        ] {
            assert_eq!(person.titles(url).await.iter().filter(|title| *title == "old tea").count(), 1, "{url}");
        }
    }
    // Those who ask for what can't be archived get none.
    for url in
        ["/tasks?archived=true&status=open", "/tasks?archived=true&overdue=1", "/tasks?archived=true&status=open&q=tea"]
    {
        assert!(!ada.titles(url).await.contains(&"old tea".to_owned()), "{url}");
    }
    assert_eq!(ada.titles(ALL).await, ["open tea", "young tea", "old tea"]);
    let (all, few) = (ada.list(ALL).await, ada.list("/tasks").await);
    assert_eq!((all.total.0, few.total.0, ada.list("/tasks?q=tea").await.total.0), (3, 2, 2));
    assert_eq!(ada.list("/board").await.columns.map(|total| total.0), [1, 0, 1]);
    assert!(all.tasks[2].archived.is_some() && all.tasks[..2].iter().all(|task| task.archived.is_none()));
    // The rows say it, under a heading of their own.
    let page = ada.page(ALL).await;
    assert_eq!(page.texts("ul[aria-label='Archived tasks'] .task-title"), ["old tea"]);
    assert_eq!(page.texts("ul[aria-label='Archived tasks'] .sign"), ["Archived"]);
    assert!(!page.completed().contains(&"old tea".to_owned()));
    assert_eq!(ada.page("/tasks?archived=true&q=tea").await.texts("ul[aria-label='Found tasks'] .sign"), ["Archived"]);
    // It changed last when its owner did something to it.
    assert_eq!(app.value("select bool_and(updated_at = completed_at) from tasks where archived").await, "true");
}

#[tokio::test]
async fn archived_tasks_come_in_every_order_page_by_page() {
    let app = App::at(NOW).await;
    let ada = app.person("ada").await;
    app.sql(&format!(
        "insert into tasks (id, user_id, title, position, status, completed_at, created_at, priority)
         select gen_random_uuid(), users.id, md5(n::text), lpad(to_hex(n * 7919 % 97 + 1), 24, '0'), 'completed',
                timestamptz '{NOW}' - interval '1 day' * (300 + n), timestamptz '2020-01-01',
                (array['low', 'medium', 'high', 'urgent'])[1 + n % 4]::task_priority
         from users, generate_series(1, 130) as n"
    ))
    .await;
    assert_eq!(archive(&app).await, 65);
    for sort in ["position", "-created_at", "due_date", "-priority", "title", "-updated_at"] {
        for status in ["", "&status=completed"] {
            let mut seen = Vec::new();
            let mut url = format!("{ALL}{status}&sort={sort}&limit=25");
            loop {
                let page = ada.list(&url).await;
                seen.extend(page.tasks.iter().map(|task| (task.archived.is_some(), task.id)));
                let Some(next) = page.next else { break };
                let (path, query) = url.split_once('?').unwrap();
                url = docket::domain::query::View::parse(path, query).unwrap().at(Some(next)).url();
            }
            assert!(seen.is_sorted_by_key(|(archived, _)| *archived), "{sort}: archived ones come last");
            let archived = seen.iter().filter(|(archived, _)| *archived).count();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!((seen.len(), archived), (130, 65), "{sort}{status}");
        }
    }
}

#[tokio::test]
async fn a_search_offers_the_archive_only_where_it_may_hold_what_is_looked_for() {
    let app = App::at(NOW).await;
    let (ada, eve) = (app.person("ada").await, app.person("eve").await);
    let offer = |page: &Page| page.attributes(".rest a", "href");
    let offered = "/tasks?archived=true&q=tea";
    completed(&app, "coffee", 10.0).await;
    assert_eq!(offer(&ada.page("/tasks?q=tea").await), [""; 0], "nothing is archived yet");
    completed(&app, "old tea", 400.0).await;
    app.sql("delete from tasks where title = 'old tea' and user_id = (select id from users where name = 'eve')").await;
    assert_eq!(archive(&app).await, 1);
    assert_eq!(offer(&ada.page("/tasks?q=tea").await), [offered], "nothing was found");
    assert_eq!(offer(&ada.page("/tasks?q=coffee").await), ["/tasks?archived=true&q=coffee"], "that was all");
    for url in ["/tasks", offered, "/tasks?q=tea&status=open", "/tasks?q=tea&overdue=1", "/today"] {
        assert_eq!(offer(&ada.page(url).await), [""; 0], "{url}");
    }
    assert_eq!(offer(&eve.page("/tasks?q=tea").await), [""; 0], "somebody else's archive is nobody's business");
}

#[tokio::test]
async fn a_reopened_task_is_out_of_the_archive_and_back_in_it_when_that_is_undone() {
    let app = App::at(NOW).await;
    let ada = app.person("ada").await;
    for (number, (function, fields)) in [
        ("reopen_tasks", &[][..]),
        ("set_status", &[("status", "in_progress")][..]),
        ("edit_task", &[("title", "tea"), ("status", "pending")][..]),
        ("move_task", &[("place", "top"), ("status", "pending")][..]),
    ]
    .into_iter()
    .enumerate()
    {
        completed(&app, &format!("tea {number}"), 400.0).await;
        assert_eq!(archive(&app).await, 1, "{function}");
        let row = "select row(status, completed_at, archived_at, position, title, priority)::text from tasks where archived_at is not null";
        let before = app.value(row).await;
        let task = ada.list(ALL).await.tasks.into_iter().find(|task| task.archived.is_some()).unwrap();
        let changed = if function.ends_with('s') {
            let fields: &[(&str, &str)] = if function == "set_status" { fields } else { &[] };
            ada.change_all(function, &[task.id], fields).await
        } else {
            let (id, version) = (task.id.to_string(), task.version.to_string());
            ada.change(function, &[&[("id", id.as_str()), ("version", version.as_str())], fields].concat()).await
        };
        assert!(changed.tasks[0].archived.is_none() && !changed.tasks[0].completed(), "{function}");
        assert_eq!(app.value("select count(*) from tasks where archived").await, "0", "{function}");
        let undone = ada.undo(changed.change).await;
        assert!(undone.tasks[0].archived.is_some(), "{function}");
        assert_eq!(app.value(row).await, before, "{function}");
        // And that can be taken back again.
        assert!(ada.undo(undone.change).await.tasks[0].archived.is_none(), "{function}");
        app.sql("delete from tasks").await;
    }
}

#[tokio::test]
async fn an_archived_task_is_opened_edited_trashed_and_restored_as_others_and_stays_archived() {
    let app = App::at(NOW).await;
    let ada = app.person("ada").await;
    completed(&app, "old tea", 400.0).await;
    archive(&app).await;
    let id = id(&ada, ALL, "old tea").await;
    let page = ada.page(&format!("/tasks/{id}")).await;
    assert!(page.texts(".banner p")[0].starts_with("This task is archived"));
    // Edited from a page that was made before it was archived: nothing that a person changed is in conflict.
    let edit = [("id", id.as_str()), ("version", "1"), ("title", "cold tea"), ("status", "completed")];
    let edited = ada.change("edit_task", &edit).await;
    assert!(edited.tasks[0].archived.is_some());
    assert_eq!(sorted(&ada, "/tasks").await, [""; 0]);
    let trashed = ada.change_all("trash_tasks", &[&id], &[]).await;
    assert_eq!(ada.titles("/trash").await, ["cold tea"]);
    assert_eq!(ada.titles(ALL).await, [""; 0]);
    ada.undo(trashed.change).await;
    ada.change_all("trash_tasks", &[&id], &[]).await;
    ada.change_all("restore_tasks", &[&id], &[]).await;
    assert_eq!(ada.titles(ALL).await, ["cold tea"]);
    assert_eq!(app.value("select archived from tasks").await, "true");
    let reopen = indexed(&[&id]);
    let next = format!("/tasks/{id}");
    let answer = ada.submit(&next, "/fn/reopen_tasks", &with(&reopen, &[("form_next", &next)])).await;
    assert_eq!(crate::support::location(&answer), next);
    let history: Vec<_> = ada.page(&next).await.texts("section.history > ol > li > p");
    let said: Vec<_> = history.iter().map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(
        said,
        [
            "ada reopened this",
            "ada restored this",
            "ada deleted this",
            "ada restored this",
            "ada deleted this",
            "ada changed this",
            "Docket archived this",
            "Docket added this"
        ]
    );
    assert!(ada.page(&next).await.texts(".field-changes li").contains(&"Taken out of the archive".to_owned()));
}

#[tokio::test]
async fn a_change_from_before_the_archive_can_still_be_taken_back() {
    let app = App::at(NOW).await;
    let ada = app.person("ada").await;
    let task = ada.add_fields(&[("title", "tea"), ("status", "completed")]).await;
    let urgent = ada.change_all("set_priority", &[task.id], &[("priority", "urgent")]).await;
    app.sql(&format!("update tasks set completed_at = timestamptz '{NOW}' - interval '400 days'")).await;
    assert_eq!(archive(&app).await, 1);
    ada.undo(urgent.change).await;
    assert_eq!(app.value("select priority || ' ' || archived from tasks").await, "medium true");
}

#[tokio::test]
async fn nothing_is_archived_that_is_open_young_or_in_the_trash_and_nobody_waits_for_the_job() {
    let app = App::at(NOW).await;
    let _ada = app.person("ada").await;
    app.sql(&format!(
        "insert into tasks (id, user_id, title, position, status, completed_at, deleted_at)
         select gen_random_uuid(), users.id, n::text, lpad(to_hex(n), 24, '0'), 'completed',
                timestamptz '{NOW}' - interval '400 days', case when n > 2500 then timestamptz '{NOW}' end
         from users, generate_series(1, 2600) as n"
    ))
    .await;
    // Somebody is at one of them.
    let mut other = app.pool().begin().await.unwrap();
    sqlx::query("select from tasks where title = '7' for update").execute(&mut *other).await.unwrap();
    assert_eq!(archive(&app).await, 2_499);
    other.rollback().await.unwrap();
    assert_eq!(archive(&app).await, 1);
    assert_eq!(app.value("select count(*) from tasks where archived").await, "2500");
    let batches = "select string_agg(count::text, ' ' order by count desc)
                   from (select count(*) from audit_logs where action = 'archive' group by xmin::text) as batches";
    assert_eq!(app.value(batches).await, "1000 1000 499 1");
    app.sql("update tasks set deleted_at = null").await;
    let (one, two) = tokio::join!(archive(&app), archive(&app));
    assert_eq!(one + two, 100);
}

#[tokio::test]
async fn how_long_is_a_setting_and_zero_is_for_ever() {
    let app = App::at_with(NOW, &[("DOCKET_ARCHIVE_DAYS", "0")]).await;
    let _ada = app.person("ada").await;
    completed(&app, "old", 20_000.0).await;
    assert_eq!(archive(&app).await, 0);
    let app = App::at_with(NOW, &[("DOCKET_ARCHIVE_DAYS", "7")]).await;
    let ada = app.person("ada").await;
    completed(&app, "eight days", 8.0).await;
    completed(&app, "six days", 6.0).await;
    assert_eq!(archive(&app).await, 1);
    assert_eq!(ada.titles("/tasks").await, ["six days"]);
}
