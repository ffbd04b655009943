import { readFile } from "node:fs/promises";

import type { Download, TestInfo } from "@playwright/test";

import { ADA, expect, test, VIC } from "../support/fixtures.ts";
import type { Person } from "../support/person.ts";
import { Rest } from "../support/rest.ts";
import { namesInZip } from "../support/sheet.ts";

test("what the grid shows is saved as a file, filtered and sorted as it is", async ({ sample, person }, info) => {
  void sample;
  await person.arrive(ADA, "/customers?sort=outstanding");
  await person.field("Status").selectOption("overdue");
  await person.seesCustomers("John Doe", "Alice Johnson");
  const saved = await exported(person, "CSV");
  expect(saved.suggestedFilename()).toMatch(/^duebook-customers-\d{4}-\d\d-\d\d\.csv$/);
  const text = await content(saved, info);
  expect(text.startsWith("\u{feff}Customer reference,Name,Email,"), "a mark for spreadsheets, then the header").toBe(true);
  expect(text.match(/John Doe|Alice Johnson|Jane Smith/g)).toEqual(["John Doe", "Alice Johnson"]);

  const book = await exported(person, "Excel workbook");
  expect(book.suggestedFilename()).toMatch(/\.xlsx$/);
  const path = info.outputPath("customers.xlsx");
  await book.saveAs(path);
  expect(namesInZip(await readFile(path))).toContain("xl/worksheets/sheet1.xml");
  // The page is still there, and the menu is closed.
  await person.seesCustomers("John Doe", "Alice Johnson");
  await expect(person.link("CSV")).toBeHidden();
});

test("an exported list of customers is imported with nothing to change", async ({ sample, person }, info) => {
  await person.arrive(ADA);
  const saved = await exported(person, "Excel workbook");
  const path = info.outputPath("customers.xlsx");
  await saved.saveAs(path);
  expect(await sample.importFile(path)).toMatchObject({ rows: 3, invalid: 0, created: 0, updated: 0, skipped: 3 });
});

test("invoices, payments and reports are saved from their pages", async ({ sample, person }, info) => {
  void sample;
  await person.arrive(ADA, "/invoices?status=overdue");
  const invoices = await content(await exported(person, "CSV"), info);
  expect(invoices.match(/John Doe|Alice Johnson|Jane Smith/g)).toEqual(["John Doe", "Alice Johnson"]);

  await person.goTo("Payments");
  expect(await content(await exported(person, "CSV"), info)).toContain("Jane Smith,USD,320.50");

  await person.goTo("Ageing");
  await person.field("As of").fill("2025-03-20");
  await expect(person.page).toHaveURL(/as_of=2025-03-20/);
  const ageing = await content(await exported(person, "CSV"), info);
  expect(ageing).toContain("2025-03-20,");
  expect(ageing).toContain("1–30 days late");

  await person.goTo("Desk");
  expect(await content(await exported(person, "CSV"), info)).toContain("USD,Outstanding,");
});

test("who may not export is not offered it", async ({ ada, app, person }) => {
  await Rest.register(app.url, VIC);
  await ada.approve(VIC.email, "collector");
  await ada.createCustomer({ name: "Acme Ltd" });
  await person.arrive(VIC);
  await person.seesCustomers("Acme Ltd");
  await expect(person.page.getByText("Export", { exact: true })).toHaveCount(0);
  const refused = await person.page.request.get(`${app.url}/api/v1/customers/export.csv`);
  expect(refused.status()).toBe(403);
});

/** Chooses a kind of file from the menu. */
async function exported(person: Person, kind: "CSV" | "Excel workbook"): Promise<Download> {
  await person.button("Export").click();
  const [download] = await Promise.all([person.page.waitForEvent("download"), person.link(kind).click()]);
  return download;
}

/** The text of a saved file. */
async function content(download: Download, info: TestInfo): Promise<string> {
  const path = info.outputPath(download.suggestedFilename());
  await download.saveAs(path);
  return readFile(path, "utf8");
}
