//! Settings: `Leptos.toml`, then `.env`, then the environment, then flags; each wins over the one before.
//!
//! A setting has one name everywhere. [`SETTINGS`] is the list of them all, and `docket config` prints it.

use std::{
    collections::BTreeMap,
    fmt, io,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use ipnet::IpNet;
use sqlx::postgres::PgConnectOptions;
use thiserror::Error;
use url::Url;

use super::{embedded, providers::Provider, secrets::SecretKey, smtp::MailServer};

/// What there is to set.
#[derive(Debug)]
pub struct Setting {
    /// The name of the environment variable, of the key in `Leptos.toml`, and after `--set`.
    pub name: &'static str,
    /// In force when nobody sets it; empty for "not set".
    pub default: &'static str,
    /// Whether its value may hold a password.
    pub secret: bool,
    /// What it does, in a line.
    pub help: &'static str,
}

const fn setting(name: &'static str, default: &'static str, help: &'static str) -> Setting {
    Setting { name, default, secret: false, help }
}

const fn secret(name: &'static str, help: &'static str) -> Setting {
    Setting { name, default: "", secret: true, help }
}

/// Every setting.
pub const SETTINGS: &[Setting] = &[
    setting("LEPTOS_SITE_ADDR", "127.0.0.1:3000", "address and port to listen on; port 0 takes a free one"),
    setting("LEPTOS_SITE_ROOT", "target/site", "folder with the browser's files, as cargo-leptos builds it"),
    setting("LEPTOS_HASH_FILES", "false", "whether those files have hashed names (release builds)"),
    setting("LEPTOS_RELOAD_PORT", "3001", "port of cargo-leptos's live reload, in development"),
    secret("DATABASE_URL", "PostgreSQL to use; without it, a private one is run"),
    secret("DATABASE_URL_DIRECT", "the same, not through a pooler, for migrations; defaults to DATABASE_URL"),
    secret("DATABASE_URL_REPLICA", "a streaming replica of it, which lists and search are read from"),
    setting("DATABASE_POOL_SIZE", "10", "most connections at a time"),
    setting("DATABASE_ACQUIRE_TIMEOUT", "2", "seconds a request waits for a connection before it gets a 503"),
    setting("DATABASE_RECYCLE", "300", "seconds after which a connection is replaced"),
    setting("DATABASE_STATEMENT_TIMEOUT", "5", "seconds a statement may take"),
    setting("DATABASE_CONNECT_TIMEOUT", "60", "seconds a start waits for a cold database"),
    setting("DOCKET_DATA_DIR", "", "folder of the private PostgreSQL; `.docket` unless set"),
    setting(
        "DOCKET_PUBLIC_URL",
        "",
        "where people reach Docket, such as https://todo.example.org; https makes cookies Secure",
    ),
    setting(
        "DOCKET_TRUSTED_PROXIES",
        "",
        "networks of your own proxies, such as 10.0.0.0/8, ::1; they say in X-Forwarded-For who asks",
    ),
    secret(
        "DOCKET_SMTP_URL",
        "mail server, such as smtps://user:password@mail.example.org; without it, mail is logged",
    ),
    setting("DOCKET_MAIL_FROM", "", "sender of mail, such as docket@example.org or Docket <docket@example.org>"),
    secret(
        "DOCKET_SECRET_KEY",
        "32 random bytes in base64 that seal what the database must not show; without it, a file in the data folder",
    ),
    secret(
        "DOCKET_PROVIDERS",
        "other providers that people sign in by (OpenID Connect), as JSON; `docs/operations.md` has an example",
    ),
    setting("DOCKET_REGISTRATION", "open", "who may make an account: open or closed"),
    setting(
        "DOCKET_SECURITY_CONTACT",
        "",
        "whom to tell of a hole, such as mailto:security@example.org; shown in /.well-known/security.txt",
    ),
    setting("DOCKET_API_LIMIT", "600", "requests to the API a minute for each caller; 0: any number"),
    setting("DOCKET_ARCHIVE_DAYS", "365", "days after which a completed task is archived; 0: never"),
    setting("DOCKET_AUDIT_DAYS", "0", "days after which the audit log forgets, 30 or more; 0: never"),
    setting(
        "DOCKET_METRICS_ADDR",
        "",
        "address and port for Prometheus, such as 127.0.0.1:9464; without it, nobody can ask",
    ),
    setting("DOCKET_STOP_DELAY", "0", "seconds that a stop waits, with /readyz 503, for a balancer to notice"),
    setting("DOCKET_STOP_TIMEOUT", "10", "seconds that requests get to finish when Docket stops"),
    setting("RUST_LOG", "info", "what is logged (tracing-subscriber's filter syntax)"),
];

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nobody set it.
    Default,
    /// `Leptos.toml`.
    File,
    /// `.env`.
    DotEnv,
    /// The environment.
    Environment,
    /// `--set`.
    Flag,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Default => "default",
            Self::File => "Leptos.toml",
            Self::DotEnv => ".env",
            Self::Environment => "environment",
            Self::Flag => "flag",
        })
    }
}

