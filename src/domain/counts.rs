//! How many tasks the pages have: what stands beside the ways to them, and how a change moves it.

use serde::{Deserialize, Serialize};

use super::{
    calendar::Moment,
    change::Act,
    query::{Total, View},
    task::Task,
};

/// How many tasks each page has to do; of the trash, how many lie in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Overdue, or due today.
    pub today: Total,
    /// Due in the next month.
    pub upcoming: Total,
    /// Open at all.
    pub open: Total,
    /// In the trash.
    pub trash: Total,
    /// The owner's calendar and clock when they were counted.
    pub now: Moment,
}

/// What a change adds to the counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    today: i32,
    upcoming: i32,
    open: i32,
    trash: i32,
}

impl Counts {
    /// With a change.
    #[must_use]
    pub fn plus(self, delta: Delta) -> Self {
        Self {
            today: self.today.plus(delta.today),
            upcoming: self.upcoming.plus(delta.upcoming),
            open: self.open.plus(delta.open),
            trash: self.trash.plus(delta.trash),
            now: self.now,
        }
    }
}

impl Delta {
    /// What an act does to tasks that were like this. What an undo does only who knows what is undone can say: see [`Delta::back`].
    pub fn of(act: &Act, before: &[Task], now: Moment) -> Self {
        match act {
            Act::Add(new) => {
                let added = new.iter().map(|(id, draft)| Self::with(&Act::added(*id, draft.clone()), now));
                added.fold(Self::default(), Self::plus)
            }
            Act::Undo(..) => Self::default(),
            _ => {
                let ids = act.tasks();
                let changed = before.iter().filter(|task| ids.contains(&task.id)).map(|task| {
                    let mut after = task.clone();
                    act.make(&mut after, now);
                    Self::with(&after, now).plus(Self::with(task, now).back())
                });
                changed.fold(Self::default(), Self::plus)
            }
        }
    }

    /// What one task adds.
    fn with(task: &Task, now: Moment) -> Self {
        let on = |view: View| i32::from(view.query(now).matches(task, now));
        Self {
            today: on(View::Today(None)),
            upcoming: on(View::Upcoming(None)),
            open: i32::from(task.trashed.is_none() && !task.completed()),
            trash: i32::from(task.trashed.is_some()),
        }
    }

    /// What taking it back does.
    #[must_use]
    pub fn back(self) -> Self {
        Self { today: -self.today, upcoming: -self.upcoming, open: -self.open, trash: -self.trash }
    }

    /// Both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            today: self.today + other.today,
            upcoming: self.upcoming + other.upcoming,
            open: self.open + other.open,
            trash: self.trash + other.trash,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        calendar::{Day, Due, WallTime},
        change::local_id,
        task::{TaskDraft, TaskStatus, TypedTask},
    };

    fn now() -> Moment {
        Moment { day: Day::parse("2026-11-22").unwrap(), time: WallTime::parse("12:00").unwrap() }
    }

    fn draft(due: &str) -> TaskDraft {
        TaskDraft::parse(&TypedTask { title: "x".into(), due_date: due.into(), ..TypedTask::default() }).unwrap()
    }

    fn task(due: &str) -> Task {
        Act::added(local_id(1), draft(due))
    }

    fn counted(delta: Delta) -> [i32; 4] {
        [delta.today, delta.upcoming, delta.open, delta.trash]
    }

    fn done(act: &Act, before: &Task) -> [i32; 4] {
        counted(Delta::of(act, std::slice::from_ref(before), now()))
    }

    #[test]
    fn a_new_task_counts_where_it_is_shown() {
        let added = |due| counted(Delta::of(&Act::Add(vec![(local_id(1), draft(due))]), &[], now()));
        assert_eq!(added(""), [0, 0, 1, 0]);
        assert_eq!(added("2026-11-20"), [1, 0, 1, 0], "overdue");
        assert_eq!(added("2026-11-22"), [1, 0, 1, 0]);
        assert_eq!(added("2026-11-23"), [0, 1, 1, 0]);
        assert_eq!(added("2027-11-23"), [0, 0, 1, 0], "too far");
        let several = vec![(local_id(2), draft("2026-11-22")), (local_id(1), draft(""))];
        assert_eq!(counted(Delta::of(&Act::Add(several), &[], now())), [1, 0, 2, 0], "several");
    }

    #[test]
    fn a_task_is_counted_where_it_went() {
        let (today, ids) = (task("2026-11-22"), vec![local_id(1)]);
        assert_eq!(done(&Act::Complete(ids.clone()), &today), [-1, 0, -1, 0]);
        assert_eq!(done(&Act::Trash(ids.clone()), &today), [-1, 0, -1, 1]);
        let due = Some(Due { day: Day::parse("2026-11-25").unwrap(), time: None });
        assert_eq!(done(&Act::SetDue(ids.clone(), due), &today), [-1, 1, 0, 0]);
        let completed = Task { status: TaskStatus::Completed, ..today.clone() };
        assert_eq!(done(&Act::Complete(ids.clone()), &completed), [0; 4], "twice");
        assert_eq!(done(&Act::Reopen(ids.clone()), &completed), [1, 0, 1, 0]);
        let deleted = Task { trashed: Some(now().day), ..completed };
        assert_eq!(done(&Act::Restore(ids.clone()), &deleted), [0, 0, 0, -1]);
        assert_eq!(done(&Act::Complete(vec![local_id(2)]), &today), [0; 4], "another one");
    }

    #[test]
    fn what_is_taken_back_leaves_what_there_was() {
        let delta = Delta::of(&Act::Trash(vec![local_id(1)]), &[task("2026-11-22")], now());
        let counts = Counts { today: Total(3), upcoming: Total(1), open: Total(9), trash: Total(0), now: now() };
        assert_eq!(counts.plus(delta).trash, Total(1));
        assert_eq!(counts.plus(delta).plus(delta.back()), counts);
    }
}
