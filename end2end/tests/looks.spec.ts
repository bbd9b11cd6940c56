// Every page on a small screen, in light and dark, and for who doesn't see it.

import { AxeBuilder } from "@axe-core/playwright";

import { type App, SCRIPTS, expect, status, test } from "../support/test.ts";
import { type Judge, asGuest, empty, full, refused } from "../support/tour.ts";

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

// Each state at all widths and in both colours, as it stands: the same page turned, not loaded again.
const WIDTHS = [360, 768, 1440];
const SCHEMES = ["light", "dark"] as const;

test.describe("nothing is in the way of who uses a screen reader or sees little", SCRIPTS, () => {
  test.beforeEach(({ noise }) => {
    noise.expect(status(404), status(409), status(422));
    noise.leave();
    // Axe looks at each state six times.
    test.setTimeout(300_000);
  });

  const clean = (app: App): Judge => async (what) => {
    const { page } = app;
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      for (const colorScheme of SCHEMES) {
        await page.emulateMedia({ colorScheme });
        // What moves or fades in is judged as it ends up.
        await page.evaluate(() => {
          for (const animation of document.getAnimations()) {
            if (animation.effect?.getComputedTiming().endTime === Infinity) animation.cancel();
            else animation.finish();
          }
        });
        // No frames here: it need not gather what they say on a page of its own.
        const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
        const { violations } = await new AxeBuilder({ page }).setLegacyMode().withTags(tags).analyze();
        const found = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary ?? ""}`));
        expect(found, `${what}, ${width} px, ${colorScheme}`).toEqual([]);
      }
    }
  };

  test("before the login", async ({ app }) => await asGuest(app, clean(app)));
  test("pages without tasks", async ({ app, person: _ }) => await empty(app, clean(app)));
  test("pages of tasks", async ({ app, person: _ }) => await full(app, clean(app)));
  test("what was refused", async ({ app, person: _ }) => await refused(app, clean(app)));
});
