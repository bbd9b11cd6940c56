// Has every function of a module note that it ran: `ran0`, `ran1` … are exported globals, one for each function of its own.

import { KIND, codeStart, constant, join, number } from "./module.mjs";

/** The instrumented module. */
export function instrument(program) {
  const first = program.globals.length;
  const flag = { type: 0x7f, mutable: 1, start: new Uint8Array([0x41, 0, 0x0b]) };
  return {
    ...program,
    globals: [...program.globals, ...program.bodies.map(() => flag)],
    exports: [...program.exports, ...program.bodies.map((_, body) => ({ name: `ran${body}`, kind: KIND.global, index: first + body }))],
    bodies: program.bodies.map((body, index) => {
      const start = codeStart(body);
      return join([body.subarray(0, start), [0x41], constant(1), [0x24], number(first + index), body.subarray(start)]);
    }),
  };
}
