// One task edited in two places: neither text is ever lost.

import type { Browser, Page } from "@playwright/test";

import { day, label } from "../support/calendar.ts";
import { App, expect, status, test } from "../support/test.ts";

test.beforeEach(({ noise }) => noise.expect(status(409)));

/** The same person on another device. */
async function elsewhere(browser: Browser, page: Page, scripts: boolean): Promise<App> {
  const storageState = await page.context().storageState();
  const context = await browser.newContext({ baseURL: new URL(page.url()).origin, javaScriptEnabled: scripts, storageState });
  return new App(await context.newPage(), scripts);
}

/** Opens a task in both places, saves it in the other one, and gives the page that is now out of date. */
async function both(app: App, browser: Browser, before: { title: string; description?: string }): Promise<App> {
  const [id] = await app.make(before);
  await app.open(`/tasks/${id}`);
  const other = await elsewhere(browser, app.page, app.scripts);
  await other.open(`/tasks/${id}`);
  return other;
}

/** Saves, and waits until it is saved. */
async function save(app: App, title: string, told = "Saved."): Promise<void> {
  await app.saved(() => app.save());
  await expect(app.page.getByRole("heading", { level: 1 })).toHaveText(title);
  await expect(app.told).toContainText(told);
}

const CONFLICT = "This was changed elsewhere while you were at it. Choose what to keep, and save again.";

for (const { choice, title, lost } of [
  { choice: "Save what I wrote", title: "Mine", lost: "Theirs" },
  { choice: "Keep what is there", title: "Theirs", lost: "Mine" },
]) {
  test(`two titles are shown beside each other, and one chooses: ${choice}`, async ({ app, page, browser, person: _ }) => {
    const other = await both(app, browser, { title: "Before" });
    await other.editor.getByLabel("Title").fill("Theirs");
    await save(other, "Theirs");
    await app.editor.getByLabel("Title").fill("Mine");
    const [answer] = await Promise.all([page.waitForResponse((response) => response.status() === 409), app.save()]);
    expect(answer.status()).toBe(409);

    await expect(page.getByRole("alert").filter({ hasText: CONFLICT })).toBeVisible();
    const conflict = page.getByRole("group", { name: "The title was changed elsewhere to" });
    await expect(conflict.locator("blockquote")).toHaveText("Theirs");
    await expect(app.editor.getByLabel("Title")).toHaveValue("Mine");
    // Nothing is saved before one has chosen.
    await other.reload();
    await expect(other.editor.getByLabel("Title")).toHaveValue("Theirs");

    await app.hydrated();
    await conflict.getByLabel(choice).check();
    // What is there already needs no change.
    await save(app, title, lost === "Mine" && app.scripts ? "Nothing had to be changed." : "Saved.");
    await expect(page.getByRole("group", { name: /changed elsewhere/ })).toHaveCount(0);
    await expect(page.getByText(CONFLICT)).toHaveCount(0);
    await expect(app.editor.getByLabel("Title")).toHaveValue(title);
    await other.reload();
    await expect(other.editor.getByLabel("Title")).toHaveValue(title);
    // What was saved first is in the history, whoever it was chosen over.
    await expect(other.history.filter({ hasText: "Theirs" })).not.toHaveCount(0);
    if (lost === "Mine") await expect(other.history.filter({ hasText: "Mine" })).toHaveCount(0);
    await other.page.context().close();
  });
}

test("changes of different fields are both kept, without a question", async ({ app, page, browser, person: _ }) => {
  const other = await both(app, browser, { title: "Before", description: "Old text" });
  await other.editor.getByLabel("Description").fill("Their text");
  await other.editor.getByLabel("Priority").selectOption("Urgent");
  await save(other, "Before");
  await app.editor.getByLabel("Title").fill("My title");
  await app.editor.getByLabel("Due").fill(day(6));
  await save(app, "My title");
  await expect(app.editor.getByLabel("Description")).toHaveValue("Their text");
  await expect(page.getByRole("group", { name: /changed elsewhere/ })).toHaveCount(0);
  await app.back();
  await expect(app.signs("My title")).toHaveText([label(6), "Urgent priority"]);
  await expect(app.task("My title")).toContainText("Their text");
  await other.page.context().close();
});

