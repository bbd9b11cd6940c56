// A new task in one line, understood as it is typed.

import { AxeBuilder } from "@axe-core/playwright";
import type { Locator, Page, Route } from "@playwright/test";

import { day, label } from "../support/calendar.ts";
import { type App, SCRIPTS, expect, hold, test } from "../support/test.ts";

/** What was understood of the line of the page. */
function chips(app: App): Locator {
  return app.page.locator(".add .chip > span:not(.visually-hidden)");
}

// What every line becomes: its title, and what stands beside it.
const LINES = [
  { line: "Pay the rent tomorrow 5pm p1", title: "Pay the rent", signs: ["Tomorrow 17:00", "Urgent priority"] },
  { line: "in 3 days: water the plants", title: "water the plants", signs: [label(3)] },
  { line: "Swim p4", title: "Swim", signs: ["Low priority"] },
  { line: "Renewed", title: "Renewed", signs: [] },
  { line: "The 9/11 report", title: "The 9/11 report", signs: [] },
  { line: "2nd floor bath", title: "2nd floor bath", signs: [] },
];

for (const { line, title, signs } of LINES) {
  test(`“${line}” becomes “${title}”`, async ({ app, person: _ }) => {
    await app.open("/tasks");
    await app.saved(() => app.add(line));
    await expect(app.titles(app.todo)).toHaveText([title]);
    await expect(app.signs(title)).toHaveText(signs);
    await expect(app.field("New task")).toHaveValue("");
  });
}

test("what the line says counts before the fields beside it", async ({ app, page, person: _ }) => {
  await app.open("/today");
  await expect(page.locator(".add").getByLabel("Due", { exact: true })).toHaveValue(day());
  await app.saved(() => app.add("Call Grace tomorrow"));
  await app.go("Upcoming");
  await expect(app.titles()).toHaveText(["Call Grace"]);
});

test("a line of 201 characters is refused as it was typed", async ({ app, noise, person: _ }) => {
  noise.expect(/422/);
  await app.open("/tasks");
  const line = `${"x".repeat(201)} tomorrow`;
  await app.add(line);
  await expect(app.field("New task")).toHaveAccessibleDescription("This is 201 characters long; 200 fit.");
  await expect(app.field("New task")).toHaveValue(line);
});

test.describe("while somebody types", SCRIPTS, () => {
  test("what is understood stands beside the line, and takes the place of its field", async ({ app, page, person: _ }) => {
    await app.open("/tasks");
    const field = app.field("New task");
    const due = page.locator(".add").getByLabel("Due", { exact: true });
    await field.pressSequentially("Pay the rent tomorrow 5p");
    await expect(chips(app)).toHaveText(["Tomorrow"]);
    await expect(due).toBeHidden();
    await field.pressSequentially("m p1");
    await expect(chips(app)).toHaveText(["Tomorrow 17:00", "Urgent"]);
    await expect(page.locator(".add").getByLabel("Priority", { exact: true })).toBeHidden();
    await field.fill("Renewed 2nd floor bath");
    await expect(chips(app)).toHaveCount(0);
    await expect(due).toBeVisible();
  });

  test("Backspace after a part that was understood turns it back into text, and then deletes", async ({ app, page, person: _ }) => {
    await app.open("/tasks");
    const field = app.field("New task");
    await field.pressSequentially("Read p1 Tomorrow");
    await expect(chips(app)).toHaveText(["Tomorrow", "Urgent"]);
    await page.keyboard.press("Backspace");
    await expect(chips(app)).toHaveText(["Urgent"]);
    await expect(field).toHaveValue("Read p1 Tomorrow");
    // It stays text, whatever comes after it.
    await field.pressSequentially(" p4");
    await expect(chips(app)).toHaveText(["Low"]);
    for (let presses = 0; presses < 3; presses += 1) await page.keyboard.press("Backspace");
    await expect(field).toHaveValue("Read p1 Tomorrow ");
    await expect(chips(app)).toHaveText(["Urgent"]);
    // Written anew it is meant anew.
    await field.fill("Read Tomorro");
    await field.press("End");
    await field.pressSequentially("w");
    await expect(chips(app)).toHaveText(["Tomorrow"]);
    await page.keyboard.press("Backspace");
    await app.saved(() => page.keyboard.press("Enter"));
    await expect(app.titles(app.todo)).toHaveText(["Read Tomorrow"]);
    await expect(app.signs("Read Tomorrow")).toHaveCount(0);
  });

  test("a chip turns its part back into text, and the keyboard goes on in the line", async ({ app, page, person: _ }) => {
    await app.open("/tasks");
    await app.field("New task").pressSequentially("Pay tomorrow 5pm p2");
    await page.getByRole("button", { name: "Due: Tomorrow 17:00 Keep as text" }).click();
    await expect(chips(app)).toHaveText(["High"]);
    await expect(app.field("New task")).toBeFocused();
    await app.saved(() => page.keyboard.press("Enter"));
    await expect(app.titles(app.todo)).toHaveText(["Pay tomorrow 5pm"]);
    await expect(app.signs("Pay tomorrow 5pm")).toHaveText(["High priority"]);
    await expect(chips(app)).toHaveCount(0);
  });

  test("what was typed before the page answered is understood, too", async ({ app, page, person: _ }) => {
    const late = async (route: Route) => {
      await expect(page.getByLabel("New task", { exact: true })).toHaveValue("Pay tomorrow");
      await route.continue();
    };
    // Once: a release has another half, which the page waits for when it understands what was typed.
    await page.route("**/*.wasm", late, { times: 1 });
    await page.goto("/tasks", { waitUntil: "commit" });
    await page.getByLabel("New task", { exact: true }).fill("Pay tomorrow");
    await app.hydrated();
    await expect(chips(app)).toHaveText(["Tomorrow"]);
  });
});

