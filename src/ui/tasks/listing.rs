//! Tasks in their sections: a heading, and rows under it.

use std::sync::Arc;

use leptos::{ev::DragEvent, prelude::*, server_fn::ServerFn};
use leptos_router::{
    NavigateOptions,
    components::A,
    hooks::{use_location, use_navigate},
};

use super::{
    bulk::BulkForm,
    forms::{Entry, RowForms},
    hand::use_hand,
    kept::{Kept, Kind},
    list::TaskList,
    row::{Common, Row, Rows},
};
use crate::{
    SERVER,
    domain::{
        calendar::{Day, Moment},
        change::{Act, Place, Window},
        id::TaskId,
        query::{AHEAD, Done, SortKey, StatusFilter, TaskQuery, Total, View},
        task::{Task, TaskStatus},
    },
    fns::tasks::{
        CompleteTasks, MoveTask, ReopenTasks, RestoreTasks, SetDue, SetPriority, SetStatus, TrashTasks, UndoChange,
    },
    texts::{Language, Texts},
    ui::{
        form::{Form, Refusal, next_with_undo},
        locale::use_texts,
    },
};

/// From how many rows on a part of a list is drawn where it is in sight only.
const LONG: usize = 100;

/// A part of a list under one heading.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Section {
    /// What it is called; also its key.
    name: String,
    /// What stands above it, if anything does.
    heading: Option<String>,
    /// Nothing but a remark, such as days without tasks.
    remark: bool,
    /// On the board, the column and how many tasks it has in all.
    column: Option<(TaskStatus, Total)>,
    tasks: Vec<Arc<Task>>,
}

impl Section {
    fn new(name: &str, heading: Option<&str>, tasks: Vec<Arc<Task>>) -> Self {
        Self { name: name.to_owned(), heading: heading.map(str::to_owned), remark: false, column: None, tasks }
    }
}

/// The sections of a page.
fn sections(window: &Window, texts: &Texts) -> Vec<Section> {
    let t = &texts.list;
    let of = |fits: &dyn Fn(&Task) -> bool| window.tasks.iter().filter(|task| fits(task)).cloned().collect::<Vec<_>>();
    let full = |sections: Vec<Section>| sections.into_iter().filter(|section| !section.tasks.is_empty()).collect();
    match &window.view {
        View::Tasks(query) if query.order().key != SortKey::Relevance => full(vec![
            Section::new(t.open, None, of(&|task| !task.completed())),
            Section::new(
                t.completed_tasks,
                (query.status == StatusFilter::All || query.archived).then_some(t.completed),
                of(&|task| task.completed() && task.archived.is_none()),
            ),
            Section::new(t.archived_tasks, Some(t.archived), of(&|task| task.archived.is_some())),
        ]),
        View::Tasks(_) => full(vec![Section::new(t.found, None, window.tasks.clone())]),
        View::Trash(_) => full(vec![Section::new(t.deleted, None, window.tasks.clone())]),
        View::Today(_) => {
            let late = |task: &Task| task.due.is_some_and(|due| due.day < window.now.day);
            let today = texts.calendar.today;
            full(vec![
                Section::new(t.overdue, Some(t.overdue), of(&late)),
                Section::new(today, Some(today), of(&|task| !late(task))),
            ])
        }
        View::Upcoming(_) => days(window, texts),
        View::Board => {
            let column = |status: TaskStatus| {
                let name = (texts.tasks.status)(status);
                Section {
                    column: Some((status, window.columns[status as usize])),
                    ..Section::new(name, Some(name), of(&|task| task.status == status))
                }
            };
            TaskStatus::ALL.map(column).to_vec()
        }
    }
}

/// Whether tasks are in the order in which their owner puts them.
fn is_manual(view: &View) -> bool {
    matches!(view, View::Tasks(query) if query.is_manual()) || matches!(view, View::Board)
}

/// Between which tasks one stands, and in which column of the board, where they are in order by hand.
pub fn neighbours(window: &Window, id: TaskId) -> Option<(Option<TaskId>, Option<TaskId>, Option<TaskStatus>)> {
    if !is_manual(&window.view) {
        return None;
    }
    // What they are called doesn't matter here.
    sections(window, Language::En.texts()).into_iter().find_map(|section| {
        let place = section.tasks.iter().position(|task| task.id == id)?;
        let at = |place: usize| section.tasks.get(place).map(|task| task.id);
        Some((place.checked_sub(1).and_then(at), at(place + 1), section.column.map(|(status, _)| status)))
    })
}

