import { ADA, VIC, expect, test } from "../support/fixtures.ts";
import { totp } from "../support/totp.ts";

test("a second factor is set up, asked for, and taken off", async ({ ada, person }) => {
  void ada;
  await person.arrive(ADA, "/settings");
  const panel = person.page.locator("section", { has: person.page.getByRole("heading", { name: "Second factor" }) });
  await panel.getByLabel("Current password").fill("not the password");
  person.watch.expectStatus(422);
  await person.button("Set up", panel).click();
  await expect(panel.getByRole("alert")).toContainText("This is not your current password.");
  await panel.getByLabel("Current password").fill(ADA.password);
  await person.button("Set up", panel).click();
  await expect(panel.getByRole("img", { name: "QR code for your authenticator app" })).toBeVisible();
  const secret = await panel.locator(".secret code").innerText();
  await panel.getByRole("textbox", { name: "Code" }).fill("000000");
  await person.button("Turn on", panel).click();
  await expect(panel.getByRole("alert")).toContainText("This is not the code the app shows now.");
  await panel.getByRole("textbox", { name: "Code" }).fill(totp(secret));
  await person.button("Turn on", panel).click();
  const shown = panel.getByRole("list", { name: "Recovery codes" }).getByRole("listitem");
  await expect(shown).toHaveCount(10);
  await person.button("I have kept them", panel).click();
  await expect(panel.getByText("10 recovery codes are left.")).toBeVisible();

  await person.signOut();
  person.watch.expectStatus(401);
  await person.field("E-mail").fill(ADA.email);
  await person.field("Password").fill(ADA.password);
  await person.button("Sign in").click();
  const code = person.field("Code");
  await expect(code).toBeFocused();
  await code.fill("111111");
  await person.button("Sign in").click();
  await expect(person.page.getByRole("alert")).toContainText("This code is wrong");
  // The one of this half minute confirmed the set-up; the clock allows for one step.
  await code.fill(totp(secret, 1));
  await person.button("Sign in").click();
  await expect(person.page).toHaveURL(/\/customers$/);

  await person.open("/settings");
  await panel.getByLabel("Current password").fill(ADA.password);
  await person.button("Turn off", panel).click();
  await expect(person.messages).toContainText("Second factor is off");
  await expect(person.button("Set up", panel)).toBeVisible();
});

test("one sees where one is signed in, and signs out there", async ({ app, ada, person, another }) => {
  void ada;
  await person.arrive(ADA, "/customers");
  await expect(person.liveState("Live")).toBeVisible();
  const elsewhere = await another();
  await elsewhere.signIn(ADA);
  await expect(elsewhere.page).toHaveURL(/\/customers$/);
  await elsewhere.open("/settings");
  const panel = elsewhere.page.locator("section", {
    has: elsewhere.page.getByRole("heading", { name: "Where you are signed in" }),
  });
  // The REST client's is the third.
  await expect(panel.getByRole("listitem")).toHaveCount(3);
  await expect(panel.getByText(/^Chrome on /).first()).toBeVisible();
  await elsewhere.button("Sign out everywhere else", panel).click();
  await expect(panel.getByRole("listitem")).toHaveCount(1);
  // The other browser is out at once: its socket closes, and it says so.
  person.watch.expectStatus(401);
  await expect(person.page.getByText(/signed out/i).first()).toBeVisible();
  await person.page.goto(`${app.url}/customers`);
  await expect(person.heading("Sign in")).toBeVisible();
});

test("an admin invites someone, who chooses a password by the link, once", async ({ ada, person, another }) => {
  void ada;
  await person.arrive(ADA, "/users");
  await person.button("Invite").click();
  const form = person.dialog("Invite someone");
  await form.getByLabel("Name").fill(VIC.name);
  await form.getByLabel("E-mail").fill("vic at example");
  await person.button("Invite", form).click();
  await expect(form.getByText(/Enter an e-mail address/)).toBeVisible();
  await form.getByLabel("E-mail").fill(VIC.email);
  await form.getByLabel("Role").selectOption("Manager");
  await person.button("Invite", form).click();
  const told = person.dialog(`A link for ${VIC.name}`);
  const link = await told.getByLabel("Link").inputValue();
  await person.page.keyboard.press("Escape");
  const row = person.page.getByRole("row").filter({ hasText: VIC.name });
  await expect(row).toContainText("Invited");

  const vic = await another();
  await vic.page.goto(link);
  await expect(vic.page.getByText(`You sign in as ${VIC.email}`)).toBeVisible();
  await vic.field("New password").fill(VIC.password);
  await vic.button("Save and sign in").click();
  await expect(vic.page).toHaveURL(/\/customers$/);
  await expect(row).toContainText("Active");
  vic.watch.expectStatus(404);
  await vic.page.goto(link);
  await expect(vic.page.getByText("This link is no longer good")).toBeVisible();
});

