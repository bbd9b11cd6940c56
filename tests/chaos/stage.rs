//! What every scenario has in common: it begins with a world, and ends with everything compared.

use std::{path::PathBuf, time::Duration};

use crate::{
    Fallible,
    checker::check,
    load::Load,
    random::Random,
    report::{Kind, Line, Violations},
    world::{Template, Wish, World},
};

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// A little, so that all of it takes a few minutes.
    pub short: bool,
    /// Whether times are limits, too.
    pub limits: bool,
}

impl Scale {
    /// The first in short, else the second.
    pub fn pick<T>(self, short: T, long: T) -> T {
        if self.short { short } else { long }
    }
}

/// Where a scenario is.
pub struct Stage<'a> {
    /// What its world is copied from.
    pub template: &'a Template,
    /// How much it does.
    pub scale: Scale,
    /// What it draws from.
    pub random: Random,
    /// What it finds.
    pub violations: Violations,
    /// What is told of it.
    pub line: Line,
    /// Where logs are kept of what failed.
    pub keep: Option<PathBuf>,
    /// Whether some may get no answer at all: Docket ends, or they hang up.
    pub breaks: bool,
}

impl<'a> Stage<'a> {
    /// One for the scenario of this name.
    pub fn new(template: &'a Template, name: &str, seed: u64, scale: Scale) -> Self {
        Self {
            template,
            scale,
            random: Random::of(seed, name),
            violations: Violations::default(),
            line: Line { name: name.to_owned(), ..Line::default() },
            keep: None,
            breaks: false,
        }
    }

    /// Its world.
    pub async fn world(&self, wish: Wish<'_>) -> Fallible<World> {
        World::start(self.template, &self.line.name, wish).await
    }

    /// Waits for a while that is drawn, in milliseconds.
    pub async fn pause(&mut self, from: u64, to: u64) {
        tokio::time::sleep(self.random.milliseconds(from, to)).await;
    }

    /// Says what it found, if that isn't so.
    pub fn expect(&self, good: bool, kind: Kind, text: impl FnOnce() -> String) {
        if !good {
            self.violations.add(kind, text());
        }
    }

    /// Waits until clients can work again after the end of a fault, and notes how long that takes.
    pub async fn recovers(&mut self, load: &Load) -> Fallible {
        let since = std::time::Instant::now();
        load.goes_on(1, WELL_AGAIN).await?;
        let time = since.elapsed();
        self.line.well_again = self.line.well_again.max(time);
        if self.scale.limits {
            self.expect(time < MOST_RECOVERY, Kind::Limit, || format!("work went on after {time:?}"));
        }
        Ok(())
    }

    /// Ends the clients and Docket, and compares what they know with what is there.
    pub async fn finish(&mut self, mut world: World, mut load: Load) -> Fallible {
        let records = load.stop().await;
        self.line.counts = load.notes.counts();
        let unknown = self.line.counts.unknown;
        self.expect(self.breaks || unknown == 0, Kind::Failed, || {
            format!("{unknown} requests got no answer, and Docket was there")
        });
        for (kind, text) in load.notes.violations.all() {
            self.violations.add(kind, text);
        }
        self.compare(&mut world, &records).await
    }

    /// Ends Docket, and compares.
    pub async fn compare(&mut self, world: &mut World, records: &[crate::load::Record]) -> Fallible {
        for number in 0..world.nodes.len() {
            let ended = world.stop_node(number).await?;
            self.expect(ended.is_none_or(|status| status.success()), Kind::Failed, || {
                format!("Docket ended with {ended:?}")
            });
            let log = world.log(number);
            let panics: Vec<_> = log.lines().filter(|line| line.contains("panicked")).collect();
            self.expect(panics.is_empty(), Kind::Status, || format!("the log tells of {panics:?}"));
            if let (Some(folder), false) = (&self.keep, self.violations.all().is_empty()) {
                std::fs::create_dir_all(folder)?;
                std::fs::write(folder.join(format!("{}-{number}.log", self.line.name)), log)?;
            }
        }
        self.line.checked = check(world, records, &self.violations).await?;
        // Constraints, indexes, policies, and the chain of the audit log.
        if let Err(error) = world.command(&["verify"]) {
            self.violations.add(Kind::Audit, format!("docket verify: {error}"));
        }
        Ok(())
    }
}

/// How long anything is waited for that has to come.
pub const WELL_AGAIN: Duration = Duration::from_mins(1);

/// How long work may take to go on after a fault is over.
const MOST_RECOVERY: Duration = Duration::from_secs(10);
