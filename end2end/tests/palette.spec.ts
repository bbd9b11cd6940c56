// The palette and the help.

import { type App, SCRIPTS, expect, hold, test } from "../support/test.ts";

const palette = (app: App) => app.page.getByRole("dialog", { name: "Everything that can be done" });
const option = (app: App, name: string) => palette(app).getByRole("option", { name, exact: true });
const chosen = (app: App) => palette(app).getByRole("option", { selected: true });

async function open(app: App): Promise<void> {
  await app.page.keyboard.press("ControlOrMeta+k");
  await expect(palette(app).getByRole("combobox")).toBeFocused();
}

/** Opens it, writes, and takes what is found first. */
async function take(app: App, text: string, name: string): Promise<void> {
  await open(app);
  await app.page.keyboard.type(text);
  await expect(chosen(app)).toHaveText(new RegExp(`^${name}`));
  await app.page.keyboard.press("Enter");
  await expect(palette(app)).toBeHidden();
}

test.describe("the palette", SCRIPTS, () => {
  test("opens over any page, and gives the focus back", async ({ app, page, person: _ }) => {
    await app.seed("Two", "One");
    await app.link("One").focus();
    await open(app);
    await page.keyboard.press("Escape");
    await expect(palette(app)).toBeHidden();
    await expect(app.link("One")).toBeFocused();
    // From a field too, and the same key closes it.
    await app.field("New task").focus();
    await open(app);
    await page.keyboard.press("ControlOrMeta+k");
    await expect(palette(app)).toBeHidden();
    await expect(app.field("New task")).toBeFocused();
  });

  test("leads to every page", async ({ app, page, person: _ }) => {
    await app.open("/tasks");
    for (const [text, name, path] of [
      ["today", "Today", "/today"],
      ["upc", "Upcoming", "/upcoming"],
      ["all tasks", "All tasks", "/tasks"],
      ["board", "Board", "/board"],
      ["trash", "Trash", "/trash"],
      ["settings", "Settings", "/settings/profile"],
      ["secur", "Security", "/settings/security"],
      ["tokens", "Tokens", "/settings/tokens"],
      ["your data", "Your data", "/settings/data"],
    ] as const) {
      await take(app, text, name);
      await expect(page).toHaveURL(new RegExp(`${path}$`));
    }
  });

  test("does with the task that has the focus what its keys do", async ({ app, page, person: _ }) => {
    await app.seed("Two", "One");
    await app.link("Two").focus();
    await open(app);
    await expect(palette(app).getByRole("group", { name: "“Two”" })).toBeVisible();
    await page.keyboard.press("Escape");
    await app.saved(() => take(app, "urgent", "Urgent"));
    await expect(app.signs("Two")).toHaveText(["Urgent priority"]);
    await expect(app.link("Two")).toBeFocused();
    await app.saved(() => take(app, "tomorrow", "Due tomorrow"));
    await expect(app.signs("Two")).toHaveText(["Tomorrow", "Urgent priority"]);
    await app.saved(() => take(app, "complete", "Complete, or reopen"));
    await expect(app.titles(app.done)).toHaveText(["Two"]);
    await app.saved(() => take(app, "undo", "Undo the last change"));
    await expect(app.titles(app.todo)).toHaveText(["One", "Two"]);
    await expect(app.link("Two")).toBeFocused();
    await take(app, "add", "Add a task");
    await expect(app.field("What is there to do?")).toBeFocused();
  });

  test("offers what is possible here, and nothing else", async ({ app, page, person: _ }) => {
    await app.make({ title: "Late", due_date: "2020-01-01" });
    await app.open("/today");
    await open(app);
    await expect(option(app, "Restore from the trash")).toHaveCount(0);
    await expect(option(app, "Delete")).toHaveCount(0);
    await expect(option(app, "Next page")).toHaveCount(0);
    await page.keyboard.press("Escape");
    await app.link("Late").focus();
    await open(app);
    await expect(option(app, "Delete")).toBeVisible();
    await expect(option(app, "Restore from the trash")).toHaveCount(0);
    // This order is by date: nothing is moved by hand.
    await expect(option(app, "Move up")).toHaveCount(0);
  });

  test("finds every task, those of the page at once and the others on the server", async ({ app, page, person: _ }) => {
    await app.make({ title: "Water the plants" }, { title: "Plan the journey", due_date: "2020-01-01" });
    await app.open("/today");
    const server = await hold(page, "**/fn/list_tasks");
    await open(app);
    await page.keyboard.type("plan");
    await expect(option(app, "Plan the journey")).toBeVisible();
    await expect(option(app, "Water the plants")).toHaveCount(0);
    await server.release();
    await expect(option(app, "Water the plants")).toBeVisible();
    await page.keyboard.press("ArrowDown");
    await expect(chosen(app)).toHaveText("Water the plants");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Water the plants");
  });

  test("is gone through with the arrows, from the end to the beginning too, and the chosen line is in sight", async ({ app, page, person: _ }) => {
    await app.open("/tasks");
    await open(app);
    const options = palette(app).getByRole("option");
    await expect(options.first()).toHaveAttribute("aria-selected", "true");
    await page.keyboard.press("ArrowUp");
    await expect(options.last()).toHaveAttribute("aria-selected", "true");
    await expect(options.last()).toBeInViewport();
    await expect(palette(app).getByRole("combobox")).toHaveAttribute("aria-activedescendant", (await options.last().getAttribute("id"))!);
    await page.keyboard.press("ArrowDown");
    await expect(options.first()).toHaveAttribute("aria-selected", "true");
    await page.keyboard.type("nothing is called like this");
    await expect(palette(app).getByText("Nothing found.")).toBeVisible();
    await page.keyboard.press("Enter");
    await expect(palette(app)).toBeVisible();
  });

  test("answers to a click", async ({ app, page, person: _ }) => {
    await app.open("/tasks");
    await open(app);
    await option(app, "Board").click();
    await app.at("/board", "Board");
    await expect(palette(app)).toBeHidden();
    await expect(page.getByRole("main")).toBeFocused();
  });

  test("has for a guest what a guest can do", async ({ app, page }) => {
    await app.open("/");
    await open(app);
    await expect(option(app, "Board")).toHaveCount(0);
    await expect(option(app, "All keys")).toBeVisible();
    await page.keyboard.type("log");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/\/login$/);
  });
});

test.describe("the help", SCRIPTS, () => {
  test("shows every key with what it does, and gives the focus back", async ({ app, page, person: _ }) => {
    await app.seed("Task");
    await app.link("Task").focus();
    await page.keyboard.press("?");
    const help = page.getByRole("dialog", { name: "Keys" });
    await expect(help).toBeVisible();
    for (const text of ["Add a task", "Due tomorrow", "Move to the column to the left", "Restore from the trash"]) await expect(help).toContainText(text);
    await expect(help.getByRole("link", { name: "Turn off keys that are pressed alone" })).toHaveAttribute("href", "/settings/appearance");
    // In a dialog no key does anything.
    await page.keyboard.press("e");
    await page.keyboard.press("Escape");
    await expect(help).toBeHidden();
    await expect(app.link("Task")).toBeFocused();
    await expect(app.titles(app.todo)).toHaveText(["Task"]);
  });

  test("is one of the lines of the palette", async ({ app, page, person: _ }) => {
    await app.open("/today");
    await take(app, "all keys", "All keys");
    await expect(page.getByRole("dialog", { name: "Keys" })).toBeVisible();
  });
});