test.describe("in German", () => {
  test.use({ locale: "de-DE" });

  test("a line is understood as Germans write it", async ({ app, page, person: _ }) => {
    await app.open("/tasks");
    await app.field("Neue Aufgabe").fill("Miete zahlen morgen 17 Uhr p1");
    if (app.scripts) await expect(chips(app)).toHaveText(["Morgen, 17:00 Uhr", "Dringend"]);
    await app.saved(() => app.button("Hinzufügen").click());
    await expect(page.locator(".task-title")).toHaveText(["Miete zahlen"]);
    await expect(page.locator(".sign")).toHaveText(["Morgen, 17:00 Uhr", "Dringend"]);
  });

  test("the dialog speaks German, too", SCRIPTS, async ({ app, page, person: _ }) => {
    await app.open("/board");
    await page.keyboard.press("q");
    await expect(page.getByRole("dialog", { name: "Aufgabe hinzufügen" })).toBeVisible();
    await page.keyboard.type("Miete morgen 17 Uhr");
    await expect(page.locator("dialog .quick-title")).toHaveText(["Miete"]);
    await expect(page.locator("dialog .chip > span:not(.visually-hidden)")).toHaveText(["Morgen, 17:00 Uhr"]);
  });
});

// --- Anywhere

/** The dialog for a new task. */
function dialog(app: App): Locator {
  return app.page.getByRole("dialog", { name: "Add a task" });
}

/** What will be added. */
function coming(app: App): Locator {
  return dialog(app).locator(".quick-title");
}

