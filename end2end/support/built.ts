import { existsSync } from "node:fs";
import { join } from "node:path";

import { CHROMIUM } from "./browser.ts";
import { BINARY, ROOT } from "./server.ts";

/** Says what is missing once, instead of failing every test with it. */
export default function built(): void {
  const site = process.env["DUEBOOK_SITE_ROOT"] ?? join(ROOT, "target/site");
  const missing = [
    [BINARY, "the server: `cargo build`, or set DUEBOOK_BIN"],
    [join(site, "hash.txt"), "the front end: `cargo xtask build`"],
    [CHROMIUM, "Chromium: `apt-get install -y chromium`, or set CHROMIUM"],
  ].filter(([file]) => !existsSync(file!));
  if (missing.length > 0) {
    const list = missing.map(([file, remedy]) => `  ${file} is missing; get ${remedy}`).join("\n");
    throw new Error(`Not everything is built yet. \`cargo xtask test\` builds all of it.\n${list}`);
  }
}
