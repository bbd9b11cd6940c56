// What people write comes back byte for byte, in any script, wherever it is shown, and never makes a page wide.

import { expect, send, test } from "../support/test.ts";

const TEXTS = {
  "composed (NFC)": "caf\u00e9 \u00c5ngstr\u00f6m \ud55c\uad6d",
  "decomposed (NFD)": "cafe\u0301 A\u030angstro\u0308m \u1112\u1161\u11ab\u1100\u116e\u11a8",
  "from right to left": "\u05e9\u05dc\u05d5\u05dd \u0639\u0646\u0648\u0627\u0646 (abc) 123\u200f!",
  "with bidi marks": "a\u202eb\u202cc \u2067\u05d0\u2069 d",
  "emoji of many code points": "\u{1f469}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466} \u{1f44d}\u{1f3fd} \u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f} \u2764\ufe0f",
  "blanks of every kind within": "a  b\u00a0c\u2003d\u3000e\u200bf",
  "200 characters": "\u5b57".repeat(200),
  "200 emoji": "\u{1f9d1}".repeat(200),
  "200 letters without a place to break": "W".repeat(200),
  "as code": "\\u0041 %41 &#65; ${a} {{a}} '\"` <!-- \\0 \\n",
};

test.use({ viewport: { width: 360, height: 640 } });

test("texts come back byte for byte: typed, listed, opened, saved again, searched for", async ({ app, page, person: _ }) => {
  const texts = Object.entries(TEXTS);
  await app.open("/tasks");
  for (const [, text] of texts) {
    await app.saved(() => app.add(text, `${text}\n\n  ${text}`));
    await app.hydrated();
  }
  const fits = async (what: string) => {
    await page.waitForLoadState();
    expect(await page.evaluate(() => document.documentElement.scrollWidth), what).toBeLessThanOrEqual(360);
  };
  const titles = texts.map(([, text]) => text).reverse();
  for (const again of [async () => {}, () => app.reload()]) {
    await again();
    await expect(app.titles(app.todo)).toHaveCount(titles.length);
    expect(await app.titles(app.todo).allTextContents()).toEqual(titles);
    expect(await app.todo.locator(".task-description").allTextContents()).toEqual(titles.map((text) => `${text}\n\n  ${text}`));
    await fits("the list");
  }
  const { tasks } = (await send(page, "list_tasks", { url: "/tasks" })) as { tasks: { id: string; title: string; description: string }[] };
  expect(tasks.map((task) => task.title)).toEqual(titles);

  for (const [what, text] of texts) {
    const id = tasks.find((task) => task.title === text)!.id;
    await app.open(`/tasks/${id}`);
    expect(await page.getByRole("heading", { level: 1 }).textContent(), what).toBe(text);
    await expect(app.editor.getByLabel("Title"), what).toHaveValue(text);
    await expect(app.editor.getByLabel("Description"), what).toHaveValue(`${text}\n\n  ${text}`);
    await fits(what);
  }
  // Saved by the form as it is, it is the same.
  const id = tasks.find((task) => task.title === TEXTS["decomposed (NFD)"])!.id;
  await app.open(`/tasks/${id}`);
  await app.editor.getByLabel("Priority").selectOption("High");
  await app.saved(() => app.save());
  await expect(app.history).toHaveCount(2);
  await expect(app.history.first().locator(".field-changes > li")).toHaveText(["Priority: Medium → High"]);
  const { task } = (await send(page, "get_task", { id })) as { task: { title: string } };
  expect(task.title).toBe(TEXTS["decomposed (NFD)"]);
});

test("a text is found however its letters are composed, and shown as it was written", async ({ app, page, person: _ }) => {
  await app.make(TEXTS["composed (NFC)"], TEXTS["decomposed (NFD)"], "Something else");
  for (const text of ["caf\u00e9", "cafe\u0301"]) {
    await app.open(`/tasks?q=${encodeURIComponent(text)}`);
    expect((await app.titles(app.found).allTextContents()).sort()).toEqual([TEXTS["composed (NFC)"], TEXTS["decomposed (NFD)"]].sort());
    await expect(page.locator("#filter-q")).toHaveValue(text);
  }
});

test("a message, the board and the trash show such texts as well, and stay narrow", async ({ app, page, person: _ }) => {
  const [wide, rtl] = [TEXTS["200 letters without a place to break"], TEXTS["from right to left"]];
  await app.make({ title: wide, description: wide, due_date: "2027-01-31", due_time: "17:30", priority: "urgent", status: "in_progress" }, rtl);
  const fits = async (what: string) => {
    await page.waitForLoadState();
    expect(await page.evaluate(() => document.documentElement.scrollWidth), what).toBeLessThanOrEqual(360);
  };
  await app.open("/board");
  await fits("the board");
  await app.saved(() => app.trash(rtl));
  await expect(app.told).toContainText(`“${rtl}” was moved to the trash.`);
  await app.hydrated();
  await app.saved(() => app.trash(wide));
  // Long ones are cut where a message quotes them.
  await expect(app.told).toContainText(`“${"W".repeat(40)}…” was moved to the trash.`);
  await fits("a message");
  await app.open("/trash");
  expect(await app.titles(app.deleted).allTextContents()).toEqual([wide, rtl]);
  await expect(app.titles(app.deleted).last()).toHaveAttribute("dir", "auto");
  expect(await app.titles(app.deleted).last().evaluate((title) => getComputedStyle(title).direction)).toBe("rtl");
  await fits("the trash");
});
