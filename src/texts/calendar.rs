//! Days and times as people say them. The words and their order are the language's.

use super::{CalendarTexts, NumberTexts};
use crate::domain::{
    calendar::{Day, Due, Moment},
    query::Total,
    text,
};

impl CalendarTexts {
    /// The day, seen from `today`: "Today", "Tomorrow", "Fri 27 Nov", with the year where it is another.
    pub fn day(&self, day: Day, today: Day) -> String {
        match day.since(today) {
            -1 => self.yesterday.to_owned(),
            0 => self.today.to_owned(),
            1 => self.tomorrow.to_owned(),
            _ => self.date(day, today),
        }
    }

    /// "Fri 27 Nov", with the year where it is another than `today`'s.
    pub fn date(&self, day: Day, today: Day) -> String {
        (self.short_date)(day, day.date().year() != today.date().year())
    }

    /// "Tomorrow", "Today 17:30", "Fri 27 Nov".
    pub fn due(&self, due: Due, today: Day) -> String {
        let day = self.day(due.day, today);
        match due.time {
            Some(time) => (self.timed)(&day, time),
            None => day,
        }
    }

    /// A day in the middle of a sentence: "today", "Fri 20 Nov".
    pub fn day_within(&self, day: Day, today: Day) -> String {
        let said = self.day(day, today);
        if matches!(day.since(today), -1..=1) { text::lower(&said) } else { said }
    }

    /// A moment in the middle of a sentence: "today 14:02", "Fri 20 Nov 2025 08:15".
    pub fn within(&self, moment: Moment, today: Day) -> String {
        (self.timed)(&self.day_within(moment.day, today), moment.time)
    }
}

/// A total with this between its thousands.
pub(super) fn grouped(number: u64, separator: char) -> String {
    match number {
        0..1_000 => number.to_string(),
        _ => format!("{}{separator}{:03}", grouped(number / 1_000, separator), number % 1_000),
    }
}

impl NumberTexts {
    /// A total: "1,234", and "10,000+" where nobody counted on.
    pub fn total(&self, total: Total) -> String {
        let more = if total.0 > Total::LIMIT { "+" } else { "" };
        format!("{}{more}", (self.count)(total.0.min(Total::LIMIT).into()))
    }
}
