// Splits a module in two: the first half is what a page needs to come alive, the later half is everything else, and is loaded after that. Where the
// first half calls a function of the later one, it goes through a slot of the table; if that is still empty, `docketLater` (src/start.js) fills it
// first. So whatever is in which half, the program does the same: what was put on the wrong side costs time, never truth.

import { KIND, calls, constant, join, number, renumber } from "./module.mjs";

const NONE = [0x00]; // no local variables
const END = 0x0b;

/** The two halves of a module; `isLater` says of a function by its number which it belongs to. `loader` is part of the name of the imported function that loads the later half. */
export function split(program, isLater, loader) {
  const { imported, functions, bodies } = program;
  const found = bodies.map(calls);
  const later = functions.map((_, index) => index >= imported && isLater(index));
  const all = [...functions.keys()];

  const load = program.imports.findIndex(({ name }) => name.includes(loader));
  if (load < 0) throw new Error(`split: nothing imported is called ${loader}`);

  // What the first half names and doesn't have: from its bodies, from outside, from the table.
  const named = new Set();
  const name = (index) => later[index] && named.add(index);
  for (const index of all.slice(imported)) if (!later[index]) for (const call of found[index - imported]) name(call.index);
  for (const { kind, index } of program.exports) if (kind === KIND.function) name(index);
  for (const { functions } of program.elements) functions.forEach(name);
  if (program.start !== undefined) name(program.start);

  // Those of one type side by side: they differ by their slot only, and that compresses well.
  const bridges = all.filter((index) => named.has(index)).sort((one, other) => functions[one] - functions[other] || one - other);
  const slots = new Map(bridges.map((index, slot) => [index, program.tables[0].min + slot]));

  const first = firstHalf();
  return { first: first.program, later: laterHalf(first.place), bridges: bridges.length };

  function firstHalf() {
    const kept = [...all.filter((index) => !later[index]), ...bridges];
    const place = new Map(kept.map((index, place) => [index, place]));
    const types = [...program.types, { params: 1, bytes: new Uint8Array([0x60, 1, 0x7f, 1, 0x7f]) }];
    const filled = kept.length; // one more function: makes sure that a slot is filled, and gives its number back
    const fill = join([NONE, [0x20, 0, 0x25, 0, 0xd1, 0x04, 0x40, 0x10], number(place.get(load)), [END, 0x20, 0, END]]);
    const bridge = (index) => {
      const type = functions[index];
      const params = Array.from({ length: types[type].params }, (_, param) => [0x20, ...number(param)]).flat();
      return join([NONE, params, [0x41], constant(slots.get(index)), [0x10], number(filled), [0x11], number(type), [0x00, END]]);
    };
    const body = (index) => (later[index] ? bridge(index) : renumber(bodies[index - imported], found[index - imported], (each) => place.get(each)));
    const [table, ...others] = program.tables;
    const size = table.min + bridges.length;

    const exports = program.exports.map((each) => (each.kind === KIND.function ? { ...each, index: place.get(each.index) } : each));
    return {
      place,
      program: {
        ...program,
        types,
        functions: [...kept.map((index) => functions[index]), types.length - 1],
        bodies: [...kept.filter((index) => index >= imported).map(body), fill],
        tables: [{ ...table, min: size, max: table.max === undefined ? undefined : size }, ...others],
        exports,
        start: program.start === undefined ? undefined : place.get(program.start),
        elements: program.elements.map(({ offset, functions }) => ({ offset, functions: functions.map((each) => place.get(each)) })),
      },
    };
  }

  /** It has everything from the first half: memory, tables, globals, and the functions that it calls. */
  function laterHalf(placeInFirst) {
    const own = all.filter((index) => later[index]);
    const called = new Set(own.flatMap((index) => found[index - imported].map((call) => call.index)).filter((index) => !later[index]));
    const borrowed = all.filter((index) => called.has(index));
    const place = new Map([...borrowed, ...own].map((index, place) => [index, place]));

    const imports = [];
    const borrow = (kind, index, more) => {
      let name = first.program.exports.find((each) => each.kind === kind && each.index === index)?.name;
      if (!name) first.program.exports.push({ name: (name = `_${first.program.exports.length.toString(36)}`), kind, index });
      imports.push({ module: "_", name, kind, ...more });
    };
    for (const index of borrowed) borrow(KIND.function, placeInFirst.get(index), { type: functions[index] });
    first.program.tables.forEach((table, index) => borrow(KIND.table, index, { table }));
    program.memories.forEach((memory, index) => borrow(KIND.memory, index, { memory }));
    program.globals.forEach((global, index) => borrow(KIND.global, index, { global }));

    return {
      ...program,
      imports,
      functions: [...borrowed, ...own].map((index) => functions[index]),
      imported: borrowed.length,
      bodies: own.map((index) => renumber(bodies[index - imported], found[index - imported], (each) => place.get(each))),
      tables: [],
      memories: [],
      globals: [],
      exports: [],
      start: undefined,
      elements: [{ offset: program.tables[0].min, functions: bridges.map((index) => place.get(index)) }],
      data: undefined,
    };
  }
}
