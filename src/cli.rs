//! The command line: one enum of commands, each a few lines. `docket --help` is the reference.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use clap::{Args, Parser, Subcommand};
use time::OffsetDateTime;
use tokio::net::TcpListener;

use crate::{
    domain::{
        account::{Email, Name, Password},
        admin::Order,
    },
    error::AppError,
    server::{
        auth::{
            Backend,
            password::{PasswordHasher, new_password},
        },
        backup,
        client::Client,
        clock::Clock,
        config::{Config, DatabaseSource, SETTINGS, Settings},
        database::Database,
        drill,
        embedded::{Embedded, EmbeddedError},
        jobs,
        migrations::{self, Target},
        shutdown, slow,
        state::{AppState, leptos_options},
        store::{
            self,
            admin::{self, Account},
            jobs::Run,
        },
        telemetry,
        verify::{self, Finding},
    },
    web,
};

/// Docket: a todo application on a server of your own.
#[derive(Debug, Parser)]
#[command(name = "docket", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// A setting, over what the environment and Leptos.toml say; `docket config` lists them
    #[arg(long = "set", global = true, value_name = "NAME=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server (what happens without a command)
    Serve,
    /// Brings the database's schema up, takes it down, or tells where it is
    Migrate {
        #[command(subcommand)]
        direction: Direction,
    },
    /// What Docket does by itself: sends mail, removes what is over, archives what was completed long ago
    Jobs {
        #[command(subcommand)]
        what: Jobs,
    },
    /// Makes accounts, and changes those that are there
    User {
        #[command(subcommand)]
        what: User,
    },
    /// Writes everything in the database to one file, compressed and with checksums; Docket may go on meanwhile
    Backup {
        /// The file, which must not be there yet
        file: PathBuf,
    },
    /// Brings a backup back into an empty database: everything or nothing
    Restore {
        /// Only tries it, in a private PostgreSQL that is gone afterwards, and notes that it was tried
        #[arg(long)]
        drill: bool,
        /// The file that `docket backup` made
        file: PathBuf,
    },
    /// Looks whether the database is as it has to be: schema, rights, rules, audit log, durability
    Verify,
    /// Prints every setting: what is in force and where it comes from, secrets hidden
    Config,
}

