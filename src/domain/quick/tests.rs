use proptest::prelude::*;

use super::*;

/// Wednesday, in the afternoon.
fn now() -> Moment {
    Moment { day: Day::parse("2026-11-18").unwrap(), time: WallTime::parse("14:00").unwrap() }
}

const BRITISH: Tongue = Tongue::English(DateOrder::DayMonth);
const AMERICAN: Tongue = Tongue::English(DateOrder::MonthDay);

/// The line, its title (`=`: the whole line), and what was understood.
const ENGLISH_CASES: &str = "
Call Bob tomorrow 5pm p1 | Call Bob | 2026-11-19 17:00 p1
Call Bob today | Call Bob | 2026-11-18
call bob tod | call bob | 2026-11-18
Call Bob tmr | Call Bob | 2026-11-19
Tomorrow call Bob | call Bob | 2026-11-19
TODAY call Bob | call Bob | 2026-11-18
buy milk tom | buy milk | 2026-11-19
Buy milk, tomorrow | Buy milk | 2026-11-19
Tomorrow: buy milk | buy milk | 2026-11-19
Tomorrow - buy milk | buy milk | 2026-11-19
Buy milk - tomorrow | Buy milk | 2026-11-19
Buy milk tomorrow. | Buy milk | 2026-11-19
Buy milk tomorrow! | Buy milk | 2026-11-19
Pay rent day after tomorrow | Pay rent | 2026-11-20
Pay rent the day after tomorrow | Pay rent | 2026-11-20
Report friday | Report | 2026-11-20
Report Friday | Report | 2026-11-20
Report fri | Report | 2026-11-20
Report by Friday | Report | 2026-11-20
Report due Friday | Report | 2026-11-20
Report due by Friday | Report | 2026-11-20
Report due on Friday | Report | 2026-11-20
Report by tomorrow | Report | 2026-11-19
Report due tomorrow 9am | Report | 2026-11-19 09:00
Call Ann on Friday about the car | Call Ann about the car | 2026-11-20
Swim wednesday | Swim | 2026-11-25
Swim this wednesday | Swim | 2026-11-25
Swim thu | Swim | 2026-11-19
Swim tues | Swim | 2026-11-24
Swim Mon | Swim | 2026-11-23
Swim sat | Swim | 2026-11-21
Swim on sun | Swim | 2026-11-22
Lunch sat 1pm with Ann | Lunch with Ann | 2026-11-21 13:00
Swim next friday | Swim | 2026-11-27
Swim next week | Swim | 2026-11-23
Swim by next week | Swim | 2026-11-23
Swim friday next week | Swim | 2026-11-27
Swim next week friday | Swim | 2026-11-27
Swim next month | Swim | 2026-12-01
Swim next year | Swim | 2027-01-01
Mow the lawn weekend | Mow the lawn | 2026-11-21
Mow the lawn this weekend | Mow the lawn | 2026-11-21
Mow the lawn next weekend | Mow the lawn | 2026-11-28
Water plants in 3 days | Water plants | 2026-11-21
Water plants in 1 day | Water plants | 2026-11-19
Water plants in 2 weeks | Water plants | 2026-12-02
Water plants in 3 months | Water plants | 2027-02-18
Water plants in 1 year | Water plants | 2027-11-18
Water plants in a week | Water plants | 2026-11-25
In 3 days call Bob | call Bob | 2026-11-21
Party 21 june | Party | 2027-06-21
Party june 21 | Party | 2027-06-21
Party June 21st | Party | 2027-06-21
Party 21st of June | Party | 2027-06-21
Party on the 21st of June | Party | 2027-06-21
Party 21 jun 2027 | Party | 2027-06-21
Party jun 21, 2028 | Party | 2028-06-21
Party on 21 june with Ann | Party with Ann | 2027-06-21
Party 18 november | Party | 2026-11-18
Party 17 november | Party | 2027-11-17
Party 29 feb | Party | 2028-02-29
Party 3 may | Party | 2027-05-03
Party May 3 | Party | 2027-05-03
Party 3rd of may with Ann | Party with Ann | 2027-05-03
Party 12 march 2027 with Ann | Party with Ann | 2027-03-12
Party fri 27 november | Party | 2026-11-27
Party Friday, 27 November | Party | 2026-11-27
Party 27/1 | Party | 2027-01-27
Party 27/1/2027 with Ann | Party with Ann | 2027-01-27
Party 27/1/28 with Ann | Party with Ann | 2028-01-27
Party on 27/1 with Ann | Party with Ann | 2027-01-27
Party 27/1 8pm with Ann | Party with Ann | 2027-01-27 20:00
Party 2027-01-27 | Party | 2027-01-27
Party 2027-01-27 with Ann | Party with Ann | 2027-01-27
Party 1 jan 9999 | Party | 9999-01-01
Call Bob 5pm | Call Bob | 2026-11-18 17:00
Call Bob 1pm | Call Bob | 2026-11-19 13:00
Call Bob 2pm | Call Bob | 2026-11-18 14:00
Call Bob 17:30 | Call Bob | 2026-11-18 17:30
Call Bob at 17:30 | Call Bob | 2026-11-18 17:30
Call Bob 05:30 | Call Bob | 2026-11-19 05:30
Call Bob 5:30 | Call Bob | 2026-11-18 17:30
Call Bob 5:30 pm | Call Bob | 2026-11-18 17:30
Call Bob 5:30pm | Call Bob | 2026-11-18 17:30
Call Bob 5.30pm | Call Bob | 2026-11-18 17:30
Call Bob 5 pm | Call Bob | 2026-11-18 17:00
Call Bob 5 p.m. | Call Bob | 2026-11-18 17:00
Call Bob 9 am | Call Bob | 2026-11-19 09:00
Call Bob 12am | Call Bob | 2026-11-19 00:00
Call Bob 12pm | Call Bob | 2026-11-19 12:00
Call Bob at 5 | Call Bob | 2026-11-18 17:00
Call Bob at 9 | Call Bob | 2026-11-19 09:00
Call Bob at 20 | Call Bob | 2026-11-18 20:00
Call Bob at 5 o'clock | Call Bob | 2026-11-18 17:00
Call Bob at 5 about the car | Call Bob about the car | 2026-11-18 17:00
Call Bob by 5pm | Call Bob | 2026-11-18 17:00
Call Bob at noon | Call Bob | 2026-11-19 12:00
Call Bob noon | Call Bob | 2026-11-19 12:00
Lunch tomorrow noon with Ann | Lunch with Ann | 2026-11-19 12:00
Call Bob friday at 5 | Call Bob | 2026-11-20 17:00
Call Bob 5pm friday | Call Bob | 2026-11-20 17:00
Call Bob on friday at 5pm, p2 | Call Bob | 2026-11-20 17:00 p2
p1 Call Bob | Call Bob | p1
Call p2 Bob | Call Bob | p2
Call Bob p3 | Call Bob | p3
Call Bob P4 | Call Bob | p4
P1 call Bob | call Bob | p1
Call Bob tomorrow friday | Call Bob tomorrow | 2026-11-20
Read today's paper tomorrow | Read today's paper | 2026-11-19
Read Monday's notes on Tuesday | Read Monday's notes | 2026-11-24
Movie friday night | Movie night | 2026-11-20
Call every customer tomorrow | Call every customer | 2026-11-19
Prepare the daily report tomorrow | Prepare the daily report | 2026-11-19
5\" pipe, cut tomorrow | 5\" pipe, cut | 2026-11-19
Read \"Tomorrow\" tomorrow | Read \"Tomorrow\" | 2026-11-19
CALL BOB FRIDAY AT NOON | CALL BOB | 2026-11-20 12:00
p1 p2 buy milk | p1 buy milk | p2
Pay rent every month p1 | Pay rent every month | p1
Meeting tomorrow 3pm to 4pm | Meeting 3pm to 4pm | 2026-11-19
Fix the sink ☕ tomorrow | Fix the sink ☕ | 2026-11-19
電話 tomorrow | 電話 | 2026-11-19
renewed | = |
tomorrow | = |
tomorrow p1 | = |
tomorrow 5pm p1! | = |
p1 | = |
Renew the passport, renewed | = |
The 9/11 report | = |
2nd floor bath | = |
May I ask | = |
mon ami | = |
sat down with Ann | = |
Sun Microsystems | = |
Essay on Sun Microsystems | = |
March on | = |
March | = |
in 3 acts | = |
A play in 3 acts | = |
p5 | = |
Call p5 | = |
p1x | = |
p0 | = |
p10 now | = |
v2.5 | = |
Ship v2.5 | = |
3/4 cup flour | = |
24/7 support | = |
Support 24/7 | = |
Call at 24:00 | = |
Call 25:30 | = |
Call 12:60 | = |
Call 13pm | = |
Call 0am | = |
Call 5:3 | = |
Call 17:30:15 | = |
32 june | = |
Party 32 june | = |
Party 30 feb | = |
Party 31 april 2027 | = |
Party 29 feb 2027 | = |
Party 2027-02-29 | = |
Party 27/13 | = |
Party 1/27 | = |
at work | = |
Eat at 5 Guys | = |
Meet at 5 Main Street | = |
Meet at 5 main street | = |
12 monkeys | = |
Friday Night Lights | = |
Watch Friday Night Lights | = |
Tomorrow Never Dies | = |
Watch The Day After Tomorrow | = |
Good Friday service | = |
Black Friday sale | = |
Cyber Monday deals | = |
Watch High Noon | = |
The Today Show | = |
Call Tom | = |
call tom | = |
ask tom 2 questions | = |
Dinner with tom | = |
Birthday present for tom | = |
Soak up the sun | = |
The sun rises at dawn | = |
Sit in the sun | = |
Where Ann sat down | = |
Call mum about today | = |
The monday meeting | = |
Our friday lunch | = |
Minutes of monday | = |
Slides for friday | = |
Move the meeting to friday | = |
Anything after friday | = |
Before tomorrow | = |
Since monday | = |
last friday | = |
Mail from friday | = |
Open monday to friday | = |
Work mon - fri | = |
Ask whether saturday or sunday | = |
Today and tomorrow | = |
Pay rent every friday | = |
Stand-up every day at 9:30 | = |
Gym every 2 days | = |
Water plants each morning | = |
\"tomorrow\" is a word | = |
Read “Friday at 5” aloud | = |
Read `p1 tomorrow` | = |
friday-night film | = |
fri/sat shift | = |
Fridays are fun | = |
Tomorrow's plan | = |
someday | = |
Sunday's | = |
(tomorrow) | = |
#tomorrow | = |
tomorrow@example.com | = |
https://example.com/tomorrow | = |
Train after 5pm | = |
The 5pm train | = |
Shop 9 to 10am | = |
Shop 9 - 10am | = |
3pm or 4pm | = |
Room 21 may be closed | = |
Ask 3 may people | = |
June 5 pm | June | 2026-11-18 17:00
Invite June | = |
Talk to April | = |
Read part 1/2 | = |
Read chapter 3/4 | = |
Read 1/2 of it | = |
Bake in 30 minutes | = |
Rome in a day trip | = |
The p1 incidents | = |
List of p1 bugs | = |
Fix P1 incident | = |
Read p4 of the book | = |
p1 or p2 | = |
!!1 | = |
Pay $5 | = |
5 apples | = |
At 5 | = |
a weekend trip | = |
Plan the weekend | = |
this week | = |
Buy a wed ring | = |
Who will wed Ann | = |
Ask Jan about it | = |
Read Catch 22 | = |
Watch 12 Angry Men | = |
Read the June 21 issue | = |
Listen to Blue Monday | = |
Replace 2 of 3 pumps | = |
Version 3.11 | = |
Score 3:2 | = |
Marathon in under 3:45:00 | = |
Ratio 1:10 of salt | = |
Sat nav update | = |
Monitor for the mon service | = |
Saturn book | = |
Maybe paint | = |
Marching band | = |
Decide on p1x | = |
Mr. May | = |
Say no on Sunday's vote | = |
Pick what is due | = |
Stand by | = |
Log in | = |
Log in 3 | = |
What comes next | = |
Meet me at | = |
Water plants in 99999 days | = |
Party 1 jan 10000 | Party 10000 | 2027-01-01
heute morgen übermorgen | = |
Party 27.1. | = |
17 Uhr | = |
";

