//! `docket user`: accounts, for who runs Docket.

use std::io::Write;

use clap::Subcommand;

use super::{
    Failed, Outcome,
    running::{Running, state},
};
use crate::{
    domain::{
        account::{Email, Name, Password},
        admin::Order,
    },
    error::AppError,
    server::{
        auth::password::new_password,
        client::Client,
        clock::Clock,
        config::Config,
        database::Database,
        store::admin::{self, Account},
    },
};

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub enum User {
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
    /// Takes away passkeys, codes and sign-ins by other providers, for who has lost them, and ends all sessions of the account
    ResetFactors {
        /// The address of the account
        email: String,
    },
    /// Lets the owner of an account run this Docket
    MakeAdmin {
        /// The address of the account
        email: String,
    },
}

/// Does it.
pub async fn user(config: Config, what: User) -> Outcome {
    let running = Running::join(&config.database).await?;
    let result = async {
        let database = Database::connect(running.pooled.clone(), &config.pool).await?;
        let backend = state(&config, database.clone())?.backend.clone();
        let (email, order) = match what {
            User::List => return list_users(&database).await,
            User::Create { email, name } => {
                let password = read_password(&[&email, &name])?;
                let (email, name) = (Email::parse(&email)?, Name::parse(&name)?);
                let nobody = Client::default();
                backend.register((email, name, password), "UTC", None, nobody, &Clock::System).await.map_err(said)?;
                return Ok(());
            }
            User::Disable { email } => (email, Some(Order::Disable)),
            User::Enable { email } => (email, Some(Order::Enable)),
            User::ResetFactors { email } => (email, Some(Order::ResetFactors)),
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

/// A password from standard input: a line, so that neither the shell's history nor the list of processes has it.
fn read_password(own: &[&str]) -> Result<Password, Failed> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(new_password(line.trim_end_matches(['\r', '\n']), own)?)
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
