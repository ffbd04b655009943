// Duebook's service worker. It makes the second visit fast and a visit without a connection an honest page.
//
// It keeps two things only: the built front end under /pkg/, whose names carry a hash of their contents, and the page
// that says Duebook can't be reached. No page, answer or frame of a signed-in person is ever kept: names and debts
// must not outlive a sign-out on a shared computer, and an old balance is worse than none.
"use strict";

// Raise the number when the list of files or the rules of a cache change; `activate` then removes the old one.
const SHELL = "duebook-shell-1";
const PACKAGE = "duebook-pkg-1";

/** What the offline page consists of. */
const SHELL_FILES = [
  "/offline.html",
  "/offline.css",
  "/offline.js",
  "/favicon.svg",
  "/icons/icon.svg",
  "/fonts/inter-latin.woff2",
];

/**
 * Most files of the front end to keep. One build has about fifty; the older ones leave first, so builds of the past
 * don't pile up.
 */
const PACKAGE_FILES = 150;

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const shell = await caches.open(SHELL);
      // Past the HTTP cache: a page kept for the day the server is gone should be the newest there was.
      await shell.addAll(SHELL_FILES.map((file) => new Request(file, { cache: "reload" })));
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) {
        if (name.startsWith("duebook-") && name !== SHELL && name !== PACKAGE) {
          await caches.delete(name);
        }
      }
      await self.clients.claim();
    })(),
  );
});

// A new version waits until the old one's pages are closed, unless a page says that now is a good moment.
self.addEventListener("message", (event) => {
  if (event.data === "skip-waiting" || event.data?.type === "skip-waiting") {
    self.skipWaiting();
  }
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) {
    return;
  }
  if (url.pathname.startsWith("/pkg/")) {
    event.respondWith(packaged(event));
  } else if (SHELL_FILES.includes(url.pathname)) {
    event.respondWith(networkOrShell(request));
  } else if (request.mode === "navigate" && !isDownload(url)) {
    event.respondWith(page(request));
  }
  // All else goes to the network as if there were no service worker.
});

/** A link to a file of the API opens as a navigation, too; a page in its place would be saved under the file's name. */
function isDownload(url) {
  return ["/api/", "/fn/"].some((prefix) => url.pathname.startsWith(prefix)) || url.pathname === "/live";
}

/** A file of the front end: its name changes with its contents, so a kept one is right. */
async function packaged(event) {
  const cache = await caches.open(PACKAGE);
  const kept = await cache.match(event.request);
  if (kept) {
    return kept;
  }
  const answer = await fetch(event.request);
  if (mayKeep(answer)) {
    const copy = answer.clone();
    event.waitUntil(keep(cache, event.request, copy));
  }
  return answer;
}

/** The server says which files never change; one without a hash in its name, as in development, isn't among them. */
function mayKeep(answer) {
  return (
    answer.status === 200 &&
    answer.type === "basic" &&
    (answer.headers.get("Cache-Control") ?? "").includes("immutable") &&
    !(answer.headers.get("Content-Type") ?? "").includes("text/html")
  );
}

async function keep(cache, request, answer) {
  try {
    await cache.put(request, answer);
    const files = await cache.keys();
    await Promise.all(files.slice(0, Math.max(0, files.length - PACKAGE_FILES)).map((old) => cache.delete(old)));
  } catch {
    // The disk is full or storage is forbidden: the next visit is slower, nothing else.
  }
}

async function networkOrShell(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match(request, { cacheName: SHELL, ignoreSearch: true });
    if (kept) {
      return kept;
    }
    throw error;
  }
}

/** A page comes from the server or, when that can't be reached, is the one that says so. */
async function page(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const offline = await caches.match("/offline.html", { cacheName: SHELL });
    if (!offline) {
      throw error;
    }
    // 503, so that nothing takes it for the page that was asked for.
    return new Response(offline.body, { status: 503, statusText: "Service Unavailable", headers: offline.headers });
  }
}
