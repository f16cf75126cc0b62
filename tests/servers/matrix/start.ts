import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { formatConfig } from "./synapse-config.ts";
import { findFreePort } from "../../doubles/free-port.ts";

export interface Synapse {
  readonly url: string;
  /** Registers an account with the password "pw"; resolves with its session. */
  register(name: string): Promise<Account>;
  logIn(name: string): Promise<Account>;
  /** Kills it without warning (SIGKILL); its data stay. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface Account {
  readonly userId: string;
  readonly deviceId: string;
  readonly accessToken: string;
}

const run = promisify(execFile);
const root = process.env["PARLANCE_SYNAPSE_ROOT"] ?? "/var/tmp/parlance-synapse";

/** What is missing for these tests; undefined: nothing. */
export function findMissing(): string | undefined {
  if (process.getuid?.() !== 0) return "The Matrix tests must run as root: Synapse lies in a Debian of its own.";
  if (existsSync(path.join(root, "usr/bin/synapse_homeserver"))) return undefined;
  return "The Matrix tests need Synapse. Run: tests/servers/matrix/install.sh";
}

/** Starts Synapse for example.org on a free port of the loopback address, with data of its own. */
export async function startSynapse(): Promise<Synapse> {
  const missing = findMissing();
  if (missing !== undefined) throw new Error(missing);
  const outside = await mkdtemp(path.join(root, "var/tmp/parlance-"));
  const data = `/${path.relative(root, outside)}`;
  const port = await findFreePort();
  await writeFile(path.join(outside, "extra.yaml"), formatConfig(port, data));
  const python = ["-m", "synapse.app.homeserver", "--config-path", `${data}/homeserver.yaml`];
  await run("chroot", [
    root,
    "python3",
    ...python,
    "--generate-config",
    "--server-name=example.org",
    "--report-stats=no",
    `--data-directory=${data}`,
    `--config-directory=${data}`,
  ]);
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    // Its log goes to a file of its own, by the generated configuration.
    child = spawn("chroot", [root, "python3", ...python, "--config-path", `${data}/extra.yaml`], {
      cwd: outside,
      stdio: "ignore",
    });
    for (let tries = 0; tries < 600; tries += 1) {
      if (child.exitCode !== null) throw new Error(`Synapse ended at its start: ${await readLog(outside)}`);
      const answer = await fetch(`http://127.0.0.1:${port}/_matrix/client/versions`).catch(() => undefined);
      if (answer?.ok === true) return;
      await wait(100);
    }
    throw new Error(`Synapse does not answer: ${await readLog(outside)}`);
  }

  async function end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await Promise.race([exited, wait(10_000)]);
    child.kill("SIGKILL");
  }

  async function post(place: string, body: object): Promise<Account> {
    const answer = await fetch(`http://127.0.0.1:${port}/_matrix/client/v3/${place}`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    const found = (await answer.json()) as Record<string, string>;
    if (!answer.ok) throw new Error(`${place}: ${JSON.stringify(found)}`);
    return {
      userId: found["user_id"] ?? "",
      deviceId: found["device_id"] ?? "",
      accessToken: found["access_token"] ?? "",
    };
  }

  try {
    await start();
  } catch (error) {
    await end("SIGKILL");
    await rm(outside, { recursive: true, force: true });
    throw error;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    register: (name) => post("register", { username: name, password: "pw", auth: { type: "m.login.dummy" } }),
    logIn: (name) =>
      post("login", { type: "m.login.password", identifier: { type: "m.id.user", user: name }, password: "pw" }),
    kill: () => end("SIGKILL"),
    restart: start,
    async stop() {
      await end("SIGTERM");
      await rm(outside, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

async function readLog(data: string): Promise<string> {
  const text = await readFile(path.join(data, "homeserver.log"), "utf8").catch(() => "no log");
  return text.slice(-2_000);
}
