import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const main = fileURLToPath(new URL("../../bin/parlance.js", import.meta.url));
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "parlance-start-"));
  await writeFile(join(folder, "parlance.yaml"), "http: { port: 0 }\nchannels: { web: { platform: webchat } }\n");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The real program in a process of its own, and what to await: its line "ready", and its end. */
function start() {
  const child = spawn(process.execPath, [main, "start"], {
    cwd: folder,
    env: { PATH: process.env["PATH"], HOME: folder, PARLANCE_HOME: folder, NODE_COMPILE_CACHE: join(folder, "cache") },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ready = new Promise<void>((resolve) => {
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
      if (out.includes("Parlance is ready")) resolve();
    });
  });
  return { child, ready, end: once(child, "exit") };
}

describe("the service", () => {
  it("closes in order when it is told to end the moment it is ready", async () => {
    const { child, ready, end } = start();
    await ready;
    child.kill("SIGTERM");
    expect(await end).toEqual([0, null]);
  });

  it("ends at once, and lets go of what it opened, where its port is taken", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    await writeFile(
      join(folder, "parlance.yaml"),
      `http: { port: ${port} }\nchannels: { web: { platform: webchat }, irc: { platform: irc, host: 127.0.0.1, port: 1, nick: bot } }\n`,
    );
    const { end } = start();
    expect(await end).toEqual([1, null]);
    const database = new DatabaseSync(join(folder, "parlance.db"), { readOnly: true });
    expect(database.prepare("select name from named_lease").all()).toEqual([]);
    database.close();
    taken.close();
  });

  it("has written its compiled code before it ends, so that one that is killed starts quickly, too", async () => {
    const { child, ready, end } = start();
    await ready;
    const listCache = () => readdir(join(folder, "cache"), { recursive: true });
    await vi.waitFor(async () => expect((await listCache()).length).toBeGreaterThan(100), { timeout: 20_000 });
    child.kill("SIGKILL");
    await end;
  });
});
