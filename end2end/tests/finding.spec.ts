// To find a task among many: filters, orders, search and pages. What is shown stands in the URL.

import type { Page } from "@playwright/test";

import { day } from "../support/calendar.ts";
import { App, SCRIPTS, expect, test } from "../support/test.ts";

/** Chooses a filter or an order; without scripts the button asks for it. */
async function choose(app: App, label: string, option: string): Promise<void> {
  const filters = app.page.getByRole("search", { name: "Tasks" });
  if (!(await filters.locator(".filter-fields").isVisible())) await filters.getByText("Filter and sort").click();
  const field = filters.getByLabel(label, { exact: true });
  if (label === "Only overdue") await field.setChecked(option === "yes");
  else if (label.startsWith("Due")) await field.fill(option);
  else await field.selectOption({ label: option });
  if (!app.scripts) await filters.getByRole("button", { name: "Search" }).click();
  await app.hydrated();
}

/** Waits until the URL says this and no more; a form without scripts writes fields that are empty too. */
async function asks(page: Page, wanted: Record<string, string>): Promise<void> {
  await expect(async () => {
    const query = [...new URL(page.url()).searchParams].filter(([name, value]) => value !== "" && !(name === "limit" && value === "50"));
    expect(Object.fromEntries(query)).toEqual(wanted);
  }).toPass();
}

/** Searches as a person does who presses Enter. */
async function search(app: App, text: string): Promise<void> {
  await app.field("Search your tasks").fill(text);
  await app.field("Search your tasks").press("Enter");
}

const MANY = [
  { title: "Pay the rent", priority: "urgent", due_date: day(-2) },
  { title: "Call Grace", priority: "high", due_date: day(1), status: "in_progress" },
  { title: "Buy bread", priority: "low", due_date: day(5) },
  { title: "Water the plants" },
  { title: "Answer the letter", priority: "high", due_date: day(-5), status: "completed" },
] as const;

test("a filter shows what it says, alone and with others, and can be taken away", async ({ app, page, person: _ }) => {
  await app.seed(...MANY);
  await choose(app, "Status", "Open");
  await asks(page, { status: "open" });
  await expect(app.titles()).toHaveText(["Water the plants", "Buy bread", "Call Grace", "Pay the rent"]);
  await choose(app, "Priority", "High");
  await asks(page, { status: "open", priority: "high" });
  await expect(app.titles()).toHaveText(["Call Grace"]);
  await expect(page.getByText("1 found")).toBeVisible();
  await choose(app, "Status", "Completed");
  await expect(app.titles()).toHaveText(["Answer the letter"]);
  await choose(app, "Status", "To do");
  await expect(page.getByRole("heading", { name: "Nothing found" })).toBeVisible();
  await choose(app, "Priority", "Any");
  await expect(app.titles()).toHaveText(["Water the plants", "Buy bread", "Pay the rent"]);
  await choose(app, "Only overdue", "yes");
  await expect(app.titles()).toHaveText(["Pay the rent"]);
  await choose(app, "Only overdue", "no");
  await choose(app, "Due from", day(1));
  await expect(app.titles()).toHaveText(["Buy bread"]);
  await choose(app, "Status", "All");
  await expect(app.titles()).toHaveText(["Buy bread", "Call Grace"]);
  await choose(app, "Due to", day(4));
  await expect(app.titles()).toHaveText(["Call Grace"]);
  await app.reload();
  await expect(app.titles()).toHaveText(["Call Grace"]);
  await expect(app.field("Due to")).toHaveValue(day(4));
  await page.getByRole("search").getByRole("link", { name: "Show all" }).click();
  await app.atTasks();
  await expect(app.titles()).toHaveCount(5);
  await expect(app.field("Due to")).toHaveValue("");
});

test("each order is the one it says, open before completed", async ({ app, person: _ }) => {
  await app.seed(...MANY);
  const orders: [string, string[]][] = [
    ["Oldest first", ["Pay the rent", "Call Grace", "Buy bread", "Water the plants"]],
    ["Newest first", ["Water the plants", "Buy bread", "Call Grace", "Pay the rent"]],
    ["Due first", ["Pay the rent", "Call Grace", "Buy bread", "Water the plants"]],
    ["Most important first", ["Pay the rent", "Call Grace", "Water the plants", "Buy bread"]],
    ["Least important first", ["Buy bread", "Water the plants", "Call Grace", "Pay the rent"]],
    ["A to Z", ["Buy bread", "Call Grace", "Pay the rent", "Water the plants"]],
    ["Z to A", ["Water the plants", "Pay the rent", "Call Grace", "Buy bread"]],
    ["My order", ["Water the plants", "Buy bread", "Call Grace", "Pay the rent"]],
  ];
  for (const [order, titles] of orders) {
    await choose(app, "Order", order);
    await expect(app.titles(app.todo), order).toHaveText(titles);
    await expect(app.titles(app.done), order).toHaveText(["Answer the letter"]);
  }
});

