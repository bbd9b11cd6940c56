// Every page in every state, for whoever judges or pictures them.

import { day } from "./calendar.ts";
import { type App, expect, send, test } from "./test.ts";

const GUEST_PAGES = ["/", "/login", "/login/second", "/register", "/logout", "/forgot", "/reset?code=nothing", "/verify?code=nothing", "/settings/appearance", "/nothing/here"];

/** Judges what is on the page. */
export type Judge = (what: string) => Promise<void>;

/** Tasks with everything that makes a page wide, one in each place. Gives the id of one with a long history. */
async function fullList(app: App): Promise<string> {
  const { page } = app;
  const long = "Supercalifragilistic".repeat(8);
  const url = `https://example.org/${"y".repeat(200)}`;
  const all = { due_date: day(-400), due_time: "17:30", priority: "urgent", status: "in_progress" } as const;
  const [, , done, , id] = await app.make(
    { title: "x".repeat(200), description: url, due_date: day() },
    { title: long, ...all },
    { title: `Completed ${long}`, ...all },
    { title: "Described", description: url, due_date: day(3) },
    { title: "Changed", description: "Before" },
  );
  await send(page, "complete_tasks", { "ids[0]": done! });
  for (const [index, text] of [url, long, "", `${url} ${long}`].entries()) {
    const title = text.slice(0, 200) || "Changed";
    await send(page, "edit_task", { ...all, id: id!, version: `${index + 1}`, title, description: text, due_date: day(2 - index) });
  }
  const [gone] = await app.make({ title: `Deleted ${long}`, description: url });
  await send(page, "trash_tasks", { "ids[0]": gone! });
  return id!;
}

/** Each page for guests. */
export async function asGuest(app: App, judge: Judge): Promise<void> {
  for (const path of GUEST_PAGES) {
    await app.open(path);
    await judge(path);
  }
  await app.open("/register");
  await app.button("Make the account").click();
  await expect(app.field("Name")).toHaveAttribute("aria-invalid", "true");
  await judge("refused");
}

/** The pages of tasks without a task. */
export async function empty(app: App, judge: Judge): Promise<void> {
  for (const path of ["/today", "/upcoming", "/tasks", "/tasks?q=nothing&status=open", "/board", "/trash"]) {
    await app.open(path);
    await expect(app.page.getByRole("heading", { level: 1 })).toBeVisible();
    await judge(`${path} without tasks`);
  }
}

/** The pages of tasks with all that can be on them. */
export async function full(app: App, judge: Judge): Promise<void> {
  // So many pages take longer than one flow.
  test.slow();
  const { page } = app;
  const id = await fullList(app);
  for (const path of ["/today", "/upcoming", "/tasks", "/tasks?q=supercali", "/board", "/trash"]) {
    await app.open(path);
    await expect(app.titles()).not.toHaveCount(0);
    await judge(path);
    await app.selecting();
    if (path !== "/trash") {
      // The menu of the last one is what reaches furthest.
      await page.locator(".menu-of-task > summary").last().click();
      await expect(page.locator(".menu-items").last()).toBeVisible();
    }
    await judge(`${path} while selecting, with a menu open`);
  }
  await app.open("/tasks?status=open&limit=25&sort=-due_date");
  await expect(page.locator(".filter-fields")).toBeVisible();
  await app.more();
  await judge("filters and the fields of a new task");
  await app.open("/tasks");
  await app.saved(() => app.trash("Described"));
  await expect(app.told).toBeVisible();
  await judge("a message with a way back");
  for (const path of ["/settings/profile", "/settings/security", "/settings/tokens", "/settings/appearance", "/settings/data", "/admin/users"]) {
    await app.open(path);
    await judge(path);
  }
  await app.open("/settings/tokens");
  await app.field("Name").fill("n".repeat(100));
  for (const box of await page.getByRole("checkbox").all()) await box.check();
  await app.saved(() => app.button("Make the token").click());
  await expect(app.field("The new token")).toBeVisible();
  await expect(app.list("Your tokens").getByRole("listitem")).toHaveCount(1);
  await judge("a new token");
  await app.open(`/tasks/${id}`);
  await expect(app.history).toHaveCount(5);
  await judge("a task with its history");
  if (app.scripts) await dialogs(app, judge);
}

/** What only scripts open. */
async function dialogs(app: App, judge: Judge): Promise<void> {
  const { page } = app;
  await app.open("/tasks");
  await app.field("New task").fill("Water the plants tomorrow 5pm p1");
  await judge("a new task that was understood");
  await app.field("New task").fill("");
  await app.link("Changed").or(page.locator("a.task-title").first()).first().click();
  await expect(app.editor).toBeVisible();
  await judge("a task beside its list");
  await app.open("/today");
  for (const [key, what] of [["?", "the keys"], ["Control+k", "the palette"], ["q", "a new task from anywhere"]] as const) {
    await page.keyboard.press(key);
    await expect(page.getByRole("dialog"), `${key} opens ${what}`).toBeVisible();
    await judge(what);
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toBeHidden();
  }
}

/** What was refused. */
export async function refused(app: App, judge: Judge): Promise<void> {
  const { page } = app;
  await app.open("/tasks");
  await app.add("x".repeat(201), "y".repeat(1001));
  await expect(app.field("New task")).toHaveAttribute("aria-invalid", "true");
  await judge("a new task refused");
  const [id] = await app.make({ title: "Before", description: "Before" });
  await app.open(`/tasks/${id}`);
  await app.editor.getByLabel("Title").fill("");
  await app.save();
  await expect(app.editor.getByLabel("Title")).toHaveAttribute("aria-invalid", "true");
  await judge("an edited task refused");
  await app.open(`/tasks/${id}`);
  const theirs = { title: "w".repeat(200), description: `https://example.org/${"z".repeat(200)}`, due_date: day(), status: "completed", priority: "low" };
  await send(page, "edit_task", { id: id!, version: "1", ...theirs });
  await app.editor.getByLabel("Title").fill("m".repeat(200));
  await app.editor.getByLabel("Description").fill("n".repeat(900));
  await app.editor.getByLabel("Due").fill(day(4));
  await app.editor.getByLabel("Status").selectOption("in_progress");
  await app.editor.getByLabel("Priority").selectOption("high");
  await app.save();
  await expect(page.locator("fieldset.conflict")).toHaveCount(5);
  await judge("a conflict in each field");
  await send(page, "trash_tasks", { "ids[0]": id! });
  await app.open(`/tasks/${id}`);
  await expect(page.getByText("This task is in the trash.")).toBeVisible();
  await judge("a task in the trash");
  await app.open("/nothing/here");
  await judge("not found");
}
