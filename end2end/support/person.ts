import { type BrowserContext, type Locator, type Page, expect } from "@playwright/test";

import type { Account } from "./people.ts";
import type { Watch } from "./watch.ts";

/** What the navigation leads to. */
export type Place =
  "Ageing" | "Customers" | "Desk" | "Invoices" | "Payments" | "Import" | "Inbox" | "Users";
/** The columns of the customer grid, by what their buttons say. */
export type Column = "Customer" | "Reference" | "Outstanding" | "Overdue" | "Due" | "Status" | "Updated";
/** Answers of the mock payment gateway. */
export type Outcome = "succeed" | "decline" | "timeout" | "delayed";

/** The button that opens the file chooser of the import page. */
const CHOOSER = /^Choose (a|another) file$/;

/**
 * A person at a browser of their own. Methods say what the person does or sees; each knows where on the screen that is,
 * by role and name, as the person would find it.
 */
export class Person {
  constructor(
    readonly page: Page,
    readonly context: BrowserContext,
    readonly watch: Watch,
    readonly url: string,
  ) {}

  // ---- Coming and going

  /** Opens an address and waits until the page answers to clicks. */
  async open(path: string): Promise<void> {
    await this.page.goto(path);
    await this.ready();
  }

  /** Waits until the page is hydrated. */
  async ready(): Promise<void> {
    await expect(this.page.locator("html")).toHaveAttribute("data-hydrated", "true", { timeout: 20_000 });
  }

  /** Keeps the script from the next page until what is answered is called, as a slow line would. */
  async holdScript(): Promise<() => void> {
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await this.page.route("**/*.wasm", async (route) => {
      await released;
      await route.continue();
    });
    return release;
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.ready();
  }

