// Passkeys, with the virtual authenticator of the DevTools protocol (WebAuthn domain). Browsers make none for an address in numbers, so the
// pages are opened by the computer's name.

import { type CDPSession, type Page } from "@playwright/test";

import { sql } from "../support/cluster.ts";
import { type App, SCRIPTS, expect, send, status, test } from "../support/test.ts";

test.use({ baseURL: async ({ server }, use) => use(server.url.replace("127.0.0.1", "localhost")) });

/** An authenticator like that of a phone: it keeps passkeys, and asks its owner. */
async function authenticator(page: Page, more: { isUserVerified?: boolean } = {}): Promise<{ cdp: CDPSession; authenticatorId: string }> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable", { enableUI: false });
  const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true, ...more } as const;
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", { options });
  return { cdp, authenticatorId };
}

async function add(app: App, name: string): Promise<void> {
  await app.field("Name of the passkey").fill(name);
  await app.button("Add a passkey").click();
}

async function logOut(app: App): Promise<void> {
  await app.button("Log out").click();
  await expect(app.page).toHaveURL(/\/login/);
  await app.hydrated();
}

test("a passkey is added, logs in without a password, gets another name, and is removed", SCRIPTS, async ({ app, page, person, noise }) => {
  noise.expect(status(403));
  const { cdp, authenticatorId } = await authenticator(page);
  await app.open("/settings/security");
  await add(app, "phone");
  await expect(page.getByRole("list", { name: "Passkeys" })).toContainText("phone");
  const { credentials } = await cdp.send("WebAuthn.getCredentials", { authenticatorId });
  expect(credentials).toMatchObject([{ isResidentCredential: true, rpId: "localhost" }]);

  await logOut(app);
  await app.button("Log in with a passkey").click();
  await app.atToday();
  await app.open("/settings/security");
  const row = page.getByRole("list", { name: "Passkeys" }).getByRole("listitem");
  await expect(row).toContainText("last used today");
  await expect(page.getByRole("region", { name: "What happened" }).or(page.locator("main"))).toContainText("A passkey was added");

  await row.getByText("Rename", { exact: true }).first().click();
  await row.getByLabel("New name of phone").fill("old phone");
  await row.getByRole("button", { name: "Rename" }).click();
  await expect(row).toContainText("old phone");
  await row.getByRole("button", { name: "Remove old phone" }).click();
  await expect(page.getByText("You have none yet.")).toBeVisible();

  // The device still has it; Docket doesn't.
  await logOut(app);
  await app.button("Log in with a passkey").click();
  await expect(page.getByText("This passkey doesn't work here.")).toBeVisible();
  await expect(page).toHaveURL(/\/login/);
  expect(person.password).toBeTruthy();
});

test("the browser offers passkeys where the address is typed", SCRIPTS, async ({ app, page, person }) => {
  const { cdp, authenticatorId } = await authenticator(page);
  await app.open("/settings/security");
  await add(app, "phone");
  await expect(page.getByRole("list", { name: "Passkeys" })).toContainText("phone");
  await cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled: false });
  await logOut(app);
  await expect(app.field("E-mail address")).toHaveAttribute("autocomplete", "username webauthn");
  // Whoever chooses one there: nothing was clicked.
  await cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled: true });
  await expect(page).toHaveURL(/\/today/, { timeout: 20_000 });
  await app.atToday();
  expect(person.name).toBeTruthy();
});

test("a device that doesn't ask its owner is refused", SCRIPTS, async ({ app, page, person, noise }) => {
  noise.expect(status(403));
  const { cdp, authenticatorId } = await authenticator(page);
  await app.open("/settings/security");
  await add(app, "phone");
  await expect(page.getByRole("list", { name: "Passkeys" })).toContainText("phone");
  await logOut(app);
  await cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
  await app.button("Log in with a passkey").click();
  await expect(page.getByText("Nothing came of it.")).toBeVisible();
  // Neither does a page get around that which doesn't ask for it.
  const answer = await page.evaluate(async () => {
    const form = (fields: Record<string, string>) => ({ method: "POST", headers: { accept: "application/json" }, body: new URLSearchParams(fields) });
    const options = JSON.parse(await (await fetch("/fn/get_challenge", form({}))).json()) as PublicKeyCredentialRequestOptionsJSON;
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON({ ...options, userVerification: "discouraged" });
    const credential = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
    const done = await fetch("/fn/log_in_with_passkey", form({ credential: JSON.stringify(credential.toJSON()) }));
    return { status: done.status, error: ((await done.json()) as { code: string }).code };
  });
  expect(answer).toEqual({ status: 403, error: "wrong_passkey" });
  expect(person.email).toBeTruthy();
});

test("a copied passkey is refused: its counter is behind", SCRIPTS, async ({ app, page, person, noise }) => {
  noise.expect(status(403));
  const { cdp, authenticatorId } = await authenticator(page);
  await app.open("/settings/security");
  await add(app, "phone");
  await expect(page.getByRole("list", { name: "Passkeys" })).toContainText("phone");
  const [copy] = (await cdp.send("WebAuthn.getCredentials", { authenticatorId })).credentials;
  for (let round = 0; round < 2; round += 1) {
    await logOut(app);
    await app.button("Log in with a passkey").click();
    await app.atToday();
  }
  await logOut(app);
  await cdp.send("WebAuthn.clearCredentials", { authenticatorId });
  if (copy) await cdp.send("WebAuthn.addCredential", { authenticatorId, credential: copy });
  await app.button("Log in with a passkey").click();
  await expect(page.getByText("This passkey doesn't work here.")).toBeVisible();
  expect(person.name).toBeTruthy();
});

