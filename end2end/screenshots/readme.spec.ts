import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { ADA, expect, test } from "../support/fixtures.ts";
import { choose } from "../support/pages.ts";
import { ROOT } from "../support/server.ts";
import { XLSX } from "../support/sheet.ts";

// The pictures in the README: `npx playwright test --config screenshots.config.ts readme` in end2end/, with a built front end.

const DIR = join(ROOT, "docs/screenshots");
const DAY = 24 * 60 * 60 * 1000;
const day = (offset: number) => new Date(Date.now() + offset * DAY).toISOString().slice(0, 10);

/** Name, owed, days until due, status. */
const CUSTOMERS: [string, string, number, string][] = [
  ["Alder & Finch Interiors", "4210.00", -34, "Pending"],
  ["Bergström Logistik AB", "18940.50", -8, "Pending"],
  ["Calloway Press", "960.00", 12, "Pending"],
  ["Delmar Seafoods", "7312.25", -61, "Pending"],
  ["Edgewater Clinic", "0", 0, "Paid"],
  ["Fontaine et Fils", "2480.00", 3, "Pending"],
  ["Greywick Foundry", "31075.80", -2, "Pending"],
  ["Halden Bikes", "145.90", 27, "Pending"],
  ["Ibarra Solar", "12600.00", 18, "Pending"],
  ["Juniper Books", "388.40", -95, "Pending"],
  ["Kestrel Aviation", "54200.00", 41, "Pending"],
  ["Lindqvist Dental", "1720.00", -1, "Pending"],
];

/** A sheet with four wrong cells among eight rows. */
function wrong(header: string): string {
  const rows = CUSTOMERS.slice(0, 8).map(([name, owed, due], at) => {
    const amount = at === 5 ? "about 2,500" : owed === "0" ? "75.00" : owed;
    const status = [1, 3, 6].includes(at) ? "Soon" : "Pending";
    return `"${name}",accounts${at}@example.com,"${amount}",${day(due)},${status}`;
  });
  return [header, ...rows].join("\n");
}

for (const theme of ["light", "dark"] as const) {
  test(`the desk in the ${theme} theme`, async ({ ada, person }) => {
    await mkdir(DIR, { recursive: true });
    const header = "Name,Contact Information,Outstanding Payment Amount,Payment Due Date,Payment Status";
    const rows = CUSTOMERS.map(([name, owed, due, status]) => {
      const contact = `${name.split(" ")[0]?.toLowerCase().normalize("NFD").replace(/\W/g, "")}@example.com`;
      return `"${name}",${contact},${owed},${day(due)},${status}`;
    });
    const csv = Buffer.from([header, ...rows].join("\n"));
    await choose(person, theme);
    await person.arrive(ADA, "/import");
    await person.choose({ name: "customers.csv", mimeType: XLSX, buffer: csv });
    await person.heading(/imported/).waitFor();
    const shoot = async (name: string) => {
      await expect(person.liveState("Live")).toBeVisible();
      await person.page.screenshot({ path: join(DIR, `${name}-1440-${theme}.png`) });
    };
    await person.open("/customers?sort=-overdue");
    await person.row("Delmar Seafoods").waitFor();
    await shoot("customers");
    await person.open("/desk");
    await person.page.getByRole("table", { name: "Most overdue" }).waitFor();
    await shoot("desk");
    const [customer] = await ada.customers("?q=Bergstr");
    await person.open(`/customers/${customer?.id}`);
    await person.button("Record payment").first().click();
    await person.dialog("Record payment").waitFor();
    await person.page.waitForTimeout(300);
    await shoot("payment");
    if (theme === "light") {
      await person.open("/import");
      await person.wantsToReview();
      await person.choose({ name: "march.csv", mimeType: XLSX, buffer: Buffer.from(wrong(header)) });
      await person.figure("Rejected").waitFor();
      await person.button(/^3 rows/, person.problem(/^3 rows/)).click();
      await person.button("Set all 3").waitFor();
      await shoot("import");
      await person.page.setViewportSize({ width: 390, height: 844 });
      await person.open("/customers?sort=-overdue");
      await person.row("Delmar Seafoods").waitFor();
      await person.page.screenshot({ path: join(DIR, "customers-390-light.png") });
    }
  });
}
