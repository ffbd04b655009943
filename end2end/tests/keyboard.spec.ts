import { ADA, expect, test } from "../support/fixtures.ts";
import type { Person } from "../support/person.ts";

test("the grid is worked with the keyboard alone", async ({ sample, person }) => {
  void sample;
  await person.arrive(ADA);
  await person.seesCustomers("Alice Johnson", "Jane Smith", "John Doe");
  const { keyboard } = person.page;

  await keyboard.press("/");
  await expect(person.field("Search customers")).toBeFocused();
  await keyboard.type("jo");
  await person.seesCustomers("Alice Johnson", "John Doe");
  // As in every search box: Escape clears it.
  await keyboard.press("Escape");
  await person.seesCustomers("Alice Johnson", "Jane Smith", "John Doe");

  await person.open("/customers");
  await person.seesCustomers("Alice Johnson", "Jane Smith", "John Doe");
  await keyboard.press("j");
  await expect.poll(() => focusedRow(person)).toContain("Alice Johnson");
  await keyboard.press("j");
  await expect.poll(() => focusedRow(person)).toContain("Jane Smith");
  await keyboard.press("k");
  await expect.poll(() => focusedRow(person)).toContain("Alice Johnson");
  await keyboard.press("Enter");
  await expect(person.heading("Alice Johnson")).toBeVisible();
});

test("“?” lists the keys, Escape puts the list away and the focus back", async ({ sample, person }) => {
  void sample;
  await person.arrive(ADA);
  const opener = person.link("Payments", person.page.getByRole("navigation", { name: "Main" }));
  await opener.focus();
  await person.page.keyboard.press("?");
  const list = person.page.getByRole("dialog", { name: /key/i });
  await expect(list).toBeVisible();
  await expect(list).toContainText("/");
  await person.page.keyboard.press("Escape");
  await expect(list).toBeHidden();
  await expect(opener).toBeFocused();
});

test("keys typed into a field are text", async ({ sample, person }) => {
  void sample;
  await person.arrive(ADA);
  await person.field("Search customers").focus();
  await person.page.keyboard.type("j/k?");
  await expect(person.field("Search customers")).toHaveValue("j/k?");
  await expect(person.page.getByRole("dialog")).toBeHidden();
});

test("after a dialog the focus is where it was, and never leaves an open one", async ({ sample, person }) => {
  void sample;
  await person.arrive(ADA);
  await person.openCustomer("Alice Johnson");
  for (const name of ["Record payment", "Simulate payment"]) {
    const opener = person.button(name).first();
    await opener.focus();
    await person.page.keyboard.press("Enter");
    const dialog = person.dialog(name);
    await expect(dialog).toBeVisible();
    await expect.poll(() => focusIsIn(person)).toBe("dialog");
    for (let tabs = 0; tabs < 15; tabs++) {
      await person.page.keyboard.press("Tab");
      // The browser's own tool bar may take its turn; the page behind the dialog may not.
      expect(await focusIsIn(person)).not.toBe("page");
    }
    await person.page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
    await expect(opener).toBeFocused();
  }
});

test("the first stop is a link past the navigation", async ({ ada, person }) => {
  void ada;
  await person.arrive(ADA);
  await person.page.keyboard.press("Tab");
  const skip = person.link(/skip/i);
  await expect(skip).toBeFocused();
  await person.page.keyboard.press("Enter");
  await expect.poll(() => person.page.evaluate(() => document.activeElement?.closest("main") !== null)).toBe(true);
});

/** The text of the row that the keyboard is at. */
async function focusedRow(person: Person): Promise<string> {
  return person.page.evaluate(() => document.activeElement?.closest("tr")?.textContent ?? "");
}

async function focusIsIn(person: Person): Promise<"dialog" | "page" | "nowhere"> {
  return person.page.evaluate(() => {
    const at = document.activeElement;
    if (!at || at === document.body) {
      return "nowhere";
    }
    return at.closest('dialog, [role="dialog"]') ? "dialog" : "page";
  });
}
