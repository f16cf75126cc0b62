import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../bin/parlance.js", import.meta.url));

export interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** A data folder with a configuration of its own, and the real program over it. */
export interface Home {
  readonly folder: string;
  readonly databasePath: string;
  run(args: readonly string[], input?: string): Promise<Ran>;
  /** Resolves when the service says that it is ready. */
  start(): Promise<void>;
  /** Stops what was started and removes the folder. */
  remove(): Promise<void>;
}

export async function createHome(config: string): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), "parlance-cli-"));
  await writeFile(join(folder, "parlance.yaml"), config);
  let service: ChildProcess | undefined;

  // Nothing of this machine's own settings: no keys, no databases, no colours.
  const open = (args: readonly string[]): ChildProcess =>
    spawn(process.execPath, [main, ...args], {
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: folder, PARLANCE_HOME: folder, TZ: "UTC" },
      stdio: "pipe",
    });

  return {
    folder,
    databasePath: join(folder, "parlance.db"),
    async run(args, input = "") {
      const child = open(args);
      let out = "";
      let err = "";
      child.stdout?.setEncoding("utf8").on("data", (text: string) => (out += text));
      child.stderr?.setEncoding("utf8").on("data", (text: string) => (err += text));
      child.stdin?.on("error", () => undefined).end(input);
      const [status] = (await once(child, "close")) as [number | null];
      return { status, out, err };
    },
    async start() {
      const child = open(["start"]);
      service = child;
      let out = "";
      await new Promise<void>((resolve, reject) => {
        const onText = (text: string): void => {
          out += text;
          if (out.includes("Parlance is ready")) resolve();
        };
        child.stdout?.setEncoding("utf8").on("data", onText);
        child.stderr?.setEncoding("utf8").on("data", onText);
        child.once("exit", () => reject(new Error(`The service ended: ${out}`)));
      });
    },
    async remove() {
      if (service !== undefined && service.exitCode === null) {
        service.kill();
        await once(service, "exit");
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}
