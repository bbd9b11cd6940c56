// Every change can be taken back: at once, by the message that tells it; later, by Ctrl+Z or from the trash.

import { day, label } from "../support/calendar.ts";
import { type App, SCRIPTS, change, expect, status, test } from "../support/test.ts";

/** What all pages together show: titles and signs in their order. */
async function state(app: App): Promise<string> {
  const shown: string[] = [];
  for (const path of ["/tasks", "/trash"]) {
    const html = await (await app.page.request.get(path)).text();
    shown.push(
      await app.page.evaluate((html) => {
        const page = new DOMParser().parseFromString(html, "text/html");
        const rows = [...page.querySelectorAll("li.task")];
        const text = (row: Element) => [...row.querySelectorAll(".task-title, .task-description, .sign")].map((part) => part.textContent);
        return rows.map((row) => `${row.className} ${text(row).join(" | ")}`).join("\n");
      }, html),
    );
  }
  return shown.join("\n--- trash\n");
}

/** Does something to two tasks at once. */
async function many(app: App, what: string): Promise<void> {
  await app.select("One", "Done");
  await app.field("Due date for the selected").fill(day(8));
  await app.withSelected(what);
}

/** Each kind of change. */
const CHANGES: { what: string; page?: string; make: (app: App) => Promise<void>; adds?: boolean }[] = [
  { what: "an added task", make: (app) => app.add("New", "With a description"), adds: true },
  { what: "a completed task", make: (app) => app.complete("One") },
  { what: "a completed task that was begun", make: (app) => app.complete("Begun") },
  { what: "a reopened task", make: (app) => app.reopen("Done") },
  { what: "a task that was started", make: (app) => app.choose("One", "Start") },
  { what: "a due date", make: (app) => app.choose("Begun", "Due tomorrow") },
  { what: "a due date that was taken away", make: (app) => app.choose("Begun", "No due date") },
  { what: "a move", make: (app) => app.choose("One", "Move to the bottom") },
  { what: "a deleted task", make: (app) => app.trash("Begun") },
  { what: "a restored task", page: "/trash", make: (app) => app.restore("Gone") },
  { what: "a move to another column", page: "/board", make: (app) => app.choose("One", "Complete") },
  { what: "a priority of many", make: (app) => many(app, "Set priority") },
  { what: "a due date of many", make: (app) => many(app, "Set due date") },
  { what: "many deleted tasks", make: (app) => many(app, "Delete") },
  { what: "many completed tasks, of which one was so already", make: (app) => many(app, "Complete") },
];

/** Tasks of every kind. */
async function seed(app: App): Promise<void> {
  const ids = await app.make(
    { title: "Done", priority: "low" },
    { title: "Begun", status: "in_progress", due_date: day(3), due_time: "17:30", description: "Half of it" },
    { title: "Two" },
    { title: "One", priority: "urgent" },
    { title: "Gone", due_date: day(-3) },
  );
  await change(app.page, "complete_tasks", { "ids[0]": ids[0]! });
  await change(app.page, "trash_tasks", { "ids[0]": ids[4]! });
}

// Four tests rather than fifteen: most of the time of one goes into its start.
for (let part = 0; part < 4; part += 1) {
  const changes = CHANGES.filter((_, index) => index % 4 === part);
  test(`taken back from the message: ${changes.map(({ what }) => what).join(", ")}`, async ({ app, person: _ }) => {
    await seed(app);
    let before = await state(app);
    for (const { what, page, make, adds } of changes) {
      await app.open(page ?? "/tasks");
      await app.saved(() => make(app));
      expect(await state(app), what).not.toBe(before);
      await app.hydrated();
      await app.saved(() => app.undo());
      const after = await state(app);
      // What was added goes to the trash, where it can be taken from again.
      if (adds) {
        expect(after, what).toMatch(/--- trash\ntask\s+trashed New/);
        before = after;
      } else {
        expect(after, what).toBe(before);
      }
    }
  });
}

