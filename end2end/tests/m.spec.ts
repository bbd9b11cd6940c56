import { expect, test } from "../support/test.ts";
test("measure", { tag: "@scripts" }, async ({ page, person: _ }) => {
  let bad = 0, statuses: Record<string, number> = {};
  for (let i = 0; i < 60; i++) {
    const jobs = [0,1,2].map(async () => { const a = await page.request.post("/tasks", { form: { form_action: "/fn/add_task", form_next: "/tasks", title: " ", description: "" } });
    statuses[a.status()] = (statuses[a.status()] ?? 0) + 1;
    const t = await a.text();
    if (!t.replace(/<script.*?<\/script>/gs, "").includes("This can't be empty") ) { bad++; if (bad == 1) console.log(t.slice(t.indexOf("<main"), t.indexOf("<main") + 2500)); } });
    await Promise.all(jobs);
  }
  console.log("bad", bad, statuses);
});
