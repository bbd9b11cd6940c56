// Docket by keyboard alone.

import type { Page } from "@playwright/test";

import { type App, SCRIPTS, expect, test } from "../support/test.ts";

/** Presses Tab until the focus is where `wanted` says, as a person would. */
async function tabTo(page: Page, wanted: string): Promise<void> {
  const focused = page.locator(":focus").and(page.locator(wanted));
  for (let presses = 0; presses < 30; presses += 1) {
    if ((await focused.count()) > 0) return;
    await page.keyboard.press("Tab");
  }
  await expect(focused, `Tab never led to ${wanted}`).toHaveCount(1);
}

const check = (app: App, title: string) => app.button(`Complete “${title}”`);

test("the first Tab leads past the header", async ({ app, page, person: _ }) => {
  await app.seed("Below");
  if (app.scripts) await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the page" })).toBeFocused();
  await expect(page.getByRole("link", { name: "Skip to the page" })).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/#page$/);
  await page.keyboard.press("Tab");
  await expect(page.locator("main :focus")).toHaveCount(1);
});

test("a task is added, completed, edited and deleted without a mouse", async ({ app, page, person: _ }) => {
  await app.open("/tasks");
  await tabTo(page, "#add-task-title");
  await page.keyboard.type("By keyboard");
  await app.saved(() => page.keyboard.press("Enter"));
  await app.hydrated();
  await expect(app.titles(app.todo)).toHaveText(["By keyboard"]);

  await tabTo(page, "a.task-title");
  await page.keyboard.press("Enter");
  await expect(app.editor).toBeVisible();
  await tabTo(page, ".editing [name=title]");
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type("Edited by keyboard");
  await app.saved(() => page.keyboard.press("Enter"));
  await app.atTasks();
  await expect(app.titles(app.todo)).toHaveText(["Edited by keyboard"]);

  await tabTo(page, "button.check");
  await app.saved(() => page.keyboard.press("Space"));
  await expect(app.titles(app.done)).toHaveText(["Edited by keyboard"]);

  await tabTo(page, ".trash button");
  await app.saved(() => page.keyboard.press("Enter"));
  await expect(app.titles(app.done)).toHaveCount(0);
});

test.describe("the focus goes where the work goes on", SCRIPTS, () => {
  test("to the field for the next task, with the cursor ready", async ({ app, page, person: _ }) => {
    await app.open("/tasks");
    await expect(app.field("New task")).toBeVisible();
    await app.field("New task").focus();
    for (const title of ["One", "Two", "Three"]) {
      await page.keyboard.type(title);
      await page.keyboard.press("Enter");
      await expect(app.titles(app.todo).first()).toHaveText(title);
      await expect(app.field("New task")).toBeFocused();
    }
    await expect(app.titles(app.todo)).toHaveText(["Three", "Two", "One"]);
  });

  test("to the next task when one is completed, and to the field when none is left", async ({ app, page, person: _ }) => {
    await app.seed("Last", "Middle", "First");
    await check(app, "First").focus();
    await app.saved(() => page.keyboard.press("Space"));
    await expect(check(app, "Middle")).toBeFocused();
    await app.saved(() => page.keyboard.press("Enter"));
    await expect(check(app, "Last")).toBeFocused();
    await app.saved(() => page.keyboard.press("Space"));
    await expect(app.field("New task")).toBeFocused();
    await expect(app.titles(app.done)).toHaveCount(3);
  });

  test("to the next task when one is deleted, else to the one before", async ({ app, page, person: _ }) => {
    await app.seed("Last", "Middle", "First");
    await app.button("Delete “Middle”").focus();
    await app.saved(() => page.keyboard.press("Enter"));
    await expect(app.task("Last").locator(":focus")).toHaveCount(1);
    await app.button("Delete “Last”").focus();
    await app.saved(() => page.keyboard.press("Enter"));
    await expect(app.task("First").locator(":focus")).toHaveCount(1);
  });

  test("into the editor, and back to the task with Escape, which changes nothing", async ({ app, page, person: _ }) => {
    await app.seed("Other", "As it was");
    await app.task("As it was").getByRole("link").focus();
    await page.keyboard.press("Enter");
    await expect(app.editor.getByLabel("Title")).toBeFocused();
    await page.keyboard.type("Not saved");
    await page.keyboard.press("Escape");
    await expect(app.editor).toHaveCount(0);
    await expect(app.task("As it was").getByRole("link")).toBeFocused();
    await expect(page).toHaveURL(/\/tasks$/);
    await app.reload();
    await expect(app.titles(app.todo)).toHaveText(["As it was", "Other"]);
  });

  test("back to the task when its change is saved", async ({ app, page, person: _ }) => {
    await app.seed("Before");
    await app.edit("Before");
    await app.editor.getByLabel("Title").fill("After");
    await app.saved(() => page.keyboard.press("Enter"));
    await expect(app.task("After").getByRole("link")).toBeFocused();
  });

  test("back to the task when Cancel is pressed", async ({ app, page, person: _ }) => {
    await app.seed("As it was");
    await app.edit("As it was");
    await app.editor.getByRole("link", { name: "Cancel" }).focus();
    await page.keyboard.press("Enter");
    await expect(app.editor).toHaveCount(0);
    await expect(app.task("As it was").getByRole("link")).toBeFocused();
  });
});

test("where the focus is can be seen", async ({ app, page, person: _ }) => {
  await app.seed("Seen");
  for (const wanted of ["#add-task-title", "button.check", "a.task-title", ".trash button", "summary"]) {
    await page.locator(wanted).focus();
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Tab");
    const outline = await page.locator(wanted).evaluate((element) => {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      return (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none";
    });
    expect(outline, `${wanted} shows its focus`).toBe(true);
  }
});
