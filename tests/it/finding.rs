//! Lists of tasks: filters, orders and pages.

use std::collections::BTreeSet;

use docket::domain::{
    id::TaskId,
    query::{Cursor, SIZES, TaskPage, TaskQuery, View},
    task::Task,
};
use proptest::prelude::*;
use reqwest::StatusCode;

use crate::support::{App, Browser, for_all, ids};

/// The same page from another place.
fn at(url: &str, cursor: Option<Cursor>) -> String {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    View::parse(path, query).unwrap().at(cursor).url()
}

/// All pages from this one on.
async fn forward(browser: &Browser, url: &str) -> Vec<TaskPage> {
    let mut pages = vec![browser.list(url).await];
    while let Some(next) = pages[pages.len() - 1].next.clone() {
        pages.push(browser.list(&at(url, Some(next))).await);
    }
    pages
}

/// The titles on all pages from this one on.
pub async fn pages(browser: &Browser, url: &str) -> Vec<String> {
    let pages = forward(browser, url).await;
    pages.into_iter().flat_map(|page| page.tasks).map(|task| task.title.into()).collect()
}

/// The same, by their ids.
pub async fn in_order(browser: &Browser, url: &str) -> Vec<TaskId> {
    forward(browser, url).await.iter().flat_map(|page| ids(&page.tasks)).collect()
}

fn query(url: &str) -> TaskQuery {
    match View::parse("/tasks", url.strip_prefix("/tasks").unwrap()) {
        Some(View::Tasks(query)) => query,
        other => panic!("{other:?}"),
    }
}

/// Tasks of every kind, with equal ones among them, for everybody who has an account.
async fn many(app: &App, count: u32) {
    app.sql(&format!(
        "insert into tasks (id, user_id, title, position, status, completed_at, priority, due_date, due_time, updated_at, deleted_at)
         select gen_random_uuid(), users.id, (array['apple', 'banana', 'cherry', 'date tree', 'elder'])[1 + n % 5] || ' ' || n % 50,
                lpad(to_hex(n * 7919 % 97 + 1), 24, '0'), (array['pending', 'in_progress', 'completed'])[1 + n % 3]::task_status,
                case n % 3 when 2 then now() end, (array['low', 'medium', 'high', 'urgent'])[1 + n % 4]::task_priority,
                case when n % 5 > 0 then date '2026-11-15' + n % 12 end, case when n % 5 > 2 then time '08:00' + n % 4 * interval '1 hour' end,
                now() - n % 11 * interval '1 hour', case when n > {count} then now() - n % 9 * interval '1 minute' end
         from users, generate_series(1, {count} * 2) as n"
    ))
    .await;
}

#[tokio::test]
async fn each_order_is_what_it_is_called_and_no_page_shows_a_task_twice_or_leaves_one_out() {
    let app = App::start().await;
    let (ada, _eve) = (app.person("ada").await, app.person("eve").await);
    many(&app, 130).await;
    let all: Vec<Task> = forward(&ada, "/tasks?limit=200").await.into_iter().flat_map(|page| page.tasks).collect();
    assert_eq!(all.len(), 130);
    for key in ["position", "created_at", "due_date", "priority", "title", "updated_at"] {
        for direction in ["", "-"] {
            for filter in ["", "status=open&", "status=completed&", "priority=high&", "due_from=2026-11-18&"] {
                let url = format!("/tasks?{filter}sort={direction}{key}&limit=25");
                let query = query(&url);
                let now = ada.list("/tasks").await.now;
                let mut expected: Vec<Task> = all.iter().filter(|task| query.matches(task, now)).cloned().collect();
                expected.sort_by(|one, other| query.compare(one, other));
                let pages = forward(&ada, &url).await;
                let shown: Vec<_> = pages.iter().flat_map(|page| ids(&page.tasks)).collect();
                assert_eq!(shown, ids(&expected), "{url}");
                for page in &pages {
                    assert_eq!(page.total.0 as usize, expected.len(), "{url}");
                    assert_eq!(page.open.0 as usize, expected.iter().filter(|task| !task.completed()).count(), "{url}");
                    assert!(page.tasks.len() == 25 || page.next.is_none(), "{url}");
                }
                // And back again, over the same pages.
                assert!(pages[0].previous.is_none());
                let mut back = pages[pages.len() - 1].clone();
                for page in pages.iter().rev().skip(1) {
                    back = ada.list(&at(&url, back.previous.clone())).await;
                    assert_eq!(ids(&back.tasks), ids(&page.tasks), "{url}");
                }
                assert!(back.previous.is_none(), "{url}");
            }
        }
    }
}

