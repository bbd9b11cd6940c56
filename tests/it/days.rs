//! Which day it is, for whom.

use crate::support::{App, Browser, PASSWORD};

/// Where a task due on a day is shown.
#[derive(Debug, PartialEq, Eq)]
enum Shown {
    Upcoming,
    Today,
    Overdue,
}

async fn shown(ada: &Browser, title: &str) -> Shown {
    let is_on = async |url: &str| ada.titles(url).await.contains(&title.to_owned());
    let page = ada.page("/today").await;
    let section = |name: &str| page.texts(&format!("ul[aria-label='{name}'] .task-title")).contains(&title.to_owned());
    let late = page.texts(".task:has(.late) .task-title").contains(&title.to_owned());
    let (upcoming, today, overdue) = (is_on("/upcoming").await, is_on("/today").await, is_on("/tasks?overdue=1").await);
    match (upcoming, today, overdue) {
        (true, false, false) => Shown::Upcoming,
        (false, true, false) => {
            assert!(section("Today") && !late);
            Shown::Today
        }
        (false, true, true) => {
            assert!(section("Overdue") && late);
            Shown::Overdue
        }
        other => panic!("{title}: upcoming, today, overdue: {other:?}"),
    }
}

#[tokio::test]
async fn a_day_begins_and_ends_at_its_owners_midnight_wherever_they_are_and_when_the_clocks_change() {
    let app = App::at("2026-01-01T00:00:00Z").await;
    let ada = app.person("ada").await;
    for (zone, day, first, last) in [
        ("UTC", "2026-11-21", "2026-11-21T00:00:00Z", "2026-11-21T23:59:59Z"),
        ("Pacific/Kiritimati", "2026-11-21", "2026-11-20T10:00:00Z", "2026-11-21T09:59:59Z"),
        ("Pacific/Pago_Pago", "2026-11-21", "2026-11-21T11:00:00Z", "2026-11-22T10:59:59Z"),
        ("America/New_York", "2026-11-21", "2026-11-21T05:00:00Z", "2026-11-22T04:59:59Z"),
        // 23 hours long.
        ("America/New_York", "2026-03-08", "2026-03-08T05:00:00Z", "2026-03-09T03:59:59Z"),
        // 25 hours long.
        ("America/New_York", "2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T04:59:59Z"),
        // Where the clocks change at midnight: this day begins at one.
        ("Asia/Beirut", "2026-03-29", "2026-03-28T22:00:00Z", "2026-03-29T20:59:59Z"),
        ("UTC", "2028-02-29", "2028-02-29T00:00:00Z", "2028-02-29T23:59:59Z"),
        ("Asia/Kathmandu", "2027-01-01", "2026-12-31T18:15:00Z", "2027-01-01T18:14:59Z"),
    ] {
        app.sql(&format!("delete from tasks; update users set time_zone = '{zone}'")).await;
        ada.add_fields(&[("title", "due"), ("due_date", day)]).await;
        let second = jiff::SignedDuration::from_secs(1);
        let (first, last): (jiff::Timestamp, jiff::Timestamp) = (first.parse().unwrap(), last.parse().unwrap());
        for (now, expected) in [
            (first - second, Shown::Upcoming),
            (first, Shown::Today),
            (last, Shown::Today),
            (last + second, Shown::Overdue),
        ] {
            app.set_clock(&now.to_string());
            // Months pass here: no session lasts as long.
            ada.log_in("ada@example.org", PASSWORD).await;
            assert_eq!(shown(&ada, "due").await, expected, "{day} in {zone} at {now}");
            assert_eq!(app.value("select due_date from tasks").await, day);
        }
    }
}

#[tokio::test]
async fn who_travels_keeps_the_date_and_the_time_of_each_task() {
    let app = App::at("2026-11-21T10:30:00Z").await;
    let ada = app.person("ada").await;
    ada.add_fields(&[("title", "dentist"), ("due_date", "2026-11-21"), ("due_time", "09:00")]).await;
    let stored = app.value("select to_jsonb(tasks) from tasks").await;
    // One moment, three days around the world.
    for (zone, expected) in [
        ("UTC", ("Overdue: Today 09:00", true)),
        ("America/New_York", ("Today 09:00", false)),
        ("Pacific/Kiritimati", ("Overdue: Yesterday 09:00", true)),
        ("Pacific/Pago_Pago", ("Tomorrow 09:00", false)),
    ] {
        app.sql(&format!("update users set time_zone = '{zone}'")).await;
        let page = ada.page("/tasks").await;
        assert_eq!(page.texts(".due"), [expected.0], "{zone}");
        assert_eq!(ada.titles("/tasks?overdue=1").await.len(), usize::from(expected.1), "{zone}");
        assert_eq!(app.value("select to_jsonb(tasks) from tasks").await, stored, "{zone}");
        assert_eq!(ada.list("/tasks").await.tasks[0].due.unwrap().day.to_string(), "2026-11-21");
    }
}

