import config from "./playwright.config.ts";

// On demand: `npx playwright test --config screenshots.config.ts` writes docs/screenshots.
export default { ...config, testDir: "tools", testMatch: "screenshots.ts", projects: [{ name: "screenshots" }] };
