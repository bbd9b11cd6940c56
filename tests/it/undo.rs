//! To take back what was done.

use docket::{
    domain::id::{ChangeId, TaskId},
    error::AppError,
};
use reqwest::StatusCode;

use crate::support::{App, Browser, Page, new_change};

/// Everything about the tasks that a person can see or that they would lose; not how often and when they were changed.
async fn everything(app: &App) -> String {
    app.value("select jsonb_agg(to_jsonb(tasks) - array['version', 'updated_at'] order by id) from tasks").await
}

async fn refuses(browser: &Browser, undone: ChangeId, error: AppError) {
    assert_eq!(browser.refused("undo_change", &[("undone", &undone.to_string())]).await, error);
}

/// Tasks in every state, and those of them that are about to change.
async fn tasks(ada: &Browser) -> Vec<TaskId> {
    let mut ids = Vec::new();
    for (title, status, date, time) in [
        ("plain", "pending", "", ""),
        ("begun", "in_progress", "2026-11-20", "10:00"),
        ("done", "completed", "2026-11-20", ""),
        ("beside", "pending", "", ""),
    ] {
        let fields =
            [("title", title), ("description", "text"), ("status", status), ("due_date", date), ("due_time", time)];
        ids.push(ada.add_fields(&fields).await.id);
    }
    ids
}

#[tokio::test]
async fn every_change_can_be_taken_back_and_that_too() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let tasks = tasks(&ada).await;
    let [plain, begun, done, beside] = tasks[..] else { panic!() };
    let (id, other) = (begun.to_string(), beside.to_string());
    let bulk = [plain, begun, done];
    let below = format!("below {other}");
    for (function, ids, fields) in [
        ("complete_tasks", &bulk[..], vec![]),
        ("reopen_tasks", &bulk[..], vec![]),
        ("set_status", &bulk[..], vec![("status", "in_progress")]),
        ("set_priority", &bulk[..], vec![("priority", "low")]),
        ("set_due", &bulk[..], vec![("due_date", "2027-01-01"), ("due_time", "09:30")]),
        ("set_due", &bulk[..], vec![("due_date", "2027-01-01")]),
        ("set_due", &bulk[..], vec![]),
        ("trash_tasks", &bulk[..], vec![]),
        ("move_task", &[], vec![("id", &*id), ("place", "top")]),
        ("move_task", &[], vec![("id", &*id), ("place", "bottom")]),
        ("move_task", &[], vec![("id", &*id), ("place", &below), ("status", "completed")]),
        ("edit_task", &[], vec![("id", &*id), ("version", "1000"), ("title", "only the title")]),
        (
            "edit_task",
            &[],
            vec![
                ("id", &*id),
                ("version", "1000"),
                ("title", "all"),
                ("status", "completed"),
                ("priority", "high"),
                ("due_date", "2030-01-01"),
            ],
        ),
    ] {
        let before = everything(&app).await;
        let changed = ada.change_all(function, ids, &fields).await;
        let after = everything(&app).await;
        assert_ne!(before, after, "{function}");
        let undone = ada.undo(changed.change).await;
        assert_eq!(everything(&app).await, before, "{function} {fields:?}");
        let again = ada.undo(undone.change).await;
        assert_eq!(everything(&app).await, after, "{function} {fields:?}, taken back and made again");
        ada.undo(again.change).await;
        assert_eq!(everything(&app).await, before, "{function} {fields:?}");
        // Each only once.
        refuses(&ada, changed.change, AppError::Superseded).await;
    }
    ada.change_all("trash_tasks", &bulk, &[]).await;
    let before = everything(&app).await;
    let restored = ada.change_all("restore_tasks", &bulk, &[]).await;
    ada.undo(restored.change).await;
    assert_eq!(everything(&app).await, before, "restore_tasks");
}

#[tokio::test]
async fn what_was_added_by_mistake_goes_to_the_trash_and_comes_back() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let added = ada.change("add_task", &[("title", "mistake")]).await;
    let undone = ada.undo(added.change).await;
    assert!(ada.titles("/tasks").await.is_empty());
    assert_eq!(ada.titles("/trash").await, ["mistake"]);
    ada.undo(undone.change).await;
    assert_eq!(ada.titles("/tasks").await, ["mistake"]);
}

#[tokio::test]
async fn what_was_changed_since_is_not_taken_back_nor_is_anything_with_it() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let tasks = tasks(&ada).await;
    let completed = ada.change_all("complete_tasks", &tasks, &[]).await;
    ada.change_all("reopen_tasks", &tasks[..1], &[]).await;
    let before = everything(&app).await;
    refuses(&ada, completed.change, AppError::Superseded).await;
    assert_eq!(everything(&app).await, before);

    // Completed again it looks the same, but it is another time that it was completed.
    ada.change_all("complete_tasks", &tasks[..1], &[]).await;
    refuses(&ada, completed.change, AppError::Superseded).await;

    for (function, fields) in [
        ("set_priority", [("priority", "low")]),
        ("set_status", [("status", "in_progress")]),
        ("set_due", [("due_date", "2027-01-01")]),
        ("set_due", [("due_date", "")]),
    ] {
        let changed = ada.change_all(function, &tasks[1..3], &fields).await;
        let fields = [("priority", "high"), ("status", "pending"), ("due_date", "2028-01-01")];
        ada.change_all(function, &tasks[2..3], &fields).await;
        let before = everything(&app).await;
        refuses(&ada, changed.change, AppError::Superseded).await;
        assert_eq!(everything(&app).await, before, "{function}");
    }
    let moved = ada.change("move_task", &[("id", &tasks[0].to_string()), ("place", "top")]).await;
    ada.change("move_task", &[("id", &tasks[0].to_string()), ("place", "bottom")]).await;
    refuses(&ada, moved.change, AppError::Superseded).await;

    // What is gone for good.
    let trashed = ada.change_all("trash_tasks", &tasks[..2], &[]).await;
    app.sql(&format!("delete from tasks where id = '{}'", tasks[0])).await;
    let before = everything(&app).await;
    refuses(&ada, trashed.change, AppError::Superseded).await;
    assert_eq!(everything(&app).await, before);
}

