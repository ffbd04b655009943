import { ADA, expect, test } from "../support/fixtures.ts";
import type { Person } from "../support/person.ts";

interface Manifest {
  name: string;
  short_name: string;
  start_url: string;
  display: string;
  theme_color: string;
  background_color: string;
  icons: { src: string; sizes: string; type: string; purpose: string }[];
}

test("it can be installed: the manifest is complete and its icons are what they say", async ({ person }) => {
  await person.open("/sign-in");
  const link = person.page.locator('link[rel="manifest"]');
  const address = await link.getAttribute("href");
  const answer = await person.context.request.get(address ?? "");
  expect(answer.ok()).toBe(true);
  expect(answer.headers()["content-type"]).toMatch(/manifest\+json|application\/json/);
  const manifest = (await answer.json()) as Manifest;
  expect(manifest).toMatchObject({ name: "Duebook", short_name: "Duebook", start_url: "/customers", display: "standalone" });
  expect(manifest.theme_color).toMatch(/^#/);
  expect(manifest.background_color).toMatch(/^#/);

  const found = new Set<string>();
  for (const icon of manifest.icons) {
    const image = await person.context.request.get(icon.src);
    expect(image.ok(), icon.src).toBe(true);
    expect(image.headers()["content-type"], icon.src).toContain(icon.type);
    if (icon.type === "image/png") {
      const body = await image.body();
      expect(`${body.readUInt32BE(16)}x${body.readUInt32BE(20)}`, icon.src).toBe(icon.sizes);
    }
    found.add(`${icon.purpose} ${icon.sizes}`);
  }
  expect([...found]).toEqual(expect.arrayContaining(["any 192x192", "any 512x512", "maskable 512x512"]));
});

test("the service worker takes over and keeps nothing of a signed-in person", async ({ sample, person }) => {
  void sample;
  await person.arrive(ADA);
  await controlled(person);
  // A second round, now through the service worker.
  for (const path of ["/customers", "/payments", "/import", "/inbox", "/users"]) {
    await person.open(path);
  }
  await person.open("/customers");
  await person.openCustomer("Alice Johnson");
  await person.page.evaluate(() => fetch("/api/v1/me").then((answer) => answer.text()));

  const kept = await person.page.evaluate(async () => {
    const all: { path: string; type: string; text: string }[] = [];
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        const answer = await cache.match(request);
        const type = answer?.headers.get("Content-Type") ?? "";
        all.push({
          path: new URL(request.url).pathname,
          type,
          text: /text|json/.test(type) ? ((await answer?.text()) ?? "") : "",
        });
      }
    }
    return all;
  });
  const paths = kept.map(({ path }) => path);
  expect(paths).toContain("/offline.html");
  expect(paths.filter((path) => path.startsWith("/pkg/") && path.endsWith(".wasm")), "the built front end").not.toEqual([]);
  expect(paths.filter((path) => /^\/(api|fn|live)\b/.test(path))).toEqual([]);
  expect(kept.filter(({ path, type }) => type.includes("html") && path !== "/offline.html")).toEqual([]);
  expect(kept.filter(({ text }) => /Alice Johnson|ada@example\.com/.test(text)).map(({ path }) => path)).toEqual([]);
});

test("without the server there is an honest page, which goes on by itself", async ({ app, ada, person }) => {
  void ada;
  await person.arrive(ADA);
  await controlled(person);
  person.watch.serverDown = true;
  await app.kill();
  await person.page.goto("/inbox");
  await expect(person.heading("Duebook can’t be reached")).toBeVisible();
  await expect(person.page.getByText("the server isn’t answering")).toBeVisible();
  expect(new URL(person.page.url()).pathname).toBe("/inbox");
  await app.start();
  await expect(person.heading("Inbox")).toBeVisible({ timeout: 30_000 });
  await person.ready();
  person.watch.serverDown = false;
});

test("a new version removes the caches of the old one and takes over when told", async ({ ada, person }) => {
  void ada;
  await person.arrive(ADA);
  await controlled(person);
  const left = await person.page.evaluate(async () => {
    await caches.open("duebook-shell-0");
    await caches.open("someone-elses");
    // Another address of the same file is a new version to the browser.
    const registration = await navigator.serviceWorker.register("/sw.js?next");
    const worker = registration.installing ?? registration.waiting;
    const state = (wanted: ServiceWorkerState) =>
      new Promise<void>((reached) => {
        const look = () => worker?.state === wanted && reached();
        worker?.addEventListener("statechange", look);
        look();
      });
    await state("installed");
    const activated = state("activated");
    worker?.postMessage("skip-waiting");
    await activated;
    return caches.keys();
  });
  expect(left).not.toContain("duebook-shell-0");
  expect(left).toContain("someone-elses");
});

/** Waits until the service worker answers for the page. */
async function controlled(person: Person): Promise<void> {
  await person.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await expect.poll(() => person.page.evaluate(() => navigator.serviceWorker.controller?.state)).toBe("activated");
}
