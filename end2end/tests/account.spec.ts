// To register and to log in: errors stand at their fields, and what was typed stays, except passwords.

import { expect, somebody, status, test } from "../support/test.ts";

test("registering with nothing right says at each field what is wrong", async ({ app, page, noise }) => {
  noise.expect(status(422));
  await app.open("/register");
  await app.field("Name").fill("  ");
  await app.field("E-mail address").fill("ada at example");
  await app.field("Password").fill("short77");
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === "POST"),
    app.button("Make the account").click(),
  ]);

  await expect(app.field("Name")).toHaveAttribute("aria-invalid", "true");
  await expect(app.field("Name")).toHaveAccessibleDescription("This can't be empty. What Docket calls you.");
  await expect(app.field("E-mail address")).toHaveAttribute("aria-invalid", "true");
  await expect(app.field("E-mail address")).toHaveAccessibleDescription("This is not an e-mail address. One looks like name@example.org.");
  await expect(app.field("Password")).toHaveAttribute("aria-invalid", "true");
  await expect(app.field("Password")).toHaveAccessibleDescription(/^Use at least 8 characters\./);
  if (app.scripts) await expect(app.field("Name")).toBeFocused();

  await expect(app.field("Name")).toHaveValue("  ");
  await expect(app.field("E-mail address")).toHaveValue("ada at example");
  expect(answer.status()).toBe(422);
  expect(await answer.text()).not.toContain("short77");
  if (!app.scripts) await expect(app.field("Password")).toHaveValue("");

  const ada = somebody();
  await app.fillIn(ada);
  await app.atToday();
});

test("registering with an address that has an account says so at the address", async ({ app, person, noise }) => {
  noise.expect(status(422));
  await app.open("/tasks");
  await app.logOut();
  await app.open("/register");
  await app.field("Name").fill("Another Ada");
  await app.field("E-mail address").fill(person.email.toUpperCase());
  await app.field("Password").fill("a different password");
  await app.button("Make the account").click();

  await expect(app.field("E-mail address")).toHaveAttribute("aria-invalid", "true");
  await expect(app.field("E-mail address")).not.toHaveAccessibleDescription("");
  await expect(app.field("E-mail address")).toHaveValue(person.email.toUpperCase());
  await expect(app.field("Name")).toHaveValue("Another Ada");
  await expect(app.field("Name")).not.toHaveAttribute("aria-invalid", "true");
  if (app.scripts) await expect(app.field("E-mail address")).toBeFocused();
});

test("logging in with a wrong password and with an unknown address get the same answer", async ({ app, page, person, noise }) => {
  noise.expect(status(401));
  await app.open("/tasks");
  await app.logOut();
  for (const email of [person.email, "nobody@example.org"]) {
    await app.open("/login");
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.request().method() === "POST"),
      app.logIn({ ...person, email, password: "not the password" }),
    ]);
    await expect(page.getByRole("alert")).toHaveText("The e-mail address or the password is not right.");
    await expect(app.field("E-mail address")).toHaveValue(email);
    expect(answer.status()).toBe(401);
    expect(await answer.text()).not.toContain("not the password");
    if (!app.scripts) await expect(app.field("Password")).toHaveValue("");
  }
  await app.logIn(person);
  await app.atToday();
});

test("the address may be typed with capitals and blanks around it", async ({ app, person }) => {
  await app.open("/tasks");
  await app.logOut();
  await app.logIn({ ...person, email: `  ${person.email.toUpperCase()} ` });
  await app.atToday();
});

test("the page to log out logs out", async ({ app, page, person: _ }) => {
  await app.open("/logout");
  await page.getByRole("main").getByRole("button", { name: "Log out" }).click();
  await expect(page).toHaveURL(/\/login$/);
  await app.open("/tasks");
  await expect(page).toHaveURL(/\/login\?next=%2Ftasks$/);
});

test("the header changes with who is logged in", async ({ app, page, person }) => {
  const header = page.getByRole("banner");
  await app.open("/tasks");
  await expect(header).toContainText(person.name);
  await expect(header.getByRole("link", { name: "Log in" })).toHaveCount(0);
  await app.logOut();
  await expect(header.getByRole("link", { name: "Log in" })).toBeVisible();
  await expect(header).not.toContainText(person.name);
});