#[tokio::test]
async fn the_trash_and_the_days_have_pages_too() {
    let app = App::at("2026-11-20T12:00:00Z").await;
    let ada = app.person("ada").await;
    many(&app, 400).await;
    for url in ["/trash", "/today", "/upcoming"] {
        let pages = forward(&ada, url).await;
        let shown: Vec<_> = pages.iter().flat_map(|page| ids(&page.tasks)).collect();
        assert!(pages.len() > 2, "{url}");
        assert_eq!(shown.len(), pages[0].total.0 as usize, "{url}");
        assert_eq!(shown.iter().collect::<BTreeSet<_>>().len(), shown.len(), "{url}");
        let mut back = pages[pages.len() - 1].clone();
        for page in pages.iter().rev().skip(1) {
            back = ada.list(&at(url, back.previous.clone())).await;
            assert_eq!(ids(&back.tasks), ids(&page.tasks), "{url}");
        }
        assert!(back.previous.is_none(), "{url}");
    }
    let order =
        "select string_agg(id::text, ',' order by deleted_at desc, id desc) from tasks where deleted_at is not null";
    let shown: Vec<_> = forward(&ada, "/trash").await.iter().flat_map(|page| ids(&page.tasks)).collect();
    let shown: Vec<_> = shown.iter().map(ToString::to_string).collect();
    assert_eq!(app.value(order).await, shown.join(","));
}

#[tokio::test]
async fn a_page_goes_on_where_its_neighbour_ended_when_that_task_is_gone() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    for number in 1..=60 {
        ada.add(&number.to_string()).await;
    }
    let first = ada.list("/tasks?limit=25").await;
    assert_eq!(first.tasks[24].title.as_str(), "36");
    ada.change_all("trash_tasks", &[first.tasks[24].id], &[]).await;
    let second = ada.list(&at("/tasks?limit=25", first.next)).await;
    assert_eq!((second.tasks[0].title.as_str(), second.tasks.len()), ("35", 25));
    // Where nothing is any more, the first page is shown instead of nothing.
    let third = at("/tasks?limit=25", second.next);
    let rest = ids(&ada.list(&third).await.tasks);
    ada.change_all("trash_tasks", &rest, &[]).await;
    let again = ada.list(&third).await;
    assert_eq!((again.tasks[0].title.as_str(), again.previous.is_none()), ("60", true));
    // In the trash too, from both sides.
    let trash = ada.list("/trash").await;
    for cursor in [Cursor::After, Cursor::Before] {
        let far = if cursor(String::new()) == Cursor::After(String::new()) { "2000" } else { "9000" };
        let text = format!("t.{}.{far}-01-01 00:00:00+00", rest[0].0.simple());
        let page = ada.list(&at("/trash", Some(cursor(text)))).await;
        assert_eq!((ids(&page.tasks), page.previous, page.next), (ids(&trash.tasks), None, None));
    }
}

#[tokio::test]
async fn links_lead_from_page_to_page_without_scripts_and_keep_the_filters() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    many(&app, 130).await;
    let url = "/tasks?status=open&sort=-title&limit=25";
    let first = ada.page(url).await;
    assert!(first.attributes(".pages a[rel=prev]", "href").is_empty());
    let next = first.attributes(".pages a[rel=next]", "href").remove(0);
    let second = ada.page(&next).await;
    assert_eq!((first.open().len(), second.open().len()), (25, 25));
    assert!(second.open()[0] <= first.open()[24] && second.completed().is_empty());
    assert_eq!(second.texts(".count"), first.texts(".count"));
    let previous = second.attributes(".pages a[rel=prev]", "href").remove(0);
    assert_eq!(ada.page(&previous).await.open(), first.open());
    for size in SIZES {
        let shown = ada.page(&format!("/tasks?limit={size}")).await.texts(".task-title").len();
        assert_eq!(shown, usize::from(size).min(130), "{size}");
    }
}

