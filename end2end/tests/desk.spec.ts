import { ADA, expect, test } from "../support/fixtures.ts";

test("the desk says what is owed, how late it is and what came in, and follows", async ({ sample, person }) => {
  await person.arrive(ADA, "/customers");
  await person.goTo("Desk");
  const figure = (label: string) =>
    person.page.locator(".figure").filter({ has: person.page.getByText(label, { exact: true }) });
  await expect(figure("Outstanding")).toContainText("360.75");
  await expect(figure("Outstanding")).toContainText("2 invoices");
  await expect(figure("Outstanding")).toContainText("3 customers · 2 overdue · 0 pending · 1 paid");
  await expect(figure("Overdue")).toContainText("360.75");
  await expect(figure("Due within 7 days")).toContainText("0.00");
  const late = person.page.getByRole("table", { name: "Most overdue" }).getByRole("row");
  await expect(late.nth(1)).toContainText("Alice Johnson");
  await expect(late.nth(2)).toContainText("John Doe");

  // A payment moves every figure on the open page.
  const customer = await sample.customer("Alice Johnson");
  await sample.pay(customer, "210.00");
  await expect(figure("Outstanding")).toContainText("150.75");
  await expect(figure("Received in 30 days")).toContainText("210.00");
  await expect(late.nth(1)).toContainText("John Doe");
  await expect(person.page.getByRole("img", { name: /Most came in on .*: 210\.00 USD/ })).toBeVisible();

  await person.page.getByRole("link", { name: "Show all overdue customers" }).click();
  await expect(person.heading("Customers")).toBeVisible();
  await expect(person.row("John Doe")).toBeVisible();
  await expect(person.row("Alice Johnson")).toHaveCount(0);
});