test("a challenge is good for one answer", SCRIPTS, async ({ app, page, person, noise }) => {
  noise.expect(status(403));
  await authenticator(page);
  await app.open("/settings/security");
  await add(app, "phone");
  await expect(page.getByRole("list", { name: "Passkeys" })).toContainText("phone");
  await logOut(app);
  const statuses = await page.evaluate(async () => {
    const form = (fields: Record<string, string>) => ({ method: "POST", headers: { accept: "application/json" }, body: new URLSearchParams(fields) });
    const options = JSON.parse(await (await fetch("/fn/get_challenge", form({}))).json()) as PublicKeyCredentialRequestOptionsJSON;
    const credential = (await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) })) as PublicKeyCredential;
    const answer = form({ credential: JSON.stringify(credential.toJSON()) });
    const first = await fetch("/fn/log_in_with_passkey", answer);
    return [first.status, (await fetch("/fn/log_in_with_passkey", answer)).status];
  });
  expect(statuses).toEqual([200, 403]);
  expect(person.name).toBeTruthy();
});

test("who has two passkeys may do without a password, and the last way in stays", SCRIPTS, async ({ app, page, person, noise }) => {
  noise.expect(status(409));
  const first = await authenticator(page);
  await app.open("/settings/security");
  await add(app, "phone");
  await expect(page.getByRole("list", { name: "Passkeys" })).toContainText("phone");
  await expect(app.button("Remove the password")).toHaveCount(0);
  // Another device: one keeps one passkey for an account.
  await first.cdp.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId: first.authenticatorId });
  const second = await first.cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  expect(second.authenticatorId).not.toBe(first.authenticatorId);
  await add(app, "key");
  await expect(page.getByRole("list", { name: "Passkeys" }).getByRole("listitem")).toHaveCount(2);
  await app.button("Remove the password").click();
  await expect(page.getByText("Your account has no password.")).toBeVisible();
  await app.button("Remove phone").click();
  await expect(page.getByText("This is your last way in.")).toBeVisible();
  await logOut(app);
  const refused = await page.request.post("/fn/log_in", { form: { email: person.email, password: person.password }, headers: { accept: "application/json" } });
  expect(refused.status()).toBe(401);
  await app.button("Log in with a passkey").click();
  await app.atToday();
});

test("codes of an app are set up and asked for", async ({ app, page, person, noise }) => {
  noise.expect(status(401), status(403));
  await app.open("/settings/security");
  await app.saved(() => app.button("Set up").click());
  await expect(page.getByRole("img", { name: "QR code for your app" })).toBeVisible();
  const key = ((await page.locator(".key").textContent()) ?? "").replaceAll(" ", "");
  await app.field("The code that it shows").fill("000000");
  await app.saved(() => app.button("Turn on").click());
  await expect(page.getByText("This code doesn't work.").first()).toBeVisible();
  await app.field("The code that it shows").fill(await totp(key));
  await app.saved(() => app.button("Turn on").click());
  const codes = await page.locator(".backup-codes li").allTextContents();
  expect(codes).toHaveLength(10);
  await app.open("/logout");
  await page.locator("main").getByRole("button", { name: "Log out" }).click();
  await expect(page).toHaveURL(/\/login/);
  await app.hydrated();
  await app.field("E-mail address").fill(person.email);
  await app.field("Password").fill(person.password);
  await app.button("Log in").click();
  await expect(page.getByRole("heading", { name: "Second step" })).toBeVisible();
  await app.hydrated();
  await app.field("Code").fill("000000");
  await app.button("Log in").click();
  await expect(page.getByText("This code doesn't work.").first()).toBeVisible();
  await app.field("Code").fill(codes[0] ?? "");
  await app.button("Log in").click();
  await app.atToday();
  expect(await send(page, "get_factors", {})).toMatchObject({ codes: true, backup_codes: 9 });
});

/** What an app shows now (RFC 6238). */
async function totp(key: string): Promise<string> {
  const bits = [...key].map((digit) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(digit).toString(2).padStart(5, "0")).join("");
  const secret = Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => parseInt(byte, 2));
  const step = new DataView(new ArrayBuffer(8));
  step.setBigUint64(0, BigInt(Math.floor(Date.now() / 30_000)));
  const hmac = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-1" }, false, ["sign"]);
  const digest = new DataView(await crypto.subtle.sign("HMAC", hmac, step.buffer));
  const number = digest.getUint32(digest.getUint8(19) & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

test("a disabled account and a raised epoch hold for passkeys too, and one is a second factor", SCRIPTS, async ({ app, page, person, noise, database }) => {
  noise.expect(status(401), status(403));
  await authenticator(page);
  await app.open("/settings/security");
  await add(app, "phone");
  await expect(page.getByRole("list", { name: "Passkeys" })).toContainText("phone");
  // Both factors at once: who has one is asked for nothing else, and the password alone is no longer enough.
  await sql("update factor_policy set required = 'everybody', from_when = now() - interval '1 hour'", database);
  await app.open("/today");
  await app.atToday();
  const halfway = await page.request.post("/fn/log_in", { form: { email: person.email, password: person.password }, headers: { accept: "application/json" } });
  expect([halfway.status(), ((await halfway.json()) as { code: string }).code]).toEqual([401, "second_factor_needed"]);
  await app.open("/login/second");
  await app.button("Log in with a passkey").click();
  await app.atToday();
  await sql("update users set session_epoch = gen_random_uuid()", database);
  await page.goto("/today");
  await expect(page).toHaveURL(/\/login/);
  await app.hydrated();
  await sql("update users set is_active = false", database);
  await app.button("Log in with a passkey").click();
  await expect(page.getByText("This passkey doesn't work here.")).toBeVisible();
  await sql("update users set is_active = true", database);
  await app.button("Log in with a passkey").click();
  await app.atToday();
});
