import { ADA, Rest, VIC, expect, test } from "../support/fixtures.ts";
import type { Person } from "../support/person.ts";
import { csv, unzip } from "../support/sheet.ts";

const COLUMNS = "/customers?columns=name,owner,tags,outstanding,status";
const name = (number: number) => `Customer ${String(number).padStart(3, "0")}`;
const sheet = csv("many.csv", [
  ["Customer reference", "Customer name"],
  ...Array.from({ length: 120 }, (_, at) => [`R-${at + 1}`, name(at + 1)]),
]);

test("a range is assigned and tagged, and taken back but for what someone changed since", async ({
  app,
  ada,
  person,
  another,
}) => {
  await ada.upload(sheet, "auto");
  await Rest.register(app.url, VIC);
  await ada.approve(VIC.email, "collector");
  await person.arrive(ADA, COLUMNS);
  const vic = await another();
  await vic.arrive(VIC, COLUMNS);
  await expect(vic.liveState("Live")).toBeVisible();

  await box(person, name(2)).click();
  await box(person, name(5)).click({ modifiers: ["Shift"] });
  const bar = person.page.getByRole("toolbar", { name: "Selected customers" });
  await expect(bar).toContainText("4 selected");
  await person.button("Assign", bar).click();
  await person.button(VIC.name, bar).click();
  await expect(person.messages).toContainText(`4 customers assigned to ${VIC.name}`);
  for (const number of [2, 3, 4, 5]) {
    await expect(vic.row(name(number))).toContainText(VIC.name);
  }
  await expect(vic.row(name(6))).not.toContainText(VIC.name);

  // Someone gives one of them back meanwhile: that stays.
  await box(vic, name(3)).click();
  const hers = vic.page.getByRole("toolbar", { name: "Selected customers" });
  await vic.button("Assign", hers).click();
  await vic.button("Nobody", hers).click();
  await expect(person.row(name(3))).not.toContainText(VIC.name);
  await person.button("Undo", person.messages).click();
  await expect(person.messages).toContainText("Taken back for 3 customers");
  await expect(person.messages).toContainText("Customer 003: Someone changed it since");
  await expect(person.row(name(2))).not.toContainText(VIC.name);

  await person.button("Tag", bar).click();
  await person.field("Tag to add or remove", bar).fill("spring");
  await person.page.keyboard.press("Enter");
  await expect(person.messages).toContainText("4 customers tagged “spring”");
  await expect(vic.row(name(5))).toContainText("spring");
  await person.field("Tag", person.page.getByRole("search")).fill("spring");
  await expect.poll(() => person.names()).toEqual([2, 3, 4, 5].map(name));
});

test("all that match are chosen, exported as they are, and archived where they are settled", async ({ ada, person }) => {
  test.setTimeout(120_000);
  await ada.upload(sheet, "auto");
  await ada.createCustomer({ name: "Customer 999", outstanding: { amount: "5.00" }, due_date: "2026-01-31" });
  await ada.createCustomer({ name: "Someone else" });
  await person.arrive(ADA, "/customers?q=customer&columns=name,reference");
  await expect(person.row(name(1))).toBeVisible();
  await person.page.getByRole("checkbox", { name: "Select all rows" }).click();
  const bar = person.page.getByRole("toolbar", { name: "Selected customers" });
  const all = person.button("Select all 121 that match", bar);
  if (await all.isVisible()) {
    await all.click();
  }
  await expect(bar).toContainText("121 selected");
  await box(person, name(7)).click();
  await expect(bar).toContainText("120 selected");

  await person.button("Export selected", bar).click();
  const [download] = await Promise.all([
    person.page.waitForEvent("download"),
    person.button("Excel workbook", bar).click(),
  ]);
  const { readFile } = await import("node:fs/promises");
  const files = unzip(await readFile(await download.path()));
  const text = files["xl/worksheets/sheet1.xml"] + (files["xl/sharedStrings.xml"] ?? "");
  expect(text).toContain(name(8));
  expect(text).not.toContain(name(7));
  expect(text).not.toContain("Someone else");

  await person.button("Archive", bar).click();
  await expect(person.messages).toContainText("119 customers archived", { timeout: 30_000 });
  await expect(person.messages).toContainText("Customer 999:");
  await expect.poll(async () => (await ada.customers()).map((customer) => customer.name)).toEqual([
    name(7),
    "Customer 999",
    "Someone else",
  ]);
  await person.button("Undo", person.messages).click();
  await expect(person.messages).toContainText("Taken back for 119 customers", { timeout: 30_000 });
  expect((await ada.customers("?limit=200")).length).toBe(122);
});

test("a long change says how far it is and can be stopped; what it did is taken back", async ({ ada, person }) => {
  test.setTimeout(120_000);
  const rows = Array.from({ length: 600 }, (_, at) => [`L-${at + 1}`, name(at + 1)]);
  await ada.upload(csv("long.csv", [["Customer reference", "Customer name"], ...rows]), "auto");
  await person.arrive(ADA, "/customers");
  await expect(person.row(name(1))).toBeVisible();
  await person.page.getByRole("checkbox", { name: "Select all rows" }).click();
  const bar = person.page.getByRole("toolbar", { name: "Selected customers" });
  await person.button("Select all 600 that match", bar).click();
  await expect(bar).toContainText("600 selected");

  // The second part waits until it is let go.
  let parts = 0;
  let go = () => {};
  const gate = new Promise<void>((resolve) => (go = resolve));
  await person.page.route("**/fn/customer/bulk", async (route) => {
    if (++parts === 2) {
      await gate;
    }
    await route.continue();
  });
  await person.button("Tag", bar).click();
  await person.field("Tag to add or remove", bar).fill("year-end");
  await person.page.keyboard.press("Enter");
  await expect(bar).toContainText("256 of 600 changed");
  await expect(person.button("Archive", bar)).toBeHidden();
  await person.button("Stop", bar).click();
  go();
  await expect(person.messages).toContainText("512 customers tagged “year-end”");
  await expect(person.messages).toContainText("Stopped before the other 88.");
  expect(parts).toBe(2);
  await expect(bar).toContainText("600 selected");
  expect((await ada.customers("?tag=year-end&limit=1")).length).toBe(1);

  // Taking it back fails once in its middle.
  person.watch.expect(/customer\/undo-bulk/);
  let undone = 0;
  await person.page.route("**/fn/customer/undo-bulk", (route) => (++undone === 2 ? route.abort() : route.continue()));
  await person.button("Undo", person.messages).click();
  await expect(person.messages).toContainText("Taken back for 256 customers", { timeout: 30_000 });
  await person.button("Undo the rest", person.messages).click();
  const tagged = async () => (await ada.customers("?tag=year-end&limit=1")).length;
  await expect.poll(tagged, { timeout: 30_000 }).toBe(0);
});

test("a viewer may choose but finds nothing to do with it", async ({ app, sample, another }) => {
  await Rest.register(app.url, VIC);
  await sample.approve(VIC.email);
  const vic = await another();
  await vic.arrive(VIC);
  await box(vic, "Alice Johnson").click();
  const bar = vic.page.getByRole("toolbar", { name: "Selected customers" });
  await expect(bar).toContainText("1 selected");
  await expect(bar.getByRole("button")).toHaveCount(1);
  await vic.button("Clear selection", bar).click();
  await expect(bar).toBeHidden();
});

function box(person: Person, name: string) {
  return person.page.getByRole("checkbox", { name: `Select ${name}` });
}
