// The order of the tasks is the one that their owner gives them.

import { SCRIPTS, change, expect, hold, status, test } from "../support/test.ts";

const FOUR = ["Fourth", "Third", "Second", "First"];
const IN_ORDER = ["First", "Second", "Third", "Fourth"];

test("the menu moves a task, and it stays there", async ({ app, person: _ }) => {
  await app.seed(...FOUR);
  await expect(app.titles(app.todo)).toHaveText(IN_ORDER);
  for (const [title, item, order] of [
    ["Third", "Move up", ["First", "Third", "Second", "Fourth"]],
    ["First", "Move down", ["Third", "First", "Second", "Fourth"]],
    ["Third", "Move to the bottom", ["First", "Second", "Fourth", "Third"]],
    ["Fourth", "Move to the top", ["Fourth", "First", "Second", "Third"]],
    ["Third", "Move up", ["Fourth", "First", "Third", "Second"]],
  ] as const) {
    await app.saved(() => app.choose(title, item));
    await app.hydrated();
    await expect(app.titles(app.todo), `${item}: ${title}`).toHaveText([...order]);
  }
  await app.reload();
  await expect(app.titles(app.todo)).toHaveText(["Fourth", "First", "Third", "Second"]);
  await app.saved(() => app.add("New"));
  await expect(app.titles(app.todo)).toHaveText(["New", "Fourth", "First", "Third", "Second"]);
});

test("the first task can't go up and the last can't go down", async ({ app, person: _ }) => {
  await app.seed("Last", "First");
  const first = await app.menu("First");
  await expect(first.getByRole("button", { name: "Move up" })).toHaveCount(0);
  await expect(first.getByRole("button", { name: "Move down" })).toBeVisible();
  await app.saved(() => first.getByRole("button", { name: "Move down" }).click());
  await app.hydrated();
  await expect(app.titles(app.todo)).toHaveText(["Last", "First"]);
  const last = await app.menu("First");
  await expect(last.getByRole("button", { name: "Move up" })).toBeVisible();
  await expect(last.getByRole("button", { name: "Move down" })).toHaveCount(0);
});

test("completed tasks have an order of their own", async ({ app, page, person: _ }) => {
  const ids = await app.make(...FOUR);
  for (const id of ids.slice(0, 2)) await change(page, "complete_tasks", { "ids[0]": id });
  await app.open("/tasks");
  await expect(app.titles(app.todo)).toHaveText(["First", "Second"]);
  await expect(app.titles(app.done)).toHaveText(["Third", "Fourth"]);
  await app.saved(() => app.choose("Fourth", "Move up"));
  await expect(app.titles(app.done)).toHaveText(["Fourth", "Third"]);
  await expect(app.titles(app.todo)).toHaveText(["First", "Second"]);
  await app.reload();
  await expect(app.titles(app.done)).toHaveText(["Fourth", "Third"]);
});

test("in an order by something else tasks aren't moved by hand", async ({ app, page, person: _ }) => {
  await app.make(...FOUR);
  await app.open("/tasks?sort=title");
  await expect(app.titles(app.todo)).toHaveText(["First", "Fourth", "Second", "Third"]);
  await expect(page.locator("li.task[draggable=true]")).toHaveCount(0);
  await expect((await app.menu("Fourth")).getByRole("button", { name: /^Move/ })).toHaveCount(0);
  if (app.scripts) {
    await app.link("Second").focus();
    await page.keyboard.press("Alt+ArrowUp");
  }
  await expect(app.titles(app.todo)).toHaveText(["First", "Fourth", "Second", "Third"]);
  await app.open("/tasks");
  await expect(app.titles(app.todo)).toHaveText(IN_ORDER);
});

test("a task moved in a filtered list goes to its place among all of them", async ({ app, page, person: _ }) => {
  await app.make({ title: "D", priority: "high" }, "C", { title: "B", priority: "high" }, "A");
  await app.open("/tasks?priority=high");
  await expect(app.titles(app.todo)).toHaveText(["B", "D"]);
  await app.saved(() => app.choose("D", "Move up"));
  await expect(app.titles(app.todo)).toHaveText(["D", "B"]);
  await page.goto("/tasks");
  await expect(app.titles(app.todo)).toHaveText(["A", "D", "B", "C"]);
});