#[derive(Debug, Subcommand)]
enum Jobs {
    /// Lists all jobs, with when each ran and will run
    List,
    /// Does all of them once, now, or one
    Run {
        /// The name of one, such as `archive`
        name: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
enum User {
    /// Lists all accounts
    List,
    /// Makes an account; its password is read from standard input
    Create {
        /// The address that it logs in with
        email: String,
        /// What its owner is called
        #[arg(long)]
        name: String,
    },
    /// Locks an account and ends its sessions
    Disable {
        /// The address of the account
        email: String,
    },
    /// Unlocks an account
    Enable {
        /// The address of the account
        email: String,
    },
    /// Sets another password, read from standard input, and ends all sessions of the account
    SetPassword {
        /// The address of the account
        email: String,
    },
    /// Lets the owner of an account run this Docket
    MakeAdmin {
        /// The address of the account
        email: String,
    },
}

#[derive(Debug, Subcommand)]
enum Direction {
    /// Applies what is missing
    Up,
    /// Undoes the newest migration, or more
    Down(Down),
    /// Tells which migrations the database has
    Status,
}

#[derive(Debug, Args)]
#[group(multiple = false)]
struct Down {
    /// Undo everything: all data is lost
    #[arg(long)]
    all: bool,
    /// Undo all migrations newer than this one
    #[arg(long, value_name = "VERSION")]
    to: Option<i64>,
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it takes NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// What a command ends with when it doesn't work: a sentence for who typed it.
type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Parses the command line and runs it.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(run(cli)));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // On standard error whatever RUST_LOG says: who typed the command waits for it.
            let _ = writeln!(std::io::stderr(), "docket: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Outcome {
    let folder = std::env::current_dir()?;
    let settings = Settings::gather(&folder, &cli.set)?;
    let config = Config::new(&settings, &folder)?;
    match cli.command.unwrap_or(Command::Serve) {
        Command::Config => Ok(print_settings(&settings, &config.database)?),
        Command::Serve => {
            telemetry::init(&config.log)?;
            serve(config).await
        }
        Command::Jobs { what } => {
            telemetry::init(&config.log)?;
            let name = match &what {
                Jobs::Run { name } => name.as_deref(),
                Jobs::List => None,
            };
            // Before a database is started for nothing.
            let job = name.map(|name| jobs::named(name).ok_or_else(|| no_job(name))).transpose()?;
            manage_jobs(config, matches!(what, Jobs::List), job).await
        }
        Command::User { what } => {
            telemetry::init(&config.log)?;
            user(config, what).await
        }
        Command::Migrate { direction } => {
            telemetry::init(&config.log)?;
            migrate(config, direction).await
        }
        Command::Backup { file } => {
            telemetry::init(&config.log)?;
            back_up(config, &file).await
        }
        Command::Restore { drill, file } => {
            telemetry::init(&config.log)?;
            restore(config, &file, drill).await
        }
        Command::Verify => {
            telemetry::init(&config.log)?;
            verify(config).await
        }
    }
}

/// A password from standard input: a line, so that neither the shell's history nor the list of processes has it.
fn read_password(own: &[&str]) -> Result<Password, Box<dyn std::error::Error + Send + Sync>> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(new_password(line.trim_end_matches(['\r', '\n']), own)?)
}

async fn user(config: Config, what: User) -> Outcome {
    let running = Running::start(&config.database).await?;
    let result = async {
        let database = Database::connect(running.pooled.clone(), &config.pool).await?;
        let backend = state(&config, database.clone())?.backend;
        let (email, order) = match what {
            User::List => return list_users(&database).await,
            User::Create { email, name } => {
                let password = read_password(&[&email, &name])?;
                let (email, name) = (Email::parse(&email)?, Name::parse(&name)?);
                let nobody = Client::default();
                backend.register((email, name, password), "UTC", nobody, &Clock::System).await.map_err(said)?;
                return Ok(());
            }
            User::Disable { email } => (email, Some(Order::Disable)),
            User::Enable { email } => (email, Some(Order::Enable)),
            User::MakeAdmin { email } => (email, Some(Order::MakeAdmin)),
            User::SetPassword { email } => (email, None),
        };
        let address = Email::parse(&email)?;
        let found = match order {
            Some(order) => backend.order(address, order).await?,
            None => backend.set_password(address, read_password(&[&email])?, &Clock::System).await?,
        };
        if found {
            Ok(())
        } else {
            Err(format!("There is no account with the address {email}: `docket user list` shows all.").into())
        }
    }
    .await;
    running.stop().await;
    result
}

/// An error as a terminal shows it: with the messages of its fields.
fn said(error: AppError) -> String {
    match error {
        AppError::Invalid(errors) => errors.messages(),
        error => error.to_string(),
    }
}

async fn list_users(database: &Database) -> Outcome {
    let accounts = database.administer(None, |db| Box::pin(admin::all(db))).await?;
    let mut out = std::io::stdout().lock();
    for Account { email, name, is_admin, is_active, created_at } in accounts {
        let role = if is_admin { "admin" } else { "member" };
        let state = if is_active { "active" } else { "disabled" };
        writeln!(out, "{}  {role:<6} {state:<8} {email}  {name}", created_at.date())?;
    }
    Ok(())
}

fn print_settings(settings: &Settings, database: &DatabaseSource) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for setting in SETTINGS {
        let (value, source) = settings.get(setting);
        let value = if setting.secret && !value.is_empty() { "(hidden)" } else { value };
        writeln!(out, "{:<28} {value:<24} {source:<12} {}", setting.name, setting.help)?;
    }
    match database {
        DatabaseSource::Server { .. } => writeln!(out, "\nThe database is the one at DATABASE_URL."),
        DatabaseSource::Embedded(folder) => {
            writeln!(out, "\nThe database is a private PostgreSQL in {}.", folder.display())
        }
    }
}

