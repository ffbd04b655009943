import { expect } from "@playwright/test";

import { ADA } from "./people.ts";
import type { Person } from "./person.ts";
import type { Rest } from "./rest.ts";

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
  const onAlice = (name: string, button: string, dialog = button): View => ({
    name,
    show: async (person) => {
      await at(person, `/customers/${alice.id}`, "Alice Johnson");
      await person.button(button).first().click();
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
    { name: "payments", show: (person) => at(person, "/payments", "Payments") },
    { name: "import", show: (person) => at(person, "/import", "Import") },
    {
      name: "import-result",
      show: (person) => at(person, `/import/${latest?.id}`, "3 imported, 1 rejected"),
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
