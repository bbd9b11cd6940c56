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
    await app.more();
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

  test(`an edited title with ${what} is refused at its field, and stays to be corrected`, async ({ app, person: _ }) => {
    await app.seed("As it was");
    const editor = await app.edit("As it was");
    const field = editor.getByLabel("Title");
    await editor.getByLabel("Description").fill("Kept as well");
    await put(field, title);
    await app.save();

    await expect(field).toHaveAttribute("aria-invalid", "true");
    await expect(field).toHaveAccessibleDescription(message);
    await expect(field).toHaveValue(app.scripts ? title : title.replace("\0", "\u{fffd}"));
    await expect(editor.getByLabel("Description")).toHaveValue("Kept as well");
    if (app.scripts) await expect(field).toBeFocused();

    await field.fill("Corrected");
    await app.saved(() => app.save());
    await expect(app.told).toContainText("Saved.");
    await app.back();
    await expect(app.titles(app.todo)).toHaveText(["Corrected"]);
    await expect(app.task("Corrected")).toContainText("Kept as well");
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

const DATES = [
  { what: "a time without a date", due_date: "", due_time: "17:30", field: "Due", message: "A time needs a date. Choose one, or clear the time." },
  { what: "a day that no month has", due_date: "2027-02-30", due_time: "", field: "Due", message: "This is not a date. One looks like 2027-01-31." },
  { what: "a time that no day has", due_date: "2027-02-03", due_time: "25:00", field: "Time", message: "This is not a time. One looks like 17:30." },
];

for (const { what, due_date, due_time, field, message } of DATES) {
  test(`${what} is refused at its field, and what was typed stays`, async ({ app, page, person: _ }) => {
    await app.seed("Some day");
    // As a browser does that has no picker for dates: the field is one for text.
    const plain = async (field: Locator, text: string) => {
      await field.evaluate((input) => ((input as HTMLInputElement).type = "text"));
      await put(field, text);
    };
    const fill = async (form: Locator) => {
      await plain(form.locator("[name=due_date]"), due_date);
      await plain(form.locator("[name=due_time]"), due_time);
    };
    await app.more();
    await app.field("New task").fill("Another day");
    await fill(page.locator(".add"));
    await app.button("Add").click();
    const refused = page.locator(".add").getByLabel(field, { exact: true });
    await expect(refused).toHaveAttribute("aria-invalid", "true");
    await expect(refused).toHaveAccessibleDescription(message);
    await expect(app.field("New task")).toHaveValue("Another day");
    await expect(app.titles(app.todo)).toHaveText(["Some day"]);

    const editor = await app.edit("Some day");
    await editor.getByLabel("Description").fill("Kept as well");
    await fill(editor);
    await app.save();
    await expect(editor.getByLabel(field, { exact: true })).toHaveAttribute("aria-invalid", "true");
    await expect(editor.getByLabel(field, { exact: true })).toHaveAccessibleDescription(message);
    await expect(editor.getByLabel("Description")).toHaveValue("Kept as well");
  });
}

test("a title that only the server refuses comes back to be tried again", SCRIPTS, async ({ app, page, person: _, noise }) => {
  noise.expect(status(422));
  await app.open("/tasks");
  const refusal = { code: "invalid", fields: [["title", "The server says no."]] };
  await page.route("**/fn/add_task", (route) => route.fulfill({ status: 422, json: refusal }));
  await app.add("Refused by the server");
  await expect(app.messages).toContainText("“Refused by the server” was not added");
  await expect(app.titles(app.todo)).toHaveCount(0);
});

test("what was written on the page of a task is there again for who left it without saving", SCRIPTS, async ({ app, person: _ }) => {
  await app.seed({ title: "Letter", description: "Dear Grace" });
  await app.edit("Letter");
  await app.editor.getByLabel("Description").fill("Dear Grace, thank you");
  await app.go("Today");
  await expect(app.messages.getByRole("alert")).toContainText("What you wrote on “Letter” is not saved.");
  await app.messages.getByRole("button", { name: "Go on writing" }).click();
  await expect(app.editor.getByLabel("Description")).toHaveValue("Dear Grace, thank you");
  await app.saved(() => app.save());
  await app.go("All");
  await expect(app.messages.getByRole("alert")).toHaveCount(0);
  await expect(app.task("Letter")).toContainText("Dear Grace, thank you");
});

test("a new task that the page doesn't show says where it is", SCRIPTS, async ({ app, person: _ }) => {
  await app.open("/tasks?status=completed");
  await app.add("Still open");
  await expect(app.told).toContainText("“Still open” was added. It isn't on this page; “All” has it.");
  await app.saved(() => app.undo());
  await app.open("/trash");
  await expect(app.titles()).toHaveText(["Still open"]);
});
