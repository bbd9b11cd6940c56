// What was completed long ago is out of the way until somebody asks for it.

import { command, sql } from "../support/cluster.ts";
import { SCRIPTS, expect, test } from "../support/test.ts";

test.beforeEach(async ({ app, database, person: _ }) => {
  await app.make("Call Grace", { title: "Buy tea", status: "completed" }, { title: "Pay for old tea", status: "completed" }, { title: "Old letter", status: "completed" });
  await sql("update tasks set completed_at = now() - interval '366 days' where title ilike '%old%'", database);
  await command(database, "jobs", "run", "archive");
});

test("the archive is left out of the list until it is asked for", async ({ app, page }) => {
  await app.open("/tasks");
  await expect(app.titles()).toHaveText(["Call Grace", "Buy tea"]);
  const filters = page.getByRole("search", { name: "Tasks" });
  await filters.getByText("Filter and sort").click();
  await filters.getByLabel("Archived too").check();
  if (!app.scripts) await filters.getByRole("button", { name: "Search" }).click();
  await expect(page).toHaveURL(/[?&]archived=true/);
  await expect(page.getByRole("heading", { name: "Archived", exact: true })).toBeVisible();
  await expect(page.getByRole("list", { name: "Archived tasks" }).locator(".task-title")).toHaveText(["Old letter", "Pay for old tea"]);
  await expect(page.locator("li.task").filter({ hasText: "Old letter" }).getByText("Archived", { exact: true })).toBeVisible();
  await app.reload();
  await expect(filters.getByLabel("Archived too")).toBeChecked();
  await filters.getByLabel("Archived too").uncheck();
  if (!app.scripts) await filters.getByRole("button", { name: "Search" }).click();
  await expect(app.titles()).toHaveText(["Call Grace", "Buy tea"]);
});

test("a search that has shown everything offers the archive", async ({ app, page }) => {
  await app.open("/tasks");
  await app.field("Search your tasks").fill("tea");
  await app.field("Search your tasks").press("Enter");
  await expect(app.titles()).toHaveText(["Buy tea"]);
  await page.getByRole("link", { name: "Search archived tasks too" }).click();
  await expect(app.titles()).toHaveText(["Pay for old tea", "Buy tea"]);
  await expect(page.getByRole("link", { name: "Search archived tasks too" })).toBeHidden();
  await app.open("/tasks?q=letter");
  await expect(page.getByRole("heading", { name: "Nothing found" })).toBeVisible();
  await page.getByRole("link", { name: "Search archived tasks too" }).click();
  await expect(app.titles()).toHaveText(["Old letter"]);
});

test("reopened, a task is out of the archive, and back in it when that is undone", async ({ app, page }) => {
  await app.open("/tasks?archived=true");
  await app.saved(() => app.button("Reopen “Old letter”").click());
  await expect(page.getByRole("list", { name: "Open tasks" }).locator(".task-title")).toContainText(["Old letter"]);
  await expect(page.locator("li.task").filter({ hasText: "Old letter" }).getByText("Archived", { exact: true })).toBeHidden();
  await app.saved(() => app.undo());
  await expect(page.getByRole("list", { name: "Archived tasks" }).locator(".task-title")).toContainText(["Old letter"]);
  await expect(page.locator("li.task").filter({ hasText: "Old letter" }).getByText("Archived", { exact: true })).toBeVisible();
  await app.reload();
  await expect(page.getByRole("list", { name: "Archived tasks" }).locator(".task-title")).toHaveText(["Old letter", "Pay for old tea"]);
});

test("the page of an archived task says so and takes it out", async ({ app, page }) => {
  await app.open("/tasks?archived=true");
  await app.edit("Old letter");
  const banner = page.getByText("This task is archived");
  await expect(banner).toBeVisible();
  await expect(app.history.first()).toContainText("Docket archived this");
  // Edited, it stays there.
  await app.editor.getByLabel("Title").fill("Very old letter");
  await app.saved(() => app.save());
  await expect(page.getByRole("heading", { name: "Very old letter" })).toBeVisible();
  await expect(banner).toBeVisible();
  await app.saved(() => page.getByRole("main").getByRole("button", { name: "Reopen", exact: true }).click());
  await expect(banner).toBeHidden();
  await expect(app.history.first()).toContainText("Taken out of the archive");
  await app.open("/tasks");
  await expect(app.titles()).toContainText(["Very old letter"]);
});

test("an archived task is deleted and restored like any other", async ({ app, page }) => {
  await app.open("/tasks?archived=true");
  await app.saved(() => app.trash("Old letter"));
  await expect(page.getByRole("list", { name: "Archived tasks" }).locator(".task-title")).toHaveText(["Pay for old tea"]);
  await app.open("/trash");
  await app.saved(() => app.restore("Old letter"));
  await expect(page.getByRole("heading", { name: "The trash is empty" })).toBeVisible();
  await app.open("/tasks?archived=true");
  await expect(page.getByRole("list", { name: "Archived tasks" }).locator(".task-title")).toHaveText(["Old letter", "Pay for old tea"]);
});

test("by keys alone the archive is asked for, and a task is taken out of it and put back", SCRIPTS, async ({ app, page }) => {
  await app.open("/tasks");
  await page.keyboard.press("f");
  const archived = page.getByLabel("Archived too");
  for (let presses = 0; presses < 20 && !(await archived.evaluate((box) => box === document.activeElement)); presses += 1) {
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Space");
  await expect(page).toHaveURL(/[?&]archived=true/);
  await expect(app.link("Old letter")).toBeVisible();
  await page.keyboard.press("Escape");
  for (let presses = 0; presses < 10 && !(await app.link("Old letter").evaluate((link) => link === document.activeElement)); presses += 1) {
    await page.keyboard.press("j");
  }
  await app.saved(() => page.keyboard.press("e"));
  await expect(page.getByRole("list", { name: "Open tasks" }).locator(".task-title")).toContainText(["Old letter"]);
  await app.saved(() => page.keyboard.press("z"));
  await expect(page.getByRole("list", { name: "Archived tasks" }).locator(".task-title")).toContainText(["Old letter"]);
});