/// Each day with tasks, and a remark for the days between.
fn days(window: &Window, texts: &Texts) -> Vec<Section> {
    let (t, calendar) = (&texts.list, &texts.calendar);
    let today = window.now.day;
    let day_of = |task: &Task| task.due.map_or(Day::LAST, |due| due.day);
    let (first, last) = (window.now.day.plus(1), window.now.day.plus(AHEAD));
    // A page in the middle of a month says nothing of the days before and after it.
    let first = window.previous.as_ref().and(window.tasks.first()).map_or(first, |task| day_of(task));
    let last = window.next.as_ref().and(window.tasks.last()).map_or(last, |task| day_of(task));
    let mut sections = Vec::new();
    let mut empty: Option<(Day, Day)> = None;
    let close = |sections: &mut Vec<Section>, empty: &mut Option<(Day, Day)>| {
        if let Some((from, to)) = empty.take() {
            let name = if from == to {
                calendar.date(from, today)
            } else {
                (t.days)(&calendar.date(from, today), &calendar.date(to, today))
            };
            sections.push(Section { remark: true, ..Section::new(&name, None, Vec::new()) });
        }
    };
    for days in 0..=last.since(first).max(0) {
        let day = first.plus(days);
        let tasks: Vec<_> = window.tasks.iter().filter(|task| day_of(task) == day).cloned().collect();
        if tasks.is_empty() {
            empty = Some((empty.map_or(day, |(from, _)| from), day));
        } else {
            close(&mut sections, &mut empty);
            let tomorrow = day.since(window.now.day) == 1;
            let date = (calendar.long_date)(day);
            let name = if tomorrow { (t.tomorrow)(&date) } else { date };
            sections.push(Section::new(&name, Some(&name), tasks));
        }
    }
    close(&mut sections, &mut empty);
    if window.tasks.is_empty() { Vec::new() } else { sections }
}

/// What the buttons of a list call.
const ACTIONS: [&str; 9] = [
    CompleteTasks::PATH,
    ReopenTasks::PATH,
    TrashTasks::PATH,
    RestoreTasks::PATH,
    SetStatus::PATH,
    SetPriority::PATH,
    SetDue::PATH,
    MoveTask::PATH,
    UndoChange::PATH,
];

/// The page's tasks, with what can be done to many at once, and the way to other pages.
#[component]
pub fn Listing(
    /// The application's tasks.
    list: TaskList,
    /// What the page shows.
    view: View,
    /// The owner's clock.
    now: Moment,
    /// What was just done, without scripts.
    done: Option<Done>,
    /// Whether it leaves out archived tasks that somebody may look for.
    spared: bool,
) -> impl IntoView {
    let texts = use_texts();
    let shown = list.shown();
    let hand = use_hand();
    Effect::new(move |_| hand.arrive());
    let sections = Memo::new(move |_| {
        shown.with(|window| window.as_ref().map(|window| sections(window, texts)).unwrap_or_default())
    });
    let names = Memo::new(move |_| {
        sections
            .with(|sections| sections.iter().map(|section| (section.name.clone(), section.remark)).collect::<Vec<_>>())
    });
    let is_empty =
        Memo::new(move |_| shown.with(|window| window.as_ref().is_none_or(|window| window.tasks.is_empty())));
    let board = matches!(view, View::Board);
    let next = StoredValue::new(next_with_undo(&view.url()));
    let manual = matches!(&view, View::Tasks(query) if query.is_manual());
    let trash = matches!(view, View::Trash(_));
    let by_day = matches!(view, View::Today(_) | View::Upcoming(_));
    let found = move |id| {
        shown.with_untracked(|window| {
            window
                .as_ref()
                .and_then(|window| window.found.iter().find(|(of, _)| *of == id).map(|(_, found)| found.clone()))
        })
    };
    let kind = view.clone();
    let picking = RwSignal::new(false);
    let entries = StoredValue::new(Entry::all(texts, board));
    let common = Common { list, next, now, manual, by_day, trash, entries };
    if SERVER {
        Kept::provide(Kind { manual, by_day, trash }, next.get_value(), now);
    }
    view! {
        <Banner list done=done view=view.clone() />
        <Refusal actions=&ACTIONS />
        <div class="listing" class:board=board class:picking=move || picking.get()>
            <Show when=move || !is_empty.get()>
                <div class="list-bar">
                    <Count shown />
                    <BulkForm list next=next.get_value() trash picking />
                </div>
            </Show>
            <Show when=move || is_empty.get() && !board>
                <Empty view=kind.clone() />
            </Show>
            <RowForms list next now trash />
            <div class="sections">
                <For each=move || names.get() key=Clone::clone let:name>
                    {
                        let (name, remark) = name;
                        let key = name.clone();
                        let section = Memo::new(move |last: Option<&Section>| {
                            let own = sections.with(|sections| sections.iter().find(|section| section.name == key).cloned());
                            own.or_else(|| last.cloned()).unwrap_or_else(|| Section::new(&key, None, Vec::new()))
                        });
                        let tasks = Memo::new(move |_| section.with(|section| section.tasks.clone()));
                        let first = section.get_untracked();
                        let column = first.column.map(|(status, _)| status);
                        let rows = Rows::new(common, tasks, column);
                        if remark {
                            view! { <p class="remark">{(texts.list.nothing_on)(&name)}</p> }.into_any()
                        } else {
                            view! {
                                <section class="section">
                                    {first.heading.map(|heading| view! {
                                        <h2 class="list-head">
                                            {heading}
                                            {move || section.with(|section| section.column).map(|(_, total)| {
                                                view! { <span class="count">{texts.numbers.total(total)}</span> }
                                            })}
                                        </h2>
                                    })}
                                    <Column list column tasks>
                                        <ul class="tasks" class:long=move || tasks.with(|tasks| tasks.len() > LONG) aria-label=name.clone()>
                                            <For each=move || tasks.get() key=|task| task.id let:task>
                                                {
                                                    let found = found(task.id);
                                                    view! { <Row rows task found /> }
                                                }
                                            </For>
                                        </ul>
                                    </Column>
                                    {move || section.with(|section| section.column.map(|(status, total)| (status, total, section.tasks.len()))).map(|(status, total, shown)| {
                                        view! { <Rest status total shown /> }
                                    })}
                                </section>
                            }
                                .into_any()
                        }
                    }
                </For>
            </div>
            <Pages shown />
            <End shown view spared />
        </div>
    }
}