/// Why the settings don't work. One sentence that says what to change.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// A value doesn't fit.
    #[error("{name}={value} (from {origin}) does not work: {reason}.")]
    Value {
        /// The setting.
        name: &'static str,
        /// What was set; hidden for secrets.
        value: String,
        /// Where.
        origin: Source,
        /// What would work.
        reason: String,
    },
    /// There is no such setting.
    #[error("There is no setting {name} ({origin}); `docket config` lists them.")]
    Unknown {
        /// What was set.
        name: String,
        /// Where.
        origin: Source,
    },
    /// A file can't be read or isn't in its format.
    #[error("{file} can't be read: {reason}")]
    File {
        /// Which.
        file: &'static str,
        /// Why.
        reason: String,
    },
}

/// Values and where they come from, not yet looked at.
#[derive(Clone, Debug)]
pub struct Settings(BTreeMap<&'static str, (String, Source)>);

impl Settings {
    /// Gathers them for a Docket that runs in `folder`.
    pub fn gather(folder: &Path, flags: &[(String, String)]) -> Result<Self, ConfigError> {
        let mut settings = Self(BTreeMap::new());
        if std::env::var_os("LEPTOS_WATCH").is_some() {
            // In development, as the seeds have it.
            settings.set("DATABASE_POOL_SIZE", "5".to_owned(), Source::Default)?;
        }
        for (name, value) in read_toml(&folder.join("Leptos.toml"))? {
            settings.set(&name, value, Source::File)?;
        }
        let dot_env = read_dot_env(&folder.join(".env"))?;
        for setting in SETTINGS {
            // An empty variable is one that is not set; only a flag takes a value away.
            let written = |value: &String| !value.trim().is_empty();
            if let Some(value) = dot_env.get(setting.name).filter(|value| written(value)) {
                settings.set(setting.name, value.clone(), Source::DotEnv)?;
            }
            if let Some(value) = std::env::var(setting.name).ok().filter(written) {
                settings.set(setting.name, value, Source::Environment)?;
            }
        }
        for (name, value) in flags {
            settings.set(name, value.clone(), Source::Flag)?;
        }
        Ok(settings)
    }

    fn set(&mut self, name: &str, value: String, source: Source) -> Result<(), ConfigError> {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) else {
            return Err(ConfigError::Unknown { name: name.to_owned(), origin: source });
        };
        self.0.insert(setting.name, (value, source));
        Ok(())
    }

    /// The value in force and its source.
    pub fn get(&self, setting: &Setting) -> (&str, Source) {
        let value = self.0.get(setting.name);
        value
            .filter(|(value, _)| !value.trim().is_empty())
            .map_or((setting.default, Source::Default), |(value, source)| (value.trim(), *source))
    }

    /// The value of a setting in the form that `parse` makes of it; `None` when it is not set and has no default.
    fn parse<T>(&self, name: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<Option<T>, ConfigError> {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) else {
            return Err(ConfigError::Unknown { name: name.to_owned(), origin: Source::Default });
        };
        let (text, origin) = self.get(setting);
        if text.is_empty() {
            return Ok(None);
        }
        let fail = |reason| {
            let value = if setting.secret { "…".to_owned() } else { text.to_owned() };
            ConfigError::Value { name: setting.name, value, origin, reason }
        };
        parse(text).map(Some).map_err(fail)
    }

    fn need<T>(&self, name: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<T, ConfigError> {
        self.parse(name, parse)?.ok_or_else(|| ConfigError::Unknown { name: name.to_owned(), origin: Source::Default })
    }

    /// A number of days, `least` or more; `None` for 0.
    fn days(&self, name: &str, least: u32) -> Result<Option<u32>, ConfigError> {
        self.need(name, |text| match text.parse() {
            Ok(0) => Ok(None),
            Ok(days) if (least..=36_500).contains(&days) => Ok(Some(days)),
            _ => Err(format!("it takes whole days, {least} to 36500, or 0 for never")),
        })
    }

    fn seconds(&self, name: &str) -> Result<Duration, ConfigError> {
        self.need(name, |text| match text.parse() {
            Ok(seconds @ 1..=86_400) => Ok(Duration::from_secs(seconds)),
            _ => Err("it takes whole seconds, 1 to 86400".to_owned()),
        })
    }
}

fn read_toml(file: &Path) -> Result<Vec<(String, String)>, ConfigError> {
    let fail = |reason: String| ConfigError::File { file: "Leptos.toml", reason };
    let text = match std::fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        result => result.map_err(|error| fail(error.to_string()))?,
    };
    // Not the whole error: it quotes the line, and that may hold a password.
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| fail(error.message().to_owned()))?;
    let text = |(name, value)| match value {
        toml::Value::String(text) => Ok((name, text)),
        toml::Value::Integer(number) => Ok((name, number.to_string())),
        toml::Value::Boolean(flag) => Ok((name, flag.to_string())),
        _ => Err(fail(format!("{name} has to be a text, a whole number, true or false"))),
    };
    table.into_iter().map(text).collect()
}

