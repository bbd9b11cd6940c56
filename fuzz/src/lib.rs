//! What has to be true of every parser that reads what others send, whatever they send. Each property takes any bytes and panics where it
//! isn't true: libFuzzer looks for such bytes (`make fuzz`), and `tests/it/parsers.rs` tries what it has found before (`fuzz/corpus`).
//!
//! A parser is reached by the nearest function that is public anyway. What needs a database isn't here: cursors, CSV and bodies of the API
//! are tried over HTTP (`tests/it/parsers.rs`, `make api-fuzz`).

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    str::FromStr,
    sync::{Arc, OnceLock},
};

use axum::{
    extract::ConnectInfo,
    http::{Extensions, HeaderMap, HeaderName, HeaderValue},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use docket::{
    domain::{
        account::{Email, Name, Password},
        calendar::{Day, Due, Moment, WallTime},
        change::Place,
        factor::{self, PasskeyName},
        id::TaskId,
        language::Language,
        path,
        position::Position,
        preferences::Preferences,
        query::{SIZES, Sort, TEXT_LIMIT, View},
        quick::{self, DateOrder, Tongue},
        scope::Scopes,
        task::{Description, TaskDraft, Title, TypedTask},
        token::{Expiry, TokenName, parse_scopes},
    },
    server::{
        auth::{jwt::Claims, tokens::Secret},
        backup::check,
        client,
        config::{Config, SETTINGS, Settings},
        pictures::Painter,
        providers::Provider,
        request::client_of,
        secrets::SecretKey,
        store::mail,
    },
    ui::escape::{area_text, title_text},
};
use hydration_context::SsrSharedContext;
use ipnet::IpNet;
use jiff::Timestamp;
use leptos::prelude::Owner;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tower_sessions::session::{Id, Record};
use url::Url;
use uuid::Uuid;
use webauthn_rs::prelude::{PublicKeyCredential, RegisterPublicKeyCredential, Webauthn, WebauthnBuilder};

/// A property and its name, which is that of its target and of its folder in `corpus`.
pub type Property = (&'static str, fn(&[u8]));

/// All of them.
pub const ALL: [Property; 17] = [
    ("account", account),
    ("backup", backup),
    ("calendar", calendar),
    ("config", config),
    ("escape", escape),
    ("forwarded", forwarded),
    ("jwt", jwt),
    ("passkey", passkey),
    ("path", path),
    ("picture", picture),
    ("position", position),
    ("preferences", preferences),
    ("query", query),
    ("quick", quick),
    ("session", session),
    ("task", task),
    ("token", token),
];

fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// The first byte, to choose by, and the rest as text.
fn choice(data: &[u8]) -> Option<(usize, &str)> {
    let (first, rest) = data.split_first()?;
    Some((usize::from(*first), text(rest)?))
}

/// One of these.
fn pick<T: Copy>(from: &[T], choice: usize) -> T {
    from[choice % from.len()]
}

/// Addresses, names and passwords: what is kept is what would be kept of it again, and fits its column.
pub fn account(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Ok(email) = Email::parse(text) {
        let kept = email.as_str();
        assert_eq!(Email::parse(kept).as_ref(), Ok(&email), "another account the second time: {kept:?}");
        assert!(kept.chars().count() <= Email::LIMIT && kept.matches('@').count() == 1, "{kept:?}");
        assert!(!kept.chars().any(|letter| letter.is_control() || letter.is_whitespace()), "{kept:?}");
    }
    for (limit, parsed) in [
        (Name::LIMIT, Name::parse(text).map(|name| name.as_str().to_owned())),
        (TokenName::LIMIT, TokenName::parse(text).map(|name| name.as_str().to_owned())),
        (PasskeyName::LIMIT, PasskeyName::parse(text).map(|name| name.as_str().to_owned())),
    ] {
        let Ok(kept) = parsed else { continue };
        assert!((1..=limit).contains(&kept.chars().count()) && !kept.contains('\0'), "{kept:?}");
        assert_eq!(kept, text.trim());
    }
    if let Ok(password) = Password::parse(text) {
        assert_eq!(password.as_bytes(), text.as_bytes(), "a password is taken as it is typed");
        assert!((Password::SHORTEST..=Password::LONGEST).contains(&text.chars().count()));
        assert_eq!(format!("{password:?}"), "Password(…)");
    }
}

/// What a form or a program sends of a task, field by field in lines: what is kept can be sent again and is the same.
pub fn task(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut lines = text.splitn(6, '\n').map(str::to_owned);
    let mut next = || lines.next().unwrap_or_default();
    // The last one may have lines itself.
    let (title, status, priority, due_date, due_time, description) = (next(), next(), next(), next(), next(), next());
    let typed = TypedTask { title, description, status, priority, due_date, due_time };
    match TaskDraft::parse(&typed) {
        Ok(draft) => {
            assert_eq!(TaskDraft::parse(&draft.typed()).as_ref(), Ok(&draft), "{typed:?}");
            let wire = serde_json::to_string(&draft.title).unwrap();
            assert_eq!(serde_json::from_str::<Title>(&wire).unwrap(), draft.title);
            assert!((1..=Title::LIMIT).contains(&draft.title.as_str().chars().count()));
            let description = draft.description.as_ref().map_or("", Description::as_str);
            assert!(description.chars().count() <= Description::LIMIT && !description.contains("\r\n"));
            assert!(!description.contains('\0') && !draft.title.as_str().contains('\0'));
        }
        Err(error) => assert_eq!(error.status(), 422, "{error:?}"),
    }
    let many = vec![typed; 3];
    assert_eq!(TaskDraft::parse_all(&many).is_ok(), TaskDraft::parse(&many[0]).is_ok());
    if let Some(place) = Place::parse(text) {
        assert_eq!(Place::parse(&place.text()), Some(place));
    }
}

/// Days, times, and both: what is written is read, and there is one way to write each.
pub fn calendar(data: &[u8]) {
    if let Some((days, rest)) = data.split_first_chunk() {
        let days = i64::from_be_bytes(*days);
        for day in [Day::FIRST, Day::LAST].into_iter().chain(text(rest).and_then(|text| Day::parse(text).ok())) {
            let other = day.plus(days);
            assert!((Day::FIRST..=Day::LAST).contains(&other));
            assert!(other.since(day) == days || [Day::FIRST, Day::LAST].contains(&other), "{day} {days}");
            let noon = Moment { day, time: WallTime::parse("12:00").unwrap() };
            let later = noon.later(days);
            assert!((later.day, later.time) >= (day, noon.time) || later.day == Day::LAST, "{noon:?} {days}");
        }
    }
    let Some(text) = text(data) else { return };
    if let Ok(day) = Day::parse(text) {
        assert_eq!(day.to_string(), text);
        assert!(day.weekday() < 7 && day.month() < 12);
        assert_eq!(serde_json::from_str::<Day>(&json!(text).to_string()).unwrap(), day);
    }
    if let Ok(time) = WallTime::parse(text) {
        assert_eq!(WallTime::parse(&time.to_string()), Ok(time));
        assert!(text.starts_with(&time.to_string()));
    }
    let (day, time) = text.split_once(' ').unwrap_or((text, ""));
    if let Ok(Some(due)) = Due::parse(day, time) {
        let time = due.time.map(|time| time.to_string()).unwrap_or_default();
        assert_eq!(Due::parse(&due.day.to_string(), &time), Ok(Some(due)));
    }
}

/// The line for a new task: nothing of it gets lost, and what is to stay text does.
pub fn quick(data: &[u8]) {
    let Some((choice, line)) = choice(data) else { return };
    let tongue =
        pick(&[Tongue::German, Tongue::English(DateOrder::DayMonth), Tongue::English(DateOrder::MonthDay)], choice);
    let day = Day::parse("2026-11-22").unwrap().plus(i64::try_from(choice / 3).unwrap());
    let now = Moment { day, time: WallTime::parse("16:30").unwrap() };
    let mut kept: Vec<String> = Vec::new();
    // Each round one phrase more is to stay text; a line has fewer than bytes.
    for _ in 0..=line.len() {
        let read = quick::read(line, now, tongue, &kept);
        let mut end = 0;
        for span in &read.spans {
            assert!(span.range.start >= end && span.range.start < span.range.end, "{line:?} {:?}", read.spans);
            end = span.range.end;
            let phrase = quick::bare(&line[span.range.clone()]);
            assert!(!kept.iter().any(|kept| kept == phrase), "{phrase:?} was to stay text in {line:?}");
        }
        let said = [read.due_date.is_some(), read.due_time.is_some(), read.priority.is_some()];
        assert!(read.due_date.is_some() || read.due_time.is_none(), "a time without a day: {line:?}");
        assert!(!read.spans.is_empty() || said == [false; 3], "{line:?}");
        assert!(read.spans.len() <= 3, "{line:?}");
        assert_eq!(read.title.trim().is_empty(), line.trim().is_empty(), "a title is never blank: {line:?}");
        assert_eq!(read.title, read.title.trim());
        // What stays is what isn't taken, but for blanks.
        let letters = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).count();
        let left: usize =
            letters(line) - read.spans.iter().map(|span| letters(&line[span.range.clone()])).sum::<usize>();
        assert_eq!(letters(&read.title), left, "{line:?} {:?}", read.title);
        let Some(span) = read.spans.first() else {
            assert_eq!(read.title, line.trim());
            break;
        };
        kept.push(quick::bare(&line[span.range.clone()]).to_owned());
    }
    let lines = quick::lines(line);
    for line in &lines {
        assert!(!line.trim().is_empty() && line == line.trim() && !line.contains('\n'), "{line:?}");
    }
    assert!(quick::fitting(&lines) <= lines.len().min(quick::MOST));
}

/// The URL of a list: what is understood of it is written as a URL that is understood the same.
pub fn query(data: &[u8]) {
    let Some((choice, query)) = choice(data) else { return };
    let path = pick(&["/tasks", "/today", "/upcoming", "/trash", "/board", "/tasks", "/tasks", "/else"], choice);
    let Some(view) = View::parse(path, query) else { return assert_eq!(path, "/else") };
    assert_eq!(view.page(), path);
    let url = view.url();
    let (page, rest) = url.split_once('?').unwrap_or((&url, ""));
    assert_eq!(View::parse(page, rest).as_ref(), Some(&view), "{query:?} is written as {url}");
    assert!(url.is_ascii() && path::local_path(&url).is_some(), "{url}");
    let now = Moment { day: Day::LAST, time: WallTime::parse("23:59").unwrap() };
    let tasks = view.query(now);
    assert!(SIZES.contains(&tasks.size) && tasks.text.chars().count() <= TEXT_LIMIT && !tasks.text.contains('\0'));
    let order = tasks.order();
    assert_eq!(Sort::parse(&order.text()), Some(order));
    assert_eq!(view.at(None).at(None), view.at(None));
    assert!(tasks.with_archive().archived && tasks.with_archive().cursor.is_none());
}

/// Personal access tokens, codes of mails and apps, keys, scopes: only what is one passes, and prints nothing.
pub fn token(data: &[u8]) {
    static KEY: OnceLock<SecretKey> = OnceLock::new();
    const GOOD: &str = "dkt_00000000000000000000000000000000000000000002CZclj";
    let Some(text) = text(data) else { return };
    if let Some(secret) = Secret::parse(text) {
        assert_eq!(secret.as_str(), text);
        assert!(text.len() == 53 && text.is_ascii() && text.ends_with(secret.hint()));
        assert!(!format!("{secret:?}").contains(secret.hint()));
    }
    // One character of a good one is another.
    assert!(Secret::parse(GOOD).is_some());
    if let [place, other, ..] = data
        && other.is_ascii_graphic()
    {
        let place = usize::from(*place) % GOOD.len();
        let mut typo = GOOD.to_owned();
        typo.replace_range(place..=place, char::from(*other).encode_utf8(&mut [0; 4]));
        assert!(typo == GOOD || Secret::parse(&typo).is_none(), "{typo}");
    }
    if let Some(code) = mail::Code::parse(text) {
        assert!(code.as_str().len() == 64 && mail::Code::parse(code.as_str()).as_ref() == Some(&code));
        assert_eq!(code.hash().len(), 32);
    }
    match factor::Code::parse(text) {
        Some(factor::Code::App(code)) => assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit())),
        Some(factor::Code::Backup(code)) => {
            assert_eq!(code.len(), factor::Code::BACKUP_LENGTH);
            assert!(factor::Code::parse(&code) == Some(factor::Code::Backup(code.clone())), "{code}");
        }
        None => {}
    }
    if SecretKey::parse(text).is_some() {
        assert_eq!(BASE64_STANDARD.decode(text.trim()).unwrap().len(), 32);
    }
    if let Some(scopes) = Scopes::parse(text) {
        assert_eq!(Scopes::parse(&scopes.to_string()), Some(scopes));
        let names: Vec<_> = scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
        assert!(parse_scopes(&names).is_ok() != (names.is_empty() || names.iter().any(|name| name == "account:write")));
    }
    if let Ok(expiry) = Expiry::parse(text) {
        assert_eq!(expiry.value(), text.trim());
    }
    // What somebody sealed elsewhere, or changed, doesn't open.
    let key = KEY.get_or_init(|| SecretKey::new(&[7; 32]).unwrap());
    assert!(key.open("totp 1", data).is_err());
}

