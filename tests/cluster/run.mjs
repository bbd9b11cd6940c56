// Docket on more than one machine, on one: two nodes behind HAProxy, on a primary with a streaming replica. Nodes, replica and primary are stopped,
// killed and started again while people work; nothing that was acknowledged may be lost, and nobody may see a failure that could
// have been tried again.
//
//   make cluster-test        or: node tests/cluster/run.mjs [PROGRAM [SITE]]
//
// Everything listens on loopback, lives in one temporary folder, and is ended by its process id.

import { execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chownSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, chmodSync } from "node:fs";
import http from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const root = resolve(import.meta.dirname, "../..");
const docket = resolve(process.argv[2] ?? join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "debug/docket"));
const site = resolve(process.argv[3] ?? join(root, "target/site"));
const folder = mkdtempSync(join(tmpdir(), "docket-cluster-"));
const programs = execFileSync(join(root, ".ci/setup"), ["postgres-bin"], { encoding: "utf8" }).trim();
const haproxy = existsSync("/usr/sbin/haproxy") ? "/usr/sbin/haproxy" : "haproxy";
const begun = Date.now();

/** PostgreSQL refuses root: its programs run as the account that its package made. */
const account = (() => {
  if (process.getuid() !== 0) return {};
  const entry = readFileSync("/etc/passwd", "utf8").match(/^(?:postgres|nobody):[^:]*:(\d+):(\d+)/m);
  return { uid: Number(entry[1]), gid: Number(entry[2]) };
})();

function say(text) {
  console.log(`${((Date.now() - begun) / 1000).toFixed(1).padStart(6)} s  ${text}`);
}

function check(good, text) {
  if (!good) throw new Error(text);
}

async function until(what, met, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await met();
    if (value) return value;
    check(Date.now() < end, `in vain: ${what}`);
    await sleep(50);
  }
}

// --- Processes -------------------------------------------------------------------------------------

const running = new Set();

function start(name, program, args, options = {}) {
  const log = openSync(join(folder, `${name}.log`), "a");
  const child = spawn(program, args, { stdio: ["ignore", log, log], cwd: "/", ...options });
  const process = { name, child, ended: new Promise((done) => child.on("exit", (code, signal) => done(code ?? signal))) };
  child.on("error", (error) => say(`${name}: ${error.message}`));
  running.add(process);
  process.ended.then(() => running.delete(process));
  return process;
}

/** Sends a signal and waits for the end. */
async function end(process, signal) {
  process.child.kill(signal);
  return process.ended;
}

/** A port that nobody uses. */
function port() {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

function postgres(program, ...args) {
  const output = { cwd: "/", stdio: ["ignore", "pipe", "pipe"], encoding: "utf8", ...account };
  return execFileSync(join(programs, program), args, output);
}

function sql(at, statement, database = "docket") {
  return postgres("psql", "-h", "127.0.0.1", "-p", String(at), "-U", "postgres", "-d", database, "-XAtqc", statement).trim();
}

// --- People ----------------------------------------------------------------------------------------

/** Somebody with a browser: a cookie, and one connection that stays open. */
class Person {
  constructor(base) {
    this.base = base;
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    this.cookie = "";
  }

  /** What was answered, or the error of a connection that broke. */
  send(method, path, form, base = this.base) {
    const body = form && new URLSearchParams(form).toString();
    const headers = { accept: path.startsWith("/fn/") ? "application/json" : "text/html", cookie: this.cookie };
    if (body) Object.assign(headers, { "content-type": "application/x-www-form-urlencoded", "content-length": Buffer.byteLength(body) });
    return new Promise((done) => {
      const request = http.request(new URL(path, base), { method, headers, agent: this.agent, timeout: 60_000 }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part) => (text += part));
        answer.on("end", () => {
          for (const cookie of answer.headers["set-cookie"] ?? []) this.cookie = cookie.split(";")[0];
          done({ status: answer.statusCode, retryAfter: answer.headers["retry-after"], node: answer.headers["x-node"], text });
        });
        answer.on("error", (error) => done({ status: 0, text: error.message }));
      });
      request.on("timeout", () => request.destroy(new Error("no answer within a minute")));
      request.on("error", (error) => done({ status: 0, text: error.message }));
      request.end(body);
    });
  }

  async register(name) {
    this.name = name;
    const form = { form_action: "/fn/register", form_next: "/tasks", name, email: `${name}@example.org`, password: "correct horse battery" };
    const answer = await this.send("POST", "/register", form);
    check(answer.status === 303, `registering: ${answer.status} ${answer.text.slice(0, 300)}`);
  }

  add(title, change) {
    return this.send("POST", "/fn/add_task", { title, change });
  }

  /** The titles of the newest tasks. */
  async titles() {
    const answer = await this.send("POST", "/fn/list_tasks", { url: "/tasks" });
    check(answer.status === 200, `listing: ${answer.status} ${answer.text.slice(0, 300)}`);
    return JSON.parse(answer.text).tasks.map((task) => task.title);
  }
}

