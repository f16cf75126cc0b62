import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AppError } from "../../src/core/errors.ts";
import { createMemory, type Memory } from "../../src/memory/index.ts";
import { createWriterLease } from "../../src/memory/writer-lease.ts";
import { inbound, kept, room } from "../store/mail.ts";
import { createHashEmbedder, note, openScene, type MemoryScene } from "./scene.ts";

const signal = new AbortController().signal;
const hourMs = 3_600_000;

describe("the chores of the memory", () => {
  let scene: MemoryScene;
  let isTaking = true;
  let memory: Memory;
  beforeEach(async () => {
    scene = await openScene();
    memory = createMemory({
      folder: join(scene.folder, "memory"),
      store: scene.store.memories,
      takeLease: async () => true,
      now: scene.clock.now,
      takesMessages: () => isTaking,
    });
  });
  afterEach(async () => {
    await memory.close();
    await scene.close();
  });
  const say = (id: string, text: string) =>
    scene.store.write((transaction) =>
      transaction.addMessages([kept(id, { shown: inbound(id, { text }), at: scene.clock.now() })]),
    );
  const find = async (text: string) =>
    (await memory.recall(text, ["person:test:ada"], 5)).items.map(({ record }) => record.id);

  it("take in what is said while that is switched on, let it go after a day, and keep what was of use", async () => {
    isTaking = false;
    await say("1", "The kraken sleeps.");
    await memory.tick(signal);
    expect(await find("kraken")).toEqual([]);
    isTaking = true;
    await say("2", "The quokka smiles.");
    await memory.tick(signal);
    expect((await find("quokka"))[0]).toBe(`said:${room}:2`);
    memory.noteUse([`said:${room}:2`, `said:${room}:2`]);
    await memory.tick(signal);
    scene.clock.advance(hourMs);
    await memory.tick(signal);
    scene.clock.advance(24 * hourMs);
    await memory.tick(signal);
    expect(await find("kraken")).toEqual([]);
    expect(await find("quokka")).toEqual([`said:${room}:2`]);
    expect((await memory.stats())?.rows).toBe(1);
  });

  it("write nothing while nothing changes", async () => {
    await say("1", "The kraken sleeps.");
    await memory.tick(signal);
    const before = await scene.store.memories.lastChange();
    for (let round = 0; round < 5; round += 1) {
      scene.clock.advance(20_000);
      await memory.tick(signal);
    }
    expect(await scene.store.memories.lastChange()).toBe(before);
    expect((await memory.stats())?.behind).toBe(0);
  });

  it("wait for a batch, but not for long", async () => {
    await scene.put(note("a", "alpha"));
    await memory.tick(signal);
    await scene.put(note("b", "bravo"));
    await memory.tick(signal);
    expect((await memory.stats())?.rows).toBe(1);
    scene.clock.advance(11_000);
    await memory.tick(signal);
    expect((await memory.stats())?.rows).toBe(2);
    await scene.put(...Array.from({ length: 60 }, (_, index) => note(`c${index}`, "charlie")));
    await memory.tick(signal);
    expect((await memory.stats())?.rows).toBe(62);
  });

  it("leave an embedder that fails alone for a while", async () => {
    const embed = vi.fn<() => Promise<never>>(() => Promise.reject(new AppError("model-failed", "No model.")));
    const failing = createMemory({
      folder: join(scene.folder, "other"),
      store: scene.store.memories,
      takeLease: async () => true,
      now: scene.clock.now,
      embedder: { ...createHashEmbedder(), embed },
    });
    await scene.put(note("a", "alpha"));
    await expect(failing.tick(signal)).rejects.toThrow("No model.");
    const calls = embed.mock.calls.length;
    await failing.tick(signal);
    expect(embed.mock.calls.length).toBe(calls);
    expect((await failing.recall("alpha", "all", 5)).items).toHaveLength(1);
    await failing.close();
  });
});

describe("the right to write the index", () => {
  it("is kept while work runs, and ends the work when it is lost", async () => {
    const scene = await openScene();
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const answers = [true, true, false];
      const names: string[] = [];
      const lease = createWriterLease(join(scene.folder, "memory"), async (name) => {
        names.push(name);
        return answers.shift() ?? false;
      });
      const states: boolean[] = [];
      const isOurs = await lease.run(signal, async (held) => {
        await vi.advanceTimersByTimeAsync(31_000);
        states.push(held.aborted);
        await vi.advanceTimersByTimeAsync(31_000);
        states.push(held.aborted);
      });
      expect([isOurs, ...states]).toEqual([true, false, true]);
      expect(new Set(names).size).toBe(1);
      expect(await lease.run(signal, () => Promise.reject(new Error("must not run")))).toBe(false);
    } finally {
      vi.useRealTimers();
      await scene.close();
    }
  });
});
