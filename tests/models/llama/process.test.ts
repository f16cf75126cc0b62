import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Model, ModelEvent } from "../../../src/core/model.ts";
import { collect, pingRequest, textOf } from "../../contracts/model.ts";
import { longWord, tinyAnswer } from "../../doubles/tiny-gguf.ts";
import { createLlamaWorld, type LlamaWorld } from "./world.ts";

/* Real processes, each of which takes seconds to start: what can be seen with made-up ones is in life.test.ts. */

const asking = (text: string) => ({
  ...pingRequest,
  messages: [{ role: "user" as const, content: [{ type: "text" as const, text }] }],
});

let world: LlamaWorld;
beforeEach(async () => {
  world = await createLlamaWorld({ obeyMs: 30_000 });
});
afterEach(() => world.close());

const pid = (): number | undefined => world.engine.status().models[0]?.pid;

async function until(isSo: () => boolean): Promise<void> {
  const end = Date.now() + 25_000;
  while (!isSo()) {
    if (Date.now() > end) throw new Error("It never came to be.");
    await sleep(10);
  }
}

function isRunning(id: number | undefined): boolean {
  try {
    return id !== undefined && process.kill(id, 0);
  } catch {
    return false;
  }
}

/** Starts reading and resolves once something was said. */
async function begin(model: Model, signal = new AbortController().signal, maxTokens = 4_000) {
  const events: ModelEvent[] = [];
  const spoken = Promise.withResolvers<void>();
  const ended = (async () => {
    for await (const event of model.stream({ ...asking(longWord), maxTokens }, signal)) {
      events.push(event);
      spoken.resolve();
    }
    return events;
  })();
  await Promise.race([spoken.promise, ended]);
  return { ended };
}

describe("the process of a local model", () => {
  it("killed in the middle, fails that request only, and starts again with the next", async () => {
    const model = await world.model();
    const { ended } = await begin(model);
    const waiting = collect(model, pingRequest);
    await until(() => world.engine.status().waiting === 1);
    process.kill(pid() ?? 0, "SIGKILL");
    const events = await ended;
    expect(events.at(-1)).toMatchObject({ type: "error", reason: "unavailable", retryable: true });
    expect(events.filter(({ type }) => type === "error" || type === "done")).toHaveLength(1);
    expect(textOf(await waiting)).toBe(tinyAnswer);
    expect(world.engine.status().crashes).toBe(1);
  });

  it("stops in the middle of an answer and while it reads, and lives on", async () => {
    // Slow enough that reading takes much longer than a piece of it.
    const model = await world.model("slow.gguf", {}, { feedForward: 16_384 });
    const first = new AbortController();
    const { ended } = await begin(model, first.signal);
    const before = pid();
    first.abort();
    expect((await ended).at(-1)).toMatchObject({ type: "error", reason: "aborted", retryable: false });
    expect(textOf(await collect(model, pingRequest))).toBe(tinyAnswer);
    const second = new AbortController();
    const stopped = collect(model, asking("word ".repeat(400)), second.signal);
    await until(() => world.engine.status().models[0]?.state === "busy");
    second.abort();
    expect(await stopped).toMatchObject([{ type: "error", reason: "aborted" }]);
    const after = await collect(model, asking("word ".repeat(400)));
    const done = after.at(-1);
    if (done?.type !== "done") throw new Error("no end");
    // Had it read on to the end, nothing would be left to read.
    expect(done.usage.inputTokens - done.usage.cachedTokens).toBeGreaterThan(done.usage.inputTokens / 10);
    expect(pid()).toBe(before);
  });

  it("ends, and gives its memory back, when the model is unloaded", async () => {
    await world.restart({ hibernateMs: 1 });
    const model = await world.model();
    const seen: (number | undefined)[] = [];
    for (let cycle = 0; cycle < 3; cycle += 1) {
      const { ended } = await begin(model, undefined, 20);
      seen.push(pid());
      await ended;
      await until(() => world.engine.status().models.length === 0);
    }
    expect(new Set(seen).size).toBe(3);
    await until(() => !seen.some(isRunning));
    expect(world.engine.status().crashes).toBe(0);
  });

  it("tells of a file that it cannot load", async () => {
    await writeFile(`${world.folder}/broken.gguf`, "GGUF and then nothing of the kind");
    const model = await world.engine.createModel("broken", { provider: "llama", model: "broken.gguf" });
    const [event] = await collect(model, pingRequest);
    expect(event).toMatchObject({ type: "error", reason: "rejected", retryable: false });
    expect(event).toHaveProperty("message", expect.stringMatching(/could not be loaded.*fetch it again/s));
  });
});
