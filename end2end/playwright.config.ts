import { defineConfig, devices } from "@playwright/test";

import { CHROMIUM, FLAGS } from "./support/browser.ts";

// Every test starts a Duebook of its own on a free port with an empty data directory, so tests know nothing of each
// other and run in any order. See support/fixtures.ts.
export default defineConfig({
  testDir: "tests",
  globalSetup: "./support/built.ts",
  fullyParallel: true,
  // Two cores; a browser and a server keep one busy.
  workers: 2,
  forbidOnly: Boolean(process.env["CI"]),
  // A test that passes at the second try has found something, not passed.
  retries: 0,
  // The server under test is often a debug build on a machine that compiles besides.
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"]],
  use: {
    ...devices["Desktop Chrome"],
    viewport: { width: 1440, height: 900 },
    launchOptions: { executablePath: CHROMIUM, args: FLAGS },
    actionTimeout: 10_000,
    navigationTimeout: 20_000,
    locale: "en-GB",
    timezoneId: "UTC",
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
  },
  projects: [
    { name: "chromium", testIgnore: "no-javascript.spec.ts" },
    { name: "no-javascript", testMatch: "no-javascript.spec.ts", use: { javaScriptEnabled: false } },
  ],
});