#[tokio::test]
async fn the_order_is_the_one_that_people_expect() {
    let app = App::at("2026-11-20T12:00:00Z").await;
    let ada = app.person("ada").await;
    for (title, date, time, priority) in [
        ("éclair", "", "", "medium"),
        ("Zebra", "2026-11-21", "", "low"),
        ("apple", "2026-11-21", "17:00", "urgent"),
        ("Fig", "2026-11-21", "09:00", "high"),
        ("banana", "2026-11-19", "", "medium"),
    ] {
        ada.add_fields(&[("title", title), ("due_date", date), ("due_time", time), ("priority", priority)]).await;
    }
    for (sort, expected) in [
        ("", ["banana", "Fig", "apple", "Zebra", "éclair"]),
        ("created_at", ["éclair", "Zebra", "apple", "Fig", "banana"]),
        ("title", ["apple", "banana", "éclair", "Fig", "Zebra"]),
        // Within a day by time; the whole day after all its times; what has no date last.
        ("due_date", ["banana", "Fig", "apple", "Zebra", "éclair"]),
        ("-due_date", ["éclair", "Zebra", "apple", "Fig", "banana"]),
        // Of equal ones the last added first, where the greatest comes first.
        ("-priority", ["apple", "Fig", "banana", "éclair", "Zebra"]),
        ("priority", ["Zebra", "éclair", "banana", "Fig", "apple"]),
    ] {
        assert_eq!(ada.titles(&format!("/tasks?sort={sort}")).await, expected, "{sort}");
    }
    let banana = ada.list("/tasks?sort=created_at").await.tasks.remove(4);
    ada.change_all("complete_tasks", &[banana.id], &[]).await;
    assert_eq!(ada.titles("/tasks").await.last().unwrap(), "banana", "what is done stands below what isn't");
    assert_eq!(ada.titles("/tasks?sort=-updated_at").await.last().unwrap(), "banana");
    assert_eq!(ada.titles("/tasks?sort=due_date").await.last().unwrap(), "banana");
}

#[tokio::test]
async fn each_filter_shows_what_it_says() {
    let app = App::at("2026-11-21T12:00:00Z").await;
    let ada = app.person("ada").await;
    let eve = app.person("eve").await;
    eve.add_fields(&[("title", "eve's"), ("due_date", "2026-11-20"), ("priority", "urgent")]).await;
    for (title, date, time, priority, status) in [
        ("late", "2026-11-20", "", "high", "pending"),
        ("today", "2026-11-21", "", "medium", "pending"),
        ("before noon", "2026-11-21", "11:59", "low", "in_progress"),
        ("noon", "2026-11-21", "12:00", "medium", "pending"),
        ("tomorrow", "2026-11-22", "", "urgent", "in_progress"),
        ("in a month", "2026-12-22", "", "medium", "pending"),
        ("later", "2026-12-23", "", "medium", "pending"),
        ("done late", "2026-11-01", "", "urgent", "completed"),
        ("undated", "", "", "high", "pending"),
    ] {
        let fields =
            [("title", title), ("due_date", date), ("due_time", time), ("priority", priority), ("status", status)];
        ada.add_fields(&fields).await;
    }
    let gone = ada.add_fields(&[("title", "gone"), ("due_date", "2026-11-20"), ("priority", "urgent")]).await;
    ada.change_all("trash_tasks", &[gone.id], &[]).await;
    for (url, expected) in [
        ("/tasks?status=completed", "done late"),
        ("/tasks?status=in_progress", "before noon, tomorrow"),
        ("/tasks?status=pending", "in a month, late, later, noon, today, undated"),
        ("/tasks?status=open", "before noon, in a month, late, later, noon, today, tomorrow, undated"),
        ("/tasks?priority=urgent", "done late, tomorrow"),
        ("/tasks?priority=low", "before noon"),
        ("/tasks?due_from=2026-11-22", "in a month, later, tomorrow"),
        ("/tasks?due_to=2026-11-20", "done late, late"),
        ("/tasks?due_from=2026-11-21&due_to=2026-11-21", "before noon, noon, today"),
        ("/tasks?due_from=2026-11-22&due_to=2026-11-20", ""),
        ("/tasks?overdue=1", "before noon, late"),
        ("/tasks?overdue=1&status=completed", ""),
        ("/tasks?overdue=1&priority=high", "late"),
        ("/tasks?status=open&priority=high&due_to=2026-11-30", "late"),
        ("/tasks?q=late", "done late, late, later"),
        ("/tasks?q=late&status=open", "late, later"),
        ("/tasks?q=late&status=completed", "done late"),
        ("/tasks?q=late&sort=title&priority=urgent", "done late"),
        ("/tasks?q=noon&overdue=1", "before noon"),
        ("/today", "before noon, late, noon, today"),
        ("/upcoming", "in a month, tomorrow"),
        ("/trash", "gone"),
    ] {
        let page = ada.list(url).await;
        let mut titles: Vec<String> = page.tasks.into_iter().map(|task| task.title.into()).collect();
        titles.sort();
        assert_eq!(titles.join(", "), expected, "{url}");
        assert_eq!(page.total.0 as usize, titles.len(), "{url}");
        // What scripts ask for is what the page shows without them.
        let mut shown = ada.page(url).await.texts(".task-title");
        shown.sort();
        assert_eq!(shown, titles, "{url}");
    }
    let board = ada.page("/board").await;
    let columns = ["To do", "In progress", "Completed"];
    let count = |column: &str| board.texts(&format!("ul[aria-label='{column}'] .task-title")).len();
    assert_eq!(columns.map(count), [6, 2, 1]);
    assert_eq!(board.texts("h2 .count"), ["6", "2", "1"]);
    let today = ada.page("/today").await;
    assert_eq!(today.texts("ul[aria-label='Overdue'] .task-title"), ["late"]);
    assert_eq!(today.texts("ul[aria-label='Today'] .task-title"), ["before noon", "noon", "today"]);
    assert_eq!(today.texts(".due.late"), ["Overdue: Yesterday", "Overdue: 11:59"]);
}

