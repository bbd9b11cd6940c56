//! Lists over the API.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    api::{Answer, Program},
    support::{App, PASSWORD},
};

/// Ada's program.
async fn ada() -> (App, Program) {
    let app = App::with(&[("DOCKET_API_LIMIT", "0"), ("DATABASE_POOL_SIZE", "12")]).await;
    let browser = app.person("ada").await;
    let program = Program::with_cookie(&app, &browser);
    (app, program)
}

/// So many tasks for everybody who has an account, equal ones among them.
async fn many(app: &App, count: u32) {
    app.sql(&format!(
        "insert into tasks (id, user_id, title, position, status, completed_at, priority, due_date)
         select gen_random_uuid(), users.id, 'Task ' || n % 7, lpad(to_hex(n), 24, '0'),
                (array['pending', 'completed'])[1 + n % 2]::task_status, case n % 2 when 1 then now() end,
                (array['low', 'high'])[1 + n % 2]::task_priority, case when n % 3 > 0 then date '2027-01-01' + n % 5 end
         from users, generate_series(1, {count}) as n"
    ))
    .await;
}

fn titles(answer: &Answer) -> Vec<&str> {
    answer.body["tasks"].as_array().unwrap().iter().map(|task| task["title"].as_str().unwrap()).collect()
}

fn ids(answer: &Answer) -> Vec<String> {
    let tasks = answer.body["tasks"].as_array().unwrap();
    tasks.iter().map(|task| task["id"].as_str().unwrap().to_owned()).collect()
}

/// The addresses of the other pages, below `/api/v1`, by what they are.
fn links(answer: &Answer) -> BTreeMap<String, String> {
    let link = |link: &str| {
        let (address, rel) = link.split_once("; rel=").unwrap();
        let address = address.strip_prefix("</api/v1").unwrap().strip_suffix('>').unwrap();
        (rel.trim_matches('"').to_owned(), address.to_owned())
    };
    answer.header("link").split(", ").map(link).collect()
}

/// All pages from this one on, as the links lead.
async fn walk(program: &Program, path: &str, rel: &str) -> Vec<Answer> {
    let mut pages = vec![program.get(path).await];
    while let Some(next) = links(&pages[pages.len() - 1]).get(rel) {
        pages.push(program.get(next).await);
        assert_eq!(pages[pages.len() - 1].status, 200, "{next}");
    }
    pages
}

fn joined(pages: &[Answer]) -> Vec<String> {
    pages.iter().flat_map(ids).collect()
}

#[tokio::test]
async fn each_parameter_shows_what_it_says() {
    let app = App::with(&[("DOCKET_API_LIMIT", "0")]).await;
    let (browser, other) = (app.person("ada").await, app.person("eve").await);
    let (ada, eve) = (Program::with_cookie(&app, &browser), Program::with_cookie(&app, &other));
    eve.add("eve's").await;
    for (title, status, priority, due) in [
        ("long ago", "pending", "high", json!("2020-01-01")),
        ("soon", "in_progress", "urgent", json!("2999-01-01")),
        ("sometime", "pending", "low", Value::Null),
        ("done late", "completed", "low", json!("2020-01-02")),
        ("done", "completed", "medium", Value::Null),
    ] {
        let task = json!({ "title": title, "status": status, "priority": priority, "due_date": due });
        assert_eq!(ada.post("/tasks", &task).await.status, 201);
    }
    let gone = ada.add("gone").await;
    ada.send(Method::DELETE, &format!("/tasks/{}", gone["id"].as_str().unwrap()), &Value::Null).await;
    app.sql("update tasks set archived_at = now() where title = 'done late'").await;
    for (query, expected) in [
        ("", vec!["done", "done late", "sometime", "soon", "long ago"]),
        ("sort=created_at", vec!["long ago", "soon", "sometime", "done late", "done"]),
        ("sort=-created_at", vec!["done", "done late", "sometime", "soon", "long ago"]),
        ("sort=title", vec!["done", "done late", "long ago", "sometime", "soon"]),
        ("sort=due_date", vec!["long ago", "done late", "soon", "sometime", "done"]),
        ("sort=-due_date", vec!["done", "sometime", "soon", "done late", "long ago"]),
        ("sort=priority&completed=false", vec!["sometime", "long ago", "soon"]),
        ("sort=-priority&completed=false", vec!["soon", "long ago", "sometime"]),
        ("sort=-updated_at&status=pending", vec!["sometime", "long ago"]),
        ("sort=position&status=pending", vec!["sometime", "long ago"]),
        ("completed=true", vec!["done", "done late"]),
        ("status=all&completed=true", vec!["done", "done late"]),
        ("status=completed", vec!["done", "done late"]),
        ("status=in_progress", vec!["soon"]),
        ("status=pending&completed=true", vec![]),
        ("archived=true", vec!["done late"]),
        ("archived=false", vec!["done", "sometime", "soon", "long ago"]),
        ("priority=low", vec!["done late", "sometime"]),
        ("due_from=2020-01-02", vec!["done late", "soon"]),
        ("due_to=2020-01-01", vec!["long ago"]),
        ("due_from=2020-01-01&due_to=2020-01-02", vec!["done late", "long ago"]),
        ("overdue=true", vec!["long ago"]),
        ("overdue=false", vec!["done", "done late", "sometime", "soon"]),
        ("q=so", vec!["sometime", "soon"]),
        ("q=done&overdue=false", vec!["done", "done late"]),
        ("q=late&archived=false", vec![]),
        ("q=%F0%9F%8E%89", vec![]),
        ("q=", vec!["done", "done late", "sometime", "soon", "long ago"]),
    ] {
        let answer = ada.get(&format!("/tasks?{query}")).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.body);
        assert_eq!(titles(&answer), expected, "{query}");
        assert_eq!(answer.body["total"], expected.len(), "{query}");
        assert_eq!(answer.body["next_cursor"], Value::Null, "{query}");
    }
}

