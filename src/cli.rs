//! The command line: one enum of commands, each a few lines. `docket --help` is the reference.

use std::{io::Write, process::ExitCode, sync::Arc};

use clap::{Args, Parser, Subcommand};
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
        client::Client,
        clock::Clock,
        config::{Config, DatabaseSource, SETTINGS, Settings},
        database::Database,
        embedded::Embedded,
        jobs,
        migrations::{self, Target},
        shutdown,
        state::{AppState, leptos_options},
        store::admin::{self, Account},
        telemetry,
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
    /// What Docket does by itself: sends mail, removes expired sessions and tasks that were 30 days in the trash
    Jobs {
        #[command(subcommand)]
        what: Jobs,
    },
    /// Makes accounts, and changes those that are there
    User {
        #[command(subcommand)]
        what: User,
    },
    /// Prints every setting: what is in force and where it comes from, secrets hidden
    Config,
}

#[derive(Debug, Subcommand)]
enum Jobs {
    /// Does it once, now
    Run,
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
        Command::Jobs { what: Jobs::Run } => {
            telemetry::init(&config.log)?;
            run_jobs(config).await
        }
        Command::User { what } => {
            telemetry::init(&config.log)?;
            user(config, what).await
        }
        Command::Migrate { direction } => {
            telemetry::init(&config.log)?;
            migrate(config, direction).await
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
        let state = state(&config, database.clone())?;
        let jobs = tokio::spawn(jobs::run_forever(state.clone()));
        let router = web::router(state)?;
        // The one line for who started it, and for programs that wait for it.
        writeln!(std::io::stdout(), "Docket is at http://{address}")?;
        let stop = web::Stop { token: stop, delay: config.stop_delay, patience: config.stop_timeout };
        web::serve(listener, router, stop).await;
        jobs.abort();
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

async fn run_jobs(config: Config) -> Outcome {
    let running = Running::start(&config.database).await?;
    let result = async {
        let database = Database::connect(running.pooled.clone(), &config.pool).await?;
        let failed = jobs::run_once(&state(&config, database.clone())?).await;
        database.close().await;
        if failed == 0 { Ok(()) } else { Err(format!("{failed} of the jobs failed: the log says why.").into()) }
    }
    .await;
    running.stop().await;
    result
}

async fn migrate(config: Config, direction: Direction) -> Outcome {
    let running = Running::start(&config.database).await?;
    let result = async {
        // Waits for a cold database, and says what is wrong with it.
        let database = Database::connect(running.direct.clone(), &config.pool).await?;
        match direction {
            Direction::Up => migrations::up(&running.direct, running.pooled.get_username()).await?,
            Direction::Down(Down { all: true, .. }) => migrations::down(&running.direct, Target::Nothing).await?,
            Direction::Down(Down { to: Some(version), .. }) => {
                migrations::down(&running.direct, Target::Version(version)).await?;
            }
            Direction::Down(_) => migrations::down(&running.direct, Target::Previous).await?,
            Direction::Status => {}
        }
        let steps = database.probe(|db| Box::pin(async move { Ok(migrations::status(db).await?) })).await?;
        database.close().await;
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
