import { ADA, Rest, VIC, expect, test } from "../support/fixtures.ts";

const COLUMNS = "/customers?columns=name,email,phone,owner,tags,credit_limit";

test("fields are changed where they stand, with the keyboard alone", async ({ ada, person }) => {
  await ada.createCustomer({ name: "Alice Johnson", email: "alice@example.com" });
  await ada.createCustomer({ name: "Bob Brown" });
  await person.arrive(ADA, COLUMNS);
  await expect(person.row("Bob Brown")).toBeVisible();
  const { keyboard } = person.page;
  await keyboard.press("j");
  await keyboard.press("x");
  await expect(person.page.getByRole("toolbar", { name: "Selected customers" })).toContainText("1 selected");
  await keyboard.press("x");

  // Escape leaves it as it was, and the focus where it was.
  await keyboard.press("e");
  await expect(person.field("Name of Alice Johnson")).toBeFocused();
  await keyboard.type("Nonsense");
  await keyboard.press("Escape");
  await expect(person.link("Alice Johnson", person.grid)).toBeFocused();

  await keyboard.press("ArrowRight");
  await keyboard.press("F2");
  const email = person.field("E-mail of Alice Johnson");
  await expect(email).toHaveValue("alice@example.com");
  await keyboard.type("alice at example");
  await expect(email).toHaveValue("alice at example");
  await keyboard.press("Enter");
  await expect(person.row("Alice Johnson").getByRole("alert")).toContainText("Enter an e-mail address");
  await expect(email).toBeFocused();
  await email.fill("alice.j@example.com");
  await keyboard.press("Enter");
  await expect(person.row("Alice Johnson")).toContainText("alice.j@example.com");
  await expect.poll(async () => (await ada.customers("?q=alice.j")).length).toBe(1);

  // One stays in the column from row to row.
  await keyboard.press("j");
  await keyboard.press("e");
  await expect(person.field("E-mail of Bob Brown")).toBeFocused();
  await keyboard.press("Escape");
  for (const [label, typed, shown] of [
    ["Phone", "+44 20 7946 0018", "+44 20 7946 0018"],
    ["Owner", "", ADA.name],
    ["Tags", "vip, north", "vip"],
    ["Credit limit", "1,500.00", "1,500.00"],
  ] as const) {
    await keyboard.press("ArrowRight");
    await keyboard.press("e");
    const field = person.field(`${label} of Bob Brown`);
    await expect(field).toBeFocused();
    if (label === "Owner") {
      await field.selectOption(ADA.name);
    } else {
      await field.fill(typed);
    }
    await keyboard.press("Enter");
    await expect(person.row("Bob Brown")).toContainText(shown);
  }
  // What is shown at once takes a moment to be saved.
  await expect.poll(async () => (await ada.customers("?q=Bob"))[0]?.credit_limit?.amount).toBe("1500.00");
  await person.reload();
  await expect(person.row("Bob Brown")).toContainText("1,500.00");
  await person.link("Bob Brown", person.grid).focus();
  await keyboard.press("ArrowRight");
  await keyboard.press("Enter");
  await expect(person.heading("Bob Brown")).toBeVisible();
});

