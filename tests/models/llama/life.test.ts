import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LocalEngineDeps } from "../../../src/models/llama/index.ts";
import { createFakeClock, type FakeClock } from "../../doubles/fake-clock.ts";
import { collect, pingRequest, textOf } from "../../contracts/model.ts";
import { createFakeProcesses, type FakeProcesses } from "./fake-processes.ts";
import { createLlamaWorld, type LlamaWorld } from "./world.ts";

let world: LlamaWorld;
let processes: FakeProcesses;
let clock: FakeClock;

/** Each model has a file of a megabyte and takes 3 MB when it is loaded. */
const residentBytes = 3_000_000;
async function create(deps: Partial<LocalEngineDeps> = {}): Promise<void> {
  world = await createLlamaWorld({ start: processes.start, now: clock.now, ...deps });
}
beforeEach(() => {
  processes = createFakeProcesses(residentBytes);
  clock = createFakeClock();
});
afterEach(() => world.close());

const running = (): readonly string[] => processes.running.map(({ file }) => file);

async function until(isSo: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!isSo()) {
    if (Date.now() > end) throw new Error("It never came to be.");
    await sleep(2);
  }
}

describe("the life of a local model", () => {
  it("begins with its first request and ends after idle time, counted from the last release", async () => {
    await create({ hibernateMs: 400 });
    const model = await world.model();
    expect(processes.all).toHaveLength(0);
    for (let turn = 0; turn < 4; turn += 1) {
      await collect(model, pingRequest);
      await sleep(150);
    }
    expect(processes.all).toHaveLength(1);
    // A request that takes longer than the idle time is no idle time.
    processes.behave({ run: "waits" });
    const long = collect(model, pingRequest);
    await sleep(600);
    expect(running()).toEqual(["tiny.gguf"]);
    processes.running[0]?.finish();
    await long;
    await until(() => running().length === 0);
    expect(world.engine.status()).toEqual({ models: [], waiting: 0, crashes: 0 });
  });

  it("ends at once, or never, where the alias says so", async () => {
    await create({ hibernateMs: 5 });
    await collect(await world.model("kept.gguf", { life: "keep" }), pingRequest);
    const brief = await world.model("brief.gguf", { life: "immediate" });
    await Promise.all([collect(brief, pingRequest), collect(brief, pingRequest)]);
    // Whoever waits in line finds it still there.
    expect(processes.all).toHaveLength(2);
    await until(() => running().length === 1);
    await sleep(50);
    expect(running()).toEqual(["kept.gguf"]);
  });

  it("ends for another model: the one used longest ago goes first, one to be kept last", async () => {
    await create({ memoryLimitBytes: residentBytes * 2.9 });
    await collect(await world.model("kept.gguf", { life: "keep" }), pingRequest);
    for (const name of ["a.gguf", "b.gguf"]) await collect(await world.model(name), pingRequest);
    expect(running()).toEqual(["kept.gguf", "b.gguf"]);
    await collect(await world.model("kept.gguf", { life: "hibernate" }), pingRequest);
    await collect(await world.model("a.gguf"), pingRequest);
    expect(running()).toEqual(["kept.gguf", "a.gguf"]);
    await collect(await world.model("b.gguf"), pingRequest);
    expect(running()).toEqual(["a.gguf", "b.gguf"]);
  });

  it("swaps where there is room for one", async () => {
    await create({ memoryLimitBytes: residentBytes });
    for (const name of ["a.gguf", "b.gguf", "a.gguf"]) {
      await collect(await world.model(name), pingRequest);
      expect(running()).toEqual([name]);
    }
    expect(processes.all).toHaveLength(3);
  });

  it("does not begin when it can never fit", async () => {
    await create({ memoryLimitBytes: 100_000 });
    const events = await collect(await world.model(), pingRequest);
    expect(events).toMatchObject([{ type: "error", reason: "rejected", retryable: false }]);
    expect(events[0]).toHaveProperty("message", expect.stringContaining("models.memoryMb"));
    expect(processes.all).toHaveLength(0);
  });

  it("ends with the engine, and what runs fails in a way worth retrying", async () => {
    await create();
    const model = await world.model();
    processes.behave({ run: "waits" });
    const answers = [collect(model, pingRequest), collect(model, pingRequest)];
    await until(() => processes.running[0]?.orders.length === 2);
    await world.engine.close();
    for (const answer of await Promise.all([...answers, collect(model, pingRequest)]))
      expect(answer).toMatchObject([{ type: "error", reason: "unavailable", retryable: true }]);
    expect(running()).toEqual([]);
    await expect(world.model()).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("a local model that fails", () => {
  it("starts again at once after a crash, later and later after more, until it answers", async () => {
    await create();
    const model = await world.model();
    processes.behave({ run: "waits" });
    const crash = async () => {
      const started = processes.all.length;
      const answer = collect(model, pingRequest);
      await until(() => processes.all.length > started && processes.all.at(-1)?.orders.length === 2);
      processes.running[0]?.die();
      return answer;
    };
    for (let crashes = 1; crashes <= 3; crashes += 1) {
      expect(await crash()).toMatchObject([{ type: "error", reason: "unavailable", retryable: true }]);
      if (crashes === 1) continue;
      const retryAfterMs = crashes === 2 ? 1_000 : 2_000;
      const started = processes.all.length;
      expect(await collect(model, pingRequest)).toMatchObject([{ type: "error", retryable: true, retryAfterMs }]);
      expect(processes.all).toHaveLength(started);
      clock.advance(retryAfterMs);
    }
    processes.behave({ run: "answers" });
    expect(textOf(await collect(model, pingRequest))).toBe("Hello.");
    expect(world.engine.status().crashes).toBe(3);
    // Counted from none again: at once.
    processes.behave({ run: "waits" });
    const answer = collect(model, pingRequest);
    await until(() => processes.running[0]?.orders.length === 3);
    processes.running[0]?.die();
    await answer;
    processes.behave({ run: "answers" });
    expect(textOf(await collect(model, pingRequest))).toBe("Hello.");
  });

  it("says what is missing, and tries again with the next request", async () => {
    await create();
    const model = await world.model();
    processes.behave({
      load: {
        type: "not-loaded",
        code: "package-missing",
        message: 'The package "node-llama-cpp" is not installed.',
        hint: "Run: npm install node-llama-cpp",
      },
    });
    const [event] = await collect(model, pingRequest);
    expect(event).toMatchObject({ type: "error", reason: "rejected", retryable: false });
    expect(event).toHaveProperty("message", expect.stringContaining("npm install node-llama-cpp"));
    expect(world.engine.status()).toMatchObject({ models: [], crashes: 0 });
    processes.behave({ load: { type: "loaded", contextTokens: 8_192, residentBytes } });
    expect(textOf(await collect(model, pingRequest))).toBe("Hello.");
  });

  it("is ended when it falls silent", async () => {
    await create();
    const model = await world.model("tiny.gguf", { idleTimeoutMs: 100 });
    processes.behave({ run: "deaf" });
    expect(await collect(model, pingRequest)).toMatchObject([{ type: "error", reason: "timeout", retryable: true }]);
    expect(running()).toEqual([]);
  });

  it("is not ended while it tells that it reads", async () => {
    await create();
    const model = await world.model("tiny.gguf", { idleTimeoutMs: 400 });
    processes.behave({ run: "waits" });
    const answer = collect(model, pingRequest);
    await until(() => processes.running[0]?.orders.length === 2);
    for (let piece = 0; piece < 6; piece += 1) {
      await sleep(100);
      processes.running[0]?.report({ type: "reading", id: 1 });
    }
    processes.running[0]?.finish();
    expect(textOf(await answer)).toBe("Hello.");
  });
});

describe("a local model that is stopped", () => {
  it("is ended when it does not obey, and that is no crash", async () => {
    await create({ obeyMs: 20 });
    const model = await world.model();
    processes.behave({ run: "deaf" });
    const controller = new AbortController();
    const answer = collect(model, pingRequest, controller.signal);
    await until(() => processes.running[0]?.orders.length === 2);
    controller.abort();
    expect(await answer).toMatchObject([{ type: "error", reason: "aborted", retryable: false }]);
    await until(() => running().length === 0 && world.engine.status().models.length === 0);
    expect(world.engine.status()).toEqual({ models: [], waiting: 0, crashes: 0 });
  });

  it("leaves the line, and its place goes to the next", async () => {
    await create();
    const model = await world.model();
    processes.behave({ run: "waits" });
    const first = collect(model, pingRequest);
    await until(() => processes.running[0]?.orders.length === 2);
    const controller = new AbortController();
    const second = collect(model, pingRequest, controller.signal);
    const third = collect(model, pingRequest);
    await until(() => world.engine.status().waiting === 2);
    controller.abort();
    expect(await second).toMatchObject([{ type: "error", reason: "aborted" }]);
    expect(world.engine.status().waiting).toBe(1);
    processes.behave({ run: "answers" });
    processes.running[0]?.finish();
    expect([textOf(await first), textOf(await third)]).toEqual(["Hello.", "Hello."]);
    expect(processes.running[0]?.orders.filter(({ type }) => type === "run")).toHaveLength(2);
  });

  it("stops when its reader leaves", async () => {
    await create();
    const model = await world.model();
    processes.behave({ run: "waits" });
    const stream = model.stream(pingRequest, new AbortController().signal)[Symbol.asyncIterator]();
    const first = stream.next();
    await until(() => processes.running[0]?.orders.length === 2);
    processes.running[0]?.report({ type: "said", id: 1, saying: { type: "text", text: "Well" } });
    await first;
    await stream.return?.();
    await until(() => processes.running[0]?.orders.some(({ type }) => type === "abort") === true);
  });
});

it("tells of a file that is gone, or is none", async () => {
  await create();
  await expect(world.engine.createModel("x", { provider: "llama", model: "x.gguf" })).rejects.toMatchObject({
    code: "not-found",
    hint: "Check models.aliases.x.model.",
  });
});
