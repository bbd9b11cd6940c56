// Who sees which page, and where people land.

import { App, LEFT, SCRIPTS, expect, send, somebody, status, test } from "../support/test.ts";

test("each page of tasks leads to the login, and the login back to it", async ({ app, page, person }) => {
  await app.open("/tasks");
  await app.logOut();
  for (const path of ["/today", "/upcoming", "/board", "/trash", "/settings/profile", "/settings/security", "/settings/tokens", "/settings/data", "/tasks/01900000-0000-7000-8000-000000000000", "/tasks"]) {
    await app.open(path);
    await expect(page).toHaveURL(new RegExp(`/login\\?next=${encodeURIComponent(path)}$`));
  }
  await app.logIn(person);
  await app.atTasks();
});

test("the task of somebody else is one that isn't there", async ({ app, page, person: _, noise, browser, baseURL, javaScriptEnabled }) => {
  noise.expect(status(404));
  const [id] = await app.make("Nobody's business");
  const context = await browser.newContext({ baseURL: baseURL!, javaScriptEnabled });
  const other = new App(await context.newPage(), javaScriptEnabled);
  await send(other.page, "register", { ...somebody("Grace Hopper") });
  const answer = await other.open(`/tasks/${id}`);
  expect(answer?.status()).toBe(404);
  await expect(other.page.getByRole("heading", { level: 1 })).toHaveText("There is nothing here");
  await expect(other.page.getByText("Nobody's business")).toHaveCount(0);
  await context.close();
  const own = await app.open(`/tasks/${id}`);
  expect(own?.status()).toBe(200);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Nobody's business");
});

test("the login leads back to the very task that was asked for", async ({ app, page, person }) => {
  await app.seed("Asked for");
  await app.edit("Asked for");
  const asked = page.url();
  await app.logOut();
  await app.open(asked);
  await expect(page).toHaveURL(/\/login\?next=/);
  await app.logIn(person);
  await expect(page).toHaveURL(asked);
  await expect(app.editor.getByLabel("Title")).toHaveValue("Asked for");
});

test("the login leads back to the very list that was asked for, with its filters", async ({ app, page, person }) => {
  await app.seed({ title: "Important", priority: "high" }, "Not so important");
  await app.logOut();
  await app.open("/tasks?status=open&priority=high&q=imp");
  await expect(page).toHaveURL(/\/login\?next=/);
  await app.logIn(person);
  await expect(page).toHaveURL(/\/tasks\?status=open&priority=high&q=imp$/);
  await expect(app.titles(app.found)).toHaveText(["Important"]);
});

test("the login never leads to another site", async ({ app, page, baseURL, person }) => {
  await app.open("/tasks");
  await app.logOut();
  const elsewhere = ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "javascript:alert(1)"];
  // Logging in costs a while: one with the form, the others where the server itself decides.
  await app.open(`/login?next=${encodeURIComponent(elsewhere[0]!)}`);
  await app.logIn(person);
  await app.atToday();
  for (const next of elsewhere) {
    await app.open(`/login?next=${encodeURIComponent(next)}`);
    expect(new URL(page.url()).origin).toBe(baseURL);
    await app.atToday();
  }
});

test("who is logged in doesn't see the pages for who isn't", async ({ app, page, person: _ }) => {
  for (const path of ["/login", "/register", "/"]) {
    await app.open(path);
    await expect(page).toHaveURL(/\/today$/);
  }
});

test("after logging out, Back doesn't show the tasks", async ({ app, page, person: _, noise }) => {
  noise.expect(/status of 401/, LEFT);
  await app.seed("Nobody's business");
  // One page more, because logging out takes the place of the last one.
  await app.edit("Nobody's business");
  await app.logOut();
  await page.goBack();
  await expect(page.getByRole("banner").getByRole("link", { name: "Log in" })).toBeVisible();
  await expect(page.getByText("Nobody's business")).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole("banner").getByRole("link", { name: "Log in" })).toBeVisible();
  await expect(page.getByText("Nobody's business")).toHaveCount(0);
});

test("after logging out, no message tells what was on the list", async ({ app, page, person: _ }) => {
  await app.seed("Nobody's business");
  await app.saved(() => app.trash("Nobody's business"));
  await expect(app.told).toContainText("trash");
  await app.logOut();
  await expect(page.getByText("Nobody's business")).toHaveCount(0);
  await expect(app.button("Undo")).toHaveCount(0);
});

test("who logs in next in the same tab sees their own tasks only", async ({ app, page, person: _ }) => {
  await app.seed("Of the first");
  await app.logOut();
  await page.getByRole("main").getByRole("link", { name: "Make an account" }).click();
  const second = somebody("Grace Hopper");
  await app.fillIn(second);
  await app.atToday();
  await app.go("All");
  await expect(page.getByRole("heading", { name: "Nothing to do yet" })).toBeVisible();
  await expect(page.getByRole("banner")).toContainText(second.name);
  await expect(page.getByText("Of the first")).toHaveCount(0);
});

test("logging out in one tab ends it in the other", SCRIPTS, async ({ app, context, person: _, noise }) => {
  noise.expect(/status of 401/);
  await app.seed("Seen in both");
  const other = new App(await context.newPage(), true);
  await other.open("/tasks");
  await other.logOut();
  await app.complete("Seen in both");
  await expect(app.messages).toContainText("You are not logged in any more");
  await expect(app.titles(app.todo)).toHaveText(["Seen in both"]);
});
