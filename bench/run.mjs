// How fast Docket is beside what a person would pick instead, and beside PostgreSQL itself. docs/performance.md says how, and has the figures.
//
//   make bench               or: node bench/run.mjs PROGRAM SITE [OPTIONS]
//   make bench-quick         or: node bench/run.mjs PROGRAM SITE --quick
//
//   --only list,single       these kinds of requests: list, single, create, patch, cookie (the list by cookie), page (as HTML)
//   --with docket,pgbench    these contenders: docket, pgbench, asyncpg, sqlmodel; Docket is always there
//   --parts closed           these parts: closed, open, session, connections, million, connect
//   --connections 16,64      how many connections, in the closed loop
//   --rounds N, --seconds N  of the closed loop: A B C, C B A is one round, and each letter takes so many seconds
//   --set NAME=VALUE         a setting of Docket's, such as DATABASE_POOL_SIZE=16; as often as needed
//   --publish                writes docs/performance.md and its picture; a whole run does by itself
//
// Ends with 1 where an answer was wrong, where not everybody does the same, or where the figures say nothing: the same thing against itself
// differs by more than 5 %. Thresholds that aren't met are told and nothing more.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { arch, cpus, release, tmpdir, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

import { capture, withoutCheck } from "./capture.mjs";
import { connections as manyConnections, MANY } from "./connections.mjs";
import { docket as startWithRows, PEERS, startPeer } from "./contenders.mjs";
import { connectTime } from "./load.mjs";
import { atShares, compare, contestants, ratio, sessionCheck } from "./measure.mjs";
import { million } from "./million.mjs";
import { checkParity } from "./parity.mjs";
import { Postgres } from "./postgres.mjs";
import { endAll } from "./processes.mjs";
import { acceptance, number, picture, table, times } from "./report.mjs";
import { CASES } from "./requests.mjs";

const root = resolve(import.meta.dirname, "..");
const { CARGO_TARGET_DIR: target = "target" } = process.env;
const begun = Date.now();

/** At how many connections ratios are taken, in all rounds. */
const RATIO_AT = 64;
/** How many rounds there are at least for figures that count. */
const ROUNDS = 5;
/** By how much the same thing may differ from itself. */
const SELF = 0.05;
/** How often a comparison is tried in which somebody is. */
const TRIES = 3;
/** How long each rate of the open loop is held, in seconds. */
const OPEN_SECONDS = 5;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    with: { type: "string" },
    parts: { type: "string" },
    connections: { type: "string" },
    rounds: { type: "string" },
    seconds: { type: "string" },
    set: { type: "string", multiple: true, default: [] },
    publish: { type: "boolean", default: false },
  },
});

/** @param {string} text */
function refuse(text) {
  console.error(`bench: ${text}`);
  process.exit(2);
}

/** @param {string | undefined} text @param {string[]} all @param {string[]} unless */
function chosen(text, all, unless) {
  const found = text?.split(",") ?? unless;
  const unknown = found.find((each) => !all.includes(each));
  if (unknown !== undefined) refuse(`there is no ${unknown}: choose from ${all.join(", ")}`);
  return found;
}

const [program, site] = positionals.map((path) => resolve(path));
if (!program || !site) refuse("use: node bench/run.mjs PROGRAM SITE [OPTIONS]");
const build = { program: program ?? "", site: site ?? "" };
const PARTS = ["closed", "open", "session", "connections", "million", "connect"];
const NAMES = CASES.map(({ name }) => name);
const plan = {
  kinds: chosen(options.only, NAMES, options.quick ? ["list", "single", "create"] : NAMES),
  with: new Set(["docket", ...chosen(options.with, ["docket", "pgbench", ...PEERS.map(({ name }) => name)], ["pgbench", ...PEERS.map(({ name }) => name)])]),
  parts: new Set(chosen(options.parts, PARTS, options.quick || options.only ? ["closed"] : PARTS)),
  connections: (options.connections?.split(",") ?? (options.quick ? ["16", "64"] : ["1", "16", "64", "256"])).map(Number),
  rounds: Number(options.rounds ?? (options.quick ? 1 : ROUNDS)),
  seconds: Number(options.seconds ?? 2),
};
/** Whether everything is measured as it has to be for figures that count. */
const whole = !options.quick && !["only", "with", "parts", "connections", "rounds", "seconds"].some((name) => name in options);
const settings = Object.fromEntries(options.set.map((text) => /** @type {[string, string]} */ (text.split(/=(.*)/s, 2))));

