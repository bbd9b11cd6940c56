// What stands around every page: the ways to the others with what they have, at the side or at the bottom.

import type { Locator, Page } from "@playwright/test";

import { day } from "../support/calendar.ts";
import { type App, SCRIPTS, expect, hold, test } from "../support/test.ts";

const PAGES = ["Today", "Upcoming", "All", "Board", "Trash"] as const;

const views = (page: Page): Locator => page.getByRole("navigation", { name: "Tasks" });

/** What stands beside the name of each page; nothing for none. */
async function counts(page: Page): Promise<(string | null)[]> {
  return await views(page).locator(".badge").evaluateAll((badges) => badges.map((badge) => badge.getAttribute("data-count")));
}

/** Waits for them. */
async function expectCounts(page: Page, ...wanted: (string | null)[]): Promise<void> {
  await expect.poll(() => counts(page)).toEqual(wanted);
}

/** Two for today, one for later, one without a day, and one in the trash. */
async function fill(app: App): Promise<void> {
  const ids = await app.make({ title: "Late", due_date: day(-1) }, { title: "Now", due_date: day() }, { title: "Later", due_date: day(3) }, "Some day", "Gone");
  await app.page.request.post("/fn/trash_tasks", { form: { "ids[0]": ids.at(-1)! } });
}

test("each page says how much it has, to who sees it and to who doesn't", async ({ app, page, person: _ }) => {
  await fill(app);
  await app.open("/today");
  expect(await counts(page)).toEqual(["2", "1", "4", null, "1"]);
  for (const [name, said] of [["Today", "2 to do"], ["Upcoming", "1 to do"], ["All", "4 open"], ["Board", ""], ["Trash", "1 in the trash"]] as const) {
    await expect(views(page).getByRole("link", { name, exact: true })).toHaveAccessibleDescription(said);
  }
});

test("completing, deleting and adding count", async ({ app, page, person: _ }) => {
  await fill(app);
  await app.open("/today");
  await app.saved(() => app.complete("Now"));
  await expectCounts(page, "1", "1", "3", null, "1");
  await app.saved(() => app.trash("Late"));
  await expectCounts(page, null, "1", "2", null, "2");
  await app.saved(() => app.undo());
  await expectCounts(page, "1", "1", "3", null, "1");
  await app.saved(() => app.add("One more"));
  await expectCounts(page, "2", "1", "4", null, "1");
});

test("so does a task that gets another day", async ({ app, page, person: _ }) => {
  await fill(app);
  await app.open("/today");
  await app.edit("Now");
  await app.editor.getByLabel("Due").fill(day(2));
  await app.saved(() => app.save());
  await expectCounts(page, "1", "2", "4", null, "1");
});

test("the count changes with the task, before the server has answered, and comes back where it refuses", SCRIPTS, async ({ app, page, person: _, noise }) => {
  await fill(app);
  await app.open("/today");
  const gate = await hold(page, "**/fn/complete_tasks");
  await app.complete("Now");
  await expectCounts(page, "1", "1", "3", null, "1");
  await app.undo();
  await expectCounts(page, "2", "1", "4", null, "1");
  await gate.release();
  await expect(app.titles(app.list("Today"))).toHaveText(["Now"]);
  await expectCounts(page, "2", "1", "4", null, "1");
  await page.route("**/fn/trash_tasks", (route) => route.abort());
  noise.expect(/trash_tasks/);
  await app.trash("Now");
  await expect(app.messages).toContainText("Now");
  await expectCounts(page, "2", "1", "4", null, "1");
});

test("who logs in sees counts without loading a page", SCRIPTS, async ({ app, page, person }) => {
  await fill(app);
  await app.open("/today");
  await app.logOut();
  await app.logIn(person);
  await app.atToday();
  await expectCounts(page, "2", "1", "4", null, "1");
});

test("a page whose counts can't be had is shown without them", SCRIPTS, async ({ app, page, person: _, noise }) => {
  noise.expect(/get_counts/);
  await app.open("/today");
  await page.route("**/fn/get_counts", (route) => route.abort());
  await app.go("Upcoming");
  await app.go("Today");
});

