// Every page on a small screen, in light and dark, and for who doesn't see it.

import { AxeBuilder } from "@axe-core/playwright";

import { type App, SCRIPTS, expect, status, test } from "../support/test.ts";

const GUEST_PAGES = ["/", "/login", "/register", "/logout", "/nothing/here"];

/** A list with everything that makes a page wide. */
async function fullList(app: App): Promise<string> {
  await app.seed("x".repeat(200), "Supercalifragilistic".repeat(8), "Short", "Completed one");
  await app.saved(() => app.complete("Completed one"));
  await app.saved(() => app.add("Described", `https://example.org/${"y".repeat(200)}`));
  return (await app.task("Short").getByRole("link").getAttribute("href"))!;
}

async function refused(app: App): Promise<void> {
  await app.open("/tasks");
  await app.add("x".repeat(201));
  await expect(app.field("New task")).toHaveAttribute("aria-invalid", "true");
}

for (const width of [320, 360]) {
  test.describe(`a screen ${width} pixels wide shows all without scrolling sideways`, () => {
    test.use({ viewport: { width, height: 640 } });
    test.beforeEach(({ noise }) => noise.expect(status(404), status(422)));

    async function fits(app: App, what: string): Promise<void> {
      // The page may be there before its style sheet.
      await app.page.waitForLoadState();
      const wide = await app.page.evaluate((width) => {
        const page = document.documentElement;
        if (page.scrollWidth <= width) return [];
        const out = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > width + 0.5);
        return [`${page.scrollWidth} wide`, ...out.slice(0, 5).map((element) => element.outerHTML.slice(0, 120))];
      }, width);
      expect(wide, what).toEqual([]);
    }

    test("before the login", async ({ app }) => {
      for (const path of GUEST_PAGES) {
        await app.open(path);
        await fits(app, path);
      }
      await app.open("/register");
      await app.button("Make the account").click();
      await expect(app.field("Name")).toHaveAttribute("aria-invalid", "true");
      await fits(app, "refused");
    });

    test("after the login", async ({ app }) => {
      const long = "Wolfeschlegelsteinhausenbergerdorff".repeat(2);
      await app.register({ name: long, email: "long@example.org", password: "correct horse battery" });
      await fits(app, "no tasks");
      const edit = await fullList(app);
      await fits(app, "tasks");
      await app.saved(() => app.trash("Completed one"));
      await expect(app.button("Undo")).toBeVisible();
      await fits(app, "a deleted task");
      await app.open(edit);
      await fits(app, "editor");
      await refused(app);
      await fits(app, "refused");
      await app.open("/nothing/here");
      await fits(app, "not found");
    });
  });
}

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`in ${colorScheme} nothing is in the way of who uses a screen reader or sees little`, SCRIPTS, () => {
    test.use({ colorScheme });
    test.beforeEach(({ noise }) => noise.expect(status(404), status(422)));

    async function clean(app: App, what: string): Promise<void> {
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
    }

    test("before the login", async ({ app }) => {
      for (const path of GUEST_PAGES) {
        await app.open(path);
        await clean(app, path);
      }
      await app.open("/register");
      await app.button("Make the account").click();
      await expect(app.field("Name")).toHaveAttribute("aria-invalid", "true");
      await clean(app, "refused");
    });

    test("after the login", async ({ app, person: _ }) => {
      await app.open("/tasks");
      await clean(app, "no tasks");
      const edit = await fullList(app);
      await clean(app, "tasks");
      await app.saved(() => app.trash("Completed one"));
      await expect(app.button("Undo")).toBeVisible();
      await clean(app, "a message");
      await app.open(edit);
      await clean(app, "editor");
      await refused(app);
      await clean(app, "refused");
      await app.open("/nothing/here");
      await clean(app, "not found");
    });
  });
}