/** People at work: each adds tasks, looks at the list whether the last one is there, and reads pages. */
class Load {
  constructor(people) {
    this.acknowledged = people.map(() => []);
    this.enough = false;
    this.done = 0;
    /** What went wrong, that a client could not try again by itself. */
    this.failures = [];
    /** What was sent a second time, under the same id. */
    this.again = { reads: 0, writes: 0 };
    this.tabs = people.map((person, index) => this.work(person, index));
  }

  async work(person, index) {
    for (let number = 0; !this.enough; number++) {
      const title = `${index}-${this.constructor.round}-${number}`;
      const change = randomUUID();
      if (!(await this.persist("writes", `add ${title}`, () => person.add(title, change)))) continue;
      this.acknowledged[index].push(title);
      const list = await this.persist("reads", "list", () => person.send("POST", "/fn/list_tasks", { url: "/tasks" }));
      if (list && !JSON.parse(list.text).tasks.some((task) => task.title === title)) {
        this.failures.push(`${title} was acknowledged and isn't in the list that was asked for next`);
      }
      await this.persist("reads", "page", () => person.send("GET", "/today"));
      this.done++;
    }
  }

  /** Tries again what didn't come through: with the same id a change is made once. A fifth failure is one. */
  async persist(kind, what, send) {
    for (let tries = 1; ; tries++) {
      const answer = await send();
      if (answer.status === 200) return answer;
      const mayTryAgain = answer.status === 0 || answer.status === 502 || (answer.status === 503 && this.tolerant);
      if (!mayTryAgain || tries === 50) {
        this.failures.push(`${what}: ${answer.status} ${answer.text.slice(0, 200)}`);
        return undefined;
      }
      this.again[kind]++;
      await sleep(20);
    }
  }

  async stop() {
    this.enough = true;
    await Promise.all(this.tabs);
    check(this.failures.length === 0, `${this.failures.length} failures, such as ${this.failures[0]}`);
    return this.again;
  }
}

/** Everybody works while `event` happens. */
async function meanwhile({ people, primary }, name, event, expect = {}) {
  Load.round = (Load.round ?? 0) + 1;
  const load = new Load(people);
  load.tolerant = expect.tolerant;
  await until("work begins", () => load.done >= 20);
  const { done } = load;
  await event(load);
  const after = load.done;
  await until("work goes on", () => load.done >= after + 40);
  const again = await load.stop();
  say(`${name}: ${load.done} rounds of three requests, ${done} before; sent again by clients: ${again.reads} reads, ${again.writes} writes`);
  if (!expect.again) check(again.reads + again.writes === 0, `${name}: somebody had to try again`);
  for (const [index, person] of people.entries()) {
    person.all = [...(person.all ?? []), ...load.acknowledged[index]];
    const of = `select title from tasks join users on users.id = user_id where name = '${person.name}'`;
    const there = sql(primary, of).split("\n");
    const lost = person.all.filter((title) => !there.includes(title));
    check(lost.length === 0, `${name}: ${lost.length} acknowledged tasks are gone, such as ${lost[0]}`);
    check(new Set(there).size === there.length, `${name}: a task is there twice`);
  }
}

// --- The cluster -----------------------------------------------------------------------------------

