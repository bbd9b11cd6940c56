//! To do something with one task, or with many at once.

use docket::{
    domain::{change::Changed, id::TaskId},
    error::AppError,
};
use reqwest::StatusCode;
use tokio::task::JoinSet;

use crate::support::{App, Browser, Page, ids, indexed, location, new_change, with};

/// Every row there is, to see whether something changed.
async fn everything(app: &App) -> String {
    app.value("select jsonb_agg(to_jsonb(tasks) order by id) from tasks").await
        + &app.value("select count(*) from audit_logs").await
}

async fn some(browser: &Browser, count: usize) -> Vec<TaskId> {
    let mut ids = Vec::new();
    for number in 0..count {
        ids.push(browser.add(&format!("task {number}")).await.parse().unwrap());
    }
    ids
}

/// What can be done to many tasks, what it takes, and what it makes of each row.
type Bulk = (&'static str, &'static [(&'static str, &'static str)], &'static str);

const BULK: [Bulk; 9] = [
    ("set_status", &[("status", "in_progress")], "status = 'in_progress' and completed_at is null"),
    ("complete_tasks", &[], "status = 'completed' and completed and completed_at is not null"),
    ("reopen_tasks", &[], "status = 'pending' and not completed and completed_at is null"),
    ("set_priority", &[("priority", "urgent")], "priority = 'urgent'"),
    (
        "set_due",
        &[("due_date", "2027-01-31"), ("due_time", "17:30")],
        "due_date = '2027-01-31' and due_time = '17:30' and due_order = '2027-01-31 17:30'",
    ),
    ("set_due", &[("due_date", "2027-02-01")], "due_date = '2027-02-01' and due_time = '17:30'"),
    ("set_due", &[], "due_date is null and due_time is null and due_order = 'infinity'"),
    ("trash_tasks", &[], "deleted_at is not null"),
    ("restore_tasks", &[], "deleted_at is null"),
];

#[tokio::test]
async fn many_tasks_are_changed_at_once_and_as_one() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let tasks = some(&ada, 5).await;
    let chosen = &tasks[..4];
    for (function, fields, expected) in BULK {
        let changed = ada.change_all(function, chosen, fields).await;
        assert_eq!(ids(&changed.tasks), chosen, "{function}");
        let list = chosen.iter().map(|id| format!("'{id}'")).collect::<Vec<_>>().join(",");
        let right = app.value(&format!("select count(*) from tasks where id in ({list}) and {expected}")).await;
        assert_eq!(right, "4", "{function}");
        let one =
            "select count(distinct updated_at) || ' ' || count(distinct coalesce(completed_at, deleted_at, now()))";
        assert_eq!(app.value(&format!("{one} from tasks where id in ({list})")).await, "1 1", "{function}");
        let log = format!("select count(*) from audit_logs where change_id = '{}'", changed.change);
        assert_eq!(app.value(&log).await, "4", "{function}");
    }
    assert_eq!(app.value(&format!("select version from tasks where id = '{}'", tasks[4])).await, "1");
}

#[tokio::test]
async fn one_task_that_is_not_there_and_none_is_changed() {
    let app = App::start().await;
    let (ada, eve) = (app.person("ada").await, app.person("eve").await);
    let own = some(&ada, 3).await;
    let hers = some(&eve, 1).await[0];
    let before = everything(&app).await;
    for (function, fields, _) in BULK {
        for stranger in [hers, "01900000-0000-7000-8000-000000000000".parse().unwrap()] {
            let tasks = [&own[..], &[stranger]].concat();
            assert_eq!(ada.refused_all(function, &tasks, fields).await, AppError::NotFound, "{function}");
        }
    }
    assert_eq!(everything(&app).await, before);
    // What lies in the trash can't be done.
    ada.change_all("trash_tasks", &own[..1], &[]).await;
    let before = everything(&app).await;
    for (function, fields, _) in &BULK[..6] {
        assert_eq!(ada.refused_all(function, &own, fields).await, AppError::NotFound, "{function}");
    }
    assert_eq!(everything(&app).await, before);
}

