import type { Locator } from "@playwright/test";

import { ADA, Rest, VIC, expect, test } from "../support/fixtures.ts";
import type { Account } from "../support/people.ts";
import type { Person } from "../support/person.ts";
import type { Customer } from "../support/rest.ts";

const ALICE = "Alice Johnson";
const CARL: Account = { name: "Carl Collector", email: "carl@example.com", password: "one more unrelated sentence" };

test("money over the debt waits for an invoice, is applied to it, and another browser follows", async ({
  sample,
  person,
  another,
}) => {
  const alice = await sample.customer(ALICE);
  await open(person, alice);
  await person.recordPayment("250.00");
  const apply = person.button("Apply to the oldest due invoices");
  await expect(unapplied(person)).toContainText("40.00 USD is not applied to any invoice.");
  await expect(summary(person)).toContainText("Nothing is owed");
  await expect(apply, "nothing is open that it could settle").toBeHidden();

  const vic = await another();
  await open(vic, alice);
  await expect(unapplied(vic)).toContainText("40.00 USD");
  const visit = await mark(vic);

  await sample.createInvoice(alice, "INV-2", "100.00", "2025-05-01");
  for (const one of [person, vic]) {
    await expect(one.button("Apply to the oldest due invoices")).toBeVisible();
    await expect(summary(one)).toContainText("100.00");
  }

  await apply.click();
  await expect(person.messages).toContainText("40.00 USD settles the oldest due invoices.");
  for (const one of [person, vic]) {
    await expect(unapplied(one)).toBeHidden();
    await expect(summary(one)).toContainText("60.00");
    await expect(one.payment("250.00")).toContainText("INV-2: 40.00 USD");
    await expect(one.payment("250.00")).not.toContainText("unapplied");
  }
  expect(await mark(vic), "the other browser's page was never loaded again").toBe(visit);
  expect(await sample.customer(ALICE)).toMatchObject({
    outstanding: { amount: "60.00" },
    unapplied: { amount: "0.00" },
  });
});

test("what is paid back is owed again, first a part and then the rest", async ({ sample, person, another }) => {
  const alice = await sample.customer(ALICE);
  await sample.pay(alice, "210.00");
  const { vic, visit } = await bothOpen(person, another, alice);
  const dialog = person.dialog("Refund payment");
  const amount = person.field("Amount", dialog);
  const reason = person.field("Reason", dialog);
  const send = person.button(/^Refund/, dialog);

  await test.step("more than was paid is refused at the field, and so is no reason", async () => {
    await person.paymentAction("210.00", "Refund…");
    await expect(amount).toHaveValue("210.00");
    await expect(amount).toBeFocused();
    await amount.fill("210.01");
    await send.click();
    expect(await person.complaint(amount)).toContain("Only 210.00 USD of this payment is left to pay back.");
    expect(await person.complaint(reason)).toContain("Enter the reason.");
    await expect(amount).toBeFocused();
    for (const wrong of ["", "0", "abc", "1.234"]) {
      await amount.fill(wrong);
      expect(await person.complaint(amount), wrong).not.toBe("");
    }
  });

  await test.step("a part of it goes back, and the invoice owes that much", async () => {
    await amount.fill("50.00");
    await reason.fill("paid twice");
    await expect(dialog).toContainText(/Opening balance.*owed again.*50\.00/s);
    await expect(send).toHaveText("Refund 50.00 USD");
    await send.click();
    await expect(dialog).toBeHidden();
    for (const one of [person, vic]) {
      const row = one.payment("210.00");
      await expect(row).toContainText("Partly refunded");
      await expect(row).toContainText(/Refunded 50\.00 USD on \d+ \w+ \d{4}: paid twice/);
      await expect(row).toContainText("Opening balance: 160.00 USD");
      await expect(summary(one)).toContainText("50.00");
    }
    expect(await sample.customer(ALICE)).toMatchObject({ outstanding: { amount: "50.00" }, status: "overdue" });
  });

  await test.step("then the rest, and nothing is left to correct", async () => {
    await person.paymentAction("210.00", "Refund…");
    await expect(amount).toHaveValue("160.00");
    await expect(reason, "typed for the refund before").toHaveValue("");
    await reason.fill("order canceled");
    await send.click();
    await expect(dialog).toBeHidden();
    for (const one of [person, vic]) {
      await expect(one.payment("210.00")).toContainText(/Refunded 160\.00 USD on .*: order canceled/);
      await expect(one.payment("210.00").getByRole("button")).toHaveCount(0);
    }
    expect(await mark(vic), "the other browser's page was never loaded again").toBe(visit);
    expect(await sample.customer(ALICE)).toMatchObject({ outstanding: { amount: "210.00" } });
  });
});