function say(/** @type {string} */ text) {
  console.log(`${((Date.now() - begun) / 1_000).toFixed(0).padStart(5)} s  ${text}`);
}

/** @type {any} */
const result = { date: new Date().toISOString(), plan: { ...plan, with: [...plan.with], parts: [...plan.parts] }, settings };
/** What makes the figures worth nothing. @type {string[]} */
const doubts = [];
/** What was measured anew, because something disturbed it. @type {string[]} */
const again = [];
/** @type {Map<string, Map<number, import("./measure.mjs").Summary[]>>} */
const closed = new Map();

/** @param {string} kind @param {string} name */
function capacity(kind, name) {
  const rates = [...(closed.get(kind)?.values() ?? [])].flatMap((all) => all.filter((each) => each.name === name).map(({ rate }) => rate));
  return rates.length > 0 ? Math.max(...rates) : undefined;
}

/** @param {string} kind @param {string} name */
function at(kind, name, connections = ratioAt()) {
  return closed.get(kind)?.get(connections)?.find((each) => each.name === name);
}

function ratioAt() {
  return plan.connections.includes(RATIO_AT) ? RATIO_AT : (plan.connections.at(-1) ?? RATIO_AT);
}

function versions() {
  const first = (/** @type {string} */ program, /** @type {string[]} */ args) => {
    try {
      return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).split("\n", 1)[0] ?? "";
    } catch (error) {
      // wrk tells its version and ends with 1.
      return String(/** @type {any} */ (error).stdout ?? "").split("\n", 1)[0] ?? "";
    }
  };
  const python = readFileSync(join(import.meta.dirname, "peers/requirements.txt"), "utf8");
  const of = (/** @type {string} */ name) => `${name} ${new RegExp(`^${name}==(.*)$`, "m").exec(python)?.[1]}`;
  return {
    docket: first("git", ["-C", root, "describe", "--always", "--dirty"]),
    postgres: first(join(postgres.programs, "postgres"), ["--version"]).replace(/^postgres \(PostgreSQL\) (\S+).*/, "$1"),
    wrk: /\d[\d.]*/.exec(first("wrk", ["-v"]))?.[0] ?? "",
    oha: first("oha", ["--version"]).replace("oha ", ""),
    node: process.version.slice(1),
    rustc: first("rustc", ["--version"]).split(" ")[1] ?? "",
    python: ["fastapi", "sqlmodel", "asyncpg", "uvicorn", "uvloop", "orjson"].map(of).join(", "),
  };
}

const folder = mkdtempSync(join(tmpdir(), "docket-bench-"));
const postgres = new Postgres(folder);

async function main() {
  await postgres.start();
  result.machine = { cpu: cpus()[0]?.model ?? "", cores: cpus().length, memory: Math.round(totalmem() / 2 ** 30), system: `Linux ${release()} ${arch()}` };
  result.versions = versions();

  const docket = await startWithRows(postgres, build, settings);
  const contenders = [docket];
  for (const peer of PEERS.filter(({ name }) => plan.with.has(name))) contenders.push(await startPeer(postgres, peer, docket));
  result.parity = await checkParity(postgres, contenders);
  say(`${contenders.map(({ label }) => label).join(", ")}: the same rows and fields, login check and audit log; fsync, synchronous_commit and full_page_writes on`);
  const kinds = CASES.filter(({ name }) => plan.kinds.includes(name));
  const sessions = plan.parts.has("session") ? CASES.filter(({ name }) => name === "cookie") : [];
  const scripts = plan.with.has("pgbench") ? await capture(postgres, build, docket, [...new Set([...kinds, ...sessions])]) : new Map();
  result.sql = Object.fromEntries([...scripts].map(([name, { messages }]) => [name, messages.map((/** @type {any} */ { text }) => text)]));
  for (const [name, { messages }] of scripts) say(`${name}: Docket sends ${messages.length} messages`);

  if (plan.parts.has("closed")) await closedPart(contenders, kinds, scripts);
  if (plan.parts.has("open")) await openPart(contenders, kinds);
  if (plan.parts.has("session")) await sessionPart(docket, scripts);
  if (plan.parts.has("connect")) {
    result.connect = await connectTime(postgres, 2);
    say(`connecting to the database takes ${number(result.connect)} ms`);
  }
  if (plan.parts.has("connections")) await connectionsPart(docket);
  if (plan.parts.has("million")) {
    result.million = await million(postgres, build, settings, say);
    for (const [what, { p50, p99 }] of Object.entries(result.million)) say(`a million tasks, ${what}: p50 ${number(p50)} ms, p99 ${number(p99)} ms`);
  }
  report();
}

