import AxeBuilder from "@axe-core/playwright";

import { DEMO, Rest, VIC, expect, test } from "../support/fixtures.ts";
import type { Person } from "../support/person.ts";

test.use({ mode: "demo" });
// Two years of sample books take their time on a busy machine.
test.describe.configure({ timeout: 360_000 });

const DAY = 24 * 60 * 60 * 1000;

test("an admin moves the date of a demonstration, and every open screen follows", async ({
  app,
  person: admin,
  another,
}) => {
  const rest = await Rest.signIn(app.url, DEMO);
  await Rest.register(app.url, VIC);
  await rest.approve(VIC.email);

  await admin.arrive(DEMO, "/invoices?status=overdue");
  const start = await today(admin);
  const overdue = await total(admin);
  const unread = await admin.unread();
  expect(overdue).toBeGreaterThan(0);

  const vic = await another();
  await vic.arrive(VIC, "/reports/ageing");
  const notYetDue = vic.page.getByRole("table", { name: "Total by currency" }).getByRole("cell").nth(1);
  const due = await notYetDue.innerText();
  expect(due).toMatch(/\d invoices/);
  await expect(bar(vic)).toBeVisible();
  await expect(steps(vic), "only an admin moves it").toHaveCount(0);

  // Somebody who owes nothing late: no event concerns this page, and yet the days go by on it.
  const [debtor] = await rest.customers(`?status=pending&due_from=${plus(start, 10)}&sort=next_due_date&limit=1`);
  const left = days(start, debtor?.next_due_date ?? start);
  expect(left).toBeGreaterThanOrEqual(10);
  const looker = await another();
  await looker.arrive(VIC, `/customers/${debtor?.id}`);
  await expect(looker.page.getByRole("main")).toContainText(`in ${left} days`);
  for (const one of [admin, vic, looker]) {
    await expect(one.liveState("Live")).toBeVisible();
  }

  await test.step("seven days pass, and many invoices fall due in one go", async () => {
    await admin.button("+7 days", steps(admin)).click();
    for (const one of [admin, vic, looker]) {
      await expect(day(one)).toHaveAttribute("datetime", plus(start, 7));
    }
    // One message, not one for each.
    await expect(vic.messages).toContainText(/\d+ invoices became overdue/);
    await expect(vic.page.getByRole("main")).toContainText(`as of ${await day(vic).innerText()}`);
    await expect(notYetDue).not.toHaveText(due, { useInnerText: true });
    await expect(looker.page.getByRole("main")).toContainText(`in ${left - 7} days`);
    await expect.poll(() => total(admin)).toBeGreaterThan(overdue);
    await expect.poll(() => admin.unread()).toBeGreaterThan(unread);
  });

  await test.step("in the inbox they are one entry, and each of them is in it", async () => {
    await admin.goTo("Inbox");
    const group = admin.notification(/\d+ invoices became overdue/).first();
    await admin.button(/invoices became overdue/, group).click();
    await expect(admin.link(/An invoice of .* is overdue/, group).first()).toBeVisible();
  });

  await test.step("a month more, and nobody has to sign in again for it", async () => {
    await admin.button("+30 days", steps(admin)).click();
    for (const one of [admin, vic, looker]) {
      await expect(day(one)).toHaveAttribute("datetime", plus(start, 37));
      await one.reload();
      await expect(day(one)).toHaveAttribute("datetime", plus(start, 37));
      await expect(one.liveState("Live")).toBeVisible();
    }
    await expect(vic.heading("Ageing")).toBeVisible();
  });

  await test.step("the bar is for everybody, on a telephone too", async () => {
    const { violations } = await new AxeBuilder({ page: admin.page }).include("section.demo-bar").analyze();
    expect(violations.map((violation) => violation.help)).toEqual([]);
    await admin.page.setViewportSize({ width: 390, height: 844 });
    for (const button of await steps(admin).getByRole("button").all()) {
      expect((await button.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    }
    expect(await admin.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });
});

/** What says that these are sample books. */
function bar(person: Person) {
  return person.page.getByRole("status").filter({ hasText: "Sample books" });
}

/** The business date on screen. */
function day(person: Person) {
  return bar(person).locator("time");
}

async function today(person: Person): Promise<string> {
  return (await day(person).getAttribute("datetime")) ?? "";
}

/** The steps an admin moves the date by. */
function steps(person: Person) {
  return person.page.getByRole("group", { name: "Move the date" });
}

/** How many invoices the list has in all. */
async function total(person: Person): Promise<number> {
  const text = await person.page.getByRole("navigation", { name: "Pages" }).innerText();
  return Number(/of ([\d,]+)/.exec(text)?.[1]?.replaceAll(",", "") ?? 0);
}

function plus(date: string, days: number): string {
  return new Date(Date.parse(date) + days * DAY).toISOString().slice(0, 10);
}

function days(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY);
}
