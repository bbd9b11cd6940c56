//! A new task in one line: "Call Bob tomorrow 5pm p1". Server and browser read it alike. `docs/quick-add.md` has the rules for people.
//!
//! What is understood is taken out of the title, so nothing may be taken that can be meant otherwise. A phrase is found wherever it
//! stands (`phrases.rs`); then its place in the line decides whether it is meant (`accept`). Some words have to be trusted less than
//! others: the tables of each language say which (`words.rs`).

mod beside;
mod phrases;
mod words;

use std::ops::Range;

use self::{
    phrases::{Line, Phrase, Says},
    words::{DIVIDERS, ENGLISH, GERMAN, Trust, Words, has},
};
use super::{
    calendar::{Day, Moment, WallTime},
    language::Language,
    task::Priority,
};

pub use self::beside::{Understood, byte_at, still_kept, understand};

/// The most lines that are added at once.
pub const MOST: usize = 100;

/// What comes first in "1/2".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateOrder {
    /// The day: the first of February.
    #[default]
    DayMonth,
    /// The month, as in the United States.
    MonthDay,
}

impl DateOrder {
    /// As a browser writes dates that asks for this first in `Accept-Language`: the region says it.
    pub fn accepted(header: &str) -> Self {
        let first = header.split([',', ';']).next().unwrap_or_default().trim();
        if first.eq_ignore_ascii_case("en-us") { Self::MonthDay } else { Self::DayMonth }
    }
}

/// Whose words are understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tongue {
    /// English, with dates in this order.
    English(DateOrder),
    /// German.
    #[default]
    German,
}

impl Tongue {
    /// That of a page in this language.
    pub fn of(language: Language, order: DateOrder) -> Self {
        match language {
            Language::En => Self::English(order),
            Language::De => Self::German,
        }
    }
}

/// What a part of the line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Until which day.
    Date,
    /// Until what time of it.
    Time,
    /// How much it matters.
    Priority,
}

/// A part of the line that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where it stands, in bytes, with the punctuation that divides it from the rest.
    pub range: Range<usize>,
    /// What it says.
    pub kind: Kind,
}

/// What was understood of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quick {
    /// The rest of the line. Never blank where the line isn't.
    pub title: String,
    /// What was taken out of it, in the order of the line.
    pub spans: Vec<Span>,
    /// Until which day.
    pub due_date: Option<Day>,
    /// Until what time of it.
    pub due_time: Option<WallTime>,
    /// How much it matters.
    pub priority: Option<Priority>,
}

/// Reads a line. `now`: the calendar and the clock of who writes it. `kept`: phrases that are to stay text, as [`bare`] gives them.
pub fn read(line: &str, now: Moment, tongue: Tongue, kept: &[String]) -> Quick {
    let (names, order) = match tongue {
        Tongue::English(order) => (&ENGLISH, order),
        Tongue::German => (&GERMAN, DateOrder::DayMonth),
    };
    let read = Line { words: words::words(line), names, order, today: now.day };
    let mut phrases = accepted(&read, meant(&read, merged(&read, found(&read))));
    phrases.retain(|phrase| !kept.iter().any(|kept| kept == bare(&line[bytes(&read, phrase)])));
    // Of several the last one counts; the others stay text.
    let last = |kind| phrases.iter().rposition(|phrase| kind_of(phrase.says) == kind);
    let mut chosen = [last(Kind::Date), last(Kind::Time), last(Kind::Priority)];
    chosen.sort_unstable();
    let mut quick = Quick::default();
    for phrase in chosen.into_iter().flatten().map(|index| &phrases[index]) {
        quick.spans.push(Span { range: bytes(&read, phrase), kind: kind_of(phrase.says) });
        match phrase.says {
            Says::Day(day) => quick.due_date = Some(day),
            Says::Weekday(weekday) => quick.due_date = Some(read.next_weekday(weekday)),
            Says::NextWeek => quick.due_date = Some(read.of_next_week(0)),
            Says::Time(time) => quick.due_time = Some(time),
            Says::Priority(priority) => quick.priority = Some(priority),
        }
    }
    take_dividers(line, &mut quick.spans);
    quick.title = rest(line, &quick.spans);
    if quick.title.is_empty() {
        return Quick { title: line.trim().to_owned(), ..Quick::default() };
    }
    if let (None, Some(time)) = (quick.due_date, quick.due_time) {
        quick.due_date = Some(now.day.plus(i64::from(time < now.time)));
    }
    quick
}

/// A phrase without what divides it from the text beside it: by this it is known when it is to stay text.
pub fn bare(text: &str) -> &str {
    text.trim_matches(|letter: char| letter.is_whitespace() || DIVIDERS.contains(&letter) || ".!?".contains(letter))
}

