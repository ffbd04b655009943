import { readFile } from "node:fs/promises";

import { ADA, SAMPLE, expect, test } from "../support/fixtures.ts";
import { corrected, unzip, workbook } from "../support/sheet.ts";

const HEADER = ["Reference", "Name", "Outstanding Payment Amount", "Payment Due Date", "Payment Status"];
const row = (at: number, amount: string, status: string) => [`C-${at}`, `Person ${at}`, amount, "2025-04-01", status];

test("wrong cells are mended in the browser, one by one and a whole group at once", async ({ ada, person }) => {
  await person.arrive(ADA, "/import");
  await person.wantsToReview();
  await person.choose(
    workbook("wrong.xlsx", [
      HEADER,
      row(2, "10.00", "Soon"),
      row(3, "20.00", "Soon"),
      row(4, "30.00", "Later"),
      row(5, "abc", "Pending"),
      row(6, "50.00", "Pending"),
    ]),
  );
  await expect(person.figure("Rejected")).toHaveText("4");
  await expect(person.figure("New")).toHaveText("1");

  await test.step("a cell", async () => {
    const amount = person.problem(/^1 row: .*is not an amount/i);
    await person.button(/is not an amount/i, amount).click();
    const cell = person.field("Outstanding Payment Amount in row 5");
    await expect(cell).toHaveValue("abc");
    await cell.fill("40.00");
    await person.button("Check 1 changed cell again").click();
    await expect(amount).toBeHidden();
    await expect(person.figure("Rejected")).toHaveText("3");
  });

  await test.step("a group", async () => {
    const status = person.problem(/^3 rows: /);
    const set = person.field("Or one value for all of them");
    // Where it is the only group left when the list is read again, it opens by itself, at any moment until then.
    await expect(async () => {
      if (!(await set.isVisible())) {
        await person.button(/^3 rows/, status).click();
      }
      await expect(set).toBeVisible({ timeout: 1_000 });
    }).toPass({ timeout: 15_000 });
    await set.fill("Pending");
    await person.button("Set all 3").click();
    await expect(person.figure("Rejected")).toHaveText("0");
    await expect(person.figure("New")).toHaveText("5");
    await person.link(/^Problems/).click();
    await expect(person.heading("Nothing is wrong")).toBeVisible();
  });

  await test.step("what is expected in all is compared with what is there", async () => {
    const expected = person.field(/^Total you expect/);
    await expected.fill("150");
    await expect(person.page.getByText("Matches")).toBeVisible();
    await expected.fill("160");
    await expect(person.page.getByText("10.00 USD less")).toBeVisible();
  });

  await person.button("Import 5 rows").click();
  await expect(person.heading("5 imported, 0 rejected")).toBeVisible({ timeout: 20_000 });
  expect((await ada.customer("Person 5")).outstanding.amount).toBe("40.00");
});

test("the workbook comes back with its errors marked, and only what was mended is taken from it", async ({
  ada,
  person,
}, info) => {
  await person.arrive(ADA, "/import");
  await person.choose(SAMPLE);
  await expect(person.heading("3 imported, 1 rejected")).toBeVisible({ timeout: 20_000 });
  const before = await ada.customers();
  const [download] = await Promise.all([
    person.page.waitForEvent("download"),
    person.link("Download your workbook with the errors marked").click(),
  ]);
  const path = info.outputPath("errors.xlsx");
  await download.saveAs(path);
  const marked = await readFile(path);
  expect(Object.values(unzip(marked)).join(), "it says what is wrong").toContain("Import errors");

  await person.choose(corrected("mended.xlsx", marked, "Invalid", "Pending"));
  await expect(person.heading("1 imported, 0 rejected")).toBeVisible({ timeout: 20_000 });
  const after = await ada.customers();
  expect(after).toHaveLength(before.length + 1);
  for (const customer of before) {
    expect(after).toContainEqual(customer);
  }
});

test("an import that was thought better of leaves nothing behind", async ({ ada, person }) => {
  await person.arrive(ADA, "/import");
  await person.wantsToReview();
  await person.choose(SAMPLE);
  await expect(person.figure("New")).toHaveText("3");
  await person.button("Cancel import").click();
  const dialog = person.dialog("Cancel this import");
  await person.button("Cancel import", dialog).click();
  await expect(person.heading("Canceled")).toBeVisible();
  expect(await ada.customers()).toEqual([]);

  await person.open("/import");
  await expect(person.importOf("customers-sample.xlsx")).toContainText("Canceled");
  await expect(person.page.getByRole("checkbox", { name: /^Review before saving/ }), "remembered").toBeChecked();
});