fn read_dot_env(file: &Path) -> Result<BTreeMap<String, String>, ConfigError> {
    let reason = |error| match error {
        // Not the line itself: it may hold a password.
        dotenvy::Error::LineParse(_, _) => "a line is not of the form NAME=VALUE; quote a value with spaces".to_owned(),
        error => error.to_string(),
    };
    match dotenvy::from_path_iter(file) {
        Err(error) if error.not_found() => Ok(BTreeMap::new()),
        lines => {
            lines.and_then(Iterator::collect).map_err(|error| ConfigError::File { file: ".env", reason: reason(error) })
        }
    }
}

/// How to use the database's connections.
#[derive(Clone, Debug)]
pub struct PoolSettings {
    /// Most connections at a time.
    pub size: u32,
    /// How long a request waits for one.
    pub acquire_timeout: Duration,
    /// The age at which one is replaced.
    pub recycle: Duration,
    /// How long a statement may take.
    pub statement_timeout: Duration,
    /// How long a start waits for a cold database.
    pub connect_timeout: Duration,
}

/// Which database.
#[derive(Clone, Debug)]
pub enum DatabaseSource {
    /// One that somebody runs.
    Server {
        /// For the application; may go through a pooler.
        pooled: Box<PgConnectOptions>,
        /// For migrations.
        direct: Box<PgConnectOptions>,
        /// For lists, if there is one.
        replica: Option<Box<PgConnectOptions>>,
    },
    /// A private one, in this folder.
    Embedded(PathBuf),
}

/// Settings that work.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The browser's files.
    pub site_root: PathBuf,
    /// Whether they have hashed names.
    pub hash_files: bool,
    /// Where cargo-leptos's live reload listens.
    pub reload_port: u16,
    /// Which database.
    pub database: DatabaseSource,
    /// How to use its connections.
    pub pool: PoolSettings,
    /// Where people reach Docket.
    pub public_url: Option<Url>,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Where Docket keeps what isn't in the database.
    pub data_folder: PathBuf,
    /// What seals what the database must not show; without it, a file in the data folder does.
    pub secret_key: Option<SecretKey>,
    /// How mail is sent; without it, it is written to the log.
    pub mail: Option<MailServer>,
    /// Other providers that people sign in by.
    pub providers: Vec<Provider>,
    /// Whether anybody may make an account.
    pub registration_open: bool,
    /// Whom to tell of a hole in this Docket.
    pub security_contact: Option<Url>,
    /// How many requests to the API a caller has a minute; 0 for any number.
    pub api_limit: u32,
    /// How long everybody is still served at a stop.
    pub stop_delay: Duration,
    /// How long requests get to finish then.
    pub stop_timeout: Duration,
    /// After how many days a completed task is archived; `None` for never.
    pub archive_days: Option<u32>,
    /// After how many days a row leaves the audit log; `None` for never.
    pub audit_days: Option<u32>,
    /// Where Prometheus may ask.
    pub metrics_listen: Option<SocketAddr>,
    /// What is logged.
    pub log: String,
}

