use docket::error::AppError;
use reqwest::StatusCode;

use crate::support::{App, PASSWORD, Page, location};

const OTHER: &str = "01900000-0000-7000-8000-000000000000";

/// Every server function that is about tasks which are there.
const CHANGES: [&str; 10] = [
    "edit_task",
    "complete_tasks",
    "reopen_tasks",
    "trash_tasks",
    "restore_tasks",
    "set_status",
    "set_priority",
    "set_due",
    "move_task",
    "get_task",
];

/// What each of them takes.
fn every_field(id: &str) -> [(&str, &str); 7] {
    [
        ("id", id),
        ("ids[0]", id),
        ("title", "x"),
        ("version", "1"),
        ("status", "completed"),
        ("priority", "low"),
        ("place", "top"),
    ]
}

#[tokio::test]
async fn what_was_left_is_there_after_logging_out_and_in() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    for title in ["Water the plants", "Call Grace", "Write the letter"] {
        let answer = ada.submit("/tasks", "/fn/add_task", &[("title", title), ("form_next", "/tasks")]).await;
        assert_eq!(location(&answer), "/tasks");
    }
    assert_eq!(ada.page("/tasks").await.open(), ["Write the letter", "Call Grace", "Water the plants"]);

    // What stands on the page is what a browser would send.
    let page = ada.page("/tasks").await;
    let ids = page.attributes("button.check", "value");
    ada.submit("/tasks", "/fn/complete_tasks", &[("ids[0]", &ids[2])]).await;
    let editor = format!("/tasks/{}", ids[1]);
    let version = ada.page(&editor).await.attributes(".editor input[name=version]", "value").remove(0);
    let fields = [("id", ids[1].as_str()), ("version", &version), ("title", "Call Grace Hopper")];
    let fields = [&fields[..], &[("description", "about\r\nCOBOL")]].concat();
    assert_eq!(location(&ada.submit(&editor, "/fn/edit_task", &fields).await), editor);
    let next = page.attributes("#row-trash input[name=form_next]", "value").remove(0);
    let answer = ada.submit("/tasks", "/fn/trash_tasks", &[("ids[0]", &ids[0]), ("form_next", &next)]).await;
    let page = ada.page(location(&answer)).await;
    assert_eq!(page.open(), ["Call Grace Hopper"]);
    assert_eq!(page.texts(".banner p"), ["“Write the letter” was moved to the trash."]);
    let undone = page.attributes(".banner input[name=undone]", "value").remove(0);
    ada.submit("/tasks", "/fn/undo_change", &[("undone", &undone)]).await;

    ada.log_out().await;
    assert!(!ada.is_logged_in().await);
    ada.log_in("ada@example.org", PASSWORD).await;
    let page = ada.page("/tasks").await;
    assert_eq!(page.open(), ["Write the letter", "Call Grace Hopper"]);
    assert_eq!(page.completed(), ["Water the plants"]);
    assert_eq!(page.texts(".task-description"), ["about\nCOBOL"]);
    assert_eq!(page.texts(".count"), ["2 open"]);
}

#[tokio::test]
async fn reopening_puts_a_task_back_in_its_old_place() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let (older, _newer) = (ada.add("older").await, ada.add("newer").await);
    ada.call("complete_tasks", &[("ids[0]", &older)]).await;
    assert_eq!(ada.page("/tasks").await.completed(), ["older"]);
    ada.call("reopen_tasks", &[("ids[0]", &older)]).await;
    assert_eq!(ada.page("/tasks").await.open(), ["newer", "older"]);
}

#[tokio::test]
async fn doing_it_twice_is_doing_it_once() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let id = ada.add("once").await;
    for function in [
        "complete_tasks",
        "complete_tasks",
        "trash_tasks",
        "trash_tasks",
        "restore_tasks",
        "restore_tasks",
        "reopen_tasks",
        "reopen_tasks",
    ] {
        assert_eq!(ada.call(function, &[("ids[0]", &id)]).await.status(), StatusCode::OK, "{function}");
    }
    assert_eq!(ada.page("/tasks").await.open(), ["once"]);
}

