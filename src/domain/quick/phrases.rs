//! What some words beside each other say, wherever they stand.

use time::{Date, Month, Time};

use super::{
    DateOrder,
    words::{Trust, Word, Words, find, has},
};
use crate::domain::{
    calendar::{Day, WallTime},
    task::Priority,
};

/// What a phrase says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// This day.
    Day(Day),
    /// The next such day: 0 is Monday.
    Weekday(usize),
    /// The week after this one.
    NextWeek,
    /// This time.
    Time(WallTime),
    /// This priority.
    Priority(Priority),
}

/// Some words that may be a phrase.
pub struct Phrase {
    /// The first word and the one after the last.
    pub words: std::ops::Range<usize>,
    pub says: Says,
    pub trust: Trust,
    /// Whether it begins with a word that leads to it.
    pub led: bool,
    /// Whether only a few words lead to it: nobody says "on tomorrow".
    relative: bool,
}

impl Phrase {
    fn new(first: usize, end: usize, says: Says, trust: Trust) -> Self {
        Self { words: first..end, says, trust, led: false, relative: false }
    }
}

/// A line and how to read it.
pub struct Line<'a> {
    pub words: Vec<Word<'a>>,
    pub names: &'static Words,
    pub order: DateOrder,
    pub today: Day,
}

