// Docket by keyboard alone.

import type { Page } from "@playwright/test";

import { type App, SCRIPTS, expect, test } from "../support/test.ts";

/** Presses Tab until the focus is where `wanted` says, as a person would. */
async function tabTo(page: Page, wanted: string): Promise<void> {
  const focused = page.locator(":focus").and(page.locator(wanted));
  for (let presses = 0; presses < 40; presses += 1) {
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

  await expect(app.link("By keyboard")).toBeVisible();
  await tabTo(page, "a.task-title");
  await page.keyboard.press("Enter");
  await expect(app.editor).toBeVisible();
  await app.hydrated();
  await tabTo(page, ".editor [name=title]");
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type("Edited by keyboard");
  await app.saved(() => page.keyboard.press("Enter"));
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Edited by keyboard");
  // Until the style sheet is there, both ways back are.
  await expect(app.wayBack).toHaveCount(1);
  await app.wayBack.focus();
  await page.keyboard.press("Enter");
  await app.atTasks();
  await expect(app.titles(app.todo)).toHaveText(["Edited by keyboard"]);

  await tabTo(page, "button.check");
  await app.saved(() => page.keyboard.press("Space"));
  await expect(app.titles(app.done)).toHaveText(["Edited by keyboard"]);

  await tabTo(page, ".menu-of-task > summary");
  await page.keyboard.press("Enter");
  await tabTo(page, ".menu-items .danger");
  await app.saved(() => page.keyboard.press("Enter"));
  await expect(app.titles()).toHaveCount(0);
});

test("tasks are selected and completed without a mouse", async ({ app, page, person: _ }) => {
  await app.seed("Stays", "Goes too", "Goes");
  await tabTo(page, "#selecting");
  await page.keyboard.press("Space");
  for (const title of ["Goes", "Goes too"]) {
    const box = app.field(`Select “${title}”`);
    await tabTo(page, `[form=bulk][value="${await box.getAttribute("value")}"]`);
    await page.keyboard.press("Space");
    await expect(box).toBeChecked();
  }
  await app.bulk.getByRole("button", { name: "Complete" }).focus();
  await app.saved(() => page.keyboard.press("Enter"));
  await expect(app.titles(app.done)).toHaveText(["Goes", "Goes too"]);
  await expect(app.titles(app.todo)).toHaveText(["Stays"]);
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

  test("to the next task when one is completed, and to the page when none is left", async ({ app, page, person: _ }) => {
    await app.seed("Last", "Middle", "First");
    await check(app, "First").focus();
    await app.saved(() => page.keyboard.press("Space"));
    await expect(check(app, "Middle")).toBeFocused();
    await app.saved(() => page.keyboard.press("Enter"));
    await expect(check(app, "Last")).toBeFocused();
    await app.saved(() => page.keyboard.press("Space"));
    await expect(page.getByRole("main")).toBeFocused();
    await expect(app.titles(app.done)).toHaveCount(3);
  });

  test("to the next task when one is deleted, else to the one before", async ({ app, page, person: _ }) => {
    await app.seed("Last", "Middle", "First");
    for (const [title, next] of [["Middle", "Last"], ["Last", "First"]] as const) {
      await (await app.menu(title)).getByRole("button", { name: `Delete “${title}”` }).focus();
      await app.saved(() => page.keyboard.press("Enter"));
      await expect(app.task(next).locator(":focus")).toHaveCount(1);
    }
  });

  test("to the next task when one is restored from the trash", async ({ app, page, person: _ }) => {
    const ids = await app.make("Second", "First");
    for (const id of ids) await page.request.post("/fn/trash_tasks", { form: { "ids[0]": id } });
    await app.open("/trash");
    await expect(app.titles(app.deleted)).toHaveText(["First", "Second"]);
    await app.button("Restore “First”").focus();
    await app.saved(() => page.keyboard.press("Enter"));
    await expect(app.button("Restore “Second”")).toBeFocused();
  });

  test("back to what opened the menu with Escape, which changes nothing", async ({ app, page, person: _ }) => {
    await app.seed("Other", "As it was");
    const menu = await app.menu("As it was");
    await menu.getByRole("button").first().focus();
    await page.keyboard.press("Escape");
    await expect(menu).toBeHidden();
    await expect(app.opener("As it was")).toBeFocused();
    await expect(app.titles(app.todo)).toHaveText(["As it was", "Other"]);
  });

  test("to the task when something was chosen from its menu, and the menu closes", async ({ app, page, person: _ }) => {
    await app.seed("Other", "Chosen");
    const menu = await app.menu("Chosen");
    await menu.getByRole("button", { name: "Due tomorrow" }).focus();
    await app.saved(() => page.keyboard.press("Enter"));
    await expect(app.signs("Chosen")).toHaveText(["Tomorrow"]);
    await expect(menu).toBeHidden();
    await expect(app.link("Chosen")).toBeFocused();
  });

  test("and stays with a task that is saved", async ({ app, page, person: _ }) => {
    await app.seed("Before");
    await app.edit("Before");
    await app.editor.getByLabel("Title").fill("After");
    await app.saved(() => page.keyboard.press("Enter"));
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("After");
    await expect(app.editor.getByRole("button", { name: "Save" })).toBeFocused();
  });
});

test("only one menu is open at a time", async ({ app, person: _ }) => {
  await app.seed("Other", "First");
  // From below: an open menu lies over what stands under it.
  const other = await app.menu("Other");
  const first = await app.menu("First");
  await expect(other).toBeHidden();
  await expect(first).toBeVisible();
});

test("where the focus is can be seen", async ({ app, page, person: _ }) => {
  await app.seed("Seen");
  await app.selecting();
  const places = [
    "#add-task-title", "#filter-q", ".filter-more > summary", ".add-more > summary", "#selecting", ".select input", ".bulk button[type=submit]:not([aria-hidden])",
    "a.task-title", ".menu-of-task > summary", ".menu-items .danger", ".views a",
  ];
  for (const wanted of [...places, "button.check"]) {
    // A menu closes behind who leaves it, and while selecting the circles are out of the way.
    if (wanted.startsWith(".menu-items")) await app.menu("Seen");
    if (wanted === "button.check") await app.field("Select").uncheck();
    const place = page.locator(wanted).first();
    await place.focus();
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Tab");
    await expect(place).toBeFocused();
    // The current task shows it by its whole row.
    const outline = await place.evaluate((element, title) => {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element, title ? "::after" : undefined);
      return (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none";
    }, wanted === "a.task-title");
    expect(outline, `${wanted} shows its focus`).toBe(true);
  }
});

test("another page is announced, and the keyboard goes on from it", SCRIPTS, async ({ app, page, person: _ }) => {
  await app.seed("Opened");
  await app.link("Opened").focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Opened");
  await expect(page.getByRole("main").getByRole("article")).toBeFocused();
  await expect(page.locator("body > .visually-hidden[aria-live]")).toHaveText("Opened · Docket");
});
