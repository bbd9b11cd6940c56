// What arrives in somebody's mail, and what the links in it do: with a real mail server.

import { randomBytes } from "node:crypto";

import { createDatabase, databaseUrl, dropDatabase, folder } from "../support/cluster.ts";
import { Docket } from "../support/docket.ts";
import { type Mail, Smtp } from "../support/smtp.mjs";
import { type App, type Person, expect, somebody, status, test as base } from "../support/test.ts";

const OTHER = "another good one of mine";

const test = base.extend<{ smtp: Smtp; log: string }>({
  /** How much Docket writes down. */
  log: ["info", { option: true }],

  smtp: async ({}, use) => {
    const smtp = await Smtp.start();
    await use(smtp);
    await smtp.stop();
  },

  // One that sends mail. No code may stand in its log.
  server: async ({ smtp, log: level }, use, info) => {
    const name = `docket_test_${randomBytes(6).toString("hex")}`;
    await createDatabase(name);
    const docket = await Docket.serve(folder(), {
      DATABASE_URL: databaseUrl(name),
      DOCKET_SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
      DOCKET_MAIL_FROM: "Docket <docket@example.org>",
      RUST_LOG: level,
    });
    await use(docket);
    await docket.stop();
    await dropDatabase(name);
    const log = docket.log();
    for (const mail of smtp.mails) {
      const code = /code=(\w+)/.exec(mail.text)?.[1];
      if (code) expect(log, "a code is in the log").not.toContain(code);
    }
    if (info.status !== info.expectedStatus) await info.attach("server log", { body: log.slice(-100_000), contentType: "text/plain" });
  },
});

/** Waits for a mail to somebody with this subject. */
async function mailTo(smtp: Smtp, email: string, subject: string): Promise<Mail> {
  const found = () => smtp.mails.filter((mail) => mail.to.includes(email) && mail.subject === subject).at(-1);
  await expect.poll(() => found()?.subject, { timeout: 15_000 }).toBe(subject);
  return found()!;
}

/** Opens the one link in a mail, as a path. */
async function follow(app: App, mail: Mail): Promise<void> {
  const link = /^http\S+code=\w+$/m.exec(mail.text)?.[0];
  expect(link, mail.text).toBeTruthy();
  await app.open(link!);
}

test("a new account is confirmed by the link in its mail, and by a click", async ({ app, page, smtp, noise }) => {
  noise.expect(status(410));
  const ada = somebody();
  await app.register(ada);
  await page.getByRole("link", { name: ada.name }).click();
  await app.at("/settings/profile", "Profile");
  await expect(page.getByText("Not confirmed yet")).toBeVisible();
  const mail = await mailTo(smtp, ada.email, "Confirm your e-mail address");
  await follow(app, mail);
  await app.button("Confirm the address").click();
  await app.at("/verify\\?done=yes", "Your address is confirmed");
  await page.getByRole("link", { name: "Go to Docket" }).click();
  await app.atToday();
  await app.open("/settings/profile");
  await expect(page.getByText("(confirmed)")).toBeVisible();
  // Once.
  await follow(app, mail);
  await app.button("Confirm the address").click();
  await expect(page.getByRole("alert")).toContainText("This link doesn't work any more");
  await page.getByRole("link", { name: "Get a new one" }).click();
  await app.at("/settings/profile", "Profile");
});

test.describe("with everything in the log", () => {
  test.use({ log: "trace" });

  test("who forgot the password sets another one by mail, and is logged in", async ({ app, page, person, smtp, noise }) => {
    noise.expect(status(401), status(410), status(422));
    await app.open("/tasks");
    await app.logOut();
    await page.getByRole("link", { name: "Forgot your password?" }).click();
    await app.at("/forgot", "Forgot your password?");
    await app.field("E-mail address").fill("nobody@example");
    await app.field("E-mail address").fill(person.email);
    await app.button("Send the link").click();
    await app.at("/forgot\\?done=yes", "Look at your mail");
    const mail = await mailTo(smtp, person.email, "Set another password");
    await follow(app, mail);
    await app.field("New password").fill("password1");
    await app.button("Set the password").click();
    await expect(app.field("New password")).toHaveAttribute("aria-invalid", "true");
    await expect(app.field("New password")).toHaveAccessibleDescription(/^Too easy to guess/);
    await app.field("New password").fill(OTHER);
    await app.button("Set the password").click();
    await app.atToday();
    await mailTo(smtp, person.email, "Your password was changed");

    await app.logOut();
    await app.logIn(person);
    await expect(page.getByRole("alert").filter({ hasText: "is not right" })).toBeVisible();
    const known: Person = { ...person, password: OTHER };
    await app.logIn(known);
    await app.atToday();
    await follow(app, mail);
    await app.field("New password").fill("a third one of mine");
    await app.button("Set the password").click();
    await expect(page.getByRole("alert")).toContainText("This link doesn't work any more");
    expect(await page.content()).not.toContain("a third one of mine");
    await page.getByRole("link", { name: "Get a new one" }).click();
    await app.at("/forgot", "Forgot your password?");
  });
});

test("another address counts once the link sent to it was followed", async ({ app, page, person, smtp, noise }) => {
  noise.expect(status(422), status(429));
  const other = `new-${person.email}`;
  await app.open("/settings/profile");
  await expect(page.getByText("Not confirmed yet")).toBeVisible();
  // The first mail has only just been asked for.
  await app.saved(() => app.button("Send the mail again").click());
  await expect(page.getByRole("alert").filter({ hasText: "Too many tries" })).toBeVisible();
  await mailTo(smtp, person.email, "Confirm your e-mail address").then((mail) => follow(app, mail));
  await app.button("Confirm the address").click();
  await app.at("/verify\\?done=yes", "Your address is confirmed");

  await app.open("/settings/profile");
  await app.field("New e-mail address").fill(person.email);
  await app.saved(() => app.button("Change the address").click());
  await expect(app.field("New e-mail address")).toHaveAccessibleDescription(/^This is your address already\./);
  if (app.scripts) await expect(app.field("New e-mail address")).toBeFocused();
  await app.field("New e-mail address").fill(other);
  await app.saved(() => app.button("Change the address").click());
  await expect(page.getByText("A mail is on its way.")).toBeVisible();
  await expect(page.locator(".address")).toContainText(person.email);
  await mailTo(smtp, other, "Confirm your new e-mail address").then((mail) => follow(app, mail));
  await app.button("Confirm the address").click();
  await app.at("/verify\\?done=yes", "Your address is confirmed");
  await mailTo(smtp, person.email, "Your e-mail address was changed");
  await app.open("/settings/profile");
  await expect(page.locator(".address")).toContainText(`${other} (confirmed)`);
  await app.logOut();
  await app.logIn({ ...person, email: other });
  await app.atToday();
});
