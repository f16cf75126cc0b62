import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { connectRawClient } from "./raw-client.ts";
import { findFreePort } from "../../doubles/free-port.ts";

export interface ServerWithAccounts {
  readonly port: number;
  /** Makes an account with NickServ. */
  register(account: string, password: string): Promise<void>;
  stop(): Promise<void>;
}

/** InspIRCd with Atheme's services beside it, on free ports of 127.0.0.1. Throws when they are not installed. */
export async function startServerWithAccounts(): Promise<ServerWithAccounts> {
  const folder = await mkdtemp(path.join(tmpdir(), "parlance-inspircd-"));
  const [port, link] = [await findFreePort(), await findFreePort()];
  const values = { port: String(port), link: String(link), folder, modules: "/usr/lib/inspircd/modules" };
  const config = await fillTemplate("inspircd.conf", values, folder);
  const services = await fillTemplate("atheme.conf", values, folder);
  const asRoot = process.getuid?.() === 0 ? ["--runasroot"] : [];
  const children = [start("inspircd", [...asRoot, "--nofork", `--config=${config}`])];

  await until(() => canConnect(port), "InspIRCd did not start to listen");
  children.push(
    start("atheme-services", [
      "-n",
      "-c",
      services,
      "-D",
      folder,
      "-l",
      path.join(folder, "services.log"),
      "-p",
      path.join(folder, "services.pid"),
    ]),
  );
  await until(() => hasServices(port), "Atheme did not join InspIRCd");

  return {
    port,
    async register(account, password) {
      const client = await connectRawClient(port, account);
      client.write(`PRIVMSG NickServ :REGISTER ${password} ${account}@example.org`);
      await client.waitFor(/NickServ.*(?:is now registered|has been registered)/);
      client.close();
    },
    async stop() {
      for (const child of children.toReversed()) {
        if (child.exitCode !== null) continue;
        const ended = once(child, "exit");
        child.kill("SIGKILL");
        await ended;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function fillTemplate(name: string, values: Readonly<Record<string, string>>, folder: string): Promise<string> {
  const template = await readFile(new URL(name, import.meta.url), "utf8");
  const file = path.join(folder, name);
  await writeFile(
    file,
    template.replaceAll(/\{(port|link|folder|modules)\}/g, (_all, key: string) => values[key] ?? ""),
  );
  return file;
}

function start(command: string, args: readonly string[]): ChildProcess {
  // Debian puts some of them where ordinary users do not look.
  const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin`;
  const child = spawn(command, args, { stdio: "ignore", env: { ...process.env, PATH } });
  child.on("error", () => {
    throw new Error(`${command} is not installed. On Debian: apt-get install inspircd atheme-services`);
  });
  return child;
}

async function canConnect(port: number): Promise<boolean> {
  return connectRawClient(port, "probe").then(
    (client) => {
      client.close();
      return true;
    },
    () => false,
  );
}

async function hasServices(port: number): Promise<boolean> {
  const client = await connectRawClient(port, "probe2");
  client.write("WHOIS NickServ");
  const isThere = await client.waitFor(/ (?:311|401) /).then((line) => line.includes(" 311 "));
  client.close();
  return isThere;
}

async function until(isDone: () => Promise<boolean>, problem: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (await isDone()) return;
    await wait(100);
  }
  throw new Error(problem);
}
