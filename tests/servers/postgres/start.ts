import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { end, pickFreePort, type TestServer } from "../redis/start.ts";

const programs = "/usr/lib/postgresql/15/bin";
const run = promisify(execFile);

/**
 * Starts a real PostgreSQL 15 on a free loopback port, with an empty database "postgres". It refuses to run as root, so
 * it then runs as the user "postgres". Throws a sentence when it is not installed.
 */
export async function startPostgres(): Promise<TestServer> {
  if (!existsSync(join(programs, "postgres"))) {
    throw new Error(`PostgreSQL 15 is not installed (${programs} is missing). Run: apt-get install postgresql-15`);
  }
  const folder = await mkdtemp(join(tmpdir(), "parlance-postgres-"));
  const as = await pickUser();
  if (as !== undefined) await chown(folder, as.uid, as.gid);
  await chmod(folder, 0o700);
  const options = { cwd: folder, ...as };
  await run(
    join(programs, "initdb"),
    ["-D", join(folder, "data"), "-U", "postgres", "-A", "trust", "--no-locale", "-E", "UTF8"],
    options,
  );
  const port = await pickFreePort();
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const settings = [
      "-c",
      "listen_addresses=127.0.0.1",
      "-c",
      `unix_socket_directories=${folder}`,
      "-c",
      "max_connections=200",
    ];
    child = spawn(join(programs, "postgres"), ["-D", join(folder, "data"), "-p", String(port), ...settings], {
      ...options,
      stdio: "ignore",
    });
    await waitUntilReady(port, child);
  }

  await start();
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    kill: () => end(child, "SIGKILL"),
    restart: async () => {
      // The server's own children notice a killed parent a moment later and hold its memory until then.
      for (let attempt = 0; ; attempt += 1) {
        try {
          return await start();
        } catch (error) {
          if (attempt === 20) throw error;
          await sleep(250);
        }
      }
    },
    stop: async () => {
      await end(child, "SIGINT");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function pickUser(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(
    ["-u", "-g"].map(async (flag) => Number((await run("id", [flag, "postgres"])).stdout)),
  );
  return { uid: uid ?? 0, gid: gid ?? 0 };
}

/** It takes connections before it has recovered, and refuses them with a reason: only pg_isready tells. */
async function waitUntilReady(port: number, child: ChildProcess): Promise<void> {
  const until = Date.now() + 30_000;
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`PostgreSQL ended with code ${child.exitCode} while it started.`);
    const isReady = await run(join(programs, "pg_isready"), ["-h", "127.0.0.1", "-p", String(port)]).then(
      () => true,
      () => false,
    );
    if (isReady) return;
    await sleep(50);
  }
  throw new Error(`PostgreSQL did not answer on port ${port} within 30 seconds.`);
}