test("a bounced cheque opens the invoice again, here and in the other browser's list", async ({
  sample,
  person,
  another,
}) => {
  const alice = await sample.customer(ALICE);
  await open(person, alice);
  await test.step("a cheque is recorded that came in April", async () => {
    await person.button("Record payment").click();
    const dialog = person.dialog("Record payment");
    await person.field("Received on", dialog).fill("2025-04-01");
    await person.field("Method", dialog).selectOption("cheque");
    await person.button("Record payment", dialog).click();
    await expect(dialog).toBeHidden();
    await expect(person.payment("210.00")).toContainText("1 Apr 2025");
    await expect(person.payment("210.00")).toContainText("Cheque");
  });
  const vic = await another();
  await vic.arrive(ADA, "/customers");
  await expect(vic.row(ALICE)).toContainText("Paid");
  await expect(vic.liveState("Live")).toBeVisible();

  await test.step("the reversal says what follows, and when and why it may be", async () => {
    await person.paymentAction("210.00", "Reverse…");
    const dialog = person.dialog("Reverse payment");
    const send = person.button("Reverse 210.00 USD", dialog);
    const day = person.field(/^Counts from/, dialog);
    const reason = person.field("Reason", dialog);
    await expect(person.field("What happened", dialog)).toHaveValue("bounced");
    await expect(dialog).toContainText("210.00 USD from Alice Johnson, received on 1 Apr 2025, no longer counts.");
    await expect(dialog).toContainText(/Opening balance.*owed again.*210\.00/s);
    await day.fill("2025-03-31");
    await send.click();
    expect(await person.complaint(day)).toContain("1 Apr 2025");
    expect(await person.complaint(reason)).toContain("Enter the reason.");
    await day.fill("2199-01-01");
    expect(await person.complaint(day)).toContain("after today");
    await day.fill("2025-04-09");
    await reason.fill("no cover");
    await send.click();
    await expect(dialog).toBeHidden();
  });

  await expect(person.payment("210.00")).toContainText("Reversed 210.00 USD on 9 Apr 2025, bounced: no cover");
  await expect(person.payment("210.00").getByRole("button"), "it is final").toHaveCount(0);
  await expect(summary(person)).toContainText("Overdue since");
  await expect(vic.row(ALICE)).toContainText("Overdue");
  await expect(vic.row(ALICE)).toContainText("210.00");
  await person.link(/^Invoices/, person.page.getByRole("navigation", { name: "Account" })).click();
  await expect(person.invoice("Opening balance")).toContainText("Overdue");
});

