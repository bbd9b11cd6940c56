//! German: plain, and with "du".

use super::{
    AccountTexts, AddTexts, AdminTexts, AppearanceTexts, BulkTexts, CalendarTexts, CommonTexts, DataTexts, DetailTexts,
    EmptyTexts, ErrorTexts, FactorTexts, FailureTexts, FilterTexts, HistoryTexts, KeyTexts, LayoutTexts, ListTexts,
    MailTexts, NumberTexts, PageTexts, ProfileTexts, QuickTexts, RowTexts, SecurityTexts, SettingsTexts, SignInTexts,
    TaskTexts, Texts, TokenTexts, calendar::grouped,
};
use crate::{
    domain::{
        account::{EmailError, Habit, Password, PasswordError, Strength},
        action::{Action, Group},
        admin::Order,
        calendar::CalendarError,
        factor::Required,
        history::short,
        preferences::{Contrast, Theme},
        scope::Scope,
        sign_in::Problem,
        task::{Priority, TaskStatus},
        text::TextError,
        token::{ChoiceError, Expiry},
    },
    error::{AppError, Message, PictureError},
};

/// All texts.
pub static TEXTS: Texts = Texts {
    common: CommonTexts {
        save: "Speichern",
        saving: "Wird gespeichert …",
        saved: "Gespeichert.",
        undo: "Rückgängig",
        try_again: "Noch einmal versuchen",
        log_in: "Anmelden",
        log_out: "Abmelden",
        register: "Registrieren",
        make_account: "Konto anlegen",
        search: "Suchen",
        show_all: "Alle zeigen",
        nothing: "nichts",
        name: "Name",
        email: "E-Mail-Adresse",
        password: "Passwort",
        your_password: "Dein Passwort",
        status: "Status",
        priority: "Priorität",
        title: "Titel",
        description: "Beschreibung",
        due: "Fällig",
        time: "Uhrzeit",
        delete: "Löschen",
        restore: "Wiederherstellen",
        complete: "Erledigen",
        reopen: "Wieder öffnen",
        close: "Schließen",
        name_hint: "So nennt dich Docket.",
    },
    calendar: CalendarTexts {
        yesterday: "Gestern",
        today: "Heute",
        tomorrow: "Morgen",
        short_date: |day, year| {
            let date =
                format!("{}., {}. {}", &WEEKDAYS[day.weekday()][..2], day.date().day(), SHORT_MONTHS[day.month()]);
            if year { format!("{date} {}", day.date().year()) } else { date }
        },
        long_date: |day| format!("{}, {}. {}", WEEKDAYS[day.weekday()], day.date().day(), MONTHS[day.month()]),
        timed: |day, time| format!("{day}, {}:{:02} Uhr", time.time().hour(), time.time().minute()),
    },
    numbers: NumberTexts { count: |number| grouped(number, '.') },
    errors: ErrorTexts {
        app,
        field,
        strength: |strength| match strength {
            Strength::Refused(error) => password(error),
            Strength::Fair => "Gut genug; mit einem Wort mehr wird es stark.".to_owned(),
            Strength::Strong => "Stark.".to_owned(),
            Strength::VeryStrong => "Sehr stark.".to_owned(),
        },
    },
    layout: LayoutTexts {
        skip: "Zur Seite springen",
        tasks: "Aufgaben",
        account: "Konto",
        today: "Heute",
        upcoming: "Demnächst",
        all: "Alle",
        board: "Tafel",
        trash: "Papierkorb",
        messages: "Meldungen",
        close_message: "Diese Meldung schließen",
        offline: "Du bist offline. Bis die Verbindung wieder da ist, kann nichts gespeichert werden.",
        online: "Wieder online.",
    },
    pages: PageTexts {
        about: "Deine Aufgaben auf einem Server, der dir gehört: sofort da, in jedem Browser, mit der Tastatur, und nichts geht verloren.",
        about_log_in: "Melde dich bei Docket an, deinen Aufgaben auf deinem eigenen Server.",
        landing_title: "Docket: deine Aufgaben auf deinem eigenen Server",
        headline: "Alles, was du zu tun hast, an einem ruhigen Ort.",
        lead: "Docket bewahrt deine Aufgaben auf einem Server auf, der dir gehört. Es antwortet sofort, läuft in jedem Browser und \
               verliert nie, was du geschrieben hast.",
        instant: "Sofort",
        instant_text: "Ein Klick wirkt auf der Stelle. Kann der Server ihn nicht annehmen, siehst du, wie er zurückkommt, und kannst es \
                       gleich noch einmal versuchen.",
        yours: "Deins",
        yours_text: "Ein Programm und ein PostgreSQL, auf einem Rechner deiner Wahl. Keine Firma dazwischen.",
        everybody: "Für alle",
        everybody_text: "Mit der Tastatur, mit einem Vorleseprogramm, auf kleinen Bildschirmen und ohne Skripte.",
        erased: "Dein Konto ist gelöscht, mit allem, was darin war. Mach’s gut!",
        nothing_here: "Hier ist nichts",
        there_is_nothing: "Hier ist nichts",
        gone: "Vielleicht ist die Adresse vertippt, oder was hier war, ist fort. Deine Aufgaben sind, wo sie waren.",
        to_start: "Zum Anfang",
        failed: "Das hat nicht geklappt",
    },
    failures: FailureTexts {
        too_large: "Das ist mehr, als Docket annimmt",
        too_large_advice: "Kürze, was du geschickt hast, und versuche es noch einmal.",
        misunderstood: "Docket hat diese Anfrage nicht verstanden",
        reload: "Gehe zurück, lade die Seite neu und versuche es noch einmal.",
        busy: "Docket ist gerade ausgelastet",
        busy_advice: "Versuche es in ein paar Sekunden noch einmal. Nichts, was du gespeichert hast, ist verloren.",
        refused: "Das hat nicht geklappt",
        broken: "Auf unserer Seite ist etwas schiefgegangen",
        broken_advice: "Versuche es noch einmal. Wenn es bleibt, sage es denen, die dieses Docket betreiben. Nichts, was du gespeichert \
                        hast, ist verloren.",
        request: |id| format!("Anfrage {id}"),
    },
    account: AccountTexts {
        logging_in: "Anmeldung läuft …",
        forgot: "Passwort vergessen?",
        new_here: "Neu hier?",
        no_accounts: "Keine neuen Konten",
        have_one: "Du hast schon eins?",
        making: "Das Konto wird angelegt …",
        make: "Konto anlegen",
        password_hint: "Mindestens 8 Zeichen; am besten ein paar Wörter, die du dir merken kannst.",
        log_out_question: "Abmelden?",
        tasks_stay: "Deine Aufgaben bleiben. Melde dich wieder an, wann du magst.",
    },
    mail: MailTexts {
        confirmed: "Deine Adresse ist bestätigt",
        confirmed_text: "Mails von Docket erreichen dich. Du meldest dich mit dieser Adresse an.",
        to_docket: "Zu Docket",
        confirm_title: "Adresse bestätigen",
        confirmed_told: "Deine Adresse ist bestätigt.",
        confirm_text: "Noch ein Klick zeigt, dass Mails von Docket dich erreichen.",
        confirm: "Die Adresse bestätigen",
        confirming: "Wird bestätigt …",
        link_broken: "Der Link geht nicht?",
        get_new: "Einen neuen holen",
        look: "Sieh in deine Mails",
        look_text: "Wenn es ein Konto mit dieser Adresse gibt, ist ein Link dorthin unterwegs. Er gilt einmal, 10 Minuten lang.",
        nothing_came: "Nichts gekommen? Sieh in den Spam-Ordner, oder ",
        try_again: "versuche es in einer Minute noch einmal",
        in_a_minute: ".",
        look_told: "Sieh in deine Mails.",
        forgot_text: "Docket schickt dir einen Link, mit dem du ein neues setzt.",
        send: "Link schicken",
        sending: "Wird geschickt …",
        remember: "Es ist dir wieder eingefallen?",
        reset_title: "Neues Passwort setzen",
        reset_text: "Danach bist du hier angemeldet und überall sonst abgemeldet.",
        new_password: "Neues Passwort",
        set: "Passwort setzen",
        setting: "Wird gesetzt …",
    },
    settings: SettingsTexts {
        title: "Einstellungen",
        profile: "Profil",
        security: "Sicherheit",
        tokens: "Schlüssel",
        data: "Deine Daten",
        accounts: "Konten",
    },
    profile: ProfileTexts {
        fetching: "Dein Profil wird geholt …",
        fetching_clock: "Deine Uhr wird geholt …",
        picture: "Bild",
        picture_hint: "PNG, JPEG, WebP oder GIF, bis zu 4 MB. Gezeigt wird die Mitte; wo es aufgenommen wurde, wird nicht aufbewahrt.",
        use_picture: "Dieses Bild nehmen",
        remove_picture: "Das Bild entfernen",
        picture_removed: "Dein Bild ist entfernt.",
        save_name: "Namen speichern",
        zone: "Zeitzone",
        zone_hint: "Sie sagt, welcher Tag heute ist. Fälligkeiten bleiben, wie sie sind.",
        clock: |time, day| format!("Deine Uhr zeigt {time}, {}.", (TEXTS.calendar.long_date)(day)),
        mailed: "Eine Mail ist unterwegs. Folge dem Link darin innerhalb von 10 Minuten.",
        confirmed: "(bestätigt)",
        unconfirmed: "Noch nicht bestätigt: Folge dem Link in der Mail, die Docket geschickt hat. Ist die Adresse falsch, kommst du nicht \
                      mehr hinein, wenn du dein Passwort vergisst.",
        send_again: "Die Mail noch einmal schicken",
        sending: "Wird geschickt …",
        new_email: "Neue E-Mail-Adresse",
        new_email_hint: "Docket schickt einen Link dorthin. Deine Adresse ändert sich, wenn du ihm folgst.",
        change_email: "Adresse ändern",
        sending_mail: "Eine Mail wird geschickt …",
    },
    appearance: AppearanceTexts {
        title: "Aussehen und Sprache",
        section: "Aussehen",
        lead: "Wie Docket in diesem Browser aussieht und spricht. Ein Cookie merkt es sich hier.",
        theme: "Farben",
        theme_name: |theme| match theme {
            Theme::System => "Wie das System",
            Theme::Light => "Hell",
            Theme::Dark => "Dunkel",
        },
        contrast: "Kontrast",
        contrast_name: |contrast| match contrast {
            Contrast::System => "Wie das System",
            Contrast::More => "Hoch",
        },
        language: "Sprache",
        language_auto: "Wie der Browser",
        keys: "Einzelne Tasten",
        keys_on: "Tun etwas",
        keys_off: "Tun nichts",
        keys_hint: "Zum Beispiel „q“ für eine neue Aufgabe. Schalte sie aus, wenn du mit deinem Computer sprichst.",
    },
    security: SecurityTexts {
        fetching: "Was geschehen ist, wird geholt …",
        where_logged_in: "Wo du angemeldet bist",
        happened: "Was geschehen ist",
        changed: "Dein Passwort ist geändert. Alle anderen Geräte sind abgemeldet.",
        current_password: "Jetziges Passwort",
        new_password: "Neues Passwort",
        changing: "Wird geändert …",
        change: "Passwort ändern",
        this_device: "(dieses Gerät)",
        log_out: |device| format!("{device} abmelden"),
        logged_out: "Das Gerät ist abgemeldet.",
        others_logged_out: "Alle anderen Geräte sind abgemeldet.",
        log_out_others: "Alle anderen Geräte abmelden",
        used: |since, used| format!("seit {since}, zuletzt benutzt {used}"),
        // As the log of what happened keeps it: in English.
        device: |device| match device.split_once(" on ") {
            Some((browser, system)) => format!("{browser} auf {system}"),
            None if device == "Unknown device" => "Unbekanntes Gerät".to_owned(),
            None => device.to_owned(),
        },
        event: |action| match action {
            "register" => "Das Konto wurde angelegt",
            "login" => "Angemeldet",
            "login_failed" => "Eine Anmeldung schlug fehl: falsches Passwort",
            "password" => "Das Passwort wurde geändert",
            "password_failed" => "Wo nach dem jetzigen Passwort gefragt wird, wurde ein falsches getippt",
            "password_reset" => "Das Passwort wurde mit einem Link aus einer Mail geändert",
            "email_verified" => "Die E-Mail-Adresse wurde bestätigt",
            "email_asked" => "An eine neue E-Mail-Adresse ging eine Mail, um sie zu bestätigen",
            "email" => "Die E-Mail-Adresse wurde geändert",
            "session_ended" => "Ein Gerät wurde von hier aus abgemeldet",
            "sessions_ended" => "Alle anderen Geräte wurden von hier aus abgemeldet",
            "token_made" => "Ein Schlüssel für Programme wurde angelegt",
            "token_ended" => "Ein Schlüssel für Programme wurde beendet",
            "code_failed" => "Ein falscher Code wurde getippt",
            "backup_code_used" => "Ein Ersatzcode wurde verwendet",
            "backup_codes_made" => "Neue Ersatzcodes wurden gemacht",
            "codes_added" => "Seither wird nach Codes einer App gefragt",
            "codes_removed" => "Nach Codes einer App wird nicht mehr gefragt",
            "passkey_added" => "Ein Passkey kam dazu",
            "passkey_removed" => "Ein Passkey wurde entfernt",
            "passkey_failed" => "Ein Passkey wurde abgelehnt",
            "password_dropped" => "Das Passwort wurde entfernt",
            "policy" => "Du hast geändert, wer einen zweiten Faktor braucht",
            "factors_reset" => "Wer dieses Docket betreibt, hat alle Passkeys, Codes und anderen Anmeldungen entfernt",
            "sign_in_added" => "Ein Konto anderswo wurde verbunden",
            "sign_in_removed" => "Ein Konto anderswo wurde entfernt",
            "password_set" => "Wer dieses Docket betreibt, hat ein neues Passwort gesetzt",
            "disabled" => "Wer dieses Docket betreibt, hat das Konto gesperrt",
            "enabled" => "Wer dieses Docket betreibt, hat das Konto wieder freigegeben",
            "made_member" => "Wer dieses Docket betreibt, hat dich zum Mitglied gemacht",
            "logged_out" => "Wer dieses Docket betreibt, hat alle Geräte abgemeldet",
            "made_admin" => "Wer dieses Docket betreibt, hat dich zum Admin gemacht",
            _ => "Etwas wurde geändert",
        },
    },
    tokens: TokenTexts {
        title: "Schlüssel für Programme",
        yours: "Deine Schlüssel",
        about: "Mit einem Schlüssel benutzt ein Programm von dir Docket ohne dein Passwort, so lange und so weit du willst. Was Programme \
                damit tun können, steht in der ",
        about_link: "Beschreibung der API (englisch)",
        fetching: "Deine Schlüssel werden geholt …",
        none: "Du hast keine. Lege unten einen an: für ein Skript, eine Sicherung oder eine andere App.",
        make_title: "Schlüssel anlegen",
        made_title: "Dein neuer Schlüssel",
        copy_before: "Kopiere ",
        copy_after: " jetzt und bewahre ihn auf, wo du Passwörter aufbewahrst: Er wird nicht noch einmal gezeigt.",
        the_new: "Der neue Schlüssel",
        copy: "Kopieren",
        copied: "Kopiert.",
        not_copied: "Dein Browser lässt Seiten nicht kopieren. Er ist ausgewählt: Kopiere ihn mit der Tastatur oder dem Menü.",
        remove: "Entfernen",
        end: "Beenden",
        end_it: |name| format!("{name} beenden"),
        remove_it: |name| format!("{name} entfernen"),
        removed: |name| format!("{name} ist entfernt."),
        ended: |name| format!("{name} ist beendet."),
        never_used: "nie benutzt",
        used: |at| format!("zuletzt benutzt {at}"),
        was_ended: "beendet, als das Passwort geändert oder alles abgemeldet wurde",
        expired: |at| format!("abgelaufen {at}"),
        ends: |at| format!("endet {at}"),
        no_end: "ohne Ende",
        ending_in: |hint| format!("endet auf {hint}"),
        made: |made, used, ends| format!("Angelegt {made} · {used} · {ends}"),
        name_hint: "Was ihn benutzt, zum Beispiel „Sicherung auf dem Server“.",
        may_do: "Was es darf",
        scope: |scope| match scope {
            Scope::TasksRead => "Aufgaben lesen",
            Scope::TasksWrite => "Aufgaben hinzufügen, ändern und löschen (und diese sehen)",
            Scope::AccountRead => "Das Konto lesen",
            Scope::AccountWrite => "Das Konto ändern",
        },
        how_long: "Wie lange",
        how_long_hint: "Du kannst ihn jederzeit beenden; auch eine Änderung deines Passworts beendet ihn.",
        expiry: |expiry| match expiry {
            Expiry::Days(365) => "Ein Jahr".to_owned(),
            Expiry::Days(days) => format!("{days} Tage"),
            Expiry::Never => "Ohne Ende".to_owned(),
        },
        making: "Wird angelegt …",
        make: "Schlüssel anlegen",
    },
    sign_ins: SignInTexts {
        title: "Konten anderswo",
        lead: "Mit einem Konto, das du anderswo hast, meldest du dich ohne dein Passwort an. Was hier dir gehört, geht nicht dorthin.",
        continue_with: |name| format!("Weiter mit {name}"),
        connect: |name| format!("{name} verbinden"),
        connected: |when| format!("verbunden {when}"),
        remove: "Entfernen",
        remove_it: |name| format!("{name} entfernen"),
        removing: "Wird entfernt …",
        removed: |name| format!("{name} ist entfernt und meldet dich nicht mehr an."),
        problem: |problem| match problem {
            Problem::Unknown => "Diesen Anbieter kennt dieses Docket nicht. Melde dich anders an.",
            Problem::Cancelled => {
                "Die andere Seite hat dich nicht durchgelassen. Versuche es noch einmal, oder melde dich anders an."
            }
            Problem::Expired => "Das hat zu lange gedauert oder wurde schon benutzt. Fang noch einmal an.",
            Problem::Unreachable => {
                "Die andere Seite antwortet gerade nicht. Versuche es später noch einmal, oder melde dich anders an."
            }
            Problem::Untrusted => {
                "Was die andere Seite sagt, beweist nicht, wer du bist. Versuche es noch einmal; wenn es so bleibt, sag es denen, die \
                 dieses Docket betreiben."
            }
            Problem::Unverified => {
                "Die andere Seite sagt nicht, dass deine E-Mail-Adresse deine ist. Bestätige sie dort und versuche es noch einmal."
            }
            Problem::Foreign => "Deine E-Mail-Adresse gehört nicht zu denen, die auf diesem Weg hereinkommen.",
            Problem::HasAccount => {
                "Ein Konto hat diese Adresse schon. Melde dich an und verbinde die beiden unter Einstellungen → Sicherheit."
            }
            Problem::Closed => "Dieses Docket nimmt keine neuen Konten. Frag die, die es betreiben, nach einem.",
            Problem::Disabled => "Dieses Konto ist gesperrt. Frag die, die dieses Docket betreiben.",
            Problem::Taken => "Das ist schon mit einem anderen Konto hier verbunden. Entferne es zuerst dort.",
            Problem::NotFresh => {
                "Zum Verbinden musst du dich in den letzten 10 Minuten angemeldet haben. Melde dich ab und wieder an und versuche es noch \
                 einmal."
            }
            Problem::Busy => "Docket ist gerade ausgelastet. Versuche es in ein paar Sekunden noch einmal.",
            Problem::Broken => {
                "Bei uns ist etwas schiefgegangen. Versuche es noch einmal; wenn es so bleibt, sag es denen, die dieses Docket betreiben."
            }
        },
    },
    factors: FactorTexts {
        second_title: "Zweiter Schritt",
        second_text: "Tippe den Code, den deine App zeigt. Ohne die App geht einer deiner Ersatzcodes.",
        code: "Code",
        code_hint: "Sechs Ziffern, oder ein Ersatzcode wie 4k7ap-0x2mq.",
        lost: "App und Codes verloren? Wer dieses Docket betreibt, kann sie zurücksetzen.",
        begin_again: "Neu anmelden",
        required: "Dieses Docket verlangt einen zweiten Faktor, bevor es weitergeht.",
        set_up_now: "Jetzt einrichten",
        required_from: |at| {
            format!("Dieses Docket verlangt von dir ab {at} einen zweiten Faktor: einen Passkey oder Codes einer App.")
        },
        log_in: "Mit einem Passkey anmelden",
        waiting: "Warte auf deinen Passkey…",
        cancelled: "Daraus wurde nichts. Versuche es noch einmal, oder melde dich mit dem Passwort an.",
        too_old: "Dieser Browser kennt keine Passkeys. Ein neuerer kennt sie.",
        scripts: "Passkeys brauchen Skripte, und die sind hier abgeschaltet.",
        by_name: |url| {
            format!(
                "Passkeys gehören zu einem Namen, nicht zu einer Adresse aus Zahlen. Öffne Docket unter {url}, um sie zu verwenden."
            )
        },
        passkeys: "Passkeys",
        passkeys_about: "Mit einem Passkey kommst du ohne Passwort hinein. Dein Gerät verwahrt ihn; Finger, Gesicht oder PIN schließen ihn auf.",
        no_passkeys: "Du hast noch keinen.",
        add: "Passkey hinzufügen",
        adding: "Kommt dazu…",
        added: "Der Passkey ist da.",
        name: "Name des Passkeys",
        name_hint: "Wo er liegt, etwa „Handy“ oder „blauer Schlüssel“.",
        synced: "wird abgeglichen",
        made: |made, used| format!("Hinzugefügt {made} · {used}"),
        never_used: "nie verwendet",
        used: |at| format!("zuletzt verwendet {at}"),
        rename: "Umbenennen",
        rename_it: |name| format!("Neuer Name von {name}"),
        renamed: "Der Passkey heißt jetzt anders.",
        remove: "Entfernen",
        remove_it: |name| format!("{name} entfernen"),
        removed: |name| format!("{name} ist entfernt."),
        codes: "Codes einer App",
        codes_about: "Eine App auf deinem Handy zeigt einen Code, der jede halbe Minute wechselt. Docket fragt nach dem Passwort danach.",
        set_up: "Einrichten",
        on: "An: Bei jeder Anmeldung mit dem Passwort wird nach einem Code gefragt.",
        turn_off: "Ausschalten",
        turned_off: "Nach Codes wird nicht mehr gefragt.",
        scan: "Scanne das mit deiner App, oder tippe den Schlüssel ein.",
        key: "Schlüssel",
        open_app: "In einer App auf diesem Gerät öffnen",
        first_code: "Der Code, den sie zeigt",
        turn_on: "Einschalten",
        turned_on: "Ab jetzt wird nach Codes gefragt.",
        picture: "QR-Code für deine App",
        backup: "Ersatzcodes",
        backup_about: "Für den Fall, dass App oder Passkey nicht zur Hand sind: Jeder geht einmal.",
        left: |count| match count {
            0 => "Du hast keine.".to_owned(),
            1 => "Einer ist übrig.".to_owned(),
            _ => format!("{count} sind übrig."),
        },
        make_backup: "Neue machen",
        new_backup: "Deine Ersatzcodes",
        new_backup_text: "Schreib sie jetzt auf oder druck sie aus: Sie werden nicht noch einmal gezeigt. Die von vorher gelten nicht mehr.",
        password_about: "Du hast, was es braucht, um ohne Passwort auszukommen.",
        drop: "Passwort entfernen",
        dropped: "Das Passwort ist entfernt.",
        no_password: "Dein Konto hat kein Passwort.",
        set_one: "Eines per Mail setzen",
        recovery: "Alles verloren?",
        recovery_text: "Ein Link in einer Mail setzt ein anderes Passwort; nach dem zweiten Schritt wird trotzdem gefragt. Wer weder App \
                        noch Ersatzcode noch Passkey hat, bittet den, der dieses Docket betreibt, sie zurückzusetzen.",
        policy: "Zweiter Faktor",
        policy_about: "Wer einen Passkey oder Codes einer App haben muss. Bis dahin gibt es für sie nur ihre Sicherheitseinstellungen.",
        who: |required| match required {
            Required::Nobody => "Niemand muss",
            Required::Admins => "Admins",
            Required::Everybody => "Alle",
        },
        days: "Tage bis dahin",
        days_hint: "So lange ist Zeit, einen einzurichten; 0 bis 90.",
        save: "Speichern",
        saved: "Gespeichert.",
        in_force: |at| format!("Gilt ab {at}."),
        fetching: "Wie du dich anmeldest, wird geholt…",
    },
    data: DataTexts {
        title: "Deine Daten",
        take: "Nimm sie mit",
        take_text: "Alles, was Docket von dir aufbewahrt, in einer Datei (JSON): dein Konto und dein Bild, deine Aufgaben samt denen im \
                    Papierkorb, ihre Geschichte, und wo du angemeldet bist. Oder nur deine Aufgaben, als Tabelle (CSV).",
        everything: "Alles herunterladen",
        tasks: "Aufgaben herunterladen",
        erase: "Lösche dein Konto",
        erase_text: "Dein Konto, dein Bild und alle deine Aufgaben werden sofort und endgültig gelöscht, und du wirst überall abgemeldet. \
                     Es bleibt, dass etwas geschehen ist, und wann: ohne deinen Namen, deine Worte, und ohne wo du warst. Niemand kann es \
                     zurückholen, außer aus einer Sicherung, die vorher gemacht wurde, wo dieses Docket läuft.",
        erase_mine: "Mein Konto löschen …",
        erase_hint: "Damit es niemand sonst auf deinem Gerät tut.",
        erasing: "Wird gelöscht …",
        erase_for_good: "Alles endgültig löschen",
    },
    admin: AdminTexts {
        title: "Konten",
        fetching: "Die Konten werden geholt …",
        search: "Nach Name oder Adresse suchen",
        none: |search| format!("Kein Konto hat „{search}“ in seinem Namen oder seiner Adresse."),
        found: |total, all| match (total, all) {
            (1, true) => "Ein Konto: deins.".to_owned(),
            (1, false) => "Ein Konto gefunden.".to_owned(),
            (total, true) => format!("{} Konten.", grouped(total, '.')),
            (total, false) => format!("{} Konten gefunden.", grouped(total, '.')),
        },
        older: "Ältere Konten",
        you: "Du",
        admin: "Admin",
        disabled: "Gesperrt",
        order: |order| match order {
            Order::Disable => "Sperren",
            Order::Enable => "Freigeben",
            Order::MakeAdmin => "Zum Admin machen",
            Order::MakeMember => "Zum Mitglied machen",
            Order::LogOut => "Abmelden",
            Order::ResetFactors => "Faktoren zurücksetzen",
        },
        done: |order, name| match order {
            Order::Disable => format!("„{name}“ ist gesperrt und abgemeldet."),
            Order::Enable => format!("„{name}“ darf sich wieder anmelden."),
            Order::MakeAdmin => format!("„{name}“ ist jetzt Admin."),
            Order::MakeMember => format!("„{name}“ ist jetzt Mitglied."),
            Order::LogOut => format!("„{name}“ ist überall abgemeldet."),
            Order::ResetFactors => {
                format!("„{name}“ meldet sich jetzt nur mit dem Passwort an und ist überall abgemeldet.")
            }
        },
        since: |at| format!("Seit {at}"),
        used: |at| format!("; zuletzt benutzt {at}"),
    },
    tasks: TaskTexts {
        title: "Aufgaben",
        fetching: "Deine Aufgaben werden geholt …",
        status: |status| match status {
            TaskStatus::Pending => "Zu tun",
            TaskStatus::InProgress => "In Arbeit",
            TaskStatus::Completed => "Erledigt",
        },
        priority: |priority| match priority {
            Priority::Low => "Niedrig",
            Priority::Medium => "Mittel",
            Priority::High => "Hoch",
            Priority::Urgent => "Dringend",
        },
        told: |action, count, title| format!("{} {}.", subject(count, title), past(action)),
        not_told: |action, count, title| format!("{} nicht {}.", subject(count, title), past(action)),
        maybe_not_added: |count, title| match count {
            1 => format!("„{}“ wurde vielleicht nicht hinzugefügt.", short(title)),
            _ => format!("{count} Aufgaben wurden vielleicht nicht hinzugefügt."),
        },
        not_taken_back: "Es wurde nicht rückgängig gemacht.",
        taken_back: "Rückgängig gemacht.",
        unchanged: "Es gab nichts zu ändern.",
        elsewhere: |count, title| match count {
            1 => format!("„{}“ wurde hinzugefügt. Es steht nicht auf dieser Seite; unter „Alle“ ist es.", short(title)),
            _ => format!(
                "{count} Aufgaben wurden hinzugefügt. Nicht alle stehen auf dieser Seite; unter „Alle“ sind sie."
            ),
        },
        draft: |title| format!("Was du zu „{}“ geschrieben hast, ist nicht gespeichert.", short(title)),
        go_on: "Weiterschreiben",
        back_to_list: "Zurück zur Liste",
        all_tasks: "Alle Aufgaben",
    },
    add: AddTexts { new_task: "Neue Aufgabe", placeholder: "Was ist zu tun?", add: "Hinzufügen", more: "Mehr" },
    quick: QuickTexts {
        keep: "Als Text behalten",
        title: "Aufgabe hinzufügen",
        line: "Was ist zu tun?",
        example: "Miete zahlen morgen 17 Uhr p1",
        hint: "Tage, Zeiten und p1 bis p4 werden verstanden: „morgen“, „Fr 9 Uhr“, „in 3 Tagen“, „21. Juni“.",
        add: "Hinzufügen",
        add_more: "Hinzufügen und noch eine",
        ask: |count| format!("{count} Aufgaben hinzufügen?"),
        add_all: |count| {
            if count == 1 { "1 Aufgabe hinzufügen".to_owned() } else { format!("{count} Aufgaben hinzufügen") }
        },
        will_be_added: "Was hinzugefügt wird",
        as_one: "Eine Aufgabe daraus machen",
        leave_out: |title| format!("„{title}“ weglassen"),
    },
    row: RowTexts {
        select: |title| format!("„{title}“ auswählen"),
        complete: |title| format!("„{title}“ erledigen"),
        reopen: |title| format!("„{title}“ wieder öffnen"),
        restore: |title| format!("„{title}“ wiederherstellen"),
        delete: |title| format!("„{title}“ löschen"),
        more_for: |title| format!("Mehr zu „{title}“"),
        more: "Mehr",
        overdue: |due| format!("Überfällig: {due}"),
        priority: |priority| match priority {
            Priority::Low => "Niedrige Priorität",
            Priority::Medium => "Mittlere Priorität",
            Priority::High => "Hohe Priorität",
            Priority::Urgent => "Dringend",
        },
        deleted: |day| format!("Gelöscht {day}"),
        archived: "Archiviert",
        up: "Nach oben",
        down: "Nach unten",
        top: "Ganz nach oben",
        bottom: "Ganz nach unten",
        put_back: "Zurück zu „Zu tun“",
        start: "Anfangen",
        due_today: "Heute fällig",
        due_tomorrow: "Morgen fällig",
        due_week: "In einer Woche fällig",
        no_due: "Ohne Fälligkeit",
    },
    list: ListTexts {
        open: "Offene Aufgaben",
        completed: "Erledigt",
        completed_tasks: "Erledigte Aufgaben",
        archived: "Archiviert",
        archived_tasks: "Archivierte Aufgaben",
        found: "Gefundene Aufgaben",
        deleted: "Gelöschte Aufgaben",
        overdue: "Überfällig",
        days: |from, to| format!("{from} bis {to}"),
        tomorrow: |date| format!("Morgen, {date}"),
        nothing_on: |days| format!("Nichts: {days}"),
        ranked: |count| {
            format!("Das sind die besten von {count} Treffern. Suche nach mehr Wörtern, um andere zu sehen.")
        },
        archive_too: "Auch archivierte Aufgaben durchsuchen",
        count_found: |count| format!("{count} gefunden"),
        nothing_open: "nichts offen",
        count_open: |count| format!("{count} offen"),
        count_trash: |count| format!("{count} im Papierkorb"),
        count_to_do: |count| format!("{count} zu tun"),
        see_all: |count| format!("Alle {count} zeigen"),
        nothing_here: "Nichts hier.",
        pages: "Seiten",
        first: "Erste",
        previous: "Vorige",
        next: "Nächste",
    },
    empty: EmptyTexts {
        nothing_found: "Nichts gefunden",
        nothing_found_text: "Keine Aufgabe passt. Nimm einen Filter weg, oder suche nach weniger.",
        nothing_to_do: "Noch nichts zu tun",
        nothing_to_do_text: "Schreib auf, was dir als Erstes einfällt, und drücke die Eingabetaste.",
        nothing_today: "Heute ist nichts fällig",
        nothing_today_text: "Füge hinzu, was du heute tun willst, oder sieh nach, was als Nächstes kommt.",
        free: "Ein freier Monat",
        free_text: "In den nächsten 31 Tagen ist nichts fällig.",
        trash: "Der Papierkorb ist leer",
        trash_text: "Was du löschst, liegt hier 30 Tage lang und lässt sich zurückholen.",
        board: "Nichts hier",
    },
    filters: FilterTexts {
        search: "Deine Aufgaben durchsuchen",
        filter: "Filtern und ordnen",
        all: "Alle",
        open: "Offen",
        any: "Egal",
        from: "Fällig ab",
        to: "Fällig bis",
        order: "Ordnung",
        sort: |order| match order {
            "-created_at" => "Neueste zuerst",
            "created_at" => "Älteste zuerst",
            "due_date" => "Früh fällige zuerst",
            "-due_date" => "Spät fällige zuerst",
            "-priority" => "Wichtigste zuerst",
            "priority" => "Unwichtigste zuerst",
            "title" => "A bis Z",
            "-title" => "Z bis A",
            "-updated_at" => "Zuletzt geänderte zuerst",
            "updated_at" => "Zuletzt geänderte am Ende",
            _ => "Meine Ordnung",
        },
        on_page: "Auf einer Seite",
        only_overdue: "Nur überfällige",
        archived_too: "Auch archivierte",
    },
    bulk: BulkTexts {
        none: "Wähle zuerst mindestens eine Aufgabe aus.",
        no_date_yet: "Wähle zuerst ein Datum; „Kein Datum“ nimmt es weg.",
        priority_for: "Priorität der ausgewählten",
        set_priority: "Priorität setzen",
        due_for: "Fälligkeit der ausgewählten",
        set_due: "Fälligkeit setzen",
        no_date: "Kein Datum",
        select: "Auswählen",
        selected_tasks: "Ausgewählte Aufgaben",
        all: "Alle",
        picked: |count| format!("{} ausgewählt", grouped(count as u64, '.')),
    },
    detail: DetailTexts {
        close: "Die Aufgabe schließen",
        fetching: "Die Aufgabe wird geholt …",
        added: |at| format!("Hinzugefügt {at}"),
        changed: |at| format!("Geändert {at}"),
        completed: |at| format!("Erledigt {at}"),
        no_date: "kein Datum",
        conflict: |field| match field {
            "title" => "Der Titel wurde anderswo geändert in",
            "description" => "Die Beschreibung wurde anderswo geändert in",
            "status" => "Der Status wurde anderswo geändert in",
            "priority" => "Die Priorität wurde anderswo geändert in",
            _ => "Die Fälligkeit wurde anderswo geändert in",
        },
        mine: "Speichern, was ich geschrieben habe",
        theirs: "Behalten, was da ist",
        delete: "Diese Aufgabe löschen",
        archived: "Diese Aufgabe ist archiviert: Listen und Suchen lassen sie aus, wenn du nicht nach archivierten fragst.",
        in_trash: "Diese Aufgabe liegt im Papierkorb. Nach 30 Tagen wird sie endgültig entfernt.",
    },
    history: HistoryTexts {
        title: "Geschichte",
        did: |action| match action {
            "add" => " hat das hinzugefügt, ",
            "complete" => " hat das erledigt, ",
            "reopen" => " hat das wieder geöffnet, ",
            "archive" => " hat das archiviert, ",
            "move" => " hat das verschoben, ",
            "trash" => " hat das gelöscht, ",
            "restore" => " hat das wiederhergestellt, ",
            _ => " hat das geändert, ",
        },
        field: |field| match field {
            "title" => "Titel",
            "description" => "Beschreibung",
            "status" => "Status",
            "priority" => "Priorität",
            "due_date" => "Fällig",
            "due_time" => "Uhrzeit",
            "archived" => "Wieder im Archiv",
            _ => "Aus dem Archiv geholt",
        },
        older: "Ältere",
    },
    keys: KeyTexts {
        action: |action| match action {
            Action::Add => "Neue Aufgabe",
            Action::Search => "Suchen",
            Action::Palette => "Alles, was geht",
            Action::Help => "Alle Tasten",
            Action::Undo => "Letzte Änderung zurücknehmen",
            Action::Save => "Formular absenden",
            Action::Back => "Schließen oder zurück",
            Action::Today => "Heute",
            Action::Upcoming => "Demnächst",
            Action::All => "Alle Aufgaben",
            Action::Board => "Tafel",
            Action::Trash => "Papierkorb",
            Action::Settings => "Einstellungen",
            Action::Next => "Nächste Aufgabe",
            Action::Previous => "Vorige Aufgabe",
            Action::ColumnBefore => "Spalte links",
            Action::ColumnAfter => "Spalte rechts",
            Action::NextPage => "Nächste Seite",
            Action::PreviousPage => "Vorige Seite",
            Action::Filter => "Filtern und sortieren",
            Action::SelectAll => "Alle auswählen oder keine",
            Action::Open => "Öffnen",
            Action::Select => "Auswählen",
            Action::Done => "Erledigen oder wieder öffnen",
            Action::Start => "Anfangen oder zurücklegen",
            Action::DueToday => "Fällig heute",
            Action::DueTomorrow => "Fällig morgen",
            Action::DueWeek => "Fällig in einer Woche",
            Action::DueDay => "Fällig an einem anderen Tag",
            Action::DueNone => "Ohne Datum",
            Action::Urgent => "Dringend",
            Action::High => "Hohe Priorität",
            Action::Medium => "Mittlere Priorität",
            Action::Low => "Niedrige Priorität",
            Action::Up => "Nach oben",
            Action::Down => "Nach unten",
            Action::Top => "Ganz nach oben",
            Action::Bottom => "Ganz nach unten",
            Action::Left => "In die Spalte links",
            Action::Right => "In die Spalte rechts",
            Action::Menu => "Menü der Aufgabe",
            Action::Delete => "Löschen",
            Action::Restore => "Aus dem Papierkorb holen",
        },
        group: |group| match group {
            Group::Everywhere => "Überall",
            Group::Go => "Gehe zu",
            Group::List => "In einer Liste",
            Group::Task => "Mit einer Aufgabe oder den ausgewählten",
        },
        control: "Strg",
        shift: "Umschalt",
        enter: "Eingabe",
        delete: "Entf",
        or: "oder",
        title: "Tasten",
        mac: "Auf einem Mac tut Cmd, was hier Strg tut.",
        off: "Einzelne Tasten sind gerade ausgeschaltet.",
        turn_off: "Einzelne Tasten ausschalten",
        palette: "Alles, was geht",
        commands: "Befehle",
        ask: "Was willst du tun, oder welche Aufgabe?",
        results: "Ergebnisse",
        none_found: "Nichts gefunden.",
        found: |count| if count == 1 { "1 Ergebnis".to_owned() } else { format!("{count} Ergebnisse") },
        tasks: "Aufgaben",
        selected: |count| format!("{count} ausgewählte Aufgaben"),
        log_in: "Anmelden",
        start: "Startseite",
        security: "Sicherheit",
        tokens: "Schlüssel",
        data: "Deine Daten",
        appearance: "Aussehen",
        accounts: "Konten",
    },
};

