// Many connections that stay open: what each costs while nothing happens, how soon answers come on them at half load, and what is left when
// they are gone.

import { createConnection } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import { headers, openLoop } from "./load.mjs";
import { descriptors, memory, mostDescriptors } from "./processes.mjs";

/** How many. */
export const MANY = 2_000;

/**
 * @param {import("./postgres.mjs").Postgres} postgres
 * @param {import("./contenders.mjs").Contender} docket warm
 * @param {import("./requests.mjs").Case} kind
 * @param {number} capacity requests a second
 * @param {number} seconds
 */
export async function connections(postgres, docket, kind, capacity, seconds) {
  const { pid } = docket.program;
  for (const each of [pid, /** @type {const} */ ("self")]) {
    if (mostDescriptors(each) < MANY + 500) throw new Error(`${MANY} connections need more than ${mostDescriptors(each)} open files: raise \`ulimit -n\``);
  }
  // What the rounds before have left in its hands goes, or doesn't.
  await sleep(2_000);
  const before = { memory: memory(pid), descriptors: descriptors(pid) };
  let errors = 0;
  /** @type {import("node:net").Socket[]} */
  const sockets = [];
  const { hostname, port } = new URL(docket.url);
  const text = [`GET ${kind.path} HTTP/1.1`, `host: ${hostname}:${port}`, ...headers(docket, kind).map(([name, value]) => `${name}: ${value}`), "", ""].join("\r\n");
  // Few at a time: this is about connections, not about a crowd.
  for (let from = 0; from < MANY; from += 50) {
    await Promise.all(
      Array.from({ length: 50 }, () => {
        const socket = createConnection(Number(port), hostname);
        sockets.push(socket);
        return new Promise((settle) => {
          socket.once("error", () => settle((errors += 1)));
          socket.once("data", (data) => {
            if (!data.toString("latin1").startsWith("HTTP/1.1 200 ")) errors += 1;
            settle(undefined);
          });
          socket.write(text);
        });
      }),
    );
  }
  await sleep(1_500);
  const idle = { memory: memory(pid), descriptors: descriptors(pid) };
  for (const socket of sockets) socket.destroy();
  const loaded = await openLoop(postgres, docket, kind, MANY, seconds, capacity / 2);
  await sleep(3_000);
  const after = { memory: memory(pid), descriptors: descriptors(pid) };
  return { errors, each: (idle.memory - before.memory) / MANY, before, idle, after, loaded };
}
