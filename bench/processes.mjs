// What runs while something is measured: programs that are started here, ended here by their process ids, and looked at through /proc.

import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Ticks of /proc/PID/stat in a second: USER_HZ, which is 100 wherever Linux runs. */
const HZ = 100;

/**
 * @typedef {object} Program
 * @property {string} name
 * @property {import("node:child_process").ChildProcess} child
 * @property {number} pid
 * @property {string} log where it writes what it says
 * @property {Promise<number | string | null>} ended
 */

/** @type {Set<Program>} */
const running = new Set();

/**
 * Starts a program that goes on until it is ended.
 *
 * @param {string} folder for its log
 * @param {string} name
 * @param {string} program
 * @param {string[]} args
 * @param {import("node:child_process").SpawnOptions} [options]
 * @returns {Program}
 */
export function start(folder, name, program, args, options = {}) {
  const log = join(folder, `${name}.log`);
  const file = openSync(log, "a");
  // Ctrl+C is for this process, which ends the others in their order.
  const child = spawn(program, args, { cwd: folder, stdio: ["ignore", file, file], detached: true, ...options });
  closeSync(file);
  /** @type {Promise<number | string | null>} */
  const ended = new Promise((settle) => {
    child.once("exit", (code, signal) => settle(code ?? signal));
    child.once("error", (error) => settle(error.message));
  });
  const made = { name, child, pid: child.pid ?? 0, log, ended };
  running.add(made);
  void ended.then(() => running.delete(made));
  return made;
}

/**
 * Ends a program and waits for it.
 *
 * @param {Program} program
 * @param {NodeJS.Signals} [signal]
 */
export async function end(program, signal = "SIGTERM") {
  if (!running.has(program)) return;
  program.child.kill(signal);
  const late = sleep(20_000, true, { ref: false });
  if (await Promise.race([program.ended.then(() => false), late])) {
    program.child.kill("SIGKILL");
    await program.ended;
  }
}

/** Ends everything, the last one first. */
export async function endAll() {
  for (const program of [...running].reverse()) await end(program, program.name === "postgres" ? "SIGINT" : "SIGTERM");
}

/**
 * Runs a program to its end. Fails with what it said when that isn't 0.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {import("node:child_process").SpawnOptions & { said?: (text: string) => void }} [options] `said` hears what it says meanwhile
 * @returns {Promise<string>} what it printed
 */
export async function run(program, args, { said: hear, ...options } = {}) {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], detached: true, ...options });
  let printed = "";
  let said = "";
  child.stdout?.setEncoding("utf8").on("data", (text) => (printed += text));
  child.stderr?.setEncoding("utf8").on("data", (text) => ((said += text), hear?.(text)));
  /** @type {Promise<number | string | null>} */
  const ended = new Promise((settle) => {
    child.once("close", (code, signal) => settle(code ?? signal));
    child.once("error", (error) => settle(error.message));
  });
  const made = { name: program, child, pid: child.pid ?? 0, log: "", ended };
  running.add(made);
  const code = await ended;
  running.delete(made);
  if (code !== 0) throw new Error(`${program} ended with ${code}:\n${(said + printed).slice(-2_000)}`);
  return printed;
}

/** A port that nobody uses. */
export function port() {
  return new Promise((settle) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
      server.close(() => settle(port));
    });
  });
}

/**
 * Asks again until there is an answer.
 *
 * @template T
 * @param {string} what
 * @param {() => T | Promise<T>} met
 * @param {number} [seconds]
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(what, met, seconds = 60) {
  const last = Date.now() + seconds * 1_000;
  for (;;) {
    const value = await met();
    if (value) return value;
    if (Date.now() > last) throw new Error(`in vain: ${what}`);
    await sleep(50);
  }
}

// --- /proc -----------------------------------------------------------------------------------------

/** @param {number} pid @returns {number[]} */
function children(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

/** @param {number} pid */
function tree(pid) {
  /** @type {number[]} */
  const found = [];
  for (const queue = [pid]; queue.length > 0; ) {
    const next = /** @type {number} */ (queue.pop());
    found.push(next);
    queue.push(...children(next));
  }
  return found;
}

/**
 * Seconds of CPU that a program and all its processes have used, those that have ended included.
 *
 * @param {number} pid
 */
export function cpu(pid) {
  let ticks = 0;
  for (const each of tree(pid)) {
    try {
      const [utime, stime, cutime, cstime] = readFileSync(`/proc/${each}/stat`, "utf8").replace(/^.*\) /s, "").split(" ").slice(11, 15).map(Number);
      ticks += (utime ?? 0) + (stime ?? 0) + (cutime ?? 0) + (cstime ?? 0);
    } catch {
      // It has just ended, and is in the figures of its parent.
    }
  }
  return ticks / HZ;
}

/** Bytes of memory that a program has in use, its processes together. @param {number} pid */
export function memory(pid) {
  return tree(pid).reduce((sum, each) => sum + 1_024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${each}/status`, "utf8"))?.[1] ?? 0), 0);
}

/** How many files and sockets it has open. @param {number} pid */
export function descriptors(pid) {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** The most that it may have open. @param {number | "self"} pid */
export function mostDescriptors(pid) {
  return Number(/^Max open files\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, "utf8"))?.[1] ?? 0);
}
