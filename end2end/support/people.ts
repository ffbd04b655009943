/** Someone who registers and signs in. */
export interface Account {
  name: string;
  email: string;
  password: string;
}

/** The first to register, so an admin. */
export const ADA: Account = { name: "Ada Admin", email: "ada@example.com", password: "a calm and long password" };
/** Registers later and waits for approval. */
export const VIC: Account = { name: "Vic Viewer", email: "vic@example.com", password: "another unrelated sentence" };
/** The admin of a demonstration, as `duebook demo` prints it. */
export const DEMO: Account = { name: "Demo Admin", email: "demo@example.com", password: "seven green kettles" };
