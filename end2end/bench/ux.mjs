// How long it takes until a change is seen, with every answer of the server 300 ms late: from the input event to the paint that shows it, in a real
// browser, on the release. Ends with 1 where the 95th percentile is above 50 ms.
//
//   make ux-bench            or: node end2end/bench/ux.mjs PROGRAM SITE

import { createServer, request } from "node:http";

import { chromium } from "@playwright/test";

import { findChromium } from "../chromium.mjs";
import { build, percentile, person, start } from "./docket.mjs";

const LATE = 300;
const TIMES = 50;
const MOST = 50;
const LONG_LIST = 1_000;

/** Hands requests on, and each answer 300 ms after it came. */
async function late(/** @type {string} */ url) {
  const target = new URL(url);
  const server = createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming;
    const onward = request({ host: target.hostname, port: target.port, method, path, headers }, (answer) => {
      setTimeout(() => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      }, LATE);
    });
    onward.on("error", () => outgoing.destroy());
    outgoing.on("error", () => onward.destroy());
    incoming.pipe(onward);
  });
  await new Promise((settle) => server.listen(0, "127.0.0.1", () => settle(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  // Docket looks at the Host, and takes changes from its own pages only.
  return { url: `http://${target.hostname}:${port}`, stop: () => (server.closeAllConnections(), server.close()) };
}

/** In the page: how long from the next event of this kind to the paint after which `seen` is true. */
function stopwatch() {
  Object.assign(globalThis, {
    untilSeen: (/** @type {string} */ kind, /** @type {(text: string) => boolean} */ seen, /** @type {string} */ text) => {
      const { promise, resolve } = Promise.withResolvers();
      const begin = (/** @type {Event} */ { timeStamp }) => {
        removeEventListener(kind, begin, true);
        const look = () => {
          if (performance.now() - timeStamp > 5_000) return resolve(NaN);
          if (!seen(text)) return void requestAnimationFrame(look);
          // The frame whose callbacks run now is painted before this message arrives.
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => resolve(performance.now() - timeStamp);
          port2.postMessage(undefined);
        };
        requestAnimationFrame(look);
      };
      addEventListener(kind, begin, true);
      return promise;
    },
  });
}

const docket = await start(build(), { DOCKET_API_LIMIT: "0" });
const network = await late(docket.url);
const browser = await chromium.launch({ executablePath: await findChromium(), args: ["--no-sandbox", "--disable-gpu"] });
let slow = 0;
try {
  const { call, cookie } = await person(docket.url);
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const [name, value] = cookie().split("=", 2);
  await context.addCookies([{ name: name ?? "", value: value ?? "", url: network.url }]);
  const page = await context.newPage();
  await page.addInitScript(stopwatch);
  page.on("pageerror", (error) => console.error(error.message));

  const open = async (/** @type {string} */ path) => {
    await page.goto(`${network.url}${path}`);
    await page.locator("html[data-hydrated]").waitFor({ timeout: 60_000 });
  };
  const make = async (/** @type {number} */ count) => {
    for (let from = 0; from < count; from += 20) {
      await Promise.all(Array.from({ length: Math.min(20, count - from) }, (_, index) => call("add_task", { title: `Task ${from + index + 1}` })));
    }
  };
  /** Does `act` until it was measured often enough. */
  const measure = async (/** @type {string} */ what, /** @type {string} */ kind, /** @type {(round: number) => Promise<{ act: () => Promise<void>, seen: string, text: string }>} */ prepare) => {
    const times = [];
    for (let round = 0; round < TIMES; round += 1) {
      const { act, seen, text } = await prepare(round);
      const measured = page.evaluate(`untilSeen(${JSON.stringify(kind)}, ${seen}, ${JSON.stringify(text)})`);
      await page.evaluate("0");
      await act();
      times.push(/** @type {number} */ (await measured));
    }
    const [half, most] = [percentile(times, 0.5), percentile(times, 0.95)];
    const failed = !(most <= MOST);
    if (failed) slow += 1;
    console.log(`  ${what.padEnd(34)} p50 ${half.toFixed(1).padStart(6)} ms   p95 ${most.toFixed(1).padStart(6)} ms${failed ? "   too slow" : ""}`);
  };
  const first = () => page.locator("li.task:not(.completed)").first();
  const complete = async () => {
    const row = first();
    const id = (await row.locator(".task-title").getAttribute("id")) ?? "";
    return { act: () => row.locator("button.check").click(), seen: `(id) => !document.getElementById(id) || !!document.getElementById(id).closest(".completed")`, text: id };
  };
  const add = async (/** @type {number} */ round) => {
    const text = `New ${Date.now()} ${round}`;
    // By its name: to look for a label is to look at every element of the page, and what that leaves behind is tidied up while we measure.
    const field = page.locator("form.add input[name=title]");
    await field.fill(text);
    return { act: () => field.press("Enter"), seen: `(text) => [...document.querySelectorAll(".task-title")].some((title) => title.textContent === text)`, text };
  };
  const reorder = async () => {
    const link = page.locator("li.task:not(.completed) a.task-title").first();
    await link.focus();
    const id = (await link.getAttribute("id")) ?? "";
    return { act: () => page.keyboard.press("Alt+ArrowDown"), seen: `(id) => document.querySelector("li.task:not(.completed) .task-title")?.id !== id`, text: id };
  };
  const edit = async (/** @type {number} */ round) => {
    if (round === 0) {
      const row = first().locator("a.task-title");
      await row.click();
      await page.locator("form.editor").waitFor();
    }
    const text = `Edited ${Date.now()}`;
    const field = page.locator("form.editor").getByLabel("Title", { exact: true });
    // The form is built anew with each answer.
    await page.waitForTimeout(LATE * 3);
    await field.fill(text);
    return { act: () => field.press("Enter"), seen: `(text) => [...document.querySelectorAll("h1, h2, .task-title")].some((title) => title.textContent === text)`, text };
  };

  console.log(`From input to paint, every answer ${LATE} ms late, ${TIMES} times each (most: ${MOST} ms at p95)`);
  await make(120);
  await open("/tasks?limit=100");
  await measure("complete", "click", complete);
  await measure("add", "keydown", add);
  await measure("reorder", "keydown", reorder);
  await measure("edit", "keydown", edit);
  await make(LONG_LIST);
  await open(`/tasks?limit=${LONG_LIST}`);
  console.log(`With ${await page.locator("li.task").count()} rows`);
  await measure("complete", "click", complete);
  await measure("add", "keydown", add);
} finally {
  await browser.close();
  network.stop();
  await docket.stop();
}
if (slow > 0) {
  console.error(`${slow} of these are too slow.`);
  process.exitCode = 1;
}
