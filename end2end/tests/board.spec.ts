// The board: a column for each status, and tasks that go from one to the other.

import { type App, SCRIPTS, expect, test } from "../support/test.ts";

const TASKS = [
  { title: "Done", status: "completed" },
  { title: "Second started", status: "in_progress" },
  { title: "First started", status: "in_progress" },
  { title: "Third" },
  { title: "Second" },
  { title: "First" },
] as const;

/** The titles in each column. */
async function columns(app: App, todo: string[], started: string[], done: string[]): Promise<void> {
  for (const [name, titles] of [["To do", todo], ["In progress", started], ["Completed", done]] as const) {
    await expect(app.titles(app.list(name)), name).toHaveText(titles);
    await expect(app.page.locator(".section", { has: app.page.getByRole("heading", { name }) }).locator("h2 .count")).toHaveText(`${titles.length}`);
  }
}

/** The place under the tasks of a column. */
const column = (app: App, name: string) => app.page.locator(".section", { has: app.page.getByRole("heading", { name }) }).locator(".column");

async function open(app: App): Promise<void> {
  await app.make(...TASKS);
  await app.open("/board");
  await columns(app, ["First", "Second", "Third"], ["First started", "Second started"], ["Done"]);
}

test("each task stands in the column of its status, and the menu moves it", async ({ app, person: _ }) => {
  await open(app);
  await app.saved(() => app.choose("Second", "Start"));
  await columns(app, ["First", "Third"], ["Second", "First started", "Second started"], ["Done"]);
  await app.saved(() => app.choose("First started", "Put back to do"));
  await expect(app.titles(app.list("In progress"))).toHaveText(["Second", "Second started"]);
  await app.saved(() => app.choose("Third", "Complete"));
  await expect(app.titles(app.list("Completed"))).toHaveCount(2);
  await app.saved(() => app.choose("Done", "Start"));
  await expect(app.titles(app.list("In progress"))).toHaveCount(3);
  await expect(app.titles(app.list("Completed"))).toHaveText(["Third"]);
  await app.saved(() => app.undo());
  await expect(app.titles(app.list("Completed"))).toHaveCount(2);
  await app.saved(() => app.complete("Second started"));
  await expect(app.titles(app.list("Completed"))).toHaveCount(3);
  const shown = await app.titles().allTextContents();
  await app.reload();
  expect(await app.titles().allTextContents()).toEqual(shown);
});

test("within a column the menu moves a task up, down, to the top and to the bottom", async ({ app, person: _ }) => {
  await open(app);
  for (const [title, item, order] of [
    ["Third", "Move up", ["First", "Third", "Second"]],
    ["First", "Move to the bottom", ["Third", "Second", "First"]],
    ["Third", "Move down", ["Second", "Third", "First"]],
    ["First", "Move to the top", ["First", "Second", "Third"]],
  ] as const) {
    await app.saved(() => app.choose(title, item));
    await app.hydrated();
    await expect(app.titles(app.list("To do")), item).toHaveText([...order]);
  }
  await app.saved(() => app.choose("Second started", "Move up"));
  await app.reload();
  await columns(app, ["First", "Second", "Third"], ["Second started", "First started"], ["Done"]);
});

test.describe("a task is dragged", SCRIPTS, () => {
  test("into another column: above, below and under its tasks, and stays there", async ({ app, person: _ }) => {
    await open(app);
    await app.saved(() => app.task("Second").dragTo(app.task("Second started"), { targetPosition: { x: 60, y: 4 } }));
    await columns(app, ["First", "Third"], ["First started", "Second", "Second started"], ["Done"]);
    const height = (await app.task("Second started").boundingBox())!.height;
    await app.saved(() => app.task("First").dragTo(app.task("Second started"), { targetPosition: { x: 60, y: height - 4 } }));
    await columns(app, ["Third"], ["First started", "Second", "Second started", "First"], ["Done"]);
    // A column is as tall as the tallest one: everywhere under its tasks.
    const under = (await app.task("Done").boundingBox())!.height + 40;
    await app.saved(() => app.task("Third").dragTo(column(app, "Completed"), { targetPosition: { x: 60, y: under } }));
    await columns(app, [], ["First started", "Second", "Second started", "First"], ["Done", "Third"]);
    await app.reload();
    await columns(app, [], ["First started", "Second", "Second started", "First"], ["Done", "Third"]);
    // And into an empty one.
    await app.saved(() => app.task("Done").dragTo(column(app, "To do")));
    await columns(app, ["Done"], ["First started", "Second", "Second started", "First"], ["Third"]);
    await app.saved(() => app.undo());
    await columns(app, [], ["First started", "Second", "Second started", "First"], ["Done", "Third"]);
  });

  test("within its column", async ({ app, person: _ }) => {
    await open(app);
    await app.saved(() => app.task("Third").dragTo(app.task("First"), { targetPosition: { x: 60, y: 4 } }));
    await columns(app, ["Third", "First", "Second"], ["First started", "Second started"], ["Done"]);
    await app.reload();
    await columns(app, ["Third", "First", "Second"], ["First started", "Second started"], ["Done"]);
  });
});

test("Alt with an arrow moves a task to the column beside it, and the focus goes with it", SCRIPTS, async ({ app, page, person: _ }) => {
  await open(app);
  await app.link("Second").focus();
  await app.saved(() => page.keyboard.press("Alt+ArrowRight"));
  await columns(app, ["First", "Third"], ["Second", "First started", "Second started"], ["Done"]);
  await expect(app.link("Second")).toBeFocused();
  await app.saved(() => page.keyboard.press("Alt+ArrowDown"));
  await columns(app, ["First", "Third"], ["First started", "Second", "Second started"], ["Done"]);
  await expect(app.link("Second")).toBeFocused();
  await app.saved(() => page.keyboard.press("Alt+ArrowRight"));
  await columns(app, ["First", "Third"], ["First started", "Second started"], ["Second", "Done"]);
  await expect(app.link("Second")).toBeFocused();
  // There is nothing further to the right.
  await page.keyboard.press("Alt+ArrowRight");
  await app.saved(() => page.keyboard.press("Alt+ArrowLeft"));
  await columns(app, ["First", "Third"], ["Second", "First started", "Second started"], ["Done"]);
  await expect(page).toHaveURL(/\/board$/);
  await app.reload();
  await columns(app, ["First", "Third"], ["Second", "First started", "Second started"], ["Done"]);
});

test("a full column shows its first tasks and leads to all of them", async ({ app, page, person: _ }) => {
  await app.make(...Array.from({ length: 52 }, (_, index) => ({ title: `Started ${index + 1}`, status: "in_progress" as const })));
  await app.open("/board");
  await expect(app.titles(app.list("In progress"))).toHaveCount(50);
  await expect(app.titles(app.list("In progress")).first()).toHaveText("Started 52");
  await page.getByRole("link", { name: "See all 52" }).click();
  await expect(page).toHaveURL(/\/tasks\?status=in_progress$/);
  await expect(page.getByText("52 found")).toBeVisible();
});