/// What there is to say after the last page: that a search has found more, and that it may find more in the archive.
#[component]
fn End(shown: Memo<Option<Window>>, view: View, spared: bool) -> impl IntoView {
    let texts = use_texts();
    let t = &texts.list;
    let archive = match view {
        View::Tasks(query) if spared => Some(View::Tasks(query.with_archive()).url()),
        _ => None,
    };
    let ends = Memo::new(move |_| shown.with(|window| window.as_ref().is_none_or(|window| window.next.is_none())));
    let cut = Memo::new(move |_| shown.with(|window| window.as_ref().is_some_and(is_cut)));
    view! {
        <Show when=move || cut.get()>
            <p class="rest">
                {(t.ranked)(&texts.numbers.total(Total(TaskQuery::RANKED)))}
            </p>
        </Show>
        {archive.map(|url| view! {
            <Show when=move || ends.get()>
                <p class="rest"><A href=url.clone()>{t.archive_too}</A></p>
            </Show>
        })}
    }
}

/// Whether a search ends here although it found more.
fn is_cut(window: &Window) -> bool {
    let ranked = matches!(&window.view, View::Tasks(query) if query.order().key == SortKey::Relevance);
    ranked && window.next.is_none() && window.total.0 > TaskQuery::RANKED
}

/// How many tasks the page is about.
#[component]
fn Count(shown: Memo<Option<Window>>) -> impl IntoView {
    let texts = use_texts();
    let (t, numbers) = (&texts.list, &texts.numbers);
    let text = move || {
        shown.with(|window| {
            window.as_ref().map(|window| match &window.view {
                View::Tasks(query) if query.is_filtered() => (t.count_found)(&numbers.total(window.total)),
                View::Tasks(_) if window.open.0 == 0 => t.nothing_open.to_owned(),
                View::Tasks(_) => (t.count_open)(&numbers.total(window.open)),
                View::Board => String::new(),
                View::Trash(_) => (t.count_trash)(&numbers.total(window.total)),
                _ => (t.count_to_do)(&numbers.total(window.total)),
            })
        })
    };
    view! { <p class="count" aria-live="polite">{text}</p> }
}

/// A column of the board takes what is dropped beside its tasks.
#[component]
fn Column(
    list: TaskList,
    column: Option<TaskStatus>,
    tasks: Memo<Vec<Arc<Task>>>,
    children: Children,
) -> impl IntoView {
    let on_dragover = move |event: DragEvent| {
        if column.is_some() && list.dragged.get_untracked().is_some() {
            event.prevent_default();
            list.over.set(None);
        }
    };
    let on_drop = move |event: DragEvent| {
        let (Some(status), Some(dragged)) = (column, list.dragged.get_untracked()) else { return };
        event.prevent_default();
        list.dragged.set(None);
        list.over.set(None);
        let last = tasks.with_untracked(|tasks| tasks.last().map(|task| task.id)).filter(|last| *last != dragged);
        list.run(Act::Move(dragged, last.map_or(Place::Top, Place::Below), Some(status)));
    };
    view! { <div class="column" on:dragover=on_dragover on:drop=on_drop>{children()}</div> }
}

