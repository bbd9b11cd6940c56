// Every operation on tasks by keys alone: after a page is open, nothing here points at anything.

import type { Page } from "@playwright/test";

import { day, label } from "../support/calendar.ts";
import { type App, SCRIPTS, change, expect, status, test } from "../support/test.ts";

/** Presses keys one after the other. */
async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

/** Does something by keys that changes something, and waits until the server has answered. */
const save = (app: App, ...keys: string[]) => app.saved(() => press(app.page, ...keys));

/** Goes to a task by the key that leads to the next one. */
async function goTo(app: App, title: string): Promise<void> {
  const { page } = app;
  for (let presses = 0; presses < 20; presses += 1) {
    if (await app.link(title).evaluate((link) => link === document.activeElement)) return;
    await press(page, presses < 10 ? "j" : "k");
  }
  await expect(app.link(title)).toBeFocused();
}

/** Goes on by Tab to a field of the form that the cursor is in. */
async function tabTo(page: Page, wanted: string): Promise<void> {
  const focused = page.locator(":focus").and(page.locator(wanted));
  for (let presses = 0; presses < 40; presses += 1) {
    if ((await focused.count()) > 0) return;
    await press(page, "Tab");
  }
  await expect(focused, `Tab never led to ${wanted}`).toHaveCount(1);
}

/** Writes a day into the date field that the cursor is in. */
async function typeDate(page: Page, date: string): Promise<void> {
  const [year, month, number] = date.split("-");
  // The browser is American: month, day, year.
  await page.keyboard.type(`${month}${number}${year}`);
}

