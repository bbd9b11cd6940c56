// Reads a WebAssembly module, and writes one: just as much of the format as rustc and wasm-opt use for Docket.
// What isn't known here is an error, never a guess.
//
// https://webassembly.github.io/spec/core/binary/

/** The ids of sections. */
export const SECTION = { custom: 0, type: 1, import: 2, function: 3, table: 4, memory: 5, global: 6, export: 7, start: 8, element: 9, code: 10, data: 11, count: 12 };

/** The kinds of what is imported and exported. */
export const KIND = { function: 0, table: 1, memory: 2, global: 3 };

const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** Reads bytes, one after the other. */
export class Reader {
  constructor(bytes, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get done() {
    return this.at >= this.end;
  }

  byte() {
    if (this.done) throw new Error("wasm: it ends too early");
    return this.bytes[this.at++];
  }

  /** An unsigned number of at most 32 bits. */
  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  /** The operand of `i32.const`, which has a sign. */
  signed() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return shift < 25 && byte & 0x40 ? value | (-1 << (shift + 7)) : value;
    }
  }

  /** Leaves out a number, whatever its size and sign. */
  skipNumber() {
    while (this.byte() >= 0x80);
  }

  skip(count) {
    this.at += count;
  }

  take(count) {
    const from = this.at;
    this.at += count;
    return this.bytes.subarray(from, this.at);
  }

  name() {
    return new TextDecoder().decode(this.take(this.number()));
  }

  /** As many as there are, each read by `read`. */
  list(read) {
    return Array.from({ length: this.number() }, () => read(this));
  }
}

/** A number as bytes. */
export function number(value) {
  const bytes = [];
  do {
    const rest = Math.floor(value / 128);
    bytes.push((value % 128) | (rest ? 0x80 : 0));
    value = rest;
  } while (value);
  return bytes;
}

