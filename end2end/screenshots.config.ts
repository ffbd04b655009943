import config from "./playwright.config.ts";

// Pictures, on demand: they test nothing. `npx playwright test --config screenshots.config.ts readme` writes those of the
// README into docs/screenshots, `… pages` one of every page into end2end/pictures.
export default { ...config, projects: [{ name: "screenshots", testDir: "screenshots" }] };
