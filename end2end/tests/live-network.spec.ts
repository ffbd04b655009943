import { ADA, expect, test } from "../support/fixtures.ts";

test.describe.configure({ timeout: 120_000 });

test("a page that was offline has everything a moment after it is online again", async ({ ada, person }) => {
  const acme = await ada.createCustomer({ name: "Acme", outstanding: { amount: "100.00" }, due_date: "2030-01-31" });
  await person.arrive(ADA, `/customers/${acme.id}`);
  await expect(person.liveState("Live")).toBeVisible();
  await expect(person.page.getByRole("main").getByText("100.00").first()).toBeVisible();

  person.watch.serverDown = true;
  await person.context.setOffline(true);
  await expect(person.liveState("Offline")).toBeVisible();
  await ada.pay(acme, "30.00");
  await ada.pay(acme, "20.00");
  await person.page.waitForTimeout(1_000);
  await expect(person.page.getByRole("main").getByText("50.00")).toHaveCount(0);

  await person.context.setOffline(false);
  await expect(person.liveState("Live")).toBeVisible();
  person.watch.serverDown = false;
  await expect(person.page.getByRole("main").getByText("50.00").first()).toBeVisible();
  await ada.pay(acme, "10.00");
  await expect(person.page.getByRole("main").getByText("40.00").first()).toBeVisible();
});

test("a tab that slept for an hour wakes up true", async ({ ada, person }) => {
  const acme = await ada.createCustomer({ name: "Acme", outstanding: { amount: "100.00" }, due_date: "2030-01-31" });
  await person.arrive(ADA, `/customers/${acme.id}`);
  await expect(person.liveState("Live")).toBeVisible();
  const browser = await person.context.newCDPSession(person.page);
  person.watch.serverDown = true;
  await browser.send("Page.setWebLifecycleState", { state: "frozen" });
  await ada.pay(acme, "30.00");
  // The hour passes for the page's clock alone: its connection is as dead as after a night.
  await browser.send("Page.setWebLifecycleState", { state: "active" });
  await person.page.evaluate(() => {
    const now = Date.now;
    Date.now = () => now() + 3_600_000;
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  });
  await expect(person.liveState("Live")).toBeVisible({ timeout: 20_000 });
  await expect(person.page.getByRole("main").getByText("70.00").first()).toBeVisible();
  person.watch.serverDown = false;
  await ada.pay(acme, "10.00");
  await expect(person.page.getByRole("main").getByText("60.00").first()).toBeVisible();
});
