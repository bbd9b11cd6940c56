import { defineConfig, devices } from "@playwright/test";

import { findChromium } from "./chromium.mjs";

const executablePath = await findChromium();

/** Each test starts the servers it needs by itself, on a free port, so there is no `webServer` here. */
export default defineConfig({
  testDir: "tests",
  globalSetup: "./support/cluster.ts",
  outputDir: "test-results",
  fullyParallel: true,
  workers: 2,
  // Where nobody watches, a test that fails and then passes is reported as flaky; elsewhere it has failed.
  retries: process.env["CI"] ? 1 : 0,
  forbidOnly: true,
  reporter: "list",
  use: {
    ...devices["Desktop Chrome"],
    // Without pictures: taking them all the time costs more than the rest of a test. Where tests are tried again, only then:
    // the rest of a trace costs nearly as much as the tests.
    trace: { mode: process.env["CI"] ? "on-first-retry" : "retain-on-failure", screenshots: false },
    launchOptions: {
      ...(executablePath ? { executablePath } : {}),
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    { name: "scripts" },
    // Every page and every change has to work without JavaScript too.
    { name: "no-scripts", use: { javaScriptEnabled: false }, grepInvert: /@scripts/ },
  ],
});
