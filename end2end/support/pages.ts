import { expect } from "@playwright/test";

import { ADA } from "./people.ts";
import type { Person } from "./person.ts";
import type { Rest } from "./rest.ts";
import { csv, workbook } from "./sheet.ts";

/** Headings that say little, and dates that can mean two days. */
const ODD = [
  ["Client name", "Balance", "Due date", "Reach", "Shoe size"],
  ["Nora New", "99.50", "03/04/2025", "nora@example.com", "38"],
  ["Otto Old", "10.00", "05/06/2025", "otto@example.com", "44"],
];
const HEADER = ["Reference", "Name", "Outstanding Payment Amount", "Payment Due Date", "Payment Status"];
/** A row that is right, and some that are wrong in two ways. */
const WRONG = [
  HEADER,
  ["C-9", "Nora New", "99.50", "2025-04-01", "Pending"],
  ["C-10", "Otto Old", "10.00", "2025-04-01", "Soon"],
  ["C-11", "Pia Past", "20.00", "2025-04-01", "Later"],
  ["C-12", "Quin Quick", "ten", "2025-04-01", "Overdue"],
];

/** A page to look at: how it is reached and what tells that it is there. */
export interface View {
  name: string;
  show: (person: Person) => Promise<void>;
}

/** The pages anyone sees. */
export const SIGNED_OUT: View[] = [
  { name: "sign-in", show: (person) => at(person, "/sign-in", "Sign in") },
  { name: "register", show: (person) => at(person, "/register", "Create your account") },
  {
    name: "offline",
    show: async (person) => {
      // An answer to its first question after the server would lead away from it, so there is none.
      await person.page.route("**/readyz", () => {});
      await person.page.goto("/offline.html");
      await expect(person.heading("Duebook can’t be reached")).toBeVisible();
    },
  },
];

