import { ADA, expect, test } from "../support/fixtures.ts";
import { csv, workbook } from "../support/sheet.ts";

const HEADER = ["Who", "Balance", "Until", "Reach"];
const ROWS = [
  ["Nora New", "99.50", "03/04/2025", "nora@example.com"],
  ["Otto Old", "10.00", "05/06/2025", "otto@example.com"],
];

test("odd headings are matched by hand, the order of day and month is asked, and both are remembered", async ({
  ada,
  person,
}) => {
  await person.arrive(ADA, "/import");
  await test.step("what is guessed waits for a look, with the values beside it", async () => {
    await person.choose(csv("odd.csv", [HEADER, ...ROWS]));
    await expect(person.heading("Columns")).toBeVisible();
    await expect(person.column("Who")).toContainText("Nora New");
    await expect(person.column("Reach")).toContainText("its values are e-mail addresses");
    await expect(person.field("Take Balance as")).toHaveValue("outstanding");
  });

  await test.step("a field that is claimed twice is refused where it is chosen", async () => {
    await person.takeColumn("Who", "Name");
    await person.takeColumn("Until", "Name");
    await person.button("Check these columns").click();
    expect(await person.complaint(person.field("Take Until as"))).toContain("“Who” is taken as Name too");
    await person.takeColumn("Until", /^Due date/);
    await expect(person.field("Take Until as")).not.toHaveAttribute("aria-invalid", "true");
  });

  await test.step("what the dates don't say is asked", async () => {
    await person.button("Check these columns").click();
    const question = person.page.getByRole("group", { name: /the day or the month/ });
    await expect(question).toBeVisible();
    await person.button("Check these columns").click();
    await expect(question).toContainText("Choose one");
    await question.getByRole("radio", { name: /3 Apr/ }).check();
  });

  await test.step("it is kept under a name", async () => {
    await person.button("Save this mapping as…").click();
    const dialog = person.dialog("Save this mapping");
    await person.field("Name", dialog).fill("Odd list");
    await person.button("Save mapping", dialog).click();
    await expect(dialog).toBeHidden();
    await expect(person.messages).toContainText("Saved as “Odd list”");
  });

  await test.step("nothing is saved before it is agreed to", async () => {
    await person.step("Check").click();
    await expect(person.figure("New")).toHaveText("2");
    expect(await ada.customers()).toEqual([]);
    await person.link(/^Row by row/).click();
    const table = person.page.getByRole("table", { name: "Row by row" });
    await expect(table.getByRole("row").filter({ hasText: "Nora New" })).toContainText("3 Apr 2025");
    await person.button("Import 2 rows").click();
    await expect(person.heading("2 imported, 0 rejected")).toBeVisible({ timeout: 20_000 });
    expect((await ada.customer("Nora New")).next_due_date).toBe("2025-04-03");
    expect((await ada.customer("Otto Old")).next_due_date).toBe("2025-06-05");
  });

  await test.step("the next file with these headings, in another order, needs no look", async () => {
    const moved = [...HEADER].reverse();
    await person.choose(csv("odd-again.csv", [moved, ["pia@example.com", "07/08/2025", "20.00", "Pia Past"]]));
    await expect(person.heading("1 imported, 0 rejected")).toBeVisible({ timeout: 20_000 });
    expect((await ada.customer("Pia Past")).next_due_date).toBe("2025-08-07");
  });

  await test.step("a saved mapping can be forgotten", async () => {
    await person.open("/import");
    await person.choose(csv("unlike.csv", [["Whoever", "Reach"], ["Nora New", "nora@example.com"]]));
    await expect(person.heading("Columns")).toBeVisible();
    await person.button("Saved mappings").click();
    const dialog = person.dialog("Saved mappings");
    await person.button("Delete Odd list", dialog).click();
    await expect(dialog.getByText("Odd list")).toBeHidden();
  });
});

test("the columns of a file that can be read for certain are shown, and another kind has other fields", async ({
  ada,
  person,
}) => {
  void ada;
  await person.arrive(ADA, "/import");
  await person.wantsToReview();
  await person.choose(
    workbook("plain.xlsx", [
      ["Name", "Outstanding Payment Amount", "Payment Due Date"],
      ["Nora New", "99.50", "2025-04-01"],
    ]),
  );
  await expect(person.heading("Check")).toBeVisible();
  await expect(person.figure("New")).toHaveText("1");
  await person.step("Columns").click();
  await expect(person.column("Name")).toContainText("by its header");
  await person.field("Rows are").selectOption("invoices");
  await person.button("Check these columns").click();
  await expect(person.page.getByRole("alert").filter({ hasText: "Choose the column for" })).toContainText("Invoice number");
  await person.field("Rows are").selectOption("customers");
  await person.button("Check these columns").click();
  await expect(person.heading("Check")).toBeVisible();
  await expect(person.figure("New")).toHaveText("1");
});

test("a field is dragged onto its column, and the row of the headers and the key are chosen by hand", async ({
  ada,
  person,
}) => {
  await ada.createCustomer({ name: "Nora New", email: "nora@example.com" });
  await person.arrive(ADA, "/import");
  await person.wantsToReview();
  await person.choose(
    csv("two-heads.csv", [
      ["Name", "Email"],
      ["Whom", "Mailbox"],
      ["Nora Newer", "NORA@example.com"],
    ]),
  );
  await expect(person.heading("Check")).toBeVisible();
  await person.step("Columns").click();

  await test.step("the second row holds the headers", async () => {
    const header = person.field("Headers are in");
    await expect(header).toHaveValue("1");
    await expect(header.getByRole("option")).toContainText(["Row 1: Name · Email", "Row 2: Whom · Mailbox"]);
    await header.selectOption("2");
    await expect(person.column("Whom")).toContainText("Nora Newer");
  });

  await test.step("what no header says is dragged onto its column", async () => {
    const chip = person.page.locator(".field-chip", { hasText: /^Name$/ });
    await chip.dragTo(person.column("Whom"));
    await expect(person.field("Take Whom as")).toHaveValue("name");
    await expect(chip).toBeHidden();
    await person.takeColumn("Mailbox", "Email");
  });

  await test.step("recognised by her e-mail address, she is changed and not doubled", async () => {
    await person.field("Customers are recognised by").selectOption("email");
    await person.button("Check these columns").click();
    await expect(person.figure("Changed")).toHaveText("1");
    await person.button("Import 1 row").click();
    await expect(person.heading("1 imported, 0 rejected")).toBeVisible({ timeout: 20_000 });
    expect((await ada.customers()).map((customer) => customer.name)).toEqual(["Nora Newer"]);
  });
});
