import { readFileSync } from "node:fs";
import { join } from "node:path";

import { ADA, expect, test } from "../support/fixtures.ts";
import { ROOT } from "../support/server.ts";
import { csv } from "../support/sheet.ts";

// As accounting systems export it: American dates, numbers with leading zeros, a customer in many rows, and columns that
// nobody here needs.
const LATE_PAYMENTS = csv("late-payments.csv", [
  readFileSync(join(ROOT, "ledger/tests/data/ibm-late-payments.csv"), "utf8").split("\r\n", 1)[0]!.split(","),
  ["391", "0379-NEVHP", "4/6/2013", "0611365", "1/2/2013", "2/1/2013", "55.94", "No", "1/15/2013", "Paper", "13", "0"],
  ["406", "8976-AMJEO", "3/3/2012", "7900770", "1/26/2013", "2/25/2013", "61.74", "Yes", "3/3/2013", "Electronic", "36", "6"],
  ["391", "0379-NEVHP", "4/6/2013", "0923110", "7/3/2013", "8/2/2013", "65.88", "No", "", "Electronic", "0", "0"],
]);

test("customers with their invoices come from one sheet as it is, settled on their days", async ({ ada, person }) => {
  await person.arrive(ADA, "/import");
  await person.wantsToReview();
  await person.choose(LATE_PAYMENTS);
  await expect(person.heading(/^(Columns|Check)$/)).toBeVisible();
  await person.step("Columns").click();
  await expect(person.field("Rows are")).toHaveValue("combined");
  await expect(person.field("Take SettledDate as")).toHaveValue("settled_on");
  await person.button("Check these columns").click();
  await expect(person.figure("Rejected")).toHaveText("0");
  await person.button("Import 3 rows").click();
  await expect(person.heading("3 imported, 0 rejected")).toBeVisible({ timeout: 20_000 });

  const customers = await ada.customers();
  expect(Object.fromEntries(customers.map((customer) => [customer.reference, customer.outstanding.amount]))).toEqual({
    "0379-NEVHP": "65.88",
    "8976-AMJEO": "0.00",
  });
  const payments = await ada.payments();
  expect(payments.map((payment) => payment.received_on).sort()).toEqual(["2013-01-15", "2013-03-03"]);
  const nevhp = customers.find((customer) => customer.reference === "0379-NEVHP");
  await person.open(`/customers/${nevhp!.id}`);
  await expect(person.page.getByRole("main")).toContainText("0923110");
});