#[tokio::test]
async fn a_value_that_makes_no_sense_is_refused_at_its_parameter() {
    let (app, ada) = ada().await;
    many(&app, 3).await;
    let cursor = ada.get("/tasks?limit=1").await.body["next_cursor"].as_str().unwrap().to_owned();
    let other = ada.get("/tasks?limit=1&sort=title").await.body["next_cursor"].as_str().unwrap().to_owned();
    for (query, fields) in [
        ("limit=0", vec!["limit"]),
        ("limit=201", vec!["limit"]),
        ("limit=-1", vec!["limit"]),
        ("limit=ten", vec!["limit"]),
        ("limit=99999999999999999999", vec!["limit"]),
        ("offset=-1", vec!["offset"]),
        ("offset=1000001", vec!["offset"]),
        ("offset=", vec!["offset"]),
        ("completed=yes", vec!["completed"]),
        ("completed=1", vec!["completed"]),
        ("overdue=TRUE", vec!["overdue"]),
        ("archived=", vec!["archived"]),
        ("status=open", vec!["status"]),
        ("priority=4", vec!["priority"]),
        ("due_from=tomorrow", vec!["due_from"]),
        ("due_to=2026-02-30", vec!["due_to"]),
        ("sort=relevance", vec!["sort"]),
        ("sort=--title", vec!["sort"]),
        ("sort=", vec!["sort"]),
        ("q=%00", vec!["q"]),
        ("fields=id,password_hash", vec!["fields"]),
        ("fields=", vec!["fields"]),
        ("cursor=", vec!["cursor"]),
        ("cursor=%00", vec!["cursor"]),
        ("cursor=bm8", vec!["cursor"]),
        (&format!("cursor={other}"), vec!["cursor"]),
        (&format!("cursor={cursor}&sort=created_at"), vec!["cursor"]),
        (&format!("cursor={cursor}&offset=1"), vec!["offset"]),
        ("colour=red", vec!["colour"]),
        ("limit=5&limit=6", vec!["limit"]),
        ("page=2&limit=0&q=%00", vec!["q", "limit", "page"]),
    ] {
        let answer = ada.get(&format!("/tasks?{query}")).await;
        assert_eq!((answer.status, answer.code()), (422, "invalid"), "{query}: {}", answer.body);
        let told: BTreeSet<_> = answer.fields().into_iter().collect();
        assert_eq!(told, fields.into_iter().collect(), "{query}");
    }
    let long = "a".repeat(201);
    assert_eq!(ada.get(&format!("/tasks?q={long}")).await.fields(), ["q"]);
    for query in ["limit=1", "limit=200", "offset=1000000", &format!("q={}", &long[1..]), &format!("cursor={cursor}")] {
        assert_eq!(ada.get(&format!("/tasks?{query}")).await.status, 200, "{query}");
    }
}

