//! Tasks in one line, and several at once.

use docket::{
    domain::{quick::MOST, task::Task},
    error::{AppError, FieldErrors, Message},
};
use reqwest::{StatusCode, header};

use crate::support::{App, Browser, Page, location, new_change};

/// A Wednesday, in the afternoon.
const NOW: &str = "2026-11-18T14:00:00Z";

/// Sends a line as the form does, from a browser that asks for this language.
async fn send(ada: &Browser, language: &str, fields: &[(&str, &str)]) -> reqwest::Response {
    let mut form = vec![("form_action", "/fn/add_task"), ("quick", "true")];
    form.extend_from_slice(fields);
    let request = ada.client.post(format!("{}/tasks", ada.base)).header(header::ACCEPT, "text/html");
    let request = request.header(header::ORIGIN, &ada.base).header(header::ACCEPT_LANGUAGE, language);
    request.form(&form).send().await.unwrap()
}

fn said(task: &Task) -> String {
    let due = task.due.map(|due| match due.time {
        Some(time) => format!("{} {time}", due.day),
        None => due.day.to_string(),
    });
    format!("{} | {} | {}", task.title.as_str(), due.unwrap_or_default(), task.priority.as_str())
}

#[tokio::test]
async fn without_scripts_a_line_is_understood_in_the_language_of_the_page_and_by_the_clock_of_its_owner() {
    let app = App::at(NOW).await;
    let ada = app.person("ada").await;
    app.sql("update users set time_zone = 'Pacific/Kiritimati'").await;
    for (language, fields, expected) in [
        // There it is Thursday, at four.
        ("en", vec![("title", "Pay rent tomorrow 5pm p1")], "Pay rent | 2026-11-20 17:00 | urgent"),
        ("en", vec![("title", "Swim thu")], "Swim | 2026-11-26 | medium"),
        ("en-US,en;q=0.9", vec![("title", "Party 2/1")], "Party | 2027-02-01 | medium"),
        ("en-GB,en;q=0.9", vec![("title", "Party 2/1")], "Party | 2027-01-02 | medium"),
        ("de", vec![("title", "Miete zahlen morgen 17 Uhr p2")], "Miete zahlen | 2026-11-20 17:00 | high"),
        ("de", vec![("title", "Pay rent tomorrow")], "Pay rent tomorrow |  | medium"),
        ("en", vec![("title", "Miete morgen 17 Uhr")], "Miete morgen 17 Uhr |  | medium"),
        // The line counts before the fields, and what it doesn't say they do.
        (
            "en",
            vec![("title", "Pay rent tomorrow"), ("due_date", "2027-01-01"), ("priority", "low")],
            "Pay rent | 2026-11-20 | low",
        ),
        ("en", vec![("title", "Pay rent p4"), ("due_date", "2027-01-01")], "Pay rent | 2027-01-01 | low"),
        // Only a part of a word, or of something else.
        ("en", vec![("title", "Renewed the 9/11 report")], "Renewed the 9/11 report |  | medium"),
        ("en", vec![("title", "2nd floor bath")], "2nd floor bath |  | medium"),
        ("en", vec![("title", "Read \"Friday\"")], "Read \"Friday\" |  | medium"),
    ] {
        let answer = send(&ada, language, &fields).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{fields:?}");
        assert_eq!(said(&ada.list("/tasks").await.tasks[0]), expected, "{language} {fields:?}");
    }
    // Whoever doesn't send a line is taken by the word.
    assert_eq!(said(&ada.add_fields(&[("title", "Pay rent tomorrow")]).await), "Pay rent tomorrow |  | medium");
}

#[tokio::test]
async fn the_form_sends_a_line_and_a_refused_one_comes_back_as_it_was_typed() {
    let app = App::at(NOW).await;
    let ada = app.person("ada").await;
    let page = ada.page("/tasks").await;
    assert_eq!(page.attributes("form.add input[name=quick]", "value"), ["true"]);
    let line = format!("{} tomorrow 5pm", "ü".repeat(201));
    let answer = send(&ada, "en", &[("title", &line), ("description", "kept")]).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = Page::of(answer).await;
    assert_eq!(page.attributes("#add-task-title", "value"), [line.as_str()]);
    assert_eq!(page.texts("#add-task-title-message"), ["This is 201 characters long; 200 fit."]);
    assert_eq!(page.texts("#add-task-description"), ["kept"]);
    // With the date it is longer than a title may be.
    let answer = send(&ada, "en", &[("title", &format!("{} tomorrow 5pm", "ü".repeat(200)))]).await;
    assert_eq!(location(&answer), "/tasks");
    assert_eq!(ada.list("/tasks").await.tasks.len(), 1);
}

#[tokio::test]
async fn several_are_added_as_one_change_in_their_order_and_go_together() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    ada.add("old").await;
    let change = new_change().to_string();
    let fields = [
        ("tasks[0][title]", "first"),
        ("tasks[0][priority]", "urgent"),
        ("tasks[1][title]", "second"),
        ("tasks[1][due_date]", "2027-01-01"),
        ("tasks[2][title]", "third"),
        ("change", &change),
    ];
    let added = ada.change("add_tasks", &fields).await;
    assert_eq!(added.change.to_string(), change);
    assert_eq!(ada.titles("/tasks").await, ["first", "second", "third", "old"]);
    assert_eq!(
        added.tasks.iter().map(said).collect::<Vec<_>>(),
        ["first |  | urgent", "second | 2027-01-01 | medium", "third |  | medium"]
    );
    // Sent twice, done once.
    let again = ada.change("add_tasks", &fields).await;
    assert_eq!((again.tasks.len(), ada.titles("/tasks").await.len()), (3, 4));
    ada.undo(added.change).await;
    assert_eq!(ada.titles("/tasks").await, ["old"]);
    assert_eq!(ada.titles("/trash").await.len(), 3);
}

#[tokio::test]
async fn of_several_none_is_added_where_one_is_refused_and_the_message_says_which() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let long = "x".repeat(201);
    let fields = [("tasks[0][title]", "good"), ("tasks[1][title]", &long), ("tasks[2][title]", " ")];
    let AppError::Invalid(errors) = ada.refused("add_tasks", &fields).await else { panic!() };
    let fields: Vec<_> = errors.iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["tasks[1].title", "tasks[2].title"]);
    assert_eq!(ada.refused("add_tasks", &[]).await, FieldErrors::one("tasks", Message::NoLines));
    let names: Vec<_> = (0..=MOST).map(|place| format!("tasks[{place}][title]")).collect();
    let many: Vec<_> = names.iter().map(|name| (name.as_str(), "x")).collect();
    assert_eq!(ada.refused("add_tasks", &many).await, FieldErrors::one("tasks", Message::TooManyLines(MOST)));
    assert!(ada.titles("/tasks").await.is_empty());
    assert_eq!(ada.change("add_tasks", &many[1..]).await.tasks.len(), MOST);
}
