import { ADA, Rest, VIC, expect, test } from "../support/fixtures.ts";
import type { Account } from "../support/people.ts";
import type { Person } from "../support/person.ts";
import type { Customer } from "../support/rest.ts";

const MIA: Account = { name: "Mia Manager", email: "mia@example.com", password: "one more unrelated sentence" };

test("an invoice goes from draft to written off and back, and another browser follows", async ({
  app,
  ada,
  person: mia,
  another,
}) => {
  test.setTimeout(120_000);
  const acme = await ada.createCustomer({ name: "Acme Ltd" });
  await join(ada, app.url, MIA, "manager");
  await join(ada, app.url, VIC, "collector");
  await mia.arrive(MIA, `/customers/${acme.id}`);
  const vic = await another();
  await vic.arrive(VIC, `/customers/${acme.id}`);
  await expect(vic.heading("No invoices")).toBeVisible();
  await expect(vic.liveState("Live")).toBeVisible();
  const visit = await mark(vic);

  await test.step("the due date follows the terms until it is typed by hand", async () => {
    await mia.button("New invoice").click();
    const dialog = mia.dialog("New invoice");
    const due = mia.field("Due date", dialog);
    await mia.field(/^Number/, dialog).fill("000042");
    await mia.field("Total", dialog).fill("1,200.00");
    await mia.field("Payment terms", dialog).selectOption("net_30");
    await mia.field("Issue date", dialog).fill("2025-01-31");
    await expect(due).toHaveValue("2025-03-02");
    await mia.field("Payment terms", dialog).selectOption("end_of_month");
    await expect(due).toHaveValue("2025-01-31");
    await due.fill("2025-02-20");
    await expect(mia.field("Payment terms", dialog)).toHaveValue("");
    await expect(due).toHaveValue("2025-02-20");
    await mia.field("Payment terms", dialog).selectOption("net_30");
    await expect(due).toHaveValue("2025-03-02");
    await expect(dialog).toContainText(/Owed once it is issued\s*1,200\.00 USD/);
    await mia.button("Save as draft", dialog).click();
    await expect(dialog).toBeHidden();
  });

  await test.step("a draft stands in both browsers and owes nothing", async () => {
    for (const one of [mia, vic]) {
      const row = one.invoice("000042");
      await expect(row).toContainText("Draft");
      await expect(row).toContainText("1,200.00");
      await expect(row).toContainText("Net 30 days");
      await expect(summary(one)).toContainText("Nothing is owed");
    }
  });

  await test.step("the draft is edited, zeros in front and all", async () => {
    await mia.invoiceAction("000042", "Edit");
    const dialog = mia.dialog("Edit invoice");
    await expect(mia.field("Number", dialog)).toHaveValue("000042");
    await expect(mia.field("Due date", dialog)).toHaveValue("2025-03-02");
    await mia.field("Total", dialog).fill("1000.00");
    await mia.field(/^What it is for/, dialog).fill("Twenty chairs");
    await mia.button("Save as draft", dialog).click();
    await expect(dialog).toBeHidden();
    await expect(mia.button("Actions for invoice 000042")).toBeFocused();
    for (const one of [mia, vic]) {
      await expect(one.invoice("000042")).toContainText("1,000.00");
      await expect(one.invoice("000042")).toContainText("Twenty chairs");
    }
  });

  await test.step("issued, it is owed", async () => {
    await mia.invoiceAction("000042", "Issue");
    for (const one of [mia, vic]) {
      await expect(one.invoice("000042")).toContainText("Overdue");
      await expect(summary(one)).toContainText("1,000.00");
    }
  });

  await test.step("a part is credited, from a day that has passed", async () => {
    await mia.invoiceAction("000042", "Credit…");
    const dialog = mia.dialog("Credit note");
    const amount = mia.field("Amount", dialog);
    await expect(amount).toHaveValue("1000.00");
    await amount.fill("1000.01");
    await mia.field("Reason", dialog).fill("Damaged goods");
    await mia.field(/^Counts from/, dialog).fill("2025-03-03");
    await mia.button("Credit", dialog).click();
    expect(await mia.complaint(amount)).toContain("Only 1,000.00 USD is still owed");
    await amount.fill("250.00");
    await expect(dialog).toContainText("Acme Ltd owes 250.00 USD less on 000042. 750.00 USD stays owed.");
    await mia.button("Credit 250.00 USD", dialog).click();
    await expect(dialog).toBeHidden();
    for (const one of [mia, vic]) {
      await expect(one.invoice("000042")).toContainText("Credit note 250.00 USD on 3 Mar 2025: Damaged goods");
      await expect(one.invoice("000042")).toContainText("750.00");
      await expect(summary(one)).toContainText("750.00");
    }
  });

  await test.step("what was credited can't be voided, so that is not offered", async () => {
    await mia.button("Actions for invoice 000042").click();
    const row = mia.invoice("000042");
    await expect(mia.button("Credit…", row)).toBeVisible();
    await expect(mia.button("Write off…", row)).toBeVisible();
    await expect(mia.button("Void…", row)).toHaveCount(0);
    await mia.page.keyboard.press("Escape");
    await expect(mia.button("Credit…", row)).toBeHidden();
    await expect(mia.button("Actions for invoice 000042")).toBeFocused();
  });

  await test.step("the rest is written off", async () => {
    await mia.invoiceAction("000042", "Write off…");
    const dialog = mia.dialog("Write off invoice");
    await expect(dialog).toContainText("750.00 USD on 000042 is given up: Acme Ltd no longer owes it.");
    await mia.button("Write off 750.00 USD", dialog).click();
    expect(await mia.complaint(mia.field("Reason", dialog))).toContain("reason");
    await mia.field("Reason", dialog).fill("Insolvent");
    await mia.button("Write off 750.00 USD", dialog).click();
    await expect(dialog).toBeHidden();
    for (const one of [mia, vic]) {
      await expect(one.invoice("000042")).toContainText(/Written off 750\.00 USD on .*: Insolvent/);
      await expect(summary(one)).toContainText("Nothing is owed");
    }
  });

  await test.step("and recovered", async () => {
    await mia.invoiceAction("000042", "Recover…");
    const dialog = mia.dialog("Recover write-off");
    await expect(mia.field("Amount", dialog)).toHaveValue("750.00");
    await mia.field("Reason", dialog).fill("Paid by the insurance");
    await mia.button("Recover 750.00 USD", dialog).click();
    await expect(dialog).toBeHidden();
    for (const one of [mia, vic]) {
      await expect(one.invoice("000042")).toContainText("Overdue");
      await expect(summary(one)).toContainText("750.00");
    }
  });

  await test.step("the timeline tells all of it", async () => {
    await vic.link(/^Timeline/).click();
    for (const line of [
      "000042 entered: 1,200.00 USD",
      "000042 issued: 1,000.00 USD",
      "250.00 USD credited on 000042",
      "750.00 USD written off on 000042",
      "750.00 USD of the write-off on 000042 taken back",
    ]) {
      await expect(vic.page.getByRole("listitem").filter({ hasText: line })).toBeVisible();
    }
    expect(await mark(vic), "the other browser's page was never loaded again").toBe(visit);
  });
});

