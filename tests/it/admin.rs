//! Who runs a Docket: what they see of its accounts, and what they may do to them.

use docket::domain::admin::AccountPage;
use reqwest::StatusCode;

use crate::support::{App, Browser, PASSWORD, Page};

const HERE: &str = "/admin/users";

async fn accounts(browser: &Browser, fields: &[(&str, &str)]) -> AccountPage {
    let answer = browser.call("list_accounts", fields).await;
    assert_eq!(answer.status(), StatusCode::OK);
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

async fn order(browser: &Browser, account: &str, order: &str) -> StatusCode {
    browser.submit(HERE, "/fn/order_account", &[("account", account), ("order", order)]).await.status()
}

#[tokio::test]
async fn the_first_account_runs_this_docket_and_nobody_else_sees_its_accounts() {
    let app = App::start().await;
    let (root, ada) = (app.person("root").await, app.person("ada").await);
    let page = root.page(HERE).await;
    assert_eq!(page.texts(".accounts b"), ["ada", "root"]);
    assert_eq!(page.texts(".accounts li:last-child .sign"), ["You", "Admin"]);
    // Nothing that could lock oneself out.
    assert!(page.texts(".accounts li:last-child button").is_empty());
    assert_eq!(page.texts(".accounts li:first-child button"), ["Disable", "Make admin", "Log out", "Reset factors"]);
    assert!(root.page("/settings/profile").await.texts(".sections a").contains(&"Accounts".to_owned()));
    let refused = ada.get(HERE).await;
    assert_eq!(refused.status(), StatusCode::NOT_FOUND);
    let refused = Page::of(refused).await;
    assert!(refused.texts("h1") == ["There is nothing here"] && !refused.text.contains("root@example.org"));
    assert!(!ada.page("/settings/profile").await.texts(".sections a").contains(&"Accounts".to_owned()));
    let own = app.actor("root").await.user.to_string();
    assert_eq!(order(&root, &own, "disable").await, StatusCode::BAD_REQUEST);
    assert_eq!(order(&root, &own, "make_member").await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_admin_disables_promotes_and_logs_out_and_the_owner_reads_of_it() {
    let app = App::start().await;
    let (root, ada) = (app.person("root").await, app.person("ada").await);
    let id = app.actor("ada").await.user.to_string();
    assert_eq!(order(&root, &id, "disable").await, StatusCode::SEE_OTHER);
    assert!(!ada.is_logged_in().await);
    assert_eq!(app.visitor().log_in("ada@example.org", PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(order(&root, &id, "enable").await, StatusCode::SEE_OTHER);
    // What was ended stays ended.
    assert!(!ada.is_logged_in().await);
    ada.log_in("ada@example.org", PASSWORD).await;
    assert_eq!(order(&root, &id, "make_admin").await, StatusCode::SEE_OTHER);
    assert_eq!(ada.page(HERE).await.texts(".accounts b").len(), 2);
    assert_eq!(order(&root, &id, "make_member").await, StatusCode::SEE_OTHER);
    assert_eq!(ada.get(HERE).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(order(&root, &id, "log_out").await, StatusCode::SEE_OTHER);
    assert!(!ada.is_logged_in().await && root.is_logged_in().await);
    ada.log_in("ada@example.org", PASSWORD).await;
    let events = ada.page("/settings/security").await.texts(".events li");
    let expected = [
        "Logged in",
        "Who runs this Docket logged out all devices",
        "Who runs this Docket made you a member",
        "Who runs this Docket made you an admin",
        "Logged in",
        "Who runs this Docket enabled the account",
        "A login failed",
        "Who runs this Docket disabled the account",
        "The account was made",
    ];
    assert!(events.iter().zip(expected).all(|(event, expected)| event.starts_with(expected)), "{events:#?}");
    // And who did it is written down.
    let by = "select string_agg(distinct name, ' ') from audit_logs join users on users.id = user_id where action = 'disabled'";
    assert_eq!(app.value(by).await, "root");
    assert_eq!(order(&root, "0190a1b2-0000-7000-8000-000000000000", "disable").await, StatusCode::NOT_FOUND);
    assert_eq!(order(&root, &id, "crown").await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn of_two_admins_who_make_members_of_each_other_one_stays() {
    let app = App::start().await;
    let (root, ada) = (app.person("root").await, app.person("ada").await);
    let (root_id, ada_id) = (app.actor("root").await.user.to_string(), app.actor("ada").await.user.to_string());
    for _ in 0..10 {
        app.sql("update users set role = 'admin'").await;
        let both = tokio::join!(order(&root, &ada_id, "make_member"), order(&ada, &root_id, "make_member"));
        assert!([(303, 404), (404, 303)].contains(&(both.0.as_u16(), both.1.as_u16())), "{both:?}");
        assert_eq!(app.value("select count(*) from users where role = 'admin'").await, "1");
    }
}

#[tokio::test]
async fn accounts_are_found_by_name_and_address_and_shown_fifty_at_a_time() {
    let app = App::start().await;
    let root = app.person("root").await;
    app.sql(
        "insert into users (id, email, name)
         select gen_random_uuid(), 'person' || number || '@example.org', 'Zoë ' || number from generate_series(1, 120) as number",
    )
    .await;
    let mut seen = Vec::new();
    let mut page = accounts(&root, &[]).await;
    assert_eq!(page.total, 121);
    loop {
        assert!(page.accounts.len() <= 50);
        seen.extend(page.accounts.iter().map(|account| account.id));
        let Some(next) = page.next else { break };
        page = accounts(&root, &[("before", &next.to_string())]).await;
    }
    let mut sorted = seen.clone();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.reverse();
    assert_eq!((seen.len(), &sorted), (121, &seen));
    for (search, found) in [("PERSON7@", 1), ("zoë 11", 11), ("%", 0), ("_", 0), ("root", 1), ("\0", 0), ("'", 0)] {
        assert_eq!(accounts(&root, &[("q", search)]).await.total, found, "{search}");
    }
    let page = root.page("/admin/users?q=person7@").await;
    assert_eq!(page.texts(".accounts b"), ["Zoë 7"]);
    assert_eq!(page.attributes("#account-q", "value"), ["person7@"]);
    assert!(root.page("/admin/users?q=nobody").await.text.contains("No account has “nobody” in its name or address."));
}

#[tokio::test]
async fn a_closed_docket_hides_the_way_in_and_takes_nobody() {
    let app = App::with(&[("DOCKET_REGISTRATION", "closed")]).await;
    let visitor = app.visitor();
    for path in ["/", "/login"] {
        let page = visitor.page(path).await;
        assert!(!page.attributes("a", "href").iter().any(|link| link.starts_with("/register")), "{path}");
    }
    let page = visitor.page("/register").await;
    assert_eq!((page.texts("h1").concat().as_str(), page.texts("form").len()), ("No new accounts", 0));
    let answer = visitor.register("Ada", "ada@example.org", PASSWORD).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert_eq!(app.value("select count(*) from users").await, "0");
    let open = App::start().await.visitor().page("/").await;
    assert!(open.attributes("a", "href").contains(&"/register".to_owned()));
}
