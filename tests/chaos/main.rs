//! The real program, on a real PostgreSQL, while everything around it fails or is too much: what it acknowledged is there, whole, once, for
//! who wrote it and nobody else. `docs/reliability.md` says what is promised, and how this looks whether it is true.
//!
//!   make chaos        or: chaos --program PROGRAM --site FOLDER [--seed N] [--short] [--only NAME] [--plant NAME]
//!
//! Black box: nothing of Docket's own code is used. Everything listens on loopback, lives in temporary folders, and is ended by its process id.

mod browser;
mod checker;
mod faults;
mod floods;
mod gauge;
mod http;
mod load;
mod plants;
mod postgres;
mod process;
mod proxy;
mod random;
mod raw;
mod report;
mod stage;
mod worker;
mod world;

use std::{
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::{Parser, ValueEnum};

use crate::{
    plants::Plant,
    report::{Kind, Line, Table},
    stage::{Scale, Stage},
    world::{Build, Template},
};

/// What may fail for a reason that is told in words.
pub type Fallible<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Does what is bad for Docket, and looks what becomes of it.
#[derive(Debug, Parser)]
struct Arguments {
    /// The program
    #[arg(long)]
    program: PathBuf,
    /// The browser's files
    #[arg(long)]
    site: PathBuf,
    /// What faults, moments and requests are drawn from; another one each time unless given
    #[arg(long)]
    seed: Option<u64>,
    /// A little of everything, times are no limits, and the planted faults
    #[arg(long)]
    short: bool,
    /// These scenarios only
    #[arg(long, value_delimiter = ',')]
    only: Vec<Scenario>,
    /// Only one fault that is planted: ends with 1, as what is found then has to
    #[arg(long)]
    plant: Option<Plant>,
    /// Only the faults that are planted: ends with 0 if all of them are found
    #[arg(long)]
    plants: bool,
    /// Where logs of Docket's go that are worth reading
    #[arg(long)]
    logs: Option<PathBuf>,
}

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Scenario {
    KillDocket,
    KillPostgres,
    RestartPostgres,
    Network,
    DiskFullData,
    DiskFullWal,
    HangUp,
    Rolling,
    StopStalled,
    Clock,
    PoolExhausted,
    Descriptors,
    Memory,
    Logins,
    Connections,
    SlowClients,
    Slowhttptest,
    Bodies,
    Bombs,
    Streams,
    Greedy,
}

impl Scenario {
    async fn run(self, stage: &mut Stage<'_>) -> Fallible {
        match self {
            Self::KillDocket => faults::kill_docket(stage).await,
            Self::KillPostgres => faults::kill_postgres(stage).await,
            Self::RestartPostgres => faults::restart_postgres(stage).await,
            Self::Network => faults::network(stage).await,
            Self::DiskFullData => faults::disk_full_data(stage).await,
            Self::DiskFullWal => faults::disk_full_wal(stage).await,
            Self::HangUp => faults::hang_up(stage).await,
            Self::Rolling => faults::rolling(stage).await,
            Self::StopStalled => faults::stop_stalled(stage).await,
            Self::Clock => faults::clock(stage).await,
            Self::PoolExhausted => faults::pool_exhausted(stage).await,
            Self::Descriptors => faults::descriptors(stage).await,
            Self::Memory => faults::memory(stage).await,
            Self::Logins => floods::logins(stage).await,
            Self::Connections => floods::connections(stage).await,
            Self::SlowClients => floods::slow_clients(stage).await,
            Self::Slowhttptest => floods::slowhttptest(stage).await,
            Self::Bodies => floods::bodies(stage).await,
            Self::Bombs => floods::bombs(stage).await,
            Self::Streams => floods::streams(stage).await,
            Self::Greedy => floods::greedy(stage).await,
        }
    }
}

fn name(value: impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// Says what was found, a little of it: one cause has many effects.
fn tell(line: &Line) {
    let state = match (&line.skipped, line.violations.len()) {
        (Some(why), _) => format!("SKIPPED: {why}"),
        (None, 0) => "good".to_owned(),
        (None, count) => format!("{count} VIOLATIONS"),
    };
    println!("{:>17}: {state} ({:.1} s, {} faults)", line.name, line.time.as_secs_f64(), line.faults);
    for (kind, text) in line.violations.iter().take(8) {
        println!("  {kind:?}: {}", text.chars().take(600).collect::<String>());
    }
}

/// Ends the line of a scenario that is over, however it ended.
fn close(mut stage: Stage<'_>, since: Instant, result: Fallible) -> Line {
    if let Err(error) = result {
        stage.violations.add(Kind::Harness, error.to_string());
    }
    stage.line.time = since.elapsed();
    stage.line.violations = stage.violations.all();
    tell(&stage.line);
    stage.line
}

async fn run(arguments: Arguments, seed: u64, lines: &mut Vec<Line>) -> Fallible<bool> {
    let scale = Scale { short: arguments.short, limits: !arguments.short };
    let build = Build { program: arguments.program.canonicalize()?, site: arguments.site.canonicalize()? };
    let template = Template::make(build, seed).await?;
    let mut good = true;
    let scenarios = match arguments.only.as_slice() {
        _ if arguments.plants || arguments.plant.is_some() => &[],
        [] => Scenario::value_variants(),
        only => only,
    };
    for scenario in scenarios {
        let since = Instant::now();
        let mut stage = Stage::new(&template, &name(*scenario), seed, scale);
        stage.keep.clone_from(&arguments.logs);
        let most = Duration::from_secs(scale.pick(180, 1_800));
        let result = tokio::time::timeout(most, scenario.run(&mut stage)).await;
        let line = close(stage, since, result.unwrap_or_else(|_| Err("it doesn't come to an end".into())));
        good &= line.violations.is_empty();
        lines.push(line);
    }
    let plants = match arguments.plant {
        Some(plant) => vec![plant],
        None if arguments.plants || (arguments.short && arguments.only.is_empty()) => Plant::value_variants().to_vec(),
        None => Vec::new(),
    };
    for plant in plants {
        let stage = &mut Stage::new(&template, &format!("plant-{}", name(plant)), seed, scale);
        let found = plants::plant(stage, plant).await?;
        let result = if found { "found" } else { "NOT FOUND" };
        println!("plant {}: {result} ({} times)", name(plant), stage.line.faults);
        if arguments.plant.is_some() {
            stage.line.violations = stage.violations.all();
            tell(&stage.line);
        }
        good &= found && arguments.plant.is_none();
    }
    Ok(good)
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    let seed = arguments.seed.unwrap_or_else(|| u64::from(now.subsec_micros()));
    println!("chaos: seed {seed}");
    let mut lines = Vec::new();
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    // What is dropped on the way out ends what it started.
    let result = tokio::select! {
        result = run(arguments, seed, &mut lines) => result,
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
        () = terminated => Err("terminated".into()),
    };
    if !lines.is_empty() {
        println!("\nseed {seed}\n\n{}", Table(&lines));
    }
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("chaos: {error}");
            ExitCode::from(2)
        }
    }
}
