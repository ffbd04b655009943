import { ADA, expect, test } from "../support/fixtures.ts";

test.describe("registration", () => {
  test("says what is wrong when a field is left, and takes it back as it is mended", async ({ person }) => {
    await person.open("/register");
    const email = person.field("E-mail");
    await email.pressSequentially("ada@example");
    await expect(email, "not yet while it is typed").not.toHaveAttribute("aria-invalid", "true");
    await person.field("Password").focus();
    expect(await person.complaint(email)).toContain("name@example.com");
    await email.pressSequentially(".com");
    await expect(email).not.toHaveAttribute("aria-invalid", "true");

    const password = person.field("Password");
    await password.fill("short");
    await person.field("Name").focus();
    expect(await person.complaint(password)).toContain("at least 10 characters");
    await password.fill("password123");
    await person.field("Name").focus();
    expect(await person.complaint(password)).toContain("easily guessed");
    await password.fill(ADA.password);
    await expect(password).not.toHaveAttribute("aria-invalid", "true");
  });

  test("sent too early, the first wrong field gets the focus and nothing typed is lost", async ({ person }) => {
    await person.open("/register");
    await person.field("Name").fill(ADA.name);
    await person.field("E-mail").fill("no address");
    await person.button("Create account").click();
    await expect(person.field("E-mail")).toBeFocused();
    await person.complaint(person.field("E-mail"));
    await person.complaint(person.field("Password"));
    await expect(person.field("Name")).toHaveValue(ADA.name);
    await expect(person.field("E-mail")).toHaveValue("no address");
  });

  test("is reached by one click from the sign-in page, whose first field has the focus", async ({ person }) => {
    await person.open("/sign-in");
    await expect(person.field("E-mail")).toBeFocused();
    await person.page.getByRole("link", { name: "Create an account" }).click();
    await expect(person.heading("Create your account")).toBeVisible();
  });

  test("shows the server's answer at the field", async ({ ada, person }) => {
    void ada;
    person.watch.expectStatus(409);
    await person.register({ ...ADA, email: ADA.email.toUpperCase() });
    await expect(person.page.getByRole("alert").or(person.page.getByText(/already/)).first()).toBeVisible();
    await expect(person.page.getByText(/already/).first()).toBeVisible();
    await expect(person.field("Name")).toHaveValue(ADA.name);
    await expect(person.field("E-mail")).toHaveValue(ADA.email.toUpperCase());
  });
});

test("signing in with a wrong password says so and keeps the address", async ({ ada, person }) => {
  void ada;
  person.watch.expectStatus(401);
  await person.signIn({ ...ADA, password: "not the password at all" });
  await expect(person.page.getByRole("alert")).toBeVisible();
  await expect(person.field("E-mail")).toHaveValue(ADA.email);
  await person.field("Password").fill(ADA.password);
  await person.button("Sign in").click();
  await expect(person.heading("Customers")).toBeVisible();
});

test("a new customer with a debt needs a due date; an amount has at most two decimals", async ({ ada, person }) => {
  await person.arrive(ADA);
  await person.button("New customer").first().click();
  const dialog = person.dialog("New customer");
  await person.field("Name", dialog).fill("Café Åland");
  const amount = person.field(/^Outstanding/, dialog);
  await amount.fill("12.345");
  await person.field("Name", dialog).focus();
  expect(await person.complaint(amount)).not.toBe("");
  await amount.fill("12.34");
  await expect(amount).not.toHaveAttribute("aria-invalid", "true");
  const save = dialog.getByRole("button", { name: /^(Create|Add|Save)/ });
  await save.click();
  const due = person.field(/^(Payment )?[Dd]ue/, dialog);
  expect(await person.complaint(due)).toContain("due");
  await expect(due).toBeFocused();
  await due.fill("2025-03-20");
  await save.click();
  await expect(dialog).toBeHidden();
  const customer = await ada.customer("Café Åland");
  expect(customer).toMatchObject({ outstanding: { amount: "12.34", currency: "USD" }, status: "overdue" });
});

test("what was typed survives a server that is away", async ({ app, ada, person }) => {
  await person.arrive(ADA);
  await person.button("New customer").first().click();
  const dialog = person.dialog("New customer");
  await person.field("Name", dialog).fill("Patience Ltd");
  person.watch.serverDown = true;
  await app.kill();
  const save = dialog.getByRole("button", { name: /^(Create|Add|Save)/ });
  await save.click();
  await expect(dialog.getByRole("alert")).toBeVisible();
  await expect(person.field("Name", dialog)).toHaveValue("Patience Ltd");
  await app.start();
  await expect(person.liveState("Live")).toBeVisible({ timeout: 30_000 });
  person.watch.serverDown = false;
  await save.click();
  await expect(dialog).toBeHidden();
  expect((await ada.customers()).map((customer) => customer.name)).toEqual(["Patience Ltd"]);
});

test("a payment above the debt says what stays unapplied, and keeps it", async ({ sample, person }) => {
  await person.arrive(ADA);
  await person.openCustomer("Alice Johnson");
  await person.button("Record payment").click();
  const dialog = person.dialog("Record payment");
  await person.field("Amount", dialog).fill("250.00");
  await expect(dialog).toContainText("40.00");
  await expect(dialog).toContainText(/unapplied/i);
  await person.button("Record payment", dialog).click();
  await expect(dialog).toBeHidden();
  await expect(person.page.getByRole("main")).toContainText("Paid");
  expect(await sample.customer("Alice Johnson")).toMatchObject({
    outstanding: { amount: "0.00" },
    unapplied: { amount: "40.00" },
    status: "paid",
  });
});

test("a payment sent twice by an impatient click is one payment", async ({ sample, person }) => {
  await person.arrive(ADA);
  await person.openCustomer("John Doe");
  await person.button("Record payment").click();
  const dialog = person.dialog("Record payment");
  await person.field("Amount", dialog).fill("50.00");
  await person.button("Record payment", dialog).dblclick();
  await expect(dialog).toBeHidden();
  await expect(person.page.getByRole("main")).toContainText("100.75");
  const john = await sample.customer("John Doe");
  expect(await sample.payments(john.id)).toHaveLength(1);
});

test("an amount that is none is refused at the field", async ({ sample, person }) => {
  void sample;
  await person.arrive(ADA);
  await person.openCustomer("John Doe");
  await person.button("Record payment").click();
  const dialog = person.dialog("Record payment");
  for (const wrong of ["abc", "0", "-5", "1.234"]) {
    await person.field("Amount", dialog).fill(wrong);
    await person.button("Record payment", dialog).click();
    expect(await person.complaint(person.field("Amount", dialog)), wrong).not.toBe("");
    await expect(person.field("Amount", dialog)).toBeFocused();
    await expect(person.field("Amount", dialog)).toHaveValue(wrong);
  }
});

test("what is typed before the page has its script stays, and counts", async ({ ada, person }) => {
  await ada.createCustomer({ name: "Nora New" });
  await ada.createCustomer({ name: "Otto Old" });
  await person.logIn(ADA);
  const release = await person.holdScript();
  await person.page.goto("/customers", { waitUntil: "commit" });
  const search = person.field("Search customers");
  await search.fill("Otto");
  release();
  await person.ready();
  await expect(search).toHaveValue("Otto");
  await person.seesCustomers("Otto Old");
  await expect(person.page).toHaveURL(/q=Otto/);
});
