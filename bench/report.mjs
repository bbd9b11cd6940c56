// What was found, for people: a table, whether it is good enough, and a picture.

/** @typedef {{ what: string, wanted: string, found: string, met: boolean | undefined }} Line `met` is undefined where it wasn't measured */

/**
 * A table in Markdown, which is one in a terminal, too. The first column is text, the others are numbers.
 *
 * @param {string[]} head
 * @param {string[][]} rows
 */
export function table(head, rows) {
  const width = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => (row[column] ?? "").length)));
  const line = (/** @type {string[]} */ row) => `| ${width.map((most, column) => (column === 0 ? (row[column] ?? "").padEnd(most) : (row[column] ?? "").padStart(most))).join(" | ")} |`;
  return [line(head), `| ${width.map((most, column) => (column === 0 ? "-".repeat(most) : `${"-".repeat(most - 1)}:`)).join(" | ")} |`, ...rows.map(line)].join("\n");
}

/** @param {number | undefined} value @param {number} [digits] */
export function number(value, digits = value !== undefined && Math.abs(value) < 10 ? 2 : value !== undefined && Math.abs(value) < 100 ? 1 : 0) {
  return value === undefined || Number.isNaN(value) ? "–" : value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** @param {import("./measure.mjs").Ratio} ratio */
export function times({ median, least, most }) {
  return `${number(median, 2)} × (${number(least, 2)} – ${number(most, 2)})`;
}

/** @param {Line[]} lines */
export function acceptance(lines) {
  return table(["acceptance", "wanted", "found", "met"], lines.map(({ what, wanted, found, met }) => [what, wanted, found, met === undefined ? "not measured" : met ? "yes" : "no"]));
}

/** @param {string} text */
function escape(text) {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/**
 * The picture: for each kind of request, everybody's rate as a bar, as so many times that of the slowest.
 *
 * @param {{ label: string, bars: { label: string, rate: number, own: boolean }[] }[]} groups
 * @param {string} below what it was measured on
 */
export function picture(groups, below) {
  const [wide, left, bar, gap] = [760, 170, 20, 34];
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ rate }) => rate / Math.min(...bars.map(({ rate }) => rate)))));
  const room = wide - left - 190;
  const parts = [];
  let y = 64;
  for (const { label, bars } of groups) {
    const slowest = Math.min(...bars.map(({ rate }) => rate));
    parts.push(`<text class="group" x="16" y="${y}">${escape(label)}</text>`);
    y += 10;
    for (const { label, rate, own } of bars) {
      const length = Math.max(2, (room * rate) / slowest / most);
      const said = `${number(rate, 0)}/s · ${number(rate / slowest, 1)} ×`;
      parts.push(
        `<text class="name${own ? " own" : ""}" x="${left - 10}" y="${y + 14}">${escape(label)}</text>`,
        `<rect class="${own ? "own" : "other"}" x="${left}" y="${y + 2}" width="${length.toFixed(1)}" height="${bar - 5}" rx="3"/>`,
        `<text class="value${own ? " own" : ""}" x="${(left + length + 8).toFixed(1)}" y="${y + 14}">${said}</text>`,
      );
      y += bar;
    }
    y += gap;
  }
  const high = y + 6;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${wide}" height="${high}" viewBox="0 0 ${wide} ${high}" role="img" aria-labelledby="title">
<title id="title">Requests a second of Docket, of its peers and of its SQL alone</title>
<style>
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .head { font-size: 16px; font-weight: 600; }
  .group { font-weight: 600; }
  .name { text-anchor: end; }
  .own { font-weight: 600; }
  .below { font-size: 11px; fill: #57606a; }
  rect.own { fill: #2f6fde; }
  rect.other { fill: #a5adb8; }
  .paper { fill: #ffffff; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .below { fill: #9198a1; }
    rect.own { fill: #6ba1ff; }
    rect.other { fill: #5b6470; }
    .paper { fill: #0d1117; }
  }
</style>
<rect class="paper" width="${wide}" height="${high}" rx="8"/>
<text class="head" x="16" y="30">Requests a second, and how many times those of the slowest</text>
${parts.join("\n")}
<text class="below" x="16" y="${high - 16}">${escape(below)}</text>
</svg>
`;
}
