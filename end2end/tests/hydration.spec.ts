// Scripts take over the page that the server sent without a word of complaint (every test listens: support/noise.ts) and
// without losing what somebody did meanwhile.

import { day } from "../support/calendar.ts";
import { LEFT, SCRIPTS, expect, holdHydration, send, somebody, status, test } from "../support/test.ts";

test.describe("scripts take over", SCRIPTS, () => {
  for (const path of ["/", "/login", "/login?next=/tasks", "/login/second", "/register", "/logout"]) {
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

  for (const path of ["/register", "/settings/profile", "/settings/security", "/settings/tokens", "/settings/data"]) {
    test(`${path}, without a complaint`, async ({ app, page, browser: _ }) => {
      if (path !== "/register") await app.register(somebody());
      await app.open(path);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    });
  }

  for (const path of ["/today", "/upcoming", "/tasks", "/tasks?q=milk&status=open&sort=-due_date&limit=25", "/board", "/trash"]) {
    test(`${path}, empty and full, without a complaint`, async ({ app, page, person: _ }) => {
      await app.open(path);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await expect(app.titles()).toHaveCount(0);
      const [, , gone, done] = await app.make(
        { title: "Due long ago", due_date: day(-3), due_time: "08:00", priority: "urgent", description: "milk" },
        { title: "Started", due_date: day(), status: "in_progress", priority: "low", description: "two lines\nof milk" },
        { title: "Buy milk, deleted", due_date: day(2) },
        { title: "Buy milk, completed", due_date: day(1) },
        { title: "Buy milk", due_date: day(5), due_time: "17:30" },
      );
      await send(page, "complete_tasks", { "ids[0]": done! });
      const { change } = (await send(page, "trash_tasks", { "ids[0]": gone! })) as { change: string };
      await app.reload();
      await expect(app.titles()).not.toHaveCount(0);
      // As it is without scripts after a change.
      await app.open(`${path}${path.includes("?") ? "&" : "?"}done=${change}`);
      await expect(app.told).toContainText("“Buy milk, deleted” was moved to the trash.");
      await app.open(`${path}${path.includes("?") ? "&" : "?"}done=nonsense&after=nonsense&before=nonsense`);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    });
  }

  test("a task with its history, in the trash and out of it, without a complaint", async ({ app, page, person: _ }) => {
    const [id] = await app.make({ title: "One", description: "of them", due_date: day(1), due_time: "09:00" });
    const { change } = (await send(page, "set_priority", { "ids[0]": id!, priority: "high" })) as { change: string };
    await app.open(`/tasks/${id}`);
    await expect(app.history).toHaveCount(2);
    await app.open(`/tasks/${id}?done=${change}`);
    await expect(app.told).toContainText("Saved.");
    await send(page, "trash_tasks", { "ids[0]": id! });
    await app.open(`/tasks/${id}?before=1000000&done=nonsense`);
    await expect(page.getByText("This task is in the trash.")).toBeVisible();
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
    await app.save();
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
    await app.atToday();
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
    await app.more();
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
    await app.saved(() => app.save());
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Typed early");
  });

  test("in a search", async ({ app, page, person: _ }) => {
    await app.make("Milk", "Bread");
    const scripts = await holdHydration(page);
    await page.goto("/tasks");
    await page.locator("#filter-q").pressSequentially("mil");
    await scripts.release();
    await app.hydrated();
    await expect(page.locator("#filter-q")).toHaveValue("mil");
    await page.keyboard.type("k");
    await expect(app.titles(app.found)).toHaveText(["Milk"]);
    await expect(page).toHaveURL(/\?q=milk$/);
  });

  test("in the choice of what to do with many", async ({ app, page, person: _ }) => {
    await app.make("One", "Two", "Three");
    const scripts = await holdHydration(page);
    await page.goto("/tasks");
    await app.select("One", "Three");
    await scripts.release();
    await app.hydrated();
    await expect(app.field("Select “One”")).toBeChecked();
    await app.saved(() => app.withSelected("Complete"));
    await expect(app.titles(app.done)).toHaveText(["Three", "One"]);
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
  await app.fillIn(ada);
  await expect(page).toHaveURL(/\/today$/);
  await app.add("Without scripts");
  await expect(app.titles(app.list("Today"))).toHaveText(["Without scripts"]);
  await app.complete("Without scripts");
  await expect(app.titles()).toHaveCount(0);
  await app.undo();
  await expect(app.titles(app.list("Today"))).toHaveText(["Without scripts"]);
});
