//! The words of a language, and a line taken apart into its own.
//!
//! A table is one text: groups divided by `;`, the words of a group by blanks. A sign before a word says how far it is to be
//! trusted ([`Trust`]).

use std::ops::Range;

/// Where a phrase has to stand to be meant as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trust {
    /// Only after a word that leads to a day, such as "on".
    Led,
    /// At the end of the line, beside a day or a time, or led to.
    Shy,
    /// The same, and at the beginning.
    Edge,
    /// Anywhere.
    Sure,
}

/// What a language calls things.
pub struct Words {
    /// From Monday on.
    pub weekdays: &'static str,
    pub months: &'static str,
    /// Today, tomorrow, and so on.
    pub days: &'static str,
    /// "day after", before the word for tomorrow.
    pub after: &'static str,
    /// Days, weeks, months, years.
    pub units: &'static str,
    pub weekend: &'static str,
    pub next: &'static str,
    pub this: &'static str,
    /// "in", before a number of units.
    pub within: &'static str,
    /// "a", in place of the number one.
    pub one: &'static str,
    /// Lead to a day; with a `*` also to words such as "tomorrow".
    pub leads: &'static str,
    /// Lead to a time; with a `*` also to an hour alone.
    pub at: &'static str,
    pub noon: &'static str,
    /// After an hour: as it is, or before noon, or after noon.
    pub hours: &'static str,
    /// After "at 5" a sentence may go on with these.
    pub then: &'static str,
    /// Before a day or a time they make it a part of the sentence.
    pub blocks: &'static str,
    /// Before numbers they make them no dates.
    pub labels: &'static str,
    /// Before a weekday they make a name of both.
    pub names: &'static str,
    /// Between two days or times they make a range or a choice of them.
    pub joins: &'static str,
    pub every: &'static str,
    /// After "every" they make a rule that repeats; weekdays, months, units and numbers do too.
    pub rules: &'static str,
    /// Between the numbers of a date.
    pub divider: char,
    /// Whether the month may come first, and a capital tells names from words.
    pub english: bool,
}

pub static ENGLISH: Words = Words {
    weekdays: "monday ~mon;tuesday tue tues;wednesday ~wed weds;thursday thu thur thurs;friday fri;saturday ~sat;sunday ~sun",
    months: "january jan;february feb;~march mar;april apr;~may;june jun;july jul;august aug;september sep sept;\
             october oct;november nov;december dec",
    days: "today ~tod;tomorrow tmr tmrw !tom",
    after: "day after",
    units: "day days;week weeks;month months;year years",
    weekend: "weekend",
    next: "next",
    this: "this coming",
    within: "in",
    one: "a one",
    leads: "*due by;due on;on the;by the;*due;*by;on",
    at: "*at;by",
    noon: "_noon",
    hours: "o'clock;am a.m;pm p.m",
    then: "with about for",
    blocks: "the a an of to from after before since until till last past for about around like not than in within per with \
             my our your his her their some",
    labels: "part step page chapter section version verse psalm no",
    names: "good black blue cyber ash easter palm",
    joins: "to through thru until till and or & - – —",
    every: "every each",
    rules: "other second third weekday weekend morning afternoon evening night hour",
    divider: '/',
    english: true,
};

pub static GERMAN: Words = Words {
    weekdays: "montag ~mo;dienstag ~di;mittwoch ~mi;donnerstag ~do;freitag ~fr;samstag sonnabend ~sa;sonntag ^so",
    months: "januar jaenner jan;februar feb;maerz mrz;april apr;mai;juni jun;juli jul;august aug;september sep sept;\
             oktober okt;november nov;dezember dez",
    days: "heute;morgen;uebermorgen",
    after: "",
    units: "tag tage tagen;woche wochen;monat monate monaten;jahr jahre jahren",
    weekend: "wochenende",
    next: "naechste naechsten naechster naechstes naechstem",
    this: "diese diesen dieses diesem kommende kommenden kommendes kommendem",
    within: "in",
    one: "einer einem",
    leads: "*faellig bis;faellig am;bis zum;*faellig;*bis;am;zum;den",
    at: "*um;bis",
    noon: "~mittag ~mittags",
    hours: "uhr",
    then: "mit wegen",
    blocks: "der die das des dem den von vom zu zur zum am im in nach vor seit fuer ueber wie nicht als ab mit to ein eine einen \
             guten jeden jede jedes letzte letzten letzter letztes mein meine meinen unser unsere unseren gegen",
    labels: "version kapitel abschnitt punkt teil seite nr",
    names: "",
    joins: "bis und oder & - – —",
    every: "jeden jede jedes alle",
    rules: "morgen mittag mittags abend nacht werktag zweiten zweite dritten wochenende",
    divider: '.',
    english: false,
};

