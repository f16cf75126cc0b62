import { afterEach, describe, expect, it } from "vitest";
import { createFailOverModel } from "../../src/models/fail-over.ts";
import { createScriptedModel, type Script } from "../doubles/scripted-model.ts";
import { inbound, room } from "../store/mail.ts";
import { createFakePlatform } from "./fake-platform.ts";
import { createScene, type Point, type Process, type Scene } from "./scene.ts";

const owner = { id: "test:owner", name: "Grace", isBot: false };
const sentence = (word: string) => Array.from({ length: 8 }, (_, index) => `${word} number ${index} is here. `);
/** Written slowly enough to be seen growing. */
const slowly = (word: string) => ({ text: sentence(word), pieceMs: 15 });
const whole = (word: string) => sentence(word).join("");
const fails = { error: { retryable: true } };

let scene: Scene;
let process: Process;
let killAt: Point | undefined;
afterEach(() => scene.close());

async function begin(first: Script, second: Script, reconciles: "idempotent" | "probe" = "idempotent") {
  killAt = undefined;
  const models = [createScriptedModel(first, { id: "first" }), createScriptedModel(second, { id: "second" })] as const;
  scene = await createScene({
    platform: createFakePlatform({ streamsEveryMs: 20, reconciles }),
    model: createFailOverModel(models, { now: () => scene.clock.now() }),
    ownerIds: ["test:owner"],
    reach: (point) => {
      if (point !== killAt) return;
      killAt = undefined;
      throw new Error("SIGKILL");
    },
  });
  process = scene.begin();
  return models;
}

const receive = () => process.receive(inbound("1", { sender: owner }));
const texts = () => scene.platform.shown.map(({ text }) => text.trim());
const history = () => scene.store.history(room, { session: 1, afterSeq: 0, limit: 100, hasPins: false });

describe("a fallback, as people see it", () => {
  it.each([
    ["before it said anything", fails],
    ["while it was thinking", { thought: "hm", ...fails }],
    ["for good, before it said anything", { error: { retryable: false } }],
  ])("answers once where the first model failed %s", async (_when, first) => {
    const models = await begin(
      () => first,
      () => slowly("Second"),
    );
    await receive();
    await scene.settle(process);
    expect(texts()).toEqual([whole("Second").trim()]);
    expect(models.map(({ requests }) => requests.length)).toEqual([1, 1]);
    expect((await history()).map(({ message }) => message.role)).toEqual(["user", "assistant"]);
  });

  it.each(["idempotent", "probe"] as const)(
    "is no help once text is shown: the turn is tried again, and the message that shows it is edited (%s)",
    async (reconciles) => {
      const models = await begin(
        (_request, call) => (call === 0 ? { ...slowly("Half"), ...fails } : slowly("Again")),
        () => "From the second.",
        reconciles,
      );
      await receive();
      await scene.settle(process);
      // It can be seen, and it is the only thing that can be seen.
      expect(texts()).toEqual([expect.stringMatching(/^Half number 0/)]);
      expect(models[1].requests).toHaveLength(0);
      await scene.settleOverTime(process, 1);
      expect(texts()).toEqual([whole("Again").trim()]);
      expect(models[0].requests).toHaveLength(2);
      const said = (await history()).map(({ message }) => JSON.stringify(message));
      expect(said).toHaveLength(2);
      expect(said.join()).not.toContain("Half");
      expect(new Set(scene.platform.edits.map(({ platformId }) => platformId)).size).toBe(1);
      expect(scene.troubles).toEqual([]);
    },
  );

  it.each(["after-preview", "before-commit", "before-send"] as const)(
    "shows one message, too, when the process dies in the second attempt (%s)",
    async (point) => {
      await begin(
        (_request, call) => (call === 0 ? { ...slowly("Half"), ...fails } : slowly("Again")),
        () => "From the second.",
        "probe",
      );
      await receive();
      if (point === "after-preview") killAt = point;
      await scene.settle(process);
      if (point !== "after-preview") {
        killAt = point;
        scene.clock.advance(10_000);
        await scene.settle(process);
      }
      expect(process.isDead()).toBe(true);
      await scene.store.releaseOwner(process.owner);
      process = scene.begin();
      await process.run(room);
      await scene.settleOverTime(process, 1);
      expect(texts()).toEqual([whole("Again").trim()]);
      expect(scene.troubles).toEqual([]);
    },
  );

  it("waits as long as every model asks it to", async () => {
    const began: number[] = [];
    const models = await begin(
      () => (began.push(scene.clock.now()), began.length < 2 ? { error: { retryAfterMs: 90_000 } } : "At last."),
      () => ({ error: { retryAfterMs: 300_000 } }),
    );
    await receive();
    await scene.settleOverTime(process, 1);
    expect(texts()).toEqual(["At last."]);
    expect((began[1] ?? 0) - (began[0] ?? 0)).toBeGreaterThanOrEqual(90_000);
    expect(models.map(({ requests }) => requests.length)).toEqual([2, 1]);
  });

  it("is asked alone while the first one rests, until one question to the first goes well", async () => {
    let isDown = true;
    const models = await begin(
      () => (isDown ? fails : "First."),
      () => "Second.",
    );
    for (let count = 0; count < 8; count += 1) {
      await process.receive(inbound(`q${count}`, { sender: owner }));
      await scene.settle(process);
    }
    expect(models[0].requests).toHaveLength(5);
    isDown = false;
    scene.clock.advance(60_000);
    await process.receive(inbound("later", { sender: owner }));
    await scene.settle(process);
    expect(texts()).toEqual([...Array.from({ length: 8 }, () => "Second."), "First."]);
  });
});
