import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";

import { ADA, Rest, VIC, expect, test } from "../support/fixtures.ts";
import { Person } from "../support/person.ts";

test.describe.configure({ timeout: 120_000 });

test("what is read in one tab is read in every tab of that person, and of nobody else", async ({
  app,
  ada,
  person,
  another,
}) => {
  await Rest.register(app.url, VIC);
  await ada.approve(VIC.email);
  const grid = person;
  await grid.arrive(ADA);
  const first = await tab(grid, "/inbox");
  const second = await tab(grid, "/desk");
  const vic = await another();
  await vic.arrive(VIC, "/inbox");
  await grid.post("/api/v1/notifications/read-all", {});
  for (const one of [grid, first, second]) {
    await expect(one.liveState("Live")).toBeVisible();
    await expect.poll(() => one.unread()).toBe(0);
  }
  const before = await vic.unread();

  await test.step("news are counted in each tab", async () => {
    await ada.createCustomer({ name: "Acme" });
    await ada.createCustomer({ name: "Initech" });
    for (const one of [grid, first, second]) {
      await expect.poll(() => one.unread()).toBe(2);
    }
    await expect.poll(() => vic.unread()).toBe(before + 2);
  });

  await test.step("one is read, in one tab", async () => {
    const acme = first.notification(/Acme was added/);
    await first.button("Mark as read", acme).click();
    await expect(first.button("Mark as read", acme)).toBeHidden();
    for (const one of [grid, first, second]) {
      await expect.poll(() => one.unread()).toBe(1);
    }
    expect(await vic.unread()).toBe(before + 2);
  });

  await test.step("the rest is read by a script, and the inbox that is open shows it", async () => {
    await expect(first.notification(/Initech was added/).getByText("Unread")).toBeAttached();
    await grid.post("/api/v1/notifications/read-all", {});
    await expect(first.notification(/Initech was added/).getByText("Unread")).not.toBeAttached();
    await expect.poll(() => second.unread()).toBe(0);
  });

  await test.step("a tab that was away learns what happened and what was read", async () => {
    for (const one of [person, vic]) {
      one.watch.serverDown = true;
    }
    await app.kill();
    await expect(second.liveState("Reconnecting…")).toBeVisible();
    await app.start();
    await ada.createCustomer({ name: "Globex" });
    await ada.createCustomer({ name: "Hooli" });
    const [hooli] = await ada.notifications("?unread=true");
    if (hooli) {
      await ada.markRead(hooli);
    }
    for (const one of [grid, first, second]) {
      await expect.poll(() => one.unread(), { timeout: 20_000 }).toBe(1);
    }
    for (const one of [person, vic]) {
      one.watch.serverDown = false;
    }
    // Four of a kind in a row by now.
    const group = first.notification(/4 new customers/).first();
    await first.button(/4 new customers/, group).click();
    await expect(group.getByRole("listitem")).toHaveText([/Hooli/, /Globex/, /Initech/, /Acme/]);
    await expect(group.getByRole("listitem").filter({ hasText: "Unread" })).toHaveText([/Globex/]);
  });
});

test("many of a kind are one entry and one message", async ({ ada, person }) => {
  await person.arrive(ADA, "/inbox");
  await person.button("Mark all as read").click();
  await expect.poll(() => person.unread()).toBe(0);
  const names = Array.from({ length: 37 }, (_, at) => `Customer ${String(at + 1).padStart(2, "0")}`);
  await Promise.all(names.map((name) => ada.createCustomer({ name })));

  const group = person.notification(/37 new customers/).first();
  await expect(person.messages).toContainText("37 new customers");
  await expect(person.messages.getByRole("link", { name: /new customers/ })).toHaveCount(1);
  await expect(group).toBeVisible();
  await expect.poll(() => person.unread()).toBe(37);

  await test.step("it opens, a part at a time", async () => {
    const fold = person.button(/37 new customers/, group);
    await expect(fold).toHaveAttribute("aria-expanded", "false");
    await fold.press("Enter");
    await expect(fold).toHaveAttribute("aria-expanded", "true");
    await expect(group.getByRole("listitem")).toHaveCount(20);
    await person.button("Show 17 more", group).click();
    await expect(group.getByRole("listitem")).toHaveCount(37);
    await expect(person.link(/^Customer 01 was added/, group)).toBeVisible();
  });

  await test.step("what comes on top of it joins it, and it stays open", async () => {
    await ada.createCustomer({ name: "Customer 38" });
    const grown = person.notification(/38 new customers/).first();
    await expect(person.button(/38 new customers/, grown)).toHaveAttribute("aria-expanded", "true");
    await expect(person.link(/^Customer 38 was added/, grown)).toBeVisible();
    const { violations } = await new AxeBuilder({ page: person.page }).analyze();
    expect(violations.map((violation) => violation.help)).toEqual([]);
  });

  await test.step("it is read as one, and leads to where all of them are", async () => {
    const grown = person.notification(/38 new customers/).first();
    await person.button("Mark 38 as read", grown).click();
    await expect.poll(() => person.unread()).toBe(0);
    await person.link("Show the newest customers", grown).click();
    await expect(person.page).toHaveURL(/\/customers\?sort=-created_at$/);
  });
});