async function closedPart(/** @type {import("./contenders.mjs").Contender[]} */ contenders, /** @type {import("./requests.mjs").Case[]} */ kinds, /** @type {Map<string, import("./capture.mjs").Script>} */ scripts) {
  // Docket's own list by cookie and its page are compared with each other.
  const groups = [...kinds.filter(({ own }) => !own).map((kind) => [kind]), kinds.filter(({ own }) => own)].filter((group) => group.length > 0);
  for (const group of groups) {
    const all = group.flatMap((kind) => contestants(postgres, contenders, kind, kind.own ? undefined : scripts.get(kind.name)).map((each) => ({ ...each, kind })));
    const runners = all.map(({ kind, ...each }) => ({ ...each, name: kind.own ? kind.name : each.name, label: kind.own ? kind.label : each.label }));
    const label = group.map(({ label }) => label).join(" and ");
    for (const each of runners) await each.run(8, 1);
    for (const connections of plan.connections) {
      const rounds = connections === ratioAt() ? plan.rounds : 1;
      const isDisturbed = (/** @type {import("./measure.mjs").Summary} */ { self }) => Math.abs(self - 1) > SELF;
      let found = await compare(postgres, runners, connections, { rounds, seconds: plan.seconds });
      // All of its rounds count, or none of them.
      for (let tries = 1; rounds >= ROUNDS && tries < TRIES && found.some(isDisturbed); tries += 1) {
        say(`${label}, ${connections} connections: ${found.filter(isDisturbed).map(({ label, self }) => `${label} against itself is ${number((self - 1) * 100, 1)} % off`).join(", ")}; again`);
        again.push(label);
        found = await compare(postgres, runners, connections, { rounds, seconds: plan.seconds });
      }
      for (const [index, summary] of found.entries()) {
        const { name } = /** @type {typeof all[number]} */ (all[index]).kind;
        if (!closed.has(name)) closed.set(name, new Map());
        const own = closed.get(name)?.get(connections) ?? [];
        closed.get(name)?.set(connections, [...own, group.length > 1 || group[0]?.own ? { ...summary, name: "docket", label: "Docket" } : summary]);
        if (connections === ratioAt() && isDisturbed(summary)) doubts.push(`${label}: ${summary.label} against itself is ${number((summary.self - 1) * 100, 1)} % off`);
      }
      say(`${label}, ${connections} connections: ${found.map(({ label, rate }) => `${label} ${number(rate, 0)}/s`).join(", ")}`);
    }
  }
  result.closed = Object.fromEntries([...closed].map(([kind, found]) => [kind, Object.fromEntries(found)]));
}

async function openPart(/** @type {import("./contenders.mjs").Contender[]} */ contenders, /** @type {import("./requests.mjs").Case[]} */ kinds) {
  /** @type {Record<string, Record<string, any>>} */
  const open = {};
  for (const kind of kinds) {
    for (const contender of contenders) {
      const most = capacity(kind.name, contender.name);
      if (!most) continue;
      const found = await atShares(postgres, contender, kind, most, { connections: RATIO_AT, seconds: Math.max(OPEN_SECONDS, plan.seconds) });
      open[kind.name] = { ...open[kind.name], [contender.name]: found };
      say(`${kind.label}, ${contender.label} at 25, 50, 75 %: p99 ${found.map(({ p99 }) => number(p99)).join(", ")} ms`);
    }
  }
  result.open = open;
}

