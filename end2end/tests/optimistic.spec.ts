// With scripts a change shows at once, whatever the network does, and never pretends to be saved when it isn't.

import { day } from "../support/calendar.ts";
import { App, SCRIPTS, expect, hold, status, test } from "../support/test.ts";
import type { Page, Route } from "@playwright/test";

test.describe("a change shows before the server has answered", SCRIPTS, () => {
  test("a new task", async ({ app, page, person: _ }) => {
    await app.open("/tasks");
    const server = await hold(page, "**/fn/*");
    await app.add("Shown at once");
    await expect(app.titles(app.todo)).toHaveText(["Shown at once"]);
    await expect(app.field("New task")).toHaveValue("");
    await expect(app.field("New task")).toBeFocused();
    await app.saved(() => server.release());
    await expect(app.task("Shown at once").getByRole("link")).toBeVisible();
    await app.reload();
    await expect(app.titles(app.todo)).toHaveText(["Shown at once"]);
  });

  test("a completed one, a changed one, a moved one and a deleted one", async ({ app, page, person: _ }) => {
    await app.seed("Delete me", "Change me", "Move me", "Complete me");
    const server = await hold(page, "**/fn/*");
    await app.complete("Complete me");
    await expect(app.titles(app.done)).toHaveText(["Complete me"]);
    await app.trash("Delete me");
    await expect(app.titles(app.todo)).toHaveText(["Move me", "Change me"]);
    await app.choose("Change me", "Due tomorrow");
    await expect(app.signs("Change me")).toHaveText(["Tomorrow"]);
    await app.choose("Change me", "Start");
    await expect(app.signs("Change me")).toHaveText(["Tomorrow", "In progress"]);
    await app.choose("Move me", "Move down");
    await expect(app.titles(app.todo)).toHaveText(["Change me", "Move me"]);
    await expect(page.getByText("2 open")).toBeVisible();

    const last = page.waitForResponse("**/fn/move_task");
    await server.release();
    await (await last).finished();
    await app.reload();
    await expect(app.titles(app.todo)).toHaveText(["Change me", "Move me"]);
    await expect(app.signs("Change me")).toHaveText(["Tomorrow", "In progress"]);
    await expect(app.titles(app.done)).toHaveText(["Complete me"]);
  });

  test("an edited one; where it is refused the page says what there is, and the form what was written", async ({ app, page, noise, person: _ }) => {
    await app.seed("Before");
    const form = await app.edit("Before");
    const heading = page.getByRole("heading", { level: 1 });
    const server = await hold(page, "**/fn/edit_task");
    await form.getByLabel("Title", { exact: true }).fill("After");
    await app.save();
    await expect(heading).toHaveText("After");
    // The form is made anew of what the server has.
    const again = page.waitForResponse("**/fn/get_task");
    await app.saved(() => server.release());
    await (await again).finished();
    await page.evaluate(() => new Promise((settle) => requestAnimationFrame(() => requestAnimationFrame(settle))));
    await expect(form.getByRole("button", { name: "Save" })).toBeFocused();
    await expect(heading).toHaveText("After");

    noise.expect(status(500));
    let refuse = () => {};
    const refused = new Promise<void>((resolve) => (refuse = resolve));
    await page.route("**/fn/edit_task", async (route) => (await refused, route.fulfill({ status: 500, body: "" })));
    await form.getByLabel("Title", { exact: true }).fill("Never");
    await app.save();
    await expect(heading).toHaveText("Never");
    refuse();
    await expect(heading).toHaveText("After");
    await expect(form.getByLabel("Title", { exact: true })).toHaveValue("Never");
  });

  test("many at once", async ({ app, page, person: _ }) => {
    await app.seed("Three", "Two", "One");
    const server = await hold(page, "**/fn/*");
    await app.select("One", "Three");
    await app.withSelected("Complete");
    await expect(app.titles(app.done)).toHaveText(["One", "Three"]);
    await expect(app.titles(app.todo)).toHaveText(["Two"]);
    await app.saved(() => server.release());
    await app.reload();
    await expect(app.titles(app.done)).toHaveText(["One", "Three"]);
  });

  test("one added and completed before the server knew it ends up completed there", async ({ app, page, person: _ }) => {
    await app.open("/tasks");
    const server = await hold(page, "**/fn/*");
    await app.add("Done already");
    await app.complete("Done already");
    await expect(app.titles(app.done)).toHaveText(["Done already"]);
    const last = page.waitForResponse("**/fn/complete_tasks");
    await server.release();
    await (await last).finished();
    await app.reload();
    await expect(app.titles(app.done)).toHaveText(["Done already"]);
    await expect(app.titles(app.todo)).toHaveCount(0);
  });

  test("one added, deleted and taken back before the server knew it is there once", async ({ app, page, person: _ }) => {
    await app.open("/tasks");
    const server = await hold(page, "**/fn/*");
    await app.add("Back and forth");
    await app.trash("Back and forth");
    await expect(app.titles(app.todo)).toHaveCount(0);
    await app.undo();
    await expect(app.titles(app.todo)).toHaveText(["Back and forth"]);
    const last = page.waitForResponse("**/fn/undo_change");
    await server.release();
    await (await last).finished();
    await expect(app.titles(app.todo)).toHaveText(["Back and forth"]);
    await app.reload();
    await expect(app.titles(app.todo)).toHaveText(["Back and forth"]);
  });
});

