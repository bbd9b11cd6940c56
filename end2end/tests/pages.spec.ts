// Pages around the list: nothing there yet, nothing there at all, and a way back.

import { expect, status, test } from "../support/test.ts";

test("an address without a page says so, with a way back", async ({ app, page, noise }) => {
  noise.expect(status(404));
  const response = await app.open("/no/such/page?x=<b>");
  expect(response?.status()).toBe(404);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("There is nothing here");
  await expect(page.getByRole("banner").getByRole("link", { name: "Log in" })).toBeVisible();
  await page.getByRole("link", { name: "Go to the start" }).click();
  await expect(page).toHaveURL(/\/$/);
  await expect(page.getByRole("main").getByRole("link", { name: "Make an account" })).toBeVisible();
});

test("an address without a page keeps the header of who is logged in, and the way leads to the tasks", async ({ app, page, person, noise }) => {
  noise.expect(status(404));
  const response = await app.open("/no/such/page");
  expect(response?.status()).toBe(404);
  await expect(page.getByRole("banner")).toContainText(person.name);
  await page.getByRole("link", { name: "Go to the start" }).click();
  await app.atTasks();
});

test("the name in the header leads who is logged in to the tasks", async ({ app, page, person: _ }) => {
  await app.seed("Back here");
  await app.edit("Back here");
  await page.getByRole("banner").getByRole("link", { name: "Docket" }).click();
  await app.atTasks();
  await expect(app.titles(app.todo)).toHaveText(["Back here"]);
});

test("the front page says what Docket is and leads to an account", async ({ app, page }) => {
  const response = await app.open("/");
  expect(response?.status()).toBe(200);
  await expect(page).toHaveTitle(/Docket/);
  await page.getByRole("main").getByRole("link", { name: "Make an account" }).click();
  await expect(page).toHaveURL(/\/register$/);
  await expect(page).toHaveTitle("Register · Docket");
  await page.getByRole("main").getByRole("link", { name: "Log in" }).click();
  await expect(page).toHaveURL(/\/login$/);
  await expect(page).toHaveTitle("Log in · Docket");
});

test("an empty list says how to begin, and a finished one that it is finished", async ({ app, page, person: _ }) => {
  await app.open("/tasks");
  await expect(page.getByText("nothing open")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Nothing to do yet" })).toBeVisible();
  await app.saved(() => app.add("The only one"));
  await expect(page.getByRole("heading", { name: "Nothing to do yet" })).toHaveCount(0);
  await expect(page.getByText("1 open")).toBeVisible();
  await app.saved(() => app.complete("The only one"));
  await expect(page.getByRole("heading", { name: "All done" })).toBeVisible();
  await app.saved(() => app.trash("The only one"));
  await expect(page.getByRole("heading", { name: "Nothing to do yet" })).toBeVisible();
});

test("a deleted task comes back to its place with Undo, completed as it was", async ({ app, person: _ }) => {
  await app.seed("One", "Two", "Three");
  await app.saved(() => app.complete("One"));
  await app.saved(() => app.trash("Two"));
  await app.saved(() => app.button("Undo").click());
  await expect(app.titles(app.todo)).toHaveText(["Three", "Two"]);
  await expect(app.button("Undo")).toHaveCount(0);
  await app.saved(() => app.trash("One"));
  await expect(app.titles(app.done)).toHaveCount(0);
  await app.saved(() => app.button("Undo").click());
  await expect(app.titles(app.done)).toHaveText(["One"]);
  await app.open("/tasks");
  await expect(app.titles(app.todo)).toHaveText(["Three", "Two"]);
  await expect(app.titles(app.done)).toHaveText(["One"]);
});
