// `test` with everything the tests of Docket need: a server of their own, the app in a browser, and a page that keeps quiet.

import { randomBytes } from "node:crypto";

import { type Page, test as base } from "@playwright/test";

import { App, type Person, send, somebody } from "./app.ts";
import { ZONE } from "./calendar.ts";
import { createDatabase, databaseUrl, dropDatabase, folder } from "./cluster.ts";
import { Docket } from "./docket.ts";
import { Noise } from "./noise.ts";

export { expect } from "@playwright/test";
export { LEFT, status } from "./noise.ts";
export { App, type Draft, type Person, change, changes, send, somebody } from "./app.ts";

/** For tests about what only scripts do. */
export const SCRIPTS = { tag: "@scripts" };

interface Fixtures {
  /** The name of an empty database. */
  database: string;
  /** A Docket with an empty database. */
  server: Docket;
  /** What the pages complain about; more than expected fails the test. */
  noise: Noise;
  /** Docket in the browser. */
  app: App;
  /** Somebody with an account, logged in. Made without the page, which costs a second; `app.register` takes the page. */
  person: Person;
}

export const test = base.extend<Fixtures>({
  database: async ({}, use) => {
    const name = `docket_test_${randomBytes(6).toString("hex")}`;
    await createDatabase(name);
    try {
      await use(name);
    } finally {
      await dropDatabase(name);
    }
  },

  server: async ({ database }, use, info) => {
    const docket = await Docket.serve(folder(), { DATABASE_URL: databaseUrl(database) });
    try {
      await use(docket);
    } finally {
      await docket.stop();
      if (info.status !== info.expectedStatus) await info.attach("server log", { body: docket.log(), contentType: "text/plain" });
    }
  },

  baseURL: async ({ server }, use) => use(server.url),

  timezoneId: async ({}, use) => use(ZONE),

  noise: [
    async ({ context, javaScriptEnabled }, use) => {
      const noise = new Noise(context);
      await use(noise);
      // Without scripts Chromium complains that it may not run them.
      const unexpected = javaScriptEnabled ? noise.unexpected() : [];
      if (unexpected.length > 0) throw new Error(`The page complained:\n${unexpected.join("\n")}`);
    },
    { auto: true },
  ],

  app: async ({ page, javaScriptEnabled }, use) => use(new App(page, javaScriptEnabled)),

  person: async ({ page }, use) => {
    const person = somebody();
    await send(page, "register", { ...person, time_zone: ZONE });
    await use(person);
  },
});

/** Holds back the requests of a page that match, until `release` lets them and all later ones go on. */
export async function hold(page: Page, url: string): Promise<{ release: () => Promise<void> }> {
  let open = () => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  await page.route(url, async (route) => {
    await gate;
    await route.continue();
  });
  return { release: async () => open() };
}

/** Holds back the browser's half of Docket: the page is there, but scripts haven't taken it over. */
export const holdHydration = (page: Page) => hold(page, "**/pkg/docket.wasm");