test("a task moved beside one that is gone stays where it was, and says why", async ({ app, page, person: _, noise }) => {
  noise.expect(status(404));
  const [gone] = await app.seed("Gone elsewhere", "Here");
  await app.menu("Here");
  await change(page, "trash_tasks", { "ids[0]": gone! });
  await app.choose("Here", "Move down");
  await expect(page.getByRole("alert").filter({ hasText: "This doesn't exist any more." })).toBeVisible();
  if (app.scripts) await expect(app.titles(app.todo)).toHaveText(["Here", "Gone elsewhere"]);
  else await expect(app.titles(app.todo)).toHaveText(["Here"]);
});

test.describe("a task is moved", SCRIPTS, () => {
  test("by dragging it above or below another one, and stays there", async ({ app, person: _ }) => {
    await app.seed(...FOUR);
    await app.saved(() => app.task("Fourth").dragTo(app.task("Second"), { targetPosition: { x: 100, y: 4 } }));
    await expect(app.titles(app.todo)).toHaveText(["First", "Fourth", "Second", "Third"]);
    const { height } = (await app.task("Third").boundingBox())!;
    await app.saved(() => app.task("First").dragTo(app.task("Third"), { targetPosition: { x: 100, y: height - 4 } }));
    await expect(app.titles(app.todo)).toHaveText(["Fourth", "Second", "Third", "First"]);
    // By its title as well, and over itself it goes nowhere.
    await app.saved(() => app.link("First").dragTo(app.task("Fourth"), { targetPosition: { x: 100, y: 4 } }));
    await expect(app.titles(app.todo)).toHaveText(["First", "Fourth", "Second", "Third"]);
    await app.task("First").dragTo(app.task("First"), { targetPosition: { x: 100, y: 4 } });
    await app.reload();
    await expect(app.titles(app.todo)).toHaveText(["First", "Fourth", "Second", "Third"]);
  });

  test("by Alt with an arrow, and the focus goes with it", async ({ app, page, person: _ }) => {
    await app.seed(...FOUR);
    await app.link("Second").focus();
    await app.saved(() => page.keyboard.press("Alt+ArrowDown"));
    await expect(app.titles(app.todo)).toHaveText(["First", "Third", "Second", "Fourth"]);
    await expect(app.link("Second")).toBeFocused();
    await app.saved(() => page.keyboard.press("Alt+ArrowDown"));
    await expect(app.titles(app.todo)).toHaveText(["First", "Third", "Fourth", "Second"]);
    // There is nothing below.
    await page.keyboard.press("Alt+ArrowDown");
    await app.saved(() => page.keyboard.press("Alt+ArrowUp"));
    await expect(app.titles(app.todo)).toHaveText(["First", "Third", "Second", "Fourth"]);
    await expect(app.link("Second")).toBeFocused();
    await app.reload();
    await expect(app.titles(app.todo)).toHaveText(["First", "Third", "Second", "Fourth"]);
  });

  test("many times at once, and ends up where it was last put", async ({ app, page, person: _ }) => {
    await app.seed(...FOUR);
    await app.link("First").focus();
    const moves = page.waitForResponse((response) => response.url().endsWith("/fn/trash_tasks"));
    for (const key of ["Down", "Down", "Down", "Up"]) {
      await page.keyboard.press(`Alt+Arrow${key}`);
      await expect(app.link("First")).toBeFocused();
    }
    await expect(app.titles(app.todo)).toHaveText(["Second", "Third", "First", "Fourth"]);
    await app.trash("Fourth");
    await (await moves).finished();
    await app.reload();
    await expect(app.titles(app.todo)).toHaveText(["Second", "Third", "First"]);
  });

  test("right after it was added, before the server knows it", async ({ app, page, person: _ }) => {
    await app.seed("Second", "First");
    const server = await hold(page, "**/fn/*");
    await app.add("New");
    await app.choose("New", "Move to the bottom");
    await expect(app.titles(app.todo)).toHaveText(["First", "Second", "New"]);
    const moved = page.waitForResponse("**/fn/move_task");
    await server.release();
    await (await moved).finished();
    await expect(app.titles(app.todo)).toHaveText(["First", "Second", "New"]);
    await app.reload();
    await expect(app.titles(app.todo)).toHaveText(["First", "Second", "New"]);
  });
});