#[tokio::test]
async fn a_column_of_the_board_that_is_too_long_says_how_much_there_is() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    many(&app, 300).await;
    let board = ada.page("/board").await;
    assert_eq!(board.texts("h2 .count"), ["100", "100", "100"]);
    assert_eq!(board.texts(".rest"), ["See all 100", "See all 100", "See all 100"]);
    assert_eq!(board.texts(".task-title").len(), 150);
    let all = board.attributes(".rest a", "href");
    assert_eq!(all, ["/tasks?status=pending", "/tasks?status=in_progress", "/tasks?status=completed"]);
}

#[tokio::test]
async fn a_total_is_exact_up_to_ten_thousand_and_says_so_beyond() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    app.sql(
        "insert into tasks (id, user_id, title, position)
         select gen_random_uuid(), id, 'bulk ' || n, lpad(to_hex(n), 24, '0') from users, generate_series(1, 10050) as n",
    )
    .await;
    assert_eq!(ada.page("/tasks").await.texts(".count"), ["10,000+ open"]);
    assert_eq!(ada.page("/tasks?q=bulk").await.texts(".count"), ["10,000+ found"]);
    same_search(&ada).await;
    app.sql("update tasks set deleted_at = now() where position <= lpad(to_hex(50), 24, '0')").await;
    assert_eq!(ada.page("/tasks").await.texts(".count"), ["10,000 open"]);
    assert_eq!(ada.page("/tasks?status=open").await.texts(".count"), ["10,000 found"]);
    assert_eq!(ada.page("/tasks?q=bulk").await.texts(".count"), ["10,000 found"]);
    same_search(&ada).await;
    assert_eq!(ada.page("/trash").await.texts(".count"), ["50 in the trash"]);
    app.sql("update tasks set priority = 'high' where position > lpad(to_hex(9000), 24, '0')").await;
    assert_eq!(ada.page("/tasks?priority=high").await.texts(".count"), ["1,050 found"]);
    // Completed and open ones each have their own count: together they are beyond it.
    app.sql("update tasks set status = 'completed', completed_at = now() where position > lpad(to_hex(5000), 24, '0')")
        .await;
    assert_eq!(ada.page("/tasks").await.texts(".count"), ["4,950 open"]);
}

