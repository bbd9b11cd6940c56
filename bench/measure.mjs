// The rounds: who is measured when, and what the figures of several rounds come to.

import { closedLoop, openLoop, pgbench } from "./load.mjs";

/**
 * @typedef {import("./load.mjs").Round} Round
 * @typedef {object} Contestant somebody in one comparison
 * @property {string} name
 * @property {string} label
 * @property {(connections: number, seconds: number) => Promise<Round>} run
 * @property {() => Promise<number>} [logged] how far the ids of its audit log are
 *
 * @typedef {object} Summary of all rounds of one of them
 * @property {string} name
 * @property {string} label
 * @property {number} rate median
 * @property {number[]} rates of each half of each round, in their order
 * @property {number} [p50]
 * @property {number} [p99]
 * @property {number} appCpu
 * @property {number} databaseCpu
 * @property {number} self the second half of a round against the first, itself against itself: median
 *
 * @typedef {{ median: number, least: number, most: number }} Ratio
 */

/** @param {number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? (sorted[Math.floor(middle)] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/**
 * Who takes part in a comparison of one kind of request.
 *
 * @param {import("./postgres.mjs").Postgres} postgres
 * @param {import("./contenders.mjs").Contender[]} contenders
 * @param {import("./requests.mjs").Case} kind
 * @param {import("./capture.mjs").Script} [script] for pgbench
 * @returns {Contestant[]}
 */
export function contestants(postgres, contenders, kind, script) {
  const log = (/** @type {string} */ database) => async () => {
    // The number that was given last: what was taken back has one, too, which nothing here does.
    return Number(await postgres.ask(database, "select coalesce(pg_sequence_last_value(pg_get_serial_sequence('audit_logs', 'id')), 0)"));
  };
  const logged = (/** @type {string} */ database) => (kind.writes ? { logged: log(database) } : {});
  const all = contenders
    .filter(({ name }) => !kind.own || name === "docket")
    .map((contender) => ({
      name: contender.name,
      label: contender.label,
      run: (/** @type {number} */ connections, /** @type {number} */ seconds) => closedLoop(postgres, contender, kind, connections, seconds),
      ...logged(contender.database),
    }));
  if (!script) return all;
  const sql = { name: "pgbench", label: "pgbench, same SQL", run: (/** @type {number} */ connections, /** @type {number} */ seconds) => pgbench(postgres, script, connections, seconds) };
  return [...all, { ...sql, ...logged("docket") }];
}

/**
 * Measures all in turn, there and back again in each round: A B C, C B A.
 *
 * @param {import("./postgres.mjs").Postgres} postgres
 * @param {Contestant[]} contestants
 * @param {number} connections
 * @param {{ rounds: number, seconds: number }} how
 * @returns {Promise<Summary[]>}
 */
export async function compare(postgres, contestants, connections, { rounds, seconds }) {
  /** @type {Map<string, Round[]>} */
  const found = new Map(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const each of [...contestants, ...contestants.toReversed()]) {
      // What others wrote is written to disk now, and not in somebody's round.
      await postgres.ask("postgres", "checkpoint");
      const before = (await each.logged?.()) ?? 0;
      const done = await each.run(connections, seconds);
      const written = ((await each.logged?.()) ?? 0) - before;
      if (each.logged && written < done.requests) {
        throw new Error(`${each.label} says that it has changed ${done.requests} tasks, and its audit log has ${written} rows more`);
      }
      found.get(each.name)?.push(done);
    }
  }
  return contestants.map(({ name, label }) => {
    const all = found.get(name) ?? [];
    const rates = all.map(({ rate }) => rate);
    const middle = (/** @type {(round: Round) => number | undefined} */ of) => median(all.map((round) => of(round) ?? NaN));
    const halves = rates.filter((_, index) => index % 2 === 0).map((first, index) => (rates[2 * index + 1] ?? NaN) / first);
    return {
      name,
      label,
      rate: median(rates),
      rates,
      p50: middle(({ p50 }) => p50),
      p99: middle(({ p99 }) => p99),
      appCpu: middle(({ appCpu }) => appCpu),
      databaseCpu: middle(({ databaseCpu }) => databaseCpu),
      self: median(halves),
    };
  });
}

/**
 * How many times as fast one is as another, round by round.
 *
 * @param {Summary} one
 * @param {Summary} other
 * @returns {Ratio}
 */
export function ratio(one, other) {
  const rounds = one.rates.filter((_, index) => index % 2 === 0).map((first, index) => {
    const sum = first + (one.rates[2 * index + 1] ?? NaN);
    return sum / ((other.rates[2 * index] ?? NaN) + (other.rates[2 * index + 1] ?? NaN));
  });
  return { median: median(rounds), least: Math.min(...rounds), most: Math.max(...rounds) };
}

/**
 * At shares of one's own capacity.
 *
 * @param {import("./postgres.mjs").Postgres} postgres
 * @param {import("./contenders.mjs").Contender} contender
 * @param {import("./requests.mjs").Case} kind
 * @param {number} capacity
 * @param {{ connections: number, seconds: number }} how
 */
export async function atShares(postgres, contender, kind, capacity, { connections, seconds }) {
  const found = [];
  for (const share of [0.25, 0.5, 0.75]) {
    const { rate, p50, p99, p999 } = await openLoop(postgres, contender, kind, connections, seconds, capacity * share);
    found.push({ share, asked: capacity * share, rate, p50, p99, p999 });
  }
  return found;
}

/**
 * What it costs to find out whose session it is: the SQL of a request with and without, in turn; and how often a session was written.
 *
 * @param {import("./postgres.mjs").Postgres} postgres
 * @param {import("./capture.mjs").Script} whole
 * @param {import("./capture.mjs").Script | undefined} rest
 * @param {number} rate of the same request over HTTP
 * @param {number} connections
 * @param {{ rounds: number, seconds: number }} how
 */
export async function sessionCheck(postgres, whole, rest, rate, connections, how) {
  if (!rest) return undefined;
  const both = [whole, rest].map((script) => ({ name: script.name, label: script.name, run: (/** @type {number} */ at, /** @type {number} */ seconds) => pgbench(postgres, script, at, seconds) }));
  const [one, other] = await compare(postgres, both, connections, how);
  if (!one || !other) return undefined;
  // What the statements of the check take of the time of a request, of which there are as many at once.
  const check = 1 / one.rate - 1 / other.rate;
  return { sql: other.rate / one.rate - 1, request: check / (1 / rate - check) };
}