#[tokio::test]
async fn what_was_added_and_worked_on_since_stays() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    for (function, fields) in [
        ("set_due", [("due_date", "2027-01-01")]),
        ("set_priority", [("priority", "high")]),
        ("complete_tasks", [("", "")]),
        ("move_task", [("place", "bottom")]),
        ("edit_task", [("description", "more about it")]),
    ] {
        let added = ada.change("add_task", &[("title", "one")]).await;
        let id = added.tasks[0].id.to_string();
        let own = [("id", &*id), ("ids[0]", &id), ("version", "1"), ("title", "one")];
        ada.change(function, &[&own[..], &fields].concat()).await;
        refuses(&ada, added.change, AppError::Superseded).await;
        assert!(ada.detail(&id).await.task.trashed.is_none(), "{function}");
    }
}

#[tokio::test]
async fn what_was_changed_in_other_fields_since_keeps_those() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let task = ada.add_fields(&[("title", "old"), ("due_date", "2026-11-20")]).await;
    let id = task.id.to_string();
    let completed = ada.change_all("complete_tasks", &[task.id], &[]).await;
    let fields =
        [("id", &*id), ("version", "2"), ("title", "new"), ("status", "completed"), ("due_date", "2026-11-20")];
    ada.change("edit_task", &fields).await;
    let now = ada.undo(completed.change).await.tasks.remove(0);
    assert_eq!((now.title.as_str(), now.completed()), ("new", false));
}

#[tokio::test]
async fn a_date_is_not_taken_away_from_a_time_that_was_added_to_it() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let task = ada.add_fields(&[("title", "x")]).await;
    let dated = ada.change_all("set_due", &[task.id], &[("due_date", "2027-01-01")]).await;
    ada.change_all("set_due", &[task.id], &[("due_date", "2027-01-01"), ("due_time", "10:00")]).await;
    let before = everything(&app).await;
    refuses(&ada, dated.change, AppError::Superseded).await;
    assert_eq!(everything(&app).await, before);
    // Nor comes a time back without its date.
    let id = task.id.to_string();
    let fields = [("id", &*id), ("version", "3"), ("title", "x"), ("due_date", "2027-01-01")];
    let untimed = ada.change("edit_task", &fields).await;
    ada.change_all("set_due", &[task.id], &[]).await;
    refuses(&ada, untimed.change, AppError::Superseded).await;
}

#[tokio::test]
async fn nobody_takes_back_what_somebody_else_has_done() {
    let app = App::start().await;
    let (ada, eve) = (app.person("ada").await, app.person("eve").await);
    let added = ada.change("add_task", &[("title", "Ada's")]).await;
    let before = everything(&app).await;
    refuses(&eve, added.change, AppError::NotFound).await;
    refuses(&eve, new_change(), AppError::NotFound).await;
    assert_eq!(everything(&app).await, before);
    let page = eve.page(&format!("/tasks?done={}", added.change)).await;
    assert!(page.texts(".banner").is_empty() && !page.text.contains("Ada's"));
    let anonymous = app.visitor().call("undo_change", &[("undone", &added.change.to_string())]).await;
    assert_eq!(anonymous.status(), StatusCode::UNAUTHORIZED);
    // What changed nothing is nothing to take back.
    let nothing = ada.change_all("reopen_tasks", &[added.tasks[0].id], &[]).await;
    refuses(&ada, nothing.change, AppError::NotFound).await;
}

#[tokio::test]
async fn without_scripts_a_change_that_can_not_be_taken_back_says_why() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let task = ada.add_fields(&[("title", "x")]).await;
    let completed = ada.change_all("complete_tasks", &[task.id], &[]).await.change.to_string();
    ada.change_all("reopen_tasks", &[task.id], &[]).await;
    for path in ["/tasks", "/today", "/board", "/trash", &format!("/tasks/{}", task.id)] {
        let answer = ada.submit(path, "/fn/undo_change", &[("undone", &completed)]).await;
        assert_eq!(answer.status(), StatusCode::CONFLICT);
        let said = Page::of(answer).await.texts("[role=alert] p");
        assert_eq!(said, ["This was changed again since, so it can't be taken back any more."], "{path}");
    }
}

#[tokio::test]
async fn taking_back_twice_at_the_same_time_is_done_once() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let task = ada.add_fields(&[("title", "x")]).await;
    let completed = ada.change_all("complete_tasks", &[task.id], &[]).await.change.to_string();
    let undo = || async { ada.call("undo_change", &[("undone", &completed)]).await.status() };
    let (one, two) = tokio::join!(undo(), undo());
    let mut both = [one, two];
    both.sort();
    assert_eq!(both, [StatusCode::OK, StatusCode::CONFLICT]);
    assert_eq!(ada.detail(task.id).await.task.version, 3);
}
