import AxeBuilder from "@axe-core/playwright";

import { ADA, expect, test } from "../support/fixtures.ts";
import { SIGNED_OUT, choose, enter, signedIn } from "../support/pages.ts";
import type { Person } from "../support/person.ts";

for (const theme of ["light", "dark"] as const) {
  test(`no page has an accessibility violation in the ${theme} theme`, async ({ app, sample, person, another }) => {
    void app;
    test.setTimeout(240_000);
    await choose(person, theme);
    const violations: string[] = [];
    for (const view of SIGNED_OUT) {
      await view.show(person);
      violations.push(...(await examine(person, view.name)));
    }
    const admin = await another({ reducedMotion: "reduce" });
    await choose(admin, theme);
    await enter(admin);
    for (const view of await signedIn(sample)) {
      await view.show(admin);
      violations.push(...(await examine(admin, view.name)));
    }
    expect(violations.join("\n")).toBe("");
  });
}

test("the empty pages have no accessibility violation", async ({ ada, person }) => {
  void ada;
  await person.page.emulateMedia({ reducedMotion: "reduce" });
  const violations: string[] = [];
  for (const path of ["/customers", "/invoices", "/payments", "/inbox"]) {
    await person.arrive(ADA, path);
    violations.push(...(await examine(person, `${path} (empty)`)));
  }
  expect(violations.join("\n")).toBe("");
});

test("the theme is chosen by a button, holds on other pages and after a reload", async ({ ada, person }) => {
  void ada;
  await person.page.emulateMedia({ colorScheme: "light" });
  await person.arrive(ADA);
  const background = () => person.page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await background();
  await person.button("Dark theme").click();
  await expect.poll(background).not.toBe(light);
  const dark = await background();
  await person.reload();
  expect(await background()).toBe(dark);
  await person.goTo("Inbox");
  expect(await background()).toBe(dark);
  await person.button("Light theme").click();
  await expect.poll(background).toBe(light);
});

async function examine(person: Person, name: string): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page: person.page }).analyze();
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${name}: ${id}: ${help}\n    ${node.target.join(" ")}\n    ${node.failureSummary ?? ""}`),
  );
}