test("a collector sees invoices and what became of them, not what could be done", async ({ app, sample, person }) => {
  await join(sample, app.url, VIC, "collector");
  const alice = await sample.customer("Alice Johnson");
  await person.arrive(VIC, `/customers/${alice.id}`);
  await expect(person.invoice("Opening balance")).toContainText("210.00");
  await expect(person.button("Record payment")).toBeVisible();
  await expect(person.button("New invoice")).toHaveCount(0);
  await expect(person.button(/^Actions for invoice/)).toHaveCount(0);
  await person.page.keyboard.press("i");
  await expect(person.page.getByRole("dialog")).toBeHidden();
  await person.page.keyboard.press("p");
  await expect(person.dialog("Record payment")).toBeVisible();
});

test("an untouched invoice is voided, with a reason", async ({ sample, person }) => {
  await open(person, await sample.customer("Alice Johnson"));
  await person.invoiceAction("Opening balance", "Void…");
  const dialog = person.dialog("Void invoice");
  await expect(dialog).toContainText("Alice Johnson no longer owes the 210.00 USD of Opening balance.");
  await person.button("Void Opening balance", dialog).click();
  expect(await person.complaint(person.field("Reason", dialog))).toContain("reason");
  await person.field("Reason", dialog).fill("Entered twice");
  await person.button("Void Opening balance", dialog).click();
  await expect(dialog).toBeHidden();
  const row = person.invoice("Opening balance");
  await expect(row).toContainText(/Voided 210\.00 USD on .*: Entered twice/);
  await expect(row.getByRole("button")).toHaveCount(0);
  await expect(summary(person)).toContainText("Nothing is owed");
  expect(await sample.customer("Alice Johnson")).toMatchObject({ outstanding: { amount: "0.00" }, status: "paid" });
});