test("a search finds words in titles and descriptions, whole or begun, and marks them", async ({ app, page, person: _ }) => {
  await app.seed(
    { title: "Buy oat milk", description: "At the corner shop" },
    { title: "Call the dairy", description: "They bring the milk at ten.\nAsk for Émile." },
    { title: "Something else" },
    { title: "🎉 Party at 10 % off" },
  );
  await search(app, "milk");
  await asks(page, { q: "milk" });
  // In the title is better than in the description.
  await expect(app.titles(app.found)).toHaveText(["Buy oat milk", "Call the dairy"]);
  await expect(app.task("Buy oat milk").locator(".task-title mark")).toHaveText("milk");
  await expect(app.task("Call the dairy").locator(".task-description mark")).toHaveText("milk");
  await expect(page.getByText("2 found")).toBeVisible();
  for (const [text, titles] of [
    ["MILK oat", ["Buy oat milk"]],
    ["corn", ["Buy oat milk"]],
    ["émile", ["Call the dairy"]],
    ["🎉", ["🎉 Party at 10 % off"]],
    ["calling dairies", ["Call the dairy"]],
    ["milk party", []],
    ["' & | ! ( <-> :*", []],
  ] as const) {
    await search(app, text);
    await expect(app.field("Search your tasks")).toHaveValue(text);
    if (titles.length === 0) await expect(page.getByRole("heading", { name: "Nothing found" })).toBeVisible();
    await expect(app.titles(), text).toHaveText([...titles]);
  }
});

test.describe("a search as one types", SCRIPTS, () => {
  test("follows each word, keeps the cursor, and is one step back", async ({ app, page, person: _ }) => {
    await app.seed("Buy milk", "Buy bread", "Call Grace");
    await app.go("Today");
    await app.go("All");
    const field = app.field("Search your tasks");
    await field.click();
    await page.keyboard.type("buy");
    await expect(app.titles(app.found)).toHaveText(["Buy bread", "Buy milk"]);
    await page.keyboard.type(" bre");
    await expect(app.titles(app.found)).toHaveText(["Buy bread"]);
    await expect(page).toHaveURL(/\?q=buy\+bre$/);
    await expect(field).toBeFocused();
    await expect(field).toHaveValue("buy bre");
    await field.fill("");
    await expect(app.titles(app.todo)).toHaveText(["Call Grace", "Buy bread", "Buy milk"]);
    await expect(page).toHaveURL(/\/tasks$/);
    await page.goBack();
    await app.atToday();
  });

  test("shows what was typed last, also when an earlier answer comes late", async ({ app, page, person: _ }) => {
    await app.seed("Alpha", "Beta");
    let arrive = () => {};
    const arrival = new Promise<void>((resolve) => (arrive = resolve));
    const asked = page.waitForRequest((request) => (request.postData() ?? "").includes("alpha"));
    await page.route("**/fn/list_tasks", async (route) => {
      const response = await route.fetch();
      if ((route.request().postData() ?? "").includes("alpha")) await arrival;
      await route.fulfill({ response });
    });
    const field = app.field("Search your tasks");
    await field.fill("alpha");
    await asked;
    await field.fill("beta");
    await expect(page).toHaveURL(/\?q=beta$/);
    arrive();
    await expect(app.titles(app.found)).toHaveText(["Beta"]);
    await expect(field).toHaveValue("beta");
    await expect(page).toHaveURL(/\?q=beta$/);
  });
});

