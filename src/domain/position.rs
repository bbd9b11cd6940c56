//! Places in the manual order of tasks.
//!
//! A position is a fraction in hexadecimal digits: 24 before the point, any number after it, compared as text ("fractional
//! indexing"). A new task takes its place from its id, turned around, so that newer stands higher without asking what is there;
//! a moved one takes a place between its new neighbours, and no other row changes.

use serde::{Deserialize, Serialize};

use super::id::TaskId;

/// A place: smaller stands higher.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(String);

/// The digits before the point: the time of an id and its counter.
const DIGITS: usize = 24;
/// The greatest number of so many digits.
const GREATEST: u128 = (1 << (4 * DIGITS)) - 1;

impl Position {
    /// The place of a new task.
    pub fn of_new(id: TaskId) -> Self {
        Self::whole(GREATEST - (id.0.as_u128() >> (128 - 4 * DIGITS)))
    }

    fn whole(number: u128) -> Self {
        Self(format!("{number:024x}"))
    }

    /// As the database keeps it.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits before the point, as a number, and those after it.
    fn parts(&self) -> (u128, &str) {
        let (whole, fraction) = self.0.split_at_checked(DIGITS).unwrap_or((&self.0, ""));
        (u128::from_str_radix(whole, 16).unwrap_or_default(), fraction)
    }

    /// A place below `above` and above `below`; `None` is the edge. Where the two aren't in order, just below `above`.
    pub fn between(above: Option<&Self>, below: Option<&Self>) -> Self {
        match (above, below) {
            (None, None) => Self::whole(GREATEST / 2),
            // Next to the other one, which leaves room for what is added later.
            (None, Some(below)) => match below.parts().0 {
                0 => Self::in_gap(0, "", below),
                whole => Self::whole(whole - 1),
            },
            (Some(above), None) => match above.parts() {
                (GREATEST, fraction) => Self(format!("{GREATEST:x}{}", after(fraction))),
                (whole, _) => Self::whole(whole + 1),
            },
            (Some(above), Some(below)) => {
                let ((low, fraction), (high, _)) = (above.parts(), below.parts());
                if high > low + 1 {
                    Self::whole(low + (high - low) / 2)
                } else if above < below {
                    Self::in_gap(low, fraction, below)
                } else {
                    Self(format!("{low:024x}{}", after(fraction)))
                }
            }
        }
    }

    /// As [`Position::between`], for this task only. Another one that finds the same gap, while this one is in the trash or is put
    /// there by another tab, all but certainly gets another place: something can be put between the two later.
    pub fn of_moved(id: TaskId, above: Option<&Self>, below: Option<&Self>) -> Self {
        // Whatever follows: the last digit of a place in a gap is smaller than that of `below` there.
        let Self(place) = Self::between(above, below);
        let [.., one, other] = id.0.into_bytes();
        Self(format!("{place}{one:02x}{other:02x}8"))
    }

    /// The shortest place after `low.fraction` whose whole part is `low`, before `below`.
    fn in_gap(low: u128, fraction: &str, below: &Self) -> Self {
        let (high, end) = below.parts();
        let end = (high == low).then_some(end);
        Self(format!("{low:024x}{}", middle(fraction, end)))
    }
}

/// Digits in the middle between two fractions, as short as they can be, never with a zero at the end. No `end` is one.
fn middle(start: &str, end: Option<&str>) -> String {
    let digit = |text: &str, place: usize| {
        text.as_bytes().get(place).map_or(0, |byte| char::from(*byte).to_digit(16).unwrap_or(0))
    };
    let mut found = String::new();
    let mut end = end;
    // More digits than any row has: only places that aren't in order come so far.
    for place in 0..900 {
        let low = digit(start, place);
        let high = end.map_or(16, |end| digit(end, place));
        if high > low + 1 {
            found.extend(char::from_digit(low + (high - low) / 2, 16));
            break;
        }
        found.extend(char::from_digit(low, 16));
        // From here on only the start bounds it, where the digits differ.
        if high > low {
            end = None;
        }
    }
    found
}

/// Digits after a fraction.
fn after(fraction: &str) -> String {
    middle(fraction, None)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn is_well_formed(position: &Position) -> bool {
        let text = position.as_str();
        text.len() >= DIGITS
            && text.bytes().all(|byte| byte.is_ascii_hexdigit())
            && (text.len() == DIGITS || !text.ends_with('0'))
    }

    #[test]
    fn a_newer_task_stands_higher() {
        let ids: Vec<_> = (1..100u128).map(|time| TaskId(Uuid::from_u128(time << 80))).collect();
        assert!(ids.windows(2).all(|pair| Position::of_new(pair[0]) > Position::of_new(pair[1])));
    }

    #[test]
    fn two_tasks_never_share_a_place() {
        let [one, two] = [1, 2].map(|number| TaskId(Uuid::from_u128(number)));
        let edges = [Position::whole(7), Position::whole(8)];
        for (above, below) in [(Some(&edges[0]), Some(&edges[1])), (None, Some(&edges[0])), (Some(&edges[0]), None)] {
            assert_ne!(Position::of_moved(one, above, below), Position::of_moved(two, above, below));
        }
    }

    #[test]
    fn a_place_at_the_top_leaves_room_for_the_next_new_task() {
        let newest = Position::of_new(TaskId(Uuid::from_u128(5 << 80)));
        let top = Position::between(None, Some(&newest));
        assert!(top < newest && Position::of_new(TaskId(Uuid::from_u128(6 << 80))) < top);
    }

    #[test]
    fn the_same_gap_can_be_split_a_thousand_times_and_grows_slowly() {
        for top in [true, false] {
            let (mut above, mut below) = (Position::whole(7), Position::whole(8));
            for time in 0..1_000 {
                let id = TaskId(
                    uuid::Builder::from_unix_timestamp_millis(time, &[time.to_le_bytes()[0].wrapping_mul(151); 10])
                        .into_uuid(),
                );
                let middle = Position::of_moved(id, Some(&above), Some(&below));
                assert!(above < middle && middle < below && is_well_formed(&middle));
                if top { below = middle } else { above = middle }
            }
            let length = above.as_str().len().max(below.as_str().len());
            assert!(length < 400, "{length}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_moved_stands_where_it_was_put(moves in proptest::collection::vec((0usize..6, 0usize..6), 1..60)) {
            let mut places: Vec<_> = (1..7u128).map(|number| Position::whole(number * 3)).collect();
            for (from, to) in moves {
                places.remove(from);
                let above = to.checked_sub(1).map(|index| &places[index]);
                let moved = Position::of_moved(TaskId(Uuid::from_u128(0x00ff_0000)), above, places.get(to));
                prop_assert!(is_well_formed(&moved), "{:?}", moved);
                places.insert(to, moved);
                prop_assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", places);
            }
        }
    }
}
