/** Debian's Chromium; Playwright's own builds can't be downloaded everywhere. */
export const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** No sandbox, for CI runs as root in a container; nothing that calls home. */
export const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