#[tokio::test]
async fn links_lead_to_every_page_and_keep_what_was_asked_for() {
    let (app, ada) = ada().await;
    many(&app, 95).await;
    for filter in ["", "&completed=false", "&priority=high&q=task", "&sort=title", "&sort=-due_date&fields=id"] {
        let whole = ada.get(&format!("/tasks?limit=200{filter}")).await;
        let all = ids(&whole);
        assert_eq!(whole.body["total"], all.len());
        assert_eq!(links(&whole).into_keys().collect::<Vec<_>>(), ["first"], "there is one page");
        // By cursor.
        let pages = walk(&ada, &format!("/tasks?limit=10{filter}"), "next").await;
        assert_eq!(joined(&pages), all, "{filter}");
        assert_eq!(pages.len(), all.len().div_ceil(10), "{filter}");
        for (index, page) in pages.iter().enumerate() {
            assert_eq!(page.body["total"], all.len(), "{filter}");
            let links = links(page);
            assert_eq!(ids(&ada.get(&links["first"]).await), all[..10], "{filter}");
            assert_eq!(links.contains_key("next"), index + 1 < pages.len(), "{filter}");
            assert_eq!(page.body["next_cursor"].is_string(), index + 1 < pages.len(), "{filter}");
        }
        // By offset, there and back.
        let pages = walk(&ada, &format!("/tasks?limit=10&offset=0{filter}"), "next").await;
        assert_eq!(joined(&pages), all, "{filter}");
        assert!(!links(&pages[0]).contains_key("prev"));
        let last = ada.get(&links(&pages[0])["last"]).await;
        assert_eq!(ids(&last), ids(&pages[pages.len() - 1]), "{filter}");
        let mut back = walk(&ada, &links(&pages[0])["last"], "prev").await;
        back.reverse();
        assert_eq!(joined(&back), all, "{filter}");
    }
    // Beyond the end there is nothing, and the way back.
    let beyond = ada.get("/tasks?offset=500&limit=10").await;
    assert_eq!((ids(&beyond).len(), &beyond.body["total"]), (0, &json!(95)));
    assert!(!links(&beyond).contains_key("next"));
    assert_eq!(ids(&ada.get(&links(&beyond)["last"]).await).len(), 5);
    // 50 without a limit.
    assert_eq!(ids(&ada.get("/tasks").await).len(), 50);
    assert_eq!(ids(&ada.get("/tasks?limit=1").await).len(), 1);
}

#[tokio::test]
async fn a_search_has_the_order_of_the_whole_list() {
    let (app, ada) = ada().await;
    many(&app, 60).await;
    for title in ["task Äpfel", "Task apfel", "task Zebra", "TASK zebra", "_task", "task, done"] {
        ada.add(title).await;
    }
    app.sql("update tasks set archived_at = now() where completed and title = 'Task 3'").await;
    let whole = async |query: &str| ids(&ada.get(&format!("/tasks?limit=200{query}")).await);
    for key in ["created_at", "due_date", "priority", "title", "updated_at", "position"] {
        for sort in [format!("&sort={key}"), format!("&sort=-{key}")] {
            for filter in ["", "&completed=false", "&overdue=false", "&archived=false&due_from=2027-01-02"] {
                let expected = whole(&format!("{sort}{filter}")).await;
                assert!(expected.len() > 10, "{sort}{filter}");
                assert_eq!(whole(&format!("{sort}{filter}&q=task")).await, expected, "{sort}{filter}");
                let pages = walk(&ada, &format!("/tasks?limit=30&q=task{sort}{filter}"), "next").await;
                assert_eq!(joined(&pages), expected, "{sort}{filter}");
            }
        }
    }
    let found = async |query: &str| {
        let page = ada.get(&format!("/tasks?{query}")).await;
        (ids(&page).len(), page.body["total"].clone())
    };
    assert_eq!(found("q=nobody").await, (0, json!(0)));
    assert_eq!(found("q=task&offset=500").await, (0, json!(66)));
    // A page later there is nothing any more.
    let page = ada.get("/tasks?q=task&limit=30").await;
    let cursor = page.body["next_cursor"].as_str().unwrap();
    let shown = ids(&page).join("', '");
    app.sql(&format!("update tasks set title = 'other', description = null where id not in ('{shown}')")).await;
    assert_eq!(found(&format!("q=task&cursor={cursor}")).await, (0, json!(30)));
}

#[tokio::test]
async fn a_search_that_finds_very_many_tells_how_many() {
    let (app, ada) = ada().await;
    many(&app, 10_050).await;
    for query in ["", "&sort=title&offset=10040", "&sort=-due_date&completed=false", "&overdue=false"] {
        let whole = ada.get(&format!("/tasks?limit=20{query}")).await;
        let found = ada.get(&format!("/tasks?limit=20&q=task{query}")).await;
        assert_eq!(whole.body["total"], if query.contains("completed") { 5_025 } else { 10_050 });
        assert_eq!((ids(&found), &found.body["total"]), (ids(&whole), &whole.body["total"]), "{query}");
    }
    let beyond = ada.get("/tasks?q=task&offset=20000").await;
    assert_eq!((ids(&beyond).len(), &beyond.body["total"]), (0, &json!(10_050)));
}

