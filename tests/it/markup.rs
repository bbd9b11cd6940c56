//! What people write is text, never markup: over two hundred strings that break out where a page forgets to escape, in every field
//! and on every page that shows them (`security.md` 27). What Chromium makes of them is in `end2end/tests/markup.spec.ts`.

use reqwest::{StatusCode, header};

use crate::support::{App, Browser, PASSWORD, Page};

fn corpus() -> Vec<&'static str> {
    let corpus: Vec<_> = include_str!("../corpus/markup.txt").lines().collect();
    assert!(corpus.len() >= 200);
    corpus
}

/// A text that looks like nothing else, with a value for every field.
const PLAIN: &str = "plain";

/// Each page is built of the same elements, with the same attributes, as with a plain text.
fn same(what: &str, text: &str, page: &Page, plain: &Page) {
    let (got, expected) = (page.skeleton(), plain.skeleton());
    if let Some(at) = (0..got.len().max(expected.len())).find(|at| got.get(*at) != expected.get(*at)) {
        panic!("{what}, {text}: {:?} instead of {:?}", got.get(at), expected.get(at));
    }
}

async fn refused(browser: &Browser, path: &str, action: &str, fields: &[(&str, &str)]) -> Page {
    let answer = browser.submit(path, action, fields).await;
    assert!(answer.status().is_client_error(), "{path} {fields:?}: {}", answer.status());
    Page::of(answer).await
}

#[tokio::test]
async fn lists_show_markup_as_text() {
    let app = App::at("2026-11-21T12:00:00Z").await;
    let ada = app.person("ada").await;
    for part in corpus().chunks(150) {
        let mut pages: Vec<Vec<(&str, Page)>> = Vec::new();
        for plain in [true, false] {
            for (text, day) in part.iter().zip(["2026-11-21", "2026-11-22"].iter().cycle()) {
                let text = if plain { PLAIN } else { text };
                ada.add_fields(&[("title", text), ("description", text), ("due_date", day)]).await;
            }
            let mut shown = Vec::new();
            for path in ["/tasks?limit=200", "/today", "/upcoming", "/board"] {
                shown.push((path, ada.page(path).await));
                assert!(shown.last().unwrap().1.texts(".task-title").len() >= 50, "{path}");
            }
            let all = ada.list("/tasks?limit=200").await.tasks;
            let titles: Vec<_> = all.iter().map(|task| task.title.as_str()).collect();
            assert_eq!(shown[0].1.texts(".task-title"), titles);
            ada.change_all("trash_tasks", &crate::support::ids(&all), &[]).await;
            shown.push(("/trash", ada.page("/trash").await));
            app.sql("delete from tasks").await;
            pages.push(shown);
        }
        for ((path, plain), (_, page)) in pages[0].iter().zip(&pages[1]) {
            same(path, "all", page, plain);
        }
    }
}

#[tokio::test]
async fn the_page_of_a_task_and_its_history_show_markup_as_text() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let page = async |text: &str| {
        let id = ada.add_with(text, text).await;
        let other = format!("{text}.").chars().take(200).collect::<String>();
        ada.change("edit_task", &[("id", &id), ("version", "1"), ("title", &other), ("description", "other")]).await;
        // A stale save shows both.
        let fields = [("id", &*id), ("version", "1"), ("title", "mine"), ("description", text)];
        let path = format!("/tasks/{id}");
        let conflict = refused(&ada, &path, "/fn/edit_task", &fields).await;
        (ada.page(&path).await, conflict)
    };
    let (plain, plain_conflict) = page(PLAIN).await;
    for text in corpus() {
        let (page, conflict) = page(text).await;
        same("page", text, &page, &plain);
        same("conflict", text, &conflict, &plain_conflict);
        assert_eq!(page.texts(".history del")[0], text);
    }
}

#[tokio::test]
async fn what_is_searched_for_and_asked_for_in_an_address_is_shown_as_text() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let (visitor, encode) =
        (app.visitor(), |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>());
    let paths = |text: &str| {
        let text = encode(text);
        [
            format!("/tasks?q={text}"),
            format!("/admin/users?q={text}"),
            format!(
                "/tasks?status={text}&priority={text}&due_from={text}&sort={text}&limit={text}&cursor={text}&done={text}"
            ),
        ]
    };
    let guests = |text: &str| {
        let text = encode(text);
        [
            format!("/login?next={text}"),
            format!("/register?next=/{text}"),
            format!("/verify?code={text}"),
            format!("/reset?code={text}"),
            format!("/forgot?done={text}"),
        ]
    };
    let mut plain = Vec::new();
    for path in paths("zzzz") {
        plain.push(ada.page(&path).await);
    }
    for path in guests("zzzz") {
        plain.push(visitor.page(&path).await);
    }
    for text in corpus() {
        for (path, plain) in paths(text).iter().zip(&plain) {
            same(path, text, &ada.page(path).await, plain);
        }
        for (path, plain) in guests(text).iter().zip(&plain[3..]) {
            same(path, text, &visitor.page(path).await, plain);
        }
    }
}

