// The whole way of a person through Docket, with scripts and without.

import { App, expect, somebody, test } from "../support/test.ts";

test("a day with Docket: everything is as I left it", async ({ app, page }) => {
  const ada = somebody();
  await app.register(ada);
  await expect(page.getByRole("banner")).toContainText(ada.name);
  await expect(page.getByRole("heading", { name: "Nothing due today" })).toBeVisible();
  await app.saved(() => app.add("Pay the rent"));
  await expect(app.titles(app.list("Today"))).toHaveText(["Pay the rent"]);
  await app.saved(() => app.complete("Pay the rent"));
  await expect(page.getByRole("heading", { name: "Nothing due today" })).toBeVisible();

  await app.go("All");
  await app.saved(() => app.trash("Pay the rent"));
  await app.saved(() => app.add("Water the plants"));
  await app.saved(() => app.add("Call Grace", "About the compiler.\nNot before ten."));
  await app.saved(() => app.add("Buy bread"));
  await expect(app.titles(app.todo)).toHaveText(["Buy bread", "Call Grace", "Water the plants"]);
  await expect(page.getByText("3 open")).toBeVisible();

  await app.saved(() => app.complete("Water the plants"));
  await expect(app.titles(app.todo)).toHaveText(["Buy bread", "Call Grace"]);
  await expect(app.titles(app.done)).toHaveText(["Water the plants"]);
  await expect(page.getByRole("heading", { name: "Completed" })).toBeVisible();

  const editor = await app.edit("Buy bread");
  await expect(editor.getByLabel("Title")).toHaveValue("Buy bread");
  await editor.getByLabel("Title").fill("Buy bread and butter");
  await editor.getByLabel("Description").fill("Rye, if they have it.");
  await app.saved(() => app.save());
  await app.back();
  await expect(app.titles(app.todo)).toHaveText(["Buy bread and butter", "Call Grace"]);

  await app.saved(() => app.trash("Call Grace"));
  await expect(app.titles(app.todo)).toHaveText(["Buy bread and butter"]);
  await app.saved(() => app.undo());
  await expect(app.titles(app.todo)).toHaveText(["Buy bread and butter", "Call Grace"]);

  await app.logOut();
  await expect(page.getByText("Call Grace")).toHaveCount(0);
  await app.logIn(ada);
  await app.atToday();
  await app.go("All");

  for (const again of [async () => {}, () => app.reload()]) {
    await again();
    await expect(app.titles(app.todo)).toHaveText(["Buy bread and butter", "Call Grace"]);
    await expect(app.titles(app.done)).toHaveText(["Water the plants"]);
    await expect(app.task("Buy bread and butter").locator(".task-description")).toHaveText("Rye, if they have it.");
    await expect(app.task("Call Grace").locator(".task-description")).toHaveText("About the compiler.\nNot before ten.", { useInnerText: true });
  }
});

test("a completed task can be taken back, and one deleted for good stays away", async ({ app, person: _ }) => {
  await app.seed("Stay", "Go");
  await app.saved(() => app.complete("Stay"));
  await expect(app.titles(app.done)).toHaveText(["Stay"]);
  await app.saved(() => app.reopen("Stay"));
  await expect(app.titles(app.done)).toHaveCount(0);
  await app.saved(() => app.trash("Go"));
  await app.open("/tasks");
  await expect(app.titles(app.todo)).toHaveText(["Stay"]);
});

test("the page arrives with the tasks in it, before any script runs", async ({ app, page, person }) => {
  await app.seed("Sent by the server", "Another one");
  await app.saved(() => app.complete("Another one"));
  const html = await (await page.request.get("/tasks")).text();
  for (const text of ["Sent by the server", "Another one", "Completed", person.name, "1 open"]) {
    // In the page itself, not only in the data for the scripts.
    expect(html.replace(/<script.*?<\/script>/gs, "")).toContain(text);
  }
});

test("everybody sees only their own tasks", async ({ app, person, browser, baseURL, javaScriptEnabled }) => {
  await app.seed("Ada's secret");
  const context = await browser.newContext({ baseURL: baseURL!, javaScriptEnabled });
  const other = new App(await context.newPage(), javaScriptEnabled);
  await other.register({ ...somebody("Grace Hopper"), password: person.password });
  await other.go("All");
  await expect(other.page.getByText("Ada's secret")).toHaveCount(0);
  await expect(other.page.getByRole("heading", { name: "Nothing to do yet" })).toBeVisible();
  await context.close();
});
