// Paints the icons of the installed program from the mark: `make icons`. What it writes is committed, because few machines that build
// Docket have a browser.

import { readFileSync, writeFileSync } from "node:fs";

import { chromium } from "@playwright/test";

import { findChromium } from "./chromium.mjs";

const folder = new URL("../public/", import.meta.url);
const mark = readFileSync(new URL("favicon.svg", folder), "utf8");

/**
 * Name, size, what part of it the mark takes, and what is behind it. A maskable icon may be cut to a circle of 80 %.
 * @type {[name: string, size: number, part: number, behind: string][]}
 */
const ICONS = [
  ["icon-192.png", 192, 1, "transparent"],
  ["icon-512.png", 512, 1, "transparent"],
  ["icon-maskable-512.png", 512, 0.56, "#faf9f7"],
  ["apple-touch-icon.png", 180, 0.68, "#faf9f7"],
];

const executablePath = await findChromium();
const browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args: ["--no-sandbox", "--disable-gpu"] });
try {
  for (const [name, size, part, behind] of ICONS) {
    const page = await browser.newPage({ viewport: { width: size, height: size } });
    const inner = Math.round(size * part);
    await page.setContent(
      `<style>html { background: ${behind} } body { margin: 0; display: grid; place-items: center; block-size: 100vh }
       svg { inline-size: ${inner}px; block-size: ${inner}px }</style>${mark}`,
    );
    writeFileSync(new URL(name, folder), await page.screenshot({ omitBackground: true }));
    await page.close();
  }
} finally {
  await browser.close();
}
