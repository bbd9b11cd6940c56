// The load, and what it says: wrk as fast as the answers come (closed loop), oha at a constant rate (open loop), pgbench for SQL alone.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { cpu, run } from "./processes.mjs";
import { PATCHED, TITLE, patched } from "./requests.mjs";

const here = import.meta.dirname;

/**
 * @typedef {object} Round
 * @property {number} rate requests or transactions a second
 * @property {number} requests
 * @property {number} p50 milliseconds
 * @property {number} [p99]
 * @property {number} [p999]
 * @property {number} appCpu seconds for each request
 * @property {number} databaseCpu seconds for each request
 */

/**
 * The headers of a request.
 *
 * @param {import("./contenders.mjs").Contender} contender
 * @param {import("./requests.mjs").Case} kind
 * @returns {[string, string][]}
 */
export function headers(contender, kind) {
  const { cookie, token } = contender.people[kind.who];
  return [...Object.entries(kind.headers ?? {}), kind.by === "token" ? ["authorization", `Bearer ${token}`] : ["cookie", cookie]];
}

/** For each request, what the app and the database used while `work` was done. */
async function counted(/** @type {import("./postgres.mjs").Postgres} */ postgres, /** @type {number} */ pid, /** @type {() => Promise<any>} */ work) {
  const before = [cpu(pid), postgres.cpu()];
  const done = await work();
  const after = [cpu(pid), postgres.cpu()];
  const [app, database] = after.map((seconds, index) => (seconds - (before[index] ?? 0)) / done.requests);
  return { done, appCpu: app ?? NaN, databaseCpu: database ?? NaN };
}

/**
 * As fast as answers come, on so many connections.
 *
 * @param {import("./postgres.mjs").Postgres} postgres
 * @param {import("./contenders.mjs").Contender} contender
 * @param {import("./requests.mjs").Case} kind
 * @param {number} connections
 * @param {number} seconds
 * @returns {Promise<Round>}
 */
export async function closedLoop(postgres, contender, kind, connections, seconds) {
  const path = kind.method === "PATCH" ? kind.path.replace(/[^/]*$/, "") : kind.path;
  const lines = headers(contender, kind).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const args = ["-t", String(Math.min(2, connections)), "-c", String(connections), "-d", `${seconds}s`, "--timeout", "10s"];
  const sent = [kind.method, ...(kind.body ? [kind.body] : [])];
  const { done, appCpu, databaseCpu } = await counted(postgres, contender.program.pid, async () => {
    const printed = await run("wrk", [...args, ...lines, "-s", join(here, "wrk.lua"), contender.url + path, "--", ...sent]);
    return JSON.parse(/^\{.*\}$/m.exec(printed)?.[0] ?? "{}");
  });
  const failures = Object.entries(done.failures ?? { "no result": 1 }).filter(([, count]) => count > 0);
  if (failures.length > 0) {
    const list = failures.map(([what, count]) => `${count} ${what === "status" ? "other than 2xx" : what}`).join(", ");
    throw new Error(`${contender.label}, ${kind.label}, ${connections} connections: of ${done.requests} requests failed: ${list}`);
  }
  const { requests, p50, p99, p999 } = done;
  return { rate: requests / done.seconds, requests, p50, p99, p999, appCpu, databaseCpu };
}

/**
 * At a constant rate, with the time of each answer counted from when its request should have been sent.
 *
 * @param {import("./postgres.mjs").Postgres} postgres
 * @param {import("./contenders.mjs").Contender} contender
 * @param {import("./requests.mjs").Case} kind
 * @param {number} connections
 * @param {number} seconds
 * @param {number} rate
 * @returns {Promise<Round>}
 */
