import type { BrowserContext, Page } from "@playwright/test";

/**
 * Notes everything that should never happen in a browser: errors in the console, panics, hydration that doesn't match,
 * answers of 500 and above, pieces that fail to load. Whatever was noted and not declared fails the test at its end.
 */
export class Watch {
  readonly #notes: string[] = [];
  readonly #expected: RegExp[] = [];
  #origin: string;
  #down = false;

  constructor(context: BrowserContext, origin: string) {
    this.#origin = origin;
    context.on("page", (page) => this.#follow(page));
    context.pages().forEach((page) => this.#follow(page));
  }

  /** Declares a note that this test causes on purpose, such as a refused password. */
  expect(note: RegExp): void {
    this.#expected.push(note);
  }

  /** Declares answers of `status` that this test causes on purpose. Chromium reports every answer of 400 and above. */
  expectStatus(...statuses: number[]): void {
    for (const status of statuses) {
      this.expect(new RegExp(`the server responded with a status of ${status}\\b`));
      this.expect(new RegExp(`^answer ${status}\\b`));
    }
  }

  /** While the server is down, failing connections are what should happen. Panics still are not. */
  set serverDown(down: boolean) {
    this.#down = down;
  }

  /** What is left to explain. */
  get trouble(): string[] {
    return this.#notes.filter((note) => !this.#expected.some((pattern) => pattern.test(note)));
  }

  #follow(page: Page): void {
    page.on("console", (message) => {
      const text = message.text();
      const wrong = message.type() === "error" || (message.type() === "warning" && /hydrat|panick/i.test(text));
      // 503: the service worker's own page in the place of the one that was asked for.
      const connection = /net::ERR_|WebSocket connection to .* failed|Failed to fetch|status of 503/.test(text);
      if (wrong && !(this.#down && connection)) {
        this.#note(`console: ${text} (${message.location().url})`);
      }
    });
    page.on("pageerror", (error) => this.#note(`uncaught: ${error.stack ?? error.message}`));
    page.on("response", (response) => {
      if (response.status() >= 500 && response.url().startsWith(this.#origin) && !this.#down) {
        this.#note(`answer ${response.status()}: ${response.request().method()} ${response.url()}`);
      }
    });
    page.on("requestfailed", (request) => {
      const why = request.failure()?.errorText ?? "";
      // ERR_ABORTED: a person went on to another page, or saved the answer as a file. csp: a script where scripts are off.
      const harmless = why === "net::ERR_ABORTED" || why === "csp";
      if (request.url().startsWith(this.#origin) && !harmless && !this.#down) {
        this.#note(`failed: ${request.method()} ${request.url()} ${why}`);
      }
    });
    page.on("crash", () => this.#note("the page crashed"));
  }

  #note(text: string): void {
    this.#notes.push(text);
  }
}
