//! Calendar days and wall-clock times. A due date is a day of its owner's calendar: nothing here knows a time zone, so nothing
//! can shift with one. Which day it is now, the server finds out (`server/clock.rs`).

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use time::{Date, Duration, Month, Time};

/// Why a date or a time was refused. The message is shown at the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum CalendarError {
    /// Not `YYYY-MM-DD`, or a day that no month has.
    #[error("This is not a date. One looks like 2027-01-31.")]
    Day,
    /// Not `HH:MM`.
    #[error("This is not a time. One looks like 17:30.")]
    Time,
    /// A time without a day.
    #[error("A time needs a date. Choose one, or clear the time.")]
    TimeAlone,
}

/// A calendar day from 0001-01-01 to 9999-12-31, written as in ISO 8601.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(Date);

impl Day {
    /// The day of this date, if its year has four digits.
    pub fn new(date: Date) -> Option<Self> {
        (1..=9999).contains(&date.year()).then_some(Self(date))
    }

    /// Reads `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        let day = || {
            let [year, month, day] = numbers(text, '-', [4, 2, 2])?;
            let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
            Self::new(Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()?)
        };
        day().ok_or(CalendarError::Day)
    }

    /// The date.
    pub fn date(self) -> Date {
        self.0
    }

    /// The day so many days later; the last one there is, where that is too late.
    #[must_use]
    pub fn plus(self, days: i64) -> Self {
        /// More than there are; beyond some trillions a duration has no room for them.
        const ALL: i64 = 10_000 * 366;
        self.0.checked_add(Duration::days(days.clamp(-ALL, ALL))).and_then(Self::new).unwrap_or(if days < 0 {
            Self::FIRST
        } else {
            Self::LAST
        })
    }

    /// How many days it is later than `other`.
    pub fn since(self, other: Self) -> i64 {
        i64::from(self.0.to_julian_day()) - i64::from(other.0.to_julian_day())
    }

    /// The first day.
    pub const FIRST: Self = match Date::from_calendar_date(1, Month::January, 1) {
        Ok(date) => Self(date),
        Err(_) => Self(Date::MIN),
    };

    /// The last day.
    pub const LAST: Self = match Date::from_calendar_date(9999, Month::December, 31) {
        Ok(date) => Self(date),
        Err(_) => Self(Date::MAX),
    };

    /// Which day of the week it is, from 0 for Monday.
    pub fn weekday(self) -> usize {
        self.0.weekday().number_days_from_monday().into()
    }

    /// Which month it is in, from 0 for January.
    pub fn month(self) -> usize {
        usize::from(u8::from(self.0.month())) - 1
    }
}

/// Numbers of so many digits each, and nothing else.
fn numbers<const N: usize>(text: &str, separator: char, digits: [usize; N]) -> Option<[u16; N]> {
    let mut found = [0; N];
    let mut parts = text.split(separator);
    for (found, digits) in found.iter_mut().zip(digits) {
        let part = parts.next()?;
        if part.len() != digits || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *found = part.parse().ok()?;
    }
    parts.next().is_none().then_some(found)
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), u8::from(self.0.month()), self.0.day())
    }
}

impl TryFrom<String> for Day {
    type Error = CalendarError;

    fn try_from(text: String) -> Result<Self, CalendarError> {
        Self::parse(&text)
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

/// A time by the clock on the wall, to the minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WallTime(Time);

impl WallTime {
    /// The minute of this time.
    pub fn new(time: Time) -> Self {
        Self(Time::from_hms(time.hour(), time.minute(), 0).unwrap_or(Time::MIDNIGHT))
    }

    /// Reads `HH:MM`, with seconds or without; seconds are dropped.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        let time = || {
            let [hour, minute, _] = numbers(text, ':', [2, 2, 2])
                .or_else(|| numbers(text, ':', [2, 2]).map(|[hour, minute]| [hour, minute, 0]))
                .filter(|[_, _, second]| *second < 60)?;
            Time::from_hms(u8::try_from(hour).ok()?, u8::try_from(minute).ok()?, 0).ok()
        };
        time().map(Self).ok_or(CalendarError::Time)
    }

    /// The time.
    pub fn time(self) -> Time {
        self.0
    }
}

impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0.hour(), self.0.minute())
    }
}

impl TryFrom<String> for WallTime {
    type Error = CalendarError;

    fn try_from(text: String) -> Result<Self, CalendarError> {
        Self::parse(&text)
    }
}

impl From<WallTime> for String {
    fn from(time: WallTime) -> Self {
        time.to_string()
    }
}

/// Until when something is to be done: a day, or a time of that day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Due {
    /// The day.
    pub day: Day,
    /// The time of the day; without one the whole day is in time.
    pub time: Option<WallTime>,
}