const GERMAN_CASES: &str = "
Bob anrufen morgen 17 Uhr p1 | Bob anrufen | 2026-11-19 17:00 p1
Bob anrufen heute | Bob anrufen | 2026-11-18
Heute Bob anrufen | Bob anrufen | 2026-11-18
Morgen Bob anrufen | Bob anrufen | 2026-11-19
Übermorgen Bob anrufen | Bob anrufen | 2026-11-20
Bob anrufen übermorgen | Bob anrufen | 2026-11-20
Bob anrufen uebermorgen | Bob anrufen | 2026-11-20
Bob anrufen u\u{308}bermorgen | Bob anrufen | 2026-11-20
Bob anrufen bis morgen | Bob anrufen | 2026-11-19
Bericht bis Freitag | Bericht | 2026-11-20
Bericht bis zum Freitag | Bericht | 2026-11-20
Bericht am Freitag schicken | Bericht schicken | 2026-11-20
Bericht fällig am Freitag | Bericht | 2026-11-20
Freitag Zahnarzt | Zahnarzt | 2026-11-20
freitag zahnarzt | zahnarzt | 2026-11-20
Zahnarzt Montag | Zahnarzt | 2026-11-23
Zahnarzt mo | Zahnarzt | 2026-11-23
Zahnarzt Mo. | Zahnarzt | 2026-11-23
Zahnarzt Mo. 9 Uhr | Zahnarzt | 2026-11-23 09:00
Zahnarzt So | Zahnarzt | 2026-11-22
Zahnarzt am So mit Anna | Zahnarzt mit Anna | 2026-11-22
Zahnarzt Sonnabend | Zahnarzt | 2026-11-21
Zahnarzt nächste Woche | Zahnarzt | 2026-11-23
Zahnarzt naechste Woche | Zahnarzt | 2026-11-23
Zahnarzt kommende Woche | Zahnarzt | 2026-11-23
Zahnarzt nächste Woche Freitag | Zahnarzt | 2026-11-27
Zahnarzt Freitag nächste Woche | Zahnarzt | 2026-11-27
Zahnarzt nächsten Freitag | Zahnarzt | 2026-11-27
Zahnarzt diesen Freitag | Zahnarzt | 2026-11-20
Zahnarzt kommenden Freitag | Zahnarzt | 2026-11-20
Zahnarzt nächsten Monat | Zahnarzt | 2026-12-01
Zahnarzt nächstes Jahr | Zahnarzt | 2027-01-01
Rasen mähen Wochenende | Rasen mähen | 2026-11-21
Rasen mähen am Wochenende | Rasen mähen | 2026-11-21
Rasen mähen dieses Wochenende | Rasen mähen | 2026-11-21
Rasen mähen nächstes Wochenende | Rasen mähen | 2026-11-28
Gießen in 3 Tagen | Gießen | 2026-11-21
Gießen in 2 Wochen | Gießen | 2026-12-02
Gießen in 3 Monaten | Gießen | 2027-02-18
Gießen in einer Woche | Gießen | 2026-11-25
Gießen in einem Jahr | Gießen | 2027-11-18
Fest 21. Juni | Fest | 2027-06-21
Fest am 21. Juni mit Anna | Fest mit Anna | 2027-06-21
Fest 21. Juni 2028 | Fest | 2028-06-21
Fest 3. März | Fest | 2027-03-03
Fest 3. Maerz | Fest | 2027-03-03
Fest 5. Jan. | Fest | 2027-01-05
Fest Freitag, den 27. November | Fest | 2026-11-27
Fest Fr 27.11. | Fest | 2026-11-27
Fest 27.1. | Fest | 2027-01-27
Fest 27.01. | Fest | 2027-01-27
27.1. Fest | Fest | 2027-01-27
Fest am 27.1. mit Anna | Fest mit Anna | 2027-01-27
Fest am 27.1 mit Anna | Fest mit Anna | 2027-01-27
Fest 27.1.2027 mit Anna | Fest mit Anna | 2027-01-27
Fest 27.1.28 | Fest | 2028-01-27
Fest 2027-01-27 | Fest | 2027-01-27
Bob anrufen um 17 Uhr | Bob anrufen | 2026-11-18 17:00
Bob anrufen um 17:30 | Bob anrufen | 2026-11-18 17:30
Bob anrufen 17:30 Uhr | Bob anrufen | 2026-11-18 17:30
Bob anrufen 17.30 Uhr | Bob anrufen | 2026-11-18 17:30
Bob anrufen 5:30 | Bob anrufen | 2026-11-19 05:30
Bob anrufen um 5 Uhr | Bob anrufen | 2026-11-19 05:00
Bob anrufen um 5 | Bob anrufen | 2026-11-18 17:00
Bob anrufen mittag | Bob anrufen | 2026-11-19 12:00
Bob anrufen um 9 mit Anna | Bob anrufen mit Anna | 2026-11-19 09:00
Essen morgen Mittag mit Anna | Essen mit Anna | 2026-11-19 12:00
Freitag morgen joggen | morgen joggen | 2026-11-20
Jeden Kunden anrufen morgen | Jeden Kunden anrufen | 2026-11-19
Alle Fenster putzen morgen | Alle Fenster putzen | 2026-11-19
morgen | = |
Guten Morgen | = |
Am Morgen laufen | = |
Den Morgen genießen | = |
Was ein schöner Morgen | = |
Laufen jeden Morgen | = |
Laufen heute Morgen | Laufen Morgen | 2026-11-18
Lass es so | = |
So geht das | = |
Mach mit mir mi casa su casa draus | = |
Das do it yourself Buch | = |
Liste to do | = |
Montags schwimmen | = |
Karfreitag backen | = |
Der Freitag war gut | = |
Kuchen für morgen | = |
Nach Freitag | = |
Seit Montag | = |
Ab morgen sparen | = |
Urlaub von Montag bis Freitag | = |
Offen Mo bis Fr | = |
Offen Mo - Fr | = |
Offen von 9 bis 10 Uhr | = |
Samstag oder Sonntag | = |
Miete jeden Monat | = |
Alle 2 Wochen um 17 Uhr | = |
Mittag essen gehen | = |
Wochenende planen gut | = |
Version 27.1. | = |
Version 27.1 | = |
Kapitel 3.1. lesen | = |
27.1 Grad | = |
Im Mai | = |
1. August-Feier | = |
30. Februar | = |
Fest 32. Juni | = |
Fest 27/1 | = |
24 Uhr | = |
Um 5 Freunde zu sehen | = |
3 Tage frei | = |
Stück in 3 Akten | = |
Der 5-Uhr-Tee | = |
Erneuert | = |
„morgen“ ist ein Wort | = |
today | = |
next week | = |
p7 | = |
Diese Woche | = |
Stand am | = |
Bis bald | = |
Di Caprio Film | = |
Das Mittagessen kochen | = |
Mit Mai telefonieren | = |
Punkt 3.1. klären | = |
Morgenstern lesen | = |
Die nächste Rate | = |
Gießen in 3 | = |
";

