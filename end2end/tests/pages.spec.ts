// Pages around the list: nothing there yet, nothing there at all, and a way back.

import { day } from "../support/calendar.ts";
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
  await app.atToday();
});

test("the name in the header leads who is logged in to what is due today", async ({ app, page, person: _ }) => {
  await app.seed({ title: "Back here", due_date: day() });
  await app.edit("Back here");
  await page.getByRole("banner").getByRole("link", { name: "Docket" }).click();
  await app.atToday();
  await expect(app.titles(app.list("Today"))).toHaveText(["Back here"]);
});

test("the header leads to each page of tasks, and says which one it is", async ({ app, page, person: _ }) => {
  await app.open("/today");
  const links = page.getByRole("navigation", { name: "Tasks" }).getByRole("link");
  for (const [name, path] of [["Upcoming", "/upcoming"], ["All", "/tasks"], ["Board", "/board"], ["Trash", "/trash"], ["Today", "/today"]] as const) {
    await app.go(name);
    await expect(page).toHaveURL(new RegExp(`${path}$`));
    await expect(page).toHaveTitle(`${name === "All" ? "Tasks" : name} · Docket`);
    await expect(links.and(page.locator("[aria-current=page]"))).toHaveText([name]);
  }
});

test("a task that isn't there says so, with a way back", async ({ app, page, person: _, noise }) => {
  noise.expect(status(404));
  for (const id of ["01900000-0000-7000-8000-000000000000", "nonsense"]) {
    const response = await app.open(`/tasks/${id}`);
    expect(response?.status(), id).toBe(404);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("There is nothing here");
  }
  await page.getByRole("link", { name: "Go to the start" }).click();
  await app.atToday();
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

test("an empty list says how to begin, and a finished one that nothing is open", async ({ app, page, person: _ }) => {
  await app.open("/tasks");
  await expect(page.getByRole("heading", { name: "Nothing to do yet" })).toBeVisible();
  await app.saved(() => app.add("The only one"));
  await expect(page.getByRole("heading", { name: "Nothing to do yet" })).toHaveCount(0);
  await expect(page.getByText("1 open")).toBeVisible();
  await app.saved(() => app.complete("The only one"));
  await expect(page.getByText("nothing open")).toBeVisible();
  await app.saved(() => app.trash("The only one"));
  await expect(page.getByRole("heading", { name: "Nothing to do yet" })).toBeVisible();
});

test("a deleted task comes back to its place with Undo, completed as it was", async ({ app, person: _ }) => {
  await app.seed("One", "Two", "Three");
  await app.saved(() => app.complete("One"));
  await app.saved(() => app.trash("Two"));
  await app.saved(() => app.undo());
  await expect(app.titles(app.todo)).toHaveText(["Three", "Two"]);
  if (app.scripts) await expect(app.button("Undo")).toHaveCount(0);
  await app.saved(() => app.trash("One"));
  await expect(app.titles(app.done)).toHaveCount(0);
  await app.saved(() => app.undo());
  await expect(app.titles(app.done)).toHaveText(["One"]);
  await app.open("/tasks");
  await expect(app.titles(app.todo)).toHaveText(["Three", "Two"]);
  await expect(app.titles(app.done)).toHaveText(["One"]);
});
