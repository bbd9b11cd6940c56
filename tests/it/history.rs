//! What was done to a task, by whom and when.

use docket::{
    domain::id::TaskId,
    error::AppError,
    server::{database::Failure, store::tasks},
};
use serde_json::{Value, json};

use crate::support::{App, new_change};

/// What the log says, oldest first: what was done, and the fields before and after, without those that follow from others.
async fn log(app: &App) -> Vec<(String, Value, Value)> {
    let values = |name: &str| {
        format!(
            "(coalesce({name}, '{{}}') - array['version', 'position', 'completed_at', 'deleted_at', 'archived_at'])::text"
        )
    };
    let query = format!(
        "select action, {}, {} from audit_logs where entity_type = 'task' order by id",
        values("old_values"),
        values("new_values")
    );
    let rows: Vec<(String, String, String)> = sqlx::query_as(&query).fetch_all(app.pool()).await.unwrap();
    let json = |text: &str| serde_json::from_str(text).unwrap();
    rows.into_iter().map(|(action, old, new)| (action, json(&old), json(&new))).collect()
}

#[tokio::test]
async fn each_change_is_one_line_with_who_when_before_and_after() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let other = ada.change("add_task", &[("title", "other")]).await;
    let added = ada.change("add_task", &[("title", "one"), ("due_date", "2026-11-20")]).await;
    let id = added.tasks[0].id;
    let fields = [
        ("id", &*id.to_string()),
        ("version", "1"),
        ("title", "two"),
        ("due_date", "2026-11-20"),
        ("due_time", "10:00"),
    ];
    let edited = ada.change("edit_task", &fields).await;
    let mut changes = vec![other.change, added.change, edited.change];
    for (function, fields) in [
        ("complete_tasks", vec![]),
        ("reopen_tasks", vec![]),
        ("set_priority", vec![("priority", "high")]),
        ("move_task", vec![("place", "top"), ("id", fields[0].1)]),
        ("trash_tasks", vec![]),
        ("restore_tasks", vec![]),
    ] {
        changes.push(ada.change_all(function, &[id], &fields).await.change);
    }
    let expected = [
        ("add", json!({}), json!({"title": "other", "status": "pending", "priority": "medium"})),
        (
            "add",
            json!({}),
            json!({"title": "one", "status": "pending", "priority": "medium", "due_date": "2026-11-20"}),
        ),
        ("edit", json!({"title": "one", "due_time": null}), json!({"title": "two", "due_time": "10:00"})),
        ("complete", json!({"status": "pending"}), json!({"status": "completed"})),
        ("reopen", json!({"status": "completed"}), json!({"status": "pending"})),
        ("edit", json!({"priority": "medium"}), json!({"priority": "high"})),
        ("move", json!({}), json!({})),
        ("trash", json!({}), json!({})),
        ("restore", json!({}), json!({})),
    ];
    let expected = expected.map(|(action, old, new)| (action.to_owned(), old, new));
    assert_eq!(log(&app).await, expected);
    let logged = app
        .value("select string_agg(change_id::text, ' ' order by id) from audit_logs where entity_type = 'task'")
        .await;
    assert_eq!(logged, changes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
    let user = app.actor("ada").await.user;
    let who = format!(
        "select count(*) from audit_logs where user_id = '{user}' and entity_type = 'task' and entity_id = '{id}'
         and created_at > now() - interval '1 minute' and created_at <= now()"
    );
    assert_eq!(app.value(&who).await, "8");
    // What changes nothing is no change.
    ada.change_all("restore_tasks", &[id], &[]).await;
    ada.change_all("set_priority", &[id], &[("priority", "high")]).await;
    assert_eq!(log(&app).await.len(), expected.len());
}