test("quick changes arrive in the order in which they were made", SCRIPTS, async ({ app, page, person: _ }) => {
  await app.seed("Old");
  const sent: string[] = [];
  page.on("request", (request) => void (request.url().includes("/fn/") && sent.push(new URL(request.url()).pathname)));
  const server = await hold(page, "**/fn/*");
  await app.add("First");
  await app.complete("Old");
  await app.add("Second");
  await app.reopen("Old");
  await app.complete("First");
  await app.add("Third");
  await app.trash("Second");
  await expect(app.titles(app.todo)).toHaveText(["Third", "Old"]);
  const last = page.waitForResponse("**/fn/trash_tasks");
  await server.release();
  await (await last).finished();
  const names = ["add_task", "complete_tasks", "add_task", "reopen_tasks", "complete_tasks", "add_task", "trash_tasks"];
  expect(sent).toEqual(names.map((name) => `/fn/${name}`));
  await app.reload();
  await expect(app.titles(app.todo)).toHaveText(["Third", "Old"]);
  await expect(app.titles(app.done)).toHaveText(["First"]);
});

/** The ways in which a server can fail to take a change. */
const FAILURES = {
  "the server fails": async (page: Page) => page.route("**/fn/*", (route) => route.fulfill({ status: 500, body: "" })),
  "the server can't be reached": async (page: Page) => page.route("**/fn/*", (route) => route.abort("connectionrefused")),
  "a proxy answers in its place": async (page: Page) =>
    page.route("**/fn/*", (route) => route.fulfill({ status: 502, contentType: "text/html", body: "<h1>Bad gateway</h1>" })),
};