test("a token for a program is made, shown once, and revoked", async ({ app, ada, person }) => {
  void ada;
  await person.arrive(ADA, "/users");
  await person.button("New token").click();
  const form = person.dialog("New API token");
  await form.getByLabel("Name").fill("Nightly export");
  await form.getByLabel("Role").selectOption("Viewer");
  await person.button("Make token", form).click();
  const secret = await form.getByLabel("Token", { exact: true }).inputValue();
  await person.page.keyboard.press("Escape");
  const ask = () => fetch(`${app.url}/api/v1/customers`, { headers: { authorization: `Bearer ${secret}` } });
  expect((await ask()).status).toBe(200);
  const row = person.page.getByRole("row").filter({ hasText: "Nightly export" });
  await expect(row).toContainText("Viewer");
  await row.getByRole("button", { name: "Revoke Nightly export" }).click();
  await expect(person.messages).toContainText("Token revoked");
  await expect(row).toBeHidden();
  expect((await ask()).status).toBe(401);
});

test("a script that comes with the data stays text", async ({ ada, person }) => {
  const nasty = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
  await ada.createCustomer({ name: nasty, email: "nasty@example.com" });
  await person.arrive(ADA, "/customers");
  await expect(person.page.getByText(nasty)).toBeVisible();
  await person.link(nasty, person.grid).click();
  await expect(person.heading(nasty)).toBeVisible();
  expect(await person.page.title()).not.toBe("owned");
  expect(await person.page.evaluate(() => document.querySelectorAll("main script, main img").length)).toBe(0);
  // Even a script that got into the page would be dead.
  const ran = await person.page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    document.body.append(script);
    return "ran" in window;
  });
  expect(ran).toBe(false);
  person.watch.expect(/Content.Security.Policy|Refused to execute/i);
});

test("the API's page works under its own policy", async ({ app, ada, person }) => {
  void ada;
  await person.page.goto(`${app.url}/api/docs/`);
  await expect(person.page.getByText("Duebook REST API").first()).toBeVisible();
  await expect(person.page.getByText("/api/v1/customers", { exact: true }).first()).toBeVisible();
  await expect(person.button("Authorize").first()).toBeVisible();
});


test.describe("with all there is to log", () => {
  test.use({ settings: { DUEBOOK_LOG: "debug" } });

  test("no password, code or token stands in the log", async ({ app, ada, person, another }) => {
    void ada;
    const secrets = [ADA.password, VIC.password, "not the password at all"];
    await person.signIn({ ...ADA, password: "not the password at all" });
    person.watch.expectStatus(401);
    await expect(person.page.getByRole("alert")).toBeVisible();
    await person.signIn(ADA);
    await expect(person.page).toHaveURL(/\/customers$/);
    secrets.push(...(await person.context.cookies()).filter((cookie) => cookie.httpOnly).map((cookie) => cookie.value));
    const post = async <Answer>(path: string, data: unknown) => {
      const answer = await person.context.request.post(`/api/v1${path}`, { data, headers: { origin: app.url } });
      expect(answer.ok(), await answer.text()).toBe(true);
      return (await answer.json()) as Answer;
    };
    const invited: { link: { token: string } } = await post("/users", { name: VIC.name, email: VIC.email, role: "viewer" });
    const made: { secret: string } = await post("/tokens", { name: "Script", role: "viewer" });
    const setup: { secret: string } = await post("/me/second-factor", { current_password: ADA.password });
    const codes: { recovery_codes: string[] } = await post("/me/second-factor/confirm", { code: totp(setup.secret) });
    secrets.push(invited.link.token, made.secret, setup.secret, ...codes.recovery_codes);
    await fetch(`${app.url}/api/v1/customers`, { headers: { authorization: `Bearer ${made.secret}` } });
    const vic = await another();
    await vic.open(`/join?token=${invited.link.token}`);
    await vic.field("New password").fill(VIC.password);
    await vic.button("Save and sign in").click();
    await expect(vic.page).toHaveURL(/\/customers$/);

    expect(secrets.length).toBeGreaterThan(15);
    const { log } = app;
    expect(log).toContain("answered");
    expect(secrets.filter((secret) => log.includes(secret))).toEqual([]);
    expect(log).not.toContain("argon2id");
  });
});
