import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout: the server finds its configuration and its assets from there. */
export const ROOT = process.env["DUEBOOK_ROOT"] ?? fileURLToPath(new URL("../..", import.meta.url));
/** The program under test. */
export const BINARY = resolve(process.env["DUEBOOK_BIN"] ?? join(ROOT, "target/debug/duebook"));

/** How long a start may take; a crashed database replays its log first. */
const START_MS = 30_000;
/** A demonstration enters two years of samples before it answers. */
const DEMO_START_MS = 240_000;
/** How long a server that was asked to stop may take for what it is doing. */
const STOP_MS = 15_000;

/** What is run: books that are kept, or samples in memory whose date can be moved. */
export type Mode = "serve" | "demo";

/** What a run of the program's command line left. */
export interface Outcome {
  code: number | null;
  output: string;
}

/**
 * A Duebook of one's own: a process, a port and a data directory with RocksDB in it. The port and the directory outlive
 * the process, so it can be killed and started again like a server whose power failed.
 */
export class Server {
  /** Everything its processes wrote, for the report of a failed test. */
  log = "";
  #process: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    readonly dataDir: string,
    readonly settings: Record<string, string>,
    readonly mode: Mode,
  ) {}

  /** Starts one on a free port with an empty data directory. `settings` are DUEBOOK_* variables. */
  static async start(settings: Record<string, string> = {}, mode: Mode = "serve"): Promise<Server> {
    const server = new Server(await freePort(), await mkdtemp(join(tmpdir(), "duebook-end2end-")), settings, mode);
    await server.start();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  /** Starts the process and waits until it answers. */
  async start(): Promise<void> {
    const child = spawn(BINARY, [this.mode], { cwd: ROOT, env: this.#environment(), stdio: ["ignore", "pipe", "pipe"] });
    const note = (chunk: Buffer) => (this.log += chunk.toString());
    child.stdout.on("data", note);
    child.stderr.on("data", note);
    this.#process = child;
    const patience = this.mode === "demo" ? DEMO_START_MS : START_MS;
    const deadline = Date.now() + patience;
    while (!(await this.#isReady())) {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`duebook ${this.mode} ended with ${child.exitCode ?? child.signalCode}:\n${this.log}`);
      }
      if (Date.now() > deadline) {
        throw new Error(`duebook ${this.mode} was not ready after ${patience / 1000} s:\n${this.log}`);
      }
      await new Promise((wake) => setTimeout(wake, 50));
    }
  }

  /** Pulls the plug: no handler runs, no buffer is written. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Asks it to stop and answers its exit code; `null` when it had to be killed. */
  async stop(): Promise<number | null> {
    return this.#end("SIGTERM");
  }

  /** Runs `duebook verify` over the data directory. The server must be stopped: it holds the database's lock. */
  async verify(): Promise<Outcome> {
    const child = spawn(BINARY, ["verify"], { cwd: ROOT, env: this.#environment(), stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const code = await new Promise<number | null>((ended, failed) => {
      child.once("error", failed);
      child.once("close", ended);
    });
    return { code, output };
  }

  /** Removes the data directory. */
  async discard(): Promise<void> {
    await rm(this.dataDir, { recursive: true, force: true });
  }

  async #end(signal: "SIGKILL" | "SIGTERM"): Promise<number | null> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) {
      return child?.exitCode ?? null;
    }
    const ended = new Promise<number | null>((done) => child.once("exit", (code) => done(code)));
    child.kill(signal);
    const tooLong = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    try {
      return await ended;
    } finally {
      clearTimeout(tooLong);
    }
  }

  async #isReady(): Promise<boolean> {
    try {
      // The port is taken at once, but nobody answers there before the books are open.
      return (await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok;
    } catch {
      return false;
    }
  }

  #environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      NO_COLOR: "1",
      DUEBOOK_ADDR: `127.0.0.1:${this.port}`,
      DUEBOOK_DATA_DIR: this.dataDir,
      ...this.settings,
    };
  }
}

/** A port nobody listens on right now. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, "127.0.0.1", listening));
  const address = probe.address();
  await new Promise((closed) => probe.close(closed));
  if (address === null || typeof address === "string") {
    throw new Error("no port");
  }
  return address.port;
}