for (const [failure, fail] of Object.entries(FAILURES)) {
  test.describe(`when ${failure}, a change is taken back, says so, and can be tried again:`, SCRIPTS, () => {
    test.beforeEach(({ noise }) => noise.expect(status(500), status(502), /ERR_CONNECTION_REFUSED/));

    test("a new task", async ({ app, page, person: _ }) => {
      await app.open("/tasks");
      await fail(page);
      await app.add("Not yet", "With a description");
      await expect(app.messages.getByRole("alert")).toContainText(/“Not yet” (was not|may not have been) added\./);
      await expect(app.titles(app.todo)).toHaveCount(0);
      await page.unrouteAll();
      await app.saved(() => app.messages.getByRole("button", { name: "Try again" }).click());
      await expect(app.titles(app.todo)).toHaveText(["Not yet"]);
      await expect(app.messages.getByRole("alert")).toHaveCount(0);
      await app.reload();
      await expect(app.task("Not yet")).toContainText("With a description");
    });

    test("a completed task", async ({ app, page, person: _ }) => {
      await app.seed("Not yet");
      await fail(page);
      await app.complete("Not yet");
      await expect(app.messages.getByRole("alert")).toContainText("“Not yet” was not completed.");
      await expect(app.titles(app.todo)).toHaveText(["Not yet"]);
      await page.unrouteAll();
      await app.saved(() => app.messages.getByRole("button", { name: "Try again" }).click());
      await expect(app.titles(app.done)).toHaveText(["Not yet"]);
      await app.reload();
      await expect(app.titles(app.done)).toHaveText(["Not yet"]);
    });

    test("an edited task", async ({ app, page, person: _ }) => {
      await app.seed("Before");
      const editor = await app.edit("Before");
      await fail(page);
      await editor.getByLabel("Title").fill("After");
      await app.save();
      // What was typed stays where it can be saved again.
      await expect(page.getByRole("alert").filter({ hasText: /Try again|try again/ })).toHaveCount(1);
      await expect(editor.getByLabel("Title")).toHaveValue("After");
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Before");
      await page.unrouteAll();
      await app.saved(() => app.save());
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("After");
      await expect(page.getByRole("alert").filter({ hasText: /./ })).toHaveCount(0);
    });

    test("a moved task", async ({ app, page, person: _ }) => {
      await app.seed("Second", "First");
      await fail(page);
      await app.choose("First", "Move down");
      await expect(app.messages.getByRole("alert")).toContainText("“First” was not moved.");
      await expect(app.titles(app.todo)).toHaveText(["First", "Second"]);
      await page.unrouteAll();
      await app.saved(() => app.messages.getByRole("button", { name: "Try again" }).click());
      await expect(app.titles(app.todo)).toHaveText(["Second", "First"]);
      await app.reload();
      await expect(app.titles(app.todo)).toHaveText(["Second", "First"]);
    });

    test("a deleted task", async ({ app, page, person: _ }) => {
      await app.seed("Stays");
      await fail(page);
      await app.trash("Stays");
      await expect(app.messages.getByRole("alert")).toContainText("“Stays” was not moved to the trash.");
      await expect(app.titles(app.todo)).toHaveText(["Stays"]);
      // It never was in the trash: nothing to undo.
      await expect(app.messages.getByRole("button", { name: "Undo" })).toHaveCount(0);
      await page.unrouteAll();
      await app.saved(() => app.messages.getByRole("button", { name: "Try again" }).click());
      await expect(app.titles(app.todo)).toHaveCount(0);
    });
  });
}

test("a change that can't be taken back doesn't take the next ones with it", SCRIPTS, async ({ app, page, person: _, noise }) => {
  noise.expect(status(500));
  await app.seed("Keep", "Complete");
  const server = await hold(page, "**/fn/complete_tasks");
  await page.route("**/fn/add_task", (route) => route.fulfill({ status: 500, body: "" }));
  await app.complete("Complete");
  await app.add("Fails");
  await app.trash("Keep");
  await expect(app.titles(app.todo)).toHaveText(["Fails"]);
  const last = page.waitForResponse("**/fn/trash_tasks");
  await server.release();
  await (await last).finished();
  await expect(app.messages.getByRole("alert")).toContainText("“Fails” was not added.");
  await expect(app.titles(app.todo)).toHaveCount(0);
  await app.reload();
  await expect(app.titles(app.todo)).toHaveCount(0);
  await expect(app.titles(app.done)).toHaveText(["Complete"]);
});

test("when the login has ended, a change says so, leads to it, and can be tried again", SCRIPTS, async ({ app, page, context, person, noise }) => {
  noise.expect(status(401));
  await app.seed("Not mine any more");
  await context.clearCookies();
  await app.complete("Not mine any more");
  await expect(app.messages.getByRole("alert")).toContainText("You are not logged in any more.");
  await expect(app.titles(app.todo)).toHaveText(["Not mine any more"]);

  // In another tab, so that this one keeps what was written.
  const opened = page.waitForEvent("popup");
  await app.messages.getByRole("button", { name: "Log in" }).click();
  const login = new App(await opened, true);
  await expect(login.page).toHaveURL(/\/login\?next=%2Ftasks$/);
  await login.hydrated();
  await login.logIn(person);
  await login.atTasks();
  await app.saved(() => app.messages.getByRole("button", { name: "Try again" }).click());
  await expect(app.titles(app.done)).toHaveText(["Not mine any more"]);
});

