// A page that complains is broken, even where it looks right: hydration that doesn't fit what the server sent, a
// policy that blocks a script, a file that isn't there. Everything a page complains about fails its test.

import type { BrowserContext, ConsoleMessage } from "@playwright/test";

/** Listens to everything that the pages of a context complain about. */
export class Noise {
  private readonly heard: string[] = [];
  private leaves = false;
  // A page that was left while its files, or what it shows, were on their way.
  private readonly expected: RegExp[] = [
    /^failed: GET \S+\.(css|js|wasm|svg) net::ERR_ABORTED$/,
    /^failed: POST \S+\/fn\/(current|get|list|judge)_\w+ net::ERR_ABORTED$/,
  ];

  /** Starts to listen. */
  constructor(context: BrowserContext) {
    context.on("console", (message) => this.console(message));
    context.on("weberror", (error) => this.heard.push(`uncaught: ${error.error().stack ?? error.error().message}`));
    context.on("requestfailed", (request) => {
      this.heard.push(`failed: ${request.method()} ${request.url()} ${request.failure()?.errorText ?? ""}`);
    });
    context.on("dialog", (dialog) => {
      if (this.leaves && dialog.type() === "beforeunload") {
        void dialog.accept().catch(() => undefined);
        return;
      }
      this.heard.push(`dialog: ${dialog.type()} ${dialog.message()}`);
      void dialog.dismiss().catch(() => undefined);
    });
  }

  /** Leaves a page although something on it isn't saved, as somebody who presses "Leave". */
  leave(): void {
    this.leaves = true;
  }

  /** Complaints that belong to what a test does, such as the browser's own about an answer with status 422. */
  expect(...patterns: RegExp[]): void {
    this.expected.push(...patterns);
  }

  /** What was heard and not expected. */
  unexpected(): string[] {
    return this.heard.filter((line) => !this.expected.some((pattern) => pattern.test(line)));
  }

  private console(message: ConsoleMessage): void {
    // A message about the content security policy is one of these too.
    if (["error", "warning", "assert"].includes(message.type())) {
      this.heard.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
    }
  }
}

/** Chromium's complaint about an answer with this status. */
export function status(code: number): RegExp {
  return new RegExp(`^console error: Failed to load resource: the server responded with a status of ${code} `);
}

/** Requests that the page gave up because it was left. */
export const LEFT = /^failed: .* net::ERR_ABORTED$/;
