//! A line, and what stands in the fields beside it.

use super::{Kind, Quick, Span, Tongue, bare, read};
use crate::domain::{
    calendar::{Due, Moment, WallTime},
    task::{Priority, TypedTask},
};

/// What comes of a line and of the fields beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Understood {
    /// As if everything had been typed into its field.
    pub typed: TypedTask,
    /// The parts of the line that were understood.
    pub spans: Vec<Span>,
    /// Until when, if the line says so.
    pub due: Option<Due>,
    /// How much it matters, if the line says so.
    pub priority: Option<Priority>,
}

impl Understood {
    /// The phrase that ends at this place of the line (in bytes), as [`bare`] gives it.
    pub fn ends_at<'a>(&self, line: &'a str, at: usize) -> Option<&'a str> {
        self.spans.iter().find_map(|Span { range, .. }| {
            let phrase = bare(&line[range.clone()]);
            let before = line.get(range.start..at.min(range.end))?;
            (at <= range.end && bare(before) == phrase).then_some(phrase)
        })
    }

    /// The phrases that say until when, or how much it matters.
    pub fn phrases(&self, line: &str, priority: bool) -> Vec<String> {
        let of_kind = self.spans.iter().filter(|span| (span.kind == Kind::Priority) == priority);
        of_kind.map(|span| bare(&line[span.range.clone()]).to_owned()).collect()
    }
}

/// Reads the title as a line, which counts before the fields. A time alone belongs to the day in its field, unless it is over there;
/// a day alone takes the time in its field along.
pub fn understand(typed: TypedTask, now: Moment, tongue: Tongue, kept: &[String]) -> Understood {
    let Quick { title, spans, due_date, due_time, priority } = read(&typed.title, now, tongue, kept);
    let says_day = spans.iter().any(|span| span.kind == Kind::Date);
    let due = due_date.map(|day| {
        let beside = Due::parse(&typed.due_date, "").ok().flatten().filter(|_| !says_day);
        let beside = beside.map(|due| Due { time: due_time, ..due }).filter(|due| !due.is_over(now));
        let time = due_time.or_else(|| WallTime::parse(typed.due_time.trim()).ok());
        beside.unwrap_or(Due { day, time })
    });
    let mut typed = TypedTask { title, ..typed };
    if let Some(due) = due {
        typed.due_date = due.day.to_string();
        // What is no time stays, to be refused where it stands.
        typed.due_time = due.time.map_or(typed.due_time, |time| time.to_string());
    }
    if let Some(priority) = priority {
        priority.as_str().clone_into(&mut typed.priority);
    }
    Understood { typed, spans, due, priority }
}

/// The phrases that stand in the line still: whoever writes one anew means it anew.
pub fn still_kept(kept: &mut Vec<String>, line: &str) {
    kept.retain(|phrase| line.contains(phrase.as_str()));
}

/// The byte at which so many UTF-16 units end: browsers count a caret in those.
pub fn byte_at(line: &str, units: usize) -> usize {
    let mut counted = 0;
    let found = line.char_indices().find(|(_, letter)| {
        counted += letter.len_utf16();
        counted > units
    });
    found.map_or(line.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{calendar::Day, quick::DateOrder};

    fn now() -> Moment {
        Moment { day: Day::parse("2026-11-18").unwrap(), time: WallTime::parse("14:00").unwrap() }
    }

    const ENGLISH: Tongue = Tongue::English(DateOrder::DayMonth);

    fn understood(line: &str, due_date: &str, due_time: &str) -> (String, String) {
        let typed = TypedTask {
            title: line.into(),
            priority: "low".into(),
            due_date: due_date.into(),
            due_time: due_time.into(),
            ..TypedTask::default()
        };
        let Understood { typed, .. } = understand(typed, now(), ENGLISH, &[]);
        (typed.title, format!("{} {} {}", typed.due_date, typed.due_time, typed.priority))
    }

    #[test]
    fn what_the_line_says_counts_before_the_fields() {
        for (line, date, time, title, meaning) in [
            ("Call Bob", "", "", "Call Bob", "  low"),
            ("Call Bob", "2026-11-18", "09:00", "Call Bob", "2026-11-18 09:00 low"),
            ("Call Bob p1", "2026-11-18", "", "Call Bob", "2026-11-18  urgent"),
            ("Call Bob tomorrow", "2026-12-24", "", "Call Bob", "2026-11-19  low"),
            ("Call Bob tomorrow", "2026-12-24", "09:00", "Call Bob", "2026-11-19 09:00 low"),
            ("Call Bob tomorrow 5pm", "2026-12-24", "09:00", "Call Bob", "2026-11-19 17:00 low"),
            ("Call Bob 5pm", "", "", "Call Bob", "2026-11-18 17:00 low"),
            ("Call Bob 5pm", "2026-12-24", "", "Call Bob", "2026-12-24 17:00 low"),
            ("Call Bob 9am", "2026-11-18", "", "Call Bob", "2026-11-19 09:00 low"),
            ("Call Bob tomorrow", "never", "25:00", "Call Bob", "2026-11-19 25:00 low"),
            ("Renewed today's plan", "", "", "Renewed today's plan", "  low"),
        ] {
            assert_eq!(understood(line, date, time), (title.to_owned(), meaning.to_owned()), "{line} {date} {time}");
        }
    }

    #[test]
    fn the_phrase_before_the_caret_is_found_and_no_other() {
        let line = "Über Bob, tomorrow 5pm. ";
        let read = understand(TypedTask { title: line.into(), ..TypedTask::default() }, now(), ENGLISH, &[]);
        let ends = |text: &str| read.ends_at(line, text.len());
        assert_eq!(ends("Über Bob, tomorrow"), Some("tomorrow"));
        assert_eq!(ends("Über Bob, tomorrow 5pm"), Some("5pm"));
        assert_eq!(ends("Über Bob, tomorrow 5pm."), Some("5pm"));
        for text in ["", "Ü", "Über Bob,", "Über Bob, ", "Über Bob, tomorro", "Über Bob, tomorrow ", line] {
            assert_eq!(ends(text), None, "{text:?}");
        }
        assert_eq!(read.phrases(line, false), ["tomorrow", "5pm"]);
        assert!(read.phrases(line, true).is_empty());
    }

    #[test]
    fn a_kept_phrase_that_is_changed_is_kept_no_longer() {
        let mut kept = vec!["tomorrow".to_owned(), "5pm".to_owned()];
        still_kept(&mut kept, "Call Bob tomorro 5pm");
        assert_eq!(kept, ["5pm"]);
    }

    #[test]
    fn a_caret_is_counted_as_browsers_do() {
        for (units, byte) in [(0, 0), (1, 2), (2, 2), (3, 6), (4, 7), (9, 7)] {
            assert_eq!(byte_at("ü👍x", units), byte, "{units}");
        }
    }
}
