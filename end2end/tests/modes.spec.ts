// The ways to see Docket, and what it says of its connection.

import type { Page } from "@playwright/test";

import { SITE } from "../support/docket.ts";
import { SCRIPTS, expect, test } from "../support/test.ts";

/** The colours of the page and of what is written on it. */
const colours = (page: Page) => page.evaluate(() => [getComputedStyle(document.documentElement).backgroundColor, getComputedStyle(document.documentElement).color]);

/** As the cookie has it. */
async function choose(page: Page, form: Record<string, string>): Promise<void> {
  await page.request.post("/fn/set_preferences", { form: { theme: "system", contrast: "system", language: "auto", keys: "on", ...form } });
}

test("dark and light are as chosen, whatever the system has", async ({ app, page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await app.open("/login");
  const [light] = await colours(page);
  await choose(page, { theme: "dark" });
  await app.open("/login");
  const [dark] = await colours(page);
  expect(dark).not.toBe(light);
  await page.emulateMedia({ colorScheme: "dark" });
  await choose(page, { theme: "light" });
  await app.open("/login");
  expect((await colours(page))[0]).toBe(light);
});

test("more contrast is as the system has it, or as chosen", async ({ app, page }) => {
  await app.open("/login");
  const [, usual] = await colours(page);
  await page.emulateMedia({ contrast: "more" });
  const more = await colours(page);
  expect(more[1]).not.toBe(usual);
  expect(more).toEqual(["rgb(255, 255, 255)", "rgb(0, 0, 0)"]);
  await page.emulateMedia({ contrast: "no-preference" });
  await choose(page, { contrast: "more" });
  await app.open("/login");
  expect(await colours(page)).toEqual(more);
});

test("who loses the connection is told, and that it is back", SCRIPTS, async ({ app, page, context, person: _ }) => {
  await app.open("/today");
  await context.setOffline(true);
  await expect(page.getByText("You are offline.")).toBeVisible();
  await context.setOffline(false);
  await expect(page.getByText("Back online.")).toBeVisible();
  await expect(page.getByText("You are offline.")).toHaveCount(0);
});

test("the styleguide shows everything in each way to see it", async ({ app, page }) => {
  test.skip(SITE.includes("release"), "a release has none");
  await app.open("/styleguide");
  await expect(page.getByRole("region")).not.toHaveCount(0);
  for (const name of ["Light", "Dark", "Light, high contrast", "Dark, high contrast"]) {
    await expect(page.getByRole("region", { name, exact: true }).getByRole("button", { name: "Do it" })).toBeVisible();
  }
});