const WEEKDAYS: [&str; 7] = ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"];
const MONTHS: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];
const SHORT_MONTHS: [&str; 12] =
    ["Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."];

/// "„Grace anrufen“ wurde", "3 Aufgaben wurden".
fn subject(count: usize, title: &str) -> String {
    match count {
        1 => format!("„{}“ wurde", short(title)),
        _ => format!("{} Aufgaben wurden", grouped(count as u64, '.')),
    }
}

fn past(action: &str) -> &'static str {
    match action {
        "add" => "hinzugefügt",
        "complete" => "erledigt",
        "reopen" => "wieder geöffnet",
        "archive" => "archiviert",
        "move" => "verschoben",
        "trash" => "in den Papierkorb gelegt",
        "restore" => "wiederhergestellt",
        _ => "geändert",
    }
}

fn app(error: &AppError) -> String {
    let said = match error {
        AppError::Invalid(_) => "Sieh dir einige Felder noch einmal an.",
        AppError::Malformed => {
            "Docket hat diese Anfrage nicht verstanden. Lade die Seite neu und versuche es noch einmal."
        }
        AppError::WrongCredentials => "Die E-Mail-Adresse oder das Passwort stimmt nicht.",
        AppError::SecondFactorNeeded => {
            "Dieses Konto fragt nach einem zweiten Schritt. Tippe den Code, den deine App zeigt."
        }
        AppError::WrongCode => {
            "Dieser Code geht nicht. Tippe den, den deine App gerade zeigt, oder einen Ersatzcode, den du noch nicht verwendet hast."
        }
        AppError::FactorRequired => {
            "Dieses Docket verlangt einen zweiten Faktor. Richte in den Einstellungen unter „Sicherheit“ einen ein."
        }
        AppError::CodeNotConfirmed(true) => "Dieser Code geht nicht. Tippe den, den deine App gerade zeigt.",
        AppError::CodeNotConfirmed(false) => "Tippe den Code, den deine App zeigt.",
        AppError::LogInAgain => {
            "Melde dich ab und wieder an, um weiterzumachen: Das braucht eine Anmeldung der letzten 10 Minuten."
        }
        AppError::WrongPasskey => {
            "Dieser Passkey geht hier nicht. Versuche einen anderen, oder melde dich mit dem Passwort an."
        }
        AppError::LastWayIn => {
            "Anders kommst du nicht mehr hinein. Setze zuerst ein Passwort, oder richte einen anderen Weg ein."
        }
        AppError::TooManyTries(seconds) => {
            return format!("Zu viele Versuche. Warte {} und versuche es noch einmal.", waiting(*seconds));
        }
        AppError::WrongPassword => "Das ist nicht dein jetziges Passwort.",
        AppError::NotConfirmed(true) => "Das ist nicht dein Passwort.",
        AppError::NotConfirmed(false) => "Tippe dein Passwort, um weiterzumachen.",
        AppError::DeadLink => {
            "Dieser Link geht nicht mehr: Er gilt einmal, 10 Minuten lang, und ein neuerer beendet ihn. Fordere einen neuen an."
        }
        AppError::AddressTaken => {
            "Diese Adresse gehört inzwischen zu einem anderen Konto. Wähle in deinen Einstellungen eine andere."
        }
        AppError::NotLoggedIn => "Du bist nicht mehr angemeldet. Melde dich an und versuche es noch einmal.",
        AppError::NotFound => "Das gibt es nicht mehr. Lade die Seite neu, um zu sehen, was es gibt.",
        AppError::Conflict(_) => {
            "Das wurde anderswo geändert, während du daran warst. Wähle, was bleiben soll, und speichere noch einmal."
        }
        AppError::Superseded => "Das wurde seither wieder geändert und lässt sich nicht mehr rückgängig machen.",
        AppError::VersionMismatch(_) => {
            "Das wurde geändert, seit du es gelesen hast. Lies es neu und wiederhole, was noch passt."
        }
        AppError::KeyReused => "Eine andere Anfrage hatte diesen Idempotency-Key. Nimm für jede Anfrage einen neuen.",
        AppError::KeyInUse => {
            "Die erste Anfrage mit diesem Idempotency-Key ist noch nicht beantwortet. Versuche es in einer Sekunde noch einmal."
        }
        AppError::RegistrationClosed => {
            "Dieses Docket nimmt keine neuen Konten an. Frage die, die es betreiben, nach einem."
        }
        AppError::Unavailable => "Docket ist gerade ausgelastet. Versuche es in ein paar Sekunden noch einmal.",
        AppError::Unreachable => "Docket ist nicht erreichbar. Prüfe deine Verbindung und versuche es noch einmal.",
        AppError::Internal => {
            "Auf unserer Seite ist etwas schiefgegangen. Versuche es noch einmal; wenn es bleibt, sage es denen, die dieses Docket betreiben."
        }
    };
    said.to_owned()
}

