//! Rows that the server has rendered before, and gives again.

use scraper::{Html, Selector};

use crate::support::{App, Browser};

const PAGES: [&str; 11] = [
    "/tasks",
    "/tasks?status=open",
    "/tasks?sort=title",
    "/tasks?limit=25&archived=true",
    "/tasks?q=milk",
    "/tasks?done=00000000-0000-4000-8000-000000000000",
    "/today",
    "/upcoming",
    "/board",
    "/trash",
    "/trash?sort=title",
];

/// The lists of a page, as they came.
async fn lists(who: &Browser, path: &str, language: &str) -> String {
    let answer =
        who.client.get(format!("{}{path}", who.base)).header("accept-language", language).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    let page = Html::parse_document(&answer.text().await.unwrap());
    page.select(&Selector::parse(".sections").unwrap()).map(|lists| lists.html()).collect()
}

#[tokio::test]
async fn a_row_that_was_kept_is_the_row_that_would_be_made_now() {
    let app = App::at("2026-11-21T10:30:00Z").await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    for who in [&ada, &bob] {
        who.add_with("milk & <b>bread</b>", "two litres").await;
        who.add_fields(&[("title", "call"), ("due_date", "2026-11-21"), ("due_time", "11:00"), ("priority", "high")])
            .await;
        who.add_fields(&[("title", "letter"), ("due_date", "2026-11-22"), ("status", "in_progress")]).await;
        who.add_fields(&[("title", "rent"), ("due_date", "2026-11-20")]).await;
    }
    let done = ada.add_fields(&[("title", "old"), ("status", "completed")]).await;
    let filed = ada.add_fields(&[("title", "filed"), ("status", "completed")]).await;
    app.sql(&format!("update tasks set archived_at = '2026-11-21T00:00:00Z' where id = '{}'", filed.id)).await;
    let gone = ada.add_fields(&[("title", "gone"), ("due_date", "2026-11-21")]).await;
    ada.change_all("trash_tasks", &[gone.id], &[]).await;
    let first = ada.list("/tasks").await.tasks[0].clone();
    let (id, last) = (first.id.to_string(), ada.list("/tasks").await.tasks[3].id.to_string());

    let mut compared = 0;
    for step in 0..11 {
        match step {
            // As it is, and again: the second time all is there.
            0 | 1 => {}
            2 => app.set_clock("2026-11-21T11:30:00Z"),
            3 => app.set_clock("2026-11-22T00:30:00Z"),
            4 => app.sql("update users set time_zone = 'Pacific/Pago_Pago'").await,
            5 => drop(ada.change("move_task", &[("id", &id), ("place", "bottom")]).await),
            6 => drop(ada.change_all("complete_tasks", &[&id], &[]).await),
            7 => drop(ada.change_all("set_priority", &[&last], &[("priority", "urgent")]).await),
            8 => drop(ada.change_all("reopen_tasks", &[done.id], &[]).await),
            9 => drop(ada.change_all("restore_tasks", &[gone.id], &[]).await),
            _ => app.sql("update tasks set title = 'cheese', version = version + 1 where title = 'call'").await,
        }
        for (name, who) in [("ada", &ada), ("bob", &bob)] {
            for language in ["en", "de"] {
                // One that has rendered nothing before, and begins at the other end: what a page would get from another, it gets from another one there.
                let new = app.beside(&[("DATABASE_POOL_SIZE", "1")]).await;
                let new = who.on(&new);
                let mut made = Vec::new();
                for path in PAGES.iter().rev() {
                    made.push(lists(&new, path, language).await);
                }
                for (path, made) in PAGES.iter().zip(made.into_iter().rev()) {
                    assert_eq!(lists(who, path, language).await, made, "{name}, {path}, {language}, step {step}");
                    compared += made.matches("data-task=").count();
                }
            }
        }
    }
    assert!(compared > 1_000, "{compared}");
}
