// The PostgreSQL of a test run: the one that `docket serve` brings along. Each test gets a database of its own in it.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { BINARY, Docket, ROOT, WASM, environment } from "./docket.ts";

const run = promisify(execFile);

/** The database that the others are copies of: migrated once. */
const TEMPLATE = "docket_template";

/** What the tests, which run in other processes, have to know. */
interface Place {
  /** Where the programs under test run: nothing there sets anything. */
  folder: string;
  /** The folder of the cluster's socket. */
  socket: string;
  /** PostgreSQL's own client. */
  psql: string;
}

/** Starts the cluster, and gives the function that ends it. */
export default async function setUp(): Promise<() => Promise<void>> {
  for (const [what, path] of [["docket", BINARY], ["the browser's half of docket", WASM]]) {
    if (!existsSync(path!)) throw new Error(`${path} is missing: build ${what} first, with \`cargo leptos build\`.`);
  }
  const folder = await mkdtemp(join(tmpdir(), "docket-e2e-"));
  // Root's PostgreSQL runs as another user.
  await chmod(folder, 0o755);
  const data = join(folder, "data");
  const tearDown = async (holder?: Docket) => {
    await holder?.stop();
    await rm(folder, { recursive: true, force: true });
  };
  let holder: Docket | undefined;
  try {
    holder = await Docket.serve(folder, { DOCKET_DATA_DIR: data }, folder);
    const programs = (await run(join(ROOT, ".ci", "setup"), ["postgres-bin"])).stdout.trim();
    const place: Place = { folder, socket: await socketFolder(data), psql: join(programs, "psql") };
    process.env["DOCKET_E2E_PLACE"] = JSON.stringify(place);
    // Starting it made the two roles, as for whoever runs a PostgreSQL of their own.
    await sql(`create database ${TEMPLATE} owner docket_owner`);
    const urls = { DATABASE_URL: databaseUrl(TEMPLATE), DATABASE_URL_DIRECT: databaseUrl(TEMPLATE, "docket_owner") };
    await run(BINARY, ["migrate", "up"], { cwd: folder, env: environment(urls) });
  } catch (error) {
    await tearDown(holder);
    throw error;
  }
  return () => tearDown(holder);
}

/** In the data folder, or where that path is too long for a socket, in the system's temporary folder. */
async function socketFolder(data: string): Promise<string> {
  const holds = (folder: string) => existsSync(join(folder, ".s.PGSQL.5432"));
  const inside = join(data, "run");
  if (holds(inside)) return inside;
  // The log names the folder it listens in.
  const log = await readFile(join(data, "postgres.log"), "utf8");
  const named = /listening on Unix socket "(.*)\/\.s\.PGSQL\.5432"/.exec(log)?.[1];
  if (named && holds(named)) return named;
  throw new Error(`PostgreSQL's socket is not in ${inside}; there is ${(await readdir(data)).join(", ")}`);
}

function place(): Place {
  return JSON.parse(process.env["DOCKET_E2E_PLACE"] ?? "{}") as Place;
}

/** The folder to run programs in. */
export function folder(): string {
  return place().folder;
}

/** Makes a database with the schema of this Docket. */
export async function createDatabase(name: string): Promise<void> {
  await sql(`create database ${name} template ${TEMPLATE} owner docket_owner`);
}

/** Removes a database, whoever still uses it. */
export async function dropDatabase(name: string): Promise<void> {
  await sql(`drop database if exists ${name} with (force)`);
}

/** How Docket reaches a database, or its owner does. */
export function databaseUrl(name: string, user = "docket_web"): string {
  return `postgres://${user}@localhost/${name}?host=${encodeURIComponent(place().socket)}`;
}

/** Runs a command of Docket on a database. */
export async function command(database: string, ...words: string[]): Promise<void> {
  await run(BINARY, words, { cwd: folder(), env: environment({ DATABASE_URL: databaseUrl(database) }) });
}

/** Runs a statement as the cluster's superuser. */
export async function sql(statement: string, database = "postgres"): Promise<void> {
  const { psql, socket } = place();
  const options = ["-X", "-q", "-h", socket, "-U", "docket", "-d", database, "-c", statement];
  await run(psql, options, { env: environment({}) });
}
