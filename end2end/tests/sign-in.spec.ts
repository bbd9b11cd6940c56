// Signing in by another provider: a real one, the certified oidc-provider, on a port of its own.

import { randomBytes } from "node:crypto";

import type { Page } from "@playwright/test";

import { createDatabase, databaseUrl, dropDatabase, folder } from "../support/cluster.ts";
import { Docket } from "../support/docket.ts";
import { OpenId } from "../support/provider.ts";
import { type App, expect, status, test as base } from "../support/test.ts";

const test = base.extend<{ acme: OpenId }>({
  acme: async ({}, use) => {
    const acme = await OpenId.start();
    acme.accounts.set("ada", { name: "Ada of Acme", email: "ada@acme.example", verified: true });
    acme.accounts.set("bob", { name: "Bob of Acme", email: "bob@acme.example", verified: false });
    await use(acme);
    await acme.stop();
  },

  // One that knows it.
  server: async ({ acme }, use, info) => {
    const name = `docket_test_${randomBytes(6).toString("hex")}`;
    await createDatabase(name);
    const docket = await Docket.serve(folder(), { DATABASE_URL: databaseUrl(name), DOCKET_PROVIDERS: acme.setting });
    acme.serve(docket.url);
    await use(docket);
    await docket.stop();
    await dropDatabase(name);
    if (info.status !== info.expectedStatus) await info.attach("server log", { body: docket.log(), contentType: "text/plain" });
  },
});

/** Says at the provider who one is, and that Docket may know. */
async function signInThere(page: Page, name: string): Promise<void> {
  await expect(page.getByRole("heading", { name: "Acme" })).toBeVisible();
  await page.getByLabel("Who are you?").fill(name);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Allow" }).click();
}

/** Forgets who somebody is to the provider: Docket's cookie goes, too. */
async function leave(app: App): Promise<void> {
  await app.page.context().clearCookies();
}

/** Leaves by a link to the provider. */
async function follow(app: App, name: string): Promise<void> {
  await app.page.getByRole("link", { name, exact: true }).click();
}

test("an account at another provider makes one here, and logs in to it", async ({ app, page }) => {
  await app.open("/board");
  await app.at("/login\\?next=%2Fboard", "Log in");
  await follow(app, "Continue with Acme");
  await signInThere(page, "ada");
  await app.at("/board", "Board");
  await app.make("Only mine");
  await app.open("/settings/profile");
  await expect(page.getByText("ada@acme.example")).toBeVisible();
  await expect(app.field("Name")).toHaveValue("Ada of Acme");
  await leave(app);
  await app.open("/login");
  await follow(app, "Continue with Acme");
  await signInThere(page, "ada");
  await app.atToday();
  await app.open("/tasks");
  await expect(app.link("Only mine")).toBeVisible();
  // Logging out of Docket is no more than that: the provider still knows who this is.
  await app.logOut();
  await follow(app, "Continue with Acme");
  await app.atToday();
});

test("a provider that signs with another key since lets people in as before", async ({ app, page, acme }) => {
  for (const round of ["the first key", "another", "a third"]) {
    await test.step(round, async () => {
      await app.open("/login");
      await follow(app, "Continue with Acme");
      await signInThere(page, "ada");
      await app.atToday();
      await leave(app);
      acme.rotate();
    });
  }
});

test("an address that the provider hasn't seen to be theirs lets nobody in", async ({ app, page }) => {
  await app.open("/login");
  await follow(app, "Continue with Acme");
  await signInThere(page, "bob");
  await expect(page.getByRole("alert").filter({ hasText: "doesn’t say that your e-mail address is yours" })).toBeVisible();
  await app.open("/today");
  await app.at("/login\\?next=%2Ftoday", "Log in");
});

test("who refuses there is told here, in words of this page", async ({ app, page }) => {
  await app.open("/login");
  await follow(app, "Continue with Acme");
  await page.getByRole("button", { name: "Refuse" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "The other side didn’t let you through" })).toBeVisible();
  await expect(page).toHaveURL(/\/login\?problem=cancelled$/);
});

test("an account that is here is connected by its owner, and disconnected", async ({ app, page, person, acme, noise }) => {
  noise.expect(status(403));
  acme.accounts.set("own", { name: "Somebody", email: person.email, verified: true });
  // Not by the address alone.
  await page.context().clearCookies();
  await app.open("/login");
  await follow(app, "Continue with Acme");
  await signInThere(page, "own");
  await expect(page.getByRole("alert").filter({ hasText: "An account has this address already" })).toBeVisible();
  await page.context().clearCookies();

  await app.open("/login");
  await app.logIn(person);
  await app.atToday();
  await app.open("/settings/security");
  await follow(app, "Connect Acme");
  await signInThere(page, "own");
  await app.at("/settings/security", "Security");
  await expect(page.locator(".events li").first()).toContainText("An account elsewhere was connected");
  await leave(app);
  await app.open("/login");
  await follow(app, "Continue with Acme");
  await signInThere(page, "own");
  await app.atToday();

  await app.open("/settings/security");
  await app.button("Remove Acme").click();
  await expect(page.getByRole("link", { name: "Connect Acme" })).toBeVisible();
  await app.reload();
  await expect(page.locator(".events li").first()).toContainText("An account elsewhere was removed");
  await leave(app);
  await app.open("/login");
  await follow(app, "Continue with Acme");
  await signInThere(page, "own");
  await expect(page.getByRole("alert").filter({ hasText: "An account has this address already" })).toBeVisible();
});
