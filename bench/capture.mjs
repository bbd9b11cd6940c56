// The SQL that Docket sends for a request, taken from PostgreSQL's log and made into a script for pgbench. Nobody writes it by hand, so
// whatever Docket sends is what pgbench sends.
//
// pgbench sends everything by the extended protocol, prepared, as Docket sends its queries. Several statements in one message of Docket's
// are a pipeline: one round trip, too. Docket's empty messages (pings) are not in the log, and so not in the script: pgbench has it easier by those.

import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { startDocket } from "./contenders.mjs";
import { headers } from "./load.mjs";
import { end } from "./processes.mjs";
import { patched, patchedNumber, TITLE } from "./requests.mjs";

/**
 * @typedef {object} Message what Docket sent at once
 * @property {boolean} plain by the simple protocol: perhaps several statements
 * @property {string} text
 * @property {(string | null)[]} values of its parameters
 */

/**
 * @typedef {object} Script
 * @property {string} name
 * @property {string} file
 * @property {Record<string, string>} variables
 * @property {Message[]} messages
 */

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Splits where there is no quote open. @param {string} text @param {string} sign */
function split(text, sign) {
  return text.split(new RegExp(`${sign}(?=(?:[^']*'[^']*')*[^']*$)`)).map((part) => part.trim()).filter(Boolean);
}

/** @param {any} line of the log @returns {Message | undefined} */
function message({ message, detail }) {
  const simple = /^statement: ([^]*)$/.exec(message)?.[1];
  if (simple !== undefined) return { plain: true, text: simple.trim().replace(/;$/, ""), values: [] };
  const text = /^execute [^:]*: ([^]*)$/.exec(message)?.[1];
  if (text === undefined) return undefined;
  /** @type {(string | null)[]} */
  const values = [];
  for (const [, number, value] of (detail ?? "").matchAll(/\$(\d+) = (NULL|'(?:[^']|'')*')/g)) {
    values[Number(number) - 1] = value === "NULL" ? null : value.slice(1, -1).replaceAll("''", "'");
  }
  return { plain: false, text, values };
}

/** Whether this is what a request does, and not a job of Docket's own that came between. @param {Message[]} transaction */
function isOfRequest(transaction) {
  return !transaction.some(({ text }) => /docket_jobs|begin read only;/.test(text));
}

/** Groups messages by what ends a transaction. @param {Message[]} messages */
export function transactions(messages) {
  /** @type {Message[][]} */
  const groups = [[]];
  for (const each of messages) {
    groups.at(-1)?.push(each);
    if (/(^|;\s*)(commit|rollback)$/i.test(each.text)) groups.push([]);
  }
  return groups.filter((group) => group.length > 0);
}

/** What stays the same from one request to the next. @param {Message[]} messages */
function shape(messages) {
  return messages.map(({ text }) => text.replace(UUID, "UUID")).join("\n");
}

/** How many samples are taken: jobs come between some of them, and first ones do more. */
const SAMPLES = 6;

/**
 * What Docket sends for each kind of request, warm.
 *
 * @param {import("./postgres.mjs").Postgres} postgres
 * @param {{ program: string, site: string }} build
 * @param {import("./contenders.mjs").Contender} docket
 * @param {import("./requests.mjs").Case[]} kinds
 * @returns {Promise<Map<string, Script>>}
 */
export async function capture(postgres, build, docket, kinds) {
  await postgres.ask("postgres", "alter role docket_web in database docket set log_statement = 'all'");
  // One connection: its lines are in order.
  const captured = await startDocket(postgres, build, "captured", "docket", { DATABASE_POOL_SIZE: "1" });
  const contender = { ...docket, url: captured.url };
  const scripts = new Map();
  try {
    for (const kind of kinds) {
      /** @type {Message[][]} */
      const samples = [];
      for (let count = 0; count < SAMPLES; count += 1) {
        const from = postgres.logged();
        await send(contender, kind);
        await sleep(150);
        const lines = postgres.logSince(from).filter((line) => line.user === "docket_web" && line.dbname === "docket");
        const messages = lines.flatMap((line) => message(line) ?? []);
        samples.push(transactions(messages).filter(isOfRequest).flat());
      }
      scripts.set(kind.name, await script(postgres, kind.name, usual(samples, kind.name)));
    }
  } finally {
    await end(captured.program);
    await postgres.ask("postgres", "alter role docket_web in database docket reset log_statement");
  }
  return scripts;
}

/** The two last ones among those that are alike: two, to see what differs each time. @param {Message[][]} samples @param {string} name */
function usual(samples, name) {
  /** @type {Map<string, Message[][]>} */
  const alike = new Map();
  for (const sample of samples) alike.set(shape(sample), [...(alike.get(shape(sample)) ?? []), sample]);
  const most = [...alike.values()].reduce((most, each) => (each.length > most.length ? each : most));
  const [one, other] = most.slice(-2);
  if (!one?.length || !other) throw new Error(`what Docket sends for ${name} is never the same:\n${[...alike.keys()].join("\n\n")}`);
  return { one, other };
}

async function send(/** @type {import("./contenders.mjs").Contender} */ contender, /** @type {import("./requests.mjs").Case} */ kind) {
  const patch = kind.method === "PATCH";
  const path = patch ? `/api/v1/tasks/${patched(7)}` : kind.path;
  const body = patch ? JSON.stringify({ title: `${TITLE} ${randomUUID()}` }) : kind.body;
  const answer = await fetch(contender.url + path, { method: kind.method, headers: headers(contender, kind), ...(body ? { body } : {}) });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`${kind.name}: ${answer.status}`);
}