impl Config {
    /// Checks the settings of a Docket that runs in `folder`.
    pub fn new(settings: &Settings, folder: &Path) -> Result<Self, ConfigError> {
        Ok(Self {
            listen: settings
                .need("LEPTOS_SITE_ADDR", as_is("it takes an address and a port such as 127.0.0.1:3000"))?,
            site_root: settings.need("LEPTOS_SITE_ROOT", |text| Ok(folder.join(text)))?,
            hash_files: settings.need("LEPTOS_HASH_FILES", as_is("it takes true or false"))?,
            reload_port: settings.need("LEPTOS_RELOAD_PORT", as_is("it takes a port, 0 to 65535"))?,
            database: database(settings, folder)?,
            pool: PoolSettings {
                size: settings.need("DATABASE_POOL_SIZE", |text| match text.parse() {
                    Ok(size @ 1..=1_000) => Ok(size),
                    _ => Err("it takes a whole number, 1 to 1000".to_owned()),
                })?,
                acquire_timeout: settings.seconds("DATABASE_ACQUIRE_TIMEOUT")?,
                recycle: settings.seconds("DATABASE_RECYCLE")?,
                statement_timeout: settings.seconds("DATABASE_STATEMENT_TIMEOUT")?,
                connect_timeout: settings.seconds("DATABASE_CONNECT_TIMEOUT")?,
            },
            public_url: settings.parse("DOCKET_PUBLIC_URL", public_url)?,
            trusted_proxies: settings.parse("DOCKET_TRUSTED_PROXIES", networks)?.unwrap_or_default(),
            data_folder: settings
                .parse("DOCKET_DATA_DIR", |text| Ok(folder.join(text)))?
                .unwrap_or_else(|| embedded::default_folder(folder)),
            secret_key: settings.parse("DOCKET_SECRET_KEY", |text| {
                SecretKey::parse(text)
                    .ok_or_else(|| "it takes 32 bytes in base64, such as `openssl rand -base64 32` gives".to_owned())
            })?,
            mail: mail(settings)?,
            providers: settings.parse("DOCKET_PROVIDERS", Provider::parse_all)?.unwrap_or_default(),
            registration_open: settings.need("DOCKET_REGISTRATION", |text| match text {
                "open" => Ok(true),
                "closed" => Ok(false),
                _ => Err("it is open or closed".to_owned()),
            })?,
            security_contact: settings.parse("DOCKET_SECURITY_CONTACT", contact)?,
            api_limit: settings.need("DOCKET_API_LIMIT", |text| match text.parse() {
                Ok(limit @ 0..=1_000_000) => Ok(limit),
                _ => Err("it takes a whole number, 0 to 1000000".to_owned()),
            })?,
            stop_delay: settings.need("DOCKET_STOP_DELAY", |text| match text.parse() {
                Ok(seconds @ 0..=3_600) => Ok(Duration::from_secs(seconds)),
                _ => Err("it takes whole seconds, 0 to 3600".to_owned()),
            })?,
            stop_timeout: settings.seconds("DOCKET_STOP_TIMEOUT")?,
            metrics_listen: settings
                .parse("DOCKET_METRICS_ADDR", as_is("it takes an address and a port such as 127.0.0.1:9464"))?,
            archive_days: settings.days("DOCKET_ARCHIVE_DAYS", 1)?,
            audit_days: settings.days("DOCKET_AUDIT_DAYS", 30)?,
            log: settings.need("RUST_LOG", |text| Ok(text.to_owned()))?,
        })
    }
}

impl Config {
    /// Where links in mails lead: an origin, without a slash at its end. Never taken from a request, which may say anything
    /// (`security.md` 11).
    pub fn site(&self) -> String {
        match &self.public_url {
            Some(url) => url.origin().ascii_serialization(),
            None if self.listen.ip().is_unspecified() => format!("http://localhost:{}", self.listen.port()),
            None => format!("http://{}", self.listen),
        }
    }

    /// The site that passkeys are bound to. Browsers know none for an address in numbers: without a public URL it is this computer by name.
    pub fn passkey_site(&self) -> Option<Url> {
        self.public_url.clone().or_else(|| Url::parse("http://localhost").ok())
    }

