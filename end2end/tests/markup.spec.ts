// What people write is text, never markup: in the list, in the editor, in messages, in the header.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { day } from "../support/calendar.ts";
import { ROOT } from "../support/docket.ts";
import { type App, expect, send, somebody, test } from "../support/test.ts";

/** What breaks out where a page forgets to escape: of text, of attributes, of a textarea, of a script's data. */
const CORPUS = [
  `<script>alert(1)</script>`,
  `"><img src=x onerror=alert(1)>`,
  `' onmouseover='alert(1)' autofocus onfocus='alert(1)`,
  `</textarea></title></style></noscript><svg onload=alert(1)>`,
  `</script><script>alert(1)</script>`,
  `--><iframe srcdoc="<script>parent.alert(1)</script>"></iframe><!--`,
  `<style>*{display:none}</style><base href="//evil.example/">`,
  `&lt;b&gt; &amp;amp; &#x3C;script&#x3E;`,
  "\\u003cscript\\u003e ${alert(1)} `x` {{7*7}} \u2028 \u2029 \\",
  `<a href="javascript:alert(1)">x</a> ]]> <plaintext>`,
];

/** Over two hundred of them, by others who tried. */
const ALL = readFileSync(join(ROOT, "tests", "corpus", "markup.txt"), "utf8").trimEnd().split("\n");

/** What stands in the page that no component of Docket makes. */
async function foreign(app: App): Promise<string[]> {
  return await app.page.evaluate(() => {
    const odd = "img, iframe, object, embed, style, base, plaintext, a[href^='javascript:'], noscript";
    const found = [...document.querySelectorAll(`:is(header, main, .toasts) :is(${odd}, script), body :is(${odd})`)];
    for (const element of document.querySelectorAll("*")) {
      if ([...element.attributes].some((attribute) => attribute.name.startsWith("on"))) found.push(element);
      if (element instanceof HTMLScriptElement && element.nonce === "") found.push(element);
    }
    return found.map((element) => element.outerHTML);
  });
}

test("titles and descriptions are shown as they were typed", async ({ app, page, person: _ }) => {
  for (const text of CORPUS) {
    await send(page, "add_task", { title: text, description: `${text}\n${text}` });
  }
  await app.open("/tasks");
  expect(await app.titles(app.todo).allTextContents()).toEqual([...CORPUS].reverse());
  expect(await app.todo.locator(".task-description").allTextContents()).toEqual([...CORPUS].reverse().map((text) => `${text}\n${text}`));
  expect(await foreign(app)).toEqual([]);
});

test("over two hundred of them run nothing, in any list", async ({ app, person: _ }) => {
  test.slow();
  expect(ALL.length).toBeGreaterThan(200);
  await app.make(...ALL.slice(0, 200).map((text, index) => ({ title: text, description: text, due_date: day(index % 2) })));
  for (const path of ["/tasks?limit=200", "/today", "/upcoming", "/board"]) {
    await app.open(path);
    expect((await app.titles().allTextContents()).length).toBeGreaterThan(0);
    expect(await foreign(app)).toEqual([]);
  }
  await app.make(...ALL.slice(200).map((text) => ({ title: text, description: text })));
  await app.open("/tasks?limit=200");
  expect((await app.titles(app.todo).allTextContents()).slice(0, ALL.length - 200)).toEqual(ALL.slice(200).reverse());
  expect(await foreign(app)).toEqual([]);
});

test("over two hundred of them run nothing on the pages of tasks, in their fields and their history", async ({ app, page, person: _ }) => {
  test.slow();
  const texts = [...ALL];
  while (texts.length > 0) {
    const [title, other] = [texts.pop()!, texts.pop() ?? "x"];
    const fill = () => {
      const lines: string[] = [];
      while (texts.length > 0 && [...lines, texts.at(-1)!].join("\n").length <= 1000) lines.push(texts.pop()!);
      return lines.join("\n");
    };
    const [before, after] = [fill(), fill()];
    const [id] = await app.make({ title, description: before });
    await send(page, "edit_task", { id: id!, version: "1", title: other, description: after });
    await app.open(`/tasks/${id}`);
    await expect(app.editor.getByLabel("Title")).toHaveValue(other);
    await expect(app.editor.getByLabel("Description")).toHaveValue(after);
    expect(await app.history.locator("del").allTextContents()).toContain(title);
    expect(await foreign(app)).toEqual([]);
  }
});