test("what a payment settles is moved, taken off and put in the usual order", async ({ sample, person, another }) => {
  const alice = await sample.customer(ALICE);
  await sample.createInvoice(alice, "INV-2", "100.00", "2025-05-01");
  await sample.pay(alice, "100.00");
  const { vic, visit } = await bothOpen(person, another, alice);
  const dialog = person.dialog("Change what it settles");
  const opening = person.field("Opening balance", dialog);
  const second = person.field("INV-2", dialog);
  const save = person.button("Save", dialog);

  await test.step("the sheet starts with what it settles now", async () => {
    await person.paymentAction("100.00", "Change what it settles…");
    await expect(opening).toHaveValue("100.00");
    await expect(opening).toBeFocused();
    await expect(second).toHaveValue("");
    await expect(dialog).toContainText("due 20 Mar 2025, 210.00 USD owed");
    await expect(over(dialog)).toContainText(/Stays unapplied\s*0\.00/);
  });

  await test.step("wrong amounts are told at their invoice", async () => {
    await opening.fill("");
    await second.fill("100.01");
    await opening.focus();
    expect(await person.complaint(second)).toContain("Only 100.00 USD is owed.");
    await second.fill("abc");
    expect(await person.complaint(second)).toContain("is not an amount");
    await second.fill("60.00");
    await opening.fill("100.00");
    await second.focus();
    expect(await person.complaint(opening)).toContain("The parts exceed the payment of 100.00 USD.");
    await expect(over(dialog)).toContainText(/More than there is, by\s*60\.00/);
    await save.click();
    await expect(opening).toBeFocused();
    await expect(dialog).toBeVisible();
  });

  await test.step("a part is moved to the other invoice", async () => {
    await opening.fill("40.00");
    await expect(opening).not.toHaveAttribute("aria-invalid", "true");
    await expect(over(dialog)).toContainText(/Stays unapplied\s*0\.00/);
    await expect(dialog).toContainText(/Opening balance.*owed again.*60\.00/s);
    await save.click();
    await expect(dialog).toBeHidden();
    for (const one of [person, vic]) {
      await expect(one.payment("100.00")).toContainText("Opening balance: 40.00 USD");
      await expect(one.payment("100.00")).toContainText("INV-2: 60.00 USD");
    }
  });

  await test.step("the usual order comes back at a click", async () => {
    await person.paymentAction("100.00", "Change what it settles…");
    await expect(opening).toHaveValue("40.00");
    await expect(second).toHaveValue("60.00");
    await person.button("Oldest due first", dialog).click();
    await expect(opening).toHaveValue("100.00");
    await expect(second).toHaveValue("");
  });

  await test.step("and cleared, it settles nothing", async () => {
    await person.button("Clear all", dialog).click();
    await expect(over(dialog)).toContainText(/Stays unapplied\s*100\.00/);
    await save.click();
    await expect(dialog).toBeHidden();
    for (const one of [person, vic]) {
      await expect(one.payment("100.00")).toContainText("100.00 USD unapplied");
      await expect(unapplied(one)).toContainText("100.00 USD is not applied to any invoice.");
      await expect(summary(one)).toContainText("310.00");
    }
    expect(await mark(vic), "the other browser's page was never loaded again").toBe(visit);
    expect((await sample.payments(alice.id))[0]).toMatchObject({ allocations: [], unapplied: { amount: "100.00" } });
  });
});

test("a payment that someone refunded meanwhile is not changed unseen", async ({ sample, person }) => {
  person.watch.expectStatus(409);
  const alice = await sample.customer(ALICE);
  await sample.createInvoice(alice, "INV-2", "100.00", "2025-05-01");
  const payment = await sample.pay(alice, "100.00");
  await open(person, alice);
  await person.paymentAction("100.00", "Change what it settles…");
  const dialog = person.dialog("Change what it settles");
  const [opening, second] = [person.field("Opening balance", dialog), person.field("INV-2", dialog)];
  await opening.fill("40.00");
  await second.fill("60.00");
  await sample.refund(payment, "10.00", "rounded up");
  await person.button("Save", dialog).click();
  await expect(dialog.getByRole("alert")).toContainText("Someone changed this in the meantime");
  await expect(dialog).toContainText("90.00 USD from Alice Johnson");
  await expect(opening).toHaveValue("40.00");
  expect(await person.complaint(second), "typed last, and now too much").toContain("exceed the payment of 90.00 USD");
  await second.fill("50.00");
  await person.button("Save", dialog).click();
  await expect(dialog).toBeHidden();
  await expect(person.payment("100.00")).toContainText("INV-2: 50.00 USD");
  expect(await sample.customer(ALICE)).toMatchObject({
    outstanding: { amount: "220.00" },
    unapplied: { amount: "0.00" },
  });
});

