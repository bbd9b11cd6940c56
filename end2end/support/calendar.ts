// The calendar of the people in the tests. They live where it is about noon, so that no day ends while a test runs.

const hour = new Date().getUTCHours();

/** How many hours their clocks are ahead of UTC: from -11 to 12. */
const AHEAD = 12 - hour;

/** Where they live. (In these names the sign is the other way round.) */
export const ZONE = AHEAD === 0 ? "Etc/UTC" : `Etc/GMT${AHEAD > 0 ? "-" : "+"}${Math.abs(AHEAD)}`;

const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

function date(days: number): Date {
  return new Date(Date.now() + (AHEAD + 24 * days) * 3_600_000);
}

/** The day so many days from today, such as `2026-11-21`. */
export function day(days = 0): string {
  return date(days).toISOString().slice(0, 10);
}

/** The same as a heading says it: "Saturday 21 November". */
export function heading(days: number): string {
  const at = date(days);
  return `${WEEKDAYS[at.getUTCDay()]} ${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]}`;
}

/** The same as a task says it, where it isn't yesterday, today or tomorrow: "Sat 21 Nov". */
export function label(days: number): string {
  const at = date(days);
  const year = at.getUTCFullYear() === date(0).getUTCFullYear() ? "" : ` ${at.getUTCFullYear()}`;
  return `${WEEKDAYS[at.getUTCDay()]!.slice(0, 3)} ${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]!.slice(0, 3)}${year}`;
}

/** A day of the calendar as Docket says it to somebody somewhere, whatever the date: for what happens "today". */
export function localDay(zone: string): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(new Date());
}