test("what someone paid in the meantime is not voided, and the dialog says why", async ({ sample, person }) => {
  person.watch.expectStatus(409);
  const alice = await sample.customer("Alice Johnson");
  await open(person, alice);
  await person.invoiceAction("Opening balance", "Void…");
  const dialog = person.dialog("Void invoice");
  await person.field("Reason", dialog).fill("Entered twice");
  await sample.pay(alice, "10.00");
  await expect(person.invoice("Opening balance")).toContainText("200.00");
  await person.button("Void Opening balance", dialog).click();
  await expect(dialog.getByRole("alert")).toContainText("changed this in the meantime");
  await person.button("Void Opening balance", dialog).click();
  await expect(dialog.getByRole("alert")).toContainText("Payments or credit notes are applied");
  await expect(person.field("Reason", dialog)).toHaveValue("Entered twice");
  await person.button("Keep it as it is", dialog).click();
  await person.button("Actions for invoice Opening balance").click();
  await expect(person.button("Credit…")).toBeVisible();
  await expect(person.button("Void…")).toHaveCount(0);
  expect(await sample.customer("Alice Johnson")).toMatchObject({ outstanding: { amount: "200.00" } });
});

test("a wrong invoice form shows every error and loses nothing", async ({ ada, person }) => {
  person.watch.expectStatus(422);
  await open(person, await ada.createCustomer({ name: "Acme Ltd" }));
  // The button's key.
  await person.page.keyboard.press("i");
  const dialog = person.dialog("New invoice");
  const number = person.field(/^Number/, dialog);
  const total = person.field("Total", dialog);
  const issued = person.field("Issue date", dialog);
  const due = person.field("Due date", dialog);
  const long = "7".repeat(65);
  await number.fill(long);
  await issued.fill("2025-03-10");
  await due.fill("2025-03-09");
  await person.button("Issue", dialog).click();
  expect(await person.complaint(number)).toContain("at most 64 characters");
  expect(await person.complaint(total)).toContain("Enter an amount");
  expect(await person.complaint(due)).toContain("before it is issued");
  await expect(number).toBeFocused();
  await expect(number).toHaveValue(long);

  await test.step("mended, it goes through", async () => {
    await number.fill("0007");
    await total.fill("80.00");
    await due.fill("2025-03-10");
    for (const field of [number, total, due]) {
      await expect(field).not.toHaveAttribute("aria-invalid", "true");
    }
    await person.button("Issue", dialog).click();
    await expect(dialog).toBeHidden();
    await expect(person.invoice("0007")).toContainText("80.00");
  });

  await test.step("a number is used once, and 7 is not 0007", async () => {
    await person.button("New invoice").click();
    await number.fill("0007");
    await total.fill("90.00");
    await person.button("Issue", dialog).click();
    expect(await person.complaint(number)).toContain("of that number already");
    await expect(total).toHaveValue("90.00");
    await number.fill("7");
    await person.button("Issue", dialog).click();
    await expect(dialog).toBeHidden();
    await expect(person.invoice("7")).toContainText("90.00");
  });

  await test.step("what is dated ahead stays a draft until then", async () => {
    await person.button("New invoice").click();
    await total.fill("10.00");
    await issued.fill("2199-01-01");
    await due.fill("2199-02-01");
    await person.button("Issue", dialog).click();
    expect(await person.complaint(issued)).toContain("Keep it as a draft until then");
    await person.button("Save as draft", dialog).click();
    await expect(dialog).toBeHidden();
    // A number is made up for it.
    const row = person.page.getByRole("table", { name: "Invoices" }).getByRole("row").filter({ hasText: "Draft" });
    await expect(row).toContainText(/INV-\d+/);
  });
});

