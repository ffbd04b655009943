import { ADA, expect, test } from "../support/fixtures.ts";
import { workbook } from "../support/sheet.ts";

const HEADER = ["Reference", "Name", "Outstanding Payment Amount", "Payment Due Date"];
const FILE = workbook("mistake.xlsx", [
  HEADER,
  ["C-1", "Nora New", "99.50", "2025-04-01"],
  ["C-2", "Otto Old", "10.00", "2025-04-01"],
]);

test("a whole import is taken back", async ({ ada, person }) => {
  await person.arrive(ADA, "/import");
  await person.choose(FILE);
  await expect(person.heading("2 imported, 0 rejected")).toBeVisible({ timeout: 20_000 });
  await person.button("Take back this import").click();
  const dialog = person.dialog("Take back this import");
  await expect(dialog).toContainText("2 new");
  await person.button("Take it back", dialog).click();
  await expect(person.heading("Taken back")).toBeVisible({ timeout: 20_000 });
  await expect.poll(async () => (await ada.customers()).length).toBe(0);
  await person.open("/import");
  await expect(person.importOf("mistake.xlsx")).toContainText("Taken back");
});

test("what was used since is not taken back, and the reasons are named", async ({ ada, person }) => {
  await person.arrive(ADA, "/import");
  await person.choose(FILE);
  await expect(person.heading("2 imported, 0 rejected")).toBeVisible({ timeout: 20_000 });
  await ada.pay(await ada.customer("Otto Old"), "5.00");
  person.watch.expectStatus(409);
  await person.button("Take back this import").click();
  const dialog = person.dialog("Take back this import");
  await person.button("Take it back", dialog).click();
  await expect(dialog.getByRole("list", { name: "Why not" })).toContainText("Row 3");
  await person.button("Keep it", dialog).click();
  await expect(dialog).toBeHidden();
  expect(await ada.customers()).toHaveLength(2);
});

test("a customer's timeline tells what an import brought, and of its being taken back", async ({ ada, person, another }) => {
  const nora = await ada.createCustomer({ name: "Nora New", reference: "C-1", phone: "123456" });
  const other = await another();
  await other.arrive(ADA, `/customers/${nora.id}`);
  await other.link(/^Timeline/).click();
  const timeline = other.page.getByRole("listitem").filter({ has: other.page.locator("time") });
  await expect(timeline).toHaveCount(1);

  await person.arrive(ADA, "/import");
  await person.choose(workbook("numbers.xlsx", [["Reference", "Name", "Phone"], ["C-1", "Nora New", "777777"]]));
  await expect(person.heading("1 imported, 0 rejected")).toBeVisible({ timeout: 20_000 });
  await expect(timeline).toHaveCount(2);
  await expect(timeline.first()).toContainText("numbers.xlsx");
  await expect(timeline.first()).toContainText("Phone: 123456 → 777777");
  await person.button("Take back this import").click();
  await person.button("Take it back", person.dialog("Take back this import")).click();
  await expect(person.heading("Taken back")).toBeVisible({ timeout: 20_000 });
  await expect(timeline).toHaveCount(3);
  await expect(timeline.first()).toContainText("Phone: 777777 → 123456");
  await other.link("Import taken back", timeline.first()).click();
  await expect(other.heading("Taken back")).toBeVisible();
});