/** A number that is the operand of `i32.const`: its sixth bit would be a sign. */
export function constant(value) {
  const bytes = [];
  for (;;) {
    const byte = value & 0x7f;
    value >>= 7;
    if (value === 0 && !(byte & 0x40)) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

/** Many bytes as one. */
export function join(parts) {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** What counts its bytes first. */
export const sized = (bytes) => join([number(bytes.length), bytes]);

/** What counts its parts first. */
export const list = (parts) => join([number(parts.length), ...parts]);

/** A text. */
export const text = (value) => sized(new TextEncoder().encode(value));

/** A module as bytes, of what `parse` gives. Without names. */
export function write(program) {
  const { types, imports, functions, imported, bodies, tables, memories, globals, exports, start, elements, data } = program;
  const limits = ({ min, max }) => (max === undefined ? [0, ...number(min)] : [1, ...number(min), ...number(max)]);
  const type = {
    [KIND.function]: ({ type }) => number(type),
    [KIND.table]: ({ table }) => [table.type, ...limits(table)],
    [KIND.memory]: ({ memory }) => limits(memory),
    [KIND.global]: ({ global }) => [global.type, global.mutable],
  };
  const many = (all, one) => (all.length ? list(all.map(one)) : undefined);
  const sections = [
    [SECTION.type, many(types, ({ bytes }) => bytes)],
    [SECTION.import, many(imports, (each) => join([text(each.module), text(each.name), [each.kind], type[each.kind](each)]))],
    [SECTION.function, many(functions.slice(imported), number)],
    [SECTION.table, many(tables, (table) => [table.type, ...limits(table)])],
    [SECTION.memory, many(memories, limits)],
    [SECTION.global, many(globals, ({ type, mutable, start }) => join([[type, mutable], start]))],
    [SECTION.export, many(exports, ({ name, kind, index }) => join([text(name), [kind], number(index)]))],
    [SECTION.start, start === undefined ? undefined : number(start)],
    [SECTION.element, many(elements, ({ offset, functions }) => join([[0, 0x41], constant(offset), [0x0b], list(functions.map(number))]))],
    [SECTION.code, many(bodies, sized)],
    [SECTION.data, data],
  ];
  return join([MAGIC, ...sections.filter(([, bytes]) => bytes).map(([id, bytes]) => join([[id], sized(bytes)]))]);
}

/** What is in a module. */
export function parse(bytes) {
  const reader = new Reader(bytes);
  if (MAGIC.some((byte) => reader.byte() !== byte)) throw new Error("wasm: this is no module");
  const sections = new Map();
  const names = new Map();
  while (!reader.done) {
    const id = reader.byte();
    const length = reader.number();
    const section = new Reader(bytes, reader.at, reader.at + length);
    if (id === SECTION.custom) {
      if (section.name() === "name") readNames(section, names);
    } else {
      sections.set(id, section);
    }
    reader.skip(length);
  }
  const read = (id, one) => sections.get(id)?.list(one) ?? [];
  const types = read(SECTION.type, readType);
  const imports = read(SECTION.import, readImport);
  const importedFunctions = imports.filter(({ kind }) => kind === KIND.function);
  const defined = read(SECTION.function, (each) => each.number());
  const bodies = read(SECTION.code, (each) => each.take(each.number()));
  return {
    types,
    imports,
    /** The type of each function, the imported ones first. */
    functions: [...importedFunctions.map(({ type }) => type), ...defined],
    imported: importedFunctions.length,
    bodies,
    tables: read(SECTION.table, readTable),
    memories: read(SECTION.memory, (each) => readLimits(each)),
    globals: read(SECTION.global, readGlobal),
    exports: read(SECTION.export, (each) => ({ name: each.name(), kind: each.byte(), index: each.number() })),
    start: sections.get(SECTION.start)?.number(),
    elements: read(SECTION.element, readElement),
    data: sections.get(SECTION.data) && bytes.subarray(sections.get(SECTION.data).at, sections.get(SECTION.data).end),
    names,
  };
}

function readType(reader) {
  if (reader.byte() !== 0x60) throw new Error("wasm: a type that is no function's");
  const from = reader.at;
  const params = reader.number();
  reader.skip(params);
  const results = reader.number();
  reader.skip(results);
  return { params, bytes: join([[0x60], reader.bytes.subarray(from, reader.at)]) };
}

function readImport(reader) {
  const [module, name, kind] = [reader.name(), reader.name(), reader.byte()];
  if (kind !== KIND.function) throw new Error(`wasm: ${name} is imported and no function`);
  return { module, name, kind, type: reader.number() };
}

function readLimits(reader) {
  const flags = reader.byte();
  if (flags > 1) throw new Error("wasm: limits of another kind");
  return { min: reader.number(), max: flags ? reader.number() : undefined };
}

function readTable(reader) {
  return { type: reader.byte(), ...readLimits(reader) };
}

function readGlobal(reader) {
  const [type, mutable, from] = [reader.byte(), reader.byte(), reader.at];
  while (reader.bytes[reader.at] !== 0x0b) instruction(reader);
  reader.byte();
  return { type, mutable, start: reader.bytes.subarray(from, reader.at) };
}

function readElement(reader) {
  const flags = reader.number();
  if (flags !== 0) throw new Error("wasm: elements of another kind");
  if (reader.byte() !== 0x41) throw new Error("wasm: elements at no constant place");
  const offset = reader.signed();
  if (reader.byte() !== 0x0b) throw new Error("wasm: elements at no constant place");
  return { offset, functions: reader.list((each) => each.number()) };
}

function readNames(reader, names) {
  while (!reader.done) {
    const kind = reader.byte();
    const end = reader.number() + reader.at;
    if (kind === 1) for (const [index, name] of reader.list((each) => [each.number(), each.name()])) names.set(index, name);
    reader.at = end;
  }
}

/** Reads one instruction. Answers where the number of a function stands in it, if it names one. */
function instruction(reader) {
  const code = reader.byte();
  if (code === 0x10 || code === 0xd2) {
    const from = reader.at;
    return { from, index: reader.number(), to: reader.at };
  }
  if (code <= 0x01 || code === 0x05 || code === 0x0b || code === 0x0f || code === 0x1a || code === 0x1b) return undefined;
  if (code >= 0x45 && code <= 0xc4) return undefined; // arithmetic
  if (code === 0xd1) return undefined;
  if (code >= 0x02 && code <= 0x04) reader.skipNumber(); // block, loop, if
  else if (code === 0x0c || code === 0x0d) reader.skipNumber(); // br, br_if
  else if (code === 0x0e) for (let left = reader.number() + 1; left; left--) reader.skipNumber(); // br_table
  else if (code === 0x11) reader.skipNumber(), reader.skipNumber(); // call_indirect
  else if (code === 0x1c) reader.skip(reader.number()); // select with a type
  else if (code >= 0x20 && code <= 0x26) reader.skipNumber(); // locals, globals, tables
  else if (code >= 0x28 && code <= 0x3e) {
    if (reader.number() >= 0x40) throw new Error("wasm: a second memory");
    reader.skipNumber();
  } else if (code >= 0x3f && code <= 0x42) reader.skipNumber(); // memory.size, memory.grow, constants
  else if (code === 0x43) reader.skip(4);
  else if (code === 0x44) reader.skip(8);
  else if (code === 0xd0) reader.skipNumber(); // ref.null
  else if (code === 0xfc) {
    const more = reader.number();
    const operands = { 10: 2, 11: 1, 14: 2, 15: 1, 16: 1, 17: 1 }[more] ?? (more < 8 ? 0 : undefined);
    if (operands === undefined) throw new Error(`wasm: instruction 0xfc ${more}`);
    for (let left = operands; left; left--) reader.skipNumber();
  } else throw new Error(`wasm: instruction 0x${code.toString(16)}`);
  return undefined;
}

/** Where the instructions of a body begin: after its local variables. */
export function codeStart(body) {
  const reader = new Reader(body);
  for (let left = reader.number(); left; left--) {
    reader.number();
    reader.byte();
  }
  return reader.at;
}

/** The functions that a body names, and where. */
export function calls(body) {
  const reader = new Reader(body, codeStart(body));
  const found = [];
  while (!reader.done) {
    const call = instruction(reader);
    if (call) found.push(call);
  }
  return found;
}

/** A body with other numbers for its functions. */
export function renumber(body, found, index) {
  const parts = [];
  let at = 0;
  for (const call of found) {
    parts.push(body.subarray(at, call.from), number(index(call.index)));
    at = call.to;
  }
  parts.push(body.subarray(at));
  return join(parts);
}
