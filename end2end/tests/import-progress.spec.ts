import { ADA, expect, test } from "../support/fixtures.ts";
import type { Person } from "../support/person.ts";
import { csv } from "../support/sheet.ts";

/** Several chunks, as a debug build saves them in a few seconds. */
const ROWS = 1_000;
const rows = Array.from({ length: ROWS }, (_, at) => [`C-${at}`, `Person ${at}`, `${at}.50`, "2025-04-01"]);
const LARGE = csv("large.csv", [["Reference", "Name", "Outstanding amount", "Due date"], ...rows]);

test("everyone sees how far an import is, and the last row", async ({ ada, person, another }) => {
  test.setTimeout(120_000);
  const other = await another();
  await other.arrive(ADA, "/import");
  await other.page.evaluate(() => {
    // Saving is quick: what was shown has to be noted while it is.
    const seen = new Set<string>();
    Object.assign(window, { seen });
    new MutationObserver(() => {
      for (const cell of document.querySelectorAll("table tbody td")) {
        seen.add((cell as HTMLElement).innerText.trim());
      }
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  const visit = await other.page.evaluate(() => performance.timeOrigin);

  await person.arrive(ADA, "/import");
  await person.choose(LARGE);
  const bar = person.page.getByRole("progressbar", { name: "Saving" });
  await expect(bar).toHaveAttribute("aria-valuetext", /of 1,000 rows, [\d,]+ a second/, { timeout: 60_000 });
  await expect(person.heading("1,000 imported, 0 rejected")).toBeVisible({ timeout: 60_000 });

  await expect(other.importOf("large.csv")).toContainText("Done");
  await expect(other.importOf("large.csv")).toContainText("1,000");
  const seen = await other.page.evaluate(() => [...(window as unknown as { seen: Set<string> }).seen]);
  const shares = seen.filter((text) => /^Saving, \d+ %$/.test(text));
  expect(shares.length, `shares that the other browser showed, of ${seen.length} texts`).toBeGreaterThan(0);
  expect(await other.page.evaluate(() => performance.timeOrigin), "it was never loaded again").toBe(visit);
  expect((await ada.imports())[0]).toMatchObject({ state: "completed", created: ROWS });
});

test("a restart in the middle goes on where it was", async ({ app, ada, person }) => {
  test.setTimeout(120_000);
  await person.arrive(ADA, "/import");
  await person.choose(LARGE);
  await expect
    .poll(async () => (await savedOf(ada))?.created ?? 0, { timeout: 60_000, intervals: [20] })
    .toBeGreaterThan(0);
  await cutOff(person, async () => {
    await app.kill();
    await app.start();
  });
  await expect(person.heading("1,000 imported, 0 rejected")).toBeVisible({ timeout: 90_000 });
  expect(await savedOf(ada)).toMatchObject({ state: "completed", created: ROWS, updated: 0 });
});

test("a file that is chosen before the page has its script is taken", async ({ ada, person }) => {
  await person.logIn(ADA);
  const release = await person.holdScript();
  await person.page.goto("/import", { waitUntil: "commit" });
  await person.choose(csv("early.csv", [["Name", "Reference"], ["Early Ltd", "C-1"]]));
  await expect(person.page.locator("html")).not.toHaveAttribute("data-hydrated", "true");
  release();
  await expect(person.heading("1 imported, 0 rejected")).toBeVisible({ timeout: 30_000 });
  expect((await ada.customer("Early Ltd")).reference).toBe("C-1");
});

async function savedOf(rest: { imports: () => Promise<{ created: number; state: string; updated: number }[]> }) {
  return (await rest.imports())[0];
}

/** While `act` runs the server may be out of reach. */
async function cutOff(person: Person, act: () => Promise<void>): Promise<void> {
  person.watch.serverDown = true;
  await act();
  await expect(person.liveState("Live")).toBeVisible({ timeout: 30_000 });
  person.watch.serverDown = false;
}
