//! Every text that people read on pages, once for each language. A group belongs to a room of `ui`; a text without values is a
//! `&'static str`, one with values or a plural is a function, so each language has rules of its own. The compiler sees to it
//! that no language lacks one.
//!
//! Components get theirs by `use_texts` (`ui/locale.rs`). What programs read (the API, logs, the command line) is English, and so is
//! what an error says of itself: English pages take it from there.

mod calendar;
mod de;
mod en;

use crate::{
    domain::{
        account::Strength,
        action::{Action, Group},
        admin::Order,
        calendar::{Day, WallTime},
        factor::Required,
        preferences::{Contrast, Theme},
        scope::Scope,
        sign_in::Problem,
        task::{Priority, TaskStatus},
        token::Expiry,
    },
    error::{AppError, Message},
};

pub use crate::domain::language::Language;

impl Language {
    /// Its texts.
    pub fn texts(self) -> &'static Texts {
        match self {
            Self::En => &en::TEXTS,
            Self::De => &de::TEXTS,
        }
    }
}

/// The type of a text: plain, of each of some values (in brackets), or made of values (in parentheses).
macro_rules! text {
    () => { &'static str };
    ([$value:ty]) => { fn($value) -> &'static str };
    (($($value:ty),+)) => { fn($($value),+) -> String };
}

/// Declares groups of texts. Both languages fill them (`en.rs`, `de.rs`); what a text says stands there.
macro_rules! groups {
    ($($(#[$about:meta])* $group:ident $name:ident { $($field:ident $([$of:ty])? $(($($value:ty),+))?),+ $(,)? })+) => {
        $(
            $(#[$about])*
            #[allow(missing_docs, reason = "the English text says what it is")]
            #[derive(Clone, Copy, Debug)]
            pub struct $group { $(pub $field: text!($([$of])? $(($($value),+))?)),+ }
        )+

        /// All texts of one language.
        #[allow(missing_docs, reason = "the types say it")]
        #[derive(Clone, Copy, Debug)]
        pub struct Texts { $(pub $name: $group),+ }
    };
}

groups! {
    /// What many rooms say.
    CommonTexts common {
        save, saving, saved, undo, try_again, log_in, log_out, register, make_account, search, show_all, nothing, name, email, password,
        your_password, status, priority, title, description, due, time, delete, restore, complete, reopen, close, name_hint,
    }
    /// Days, dates, times. `texts/calendar.rs` puts them together.
    CalendarTexts calendar {
        yesterday, today, tomorrow, short_date(Day, bool), long_date(Day), timed(&str, WallTime),
    }
    /// How numbers are written.
    NumberTexts numbers { count(u64) }
    /// What went wrong.
    ErrorTexts errors { app(&AppError), field(&Message), strength(&Strength) }
    /// Around every page.
    LayoutTexts layout { skip, tasks, account, today, upcoming, all, board, trash, messages, close_message, offline, online }
    /// Landing, pages that aren't there, pages that failed.
    PageTexts pages {
        about, about_log_in, landing_title, headline, lead, instant, instant_text, yours, yours_text, everybody, everybody_text, erased, nothing_here,
        there_is_nothing, gone, to_start, failed,
    }
    /// Pages that answer when nothing else can.
    FailureTexts failures {
        too_large, too_large_advice, misunderstood, reload, busy, busy_advice, refused, broken, broken_advice, request(&str),
    }
    /// To register, to log in, to log out.
    AccountTexts account {
        logging_in, forgot, new_here, no_accounts, have_one, making, make, password_hint, log_out_question, tasks_stay,
    }
    /// What links in mails lead to.
    MailTexts mail {
        confirmed, confirmed_text, to_docket, confirm_title, confirmed_told, confirm_text, confirm, confirming, link_broken, get_new,
        look, look_text, nothing_came, try_again, in_a_minute, look_told, forgot_text, send, sending, remember, reset_title, reset_text,
        new_password, set, setting,
    }
    /// What all pages of an account have.
    SettingsTexts settings { title, profile, security, tokens, data, accounts }
    /// The page `/settings/profile`.
    ProfileTexts profile {
        fetching, fetching_clock, picture, picture_hint, use_picture, remove_picture, picture_removed, save_name, zone, zone_hint,
        clock(WallTime, Day), mailed, confirmed, unconfirmed, send_again, sending, new_email, new_email_hint, change_email,
        sending_mail,
    }
    /// The page `/settings/appearance`.
    AppearanceTexts appearance {
        title, section, lead, theme, theme_name[Theme], contrast, contrast_name[Contrast], language, language_auto, keys, keys_on,
        keys_off, keys_hint,
    }
    /// The page `/settings/security`.
    SecurityTexts security {
        fetching, where_logged_in, happened, changed, current_password, new_password, changing, change, this_device, log_out(&str),
        logged_out, others_logged_out, log_out_others, used(&str, &str), device(&str), event[&str],
    }
    /// The page `/settings/tokens`.
    TokenTexts tokens {
        title, yours, about, about_link, fetching, none, make_title, made_title, copy_before, copy_after, the_new, copy, copied,
        not_copied, remove, end, end_it(&str), remove_it(&str), removed(&str), ended(&str), never_used, used(&str), was_ended, expired(&str), ends(&str), no_end,
        ending_in(&str), made(&str, &str, &str), name_hint, may_do, scope[Scope], how_long, how_long_hint, expiry(Expiry), making, make,
    }
    /// Sign-ins by other providers.
    SignInTexts sign_ins {
        title, lead, continue_with(&str), connect(&str), connected(&str), remove, remove_it(&str), removing, removed(&str),
        problem[Problem],
    }
    /// Passkeys, codes and backup codes: to set them up, and to log in with them.
    FactorTexts factors {
        second_title, second_text, code, code_hint, lost, begin_again, required, set_up_now, required_from(&str),
        log_in, waiting, cancelled, too_old, scripts, by_name(&str),
        passkeys, passkeys_about, no_passkeys, add, adding, added, name, name_hint, synced, made(&str, &str), never_used, used(&str),
        rename, rename_it(&str), renamed, remove, remove_it(&str), removed(&str),
        codes, codes_about, set_up, on, turn_off, turned_off, scan, key, open_app, first_code, turn_on, turned_on, picture,
        backup, backup_about, left(u32), make_backup, new_backup, new_backup_text,
        password_about, drop, dropped, no_password, set_one, recovery, recovery_text,
        policy, policy_about, who[Required], days, days_hint, save, saved, in_force(&str), fetching,
    }
    /// The page `/settings/data`.
    DataTexts data {
        title, take, take_text, everything, tasks, erase, erase_text, erase_mine, erase_hint, erasing, erase_for_good,
    }
    /// The page `/admin/users`.
    AdminTexts admin {
        title, fetching, search, none(&str), found(u64, bool), older, you, admin, disabled, order[Order], done(Order, &str),
        since(&str), used(&str),
    }
    /// Tasks on all pages: their names, and what was done to them.
    TaskTexts tasks {
        title, fetching, status[TaskStatus], priority[Priority], told(&str, usize, &str), not_told(&str, usize, &str),
        maybe_not_added(usize, &str), not_taken_back, taken_back, unchanged, elsewhere(usize, &str), draft(&str), go_on, back_to_list, all_tasks,
    }
    /// The form that adds a task.
    AddTexts add { new_task, placeholder, add, more }
    /// A line that is understood as it is typed, and the dialog for one anywhere.
    QuickTexts quick {
        keep, title, line, example, hint, add, add_more, ask(usize), add_all(usize), will_be_added, as_one, leave_out(&str),
    }
    /// A task in a list.
    RowTexts row {
        select(&str), complete(&str), reopen(&str), restore(&str), delete(&str), more_for(&str), more, overdue(&str),
        priority[Priority], deleted(&str), archived, up, down, top, bottom, put_back, start, due_today, due_tomorrow, due_week, no_due,
    }
    /// The parts of a list.
    ListTexts list {
        open, completed, completed_tasks, archived, archived_tasks, found, deleted, overdue, days(&str, &str), tomorrow(&str),
        nothing_on(&str), ranked(&str), archive_too, count_found(&str), nothing_open, count_open(&str), count_trash(&str),
        count_to_do(&str), see_all(&str), nothing_here, pages, first, previous, next,
    }
    /// Lists without tasks.
    EmptyTexts empty {
        nothing_found, nothing_found_text, nothing_to_do, nothing_to_do_text, nothing_today, nothing_today_text, free, free_text, trash,
        trash_text, board,
    }
    /// Search, filters and order.
    FilterTexts filters {
        search, filter, all, open, any, from, to, order, sort[&str], on_page, only_overdue, archived_too,
    }
    /// What is done to many tasks at once.
    BulkTexts bulk {
        none, no_date_yet, priority_for, set_priority, due_for, set_due, no_date, select, selected_tasks, all, picked(usize),
    }
    /// The page of a task.
    DetailTexts detail {
        close, fetching, added(&str), changed(&str), completed(&str), no_date, conflict[&str], mine, theirs, delete, archived, in_trash,
    }
    /// What happened to a task.
    HistoryTexts history { title, did[&str], field[&str], older }
    /// Keys, the palette and the help.
    KeyTexts keys {
        action[Action], group[Group], control, shift, enter, delete, or, title, mac, off, turn_off, palette, commands, ask, results, none_found,
        found(usize), tasks, selected(usize), log_in, start, security, tokens, data, appearance, accounts,
    }
}

impl ErrorTexts {
    /// The message at a field, if that is what was refused.
    pub fn at(&self, error: &AppError, field: &str) -> Option<String> {
        match error {
            AppError::Invalid(errors) => errors.at(field).map(|message| (self.field)(message)),
            error if error.first_field() == Some(field) => Some((self.app)(error)),
            _ => None,
        }
    }

    /// All there is to say, where there is no field to say it at.
    pub fn all(&self, error: &AppError) -> String {
        match error {
            AppError::Invalid(errors) => {
                errors.iter().map(|(_, message)| (self.field)(message)).collect::<Vec<_>>().join(" ")
            }
            error => (self.app)(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        calendar::{Due, Moment},
        query::Total,
    };

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[test]
    fn days_are_said_as_people_say_them() {
        let today = day("2026-11-21");
        let (en, de) = (&Language::En.texts().calendar, &Language::De.texts().calendar);
        for (of, english, german) in [
            ("2026-11-20", "Yesterday", "Gestern"),
            ("2026-11-21", "Today", "Heute"),
            ("2026-11-22", "Tomorrow", "Morgen"),
            ("2026-11-27", "Fri 27 Nov", "Fr., 27. Nov."),
            ("2027-01-02", "Sat 2 Jan 2027", "Sa., 2. Jan. 2027"),
            ("2026-03-03", "Tue 3 Mar", "Di., 3. März"),
        ] {
            assert_eq!((en.day(day(of), today), de.day(day(of), today)), (english.to_owned(), german.to_owned()));
        }
        assert_eq!((en.long_date)(today), "Saturday 21 November");
        assert_eq!((de.long_date)(today), "Samstag, 21. November");
        let due = Due::parse("2026-11-22", "09:05").unwrap().unwrap();
        assert_eq!((en.due(due, today), de.due(due, today)), ("Tomorrow 09:05".into(), "Morgen, 9:05 Uhr".into()));
        let now = Moment { day: today, time: WallTime::parse("14:02").unwrap() };
        assert_eq!((en.within(now, today), de.within(now, today)), ("today 14:02".into(), "heute, 14:02 Uhr".into()));
    }

    #[test]
    fn what_was_counted_is_said_right_for_none_one_two_and_many() {
        let (en, de) = (Language::En.texts(), Language::De.texts());
        for (count, english, german) in [
            (0, "0 tasks were completed.", "0 Aufgaben wurden erledigt."),
            (1, "“Tea” was completed.", "„Tea“ wurde erledigt."),
            (2, "2 tasks were completed.", "2 Aufgaben wurden erledigt."),
            (1_000, "1,000 tasks were completed.", "1.000 Aufgaben wurden erledigt."),
        ] {
            assert_eq!((en.tasks.told)("complete", count, "Tea"), english);
            assert_eq!((de.tasks.told)("complete", count, "Tea"), german);
        }
        for (count, english, german) in [
            (0, "0 selected", "0 ausgewählt"),
            (1, "1 selected", "1 ausgewählt"),
            (2, "2 selected", "2 ausgewählt"),
            (1_000, "1,000 selected", "1.000 ausgewählt"),
        ] {
            assert_eq!(((en.bulk.picked)(count), (de.bulk.picked)(count)), (english.into(), german.into()));
        }
        for (count, english, german) in [
            (0, "0 accounts.", "0 Konten."),
            (1, "One account: yours.", "Ein Konto: deins."),
            (2, "2 accounts.", "2 Konten."),
            (1_000, "1,000 accounts.", "1.000 Konten."),
        ] {
            assert_eq!(((en.admin.found)(count, true), (de.admin.found)(count, true)), (english.into(), german.into()));
        }
        for (seconds, english, german) in [
            (0, "Wait a second and", "Warte eine Sekunde und"),
            (1, "Wait a second and", "Warte eine Sekunde und"),
            (2, "Wait 2 seconds and", "Warte 2 Sekunden und"),
            (1_000, "Wait 17 minutes and", "Warte 17 Minuten und"),
        ] {
            let error = AppError::TooManyTries(seconds);
            assert!((en.errors.app)(&error).contains(english), "{seconds}");
            assert!((de.errors.app)(&error).contains(german), "{seconds}");
        }
    }

    #[test]
    fn a_total_is_exact_up_to_ten_thousand() {
        for (number, english, german) in [
            (0, "0", "0"),
            (999, "999", "999"),
            (1_000, "1,000", "1.000"),
            (10_000, "10,000", "10.000"),
            (10_001, "10,000+", "10.000+"),
        ] {
            assert_eq!(Language::En.texts().numbers.total(Total(number)), english);
            assert_eq!(Language::De.texts().numbers.total(Total(number)), german);
        }
    }
}