test("every way is gone by keyboard", async ({ app, page, person: _ }) => {
  await app.open("/today");
  await views(page).getByRole("link", { name: "Today" }).focus();
  for (const name of PAGES.slice(1)) {
    await page.keyboard.press("Tab");
    await expect(views(page).getByRole("link", { name, exact: true })).toBeFocused();
  }
  await page.keyboard.press("Tab");
  if (app.scripts) {
    await expect(page.getByRole("banner").getByRole("button", { name: "Commands" })).toBeFocused();
    await page.keyboard.press("Tab");
  }
  await expect(page.getByRole("banner").getByRole("link", { name: "Settings" })).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("navigation", { name: "Account" }).getByRole("link")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("banner").getByRole("button", { name: "Log out" })).toBeFocused();
});

test("the button for commands opens them", SCRIPTS, async ({ app, page, person: _ }) => {
  await app.open("/today");
  await page.getByRole("banner").getByRole("button", { name: "Commands" }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
});

for (const [width, height] of [[360, 640], [320, 568]] as const) {
  test.describe(`on a screen of ${width} pixels`, () => {
    test.use({ viewport: { width, height } });

    test("the ways to the pages stand at the bottom, large enough for a finger, and cover nothing", async ({ app, page, person: _ }) => {
      await app.make(...Array.from({ length: 12 }, (_, index) => ({ title: `Task ${index + 1}`, due_date: day() })));
      await app.open("/today");
      await page.waitForLoadState();
      const bar = (await views(page).boundingBox())!;
      expect(Math.round(bar.y + bar.height)).toBe(height);
      for (const name of PAGES) {
        const link = (await views(page).getByRole("link", { name, exact: true }).boundingBox())!;
        expect(link.height).toBeGreaterThanOrEqual(44);
        expect(link.width).toBeGreaterThanOrEqual(44);
      }
      // What gets the focus stands above it, down to the last.
      const titles = await page.locator("a.task-title").all();
      expect(titles).toHaveLength(12);
      for (const title of titles) {
        await title.focus();
        const box = (await title.boundingBox())!;
        expect(box.y + box.height).toBeLessThanOrEqual(bar.y);
      }
      await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
      const last = (await titles.at(-1)!.boundingBox())!;
      expect(last.y + last.height).toBeLessThan(bar.y);
      await app.go("Board");
    });
  });
}

test("nothing moves while a page comes and its scripts take over", SCRIPTS, async ({ app, page, person: _ }) => {
  await page.addInitScript(() => {
    type Shift = PerformanceEntry & { value: number; sources: { node: Element | null }[] };
    const shifts: string[] = [];
    Object.assign(window, { shifts });
    new PerformanceObserver((list) => {
      for (const { sources } of list.getEntries() as Shift[]) shifts.push(...sources.map(({ node }) => node?.outerHTML?.slice(0, 200) ?? "a text"));
    }).observe({ type: "layout-shift", buffered: true });
  });
  await fill(app);
  for (const size of [{ width: 360, height: 740 }, { width: 1440, height: 900 }]) {
    await page.setViewportSize(size);
    for (const path of ["/today", "/tasks", "/board", "/settings/profile"]) {
      await app.open(path);
      await page.evaluate(() => new Promise((settle) => requestAnimationFrame(() => requestAnimationFrame(settle))));
      expect(await page.evaluate(() => (window as unknown as { shifts: string[] }).shifts), path).toEqual([]);
    }
  }
});

test("Docket can be installed", async ({ app, page }) => {
  await app.open("/login");
  const href = await page.locator("link[rel=manifest]").getAttribute("href");
  const answer = await page.request.get(href!);
  expect(answer.headers()["content-type"]).toMatch(/manifest\+json/);
  const { icons, start_url } = (await answer.json()) as { icons: { src: string; type: string; sizes: string }[]; start_url: string };
  expect(start_url).toBe("/today");
  expect(icons.map(({ sizes }) => sizes)).toEqual(expect.arrayContaining(["192x192", "512x512"]));
  for (const { src, type } of [...icons, { src: "/apple-touch-icon.png", type: "image/png" }]) {
    const icon = await page.request.get(src);
    expect(icon.headers()["content-type"], src).toBe(type);
  }
});

test("a search engine reads what the front page and the login are about", async ({ app, page }) => {
  const about = () => page.locator("meta[name=description]").getAttribute("content");
  await app.open("/");
  await expect(page.locator("meta[name=description]")).toHaveCount(1);
  const front = await about();
  await app.open("/login");
  await expect(page.locator("meta[name=description]")).toHaveCount(1);
  expect(await about()).not.toBe(front);
});
