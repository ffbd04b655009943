import AxeBuilder from "@axe-core/playwright";

import { ADA, Rest, VIC, expect, test } from "../support/fixtures.ts";
import { Person } from "../support/person.ts";

test.describe.configure({ timeout: 120_000 });

test("people at one customer see one another, and who works on it", async ({ app, ada, person, another }) => {
  await Rest.register(app.url, VIC);
  await ada.approve(VIC.email, "collector");
  const acme = await ada.createCustomer({ name: "Acme" });
  const other = await ada.createCustomer({ name: "Initech" });
  await person.arrive(ADA, `/customers/${acme.id}`);
  await expect(person.button("I’m on it")).toBeVisible();
  await expect(here(person)).toHaveCount(0);

  const vic = await another();
  await vic.arrive(VIC, `/customers/${acme.id}`);
  await expect(here(person)).toHaveText([/Vic Viewer/]);
  await expect(here(vic)).toHaveText([/Ada/]);
  await expect(word(person)).toHaveText("Vic Viewer has this customer open too.");

  await test.step("a second tab is nobody new, and the first to go takes nobody along", async () => {
    const second = new Person(await vic.context.newPage(), vic.context, vic.watch, vic.url);
    await second.open(`/customers/${acme.id}`);
    await expect(here(second)).toHaveText([/Ada/]);
    await expect(here(person)).toHaveText([/Vic Viewer/]);
    await second.page.close();
    await person.page.waitForTimeout(500);
    await expect(here(person)).toHaveText([/Vic Viewer/]);
  });

  await test.step("one says to be on it, by keyboard, and keeps the focus", async () => {
    await vic.button("I’m on it").press("Enter");
    await expect(vic.button("Release")).toBeFocused();
    await expect(vic.page.getByText("You are working on this", { exact: true })).toBeVisible();
    await expect(person.page.getByText("Vic Viewer is working on this", { exact: true })).toBeVisible();
    for (const one of [person, vic]) {
      const { violations } = await new AxeBuilder({ page: one.page }).analyze();
      expect(violations.map((violation) => violation.help)).toEqual([]);
    }
  });

  await test.step("another takes over, and gives it back", async () => {
    await person.button("Take over").click();
    await expect(vic.page.getByText(/^Ada.* is working on this$/)).toBeVisible();
    await person.button("Release").click();
    await expect(vic.button("I’m on it")).toBeVisible();
    await expect(person.button("I’m on it")).toBeVisible();
  });

  await test.step("who goes to another customer, or away, is no longer here", async () => {
    await vic.open(`/customers/${other.id}`);
    await expect(here(person)).toHaveCount(0);
    await vic.page.goBack();
    await expect(here(person)).toHaveText([/Vic Viewer/]);
    await vic.goTo("Customers");
    await expect(here(person)).toHaveCount(0);
    await vic.open(`/customers/${acme.id}`);
    await expect(here(person)).toHaveText([/Vic Viewer/]);
    await vic.page.close();
    await expect(here(person)).toHaveCount(0);
  });
});

test("after a restart people are where they were, and who works on it still does", async ({
  app,
  ada,
  person,
  another,
}) => {
  await Rest.register(app.url, VIC);
  await ada.approve(VIC.email, "collector");
  const acme = await ada.createCustomer({ name: "Acme" });
  await person.arrive(ADA, `/customers/${acme.id}`);
  const vic = await another();
  await vic.arrive(VIC, `/customers/${acme.id}`);
  await vic.button("I’m on it").click();
  await expect(person.page.getByText("Vic Viewer is working on this", { exact: true })).toBeVisible();
  for (const one of [person, vic]) {
    one.watch.serverDown = true;
  }
  // Long enough that what was said is written.
  await person.page.waitForTimeout(2_500);
  await app.kill();
  for (const one of [person, vic]) {
    await expect(one.liveState("Reconnecting…")).toBeVisible();
    await expect(here(one), "nothing is known while the socket is away").toHaveCount(0);
  }
  await app.start();
  for (const one of [person, vic]) {
    await expect(one.liveState("Live")).toBeVisible({ timeout: 30_000 });
    one.watch.serverDown = false;
  }
  await expect(here(person)).toHaveText([/Vic Viewer/]);
  await expect(person.page.getByText("Vic Viewer is working on this", { exact: true })).toBeVisible();
  await vic.button("Release").click();
  await expect(person.button("I’m on it")).toBeVisible();
});

/** Who else has this customer open. */
function here(person: Person) {
  return person.page.getByRole("list", { name: "Also here" }).getByRole("listitem");
}

/** What screen readers are told of it. */
function word(person: Person) {
  return person.page.getByRole("status").filter({ hasText: "open too" });
}
