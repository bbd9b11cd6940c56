// Languages: chosen, complete, and ready for one that is written from right to left.

import { type Page } from "@playwright/test";

import { day } from "../support/calendar.ts";
import { App, SCRIPTS, change, expect, somebody, status, test } from "../support/test.ts";

/** Sends one of the choices of the page of preferences: at once with scripts, by the button without. */
async function choose(app: App, label: string): Promise<void> {
  const radio = app.page.getByRole("radio", { name: label, exact: true });
  await app.saved(async () => {
    await radio.check();
    if (!app.scripts) await app.page.locator("form.appearance button[type=submit]").click();
  });
}

/** Has the server answer in this language from now on, without a page. */
async function speak(page: Page, baseURL: string, language: string): Promise<void> {
  await page.context().addCookies([{ name: "docket-preferences", value: `theme=system&language=${language}`, url: baseURL }]);
}

test("somebody reads, adds, mistypes, completes and takes back in German", async ({ app, page, noise }) => {
  noise.expect(status(422));
  await app.open("/settings/appearance");
  await choose(app, "Deutsch");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Aussehen und Sprache");
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
  await app.hydrated();

  await page.getByRole("banner").getByRole("link", { name: "Registrieren" }).click();
  await app.hydrated();
  const ada = somebody();
  await app.field("Name").fill(ada.name);
  await app.field("E-Mail-Adresse").fill("ada");
  await app.field("Passwort").fill("passwort");
  await app.button("Konto anlegen").click();
  await expect(app.field("E-Mail-Adresse")).toHaveAccessibleDescription(/^Das ist keine E-Mail-Adresse\./);
  await expect(app.field("Passwort")).toHaveAccessibleDescription(/^Zu leicht zu erraten: /);
  await app.hydrated();
  await app.field("E-Mail-Adresse").fill(ada.email);
  await app.field("Passwort").fill(ada.password);
  await app.button("Konto anlegen").click();
  await app.at("/today", "Heute");

  await page.getByRole("navigation", { name: "Aufgaben" }).getByRole("link", { name: "Alle", exact: true }).click();
  await app.at("/tasks", "Aufgaben");
  await app.button("Hinzufügen").click();
  await expect(app.field("Neue Aufgabe")).toHaveAccessibleDescription("Das darf nicht leer sein.");
  await app.hydrated();
  await app.field("Neue Aufgabe").fill("Brot kaufen");
  await app.saved(() => app.button("Hinzufügen").click());
  await expect(app.titles(app.list("Offene Aufgaben"))).toHaveText(["Brot kaufen"]);
  await app.hydrated();
  await app.saved(() => app.button("„Brot kaufen“ erledigen").click());
  await expect(app.titles(app.list("Erledigte Aufgaben"))).toHaveText(["Brot kaufen"]);
  await expect(page.getByText("„Brot kaufen“ wurde erledigt.")).toBeVisible();
  await app.hydrated();
  await app.saved(() => app.button("Rückgängig").click());
  await expect(app.titles(app.list("Offene Aufgaben"))).toHaveText(["Brot kaufen"]);
});

test("colours, contrast and keys are as chosen, also on the next page and for a guest", async ({ app, page }) => {
  await app.open("/login");
  await page.getByRole("contentinfo").getByRole("link", { name: "Appearance and language" }).click();
  await app.at("/settings/appearance", "Appearance and language");
  await choose(app, "Dark");
  await app.hydrated();
  await choose(app, "High");
  await app.hydrated();
  await choose(app, "Do nothing");
  const html = page.locator("html");
  for (const again of [async () => {}, () => app.reload(), async () => void (await app.open("/login"))]) {
    await again();
    await expect(html).toHaveAttribute("data-theme", "dark");
    await expect(html).toHaveAttribute("data-contrast", "more");
    await expect(html).toHaveAttribute("data-keys", "off");
    await expect(page.locator("#theme-color-dark")).toHaveAttribute("media", "all");
  }
  await app.open("/settings/appearance");
  for (const label of ["Dark", "High", "Do nothing"]) await expect(page.getByRole("radio", { name: label, exact: true })).toBeChecked();
});