#[tokio::test]
async fn five_hundred_tasks_are_fine_and_more_or_none_are_refused_in_words() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    app.sql(
        "insert into tasks (id, user_id, title, position)
         select gen_random_uuid(), id, 'x', lpad(to_hex(n), 24, '0') from users, generate_series(1, 501) as n",
    )
    .await;
    let tasks: Vec<uuid::Uuid> = sqlx::query_scalar("select id from tasks").fetch_all(app.pool()).await.unwrap();
    let before = everything(&app).await;
    for (function, fields, _) in BULK {
        for (chosen, message) in
            [(&tasks[..0], "Select at least one task first."), (&tasks[..], "Select at most 500 tasks at once.")]
        {
            let error = ada.refused_all(function, chosen, fields).await;
            assert_eq!(error.at("ids").as_deref(), Some(message), "{function}: {error:?}");
        }
        // The same task again and again is one task.
        let again = vec![tasks[0]; 501];
        assert_ne!(
            ada.call(function, &with(&indexed(&again), fields)).await.status(),
            StatusCode::INTERNAL_SERVER_ERROR
        );
    }
    let _ = before;
    let changed = ada.change_all("complete_tasks", &tasks[..500], &[]).await;
    assert_eq!(changed.tasks.len(), 500);
    assert_eq!(app.value("select count(*) from tasks where completed").await, "500");
    // So does the form of a page that shows so many.
    let fields: Vec<_> = tasks[..500].iter().map(|id| ("ids[]".to_owned(), id.to_string())).collect();
    let answer = ada.submit("/tasks", "/fn/reopen_tasks", &with(&fields, &[])).await;
    assert_eq!(location(&answer), "/tasks");
    assert_eq!(app.value("select count(*) from tasks where completed").await, "0");
}

#[tokio::test]
async fn what_is_no_choice_is_refused_where_it_was_made() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let tasks = some(&ada, 1).await;
    for (function, fields, field, message) in [
        ("set_status", [("status", "done")], "status", "Choose one of the list."),
        ("set_priority", [("priority", "")], "priority", "Choose one of the list."),
        ("set_due", [("due_date", "tomorrow")], "due_date", "This is not a date. One looks like 2027-01-31."),
        ("set_due", [("due_time", "10:00")], "due_date", "A time needs a date. Choose one, or clear the time."),
    ] {
        assert_eq!(ada.refused_all(function, &tasks, &fields).await.at(field).as_deref(), Some(message), "{fields:?}");
    }
    for (fields, field) in [
        ([("title", "x"), ("priority", "very")], "priority"),
        ([("title", "x"), ("due_date", "2026-02-29")], "due_date"),
        ([("title", "x"), ("due_time", "10:00")], "due_date"),
    ] {
        assert!(ada.refused("add_task", &fields).await.at(field).is_some(), "{fields:?}");
        let page = Page::of(ada.submit("/tasks", "/fn/add_task", &fields).await).await;
        assert_eq!(page.texts(&format!("#add-task-{field}-message")).len(), 1, "{fields:?}");
        assert_ne!(page.texts(&format!("#add-task-{field}-message"))[0], "", "{fields:?}");
    }
    for place in ["", "middle", "above", "above x", "below 1"] {
        let id = tasks[0].to_string();
        assert_eq!(ada.refused("move_task", &[("id", &id), ("place", place)]).await, AppError::Malformed, "{place}");
    }
}

