// A task that is open: beside its list on a wide screen, in its place on a narrow one; a page of its own for both.

import type { Page } from "@playwright/test";

import { type App, SCRIPTS, expect, test } from "../support/test.ts";

const area = (page: Page) => page.locator(".area-list");

/** Many tasks, the last one on top. */
async function many(app: App): Promise<void> {
  await app.seed(...Array.from({ length: 40 }, (_, index) => `Task ${40 - index}`));
}

test("the address of a task is a page of its own", async ({ app, page, person: _ }) => {
  const [id] = await app.make("By itself");
  await app.open(`/tasks/${id}`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("By itself");
  await expect(area(page)).toHaveCount(0);
  await app.wayBack.click();
  await app.atTasks();
});

test.describe("on a wide screen", SCRIPTS, () => {
  test.use({ viewport: { width: 1280, height: 800 } });

  test("a task is opened beside its list, which stays as it is", async ({ app, page, person: _ }) => {
    await many(app);
    await app.link("Task 30").scrollIntoViewIfNeeded();
    const before = await page.evaluate(() => window.scrollY);
    expect(before).toBeGreaterThan(0);
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await app.edit("Task 30");
    await expect(page).toHaveURL(/\/tasks\/[0-9a-f-]{36}$/);
    await expect(page).toHaveTitle("Task 30 · Docket");
    await expect(app.link("Task 30")).toBeInViewport();
    expect(await page.evaluate(() => window.scrollY)).toBe(before);
    await page.getByRole("link", { name: "Close the task" }).click();
    await app.atTasks();
    await expect(page).toHaveTitle("Tasks · Docket");
    await expect(app.editor).toHaveCount(0);
    await expect(app.link("Task 30")).toBeFocused();
    expect(await page.evaluate(() => window.scrollY)).toBe(before);
    expect(asked.filter((url) => url.includes("list_tasks"))).toEqual([]);
  });

  test("another task takes the place of the one that is open, and what was typed can be gone on with", async ({ app, page, person: _ }) => {
    await app.seed("Second", "First");
    await app.edit("First");
    await app.editor.getByLabel("Description").fill("Half a sentence");
    await app.link("Second").click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Second");
    await expect(app.editor.getByLabel("Title")).toHaveValue("Second");
    await app.messages.getByRole("button", { name: "Go on" }).click();
    await expect(app.editor.getByLabel("Title")).toHaveValue("First");
    await expect(app.editor.getByLabel("Description")).toHaveValue("Half a sentence");
  });

  test("Escape closes it, and the keyboard is where it was", async ({ app, page, person: _ }) => {
    await app.seed("Second", "First");
    await app.link("Second").focus();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("article")).toBeFocused();
    await expect(app.editor).toBeVisible();
    await page.keyboard.press("Escape");
    await app.atTasks();
    await expect(app.link("Second")).toBeFocused();
  });

  test("the keys of the list are the list's while a task is open", async ({ app, page, person: _ }) => {
    await app.seed("Third", "Second", "First");
    await app.edit("First");
    // Back to the row where it was, and on from there.
    await page.keyboard.press("j");
    await expect(app.link("First")).toBeFocused();
    await page.keyboard.press("j");
    await expect(app.link("Second")).toBeFocused();
    await app.saved(() => page.keyboard.press("e"));
    await expect(app.titles(app.done)).toHaveText(["Second"]);
    await expect(app.editor.getByLabel("Title")).toHaveValue("First");
    await page.keyboard.press("k");
    await expect(app.link("First")).toBeFocused();
    await app.saved(() => page.keyboard.press("e"));
    await expect(app.editor.getByLabel("Status")).toHaveValue("completed");
  });

  test("what is saved is seen in the list, and what is deleted there is closed", async ({ app, person: _ }) => {
    await app.seed("Stays", "Before");
    await app.edit("Before");
    await app.editor.getByLabel("Title").fill("After");
    await app.saved(() => app.save());
    await expect(app.titles(app.todo)).toHaveText(["After", "Stays"]);
    await app.saved(() => app.trash("After"));
    await app.atTasks();
    await expect(app.editor).toHaveCount(0);
    await expect(app.titles()).toHaveText(["Stays"]);
    await app.saved(() => app.undo());
    await expect(app.titles(app.todo)).toHaveText(["After", "Stays"]);
  });

  test("back and forward open and close it", async ({ app, page, person: _ }) => {
    await app.seed("Opened");
    await app.edit("Opened");
    await page.goBack();
    await app.atTasks();
    await expect(app.editor).toHaveCount(0);
    await page.goForward();
    await expect(app.editor).toBeVisible();
    await expect(app.link("Opened")).toBeVisible();
  });

  test("the way to its list stays marked", async ({ app, page, person: _ }) => {
    await app.make("Shown");
    await app.open("/board");
    await app.edit("Shown");
    await expect(page.getByRole("navigation", { name: "Tasks" }).locator("[aria-current]")).toHaveText(["Board"]);
  });
});

test.describe("on a narrow screen", SCRIPTS, () => {
  test.use({ viewport: { width: 390, height: 800 } });

  test("a task takes the place of its list, and back is where it was", async ({ app, page, person: _ }) => {
    await many(app);
    await app.link("Task 30").scrollIntoViewIfNeeded();
    const before = await page.evaluate(() => window.scrollY);
    await app.edit("Task 30");
    await expect(area(page)).toBeHidden();
    await expect(page.getByRole("heading", { level: 1 })).toBeInViewport();
    await expect(page.getByRole("link", { name: "Close the task" })).toBeHidden();
    await app.wayBack.click();
    await app.atTasks();
    await expect(app.link("Task 30")).toBeFocused();
    await expect(app.link("Task 30")).toBeInViewport();
    expect(Math.abs((await page.evaluate(() => window.scrollY)) - before)).toBeLessThan(120);
  });
});