/** Pastes a text into what has the focus. */
async function paste(page: Page, text: string): Promise<void> {
  await page.evaluate((text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    document.activeElement!.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, text);
}

const SEVERAL = "- [ ] Bread p4\n- [ ] Call Grace tomorrow\n\n* Renewed\n1. The 9/11 report\n2nd floor bath\n";

test("the way to a new task stands around every page", async ({ app, page, person: _ }) => {
  await app.open("/settings/profile");
  await page.getByRole("banner").getByRole("link", { name: "Add a task" }).click();
  if (app.scripts) {
    await expect(app.field("What is there to do?")).toBeFocused();
    await expect(page).toHaveURL(/\/settings\/profile$/);
  } else {
    await app.atTasks();
    await expect(app.field("New task")).toBeVisible();
  }
});

test.describe("a new task from anywhere", SCRIPTS, () => {
  for (const path of ["/settings/profile", "/board", "/trash", "/tasks"]) {
    test(`${path}: q opens the dialog, Enter adds and leads back`, async ({ app, page, person: _ }) => {
      await app.open(path);
      const before = page.getByRole("main").getByRole("link").or(page.getByRole("main").getByRole("button")).first();
      if ((await before.count()) > 0) await before.focus();
      await page.keyboard.press("q");
      await expect(app.field("What is there to do?")).toBeFocused();
      await page.keyboard.type("Pay the rent tomorrow 5pm p1");
      await expect(coming(app)).toHaveText(["Pay the rent"]);
      await expect(dialog(app).locator(".chip > span:not(.visually-hidden)")).toHaveText(["Tomorrow 17:00", "Urgent"]);
      await app.saved(() => page.keyboard.press("Enter"));
      await expect(dialog(app)).toBeHidden();
      await expect(app.told).toContainText("“Pay the rent” was added.");
      if ((await before.count()) > 0) await expect(before).toBeFocused();
      await app.open("/tasks");
      await expect(app.signs("Pay the rent")).toHaveText(["Tomorrow 17:00", "Urgent priority"]);
    });
  }

  test("it shows on the page at once, and can be taken back", async ({ app, page, person: _ }) => {
    await app.open("/tasks");
    const server = await hold(page, "**/fn/add_task");
    await page.keyboard.press("q");
    await page.keyboard.type("Bread");
    await page.keyboard.press("Enter");
    await expect(app.titles(app.todo)).toHaveText(["Bread"]);
    await app.saved(() => server.release());
    await app.saved(() => app.undo());
    await expect(app.titles(app.todo)).toHaveCount(0);
  });

  test("Ctrl+Enter adds and goes on to the next one", async ({ app, page, person: _ }) => {
    await app.open("/tasks");
    await page.keyboard.press("q");
    await page.keyboard.type("One");
    await app.saved(() => page.keyboard.press("ControlOrMeta+Enter"));
    await expect(dialog(app)).toContainText("“One” was added.");
    await expect(app.field("What is there to do?")).toBeFocused();
    await expect(app.field("What is there to do?")).toHaveValue("");
    await page.keyboard.type("Two");
    await app.saved(() => page.keyboard.press("Shift+Enter"));
    await page.keyboard.type("Three");
    await app.saved(() => page.keyboard.press("Enter"));
    await expect(app.titles(app.todo)).toHaveText(["Three", "Two", "One"]);
  });

  test("Escape closes it, and what was written is there the next time", async ({ app, page, person: _ }) => {
    await app.open("/tasks");
    await page.keyboard.press("q");
    await page.keyboard.type("Half a thought tomorrow");
    await page.keyboard.press("Backspace");
    await page.keyboard.press("Escape");
    await expect(dialog(app)).toBeHidden();
    await app.go("Board");
    await page.keyboard.press("q");
    await expect(app.field("What is there to do?")).toHaveValue("Half a thought tomorrow");
    await expect(dialog(app).locator(".chip")).toHaveCount(0);
    await expect(coming(app)).toHaveText(["Half a thought tomorrow"]);
  });

  test("what can't be added is refused at the line, and stays", async ({ app, page, person: _ }) => {
    await app.open("/tasks");
    await page.keyboard.press("q");
    await page.keyboard.press("Enter");
    const field = app.field("What is there to do?");
    await expect(field).toHaveAttribute("aria-invalid", "true");
    await expect(field).toHaveAccessibleDescription(/^This can't be empty\./);
    await field.fill("x".repeat(201));
    await expect(field).not.toHaveAttribute("aria-invalid", "true");
    await page.keyboard.press("Enter");
    await expect(field).toHaveAccessibleDescription(/^This is 201 characters long; 200 fit\./);
    await expect(field).toHaveValue("x".repeat(201));
    await expect(field).toBeFocused();
  });

  test("a chip of the dialog turns its part back into text", async ({ app, page, person: _ }) => {
    await app.open("/tasks");
    await page.keyboard.press("q");
    await page.keyboard.type("Read Tomorrow p1");
    await dialog(app).getByRole("button", { name: "Due: Tomorrow Keep as text" }).click();
    await expect(coming(app)).toHaveText(["Read Tomorrow"]);
    await expect(app.field("What is there to do?")).toBeFocused();
  });

  test("several pasted lines are several tasks after asking, and one undo takes all back", async ({ app, page, person: _ }) => {
    await app.seed("Old");
    await page.keyboard.press("q");
    await paste(page, SEVERAL);
    await expect(dialog(app).getByRole("heading", { name: "Add 5 tasks?" })).toBeVisible();
    await expect(coming(app)).toHaveText(["Bread", "Call Grace", "Renewed", "The 9/11 report", "2nd floor bath"]);
    await expect(app.button("Add 5 tasks")).toBeFocused();
    await dialog(app).getByRole("button", { name: "Leave out “Renewed”" }).click();
    await expect(app.button("Add 4 tasks")).toBeFocused();
    await app.saved(() => page.keyboard.press("Enter"));
    await expect(dialog(app)).toBeHidden();
    await expect(app.titles(app.todo)).toHaveText(["Bread", "Call Grace", "The 9/11 report", "2nd floor bath", "Old"]);
    await expect(app.signs("Call Grace")).toHaveText(["Tomorrow"]);
    await expect(app.told).toContainText("4 tasks were added.");
    await app.reload();
    await expect(app.titles(app.todo)).toHaveText(["Bread", "Call Grace", "The 9/11 report", "2nd floor bath", "Old"]);
  });

  test("one undo takes back all that were added at once, before and after the server knows them", async ({ app, page, person: _ }) => {
    await app.seed("Old");
    for (const early of [true, false]) {
      const server = await hold(page, "**/fn/add_tasks");
      await app.field("New task").focus();
      await paste(page, "One\nTwo");
      await expect(app.button("Add 2 tasks")).toBeFocused();
      await page.keyboard.press("Enter");
      await expect(app.titles(app.todo)).toHaveText(["One", "Two", "Old"]);
      if (!early) await app.saved(() => server.release());
      await app.undo();
      await expect(app.titles(app.todo)).toHaveText(["Old"]);
      if (early) await server.release();
      await expect(app.told).toContainText("Taken back.");
    }
    await app.go("Trash");
    await expect(app.titles(app.deleted)).toHaveCount(4);
  });

  test("several lines can be one task after all, and none of them is added by Escape", async ({ app, page, person: _ }) => {
    await app.open("/tasks");
    await page.keyboard.press("q");
    await paste(page, "Call Grace\nabout the compiler");
    await page.keyboard.press("Escape");
    await page.keyboard.press("q");
    await expect(coming(app)).toHaveText(["Call Grace", "about the compiler"]);
    await app.button("Make it one task").click();
    await expect(app.field("What is there to do?")).toHaveValue("Call Grace about the compiler");
    await expect(app.field("What is there to do?")).toBeFocused();
    await app.saved(() => page.keyboard.press("Enter"));
    await expect(app.titles(app.todo)).toHaveText(["Call Grace about the compiler"]);
  });

  test("a line that is too long is said where it stands, and more than 100 are refused", async ({ app, page, person: _ }) => {
    await app.open("/tasks");
    await page.keyboard.press("q");
    await paste(page, `Fine\n${"x".repeat(201)}\nFine, too`);
    await expect(dialog(app).getByRole("listitem").nth(1)).toContainText("This is 201 characters long; 200 fit.");
    await page.keyboard.press("Enter");
    await expect(dialog(app).getByRole("listitem").nth(1).getByRole("button")).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(app.button("Add 2 tasks")).toBeFocused();
    await app.button("Make it one task").click();
    await expect(app.field("What is there to do?")).toBeFocused();
    await paste(page, Array.from({ length: 101 }, (_, at) => `Task ${at}`).join("\n"));
    await expect(dialog(app)).toContainText("At most 100 tasks can be added at once.");
    await expect(app.button("Add 101 tasks")).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(dialog(app).getByRole("listitem").last().getByRole("button")).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(dialog(app)).not.toContainText("At most 100");
    await expect(app.button("Add 100 tasks")).toBeFocused();
    await app.saved(() => page.keyboard.press("Enter"));
    await expect(app.told).toContainText("100 tasks were added.");
  });

  test("the dialog is in nobody's way: axe, small and wide, light and dark", async ({ app, page, person: _ }) => {
    test.slow();
    await app.open("/tasks");
    await page.keyboard.press("q");
    const judge = async (what: string) => {
      for (const width of [360, 1440]) {
        await page.setViewportSize({ width, height: 800 });
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
          const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
          const { violations } = await new AxeBuilder({ page }).setLegacyMode().withTags(tags).analyze();
          const found = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary ?? ""}`));
          expect(found, `${what}, ${width} px, ${colorScheme}`).toEqual([]);
          const wide = await page.evaluate(() => document.querySelector("dialog[open]")!.scrollWidth - document.querySelector("dialog[open]")!.clientWidth);
          expect(wide, `${what}, ${width} px`).toBe(0);
        }
      }
    };
    await judge("empty");
    await page.keyboard.type("Pay the rent tomorrow 5pm p1");
    await expect(dialog(app).locator(".chip")).toHaveCount(2);
    await judge("understood");
    await paste(page, `${SEVERAL}${"x".repeat(201)}`);
    await expect(coming(app)).toHaveCount(6);
    await judge("several");
  });
});
