// Starts the program under test, so that it ends with whoever started it.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A copy of `docket` and `site` to test instead of what is in `target`, so that building goes on meanwhile. */
const BUILD = process.env["DOCKET_E2E_BUILD"];

/** The program. */
export const BINARY = BUILD ? join(BUILD, "docket") : join(process.env["CARGO_TARGET_DIR"] ?? join(ROOT, "target"), "debug", "docket");

/** The browser's half of it. */
export const SITE = process.env["DOCKET_E2E_SITE"] ?? (BUILD ? join(BUILD, "site") : join(ROOT, "target", "site"));

/** A release has hashes in the names of its files. */
const HASHED: Record<string, string> = existsSync(join(dirname(BINARY), "hash.txt")) ? { LEPTOS_HASH_FILES: "true" } : {};

/** The browser's half of a development build; the folder of a release's, where names change. */
export const WASM = HASHED["LEPTOS_HASH_FILES"] ? join(SITE, "pkg") : join(SITE, "pkg", "docket.wasm");

/** How long a start may take, and each step of an end. */
const PATIENCE = 30_000;

/**
 * `sh` turns into the program after leaving a guard behind, which holds a pipe from here: when the pipe closes without a
 * word, whoever started the program is gone, even by SIGKILL. Then the guard ends the program and removes `$0`, a folder.
 */
const GUARDED = `
exec 3<&0
{
  read -r word <&3 && exit
  kill -TERM $$
  left=60
  while kill -0 $$ && [ $left -gt 0 ]; do sleep 1; left=$((left - 1)); done
  kill -KILL $$
  [ -z "$0" ] || rm -rf -- "$0"
} >/dev/null 2>&1 &
exec "$@" </dev/null 3<&-
`;

/** Only what a program needs to run: what cargo-leptos or a developer has set for a Docket of their own stays outside. */
export function environment(settings: Record<string, string>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of ["PATH", "HOME", "TMPDIR", "LANG", "TZ", "LD_LIBRARY_PATH"]) {
    const value = process.env[name];
    if (value !== undefined) kept[name] = value;
  }
  return { ...kept, RUST_BACKTRACE: "1", ...settings };
}

/** A Docket that serves. */
export class Docket {
  private constructor(
    private readonly child: ChildProcess,
    /** Where it is, such as `http://127.0.0.1:41234`. */
    readonly url: string,
    private readonly lines: string[],
  ) {}

  /**
   * Starts `docket serve` on a free port and waits until it is ready. It runs in `folder`, where no `Leptos.toml` and no
   * `.env` changes its settings. `removed` is a folder to remove if it should have to end without {@link stop}.
   */
  static async serve(folder: string, settings: Record<string, string>, removed = ""): Promise<Docket> {
    const child = spawn("/bin/sh", ["-c", GUARDED, removed, BINARY, "serve"], {
      cwd: folder,
      env: environment({ LEPTOS_SITE_ADDR: "127.0.0.1:0", LEPTOS_SITE_ROOT: SITE, RUST_LOG: "warn", ...HASHED, ...settings }),
      stdio: ["pipe", "pipe", "pipe"],
      // A process group of its own: Ctrl+C is for Playwright, which then stops this in good order.
      detached: true,
    });
    const lines: string[] = [];
    const docket = new Docket(child, await started(child, lines), lines);
    try {
      await docket.ready();
    } catch (error) {
      await docket.stop();
      throw error;
    }
    return docket;
  }

  /** What it has written so far. */
  log(): string {
    return this.lines.join("");
  }

  /** Stops it: SIGTERM, and after 10 s SIGKILL. */
  async stop(): Promise<void> {
    await end(this.child);
  }

  private async ready(): Promise<void> {
    for (const since = Date.now(); Date.now() - since < PATIENCE; await pause(20)) {
      const answer = await fetch(`${this.url}/readyz`).catch(() => undefined);
      if (answer?.ok) return;
    }
    throw new Error(`docket is not ready:\n${this.log()}`);
  }
}

/** Waits for the line that says where it is. */
async function started(child: ChildProcess, lines: string[]): Promise<string> {
  const url = await new Promise<string | undefined>((resolve) => {
    const timer = setTimeout(() => resolve(undefined), PATIENCE);
    const settle = (url?: string) => (clearTimeout(timer), resolve(url));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        lines.push(text);
        const found = /^Docket is at (http:\/\/\S+)$/m.exec(lines.join(""))?.[1];
        if (found) settle(found);
      });
    }
    child.once("error", () => settle()).once("exit", () => settle());
  });
  if (url) return url;
  await end(child);
  throw new Error(`docket did not start:\n${lines.join("")}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await exited;
    clearTimeout(timer);
  }
  // Tells the guard that there is nothing left to end.
  child.stdin?.on("error", () => undefined).end("done\n");
}
