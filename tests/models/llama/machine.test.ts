import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { isAppError } from "../../../src/core/errors.ts";
import { checkModelFile } from "../../../src/models/llama/model-file.ts";
import { pickPreset } from "../../../src/models/llama/preset.ts";
import { parseNvidia, probeHardware } from "../../../src/models/llama/probe-hardware.ts";
import { createRestartGuard } from "../../../src/models/llama/restart.ts";
import { pickThreads } from "../../../src/models/llama/threads.ts";
import { createTurnstile } from "../../../src/models/llama/turnstile.ts";
import { createFakeClock } from "../../doubles/fake-clock.ts";

const gb = 1e9;

describe("threads", () => {
  it("are never more than the cores, one fewer beside other work, and at least one", () => {
    expect(pickThreads({ cores: 8, load: 0 })).toBe(8);
    expect(pickThreads({ cores: 8, load: 3 })).toBe(7);
    expect(pickThreads({ cores: 8, load: 0 }, 1)).toBe(1);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 256 }), fc.double({ min: 0, max: 500, noNaN: true }), (cores, load) => {
        const threads = pickThreads({ cores, load });
        return threads >= 1 && threads <= cores;
      }),
    );
  });
});

describe("a preset", () => {
  const machine = (cores: number, gigabytes: number) => ({ platform: "linux", cores, memoryBytes: gigabytes * gb });

  it("grows with the machine, and always has a small one to fall back to", () => {
    expect(pickPreset(machine(2, 4)).models).toEqual(["hf:Qwen/Qwen3-0.6B-GGUF:Q8_0"]);
    expect(pickPreset(machine(4, 8)).models[0]).toContain("1.7B");
    expect(pickPreset(machine(8, 16)).models[0]).toContain("4B");
    expect(pickPreset(machine(16, 64)).models[0]).toContain("30B-A3B");
    expect(pickPreset(machine(1, 1)).models).toEqual([]);
  });

  it("fills a graphics card, and says what to install for it", () => {
    const cuda = pickPreset({ ...machine(4, 16), gpu: { kind: "cuda", memoryBytes: 8 * gb } });
    expect(cuda.models[0]).toContain("4B");
    expect(cuda.hint).toContain("npm install @node-llama-cpp/linux-x64-cuda");
    const vulkan = pickPreset({ ...machine(4, 16), platform: "win32", gpu: { kind: "vulkan", memoryBytes: 16 * gb } });
    expect(vulkan.hint).toContain("npm install @node-llama-cpp/win-x64-vulkan");
    expect(vulkan.models[0]).toContain("14B");
    expect(pickPreset({ ...machine(8, 16), gpu: { kind: "metal", memoryBytes: 10 * gb } }).hint).toBeUndefined();
  });

  it("suggests nothing where nothing fits, and something everywhere else", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 128 }), fc.integer({ min: 1, max: 512 }), (cores, gigabytes) => {
        const { models } = pickPreset(machine(cores, gigabytes));
        return models.length <= 3 && (models.length === 0) === gigabytes < 2;
      }),
    );
  });

  it("comes from what this machine is", async () => {
    const hardware = await probeHardware();
    expect(hardware.cores).toBeGreaterThan(0);
    expect(hardware.memoryBytes).toBeGreaterThan(1e8);
    expect(parseNvidia("8192\n24576\n")).toEqual({ kind: "cuda", memoryBytes: 24_576 * 1024 ** 2 });
    expect(parseNvidia("No devices were found\n")).toBeUndefined();
  });
});

describe("restarts", () => {
  it("come at once after one crash, and ever later while they fail, until one works", () => {
    const clock = createFakeClock();
    const guard = createRestartGuard(clock.now);
    const waits = Array.from({ length: 9 }, () => {
      guard.crashed("m");
      const wait = guard.wait("m");
      clock.advance(wait);
      return wait;
    });
    expect(waits).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    expect(guard.wait("m")).toBe(0);
    expect(guard.wait("other")).toBe(0);
    guard.worked("m");
    guard.crashed("m");
    expect(guard.wait("m")).toBe(0);
    expect(guard.crashes).toBe(10);
  });
});

describe("the line before the engine", () => {
  it("lets one through at a time, in order, and is bounded", async () => {
    const line = createTurnstile(2);
    const signal = new AbortController().signal;
    const order: number[] = [];
    const hold = Promise.withResolvers<void>();
    const pass = async (index: number, given = signal): Promise<void> => {
      const leave = await line.enter(given);
      order.push(index);
      await hold.promise;
      leave();
      leave();
    };
    const controller = new AbortController();
    const first = pass(1);
    const second = pass(2, controller.signal);
    const third = pass(3);
    await expect(pass(4)).rejects.toMatchObject({ code: "rate-limited", retryAfterMs: 5_000 });
    controller.abort();
    await expect(second).rejects.toThrow("aborted");
    hold.resolve();
    await Promise.all([first, third]);
    await pass(5);
    expect(order).toEqual([1, 3, 5]);
    expect(line.waiting).toBe(0);
  });
});

describe("a model file", () => {
  it("must be there, and a GGUF", async () => {
    const failure = (path: string) => checkModelFile(path, "local").catch((error: unknown) => error);
    for (const [path, code] of [
      ["/nowhere/m.gguf", "not-found"],
      [import.meta.dirname, "not-found"],
      [import.meta.filename, "bad-input"],
    ] as const) {
      const error = await failure(path);
      expect(isAppError(error, code) && error.hint).toContain("models.aliases.local.model");
    }
  });
});