    /// Whether people reach this Docket by https.
    pub fn is_https(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    /// Who signs what programs log in with for a quarter of an hour (`iss` of a JWT): the public URL where there is one.
    pub fn issuer(&self) -> String {
        self.public_url.as_ref().map_or_else(|| "docket".to_owned(), |url| url.origin().ascii_serialization())
    }

    /// What this Docket is called among those on one database: the host's name and the port.
    pub fn node(&self) -> String {
        let host = hostname::get().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        // PostgreSQL takes any text without this.
        format!("{}:{}", host.replace('\0', ""), self.listen.port())
    }
}

fn mail(settings: &Settings) -> Result<Option<MailServer>, ConfigError> {
    let from = settings.parse("DOCKET_MAIL_FROM", |text| {
        text.parse().map_err(|_| "it takes an address, such as Docket <docket@example.org>".to_owned())
    })?;
    // With the sender in hand, so that one without the other is one sentence too.
    settings.parse("DOCKET_SMTP_URL", |text| {
        let from = from.ok_or("set DOCKET_MAIL_FROM too, to the address that mail comes from")?;
        MailServer::new(text, from)
    })
}

fn as_is<T: FromStr>(reason: &'static str) -> impl FnOnce(&str) -> Result<T, String> {
    move |text| text.parse().map_err(|_| reason.to_owned())
}

fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    let network = |text: &str| {
        let text = text.trim();
        text.parse()
            .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
            .map_err(|_| "it takes addresses or networks with commas between them, such as 10.0.0.0/8, ::1".to_owned())
    };
    text.split(',').map(network).collect()
}

fn database(settings: &Settings, folder: &Path) -> Result<DatabaseSource, ConfigError> {
    let options = |text: &str| {
        // Not sqlx's own words: they quote parts of the URL, and that may hold a password.
        let reason = "it takes a URL such as postgres://user@host/database?sslmode=require; sslmode is disable, allow, prefer, require, \
                      verify-ca or verify-full";
        let scheme = text.split(':').next();
        let options =
            PgConnectOptions::from_str(text).ok().filter(|_| matches!(scheme, Some("postgres" | "postgresql")));
        options.map(Box::new).ok_or_else(|| reason.to_owned())
    };
    let Some(pooled) = settings.parse("DATABASE_URL", options)? else {
        let chosen = settings.parse("DOCKET_DATA_DIR", |text| Ok(folder.join(text)))?;
        return Ok(DatabaseSource::Embedded(chosen.unwrap_or_else(|| embedded::default_folder(folder))));
    };
    let direct = settings.parse("DATABASE_URL_DIRECT", options)?.unwrap_or_else(|| pooled.clone());
    let replica = settings.parse("DATABASE_URL_REPLICA", options)?;
    Ok(DatabaseSource::Server { pooled, direct, replica })
}

fn public_url(text: &str) -> Result<Url, String> {
    let reason = "it takes http:// or https:// and a host, without a path";
    let url = Url::parse(text).map_err(|_| reason.to_owned())?;
    let whole = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url[url::Position::AfterPort..] == *"/"
        && url.username().is_empty()
        && url.password().is_none();
    if whole { Ok(url) } else { Err(reason.to_owned()) }
}

