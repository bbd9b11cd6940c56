// A release of Docket to measure: its own PostgreSQL, a free port, everything in one temporary folder, gone with this process.

import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const PATIENCE = 60_000;

/** The program and its site, as the command line names them: `node BENCH PROGRAM SITE`. */
export function build() {
  const [program, site] = process.argv.slice(2);
  if (!program || !site) throw new Error(`use: node ${process.argv[1]} PROGRAM SITE`);
  return { program: resolve(program), site: resolve(site) };
}

/**
 * Starts it.
 *
 * @param {{ program: string, site: string }} build
 * @param {Record<string, string>} [settings]
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>} where it is, and what ends it
 */
export async function start({ program, site }, settings = {}) {
  const folder = mkdtempSync(join(tmpdir(), "docket-bench-"));
  // Root's PostgreSQL runs as another user.
  chmodSync(folder, 0o755);
  const { PATH = "", HOME = "" } = process.env;
  const own = { LEPTOS_SITE_ADDR: "127.0.0.1:0", LEPTOS_SITE_ROOT: site, DOCKET_DATA_DIR: join(folder, "data"), RUST_LOG: "warn" };
  const hashed = program.includes("release") ? { LEPTOS_HASH_FILES: "true" } : {};
  const child = spawn(program, ["serve"], { cwd: folder, env: { PATH, HOME, ...own, ...hashed, ...settings }, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((settle) => child.once("exit", settle));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  let said = "";
  const url = await new Promise((settle) => {
    const timer = setTimeout(() => settle(undefined), PATIENCE);
    const read = (/** @type {string} */ text) => {
      said += text;
      const found = /^Docket is at (http:\/\/\S+)$/m.exec(said)?.[1];
      if (found) settle(found);
      if (found) clearTimeout(timer);
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", read);
    child.once("exit", () => settle(undefined));
  });
  if (!url) {
    await stop();
    throw new Error(`docket did not start:\n${said}`);
  }
  return { url, stop };
}

/**
 * Makes an account, and gives a function that calls a server function for it, and its cookie.
 *
 * @param {string} url
 */
export async function person(url) {
  const form = { name: "Ada Lovelace", email: "ada@example.org", password: "correct horse battery", time_zone: "Etc/UTC" };
  let cookie = "";
  const call = async (/** @type {string} */ name, /** @type {Record<string, string>} */ form) => {
    const headers = { accept: "application/json", "content-type": "application/x-www-form-urlencoded", ...(cookie ? { cookie } : {}) };
    const answer = await fetch(`${url}/fn/${name}`, { method: "POST", headers, body: new URLSearchParams(form) });
    if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
    const set = answer.headers.getSetCookie().map((line) => line.split(";", 1)[0]);
    if (set.length > 0) cookie = set.join("; ");
    return answer;
  };
  await call("register", form);
  return { call, cookie: () => cookie };
}

/**
 * The value that this share of all stays under or at.
 *
 * @param {number[]} values
 * @param {number} share
 */
export function percentile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}
