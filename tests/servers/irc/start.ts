import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { findFreePort } from "../../doubles/free-port.ts";

export interface IrcServer {
  readonly port: number;
  stop(): Promise<void>;
  /** Kills it without a farewell; connections break. The port stays the same for `up`. */
  kill(): Promise<void>;
  /** Starts it again after `kill`. */
  up(): Promise<void>;
  /** `kill` and `up`. */
  restart(): Promise<void>;
}

/** Starts ngircd on a free port of 127.0.0.1. Throws when it is not installed. */
export async function startIrcServer(): Promise<IrcServer> {
  const folder = await mkdtemp(path.join(tmpdir(), "parlance-ngircd-"));
  const port = await findFreePort();
  const file = path.join(folder, "ngircd.conf");
  const motd = path.join(folder, "motd");
  await writeFile(motd, "hi\n");
  const template = await readFile(new URL("ngircd.conf", import.meta.url), "utf8");
  const user = process.getuid?.() === 0 ? "ServerUID = root\n  ServerGID = root" : "";
  await writeFile(
    file,
    template.replaceAll("{port}", String(port)).replaceAll("{motd}", motd).replaceAll("{user}", user),
  );

  let child: ChildProcess | undefined;
  const up = async (): Promise<void> => {
    child = await spawnServer(file, port);
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null) return;
    const exited = once(running, "exit");
    running.kill(signal);
    await exited;
  };
  await up();
  return {
    port,
    up,
    kill: () => end("SIGKILL"),
    async restart() {
      await end("SIGKILL");
      await up();
    },
    async stop() {
      await end("SIGTERM");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function spawnServer(file: string, port: number): Promise<ChildProcess> {
  // Debian puts it where ordinary users do not look.
  const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin`;
  const child = spawn("ngircd", ["--nodaemon", "--config", file], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, PATH },
  });
  let output = "";
  child.stdout.on("data", (data: Buffer) => (output += data.toString()));
  child.stderr.on("data", (data: Buffer) => (output += data.toString()));
  let failure: Error | undefined;
  child.on("error", (error) => {
    failure =
      "code" in error && error.code === "ENOENT"
        ? new Error("ngircd is not installed. On Debian: apt-get install ngircd")
        : error;
  });
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (failure !== undefined) throw failure;
    if (child.exitCode !== null) throw new Error(`ngircd ended at once:\n${output}`);
    if (await answers(port)) return child;
    await wait(50);
  }
  child.kill("SIGKILL");
  throw new Error(`ngircd did not start to listen:\n${output}`);
}

async function answers(port: number): Promise<boolean> {
  const socket = net.connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
