// What is due: today, and in the days to come, by the calendar of the person.

import { day, heading, label, localDay } from "../support/calendar.ts";
import { App, SCRIPTS, change, expect, send, somebody, test } from "../support/test.ts";

test("today shows what is overdue, then what is due today, and nothing else", async ({ app, page, person: _ }) => {
  const ids = await app.make(
    { title: "Tomorrow's", due_date: day(1) },
    { title: "Any time today", due_date: day() },
    { title: "This evening", due_date: day(), due_time: "23:58" },
    { title: "This morning", due_date: day(), due_time: "00:01" },
    { title: "Yesterday's", due_date: day(-1) },
    { title: "Long ago", due_date: day(-40), priority: "urgent" },
    { title: "Some day" },
    { title: "Completed", due_date: day() },
    { title: "Deleted", due_date: day(-1) },
  );
  await change(page, "complete_tasks", { "ids[0]": ids[7]! });
  await change(page, "trash_tasks", { "ids[0]": ids[8]! });
  await app.open("/today");
  await expect(page.locator(".sections h2")).toHaveText(["Overdue", "Today"]);
  await expect(app.titles(app.list("Overdue"))).toHaveText(["Long ago", "Yesterday's"]);
  await expect(app.titles(app.list("Today"))).toHaveText(["This morning", "This evening", "Any time today"]);
  await expect(app.signs("Long ago")).toHaveText([`Overdue: ${label(-40)}`, "Urgent priority"]);
  await expect(app.signs("Yesterday's")).toHaveText(["Overdue: Yesterday"]);
  await expect(app.signs("This morning")).toHaveText(["Overdue: 00:01"]);
  // The heading says the day already.
  await expect(app.signs("This evening")).toHaveText(["23:58"]);
  await expect(app.signs("Any time today")).toHaveCount(0);
  await expect(page.getByText("5 to do")).toBeVisible();

  await app.saved(() => app.complete("Yesterday's"));
  await expect(app.titles(app.list("Overdue"))).toHaveText(["Long ago"]);
  await app.saved(() => app.choose("Long ago", "Due today"));
  await expect(page.locator(".sections h2")).toHaveText(["Today"]);
  await expect(app.titles(app.list("Today"))).toHaveText(["This morning", "This evening", "Any time today", "Long ago"]);
});

test("a task added on the page of today is due today, unless one says otherwise", async ({ app, page, person: _ }) => {
  await app.open("/today");
  const due = page.locator(".add").getByLabel("Due", { exact: true });
  await expect(due).toHaveValue(day());
  await app.saved(() => app.add("One"));
  await expect(app.titles(app.list("Today"))).toHaveText(["One"]);
  await expect(due).toHaveValue(day());
  await app.saved(() => app.add("Two"));
  await expect(app.titles(app.list("Today"))).toHaveCount(2);
  await due.fill("");
  await app.saved(() => app.add("Some day"));
  await expect(app.titles()).toHaveCount(2);
  await app.go("All");
  await expect(app.signs("One")).toHaveText(["Today"]);
  await expect(app.signs("Some day")).toHaveCount(0);
  await expect(page.locator(".add").getByLabel("Due", { exact: true })).toHaveValue("");
});

test("a task is added with all it has, due on a day at a time", async ({ app, page, person: _ }) => {
  await app.open("/tasks");
  await app.field("New task").fill("Meet Grace");
  const add = page.locator(".add");
  await add.getByLabel("Priority", { exact: true }).selectOption("Urgent");
  await add.getByLabel("Due", { exact: true }).fill(day(9));
  await app.more();
  await add.getByLabel("Time", { exact: true }).fill("17:30");
  await add.getByLabel("Description", { exact: true }).fill("Bring the letter");
  await app.saved(() => app.button("Add").click());
  for (const again of [async () => {}, () => app.reload()]) {
    await again();
    await expect(app.signs("Meet Grace")).toHaveText([`${label(9)} 17:30`, "Urgent priority"]);
    await expect(app.task("Meet Grace")).toContainText("Bring the letter");
  }
  await app.go("Upcoming");
  await expect(app.titles(app.list(heading(9)))).toHaveText(["Meet Grace"]);
});

