// The password, the devices, and what happened: what the owner of an account sees and can do.

import { type App, SCRIPTS, expect, status, test } from "../support/test.ts";

const OTHER = "another good one of mine";

/** Fills in the form for another password. */
async function change(app: App, current: string, next: string): Promise<void> {
  await app.field("Current password").fill(current);
  await app.field("New password").fill(next);
  await app.saved(() => app.button("Change the password").click());
}

test("a new password is judged while it is typed", SCRIPTS, async ({ app, page }) => {
  await app.open("/register");
  await app.field("Name").fill("Ada Lovelace");
  const judged = page.locator(".strength");
  await app.field("Password").pressSequentially("password1");
  await expect(judged).toContainText("Too easy to guess");
  await app.field("Password").fill("correct horse battery");
  await expect(judged).toHaveText("Very strong.");
  await app.field("Password").fill("short");
  await expect(judged).toHaveText("");
});

test("a password that is guessed soon is refused at its field", async ({ app, person, noise }) => {
  noise.expect(status(422));
  await app.open("/settings/security");
  await change(app, person.password, "password1");
  await expect(app.field("New password")).toHaveAttribute("aria-invalid", "true");
  await expect(app.field("New password")).toHaveAccessibleDescription(/^Too easy to guess/);
  if (app.scripts) await expect(app.field("New password")).toBeFocused();
});

test("another password asks for the current one, and works from then on", async ({ app, page, person, noise }) => {
  noise.expect(status(403), status(401));
  await app.open("/tasks");
  await app.page.getByRole("link", { name: person.name }).click();
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Security" }).click();
  await app.at("/settings/security", "Security");
  await change(app, "not the password", OTHER);
  await expect(app.field("Current password")).toHaveAttribute("aria-invalid", "true");
  await expect(app.field("Current password")).toHaveAccessibleDescription("This is not your current password.");
  if (app.scripts) await expect(app.field("Current password")).toBeFocused();
  await change(app, person.password, OTHER);
  await expect(app.field("Current password")).toHaveValue("");
  await expect(app.field("Current password")).not.toHaveAttribute("aria-invalid", "true");
  if (app.scripts) await expect(app.told).toContainText("Your password was changed.");
  await expect(page.locator(".events li").first()).toContainText("The password was changed");
  await app.open("/tasks");
  await app.logOut();
  await app.logIn(person);
  await expect(page.getByRole("alert").filter({ hasText: "is not right" })).toBeVisible();
  await app.logIn({ ...person, password: OTHER });
  await app.at("/today", "Today");
});

test("a device that is logged out is out, and this one stays", async ({ app, page, person, browser, baseURL, javaScriptEnabled }) => {
  const elsewhere = await browser.newContext({ baseURL: baseURL!, javaScriptEnabled });
  const other = await elsewhere.newPage();
  await other.goto("/login");
  const login = { email: person.email, password: person.password };
  const answer = await other.request.post("/fn/log_in", { form: login });
  expect(answer.ok()).toBe(true);
  await app.open("/settings/security");
  const devices = page.getByRole("heading", { name: "Where you are logged in" }).locator("xpath=..").locator("ul.rows > li");
  await expect(devices).toHaveCount(2);
  await expect(devices.first()).toContainText("(this device)");
  await app.saved(() => devices.nth(1).getByRole("button", { name: /^Log out/ }).click());
  await expect(devices).toHaveCount(1);
  await expect(page.locator(".events li").first()).toContainText("A device was logged out from here");
  await other.goto("/tasks");
  await expect(other).toHaveURL(/\/login/);
  await app.open("/tasks");
  await expect(page.getByRole("heading", { level: 1, name: "Tasks" })).toBeVisible();
  await elsewhere.close();
});
