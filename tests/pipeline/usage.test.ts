import { afterEach, describe, expect, it } from "vitest";
import { inbound, room } from "../store/mail.ts";
import type { Model } from "../../src/core/model.ts";
import { createFailOverModel } from "../../src/models/fail-over.ts";
import { createScriptedModel, type Script, type ScriptedAnswer } from "../doubles/scripted-model.ts";
import { createFakePlatform } from "./fake-platform.ts";
import { createScene, leaseMs, type Point, type Process, type Scene, type SceneOptions } from "./scene.ts";
import { createCountedTool } from "./tools.ts";

const owner = { id: "test:owner", name: "Grace", isBot: false };
let scene: Scene;
let process: Process;
let killAt: { point: Point; pass: number } | undefined;
afterEach(() => scene.close());

async function begin(model: Model | Script, options: Partial<SceneOptions> = {}): Promise<void> {
  killAt = undefined;
  scene = await createScene({
    platform: createFakePlatform(),
    model: "stream" in model ? model : createScriptedModel(model),
    tools: [createCountedTool("look", "read"), createCountedTool("keep", "write")],
    ownerIds: ["test:owner"],
    reach: (point) => {
      if (killAt?.point !== point || (killAt.pass -= 1) >= 0) return;
      killAt = undefined;
      throw new Error("SIGKILL");
    },
    ...options,
  });
  process = scene.begin();
}

async function ask(text = "go"): Promise<void> {
  await process.receive(inbound(text, { sender: owner, text }));
  await scene.settleOverTime(process, 1);
}
/** Every call of these scripts costs one dollar, and takes 100 tokens in. */
const dollar = { costMicros: 1_000_000 };
const look = { ...dollar, toolCalls: [{ name: "look", input: {} }] };
const broken: ScriptedAnswer = {
  text: "Half an",
  spent: { usage: { inputTokens: 100, outputTokens: 2, cachedTokens: 0 }, costMicros: 1_000_000 },
  error: { retryable: true },
};
const paid = async () => {
  const rows = await scene.store.usageSince(0);
  const sum = (pick: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + pick(row), 0);
  return { dollars: sum(({ costMicros }) => costMicros) / 1e6, read: sum(({ inputTokens }) => inputTokens) };
};

describe("what a turn took", () => {
  it("is counted step by step", async () => {
    await begin([look, { ...dollar, text: "Done." }]);
    await ask();
    expect(await paid()).toEqual({ dollars: 2, read: 200 });
  });

  it("is counted where nothing is sent", async () => {
    await begin([look, { ...dollar, text: "Noted." }], { persona: { replyMode: "silent" } });
    await ask();
    expect(scene.platform.sends).toBe(0);
    expect(await paid()).toEqual({ dollars: 2, read: 200 });
  });

  it("is counted for an attempt that broke off, and for the one that went well", async () => {
    await begin([look, broken, { ...dollar, text: "Done." }]);
    await ask();
    expect(scene.platform.shown.map(({ text }) => text)).toEqual(["Done."]);
    expect(await paid()).toEqual({ dollars: 3, read: 300 });
  });

  it("is counted for a turn that is given up", async () => {
    await begin([look, { ...broken, error: { retryable: false } }]);
    await ask();
    expect(scene.outcomes).toEqual(["turn.failed"]);
    expect(await paid()).toEqual({ dollars: 2, read: 200 });
  });

  it("is counted for a turn that is stopped", async () => {
    await begin((_request, call) => {
      if (call === 0) return look;
      setTimeout(() => void process.receive(inbound("stop", { sender: owner, text: "/stop" })), 0);
      return { text: "Half", hangs: true };
    });
    await ask();
    expect(scene.outcomes).toContain("turn.stopped");
    expect(await paid()).toEqual({ dollars: 1, read: 100 });
  });

  it.each([0, 1, 2])("is not lost with the process, nor counted twice (%i)", async (pass) => {
    await begin((request) =>
      request.messages.some(({ role }) => role === "tool") ? { ...dollar, text: "Done." } : look,
    );
    killAt = { point: pass === 2 ? "after-commit" : "between-steps", pass: pass % 2 };
    await process.receive(inbound("1", { sender: owner }));
    await scene.settle(process);
    expect(process.isDead()).toBe(true);
    await scene.store.releaseOwner(process.owner);
    process = scene.begin();
    await process.run(room);
    await scene.settle(process);
    expect(await paid()).toEqual({ dollars: 2, read: 200 });
  });

  it("is counted where it came to nothing, because another process had taken over", async () => {
    let other: Process | undefined;
    await begin(async (_request, call) => {
      if (call === 0) {
        scene.clock.advance(leaseMs + 1);
        other = scene.begin();
        await other.run(room);
      }
      return { ...dollar, text: `Answer ${call}.` };
    });
    await ask();
    await scene.settle(other as Process);
    expect(scene.platform.shown.map(({ text }) => text)).toEqual(["Answer 1."]);
    expect(await paid()).toEqual({ dollars: 2, read: 200 });
  });

  it("is counted once for a turn that waited for a person", async () => {
    await begin(
      (request) =>
        request.messages.some(({ role }) => role === "tool")
          ? { ...dollar, text: "Done." }
          : { ...dollar, toolCalls: [{ name: "keep", input: {} }] },
      { settings: { safetyMode: "paranoid" } },
    );
    await ask();
    const [approval] = await scene.store.pendingApprovals(1);
    expect(await paid()).toEqual({ dollars: 1, read: 100 });
    await ask(`/approve ${approval?.id}`);
    expect(await paid()).toEqual({ dollars: 2, read: 200 });
  });

  it("is put down to the model that took it: one that failed, and the one behind it", async () => {
    const first = createScriptedModel([{ ...broken, text: [], thought: "hm" }], { id: "first" });
    const second = createScriptedModel([{ ...dollar, text: "Done." }], { id: "second" });
    await begin(createFailOverModel([first, second], { now: () => 0 }));
    await ask();
    const rows = await scene.store.usageSince(0);
    expect(new Map(rows.map(({ model, costMicros }) => [model, costMicros]))).toEqual(
      new Map([
        ["first", 1_000_000],
        ["second", 1_000_000],
      ]),
    );
  });

  it("is counted for every member of a council, failed ones too", async () => {
    await begin(() => ({ ...dollar, text: "Together." }), {
      models: {
        one: createScriptedModel(() => ({ ...dollar, text: "One." }), { id: "one" }),
        two: createScriptedModel(() => broken, { id: "two" }),
        three: createScriptedModel(() => ({ ...dollar, text: '{"scores":[{"answer":"A","score":7}]}' }), {
          id: "three",
        }),
      },
    });
    await ask("/council What now?");
    // Three answers, two reviews, and the chair's word.
    expect((await paid()).dollars).toBe(6);
  });

  it("counts for the budget at once, and stops the next step", async () => {
    await begin(() => look, { budgets: { perDay: 2 } });
    await ask();
    expect(await paid()).toEqual({ dollars: 2, read: 200 });
    expect(scene.outcomes).toEqual(["turn.failed"]);
    expect(scene.platform.shown[0]?.text).toContain("do not answer any more today");
    await ask("/compact");
    expect(await paid()).toEqual({ dollars: 2, read: 200 });
  });

  it("is counted for /compact, whatever comes of it", async () => {
    await begin((request) => (request.system.startsWith("Summarise") ? broken : { ...dollar, text: "Well." }));
    await ask();
    await ask("/compact");
    expect(await paid()).toEqual({ dollars: 2, read: 200 });
  });
});
