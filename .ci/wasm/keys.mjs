// What a function is called in `later.txt`: the same today and tomorrow, as far as that can be.

import { createHash } from "node:crypto";

/** The key of a function by its name. Crates have hashes in their names, closures numbers, and wasm-bindgen counts what has one name. */
export function key(name) {
  const plain = name
    .replaceAll(/\[[0-9a-f]{5,}\]/g, "")
    .replace(/\[\d+\]$/, "")
    .replaceAll(/\{(\w+)[^}]*\}/g, "{$1}")
    .replaceAll(/#\d+/g, "");
  return createHash("sha256").update(plain).digest("base64url").slice(0, 6);
}
