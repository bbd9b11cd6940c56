// What is typed into a task and doesn't fit: a message at its field, and nothing typed is lost.

import type { Locator } from "@playwright/test";

import { SCRIPTS, expect, status, test } from "../support/test.ts";

/** U+0000 can't be typed; a page or an extension can put it there. */
async function put(field: Locator, text: string): Promise<void> {
  await field.evaluate((input, text) => ((input as HTMLInputElement).value = text), text);
}

const REFUSED = [
  { what: "201 characters", title: "é".repeat(201), message: "This is 201 characters long; 200 fit." },
  { what: "blanks", title: "   ", message: "This can't be empty." },
  { what: "U+0000", title: "before\0after", message: "This contains the character U+0000, which can't be stored. Remove it and try again." },
];

for (const { what, title, message } of REFUSED) {
  test(`a new title with ${what} is refused at its field, and stays to be corrected`, async ({ app, page, person: _ }) => {
    await app.open("/tasks");
    const field = app.field("New task");
    await page.getByText("Add a description").click();
    await app.field("Description").fill("Kept as well");
    await put(field, title);
    await app.button("Add").click();

    await expect(field).toHaveAttribute("aria-invalid", "true");
    await expect(field).toHaveAccessibleDescription(message);
    await expect(page.getByText(message)).toBeVisible();
    // A page can't hold U+0000: where the server wrote it again, U+FFFD stands in its place.
    await expect(field).toHaveValue(app.scripts ? title : title.replace("\0", "\u{fffd}"));
    await expect(app.field("Description")).toHaveValue("Kept as well");
    await expect(app.field("Description")).toBeVisible();
    await expect(app.titles(app.todo)).toHaveCount(0);
    if (app.scripts) await expect(field).toBeFocused();

    await field.fill("Corrected");
    await app.saved(() => app.button("Add").click());
    await expect(app.titles(app.todo)).toHaveText(["Corrected"]);
    await expect(page.getByText(message)).toHaveCount(0);
    await expect(field).not.toHaveAttribute("aria-invalid", "true");
    await expect(field).toHaveValue("");
  });

  test(`an edited title with ${what} is refused at its field, and stays to be corrected`, async ({ app, page, person: _ }) => {
    await app.seed("As it was");
    const editor = await app.edit("As it was");
    const field = editor.getByLabel("Title");
    await editor.getByLabel("Description").fill("Kept as well");
    await put(field, title);
    await editor.getByRole("button", { name: "Save" }).click();

    await expect(field).toHaveAttribute("aria-invalid", "true");
    await expect(field).toHaveAccessibleDescription(message);
    await expect(field).toHaveValue(app.scripts ? title : title.replace("\0", "\u{fffd}"));
    await expect(editor.getByLabel("Description")).toHaveValue("Kept as well");
    await expect(app.field("New task")).not.toHaveAttribute("aria-invalid", "true");
    if (app.scripts) await expect(field).toBeFocused();

    await field.fill("Corrected");
    await app.saved(() => editor.getByRole("button", { name: "Save" }).click());
    await app.atTasks();
    await expect(app.titles(app.todo)).toHaveText(["Corrected"]);
    await expect(page.getByText("Kept as well")).toBeVisible();
  });
}

test("a description of 1,001 characters is refused at its field, and 1,000 fit", async ({ app, page, person: _ }) => {
  await app.open("/tasks");
  await app.add("With a long description", "x".repeat(1001));
  const field = app.field("Description");
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect(field).toHaveAccessibleDescription("This is 1001 characters long; 1000 fit.");
  await expect(field).toHaveValue("x".repeat(1001));
  await expect(field).toBeVisible();
  await expect(app.field("New task")).toHaveValue("With a long description");
  if (app.scripts) await expect(field).toBeFocused();

  await field.fill("y".repeat(999) + "\n");
  await app.saved(() => app.button("Add").click());
  await expect(page.getByText("y".repeat(999))).toBeVisible();
});

test("titles of any script and of the full length are kept as typed", async ({ app, person: _ }) => {
  const titles = ["字".repeat(200), "عنوان من اليمين", "👩‍👩‍👧‍👦 Familie", "e\u0301 and \u00e9"];
  await app.open("/tasks");
  for (const title of titles) await app.saved(() => app.add(title));
  await app.reload();
  expect(await app.titles(app.todo).allTextContents()).toEqual([...titles].reverse());
});

test("a title that only the server refuses comes back to be tried again", SCRIPTS, async ({ app, page, person: _, noise }) => {
  noise.expect(status(422));
  await app.open("/tasks");
  const refusal = { code: "invalid", fields: [["title", "The server says no."]] };
  await page.route("**/fn/add_task", (route) => route.fulfill({ status: 422, json: refusal }));
  await app.add("Refused by the server");
  await expect(app.messages).toContainText("“Refused by the server” was not added");
  await expect(app.titles(app.todo)).toHaveCount(0);
});
