// Renders the PNG icons in public/icons from the SVG marks beside them. Run after an edit of a mark:
//
//     node tools/icons.mjs
//
// The PNGs are committed, because neither the build nor the server needs a browser otherwise.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";

const icons = fileURLToPath(new URL("../../public/icons/", import.meta.url));
const wanted = [
  { mark: "icon.svg", file: "icon-192.png", size: 192 },
  { mark: "icon.svg", file: "icon-512.png", size: 512 },
  { mark: "maskable.svg", file: "maskable-192.png", size: 192 },
  { mark: "maskable.svg", file: "maskable-512.png", size: 512 },
  // iOS rounds the corners itself and shows transparency as black, hence the full square.
  { mark: "maskable.svg", file: "apple-touch-icon.png", size: 180 },
];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
for (const { mark, file, size } of wanted) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  const svg = await readFile(icons + mark, "utf8");
  await page.setContent(`<style>*{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${svg}`);
  await page.screenshot({ path: icons + file, omitBackground: true });
  await page.close();
}
await browser.close();
