import { ADA, expect, test } from "../support/fixtures.ts";
import type { Person } from "../support/person.ts";

const ALICE = "Alice Johnson";
const JANE = "Jane Smith";
const JOHN = "John Doe";

test("all invoices stand by due date and are narrowed by state, date and words", async ({ sample, person }) => {
  void sample;
  await person.arrive(ADA);
  await person.goTo("Invoices");
  await sees(person, JOHN, JANE, ALICE);
  await expect(row(person, ALICE)).toContainText(/before Duebook.*20 Mar 2025.*days late.*210\.00.*210\.00.*Overdue/s);
  await expect(row(person, JANE)).toContainText(/15 Mar 2025.*320\.50.*0\.00.*Paid/s);
  // What is settled isn't late any more.
  await expect(row(person, JANE)).not.toContainText("late");
  // Books that are kept have no date to move.
  await expect(person.page.getByText("Sample books")).toHaveCount(0);

  await person.field("Status").selectOption("overdue");
  await sees(person, JOHN, ALICE);
  await expect(person.page).toHaveURL(/\/invoices\?status=overdue$/);
  await person.field("Search invoices").pressSequentially("ali", { delay: 30 });
  await sees(person, ALICE);
  await expect(person.page).toHaveURL(/q=ali&status=overdue/);

  // The address holds it all.
  await person.reload();
  await sees(person, ALICE);
  await expect(person.field("Status")).toHaveValue("overdue");
  await expect(person.field("Search invoices")).toHaveValue("ali");
  await person.button("Clear filters").click();
  await sees(person, JOHN, JANE, ALICE);

  // Both bounds belong to the days that are asked for.
  await person.field("Due from").fill("2025-03-15");
  await sees(person, JANE, ALICE);
  await person.field("Due to").fill("2025-03-15");
  await sees(person, JANE);
  await person.field("Status").selectOption("draft");
  await expect(person.heading("No invoice matches")).toBeVisible();
  await person.link("Show all invoices").click();
  await sees(person, JOHN, JANE, ALICE);
  await expect(person.field("Due from")).toHaveValue("");

  await person.link(ALICE, list(person)).click();
  await expect(person.heading(ALICE)).toBeVisible();
});

test("rows follow what happens elsewhere, and new ones wait until they are asked for", async ({
  sample,
  person,
  another,
}) => {
  await person.arrive(ADA, "/invoices");
  const other = await another();
  await other.arrive(ADA, "/invoices?status=open");
  await sees(person, JOHN, JANE, ALICE);
  await sees(other, JOHN, ALICE);
  for (const one of [person, other]) {
    await expect(one.liveState("Live")).toBeVisible();
  }
  const visits = [await mark(person), await mark(other)];

  const [alice, john] = [await sample.customer(ALICE), await sample.customer(JOHN)];
  await sample.pay(alice, "60.00");
  await expect(row(person, ALICE)).toContainText("150.00");
  await sample.pay(alice, "150.00");
  for (const one of [person, other]) {
    await expect(row(one, ALICE)).toContainText("Paid");
  }
  // Settled, it is no longer one of the open ones; it goes when the list is read again, not from under the pointer.
  await sees(other, JOHN, ALICE);

  await sample.createInvoice(john, "0007", "80.00", "2025-03-12");
  for (const one of [person, other]) {
    await expect(changes(one)).toContainText("1 change");
  }
  await sees(person, JOHN, JANE, ALICE);
  await person.button("Show").click();
  await sees(person, JOHN, JOHN, JANE, ALICE);
  await expect(list(person).getByRole("row").nth(2)).toContainText(/^0007/);
  await expect(changes(person)).not.toContainText("change");
  await other.button("Show").click();
  await sees(other, JOHN, JOHN);

  // One that stands on a page of its own filter alone says nothing here.
  await sample.createInvoice(john, "0008", "10.00", "2025-03-13", { status: "draft" });
  await expect(changes(person)).toContainText("1 change");
  await expect(changes(other)).not.toContainText("change");
  expect([await mark(person), await mark(other)], "neither page was loaded again").toEqual(visits);
});

test("a long list is turned page by page", async ({ ada, person }) => {
  const acme = await ada.createCustomer({ name: "Acme Ltd" });
  const numbers = Array.from({ length: 55 }, (_, index) => String(index + 1).padStart(4, "0"));
  await Promise.all(
    numbers.map((number, index) => {
      const due = new Date(Date.UTC(2025, 0, 1 + index)).toISOString().slice(0, 10);
      return ada.createInvoice(acme, number, "10.00", due);
    }),
  );
  await person.arrive(ADA, "/invoices");
  const pages = person.page.getByRole("navigation", { name: "Pages" });
  await expect(pages).toContainText("1–50 of 55");
  await expect(list(person).getByRole("row").nth(1)).toContainText(/^0001/);
  await person.link("Next", pages).click();
  await expect(pages).toContainText("51–55 of 55");
  await expect(list(person).getByRole("row").nth(1)).toContainText(/^0051/);
  await person.reload();
  await expect(pages).toContainText("51–55 of 55");
  await person.link("Previous", pages).click();
  await expect(pages).toContainText("1–50 of 55");
});

test("where there is no invoice the page says how one comes", async ({ ada, person }) => {
  void ada;
  await person.arrive(ADA, "/invoices");
  await expect(person.heading("No invoices yet")).toBeVisible();
  await person.link("Go to customers").click();
  await expect(person.heading("Customers")).toBeVisible();
});

function list(person: Person) {
  return person.page.getByRole("table", { name: "Invoices" });
}

/** The row of an invoice of this customer. */
function row(person: Person, customer: string) {
  return list(person).getByRole("row").filter({ hasText: customer });
}

/** What waits to be shown. */
function changes(person: Person) {
  return person.page.getByRole("main").getByRole("status");
}

/** Expects the invoices of exactly these customers, in this order. */
async function sees(person: Person, ...customers: string[]): Promise<void> {
  await expect.poll(() => list(person).getByRole("link").allInnerTexts()).toEqual(customers);
}

/** A mark that lasts as long as the page isn't loaded again. */
async function mark(person: Person): Promise<string> {
  return person.page.evaluate(() => {
    const kept = window as unknown as { visit?: string };
    kept.visit ??= String(Math.random());
    return kept.visit;
  });
}