test("a payment is recorded for the invoices one chooses", async ({ sample, person }) => {
  const alice = await sample.customer(ALICE);
  const invoice = await sample.createInvoice(alice, "INV-2", "100.00", "2025-05-01");
  await open(person, alice);
  await person.button("Record payment").click();
  const dialog = person.dialog("Record payment");
  const amount = person.field("Amount", dialog);
  const received = person.field("Received on", dialog);
  const chosen = person.field("INV-2", dialog);
  const byHand = dialog.getByRole("radio", { name: "Choose invoices" });

  await test.step("by itself it settles the oldest due first", async () => {
    await amount.fill("150.00");
    await expect(dialog.getByRole("radio", { name: "Oldest due first" })).toBeChecked();
    await expect(dialog).toContainText("This payment settles");
  });

  await test.step("only money that is here can be meant for an invoice", async () => {
    await byHand.check();
    await expect(chosen).toHaveValue("");
    await person.field("Status", dialog).selectOption("pending");
    await expect(byHand).toBeHidden();
    await expect(chosen).toBeHidden();
    await person.field("Status", dialog).selectOption("completed");
    await expect(byHand).toBeChecked();
  });

  await test.step("too much, or a day to come, is refused at the field", async () => {
    await chosen.fill("100.01");
    await received.fill("2199-01-01");
    await person.button("Record payment", dialog).click();
    expect(await person.complaint(received)).toContain("after today");
    await received.fill("2025-05-02");
    expect(await person.complaint(chosen)).toContain("Only 100.00 USD is owed.");
    await chosen.fill("100.00");
    await expect(chosen).not.toHaveAttribute("aria-invalid", "true");
    await person.field("Opening balance", dialog).fill("20");
    await expect(over(dialog)).toContainText(/Stays unapplied\s*30\.00/);
  });

  await test.step("it settles them, and the rest is kept", async () => {
    await person.field("Method", dialog).selectOption("cash");
    await person.field(/^Reference/, dialog).fill("Till 4");
    await person.button("Record payment", dialog).click();
    await expect(dialog).toBeHidden();
    const row = person.payment("150.00");
    for (const words of ["2 May 2025", "Cash", "Till 4", "INV-2: 100.00 USD", "Opening balance: 20.00 USD"]) {
      await expect(row).toContainText(words);
    }
    await expect(row).toContainText("30.00 USD unapplied");
    await expect(unapplied(person)).toContainText("30.00 USD is not applied to any invoice.");
  });

  const [payment] = await sample.payments(alice.id);
  expect(payment).toMatchObject({ method: "cash", reference: "Till 4", received_on: "2025-05-02" });
  expect(payment?.allocations).toContainEqual({
    invoice_id: invoice.id,
    amount: { amount: "100.00", currency: "USD" },
  });
});

test("a collector may say what a payment settles, but not take it back; a viewer neither", async ({
  app,
  sample,
  person,
  another,
}) => {
  const alice = await sample.customer(ALICE);
  await sample.pay(alice, "100.00");
  for (const [who, role] of [
    [CARL, "collector"],
    [VIC, "viewer"],
  ] as const) {
    await Rest.register(app.url, who);
    await sample.approve(who.email, role);
  }
  await person.arrive(CARL, `/customers/${alice.id}?tab=payments`);
  await person.button("Actions for payment of 100.00 USD").click();
  await expect(person.button("Change what it settles…")).toBeVisible();
  await expect(person.button("Refund…")).toHaveCount(0);
  await expect(person.button("Reverse…")).toHaveCount(0);

  const vic = await another();
  await vic.arrive(VIC, `/customers/${alice.id}?tab=payments`);
  await expect(vic.payment("100.00")).toContainText("Completed");
  await expect(vic.payment("100.00").getByRole("button")).toHaveCount(0);
});

test("after a correction the focus is on the button it came from", async ({ sample, person }) => {
  const alice = await sample.customer(ALICE);
  await sample.pay(alice, "100.00");
  await open(person, alice);
  const actions = person.button("Actions for payment of 100.00 USD");
  for (const [entry, title] of [
    ["Change what it settles…", "Change what it settles"],
    ["Refund…", "Refund payment"],
    ["Reverse…", "Reverse payment"],
  ] as const) {
    await actions.focus();
    await person.page.keyboard.press("Enter");
    await person.button(entry).focus();
    await person.page.keyboard.press("Enter");
    await expect(person.dialog(title)).toBeVisible();
    await person.page.keyboard.press("Escape");
    await expect(person.dialog(title)).toBeHidden();
    await expect(actions).toBeFocused();
  }
});

/** Opens a customer's payments as the admin, and follows what happens. */
async function open(person: Person, customer: Customer): Promise<void> {
  await person.arrive(ADA, `/customers/${customer.id}?tab=payments`);
  await expect(person.liveState("Live")).toBeVisible();
}

/** Opens a customer for the admin and for a second person, whose page is marked: it must never be loaded again. */
async function bothOpen(person: Person, another: () => Promise<Person>, customer: Customer) {
  await open(person, customer);
  const vic = await another();
  await open(vic, customer);
  return { vic, visit: await mark(vic) };
}

function unapplied(person: Person): Locator {
  return person.page.getByRole("group", { name: "Unapplied money" });
}

function summary(person: Person): Locator {
  return person.page.getByRole("complementary", { name: "Summary" });
}

/** What stays over, in a sheet that asks for invoices. */
function over(dialog: Locator): Locator {
  return dialog.getByRole("status").filter({ hasText: /Stays unapplied|More than there is/ });
}

/** A mark that lasts as long as the page isn't loaded again. */
async function mark(person: Person): Promise<string> {
  return person.page.evaluate(() => {
    const kept = window as unknown as { visit?: string };
    kept.visit ??= String(Math.random());
    return kept.visit;
  });
}