// --- pgbench ---------------------------------------------------------------------------------------

/** What pgbench counts up, as the last 12 digits of a UUID. */
const COUNTED = "lpad(to_hex(:tail::bigint), 12, '0')";

/**
 * A text as an expression: with the number of a task at random where there was one, and new UUIDs where there were new ones. `undefined`
 * for one that stays the same.
 *
 * @param {string} text
 * @param {string} other the same in another request
 */
function expression(text, other) {
  const others = new Set(other.match(UUID));
  let varies = false;
  const parts = text.split(new RegExp(`(${UUID.source})`)).filter(Boolean);
  const written = parts.map((part) => {
    if (part.length === 36 && patchedNumber(part) !== undefined) {
      varies = true;
      return `'${part.slice(0, 24)}' || lpad(to_hex(:task::bigint), 12, '0')`;
    }
    if (part.length === 36 && new RegExp(`^${UUID.source}$`).test(part) && !others.has(part)) {
      varies = true;
      return `'${part.slice(0, 24)}' || ${COUNTED}`;
    }
    return `'${part.replaceAll("'", "''")}'`;
  });
  return varies ? `(${written.join(" || ")})` : undefined;
}

/**
 * Writes the script.
 *
 * @param {import("./postgres.mjs").Postgres} postgres
 * @param {string} name
 * @param {{ one: Message[], other: Message[] }} samples
 * @returns {Promise<Script>}
 */
export async function script(postgres, name, { one, other }) {
  /** @type {Record<string, string>} */
  const variables = {};
  const named = (/** @type {string} */ value) => {
    const key = Object.keys(variables).find((key) => variables[key] === value) ?? `v${Object.keys(variables).length}`;
    variables[key] = value;
    return `:${key}`;
  };
  // A colon before a word would be a variable.
  const quoted = (/** @type {string} */ text) => text.replace(/'(?:[^']|'')*'/g, (literal) => (/:\w/.test(literal) ? named(literal.slice(1, -1).replaceAll("''", "'")) : literal));
  const lines = ["\\set task random(0, 2047)", "\\set count :count + 1", "\\set tail :begun + :client_id * 4194304 + :count"];
  for (const [index, { plain, text, values }] of one.entries()) {
    const twin = other[index];
    if (plain) {
      const statements = split(text, ";").map((statement) => {
        const value = /^set local ([\w.]+) = '([^']*)'$/i.exec(statement);
        const made = value && expression(value[2] ?? "", twin?.text ?? "");
        // `set` takes no parameters.
        if (value && made) return `select set_config('${value[1]}', ${made}, true)`;
        return quoted(statement).replace(new RegExp(`'(${UUID.source})'`, "g"), (literal, id) => expression(id, twin?.text ?? "") ?? literal);
      });
      const several = statements.length > 1;
      lines.push(...(several ? ["\\startpipeline"] : []), ...statements.map((statement) => `${statement};`), ...(several ? ["\\endpipeline"] : []));
      continue;
    }
    const types = values.length > 0 ? await parameters(postgres, text) : [];
    const written = quoted(text).replace(/\$(\d+)/g, (_, number) => {
      const value = values[number - 1];
      const type = types[number - 1] ?? "text";
      if (value === null || value === undefined) return `null::${type}`;
      const made = expression(value, twin?.values[number - 1] ?? "");
      return made ? `${made}::${type}` : `${named(value)}::${type}`;
    });
    lines.push(`${written.replace(/\s+/g, " ")};`);
  }
  const file = join(postgres.folder, `${name}.sql`);
  writeFileSync(file, `${lines.join("\n")}\n`);
  return { name, file, variables, messages: one };
}

/** The types of a statement's parameters, as PostgreSQL finds them out by itself. */
async function parameters(/** @type {import("./postgres.mjs").Postgres} */ postgres, /** @type {string} */ text) {
  const types = await postgres.ask("docket", `prepare it as ${text}; select unnest(parameter_types) from pg_prepared_statements where name = 'it'`);
  return types.split("\n").filter(Boolean);
}

const CHECK = /\b(sessions|api_tokens|users)\b|set_config\('role'/;
const ROWS = /\btasks\b|found_tasks/;

/**
 * The same script without what finds out who somebody is: a transaction of its own, or the first statements of the one that reads the rows.
 * `undefined` where one statement does both: then there is no telling them apart.
 *
 * @param {import("./postgres.mjs").Postgres} postgres
 * @param {Script} whole
 * @param {string} person who it is found to be
 */
export async function withoutCheck(postgres, whole, person) {
  const checks = (/** @type {Message} */ { text }) => CHECK.test(text) && !ROWS.test(text);
  const groups = transactions(whole.messages);
  const kept = groups.flatMap((group, index) => {
    // The round trip that looks whether a connection is good belongs to what comes behind it.
    const next = /^begin; rollback$/i.test(group[0]?.text ?? "") ? (groups[index + 1] ?? group) : group;
    if (!next.some(checks)) return [group];
    if (!next.some(({ text }) => ROWS.test(text))) return [];
    if (next !== group) return [group];
    const acts = { plain: false, text: `select set_config('role', 'docket_app', true), set_config('docket.user_id', '${person}', true)`, values: [] };
    return [group.flatMap((message, at) => (checks(message) ? (at === group.findIndex(checks) ? [acts] : []) : [message]))];
  });
  const messages = kept.flat();
  if (messages.length === whole.messages.length || !messages.some(({ text }) => ROWS.test(text))) return undefined;
  return script(postgres, `${whole.name}-unchecked`, { one: messages, other: messages });
}