async function sessionPart(/** @type {import("./contenders.mjs").Contender} */ docket, /** @type {Map<string, import("./capture.mjs").Script>} */ scripts) {
  const kind = CASES.filter(({ name }) => name === "cookie");
  const writes = () => postgres.ask("docket", "select n_tup_ins + n_tup_upd + n_tup_del from pg_stat_user_tables where relname = 'sessions'").then(Number);
  // PostgreSQL's counts come within ten seconds of rest.
  await sleep(11_000);
  const before = await writes();
  const connections = 16;
  const [reads] = await compare(postgres, contestants(postgres, [docket], /** @type {import("./requests.mjs").Case} */ (kind[0])), connections, { rounds: 2, seconds: plan.seconds });
  await sleep(11_000);
  const count = (reads?.rates ?? []).reduce((sum, rate) => sum + rate * plan.seconds, 0);
  const per500 = (((await writes()) - before) * 500) / count;
  const script = scripts.get("cookie");
  const cost = script && (await sessionCheck(postgres, script, await withoutCheck(postgres, script, docket.people.reader.id), reads?.rate ?? NaN, connections, plan));
  result.session = { reads: Math.round(count), writesPer500: per500, ...cost };
  say(`sessions: ${number(per500)} writes in 500 reads; the check costs ${cost ? `${number(cost.request * 100, 1)} % of the request, ${number(cost.sql * 100, 1)} % of its SQL` : "what can't be told: it is one with the rows"}`);
}

async function connectionsPart(/** @type {import("./contenders.mjs").Contender} */ docket) {
  const kind = /** @type {import("./requests.mjs").Case} */ (CASES.find(({ name }) => name === "list"));
  const all = contestants(postgres, [docket], kind);
  const most = capacity("list", "docket") ?? (await compare(postgres, all, RATIO_AT, { rounds: 1, seconds: plan.seconds }))[0]?.rate ?? NaN;
  const found = await manyConnections(postgres, docket, kind, most, OPEN_SECONDS);
  result.connections = found;
  const { errors, each, idle, before, after, loaded } = found;
  const megabytes = (/** @type {number} */ bytes) => `${number(bytes / 1e6, 1)} MB`;
  say(`${MANY} connections: ${errors} errors, ${number(each / 1_000)} KB each while idle, ${idle.descriptors} descriptors; at half load p99 ${number(loaded.p99)} ms`);
  say(`memory ${megabytes(before.memory)} before, ${megabytes(idle.memory)} with them, ${megabytes(after.memory)} afterwards; descriptors ${before.descriptors} before, ${after.descriptors} afterwards`);
}

// --- What it comes to ------------------------------------------------------------------------------

/** @returns {import("./report.mjs").Line[]} */
function lines() {
  const PEER = { sqlmodel: "FastAPI + SQLModel", asyncpg: "tuned asyncpg", pgbench: "pgbench, same SQL" };
  /** @param {string} kind @param {keyof typeof PEER} other @param {number} least */
  const faster = (kind, other, least) => {
    const [one, two] = [at(kind, "docket"), at(kind, other)];
    const found = one && two && ratio(one, two);
    const label = CASES.find(({ name }) => name === kind)?.label ?? kind;
    return { what: `1. ${label}, next to ${PEER[other]}`, wanted: `≥ ${least} ×`, found: found ? times(found) : "", met: found && found.median >= least };
  };
  const [own, sql] = [capacity("list", "docket"), capacity("list", "pgbench")];
  // With more clients than PostgreSQL likes, pgbench is slower than it could be.
  const best = { what: "1. the same, best rate next to best rate", wanted: "≥ 0.45 ×", found: own && sql ? `${number(own / sql, 2)} ×` : "", met: own && sql ? own / sql >= 0.45 : undefined };
  const [page, json] = [at("page", "docket"), at("cookie", "docket")];
  const share = page && json && ratio(page, json);
  const halves = Object.entries(result.open ?? {}).filter(([kind]) => ["list", "single", "create", "patch"].includes(kind));
  const p99 = halves.map(([kind, found]) => /** @type {const} */ ([kind, found.docket?.[1]?.p99]));
  const worst = p99.length > 0 ? Math.max(...p99.map(([, value]) => value)) : undefined;
  const { connections, million, session } = result;
  /** @param {string} what @param {number | undefined} value @param {string} wanted @param {number} most @param {string} unit */
  const below = (what, value, wanted, most, unit) => ({ what, wanted, found: value === undefined ? "" : `${number(value)}${unit}`, met: value === undefined ? undefined : value <= most });
  const deep = million && million["page 10000 by cursor"].p50 / million["page 1"].p50;
  return [
    faster("list", "sqlmodel", 12),
    faster("list", "asyncpg", 7),
    faster("list", "pgbench", 0.45),
    best,
    faster("single", "sqlmodel", 12),
    faster("create", "sqlmodel", 6),
    { what: "2. page of 50 as HTML, next to its JSON", wanted: "≥ 0.6 ×", found: share ? times(share) : "", met: share && share.median >= 0.6 },
    below(`3. p99 at half load, the slowest of ${p99.map(([kind]) => kind).join(", ")}`, worst, "≤ 5 ms", 5, " ms"),
    below("3. connecting to the database", result.connect, "≤ 10 ms", 10, " ms"),
    below(`4. ${MANY} connections, errors`, connections?.errors, "0", 0, ""),
    below(`4. ${MANY} connections, memory of each while idle`, connections && connections.each / 1_000, "≤ 20 KB", 20, " KB"),
    below("4. memory afterwards, next to before", connections && connections.after.memory / connections.before.memory, "≤ 1.1 ×", 1.1, " ×"),
    below("5. a million tasks, page 10,000 next to page 1", deep, "≤ 1.2 ×", 1.2, " ×"),
    below("5. search in 10,000 tasks, p99", million?.["search in 10,000 tasks"].p99, "≤ 10 ms", 10, " ms"),
    below("5. today's list of a million tasks, p50", million?.["today's list"].p50, "≤ 5 ms", 5, " ms"),
    below("6. checking the session, next to the rest of the request", session?.request === undefined ? undefined : session.request * 100, "≤ 15 %", 15, " %"),
    { ...below("6. writes of a session in 500 reads", session?.writesPer500, "< 1", 1, ""), ...(session ? { met: session.writesPer500 < 1 } : {}) },
  ];
}

