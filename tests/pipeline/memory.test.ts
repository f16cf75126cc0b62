import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { calmNativeLogs } from "../../config/load.ts";
import { AppError } from "../../src/core/errors.ts";
import type { MemoryDesk } from "../../src/core/memory.ts";
import type { InboundMessage } from "../../src/core/message.ts";
import type { ModelRequest } from "../../src/core/model.ts";
import { createDesk } from "../../src/join-memory.ts";
import { createMemory } from "../../src/memory/index.ts";
import { createMemoryTools } from "../../src/tools/memory.ts";
import { createScriptedModel, type Script, type ScriptedModel } from "../doubles/scripted-model.ts";
import { note } from "../memory/scene.ts";
import { inbound } from "../store/mail.ts";
import { createFakePlatform } from "./fake-platform.ts";
import { createScene, type Process, type Scene, type SceneOptions } from "./scene.ts";

const ada = "test:ada";
const bob = "test:bob";

let scene: Scene;
let process: Process;
let model: ScriptedModel;
let count = 0;

const openDesk: NonNullable<SceneOptions["memory"]> = (store, folder) => {
  calmNativeLogs();
  const memory = createMemory({
    folder: join(folder, "memory"),
    store: store.memories,
    takeLease: async () => true,
    now: Date.now,
  });
  return createDesk(memory, { store, ownerIds: () => [ada], now: Date.now });
};

async function begin(script: Script, options: Partial<SceneOptions> = {}): Promise<void> {
  model = createScriptedModel(script, { id: "main" });
  scene = await createScene({ platform: createFakePlatform(), model, memory: openDesk, ownerIds: [ada], ...options });
  await scene.store.write((transaction) => transaction.savePerson({ id: bob, name: "Bob", role: "member" }));
  process = scene.begin();
}
afterEach(() => scene.close());

async function say(text: string, extra: Partial<InboundMessage> = {}): Promise<string> {
  await process.receive(inbound(`m${(count += 1)}`, { text, ...extra }));
  await scene.settle(process);
  return scene.platform.shown.at(-1)?.text ?? "";
}
const asBob = {
  sender: { id: bob, name: "Bob", isBot: false },
  address: { channel: "test", chat: "bobs" },
} as const;
const inGroup = { isGroup: true, address: { channel: "test", chat: "group" } } as const;
const asked = (request: ModelRequest | undefined) =>
  (request?.messages.at(-1)?.content ?? []).map((part) => (part.type === "text" ? part.text : "")).join("\n");

describe("memory in a turn", () => {
  it("stands before the mail where it says something, with its source, and nowhere else", async () => {
    await begin([{ text: "In May [plan.md, Page 2]." }, { text: "pong" }]);
    await scene.store.write((transaction) =>
      transaction.putMemories([note("k", "The kraken is released in May.", { place: "plan.md, Page 2" })]),
    );
    await say("When is the kraken released?");
    expect(asked(model.requests[0])).toContain("[plan.md, Page 2] The kraken is released in May.");
    expect(asked(model.requests[0])).toMatch(/When is the kraken released\?$/);
    await say("ping");
    expect(asked(model.requests[1])).toBe("ping");
    const said = await scene.store.history("test/room", { session: 1, afterSeq: 0, limit: 9, hasPins: false });
    expect(JSON.stringify(said[0])).not.toContain("plan.md");
  });

  it("taints the turn with what came from outside, and the mail that is kept of it", async () => {
    await begin([{ text: "In May." }]);
    await scene.store.write((transaction) =>
      transaction.putMemories([note("k", "The kraken is released in May.", { isOutside: true })]),
    );
    await say("When is the kraken released?");
    expect(model.requests[0]?.messages.at(-1)?.content[0]).toMatchObject({ isOutside: true });
    const [mail] = await scene.store.history("test/room", { session: 1, afterSeq: 0, limit: 9, hasPins: false });
    expect(mail?.message.content[0]).toMatchObject({ isOutside: true });
  });

  it("shows nobody what is another person's, and a group nothing that is one person's", async () => {
    await begin(() => ({ text: "ok" }));
    await say("/remember The kraken is released in May.");
    await say("When is the kraken released?", asBob);
    expect(asked(model.requests.at(-1))).not.toContain("May");
    await say("When is the kraken released?", inGroup);
    expect(asked(model.requests.at(-1))).not.toContain("May");
    await say("When is the kraken released?", { address: { channel: "test", chat: "another" } });
    expect(asked(model.requests.at(-1))).toContain("released in May");
  });

  it("that fails leaves nobody without an answer", async () => {
    const broken: MemoryDesk = {
      ...openDesk({} as never, "/nowhere"),
      recallForTurn: () => Promise.reject(new AppError("store-failed", "The index is broken.")),
    };
    await begin([{ text: "Still here." }], { memory: () => broken });
    expect(await say("When is the kraken released?")).toBe("Still here.");
  });
});

describe("commands of the memory", () => {
  it("remember, show, find, pin and forget what is one's own", async () => {
    await begin([]);
    const reply = await say("/remember Green tea at four.");
    const id = /forget (\w+)/.exec(reply)?.[1] ?? "none";
    expect(await say("/memory")).toContain("Green tea at four.");
    expect(await say("/memory tea")).toContain(id);
    expect(await say("/memory tea", asBob)).toContain("nothing");
    expect(await say(`/forget ${id}`, asBob)).toContain("nothing like that");
    expect(await say(`/pin ${id}`, asBob)).toContain("Nothing is remembered under this id");
    expect(await say(`/pin ${id}`)).toContain("stays");
    expect(await say("/memory")).toContain("pinned");
    expect(await say(`/unpin ${id}`)).toContain("No longer");
    expect(await say("/forget tea")).toContain(`\`${id}\``);
    expect(await say("/memory tea")).toContain(id);
    expect(await say(`/forget ${id}`)).toBe("Forgotten.");
    expect(await say("/memory tea")).toContain("nothing");
  });
});

describe("tools of the memory", () => {
  it("keep a fact once, with the taint of its turn, and recall it elsewhere for the same person", async () => {
    let desk: MemoryDesk | undefined;
    const tools = ["remember", "recall", "forget"].map((name) => {
      const tool = createMemoryTools({} as MemoryDesk).find((each) => each.name === name);
      if (tool === undefined) throw new Error(name);
      return {
        ...tool,
        run: (...args: Parameters<typeof tool.run>) =>
          createMemoryTools(desk as MemoryDesk)
            .find((each) => each.name === name)
            ?.run(...args) as ReturnType<typeof tool.run>,
      };
    });
    await begin(
      [
        { toolCalls: [{ name: "remember", input: { text: "Ada takes green tea at four." } }] },
        { text: "Noted." },
        { toolCalls: [{ name: "recall", input: { query: "tea" } }] },
        { text: "At four." },
      ],
      { tools, memory: (...args) => (desk = openDesk(...args)) },
    );
    await say("Remember that I take green tea at four.");
    const [kept] = await scene.store.memories.newest("all", { now: Date.now(), limit: 5 });
    expect(kept).toMatchObject({ scope: `person:${ada}`, text: "Ada takes green tea at four.", isOutside: false });
    await say("What do you know of my habits?", { address: { channel: "test", chat: "another" } });
    const results = model.requests.at(-1)?.messages.flatMap(({ content }) => content) ?? [];
    expect(JSON.stringify(results.filter(({ type }) => type === "toolResult"))).toContain("green tea at four");
  });
});
