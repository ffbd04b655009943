import { test as base, type Browser, type BrowserContextOptions, expect } from "@playwright/test";
import { fileURLToPath } from "node:url";

import { ADA, DEMO, VIC } from "./people.ts";
import { Person } from "./person.ts";
import { Rest } from "./rest.ts";
import { type Mode, Server } from "./server.ts";
import { Watch } from "./watch.ts";

export { ADA, DEMO, VIC, Person, Rest, Server, expect };

/** Five classic columns, four rows; the status in row 5 is not a status. */
export const SAMPLE = fileURLToPath(new URL("../fixtures/customers-sample.xlsx", import.meta.url));

interface Fixtures {
  /** DUEBOOK_* variables of this test's server. */
  settings: Record<string, string>;
  /** What this test's server does. */
  mode: Mode;
  /**
   * A fresh server with an empty database on disk. At the end it is stopped and its books are verified, unless it is a
   * demonstration, which keeps none.
   */
  app: Server;
  /** The first person, at a browser. */
  person: Person;
  /** Someone else at another browser: nothing is shared but the server. */
  another: (options?: BrowserContextOptions) => Promise<Person>;
  /** Ada is registered, so an admin; answers her REST client. */
  ada: Rest;
  /** As `ada`, and the sample sheet is imported. */
  sample: Rest;
}

export const test = base.extend<Fixtures>({
  settings: [{}, { option: true }],
  mode: ["serve", { option: true }],

  app: async ({ settings, mode }, use, info) => {
    const server = await Server.start(settings, mode);
    try {
      await use(server);
      if (server.isRunning) {
        expect(await server.stop(), "exit code of the server after SIGTERM").toBe(0);
      }
      // A test that failed has left what it left; its own failure is the one to read.
      if (info.status === info.expectedStatus && mode === "serve") {
        const verdict = await server.verify();
        expect(verdict.code, `duebook verify:\n${verdict.output}`).toBe(0);
      }
    } finally {
      await server.kill();
      await server.discard();
      if (info.status !== info.expectedStatus) {
        await info.attach("server.log", { body: server.log, contentType: "text/plain" });
      }
    }
  },

  baseURL: async ({ app }, use) => use(app.url),

  person: async ({ app, context }, use) => {
    const watch = new Watch(context, app.url);
    const page = await context.newPage();
    await use(new Person(page, context, watch, app.url));
    expect(watch.trouble, "what the browser should never report").toEqual([]);
  },

  another: async ({ app, browser, contextOptions }, use) => {
    const people: Person[] = [];
    await use(async (options) => {
      const person = await someone(browser, app.url, { ...contextOptions, ...options });
      people.push(person);
      return person;
    });
    for (const person of people) {
      expect.soft(person.watch.trouble, "what the other browser should never report").toEqual([]);
      await person.context.close();
    }
  },

  ada: async ({ app }, use) => {
    await Rest.register(app.url, ADA);
    await use(await Rest.signIn(app.url, ADA));
  },

  sample: async ({ ada }, use) => {
    await ada.importFile(SAMPLE);
    await use(ada);
  },
});

async function someone(browser: Browser, url: string, options: BrowserContextOptions): Promise<Person> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options, baseURL: url });
  const watch = new Watch(context, url);
  return new Person(await context.newPage(), context, watch, url);
}