  /** Follows the main navigation. */
  async goTo(place: Place): Promise<void> {
    await this.page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: place }).click();
    await expect(this.heading(place)).toBeVisible();
    await this.ready();
  }

  /** Fills the registration form and sends it. */
  async register(who: Account): Promise<void> {
    await this.open("/register");
    await expect(this.heading("Create your account")).toBeVisible();
    await this.field("Name").fill(who.name);
    await this.field("E-mail").fill(who.email);
    await this.field("Password").fill(who.password);
    await this.button("Create account").click();
  }

  /** Fills the sign-in form and sends it. */
  async signIn(who: Account, next = "/sign-in"): Promise<void> {
    await this.open(next);
    await expect(this.heading("Sign in")).toBeVisible();
    await this.field("E-mail").fill(who.email);
    await this.field("Password").fill(who.password);
    await this.button("Sign in").click();
  }

  /** Signs in without the form, for tests that are about something else; opens `path`. */
  async arrive(who: Account, path = "/customers"): Promise<void> {
    await this.logIn(who);
    await this.open(path);
  }

  async logIn(who: Account): Promise<void> {
    await this.post("/api/v1/auth/login", { email: who.email, password: who.password });
  }

  /** Sends what a page of ours would, with this browser's cookies. */
  async post(path: string, data: unknown): Promise<void> {
    const answer = await this.context.request.post(path, { data, headers: { origin: this.url } });
    expect(answer.ok(), await answer.text()).toBe(true);
  }

  async signOut(): Promise<void> {
    await this.button("Account").click();
    await this.page.getByRole("menuitem", { name: "Sign out" }).or(this.button("Sign out")).click();
    await expect(this.heading("Sign in")).toBeVisible();
  }

  // ---- What is on the screen

  heading(name: string | RegExp): Locator {
    return this.page.getByRole("heading", { name, exact: typeof name === "string" });
  }

  field(name: string | RegExp, within: Page | Locator = this.page): Locator {
    return within.getByLabel(name, { exact: typeof name === "string" });
  }

  button(name: string | RegExp, within: Page | Locator = this.page): Locator {
    return within.getByRole("button", { name, exact: typeof name === "string" });
  }

  link(name: string | RegExp, within: Page | Locator = this.page): Locator {
    return within.getByRole("link", { name, exact: typeof name === "string" });
  }

  dialog(name: string): Locator {
    return this.page.getByRole("dialog", { name });
  }

  /** The message under a field, reached as a screen reader does: through aria-describedby or aria-errormessage. */
  async complaint(field: Locator): Promise<string> {
    await expect(field).toHaveAttribute("aria-invalid", "true");
    return field.evaluate((input) =>
      ["aria-errormessage", "aria-describedby"]
        .flatMap((name) => (input.getAttribute(name) ?? "").split(" "))
        .map((id) => (id && document.getElementById(id)?.textContent) || "")
        .join(" ")
        .trim(),
    );
  }

  /** Live, Reconnecting… or Offline. */
  liveState(state: "Live" | "Reconnecting…" | "Offline"): Locator {
    return this.page.getByRole("status").filter({ hasText: new RegExp(`^\\s*${state}\\s*$`) });
  }

  /** The toasts. */
  get messages(): Locator {
    return this.page.getByRole("status", { name: "Messages" });
  }

  /** The bell; its name says how many are unread. */
  get bell(): Locator {
    const name = /^Notifications/;
    return this.button(name).or(this.link(name));
  }

  async unread(): Promise<number> {
    const name = (await this.bell.getAttribute("aria-label")) ?? (await this.bell.innerText());
    return Number(/(\d+)\s+unread/.exec(name)?.[1] ?? 0);
  }

  // ---- Customers

  get grid(): Locator {
    return this.page.getByRole("table", { name: "Customers" });
  }

  /** A customer's row in the grid. */
  row(name: string): Locator {
    return this.grid.getByRole("row").filter({ has: this.page.getByRole("link", { name, exact: true }) });
  }

  /** The grid's rows as the person reads them: one object per row, keyed by what the column's header says. */
  async rows(): Promise<Record<string, string>[]> {
    return this.grid.evaluate((table) => {
      const text = (cell: Element) => (cell as HTMLElement).innerText.replace(/\s+/g, " ").trim();
      const headers = [...table.querySelectorAll("thead th")].map(text);
      return [...table.querySelectorAll("tbody tr")]
        .map((row) => [...row.querySelectorAll("td, th")].map(text))
        .filter((cells) => cells.length > 1)
        .map((cells) => Object.fromEntries(cells.map((cell, index) => [headers[index] || `column ${index}`, cell])));
    });
  }

  /** The customers' names from top to bottom. */
  async names(): Promise<string[]> {
    return this.grid
      .getByRole("row")
      .getByRole("link")
      .evaluateAll((links) =>
        links
          .filter((link) => (link.getAttribute("href") ?? "").startsWith("/customers/"))
          .map((link) => link.textContent?.trim() ?? ""),
      );
  }

  /** Expects exactly these customers, in this order. */
  async seesCustomers(...names: string[]): Promise<void> {
    await expect.poll(() => this.names()).toEqual(names);
  }

  header(column: Column): Locator {
    return this.grid.getByRole("columnheader").filter({ has: this.button(column) });
  }

  async sortBy(column: Column): Promise<void> {
    await this.button(column, this.grid).click();
  }

  /** Follows a customer's link in the grid. */
  async openCustomer(name: string): Promise<void> {
    await this.link(name, this.grid).click();
    await expect(this.heading(name)).toBeVisible();
    await this.ready();
  }

  // ---- Imports

  /** Drops a file on the page the way the browser reports a drop from the desktop. */
  async drop(path: string): Promise<void> {
    const zone = this.chooser();
    await zone.scrollIntoViewIfNeeded();
    const box = await zone.boundingBox();
    if (!box) {
      throw new Error("there is nowhere to drop the file");
    }
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const data = { items: [], files: [path], dragOperationsMask: 1 };
    const browser = await this.context.newCDPSession(this.page);
    for (const type of ["dragEnter", "dragOver", "drop"] as const) {
      await browser.send("Input.dispatchDragEvent", { type, x, y, data });
    }
    await browser.detach();
  }

  /** What opens the file chooser of the import page. */
  chooser(): Locator {
    return this.page.locator("label").filter({ hasText: CHOOSER });
  }

  /** Picks a file in the file chooser of the import page. */
  async choose(file: string | { name: string; mimeType: string; buffer: Buffer }): Promise<void> {
    const [chooser] = await Promise.all([
      this.page.waitForEvent("filechooser"),
      this.chooser().click(),
    ]);
    await chooser.setFiles(file);
  }

  /** Asks to look at every import before it is saved. */
  async wantsToReview(): Promise<void> {
    await this.page.getByRole("checkbox", { name: /^Review before saving/ }).check();
  }

  /** One of the four steps; its name says how far it is. */
  step(name: "File" | "Columns" | "Check" | "Result"): Locator {
    const steps = this.page.getByRole("navigation", { name: "Steps" });
    return steps.getByRole("link", { name: new RegExp(`^${name}\\b`) });
  }

  /** The row of a column in the second step. */
  column(header: string): Locator {
    const table = this.page.getByRole("table", { name: "Columns" });
    return table.getByRole("row").filter({ has: this.field(`Take ${header} as`) });
  }

  /** Takes a column as a field. */
  async takeColumn(header: string, field: string | RegExp): Promise<void> {
    const select = this.field(`Take ${header} as`);
    const options = await select.getByRole("option").allInnerTexts();
    const label = options.find((option) => (typeof field === "string" ? option.startsWith(field) : field.test(option)));
    expect(label, `${field} among ${options.join(", ")}`).toBeDefined();
    await select.selectOption({ label: label! });
  }

  /** A figure of the check. */
  figure(name: "New" | "Changed" | "Unchanged" | "Rejected"): Locator {
    const figures = this.page.locator("dl").filter({ has: this.page.getByText("Unchanged", { exact: true }) });
    return figures.locator("div").filter({ has: this.page.getByText(name, { exact: true }) }).locator("dd");
  }

  /** A group of problems; it opens and closes. */
  problem(text: string | RegExp): Locator {
    return this.page.getByRole("list", { name: "Problems" }).getByRole("listitem").filter({ hasText: text });
  }

  /** The row of an import in the list of all. */
  importOf(file: string): Locator {
    const table = this.page.getByRole("table", { name: "Imports" });
    return table.getByRole("row").filter({ has: this.link(file) });
  }

  get rejectedCells(): Locator {
    return this.page.getByRole("table", { name: "Rejected cells" });
  }

  // ---- Payments

  /** Sends a payment through the mock gateway from a customer's page. */
  async simulatePayment(amount: string, outcome: Outcome = "succeed"): Promise<void> {
    await this.button("Simulate payment").click();
    const dialog = this.dialog("Simulate payment");
    await this.field("Amount", dialog).fill(amount);
    await this.field("Outcome", dialog).selectOption(outcome);
    await this.button("Send", dialog).click();
    await expect(dialog).toBeHidden();
  }

  /** Records a payment on a customer's page. */
  async recordPayment(amount: string): Promise<void> {
    await this.button("Record payment").click();
    const dialog = this.dialog("Record payment");
    await this.field("Amount", dialog).fill(amount);
    await this.button("Record payment", dialog).click();
    await expect(dialog).toBeHidden();
  }

  /** Takes a completed payment back to pending, on a customer's page. */
  async markPending(reason: string): Promise<void> {
    await this.button("Mark as pending").first().click();
    const dialog = this.dialog("Mark as pending");
    await this.field("Reason", dialog).fill(reason);
    await this.button("Mark as pending", dialog).click();
    await expect(dialog).toBeHidden();
  }

  /** The row of a payment of this much, on a customer's page. */
  payment(amount: string): Locator {
    const rows = this.page.getByRole("table", { name: "Payments" }).getByRole("row");
    return rows.filter({ has: this.page.getByText(amount, { exact: true }) });
  }

  /** Chooses from the menu of a payment of this many dollars, on a customer's page. */
  async paymentAction(amount: string, action: string): Promise<void> {
    await this.button(`Actions for payment of ${amount} USD`).click();
    await this.button(action, this.payment(amount)).click();
  }

  // ---- Invoices

  /** A row of the invoices on a customer's page. */
  invoice(number: string): Locator {
    const rows = this.page.getByRole("table", { name: "Invoices" }).getByRole("row");
    return rows.filter({ has: this.page.getByText(number, { exact: true }) });
  }

  /** Chooses from the menu of an invoice, on a customer's page. */
  async invoiceAction(number: string, action: string): Promise<void> {
    await this.button(`Actions for invoice ${number}`).click();
    await this.button(action, this.invoice(number)).click();
  }

  // ---- Notifications

  /** The notification centre's entries. */
  notification(text: string | RegExp): Locator {
    return this.page.getByRole("main").getByRole("listitem").filter({ hasText: text });
  }
}
