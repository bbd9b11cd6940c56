// What is asked of each contender: the same request of all.

/** How many tasks may be patched, in turn: enough that two of 256 rarely meet at one. */
export const PATCHED = 2_048;
const PREFIX = "018c0000-0000-7000-8000-";

/** The id of the task to be patched with this number. @param {number} number */
export function patched(number) {
  return PREFIX + number.toString(16).padStart(12, "0");
}

/** The number of the task to be patched with this id, or undefined. @param {string} id */
export function patchedNumber(id) {
  return id.startsWith(PREFIX) ? parseInt(id.slice(PREFIX.length), 16) : undefined;
}

/** The id of one of the 200 tasks that are read. @param {number} number */
export function listed(number) {
  return `018c0001-0000-7000-8000-${number.toString(16).padStart(12, "0")}`;
}

/** How many tasks are in the list that is read. */
export const LISTED = 200;

/** What a task is changed to: another title each time. */
export const TITLE = "Measured";

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {string} label for people
 * @property {"GET" | "POST" | "PATCH"} method
 * @property {string} path for PATCH, that of one task after the other
 * @property {"reader" | "writer"} who
 * @property {"token" | "cookie"} by
 * @property {Record<string, string>} [headers]
 * @property {string} [body] the same each time
 * @property {boolean} [writes] leaves a row in the audit log
 * @property {boolean} [own] Docket's only
 */

const json = { "content-type": "application/json" };

/** @type {Case[]} */
export const CASES = [
  { name: "list", label: "list of 50 of 200", method: "GET", path: "/api/v1/tasks", who: "reader", by: "token" },
  { name: "single", label: "single task", method: "GET", path: `/api/v1/tasks/${listed(100)}`, who: "reader", by: "token" },
  {
    name: "create",
    label: "create",
    method: "POST",
    path: "/api/v1/tasks",
    who: "writer",
    by: "token",
    headers: json,
    body: '{"title":"Water the fern","description":"The one in the hall, not the one on the stairs","priority":"high","due_date":"2027-03-01"}',
    writes: true,
  },
  { name: "patch", label: "patch", method: "PATCH", path: "/api/v1/tasks/…", who: "writer", by: "token", headers: json, writes: true },
  { name: "cookie", label: "list by cookie", method: "GET", path: "/api/v1/tasks", who: "reader", by: "cookie", own: true },
  { name: "page", label: "page of 50 as HTML", method: "GET", path: "/tasks", who: "reader", by: "cookie", headers: { accept: "text/html" }, own: true },
];