fn said(quick: &Quick) -> String {
    let priority =
        |priority| Priority::ALL.iter().position(|other| *other == priority).map(|at| format!("p{}", at + 1));
    [
        quick.due_date.map(|day| day.to_string()),
        quick.due_time.map(|time| time.to_string()),
        quick.priority.and_then(priority),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>()
    .join(" ")
}

fn check(cases: &str, tongue: Tongue) -> (usize, usize) {
    let (mut count, mut text) = (0, 0);
    let mut wrong = Vec::new();
    for case in cases.lines().filter(|line| !line.is_empty()) {
        let parts: Vec<_> = case.split('|').map(str::trim).collect();
        let [line, title, meaning] = parts[..] else { panic!("{case}") };
        let quick = read(line, now(), tongue, &[]);
        let title = if title == "=" { line } else { title };
        if (quick.title.as_str(), said(&quick).as_str()) != (title, meaning) {
            wrong.push(format!("{line}: “{}” {} (not “{title}” {meaning})", quick.title, said(&quick)));
        }
        count += 1;
        text += usize::from(title == line);
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    (count, text)
}

#[test]
fn what_is_meant_is_understood_and_what_is_not_stays_text() {
    let (english, text) = check(ENGLISH_CASES, BRITISH);
    let (german, more) = check(GERMAN_CASES, Tongue::German);
    let (count, text) = (english + german, text + more);
    assert!(count >= 200 && text * 2 >= count, "{count} cases, in {text} of them all stays text");
}

#[test]
fn a_month_comes_first_for_who_writes_it_first() {
    for (line, meaning) in [("Party 1/27", "2027-01-27"), ("Party 12/1", "2026-12-01"), ("Party 27/1", "")] {
        assert_eq!(said(&read(line, now(), AMERICAN, &[])), meaning, "{line}");
    }
}

#[test]
fn a_weekend_that_has_begun_is_this_one() {
    for (today, day) in [("2026-11-20", "2026-11-21"), ("2026-11-21", "2026-11-21"), ("2026-11-22", "2026-11-22")] {
        let now = Moment { day: Day::parse(today).unwrap(), ..now() };
        assert_eq!(said(&read("Mow weekend", now, BRITISH, &[])), day);
    }
}

#[test]
fn no_month_is_left_out_and_no_day_is_after_the_last() {
    let now = Moment { day: Day::parse("2027-01-31").unwrap(), ..now() };
    assert_eq!(said(&read("Pay in 1 month", now, BRITISH, &[])), "2027-02-28");
    let now = Moment { day: Day::LAST, ..now };
    for line in ["Pay in 3 days", "Pay in 1 month", "Pay next year", "Pay 1 june"] {
        assert_eq!(said(&read(line, now, BRITISH, &[])), "", "{line}");
    }
}

#[test]
fn a_phrase_that_is_to_stay_text_stays_text() {
    let kept = |line: &str, kept: &str| {
        let quick = read(line, now(), BRITISH, &[kept.to_owned()]);
        (quick.title.clone(), said(&quick))
    };
    assert_eq!(kept("Call Bob tomorrow 5pm", "tomorrow"), ("Call Bob tomorrow".into(), "2026-11-18 17:00".into()));
    assert_eq!(kept("Call Bob today tomorrow", "tomorrow"), ("Call Bob tomorrow".into(), "2026-11-18".into()));
    assert_eq!(kept("Call Bob, at 5.", "at 5"), ("Call Bob, at 5.".into(), String::new()));
}

#[test]
fn pasted_lines_lose_the_signs_of_their_list() {
    let text = "- [ ] one\r\n\n* two\n  - three\n1. four\n12) five\n- [x] six\n• seven\n2026 plan\n-5 degrees\n3.5 km\n--\nC++\n";
    let lines = lines(text);
    let wanted =
        ["one", "two", "three", "four", "five", "six", "seven", "2026 plan", "-5 degrees", "3.5 km", "--", "C++"];
    assert_eq!(lines, wanted);
}

#[test]
fn a_hundred_lines_fit_and_fewer_long_ones() {
    assert_eq!(fitting(&vec!["x".repeat(200); 150]), MOST);
    assert_eq!(fitting(&vec!["ü".repeat(200); 150]), 43);
    assert_eq!(fitting(&[]), 0);
}

#[test]
fn the_page_for_people_promises_what_is_understood() {
    let page = include_str!("../../../docs/quick-add.md");
    let rows = page.split("## ").find(|part| part.starts_with("What is understood")).unwrap().lines();
    let mut count = 0;
    for row in rows.filter(|line| line.starts_with("| ")) {
        for (column, tongue) in [(2, BRITISH), (3, Tongue::German)] {
            for phrase in row.split('|').nth(column).unwrap().split('`').skip(1).step_by(2) {
                let quick = read(&format!("Baden {phrase}"), now(), tongue, &[]);
                assert_eq!((quick.title.as_str(), quick.spans.len()), ("Baden", 1), "{phrase}");
                count += 1;
            }
        }
    }
    assert!(count > 40, "{count}");
}

fn tongues() -> impl Strategy<Value = Tongue> {
    proptest::sample::select(vec![BRITISH, AMERICAN, Tongue::German])
}

/// Lines that have something to find.
fn busy_lines() -> impl Strategy<Value = String> {
    let words = proptest::sample::select(
        "tomorrow today fri Friday sat mon next week in 3 days 21 21st june may 2027 27/1 27.1. 5pm 17:30 at 5 pm noon p1 p2 on by \
         the every to and - , ☕ \" morgen Freitag so am bis um 17 Uhr nächste Woche einer Mai 2027-01-27 9999 Call Bob ü İ \u{308} .5: (x"
            .split(' ')
            .collect::<Vec<_>>(),
    );
    proptest::collection::vec((words, "[ ,.:]{0,2} "), 0..12)
        .prop_map(|words| words.into_iter().map(|(word, gap)| word.to_owned() + &gap).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn nothing_typed_is_lost_or_made_up(
        line in prop_oneof![".{0,80}", busy_lines()], tongue in tongues(), day in 0i64..3_652_058, hour in 0u8..24,
    ) {
        let time = WallTime::new(time::Time::from_hms(hour, 30, 0).unwrap());
        let quick = read(&line, Moment { day: Day::FIRST.plus(day), time }, tongue, &[]);
        let mut from = 0;
        let mut rest = String::new();
        for Span { range, .. } in &quick.spans {
            prop_assert!(from <= range.start && range.start < range.end && range.end <= line.len());
            prop_assert!(line.is_char_boundary(range.start) && line.is_char_boundary(range.end));
            rest += &line[from..range.start];
            from = range.end;
        }
        rest += &line[from..];
        let letters = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
        prop_assert_eq!(letters(&rest), letters(&quick.title));
        prop_assert_eq!(quick.title.trim().is_empty(), line.trim().is_empty());
        prop_assert_eq!(quick.spans.is_empty(), said(&quick).is_empty());
        prop_assert!(quick.due_time.is_none() || quick.due_date.is_some());
    }

    #[test]
    fn every_chip_can_be_turned_back_into_text(line in busy_lines(), tongue in tongues()) {
        let mut kept = Vec::new();
        loop {
            let quick = read(&line, now(), tongue, &kept);
            let Some(span) = quick.spans.first() else { break };
            let text = bare(&line[span.range.clone()]).to_owned();
            prop_assert!(!kept.contains(&text), "{} of {:?}", text, line);
            kept.push(text);
        }
    }

    #[test]
    fn no_text_in_quotes_is_taken(line in "[a-z0-9: ]{0,20}", tongue in tongues()) {
        let line = format!("x \"{line} tomorrow morgen 5pm p1\"");
        prop_assert_eq!(read(&line, now(), tongue, &[]).title, line);
    }
}
