// Lighthouse on the release, as a phone sees it: the median of five runs of each page. Ends with 1 where a score is below what it has to be.
//
//   make lighthouse          or: node end2end/bench/lighthouse.mjs PROGRAM SITE

import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

import { findChromium } from "../chromium.mjs";
import { build, percentile, person, start } from "./docket.mjs";

const RUNS = 5;
/** What each score has to be, of 100. */
const LEAST = { performance: 97, accessibility: 100, "best-practices": 100, seo: 100 };
const TASKS = 50;

const docket = await start(build());
const chrome = await launch({ chromePath: await findChromium(), chromeFlags: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"], logLevel: "silent" });
let low = 0;
try {
  const { call, cookie } = await person(docket.url);
  const today = new Date().toISOString().slice(0, 10);
  for (let number = 1; number <= TASKS; number += 1) await call("add_task", { title: `Task ${number} of ${TASKS}`, due_date: today });
  const guest = { "/": {}, "/login": {}, "/today": { cookie: cookie() } };
  console.log(`Lighthouse, mobile, median of ${RUNS} (least: ${Object.values(LEAST).join(" ")})`);
  for (const [path, extraHeaders] of Object.entries(guest)) {
    const runs = [];
    for (let run = 0; run < RUNS; run += 1) {
      const result = await lighthouse(`${docket.url}${path}`, { port: chrome.port, output: "json", logLevel: "error", onlyCategories: Object.keys(LEAST), extraHeaders });
      if (!result) throw new Error(`${path}: no result`);
      runs.push(result.lhr);
    }
    const line = Object.entries(LEAST).map(([category, least]) => {
      const score = Math.round(percentile(runs.map((run) => run.categories[category]?.score ?? 0), 0.5) * 100);
      if (score < least) low += 1;
      return `${category} ${score}${score < least ? " (too low)" : ""}`;
    });
    const timing = ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift", "speed-index"].map((audit) => {
      const value = percentile(runs.map((run) => run.audits[audit]?.numericValue ?? NaN), 0.5);
      return `${audit} ${audit === "cumulative-layout-shift" ? value.toFixed(3) : `${Math.round(value)} ms`}`;
    });
    console.log(`${path.padEnd(8)} ${line.join(", ")}\n${" ".repeat(9)}${timing.join(", ")}`);
    const failed = Object.values(runs[0]?.audits ?? {}).filter(({ score, scoreDisplayMode }) => score !== null && score < 0.9 && scoreDisplayMode !== "informative");
    for (const { id, title, displayValue } of failed) console.log(`${" ".repeat(9)}- ${id}: ${title}${displayValue ? ` (${displayValue})` : ""}`);
  }
} finally {
  chrome.kill();
  await docket.stop();
}
if (low > 0) {
  console.error(`${low} scores are too low.`);
  process.exitCode = 1;
}
