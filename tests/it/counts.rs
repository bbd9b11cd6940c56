//! What stands beside the ways to the pages of tasks.

use docket::domain::counts::Counts;
use reqwest::StatusCode;

use crate::support::{App, Browser};

async fn counts(of: &Browser) -> [u32; 4] {
    let answer = of.call("get_counts", &[]).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let Counts { today, upcoming, open, trash, .. } = answer.json().await.unwrap();
    [today.0, upcoming.0, open.0, trash.0]
}

#[tokio::test]
async fn each_page_has_as_many_tasks_as_stands_beside_the_way_to_it() {
    let app = App::at("2026-11-22T12:00:00Z").await;
    let (ada, eve) = (app.person("ada").await, app.person("eve").await);
    assert_eq!(counts(&ada).await, [0; 4]);
    for due in ["2026-11-01", "2026-11-22", "2026-11-23", "2026-12-23", "2026-12-24", ""] {
        ada.add_fields(&[("title", "counted"), ("due_date", due)]).await;
    }
    for function in ["complete_tasks", "trash_tasks"] {
        let task = ada.add_fields(&[("title", "not open"), ("due_date", "2026-11-22")]).await.id.to_string();
        ada.change(function, &[("ids[0]", &task)]).await;
    }
    eve.add_fields(&[("title", "of somebody else"), ("due_date", "2026-11-22")]).await;
    let [today, upcoming, open, trash] = counts(&ada).await;
    assert_eq!([today, upcoming, open, trash], [2, 2, 6, 1]);
    assert_eq!(ada.list("/today").await.total.0, today);
    assert_eq!(ada.list("/upcoming").await.total.0, upcoming);
    assert_eq!(ada.list("/tasks").await.open.0, open);
    assert_eq!(ada.list("/trash").await.total.0, trash);
    let page = ada.page("/settings/profile").await;
    assert_eq!(page.attributes(".views .badge", "data-count"), ["2", "2", "6", "1"]);
    // The day is that of the owner.
    app.sql("update users set time_zone = 'Pacific/Kiritimati' where name = 'ada'").await;
    assert_eq!(counts(&ada).await[..2], [3, 2]);
}

#[tokio::test]
async fn a_page_for_guests_has_no_counts_and_its_own_status() {
    let app = App::start().await;
    let answer = app.visitor().get("/login").await;
    assert_eq!(answer.status(), StatusCode::OK);
}