#[tokio::test]
async fn only_the_fields_that_were_asked_for_come() {
    let (_app, ada) = ada().await;
    let added = ada.post("/tasks", &json!({ "title": "one", "due_date": "2027-01-31" })).await;
    let names = |answer: &Answer| answer.body["tasks"][0].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let whole = ada.get("/tasks").await;
    assert_eq!(whole.body["tasks"][0], added.body, "a task in a list is the task");
    assert_eq!(names(&whole).len(), 13);
    let sparse = ada.get("/tasks?fields=title,id").await;
    assert_eq!(names(&sparse).into_iter().collect::<BTreeSet<_>>(), ["id", "title"].map(str::to_owned).into());
    assert_eq!(sparse.body["tasks"][0]["title"], "one");
    for name in names(&whole) {
        assert_eq!(names(&ada.get(&format!("/tasks?fields={name}")).await), [name]);
    }
}

#[tokio::test]
async fn what_happened_to_a_task_and_to_an_account_has_pages() {
    let (app, ada) = ada().await;
    let other = app.person("eve").await;
    let eve = Program::with_cookie(&app, &other);
    let task = ada.add("one").await;
    let path = format!("/tasks/{}", task["id"].as_str().unwrap());
    for title in ["two", "three", "four"] {
        assert_eq!(ada.send(Method::PATCH, &path, &json!({ "title": title })).await.status, 200);
    }
    for (path, least) in [(format!("{path}/history"), 4), ("/me/audit".to_owned(), 5)] {
        let whole = ada.get(&path).await;
        let events = whole.body["events"].as_array().unwrap().clone();
        assert!(events.len() >= least && whole.body["next_cursor"].is_null(), "{path}: {}", whole.body);
        assert_eq!(events[0]["new_values"]["title"], "four");
        let (mut read, mut query) = (Vec::new(), "?limit=2".to_owned());
        loop {
            let page = ada.get(&format!("{path}{query}")).await;
            read.extend(page.body["events"].as_array().unwrap().clone());
            let Some(next) = page.body["next_cursor"].as_str() else { break };
            query = format!("?limit=2&cursor={next}");
        }
        assert_eq!(read, events, "{path}");
        for (query, field) in [
            ("limit=0", "limit"),
            ("limit=201", "limit"),
            ("cursor=x", "cursor"),
            ("cursor=0", "cursor"),
            ("cursor=-5", "cursor"),
            ("cursor=9223372036854775808", "cursor"),
            ("offset=1", "offset"),
        ] {
            let answer = ada.get(&format!("{path}?{query}")).await;
            assert_eq!((answer.status, answer.fields()), (422, vec![field]), "{path}?{query}");
        }
        assert_eq!(ada.get(&format!("{path}?limit=200")).await.status, 200);
    }
    assert_eq!(eve.get(&format!("{path}/history")).await.status, 404, "somebody else's");
    let hers = eve.get("/me/audit").await;
    assert!(!hers.body.to_string().contains("four"), "{}", hers.body);
    assert_eq!(ada.send(Method::DELETE, &path, &Value::Null).await.status, 204);
    assert_eq!(ada.get(&format!("{path}/history")).await.status, 404, "in the trash");
    assert_eq!(ada.get("/tasks/none/history").await.status, 404);
    // What is written nowhere else isn't written here.
    let log = ada.get("/me/audit").await.body.to_string();
    assert!(!log.contains(PASSWORD) && !log.contains("argon2"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_miss_nothing_that_stands_while_others_add_and_remove() {
    let (app, ada) = ada().await;
    many(&app, 600).await;
    let standing = joined(&walk(&ada, "/tasks?limit=200", "next").await);
    assert_eq!(standing.len(), 600);
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..8)
        .map(|number| {
            let (ada, stop) = (ada.clone(), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut round = 0;
                while !stop.load(Ordering::Relaxed) {
                    let task = ada.add(&format!("Task {}", (number + round) % 7)).await;
                    if round % 2 == 0 {
                        let path = format!("/tasks/{}", task["id"].as_str().unwrap());
                        assert_eq!(ada.send(Method::DELETE, &path, &Value::Null).await.status, 204);
                    }
                    round += 1;
                }
                round
            })
        })
        .collect();
    for sort in ["-created_at", "title"] {
        let whole = walk(&ada, &format!("/tasks?limit=200&sort={sort}&q=task"), "next").await;
        let pages = walk(&ada, &format!("/tasks?limit=20&sort={sort}"), "next").await;
        for pages in [whole, pages] {
            let shown = joined(&pages);
            let shown: Vec<_> = shown.iter().filter(|id| standing.contains(id)).collect();
            let once: BTreeSet<_> = shown.iter().collect();
            assert_eq!((shown.len(), once.len()), (600, 600), "{sort}");
        }
    }
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        assert!(writer.await.unwrap() > 0);
    }
}
