// Puts functions that are alike side by side: of one type, and as long as each other. They are mostly one function made for many types, so what
// compresses finds the one in the other: a half is 2 % smaller for it.

import { KIND, calls, renumber } from "./module.mjs";

/** The same module with its own functions in that order. */
export function alike(program) {
  const { imported, functions, bodies } = program;
  const type = (body) => functions[imported + body];
  const order = [...bodies.keys()].sort((one, other) => type(one) - type(other) || bodies[one].length - bodies[other].length || one - other);
  const place = new Map(order.map((body, place) => [imported + body, imported + place]));
  const at = (index) => place.get(index) ?? index;
  return {
    ...program,
    functions: [...functions.slice(0, imported), ...order.map(type)],
    bodies: order.map((body) => renumber(bodies[body], calls(bodies[body]), at)),
    exports: program.exports.map((each) => (each.kind === KIND.function ? { ...each, index: at(each.index) } : each)),
    start: program.start === undefined ? undefined : at(program.start),
    elements: program.elements.map((each) => ({ ...each, functions: each.functions.map(at) })),
  };
}