test("two people edit one draft: the second sees what the first made of it", async ({ app, ada, person, another }) => {
  const acme = await ada.createCustomer({ name: "Acme Ltd" });
  await join(ada, app.url, MIA, "manager");
  await open(person, acme);
  await person.button("New invoice").click();
  const added = person.dialog("New invoice");
  await person.field(/^Number/, added).fill("0042");
  await person.field("Total", added).fill("100.00");
  await person.button("Save as draft", added).click();
  await expect(added).toBeHidden();

  const mia = await another();
  mia.watch.expectStatus(409);
  await mia.arrive(MIA, `/customers/${acme.id}`);
  await mia.invoiceAction("0042", "Edit");
  const late = mia.dialog("Edit invoice");
  await mia.field("Total", late).fill("300.00");

  await person.invoiceAction("0042", "Edit");
  const early = person.dialog("Edit invoice");
  await person.field("Total", early).fill("200.00");
  await person.field(/^What it is for/, early).fill("Twenty chairs");
  await person.button("Save as draft", early).click();
  await expect(early).toBeHidden();

  await mia.button("Issue", late).click();
  await expect(late.getByRole("alert")).toContainText("Now it is 0042 over 200.00 USD");
  await expect(mia.field("Total", late)).toHaveValue("300.00");
  await expect(mia.field(/^What it is for/, late)).toHaveValue("Twenty chairs");
  await mia.button("Issue", late).click();
  await expect(late).toBeHidden();
  await expect(person.invoice("0042")).toContainText("300.00");
  await expect(person.invoice("0042")).toContainText("Open");
  await expect(person.invoice("0042")).toContainText("Twenty chairs");
});

test("money paid in advance is offered when an invoice arrives", async ({ ada, person }) => {
  const acme = await ada.createCustomer({ name: "Acme Ltd" });
  await ada.pay(acme, "40.00");
  await open(person, acme);
  await person.button("New invoice").click();
  const dialog = person.dialog("New invoice");
  await person.field("Total", dialog).fill("100.00");
  await expect(dialog).toContainText("40.00 USD is unapplied");
  await person.field(/^Once this is issued, apply it/, dialog).check();
  await person.button("Issue", dialog).click();
  await expect(dialog).toBeHidden();
  await expect(summary(person)).toContainText("60.00");
  await expect(person.page.getByRole("table", { name: "Invoices" })).toContainText("Partly paid");
  await expect
    .poll(() => ada.customer("Acme Ltd"))
    .toMatchObject({ outstanding: { amount: "60.00" }, unapplied: { amount: "0.00" } });
});

/** Registers someone and lets them in. */
async function join(admin: Rest, url: string, who: Account, role: string): Promise<void> {
  await Rest.register(url, who);
  await admin.approve(who.email, role);
}

/** Opens a customer as the admin. */
async function open(person: Person, customer: Customer): Promise<void> {
  await person.arrive(ADA, `/customers/${customer.id}`);
  await expect(person.liveState("Live")).toBeVisible();
}

function summary(person: Person) {
  return person.page.getByRole("complementary", { name: "Summary" });
}

/** A mark that lasts as long as the page isn't loaded again. */
async function mark(person: Person): Promise<string> {
  return person.page.evaluate(() => {
    const kept = window as unknown as { visit?: string };
    kept.visit ??= String(Math.random());
    return kept.visit;
  });
}
