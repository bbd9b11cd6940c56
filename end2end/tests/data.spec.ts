// What somebody says of themselves, what they take along, and how they go.

import { readFile } from "node:fs/promises";
import { deflateSync, crc32 } from "node:zlib";

import { type App, expect, status, test } from "../support/test.ts";

/** A PNG of one colour. */
function png(width: number, height: number, colour: [number, number, number]): Buffer {
  const chunk = (name: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, Buffer.from(colour))]);
  const rows = Buffer.concat(Array.from({ length: height }, () => row));
  const sign = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([sign, chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

/** Chooses a file and sends it. */
async function upload(app: App, name: string, buffer: Buffer): Promise<void> {
  await app.field("Picture").setInputFiles({ name, mimeType: "image/png", buffer });
  await app.button("Use this picture").click();
  await app.page.waitForLoadState();
  await app.at("/settings/profile", "Profile");
}

test("a new name is in the header at once", async ({ app, page, person, noise }) => {
  noise.expect(status(422));
  const who = page.getByRole("banner").getByRole("navigation", { name: "Account" }).getByRole("link");
  await app.open("/settings/profile");
  await app.field("Name").fill(" ");
  await app.saved(() => app.button("Save the name").click());
  await expect(app.field("Name")).toHaveAttribute("aria-invalid", "true");
  await expect(app.field("Name")).toHaveAccessibleDescription(/^This can't be empty\./);
  await expect(who).toHaveText(person.name);
  await app.field("Name").fill("Ada, Countess of Lovelace");
  await app.saved(() => app.button("Save the name").click());
  await expect(who).toHaveText("Ada, Countess of Lovelace");
  await expect(app.field("Name")).not.toHaveAttribute("aria-invalid", "true");
  if (app.scripts) await expect(app.told).toContainText("Saved.");
  await app.reload();
  await expect(app.field("Name")).toHaveValue("Ada, Countess of Lovelace");
});

test("a picture is shown in the header until it is removed", async ({ app, page, person, noise }) => {
  noise.expect(status(422));
  const shown = page.getByRole("banner").locator(".portrait");
  await app.open("/settings/profile");
  await expect(shown).toHaveAttribute("data-initial", person.name[0]!);
  await upload(app, "me.png", Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>"));
  await expect(app.field("Picture")).toHaveAttribute("aria-invalid", "true");
  await expect(app.field("Picture")).toHaveAccessibleDescription(/^Docket can't read this\./);
  if (app.scripts) await expect(app.field("Picture")).toBeFocused();
  await upload(app, "me.png", png(300, 200, [200, 30, 60]));
  await expect(shown).toHaveAttribute("src", /^\/pictures\/[0-9a-f]{64}$/);
  // It is drawn, by a policy that allows no picture from elsewhere.
  await expect.poll(() => shown.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(256);
  await expect(app.field("Picture")).not.toHaveAttribute("aria-invalid", "true");
  await app.saved(() => app.button("Remove the picture").click());
  await expect(shown).toHaveAttribute("data-initial", person.name[0]!);
  await expect(app.button("Remove the picture")).toHaveCount(0);
});

test("too large a file is refused in words", async ({ app, noise, person }) => {
  expect(person).toBeTruthy();
  noise.expect(status(413));
  await app.open("/settings/profile");
  await upload(app, "me.png", Buffer.concat([png(300, 200, [0, 90, 0]), Buffer.alloc(6 * 1024 * 1024)]));
  await expect(app.field("Picture")).toHaveAccessibleDescription(/^This file has more than 4 MB\./);
});

test("everything can be taken along", async ({ app, page, person, noise }) => {
  // What becomes a download is none of the page's any more.
  noise.expect(/^failed: GET \S+\/settings\/data\/\S+ net::ERR_ABORTED$/);
  await app.make({ title: "=1+1", description: "two\nlines", priority: "urgent" }, "“Grüße”");
  await app.open("/settings/profile");
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Your data" }).click();
  await app.at("/settings/data", "Your data");
  const download = async (link: string) => {
    const coming = page.waitForEvent("download");
    await page.getByRole("link", { name: link }).click();
    const file = await coming;
    return { name: file.suggestedFilename(), text: await readFile(await file.path(), "utf8") };
  };
  const all = await download("Download everything");
  expect(all.name).toMatch(/^docket-\d{4}-\d\d-\d\d\.json$/);
  const data = JSON.parse(all.text) as { account: { email: string }; tasks: { title: string }[]; history: unknown[] };
  expect(data.account.email).toBe(person.email);
  expect(data.tasks.map((task) => task.title)).toEqual(["=1+1", "“Grüße”"]);
  const table = await download("Download your tasks");
  expect(table.name).toMatch(/^docket-\d{4}-\d\d-\d\d\.csv$/);
  expect(table.text).toMatch(/^\uFEFFid,title,description,status,priority,/);
  expect(table.text).toContain(`,'=1+1,"two\nlines",pending,urgent,`);
  expect(table.text).toContain("“Grüße”");
  // The page is still there, and so is who reads it.
  await app.at("/settings/data", "Your data");
});

test("who erases the account is asked for the password, and gone", async ({ app, page, person, noise }) => {
  noise.expect(status(403), status(401));
  await app.make("a secret");
  await app.open("/settings/data");
  const password = app.field("Your password");
  await expect(password).toBeHidden();
  await page.getByText("Erase my account…").click();
  await password.fill("not the password");
  await app.button("Erase everything for good").click();
  await expect(password).toHaveAttribute("aria-invalid", "true");
  await expect(password).toHaveAccessibleDescription(/^This is not your password\./);
  if (app.scripts) await expect(password).toBeFocused();
  await password.fill(person.password);
  await app.button("Erase everything for good").click();
  await expect(page).toHaveURL(/\/\?erased=1$/);
  await expect(page.getByText("Your account is erased")).toBeVisible();
  await app.hydrated();
  await app.open("/login");
  await app.logIn(person);
  await expect(page.getByRole("alert").filter({ hasText: "is not right" })).toBeVisible();
  // The address is free again, and nothing is behind it.
  await app.register(person);
  await app.go("All");
  await expect(app.titles()).toHaveCount(0);
});
