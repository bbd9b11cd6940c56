//! What a scenario happens in: a folder with a PostgreSQL, a proxy before it, nodes of Docket, and people who have accounts.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    time::{Duration, Instant},
};

use sha2::{Digest, Sha256};
use tokio::time::sleep;
use uuid::Uuid;

use crate::{
    Fallible,
    postgres::{Cluster, Installed, Stop},
    process::{Folder, Program, free_port, run},
    proxy::Proxy,
    random::Random,
};

/// How many people there are that programs write for. One more has a browser ([`LOGIN`]), and comes last.
pub const PEOPLE: usize = 6;

/// The account that can log in with a password, and the password.
pub const LOGIN: (&str, &str) = ("login@example.org", "nine quiet lamps");

/// How long Docket may take to be ready.
const PATIENCE: Duration = Duration::from_mins(1);

/// Somebody with an account, and a program of theirs.
#[derive(Clone, Debug)]
pub struct Person {
    /// The account.
    pub id: Uuid,
    /// A personal access token; who has a browser has none.
    pub token: String,
}

/// The program under test.
#[derive(Clone, Debug)]
pub struct Build {
    /// The program.
    pub program: PathBuf,
    /// The browser's files.
    pub site: PathBuf,
}

/// What every scenario begins with: a database with every migration and all people, made once and copied.
#[derive(Debug)]
pub struct Template {
    folder: Folder,
    installed: Installed,
    people: Vec<Person>,
    build: Build,
}

impl Template {
    /// Makes it.
    pub async fn make(build: Build, seed: u64) -> Fallible<Self> {
        let (folder, installed) = (Folder::new("template")?, Installed::find()?);
        let mut cluster = Cluster::make(&installed, &folder.0)?;
        cluster.start().await?;
        let mut connection = cluster.connect("postgres").await?;
        for statement in [
            "create role docket_owner login createrole",
            "create role docket_web login noinherit",
            "create database docket owner docket_owner",
        ] {
            sqlx::query(statement).execute(&mut connection).await?;
        }
        let mut command = Command::new(&build.program);
        command.args(["migrate", "up"]);
        environment(&mut command, &build, &folder.0, cluster.port(), cluster.port());
        run(&mut command)?;
        // Its password comes from standard input.
        let mut command = Command::new("/bin/sh");
        command.args(["-c", r#"printf '%s\n' "$3" | "$1" user create "$2" --name Login"#, "sh"]);
        command.arg(&build.program).args([LOGIN.0, LOGIN.1]);
        environment(&mut command, &build, &folder.0, cluster.port(), cluster.port());
        run(&mut command)?;
        let mut random = Random::of(seed, "people");
        let mut people: Vec<_> = (0..PEOPLE).map(|_| Person { id: random.uuid(), token: token(&mut random) }).collect();
        let mut connection = cluster.connect("docket").await?;
        for (number, person) in people.iter().enumerate() {
            let made = sqlx::query("insert into users (id, email, name) values ($1, $2, $3)");
            let name = format!("person-{number}");
            made.bind(person.id).bind(format!("{name}@example.org")).bind(name).execute(&mut connection).await?;
            let made = sqlx::query(
                "insert into api_tokens (id, user_id, name, token_hash, hint, scopes, epoch)
                 select $1, id, 'chaos', $2, $3, array['tasks:read', 'tasks:write', 'account:read'], session_epoch
                 from users where id = $4",
            );
            let hint = &person.token[person.token.len() - 4..];
            let hash = Sha256::digest(person.token.as_bytes()).to_vec();
            made.bind(random.uuid()).bind(hash).bind(hint).bind(person.id).execute(&mut connection).await?;
        }
        let login = sqlx::query_scalar("select id from users where email = $1").bind(LOGIN.0);
        people.push(Person { id: login.fetch_one(&mut connection).await?, token: String::new() });
        cluster.stop(Stop::Fast).await?;
        Ok(Self { folder, installed, people, build })
    }
}

/// What Docket is told of where it is.
fn environment(command: &mut Command, build: &Build, folder: &Path, database: u16, direct: u16) {
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
        .env("DATABASE_URL", Cluster::url(database, "docket_web"))
        .env("DATABASE_URL_DIRECT", Cluster::url(direct, "docket_owner"))
        .env("DOCKET_DATA_DIR", folder.join("docket"))
        .env("LEPTOS_SITE_ROOT", &build.site)
        .env("RUST_LOG", "warn")
        .env("DOCKET_API_LIMIT", "0");
    // What the site was built with.
    if let Some(hashed) = std::env::var_os("LEPTOS_HASH_FILES") {
        command.env("LEPTOS_HASH_FILES", hashed);
    }
}

/// A token as `server/auth/tokens.rs` makes them: 43 characters, and a checksum of them.
fn token(random: &mut Random) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let secret: String = (0..43).map(|_| char::from(DIGITS[random.index(62)])).collect();
    let mut rest = crc32fast::hash(secret.as_bytes()) as usize;
    let mut sum = [b'0'; 6];
    for digit in sum.iter_mut().rev() {
        *digit = DIGITS[rest % 62];
        rest /= 62;
    }
    format!("dkt_{secret}{}", String::from_utf8_lossy(&sum))
}

/// How a scenario wants its world.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// How many nodes of Docket.
    pub nodes: usize,
    /// Settings of Docket that aren't the usual ones.
    pub settings: &'static [(&'static str, &'static str)],
    /// A folder of the cluster that is to be on a disk of its own, of so many MiB.
    pub disk: Option<(Part, u32)>,
    /// What lets the nodes see a time that isn't this machine's (`libfaketime`), if they are to.
    pub clock: Option<&'a Path>,
}

