import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Clock ticks of /proc/<pid>/stat; 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

export interface Usage {
  /** User and system time since the process began. */
  readonly cpuMs: number;
  readonly residentMb: number;
}

/** CPU and memory of a process, as Linux counts them. */
export function readUsage(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const cpuMs = ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1000;
  const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
  return { cpuMs, residentMb: Number(resident) / 1024 };
}

/** A child process that prints lines; resolves with the first line that matches. */
export async function startChild(
  args: readonly string[],
  ready: RegExp,
  env: Readonly<Record<string, string>> = {},
): Promise<{ child: ChildProcess; match: RegExpExecArray; lines: string[] }> {
  const child = spawn(process.execPath, [...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  const match = await new Promise<RegExpExecArray>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`${args[0]} ended with ${code}:\n${lines.join("\n")}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (lines.length < 1_000) lines.push(line);
      const found = ready.exec(line);
      if (found !== null) resolve(found);
    });
  });
  child.removeAllListeners("exit");
  return { child, match, lines };
}

export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
  await ended;
  clearTimeout(timer);
}

export interface Service {
  readonly pid: number;
  readonly url: string;
  readonly folder: string;
  /** From the start of the process to the line that says it is ready. */
  readonly readyMs: number;
  readonly atReady: Usage;
  usage(): Usage;
  stop(): Promise<void>;
}

/** Starts the real program with this configuration in a data folder of its own (or a given one, which is kept). */
export async function startService(
  config: string,
  options: { readonly folder?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Service> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "parlance-bench-")));
  await writeFile(join(folder, "parlance.yaml"), config);
  const began = performance.now();
  const { child, match } = await startChild(
    ["--max-semi-space-size=4", "bin/parlance.js", "start"],
    /Parlance is ready: (http:\S+)\//,
    {
      PARLANCE_HOME: folder,
      PARLANCE_CONFIG: join(folder, "parlance.yaml"),
      ...options.env,
    },
  );
  const readyMs = performance.now() - began;
  const pid = child.pid ?? 0;
  return {
    pid,
    url: match[1] ?? "",
    folder,
    readyMs,
    atReady: readUsage(pid),
    usage: () => readUsage(pid),
    stop: async () => {
      await stopChild(child);
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The model server of the benchmarks: answers at once, in a process of its own. */
export async function startFakeModel(mode = "text"): Promise<{
  url: string;
  pid: number;
  stats(): Promise<{ requests: number; lastBodyBytes: number }>;
  stop(): Promise<void>;
}> {
  const { child, match } = await startChild(["tests/doubles/fake-openai.ts", "--port", "0", "--mode", mode], /(\d+)/);
  const url = `http://127.0.0.1:${match[1]}`;
  return {
    url: `${url}/v1`,
    pid: child.pid ?? 0,
    stats: async () => (await (await fetch(`${url}/stats`)).json()) as { requests: number; lastBodyBytes: number },
    stop: () => stopChild(child),
  };
}