/// "12 Sekunden", "3 Minuten".
fn waiting(seconds: u64) -> String {
    match seconds {
        0 | 1 => "eine Sekunde".to_owned(),
        2..=90 => format!("{seconds} Sekunden"),
        _ => format!("{} Minuten", seconds.div_ceil(60)),
    }
}

fn field(message: &Message) -> String {
    let said = match message {
        Message::Text(error) | Message::Email(EmailError::Text(error)) => return text(error),
        Message::Email(EmailError::Malformed) => "Das ist keine E-Mail-Adresse. Eine sieht aus wie name@example.org.",
        Message::Password(error) => return password(error),
        Message::Calendar(CalendarError::Day) => "Das ist kein Datum. Eines sieht aus wie 2027-01-31.",
        Message::Calendar(CalendarError::Time) => "Das ist keine Uhrzeit. Eine sieht aus wie 17:30.",
        Message::Calendar(CalendarError::TimeAlone) => {
            "Zu einer Uhrzeit gehört ein Datum. Wähle eines, oder nimm die Uhrzeit weg."
        }
        Message::Choice(_) => "Wähle etwas aus der Liste.",
        Message::Token(ChoiceError::NoScope) => "Wähle mindestens eine Sache, die es darf.",
        Message::Token(ChoiceError::OtherScope) => "Ein Schlüssel kann nur haben, was hier angeboten wird.",
        Message::Token(ChoiceError::OtherExpiry) => "Wähle 7, 30, 90 oder 365 Tage, oder ohne Ende.",
        Message::Picture(error) => picture(*error),
        Message::HasAccount => "Zu dieser Adresse gibt es schon ein Konto. Melde dich stattdessen an.",
        Message::OwnAddress => "Das ist schon deine Adresse.",
        Message::OthersAddress => "Diese Adresse gehört zu einem anderen Konto.",
        Message::NoZone => "Das ist keine Zeitzone. Wähle eine aus der Liste.",
        Message::NoTasks => "Wähle zuerst mindestens eine Aufgabe aus.",
        Message::TooManyTasks(most) => return format!("Wähle höchstens {most} Aufgaben auf einmal aus."),
        Message::NoLines => "Es gibt nichts hinzuzufügen.",
        Message::TooManyLines(most) => {
            return format!(
                "Auf einmal lassen sich höchstens {most} Aufgaben hinzufügen. Nimm einige heraus und füge sie danach hinzu."
            );
        }
        Message::TooManyTokens(most) => {
            return format!("Du hast {most} Schlüssel, mehr gehen nicht. Beende einen, den du nicht brauchst.");
        }
        Message::TooManyPasskeys(most) => {
            return format!("Du hast {most} Passkeys, mehr gehen nicht. Entferne einen, den du nicht brauchst.");
        }
        Message::NoPolicy => "Wähle niemand, Admins oder alle.",
        Message::NoGrace => "Das sind ganze Tage, 0 bis 90.",
        Message::LastAdmin => {
            "Du bist der einzige Admin, und andere haben hier Konten. Mache zuerst jemand anderen zum Admin."
        }
        Message::English(text) => text,
    };
    said.to_owned()
}