#[tokio::test]
async fn a_time_of_the_day_is_over_when_its_minute_is() {
    let app = App::at("2026-01-01T00:00:00Z").await;
    let ada = app.person("ada").await;
    for (zone, day, time, last, over) in [
        ("UTC", "2026-11-21", "10:30", "2026-11-21T10:30:59Z", "2026-11-21T10:31:00Z"),
        ("UTC", "2026-11-21", "00:00", "2026-11-21T00:00:59Z", "2026-11-21T00:01:00Z"),
        ("UTC", "2026-11-21", "23:59", "2026-11-21T23:59:59Z", "2026-11-22T00:00:00Z"),
        ("Pacific/Kiritimati", "2026-11-21", "10:30", "2026-11-20T20:30:59Z", "2026-11-20T20:31:00Z"),
        // Before and after the clocks go forward, and the half hour that isn't there.
        ("America/New_York", "2026-03-08", "01:30", "2026-03-08T06:30:59Z", "2026-03-08T06:31:00Z"),
        ("America/New_York", "2026-03-08", "02:30", "2026-03-08T06:59:59Z", "2026-03-08T07:00:00Z"),
        ("America/New_York", "2026-03-08", "03:30", "2026-03-08T07:30:59Z", "2026-03-08T07:31:00Z"),
        // After they went back.
        ("America/New_York", "2026-11-01", "02:30", "2026-11-01T07:30:59Z", "2026-11-01T07:31:00Z"),
    ] {
        app.sql(&format!("delete from tasks; update users set time_zone = '{zone}'")).await;
        ada.add_fields(&[("title", "due"), ("due_date", day), ("due_time", time)]).await;
        for (now, late) in [(last, false), (over, true)] {
            app.set_clock(now);
            ada.log_in("ada@example.org", PASSWORD).await;
            let said = format!("{day} {time} in {zone} at {now}");
            assert_eq!(ada.titles("/tasks?overdue=1").await.len(), usize::from(late), "{said}");
            assert_eq!(ada.page("/tasks").await.texts(".due.late").len(), usize::from(late), "{said}");
        }
        // What is done is never late.
        ada.change_all("complete_tasks", &[ada.list("/tasks").await.tasks[0].id], &[]).await;
        assert!(ada.page("/tasks").await.texts(".late").is_empty());
        assert!(ada.titles("/today").await.is_empty());
    }
}

#[tokio::test]
async fn upcoming_ends_with_the_same_day_next_month_and_says_which_days_are_free() {
    let app = App::at("2026-11-21T12:00:00Z").await;
    let ada = app.person("ada").await;
    for date in ["2026-11-21", "2026-11-22", "2026-11-25", "2026-12-22", "2026-12-23"] {
        ada.add_fields(&[("title", date), ("due_date", date)]).await;
    }
    let page = ada.page("/upcoming").await;
    assert_eq!(page.texts(".task-title"), ["2026-11-22", "2026-11-25", "2026-12-22"]);
    assert_eq!(page.texts("h2"), ["Tomorrow, Sunday 22 November", "Wednesday 25 November", "Tuesday 22 December"]);
    assert_eq!(page.texts(".remark"), ["Nothing on Mon 23 Nov to Tue 24 Nov", "Nothing on Thu 26 Nov to Mon 21 Dec"]);
}

#[tokio::test]
async fn a_new_account_has_the_time_zone_of_its_browser() {
    let app = App::at("2026-11-21T10:30:00Z").await;
    for (number, (zone, kept)) in
        [("Pacific/Kiritimati", "Pacific/Kiritimati"), ("", "UTC"), ("Mars/Olympus", "UTC")].iter().enumerate()
    {
        let email = format!("p{number}@example.org");
        let fields = [("name", "P"), ("email", &email), ("password", PASSWORD), ("time_zone", zone)];
        let visitor = app.visitor();
        visitor.submit("/register", "/fn/register", &fields).await;
        assert_eq!(app.value(&format!("select time_zone from users where email = '{email}'")).await, *kept);
        let today = visitor.page("/today").await.attributes(".add input[name=due_date]", "value");
        assert_eq!(today, [if *kept == "UTC" { "2026-11-21" } else { "2026-11-22" }]);
    }
}

#[tokio::test]
async fn the_day_of_deleting_is_one_of_the_owners_calendar() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    ada.change("trash_tasks", &[("ids[0]", &ada.add("x").await)]).await;
    for zone in ["Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"] {
        app.sql(&format!("update users set time_zone = '{zone}'")).await;
        assert_eq!(ada.page("/trash").await.texts(".sign"), ["Deleted today"], "{zone}");
    }
}
