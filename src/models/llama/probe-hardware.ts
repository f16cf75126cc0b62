import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { promisify } from "node:util";
import type { Hardware } from "./preset.ts";

const run = promisify(execFile);

/** Looks at this machine without loading the engine. Never rejects: what cannot be asked is not there. */
export async function probeHardware(): Promise<Hardware> {
  const memoryBytes = totalmem();
  const gpu = process.platform === "darwin" ? probeApple(memoryBytes) : ((await probeNvidia()) ?? probeAmd());
  return {
    platform: process.platform,
    cores: availableParallelism(),
    memoryBytes,
    ...(gpu === undefined ? {} : { gpu }),
  };
}

/** One memory for both; the system leaves about two thirds of it to the graphics part. */
function probeApple(memoryBytes: number): Hardware["gpu"] {
  return process.arch === "arm64" ? { kind: "metal", memoryBytes: memoryBytes * 0.66 } : undefined;
}

async function probeNvidia(): Promise<Hardware["gpu"]> {
  try {
    const { stdout } = await run("nvidia-smi", ["--query-gpu=memory.total", "--format=csv,noheader,nounits"], {
      timeout: 3_000,
    });
    return parseNvidia(stdout);
  } catch {
    return undefined;
  }
}

/** The largest card of nvidia-smi's list, which is in MiB. */
export function parseNvidia(output: string): Hardware["gpu"] {
  const sizes = output
    .split("\n")
    .map(Number)
    .filter((size) => size > 0);
  return sizes.length === 0 ? undefined : { kind: "cuda", memoryBytes: Math.max(...sizes) * 1024 ** 2 };
}

/** AMD's driver tells the size of the card's own memory; cards below 2 GB share the machine's and gain little. */
function probeAmd(): Hardware["gpu"] {
  try {
    const sizes = globSync("/sys/class/drm/card*/device/mem_info_vram_total").map((path) =>
      Number(readFileSync(path, "utf8")),
    );
    const largest = Math.max(0, ...sizes);
    return largest < 2 * 1024 ** 3 ? undefined : { kind: "vulkan", memoryBytes: largest };
  } catch {
    return undefined;
  }
}
