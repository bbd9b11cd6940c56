// Which Chromium drives the tests. `.ci/setup` asks by running this file (it prints the path, or
// nothing and status 1); playwright.config.ts imports it. One place, so that both always agree.

import { accessSync, constants, readFileSync, realpathSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

// The first one is the same browser without its window: it starts and draws quicker.
const NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/**
 * The browser to start: `DOCKET_CHROMIUM`, else the first one on PATH, else Playwright's own download.
 *
 * @returns {Promise<string | undefined>} its path, or undefined when none is installed
 */
export async function findChromium() {
  const chosen = process.env["DOCKET_CHROMIUM"];
  if (chosen) return chosen;

  for (const folder of (process.env["PATH"] ?? "").split(delimiter).filter(Boolean)) {
    for (const name of NAMES) {
      const path = join(folder, name);
      if (isProgram(path) && !isSnap(path)) return path;
    }
  }

  const { chromium } = await import("@playwright/test");
  const own = chromium.executablePath();
  return isProgram(own) ? own : undefined;
}

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * A snap sees another /tmp than Playwright, so it cannot open the profile made for it; and Ubuntu's
 * `chromium-browser` is a script that starts a snap or asks to install one.
 *
 * @param {string} path
 */
function isSnap(path) {
  const real = realpathSync(path);
  if (real.startsWith("/snap/") || real === "/usr/bin/snap") return true;
  return statSync(real).size < 65_536 && readFileSync(real, "latin1").includes("/snap/bin/");
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const path = await findChromium();
  if (path) console.log(path);
  else process.exitCode = 1;
}
