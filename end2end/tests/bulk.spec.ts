// One thing done to many tasks at once.

import { day, label } from "../support/calendar.ts";
import { SCRIPTS, change, expect, status, test } from "../support/test.ts";

test("many tasks are completed and reopened at once, and both can be taken back in one step", async ({ app, page, person: _ }) => {
  await app.seed("Four", "Three", "Two", "One");
  await app.select("One", "Three", "Four");
  await app.saved(() => app.withSelected("Complete"));
  await expect(app.told).toContainText("3 tasks were completed.");
  await expect(app.titles(app.todo)).toHaveText(["Two"]);
  await expect(app.titles(app.done)).toHaveText(["One", "Three", "Four"]);
  await expect(page.getByText("1 open")).toBeVisible();
  await app.saved(() => app.undo());
  await expect(app.titles(app.todo)).toHaveText(["One", "Two", "Three", "Four"]);
  await expect(app.titles(app.done)).toHaveCount(0);

  await app.select("Two", "Four");
  await app.saved(() => app.withSelected("Complete"));
  await expect(app.titles(app.done)).toHaveText(["Two", "Four"]);
  // Nothing stays selected for the next time.
  await app.select("Four", "One");
  await app.saved(() => app.withSelected("Reopen"));
  await expect(app.titles(app.todo)).toHaveText(["One", "Three", "Four"]);
  await app.reload();
  await expect(app.titles(app.todo)).toHaveText(["One", "Three", "Four"]);
  await expect(app.titles(app.done)).toHaveText(["Two"]);
});

test("many tasks get a priority and a due date at once, and lose the date again", async ({ app, person: _ }) => {
  await app.seed({ title: "Three", due_date: day(2), due_time: "08:00" }, "Two", "One");
  await app.select("One", "Three");
  await app.field("Priority for the selected").selectOption("High");
  await app.saved(() => app.withSelected("Set priority"));
  await expect(app.told).toContainText("2 tasks were changed.");
  await expect(app.signs("One")).toHaveText(["High priority"]);
  await app.select("One", "Three");
  await app.field("Due date for the selected").fill(day(12));
  await app.saved(() => app.withSelected("Set due date"));
  await expect(app.signs("One")).toHaveText([label(12), "High priority"]);
  // Another day keeps the time.
  await expect(app.signs("Three")).toHaveText([`${label(12)} 08:00`, "High priority"]);
  await expect(app.signs("Two")).toHaveCount(0);
  await app.saved(() => app.undo());
  await expect(app.signs("One")).toHaveText(["High priority"]);
  await expect(app.signs("Three")).toHaveText([`${label(2)} 08:00`, "High priority"]);
  await app.select("One", "Three");
  await app.saved(() => app.withSelected("No date"));
  await expect(app.signs("Three")).toHaveText(["High priority"]);
  await app.reload();
  await expect(app.signs("Three")).toHaveText(["High priority"]);
});

test("many tasks are deleted at once, and restored at once from the trash", async ({ app, person: _ }) => {
  await app.seed("Three", "Two", "One");
  await app.select("One", "Two");
  await app.saved(() => app.withSelected("Delete"));
  await expect(app.told).toContainText("2 tasks were moved to the trash.");
  await expect(app.titles()).toHaveText(["Three"]);
  await app.go("Trash");
  await expect(app.titles(app.deleted)).toHaveCount(2);
  await app.select("One", "Two");
  await app.saved(() => app.withSelected("Restore"));
  await expect(app.titles()).toHaveCount(0);
  await app.saved(() => app.undo());
  await expect(app.titles(app.deleted)).toHaveCount(2);
  await app.select("One");
  await app.saved(() => app.withSelected("Restore"));
  await expect(app.titles(app.deleted)).toHaveText(["Two"]);
  await app.go("All");
  await expect(app.titles(app.todo)).toHaveText(["One", "Three"]);
});

test("on the other pages of tasks too, which stay the page one is on", async ({ app, page, person: _ }) => {
  await app.make({ title: "Second", due_date: day() }, { title: "First", due_date: day() }, { title: "Later", due_date: day(1) });
  for (const path of ["/today", "/board"]) {
    await app.open(path);
    await app.select("First", "Second");
    await app.saved(() => app.withSelected("Complete"));
    await expect(app.told).toContainText("2 tasks were completed.");
    await expect(page).toHaveURL(new RegExp(`${path}(\\?done=[^&]*)?$`));
    if (path === "/board") await expect(app.titles(app.list("Completed"))).toHaveText(["First", "Second"]);
    else await expect(app.titles()).toHaveCount(0);
    await app.saved(() => app.undo());
    await expect(app.titles(app.list(path === "/board" ? "To do" : "Today"))).toHaveCount(path === "/board" ? 3 : 2);
  }
});

test("without a selection nothing is done, and it says what to do first", async ({ app, page, person: _, noise }) => {
  noise.expect(status(422));
  await app.seed("Two", "One");
  await app.selecting();
  await app.withSelected("Delete");
  await expect(page.getByText("Select at least one task first.")).toBeVisible();
  await expect(app.titles(app.todo)).toHaveText(["One", "Two"]);
});

test("one of many that is gone elsewhere stops all, and it says so", async ({ app, page, person: _, noise }) => {
  noise.expect(status(404));
  const [gone] = await app.seed("Gone elsewhere", "Two", "One");
  await app.select("One", "Gone elsewhere", "Two");
  await change(page, "trash_tasks", { "ids[0]": gone! });
  await app.withSelected("Complete");
  await expect(page.getByRole("alert").filter({ hasText: "This doesn't exist any more." })).toBeVisible();
  await app.reload();
  await expect(app.titles(app.todo)).toHaveText(["One", "Two"]);
  await expect(app.titles(app.done)).toHaveCount(0);
});

test("the check boxes are out of the way until one asks for them", async ({ app, person: _ }) => {
  await app.seed("Two", "One");
  await expect(app.field("Select “One”")).toBeHidden();
  await expect(app.bulk).toBeHidden();
  await app.selecting();
  await expect(app.field("Select “One”")).toBeVisible();
  await expect(app.bulk).toBeVisible();
  await app.field("Select").uncheck();
  await expect(app.field("Select “One”")).toBeHidden();
  await expect(app.bulk).toBeHidden();
});

test("Enter changes nothing by mistake, and in the field of the date sets the date", async ({ app, page, person: _ }) => {
  await app.seed("Two", "One");
  await app.select("One");
  await app.field("Select “One”").press("Enter");
  await app.hydrated();
  await expect(app.titles(app.todo)).toHaveText(["One", "Two"]);
  if (!app.scripts) return;
  await expect(page.getByText("1 selected")).toBeVisible();
  await app.field("Due date for the selected").fill(day(12));
  await app.saved(() => app.field("Due date for the selected").press("Enter"));
  await expect(app.signs("One")).toHaveText([label(12)]);
  await expect(app.titles(app.done)).toHaveCount(0);
});

test("all on a page are selected with one button, and none with it again", SCRIPTS, async ({ app, page, person: _ }) => {
  await app.seed("Three", "Two", "One");
  await app.selecting();
  await app.withSelected("All");
  await expect(page.locator("[form=bulk][type=checkbox]:checked")).toHaveCount(3);
  await app.withSelected("All");
  await expect(page.locator("[form=bulk][type=checkbox]:checked")).toHaveCount(0);
  await app.withSelected("All");
  await app.saved(() => app.withSelected("Complete"));
  await expect(app.titles(app.done)).toHaveText(["One", "Two", "Three"]);
});
