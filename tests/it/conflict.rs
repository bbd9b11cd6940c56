//! One task in two tabs.

use docket::{domain::task::Task, error::AppError};
use reqwest::StatusCode;

use crate::support::{App, Browser, Page, location};

/// Saves the form of a tab that has the task as `seen`, with other values in some fields.
fn form(seen: &Task, fields: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let typed = seen.draft().typed();
    let mut form = vec![
        ("id", seen.id.to_string()),
        ("version", seen.version.to_string()),
        ("title", typed.title),
        ("description", typed.description),
        ("status", typed.status),
        ("priority", typed.priority),
        ("due_date", typed.due_date),
        ("due_time", typed.due_time),
    ];
    for (name, value) in fields {
        form.retain(|(known, _)| known != name);
        form.push((name, (*value).to_owned()));
    }
    form
}

fn pairs<'a>(form: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    form.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

async fn save(browser: &Browser, seen: &Task, fields: &[(&'static str, &str)]) -> Task {
    browser.change("edit_task", &pairs(&form(seen, fields))).await.tasks.remove(0)
}

async fn refused(browser: &Browser, seen: &Task, fields: &[(&'static str, &str)]) -> (Vec<String>, Vec<String>) {
    match browser.refused("edit_task", &pairs(&form(seen, fields))).await {
        AppError::Conflict(conflict) => (conflict.both, conflict.theirs),
        other => panic!("{other:?}"),
    }
}

async fn task(ada: &Browser) -> Task {
    let fields =
        [("title", "title"), ("description", "description"), ("due_date", "2026-11-20"), ("due_time", "10:00")];
    ada.add_fields(&fields).await
}

#[tokio::test]
async fn two_tabs_that_change_different_fields_both_get_what_they_want() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let seen = task(&ada).await;
    save(&ada, &seen, &[("title", "new title")]).await;
    save(&ada, &seen, &[("description", "")]).await;
    save(&ada, &seen, &[("priority", "urgent"), ("status", "in_progress")]).await;
    let now = save(&ada, &seen, &[("due_time", "11:00")]).await;
    let typed = now.draft().typed();
    assert_eq!((typed.title.as_str(), typed.description.as_str()), ("new title", ""));
    assert_eq!((typed.priority.as_str(), typed.status.as_str()), ("urgent", "in_progress"));
    assert_eq!((typed.due_date.as_str(), typed.due_time.as_str()), ("2026-11-20", "11:00"));
    assert_eq!(now.version, 5);
    // And where both want the same there is nothing to choose.
    let same = save(&ada, &seen, &[("title", "new title"), ("priority", "urgent")]).await;
    assert_eq!(same, now);
}

#[tokio::test]
async fn two_tabs_that_change_the_same_field_are_not_merged_and_nothing_is_saved() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let seen = task(&ada).await;
    let other = save(&ada, &seen, &[("title", "theirs"), ("priority", "low"), ("due_date", "2027-01-01")]).await;
    let (both, theirs) = refused(&ada, &seen, &[("title", "mine"), ("description", "mine")]).await;
    assert_eq!((both, theirs), (vec!["title".to_owned()], vec!["priority".to_owned(), "due_date".to_owned()]));
    // The time goes with its date.
    let (both, _) = refused(&ada, &seen, &[("due_time", "12:00")]).await;
    assert_eq!(both, ["due_date"]);
    let (both, _) =
        refused(&ada, &seen, &[("title", "mine"), ("priority", "high"), ("due_date", ""), ("due_time", "")]).await;
    assert_eq!(both, ["title", "priority", "due_date"]);
    assert_eq!(ada.detail(seen.id).await.task, other);
}

#[tokio::test]
async fn what_was_done_elsewhere_by_a_click_counts_as_a_change_too() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let seen = task(&ada).await;
    ada.change_all("complete_tasks", &[seen.id], &[]).await;
    ada.change("move_task", &[("id", &seen.id.to_string()), ("place", "bottom")]).await;
    let now = save(&ada, &seen, &[("title", "new")]).await;
    assert!(now.completed());
    let (both, _) = refused(&ada, &seen, &[("status", "in_progress")]).await;
    assert_eq!(both, ["status"]);
    // Changed and changed back is not changed.
    ada.change_all("reopen_tasks", &[seen.id], &[]).await;
    let now = save(&ada, &seen, &[("title", "new"), ("status", "in_progress")]).await;
    assert_eq!((now.title.as_str(), now.status.as_str()), ("new", "in_progress"));
}

#[tokio::test]
async fn many_versions_later_the_right_fields_are_compared() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let seen = task(&ada).await;
    let mut latest = seen.clone();
    for number in 0..30 {
        let (name, other) = if number % 2 == 0 { ("description", "title") } else { ("priority", "status") };
        let value = if name == "priority" { ["low", "high"][number / 2 % 2].to_owned() } else { number.to_string() };
        latest = save(&ada, &latest, &[(name, &value)]).await;
        let _ = other;
    }
    let (both, theirs) = refused(&ada, &seen, &[("description", "mine"), ("title", "mine")]).await;
    assert_eq!((both, theirs), (vec!["description".to_owned()], vec!["priority".to_owned()]));
    let now = save(&ada, &seen, &[("title", "mine")]).await;
    assert_eq!((now.title.as_str(), now.description.clone()), ("mine", latest.description));
}

