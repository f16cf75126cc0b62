import { afterEach, describe, expect, it } from "vitest";
import type { InboundMessage } from "../../src/core/message.ts";
import { cardId } from "../../src/pipeline/approvals.ts";
import { createScriptedModel, type Script, type ScriptedModel } from "../doubles/scripted-model.ts";
import { inbound, room } from "../store/mail.ts";
import { createFakePlatform } from "./fake-platform.ts";
import { createScene, type Process, type Scene } from "./scene.ts";
import { createCountedTool } from "./tools.ts";

const owner = { id: "test:owner", name: "Grace", isBot: false };
const guest = { id: "test:guest", name: "Bob", isBot: false };
const keep = createCountedTool("keep", "write");

let scene: Scene;
let process: Process;
let model: ScriptedModel;
afterEach(() => scene.close());

async function begin(script: Script): Promise<void> {
  (keep.runs as unknown[]).length = 0;
  model = createScriptedModel(script);
  scene = await createScene({
    platform: createFakePlatform(),
    model,
    tools: [keep],
    ownerIds: ["test:owner"],
    settings: { safetyMode: "paranoid" },
  });
  process = scene.begin();
}

const receive = (id: string, extra: Partial<InboundMessage> = {}) =>
  process.receive(inbound(id, { sender: owner, ...extra }));
const edit = (id: string, targetId: string, text: string, extra: Partial<InboundMessage> = {}) =>
  receive(id, { kind: "edit", targetId, text, ...extra });
const takeBack = (id: string, targetId: string) => receive(id, { kind: "deletion", targetId, text: "" });
const texts = (): readonly string[] => scene.platform.shown.map(({ text }) => text);
const seen = (call: number): string => JSON.stringify(model.requests[call]?.messages ?? []);
async function untilCalled(times: number): Promise<void> {
  while (model.requests.length < times) await new Promise((resolve) => setTimeout(resolve, 3));
}

describe("a message that its sender changes", () => {
  it("is answered in its new words when nobody has read it yet", async () => {
    await begin(() => "An answer.");
    await receive("1", { text: "the old words" });
    await edit("1:e", "1", "the new words");
    await scene.settle(process);
    expect(texts()).toEqual(["An answer."]);
    expect(seen(0)).toContain("the new words");
    expect(seen(0)).not.toContain("the old words");
    const [kept] = await scene.store.history(room, { session: 1, afterSeq: 0, limit: 10, hasPins: false });
    expect(JSON.stringify(kept)).toContain("the new words");
  });

  it("begins its answer anew while that has done nothing yet", async () => {
    await begin((_request, call) => (call === 0 ? { text: "The old ans", hangs: true } : "The new answer."));
    await receive("1", { text: "the old words" });
    const running = scene.settle(process);
    await untilCalled(1);
    await edit("1:e", "1", "the new words");
    await running;
    await scene.settle(process);
    expect(texts()).toEqual(["The new answer."]);
    expect(seen(1)).toContain("the new words");
    expect(seen(1)).not.toContain("the old words");
  });

  it("is seen by the next step of a turn that has done something", async () => {
    await begin(async (_request, call) => {
      if (call === 1) await edit("1:e", "1", "the new words");
      return call < 2 ? { toolCalls: [{ name: "nothing", input: {} }] } : "An answer.";
    });
    await receive("1", { text: "the old words" });
    await scene.settle(process);
    expect(texts()).toEqual(["An answer."]);
    expect(model.requests).toHaveLength(3);
    expect(seen(2)).toContain("(changed their message to) the new words");
    const history = await scene.store.history(room, { session: 1, afterSeq: 0, limit: 10, hasPins: false });
    expect(JSON.stringify(history)).not.toContain("the old words");
  });

  it("changes what was said before, without another answer", async () => {
    await begin(() => "An answer.");
    await receive("1", { text: "the old words" });
    await scene.settle(process);
    await edit("1:e", "1", "the new words");
    await scene.settle(process);
    expect(texts()).toEqual(["An answer."]);
    await receive("2", { text: "go on" });
    await scene.settle(process);
    expect(seen(1)).toContain("the new words");
    expect(seen(1)).not.toContain("the old words");
  });

  it("stays as it is when somebody else says to have changed it", async () => {
    await begin(() => "An answer.");
    await receive("1", { text: "my own words" });
    await scene.settle(process);
    await edit("1:e", "1", "put into my mouth", { sender: guest });
    await scene.settle(process);
    await receive("2", { text: "go on" });
    await scene.settle(process);
    expect(seen(1)).toContain("my own words");
    expect(seen(1)).not.toContain("put into my mouth");
  });

  it("runs no command", async () => {
    await begin(() => "An answer.");
    await receive("1", { text: "hello" });
    await scene.settle(process);
    await edit("1:e", "1", "/new");
    await edit("1:f", "1", "/stop");
    await scene.settle(process);
    expect(texts()).toEqual(["An answer."]);
  });
});

describe("a message that its sender takes back", () => {
  it("is not answered when nobody has read it yet", async () => {
    await begin(() => "An answer.");
    await receive("1");
    await takeBack("1:d", "1");
    await scene.settle(process);
    expect(texts()).toEqual([]);
    expect(model.requests).toHaveLength(0);
    expect(await scene.store.unreadMail(room, 5)).toEqual([]);
  });

  it("is forgotten, and what came with it is still answered", async () => {
    await begin(() => "An answer.");
    await receive("1", { text: "a secret" });
    await receive("2", { text: "a question" });
    await takeBack("1:d", "1");
    await scene.settle(process);
    expect(seen(0)).not.toContain("a secret");
    expect(seen(0)).toContain("a question");
    await takeBack("2:d", "2");
    await scene.settle(process);
    await receive("3", { text: "go on" });
    await scene.settle(process);
    expect(seen(1)).not.toContain("a question");
    expect(texts()).toEqual(["An answer.", "An answer."]);
  });
});

describe("a reaction to a question", () => {
  async function askForApproval(): Promise<string> {
    await begin((_request, call) => (call === 0 ? { toolCalls: [{ name: "keep", input: {} }] } : "Done."));
    await receive("1");
    await scene.settle(process);
    const [approval] = await scene.store.pendingApprovals(1);
    const card = await scene.store.outboxItem(cardId(approval?.id ?? ""));
    return card?.parts[0] ?? "";
  }

  it.each([
    ["👍", 1],
    ["👍🏽", 1],
    ["✅", 1],
    ["👎", 0],
    ["❌", 0],
  ] as const)("answers it: %s", async (text, runs) => {
    const targetId = await askForApproval();
    expect(await receive("r", { kind: "reaction", text, targetId })).toBe("accepted");
    await scene.settle(process);
    expect(keep.runs).toHaveLength(runs);
    expect(await scene.store.pendingApprovals(1)).toEqual([]);
    expect(texts().at(-1)).toBe("Done.");
  });

  it("means nothing from somebody who may not answer, elsewhere, or in other signs", async () => {
    const targetId = await askForApproval();
    await receive("r1", { kind: "reaction", text: "👍", targetId, sender: guest });
    expect(await receive("r2", { kind: "reaction", text: "👍", targetId: "another" })).toBe("ignored");
    expect(await receive("r3", { kind: "reaction", text: "🎉", targetId })).toBe("ignored");
    await scene.settle(process);
    expect(keep.runs).toHaveLength(0);
    expect(await scene.store.pendingApprovals(1)).toHaveLength(1);
  });
});
