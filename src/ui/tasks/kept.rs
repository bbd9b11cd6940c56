//! Rows that the server has rendered before. A row comes out the same whenever it is made of the same, and from one page to the next most
//! rows are: so their HTML is kept, and a page that has them again doesn't build them.

use std::sync::Arc;

use leptos::{prelude::*, tachys::html::InertElement};

use crate::{
    domain::{
        calendar::{Day, Moment},
        id::TaskId,
        task::{Task, TaskStatus},
    },
    texts::Language,
    ui::{form::here, locale::use_locale},
};

/// A task, and what it stands between where people put tasks in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Standing {
    /// The task.
    pub task: Arc<Task>,
    /// The one above it, where people put tasks in order.
    pub above: Option<TaskId>,
    /// The one below it.
    pub below: Option<TaskId>,
}

/// What kind of list rows stand in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Kind {
    /// Whether they can be put elsewhere by hand.
    pub manual: bool,
    /// Whether the heading says the day on which they are due.
    pub by_day: bool,
    /// Whether they lie in the trash.
    pub trash: bool,
}

/// What all rows of a page are made of, apart from their tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Page {
    language: Language,
    today: Day,
    kind: Kind,
}

/// Where a row's own form stands and leads to. Both are in the row's HTML then, so what is kept is never much longer than that.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Place {
    here: String,
    next: String,
}

/// All that the HTML of a row is made of. Two that are equal have the same HTML, whoever asks: what a row reads besides has to come in here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Made {
    page: Page,
    /// Only where the row has a form, which moves it.
    place: Option<Arc<Place>>,
    column: Option<TaskStatus>,
    standing: Standing,
    late: bool,
}

/// Where the HTML of rows is kept. The server gives one to each page as its context; in the browser there is none.
pub trait Shelf: Send + Sync {
    /// What was made of this, if it is still there.
    fn find(&self, made: &Made) -> Option<Arc<str>>;
    /// Keeps what was made of this.
    fn keep(&self, made: Made, html: Arc<str>);
}

/// The shelf, for the rows of one page.
#[derive(Clone)]
pub struct Kept {
    shelf: Arc<dyn Shelf>,
    page: Page,
    place: Arc<Place>,
    now: Moment,
}

impl Kept {
    /// Gives it to the rows of the page that is being rendered, if there is a shelf.
    pub fn provide(kind: Kind, next: String, now: Moment) {
        let Some(shelf) = use_context() else { return };
        let page = Page { language: use_locale().language, today: now.day, kind };
        let place = Arc::new(Place { here: here(), next });
        provide_context(Self { shelf, page, place, now });
    }

    /// A row as it was made before, or as `render` makes it now.
    pub fn row(&self, column: Option<TaskStatus>, standing: &Standing, render: impl FnOnce() -> AnyView) -> AnyView {
        let late = standing.task.is_late(self.now);
        let place = (self.page.kind.manual || column.is_some()).then(|| self.place.clone());
        let made = Made { page: self.page, place, column, standing: standing.clone(), late };
        let html = self.shelf.find(&made).unwrap_or_else(|| {
            let html: Arc<str> = render().to_html().into();
            self.shelf.keep(made, html.clone());
            html
        });
        InertElement::new(html.to_string()).into_any()
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, collections::HashMap, sync::Mutex};

    use uuid::Uuid;

    use super::*;
    use crate::domain::{
        calendar::{Due, WallTime},
        position::Position,
        task::{Priority, Title},
    };

    #[derive(Default)]
    struct Plain(Mutex<HashMap<Made, Arc<str>>>);

    impl Shelf for Plain {
        fn find(&self, made: &Made) -> Option<Arc<str>> {
            self.0.lock().unwrap().get(made).cloned()
        }

        fn keep(&self, made: Made, html: Arc<str>) {
            self.0.lock().unwrap().insert(made, html);
        }
    }

    impl Made {
        /// A row of a task with this title.
        pub fn of(title: &str) -> Self {
            let page = Page { language: Language::En, today: Day::LAST, kind: Kind::default() };
            Self { page, place: None, column: None, standing: due_at_nine(title), late: false }
        }
    }

    fn due_at_nine(title: &str) -> Standing {
        let id = TaskId(Uuid::nil());
        let task = Task {
            id,
            title: Title::parse(title).unwrap(),
            description: None,
            status: TaskStatus::Pending,
            priority: Priority::Medium,
            due: Due::parse("2026-11-21", "09:00").unwrap(),
            position: Position::of_new(id),
            version: 1,
            updated: 0,
            trashed: None,
            archived: None,
        };
        Standing { task: Arc::new(task), above: None, below: None }
    }

    #[test]
    fn a_row_is_made_once_until_something_of_it_is_another() {
        let shelf: Arc<dyn Shelf> = Arc::new(Plain::default());
        let (made, asked) = (Cell::new(0), Cell::new(0));
        let row = |here: &str, column: Option<TaskStatus>, standing: &Standing, time: &str| {
            let now = Moment { day: Day::parse("2026-11-21").unwrap(), time: WallTime::parse(time).unwrap() };
            let page = Page { language: Language::En, today: now.day, kind: Kind::default() };
            let place = Arc::new(Place { here: here.into(), next: "/tasks".into() });
            asked.set(asked.get() + 1);
            let render = || {
                made.set(made.get() + 1);
                view! { <li>{made.get()} " & " <b>"x"</b></li> }.into_any()
            };
            Kept { shelf: shelf.clone(), page, place, now }.row(column, standing, render).to_html()
        };
        let standing = due_at_nine("x");
        let first = row("/today", None, &standing, "08:00");
        assert!(first.starts_with("<li>1"), "{first}");
        assert_eq!(row("/today", None, &standing, "08:59"), first);
        // It has no form that would say where it stands.
        assert_eq!(row("/today?x", None, &standing, "08:59"), first);
        for (here, column, standing, time) in [
            ("/board", Some(TaskStatus::Pending), standing.clone(), "08:00"),
            ("/board?x", Some(TaskStatus::Pending), standing.clone(), "08:00"),
            ("/today", None, Standing { below: Some(TaskId(Uuid::nil())), ..standing.clone() }, "08:00"),
            ("/today", None, due_at_nine("y"), "08:00"),
            ("/today", None, standing.clone(), "09:01"),
        ] {
            assert_ne!(row(here, column, &standing, time), first);
        }
        assert_eq!((made.get(), asked.get()), (6, 8));
    }
}