/// Tokens that are signed: what is read of one is true of it, and only what was signed is proven. Lines are its parts before they are encoded.
pub fn jwt(data: &[u8]) {
    const ISSUER: &str = "https://docket.example.org";
    const PUBLIC: &str = "EpzGt7ZUdcaWu6UHbAmf7Wu4zpBXcGxLHTzNM33gb58";
    const SIGNED: &str = include_str!("../corpus/jwt/signed");
    let Some(text) = text(data) else { return };
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    let public = BASE64_URL_SAFE_NO_PAD.decode(PUBLIC).unwrap();
    let lines: Vec<_> = text.splitn(3, '\n').map(|part| BASE64_URL_SAFE_NO_PAD.encode(part)).collect();
    let mut typo = SIGNED.to_owned();
    if let [high, low, other, ..] = data
        && other.is_ascii_graphic()
    {
        let place = usize::from(u16::from_be_bytes([*high, *low])) % SIGNED.len();
        typo.replace_range(place..=place, char::from(*other).encode_utf8(&mut [0; 4]));
    }
    for token in [SIGNED, &typo, text, &lines.join(".")] {
        let read = Claims::read(token, ISSUER, now);
        assert!(read.is_some() || token != SIGNED);
        let Some((kid, claims)) = read else { continue };
        assert!(kid.len() == 43 && kid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        let payload = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        let said: Value = serde_json::from_slice(&payload).unwrap();
        assert!(said["iss"] == ISSUER && said["aud"] == "docket-api", "{said}");
        assert!(said["exp"].as_i64().is_some_and(|until| until > now.as_second()), "{said}");
        assert_eq!(said["sub"].as_str().and_then(|user| user.parse().ok()), Some(claims.sub.0), "{said}");
        if claims.root().is_some() {
            assert_ne!(said["sid"].is_string(), said["tid"].is_string(), "{said}");
        }
        assert_eq!(claims.proven(token, ISSUER, &public).is_some(), token == SIGNED, "{token}");
        assert!(claims.proven(token, "https://elsewhere.example.org", &public).is_none());
    }
}

/// The cookie of a session, and the record that it leads to.
pub fn session(data: &[u8]) {
    if let Some(text) = text(data)
        && let Ok(id) = Id::from_str(text)
    {
        assert_eq!(Id::from_str(&id.to_string()).ok(), Some(id), "{text}");
        assert!(id.to_string().len() == 22, "{id}");
    }
    if let Ok(record) = rmp_serde::from_slice::<Record>(data) {
        let written = rmp_serde::to_vec(&record).unwrap();
        assert_eq!(rmp_serde::from_slice::<Record>(&written).ok(), Some(record));
    }
}

/// Who asks: only our own proxies say, and the network and the device are of bounded size.
pub fn forwarded(data: &[u8]) {
    static CONFIG: OnceLock<Config> = OnceLock::new();
    const PEERS: [&str; 6] = ["10.0.0.1", "192.0.2.1", "::1", "2001:db8::1", "::ffff:10.0.0.2", "::ffff:192.0.2.2"];
    let Some((choice, header)) = choice(data) else { return };
    let proxies: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
    let trusted = |address: IpAddr| proxies.iter().any(|network| network.contains(&address));
    let peer: IpAddr = pick(&PEERS, choice).parse().unwrap();
    let lines: Vec<_> = header.split('\n').collect();
    let origin = client::origin(peer, &lines, &proxies);
    let said: Vec<_> = lines.iter().flat_map(|line| line.split(',')).map(str::trim).collect();
    // From behind: the first that is no proxy of ours, as long as each is an address.
    let mut expected = peer.to_canonical();
    for hop in said.iter().rev() {
        match hop.parse::<IpAddr>() {
            Ok(hop) if trusted(expected) => expected = hop.to_canonical(),
            _ => break,
        }
    }
    assert_eq!(origin, expected, "{header:?}");
    assert!(trusted(peer.to_canonical()) || origin == peer.to_canonical(), "{header:?} was believed");
    let network = client::network(origin);
    assert_eq!(client::network(network), network);
    let device = client::device(Some(header));
    assert!(!device.is_empty() && device.chars().count() <= 60, "{device:?}");
    let Ok(value) = HeaderValue::from_str(header) else { return };
    let config = CONFIG.get_or_init(|| {
        let flags = [("DOCKET_TRUSTED_PROXIES".to_owned(), "10.0.0.0/8, ::1".to_owned())];
        Config::new(&Settings::gather(&nowhere(), &flags).unwrap(), &nowhere()).unwrap()
    });
    let headers: HeaderMap = ["x-forwarded-for", "user-agent", "forwarded"]
        .into_iter()
        .map(|name| (HeaderName::from_static(name), value.clone()))
        .collect();
    let mut extensions = Extensions::new();
    extensions.insert(ConnectInfo(SocketAddr::new(peer, 1)));
    let client = client_of(&headers, &extensions, config);
    // A header that isn't ASCII is as if it weren't there.
    let whole = value.to_str().map_or(&[][..], |_| &lines[..]);
    assert_eq!(client.ip_address, Some(client::origin(peer, whole, &proxies)));
    assert!(client.user_agent.is_none_or(|agent| agent.chars().count() <= 500));
}

fn nowhere() -> PathBuf {
    PathBuf::from("/nowhere/docket")
}

/// Settings, files with settings, and providers: what doesn't work is one sentence, and no secret is in it.
pub fn config(data: &[u8]) {
    const CANARY: &str = "hunter2canary";
    let Some((name, value)) = text(data).and_then(|text| text.split_once('=')) else { return };
    if value.contains(CANARY) || name.contains(CANARY) {
        return;
    }
    let setting = SETTINGS.iter().find(|setting| setting.name == name);
    // What may hold a secret may hold it anywhere.
    let secret = if setting.is_some_and(|setting| setting.secret) { CANARY } else { "" };
    let flags = [
        ("DOCKET_MAIL_FROM".to_owned(), "docket@example.org".to_owned()),
        (name.to_owned(), format!("{value}{secret}")),
    ];
    match Settings::gather(&nowhere(), &flags).and_then(|settings| Config::new(&settings, &nowhere())) {
        Ok(config) => {
            let site = Url::parse(&config.site()).unwrap();
            assert!(matches!(site.scheme(), "http" | "https") && !config.site().ends_with('/'), "{site}");
            assert!(config.security_contact.is_none_or(|contact| !contact.as_str().contains(['\r', '\n'])));
            assert!(!format!("{:?} {:?} {:?}", config.mail, config.secret_key, config.providers).contains(CANARY));
        }
        Err(error) => {
            let error = error.to_string();
            assert!(!error.contains(CANARY), "{error}");
            assert!(error.contains(name), "{name}: {error}");
        }
    }
    if let Ok(providers) = Provider::parse_all(value) {
        for provider in providers {
            let issuer = Url::parse(&provider.issuer).unwrap();
            assert!(issuer.scheme() == "https" || issuer.host_str().is_some(), "{issuer}");
            assert!(!provider.key.is_empty() && provider.key.is_ascii() && !provider.name.is_empty());
        }
    }
    // Files, whose last line is right and secret.
    for (file, line) in [
        ("Leptos.toml", "\nDATABASE_URL = \"postgres://docket:hunter2canary@127.0.0.1/docket\"\n"),
        (".env", "\nDATABASE_URL=postgres://docket:hunter2canary@127.0.0.1/docket\n"),
    ] {
        let folder = scratch();
        let file = folder.join(file);
        std::fs::write(&file, format!("{name}={value}{line}")).unwrap();
        let gathered = Settings::gather(&folder, &[]).and_then(|settings| Config::new(&settings, &folder));
        std::fs::remove_file(&file).unwrap();
        if let Err(error) = gathered {
            assert!(!error.to_string().contains(CANARY), "{error}");
        }
    }
}

/// A folder of this process's own.
fn scratch() -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let make = || {
        let folder = std::env::temp_dir().join(format!("docket-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    };
    FOLDER.get_or_init(make).clone()
}

/// Text that Docket escapes itself: nothing of it ends the element that it stands in, and a browser reads it as it was.
pub fn escape(data: &[u8]) {
    let Some(text) = text(data) else { return };
    // As on the server: in a browser there is nothing to escape.
    let server = Owner::new_root(Some(Arc::new(SsrSharedContext::new())));
    server.with(|| escaped(text));
}

fn escaped(text: &str) {
    for shown in [title_text(text.to_owned()), area_text(text.to_owned())] {
        assert!(!shown.contains('<'), "{shown:?}");
        // Each ampersand is one of ours.
        let bare = shown.replace("&amp;", "").replace("&lt;", "");
        assert!(!bare.contains('&'), "{shown:?}");
    }
    let read = |shown: &str| shown.replace("&lt;", "<").replace("&amp;", "&");
    assert_eq!(read(&title_text(text.to_owned())), text);
    let area = read(&area_text(text.to_owned()));
    // HTML drops a line break that a textarea begins with.
    assert_eq!(area.strip_prefix('\n').unwrap_or(&area), text);
}

/// Where to go next: on this site, whatever a browser makes of it.
pub fn path(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let site = Url::parse("https://todo.example.org/login").unwrap();
    if let Some(path) = path::local_path(text) {
        let there = site.join(path).unwrap();
        assert_eq!(there.origin(), site.origin(), "{path:?} leads to {there}");
    }
    let login = path::login_path(text);
    assert!(path::local_path(&login).is_some(), "{login}");
    let (_, query) = login.split_once('?').unwrap();
    assert_eq!(path::value(query, "next").as_deref(), Some(text));
}

/// Preferences in a cookie, and what a browser asks for.
pub fn preferences(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let preferences = Preferences::parse(text);
    let cookie = preferences.to_string();
    assert_eq!(Preferences::parse(&cookie), preferences, "{text:?}");
    assert!(cookie.is_ascii() && cookie.len() < 100 && !cookie.contains([';', ',', ' ', '"', '\\']), "{cookie}");
    let language = Language::accepted(text);
    assert_eq!(Language::parse(language.tag()), Some(language));
    let _ = DateOrder::accepted(text);
}

/// The manual order: whatever is moved where, one after the other, each stands where it was put.
pub fn position(data: &[u8]) {
    let mut order: Vec<Position> = Vec::new();
    for (number, step) in data.chunks_exact(2).take(200).enumerate() {
        let id = TaskId(Uuid::from_u128(u128::from_be_bytes([step[1]; 16]) ^ u128::try_from(number).unwrap()));
        let at = usize::from(step[0]) % (order.len() + 1);
        let (above, below) = (at.checked_sub(1).map(|at| &order[at]), order.get(at));
        let place = Position::of_moved(id, above, below);
        assert!(above.is_none_or(|above| *above < place), "{above:?} {place:?}");
        assert!(below.is_none_or(|below| place < *below), "{place:?} {below:?}");
        assert!(place.as_str().len() < 1_000, "{place:?}");
        order.insert(at, place);
    }
}

/// Backups of others: nothing that isn't sealed is sound, and of what is, too, each table has the rows and the sum that it says.
pub fn backup(data: &[u8]) {
    let file = scratch().join("backup");
    std::fs::write(&file, data).unwrap();
    assert!(check(&file).is_err(), "nobody has sealed this");
    // As somebody would who knows how: the seal is a block of gzip with the sum of all before it.
    let mut sealed = gzip(data);
    let seal = gzip(format!("docket backup sha256 {:x}\n", Sha256::digest(&sealed)).as_bytes());
    sealed.extend(seal);
    std::fs::write(&file, &sealed).unwrap();
    if let Ok(checked) = check(&file) {
        assert_eq!(checked.sums.len(), checked.header.tables.len());
        let rows: u64 = checked.sums.iter().map(|sum| sum.rows).sum();
        assert!(rows <= u64::try_from(data.len()).unwrap(), "{rows} rows in {} bytes", data.len());
        assert_eq!(checked.sha256[..], Sha256::digest(&sealed)[..]);
    }
}

/// A member of gzip with one block of bytes as they are (RFC 1951, section 3.2.4).
fn gzip(data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
    let data = &data[..usize::from(length)];
    let mut crc = flate2::Crc::new();
    crc.update(data);
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    bytes.extend(length.to_le_bytes());
    bytes.extend((!length).to_le_bytes());
    bytes.extend(data);
    bytes.extend(crc.sum().to_le_bytes());
    bytes.extend(u32::from(length).to_le_bytes());
    bytes
}

/// Passkeys: what no device of the account has signed lets nobody in.
pub fn passkey(data: &[u8]) {
    static SITE: OnceLock<Webauthn> = OnceLock::new();
    let site = SITE.get_or_init(|| {
        let url = Url::parse("http://localhost").unwrap();
        WebauthnBuilder::new("localhost", &url).unwrap().build().unwrap()
    });
    if let Ok(credential) = serde_json::from_slice::<PublicKeyCredential>(data) {
        let (_, asked) = site.start_discoverable_authentication().unwrap();
        let _ = site.identify_discoverable_authentication(&credential);
        #[allow(deprecated, reason = "the newer one takes a credential, and here is none")]
        let answer = site.finish_discoverable_authentication(&credential, asked, &[]);
        assert!(answer.is_err());
    }
    if let Ok(credential) = serde_json::from_slice::<RegisterPublicKeyCredential>(data) {
        let (_, asked) = site.start_passkey_registration(Uuid::nil(), "ada", "ada", None).unwrap();
        assert!(site.finish_passkey_registration(&credential, &asked).is_err(), "for a challenge of before");
    }
}

/// Pictures: what is kept is drawn anew, small, and a picture.
pub fn picture(data: &[u8]) {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap());
    match runtime.block_on(Painter::new(1).paint(data.to_vec())) {
        Ok(picture) => {
            let format = image::guess_format(&picture.bytes).unwrap();
            assert_eq!(picture.content_type, format.to_mime_type());
            let drawn = image::load_from_memory(&picture.bytes).unwrap();
            assert_eq!((drawn.width(), drawn.height()), (256, 256));
            assert!(picture.bytes.len() < 400_000 && picture.hash.len() == 64);
            assert!(!picture.bytes.windows(4).any(|part| part == b"Exif"), "where it was taken is kept");
        }
        Err(error) => assert_eq!(error.status(), 422, "{error:?}"),
    }
}
