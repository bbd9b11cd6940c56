//! What time it is, and what that is on somebody's wall.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use jiff::{Timestamp, Zoned, tz::TimeZone};
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

use crate::domain::calendar::{Day, Moment, WallTime};

/// What time it is. A parameter, so that tests can choose it.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The system's.
    System,
    /// One that stands still: seconds since 1970.
    Still(Arc<AtomicI64>),
}

impl Clock {
    /// One that stands still at this time.
    pub fn still(at: Timestamp) -> Self {
        Self::Still(Arc::new(AtomicI64::new(at.as_second())))
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Still(at) => Timestamp::from_second(at.load(Ordering::Relaxed)).unwrap_or_default(),
        }
    }

    /// The time, as the database takes it.
    pub fn now_utc(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(self.now().as_nanosecond()).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// Sets one that stands still.
    pub fn set(&self, to: Timestamp) {
        if let Self::Still(at) = self {
            at.store(to.as_second(), Ordering::Relaxed);
        }
    }
}

/// Whether this is the name of a time zone (IANA), such as `Europe/Berlin`.
pub fn is_zone(name: &str) -> bool {
    TimeZone::get(name).is_ok()
}

/// The names of all time zones, in the order of the alphabet.
pub fn zones() -> Vec<String> {
    let mut names: Vec<_> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    // Zones of today, not the files of old that stand beside them.
    names.retain(|name| name == "UTC" || name.contains('/') && !name.starts_with(|first: char| first.is_lowercase()));
    names.sort_unstable();
    names.dedup();
    names
}

/// Somebody's clock and calendar.
#[derive(Clone, Debug)]
pub struct Local {
    zone: TimeZone,
    now: Timestamp,
}

impl Local {
    /// The clock in this zone, at this time. A zone that this version doesn't know is UTC.
    pub fn new(zone: &str, now: Timestamp) -> Self {
        Self { zone: TimeZone::get(zone).unwrap_or(TimeZone::UTC), now }
    }

    /// Now.
    pub fn now(&self) -> Moment {
        moment(&self.now.to_zoned(self.zone.clone()))
    }

    /// Now, as PostgreSQL compares it with `tasks.due_order`.
    pub fn wall_clock(&self) -> PrimitiveDateTime {
        let Moment { day, time } = self.now();
        PrimitiveDateTime::new(day.date(), time.time())
    }

    /// What this clock showed at a time of the database's.
    pub fn at(&self, time: OffsetDateTime) -> Moment {
        let time = Timestamp::from_second(time.unix_timestamp()).unwrap_or_default();
        moment(&time.to_zoned(self.zone.clone()))
    }
}

fn moment(zoned: &Zoned) -> Moment {
    let date = || {
        let month = Month::try_from(u8::try_from(zoned.month()).ok()?).ok()?;
        Date::from_calendar_date(i32::from(zoned.year()), month, u8::try_from(zoned.day()).ok()?).ok()
    };
    let time = || Time::from_hms(u8::try_from(zoned.hour()).ok()?, u8::try_from(zoned.minute()).ok()?, 0).ok();
    Moment {
        day: date().and_then(Day::new).unwrap_or(Day::FIRST),
        time: WallTime::new(time().unwrap_or(Time::MIDNIGHT)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(zone: &str, at: &str) -> String {
        let Moment { day, time } = Local::new(zone, at.parse().unwrap()).now();
        format!("{day} {time}")
    }

    #[test]
    fn one_moment_is_three_days_around_the_world() {
        let at = "2026-11-21T10:30:00Z";
        assert_eq!(local("Pacific/Kiritimati", at), "2026-11-22 00:30");
        assert_eq!(local("UTC", at), "2026-11-21 10:30");
        assert_eq!(local("Pacific/Pago_Pago", at), "2026-11-20 23:30");
    }

    #[test]
    fn the_clock_changes_twice_a_year() {
        assert_eq!(local("America/New_York", "2026-03-08T06:59:00Z"), "2026-03-08 01:59");
        assert_eq!(local("America/New_York", "2026-03-08T07:00:00Z"), "2026-03-08 03:00");
        assert_eq!(local("America/New_York", "2026-11-01T05:30:00Z"), "2026-11-01 01:30");
        assert_eq!(local("America/New_York", "2026-11-01T06:30:00Z"), "2026-11-01 01:30");
    }

    #[test]
    fn every_zone_that_can_be_chosen_is_one() {
        let zones = zones();
        assert!(zones.len() > 300 && zones.iter().all(|zone| is_zone(zone)));
        assert!(
            ["UTC", "Europe/Berlin", "Pacific/Kiritimati"].iter().all(|zone| zones.iter().any(|name| name == zone))
        );
    }

    #[test]
    fn an_unknown_zone_is_utc() {
        assert!(is_zone("Europe/Berlin") && !is_zone("Mars/Olympus") && !is_zone(""));
        assert_eq!(local("Mars/Olympus", "2026-11-21T10:30:00Z"), "2026-11-21 10:30");
    }
}
