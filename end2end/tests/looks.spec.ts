// Every page on a small screen, in light and dark, and for who doesn't see it.

import { AxeBuilder } from "@axe-core/playwright";

import { day } from "../support/calendar.ts";
import { type App, SCRIPTS, expect, send, status, test } from "../support/test.ts";

const GUEST_PAGES = ["/", "/login", "/register", "/logout", "/nothing/here"];

/** Judges what is on the page. */
type Judge = (what: string) => Promise<void>;

/** Tasks with everything that makes a page wide, one in each place. Gives the id of one with a long history. */
async function fullList(app: App): Promise<string> {
  const { page } = app;
  const long = "Supercalifragilistic".repeat(8);
  const url = `https://example.org/${"y".repeat(200)}`;
  const all = { due_date: day(-400), due_time: "17:30", priority: "urgent", status: "in_progress" } as const;
  const [, , done, , id] = await app.make(
    { title: "x".repeat(200), description: url, due_date: day() },
    { title: long, ...all },
    { title: `Completed ${long}`, ...all },
    { title: "Described", description: url, due_date: day(3) },
    { title: "Changed", description: "Before" },
  );
  await send(page, "complete_tasks", { "ids[0]": done! });
  for (const [index, text] of [url, long, "", `${url} ${long}`].entries()) {
    const title = text.slice(0, 200) || "Changed";
    await send(page, "edit_task", { ...all, id: id!, version: `${index + 1}`, title, description: text, due_date: day(2 - index) });
  }
  const [gone] = await app.make({ title: `Deleted ${long}`, description: url });
  await send(page, "trash_tasks", { "ids[0]": gone! });
  return id!;
}

/** Each page for guests. */
async function asGuest(app: App, judge: Judge): Promise<void> {
  for (const path of GUEST_PAGES) {
    await app.open(path);
    await judge(path);
  }
  await app.open("/register");
  await app.button("Make the account").click();
  await expect(app.field("Name")).toHaveAttribute("aria-invalid", "true");
  await judge("refused");
}

/** The pages of tasks without a task. */
async function empty(app: App, judge: Judge): Promise<void> {
  for (const path of ["/today", "/upcoming", "/tasks", "/tasks?q=nothing&status=open", "/board", "/trash"]) {
    await app.open(path);
    await expect(app.page.getByRole("heading", { level: 1 })).toBeVisible();
    await judge(`${path} without tasks`);
  }
}

/** The pages of tasks with all that can be on them. */
async function full(app: App, judge: Judge): Promise<void> {
  // So many pages take longer than one flow.
  test.slow();
  const { page } = app;
  const id = await fullList(app);
  for (const path of ["/today", "/upcoming", "/tasks", "/tasks?q=supercali", "/board", "/trash"]) {
    await app.open(path);
    await expect(app.titles()).not.toHaveCount(0);
    await judge(path);
    await app.selecting();
    if (path !== "/trash") {
      // The menu of the last one is what reaches furthest.
      await page.locator(".menu-of-task > summary").last().click();
      await expect(page.locator(".menu-items").last()).toBeVisible();
    }
    await judge(`${path} while selecting, with a menu open`);
  }
  await app.open("/tasks?status=open&limit=25&sort=-due_date");
  await expect(page.locator(".filter-fields")).toBeVisible();
  await app.more();
  await judge("filters and the fields of a new task");
  await app.open("/tasks");
  await app.saved(() => app.trash("Described"));
  await expect(app.told).toBeVisible();
  await judge("a message with a way back");
  for (const path of ["/settings/profile", "/settings/security", "/settings/tokens", "/settings/data"]) {
    await app.open(path);
    await judge(path);
  }
  await app.open("/settings/tokens");
  await app.field("Name").fill("n".repeat(100));
  for (const box of await page.getByRole("checkbox").all()) await box.check();
  await app.saved(() => app.button("Make the token").click());
  await expect(app.field("The new token")).toBeVisible();
  await expect(app.list("Your tokens").getByRole("listitem")).toHaveCount(1);
  await judge("a new token");
  await app.open(`/tasks/${id}`);
  await expect(app.history).toHaveCount(5);
  await judge("a task with its history");
}