fn picture(error: PictureError) -> &'static str {
    match error {
        PictureError::Missing => "Wähle zuerst ein Bild.",
        PictureError::Unknown => "Das kann Docket nicht lesen. Wähle ein Bild in PNG, JPEG, WebP oder GIF.",
        PictureError::TooBig => "Diese Datei hat mehr als 4 MB. Wähle eine kleinere.",
        PictureError::TooManyPoints => {
            "Dieses Bild ist zu groß. Höchstens 6.000 Punkte in Breite und Höhe und 25 Megapixel passen."
        }
        PictureError::Damaged => "Dieses Bild ist beschädigt. Wähle ein anderes.",
    }
}

fn text(error: &TextError) -> String {
    match error {
        TextError::Blank => "Das darf nicht leer sein.".to_owned(),
        TextError::TooLong { length, limit } => {
            format!("Das ist {} Zeichen lang; {} passen.", grouped(*length as u64, '.'), grouped(*limit as u64, '.'))
        }
        TextError::Nul => {
            "Das enthält das Zeichen U+0000, das sich nicht speichern lässt. Entferne es und versuche es noch einmal."
                .to_owned()
        }
    }
}

fn password(error: &PasswordError) -> String {
    match error {
        PasswordError::TooShort => format!("Nimm mindestens {} Zeichen.", Password::SHORTEST),
        PasswordError::TooLong => format!("Nimm höchstens {} Zeichen.", Password::LONGEST),
        PasswordError::Weak(habit) => {
            let why = match habit {
                Habit::Short => "Es ist kurz oder verbreitet.",
                Habit::Keys => "Tasten, die nebeneinander liegen, sind leicht zu erraten.",
                Habit::Repeats => "Wiederholungen wie „aaa“ oder „abcabc“ sind leicht zu erraten.",
                Habit::Common => "Es ist verbreitet, oder einem verbreiteten ähnlich.",
                Habit::Sequence => "Folgen wie „abc“ oder „6543“ sind leicht zu erraten.",
                Habit::Date => "Jahre und Daten sind leicht zu erraten.",
                Habit::Word => "Ein Wort allein ist leicht zu erraten.",
                Habit::Name => "Namen sind leicht zu erraten.",
            };
            format!("Zu leicht zu erraten: {why} Ein paar Wörter, die nicht zusammengehören, sind schwer zu erraten.")
        }
    }
}