export async function openLoop(postgres, contender, kind, connections, seconds, rate) {
  const lines = headers(contender, kind).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const args = ["--no-tui", "--output-format", "json", "-z", `${seconds}s`, "-w", "-c", String(connections), "-q", String(Math.max(1, Math.round(rate)))];
  /** @type {string[]} */
  const what = kind.body ? ["-d", kind.body, contender.url + kind.path] : [contender.url + kind.path];
  if (kind.method === "PATCH") {
    const [titles, urls] = [join(postgres.folder, "titles"), join(postgres.folder, "urls")];
    // Other titles than those of the run before.
    const begun = Date.now();
    writeFileSync(titles, Array.from({ length: 9_973 }, (_, index) => `{"title":"${TITLE} ${begun} ${index}"}`).join("\n"));
    writeFileSync(urls, Array.from({ length: PATCHED }, (_, index) => `${contender.url}/api/v1/tasks/${patched(index)}`).join("\n"));
    what.splice(0, what.length, "-Z", titles, "--urls-from-file", urls);
  }
  const { done, appCpu, databaseCpu } = await counted(postgres, contender.program.pid, async () => {
    const said = JSON.parse(await run("oha", [...args, "--latency-correction", "-m", kind.method, ...lines, ...what]));
    const answers = Object.entries(/** @type {Record<string, number>} */ (said.statusCodeDistribution));
    const requests = answers.reduce((sum, [, count]) => sum + count, 0);
    const bad = answers.filter(([status]) => !status.startsWith("2"));
    const errors = Object.entries(/** @type {Record<string, number>} */ (said.errorDistribution)).filter(([what]) => !what.includes("deadline"));
    if (bad.length + errors.length > 0) {
      throw new Error(`${contender.label}, ${kind.label} at ${Math.round(rate)}/s: ${JSON.stringify(Object.fromEntries([...bad, ...errors]))}`);
    }
    return { ...said, requests };
  });
  const { p50, p99, "p99.9": p999 } = done.latencyPercentiles;
  return { rate: done.requests / done.summary.total, requests: done.requests, p50: p50 * 1_000, p99: p99 * 1_000, p999: p999 * 1_000, appCpu, databaseCpu };
}

/**
 * SQL alone, on so many connections.
 *
 * @param {import("./postgres.mjs").Postgres} postgres
 * @param {import("./capture.mjs").Script} script
 * @param {number} connections
 * @param {number} seconds
 * @returns {Promise<Round>}
 */
export async function pgbench(postgres, script, connections, seconds) {
  const args = ["-n", "-M", "prepared", "-c", String(connections), "-j", String(Math.min(2, connections)), "-f", script.file];
  // What is made anew each time is a number of 48 bits: 17 of the time, 9 of the client, 22 that it counts.
  const begun = (Math.floor(Date.now() / 1_000) % 2 ** 17) * 2 ** 31;
  const variables = { ...script.variables, begun: String(begun), count: "0" };
  args.push(...Object.entries(variables).flatMap(([name, value]) => ["-D", `${name}=${value}`]));
  // Connections of pgbench are new: what each loads at first would be the most of a short round. Those of everybody else are warm.
  const warm = connections > 64 ? 2 : 1;
  /** @type {{ rate: number, latency: number, cpu: number }[]} */
  const past = [];
  const printed = await run(join(postgres.programs, "pgbench"), [...args, "-T", String(seconds + warm), "-P", "1", ...postgres.reach("docket_web"), "docket"], {
    cwd: postgres.folder,
    said: (text) => {
      for (const [, rate, latency] of text.matchAll(/^progress: [\d.]+ s, ([\d.]+) tps, lat ([\d.]+) ms/gm)) past.push({ rate: Number(rate), latency: Number(latency), cpu: postgres.cpu() });
    },
  });
  const failed = Number(/number of failed transactions: (\d+)/.exec(printed)?.[1] ?? 0);
  const [last, first] = [past.at(-1), past[warm - 1]];
  if (failed > 0 || !last || !first || past.length <= warm) throw new Error(`pgbench, ${script.name}:\n${printed}`);
  const counted = past.slice(warm);
  const rate = counted.reduce((sum, each) => sum + each.rate, 0) / counted.length;
  const requests = Number(/number of transactions actually processed: (\d+)/.exec(printed)?.[1] ?? NaN);
  return { rate, requests, p50: last.latency, appCpu: 0, databaseCpu: (last.cpu - first.cpu) / (rate * counted.length) };
}

/**
 * Milliseconds that it takes to connect to the database as Docket does.
 *
 * @param {import("./postgres.mjs").Postgres} postgres
 * @param {number} seconds
 */
export async function connectTime(postgres, seconds) {
  const file = join(postgres.folder, "connect.sql");
  writeFileSync(file, "select 1;\n");
  const args = ["-n", "-C", "-c", "1", "-T", String(seconds), "-f", file, ...postgres.reach("docket_web"), "docket"];
  const printed = await run(join(postgres.programs, "pgbench"), args, { cwd: postgres.folder });
  return Number(/average connection time = ([\d.]+) ms/.exec(printed)?.[1] ?? NaN);
}
