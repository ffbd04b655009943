import { readFile } from "node:fs/promises";
import { basename } from "node:path";

import type { Account } from "./people.ts";

/** Money on the wire. */
export interface Money {
  amount: string;
  currency: string;
}
export interface User {
  id: string;
  name: string;
  email: string;
  role: string;
  active: boolean;
  version: number;
}
export interface Customer {
  id: string;
  reference: string;
  name: string;
  email?: string;
  phone?: string;
  tags: string[];
  credit_limit?: Money;
  outstanding: Money;
  overdue: Money;
  unapplied: Money;
  next_due_date?: string;
  status: string;
  version: number;
}
export interface Payment {
  id: string;
  customer_id: string;
  amount: Money;
  status: string;
  method: string;
  reference?: string;
  received_on: string;
  unapplied: Money;
  allocations: { invoice_id: string; amount: Money }[];
}
export interface Invoice {
  id: string;
  customer_id: string;
  number: string;
  due_date: string;
  total: Money;
  balance: Money;
  status: string;
}
export interface Notification {
  id: string;
  kind: string;
  title: string;
  text: string;
  read: boolean;
}
export interface Import {
  id: string;
  state: string;
  rows: number;
  valid: number;
  invalid: number;
  created: number;
  updated: number;
  skipped: number;
}

/**
 * The REST API, for what a test needs to stand before it begins, for changes from elsewhere, and to look behind the
 * screen. Signs in with a bearer token, as a program would.
 */
export class Rest {
  private constructor(
    readonly url: string,
    private readonly token: string | undefined,
  ) {}

  /** Registers a person who isn't signed in by that. */
  static async register(url: string, who: Account): Promise<User> {
    const { name, email, password } = who;
    return (await new Rest(url, undefined).#send<{ user: User }>("POST", "/auth/register", { name, email, password }))
      .user;
  }

  static async signIn(url: string, who: Account): Promise<Rest> {
    const { email, password } = who;
    const answer = await new Rest(url, undefined).#send<{ access_token: string }>("POST", "/auth/login", {
      email,
      password,
    });
    return new Rest(url, answer.access_token);
  }

  async users(): Promise<User[]> {
    return (await this.#send<{ data: User[] }>("GET", "/users")).data;
  }

  /** Lets a person in who registered, with a role. */
  async approve(email: string, role = "viewer"): Promise<void> {
    const user = (await this.users()).find((user) => user.email === email);
    if (!user) {
      throw new Error(`${email} has not registered`);
    }
    await this.#send("PATCH", `/users/${user.id}`, { active: true, role });
  }

  async customers(query = ""): Promise<Customer[]> {
    return (await this.#send<{ data: Customer[] }>("GET", `/customers${query}`)).data;
  }

  async customer(name: string): Promise<Customer> {
    const found = (await this.customers()).find((customer) => customer.name === name);
    if (!found) {
      throw new Error(`there is no customer ${name}`);
    }
    return found;
  }

  async createCustomer(customer: Record<string, unknown>): Promise<Customer> {
    return this.#send("POST", "/customers", customer);
  }

  /** Enters an invoice, issued on the day it is due unless `more` says otherwise. */
  async createInvoice(
    customer: Customer,
    number: string,
    amount: string,
    due: string,
    more: Record<string, unknown> = {},
  ): Promise<Invoice> {
    const invoice = { customer_id: customer.id, number, total: { amount }, issue_date: due, due_date: due, ...more };
    return this.#send("POST", "/invoices", invoice);
  }

  async payments(customerId?: string): Promise<Payment[]> {
    const query = customerId ? `?customer_id=${customerId}` : "";
    return (await this.#send<{ data: Payment[] }>("GET", `/payments${query}`)).data;
  }

  async pay(customer: Customer, amount: string): Promise<Payment> {
    return this.#send(
      "POST",
      "/payments",
      { customer_id: customer.id, amount: { amount, currency: customer.outstanding.currency } },
      { "Idempotency-Key": crypto.randomUUID() },
    );
  }

  /** Pays a part of a payment back. */
  async refund(payment: Payment, amount: string, reason: string): Promise<Payment> {
    return this.#send("POST", `/payments/${payment.id}/refund`, { amount: { amount }, reason }, {
      "Idempotency-Key": crypto.randomUUID(),
    });
  }

  async notifications(query = ""): Promise<Notification[]> {
    return (await this.#send<{ data: Notification[] }>("GET", `/notifications${query}`)).data;
  }

  async markRead(notification: Notification): Promise<void> {
    await this.#send("POST", `/notifications/${notification.id}/read`, {});
  }

  /** How one is told of each kind of notification. */
  async preferences(): Promise<Record<string, string>> {
    return this.#send("GET", "/notifications/preferences");
  }

  async imports(): Promise<Import[]> {
    return (await this.#send<{ data: Import[] }>("GET", "/imports")).data;
  }

  /** Imports a file and waits until it is done. */
  async importFile(path: string): Promise<Import> {
    return this.upload({ name: basename(path), buffer: await readFile(path) }, "auto");
  }

  /** Uploads a file and waits until it is done, or waits for somebody to agree. */
  async upload(file: { name: string; buffer: Buffer }, commit: "auto" | "review"): Promise<Import> {
    const form = new FormData();
    form.set("file", new Blob([new Uint8Array(file.buffer)]), file.name);
    form.set("commit", commit);
    const ends = ["completed", "completed_with_errors", "failed", "canceled"];
    if (commit === "review") {
      ends.push("uploaded", "validated");
    }
    let state = await this.#send<Import>("POST", "/imports", form);
    for (let tries = 0; !ends.includes(state.state); tries++) {
      if (tries > 1_000) {
        throw new Error(`the import stays ${state.state}`);
      }
      await new Promise((wake) => setTimeout(wake, 50));
      state = await this.#send<Import>("GET", `/imports/${state.id}`);
    }
    return state;
  }

  async #send<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
    const json = body !== undefined && !(body instanceof FormData);
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        ...(this.token ? { Authorization: `Bearer ${this.token}` } : {}),
        ...(json ? { "Content-Type": "application/json" } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: json ? JSON.stringify(body) : (body as FormData) }),
    });
    const text = await answer.text();
    if (!answer.ok) {
      throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    }
    return text === "" ? (undefined as T) : (JSON.parse(text) as T);
  }
}