test("upcoming shows the next month day by day, with the empty days folded", async ({ app, page, person: _ }) => {
  await app.make(
    { title: "Too late", due_date: day(32) },
    { title: "At the end", due_date: day(31) },
    { title: "Without a time", due_date: day(4) },
    { title: "At noon", due_date: day(4), due_time: "12:00" },
    { title: "First", due_date: day(1) },
    { title: "Today's", due_date: day() },
    { title: "Sixth", due_date: day(6) },
    { title: "Some day" },
  );
  await app.open("/upcoming");
  const sections = page.locator(".sections :is(h2, .remark)");
  await expect(sections).toHaveText([
    `Tomorrow, ${heading(1)}`,
    `Nothing on ${label(2)} to ${label(3)}`,
    heading(4),
    `Nothing on ${label(5)}`,
    heading(6),
    `Nothing on ${label(7)} to ${label(30)}`,
    heading(31),
  ]);
  await expect(app.titles()).toHaveText(["First", "At noon", "Without a time", "Sixth", "At the end"]);
  await expect(app.titles(app.list(heading(4)))).toHaveText(["At noon", "Without a time"]);

  // What was the only one of its day leaves it to the empty ones.
  await app.saved(() => app.complete("Sixth"));
  await expect(sections).toHaveText([
    `Tomorrow, ${heading(1)}`,
    `Nothing on ${label(2)} to ${label(3)}`,
    heading(4),
    `Nothing on ${label(5)} to ${label(30)}`,
    heading(31),
  ]);
  await app.saved(() => app.choose("At noon", "Due in a week"));
  await expect(app.titles(app.list(heading(7)))).toHaveText(["At noon"]);
  await expect(app.titles()).toHaveText(["First", "Without a time", "At noon", "At the end"]);
  await app.saved(() => app.choose("First", "No due date"));
  await expect(app.titles()).toHaveText(["Without a time", "At noon", "At the end"]);
});

test("the menu of a task sets when it is due, and offers only what it isn't", async ({ app, person: _ }) => {
  await app.seed("Some day");
  for (const [item, sign] of [["Due tomorrow", "Tomorrow"], ["Due in a week", label(7)], ["Due today", "Today"]] as const) {
    await app.saved(() => app.choose("Some day", item));
    await app.hydrated();
    await expect(app.signs("Some day")).toHaveText([sign]);
    await expect((await app.menu("Some day")).getByRole("button", { name: item })).toHaveCount(0);
  }
  await app.saved(() => app.choose("Some day", "No due date"));
  await expect(app.signs("Some day")).toHaveCount(0);
  await app.reload();
  await expect(app.signs("Some day")).toHaveCount(0);
});

test("today is the day of the person, wherever the server is", async ({ app, browser, baseURL, javaScriptEnabled }) => {
  expect(app.scripts).toBe(javaScriptEnabled);
  // Twenty-five hours apart: never the same day.
  for (const zone of ["Pacific/Kiritimati", "Pacific/Pago_Pago"]) {
    const context = await browser.newContext({ baseURL: baseURL!, javaScriptEnabled, timezoneId: zone });
    const there = new App(await context.newPage(), javaScriptEnabled);
    const person = somebody();
    // Only a script knows where it runs.
    if (javaScriptEnabled) await there.register(person);
    else await send(there.page, "register", { ...person, time_zone: zone });
    const today = localDay(zone);
    await there.open("/today");
    await expect(there.page.locator(".add").getByLabel("Due", { exact: true })).toHaveValue(today);
    await there.make({ title: "Due there", due_date: today });
    await there.reload();
    await expect(there.titles(there.list("Today"))).toHaveText(["Due there"]);
    await context.close();
  }
});

test("a day goes on in the list that is shown", SCRIPTS, async ({ app, page, person: _ }) => {
  await app.make({ title: "Later", due_date: day(3) });
  await app.open("/upcoming");
  await page.locator(".add").getByLabel("Due", { exact: true }).fill(day(2));
  await app.saved(() => app.add("Sooner"));
  await expect(page.locator(".sections :is(h2, .remark)")).toHaveText([
    `Nothing on ${label(1)}`, heading(2), heading(3), `Nothing on ${label(4)} to ${label(31)}`,
  ]);
  await expect(app.titles()).toHaveText(["Sooner", "Later"]);
});
