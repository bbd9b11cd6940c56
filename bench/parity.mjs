// Whether everybody does the same: same rows, same fields, same login check, same rows in the audit log, durable settings on. Otherwise nothing is
// measured.

import { headers } from "./load.mjs";
import { DURABLE } from "./postgres.mjs";
import { CASES, patched } from "./requests.mjs";

/** What differs by nature: of the same kind is enough. `next_cursor` is for whoever made it; ids and times are made anew for a new task. */
const FREE = { list: ["next_cursor"], single: [], create: ["id", "position", "created_at", "updated_at"], patch: ["updated_at"] };

/** @param {any} value */
function kind(value) {
  if (value === null || typeof value !== "string") return value === null ? "null" : typeof value;
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)) return "UUID";
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(value)) return "time";
  return /^[0-9a-f]{24}$/.test(value) ? "position" : "text";
}

/**
 * Where two answers differ, field by field.
 *
 * @param {any} one
 * @param {any} other
 * @param {string[]} free
 * @param {string} [path]
 * @returns {string[]}
 */
export function differences(one, other, free, path = "") {
  if (free.includes(path)) return (path.endsWith("cursor") ? typeof one === typeof other : kind(one) === kind(other)) ? [] : [`${path}: ${JSON.stringify(one)}, ${JSON.stringify(other)}`];
  if (one === null || other === null || typeof one !== "object" || typeof other !== "object") {
    return one === other ? [] : [`${path || "all of it"}: ${JSON.stringify(one)}, ${JSON.stringify(other)}`];
  }
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].flatMap((name) => differences(one[name], other[name], free, path ? `${path}.${name}` : name));
}

/**
 * Asks one contender everything that is compared.
 *
 * @param {import("./postgres.mjs").Postgres} postgres
 * @param {import("./contenders.mjs").Contender} contender
 */
async function answers(postgres, contender) {
  /** @type {any} */
  const found = {};
  const ask = async (/** @type {string} */ path, /** @type {RequestInit} */ request = {}) => {
    const answer = await fetch(contender.url + path, request);
    const text = await answer.text();
    return { status: answer.status, location: answer.headers.has("location"), body: answer.ok ? JSON.parse(text) : undefined };
  };
  for (const each of CASES.filter(({ own }) => !own)) {
    const patch = each.method === "PATCH";
    const request = { method: each.method, headers: headers(contender, each), ...(each.body ? { body: each.body } : {}) };
    if (patch) request.body = '{"title":"Changed","priority":"urgent","due_date":"2027-04-01","due_time":"17:30"}';
    found[each.name] = await ask(patch ? `/api/v1/tasks/${patched(5)}` : each.path, request);
    if (!each.writes) continue;
    const row = await postgres.ask(contender.database, "select row_to_json(audit_logs) from audit_logs where entity_type = 'task' order by id desc limit 1");
    const { user_id, action, entity_id, old_values, new_values } = JSON.parse(row || "{}");
    const id = found[each.name].body?.id;
    // Docket's is the one task's place.
    const { position, ...values } = new_values ?? {};
    found[`${each.name}, audit log`] = { user_id, action, old_values, new_values: values, position: kind(position ?? null), itsTask: entity_id === id };
  }
  const of = (/** @type {string} */ token) => ({ headers: { authorization: `Bearer ${token}` } });
  const { reader, writer } = contender.people;
  found["nobody"] = await ask("/api/v1/tasks");
  found["no token"] = await ask("/api/v1/tasks", of("dkt_nothing"));
  found["a token that isn't there"] = await ask("/api/v1/tasks", of(`${reader.token.slice(0, 5)}${reader.token[5] === "x" ? "y" : "x"}${reader.token.slice(6)}`));
  found["somebody else's task"] = await ask(`/api/v1/tasks/${patched(5)}`, of(reader.token));
  found["their own task"] = { status: (await ask(`/api/v1/tasks/${patched(6)}`, of(writer.token))).status };
  const tokens = contender.name === "docket" ? "api_tokens" : "tokens";
  await postgres.ask(contender.database, `update ${tokens} set expires_at = now() + interval '0.2 s' where user_id = '${writer.id}'`);
  await postgres.ask(contender.database, "select pg_sleep(0.3)");
  found["a token that has expired"] = await ask("/api/v1/tasks", of(writer.token));
  await postgres.ask(contender.database, `update ${tokens} set expires_at = null where user_id = '${writer.id}'`);
  await postgres.ask(contender.database, `update users set is_active = false where id = '${writer.id}'`);
  found["a disabled account"] = await ask("/api/v1/tasks", of(writer.token));
  await postgres.ask(contender.database, `update users set is_active = true where id = '${writer.id}'`);
  return found;
}

/**
 * Fails where somebody doesn't do what Docket does.
 *
 * @param {import("./postgres.mjs").Postgres} postgres
 * @param {import("./contenders.mjs").Contender[]} contenders
 * @returns {Promise<string[]>} what was compared
 */
export async function checkParity(postgres, contenders) {
  const [docket, ...peers] = contenders;
  if (!docket) throw new Error("nobody to compare");
  for (const { database } of contenders) {
    for (const [name, wanted] of Object.entries(DURABLE)) {
      const value = await postgres.ask(database, `show ${name}`);
      if (value !== wanted) throw new Error(`parity: ${name} is ${value} in ${database}`);
    }
  }
  const own = await postgres.ask("postgres", "select coalesce(string_agg(array_to_string(setconfig, ','), ','), '') from pg_db_role_setting");
  if (/fsync|synchronous_commit|full_page_writes/.test(own)) throw new Error(`parity: somebody has settings of their own: ${own}`);
  const expected = await answers(postgres, docket);
  /** @type {string[]} */
  const wrong = [];
  const good = { list: 200, single: 200, create: 201, patch: 200, nobody: 401, "somebody else's task": 404, "a token that has expired": 401, "a disabled account": 401 };
  for (const [what, status] of Object.entries(good)) {
    if (expected[what].status !== status) wrong.push(`${what}: Docket answers ${expected[what].status}, not ${status}`);
  }
  if (expected.list.body?.tasks.length !== 50 || expected.list.body.total !== 200) wrong.push("the list isn't one of 50 of 200");
  for (const each of CASES.filter(({ own }) => own)) {
    const answer = await fetch(docket.url + each.path, { headers: headers(docket, each), redirect: "manual" });
    const text = await answer.text();
    if (answer.status !== 200) wrong.push(`${each.label}: Docket answers ${answer.status}`);
    else if (each.name === "page") {
      const rows = text.split('class="task-title"').length - 1;
      if (rows !== 50) wrong.push(`the page has ${rows} tasks, not 50`);
    } else wrong.push(...differences(expected.list.body, JSON.parse(text), ["next_cursor"]).map((text) => `${each.label}: ${text} (by token, by cookie)`));
  }
  for (const peer of peers) {
    const found = await answers(postgres, peer);
    for (const what of Object.keys(expected)) {
      const free = (FREE[/** @type {keyof typeof FREE} */ (what)] ?? []).map((name) => `body.${name}`);
      wrong.push(...differences(expected[what], found[what], free).map((text) => `${what}: ${text} (Docket, ${peer.label})`));
    }
  }
  if (wrong.length > 0) throw new Error(`parity: not everybody does the same:\n  ${wrong.join("\n  ")}`);
  return Object.keys(expected);
}
