import { ADA, expect, test } from "../support/fixtures.ts";

test("ageing tells who owes how much and how late, today and on a day that has passed", async ({ sample, person }) => {
  await person.arrive(ADA, "/customers");
  await person.goTo("Ageing");
  const total = person.page.getByRole("table", { name: "Total by currency" });
  await expect(total.getByRole("row", { name: /USD/ })).toContainText("360.75");
  const owing = (name: string) =>
    person.page.getByRole("table", { name: "By customer" }).getByRole("row").filter({ hasText: name });
  const alice = owing("Alice Johnson");
  await expect(alice).toContainText("210.00");
  // Everything in the sample is years late: the last column has it.
  await expect(alice.getByRole("cell").nth(5)).toContainText("1 invoice");

  // A payment moves the figures on the open page.
  const customer = await sample.customer("Alice Johnson");
  await sample.pay(customer, "60.00");
  await expect(alice).toContainText("150.00");
  await expect(total).toContainText("300.75");

  // The day before the first invoice nothing was owed.
  await person.field("As of").fill("2024-01-01");
  await expect(person.heading("Nothing was owed")).toBeVisible();
  await expect(person.page).toHaveURL(/as_of=2024-01-01/);
  await person.reload();
  await expect(person.heading("Nothing was owed")).toBeVisible();
  // The day of the second one the first was late.
  await person.field("As of").fill("2025-03-20");
  await expect(owing("John Doe")).toContainText("150.75");
  await expect(owing("John Doe").getByRole("cell").nth(2)).toContainText("1 invoice");
  await expect(owing("Alice Johnson").getByRole("cell").nth(1)).toContainText("1 invoice");
});
