// What the browser's half needs at first. The pages that most people begin with, in their states, in a real browser, on the release:
//
//   make first-load   or: node end2end/bench/first.mjs PROGRAM SITE            checks that they come alive without the later part, and ends with 1 if not
//   make profile      or: node end2end/bench/first.mjs PROGRAM SITE --profile  writes down which functions never ran (.ci/wasm/later.txt)

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "@playwright/test";

import { instrument } from "../../.ci/wasm/instrument.mjs";
import { key } from "../../.ci/wasm/keys.mjs";
import { calls, parse, write } from "../../.ci/wasm/module.mjs";
import { findChromium } from "../chromium.mjs";
import { build, person, start } from "./docket.mjs";

const LATER = fileURLToPath(new URL("../../.ci/wasm/later.txt", import.meta.url));
const GUEST = ["/", "/login"];
// What memory needs isn't the same each time: who looks, looks often.
const ROUNDS = 6;
// Whether two keys meet in a hash table is chance, and rare: what compares them then counts as if it had run, whether it has or not.
const CHANCE = /^<hashbrown.*::find.*\{closure#\d+\}(\[\d+\])?$|^<hashbrown.*::rehash_in_place(\[\d+\])?$/;
// Room for all garbage: when it is collected is chance, and what that calls isn't needed for a page to come alive.
const ROOM = "--js-flags=--min-semi-space-size=128 --initial-heap-size=1024";
const LISTS = ["/today", "/tasks"];

const profiling = process.argv.includes("--profile");
const { program, site } = build();
const whole = profiling ? parse(readFileSync(join(dirname(program), "docket.wasm"))) : undefined;
const ran = new Set();
const early = [];

/** In the page: hands out which functions have run. */
function listen() {
  const instantiate = WebAssembly.instantiateStreaming;
  WebAssembly.instantiateStreaming = async (/** @type {[Response, object]} */ ...given) => {
    const made = await instantiate(...given);
    const flags = Object.entries(made.instance.exports).filter(([name]) => name.startsWith("ran"));
    Object.assign(globalThis, { ran: () => flags.flatMap(([name, { value }]) => (value ? Number(name.slice(3)) : [])) });
    return made;
  };
}

/** Somebody's browser: what opens a page, does something on it, and looks at what that needed; and what closes it. */
async function visitor(browser, url, cookie, more = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en", ...more });
  const [name, value] = cookie.split("=", 2);
  if (value) await context.addCookies([{ name, value, url }]);
  const page = await context.newPage();
  page.on("pageerror", (error) => early.push(`${page.url()}: ${error.message}`));
  if (profiling) {
    const body = Buffer.from(write(instrument(whole)));
    await page.addInitScript(listen);
    await page.route(/\/docket(\.[^/]*)?\.wasm$/, (route) => route.fulfill({ body, contentType: "application/wasm" }));
  }
  // Never there: a page that needs it says so.
  await page.route(/\/docket-later\./, (route) => route.abort());
  const visit = async (path) => {
    await page.goto(`${url}${path}`);
    await page.locator("html[data-hydrated]").waitFor({ timeout: 60_000 });
    // What happens by itself, and needs no thought of anybody.
    await page.mouse.move(200, 300);
    await page.mouse.click(2, 500);
    for (const key of ["Tab", "Tab", "Shift"]) await page.keyboard.press(key);
    await page.waitForTimeout(500);
    await page.evaluate(`for (const kind of ["pagehide", "beforeunload", "scroll", "resize", "offline"]) dispatchEvent(new Event(kind, { cancelable: true }))`);
    if (profiling) for (const body of await page.evaluate("ran()")) ran.add(body);
    console.log(`  ${path}${more.locale ? ` (${more.locale})` : ""}`);
  };
  return { visit, leave: () => context.close() };
}

/** Tasks of every kind. */
async function fill(call) {
  const day = (offset) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
  const add = async (form) => (await (await call("add_task", form)).json()).tasks[0].id;
  for (const [index, priority] of ["low", "medium", "high", "urgent"].entries()) {
    await add({ title: `Due ${index}`, priority, due_date: day(index - 1), due_time: index % 2 ? "" : "17:30", description: "With a line" });
    await add({ title: `Started ${index}`, priority, due_date: day(0), status: "in_progress" });
    await add({ title: `Some time ${index}`, priority });
  }
  await call("complete_tasks", { "ids[0]": await add({ title: "Done", due_date: day(0) }) });
  await call("trash_tasks", { "ids[0]": await add({ title: "Gone" }) });
}

const docket = await start({ program, site }, { DOCKET_API_LIMIT: "0" });
const browser = await chromium.launch({ executablePath: await findChromium(), args: ["--no-sandbox", "--disable-gpu", ROOM] });
try {
  const { call, cookie } = await person(docket.url);
  for (let round = 0; round < (profiling ? ROUNDS : 1); round += 1) {
    const guest = await visitor(browser, docket.url, "");
    for (const path of GUEST) await guest.visit(path);
    // What a page begins later, such as to offer a passkey, isn't needed at first.
    await guest.leave();
    const me = await visitor(browser, docket.url, cookie());
    if (round === 0) {
      for (const path of LISTS) await me.visit(path);
      await fill(call);
    }
    for (const path of LISTS) await me.visit(path);
    await me.leave();
    const german = await visitor(browser, docket.url, cookie(), { locale: "de", viewport: { width: 360, height: 740 } });
    for (const path of LISTS) await german.visit(path);
    await german.leave();
  }
} finally {
  await browser.close();
  await docket.stop();
}

if (profiling) {
  const name = (/** @type {number} */ body) => whole.names.get(whole.imported + body);
  for (const body of whole.bodies.keys()) {
    if (!CHANCE.test(name(body) ?? "")) continue;
    const called = calls(whole.bodies[body]).map(({ index }) => index - whole.imported);
    for (const each of [body, ...called]) if (each >= 0 && !name(each)?.includes("panic")) ran.add(each);
  }
  const keys = whole.bodies.map((_, body) => (name(body) ? key(name(body)) : ""));
  const first = new Set([...ran].map((body) => keys[body]));
  const later = new Set(keys.filter((each) => each && !first.has(each)));
  writeFileSync(LATER, `${[...later].sort().join("\n")}\n`);
  console.log(`${first.size} functions at first, ${later.size} later`);
}
for (const message of early) console.error(message);
if (early.length > 0) {
  console.error("These pages need the later part at once, or fail: `make profile` looks again at what is needed when, then build again.");
  process.exitCode = 1;
}