/// The database that the settings ask for, running.
struct Running {
    embedded: Option<Embedded>,
    pooled: sqlx::postgres::PgConnectOptions,
    direct: sqlx::postgres::PgConnectOptions,
    replica: Option<sqlx::postgres::PgConnectOptions>,
}

impl Running {
    async fn start(source: &DatabaseSource) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(match source {
            DatabaseSource::Server { pooled, direct, replica } => Self {
                embedded: None,
                pooled: (**pooled).clone(),
                direct: (**direct).clone(),
                replica: replica.as_deref().cloned(),
            },
            DatabaseSource::Embedded(folder) => {
                let embedded = Embedded::start(folder).await?;
                embedded.prepare("docket").await?;
                let (pooled, direct) = (embedded.login("docket"), embedded.owner("docket"));
                Self { embedded: Some(embedded), pooled, direct, replica: None }
            }
        })
    }

    /// The same, beside a Docket that runs the private PostgreSQL already.
    async fn join(source: &DatabaseSource) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        match (Self::start(source).await, source) {
            (Err(error), DatabaseSource::Embedded(folder))
                if matches!(error.downcast_ref(), Some(EmbeddedError::InUse { .. })) =>
            {
                let (pooled, direct) = Embedded::beside(folder, "docket").await?;
                Ok(Self { embedded: None, pooled, direct, replica: None })
            }
            (started, _) => started,
        }
    }

    async fn stop(self) {
        if let Some(embedded) = self.embedded {
            embedded.stop().await;
        }
    }
}

async fn serve(mut config: Config) -> Outcome {
    let stop = shutdown::on_signal()?;
    web::check_site(&config)?;
    // First, so that a port in use is known before a database is started for nothing.
    let listener = TcpListener::bind(config.listen).await.map_err(|error| {
        format!(
            "{} can't be listened on ({error}): stop what uses it, or set LEPTOS_SITE_ADDR to another address.",
            config.listen
        )
    })?;
    let watched = match config.metrics_listen {
        Some(address) => Some(TcpListener::bind(address).await.map_err(|error| {
            format!("{address} can't be listened on ({error}): set DOCKET_METRICS_ADDR to another address.")
        })?),
        None => None,
    };
    let address = listener.local_addr()?;
    // Port 0 is one that can't be reached: links in mails lead to the one that was taken.
    config.listen = address;
    let running = Running::start(&config.database).await?;
    let result = async {
        let mut database = Database::connect(running.pooled.clone(), &config.pool).await?;
        if let Some(replica) = &running.replica {
            database = database.with_replica(replica.clone(), &config.pool);
        }
        if running.embedded.is_some() {
            migrations::up(&running.direct, running.pooled.get_username()).await?;
        } else if database.probe(|db| Box::pin(async move { Ok(migrations::missing(db).await?) })).await? > 0 {
            tracing::error!(
                "the database is behind this version of Docket: run `docket migrate up`; until then /readyz is 503"
            );
        }
        for (name, value) in database.probe(|db| Box::pin(async move { Ok(verify::lax(db).await?) })).await? {
            tracing::warn!("{name} is {value} in PostgreSQL: what was acknowledged is lost when the machine stops");
        }
        let state = state(&config, database.clone())?;
        let jobs = tokio::spawn(jobs::run_forever(state.clone()));
        let explained = tokio::spawn(slow::explain_forever(database.clone()));
        let router = web::router(state.clone())?;
        // The one line for who started it, and for programs that wait for it.
        writeln!(std::io::stdout(), "Docket is at http://{address}")?;
        if let Some(listener) = watched {
            writeln!(std::io::stdout(), "Its metrics are at http://{}/metrics", listener.local_addr()?)?;
            let stop = web::Stop { token: stop.clone(), delay: config.stop_delay, patience: Duration::ZERO };
            tokio::spawn(web::serve(listener, web::metrics::router(state), stop));
        }
        let stop = web::Stop { token: stop, delay: config.stop_delay, patience: config.stop_timeout };
        web::serve(listener, router, stop).await;
        jobs.abort();
        explained.abort();
        database.close().await;
        Ok(())
    }
    .await;
    running.stop().await;
    result
}