test.describe("by keys alone", SCRIPTS, () => {
  test("a task is added with a priority and a date, and the focus stays ready for the next", async ({ app, page, person: _ }) => {
    await app.open("/tasks");
    await app.field("New task").focus();
    await page.keyboard.type("By keys");
    await tabTo(page, "#add-task-priority");
    await page.keyboard.type("Urgent");
    await tabTo(page, "#add-task-due_date");
    await typeDate(page, day(12));
    await save(app, "Enter");
    await expect(app.signs("By keys")).toHaveText([label(12), "Urgent priority"]);
    await expect(app.field("New task")).toBeFocused();
    // Escape leaves the field, and the list is where it goes on.
    await press(page, "Escape", "j");
    await expect(app.link("By keys")).toBeFocused();
  });

  test("a key right behind Escape is for the list, not for the field", async ({ app, page, person: _ }) => {
    await app.seed("Two", "One");
    await app.field("New task").focus();
    await page.evaluate(() => {
      const press = (key: string) => document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      press("Escape");
      press("j");
    });
    await expect(app.link("One")).toBeFocused();
  });

  test("a key right behind the Escape of a dialog is for the page, and may open it again", async ({ app, page, person: _ }) => {
    await app.open("/today");
    for (const opener of ["Control+k", "q"]) {
      await page.keyboard.press(opener);
      await expect(page.getByRole("dialog")).toBeVisible();
      await page.evaluate(async () => {
        const open = document.querySelector("dialog[open]") as HTMLDialogElement & { requestClose(): void };
        open.requestClose();
        // As long as the browser takes between two keys that wait for it: no frame.
        for (let turn = 0; turn < 20; turn += 1) await null;
        document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key: "q", bubbles: true, cancelable: true }));
        for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
      });
      await expect(page.getByRole("dialog", { name: "Add a task" })).toBeVisible();
      await expect(app.field("What is there to do?")).toBeFocused();
      await page.keyboard.press("Escape");
      await expect(page.getByRole("dialog")).toBeHidden();
      await expect(page.locator("#page")).toBeFocused();
    }
  });

  test("the current task is the one with the focus, and j, k and the arrows move it", async ({ app, page, person: _ }) => {
    await app.seed("Three", "Two", "One");
    await press(page, "j");
    await expect(app.link("One")).toBeFocused();
    await press(page, "j", "ArrowDown");
    await expect(app.link("Three")).toBeFocused();
    // There is nothing below.
    await press(page, "j");
    await expect(app.link("Three")).toBeFocused();
    await press(page, "k", "ArrowUp");
    await expect(app.link("One")).toBeFocused();
    const ring = await app.link("One").evaluate((title) => getComputedStyle(title, "::after").outlineStyle);
    expect(ring).not.toBe("none");
    // After a look elsewhere it goes on where it was.
    await press(page, "j", "/", "Escape");
    await expect(app.link("Two")).toBeFocused();
  });

  test("a task is completed and reopened, and the focus goes to the next one", async ({ app, page, person: _ }) => {
    await app.seed("Three", "Two", "One");
    await goTo(app, "One");
    await save(app, "e");
    await expect(app.titles(app.done)).toHaveText(["One"]);
    await expect(app.link("Two")).toBeFocused();
    await goTo(app, "One");
    await save(app, "e");
    await expect(app.titles(app.todo)).toHaveText(["One", "Two", "Three"]);
    await expect(page.getByRole("main")).toBeFocused();
  });

  test("a task is started and put back, and gets a date and a priority, and keeps the focus", async ({ app, person: _ }) => {
    await app.seed("Other", "Changed");
    await goTo(app, "Changed");
    for (const [keys, signs] of [
      [["s"], ["In progress"]],
      [["s"], []],
      [["t", "t"], ["Today"]],
      [["t", "m"], ["Tomorrow"]],
      [["t", "w"], [label(7)]],
      [["1"], [label(7), "Urgent priority"]],
      [["2"], [label(7), "High priority"]],
      [["4"], [label(7), "Low priority"]],
      [["3"], [label(7)]],
      [["t", "n"], []],
    ] as const) {
      await save(app, ...keys);
      await expect(app.signs("Changed"), keys.join(" ")).toHaveText([...signs]);
      await expect(app.link("Changed"), keys.join(" ")).toBeFocused();
    }
  });

  test("each field of a task is edited on its page, and Escape leads back to its row", async ({ app, page, person: _ }) => {
    await app.seed("Other", "Before");
    await goTo(app, "Before");
    await press(page, "Enter");
    await expect(app.editor).toBeVisible();
    await tabTo(page, ".editor [name=title]");
    await press(page, "ControlOrMeta+a");
    await page.keyboard.type("After");
    await tabTo(page, ".editor [name=description]");
    await page.keyboard.type("In words");
    await tabTo(page, ".editor [name=status]");
    await page.keyboard.type("In");
    await tabTo(page, ".editor [name=priority]");
    await page.keyboard.type("High");
    await tabTo(page, ".editor [name=due_date]");
    await typeDate(page, day(12));
    await tabTo(page, ".editor [name=due_time]");
    await page.keyboard.type("0830AM");
    await save(app, "ControlOrMeta+Enter");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("After");
    await expect(app.editor.getByRole("button", { name: "Save" })).toBeFocused();
    await press(page, "Escape");
    await app.atTasks();
    await expect(app.link("After")).toBeFocused();
    await expect(app.signs("After")).toHaveText([`${label(12)} 08:30`, "High priority", "In progress"]);
    await expect(app.task("After")).toContainText("In words");
  });

  test("a day is chosen for a task, and the keys do to a task that is open what they do in a list", async ({ app, page, person: _ }) => {
    await app.seed("Other", "Opened");
    await goTo(app, "Opened");
    await press(page, "t", "d");
    await expect(app.editor.getByLabel("Due")).toBeFocused();
    await typeDate(page, day(12));
    await save(app, "Enter");
    await expect(page.getByRole("button", { name: "Save" })).toBeFocused();
    await expect(app.history).toHaveCount(2);
    await save(app, "1");
    await expect(app.editor.getByLabel("Priority")).toHaveValue("urgent");
    await save(app, "t", "n");
    await expect(app.editor.getByLabel("Due")).toHaveValue("");
    await save(app, "e");
    await expect(app.editor.getByLabel("Status")).toHaveValue("completed");
    await expect(app.history.first()).toContainText("completed this");
    await save(app, "z");
    await expect(app.editor.getByLabel("Status")).toHaveValue("pending");
    await save(app, "#");
    await app.atTasks();
    await expect(app.titles()).toHaveText(["Other"]);
    await save(app, "z");
    await expect(app.titles()).toHaveText(["Opened", "Other"]);
    await expect(app.link("Opened")).toBeFocused();
  });

  test("a task is moved up and down, to the top and to the bottom, and keeps the focus", async ({ app, page, person: _ }) => {
    await app.seed("Three", "Two", "One");
    await goTo(app, "One");
    for (const [key, order] of [
      ["Alt+ArrowDown", ["Two", "One", "Three"]],
      ["Alt+Shift+ArrowDown", ["Two", "Three", "One"]],
      ["Alt+ArrowUp", ["Two", "One", "Three"]],
      ["Alt+Shift+ArrowUp", ["One", "Two", "Three"]],
    ] as const) {
      await save(app, key);
      await expect(app.titles(app.todo), key).toHaveText([...order]);
      await expect(app.link("One"), key).toBeFocused();
    }
    await app.reload();
    await expect(app.titles(app.todo)).toHaveText(["One", "Two", "Three"]);
    await expect(page).toHaveURL(/\/tasks$/);
  });

  test("on the board the focus and the task go from column to column", async ({ app, page, person: _ }) => {
    await app.make({ title: "Done", status: "completed" }, "Second", "First");
    await app.open("/board");
    await press(page, "j");
    await expect(app.link("First")).toBeFocused();
    // Past the empty column, and back to the same height.
    await press(page, "l");
    await expect(app.link("Done")).toBeFocused();
    await press(page, "ArrowLeft");
    await expect(app.link("First")).toBeFocused();
    await save(app, "Alt+ArrowRight");
    await expect(app.titles(app.list("In progress"))).toHaveText(["First"]);
    await expect(app.link("First")).toBeFocused();
    await save(app, "Alt+ArrowRight");
    await expect(app.titles(app.list("Completed"))).toHaveText(["First", "Done"]);
    await save(app, "Alt+ArrowLeft");
    await expect(app.titles(app.list("In progress"))).toHaveText(["First"]);
    await expect(app.link("First")).toBeFocused();
    await expect(page).toHaveURL(/\/board$/);
  });

  test("many are selected, and one key is for all of them", async ({ app, page, person: _ }) => {
    await app.seed("Four", "Three", "Two", "One");
    const both = async (...keys: string[]) => {
      await goTo(app, "One");
      await press(page, "x");
      await goTo(app, "Three");
      await press(page, "x");
      await expect(page.getByText("2 selected")).toBeVisible();
      await save(app, ...keys);
      await expect(page.locator("[form=bulk]:checked")).toHaveCount(0);
    };
    await both("1");
    await expect(page.locator(".sign.urgent")).toHaveCount(2);
    await expect(app.link("Three")).toBeFocused();
    await both("t", "t");
    await expect(app.signs("Three")).toHaveText(["Today", "Urgent priority"]);
    await both("t", "d", ...(await dateKeys(12)), "Enter");
    await expect(app.signs("One")).toHaveText([label(12), "Urgent priority"]);
    await expect(app.signs("Two")).toHaveCount(0);
    await press(page, "Escape");
    await both("e");
    await expect(app.titles(app.done)).toHaveText(["One", "Three"]);
    await expect(app.link("Four")).toBeFocused();
    await both("e");
    await expect(app.titles(app.todo)).toHaveText(["One", "Two", "Three", "Four"]);
    await both("Delete");
    await expect(app.titles()).toHaveText(["Two", "Four"]);
    await expect(app.link("Four")).toBeFocused();
    await save(app, "z");
    await expect(app.titles()).toHaveText(["One", "Two", "Three", "Four"]);
    await expect(app.link("One")).toBeFocused();
    // All, and none: Escape lets them go.
    await press(page, "Shift+X");
    await expect(page.getByText("4 selected")).toBeVisible();
    await press(page, "Escape");
    await expect(page.locator("[form=bulk]:checked")).toHaveCount(0);
    await expect(app.bulk).toBeHidden();
  });

  test("tasks are searched, filtered, sorted and paged", async ({ app, page, person: _ }) => {
    await app.make(...Array.from({ length: 30 }, (_, index) => ({ title: `Task ${30 - index}` })), { title: "Needle", priority: "high" });
    await app.open("/today");
    await press(page, "/");
    await expect(page.getByRole("searchbox")).toBeFocused();
    await page.keyboard.type("needle");
    await expect(app.titles(app.found)).toHaveText(["Needle"]);
    // The first Escape empties the search, the second leaves it.
    await press(page, "Escape");
    await expect(app.titles(app.todo)).toHaveCount(31);
    await press(page, "Escape", "f");
    await expect(app.field("Status")).toBeFocused();
    await tabTo(page, "#filter-priority");
    await page.keyboard.type("High");
    await expect(app.titles(app.todo)).toHaveText(["Needle"]);
    await press(page, "Home");
    await expect(app.titles(app.todo)).toHaveCount(31);
    await tabTo(page, "#filter-sort");
    await page.keyboard.type("A to Z");
    await expect(app.titles(app.todo).first()).toHaveText("Needle");
    await tabTo(page, "#filter-limit");
    await page.keyboard.type("25");
    await expect(app.titles(app.todo)).toHaveCount(25);
    await press(page, "Escape", "n");
    await expect(app.titles(app.todo)).toHaveCount(6);
    await expect(app.titles(app.todo).first()).toBeFocused();
    await press(page, "p");
    await expect(app.titles(app.todo)).toHaveCount(25);
    await expect(app.titles(app.todo).first()).toBeFocused();
  });

  test("a task is deleted, found in the trash, and restored", async ({ app, page, person: _ }) => {
    await app.seed("Stays", "Goes");
    await goTo(app, "Goes");
    await save(app, "#");
    await expect(app.titles()).toHaveText(["Stays"]);
    await expect(app.link("Stays")).toBeFocused();
    await press(page, "g", "d");
    await app.at("/trash", "Trash");
    await goTo(app, "Goes");
    await save(app, "r");
    await expect(app.titles()).toHaveCount(0);
    await expect(page.getByRole("main")).toBeFocused();
    await press(page, "g", "i");
    await app.atTasks();
    await expect(app.titles(app.todo)).toHaveText(["Goes", "Stays"]);
  });

  test("the last changes are taken back one by one, and the focus goes to what came back", async ({ app, page, person: _ }) => {
    await app.seed("Three", "Two", "One");
    await goTo(app, "Two");
    await save(app, "e");
    await save(app, "#");
    await expect(app.titles()).toHaveText(["One", "Two"]);
    await save(app, "z");
    await expect(app.titles(app.todo)).toHaveText(["One", "Three"]);
    await expect(app.link("Three")).toBeFocused();
    await save(app, "ControlOrMeta+z");
    await expect(app.titles(app.todo)).toHaveText(["One", "Two", "Three"]);
    await expect(app.link("Two")).toBeFocused();
    await press(page, "z");
    await expect(app.titles(app.todo)).toHaveText(["One", "Two", "Three"]);
  });

  test("between two tabs somebody chooses what is kept", async ({ app, page, person: _, noise }) => {
    noise.expect(status(409));
    const [id] = await app.seed("As it was");
    await goTo(app, "As it was");
    await press(page, "Enter");
    await tabTo(page, ".editor [name=title]");
    await press(page, "ControlOrMeta+a");
    await page.keyboard.type("Mine");
    await change(page, "edit_task", { id: id!, version: "1", title: "Theirs", priority: "medium" });
    await press(page, "Enter");
    await expect(app.editor.getByRole("group", { name: /title was changed elsewhere/ })).toBeVisible();
    await tabTo(page, ".conflict input");
    await press(page, "ArrowDown");
    await expect(page.getByLabel("Keep what is there")).toBeChecked();
    await press(page, "ControlOrMeta+Enter");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Theirs");
    await expect(app.editor.locator(".conflict")).toHaveCount(0);
  });

  test("the menu of a task is opened, gone through and closed", async ({ app, page, person: _ }) => {
    await app.seed("Other", "Chosen");
    await goTo(app, "Chosen");
    await press(page, "m");
    const menu = app.task("Chosen").locator(".menu-items");
    await expect(menu.getByRole("button").first()).toBeFocused();
    await press(page, "ArrowUp");
    await expect(menu.getByRole("button", { name: "Delete “Chosen”" })).toBeFocused();
    await press(page, "Escape");
    await expect(menu).toBeHidden();
    await expect(app.opener("Chosen")).toBeFocused();
    await press(page, "m");
    await expect(menu.getByRole("button").first()).toBeFocused();
    // A key does what the entry beside it does, and the menu is gone.
    await save(app, "t", "m");
    await expect(app.signs("Chosen")).toHaveText(["Tomorrow"]);
    await expect(app.link("Chosen")).toBeFocused();
    await expect(menu).toBeHidden();
  });

  test("every page of tasks is one step away", async ({ app, page, person: _ }) => {
    await app.open("/tasks");
    for (const [key, path, title] of [
      ["t", "/today", "Today"], ["u", "/upcoming", "Upcoming"], ["b", "/board", "Board"], ["d", "/trash", "Trash"], ["i", "/tasks", "Tasks"],
    ] as const) {
      await press(page, "g");
      await expect(page.locator(".key-hint")).toContainText("Today");
      await press(page, key);
      await app.at(path, title);
      await expect(page.locator(".key-hint")).toHaveCount(0);
    }
    await press(page, "g", "s");
    await expect(page).toHaveURL(/\/settings\//);
  });
});

