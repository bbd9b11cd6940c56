//! The command line: one enum of commands, each a few lines. `docket --help` is the reference.

mod database;
mod jobs;
mod running;
mod serve;
mod user;

use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use self::{
    database::{Direction, back_up, migrate, restore, verify},
    jobs::{Jobs, manage_jobs},
    serve::serve,
    user::{User, user},
};
use crate::{
    server::{
        config::{Config, DatabaseSource, SETTINGS, Settings},
        telemetry,
    },
    web::api,
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
    /// Prints the description of the REST API (OpenAPI 3.1)
    Openapi,
    /// Prints every setting: what is in force and where it comes from, secrets hidden
    Config,
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it takes NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// What a command ends with when it doesn't work: a sentence for who typed it.
type Failed = Box<dyn std::error::Error + Send + Sync>;

/// How a command ends.
type Outcome = Result<(), Failed>;

/// Parses the command line and runs it.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = tokio::runtime::Builder::new_multi_thread()
        // A page is rendered by functions within functions; without optimisation, two megabytes are too few for the largest.
        .thread_stack_size(8 << 20)
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
        Command::Openapi => Ok(writeln!(std::io::stdout(), "{:#}", api::description())?),
        Command::Config => Ok(print_settings(&settings, &config.database)?),
        Command::Serve => {
            telemetry::init(&config.log)?;
            serve(config).await
        }
        Command::Jobs { what } => {
            telemetry::init(&config.log)?;
            manage_jobs(config, what).await
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
