// Splits the WebAssembly of a release in two, and gives both halves the names and the companions that cargo-leptos gave the whole. The whole stays
// beside the program, with the names of its functions: `make profile` looks at it.
//
//   node .ci/wasm/halves.mjs SITE/pkg RELEASE      RELEASE has hash.txt

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import { key } from "./keys.mjs";
import { parse, write } from "./module.mjs";
import { alike } from "./order.mjs";
import { split } from "./split.mjs";

// What is inlined makes functions that are alike differ, and compresses worse. (The program as a whole was made small before.)
const OPTIONS = ["-Os", "--one-caller-inline-max-function-size=0", "--always-inline-max-function-size=0", "--flexible-inline-max-function-size=0", "--low-memory-unused", "--enable-bulk-memory", "--enable-nontrapping-float-to-int", "--enable-reference-types", "--enable-sign-ext", "--enable-mutable-globals", "--enable-multivalue"];

const [site, release] = process.argv.slice(2);
const hashes = join(release, "hash.txt");
const whole = join(release, "docket.wasm");
const lines = readFileSync(hashes, "utf8").trim().split("\n").map((line) => line.split(": "));
const old = Object.fromEntries(lines);
// Once it was split, the whole is there already.
if (!old.later) renameSync(join(site, `docket.${old.wasm}.wasm`), whole);
for (const name of [`docket.${old.wasm}`, `docket-later.${old.later}`]) {
  for (const kind of ["", ".br", ".gz"]) rmSync(join(site, `${name}.wasm${kind}`), { force: true });
}

const program = parse(readFileSync(whole));
const keys = new Set(readFileSync(new URL("later.txt", import.meta.url), "utf8").split("\n"));
// What nobody has looked at yet may be needed at first.
const isLater = (index) => program.names.has(index) && keys.has(key(program.names.get(index)));
const halves = split(program, isLater, "docketLater");
const names = { ...old, wasm: save("docket", write(halves.first), (bytes) => Buffer.from(write(alike(parse(bytes))))), later: save("docket-later", write(halves.later)) };
writeFileSync(hashes, Object.entries(names).map(([kind, hash]) => `${kind}: ${hash}\n`).join(""));

/** Writes a half, as small as it gets, `tidy` at last, beside it the same compressed, and answers the hash in its name. */
function save(name, bytes, tidy = (bytes) => bytes) {
  const folder = mkdtempSync(join(tmpdir(), "docket-wasm-"));
  try {
    const file = join(folder, "half.wasm");
    writeFileSync(file, bytes);
    execFileSync("wasm-opt", [...OPTIONS, file, "-o", file], { stdio: "inherit" });
    const small = tidy(readFileSync(file));
    const hash = createHash("md5").update(small).digest("base64url");
    const path = join(site, `${name}.${hash}.wasm`);
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: small.length };
    writeFileSync(path, small);
    writeFileSync(`${path}.br`, brotliCompressSync(small, { params }));
    writeFileSync(`${path}.gz`, gzipSync(small, { level: 9 }));
    return hash;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
