import { ADA, expect, test } from "../support/fixtures.ts";
import { type File, XLSX, workbook } from "../support/sheet.ts";

const HEADER = ["Name", "Contact Information", "Outstanding Payment Amount", "Payment Due Date", "Payment Status"];
const ROW = ["Nora New", "nora@example.com", "99.50", "2025-04-01", "Pending"];

const text = (name: string, content: string, mimeType = XLSX): File => ({ name, mimeType, buffer: Buffer.from(content) });

/** Files that are no import at all: one message each, and nothing happens. */
const refused: { what: string; file: File; says: RegExp }[] = [
  {
    what: "a text file renamed to .xlsx",
    file: text("letter.xlsx", "Dear customer,\n\nplease pay.\n"),
    says: /spreadsheet|XLSX|can.t be read|not .*file/i,
  },
  { what: "an empty file", file: text("empty.xlsx", ""), says: /empty/i },
  {
    what: "a picture",
    file: text("logo.png", "\x89PNG\r\n\x1a\n", "image/png"),
    says: /XLSX|spreadsheet/i,
  },
  {
    what: "a misspelt header",
    file: workbook("misspelt.xlsx", [["Namee", ...HEADER.slice(1)], ROW]),
    says: /“Name”.*Did you mean “Namee” in column A/s,
  },
  {
    what: "no header",
    file: workbook("headless.xlsx", [ROW, ROW]),
    says: /header|“Name”/i,
  },
  { what: "a header and no row", file: workbook("header-only.xlsx", [HEADER]), says: /no rows|no row|nothing|no customers/i },
];

for (const { what, file, says } of refused) {
  test(`${what} gets a clear answer and changes nothing`, async ({ sample, person }) => {
    const before = await sample.customers();
    person.watch.expectStatus(413, 415, 422);
    await person.arrive(ADA, "/import");
    await person.choose(file);
    const alert = person.page.getByRole("alert");
    await expect(alert.filter({ hasText: says }).first()).toBeVisible({ timeout: 20_000 });
    await expect(person.heading(/imported/)).toBeHidden();
    expect(await sample.customers()).toEqual(before);
    // Never a dead end: the next file can be chosen where one is.
    await person.choose(workbook("good.xlsx", [HEADER, ROW]));
    await expect(person.heading(/^1 imported/)).toBeVisible({ timeout: 20_000 });
  });
}

test("every wrong cell is named and the good rows are kept", async ({ ada, person }) => {
  await person.arrive(ADA, "/import");
  await person.choose(
    workbook("mixed.xlsx", [
      HEADER,
      ROW,
      ["Neg Ative", "neg@example.com", "-5", "2025-04-01", "Pending"],
      ["Three Decimals", "three@example.com", "1.234", "2025-04-01", "Pending"],
      ["", "nobody@example.com", "10", "yesterday", "Soon"],
    ]),
  );
  await expect(person.heading("1 imported, 3 rejected")).toBeVisible({ timeout: 20_000 });
  const cells = person.rejectedCells;
  const wrong: [string, RegExp][] = [
    ["3", /-5/],
    ["4", /1\.234/],
    ["5", /yesterday/],
    ["5", /Soon/],
  ];
  for (const [row, value] of wrong) {
    const cell = cells.getByRole("row").filter({ has: person.page.getByRole("cell", { name: row, exact: true }) });
    await expect(cell.filter({ hasText: value })).toBeVisible();
  }
  expect((await ada.customers()).map((customer) => customer.name)).toEqual(["Nora New"]);
});

test("the same file a second time changes nothing", async ({ ada, person }) => {
  const file = workbook("twice.xlsx", [["Reference", ...HEADER], ["C-1", ...ROW]]);
  await person.arrive(ADA, "/import");
  await person.choose(file);
  await expect(person.heading(/^1 imported/)).toBeVisible({ timeout: 20_000 });
  const [before] = await ada.customers();
  await person.open("/import");
  await person.choose(file);
  await expect.poll(async () => (await ada.imports()).filter(({ state }) => state === "completed").length).toBe(2);
  const after = await ada.customers();
  expect(after).toHaveLength(1);
  expect(after[0]).toMatchObject({ outstanding: before!.outstanding, status: before!.status });
});

test("an address that leads nowhere says so and offers a way on", async ({ ada, person }) => {
  void ada;
  person.watch.expectStatus(404);
  await person.arrive(ADA, "/no-such-page");
  await expect(person.page.getByRole("heading", { name: /not found|no such page|nothing here/i })).toBeVisible();
  await person.link(/customers/i, person.page.getByRole("main")).first().click();
  await expect(person.heading("Customers")).toBeVisible();
  await person.open("/customers/01NOSUCHCUSTOMER");
  await expect(person.page.getByRole("main")).toContainText(/not found|no such|no customer|doesn.t exist/i);
});