test("one chooses for each field, and fields that only one has changed are taken from that one", async ({ app, page, browser, person: _ }) => {
  const other = await both(app, browser, { title: "Before", description: "Old text" });
  await other.editor.getByLabel("Title").fill("Their title");
  await other.editor.getByLabel("Description").fill("Their text,\nin two lines");
  await other.editor.getByLabel("Due").fill(day(1));
  await other.editor.getByLabel("Time").fill("10:00");
  await other.editor.getByLabel("Priority").selectOption("High");
  await save(other, "Their title");

  await app.editor.getByLabel("Title").fill("My title");
  await app.editor.getByLabel("Description").fill("My text");
  await app.editor.getByLabel("Due").fill(day(2));
  await app.editor.getByLabel("Status").selectOption("In progress");
  await app.save();
  const asked = page.getByRole("group", { name: /changed elsewhere/ });
  await expect(asked).toHaveCount(3);
  const group = (field: string) => page.getByRole("group", { name: `The ${field} was changed elsewhere to` });
  await expect(group("description").locator("blockquote")).toHaveText("Their text,\nin two lines", { useInnerText: true });
  await expect(group("due date").locator("blockquote")).toHaveText(`${day(1)} 10:00`);
  await expect(app.editor.getByLabel("Description")).toHaveValue("My text");
  await expect(app.editor.getByLabel("Due")).toHaveValue(day(2));
  await expect(app.editor.getByLabel("Status")).toHaveValue("in_progress");
  await expect(app.editor.getByLabel("Priority")).toHaveValue("high");

  await app.hydrated();
  await group("title").getByLabel("Keep what is there").check();
  await group("description").getByLabel("Save what I wrote").check();
  await group("due date").getByLabel("Keep what is there").check();
  await save(app, "Their title");
  await expect(app.editor.getByLabel("Description")).toHaveValue("My text");
  await app.back();
  await expect(app.signs("Their title")).toHaveText(["Tomorrow 10:00", "High priority", "In progress"]);
  await other.page.context().close();
});

test("the same change made twice is no conflict", async ({ app, page, browser, person: _ }) => {
  const other = await both(app, browser, { title: "Before" });
  for (const place of [other, app]) {
    await place.editor.getByLabel("Title").fill("The same");
    await save(place, "The same");
  }
  await expect(page.getByRole("group", { name: /changed elsewhere/ })).toHaveCount(0);
  await other.page.context().close();
});

test("a task changed again while one chooses asks again", async ({ app, page, browser, person: _ }) => {
  const other = await both(app, browser, { title: "Before" });
  await other.editor.getByLabel("Title").fill("Theirs");
  await save(other, "Theirs");
  await app.editor.getByLabel("Title").fill("Mine");
  await app.save();
  const conflict = page.getByRole("group", { name: "The title was changed elsewhere to" });
  await expect(conflict.locator("blockquote")).toHaveText("Theirs");
  await other.editor.getByLabel("Title").fill("Theirs again");
  await save(other, "Theirs again");
  await app.hydrated();
  await conflict.getByLabel("Save what I wrote").check();
  await app.save();
  await expect(conflict.locator("blockquote")).toHaveText("Theirs again");
  await expect(app.editor.getByLabel("Title")).toHaveValue("Mine");
  await app.hydrated();
  await conflict.getByLabel("Save what I wrote").check();
  await save(app, "Mine");
  await other.page.context().close();
});

test("a task deleted elsewhere says that it lies in the trash, and what was typed isn't lost", async ({ app, page, browser, person: _ }) => {
  const other = await both(app, browser, { title: "Before" });
  await other.saved(() => other.button("Delete this task").click());
  await other.atTasks();
  await app.editor.getByLabel("Title").fill("Written meanwhile");
  await app.saved(() => app.save());
  await expect(page.getByText("This task is in the trash.")).toBeVisible();
  await expect(app.editor.getByLabel("Title")).toHaveValue("Written meanwhile");
  await app.hydrated();
  await app.saved(() => app.button("Restore").click());
  await expect(page.getByText("This task is in the trash.")).toHaveCount(0);
  await app.back();
  await expect(app.titles(app.todo)).toHaveText(["Written meanwhile"]);
  await other.page.context().close();
});