/** Everything there is to see: tasks of each kind, an old and a new conflict of nothing, a token. */
async function furnish(page: Page): Promise<string[]> {
  const add = async (form: Record<string, string>) => (await change(page, "add_task", form)).ids[0] ?? "";
  const plain = await add({ title: "Xylophon", description: "Ocarina", priority: "urgent", due_date: day(-1), due_time: "09:30" });
  await add({ title: "Xylophon", status: "in_progress", due_date: day(), due_time: "23:59" });
  await add({ title: "Xylophon", priority: "low", due_date: day(1) });
  await add({ title: "Xylophon", priority: "high", due_date: day(9) });
  const gone = await add({ title: "Xylophon" });
  const done = await add({ title: "Xylophon" });
  await change(page, "complete_tasks", { "ids[0]": done });
  await change(page, "edit_task", { id: plain, version: "1", title: "Xylophon", status: "in_progress", due_date: day(2) });
  const trashed = await change(page, "trash_tasks", { "ids[0]": gone });
  return [`/tasks/${plain}`, `/tasks/${gone}`, `/trash?done=${trashed.change}`];
}

const GUESTS = [
  "/", "/?erased=1", "/login", "/login/second", "/register", "/logout", "/verify", "/verify?done=yes", "/forgot", "/forgot?done=yes", "/reset",
  "/settings/appearance", "/nowhere",
];
const USERS = [
  "/today", "/upcoming", "/tasks", "/tasks?q=nothing-like-it", "/tasks?sort=title&limit=25", "/board", "/trash", "/settings/profile",
  "/settings/profile?mailed=yes", "/settings/security", "/settings/tokens", "/settings/appearance", "/settings/data", "/admin/users",
  "/admin/users?q=nobody", "/nowhere",
];

/** What is the same in both languages: names, and words that are both English and German. */
const SAME = new Set([
  "Docket", "Ada Lovelace", "Xylophon", "Xylophon · Docket", "Ocarina", "Status", "Name", "Name:", "Admin", "English", "Deutsch", "PNG", "person@example.org",
  "tasks:read", "tasks:write", "account:read",
]);

/** What a page says, as the server sends it: its texts, and the labels that are only heard. */
async function said(page: Page, path: string, language: string): Promise<string[]> {
  const answer = await page.request.get(path, { headers: { accept: "text/html" } });
  const html = await answer.text();
  expect(html, path).toContain(`<html lang="${language}"`);
  return await page.evaluate((html) => {
    const { title, body } = new DOMParser().parseFromString(html, "text/html");
    const found = new Set<string>([title]);
    const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      // Time zones have one name everywhere, and what people wrote is theirs.
      if (!node.parentElement?.closest("script, style, template, select[name=time_zone], code, kbd")) found.add(node.textContent?.trim() ?? "");
    }
    for (const name of ["aria-label", "title", "placeholder", "alt"]) {
      for (const element of body.querySelectorAll(`[${name}]`)) found.add(element.getAttribute(name) ?? "");
    }
    return [...found].filter((text) => /\p{L}{2}/u.test(text));
  }, html);
}

test("no English word is left on a German page", async ({ page, person: _, browser, baseURL }) => {
  const left: string[] = [];
  const compare = async (page: Page, paths: string[]) => {
    for (const path of paths) {
      await speak(page, baseURL ?? "", "en");
      const english = new Set(await said(page, path, "en"));
      await speak(page, baseURL ?? "", "de");
      const same = (await said(page, path, "de")).filter((text) => english.has(text) && !SAME.has(text) && !/^\S+@example\.org$/.test(text));
      left.push(...same.map((text) => `${path}: ${text}`));
    }
  };
  const guest = await (await browser.newContext({ baseURL: baseURL ?? "" })).newPage();
  await compare(guest, GUESTS);
  // Lists without tasks, and with some.
  await compare(page, USERS);
  await compare(page, [...(await furnish(page)), ...USERS.slice(0, 6)]);
  expect(left).toEqual([]);
});

// How a page is laid out doesn't depend on scripts.
test("from right to left no page is wider than a phone", SCRIPTS, async ({ app, page, noise }) => {
  test.slow();
  noise.expect(status(404));
  await page.setViewportSize({ width: 360, height: 740 });
  const wide: string[] = [];
  const measure = async (paths: string[]) => {
    for (const path of paths) {
      await page.goto(path);
      const over = await page.evaluate(() => {
        document.documentElement.dir = "rtl";
        return document.documentElement.scrollWidth - document.documentElement.clientWidth;
      });
      if (over > 0) wide.push(`${path}: ${over}`);
    }
  };
  await measure(GUESTS);
  await app.register(somebody());
  await measure([...(await furnish(page)), ...USERS]);
  expect(wide).toEqual([]);
});