/** The keys that write a day into a date field. */
async function dateKeys(days: number): Promise<string[]> {
  const [year, month, number] = day(days).split("-");
  return [...`${month}${number}${year}`];
}

test.describe("no key does anything", SCRIPTS, () => {
  const KEYS = ["e", "x", "s", "1", "#", "z", "j", "g", "t", "q", "?"];

  test("while somebody types", async ({ app, page, person: _ }) => {
    await app.seed("Two", "One");
    await goTo(app, "One");
    for (const place of ["New task", "Search your tasks"]) {
      await app.field(place).focus();
      await page.keyboard.type("esx1#zjgtq?/");
      await expect(app.field(place)).toHaveValue("esx1#zjgtq?/");
      await app.field(place).fill("");
    }
    await expect(app.titles(app.todo)).toHaveText(["One", "Two"]);
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await expect(page.locator("[form=bulk]:checked")).toHaveCount(0);
  });

  test("with Ctrl, Alt or Shift that it isn't meant with", async ({ app, page, person: _ }) => {
    await app.seed("Two", "One");
    await goTo(app, "One");
    for (const key of ["Control+e", "Alt+e", "Shift+E", "Control+1", "Alt+1", "Control+Delete"]) await press(page, key);
    await expect(app.link("One")).toBeFocused();
    await expect(app.titles(app.todo)).toHaveText(["One", "Two"]);
    await expect(app.signs("One")).toHaveCount(0);
  });

  test("when its beginning was long ago or something else came between", async ({ app, page, person: _ }) => {
    await app.seed("Two", "One");
    await goTo(app, "One");
    await press(page, "g");
    await expect(page.locator(".key-hint")).toBeVisible();
    await expect(page.locator(".key-hint")).toHaveCount(0, { timeout: 20_000 });
    await press(page, "u");
    await press(page, "g", "Escape", "u");
    await press(page, "g", "y", "u");
    await expect(page).toHaveURL(/\/tasks$/);
    await expect(app.titles(app.todo)).toHaveText(["One", "Two"]);
  });

  test("when keys that are pressed alone are turned off; arrows and Ctrl+K stay", async ({ app, page, person: _ }) => {
    await app.seed("Two", "One");
    await page.evaluate(() => document.documentElement.setAttribute("data-keys", "off"));
    await app.link("One").focus();
    await press(page, ...KEYS, "/", "g", "u");
    await expect(app.link("One")).toBeFocused();
    await expect(page).toHaveURL(/\/tasks$/);
    await expect(app.titles(app.todo)).toHaveText(["One", "Two"]);
    await expect(app.signs("One")).toHaveCount(0);
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await press(page, "ArrowDown");
    await expect(app.link("Two")).toBeFocused();
    await save(app, "Alt+ArrowUp");
    await expect(app.titles(app.todo)).toHaveText(["Two", "One"]);
    await press(page, "ControlOrMeta+k");
    await expect(page.getByRole("dialog")).toBeVisible();
  });

  test("for somebody who isn't logged in", async ({ app, page }) => {
    await app.open("/");
    await press(page, "q", "g", "t", "z", "/");
    await expect(page).toHaveURL(/\/$/);
  });
});