fn state(config: &Config, database: Database) -> Result<AppState, Box<dyn std::error::Error + Send + Sync>> {
    let hasher = PasswordHasher::new(std::thread::available_parallelism()?.get()).map_err(|error| error.to_string())?;
    Ok(AppState {
        backend: Backend::new(database.clone(), hasher),
        leptos: leptos_options(config),
        database,
        clock: Clock::System,
        config: Arc::new(config.clone()),
    })
}

fn no_job(name: &str) -> String {
    let names: Vec<_> = jobs::JOBS.iter().map(|job| job.name).collect();
    format!("There is no job {name}; there are {}.", names.join(", "))
}

async fn manage_jobs(config: Config, list: bool, job: Option<&jobs::Job>) -> Outcome {
    let running = Running::start(&config.database).await?;
    let result = async {
        let database = Database::connect(running.pooled.clone(), &config.pool).await?;
        let state = state(&config, database.clone())?;
        let result = match job {
            _ if list => list_jobs(&state).await,
            Some(job) => jobs::run_now(job, &state).await.map(drop).map_err(Into::into),
            None => match jobs::run_once(&state).await {
                0 => Ok(()),
                failed => Err(format!("{failed} of the jobs failed: the log says why.").into()),
            },
        };
        database.close().await;
        result
    }
    .await;
    running.stop().await;
    result
}

async fn list_jobs(state: &AppState) -> Outcome {
    let runs = state.database.maintain(|db| Box::pin(store::jobs::all(db))).await?;
    let now = state.clock.now_utc();
    let mut out = std::io::stdout().lock();
    let head = ["job", "every", "last run (UTC)", "took", "rows", "runs", "failed", "next (UTC)", "last result"];
    let mut lines = vec![head.map(str::to_owned)];
    for job in jobs::JOBS {
        let run = runs.iter().find(|run| run.name == job.name);
        lines.push(job_line(job, run, now));
    }
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<_> = (0..head.len()).map(width).collect();
    for line in &lines {
        let cells: Vec<_> = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        writeln!(out, "{}", cells.join("  ").trim_end())?;
    }
    Ok(())
}

