// What happened to a task stands on its page.

import { day, label } from "../support/calendar.ts";
import { change, expect, send, test } from "../support/test.ts";

test("every change of a task is told: who, what, from what to what, the last first", async ({ app, page, person }) => {
  await app.open("/tasks");
  await app.saved(() => app.add("Call Grace", "Before ten"));
  await app.open("/tasks");
  await app.saved(() => app.choose("Call Grace", "Start"));
  await app.hydrated();
  await app.saved(() => app.choose("Call Grace", "Due tomorrow"));
  await app.hydrated();
  await app.saved(() => app.complete("Call Grace"));
  await app.hydrated();
  await app.saved(() => app.reopen("Call Grace"));
  await app.hydrated();
  const editor = await app.edit("Call Grace");
  await editor.getByLabel("Title").fill("Call Grace Hopper");
  await editor.getByLabel("Description").fill("");
  await editor.getByLabel("Priority").selectOption("High");
  await editor.getByLabel("Time").fill("09:30");
  await app.saved(() => app.save());
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Call Grace Hopper");
  await app.hydrated();
  await app.saved(() => app.button("Delete this task").click());
  await app.atTasks();
  await app.saved(() => app.undo());
  await app.open("/tasks");
  await app.edit("Call Grace Hopper");

  const events = app.history;
  const by = (what: string) => new RegExp(`^${person.name} ${what} this, today \\d\\d:\\d\\d`);
  await expect(events.locator("> p")).toHaveText(
    ["restored", "deleted", "changed", "reopened", "completed", "changed", "changed", "added"].map(by),
  );
  const fields = (index: number) => events.nth(index).locator(".field-changes > li");
  await expect(fields(0)).toHaveCount(0);
  await expect(fields(1)).toHaveCount(0);
  await expect(fields(2)).toHaveText([
    "Title: Call Grace → Call Grace Hopper",
    "Description: Before ten → nothing",
    "Priority: Medium → High",
    "Time: nothing → 09:30",
  ]);
  await expect(fields(3)).toHaveText(["Status: Completed → To do"]);
  await expect(fields(4)).toHaveText(["Status: In progress → Completed"]);
  await expect(fields(5)).toHaveText([`Due: nothing → ${label(1)}`]);
  await expect(fields(6)).toHaveText(["Status: To do → In progress"]);
  await expect(fields(7)).toHaveCount(0);
  await expect(page.locator(".times")).toHaveText(/^Added today \d\d:\d\d( · Changed today \d\d:\d\d)?$/);
});

test("the page of a task shows at once what was saved, with its line in the history", async ({ app, page, person }) => {
  await app.seed("Before");
  await app.edit("Before");
  await expect(app.history).toHaveCount(1);
  await app.editor.getByLabel("Title").fill("After");
  await app.saved(() => app.save());
  await expect(app.history).toHaveCount(2);
  await expect(app.history.first()).toHaveText(new RegExp(`${person.name} changed this, .*Title: Before → After`));
  await expect(page).toHaveTitle("After · Docket");
  // Saving without a change is none.
  await app.hydrated();
  await app.saved(() => app.save());
  await app.reload();
  await expect(app.history).toHaveCount(2);
});

test("a long history comes in parts, each change in one of them", async ({ app, page, person: _ }) => {
  const [id] = await app.make("Version 1");
  for (let version = 1; version <= 44; version += 1) {
    await send(page, "edit_task", { id: id!, version: `${version}`, title: `Version ${version + 1}` });
  }
  await app.open(`/tasks/${id}`);
  const seen: string[] = [];
  for (const size of [20, 20, 5]) {
    if (seen.length > 0) await page.getByRole("link", { name: "Older" }).click();
    await expect(app.history).toHaveCount(size);
    await expect(app.history.first()).toContainText(`Version ${45 - seen.length}`);
    seen.push(...(await app.history.allTextContents()));
    // The task itself is on each of them, as it is now.
    await expect(app.editor.getByLabel("Title")).toHaveValue("Version 45");
  }
  expect(new Set(seen).size).toBe(45);
  expect(seen.at(-1)).toContain("added");
  await expect(page.getByRole("link", { name: "Older" })).toHaveCount(0);
  await page.goBack();
  await expect(app.history.first()).toContainText("Version 25");
});

test("what is taken back stands in the history as well", async ({ app, page, person: _ }) => {
  const [id] = await app.make({ title: "Due", due_date: day(2) });
  const { change: done } = await change(page, "set_due", { "ids[0]": id!, due_date: day(5) });
  await change(page, "undo_change", { undone: done });
  await app.open(`/tasks/${id}`);
  await expect(app.history.locator(".field-changes > li")).toHaveText([`Due: ${label(5)} → ${label(2)}`, `Due: ${label(2)} → ${label(5)}`]);
  await expect(app.history).toHaveCount(3);
});