/// What of a column isn't on the board.
#[component]
fn Rest(status: TaskStatus, total: Total, shown: usize) -> impl IntoView {
    let texts = use_texts();
    let query = TaskQuery { status: StatusFilter::Only(status), ..TaskQuery::default() };
    let more = usize::try_from(total.0).is_ok_and(|total| total > shown);
    let url = View::Tasks(query).url();
    if more {
        view! { <p class="rest"><A href=url>{(texts.list.see_all)(&texts.numbers.total(total))}</A></p> }.into_any()
    } else if shown == 0 {
        view! { <p class="rest">{texts.list.nothing_here}</p> }.into_any()
    } else {
        ().into_any()
    }
}

/// The way to the pages before and after.
#[component]
fn Pages(shown: Memo<Option<Window>>) -> impl IntoView {
    let t = &use_texts().list;
    let links = Memo::new(move |_| {
        shown.with(|window| {
            let window = window.as_ref()?;
            let url = |cursor: &Option<_>| cursor.clone().map(|cursor| window.view.at(Some(cursor)).url());
            Some((url(&window.previous), url(&window.next), window.view.at(None).url()))
        })
    });
    move || {
        let (previous, next, first) = links.get()?;
        (previous.is_some() || next.is_some()).then(|| {
            view! {
                <nav class="pages" aria-label=t.pages>
                    {previous.map(|href| view! {
                        <A href=first attr:class="button secondary">{t.first}</A>
                        <A href=href attr:rel="prev" attr:class="button secondary">{t.previous}</A>
                    })}
                    {next.map(|href| view! { <A href=href attr:rel="next" attr:class="button secondary">{t.next}</A> })}
                </nav>
            }
        })
    }
}

/// Without scripts, what the toast with its "Undo" is with them.
#[component]
fn Banner(list: TaskList, done: Option<Done>, view: View) -> impl IntoView {
    let navigate = use_navigate();
    let t = use_texts();
    let url = view.url();
    done.map(|Done { change, action, count, title }| {
        let text = (t.tasks.told)(&action, count, &title);
        let back = url.clone();
        let undo = move |_| {
            let (navigate, back) = (navigate.clone(), back.clone());
            list.run(Act::Undo(change, Vec::new(), Vec::new()));
            list.when_settled(move || {
                navigate(&back, NavigateOptions { replace: true, scroll: false, ..Default::default() });
            });
        };
        view! {
            <div class="banner" role="status">
                <p>{text}</p>
                <Form action=UndoChange::PATH next=url on_submit=undo>
                    <input type="hidden" name="undone" value=change.to_string() />
                    <button type="submit" class="quiet">{t.common.undo}</button>
                </Form>
            </div>
        }
    })
}

/// Nothing to show, and why.
#[component]
fn Empty(view: View) -> impl IntoView {
    let (t, common) = (&use_texts().empty, &use_texts().common);
    let location = use_location();
    let search = location.search.get_untracked();
    let paged = search.contains("after=") || search.contains("before=");
    let (title, text) = match &view {
        View::Tasks(query) if query.is_filtered() => (t.nothing_found, t.nothing_found_text),
        View::Tasks(_) => (t.nothing_to_do, t.nothing_to_do_text),
        View::Today(_) => (t.nothing_today, t.nothing_today_text),
        View::Upcoming(_) => (t.free, t.free_text),
        View::Trash(_) => (t.trash, t.trash_text),
        View::Board => (t.board, ""),
    };
    let all = matches!(&view, View::Tasks(query) if query.is_filtered());
    view! {
        <div class="empty">
            <svg viewBox="0 0 96 72" width="96" height="72" aria-hidden="true" focusable="false">
                <rect x="14" y="8" width="68" height="56" rx="10" class="sheet" />
                <path d="M30 28h36M30 44h22" class="lines" />
                <circle cx="74" cy="56" r="13" class="seal" />
                <path d="m68 56 4.5 4.5L81 52" class="tick" />
            </svg>
            <h2>{title}</h2>
            <p>{text}</p>
            {(all || paged).then(|| view! { <p><A href=view.page()>{common.show_all}</A></p> })}
        </div>
    }
}