#[tokio::test]
async fn somebody_elses_task_is_answered_like_one_that_does_not_exist() {
    let app = App::start().await;
    let (ada, eve) = (app.person("ada").await, app.person("eve").await);
    let id = ada.add_with("Ada's", "private").await;
    for function in CHANGES {
        let mut answers = Vec::new();
        for id in [id.as_str(), OTHER] {
            let answer = eve.call(function, &every_field(id)).await;
            answers.push((answer.status(), answer.text().await.unwrap()));
        }
        assert_eq!(answers[0], answers[1], "{function}");
        assert_eq!(answers[0].0, StatusCode::NOT_FOUND, "{function}");
        let anonymous = app.visitor().call(function, &every_field(&id)).await;
        assert_eq!(anonymous.status(), StatusCode::UNAUTHORIZED, "{function}");
    }
    for path in [format!("/tasks/{id}"), format!("/tasks/{OTHER}")] {
        assert_eq!(eve.get(&path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    // Nor as the neighbour of one's own.
    let own = eve.add("Eve's").await;
    assert_eq!(eve.refused("move_task", &[("id", &own), ("place", &format!("above {id}"))]).await, AppError::NotFound);
    eve.change("trash_tasks", &[("ids[0]", &own)]).await;
    assert!(eve.page("/tasks").await.open().is_empty());
    assert_eq!(ada.page("/tasks").await.open(), ["Ada's"]);
}

#[tokio::test]
async fn a_refused_title_gets_a_message_at_the_field_and_nothing_typed_is_lost() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let id = ada.add_with("fine", "as it was").await;
    let edit = format!("/tasks/{id}");
    let long = "ü".repeat(201);
    for (title, shown, message) in [
        (long.as_str(), long.as_str(), "This is 201 characters long; 200 fit."),
        (" \t ", " \t ", "This can't be empty."),
        ("a\0b", "a\u{fffd}b", "This contains the character U+0000, which can't be stored. Remove it and try again."),
    ] {
        let fields = [("title", title), ("description", "kept & <safe>")];
        for (path, action, field) in [
            ("/tasks", "/fn/add_task", "add-task-title".to_owned()),
            (edit.as_str(), "/fn/edit_task", format!("edit-task-title-{id}")),
        ] {
            let own = [("id", id.as_str()), ("version", "1")];
            let own = if action == "/fn/edit_task" { &own[..] } else { &[] };
            let fields = [&fields[..], own].concat();
            let answer = ada.submit(path, action, &fields).await;
            assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
            let page = Page::of(answer).await;
            assert_eq!(page.texts(&format!("[id='{field}-message']")), [message]);
            assert_eq!(page.attributes(&format!("[id='{field}']"), "value"), [shown]);
            assert_eq!(page.attributes(&format!("[id='{field}']"), "aria-invalid"), ["true"]);
            let description = field.replace("title", "description");
            assert_eq!(page.texts(&format!("[id='{description}']")), ["kept & <safe>"]);
        }
    }
    assert_eq!(ada.page("/tasks").await.open(), ["fine"]);
}

#[tokio::test]
async fn text_comes_back_byte_for_byte_and_adds_nothing_to_the_page() {
    let app = App::start().await;
    let ada = app.visitor();
    let corpus = [
        "<script>alert(1)</script>",
        "</textarea><img src=x onerror=alert(1)>",
        "\"><svg onload=alert(1)>",
        "'-alert(1)-'",
        "{{7*7}}</title></script>",
        "&lt;b&gt; &amp;",
        "👩‍👩‍👧 שלום مرحبا",
        "e\u{301} é",
        "<!-- --><![CDATA[ ]]>",
    ];
    ada.register(corpus[0], "ada@example.org", PASSWORD).await;
    let plain = ada.page("/tasks").await;
    for text in corpus {
        ada.add_with(text, text).await;
    }
    let page = ada.page("/tasks").await;
    let expected: Vec<_> = corpus.iter().rev().copied().collect();
    assert_eq!(page.open(), expected);
    assert_eq!(page.texts(".task-description"), expected);
    assert_eq!(page.texts(".who"), [corpus[0]]);
    assert_eq!(page.texts("script").len(), plain.texts("script").len());
    assert!(page.texts("img, [onerror], [onload], b").is_empty());
    // In the editor too, where HTML has other rules.
    for id in page.attributes("button.check", "value") {
        let editor = ada.page(&format!("/tasks/{id}")).await;
        let text = editor.texts(".editor textarea").remove(0);
        assert_eq!(editor.attributes(".editor input[name=title]", "value"), [text.as_str()]);
        assert_eq!(editor.texts("h1"), [text.as_str()]);
        assert!(corpus.contains(&text.as_str()), "{text}");
        assert!(editor.texts("img, [onerror], [onload]").is_empty());
    }
}

#[tokio::test]
async fn a_page_says_what_to_do_when_the_task_is_gone() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let answer = ada.submit("/tasks", "/fn/complete_tasks", &[("ids[0]", OTHER)]).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    let page = Page::of(answer).await;
    assert!(page.texts("[role=alert]").concat().contains("Reload the page"));
}

#[tokio::test]
async fn a_form_of_a_session_that_ended_leads_to_the_login_and_back() {
    let app = App::start().await;
    let answer = app.visitor().submit("/tasks?q=1", "/fn/add_task", &[("title", "x")]).await;
    assert_eq!(location(&answer), "/login?next=%2Ftasks%3Fq%3D1");
}