impl Default for Wish<'_> {
    fn default() -> Self {
        Self { nodes: 1, settings: &[], disk: None, clock: None }
    }
}

/// A part of a cluster.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part {
    /// All but the log of changes.
    Data,
    /// The log of changes.
    Wal,
}

/// A disk in memory, unmounted at the end.
#[derive(Debug)]
struct Disk(PathBuf);

impl Disk {
    fn mount(at: PathBuf, size: u32) -> Fallible<Self> {
        fs::create_dir(&at)?;
        run(Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size}m"), "tmpfs"]).arg(&at))?;
        Ok(Self(at))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = run(Command::new("umount").arg("-l").arg(&self.0));
    }
}

/// One node of Docket.
#[derive(Debug)]
pub struct Node {
    /// Where it listens; the same after each start.
    pub port: u16,
    /// What it says.
    pub log: PathBuf,
    program: Option<Program>,
    starts: Vec<(String, String)>,
}

/// What a scenario happens in. What runs in it ends with it.
#[derive(Debug)]
pub struct World {
    /// The nodes of Docket.
    pub nodes: Vec<Node>,
    /// Between Docket and PostgreSQL.
    pub proxy: Proxy,
    /// Docket's database.
    pub cluster: Cluster,
    /// Who has an account.
    pub people: Vec<Person>,
    build: Build,
    disk: Option<Disk>,
    folder: Folder,
}

impl World {
    /// A copy of the template, with everything started.
    pub async fn start(template: &Template, name: &str, wish: Wish<'_>) -> Fallible<Self> {
        let folder = Folder::new(name)?;
        template.installed.give(&folder.0)?;
        let (from, data) = (template.folder.0.join("data"), folder.0.join("data"));
        let disk = wish.disk.map(|(_, size)| Disk::mount(folder.0.join("disk"), size)).transpose()?;
        let copy = |from: &Path, to: &Path| run(Command::new("cp").arg("-a").arg(from).arg(to));
        copy(&from, &data)?;
        if let (Some(disk), Some((part, _))) = (&disk, wish.disk) {
            template.installed.give(&disk.0)?;
            let (own, other) = match part {
                Part::Wal => (data.join("pg_wal"), disk.0.join("pg_wal")),
                Part::Data => (data.join("base"), disk.0.join("base")),
            };
            copy(&own, &other)?;
            fs::remove_dir_all(&own)?;
            std::os::unix::fs::symlink(&other, &own)?;
        }
        copy(&template.folder.0.join("docket"), &folder.0.join("docket"))?;
        let mut cluster = Cluster::at(&template.installed, &folder.0)?;
        cluster.start().await?;
        let proxy = Proxy::before(cluster.port()).await?;
        let settings = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let mut nodes = Vec::new();
        for number in 0..wish.nodes {
            let log = folder.0.join(format!("docket-{number}.log"));
            let mut starts: Vec<_> = wish.settings.iter().map(settings).collect();
            if let Some(library) = wish.clock {
                // The file is read each time; what measures how long something takes isn't changed.
                let file = Self::clock(&folder);
                let file = file.to_string_lossy();
                let library = library.to_string_lossy();
                starts.extend(
                    [
                        ("LD_PRELOAD", &*library),
                        ("FAKETIME_TIMESTAMP_FILE", &*file),
                        ("FAKETIME_NO_CACHE", "1"),
                        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
                    ]
                    .iter()
                    .map(settings),
                );
            }
            nodes.push(Node { port: free_port()?, log, program: None, starts });
        }
        let (people, build) = (template.people.clone(), template.build.clone());
        let mut world = Self { nodes, proxy, cluster, people, build, disk, folder };
        world.set_clock(0)?;
        for number in 0..wish.nodes {
            world.start_node(number).await?;
        }
        Ok(world)
    }