function tables() {
  const parts = [];
  const shared = [...closed.keys()].filter((kind) => !CASES.find(({ name }) => name === kind)?.own);
  const label = (/** @type {string} */ kind) => CASES.find(({ name }) => name === kind)?.label ?? kind;
  const rows = [...closed].flatMap(([kind, found]) => {
    const names = [...found.values()][0] ?? [];
    return names.map(({ name, label: who }) => {
      const one = at(kind, name);
      return [`${label(kind)}: ${who}`, ...plan.connections.map((connections) => number(at(kind, name, connections)?.rate, 0)), name === "pgbench" ? "–" : number((one?.appCpu ?? NaN) * 1e6, 0), number((one?.databaseCpu ?? NaN) * 1e6, 0)];
    });
  });
  if (rows.length > 0) parts.push([`Requests a second as fast as answers come, by connections; microseconds of CPU for each, at ${ratioAt()}`, table(["", ...plan.connections.map(String), "app µs", "PostgreSQL µs"], rows)]);
  const ratios = shared.flatMap((kind) => {
    const one = at(kind, "docket");
    const others = (closed.get(kind)?.get(ratioAt()) ?? []).filter(({ name }) => name !== "docket");
    return one && others.length > 0 ? [[label(kind), ...["sqlmodel", "asyncpg", "pgbench"].map((name) => others.find((other) => other.name === name)).map((other) => (other ? times(ratio(one, other)) : "–"))]] : [];
  });
  if (ratios.length > 0) parts.push([`Docket next to the others, at ${ratioAt()} connections: the median of ${plan.rounds} rounds, and their range`, table(["", "FastAPI + SQLModel", "tuned asyncpg", "pgbench, same SQL"], ratios)]);
  const open = Object.entries(result.open ?? {}).flatMap(([kind, found]) =>
    Object.entries(found).map(([name, shares]) => [
      `${label(kind)}: ${at(kind, name)?.label ?? name}`,
      ...shares.map((/** @type {any} */ { p50, p99, p999 }) => [p50, p99, p999].map((value) => number(value)).join(" / ")),
    ]),
  );
  if (open.length > 0) parts.push(["Milliseconds until the answer (p50 / p99 / p99.9), counted from when the request was due, at shares of one's own capacity", table(["", "25 %", "50 %", "75 %"], open)]);
  if (result.connections) {
    const { errors, each, before, idle, after, loaded } = result.connections;
    const row = (/** @type {string} */ what, /** @type {any} */ value) => [what, number(value.memory / 1e6, 1), String(value.descriptors)];
    parts.push([
      `${MANY} connections that stay open: ${errors} errors, ${number(each / 1_000)} KB for each while idle; p99 on them at half load ${number(loaded.p99)} ms`,
      table(["", "memory, MB", "descriptors"], [row("before", before), row("with them, idle", idle), row("afterwards", after)]),
    ]);
  }
  if (result.million) {
    const found = Object.entries(result.million).map(([what, { p50, p99 }]) => [what, number(p50), number(p99)]);
    parts.push(["Somebody with a million tasks, one request after the other, in milliseconds", table(["", "p50", "p99"], found)]);
  }
  return parts;
}