/// A job in the list: its name, how often, when it last ran, how long that took, rows, runs, failures, when it is due, and how it went.
fn job_line(job: &jobs::Job, run: Option<&Run>, now: OffsetDateTime) -> [String; 9] {
    let every = match job.every.as_secs() {
        seconds if seconds.is_multiple_of(3_600) => format!("{} h", seconds / 3_600),
        seconds if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    };
    let at = |at: OffsetDateTime| {
        let (day, time) = (at.date(), at.time());
        format!("{day} {:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
    };
    let name = job.name.to_owned();
    let Some(run) = run else {
        let [last, took, rows, runs, failed] = ["never", "-", "-", "0", "0"].map(str::to_owned);
        return [name, every, last, took, rows, runs, failed, "now".to_owned(), format!("- ({})", job.what)];
    };
    let ended = run.finished_at.filter(|at| *at >= run.started_at);
    let took = ended.map_or("-".to_owned(), |at| format!("{:.1} s", (at - run.started_at).as_seconds_f32()));
    let next = run.started_at + job.every;
    let next = if job.everywhere || next <= now { "now".to_owned() } else { at(next) };
    let result = match (&run.error, ended) {
        (_, None) => format!("at work, or gone, on {}", run.node),
        (None, _) => format!("worked on {}", run.node),
        (Some(error), _) => format!("failed on {}: {error}; its log says more", run.node),
    };
    let [rows, runs, failures] = [run.rows, run.runs, run.failures].map(|number| number.to_string());
    [name, every, at(run.started_at), took, rows, runs, failures, next, result]
}

async fn migrate(config: Config, direction: Direction) -> Outcome {
    let running = Running::start(&config.database).await?;
    let result = async {
        // Waits for a cold database, and says what is wrong with it.
        let database = Database::connect(running.direct.clone(), &config.pool).await?;
        let target = match direction {
            Direction::Down(Down { all: true, .. }) => Some(Target::Nothing),
            Direction::Down(Down { to: Some(version), .. }) => Some(Target::Version(version)),
            Direction::Down(_) => Some(Target::Previous),
            Direction::Up | Direction::Status => None,
        };
        if matches!(direction, Direction::Up) {
            migrations::up(&running.direct, running.pooled.get_username()).await?;
        }
        let undone = match target {
            Some(target) => migrations::down(&running.direct, target).await?,
            None => Vec::new(),
        };
        let steps = database.probe(|db| Box::pin(async move { Ok(migrations::status(db).await?) })).await?;
        database.close().await;
        for step in undone {
            // Beside the list of steps, which programs may read.
            writeln!(std::io::stderr(), "{} is undone. {}", step.version, step.lost)?;
        }
        let mut out = std::io::stdout().lock();
        for step in steps {
            writeln!(
                out,
                "{}  {:<8} {}",
                step.version,
                if step.applied { "applied" } else { "missing" },
                step.description
            )?;
        }
        Ok(())
    }
    .await;
    running.stop().await;
    result
}

async fn back_up(config: Config, file: &Path) -> Outcome {
    let running = Running::join(&config.database).await?;
    let result = backup::write(&running.direct, file).await;
    running.stop().await;
    let report = result?;
    let (rows, tables) = (report.rows(), report.tables.len());
    Ok(writeln!(std::io::stdout(), "{rows} rows of {tables} tables are in {}.", file.display())?)
}

async fn restore(config: Config, file: &Path, drill: bool) -> Outcome {
    let running = if drill { Running::join(&config.database).await? } else { Running::start(&config.database).await? };
    let result = if drill {
        drill::hold(&running.direct, file).await.map_err(Into::into)
    } else {
        backup::restore(&running.direct, running.pooled.get_username(), file)
            .await
            .map(|report| (report, Vec::new()))
            .map_err(Into::into)
    };
    running.stop().await;
    let (report, findings): (_, Vec<Finding>) =
        result.map_err(|error: Box<dyn std::error::Error + Send + Sync>| error)?;
    tell(&findings)?;
    let (rows, tables, made) = (report.rows(), report.tables.len(), &report.made_at);
    let word = if drill { "could be restored" } else { "are restored" };
    Ok(writeln!(std::io::stdout(), "{rows} rows of {tables} tables, as they were at {made}, {word}.")?)
}

async fn verify(config: Config) -> Outcome {
    let running = Running::join(&config.database).await?;
    let result = verify::all(&running.direct, running.pooled.get_username()).await;
    running.stop().await;
    tell(&result?)
}

/// Prints what was found, a line each; an error if something is wrong.
fn tell(findings: &[Finding]) -> Outcome {
    let mut out = std::io::stdout().lock();
    for finding in findings {
        writeln!(out, "{finding}")?;
    }
    match findings.iter().filter(|finding| finding.failed()).count() {
        0 => Ok(()),
        failed => Err(format!("{failed} of {} checks failed.", findings.len()).into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_parses() {
        Cli::command().debug_assert();
        assert!(Cli::try_parse_from(["docket", "migrate", "down", "--all", "--to", "1"]).is_err());
        assert!(Cli::try_parse_from(["docket", "--set", "novalue"]).is_err());
    }
}