test("a title typed into the page is shown as it was typed, in the list and in messages", async ({ app, page, person: _ }) => {
  // With scripts the browser shows it first and the server afterwards; without them only the server does.
  const text = CORPUS[1]!;
  const description = CORPUS[3]!;
  await app.open("/tasks");
  await app.saved(() => app.add(text, description));
  await expect(app.titles(app.todo)).toHaveText([text]);
  await expect(app.todo.locator(".task-description")).toHaveText(description);
  expect(await foreign(app)).toEqual([]);
  await app.saved(() => app.trash(text));
  await expect(app.told).toContainText(`“${text}” was moved to the trash.`);
  expect(await foreign(app)).toEqual([]);
  await app.undo();
  await expect(app.titles(app.todo)).toHaveText([text]);
  expect(await foreign(app)).toEqual([]);
  await expect(page).toHaveTitle("Tasks · Docket");
});

test("the page of a task shows what was typed, opened in the page or by its address, now and in its history", async ({ app, page, person: _ }) => {
  const ids = await app.seed(...CORPUS.map((text) => ({ title: text, description: text })));
  const holds = async (text: string) => {
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe(text);
    await expect(app.editor.getByLabel("Title")).toHaveValue(text);
    await expect(app.editor.getByLabel("Description")).toHaveValue(text);
    expect(await foreign(app)).toEqual([]);
  };
  await app.edit(CORPUS[3]!);
  await holds(CORPUS[3]!);
  for (const [index, id] of ids.entries()) {
    await app.open(`/tasks/${id}`);
    await holds(CORPUS[index]!);
    const other = CORPUS[(index + 1) % CORPUS.length]!;
    await send(page, "edit_task", { id, version: "1", title: other, description: other });
    await app.reload();
    await holds(other);
    expect(await app.history.locator("del").allTextContents()).toEqual([CORPUS[index]!, CORPUS[index]!]);
    expect(await app.history.locator("ins").allTextContents()).toEqual([other, other]);
  }
});

test("what a search marks is shown as it was typed", async ({ app, page, person: _ }) => {
  await app.make(...CORPUS.map((text) => ({ title: `needle ${text}`, description: `${text} needle` })));
  await app.open("/tasks?q=needle&limit=200");
  expect((await app.titles(app.found).allTextContents()).sort()).toEqual(CORPUS.map((text) => `needle ${text}`).sort());
  await expect(app.found.locator("mark").first()).toHaveText("needle");
  expect(await foreign(app)).toEqual([]);
  for (const text of CORPUS) {
    await app.open(`/tasks?q=${encodeURIComponent(text)}`);
    await expect(page.locator("#filter-q")).toHaveValue(text);
    expect(await foreign(app)).toEqual([]);
  }
});

test("what somebody else wrote into the same task is shown as it was typed beside the own text", async ({ app, page, person: _, noise }) => {
  noise.expect(/status of 409/);
  const [mine, theirs] = [CORPUS[3]!, CORPUS[4]!];
  const [id] = await app.make("Before");
  await app.open(`/tasks/${id}`);
  await send(page, "edit_task", { id: id!, version: "1", title: theirs, description: theirs });
  await app.editor.getByLabel("Title").fill(mine);
  await app.editor.getByLabel("Description").fill(mine);
  await app.save();
  await expect(page.locator("fieldset.conflict")).toHaveCount(2);
  expect(await page.locator("fieldset.conflict blockquote").allTextContents()).toEqual([theirs, theirs]);
  await expect(app.editor.getByLabel("Title")).toHaveValue(mine);
  await expect(app.editor.getByLabel("Description")).toHaveValue(mine);
  expect(await foreign(app)).toEqual([]);
});

test("a refused text comes back as it was typed", async ({ app, page, person: _ }) => {
  const text = CORPUS.join(" ");
  await app.open("/tasks");
  await app.add(text, text);
  await expect(app.field("New task")).toHaveAttribute("aria-invalid", "true");
  // A field of one line drops line breaks, of which there are none; U+2028 is none.
  await expect(app.field("New task")).toHaveValue(text);
  await expect(app.field("Description")).toHaveValue(text);
  expect(await foreign(app)).toEqual([]);
  await expect(page.getByText(/characters long; 200 fit/)).toBeVisible();
});

for (const name of [CORPUS[0]!, CORPUS[1]!, CORPUS[4]!]) {
  test(`a name is shown as it was typed: ${name}`, async ({ app, page }) => {
    await app.register(somebody(name));
    for (const again of [async () => {}, () => app.reload()]) {
      await again();
      await expect(page.getByRole("banner").locator(".who")).toHaveText(name);
      expect(await foreign(app)).toEqual([]);
    }
  });
}