/// A search that finds all of a list has its pages, in every order and both ways.
async fn same_search(ada: &Browser) {
    for sort in ["position", "title", "-title", "-created_at", "updated_at"] {
        let (plain, search) = (format!("/tasks?sort={sort}"), format!("/tasks?sort={sort}&q=bulk"));
        let (first, found) = (ada.list(&plain).await, ada.list(&search).await);
        assert_eq!(ids(&found.tasks), ids(&first.tasks), "{sort}");
        let (second, more) = (ada.list(&at(&plain, first.next)).await, ada.list(&at(&search, found.next)).await);
        assert_eq!(ids(&more.tasks), ids(&second.tasks), "{sort}");
        let back = ada.list(&at(&search, more.previous)).await;
        assert_eq!(ids(&back.tasks), ids(&first.tasks), "{sort}");
    }
}

#[tokio::test]
async fn nonsense_in_the_address_is_as_if_it_were_not_there() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    ada.add("there").await;
    for query in [
        "status=maybe&priority=9&due_from=soon&due_to=2026-02-30&sort=colour&limit=1000000000",
        "limit=-1&sort=-&overdue=",
        "limit=1;drop table tasks&sort=id;--",
        "after=&before=&q=%00%20",
        "after=o.x.y&before=%F0%9F%8E%89",
        "%FF%FE=%&&&==&q=&q=other",
        "done=nothing",
        "done=01900000-0000-7000-8000-000000000000",
        "sort=relevance",
    ] {
        assert_eq!(ada.page(&format!("/tasks?{query}")).await.open(), ["there"], "{query}");
    }
    assert_eq!(ada.page("/tasks?limit=10").await.open(), ["there"]);
    for url in ["", "/", "/login", "/tasks/x", "tasks", "//evil.example"] {
        assert_eq!(ada.call("list_tasks", &[("url", url)]).await.status(), StatusCode::BAD_REQUEST, "{url}");
    }
}

#[test]
fn a_cursor_that_nobody_wrote_harms_nothing() {
    let id = "[0-9a-f]{32}";
    let key = prop_oneof![
        ".{0,30}",
        "[0-9a-f]{1,40}",
        "[0-9:. +\\-TZ]{0,30}",
        "[0-9]{1,5}-[0-9]{1,2}-[0-9]{1,2} [0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}([.][0-9]{0,7})?([+-][0-9]{1,2}(:[0-9]{2})?)?",
        "(20|19|00|99)[0-9]{2}-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-6][0-9]:[0-6][0-9]([.][0-9]{1,6})?([+-][0-2][0-9])?",
        "-?[0-9]{0,3}[.]?[0-9]{0,3}(e-?[0-9]{1,3})?",
        Just("infinity".to_owned()),
        Just("-infinity".to_owned()),
        Just("NaN".to_owned()),
        Just("epoch".to_owned()),
        Just("now".to_owned()),
        Just("urgent".to_owned()),
    ];
    let cursor = prop_oneof![1 => ".{0,40}", 6 => ("[ocmt]", id, key).prop_map(|(group, id, key)| format!("{group}.{id}.{key}"))];
    let urls = [
        "/today",
        "/upcoming",
        "/trash",
        "/tasks?sort=position",
        "/tasks?sort=-created_at",
        "/tasks?sort=due_date",
        "/tasks?sort=-due_date",
        "/tasks?sort=priority",
        "/tasks?sort=title",
        "/tasks?sort=updated_at",
        "/tasks?q=apple",
        "/tasks?q=apple&sort=due_date",
    ];
    let prepare = async {
        let app = App::at("2026-11-20T12:00:00Z").await;
        let (ada, _eve) = (app.person("ada").await, app.person("eve").await);
        many(&app, 30).await;
        let own: BTreeSet<String> =
            sqlx::query_scalar("select tasks.id::text from tasks join users on users.id = user_id where name = 'ada'")
                .fetch_all(app.pool())
                .await
                .unwrap()
                .into_iter()
                .collect();
        (app, ada, own)
    };
    let values = (proptest::sample::select(urls.to_vec()), cursor, any::<bool>());
    for_all(600, values, prepare, async |(_app, ada, own), (url, text, after)| {
        let cursor = if after { Cursor::After(text) } else { Cursor::Before(text) };
        let page = ada.list(&at(url, Some(cursor))).await;
        assert!(page.tasks.iter().all(|task| own.contains(&task.id.to_string())));
    });
}
