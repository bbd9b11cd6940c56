// A client that a generator of others made of docs/openapi.json does all there is to do. The compiler checks that every request and answer here is
// as the document says; the server, that the document is right.

import { AxeBuilder } from "@axe-core/playwright";
import createClient, { type Middleware } from "openapi-fetch";

import type { components, paths } from "../support/api.d.ts";
import { SCRIPTS, expect, somebody, test } from "../support/test.ts";

type Task = components["schemas"]["Task"];

/** What was asked for, or a failure that says what came instead. */
function good<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  expect(answer.error, `${answer.response.status} ${answer.response.url}`).toBeUndefined();
  return answer.data as T;
}

test("a generated client does the whole tour", SCRIPTS, async ({ server }) => {
  const api = createClient<paths>({ baseUrl: `${server.url}/api/v1` });
  // Node's fetch keeps no cookies.
  let login: Record<string, string> = {};
  const remember: Middleware = {
    onRequest({ request }) {
      for (const [name, value] of Object.entries(login)) request.headers.set(name, value);
    },
    onResponse({ response }) {
      const cookie = response.headers.getSetCookie()[0]?.split(";")[0];
      if (cookie) login = { cookie };
    },
  };
  api.use(remember);

  await test.step("nobody is let in", async () => {
    const { error, response } = await api.GET("/me");
    expect([response.status, error?.code]).toEqual([401, "not_logged_in"]);
    expect(response.headers.get("www-authenticate")).toContain("Bearer");
  });

  const ada = somebody("Ada");
  await test.step("register", async () => {
    const refused = await api.POST("/auth/register", { body: { ...ada, password: "password" } });
    expect(refused.error?.errors?.map(({ field }) => field)).toEqual(["password"]);
    const { user } = good(await api.POST("/auth/register", { body: { ...ada, time_zone: "Europe/Berlin" } }));
    expect(user).toMatchObject({ email: ada.email, name: "Ada", time_zone: "Europe/Berlin", email_verified: false });
  });

  await test.step("log out and in", async () => {
    good(await api.POST("/auth/logout"));
    expect((await api.GET("/me")).response.status).toBe(401);
    const wrong = await api.POST("/auth/login", { body: { email: ada.email, password: "not this one" } });
    expect(wrong.error?.code).toBe("wrong_credentials");
    expect(good(await api.POST("/auth/login", { body: { email: ada.email, password: ada.password } })).user.name).toBe("Ada");
  });

  await test.step("a JWT, which acts from now on", async () => {
    const issued = good(await api.POST("/auth/token"));
    expect(issued).toMatchObject({ token_type: "Bearer", expires_in: 900 });
    const { cookie } = login;
    login = { authorization: `Bearer ${issued.token}` };
    expect(good(await api.GET("/me")).email).toBe(ada.email);
    expect((await api.POST("/auth/token")).error?.code).toBe("session_needed");
    login = { authorization: `Bearer ${issued.token}x` };
    expect((await api.GET("/me")).error?.code).toBe("invalid_token");
    login = { cookie: cookie ?? "" };
  });

  const fern = await test.step("add a task, once", async () => {
    const send = () =>
      api.POST("/tasks", {
        body: { title: "Water the fern", due_date: "2027-03-01", due_time: "09:30", priority: "high" },
        params: { header: { "Idempotency-Key": "one" } },
      });
    const [first, again] = [await send(), await send()];
    const task: Task = good(first);
    expect(task).toMatchObject({ title: "Water the fern", status: "pending", due_time: "09:30", description: null, version: 1 });
    expect(good(again)).toEqual(task);
    expect(first.response.status).toBe(201);
    expect(first.response.headers.get("location")).toBe(`/api/v1/tasks/${task.id}`);
    const other = await api.POST("/tasks", { body: { title: "Another" }, params: { header: { "Idempotency-Key": "one" } } });
    expect(other.error?.code).toBe("idempotency_key_reused");
    return task;
  });
  const path = { id: fern.id };

  await test.step("read it, if it isn't known", async () => {
    const read = await api.GET("/tasks/{id}", { params: { path } });
    expect(good(read)).toEqual(fern);
    const tag = read.response.headers.get("etag") ?? "";
    const known = await api.GET("/tasks/{id}", { params: { path, header: { "If-None-Match": tag } } });
    expect(known.response.status).toBe(304);
    const nobodys = await api.GET("/tasks/{id}", { params: { path: { id: "019ab5f0-52d7-7c80-9d9c-0a1b2c3d4e5f" } } });
    expect(nobodys.error?.code).toBe("not_found");
  });

  await test.step("change it, in the version that is known", async () => {
    const change = (tag: string) =>
      api.PATCH("/tasks/{id}", { params: { path, header: { "If-Match": tag } }, body: { description: "And the cactus", due_time: null } });
    expect(good(await change('"1"'))).toMatchObject({ description: "And the cactus", due_date: "2027-03-01", due_time: null, version: 2 });
    const stale = await change('"1"');
    expect([stale.response.status, stale.error?.code, stale.response.headers.get("etag")]).toEqual([412, "version_mismatch", '"2"']);
    const bad = await api.PATCH("/tasks/{id}", { params: { path }, body: { title: " " } });
    expect(bad.error?.errors?.[0]?.field).toBe("title");
  });

  await test.step("complete it, and reopen it", async () => {
    const toggle = () => api.POST("/tasks/{id}/toggle", { params: { path } });
    expect(good(await toggle())).toMatchObject({ status: "completed", completed: true });
    expect(good(await toggle())).toMatchObject({ status: "pending", completed: false, completed_at: null });
  });

  await test.step("many at once, all or nothing", async () => {
    const titles = ["Answer Noor", "Book the dentist", "Plan Sunday's dinner", "Take the books back"];
    const { results } = good(
      await api.POST("/tasks/bulk", { body: { operations: titles.map((title) => ({ action: "create" as const, task: { title, priority: "low" as const } })) } }),
    );
    expect(results.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    const [noor, dentist] = results.map(({ task }) => task?.id ?? "");
    const mixed = (atomic: boolean) =>
      api.POST("/tasks/bulk", {
        body: {
          atomic,
          operations: [
            { action: "complete", id: noor ?? "" },
            { action: "update", id: dentist ?? "", version: 99, task: { priority: "urgent" } },
          ],
        },
      });
    const nothing = await mixed(true);
    expect([nothing.response.status, nothing.error?.code]).toEqual([412, "version_mismatch"]);
    expect(good(await api.GET("/tasks", { params: { query: { completed: true } } })).total).toBe(0);
    const each = good(await mixed(false)).results;
    expect(each.map(({ status, error }) => [status, error?.code])).toEqual([
      [200, undefined],
      [412, "version_mismatch"],
    ]);
  });

  await test.step("lists", async () => {
    const list = async (query: paths["/tasks"]["get"]["parameters"]["query"]) => good(await api.GET("/tasks", { params: { query } }));
    expect((await list({ status: "completed" })).tasks.map(({ title }) => title)).toEqual(["Answer Noor"]);
    expect((await list({ priority: "high", due_from: "2027-01-01" })).tasks.map(({ title }) => title)).toEqual(["Water the fern"]);
    expect((await list({ q: "cact" })).total).toBe(1);
    const seen: (string | undefined)[] = [];
    let cursor: string | null | undefined;
    do {
      const page = await list({ sort: "title", limit: 2, fields: "id,title", ...(cursor ? { cursor } : {}) });
      expect(page.total).toBe(5);
      expect(Object.keys(page.tasks[0] ?? {}).sort()).toEqual(["id", "title"]);
      seen.push(...page.tasks.map(({ title }) => title));
      cursor = page.next_cursor;
    } while (cursor);
    expect(seen).toEqual(["Answer Noor", "Book the dentist", "Plan Sunday's dinner", "Take the books back", "Water the fern"]);
    const second = await api.GET("/tasks", { params: { query: { offset: 2, limit: 2 } } });
    const rels = [...(second.response.headers.get("link") ?? "").matchAll(/rel="(\w+)"/g)].map(([, rel]) => rel);
    expect(rels.sort()).toEqual(["first", "last", "next", "prev"]);
  });

  await test.step("to the trash and back", async () => {
    expect((await api.DELETE("/tasks/{id}", { params: { path } })).response.status).toBe(204);
    expect((await api.GET("/tasks/{id}", { params: { path } })).error?.code).toBe("not_found");
    expect(good(await api.POST("/tasks/{id}/restore", { params: { path } })).title).toBe("Water the fern");
  });

  await test.step("its history, page by page", async () => {
    const { events, next_cursor } = good(await api.GET("/tasks/{id}/history", { params: { path, query: { limit: 2 } } }));
    expect(events).toHaveLength(2);
    const older = good(await api.GET("/tasks/{id}/history", { params: { path, query: { cursor: next_cursor ?? "" } } }));
    // Added, changed, completed, reopened, deleted, restored.
    expect(events.length + older.events.length).toBe(6);
    expect(older.events.at(-1)?.old_values).toBeNull();
  });

  await test.step("the account", async () => {
    expect(good(await api.PATCH("/me", { body: { name: "Ada Lovelace", time_zone: "Europe/London" } }))).toMatchObject({
      name: "Ada Lovelace",
      time_zone: "Europe/London",
    });
    const actions = good(await api.GET("/me/audit", { params: { query: { limit: 200 } } })).events.map(({ action }) => action);
    expect(actions.length).toBeGreaterThan(10);
    const everything = good(await api.GET("/me/export")) as { tasks?: unknown[] };
    expect(everything.tasks).toHaveLength(5);
  });

  await test.step("sessions", async () => {
    const mine = login;
    // As if from another device: a login with a session takes its place.
    login = {};
    good(await api.POST("/auth/login", { body: { email: ada.email, password: ada.password } }));
    const others = login;
    login = mine;
    const { sessions } = good(await api.GET("/me/sessions"));
    const other = sessions.find(({ current }) => !current);
    expect(sessions.filter(({ current }) => current)).toHaveLength(1);
    expect((await api.DELETE("/me/sessions/{id}", { params: { path: { id: other?.id ?? "" } } })).response.status).toBe(204);
    login = others;
    expect((await api.GET("/me")).response.status).toBe(401);
    login = mine;
  });

  await test.step("forgotten", async () => {
    const refused = await api.DELETE("/me", { body: { password: "not this one" } });
    expect(refused.response.status).toBe(403);
    expect((await api.DELETE("/me", { body: { password: ada.password } })).response.status).toBe(204);
    expect((await api.POST("/auth/login", { body: { email: ada.email, password: ada.password } })).error?.code).toBe("wrong_credentials");
  });
});

test("a problem leads to its place on the page of the API, and a call to what it is made of", async ({ page, server }) => {
  const problem = (await (await fetch(`${server.url}/api/v1/nothing`)).json()) as components["schemas"]["Problem"];
  await page.goto(problem.type);
  await expect(page.locator(":target")).toContainText("not_found");
  await expect(page.locator(":target")).toBeInViewport();

  const contents = page.getByRole("navigation", { name: "On this page" });
  await contents.getByRole("link", { name: "Adds a task" }).click();
  const call = page.locator(":target");
  await expect(call).toContainText("POST /api/v1/tasks");
  await expect(call).toContainText("tasks:write");
  await expect(call).toContainText("Idempotency-Key");
  await call.locator("summary").filter({ hasText: "Example" }).press("Enter");
  await expect(call).toContainText(`-H "Authorization: Bearer $TOKEN"`);
  await call.getByRole("link", { name: "Status" }).click();
  await expect(page.locator(":target")).toContainText("in_progress");
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`the page of the API fits a small screen in ${colorScheme}, and nothing on it is in anybody's way`, SCRIPTS, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 320, height: 640 });
    await page.goto("/api/docs");
    await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
    // All that is alike once: the whole page takes axe a minute.
    await page.evaluate(() => {
      for (const other of document.querySelectorAll(".operation:not(#op-createTask), .schema:not(#schema-Operation)")) other.remove();
    });
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze();
    expect(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary ?? ""}`))).toEqual([]);
  });
}
