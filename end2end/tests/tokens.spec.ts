// What programs log in with: to make it, to copy it once, to end it.

import type { Page } from "@playwright/test";

import { type App, SCRIPTS, expect, holdHydration, send, status, test } from "../support/test.ts";

/** What the API answers to who comes with this token. */
async function asked(page: Page, token: string, path = "/api/v1/tasks"): Promise<number> {
  const answer = await fetch(new URL(path, page.url()), { headers: { authorization: `Bearer ${token}` } });
  return answer.status;
}

/** Makes a token on the page that is open, and gives it. */
async function make(app: App, name: string): Promise<string> {
  await app.field("Name").fill(name);
  await app.saved(() => app.button("Make the token").click());
  await expect(app.field("The new token")).toHaveValue(/^dkt_[0-9A-Za-z]{49}$/);
  return await app.field("The new token").inputValue();
}

test("somebody makes a token, a program uses it, and it is ended", async ({ app, page, person: _ }) => {
  await app.open("/tasks");
  await page.goto("/settings/profile");
  await app.hydrated();
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Tokens" }).click();
  await app.at("/settings/tokens", "Access tokens");
  await expect(page.getByText("You have none.")).toBeVisible();
  await page.getByRole("checkbox", { name: /^Add, change and delete tasks/ }).check();
  await app.field("For how long").selectOption({ label: "7 days" });
  const token = await make(app, "backup");
  expect(await page.evaluate(() => document.cookie + location.href)).not.toContain("dkt_");
  if (app.scripts) await expect(app.field("The new token")).toBeFocused();
  // The form is ready for another one.
  await expect(app.field("Name")).toHaveValue("");
  await expect(page.getByRole("checkbox", { name: /^Add, change/ })).not.toBeChecked();
  await expect(page.getByRole("checkbox", { name: /^Read tasks/ })).toBeChecked();
  await expect(app.field("For how long")).toHaveValue("30");
  const rows = app.list("Your tokens").getByRole("listitem");
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText(/backup.*….{4}.*tasks:read.*tasks:write.*Made today.*never used.*ends/s);
  await expect(rows.locator(".hint")).toHaveText(`…${token.slice(-4)}`);
  expect(await asked(page, token)).toBe(200);
  expect(await asked(page, token, "/api/v1/me")).toBe(403);
  // Once, and never again.
  await app.open("/settings/tokens");
  await expect(app.field("The new token")).toHaveCount(0);
  expect(await page.content()).not.toContain("dkt_");
  await expect(rows).toContainText("last used today");
  await app.saved(() => rows.getByRole("button", { name: "End backup" }).click());
  await expect(page.getByText("You have none.")).toBeVisible();
  expect(await asked(page, token)).toBe(401);
  await app.open("/settings/security");
  await expect(page.locator(".events li").first()).toContainText("An access token was ended");
  await expect(page.locator(".events li").nth(1)).toContainText("An access token was made");
});

test("a token that is ended is shown no longer", async ({ app, page, person: _ }) => {
  await app.open("/settings/tokens");
  await make(app, "mistake");
  await app.saved(() => app.button("End mistake").click());
  await expect(page.getByText("You have none.")).toBeVisible();
  await expect(app.field("The new token")).toHaveCount(0);
});

test("what a token lacks is said at its field", async ({ app, page, person: _, noise }) => {
  noise.expect(status(422));
  await app.open("/settings/tokens");
  await page.getByRole("checkbox", { name: /^Read tasks/ }).uncheck();
  await app.saved(() => app.button("Make the token").click());
  await expect(app.field("Name")).toHaveAttribute("aria-invalid", "true");
  if (app.scripts) await expect(app.field("Name")).toBeFocused();
  await expect(page.getByRole("group", { name: "What it may do" })).toHaveAccessibleDescription("Choose at least one thing that it may do.");
  await expect(page.getByRole("checkbox", { name: /^Read tasks/ })).not.toBeChecked();
  await page.getByRole("checkbox", { name: /^Read the account/ }).check();
  await make(app, "reader");
  await expect(app.field("Name")).not.toHaveAttribute("aria-invalid", "true");
  await expect(app.list("Your tokens").locator(".chips code")).toHaveText(["account:read"]);
});

test("a changed password ends tokens, and the page says so", async ({ app, page, person }) => {
  await app.open("/settings/tokens");
  const token = await make(app, "backup");
  await send(page, "change_password", { current_password: person.password, new_password: "another good one of mine" });
  expect(await asked(page, token)).toBe(401);
  await app.open("/settings/tokens");
  const rows = app.list("Your tokens").getByRole("listitem");
  await expect(rows).toContainText("ended when the password was changed");
  await app.saved(() => rows.getByRole("button", { name: "Remove backup" }).click());
  await expect(page.getByText("You have none.")).toBeVisible();
});

test("a token goes into the clipboard by a button", SCRIPTS, async ({ app, page, person: _, context, baseURL }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: baseURL! });
  await app.open("/settings/tokens");
  const token = await make(app, "backup");
  await app.button("Copy").click();
  await expect(page.getByText("Copied.")).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(token);
});

test("where the browser gives no clipboard it says how to copy", SCRIPTS, async ({ app, page, person: _ }) => {
  await page.addInitScript(() => Object.defineProperty(Navigator.prototype, "clipboard", { get: () => undefined }));
  await app.open("/settings/tokens");
  const token = await make(app, "backup");
  await app.button("Copy").click();
  await expect(page.getByText(/copy it by keyboard/)).toBeVisible();
  await expect(app.field("The new token")).toBeFocused();
  expect(await page.evaluate(() => getSelection()?.toString())).toBe(token);
});

test("a form that is sent before scripts are there shows the token once, too", SCRIPTS, async ({ app, page, person: _ }) => {
  const { release } = await holdHydration(page);
  await page.goto("/settings/tokens");
  await app.field("Name").fill("early");
  await app.button("Make the token").click();
  await expect(app.field("The new token")).toHaveValue(/^dkt_/);
  await release();
  await app.hydrated();
  await expect(app.button("Copy")).toBeVisible();
  await expect(app.field("The new token")).toHaveValue(/^dkt_/);
  // Elsewhere and back: it is gone.
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Your data" }).click();
  await app.at("/settings/data", "Your data");
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Tokens" }).click();
  await app.at("/settings/tokens", "Access tokens");
  await expect(app.list("Your tokens").getByRole("listitem")).toHaveCount(1);
  await expect(app.field("The new token")).toHaveCount(0);
  await page.goBack();
  await page.goForward();
  await expect(app.field("The new token")).toHaveCount(0);
});
