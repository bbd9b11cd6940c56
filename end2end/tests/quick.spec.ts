// A new task in one line, understood as it is typed.

import type { Locator } from "@playwright/test";

import { day, label } from "../support/calendar.ts";
import { type App, SCRIPTS, expect, test } from "../support/test.ts";

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
    await page.route("**/*.wasm", async (route) => {
      await expect(page.getByLabel("New task", { exact: true })).toHaveValue("Pay tomorrow");
      await route.continue();
    });
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
});
