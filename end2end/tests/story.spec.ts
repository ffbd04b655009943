import { readFile } from "node:fs/promises";

import { ADA, Rest, SAMPLE, VIC, expect, test } from "../support/fixtures.ts";
import type { Column, Person } from "../support/person.ts";
import { namesInZip } from "../support/sheet.ts";

const ALICE = "Alice Johnson";
const JANE = "Jane Smith";
const JOHN = "John Doe";

test("from an empty database to a desk that two people share and a crash can't hurt", async ({
  app,
  person,
  another,
}, info) => {
  test.setTimeout(180_000);
  const ada = person;
  let vic!: Person;
  let vicsVisit: string;

  await test.step("the first person registers and is the admin", async () => {
    await ada.register(ADA);
    await expect(ada.page).toHaveURL(/\/customers$/);
    await ada.ready();
    await expect(ada.heading("Customers")).toBeVisible();
    await expect(ada.link("Users", ada.page.getByRole("navigation", { name: "Main" }))).toBeVisible();
    await expect(ada.liveState("Live")).toBeVisible();
  });

  await test.step("the empty customer page invites to import", async () => {
    await expect(ada.page.getByText("No customers yet")).toBeVisible();
    await expect(ada.link("Download the template")).toBeVisible();
    await ada.link("Import a spreadsheet").click();
    await expect(ada.heading("Import")).toBeVisible();
  });

  await test.step("the template is a spreadsheet", async () => {
    const [download] = await Promise.all([
      ada.page.waitForEvent("download"),
      ada.link("Download the template").click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/\.xlsx$/);
    const path = info.outputPath("template.xlsx");
    await download.saveAs(path);
    expect(namesInZip(await readFile(path))).toContain("xl/workbook.xml");
  });

  await test.step("the sample is dropped on the page and its progress shows", async () => {
    await ada.page.evaluate(() => {
      // The import is over in a blink: what was shown has to be noted while it is.
      const seen = new Set<string>();
      Object.assign(window, { progressSeen: seen });
      new MutationObserver(() => {
        for (const bar of document.querySelectorAll('[role="progressbar"], progress')) {
          seen.add(bar.getAttribute("aria-valuenow") ?? bar.getAttribute("value") ?? "shown");
        }
      }).observe(document.body, { subtree: true, childList: true, attributes: true });
    });
    await ada.drop(SAMPLE);
    await expect(ada.heading("3 imported, 1 rejected")).toBeVisible({ timeout: 30_000 });
    const seen = await ada.page.evaluate(() => (window as unknown as { progressSeen: Set<string> }).progressSeen.size);
    expect(seen, "states of the progress bar that were shown").toBeGreaterThan(0);
  });

  await test.step("the rejected cell is shown with its place and what would be right", async () => {
    const cell = ada.rejectedCells.getByRole("row").filter({ hasText: "Payment Status" });
    await expect(ada.rejectedCells.getByRole("row")).toHaveCount(2);
    await expect(cell.getByRole("cell", { name: "5", exact: true })).toBeVisible();
    await expect(cell.getByRole("cell", { name: "Invalid", exact: true })).toBeVisible();
    for (const allowed of ["Paid", "Pending", "Overdue"]) {
      await expect(cell).toContainText(allowed);
    }
  });

  await test.step("the grid shows the three customers with what they owe", async () => {
    await ada.link("Show customers").click();
    await ada.ready();
    await expect(ada.heading("Customers")).toBeVisible();
    await expect(ada.row(ALICE)).toContainText("210.00");
    await expect(ada.row(ALICE)).toContainText("20 Mar 2025");
    await expect(ada.row(ALICE)).toContainText("Overdue");
    await expect(ada.row(JOHN)).toContainText("150.75");
    await expect(ada.row(JOHN)).toContainText("10 Mar 2025");
    await expect(ada.row(JOHN)).toContainText("Overdue");
    await expect(ada.row(JANE)).toContainText("Paid");
    await expect(ada.row(JANE)).toContainText("0.00");
    expect(await ada.names()).toHaveLength(3);
    const views = ada.page.getByRole("navigation", { name: "Views" });
    await expect(ada.link(/^All\D*3$/, views)).toBeVisible();
    await expect(ada.link(/^Overdue\D*2$/, views)).toBeVisible();
    await expect(ada.link(/^Paid\D*1$/, views)).toBeVisible();
  });

  await test.step("it sorts by any column, both ways", async () => {
    const debtors = (names: string[]) => names.filter((name) => name !== JANE);
    // Who owes nothing has no due date and stands last; the import touched all three at once.
    const expected: Partial<Record<Column, string[]>> = {
      Customer: [ALICE, JANE, JOHN],
      Reference: (await ada.rows())
        .sort((a, b) => reference(a).localeCompare(reference(b)))
        .map((row) => [ALICE, JANE, JOHN].find((name) => row["Customer"]?.includes(name)) ?? ""),
      Outstanding: [JANE, JOHN, ALICE],
      Overdue: [JANE, JOHN, ALICE],
      Due: [JOHN, ALICE],
    };
    for (const column of ["Outstanding", "Reference", "Overdue", "Due", "Status", "Updated", "Customer"] as const) {
      const seen = new Set<string>();
      for (const _ of [1, 2]) {
        const before = await ada.header(column).getAttribute("aria-sort");
        await ada.sortBy(column);
        await expect(ada.header(column)).toHaveAttribute("aria-sort", /^(ascending|descending)$/);
        await expect(ada.header(column)).not.toHaveAttribute("aria-sort", before ?? "never");
        const direction = (await ada.header(column).getAttribute("aria-sort")) ?? "";
        seen.add(direction);
        const ascending = expected[column];
        if (ascending) {
          const wanted = direction === "ascending" ? ascending : [...ascending].reverse();
          await expect
            .poll(async () => (column === "Due" ? debtors(await ada.names()) : ada.names()), `${column} ${direction}`)
            .toEqual(wanted);
        }
        await expect.poll(async () => (await ada.names()).length).toBe(3);
      }
      expect([...seen].sort(), column).toEqual(["ascending", "descending"]);
    }
  });

  await test.step("it filters by status and by amount", async () => {
    await ada.open("/customers");
    await ada.field("Status").selectOption("paid");
    await ada.seesCustomers(JANE);
    await ada.field("Status").selectOption("overdue");
    await ada.seesCustomers(ALICE, JOHN);
    // The bound itself belongs to the filter.
    await ada.field("Min. outstanding").fill("210");
    await ada.field("Min. outstanding").press("Enter");
    await ada.seesCustomers(ALICE);
    await ada.field("Min. outstanding").fill("");
    await ada.field("Max. outstanding").fill("150.75");
    await ada.field("Max. outstanding").press("Enter");
    await ada.seesCustomers(JOHN);
  });

  await test.step("it finds “ali” as it is typed", async () => {
    await ada.open("/customers");
    await ada.seesCustomers(ALICE, JANE, JOHN);
    await ada.field("Search customers").pressSequentially("ali", { delay: 50 });
    await ada.seesCustomers(ALICE);
  });

  await test.step("a second person registers, is approved, and leaves the grid open", async () => {
    vic = await another();
    await vic.register(VIC);
    await expect(vic.page.getByText("An admin has to approve your account first.")).toBeVisible();

    await ada.goTo("Users");
    const row = ada.page.getByRole("table", { name: "Users" }).getByRole("row").filter({ hasText: VIC.email });
    await ada.button("Approve", row).click();
    await expect(ada.button("Approve", row)).toBeHidden();

    await vic.signIn(VIC);
    await expect(vic.page).toHaveURL(/\/customers$/);
    await vic.ready();
    await vic.seesCustomers(ALICE, JANE, JOHN);
    await expect(vic.liveState("Live")).toBeVisible();
    await expect(vic.row(ALICE)).toContainText("Overdue");
    vicsVisit = await mark(vic);
  });

  await test.step("a simulated payment of 210.00 turns the row to Paid in the other browser", async () => {
    const unread = await vic.unread();
    await ada.goTo("Customers");
    await ada.openCustomer(ALICE);
    await ada.simulatePayment("210.00");
    await expect(vic.row(ALICE)).toContainText("Paid");
    await expect(vic.row(ALICE)).toContainText("0.00");
    await expect(vic.messages).toContainText("Payment received");
    await expect(vic.messages).toContainText(ALICE);
    await expect.poll(() => vic.unread()).toBeGreaterThan(unread);
    await expect(ada.messages).toContainText("Payment received");
    await expect(ada.button("Mark as pending")).toBeVisible();
  });

  await test.step("marked pending again with a reason, both screens follow", async () => {
    await ada.markPending("The bank took it back");
    await expect(ada.page.getByRole("main")).toContainText("Overdue");
    await expect(ada.button("Mark as completed")).toBeVisible();
    await expect(vic.row(ALICE)).toContainText("Overdue");
    await expect(vic.row(ALICE)).toContainText("210.00");
    await expect(vic.messages).toContainText("The bank took it back");
    expect(await mark(vic), "the other browser's page was never loaded again").toBe(vicsVisit);
  });

  await test.step("the bell leads to what was received", async () => {
    await vic.bell.click();
    await expect(vic.page.getByText("Payment received").first()).toBeVisible();
    await vic.open("/customers");
    vicsVisit = await mark(vic);
  });

  await test.step("the notification centre lists everything with times", async () => {
    await ada.goTo("Inbox");
    for (const text of [
      /Import finished.*3 imported, 1 rejected/s,
      /Someone waits for approval.*Vic Viewer/s,
      /Payment received.*Alice Johnson paid.*210\.00/s,
      /Payment pending again.*The bank took it back/s,
    ]) {
      await expect(ada.notification(text).first()).toBeVisible();
      await expect(ada.notification(text).first().locator("time[datetime]")).toBeVisible();
    }
    await ada.button("Mark all as read").click();
    await expect.poll(() => ada.unread()).toBe(0);
  });

  await test.step("killed and started again, nothing is lost and the open browsers catch up", async () => {
    await ada.goTo("Customers");
    await ada.seesCustomers(ALICE, JANE, JOHN);
    const visits = [await mark(ada), await mark(vic)];
    for (const one of [ada, vic]) {
      one.watch.serverDown = true;
    }
    await app.kill();
    for (const one of [ada, vic]) {
      await expect(one.liveState("Reconnecting…")).toBeVisible();
    }
    await app.start();
    // A change the browsers can only learn of by catching up: made before they are back, or as they come.
    const rest = await Rest.signIn(app.url, ADA);
    await rest.pay(await rest.customer(JOHN), "50.00");
    for (const one of [ada, vic]) {
      await expect(one.liveState("Live")).toBeVisible({ timeout: 30_000 });
      one.watch.serverDown = false;
      await expect(one.row(JOHN)).toContainText("100.75");
      await expect(one.row(ALICE)).toContainText("210.00");
    }
    expect([await mark(ada), await mark(vic)], "neither page was loaded again").toEqual(visits);

    await vic.reload();
    await vic.seesCustomers(ALICE, JANE, JOHN);
    await expect(vic.row(JOHN)).toContainText("100.75");
    await expect(vic.row(JANE)).toContainText("Paid");
    const [payment] = await rest.payments((await rest.customer(ALICE)).id);
    expect(payment?.status).toBe("pending");
  });
});

test("the template itself is imported without a rejected row", async ({ ada, person }, info) => {
  await person.arrive(ADA, "/import");
  const [download] = await Promise.all([
    person.page.waitForEvent("download"),
    person.link("Download the template").click(),
  ]);
  const path = info.outputPath("template.xlsx");
  await download.saveAs(path);
  await person.choose(path);
  await expect(person.heading(/^\d+ imported/)).toBeVisible({ timeout: 30_000 });
  await expect(person.rejectedCells).toBeHidden();
  const [latest] = await ada.imports();
  expect(latest).toMatchObject({ state: "completed", invalid: 0 });
});

/** A mark that lasts as long as the page isn't loaded again. */
async function mark(person: Person): Promise<string> {
  return person.page.evaluate(() => {
    const kept = window as unknown as { visit?: string };
    kept.visit ??= String(Math.random());
    return kept.visit;
  });
}

/** The reference in a row, wherever the grid shows it. */
function reference(row: Record<string, string>): string {
  return row["Reference"] ?? row["Customer"] ?? "";
}