#[tokio::test]
async fn without_scripts_a_selection_is_changed_with_a_way_back_and_a_refusal_is_said() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let tasks = some(&ada, 3).await;
    let page = ada.page("/tasks").await;
    let boxes = page.attributes("input[type=checkbox][form=bulk]", "value");
    assert_eq!(boxes.len(), 3);
    assert_eq!(page.attributes("input[type=checkbox][form=bulk]", "name"), ["ids[]", "ids[]", "ids[]"]);
    let next = page.attributes("form#bulk input[name=form_next]", "value").remove(0);
    // A browser sends the other fields of the form too.
    let chosen = [("ids[]", boxes[0].as_str()), ("ids[]", boxes[2].as_str())];
    let fields = [&chosen[..], &[("priority", "urgent"), ("due_date", ""), ("form_next", &next)]].concat();
    let answer = ada.submit("/tasks", "/fn/complete_tasks", &fields).await;
    let page = ada.page(location(&answer)).await;
    assert_eq!(page.texts(".banner p"), ["2 tasks were completed."]);
    assert_eq!(page.completed().len(), 2);
    assert_eq!(app.value("select string_agg(distinct priority::text, ',') from tasks").await, "medium");
    let undone = page.attributes(".banner input[name=undone]", "value").remove(0);
    let action = page.attributes(".banner form", "action").remove(0);
    let back = page.attributes(".banner input[name=form_next]", "value").remove(0);
    let answer = ada.submit(&action, "/fn/undo_change", &[("undone", &undone), ("form_next", &back)]).await;
    let page = ada.page(location(&answer)).await;
    assert_eq!((page.open().len(), page.texts(".banner").len()), (3, 0));

    let answer = ada.submit("/tasks", "/fn/complete_tasks", &[("form_next", &next)]).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(Page::of(answer).await.texts("[role=alert] p"), ["Select at least one task first."]);
    let fields = [&chosen[..], &[("due_date", "tomorrow")]].concat();
    let answer = ada.submit("/tasks", "/fn/set_due", &fields).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(Page::of(answer).await.texts("[role=alert] p"), ["This is not a date. One looks like 2027-01-31."]);
    for path in ["/today", "/board", "/tasks?status=open", "/trash", &format!("/tasks/{}", tasks[0])] {
        let answer = ada.submit(path, "/fn/trash_tasks", &[]).await;
        assert_eq!(Page::of(answer).await.texts("[role=alert] p"), ["Select at least one task first."], "{path}");
    }
}