test("many tasks come in pages, each task on one of them, and the way leads on and back", async ({ app, page, person: _ }) => {
  const titles = Array.from({ length: 60 }, (_, index) => `Task ${String(index + 1).padStart(2, "0")}`);
  await app.make(...titles);
  await app.open("/tasks");
  await expect(app.titles()).toHaveCount(50);
  await choose(app, "On a page", "25");
  const pages = page.getByRole("navigation", { name: "Pages" });
  const seen: string[][] = [];
  for (const [index, size] of [25, 25, 10].entries()) {
    if (index > 0) await pages.getByRole("link", { name: "Next" }).click();
    await expect(app.titles()).toHaveCount(size);
    const first = titles[59 - 25 * index]!;
    await expect(app.titles().first()).toHaveText(first);
    seen.push(await app.titles().allTextContents());
    await expect(page.getByText("60 open")).toBeVisible();
  }
  expect(seen.flat()).toEqual([...titles].reverse());
  await expect(pages.getByRole("link", { name: "Next" })).toHaveCount(0);
  await pages.getByRole("link", { name: "Previous" }).click();
  await expect(app.titles()).toHaveText(seen[1]!);
  const second = page.url();
  await pages.getByRole("link", { name: "Previous" }).click();
  await expect(app.titles()).toHaveText(seen[0]!);
  await expect(pages.getByRole("link", { name: "Previous" })).toHaveCount(0);
  await app.open(second);
  await expect(app.titles()).toHaveText(seen[1]!);
  // What is completed on a page leaves the others as they were.
  await app.saved(() => app.complete(seen[1]![0]!));
  await expect(app.task(seen[1]![1]!)).toBeVisible();
  await pages.getByRole("link", { name: "First" }).click();
  await expect(app.titles()).toHaveText(seen[0]!);
});

test("the address of a list can be shared and gone back to", async ({ app, page, context, person: _ }) => {
  await app.seed(...MANY);
  await choose(app, "Priority", "High");
  await choose(app, "Order", "A to Z");
  await asks(page, { priority: "high", sort: "title" });
  await expect(app.titles()).toHaveText(["Call Grace", "Answer the letter"]);
  const url = page.url();

  await app.edit("Call Grace");
  await page.goBack();
  await expect(page).toHaveURL(url);
  await expect(app.titles()).toHaveText(["Call Grace", "Answer the letter"]);
  await expect(page.locator("#filter-priority")).toHaveValue("high");
  await page.goBack();
  await asks(page, { priority: "high" });
  await expect(page.locator("#filter-sort")).toHaveValue("");
  await page.goBack();
  await expect(app.titles()).toHaveCount(5);
  await expect(page.locator("#filter-priority")).toHaveValue("");
  await page.goForward();
  await expect(app.titles(app.todo)).toHaveText(["Call Grace"]);

  const other = new App(await context.newPage(), app.scripts);
  await other.open(url);
  await expect(other.titles()).toHaveText(["Call Grace", "Answer the letter"]);
  await expect(other.page.locator("#filter-sort")).toHaveValue("title");
});

test("a change in a filtered list stays in that list, and what no longer fits leaves it", async ({ app, page, person: _ }) => {
  await app.make(...MANY);
  await app.open("/tasks?status=open&sort=title");
  await app.saved(() => app.complete("Buy bread"));
  await expect(app.titles()).toHaveText(["Call Grace", "Pay the rent", "Water the plants"]);
  await expect(page).toHaveURL(/\/tasks\?status=open&sort=title(&done=[^&]*)?$/);
  await app.saved(() => app.undo());
  await expect(app.titles()).toHaveText(["Buy bread", "Call Grace", "Pay the rent", "Water the plants"]);
  await app.saved(() => app.add("Dust the shelf"));
  await expect(app.titles()).toHaveText(["Buy bread", "Call Grace", "Dust the shelf", "Pay the rent", "Water the plants"]);
});

test("each page without tasks says why, and what is next", async ({ app, page, person: _ }) => {
  for (const [path, heading] of [
    ["/today", "Nothing due today"],
    ["/upcoming", "A free month"],
    ["/tasks", "Nothing to do yet"],
    ["/trash", "The trash is empty"],
  ] as const) {
    await app.open(path);
    await expect(page.getByRole("heading", { level: 2 })).toHaveText(heading);
  }
  await app.open("/board");
  await expect(page.getByText("Nothing here.")).toHaveCount(3);
  await app.open("/tasks?priority=low&q=nothing");
  await expect(page.getByRole("heading", { level: 2 })).toHaveText("Nothing found");
  await page.getByRole("main").getByRole("link", { name: "Show all" }).last().click();
  await app.atTasks();
  // Nonsense in the address is as if it weren't there.
  await app.make("The only one");
  await app.open("/tasks?status=maybe&sort=colour&limit=1000000&after=nonsense&due_from=soon");
  await expect(app.titles(app.todo)).toHaveText(["The only one"]);
});
