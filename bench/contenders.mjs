// Who is measured: Docket, and its peers. Each has a database of its own on the one PostgreSQL, with the same rows.

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { port, run, start, until } from "./processes.mjs";

const here = import.meta.dirname;

/** Where `.ci/setup bench` puts Python's packages. */
const { CARGO_TARGET_DIR: target = "target" } = process.env;
const python = resolve(here, "..", target, "peers/bin/python3");

/**
 * @typedef {object} Person
 * @property {string} id
 * @property {string} cookie
 * @property {string} token
 */

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {string} label for people
 * @property {string} database
 * @property {string} url
 * @property {import("./processes.mjs").Program} program
 * @property {Record<"reader" | "writer", Person>} people
 */

/** Those that are measured beside Docket over HTTP. */
export const PEERS = [
  { name: "asyncpg", label: "tuned asyncpg", app: "asyncpg_app:app", scheme: "postgresql" },
  { name: "sqlmodel", label: "FastAPI + SQLModel", app: "sqlmodel_app:app", scheme: "postgresql+asyncpg" },
];

/**
 * The database of a Docket: roles, migrations.
 *
 * @param {import("./postgres.mjs").Postgres} postgres
 * @param {string} program
 * @param {string} database
 */
export async function migrate(postgres, program, database) {
  const roles = "do $$ begin if to_regrole('docket_owner') is null then create role docket_owner login createrole; create role docket_web login noinherit; end if; end $$";
  await postgres.ask("postgres", roles);
  await postgres.ask("postgres", `create database ${database} owner docket_owner`);
  await run(program, ["migrate", "up"], { cwd: postgres.folder, env: { ...kept(), ...reach(postgres, database) } });
}

function kept() {
  const { PATH = "", HOME = "" } = process.env;
  return { PATH, HOME };
}

/** @param {import("./postgres.mjs").Postgres} postgres @param {string} database */
function reach(postgres, database) {
  return { DATABASE_URL: postgres.url(database, "docket_web"), DATABASE_URL_DIRECT: postgres.url(database, "docket_owner") };
}

/**
 * Starts a release of Docket.
 *
 * @param {import("./postgres.mjs").Postgres} postgres
 * @param {{ program: string, site: string }} build
 * @param {string} name of its log
 * @param {string} database
 * @param {Record<string, string>} [settings]
 */
export async function startDocket(postgres, { program, site }, name, database, settings = {}) {
  const env = {
    ...kept(),
    ...reach(postgres, database),
    LEPTOS_SITE_ADDR: "127.0.0.1:0",
    LEPTOS_SITE_ROOT: site,
    LEPTOS_HASH_FILES: "true",
    DOCKET_API_LIMIT: "0",
    RUST_LOG: "warn",
    ...settings,
  };
  const started = start(postgres.folder, name, program, ["serve"], { env });
  const said = () => readFileSync(started.log, "utf8");
  let failed = false;
  void started.ended.then(() => (failed = true));
  const url = await until(`${name} starts`, async () => {
    if (failed) throw new Error(`${name} ended:\n${said()}`);
    const found = /^Docket is at (http:\/\/\S+)$/m.exec(said())?.[1];
    return found && (await isReady(found)) ? found : undefined;
  });
  return { program: started, url, said };
}

/** @param {string} url */
async function isReady(url) {
  const answer = await fetch(`${url}/readyz`).catch(() => undefined);
  await answer?.arrayBuffer();
  return answer?.ok ?? false;
}

/**
 * Makes an account with a session and a personal access token.
 *
 * @param {string} url
 * @param {string} name
 * @returns {Promise<Person>}
 */
export async function register(url, name) {
  const send = async (/** @type {string} */ path, /** @type {RequestInit} */ request) => {
    const answer = await fetch(url + path, { method: "POST", ...request });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    return { answer: JSON.parse(text), cookie: answer.headers.getSetCookie()[0]?.split(";", 1)[0] ?? "" };
  };
  const account = { name, email: `${name}@example.org`, password: "nine quiet lamps on a hill" };
  const made = await send("/api/v1/auth/register", { headers: { "content-type": "application/json" }, body: JSON.stringify(account) });
  const scopes = new URLSearchParams([["name", "bench"], ["scopes[0]", "tasks:read"], ["scopes[1]", "tasks:write"]]);
  const token = await send("/fn/make_token", { headers: { accept: "application/json", cookie: made.cookie }, body: scopes });
  return { id: made.answer.user.id, cookie: made.cookie, token: token.answer.token };
}

/**
 * Sets up Docket with its rows, and starts it.
 *
 * @param {import("./postgres.mjs").Postgres} postgres
 * @param {{ program: string, site: string }} build
 * @param {Record<string, string>} settings
 * @returns {Promise<Contender>}
 */
export async function docket(postgres, build, settings) {
  await migrate(postgres, build.program, "docket");
  const { program, url } = await startDocket(postgres, build, "docket", "docket", settings);
  const people = { reader: await register(url, "reader"), writer: await register(url, "writer") };
  await postgres.runFile("docket", join(here, "tasks.sql"), { reader: people.reader.id, writer: people.writer.id });
  return { name: "docket", label: "Docket", database: "docket", url, program, people };
}

/**
 * Sets up a peer with the rows of Docket, and starts it: two workers, with uvloop and httptools.
 *
 * @param {import("./postgres.mjs").Postgres} postgres
 * @param {typeof PEERS[number]} peer
 * @param {Contender} docket
 * @returns {Promise<Contender>}
 */
export async function startPeer(postgres, { name, label, app, scheme }, docket) {
  const database = `peer_${name}`;
  const role = "do $$ begin if to_regrole('bench_peer') is null then create role bench_peer login; end if; end $$";
  await postgres.ask("postgres", role);
  await postgres.ask("postgres", `create database ${database} owner bench_peer`);
  await postgres.runFile(database, join(here, "peers/schema.sql"), {}, "bench_peer");
  await postgres.copy("docket", "select id, email, name, is_active, created_at from users", database, "users");
  await postgres.copy("docket", "select id, user_id, token_hash, scopes, expires_at from api_tokens", database, "tokens");
  const columns =
    "id, user_id, title, description, status, completed, priority, due_date, %s as due_time, position, version, created_at, updated_at, completed_at, deleted_at";
  const tasks = `select ${columns.replace("%s", "to_char(due_time, 'HH24:MI')")} from tasks order by id`;
  await postgres.copy("docket", tasks, database, `tasks (${columns.replace("%s as ", "")})`);
  await postgres.ask(database, "analyze");
  const at = await port();
  const args = ["-m", "uvicorn", app, "--app-dir", join(here, "peers"), "--host", "127.0.0.1", "--port", String(at), "--workers", "2"];
  const fast = ["--loop", "uvloop", "--http", "httptools", "--log-level", "warning", "--no-access-log"];
  const env = { ...kept(), DATABASE_URL: postgres.url(database, "bench_peer", scheme, ""), PYTHONDONTWRITEBYTECODE: "1" };
  const program = start(postgres.folder, name, python, [...args, ...fast], { env });
  const url = `http://127.0.0.1:${at}`;
  let failed = false;
  void program.ended.then(() => (failed = true));
  await until(`${name} starts`, () => {
    if (failed) throw new Error(`${name} ended:\n${readFileSync(program.log, "utf8").slice(-2_000)}`);
    return isReady(url);
  });
  return { name, label, database, url, program, people: docket.people };
}