function report() {
  const found = lines();
  result.acceptance = found;
  result.doubts = doubts;
  result.again = again;
  const output = join(resolve(root, target), "bench");
  mkdirSync(output, { recursive: true });
  writeFileSync(join(output, "result.json"), `${JSON.stringify(result, null, 1)}\n`);
  const parts = tables();
  for (const [title, text] of parts) console.log(`\n${title}\n\n${text}`);
  const measured = whole ? found : found.filter(({ met }) => met !== undefined);
  if (measured.length > 0) console.log(`\n${acceptance(measured)}`);
  const { machine, versions } = result;
  const where = `${machine.cpu}, ${machine.cores} cores, ${machine.memory} GB, ${machine.system}`;
  console.log(`\n${where}; PostgreSQL ${versions.postgres}, Docket ${versions.docket}. All of it is in ${join(output, "result.json")}.`);
  const drawn = picture(
    [...closed].filter(([kind]) => !CASES.find(({ name }) => name === kind)?.own).map(([kind]) => ({
      label: CASES.find(({ name }) => name === kind)?.label ?? kind,
      bars: (closed.get(kind)?.get(ratioAt()) ?? []).map(({ name, label, rate }) => ({ label, rate, own: name === "docket" })),
    })),
    `${result.date.slice(0, 10)}, ${machine.cpu}, ${machine.cores} cores, PostgreSQL ${versions.postgres}; ${ratioAt()} connections, load on the same machine`,
  );
  writeFileSync(join(output, "bench.svg"), drawn);
  for (const doubt of doubts) console.error(`bench: ${doubt}`);
  // One round says little about noise, and is for a quick look.
  const isVoid = doubts.length > 0 && plan.rounds >= ROUNDS;
  if (isVoid) {
    console.error("bench: the run is void. Something else was at work on this machine: try again when it is quiet.");
    process.exitCode = 1;
  } else if (doubts.length > 0) {
    console.error("bench: take these figures for a hint.");
  }
  if ((whole && !isVoid) || options.publish) publish(parts, found, where, drawn);
}

/** Writes what was found between the marks of docs/performance.md, and the picture. */
function publish(/** @type {string[][]} */ parts, /** @type {import("./report.mjs").Line[]} */ found, /** @type {string} */ where, /** @type {string} */ drawn) {
  const { versions, date } = result;
  const programs = `PostgreSQL ${versions.postgres}, rustc ${versions.rustc}, ${versions.python}; wrk ${versions.wrk}, oha ${versions.oha}, Node ${versions.node}`;
  const text = [
    `Measured on ${date.slice(0, 10)}: ${where}. Docket ${versions.docket}, ${programs}.`,
    "![Requests a second of Docket, of its peers and of its SQL alone](pictures/bench.svg)",
    acceptance(found),
    ...[...new Set(again)].map((label) => `${label}: measured ${again.filter((each) => each === label).length + 1} times, as something disturbed it.`),
    ...doubts.map((doubt) => `Take it for a hint: ${doubt}.`),
    ...parts.flatMap(([title, text]) => [`${title}:`, text ?? ""]),
  ];
  const file = join(root, "docs/performance.md");
  const [begin, end] = ["<!-- written by `make bench` -->", "<!-- end -->"];
  const page = readFileSync(file, "utf8");
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no ${begin} … ${end}`);
  writeFileSync(file, `${page.slice(0, from)}${begin}\n\n${text.join("\n\n")}\n\n${page.slice(to)}`);
  writeFileSync(join(root, "docs/pictures/bench.svg"), drawn);
  say("docs/performance.md and docs/pictures/bench.svg are written");
}

let stopping = false;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    console.error("bench: stopping");
    void endAll().then(() => {
      rmSync(folder, { recursive: true, force: true });
      process.exit(130);
    });
  });
}

let failed = false;
try {
  await main();
} catch (error) {
  if (!stopping) {
    failed = true;
    process.exitCode = 1;
    console.error(`bench: ${error instanceof Error ? error.message : error}\nThe logs are in ${folder}.`);
  }
}
if (!stopping) {
  await endAll();
  if (!failed) rmSync(folder, { recursive: true, force: true });
}
