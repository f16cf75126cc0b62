import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startService, type Service } from "../bench/program.ts";
import { findFreePort } from "../doubles/free-port.ts";

export interface PlaceOptions {
  /** Ends in /v1. Absent: no language model. */
  readonly modelUrl?: string;
  readonly token?: string;
  readonly ownerName?: string;
  /** Besides the page's own. */
  readonly channels?: Readonly<Record<string, object>>;
}

/** A data folder and a port that outlive the service process which uses them. */
export interface Place {
  readonly url: string;
  start(): Promise<void>;
  /** Ends the process with SIGKILL: it gets no chance to put anything in order. */
  kill(): Promise<void>;
  /** Stops the process, if one runs, and deletes the folder. */
  close(): Promise<void>;
}

export async function createPlace(options: PlaceOptions = {}): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), "parlance-e2e-"));
  const port = await findFreePort();
  const config = formatConfig(port, options);
  let service: Service | undefined;

  return {
    url: `http://127.0.0.1:${port}/`,
    async start() {
      service = await startService(config, { folder, env: withoutModels });
    },
    async kill() {
      if (service === undefined) return;
      process.kill(service.pid, "SIGKILL");
      while (isRunning(service.pid)) await sleep(10);
      service = undefined;
    },
    async close() {
      await service?.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Whatever this machine's environment offers, these tests do not talk to it. */
const withoutModels = {
  ANTHROPIC_API_KEY: "",
  OPENAI_API_KEY: "",
  GEMINI_API_KEY: "",
  DATABASE_URL: "",
  REDIS_URL: "",
};

function formatConfig(port: number, { modelUrl, token, ownerName, channels }: PlaceOptions): string {
  const alias =
    modelUrl === undefined
      ? { provider: "offline", model: "offline" }
      : { provider: "openai-compatible", model: "fake", baseUrl: modelUrl };
  // JSON is YAML.
  return JSON.stringify({
    http: { port, ...(token === undefined ? {} : { token }) },
    owner: { name: ownerName ?? "Ada", timeZone: "UTC" },
    models: { aliases: { main: alias } },
    ...(channels === undefined ? {} : { channels: { web: { platform: "webchat" }, ...channels } }),
    log: { level: "error" },
  });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
