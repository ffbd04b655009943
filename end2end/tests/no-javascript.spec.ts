import { ADA, VIC, expect, test } from "../support/fixtures.ts";
import { csv } from "../support/sheet.ts";

// Plain forms and redirects: this project's browser runs no script at all.

test("one registers, signs out and signs in again", async ({ person }) => {
  const { page } = person;
  await page.goto("/");
  await expect(person.heading("Sign in")).toBeVisible();
  await person.link("Create an account").click();
  await expect(person.heading("Create your account")).toBeVisible();
  await person.field("Name").fill(ADA.name);
  await person.field("E-mail").fill(ADA.email);
  await person.field("Password").fill(ADA.password);
  await person.button("Create account").click();
  await expect(page).toHaveURL(/\/customers$/);
  await expect(page.getByText("No customers yet")).toBeVisible();

  // Without script the menu is a disclosure or lies open.
  if (!(await person.button("Sign out").isVisible())) {
    await person.page.getByLabel("Account", { exact: true }).click();
  }
  await person.button("Sign out").click();
  await expect(person.heading("Sign in")).toBeVisible();
  await page.goto("/customers");
  await expect(page).toHaveURL(/\/sign-in/);

  await person.field("E-mail").fill(ADA.email);
  await person.field("Password").fill(ADA.password);
  await person.button("Sign in").click();
  await expect(page).toHaveURL(/\/customers$/);
});

test("a wrong password gets the same answer as an unknown address, and keeps the address", async ({ ada, person }) => {
  void ada;
  person.watch.expectStatus(401);
  const answers: string[] = [];
  for (const email of [ADA.email, "nobody@example.com"]) {
    await person.page.goto("/sign-in");
    await person.field("E-mail").fill(email);
    await person.field("Password").fill("not the password at all");
    await person.button("Sign in").click();
    const alert = person.page.getByRole("alert");
    await expect(alert).toBeVisible();
    answers.push((await alert.innerText()).replaceAll(email, "…"));
    await expect(person.field("E-mail")).toHaveValue(email);
    await expect(person.field("Password")).toHaveValue("");
  }
  expect(answers[0]).not.toBe("");
  expect(answers[0]).toBe(answers[1]);
});

test("a wrong registration says what is wrong", async ({ person }) => {
  person.watch.expectStatus(422);
  await person.page.goto("/register");
  await person.field("Name").fill(ADA.name);
  await person.field("E-mail").fill(ADA.email);
  await person.field("Password").fill("short");
  // The browser's own checks are not the ones under test.
  await person.field("Password").press("Enter");
  await expect(person.page.getByText("Use at least 10 characters.").first()).toBeVisible();
  await expect(person.field("Name")).toHaveValue(ADA.name);
  await expect(person.field("E-mail")).toHaveValue(ADA.email);
});

test("a later person is told to wait for an admin", async ({ ada, person }) => {
  void ada;
  person.watch.expectStatus(403);
  await person.page.goto("/register");
  await person.field("Name").fill(VIC.name);
  await person.field("E-mail").fill(VIC.email);
  await person.field("Password").fill(VIC.password);
  await person.button("Create account").click();
  await expect(person.page.getByText("An admin has to approve your account first.")).toBeVisible();
});

test("a page behind the sign-in is shown after it", async ({ ada, person }) => {
  void ada;
  await person.page.goto("/inbox");
  await expect(person.heading("Sign in")).toBeVisible();
  await person.field("E-mail").fill(ADA.email);
  await person.field("Password").fill(ADA.password);
  await person.button("Sign in").click();
  await expect(person.heading("Inbox")).toBeVisible();
});

test("a long list of customers has pages, and filters that work as a form", async ({ ada, person }) => {
  const rows = Array.from({ length: 120 }, (_, at) => [`R-${at + 1}`, `Customer ${String(at + 1).padStart(3, "0")}`]);
  await ada.upload(csv("many.csv", [["Customer reference", "Customer name"], ...rows]), "auto");
  await person.post("/api/v1/auth/login", { email: ADA.email, password: ADA.password });
  await person.page.goto("/customers?columns=name,reference");
  const pages = person.page.getByRole("navigation", { name: "Pages" });
  await expect(pages).toContainText("1–50 of 120");
  await person.link("Next", pages).click();
  await expect(pages).toContainText("51–100 of 120");
  await expect(person.row("Customer 051")).toBeVisible();
  await person.link("Previous", pages).click();
  await expect(pages).toContainText("1–50 of 120");

  await person.field("Search customers").fill("R-117");
  await person.button("Filter").click();
  await person.seesCustomers("Customer 117");
  await expect(person.grid.getByRole("columnheader")).toHaveText(["", "Customer", "Reference"]);
});