impl Line<'_> {
    /// The phrase that begins with this word.
    pub fn phrase(&self, at: usize) -> Option<Phrase> {
        if self.words.get(at)?.quoted {
            return None;
        }
        self.priority(at).or_else(|| self.time(at)).or_else(|| self.led_day(at)).or_else(|| self.day(at))
    }

    /// A word in small letters; nothing in quotes or after the end.
    pub fn low(&self, at: usize) -> &str {
        self.words.get(at).filter(|word| !word.quoted).map_or("", |word| &word.low)
    }

    /// The word after this one, if a phrase can go on there.
    fn after(&self, at: usize) -> &str {
        if self.words.get(at).is_none_or(|word| word.stops) { "" } else { self.low(at + 1) }
    }

    fn priority(&self, at: usize) -> Option<Phrase> {
        let [letter @ (b'p' | b'P'), number @ b'1'..=b'4'] = self.words[at].core.as_bytes() else { return None };
        let priority = Priority::ALL[usize::from(number - b'1')];
        let trust = if *letter == b'p' { Trust::Sure } else { Trust::Edge };
        (self.after(at) != "of").then(|| Phrase::new(at, at + 1, Says::Priority(priority), trust))
    }

    fn time(&self, at: usize) -> Option<Phrase> {
        let lead = self.names.at.split(';').find(|lead| lead.trim_start_matches('*') == self.low(at));
        if let (Some(lead), false) = (lead, self.words[at].stops) {
            let mut phrase = self.clock(at + 1, lead.starts_with('*')).or_else(|| self.noon(at + 1, true))?;
            (phrase.words.start, phrase.led) = (at, true);
            return Some(phrase);
        }
        self.clock(at, false).or_else(|| self.noon(at, false))
    }

    fn noon(&self, at: usize, led: bool) -> Option<Phrase> {
        let word = self.words.get(at).filter(|word| !word.quoted)?;
        let (_, sign) = find(self.names.noon, &word.low)?;
        // "High Noon"
        if sign == b'_' && word.is_capital() && !led {
            return None;
        }
        let trust = if led { Trust::Sure } else { Trust::Shy };
        Some(Phrase::new(at, at + 1, Says::Time(WallTime::new(Time::from_hms(12, 0, 0).ok()?)), trust))
    }

    /// "5pm", "5:30 pm", "17:30", "17 Uhr"; with `bare` also an hour alone.
    fn clock(&self, at: usize, bare: bool) -> Option<Phrase> {
        let word = self.words.get(at).filter(|word| !word.quoted)?;
        let digits = word.low.bytes().take_while(u8::is_ascii_digit).count();
        let hour = number(&word.low[..digits], 2)?;
        let rest = &word.low[digits..];
        let divider = rest.bytes().next().filter(|divider| matches!(divider, b':' | b'.'));
        let (minute, rest) = match divider {
            Some(_) => (number(rest.get(1..3)?, 2)?, &rest[3..]),
            None => (0, rest),
        };
        let (kind, end) = if rest.is_empty() {
            let kind = find(self.names.hours, self.after(at)).map(|(kind, _)| kind);
            (kind, at + 1 + usize::from(kind.is_some()))
        } else {
            (Some(find("am;pm", rest)?.0 + 1), at + 1)
        };
        // Early hours are rarely meant by who doesn't say so.
        let afternoon = if digits == 1 && (1..=6).contains(&hour) { hour + 12 } else { hour };
        let hour = match kind {
            Some(half @ 1..) if (1..=12).contains(&hour) => hour % 12 + if half == 2 { 12 } else { 0 },
            Some(1..) => return None,
            Some(_) if !self.names.english => hour,
            None if divider == Some(b':') && !self.names.english => hour,
            None if divider == Some(b':') || bare && divider.is_none() && hour > 0 => afternoon,
            Some(_) if divider.is_none() => afternoon,
            _ => return None,
        };
        let time = Time::from_hms(u8::try_from(hour).ok()?, u8::try_from(minute).ok()?, 0).ok()?;
        // "at 5 Main Street"
        // "1:10 of salt"
        if self.after(end - 1) == "of" {
            return None;
        }
        let alone = kind.is_none() && divider.is_none() && !has(self.names.then, self.after(at));
        if alone && self.names.english && !word.stops && self.words.get(end).is_some_and(Word::is_capital) {
            return None;
        }
        let trust = if alone { Trust::Shy } else { Trust::Sure };
        Some(Phrase::new(at, end, Says::Time(WallTime::new(time)), trust))
    }

    /// A day after a word that leads to one.
    fn led_day(&self, at: usize) -> Option<Phrase> {
        for lead in self.names.leads.split(';') {
            let (any, lead) = lead.strip_prefix('*').map_or((false, lead), |lead| (true, lead));
            let mut end = at;
            if lead.split(' ').all(|word| {
                end += 1;
                self.low(end - 1) == word && !self.words[end - 1].stops
            }) && let Some(mut phrase) = self.day(end).filter(|phrase| any || !phrase.relative)
            {
                (phrase.words.start, phrase.led) = (at, true);
                return Some(phrase);
            }
        }
        None
    }

    fn day(&self, at: usize) -> Option<Phrase> {
        if self.words.get(at)?.quoted {
            return None;
        }
        self.relative(at).or_else(|| self.next(at)).or_else(|| self.weekday(at)).or_else(|| self.date(at))
    }

    /// "today", "day after tomorrow", "in 3 weeks", "next month".
    fn relative(&self, at: usize) -> Option<Phrase> {
        let low = self.low(at);
        let found =
            |end, day: Day, trust| Some(Phrase { relative: true, ..Phrase::new(at, end, Says::Day(day), trust) });
        if let Some((days, sign)) = find(self.names.days, low) {
            // "Freitag morgen" is a morning, and so is every "Morgen" in a sentence.
            let morning = !self.names.english && days == 1 && at > 0 && {
                let before = self.low(at - 1);
                self.words[at].is_capital() || before == "heute" || has(self.names.weekdays, before)
            };
            let trust = self.trust(at, sign).filter(|_| !morning)?;
            return found(at + 1, self.plus(days), trust);
        }
        let mut first = at + usize::from(low == "the" && self.names.english);
        if let Some((one, other)) = self.names.after.split_once(' ')
            && self.low(first) == one
            && self.words.get(first + 1).is_some_and(|word| word.core == other)
        {
            first += 2;
            return (find(self.names.days, self.low(first))?.0 == 1)
                .then(|| found(first + 1, self.plus(2), Trust::Sure))?;
        }
        if has(self.names.within, low) {
            let amount = self.after(at);
            let one = has(self.names.one, amount);
            let amount = if one { 1 } else { number(amount, 4)? };
            let (unit, _) = find(self.names.units, self.after(at + 1))?;
            let day = match unit {
                0 | 1 => {
                    let days = i64::from(amount) * if unit == 1 { 7 } else { 1 };
                    Some(self.today.plus(days)).filter(|day| day.since(self.today) == days)
                }
                _ => self.months_later(amount * if unit == 3 { 12 } else { 1 }, None),
            };
            return found(at + 3, day?, if one { Trust::Edge } else { Trust::Sure });
        }
        None
    }

    /// "next week", "this weekend", "next friday", and "weekend".
    fn next(&self, at: usize) -> Option<Phrase> {
        let low = self.low(at);
        if has(self.names.weekend, low) {
            return Some(Phrase::new(at, at + 1, Says::Day(self.saturday()), Trust::Shy));
        }
        let (next, this) = (has(self.names.next, low), has(self.names.this, low));
        let what = self.after(at);
        let unit = find(self.names.units, what).map(|(unit, _)| unit);
        let found = |says| {
            let relative = unit.is_some();
            Some(Phrase { relative, ..Phrase::new(at, at + 2, says, Trust::Sure) })
        };
        if !next && !this {
            return None;
        }
        // "kommende Woche", but not "diese Woche" or "this week".
        if next || low.starts_with("kommend") {
            match unit {
                Some(1) => return found(Says::NextWeek),
                Some(2) => return found(Says::Day(self.months_later(1, Some(1))?)),
                Some(3) => return found(Says::Day(self.resolve(1, 1, Some(self.today.date().year() + 1))?)),
                _ => {}
            }
        }
        if has(self.names.weekend, what) {
            let later = if next { self.of_next_week(5) } else { self.saturday() };
            return found(Says::Day(later));
        }
        let (weekday, _) = find(self.names.weekdays, what)?;
        found(if next { Says::Day(self.of_next_week(weekday)) } else { Says::Weekday(weekday) })
    }

    fn weekday(&self, at: usize) -> Option<Phrase> {
        let (weekday, sign) = find(self.names.weekdays, self.low(at))?;
        Some(Phrase::new(at, at + 1, Says::Weekday(weekday), self.trust(at, sign)?))
    }

    /// "2027-01-27", "27/1", "27.1.2027", "21 june", "june 21st, 2027".
    fn date(&self, at: usize) -> Option<Phrase> {
        let word = &self.words[at];
        if let Ok(day) = Day::parse(word.core) {
            return Some(Phrase::new(at, at + 1, Says::Day(day), Trust::Sure));
        }
        self.numeric(at).or_else(|| self.named(at))
    }

    fn numeric(&self, at: usize) -> Option<Phrase> {
        let word = &self.words[at];
        let mut parts = word.core.split(self.names.divider);
        let (first, second) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?);
        let year = parts.next();
        if parts.next().is_some() || self.after(at) == "of" || word.core == "24/7" {
            return None;
        }
        let year = match year {
            Some(year) if year.len() == 2 => Some(self.today.date().year() / 100 * 100 + i32::from(number(year, 2)?)),
            Some(year) => Some(year_of(year)?),
            None => None,
        };
        let trust = match year {
            Some(_) => Trust::Sure,
            None if at > 0 && has(self.names.labels, self.low(at - 1)) => return None,
            None if self.names.english => Trust::Shy,
            // Without the second full stop it may be a decimal.
            None if word.dotted => Trust::Edge,
            None => Trust::Led,
        };
        let (day, month) = match self.order {
            DateOrder::MonthDay if self.names.english => (second, first),
            _ => (first, second),
        };
        Some(Phrase::new(at, at + 1, Says::Day(self.resolve(day, month, year)?), trust))
    }

    fn named(&self, at: usize) -> Option<Phrase> {
        let month_first = self.names.english && has(self.names.months, self.low(at));
        let (day, month) = if month_first {
            (at + 1, at)
        } else {
            (at, at + 1 + usize::from(self.names.english && self.after(at) == "of"))
        };
        let (number, ordinal) = self.day_number(day)?;
        if self.words[at].stops || self.words.get(month)?.quoted || self.words[day.min(month)].stops {
            return None;
        }
        let (index, sign) = find(self.names.months, self.low(month))?;
        let last = day.max(month);
        // "June 5 pm" is somebody's name.
        if month_first && has(self.names.hours, self.after(last)) {
            return None;
        }
        let year = self.words.get(last + 1).filter(|word| !word.quoted).and_then(|word| year_of(word.core));
        // After a comma only what looks like a year: "june 21, 2027".
        let year = year.filter(|year| !self.words[last].stops || month_first && (2000..2100).contains(year));
        let sure = sign == b' ' || ordinal || month > day + 1 || year.is_some();
        let month = u16::try_from(index + 1).ok()?;
        let day = self.resolve(number, month, year)?;
        let end = last + 1 + usize::from(year.is_some());
        Some(Phrase::new(at, end, Says::Day(day), if sure { Trust::Sure } else { Trust::Shy }))
    }

    /// "21", "21st", "21.", and whether it counts days rather than things.
    fn day_number(&self, at: usize) -> Option<(u16, bool)> {
        let word = self.words.get(at).filter(|word| !word.quoted)?;
        if self.names.english {
            let digits = word.low.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
            let rest = &word.low[digits.len()..];
            return (rest.is_empty() || has("st nd rd th", rest)).then_some((number(digits, 2)?, !rest.is_empty()));
        }
        Some((number(&word.low, 2)?, word.dotted))
    }

    /// How far a word is to be trusted, by the sign that it has in its table.
    fn trust(&self, at: usize, sign: u8) -> Option<Trust> {
        let capital = self.words[at].is_capital();
        match sign {
            b'^' => capital.then_some(Trust::Shy),
            b'_' => (!capital).then_some(Trust::Shy),
            // A name too: "ask tom".
            b'!' => (!capital && at > 1).then_some(Trust::Shy),
            b'~' => Some(Trust::Shy),
            _ => Some(Trust::Sure),
        }
    }

    fn plus(&self, days: usize) -> Day {
        self.today.plus(i64::try_from(days).unwrap_or_default())
    }

    /// How many days ago this week began.
    fn weekday_of_today(&self) -> usize {
        usize::from(self.today.date().weekday().number_days_from_monday())
    }

    /// The next such day, never today.
    pub fn next_weekday(&self, weekday: usize) -> Day {
        self.plus((weekday + 6 - self.weekday_of_today()) % 7 + 1)
    }

    /// Such a day of the week after this one.
    pub fn of_next_week(&self, weekday: usize) -> Day {
        self.plus(weekday + 7 - self.weekday_of_today())
    }

    /// The weekend that comes, or that is.
    fn saturday(&self) -> Day {
        self.plus(5usize.saturating_sub(self.weekday_of_today()))
    }

    /// The same day some months later, or the last of that month; with `day` that one of it.
    fn months_later(&self, months: u16, day: Option<u8>) -> Option<Day> {
        let today = self.today.date();
        let month = i32::from(u8::from(today.month())) - 1 + i32::from(months);
        let year = today.year() + month / 12;
        let month = Month::try_from(u8::try_from(month % 12 + 1).ok()?).ok()?;
        let day = day.unwrap_or(today.day()).min(month.length(year));
        Day::new(Date::from_calendar_date(year, month, day).ok()?)
    }

    /// The day with this date; without a year the first such from today on.
    fn resolve(&self, day: u16, month: u16, year: Option<i32>) -> Option<Day> {
        let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
        let day = u8::try_from(day).ok()?;
        let of = |year| Date::from_calendar_date(year, month, day).ok().and_then(Day::new);
        let this = self.today.date().year();
        match year {
            Some(year) => of(year),
            // A 29 February may be eight years away.
            None => (this..=this + 8).filter_map(of).find(|day| *day >= self.today),
        }
    }
}

/// A number of so many digits at most.
fn number(text: &str, digits: usize) -> Option<u16> {
    (text.len() <= digits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Four digits that may be a year.
fn year_of(text: &str) -> Option<i32> {
    (text.len() == 4).then(|| number(text, 4))?.map(i32::from)
}
