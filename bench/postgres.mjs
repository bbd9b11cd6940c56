// One PostgreSQL for everybody who is measured: in a temporary folder, with durable settings, on a Unix socket and on loopback.

import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { cpu, end, port, run, start, until } from "./processes.mjs";

const root = resolve(import.meta.dirname, "..");

/** What makes a commit durable. The parity check looks whether it holds. */
export const DURABLE = { fsync: "on", synchronous_commit: "on", full_page_writes: "on" };

/** PostgreSQL refuses root: its programs run as the account that its package made. */
function account() {
  if (process.getuid?.() !== 0) return {};
  const entry = /^(?:postgres|nobody):[^:]*:(\d+):(\d+)/m.exec(readFileSync("/etc/passwd", "utf8"));
  if (!entry) throw new Error("PostgreSQL refuses root, and there is neither an account postgres nor nobody to run it as");
  return { uid: Number(entry[1]), gid: Number(entry[2]) };
}

export class Postgres {
  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
    this.programs = execFileSync(join(root, ".ci/setup"), ["postgres-bin"], { encoding: "utf8" }).trim();
    this.data = join(folder, "data");
    /** The folder of the socket. */
    this.socket = join(folder, "socket");
    this.log = join(this.data, "log/postgres.json");
    this.account = account();
    this.port = 0;
  }

  async start() {
    for (const each of [this.folder, this.socket]) {
      mkdirSync(each, { recursive: true });
      chmodSync(each, 0o755);
    }
    if (this.account.uid !== undefined) {
      chownSync(this.folder, this.account.uid, this.account.gid);
      chownSync(this.socket, this.account.uid, this.account.gid);
    }
    this.port = await port();
    const args = ["-D", this.data, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--auth=trust", "--no-instructions", "--data-checksums"];
    await run(join(this.programs, "initdb"), args, { cwd: "/", ...this.account });
    /** @type {Record<string, string | number>} */
    const settings = {
      ...DURABLE,
      listen_addresses: "127.0.0.1",
      port: this.port,
      unix_socket_directories: this.socket,
      max_connections: 400,
      shared_buffers: "1GB",
      // A checkpoint in the middle of a round would be somebody's bad luck: they are made between rounds.
      max_wal_size: "16GB",
      checkpoint_timeout: "1h",
      // One line of JSON for each message: what statements are captured from.
      logging_collector: "on",
      log_destination: "jsonlog",
      log_filename: "postgres.log",
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'\n`);
    writeFileSync(join(this.data, "postgresql.conf"), `\n${lines.join("")}`, { flag: "a" });
    this.program = start(this.folder, "postgres", join(this.programs, "postgres"), ["-D", this.data], { cwd: "/", ...this.account });
    await until("PostgreSQL answers", () => this.ask("postgres", "select 1").catch(() => undefined));
  }

  async stop() {
    if (this.program) await end(this.program, "SIGINT");
  }

  /**
   * How everybody reaches a database: by the socket. sqlx wants a host to be named besides, asyncpg none.
   *
   * @param {string} database
   * @param {string} user
   * @param {string} [scheme]
   * @param {string} [host]
   */
  url(database, user, scheme = "postgres", host = "localhost") {
    return `${scheme}://${user}@${host}/${database}?host=${encodeURIComponent(this.socket)}&port=${this.port}`;
  }

  /** The arguments with which PostgreSQL's own programs do. @param {string} user */
  reach(user) {
    return ["-h", this.socket, "-p", String(this.port), "-U", user];
  }

  /** Asks as a superuser. @param {string} database @param {string} statement */
  async ask(database, statement) {
    const args = [...this.reach("postgres"), "-d", database, "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement];
    return (await run(join(this.programs, "psql"), args, { cwd: "/" })).trim();
  }

  /** Runs a file as a superuser. @param {string} database @param {string} file @param {Record<string, string>} [variables] @param {string} [user] */
  async runFile(database, file, variables = {}, user = "postgres") {
    const set = Object.entries(variables).flatMap(([name, value]) => ["-v", `${name}=${value}`]);
    await run(join(this.programs, "psql"), [...this.reach(user), "-d", database, "-Xq", "-v", "ON_ERROR_STOP=1", ...set, "-f", file], { cwd: "/" });
  }

  /** Copies what a query gives into a table of another database. @param {string} from @param {string} query @param {string} to @param {string} table */
  async copy(from, query, to, table) {
    const file = join(this.folder, "copied");
    await this.ask(from, `\\copy (${query}) to '${file}'`);
    await this.ask(to, `\\copy ${table} from '${file}'`);
  }

  /** Seconds of CPU that the server has used, for everybody. */
  cpu() {
    return cpu(this.program?.pid ?? 0);
  }

  /** How far the log is. */
  logged() {
    return existsSync(this.log) ? statSync(this.log).size : 0;
  }

  /** What was logged behind this point. @param {number} from @returns {any[]} */
  logSince(from) {
    const text = readFileSync(this.log).subarray(from).toString("utf8");
    return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  }
}