/// The group of a table that has a word, and the sign before the word.
pub fn find(table: &str, word: &str) -> Option<(usize, u8)> {
    for (group, words) in table.split(';').enumerate() {
        for entry in words.split(' ') {
            let (sign, name) = match entry.as_bytes().first() {
                Some(sign @ (b'~' | b'^' | b'_' | b'!')) => (*sign, &entry[1..]),
                _ => (b' ', entry),
            };
            if name == word && !word.is_empty() {
                return Some((group, sign));
            }
        }
    }
    None
}

/// Whether a table has a word.
pub fn has(table: &str, word: &str) -> bool {
    find(table, word).is_some()
}

/// A word of the line.
pub struct Word<'a> {
    /// Where it stands, with the punctuation after it.
    pub range: Range<usize>,
    /// Without that punctuation.
    pub core: &'a str,
    /// In small letters, umlauts in two; empty if it is longer than any that is known.
    pub low: String,
    /// Whether there is a full stop right after it.
    pub dotted: bool,
    /// Whether a phrase can't go on after it.
    pub stops: bool,
    /// Whether it stands in quotes.
    pub quoted: bool,
}

impl Word<'_> {
    /// Whether it begins with a capital letter.
    pub fn is_capital(&self) -> bool {
        self.core.starts_with(|first: char| first.is_ascii_uppercase() || matches!(first, 'Ä' | 'Ö' | 'Ü'))
    }
}

/// What may stand after a word without being a part of it.
const STOPS: [char; 5] = [',', ';', ':', '!', '?'];

/// What divides a date from the text beside it.
pub const DIVIDERS: [char; 6] = [',', ';', ':', '-', '–', '—'];

const QUOTES: [char; 7] = ['"', '“', '”', '„', '«', '»', '`'];

/// Takes a line apart.
pub fn words(line: &str) -> Vec<Word<'_>> {
    let quotes = quotes(line);
    let mut words = Vec::new();
    let mut start = None;
    for (at, letter) in line.char_indices().chain([(line.len(), ' ')]) {
        if !letter.is_whitespace() {
            start.get_or_insert(at);
        } else if let Some(start) = start.take() {
            let text = &line[start..at];
            let bare = text.trim_end_matches(STOPS);
            let core = bare.strip_suffix('.').unwrap_or(bare);
            let dotted = core.len() < bare.len();
            // "21. Juni", "Mo. 5. Jan.": a full stop isn't always an end.
            let ends = dotted && core.len() > 4;
            words.push(Word {
                range: start..at,
                core,
                low: fold(core),
                dotted,
                stops: ends || bare.len() < text.len(),
                quoted: quotes.iter().any(|quote| quote.contains(&start)),
            });
        }
    }
    words
}

/// Where the line quotes.
fn quotes(line: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(open) = line[from..].find(QUOTES).map(|at| from + at) {
        from = open + line[open..].chars().next().map_or(1, char::len_utf8);
        // Five inches (5") open nothing.
        let opens = line[..open].chars().next_back().is_none_or(|before| before.is_whitespace() || before == '(');
        if let (true, Some(close)) = (opens, line[from..].find(QUOTES)) {
            found.push(open..from + close);
            from += close;
            from += line[from..].chars().next().map_or(1, char::len_utf8);
        }
    }
    found
}

/// A word as the tables have it.
fn fold(word: &str) -> String {
    let mut low = String::new();
    if word.len() <= 16 {
        for letter in word.chars() {
            match letter {
                'ä' | 'Ä' => low.push_str("ae"),
                'ö' | 'Ö' => low.push_str("oe"),
                'ü' | 'Ü' => low.push_str("ue"),
                // As some keyboards write an umlaut: the letter, then its dots.
                '\u{308}' => low.push('e'),
                '’' => low.push('\''),
                _ => low.push(letter.to_ascii_lowercase()),
            }
        }
    }
    low
}