/** The pages and dialogs of a signed-in admin, with the sample imported. */
export async function signedIn(rest: Rest): Promise<View[]> {
  const alice = await rest.customer("Alice Johnson");
  const [latest] = await rest.imports();
  const odd = await rest.upload(csv("odd.csv", ODD), "review");
  const wrong = await rest.upload(workbook("wrong.xlsx", WRONG), "review");
  const onAlice = (name: string, button: string, dialog = button): View => ({
    name,
    show: async (person) => {
      await at(person, `/customers/${alice.id}`, "Alice Johnson");
      await person.button(button).first().click();
      await expect(person.dialog(dialog)).toBeVisible();
    },
  });
  // Someone who paid more than was owed, before the next invoice came.
  const otto = await rest.createCustomer({
    name: "Otto Overpaid",
    outstanding: { amount: "100.00", currency: "USD" },
    due_date: "2025-03-20",
  });
  await rest.pay(otto, "150.00");
  await rest.createInvoice(otto, "INV-77", "80.00", "2025-04-20");
  const onPayment = (name: string, action: string, dialog: string): View => ({
    name,
    show: async (person) => {
      await at(person, `/customers/${otto.id}?tab=payments`, "Otto Overpaid");
      await person.paymentAction("150.00", action);
      await expect(person.dialog(dialog)).toBeVisible();
    },
  });
  const onInvoice = (name: string, action: string, dialog: string): View => ({
    name,
    show: async (person) => {
      await at(person, `/customers/${alice.id}`, "Alice Johnson");
      await person.invoiceAction("Opening balance", action);
      await expect(person.dialog(dialog)).toBeVisible();
    },
  });
  return [
    {
      name: "customers",
      show: async (person) => {
        await at(person, "/customers", "Customers");
        await expect(person.row("Alice Johnson")).toBeVisible();
      },
    },
    {
      name: "customers-nothing-found",
      show: (person) => at(person, "/customers?q=nobody", "Customers"),
    },
    {
      name: "customers-selected",
      show: async (person) => {
        await at(person, "/customers?columns=name,owner,tags,email,credit_limit,outstanding,due,status", "Customers");
        await person.page.getByRole("checkbox", { name: "Select Alice Johnson" }).click();
        const bar = person.page.getByRole("toolbar", { name: "Selected customers" });
        await person.button("Assign", bar).click();
        await expect(person.button("Nobody", bar)).toBeInViewport();
      },
    },
    {
      name: "customers-columns",
      show: async (person) => {
        await at(person, "/customers", "Customers");
        await person.button("Columns").click();
        await expect(person.page.getByRole("checkbox", { name: "Show Credit limit" })).toBeVisible();
      },
    },
    {
      name: "save-view",
      show: async (person) => {
        await at(person, "/customers?status=overdue&view=sav_gone", "Customers");
        await expect(person.page.getByText("This saved view is gone")).toBeVisible();
        await person.button("View").click();
        await person.button("Save as a view…").click();
        await expect(person.dialog("Save as a view")).toBeVisible();
      },
    },
    {
      name: "new-customer",
      show: async (person) => {
        await at(person, "/customers", "Customers");
        await person.button("New customer").first().click();
        await expect(person.dialog("New customer")).toBeVisible();
      },
    },
    { name: "customer", show: (person) => at(person, `/customers/${alice.id}`, "Alice Johnson") },
    onAlice("record-payment", "Record payment"),
    onAlice("simulate-payment", "Simulate payment"),
    onAlice("edit-customer", "Edit", "Edit customer"),
    {
      name: "desk",
      show: async (person) => {
        await at(person, "/desk", "Desk");
        await expect(person.page.getByRole("table", { name: "Most overdue" })).toBeVisible();
      },
    },
    {
      name: "record-payment-by-hand",
      show: async (person) => {
        await at(person, `/customers/${otto.id}`, "Otto Overpaid");
        await person.button("Record payment").click();
        const dialog = person.dialog("Record payment");
        await dialog.getByRole("radio", { name: "Choose invoices" }).check();
        await expect(person.field("INV-77", dialog)).toBeVisible();
      },
    },
    {
      name: "payment-actions",
      show: async (person) => {
        await at(person, `/customers/${otto.id}?tab=payments`, "Otto Overpaid");
        await expect(person.button("Apply to the oldest due invoices")).toBeVisible();
        await person.button("Actions for payment of 150.00 USD").click();
        await expect(person.button("Refund…")).toBeVisible();
      },
    },
    onPayment("refund-payment", "Refund…", "Refund payment"),
    onPayment("reverse-payment", "Reverse…", "Reverse payment"),
    onPayment("change-what-it-settles", "Change what it settles…", "Change what it settles"),
    onAlice("new-invoice", "New invoice"),
    {
      name: "invoice-actions",
      show: async (person) => {
        await at(person, `/customers/${alice.id}`, "Alice Johnson");
        await person.button("Actions for invoice Opening balance").click();
        await expect(person.button("Void…")).toBeVisible();
      },
    },
    onInvoice("void-invoice", "Void…", "Void invoice"),
    onInvoice("credit-note", "Credit…", "Credit note"),
    onInvoice("write-off-invoice", "Write off…", "Write off invoice"),
    {
      name: "invoices",
      show: async (person) => {
        await at(person, "/invoices", "Invoices");
        await expect(person.page.getByRole("link", { name: "Alice Johnson" })).toBeVisible();
      },
    },
    { name: "payments", show: (person) => at(person, "/payments", "Payments") },
    {
      name: "ageing",
      show: async (person) => {
        await at(person, "/reports/ageing", "Ageing");
        await expect(person.page.getByRole("link", { name: "Alice Johnson" })).toBeVisible();
      },
    },
    { name: "import", show: (person) => at(person, "/import", "Import") },
    {
      name: "import-result",
      show: (person) => at(person, `/import/${latest?.id}`, "3 imported, 1 rejected"),
    },
    { name: "import-columns", show: (person) => at(person, `/import/${odd.id}?step=columns`, "Columns") },
    {
      name: "import-problems",
      show: async (person) => {
        await at(person, `/import/${wrong.id}?step=check&view=problems`, "Check");
        await person.problem(/payment status/i).getByRole("button").first().click();
        await expect(person.field("Payment Status in row 3")).toBeVisible();
      },
    },
    {
      name: "import-preview",
      show: async (person) => {
        await at(person, `/import/${wrong.id}?step=check&view=preview`, "Check");
        await expect(person.page.getByRole("table", { name: "Row by row" })).toBeVisible();
      },
    },
    { name: "import-file", show: (person) => at(person, `/import/${wrong.id}?step=file`, "File") },
    {
      name: "import-undo",
      show: async (person) => {
        await at(person, `/import/${latest?.id}`, "3 imported, 1 rejected");
        await person.button("Take back this import").click();
        await expect(person.dialog("Take back this import")).toBeVisible();
      },
    },
    { name: "inbox", show: (person) => at(person, "/inbox", "Inbox") },
    { name: "users", show: (person) => at(person, "/users", "Users") },
    {
      name: "not-found",
      show: async (person) => {
        person.watch.expectStatus(404);
        await person.open("/no-such-page");
        await expect(person.page.getByRole("heading", { level: 1 })).toBeVisible();
      },
    },
  ];
}

/** Chooses the theme as the toggle does: by the cookie that the server renders with. */
export async function choose(person: Person, theme: "light" | "dark"): Promise<void> {
  await person.context.addCookies([{ name: "theme", value: theme, url: person.url }]);
  await person.page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
}

/** Signs in without opening a page. */
export async function enter(person: Person): Promise<void> {
  await person.post("/api/v1/auth/login", { email: ADA.email, password: ADA.password });
}

async function at(person: Person, path: string, heading: string): Promise<void> {
  await person.open(path);
  await expect(person.heading(heading).first()).toBeVisible();
}
