// Who runs a Docket: the accounts, with scripts and without.

import { type Browser } from "@playwright/test";

import { App, expect, send, somebody, test } from "../support/test.ts";

/** Somebody else, in a browser of their own. */
async function another(browser: Browser, baseURL: string | undefined, scripts: boolean, name: string) {
  const context = await browser.newContext({ baseURL: baseURL ?? "", javaScriptEnabled: scripts });
  const app = new App(await context.newPage(), scripts);
  const person = somebody(name);
  await send(app.page, "register", { ...person });
  return { app, person };
}

test("an admin finds an account, disables it, and lets its owner in again", async ({ app, page, person: _, browser, baseURL }) => {
  const grace = await another(browser, baseURL, app.scripts, "Grace Hopper");
  await another(browser, baseURL, app.scripts, "Alan Turing");
  await app.open("/settings/profile");
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Accounts" }).click();
  await app.at("/admin/users", "Accounts");
  await expect(page.locator(".accounts b")).toHaveText(["Alan Turing", "Grace Hopper", "Ada Lovelace"]);
  await app.field("Search by name or address").fill("grace");
  await app.button("Search").click();
  await expect(page.locator(".accounts b")).toHaveText(["Grace Hopper"]);
  await app.hydrated();
  await app.saved(() => app.button("Disable: Grace Hopper").click());
  await expect(app.button("Enable: Grace Hopper")).toBeVisible();
  await expect(page.locator(".accounts b")).toHaveText(["Grace Hopper"]);
  await grace.app.open("/tasks");
  await expect(grace.app.page).toHaveURL(/\/login/);
  await app.hydrated();
  await app.saved(() => app.button("Enable: Grace Hopper").click());
  await expect(app.button("Disable: Grace Hopper")).toBeVisible();
  await grace.app.logIn(grace.person);
  await grace.app.atTasks();
});

test("a new admin sees the accounts, and somebody else doesn't", async ({ app, page, person: _, noise, browser, baseURL }) => {
  const grace = await another(browser, baseURL, app.scripts, "Grace Hopper");
  noise.expect(/status of 404/);
  await grace.app.open("/admin/users");
  await expect(grace.app.page.getByRole("heading", { level: 1 })).toHaveText("There is nothing here");
  await app.open("/admin/users");
  await app.saved(() => app.button("Make admin: Grace Hopper").click());
  await expect(app.button("Make member: Grace Hopper")).toBeVisible();
  await grace.app.open("/admin/users");
  await expect(grace.app.page.locator(".accounts b")).toHaveText(["Grace Hopper", "Ada Lovelace"]);
  // Nothing that locks oneself out.
  await expect(grace.app.page.getByRole("button", { name: /: Grace Hopper$/ })).toHaveCount(0);
  await expect(page.getByRole("button", { name: /: Ada Lovelace$/ })).toHaveCount(0);
});