/// Several lines that were pasted, each one task: without blank ones, and without the signs of a list ("- [ ] ", "* ", "1. ").
pub fn lines(text: &str) -> Vec<String> {
    let without_sign = |line: &str| {
        let line = line.trim();
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        let rest = match line.chars().next() {
            Some('-' | '*' | '+' | '•' | '–') => line.trim_start_matches(['-', '*', '+', '•', '–']),
            _ if (1..=3).contains(&digits) => line[digits..].strip_prefix(['.', ')']).unwrap_or(line),
            _ => line,
        };
        let rest =
            if rest.len() < line.len() && rest.starts_with(char::is_whitespace) { rest.trim_start() } else { line };
        let rest = ["[ ]", "[x]", "[X]"].iter().find_map(|sign| rest.strip_prefix(sign)).unwrap_or(rest);
        rest.trim().to_owned()
    };
    text.lines().map(without_sign).filter(|line| !line.is_empty()).collect()
}

/// How many of these lines fit into one change.
pub fn fitting(lines: &[String]) -> usize {
    /// What a form may have in bytes, and room.
    const FORM: usize = 60_000;
    /// What each task takes besides its title.
    const REST: usize = 180;
    let mut size = 0;
    let fits = |line: &&String| {
        // As forms are sent, where a letter beyond ASCII takes three times its bytes.
        size += REST + line.bytes().map(|byte| if byte.is_ascii_alphanumeric() { 1 } else { 3 }).sum::<usize>();
        size <= FORM
    };
    lines.iter().take(MOST).take_while(fits).count()
}

fn kind_of(says: Says) -> Kind {
    match says {
        Says::Day(_) | Says::Weekday(_) | Says::NextWeek => Kind::Date,
        Says::Time(_) => Kind::Time,
        Says::Priority(_) => Kind::Priority,
    }
}

fn bytes(line: &Line<'_>, phrase: &Phrase) -> Range<usize> {
    line.words[phrase.words.start].range.start..line.words[phrase.words.end - 1].range.end
}

/// Everything in the line that may be a phrase. In "every friday at 5" no day and no time is the one that is meant.
fn found(line: &Line<'_>) -> Vec<Phrase> {
    let mut phrases = Vec::new();
    let mut at = 0;
    while at < line.words.len() {
        if let Some(phrase) = line.phrase(at) {
            at = phrase.words.end;
            phrases.push(phrase);
        } else {
            at += 1;
        }
    }
    let repeats = (1..line.words.len()).any(|at| {
        let Words { rules, weekdays, months, units, every, .. } = line.names;
        let low = line.low(at);
        has(every, line.low(at - 1))
            && (low.starts_with(|first: char| first.is_ascii_digit())
                || [rules, weekdays, months, units].into_iter().any(|table| has(table, low)))
    });
    phrases.retain(|phrase| !repeats || kind_of(phrase.says) == Kind::Priority);
    phrases
}

/// Two that are one: "fri 27 november", if that is a Friday, and "friday next week".
fn merged(line: &Line<'_>, phrases: Vec<Phrase>) -> Vec<Phrase> {
    let mut merged: Vec<Phrase> = Vec::new();
    for mut phrase in phrases {
        if let Some(last) = merged.last().filter(|last| last.words.end == phrase.words.start) {
            let one = match (last.says, phrase.says) {
                (Says::Weekday(weekday), Says::Day(day)) | (Says::Day(day), Says::Weekday(weekday)) => {
                    (usize::from(day.date().weekday().number_days_from_monday()) == weekday).then_some(day)
                }
                (Says::Weekday(weekday), Says::NextWeek) | (Says::NextWeek, Says::Weekday(weekday)) => {
                    Some(line.of_next_week(weekday))
                }
                _ => None,
            };
            if let Some(day) = one {
                (phrase.says, phrase.trust, phrase.led) = (Says::Day(day), Trust::Sure, last.led);
                phrase.words.start = last.words.start;
                merged.pop();
            }
        }
        merged.push(phrase);
    }
    merged
}

/// Without those that the words beside them make something else of: a range, a name, a part of the sentence.
fn meant(line: &Line<'_>, mut phrases: Vec<Phrase>) -> Vec<Phrase> {
    let joined = |one: &Phrase, other: &Phrase| {
        let between = other.words.start - one.words.end;
        kind_of(one.says) == kind_of(other.says)
            && has(line.names.joins, line.low(one.words.end))
            && (between == 1 || between == 0 && other.led)
    };
    let starts: Vec<_> = phrases.iter().map(|phrase| phrase.words.start).collect();
    let mut drop: Vec<_> =
        phrases.iter().map(|phrase| is_blocked(line, phrase) || is_name(line, phrase, &starts)).collect();
    for (index, pair) in phrases.windows(2).enumerate() {
        if joined(&pair[0], &pair[1]) {
            (drop[index], drop[index + 1]) = (true, true);
        }
    }
    let mut drop = drop.into_iter();
    phrases.retain(|_| !drop.next().unwrap_or_default());
    phrases
}