#[tokio::test]
async fn without_scripts_both_texts_are_shown_and_either_can_be_kept() {
    for (choice, title) in [("mine", "mine"), ("theirs", "theirs")] {
        let app = App::start().await;
        let ada = app.person("ada").await;
        let seen = task(&ada).await;
        let path = format!("/tasks/{}", seen.id);
        // Two tabs with the same form.
        let html = ada.page(&path).await;
        assert_eq!(html.attributes(".editor input[name=version]", "value"), ["1"]);
        let other = form(&seen, &[("title", "theirs"), ("priority", "low")]);
        let next = html.attributes(".editor input[name=form_next]", "value").remove(0);
        let fields = [&pairs(&other)[..], &[("form_next", &next)]].concat();
        let answer = ada.submit(&path, "/fn/edit_task", &fields).await;
        let saved = ada.page(location(&answer)).await;
        assert_eq!(saved.texts(".banner p"), ["Saved."]);

        let mine = form(&seen, &[("title", "mine"), ("description", "mine too")]);
        let answer = ada.submit(&path, "/fn/edit_task", &pairs(&mine)).await;
        assert_eq!(answer.status(), StatusCode::CONFLICT);
        let page = Page::of(answer).await;
        assert_eq!(
            page.texts("#conflict [role=alert] p"),
            ["This was changed elsewhere while you were at it. Choose what to keep, and save again."]
        );
        assert_eq!(page.attributes(".editor input[name=title]", "value"), ["mine"]);
        assert_eq!(page.texts(".editor textarea"), ["mine too"]);
        assert_eq!(page.texts(".conflict blockquote"), ["theirs"]);
        assert_eq!(page.attributes(".editor input[name=version]", "value"), ["2"]);
        // What only the other tab has changed is shown as that one has it.
        assert_eq!(page.attributes(".editor select[name=priority] option[selected]", "value"), ["low"]);
        assert_eq!(page.attributes(".conflict input[type=radio]", "name"), ["theirs[title]", "theirs[title]"]);
        assert_eq!(page.attributes(".conflict input[checked]", "value"), ["mine"]);
        assert_eq!(ada.detail(seen.id).await.task.title.as_str(), "theirs", "nothing is saved");

        // What the browser sends of this page.
        let (_, fields) = page.forms("form.editor").remove(0);
        let mut fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        fields.retain(|(name, _)| *name != "theirs[title]" && *name != "form_action");
        fields.push(("theirs[title]", choice));
        let answer = ada.submit(&path, "/fn/edit_task", &fields).await;
        let page = ada.page(location(&answer)).await;
        assert_eq!(page.attributes(".editor input[name=title]", "value"), [title]);
        assert!(page.texts(".conflict").is_empty());
        let now = ada.detail(seen.id).await.task.draft().typed();
        assert_eq!((&*now.title, &*now.description, &*now.priority), (title, "mine too", "low"));
    }
}

#[tokio::test]
async fn who_chooses_while_a_third_tab_saves_is_asked_again() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let seen = task(&ada).await;
    let second = save(&ada, &seen, &[("title", "second")]).await;
    refused(&ada, &seen, &[("title", "mine")]).await;
    save(&ada, &second, &[("title", "third")]).await;
    // "Save what I wrote", as chosen on the page that showed the second.
    let (both, _) = refused(&ada, &second, &[("title", "mine"), ("theirs[title]", "mine")]).await;
    assert_eq!(both, ["title"]);
    let now = save(&ada, &second, &[("title", "mine"), ("theirs[title]", "theirs")]).await;
    assert_eq!(now.title.as_str(), "third");
}

#[tokio::test]
async fn of_twenty_tabs_that_save_at_the_same_time_one_wins_and_nineteen_are_told() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let seen = task(&ada).await;
    let mut tabs = tokio::task::JoinSet::new();
    for tab in 0..20 {
        let (ada, form) = (ada.clone(), form(&seen, &[("title", &tab.to_string())]));
        tabs.spawn(async move { ada.call("edit_task", &pairs(&form)).await.status() });
    }
    let answers = tabs.join_all().await;
    assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1);
    assert_eq!(answers.iter().filter(|status| **status == StatusCode::CONFLICT).count(), 19);
    assert_eq!(ada.detail(seen.id).await.task.version, 2);
}

#[tokio::test]
async fn a_task_that_is_gone_says_so_to_the_tab_that_still_shows_it() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let seen = task(&ada).await;
    ada.change_all("trash_tasks", &[seen.id], &[]).await;
    // In the trash it can still be written to, and says where it is.
    let page = ada.page(&format!("/tasks/{}", seen.id)).await;
    assert!(page.texts(".banner p").concat().contains("in the trash"));
    save(&ada, &seen, &[("title", "written in the trash")]).await;
    assert_eq!(ada.titles("/trash").await, ["written in the trash"]);
    app.sql("delete from tasks").await;
    let fields = form(&seen, &[("title", "mine")]);
    let answer = ada.submit(&format!("/tasks/{}", seen.id), "/fn/edit_task", &pairs(&fields)).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert_eq!(Page::of(answer).await.texts("h1"), ["There is nothing here"]);
}
