//! Clients at work: each writes tasks of its own, reads what it has written and what else it may see, and notes what it was told.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{task::JoinSet, time::sleep};
use uuid::Uuid;

use crate::{
    Fallible,
    http::{Client, Notes, Target},
    random::Random,
    report::Kind,
    worker::Worker,
    world::{PEOPLE, Person, World},
};

/// What a task is, as far as its client can say.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// It isn't there.
    Absent,
    /// It is.
    Present(Fields),
}

/// What is kept of a task that is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Fields {
    /// It begins with what the client calls the task by ([`Record::name`]).
    pub title: String,
    /// More about it.
    pub description: Option<String>,
    /// How much it matters.
    pub priority: String,
    /// Where it stands.
    pub status: String,
    /// In the trash.
    pub trashed: bool,
    /// How many changes there were, with the first.
    pub version: i64,
}

/// A task, as its client knows it.
#[derive(Clone, Debug)]
pub struct Record {
    /// What it is called by: the number of its owner, of the client, and its own. Ends with a blank, and no other name begins so.
    pub name: String,
    /// Whose it is.
    pub person: usize,
    /// Its id, once it is known.
    pub id: Option<Uuid>,
    /// What was acknowledged last.
    pub now: State,
    /// Whether it was added under a key whose answer is kept.
    pub keyed: bool,
    /// What it is instead if a change was made of which nobody knows whether it was.
    pub maybe: Option<State>,
}

/// How the clients of a scenario work.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// How many there are.
    pub clients: usize,
    /// The number of the first; those of one world are never the same.
    pub first: usize,
    /// How long each waits between two requests, at most, in milliseconds.
    pub pause: u64,
    /// In so many of a hundred a client leaves it open whether what wasn't answered was done.
    pub gives_up: u64,
    /// They hang up after some microseconds, up to so many; 0 for never.
    pub hangs_up: u64,
    /// They go to the nodes in turn, and nothing may fail.
    pub balanced: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { clients: 8, first: 0, pause: 4, gives_up: 15, hangs_up: 0, balanced: false }
    }
}

/// The clients at work.
#[derive(Debug)]
pub struct Load {
    /// What they note.
    pub notes: Arc<Notes>,
    enough: Arc<AtomicBool>,
    written: Arc<AtomicU64>,
    clients: JoinSet<Vec<Record>>,
    watch: Option<tokio::task::JoinHandle<()>>,
}

impl Load {
    /// Begins. Each client has a stream of numbers of its own.
    pub fn start(world: &World, random: &mut Random, style: Style) -> Self {
        let target = Target::new(world.nodes.iter().map(|node| node.port));
        let watch = style.balanced.then(|| tokio::spawn(target.clone().watch()));
        let mut load = Self {
            notes: Arc::default(),
            enough: Arc::default(),
            written: Arc::default(),
            clients: JoinSet::new(),
            watch,
        };
        // And a browser more.
        for number in style.first..=style.first + style.clients {
            let browses = number == style.first + style.clients;
            let person = if browses { PEOPLE } else { number % PEOPLE };
            let Person { token, .. } = &world.people[person];
            let worker = Worker {
                person,
                number,
                style,
                client: Client::new(token, &target, &load.notes),
                random: Random::of(random.next(), "client"),
                records: Vec::new(),
                notes: load.notes.clone(),
                enough: load.enough.clone(),
                written: load.written.clone(),
            };
            if browses {
                load.clients.spawn(worker.browse());
            } else {
                load.clients.spawn(worker.work());
            }
        }
        load
    }

    /// How many changes were acknowledged.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::SeqCst)
    }

    /// Waits until so many more changes are acknowledged.
    pub async fn goes_on(&self, count: u64, most: Duration) -> Fallible {
        let (since, before) = (Instant::now(), self.written());
        while self.written() < before + count {
            if since.elapsed() > most {
                let done = self.written() - before;
                return Err(format!("in {} s only {done} changes of {count} were acknowledged", most.as_secs()).into());
            }
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Ends, and gives what every client knows.
    pub async fn stop(&mut self) -> Vec<Record> {
        self.enough.store(true, Ordering::SeqCst);
        let mut records = Vec::new();
        while let Some(done) = self.clients.join_next().await {
            match done {
                Ok(done) => records.extend(done),
                Err(error) => self.notes.violations.add(Kind::Harness, format!("a client failed: {error}")),
            }
        }
        if let Some(watch) = self.watch.take() {
            watch.abort();
        }
        records
    }
}
