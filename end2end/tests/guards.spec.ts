// Who sees which page, and where people land.

import { App, LEFT, SCRIPTS, expect, somebody, test } from "../support/test.ts";

test("the tasks lead to the login, and the login back to them", async ({ app, page, person }) => {
  await app.open("/tasks");
  await app.logOut();
  await app.open("/tasks");
  await expect(page).toHaveURL(/\/login\?next=\/tasks$/);
  await app.logIn(person);
  await app.atTasks();
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

test("the login never leads to another site", async ({ app, page, baseURL, person }) => {
  await app.open("/tasks");
  await app.logOut();
  const elsewhere = ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "javascript:alert(1)"];
  // Logging in costs a while: one with the form, the others where the server itself decides.
  await app.open(`/login?next=${encodeURIComponent(elsewhere[0]!)}`);
  await app.logIn(person);
  await app.atTasks();
  for (const next of elsewhere) {
    await app.open(`/login?next=${encodeURIComponent(next)}`);
    expect(new URL(page.url()).origin).toBe(baseURL);
    await app.atTasks();
  }
});

test("who is logged in doesn't see the pages for who isn't", async ({ app, page, person: _ }) => {
  for (const path of ["/login", "/register", "/"]) {
    await app.open(path);
    await expect(page).toHaveURL(/\/tasks$/);
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
  await expect(page.getByText(/trash/).first()).toBeVisible();
  await app.logOut();
  await expect(page.getByText("Nobody's business")).toHaveCount(0);
  await expect(app.button("Undo")).toHaveCount(0);
});

test("who logs in next in the same tab sees their own tasks only", async ({ app, page, person: _ }) => {
  await app.seed("Of the first");
  await app.logOut();
  await page.getByRole("main").getByRole("link", { name: "Make an account" }).click();
  const second = somebody("Grace Hopper");
  await app.field("Name").fill(second.name);
  await app.field("E-mail address").fill(second.email);
  await app.field("Password").fill(second.password);
  await app.button("Make the account").click();
  await app.atTasks();
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