test("leaving while a change is on its way asks first", SCRIPTS, async ({ app, page, person: _, noise }) => {
  noise.expect(/^dialog: beforeunload/);
  await app.open("/tasks");
  const server = await hold(page, "**/fn/*");
  await app.add("Not sent yet");
  await expect(app.titles(app.todo)).toHaveText(["Not sent yet"]);
  const asked = page.waitForEvent("dialog");
  await page.close({ runBeforeUnload: true });
  expect((await asked).type()).toBe("beforeunload");
  // The answer was to stay.
  await app.saved(() => server.release());
  await app.reload();
  await expect(app.titles(app.todo)).toHaveText(["Not sent yet"]);
});

test("a change made just before logging out arrives", SCRIPTS, async ({ app, page, person, noise }) => {
  noise.expect(status(401));
  await app.seed("Quickly done");
  const server = await hold(page, "**/fn/complete_tasks");
  await app.complete("Quickly done");
  const answer = page.waitForResponse("**/fn/complete_tasks");
  await page.getByRole("banner").getByRole("button", { name: "Log out" }).click();
  await server.release();
  await (await answer).finished();
  await expect(page).toHaveURL(/\/login$/);
  await app.hydrated();
  await app.logIn(person);
  await app.atToday();
  await app.go("All");
  await expect(app.titles(app.done)).toHaveText(["Quickly done"]);
});

test("a task that another tab has deleted says that it is gone", SCRIPTS, async ({ app, context, person: _, noise }) => {
  noise.expect(status(404));
  await app.seed("Gone elsewhere");
  const other = new App(await context.newPage(), true);
  await other.open("/tasks");
  await other.saved(() => other.trash("Gone elsewhere"));
  await app.complete("Gone elsewhere");
  await expect(app.messages.getByRole("alert")).toContainText("This doesn't exist any more.");
  await expect(app.messages.getByRole("button", { name: "Try again" })).toHaveCount(0);
});

test("a title in a message is quoted as it is, whatever words it has", SCRIPTS, async ({ app, page, person: _, noise }) => {
  noise.expect(status(500));
  await app.seed("What was said");
  await page.route("**/fn/*", (route) => route.fulfill({ status: 500, body: "" }));
  await app.complete("What was said");
  await expect(app.messages.getByRole("alert")).toContainText("“What was said” was not completed.");
});

test("a page that was on its way while a task was completed shows it completed", SCRIPTS, async ({ app, page, person: _ }) => {
  await app.seed({ title: "Done meanwhile", due_date: day() }, { title: "Due as well", due_date: day() });
  // The server answers, but the answer takes its time.
  let arrive = () => {};
  const arrival = new Promise<void>((resolve) => (arrive = resolve));
  const answered = new Promise<void>((resolve) => {
    const slow = async (route: Route) => {
      const response = await route.fetch();
      resolve();
      await arrival;
      await route.fulfill({ response });
    };
    // This one only: what the page asks later may still be on its way when the test is over.
    void page.route("**/fn/list_tasks", slow, { times: 1 });
  });
  // The list stays in sight until its other page is there.
  await page.getByText("Filter and sort").click();
  await page.locator("#filter-sort").selectOption("title");
  await answered;
  await app.saved(() => app.complete("Done meanwhile"));
  arrive();
  await expect(page).toHaveURL(/sort=title/);
  await expect(app.titles(app.todo)).toHaveText(["Due as well"]);
  await expect(app.titles(app.done)).toHaveText(["Done meanwhile"]);
});

test("a message can be closed", SCRIPTS, async ({ app, person: _ }) => {
  await app.seed("Deleted");
  await app.trash("Deleted");
  await expect(app.messages.getByRole("status")).toHaveText(/“Deleted” was moved to the trash/);
  await app.messages.getByRole("button", { name: "Close this message" }).click();
  await expect(app.messages.getByRole("status")).toHaveCount(0);
});
