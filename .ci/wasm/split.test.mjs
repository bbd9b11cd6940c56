// node --test .ci/wasm

import assert from "node:assert/strict";
import test from "node:test";

import { instrument } from "./instrument.mjs";
import { key } from "./keys.mjs";
import { KIND, parse, write } from "./module.mjs";
import { alike } from "./order.mjs";
import { split } from "./split.mjs";

const bytes = (...all) => new Uint8Array(all);
const nothing = { params: 0, bytes: bytes(0x60, 0, 0) };
const number = { params: 1, bytes: bytes(0x60, 1, 0x7f, 1, 0x7f) };

/** docketLater; 1: twice; 2: twice plus one, of 1; 3: through the table; 4: nobody calls it. */
const PROGRAM = {
  types: [nothing, number],
  imports: [{ module: "m", name: "__wbg_docketLater_0", kind: KIND.function, type: 0 }],
  functions: [0, 1, 1, 1, 1],
  imported: 1,
  bodies: [
    bytes(0, 0x20, 0, 0x41, 2, 0x6c, 0x0b),
    bytes(0, 0x20, 0, 0x10, 1, 0x41, 1, 0x6a, 0x0b),
    bytes(0, 0x20, 0, 0x41, 1, 0x11, 1, 0, 0x0b),
    bytes(0, 0x41, 0x7f, 0x0b),
  ],
  tables: [{ type: 0x70, min: 2, max: 2 }],
  memories: [{ min: 1 }],
  globals: [{ type: 0x7f, mutable: 1, start: bytes(0x41, 7, 0x0b) }],
  exports: [
    { name: "direct", kind: KIND.function, index: 2 },
    { name: "table", kind: KIND.function, index: 3 },
  ],
  start: undefined,
  elements: [{ offset: 1, functions: [1] }],
  data: undefined,
};

/** Runs a program whose functions with these numbers come later. Answers its exports, and how often the later half was loaded. */
function run(...later) {
  const halves = split(PROGRAM, (index) => later.includes(index), "docketLater");
  const loads = { count: 0 };
  const load = () => {
    loads.count += 1;
    new WebAssembly.Instance(new WebAssembly.Module(write(halves.later)), { _: exports });
  };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(write(halves.first)), { m: { __wbg_docketLater_0: load } });
  return { exports, loads };
}

test("what is written is what was read", () => {
  assert.deepEqual(write(parse(write(PROGRAM))), write(PROGRAM));
});

for (const later of [[], [1], [2], [3], [1, 2], [1, 3], [2, 3, 4], [1, 2, 3, 4]]) {
  test(`with ${later.join(", ") || "nothing"} in the later half it does the same, and loads that once, when it is needed`, () => {
    const { exports, loads } = run(...later);
    assert.equal(loads.count, 0);
    assert.equal(exports.direct(5), 11);
    assert.equal(exports.direct(-3), -5);
    assert.equal(exports.table(5), 10);
    assert.equal(loads.count, later.length > 0 ? 1 : 0);
  });
}

test("in another order it does the same", () => {
  const longer = { ...PROGRAM, bodies: [...PROGRAM.bodies.slice(0, 3), bytes(0, 0x41, 0x7f, 0x0b)] };
  const other = alike(longer);
  assert.deepEqual(other.bodies.map((body) => body.length), other.bodies.map((body) => body.length).toSorted((one, other) => one - other));
  assert.notDeepEqual(write(other), write(longer));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(write(other)), { m: { __wbg_docketLater_0: () => undefined } });
  assert.deepEqual([exports.direct(5), exports.direct(-3), exports.table(5)], [11, -5, 10]);
});

test("what ran says so, and nothing else", () => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(write(instrument(PROGRAM))), { m: { __wbg_docketLater_0: () => undefined } });
  assert.equal(exports.direct(5), 11);
  assert.deepEqual([0, 1, 2, 3].map((body) => exports[`ran${body}`].value), [1, 1, 0, 0]);
});

test("a key is the same whatever number a closure or a crate has today", () => {
  assert.equal(key("<docket[12ab34cd56ef7890]::ui::Row>::show::{closure#1}[2]"), key("<docket[0f0f0f0f0f0f0f0f]::ui::Row>::show::{closure#3}"));
  assert.notEqual(key("docket::ui::row"), key("docket::ui::rows"));
});
