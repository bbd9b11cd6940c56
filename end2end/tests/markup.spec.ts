// What people write is text, never markup: in the list, in the editor, in messages, in the header.

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

test("a title typed into the page is shown as it was typed, in the list, in the editor and in messages", async ({ app, page, person: _ }) => {
  // With scripts the browser shows it first and the server afterwards; without them only the server does.
  const text = CORPUS[1]!;
  const description = CORPUS[3]!;
  await app.open("/tasks");
  await app.saved(() => app.add(text, description));
  await expect(app.titles(app.todo)).toHaveText([text]);
  await expect(app.todo.locator(".task-description")).toHaveText(description);
  expect(await foreign(app)).toEqual([]);
  await app.saved(() => app.trash(text));
  if (app.scripts) await expect(app.messages).toContainText(`“${text}” is in the trash.`);
  await app.button("Undo").click();
  await expect(app.titles(app.todo)).toHaveText([text]);
  expect(await foreign(app)).toEqual([]);
  await expect(page).toHaveTitle("Tasks · Docket");
});

test("the editor holds what was typed, opened in the page or by its address", async ({ app, page, person: _ }) => {
  const ids: string[] = [];
  for (const text of CORPUS) {
    const task = await send(page, "add_task", { title: text, description: text });
    ids.push((task as { id: string }).id);
  }
  await app.open("/tasks");
  const holds = async (text: string) => {
    await expect(app.editor.getByLabel("Title")).toHaveValue(text);
    await expect(app.editor.getByLabel("Description")).toHaveValue(text);
    expect(await foreign(app)).toEqual([]);
  };
  await app.edit(CORPUS[3]!);
  await holds(CORPUS[3]!);
  for (const [index, id] of ids.entries()) {
    await app.open(`/tasks?edit=${id}`);
    await holds(CORPUS[index]!);
  }
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
