import { ADA, expect, test } from "../support/fixtures.ts";
import type { Person } from "../support/person.ts";
import { csv } from "../support/sheet.ts";

const MANY = 3_000;
const name = (number: number) => `Customer ${String(number).padStart(4, "0")}`;
const sheet = csv("many.csv", [
  ["Customer reference", "Customer name", "Outstanding amount", "Payment due date"],
  ...Array.from({ length: MANY }, (_, at) => [`R-${at + 1}`, name(at + 1), String(at + 1), "2025-03-20"]),
]);

test("one scrolls through thousands of customers, of which only those near the window are drawn", async ({
  ada,
  person,
}) => {
  test.setTimeout(120_000);
  await ada.upload(sheet, "auto");
  await person.arrive(ADA);
  const pages = person.page.getByRole("navigation", { name: "Pages" });
  await expect(pages).toContainText(/1–\d+ of 3,000/);

  const seen: string[] = [];
  let most = 0;
  for (let steps = 0; steps < 400 && seen.at(-1) !== name(MANY); steps++) {
    const drawn = await person.names();
    most = Math.max(most, drawn.length);
    const known = new Set(seen);
    seen.push(...drawn.filter((name) => !known.has(name)));
    await scroll(person, 2_000);
  }
  expect(seen).toEqual(Array.from({ length: MANY }, (_, at) => name(at + 1)));
  expect(most).toBeLessThanOrEqual(250);
  await expect(pages).toContainText(/–3,000 of 3,000/);
  await expect(person.header("Outstanding")).toBeInViewport();

  // Back up, and everything is where it was.
  await scroll(person, -10_000_000);
  await expect(person.row(name(1))).toBeInViewport();
  await expect(pages).toContainText(/1–\d+ of 3,000/);
});

test("the keyboard focus outlives any scrolling, and rows far from the first page follow live", async ({
  ada,
  person,
}) => {
  test.setTimeout(120_000);
  await ada.upload(sheet, "auto");
  await person.arrive(ADA);
  await expect(person.liveState("Live")).toBeVisible();
  const first = person.link(name(1), person.grid);
  await first.focus();
  for (let steps = 0; steps < 20; steps++) {
    await scroll(person, 3_000);
  }
  await expect(person.row(name(400))).toHaveCount(0);
  await expect(first, "kept, though far out of sight").toBeFocused();
  await expect(first).not.toBeInViewport();
  await person.page.keyboard.press("j");
  await expect(person.link(name(2), person.grid)).toBeFocused();
  await expect(person.row(name(2))).toBeInViewport();

  const [paid] = await ada.customers("?q=R-150");
  await scrollTo(person, paid!.name);
  await ada.pay(paid!, "100.00");
  await expect(person.row(paid!.name)).toContainText("50.00");

  // Someone new belongs at the top: it waits there, and showing it keeps the place.
  await ada.createCustomer({ name: "Aaron First" });
  const change = person.button("1 change · show");
  await expect(change).toBeVisible();
  await change.click();
  await expect(change).toBeHidden();
  await expect(person.row(paid!.name)).toBeInViewport();
  await scroll(person, -10_000_000);
  await expect(person.row("Aaron First")).toBeInViewport();
});

test("coming back from a customer, one is where one was", async ({ ada, person }) => {
  test.setTimeout(120_000);
  await ada.upload(sheet, "auto");
  await person.arrive(ADA, "/customers?sort=-outstanding");
  await scrollTo(person, name(MANY - 400));
  await person.openCustomer(name(MANY - 400));
  await person.page.goBack();
  await expect(person.row(name(MANY - 400))).toBeInViewport();

  // Another view begins at its top.
  await person.page.getByRole("link", { name: /^Overdue/ }).click();
  await expect(person.page).toHaveURL(/status=overdue/);
  await expect(person.row(name(MANY))).toBeInViewport({ timeout: 30_000 });
});

test("cards on a telephone are scrolled through as well", async ({ ada, person }) => {
  test.setTimeout(120_000);
  await ada.upload(sheet, "auto");
  await person.page.setViewportSize({ width: 390, height: 844 });
  await person.arrive(ADA);
  await expect(person.row(name(1))).toBeVisible();
  let most = 0;
  const seen = new Set<string>();
  for (let steps = 0; steps < 60 && !seen.has(name(300)); steps++) {
    const drawn = await person.names();
    most = Math.max(most, drawn.length);
    drawn.forEach((name) => seen.add(name));
    await scroll(person, 1_500);
  }
  expect([...seen].slice(0, 300)).toEqual(Array.from({ length: 300 }, (_, at) => name(at + 1)));
  expect(most).toBeLessThanOrEqual(250);
});

test("columns are chosen and moved with the keyboard, and stand in the address", async ({ ada, person }) => {
  await ada.createCustomer({ name: "Alice Johnson", email: "alice@example.com", tags: ["vip"] });
  await person.arrive(ADA);
  await expect(person.row("Alice Johnson")).toBeVisible();
  const menu = person.button("Columns");
  await menu.focus();
  await person.page.keyboard.press("Enter");
  await person.page.getByRole("checkbox", { name: "Show Tags" }).press("Space");
  await person.page.getByRole("checkbox", { name: "Show Overdue" }).press("Space");
  const up = person.button("Move Tags up");
  for (let times = 0; times < 5; times++) {
    await up.press("Enter");
    await expect(up).toBeFocused();
  }
  await expect(person.page).toHaveURL(/columns=name%2Ctags%2Creference%2Coutstanding%2Cdue%2Cstatus%2Cupdated$/);
  await person.page.keyboard.press("Escape");
  await expect(menu).toBeFocused();
  const heads = person.grid.getByRole("columnheader");
  const wanted = ["Customer", "Tags", "Reference", "Outstanding", "Due", "Status", "Updated"];
  await expect.poll(async () => (await heads.allInnerTexts()).filter(Boolean)).toEqual(wanted);
  await expect(person.row("Alice Johnson")).toContainText("vip");
  await person.reload();
  await expect.poll(async () => (await heads.allInnerTexts()).filter(Boolean)).toEqual(wanted);
});

/** Scrolls the list, or the page where the list has no frame of its own, and waits until what belongs there is drawn. */
async function scroll(person: Person, by: number): Promise<void> {
  await person.grid.evaluate(async (table, by) => {
    const frame = table.parentElement!;
    const own = frame.scrollHeight > frame.clientHeight + 1 && getComputedStyle(frame).overflowY !== "visible";
    (own ? frame : document.scrollingElement!).scrollBy({ top: by, behavior: "instant" });
    await new Promise((drawn) => setTimeout(drawn, 150));
  }, by);
}

async function scrollTo(person: Person, name: string): Promise<void> {
  for (let steps = 0; steps < 100; steps++) {
    if ((await person.row(name).count()) > 0) {
      await person.row(name).scrollIntoViewIfNeeded();
      return;
    }
    await scroll(person, steps < 50 ? 1_500 : -1_500);
  }
  throw new Error(`no row of ${name}`);
}