#[tokio::test]
async fn every_button_of_every_row_works_as_it_stands_there() {
    let app = App::at("2026-11-20T12:00:00Z").await;
    let ada = app.person("ada").await;
    for page in ["/tasks", "/board", "/today", "/trash", "/upcoming"] {
        for number in 0..2 {
            let task = ada.add_fields(&[("title", &format!("{page} {number}")), ("due_date", "2026-11-20")]).await;
            let date = if page == "/upcoming" { "2026-11-23" } else { "2026-11-20" };
            ada.change_all("set_due", &[task.id], &[("due_date", date)]).await;
            if page == "/trash" {
                ada.change_all("trash_tasks", &[task.id], &[]).await;
            }
        }
        let html = ada.page(page).await;
        let presses = html.presses(".tasks button");
        assert!(presses.len() >= 2, "{page}");
        for (path, fields) in presses {
            let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let action = fields.iter().find(|(name, _)| *name == "form_action").unwrap().1;
            let answer = ada.submit(&path, action, &fields[1..]).await;
            // A form for what another one has done meanwhile may be refused, in words.
            let refused = [StatusCode::NOT_FOUND].contains(&answer.status());
            assert!(refused || answer.status() == StatusCode::SEE_OTHER, "{page} {fields:?}: {}", answer.status());
            if !refused {
                assert_eq!(ada.page(location(&answer)).await.texts("[role=alert] p").len(), 0, "{page} {fields:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_moved_task_stands_where_it_was_put() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let tasks = some(&ada, 4).await;
    let [_, one, two, _] = &tasks[..] else { panic!() };
    let put = async |id: &TaskId, place: String| {
        ada.change("move_task", &[("id", &id.to_string()), ("place", &place)]).await;
        ada.titles("/tasks").await.join(" ").replace("task ", "")
    };
    assert_eq!(ada.titles("/tasks").await.join(" ").replace("task ", ""), "3 2 1 0");
    assert_eq!(put(one, "top".into()).await, "1 3 2 0");
    assert_eq!(put(one, "bottom".into()).await, "3 2 0 1");
    assert_eq!(put(one, format!("above {two}")).await, "3 1 2 0");
    assert_eq!(put(one, format!("below {two}")).await, "3 2 1 0");
    assert_eq!(put(one, format!("below {one}")).await, "3 2 1 0");
    ada.add("task 4").await;
    assert_eq!(put(two, "top".into()).await, "2 4 3 1 0");
    ada.add("task 5").await;
    assert_eq!(ada.titles("/tasks").await[0], "task 5", "a new task stands on top");
    // On the board, the column goes with it.
    let fields = [("id", &*one.to_string()), ("place", "top"), ("status", "in_progress")];
    ada.change("move_task", &fields).await;
    assert_eq!(ada.page("/board").await.texts("ul[aria-label='In progress'] .task-title"), ["task 1"]);
    let page = ada.page("/board").await;
    assert_eq!(page.texts("ul[aria-label='To do'] .task-title").len(), 5);
}

#[tokio::test]
async fn two_that_were_put_into_the_same_gap_can_be_told_apart() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let tasks = some(&ada, 5).await;
    let [last, third, second, _end, first] = &tasks[..] else { panic!() };
    let put = async |id: &TaskId, place: String| {
        ada.change("move_task", &[("id", &id.to_string()), ("place", &place)]).await;
    };
    // One is out of sight while the other is put where it was.
    put(second, format!("below {first}")).await;
    ada.change_all("complete_tasks", &[second], &[]).await;
    put(third, format!("below {first}")).await;
    ada.change_all("reopen_tasks", &[second], &[]).await;
    for (above, place) in [(1, "below"), (2, "above")] {
        let order = ids(&ada.list("/tasks").await.tasks);
        put(last, format!("{place} {}", order[above])).await;
        let order = ids(&ada.list("/tasks").await.tasks);
        assert_eq!(order[2], *last, "it doesn't stand just {place} the one it was put {place}: {order:?}");
        put(last, "bottom".into()).await;
    }
}

#[tokio::test]
async fn a_call_that_is_sent_again_is_done_once() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let change = new_change().to_string();
    let mut calls = JoinSet::new();
    for _ in 0..20 {
        let (ada, change) = (ada.clone(), change.clone());
        calls.spawn(async move { ada.change("add_task", &[("title", "once"), ("change", &change)]).await });
    }
    let answers: Vec<Changed> = calls.join_all().await;
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.tasks.len() == 1), "{answers:?}");
    assert_eq!(answers[0].change.to_string(), change);
    assert_eq!(ada.titles("/tasks").await, ["once"]);

    // Of many tasks too, and long after: what was done since isn't undone by it.
    let tasks = some(&ada, 5).await;
    let change = new_change().to_string();
    let first = ada.change_all("complete_tasks", &tasks, &[("change", &change)]).await;
    assert_eq!(ada.change_all("complete_tasks", &tasks, &[("change", &change)]).await, first);
    ada.change_all("reopen_tasks", &tasks[..1], &[]).await;
    let again = ada.change_all("complete_tasks", &tasks, &[("change", &change)]).await;
    assert_eq!(ids(&again.tasks), ids(&first.tasks));
    assert!(!again.tasks[0].completed());
    assert_eq!(app.value("select count(*) from audit_logs where action = 'complete'").await, "5");

    // Somebody else's change of the same id is another one.
    let eve = app.person("eve").await;
    let hers = eve.change("add_task", &[("title", "hers"), ("change", &change)]).await;
    assert_eq!(hers.tasks[0].title.as_str(), "hers");
}