test("everyone chooses what they are told, kind by kind", async ({ ada, person }) => {
  await person.arrive(ADA, "/settings");
  await person.post("/api/v1/notifications/read-all", {});
  const other = await tab(person, "/inbox");
  await expect(other.liveState("Live")).toBeVisible();
  const choice = (name: string) => person.page.getByRole("radio", { name });
  await expect(choice("New customers: Inbox and message")).toBeChecked();

  await choice("New customers: Inbox only").check();
  await expect.poll(async () => (await ada.preferences())["customer.created"]).toBe("inbox");
  await ada.createCustomer({ name: "Quiet" });
  await expect(other.notification(/Quiet was added/)).toBeVisible();
  await expect.poll(() => other.unread()).toBe(1);
  await other.page.waitForTimeout(1_000);
  await expect(other.messages).not.toContainText("New customer");

  await choice("New customers: Inbox only").press("ArrowRight");
  await expect(choice("New customers: Off")).toBeChecked();
  await expect(other.notification(/Quiet was added/)).toBeHidden();
  await expect.poll(() => other.unread()).toBe(0);

  await choice("New customers: Inbox and message").check();
  await expect(other.notification(/Quiet was added/)).toBeVisible();
  await expect.poll(() => other.unread()).toBe(1);
  await person.reload();
  await expect(choice("New customers: Inbox and message")).toBeChecked();
  await person.page.setViewportSize({ width: 390, height: 844 });
  const { violations } = await new AxeBuilder({ page: person.page }).analyze();
  expect(violations.map((violation) => violation.help)).toEqual([]);
  expect(await person.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});

test("a desk that nobody looks at tells by the browser, once, and leads back", async ({ app, ada, person }) => {
  await person.context.grantPermissions(["notifications"], { origin: app.url });
  await person.context.addInitScript(() => {
    // What the system would show: headless browsers have nowhere to.
    class Recorded {
      static permission = "granted";
      onclick: (() => void) | null = null;
      constructor(title: string, options: { body?: string; tag?: string }) {
        const told = (window as unknown as { told: object[] }).told;
        told.push({ title, body: options.body, tag: options.tag, notice: this });
      }
      static async requestPermission() {
        return "granted";
      }
      close() {}
    }
    Object.assign(window, { told: [], Notification: Recorded });
  });
  await person.arrive(ADA, "/settings");
  await expect(person.page.getByText("Your browser tells you")).toBeVisible();
  const other = await tab(person, "/inbox");
  for (const one of [person, other]) {
    await expect(one.liveState("Live")).toBeVisible();
  }
  const told = async (one: Person) =>
    one.page.evaluate(() =>
      (window as unknown as { told: { title: string; body: string }[] }).told.map(({ title, body }) => `${title}: ${body}`),
    );

  await ada.createCustomer({ name: "Seen" });
  await expect(other.messages).toContainText("Seen was added");
  expect([...(await told(person)), ...(await told(other))]).toEqual([]);

  for (const one of [person, other]) {
    await hide(one.page);
  }
  await ada.createCustomer({ name: "Unseen" });
  await expect.poll(async () => [...(await told(person)), ...(await told(other))]).toEqual(["New customer: Unseen was added."]);
  await Promise.all([1, 2, 3, 4, 5].map((at) => ada.createCustomer({ name: `Many ${at}` })));
  await expect
    .poll(async () => [...(await told(person)), ...(await told(other))].at(-1))
    .toMatch(/new customers/);

  const teller = (await told(person)).length > 0 ? person : other;
  expect((await told(teller === person ? other : person)).length, "the other tab keeps quiet").toBe(0);
  await teller.page.evaluate(() => {
    const [first] = (window as unknown as { told: { notice: { onclick: (() => void) | null } }[] }).told;
    first?.notice.onclick?.();
  });
  await expect(teller.page).toHaveURL(/\/customers\/cus_/);
  await expect(teller.heading("Unseen")).toBeVisible();
});

/** Another tab of the same person. */
async function tab(person: Person, path: string): Promise<Person> {
  const one = new Person(await person.context.newPage(), person.context, person.watch, person.url);
  await one.open(path);
  return one;
}

/** The tab is behind another one, as far as it can tell. */
async function hide(page: Page): Promise<void> {
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  });
}
