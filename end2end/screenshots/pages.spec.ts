// Pictures of every page, as somebody has it who uses Docket each day: `make screenshots`.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import type { Page } from "@playwright/test";

import { day } from "../support/calendar.ts";
import { ROOT } from "../support/docket.ts";
import { type App, type Draft, change, send, status, test } from "../support/test.ts";

const FOLDER = join(ROOT, "target", "screenshots");
const WIDTHS = { 360: 740, 1440: 900 };
const SCHEMES = ["light", "dark"] as const;

const TASKS: Draft[] = [
  { title: "Water the herbs on the balcony", priority: "low", due_date: day() },
  { title: "Send the signed contract back to Ms Okafor", description: "The scanned copy is in the shared folder, page 3 needs a date.", priority: "urgent", due_date: day(-2), status: "in_progress" },
  { title: "Book the train to Lyon", description: "The early one, window seat.", priority: "high", due_date: day(), due_time: "17:30" },
  { title: "Call the dentist", due_date: day(), due_time: "09:15" },
  { title: "Bread, coffee, two lemons", due_date: day() },
  { title: "Read chapter 4 of “A Pattern Language”", priority: "low", due_date: day(1) },
  { title: "Renew the passport", priority: "high", due_date: day(3) },
  { title: "Birthday present for Noor", description: "She liked the green notebook.", due_date: day(5) },
  { title: "Quarterly figures to Jonas", priority: "urgent", due_date: day(8), due_time: "12:00" },
  { title: "Repair the rear light of the bicycle", status: "in_progress" },
  { title: "Ideas for the garden in spring", description: "Fewer tomatoes, more beans." },
  { title: "Ask the library about the reading room" },
  { title: "Pay the electricity bill", due_date: day() },
  { title: "Clean the coffee machine", due_date: day(-1) },
];

/** Takes the picture of what is there, at each width and in each colour. */
async function picture(page: Page, name: string, whole = false): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  for (const [width, height] of Object.entries(WIDTHS)) {
    await page.setViewportSize({ width: Number(width), height });
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.screenshot({ path: join(FOLDER, `${name}-${width}-${colorScheme}.png`), fullPage: whole });
    }
  }
}

/** Somebody's tasks; gives the id of one with a history. */
async function everyday(app: App): Promise<string> {
  const { page } = app;
  const ids = await app.make(...[...TASKS].reverse());
  for (const title of ["Pay the electricity bill", "Clean the coffee machine"]) {
    const id = ids[TASKS.length - 1 - TASKS.findIndex((task) => task.title === title)];
    await change(page, "complete_tasks", { "ids[0]": id! });
  }
  for (const title of ["Old shopping list", "Notes from Tuesday"]) {
    const [id] = await app.make(title);
    await change(page, "trash_tasks", { "ids[0]": id! });
  }
  const id = ids[TASKS.length - 1 - 1]!;
  const contract = TASKS[1]!;
  await send(page, "edit_task", { id, version: "1", ...contract, due_date: day(1) } as Record<string, string>);
  await send(page, "edit_task", { id, version: "2", ...contract } as Record<string, string>);
  return id;
}

test.beforeEach(({ noise }) => {
  noise.expect(status(404), status(422));
  noise.leave();
});

test("guests", async ({ app }) => {
  const { page } = app;
  for (const [name, path] of Object.entries({ landing: "/", login: "/login", "second-step": "/login/second", register: "/register", forgot: "/forgot", logout: "/logout", "not-found": "/nothing/here", "api-docs": "/api/docs" })) {
    if (path === "/api/docs") await page.goto(path);
    else await app.open(path);
    await picture(page, name);
  }
  await app.open("/register");
  await app.button("Make the account").click();
  await picture(page, "register-refused");
});

test("a new account", async ({ app, person: _ }) => {
  for (const name of ["today", "upcoming", "tasks", "board", "trash"]) {
    await app.open(`/${name}`);
    await picture(app.page, `${name}-empty`);
  }
});

test("every day", async ({ app, person: _ }) => {
  const { page } = app;
  const id = await everyday(app);
  for (const name of ["today", "upcoming", "tasks", "board", "trash"]) {
    await app.open(`/${name}`);
    await picture(page, name);
  }
  await app.open("/tasks?q=the&status=open&sort=due_date");
  await picture(page, "tasks-found");
  await app.open(`/tasks/${id}`);
  await picture(page, "task");
  await picture(page, "task-whole", true);
  for (const name of ["profile", "appearance", "security", "tokens", "data"]) {
    await app.open(`/settings/${name}`);
    await picture(page, `settings-${name}`, true);
  }
  await app.open("/admin/users");
  await picture(page, "admin-users");
  await app.open("/today");
  await app.menu("Call the dentist");
  await picture(page, "today-menu");
  await app.open("/tasks");
  await app.select("Call the dentist", "Book the train to Lyon");
  await picture(page, "tasks-selected");
  await app.open("/today");
  await app.saved(() => app.complete("Call the dentist"));
  await picture(page, "today-completed");
  await app.open("/today");
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await picture(page, "help");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog").waitFor();
  await picture(page, "palette");
  await page.keyboard.press("Escape");
  await page.keyboard.press("q");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.type("Pick up the parcel tomorrow 5pm p2");
  await picture(page, "quick-add");
  await page.keyboard.press("Escape");
  await app.open("/tasks");
  await app.link("Book the train to Lyon").click();
  await app.editor.waitFor();
  await picture(page, "task-beside-list");
});