/** What was refused. */
async function refused(app: App, judge: Judge): Promise<void> {
  const { page } = app;
  await app.open("/tasks");
  await app.add("x".repeat(201), "y".repeat(1001));
  await expect(app.field("New task")).toHaveAttribute("aria-invalid", "true");
  await judge("a new task refused");
  const [id] = await app.make({ title: "Before", description: "Before" });
  await app.open(`/tasks/${id}`);
  await app.editor.getByLabel("Title").fill("");
  await app.save();
  await expect(app.editor.getByLabel("Title")).toHaveAttribute("aria-invalid", "true");
  await judge("an edited task refused");
  await app.open(`/tasks/${id}`);
  const theirs = { title: "w".repeat(200), description: `https://example.org/${"z".repeat(200)}`, due_date: day(), status: "completed", priority: "low" };
  await send(page, "edit_task", { id: id!, version: "1", ...theirs });
  await app.editor.getByLabel("Title").fill("m".repeat(200));
  await app.editor.getByLabel("Description").fill("n".repeat(900));
  await app.editor.getByLabel("Due").fill(day(4));
  await app.editor.getByLabel("Status").selectOption("in_progress");
  await app.editor.getByLabel("Priority").selectOption("high");
  await app.save();
  await expect(page.locator("fieldset.conflict")).toHaveCount(5);
  await judge("a conflict in each field");
  await send(page, "trash_tasks", { "ids[0]": id! });
  await app.open(`/tasks/${id}`);
  await expect(page.getByText("This task is in the trash.")).toBeVisible();
  await judge("a task in the trash");
  await app.open("/nothing/here");
  await judge("not found");
}

for (const width of [320, 360]) {
  test.describe(`a screen ${width} pixels wide shows all without scrolling sideways`, () => {
    test.use({ viewport: { width, height: 640 } });
    test.beforeEach(({ noise }) => {
      noise.expect(status(404), status(409), status(422));
      noise.leave();
    });

    const fits = (app: App): Judge => async (what) => {
      // The page may be there before its style sheet.
      await app.page.waitForLoadState();
      const wide = await app.page.evaluate((width) => {
        const page = document.documentElement;
        const out = [...document.querySelectorAll("body *")].filter((element) => {
          const { left, right } = element.getBoundingClientRect();
          return right > width + 0.5 || (left < -0.5 && element.closest(".menu-items") !== null);
        });
        if (page.scrollWidth <= width && !out.some((element) => element.closest(".menu-items"))) return [];
        return [`${page.scrollWidth} wide`, ...out.slice(0, 5).map((element) => element.outerHTML.slice(0, 120))];
      }, width);
      expect(wide, what).toEqual([]);
    };

    test("before the login", async ({ app }) => await asGuest(app, fits(app)));

    test("after the login", async ({ app }) => {
      const long = "Wolfeschlegelsteinhausenbergerdorff".repeat(2);
      await app.register({ name: long, email: "long@example.org", password: "correct horse battery" });
      await empty(app, fits(app));
      await full(app, fits(app));
    });

    test("what was refused", async ({ app, person: _ }) => await refused(app, fits(app)));
  });
}

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`in ${colorScheme} nothing is in the way of who uses a screen reader or sees little`, SCRIPTS, () => {
    test.use({ colorScheme });
    test.beforeEach(({ noise }) => {
      noise.expect(status(404), status(409), status(422));
      noise.leave();
    });

    const clean = (app: App): Judge => async (what) => {
      // What moves or fades in is judged as it ends up.
      await app.page.evaluate(() => {
        for (const animation of document.getAnimations()) {
          if (animation.effect?.getComputedTiming().endTime === Infinity) animation.cancel();
          else animation.finish();
        }
      });
      const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
      const { violations } = await new AxeBuilder({ page: app.page }).withTags(tags).analyze();
      const found = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary ?? ""}`));
      expect(found, what).toEqual([]);
    };

    test("before the login", async ({ app }) => await asGuest(app, clean(app)));
    test("pages without tasks", async ({ app, person: _ }) => await empty(app, clean(app)));
    test("pages of tasks", async ({ app, person: _ }) => await full(app, clean(app)));
    test("what was refused", async ({ app, person: _ }) => await refused(app, clean(app)));
  });
}