/// "the friday meeting", "after 5pm", "9 to 10am".
fn is_blocked(line: &Line<'_>, phrase: &Phrase) -> bool {
    let first = phrase.words.start;
    let before = |back: usize| first.checked_sub(back).map_or("", |at| line.low(at));
    let blocks = first > 0 && !phrase.led && !line.words[first - 1].stops && has(line.names.blocks, before(1));
    let join = usize::from(!phrase.led);
    let is_number = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
    let range = has(line.names.joins, line.low(first.wrapping_sub(join))) && is_number(before(join + 1));
    blocks || range && kind_of(phrase.says) == Kind::Time
}

/// "Friday Night Lights", "Good Friday". Where all nouns have capitals, they say nothing.
fn is_name(line: &Line<'_>, phrase: &Phrase, starts: &[usize]) -> bool {
    let Range { start, end } = phrase.words;
    let weekday = matches!(phrase.says, Says::Weekday(_)) && end == start + 1;
    if weekday && start > 0 && has(line.names.names, line.low(start - 1)) {
        return true;
    }
    let last = &line.words[end - 1];
    let next = line.words.get(end).filter(|next| !last.stops && !starts.contains(&end) && next.core != "I");
    line.names.english
        && kind_of(phrase.says) != Kind::Priority
        && last.is_capital()
        && next.is_some_and(words::Word::is_capital)
}

/// Those that stand where they are meant.
fn accepted(line: &Line<'_>, mut phrases: Vec<Phrase>) -> Vec<Phrase> {
    let mut accepted: Vec<_> = phrases
        .iter()
        .map(|phrase| match phrase.trust {
            Trust::Sure => true,
            Trust::Edge if phrase.words.start == 0 => true,
            _ => phrase.led && kind_of(phrase.says) == Kind::Date,
        })
        .collect();
    let mut end = line.words.len();
    for (phrase, accepted) in phrases.iter().zip(&mut accepted).rev() {
        *accepted |= phrase.words.end == end && phrase.trust > Trust::Led;
        if *accepted && phrase.words.end == end {
            end = phrase.words.start;
        }
    }
    let beside = |one: &Phrase, other: &Phrase| {
        one.words.end == other.words.start
            && [one, other]
                .into_iter()
                .all(|phrase| kind_of(phrase.says) != Kind::Priority && phrase.trust > Trust::Led)
    };
    for index in (1..phrases.len()).chain((1..phrases.len()).rev()) {
        if (accepted[index - 1] || accepted[index]) && beside(&phrases[index - 1], &phrases[index]) {
            (accepted[index - 1], accepted[index]) = (true, true);
        }
    }
    let mut accepted = accepted.into_iter();
    phrases.retain(|_| accepted.next().unwrap_or_default());
    phrases
}

/// What only divides a phrase at the end or at the beginning from the text goes with it: "Call Bob, tomorrow".
fn take_dividers(line: &str, spans: &mut [Span]) {
    let mut end = line.trim_end().len();
    for index in (0..spans.len())
        .rev()
        .take_while(|index| {
            let (before, span) = spans.split_at(*index);
            let last = span[0].range.end >= end;
            let text = line[..span[0].range.start].trim_end();
            end = text.len().max(before.last().map_or(0, |before| before.range.end));
            last
        })
        .collect::<Vec<_>>()
    {
        let before = index.checked_sub(1).map_or(0, |before| spans[before].range.end);
        let text = line[before..spans[index].range.start].trim_end();
        let kept = text.trim_end_matches(DIVIDERS);
        if kept.len() < text.len() {
            spans[index].range.start = before + kept.len();
        }
    }
    if let [first, rest @ ..] = spans
        && line[..first.range.start].trim().is_empty()
    {
        let until = rest.first().map_or(line.len(), |next| next.range.start);
        let text = line[first.range.end..until].trim_start();
        let kept = text.trim_start_matches(DIVIDERS);
        if kept.len() < text.len() {
            first.range.end = until - kept.len();
        }
    }
}

/// The line without those parts.
fn rest(line: &str, spans: &[Span]) -> String {
    let mut title = String::new();
    let mut from = 0;
    for until in spans.iter().map(|span| &span.range).chain([&(line.len()..line.len())]) {
        let text = line[from..until.start].trim();
        if !title.is_empty() && !text.is_empty() {
            title.push(' ');
        }
        title.push_str(text);
        from = until.end;
    }
    title
}

#[cfg(test)]
mod tests;
