// Scripts take over the page that the server sent without a word of complaint (every test listens: support/noise.ts) and
// without losing what somebody did meanwhile.

import { LEFT, SCRIPTS, expect, holdHydration, send, somebody, status, test } from "../support/test.ts";

test.describe("scripts take over", SCRIPTS, () => {
  for (const path of ["/", "/login", "/login?next=/tasks", "/register", "/logout"]) {
    test(`${path} without a complaint`, async ({ app, page }) => {
      await app.open(path);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    });
  }

  test("a page that isn't there without a complaint", async ({ app, page, noise }) => {
    noise.expect(status(404));
    await app.open("/nothing/here");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("There is nothing here");
  });

  test("the tasks, empty and full, being edited and one deleted, without a complaint", async ({ app, page, person: _ }) => {
    await app.open("/tasks");
    await expect(page.getByRole("heading", { name: "Nothing to do yet" })).toBeVisible();
    await app.seed("One", "Two", "Three");
    await app.saved(() => app.complete("Two"));
    await app.reload();
    await expect(app.titles(app.done)).toHaveText(["Two"]);
    await app.edit("One");
    await app.reload();
    await expect(app.editor.getByLabel("Title")).toHaveValue("One");
    const id = new URL(page.url()).searchParams.get("edit");
    await app.open(`/tasks?trashed=${id}`);
    await expect(app.button("Undo")).toBeVisible();
    await app.open("/tasks?edit=nonsense&trashed=nonsense");
    await expect(app.titles(app.todo)).toHaveText(["Three", "One"]);
    await app.open("/logout");
  });

  test("a description of several lines, with blanks within it", async ({ app, page, person: _ }) => {
    await send(page, "add_task", { title: "Lines", description: "one\r\n\r\n  two\r\nthree" });
    await app.open("/tasks");
    await app.edit("Lines");
    await app.reload();
    await expect(app.editor.getByLabel("Description")).toHaveValue("one\n\n  two\nthree");
  });
});

test.describe("a form sent before scripts have taken over", SCRIPTS, () => {
  // The page is left while its scripts are still on their way.
  test.beforeEach(({ noise }) => noise.expect(LEFT));

  test("adds the task", async ({ app, page, person: _ }) => {
    const scripts = await holdHydration(page);
    await page.goto("/tasks");
    await app.add("Earlier than the scripts");
    await expect(app.titles(app.todo)).toHaveText(["Earlier than the scripts"]);
    await scripts.release();
    await app.hydrated();
    await expect(app.titles(app.todo)).toHaveText(["Earlier than the scripts"]);
  });

  test("and refused keeps message and text when they do: a new task", async ({ app, page, person: _, noise }) => {
    noise.expect(status(422));
    const scripts = await holdHydration(page);
    await page.goto("/tasks");
    await app.add("x".repeat(201), "A description");
    const message = page.getByText("This is 201 characters long; 200 fit.");
    await expect(message).toBeVisible();
    await scripts.release();
    await app.hydrated();
    await expect(message).toBeVisible();
    await expect(app.field("New task")).toHaveValue("x".repeat(201));
    await expect(app.field("New task")).toHaveAttribute("aria-invalid", "true");
    await expect(app.field("Description")).toHaveValue("A description");
    await app.field("New task").fill("Corrected");
    await app.saved(() => app.button("Add").click());
    await expect(app.titles(app.todo)).toHaveText(["Corrected"]);
    await expect(message).toHaveCount(0);
  });

  test("and refused keeps message and text when they do: an edited task", async ({ app, page, person: _, noise }) => {
    noise.expect(status(422));
    await app.seed("Before");
    await app.edit("Before");
    const scripts = await holdHydration(page);
    await page.reload();
    await app.editor.getByLabel("Title").fill("");
    await app.editor.getByLabel("Description").fill("<b>&amp;</b>\n\nlast line");
    await app.editor.getByRole("button", { name: "Save" }).click();
    const message = page.getByText("This can't be empty.");
    await expect(message).toBeVisible();
    await scripts.release();
    await app.hydrated();
    await expect(message).toBeVisible();
    await expect(app.editor.getByLabel("Title")).toHaveValue("");
    await expect(app.editor.getByLabel("Description")).toHaveValue("<b>&amp;</b>\n\nlast line");
  });

  test("and refused keeps message and text when they do: an account", async ({ app, page, noise }) => {
    noise.expect(status(422));
    const scripts = await holdHydration(page);
    await page.goto("/register");
    const ada = somebody();
    await app.field("Name").fill(ada.name);
    await app.field("E-mail address").fill("not an address");
    await app.field("Password").fill(ada.password);
    await app.button("Make the account").click();
    await expect(app.field("E-mail address")).toHaveAttribute("aria-invalid", "true");
    await scripts.release();
    await app.hydrated();
    await expect(app.field("E-mail address")).toHaveValue("not an address");
    await expect(app.field("Name")).toHaveValue(ada.name);
    await app.field("E-mail address").fill(ada.email);
    await app.field("Password").fill(ada.password);
    await app.button("Make the account").click();
    await app.atTasks();
  });

  test("and refused for another reason shows why when they do: a wrong password", async ({ app, page, noise }) => {
    noise.expect(status(401));
    const scripts = await holdHydration(page);
    await page.goto("/login");
    await app.logIn(somebody());
    await expect(page.getByRole("alert")).toHaveText("The e-mail address or the password is not right.");
    await scripts.release();
    await app.hydrated();
    await expect(page.getByRole("alert")).toHaveText("The e-mail address or the password is not right.");
  });
});

