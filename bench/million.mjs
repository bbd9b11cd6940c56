// What somebody with a million tasks waits for: one request after the other, on one connection.

import { Agent, request } from "node:http";
import { join } from "node:path";

import { percentile } from "../end2end/bench/docket.mjs";
import { migrate, register, startDocket } from "./contenders.mjs";
import { end } from "./processes.mjs";

const DATABASE = "million";
const MANY = 1_000_000;
const FEW = 10_000;
/** The page that has to be about as fast as the first one, of 50 tasks. */
const DEEP = 10_000;

/**
 * @typedef {object} Times milliseconds
 * @property {number} p50
 * @property {number} p99
 * @property {number} count
 */

class Client {
  /** @param {string} url @param {Record<string, string>} headers */
  constructor(url, headers) {
    this.url = url;
    this.headers = headers;
    this.agent = new Agent({ keepAlive: true, maxSockets: 1 });
  }

  /** @param {string} path @returns {Promise<{ text: string, time: number }>} */
  get(path) {
    const begun = performance.now();
    return new Promise((settle, fail) => {
      const sent = request(this.url + path, { headers: this.headers, agent: this.agent }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part) => (text += part));
        answer.on("error", fail);
        answer.on("end", () => {
          if (answer.statusCode === 200) settle({ text, time: performance.now() - begun });
          else fail(new Error(`${path}: ${answer.statusCode} ${text.slice(0, 300)}`));
        });
      });
      sent.on("error", fail);
      sent.end();
    });
  }
}

/** @param {number[]} times @returns {Times} */
function times(times) {
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99), count: times.length };
}

/**
 * Measures each of these requests so many times, all of them in turn.
 *
 * @param {Client} client
 * @param {Record<string, (index: number) => string>} paths
 * @param {number} count
 * @returns {Promise<Record<string, Times>>}
 */
async function inTurn(client, paths, count) {
  /** @type {Record<string, number[]>} */
  const found = Object.fromEntries(Object.keys(paths).map((what) => [what, []]));
  for (let index = -3; index < count; index += 1) {
    for (const [what, path] of Object.entries(paths)) {
      const { time } = await client.get(path(Math.max(0, index)));
      // The first three warm it up.
      if (index >= 0) found[what]?.push(time);
    }
  }
  return Object.fromEntries(Object.entries(found).map(([what, all]) => [what, times(all)]));
}

const WORDS = ["report", "garden", "letter", "invoice", "meeting", "dentist", "kitchen", "budget", "bala", "cela", "dila", "fola", "gra", "task", "pho", "zeppelin"];

/**
 * Fills a database for two people and measures what they ask.
 *
 * @param {import("./postgres.mjs").Postgres} postgres
 * @param {{ program: string, site: string }} build
 * @param {Record<string, string>} settings
 * @param {(text: string) => void} say
 */
export async function million(postgres, build, settings, say) {
  await migrate(postgres, build.program, DATABASE);
  const docket = await startDocket(postgres, build, "docket-million", DATABASE, settings);
  try {
    const [big, some] = [await register(docket.url, "big"), await register(docket.url, "some")];
    const today = new Date().toISOString().slice(0, 10);
    const begun = Date.now();
    const variables = { big: big.id, some: some.id, many: String(MANY), few: String(FEW), today };
    await postgres.runFile(DATABASE, join(import.meta.dirname, "million.sql"), variables);
    await postgres.ask(DATABASE, "checkpoint");
    say(`${MANY.toLocaleString("en")} tasks of one person are there after ${((Date.now() - begun) / 1_000).toFixed(0)} s`);
    const bearer = (/** @type {import("./contenders.mjs").Person} */ { token }) => new Client(docket.url, { authorization: `Bearer ${token}` });
    const api = bearer(big);
    // The cursor of a page is in the answer with the task before it.
    const before = JSON.parse((await api.get(`/api/v1/tasks?limit=1&offset=${(DEEP - 1) * 50 - 1}`)).text);
    if (before.total !== MANY || !before.next_cursor) throw new Error(`the big list has ${before.total} tasks`);
    const cursor = encodeURIComponent(before.next_cursor);
    const pages = {
      "page 1": () => "/api/v1/tasks",
      "one task and the total": () => "/api/v1/tasks?limit=1",
      "page 1 by title": () => "/api/v1/tasks?sort=title",
      "page 1 by due date": () => "/api/v1/tasks?sort=due_date",
      [`page ${DEEP} by cursor`]: () => `/api/v1/tasks?cursor=${cursor}`,
      [`page ${DEEP} by offset`]: () => `/api/v1/tasks?offset=${(DEEP - 1) * 50}`,
    };
    const lists = await inTurn(api, pages, 25);
    const due = `/api/v1/tasks?due_from=${today}&due_to=${today}&completed=false`;
    const others = await inTurn(api, { "today's list": () => due, "search for a rare word": () => "/api/v1/tasks?q=zeppelin" }, 50);
    const common = await inTurn(api, { "search for a word of one task in eight": () => "/api/v1/tasks?q=garden" }, 5);
    const search = await inTurn(bearer(some), { "search in 10,000 tasks": (index) => `/api/v1/tasks?q=${WORDS[index % WORDS.length]}` }, 320);
    const browser = new Client(docket.url, { cookie: big.cookie, accept: "text/html" });
    const html = await inTurn(browser, { "/today": () => "/today", "/upcoming": () => "/upcoming", "/tasks": () => "/tasks", "/board": () => "/board" }, 25);
    return { ...lists, ...others, ...common, ...search, ...html };
  } finally {
    await end(docket.program);
  }
}
