import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface TestServer {
  readonly url: string;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data; resolves when it takes connections. */
  restart(): Promise<void>;
  /** Ends it and deletes its data. Idempotent. */
  stop(): Promise<void>;
}

const program = "/usr/bin/redis-server";

/** Starts a real Redis on a free loopback port, durable with every command. Throws a sentence when it is not installed. */
export async function startRedis(): Promise<TestServer> {
  if (!existsSync(program))
    throw new Error(`Redis is not installed (${program} is missing). Run: apt-get install redis-server`);
  const folder = await mkdtemp(join(tmpdir(), "parlance-redis-"));
  const port = await pickFreePort();
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    child = spawn(
      program,
      [
        "--port",
        String(port),
        "--bind",
        "127.0.0.1",
        "--dir",
        folder,
        "--appendonly",
        "yes",
        "--appendfsync",
        "always",
        "--save",
        "",
      ],
      { stdio: "ignore" },
    );
    await waitForPort(port, child, "Redis");
  }

  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    kill: () => end(child, "SIGKILL"),
    restart: start,
    stop: async () => {
      await end(child, "SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A port that was free a moment ago. */
export async function pickFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("There is no free port.");
  return address.port;
}

/** Waits up to 30 s until somebody answers on the port; throws when the process ends first. */
export async function waitForPort(port: number, child: ChildProcess, name: string): Promise<void> {
  const until = Date.now() + 30_000;
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`${name} ended with code ${child.exitCode} while it started.`);
    if (await answers(port)) return;
    await sleep(50);
  }
  throw new Error(`${name} did not answer on port ${port} within 30 seconds.`);
}

async function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** Sends the signal and waits until the process is gone. */
export async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await gone;
}