async function database() {
  const ports = { primary: await port(), replica: await port() };
  const data = { primary: join(folder, "primary"), replica: join(folder, "replica") };
  const settings = (at) =>
    `\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\nport = ${at}\nmax_connections = 100\n`;
  postgres("initdb", "-D", data.primary, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--auth=trust", "--no-instructions");
  writeFileSync(join(data.primary, "postgresql.conf"), settings(ports.primary), { flag: "a" });
  const run = (name) => start(`postgres-${name}`, join(programs, "postgres"), ["-D", data[name]], account);
  const servers = { ports, run, primary: run("primary") };
  const answers = (at) => () => {
    try {
      return sql(at, "select 1", "postgres");
    } catch {
      return false;
    }
  };
  servers.isUp = (name) => until(`${name} answers`, answers(ports[name]));
  await servers.isUp("primary");
  sql(ports.primary, "create role docket_owner login createrole; create role docket_web login", "postgres");
  sql(ports.primary, "create database docket owner docket_owner", "postgres");
  postgres("pg_basebackup", "-h", "127.0.0.1", "-p", String(ports.primary), "-U", "postgres", "-D", data.replica, "-R", "-c", "fast");
  writeFileSync(join(data.replica, "postgresql.conf"), settings(ports.replica), { flag: "a" });
  servers.replica = run("replica");
  await servers.isUp("replica");
  return servers;
}

function url(at, user) {
  return `postgres://${user}@127.0.0.1:${at}/docket?sslmode=disable`;
}

/** A node of Docket; returns when it is ready. */
async function node(name, at, servers) {
  const env = {
    PATH: process.env.PATH,
    DATABASE_URL: url(servers.ports.primary, "docket_web"),
    DATABASE_URL_REPLICA: url(servers.ports.replica, "docket_web"),
    LEPTOS_SITE_ADDR: `127.0.0.1:${at}`,
    LEPTOS_SITE_ROOT: site,
    DOCKET_TRUSTED_PROXIES: "127.0.0.1",
    DOCKET_STOP_DELAY: "2",
    RUST_LOG: "info",
  };
  const process_ = start(`docket-${name}`, docket, ["serve"], { env, cwd: folder });
  await until(`${name} is ready`, () => ready(at));
  return process_;
}

async function ready(at) {
  return (await new Person(`http://127.0.0.1:${at}`).send("GET", "/readyz")).status === 200;
}

function balancer(at, nodes) {
  const servers = Object.entries(nodes).map(([name, port]) => `  server ${name} 127.0.0.1:${port}`);
  writeFileSync(
    join(folder, "haproxy.cfg"),
    `
defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 60s
  timeout queue 10s
  # What was never sent may go to the other node: every request. What may have been sent only where sending it twice changes nothing.
  retries 3
  option redispatch 1
  retry-on conn-failure empty-response response-timeout
  # No connection that a node may be closing just now.
  option http-server-close
  option forwardfor

frontend people
  bind 127.0.0.1:${at}
  http-request disable-l7-retry unless { method GET HEAD }
  default_backend nodes

backend nodes
  balance roundrobin
  option httpchk GET /readyz
  http-response set-header X-Node %s
  default-server check inter 200ms fall 2 rise 1
${servers.join("\n")}
`,
  );
  return start("haproxy", haproxy, ["-db", "-f", join(folder, "haproxy.cfg")]);
}

async function main() {
  chmodSync(folder, 0o755);
  if (account.uid) chownSync(folder, account.uid, account.gid);
  const servers = await database();
  say("a primary and a replica that follows it are up");
  const owner = { env: { PATH: process.env.PATH, DATABASE_URL: url(servers.ports.primary, "docket_web"), DATABASE_URL_DIRECT: url(servers.ports.primary, "docket_owner") } };
  execFileSync(docket, ["migrate", "up"], { ...owner, cwd: folder, stdio: ["ignore", "ignore", "inherit"] });

  const ports = { one: await port(), two: await port() };
  const nodes = { one: await node("one", ports.one, servers), two: await node("two", ports.two, servers) };
  const front = await port();
  balancer(front, ports);
  const base = `http://127.0.0.1:${front}`;
  await until("HAProxy sends to both nodes", async () => {
    const seen = new Set();
    for (let count = 0; count < 4; count++) seen.add((await new Person(base).send("GET", "/healthz")).node);
    return seen.has("one") && seen.has("two");
  });
  say("two nodes of Docket are up, HAProxy is in front");

  const direct = (name) => `http://127.0.0.1:${ports[name]}`;
  const ada = new Person(direct("one"));
  await ada.register("ada");
  ada.base = direct("two");
  check((await ada.add("written on the other node", randomUUID())).status === 200, "a session of one node is known to the other");
  check((await ada.titles()).includes("written on the other node"), "what was written is there");
  ada.base = direct("one");
  check((await ada.titles()).includes("written on the other node"), "and on the first node");
  say("logged in on one node, worked on the other, read again on the first");

  const people = [];
  for (const name of ["bob", "carol", "dan", "eve"]) {
    const person = new Person(base);
    await person.register(name);
    people.push(person);
  }
  const cluster = { people, primary: servers.ports.primary };
  const used = () => Number(sql(servers.ports.replica, "select sum(tup_returned) from pg_stat_database where datname = 'docket'"));
  const before = used();
  await meanwhile(cluster, "nothing happens", () => sleep(1000));
  // Statistics come after a moment.
  await until("lists are read from the replica", () => used() > before);
  say(`lists are read from the replica`);

  await meanwhile(cluster, "node one is stopped (SIGTERM) and started again", async () => {
    const code = await end(nodes.one, "SIGTERM");
    check(code === 0, `node one ended with ${code}`);
    nodes.one = await node("one", ports.one, servers);
  });
  await meanwhile(
    cluster,
    "node two is killed (SIGKILL) and started again",
    async () => {
      await end(nodes.two, "SIGKILL");
      await sleep(1000);
      nodes.two = await node("two", ports.two, servers);
    },
    // What was under way on it nobody answers; whoever sent it tries again under the same id.
    { again: true },
  );
  await meanwhile(cluster, "the replica is stopped and started again", async (load) => {
    await end(servers.replica, "SIGINT");
    const { done } = load;
    await until("reads go on without it", () => load.done >= done + 20);
    servers.replica = servers.run("replica");
    await servers.isUp("replica");
    const again = used();
    await until("it is used again", () => used() > again);
  });
  await meanwhile(cluster, "the replica is killed and started again", async () => {
    await end(servers.replica, "SIGKILL");
    // Its children notice.
    await sleep(1000);
    servers.replica = servers.run("replica");
    await servers.isUp("replica");
  });
  await meanwhile(
    cluster,
    "the primary is restarted",
    async () => {
      await end(servers.primary, "SIGINT");
      servers.primary = servers.run("primary");
      await servers.isUp("primary");
      const back = Date.now();
      await until("both nodes are ready", async () => (await ready(ports.one)) && (await ready(ports.two)));
      say(`both nodes ready ${Date.now() - back} ms after the primary answered again`);
    },
    { again: true, tolerant: true },
  );
  say("nothing that was acknowledged is lost, nothing is there twice");
  for (const name of Object.keys(ports)) {
    const [panic] = readFileSync(join(folder, `docket-${name}.log`), "utf8").match(/panicked at .*\n.*/) ?? [];
    check(!panic, `node ${name}: ${panic}`);
  }
}

async function clean() {
  for (const [kind, signal] of [["haproxy", "SIGTERM"], ["docket", "SIGTERM"], ["postgres", "SIGINT"]]) {
    const mine = [...running].filter((process) => process.name.startsWith(kind));
    await Promise.all(mine.map((process) => Promise.race([end(process, signal), sleep(20_000)])));
  }
  for (const process of running) await end(process, "SIGKILL");
}

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => clean().then(() => process.exit(130)));

try {
  await main();
  await clean();
  rmSync(folder, { recursive: true });
  process.exit();
} catch (error) {
  console.error(`cluster: ${error.message}\nThe logs are in ${folder}.`);
  await clean();
  process.exit(1);
}