#[tokio::test]
async fn what_was_refused_comes_back_as_text() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let visitor = app.visitor();
    let long = "x".repeat(1_001);
    let pages = async |text: &str| {
        // The last field of each is what refuses it.
        let task = [("title", text), ("due_date", text), ("due_time", text), ("description", &*long)];
        let name: String = text.chars().take(100).collect();
        let register = [("name", &*name), ("email", text), ("time_zone", text), ("password", "short")];
        [
            refused(&ada, "/tasks", "/fn/add_task", &task).await,
            refused(&visitor, "/register", "/fn/register", &register).await,
            refused(&ada, "/settings/profile", "/fn/set_time_zone", &[("time_zone", text)]).await,
            refused(&ada, "/tasks", "/fn/undo_change", &[("undone", text), ("form_next", text)]).await,
            refused(&ada, "/settings/profile", "/fn/set_name", &[("name", &*format!("{text}{long}"))]).await,
            refused(&ada, "/settings/profile", "/fn/change_email", &[("email", text)]).await,
            refused(&ada, "/settings/data", "/fn/erase_account", &[("confirm_password", text)]).await,
            refused(
                &ada,
                "/settings/tokens",
                "/fn/make_token",
                &[("name", &*name), ("scopes[0]", text), ("expires", text)],
            )
            .await,
            refused(&visitor, "/forgot", "/fn/request_reset", &[("email", text)]).await,
            refused(&visitor, "/reset", "/fn/reset_password", &[("code", text), ("new_password", text)]).await,
            refused(&visitor, "/verify", "/fn/verify_email", &[("code", text)]).await,
        ]
    };
    let plain = pages(PLAIN).await;
    for text in corpus() {
        app.sql("delete from login_delays").await;
        for (page, plain) in pages(text).await.iter().zip(&plain) {
            same("refused", text, page, plain);
        }
    }
    let plain = refused(&visitor, "/login", "/fn/log_in", &[("email", PLAIN), ("password", PASSWORD)]).await;
    for text in corpus() {
        app.sql("delete from login_delays").await;
        let page = refused(&visitor, "/login", "/fn/log_in", &[("email", text), ("password", text)]).await;
        same("login", text, &page, &plain);
    }
}

#[tokio::test]
async fn the_name_of_a_token_is_shown_as_text() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let pages = async |text: &str| {
        app.sql("delete from api_tokens").await;
        let name: String = text.chars().take(100).collect();
        let fields = [("name", &*name), ("scopes[0]", "tasks:read"), ("expires", "7")];
        let made = ada.submit("/settings/tokens", "/fn/make_token", &fields).await;
        assert_eq!(made.status(), StatusCode::OK, "{text}");
        [Page::of(made).await, ada.page("/settings/tokens").await]
    };
    let plain = pages(PLAIN).await;
    for text in corpus() {
        for (page, plain) in pages(text).await.iter().zip(&plain) {
            same("token", text, page, plain);
            assert_eq!(page.texts(".tokens b")[0], text.chars().take(100).collect::<String>().trim());
        }
    }
}

#[tokio::test]
async fn names_addresses_and_devices_are_shown_as_text() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let pages = async |text: &str, device: &str| {
        let set = "update users set name = left($1, 100), email = left(translate($1, '@', ''), 200) || '@example.org'";
        sqlx::query(set).bind(text).execute(app.pool()).await.unwrap();
        let set = "update sessions set user_agent = $1";
        sqlx::query(set).bind(device).execute(app.pool()).await.unwrap();
        app.sql("delete from login_delays").await;
        // A wrong password leaves its device in the history of the account.
        let request = ada.client.post(app.url("/fn/change_password")).header(header::USER_AGENT, device.as_bytes());
        let fields = [("current_password", "wrong one"), ("new_password", "another good one of mine")];
        assert_eq!(request.form(&fields).send().await.unwrap().status().as_u16(), 403);
        let mut pages = Vec::new();
        for path in ["/tasks", "/settings/profile", "/settings/security", "/admin/users"] {
            pages.push(ada.page(path).await);
        }
        pages
    };
    // Thirty events are shown, whatever there are.
    for _ in 0..30 {
        pages(PLAIN, PLAIN).await;
    }
    let plain = pages(PLAIN, PLAIN).await;
    for text in corpus() {
        for (page, plain) in pages(text, text).await.iter().zip(&plain) {
            same("name or device", text, page, plain);
        }
    }
}