impl Due {
    /// Checks what was typed into the two fields; blanks are no due date. Errors name the field.
    pub fn parse(day: &str, time: &str) -> Result<Option<Self>, (&'static str, CalendarError)> {
        let (day, time) = (day.trim(), time.trim());
        let day = (!day.is_empty()).then(|| Day::parse(day)).transpose().map_err(|error| ("due_date", error))?;
        let time =
            (!time.is_empty()).then(|| WallTime::parse(time)).transpose().map_err(|error| ("due_time", error))?;
        match (day, time) {
            (Some(day), time) => Ok(Some(Self { day, time })),
            (None, None) => Ok(None),
            (None, Some(_)) => Err(("due_date", CalendarError::TimeAlone)),
        }
    }

    /// The order of due dates: by day, then by time, a day without a time after all its times.
    pub fn key(self) -> (Day, bool, Option<WallTime>) {
        (self.day, self.time.is_none(), self.time)
    }

    /// Whether it is over.
    pub fn is_over(self, now: Moment) -> bool {
        self.day < now.day || (self.day == now.day && self.time.is_some_and(|time| time < now.time))
    }
}

/// What the calendar and the clock on the wall of a person show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Moment {
    /// Their calendar.
    pub day: Day,
    /// Their clock.
    pub time: WallTime,
}

impl Moment {
    /// What they show so many minutes later; at most on the last day.
    #[must_use]
    pub fn later(self, minutes: i64) -> Self {
        const DAY: i64 = 24 * 60;
        let time = self.time.time();
        let total = minutes.max(0).saturating_add(i64::from(time.hour()) * 60 + i64::from(time.minute()));
        let part = |number: i64| u8::try_from(number).unwrap_or_default();
        let time = Time::from_hms(part(total % DAY / 60), part(total % 60), 0);
        Self { day: self.day.plus(total / DAY), time: time.map_or(self.time, WallTime) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[test]
    fn a_day_that_no_month_has_is_refused() {
        for text in [
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-1-1",
            "26-01-01",
            "0000-01-01",
            "2026-01-01x",
            "",
            "١٢٣٤-٠١-٠١",
        ] {
            assert_eq!(Day::parse(text), Err(CalendarError::Day), "{text}");
        }
        assert!(Day::parse("2028-02-29").is_ok());
    }

    #[test]
    fn a_time_without_a_date_is_refused_at_the_date() {
        assert_eq!(Due::parse("", "10:00"), Err(("due_date", CalendarError::TimeAlone)));
        assert_eq!(Due::parse("2026-01-01", "24:00"), Err(("due_time", CalendarError::Time)));
        assert_eq!(Due::parse(" ", " "), Ok(None));
    }

    #[test]
    fn a_day_without_a_time_is_in_time_until_it_ends() {
        let now = Moment { day: day("2026-11-21"), time: WallTime::parse("23:59").unwrap() };
        let due = |text, time| Due::parse(text, time).unwrap().unwrap();
        assert!(!due("2026-11-21", "").is_over(now));
        assert!(due("2026-11-21", "23:58").is_over(now));
        assert!(!due("2026-11-21", "23:59").is_over(now));
        assert!(due("2026-11-20", "").is_over(now));
    }

    #[test]
    fn a_clock_goes_on_past_midnight() {
        let at = |date, time| Moment { day: day(date), time: WallTime::parse(time).unwrap() };
        for (minutes, date, time) in [
            (0, "2026-12-31", "23:58"),
            (1, "2026-12-31", "23:59"),
            (2, "2027-01-01", "00:00"),
            (2 + 48 * 60 + 61, "2027-01-03", "01:01"),
            (-5, "2026-12-31", "23:58"),
        ] {
            assert_eq!(at("2026-12-31", "23:58").later(minutes), at(date, time), "{minutes}");
        }
    }

    #[test]
    fn what_is_too_far_away_is_the_first_or_the_last_day() {
        for days in [i64::MAX, i64::MAX / 86_400, 4_000_000] {
            assert_eq!((day("2026-12-31").plus(days), day("2026-12-31").plus(-days)), (Day::LAST, Day::FIRST));
        }
        let noon = Moment { day: Day::FIRST, time: WallTime::parse("12:00").unwrap() };
        assert_eq!(noon.later(i64::MAX).day, Day::LAST);
        assert_eq!(Day::FIRST.plus(Day::LAST.since(Day::FIRST)), Day::LAST);
    }

    proptest! {
        #[test]
        fn a_day_survives_its_text(days in 0i64..3_650_000) {
            let day = Day::FIRST.plus(days);
            prop_assert_eq!(Day::parse(&day.to_string()), Ok(day));
        }

        #[test]
        fn days_later_and_days_between_agree(from in 0i64..3_000_000, days in -3_000i64..3_000) {
            let from = Day::FIRST.plus(from);
            let to = from.plus(days);
            prop_assert!(to.since(from) == days || to == Day::FIRST);
        }

        #[test]
        fn what_is_no_time_is_refused_and_never_panics(text in "[0-9:]{0,8}") {
            if let Ok(time) = WallTime::parse(&text) {
                prop_assert_eq!(time.to_string(), &text[..5]);
            }
        }
    }
}
