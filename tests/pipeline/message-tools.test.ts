import { afterEach, describe, expect, it } from "vitest";
import type { InboundMessage } from "../../src/core/message.ts";
import { createMessageActions } from "../../src/tools/messages/act-on-message.ts";
import { createScriptedModel, type ScriptedModel, type ScriptStep } from "../doubles/scripted-model.ts";
import { inbound, room } from "../store/mail.ts";
import { createFakePlatform } from "./fake-platform.ts";
import { createScene, type Point, type Process, type Scene, type SceneOptions } from "./scene.ts";

let scene: Scene;
let process: Process;
let model: ScriptedModel;
/** The process dies when it comes by this point. */
let killAt: Point | undefined;

async function begin(script: readonly ScriptStep[], options: Partial<SceneOptions> = {}): Promise<void> {
  killAt = undefined;
  model = createScriptedModel(script);
  const platform = createFakePlatform();
  const channel = platform.connect();
  scene = await createScene({
    platform,
    model,
    tools: createMessageActions({
      recentMessages: (conversation, limit) => scene.store.recentMessages(conversation, limit),
      channel: (name) => (name === "test" ? channel : undefined),
    }),
    ownerIds: ["test:owner"],
    settings: { safetyMode: "yolo" },
    reach: (point) => {
      if (point !== killAt) return;
      killAt = undefined;
      throw new Error("SIGKILL");
    },
    ...options,
  });
  process = scene.begin();
}
afterEach(() => scene.close());

const owner = { id: "test:owner", name: "Grace", isBot: false };
const receive = (id: string, text: string, extra: Partial<InboundMessage> = {}) =>
  process.receive(inbound(id, { sender: owner, text, ...extra }));
const shown = () => scene.platform.shown.map(({ text }) => text);
const use = (name: string, input: unknown): ScriptStep => ({ toolCalls: [{ name, input }] });
const history = async () =>
  JSON.stringify(await scene.store.history(room, { session: 1, afterSeq: 0, limit: 50, hasPins: false }));
const results = (call: number) =>
  (model.requests[call]?.messages ?? []).flatMap(({ content }) =>
    content.flatMap((part) => (part.type === "toolResult" ? [part.output] : [])),
  );
const fix = use("edit_message", { message: "Lunch is at one", text: "Lunch is at noon." });

/** The process dies, and another one goes on in its place. */
async function goOn(): Promise<void> {
  process.kill();
  await scene.store.releaseOwner(process.owner);
  process = scene.begin();
  scene.wakes.set(room, scene.clock.now());
  await scene.settleOverTime(process, 1);
}

describe("edit_message in a turn", () => {
  it("changes what people see, and what the model and people read later", async () => {
    await begin(["Lunch is at one.", fix, "Mended.", "As I said."]);
    await receive("1", "When is lunch?");
    await scene.settle(process);
    await receive("2", "That is wrong.");
    await scene.settle(process);
    expect(shown()).toEqual(["Lunch is at noon.", "Mended."]);
    await receive("3", "And now?");
    await scene.settle(process);
    const [, said] = model.requests[3]?.messages ?? [];
    expect(said).toEqual({ role: "assistant", content: [{ type: "text", text: "Lunch is at noon." }] });
    const entries = await scene.store.transcript("test").read("room", { limit: 10 });
    expect(entries.map(({ text }) => text)).toContain("Lunch is at noon.");
  });

  it("asks first where the policy says so, showing old and new words, and does it once", async () => {
    await begin(["Lunch is at one.", fix, "Mended."], { settings: { safetyMode: "safe" } });
    await receive("1", "When is lunch?");
    await scene.settle(process);
    await receive("2", "That is wrong.");
    await scene.settle(process);
    expect(scene.platform.edits).toEqual([]);
    const card = shown().at(-1) ?? "";
    expect(card).toMatch(/Lunch is at one\n[^]*Lunch is at noon\./);
    const [, id] = /`\/approve (\w+)`/.exec(card) ?? [];
    await receive("3", `/approve ${id}`);
    await receive("4", `/approve ${id}`);
    await scene.settle(process);
    expect(scene.platform.edits).toHaveLength(1);
    expect(shown()[0]).toBe("Lunch is at noon.");
    expect(shown()).toContain("Mended.");
  });

  it("is not done again, and the model is told of the doubt, when the process dies behind it", async () => {
    await begin(["Lunch is at one.", fix, "I am not sure it went through."]);
    await receive("1", "When is lunch?");
    await scene.settle(process);
    await receive("2", "That is wrong.");
    killAt = "after-tool";
    await scene.settle(process);
    await goOn();
    expect(scene.platform.edits).toHaveLength(1);
    expect(results(2)[0]).toContain("may or may not have taken effect");
    expect(shown()).toEqual(["Lunch is at noon.", "I am not sure it went through."]);
  });
});

describe("react_to_message in a turn", () => {
  it("finds the very message that is being answered, and never its own", async () => {
    await begin([
      use("react_to_message", { emoji: "👍" }),
      "Done.",
      use("react_to_message", { emoji: "🎉", message: "the first" }),
      "Done, too.",
    ]);
    await receive("1", "the first words");
    await scene.settle(process);
    await receive("2", "the second words");
    await scene.settle(process);
    expect(scene.platform.reactions).toEqual([
      { platformId: "1", emoji: "👍" },
      { platformId: "1", emoji: "🎉" },
    ]);
    expect(shown()).toEqual(["Done.", "Done, too."]);
  });
});

describe("reply_to_message in a turn", () => {
  const reply = use("reply_to_message", { message: "the first", text: "To that: yes." });

  it("sends its message once, whether the process dies before or behind the record", async () => {
    for (const point of ["after-tool", "between-steps", "before-send", "after-send", undefined] as const) {
      await begin([reply, "Answered.", "Answered."]);
      await receive("1", "the first words");
      killAt = point;
      await scene.settle(process);
      if (point !== undefined) await goOn();
      // Killed before its result was recorded, it was not sent: it goes out with that record, or not at all.
      expect(
        shown().filter((text) => text === "To that: yes."),
        point,
      ).toHaveLength(point === "after-tool" ? 0 : 1);
      expect(
        shown().filter((text) => text === "Answered."),
        point,
      ).toHaveLength(1);
      if (point !== undefined) await scene.close();
    }
  });

  it("stands in the history as said, and can be pointed at afterwards", async () => {
    await begin([reply, "Answered.", use("edit_message", { message: "To that", text: "To that: no." }), "Mended."]);
    await receive("1", "the first words");
    await scene.settle(process);
    await receive("2", "no, really");
    await scene.settle(process);
    expect(shown()).toEqual(["To that: no.", "Answered.", "Mended."]);
    expect(await history()).toContain("Answered.");
  });
});