test.describe("what is typed before scripts have taken over stays", SCRIPTS, () => {
  test("in a new task", async ({ app, page, person: _ }) => {
    const scripts = await holdHydration(page);
    await page.goto("/tasks");
    await page.getByText("Add a description").click();
    await app.field("Description").fill("Typed early,\nin two lines");
    await app.field("New task").pressSequentially("Typed early");
    await scripts.release();
    await app.hydrated();
    await expect(app.field("New task")).toHaveValue("Typed early");
    await expect(app.field("New task")).toBeFocused();
    await expect(app.field("Description")).toHaveValue("Typed early,\nin two lines");
    await expect(app.field("Description")).toBeVisible();
    await page.keyboard.type(", and on");
    await app.saved(() => page.keyboard.press("Enter"));
    await expect(app.titles(app.todo)).toHaveText(["Typed early, and on"]);
  });

  test("in a task being edited", async ({ app, page, person: _ }) => {
    await app.seed("Before");
    await app.edit("Before");
    const scripts = await holdHydration(page);
    await page.reload();
    await app.editor.getByLabel("Title").fill("Typed early");
    await app.editor.getByLabel("Description").fill("Typed early as well");
    await scripts.release();
    await app.hydrated();
    await expect(app.editor.getByLabel("Title")).toHaveValue("Typed early");
    await expect(app.editor.getByLabel("Description")).toHaveValue("Typed early as well");
    await expect(app.editor.getByLabel("Description")).toBeFocused();
    await app.saved(() => app.editor.getByRole("button", { name: "Save" }).click());
    await expect(app.titles(app.todo)).toHaveText(["Typed early"]);
  });

  test("in the login", async ({ app, page }) => {
    const scripts = await holdHydration(page);
    await page.goto("/login");
    await app.field("E-mail address").fill("early@example.org");
    await app.field("Password").fill("correct horse");
    await scripts.release();
    await app.hydrated();
    await expect(app.field("E-mail address")).toHaveValue("early@example.org");
    await expect(app.field("Password")).toHaveValue("correct horse");
    await expect(app.field("Password")).toBeFocused();
  });
});

test("a page whose scripts never arrive works all the same", SCRIPTS, async ({ app, page, noise }) => {
  noise.expect(/docket\.wasm/, /Failed to fetch/, LEFT);
  await page.route("**/pkg/docket.wasm", (route) => route.abort());
  const ada = somebody();
  await page.goto("/register");
  await app.field("Name").fill(ada.name);
  await app.field("E-mail address").fill(ada.email);
  await app.field("Password").fill(ada.password);
  await app.button("Make the account").click();
  await expect(page).toHaveURL(/\/tasks$/);
  await app.add("Without scripts");
  await expect(app.titles(app.todo)).toHaveText(["Without scripts"]);
  await app.complete("Without scripts");
  await expect(app.titles(app.done)).toHaveText(["Without scripts"]);
});