    /// Starts a node and waits until it is ready.
    pub async fn start_node(&mut self, number: usize) -> Fallible {
        self.launch_node(number)?;
        let since = Instant::now();
        while !is_ready(self.nodes[number].port).await {
            if since.elapsed() > PATIENCE {
                return Err(format!("Docket isn't ready: {}", self.log(number)).into());
            }
            if let Some(status) = self.program(number)?.ended() {
                return Err(format!("Docket ended ({status}): {}", self.log(number)).into());
            }
            sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// Starts a node and doesn't wait.
    pub fn launch_node(&mut self, number: usize) -> Fallible {
        let node = &self.nodes[number];
        let (build, folder) = (&self.build, &self.folder.0);
        let (database, direct) = (self.proxy.port(), self.cluster.port());
        let program = Program::start(&build.program, &node.log, "KILL", |command| {
            environment(command, build, folder, database, direct);
            command.env("LEPTOS_SITE_ADDR", format!("127.0.0.1:{}", node.port)).arg("serve");
            command.envs(node.starts.iter().cloned());
        })?;
        self.nodes[number].program = Some(program);
        Ok(())
    }

    /// The process of a node.
    pub fn program(&mut self, number: usize) -> Fallible<&mut Program> {
        self.nodes[number].program.as_mut().ok_or_else(|| "the node isn't started".into())
    }

    /// Kills a node.
    pub fn kill_node(&mut self, number: usize) {
        if let Some(mut program) = self.nodes[number].program.take() {
            program.kill();
        }
    }

    /// Stops a node as systemd does, and gives how it ended.
    pub async fn stop_node(&mut self, number: usize) -> Fallible<Option<ExitStatus>> {
        let Some(mut program) = self.nodes[number].program.take() else { return Ok(None) };
        program.signal("TERM");
        Ok(Some(program.wait(Duration::from_secs(40)).await?))
    }

    /// What Docket said, on all nodes.
    pub fn log(&self, number: usize) -> String {
        fs::read_to_string(&self.nodes[number].log).unwrap_or_default()
    }

    /// Runs another command of the same program, with the same settings, past the proxy.
    pub fn command(&self, args: &[&str]) -> Fallible<String> {
        let mut command = Command::new(&self.build.program);
        environment(&mut command, &self.build, &self.folder.0, self.cluster.port(), self.cluster.port());
        run(command.args(args))
    }

    fn clock(folder: &Folder) -> PathBuf {
        folder.0.join("clock")
    }

    /// Has the nodes' clock be off by so many seconds, for a world whose wish was that.
    pub fn set_clock(&self, seconds: i64) -> Fallible {
        let (file, new) = (Self::clock(&self.folder), self.folder.0.join("clock.new"));
        fs::write(&new, format!("{seconds:+}\n"))?;
        // Nobody may read half of it.
        Ok(fs::rename(new, file)?)
    }

    /// The name of the largest file that a browser loads.
    pub fn largest_file(&self) -> Fallible<String> {
        let mut largest = (0, String::new());
        for file in fs::read_dir(self.build.site.join("pkg"))? {
            let file = file?;
            largest = largest.max((file.metadata()?.len(), file.file_name().to_string_lossy().into_owned()));
        }
        Ok(largest.1)
    }

    /// Leaves no room on the disk of its own.
    pub fn fill_disk(&self) -> Fallible {
        let disk = self.disk.as_ref().ok_or("there is no disk of its own")?;
        // It ends with an error: that there is no room.
        let mut command = Command::new("dd");
        command.args(["if=/dev/zero", "bs=64K"]).arg(Self::filler(disk)).stderr(std::process::Stdio::null());
        command.status()?;
        Ok(())
    }

    fn filler(disk: &Disk) -> String {
        format!("of={}", disk.0.join("filler").display())
    }

    /// Makes room again.
    pub fn empty_disk(&self) -> Fallible {
        let disk = self.disk.as_ref().ok_or("there is no disk of its own")?;
        Ok(fs::remove_file(disk.0.join("filler"))?)
    }
}

/// Whether Docket says at this port that it can work.
pub async fn is_ready(port: u16) -> bool {
    let client = reqwest::Client::new();
    let asked = client.get(format!("http://127.0.0.1:{port}/readyz")).timeout(Duration::from_secs(5)).send();
    asked.await.is_ok_and(|answer| answer.status() == 200)
}