test("one who types faster than the network meets nobody", async ({ ada, person }) => {
  await ada.createCustomer({ name: "Acme", phone: "020 7946 0000" });
  await person.arrive(ADA, COLUMNS);
  const row = person.row("Acme");
  const set = async (column: string, label: string, value: string) => {
    await row.locator(`td[data-column=${column}]`).dblclick();
    await person.field(`${label} of Acme`).fill(value);
    await person.page.keyboard.press("Enter");
  };
  const sent: string[] = [];
  let letGo = () => {};
  let gate = new Promise<void>((done) => (letGo = done));
  let refuse = false;
  const busy = { type: "about:blank", title: "Busy", status: 503, detail: "Try again in a moment.", code: "busy" };
  await person.page.route("**/fn/customer/update", async (route) => {
    sent.push(route.request().postData() ?? "");
    await gate;
    await (refuse && sent.length === 4 ? route.fulfill({ status: 503, json: busy }) : route.continue());
  });

  // All are shown at once, and sent one after the other.
  await set("phone", "Phone", "020 7946 1111");
  await set("email", "E-mail", "acme@example.com");
  await set("phone", "Phone", "020 7946 2222");
  await expect(row).toContainText("acme@example.com");
  await expect(row).toContainText("020 7946 2222");
  expect(sent).toHaveLength(1);
  // The browser asks who would go away now.
  const asks = () =>
    person.page.evaluate(() => !window.dispatchEvent(new Event("beforeunload", { cancelable: true })));
  expect(await asks()).toBe(true);
  letGo();
  await expect.poll(async () => (await ada.customers("?q=2222"))[0]?.email).toBe("acme@example.com");
  expect(sent).toHaveLength(3);
  await expect(row).toContainText("020 7946 2222");
  await expect.poll(asks).toBe(false);

  // What is refused is taken back alone; what waits is saved although its page is gone.
  gate = new Promise<void>((done) => (letGo = done));
  refuse = true;
  person.watch.expectStatus(503);
  await set("phone", "Phone", "020 7946 3333");
  await set("email", "E-mail", "desk@example.com");
  await set("tags", "Tags", "north");
  await expect.poll(() => sent.length).toBe(4);
  await person.link("Invoices").first().click();
  await expect(person.heading("Invoices")).toBeVisible();
  letGo();
  await expect.poll(async () => (await ada.customers("?q=desk@example.com"))[0]?.tags).toEqual(["north"]);
  expect((await ada.customers("?q=Acme"))[0]?.phone).toBe("020 7946 2222");
});

test("what two people change at once is shown to the second, with who and when", async ({
  app,
  ada,
  person,
  another,
}) => {
  await ada.createCustomer({ name: "Acme", phone: "020 7946 0000" });
  await Rest.register(app.url, VIC);
  await ada.approve(VIC.email, "collector");
  await person.arrive(ADA, COLUMNS);
  await expect(person.liveState("Live")).toBeVisible();
  const vic = await another();
  await vic.arrive(VIC, COLUMNS);

  for (const [round, choice, phone] of [
    [1, "Save mine", "020 7946 2221"],
    [2, "Keep theirs", "020 7946 1112"],
  ] as const) {
    // Hers is on its way while his is saved: she has typed over what was there before.
    await person.page.route("**/fn/customer/update", async (route) => {
      await vic.row("Acme").locator("td[data-column=phone]").dblclick();
      await vic.field("Phone of Acme").fill(`020 7946 111${round}`);
      await vic.page.keyboard.press("Enter");
      await expect.poll(async () => (await ada.customers("?q=" + `111${round}`)).length).toBe(1);
      await route.continue();
    }, { times: 1 });
    person.watch.expectStatus(409);
    await person.row("Acme").locator("td[data-column=phone]").dblclick();
    await person.field("Phone of Acme").fill(`020 7946 222${round}`);
    await person.page.keyboard.press("Enter");
    const dialog = person.dialog("Acme was changed meanwhile");
    await expect(dialog).toContainText(`020 7946 111${round}`);
    await expect(dialog).toContainText(`020 7946 222${round}`);
    await expect(dialog).toContainText(`Changed by ${VIC.name}`);
    await person.button(choice, dialog).click();
    await expect(dialog).toBeHidden();
    await expect(person.row("Acme")).toContainText(phone);
    await expect(vic.row("Acme")).toContainText(phone);
  }
});

test("a refused change is taken back and said", async ({ ada, person }) => {
  await ada.createCustomer({ name: "Acme", phone: "020 7946 0000" });
  await person.arrive(ADA, COLUMNS);
  await expect(person.row("Acme")).toBeVisible();
  person.watch.expectStatus(503);
  const busy = { type: "about:blank", title: "Busy", status: 503, detail: "Try again in a moment.", code: "busy" };
  await person.page.route("**/fn/customer/update", (route) => route.fulfill({ status: 503, json: busy }));
  await person.row("Acme").locator("td[data-column=phone]").dblclick();
  await person.field("Phone of Acme").fill("020 7946 9999");
  await person.page.keyboard.press("Enter");
  await expect(person.messages).toContainText("Acme: phone was not saved");
  await expect(person.row("Acme")).toContainText("020 7946 0000");
});