test("an edited task is as it was, on its own page too", async ({ app, page, person: _ }) => {
  await app.seed({ title: "Before", description: "First text", priority: "high", due_date: day(2), due_time: "09:00" });
  const editor = await app.edit("Before");
  await editor.getByLabel("Title").fill("After");
  await editor.getByLabel("Description").fill("Second text");
  await editor.getByLabel("Priority").selectOption("Low");
  await editor.getByLabel("Due").fill("");
  await editor.getByLabel("Time").fill("");
  await app.saved(() => app.save());
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("After");
  await expect(app.told).toContainText("Saved.");
  await app.saved(() => app.undo());
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Before");
  await expect(editor.getByLabel("Title")).toHaveValue("Before");
  await expect(editor.getByLabel("Description")).toHaveValue("First text");
  await expect(editor.getByLabel("Due")).toHaveValue(day(2));
  await app.back();
  await expect(app.signs("Before")).toHaveText([`${label(2)} 09:00`, "High priority"]);
  await expect(app.task("Before")).toContainText("First text");
});

test("what changed nothing says so, and is no change to take back", SCRIPTS, async ({ app, page, person: _ }) => {
  await app.seed("Deleted before", "Stays as it is");
  await app.saved(() => app.trash("Deleted before"));
  await app.edit("Stays as it is");
  await app.saved(() => app.save());
  await expect(app.messages).toContainText("Nothing had to be changed.");
  await expect(app.messages.getByRole("button", { name: "Undo" })).toHaveCount(0);
  await app.back();
  await app.saved(() => page.keyboard.press("Control+z"));
  await expect(app.titles(app.todo)).toHaveText(["Stays as it is", "Deleted before"]);
});

test("a task that left the page and not the list is counted once when it comes back", SCRIPTS, async ({ app, page, person: _ }) => {
  await app.seed(...Array.from({ length: 26 }, (_, number) => `Task ${number}`));
  await app.open("/tasks?limit=25");
  await expect(page.locator(".count").first()).toHaveText("26 open");
  await app.saved(() => app.choose("Task 25", "Move to the bottom"));
  await expect(app.task("Task 25")).toHaveCount(0);
  await app.saved(() => app.undo());
  await expect(app.titles(app.todo).first()).toHaveText("Task 25");
  await expect(page.locator(".count").first()).toHaveText("26 open");
});

test("a task deleted on its own page comes back, by its name", async ({ app, page, person: _ }) => {
  const [id] = await app.make("Other", "Deleted there").then((ids) => ids.slice(1));
  await app.open(`/tasks/${id}`);
  await app.saved(() => app.button("Delete this task").click());
  await app.atTasks();
  await expect(app.told).toContainText("“Deleted there” was moved to the trash.");
  await expect(app.titles(app.todo)).toHaveText(["Other"]);
  await app.saved(() => app.undo());
  await expect(app.titles(app.todo)).toHaveText(["Deleted there", "Other"]);
  await page.goto("/tasks");
  await expect(app.titles(app.todo)).toHaveText(["Deleted there", "Other"]);
});

test("what was deleted lies in the trash, the last first, and comes back from there as it was", async ({ app, page, person: _ }) => {
  await app.seed({ title: "Third", due_date: day(4), priority: "high" }, "Second", "First");
  await app.saved(() => app.complete("Second"));
  await app.saved(() => app.trash("Third"));
  await app.saved(() => app.trash("Second"));
  await app.go("Trash");
  await expect(app.titles(app.deleted)).toHaveText(["Second", "Third"]);
  await expect(app.signs("Third")).toHaveText([label(4), "High priority", "Deleted today"]);
  await expect(page.getByText("2 in the trash")).toBeVisible();

  // On its own page as well, where it says where it is.
  await app.link("Second").click();
  await expect(page.getByText("This task is in the trash.")).toBeVisible();
  await app.hydrated();
  await app.saved(() => app.button("Restore").click());
  await expect(page.getByText("This task is in the trash.")).toHaveCount(0);
  await app.go("Trash");
  await expect(app.titles(app.deleted)).toHaveText(["Third"]);
  await app.saved(() => app.restore("Third"));
  await expect(app.titles()).toHaveCount(0);
  await app.go("All");
  await expect(app.titles(app.todo)).toHaveText(["First", "Third"]);
  await expect(app.titles(app.done)).toHaveText(["Second"]);
  await expect(app.signs("Third")).toHaveText([label(4), "High priority"]);
});