#[tokio::test]
async fn a_change_that_fails_leaves_no_line_and_a_line_never_lacks_its_change() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let id: TaskId = ada.add("stays").await.parse().unwrap();
    let work = app.state.database.write(app.actor("ada").await, new_change(), move |db, actor| {
        Box::pin(async move {
            tasks::complete(&mut *db, actor, &[id]).await?;
            Err::<(), _>(Failure::App(AppError::NotFound))
        })
    });
    assert_eq!(work.await, Err(AppError::NotFound));
    assert_eq!(log(&app).await.len(), 1);
    // The other way round: without its line there is no change.
    app.sql("alter table audit_logs add constraint nothing_more check (id < 3)").await;
    assert_eq!(ada.refused_all("complete_tasks", &[id], &[]).await, AppError::Internal);
    assert!(!ada.detail(id).await.task.completed());
}

#[tokio::test]
async fn the_page_of_a_task_tells_its_history_in_words() {
    let app = App::at("2026-11-20T12:00:00Z").await;
    let ada = app.person("ada").await;
    let id = ada.add_with("<b>old</b>", "text").await;
    let fields = [
        ("id", &*id),
        ("version", "1"),
        ("title", "new"),
        ("status", "in_progress"),
        ("due_date", "2026-11-27"),
        ("due_time", "09:30"),
    ];
    ada.change("edit_task", &fields).await;
    ada.change("complete_tasks", &[("ids[0]", &id)]).await;
    ada.change("trash_tasks", &[("ids[0]", &id)]).await;
    app.sql("update tasks set deleted_at = null").await;
    app.sql("update users set name = 'Ada Lovelace'").await;
    let page = ada.page(&format!("/tasks/{id}")).await;
    let said: Vec<_> =
        page.texts(".history ol > li > p").iter().map(|text| text.split(" this").next().unwrap().to_owned()).collect();
    assert_eq!(
        said,
        [
            "Docket restored",
            "Ada Lovelace deleted",
            "Ada Lovelace completed",
            "Ada Lovelace changed",
            "Ada Lovelace added"
        ]
    );
    assert_eq!(
        page.texts(".field-changes li"),
        [
            "Status: In progress → Completed",
            "Title: <b>old</b> → new",
            "Description: text → nothing",
            "Status: To do → In progress",
            "Due: nothing → Fri 27 Nov",
            "Time: nothing → 09:30",
        ]
    );
    assert!(page.texts(".history a").is_empty());
    // When, by the clock of who looks.
    app.sql("update users set time_zone = 'Pacific/Kiritimati'").await;
    let local =
        app.value("select to_char(min(created_at) at time zone 'Pacific/Kiritimati', 'HH24:MI') from audit_logs").await;
    let page = ada.page(&format!("/tasks/{id}")).await;
    assert!(page.texts(".history .when")[4].ends_with(&local), "{:?}", page.texts(".history .when"));
}

#[tokio::test]
async fn a_long_history_has_pages_that_miss_nothing() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let id = ada.add("0").await;
    for version in 1..45 {
        let fields = [("id", &*id), ("version", &*version.to_string()), ("title", &*version.to_string())];
        ada.change("edit_task", &fields).await;
    }
    let mut path = format!("/tasks/{id}");
    let mut told = Vec::new();
    let mut sizes = Vec::new();
    loop {
        let page = ada.page(&path).await;
        sizes.push(page.texts(".history ol > li").len());
        told.extend(page.texts(".field-changes ins"));
        let Some(older) = page.attributes(".history a", "href").pop() else { break };
        path = older;
    }
    assert_eq!(sizes, [20, 20, 5]);
    assert_eq!(told, (1..45).rev().map(|number: i32| number.to_string()).collect::<Vec<_>>());
    for nonsense in ["0", "-1", "x", "9999999999999999999999"] {
        assert_eq!(ada.page(&format!("/tasks/{id}?before={nonsense}")).await.texts("h1"), ["44"], "{nonsense}");
    }
}

#[tokio::test]
async fn nobody_reads_the_history_of_somebody_elses_task() {
    let app = App::start().await;
    let (ada, eve) = (app.person("ada").await, app.person("eve").await);
    let id = ada.add("secret").await;
    assert_eq!(eve.refused("get_task", &[("id", &id)]).await, AppError::NotFound);
    assert!(!eve.get(&format!("/tasks/{id}")).await.text().await.unwrap().contains("secret"));
}
