import { ADA, Rest, VIC, expect, test } from "../support/fixtures.ts";
import type { Person } from "../support/person.ts";

test("a view is saved, shared, changed by its owner and gone when deleted", async ({ app, sample, person, another }) => {
  await Rest.register(app.url, VIC);
  await sample.approve(VIC.email);
  await person.arrive(ADA, "/customers?status=overdue&sort=-outstanding&columns=name,owner,outstanding");
  await expect(person.row("Alice Johnson")).toBeVisible();
  const vic = await another();
  await vic.arrive(VIC);
  await choose(person, "Save as a view…");
  const dialog = person.dialog("Save as a view");
  await person.button("Save view", dialog).click();
  await expect(person.complaint(person.field("Name", dialog))).resolves.toContain("Enter a name.");
  await person.field("Name", dialog).fill("Late and large");
  await dialog.getByRole("checkbox", { name: "Share with everyone" }).check();
  await person.button("Save view", dialog).click();
  await expect(dialog).toBeHidden();
  await expect(tab(person, "Late and large")).toHaveAttribute("aria-current", "page");

  // Another person's open page has it, and it shows the same; a viewer can't change it.
  await tab(vic, "Late and large").click();
  await expect(vic.page).toHaveURL(/status=overdue&sort=-outstanding&columns=/);
  await expect(vic.grid.getByRole("columnheader").filter({ hasText: "Owner" })).toBeVisible();
  await expect(vic.header("Outstanding")).toHaveAttribute("aria-sort", "descending");
  await vic.button("View").click();
  await expect(vic.page.getByText("Shared by Ada")).toBeVisible();
  await expect(vic.button("Delete")).toBeHidden();
  await vic.page.keyboard.press("Escape");

  // What differs from what was saved is said, and can be saved or left.
  await person.sortBy("Customer");
  await expect(tab(person, "Late and large")).toContainText("changed");
  await choose(person, "Back to the saved view");
  await expect(tab(person, "Late and large")).not.toContainText("changed");
  await person.sortBy("Customer");
  await choose(person, "Save changes");
  await expect(person.messages).toContainText("It shows this from now on.");
  await expect(tab(person, "Late and large")).not.toContainText("changed");

  await choose(person, "Rename…");
  const rename = person.dialog("Rename view");
  await person.field("Name", rename).fill("Late");
  await person.button("Rename", rename).click();
  await expect(tab(person, "Late")).toHaveAttribute("aria-current", "page");
  await expect(tab(vic, "Late")).toContainText("changed");

  await choose(person, "Delete");
  await expect(tab(person, "Late")).toHaveCount(0);
  await expect(vic.page.getByText("This saved view is gone")).toBeVisible();
  await expect(vic.row("Alice Johnson")).toBeVisible();
  await person.button("Undo").click();
  await expect(tab(person, "Late")).toBeVisible();
  await expect(tab(vic, "Late")).toBeVisible();
});

test("a view of one's own is nobody else's, and its name is told apart from others", async ({
  app,
  sample,
  person,
  another,
}) => {
  await Rest.register(app.url, VIC);
  await sample.approve(VIC.email);
  const vic = await another();
  await vic.arrive(VIC, "/customers?q=jo");
  await expect(vic.row("John Doe")).toBeVisible();
  await choose(vic, "Save as a view…");
  const dialog = vic.dialog("Save as a view");
  await expect(dialog.getByRole("checkbox")).toHaveCount(0);
  await vic.field("Name", dialog).fill("The Jos");
  await vic.button("Save view", dialog).click();
  await expect(tab(vic, "The Jos")).toBeVisible();
  vic.watch.expectStatus(409);
  await choose(vic, "Save as a view…");
  await vic.field("Name", dialog).fill("the jos");
  await vic.button("Save view", dialog).click();
  await expect(dialog).toContainText("You have a view of this name already");

  await person.arrive(ADA);
  await expect(person.row("Jane Smith")).toBeVisible();
  await expect(tab(person, "The Jos")).toHaveCount(0);
});

function tab(person: Person, name: string) {
  return person.page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: new RegExp(`^${name}\\b`) });
}

/** Chooses from the menu of views. */
async function choose(person: Person, entry: string): Promise<void> {
  await person.button("View").click();
  await person.button(entry).or(person.link(entry)).click();
}