test("what was changed again since stays as it is, and says why", async ({ app, page, person: _, noise }) => {
  noise.expect(status(409));
  const [id] = await app.seed("Changed twice");
  await app.saved(() => app.choose("Changed twice", "Due tomorrow"));
  await app.hydrated();
  await change(page, "set_due", { "ids[0]": id!, due_date: day(9) });
  await app.undo();
  await expect(page.getByRole("alert").filter({ hasText: "This was changed again since" })).toBeVisible();
  await app.open("/tasks");
  await expect(app.signs("Changed twice")).toHaveText([label(9)]);
});

test.describe("Ctrl+Z", SCRIPTS, () => {
  test("takes back one change after the other, the last first", async ({ app, page, person: _ }) => {
    await app.seed("Three", "Two", "One");
    await app.saved(() => app.complete("One"));
    await app.saved(() => app.choose("Two", "Due tomorrow"));
    await app.saved(() => app.choose("Three", "Move up"));
    await app.saved(() => app.trash("Two"));
    await expect(app.titles()).toHaveText(["Three", "One"]);
    await app.saved(() => page.keyboard.press("ControlOrMeta+z"));
    await expect(app.titles()).toHaveText(["Three", "Two", "One"]);
    await app.saved(() => page.keyboard.press("ControlOrMeta+z"));
    await expect(app.titles()).toHaveText(["Two", "Three", "One"]);
    await app.saved(() => page.keyboard.press("ControlOrMeta+z"));
    await expect(app.signs("Two")).toHaveCount(0);
    await app.saved(() => page.keyboard.press("ControlOrMeta+z"));
    await expect(app.titles(app.todo)).toHaveText(["One", "Two", "Three"]);
    // There is nothing left.
    await page.keyboard.press("ControlOrMeta+z");
    await app.reload();
    await expect(app.titles(app.todo)).toHaveText(["One", "Two", "Three"]);
  });

  test("takes back what was done on another page", async ({ app, page, person: _ }) => {
    await app.seed({ title: "Today's", due_date: day() });
    await app.saved(() => app.complete("Today's"));
    await app.go("Today");
    await expect(page.getByRole("heading", { name: "Nothing due today" })).toBeVisible();
    await page.getByRole("heading", { level: 1 }).click();
    await app.saved(() => page.keyboard.press("ControlOrMeta+z"));
    await expect(app.titles(app.list("Today"))).toHaveText(["Today's"]);
  });

  test("in a field takes back what was typed, and no change", async ({ app, page, person: _ }) => {
    await app.seed("Two", "One");
    await app.saved(() => app.complete("One"));
    await app.field("New task").pressSequentially("typed");
    await page.keyboard.press("ControlOrMeta+z");
    await expect(app.field("New task")).not.toHaveValue("typed");
    await expect(app.titles(app.done)).toHaveText(["One"]);
  });
});

test("only the last change is offered to be taken back", SCRIPTS, async ({ app, person: _ }) => {
  await app.seed("Two", "One");
  await app.saved(() => app.complete("One"));
  await app.saved(() => app.complete("Two"));
  await expect(app.button("Undo")).toHaveCount(1);
  await expect(app.told).toContainText("“Two” was completed.");
  await app.saved(() => app.undo());
  await expect(app.titles(app.todo)).toHaveText(["Two"]);
  await expect(app.button("Undo")).toHaveCount(0);
  await expect(app.told).toContainText("Taken back.");
});
