// The offline page's own script: the theme, what is known of the cause, and trying again. A file of its own, so that a
// policy without inline scripts holds here, too.
"use strict";

(() => {
  const theme = document.cookie.match(/(?:^|;\s*)theme=(light|dark)/)?.[1];
  if (theme) {
    document.documentElement.dataset.theme = theme;
  }

  // Often at first, for a restart takes seconds; then less, for the sake of a phone's battery.
  const PAUSES = [1000, 1000, 2000, 3000, 5000, 10000];
  let tries = 0;
  let timer;
  let asking = false;

  async function answers() {
    try {
      const ready = await fetch("/readyz", { cache: "no-store", signal: AbortSignal.timeout(5000) });
      return ready.ok;
    } catch {
      return false;
    }
  }

  function say(id, text) {
    const place = document.getElementById(id);
    if (place && place.textContent !== text) {
      place.textContent = text;
    }
  }

  async function tryAgain() {
    if (asking) {
      return;
    }
    asking = true;
    clearTimeout(timer);
    if (await answers()) {
      say("state", "Connected. Opening the page…");
      // The address is still the one that was asked for. Opened by its own address, this page has nothing to go back to.
      if (location.pathname === "/offline.html") {
        location.replace("/");
      } else {
        location.reload();
      }
      return;
    }
    asking = false;
    say(
      "what",
      navigator.onLine ? "This device is online, but the server isn’t answering." : "This device is offline.",
    );
    timer = setTimeout(tryAgain, PAUSES[Math.min(tries++, PAUSES.length - 1)]);
  }

  addEventListener("online", () => {
    tries = 0;
    tryAgain();
  });
  addEventListener("offline", () => say("what", "This device is offline."));
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) {
      tries = 0;
      tryAgain();
    }
  });
  document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("again")?.addEventListener("click", (event) => {
      event.preventDefault();
      tries = 0;
      tryAgain();
    });
    tryAgain();
  });
})();