/// Where people write to (RFC 9116, section 2.5.3): an address, or a page. What is parsed has no line breaks, whatever was set.
fn contact(text: &str) -> Result<Url, String> {
    let reason = "it takes an address such as mailto:security@example.org, or a page that begins with https://";
    let url = Url::parse(text).map_err(|_| reason.to_owned())?;
    let whole = match url.scheme() {
        "mailto" => url.path().split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty()),
        "https" => url.username().is_empty() && url.password().is_none(),
        _ => false,
    };
    if whole { Ok(url) } else { Err(reason.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(flags: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let folder = Path::new("/nowhere/docket");
        let flags: Vec<_> = flags.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Config::new(&Settings::gather(folder, &flags)?, folder)
    }

    #[test]
    fn defaults_work_by_themselves() {
        let config = config(&[("DATABASE_URL", "")]).unwrap();
        assert_eq!(config.listen.port(), 3000);
        assert!(matches!(config.database, DatabaseSource::Embedded(_)));
    }

    #[test]
    fn a_wrong_setting_is_one_sentence_that_names_it() {
        let error = config(&[("DATABASE_POOL_SIZE", "many")]).unwrap_err().to_string();
        assert_eq!(error, "DATABASE_POOL_SIZE=many (from flag) does not work: it takes a whole number, 1 to 1000.");
    }

    #[test]
    fn a_secret_is_not_repeated_in_the_error() {
        for url in ["mysql://root:hunter2@db/docket", "postgres://db/docket?sslmode=hunter2", "postgres://a:hunter2"] {
            let error = config(&[("DATABASE_URL", url)]).unwrap_err().to_string();
            assert!(
                error.starts_with("DATABASE_URL=… (from flag) does not work: ") && !error.contains("hunter2"),
                "{error}"
            );
        }
    }

    #[test]
    fn an_unknown_setting_stops_the_start() {
        assert!(matches!(config(&[("DATABASE_POOLSIZE", "5")]), Err(ConfigError::Unknown { .. })));
    }

    #[test]
    fn mail_takes_a_server_and_a_sender() {
        let from = ("DOCKET_MAIL_FROM", "Docket <docket@example.org>");
        assert!(config(&[]).unwrap().mail.is_none() && config(&[from]).unwrap().mail.is_none());
        for url in
            ["smtp://127.0.0.1:2525", "smtps://user:p%40ss@mail.example.org", "smtp://mail.example.org?tls=required"]
        {
            assert!(config(&[from, ("DOCKET_SMTP_URL", url)]).unwrap().mail.is_some(), "{url}");
        }
        for url in
            ["mail.example.org", "http://mail.example.org", "smtp://mail.example.org?tls=perhaps", "smtp://user@"]
        {
            let error = config(&[from, ("DOCKET_SMTP_URL", url)]).unwrap_err().to_string();
            assert!(error.starts_with("DOCKET_SMTP_URL=… (from flag) does not work: "), "{error}");
        }
        let error = config(&[("DOCKET_SMTP_URL", "smtps://user:hunter2@mail.example.org")]).unwrap_err().to_string();
        assert!(error.contains("DOCKET_MAIL_FROM") && !error.contains("hunter2"), "{error}");
        let error = config(&[("DOCKET_MAIL_FROM", "a\r\nBcc: b@c")]).unwrap_err().to_string();
        assert!(error.starts_with("DOCKET_MAIL_FROM="), "{error}");
        let whole = config(&[from, ("DOCKET_SMTP_URL", "smtps://user:hunter2@mail.example.org")]).unwrap();
        assert!(!format!("{whole:?}").contains("hunter2"));
    }

    #[test]
    fn a_wrong_provider_is_one_sentence_without_its_secret() {
        let set = |json: &str| config(&[("DOCKET_PROVIDERS", json)]);
        let good = r#"[{"key":"acme","name":"Acme","issuer":"https://id.acme.org","client_id":"docket","client_secret":"hunter2"}]"#;
        let whole = set(good).unwrap();
        assert!(whole.providers.len() == 1 && !format!("{whole:?}").contains("hunter2"));
        let error = set(&good.replace("https", "http")).unwrap_err().to_string();
        assert_eq!(
            error,
            "DOCKET_PROVIDERS=… (from flag) does not work: provider number 1 needs an issuer that begins with https://, as the \
             provider itself writes it."
        );
        let error = set(&good.replace("}]", "}")).unwrap_err().to_string();
        assert!(error.starts_with("DOCKET_PROVIDERS=…") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn links_lead_to_the_public_url_or_to_where_docket_listens() {
        for (name, value, site) in [
            ("DOCKET_PUBLIC_URL", "https://todo.example.org", "https://todo.example.org"),
            ("DOCKET_PUBLIC_URL", "http://todo.lan:8080/", "http://todo.lan:8080"),
            ("LEPTOS_SITE_ADDR", "127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("LEPTOS_SITE_ADDR", "0.0.0.0:3000", "http://localhost:3000"),
            ("LEPTOS_SITE_ADDR", "[::1]:3000", "http://[::1]:3000"),
        ] {
            assert_eq!(config(&[(name, value)]).unwrap().site(), site);
        }
    }

    #[test]
    fn whom_to_tell_of_a_hole_is_an_address_or_a_page_in_one_line() {
        let contact = |text: &str| config(&[("DOCKET_SECURITY_CONTACT", text)]).map(|config| config.security_contact);
        assert_eq!(contact("").unwrap(), None);
        for (text, shown) in [
            ("mailto:security@example.org", "mailto:security@example.org"),
            ("https://example.org/report#form", "https://example.org/report#form"),
            ("https://example.org/a\r\nExpires: never", "https://example.org/aExpires:%20never"),
        ] {
            assert_eq!(contact(text).unwrap().unwrap().as_str(), shown);
        }
        for bad in
            ["security@example.org", "http://example.org", "mailto:", "mailto:@b", "javascript:a@b", "https://a:b@c"]
        {
            assert!(contact(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_public_url_is_an_origin() {
        for bad in ["todo.example.org", "ftp://example.org", "https://example.org/path", "https://example.org/?q"] {
            assert!(config(&[("DOCKET_PUBLIC_URL", bad)]).is_err(), "{bad}");
        }
        assert!(config(&[("DOCKET_PUBLIC_URL", "https://todo.example.org")]).is_ok());
    }
}
