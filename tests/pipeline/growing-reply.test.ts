import { afterEach, describe, expect, it } from "vitest";
import { createScriptedModel, type Script } from "../doubles/scripted-model.ts";
import { inbound, room } from "../store/mail.ts";
import { createFakePlatform, type FakePlatformOptions } from "./fake-platform.ts";
import { createScene, type Point, type Process, type Scene } from "./scene.ts";
import { createCountedTool } from "./tools.ts";

const owner = { id: "test:owner", name: "Grace", isBot: false };
/** Eight pieces of 26 characters, written slowly enough to be seen growing. */
const pieces = Array.from({ length: 8 }, (_, index) => `Sentence number ${index} is here. `);
const whole = pieces.join("");
const slowly = { text: pieces, pieceMs: 15 } as const;

let scene: Scene;
let process: Process;
let killAt: Point | undefined;
afterEach(() => scene.close());

async function begin(script: Script, platform: FakePlatformOptions = {}): Promise<void> {
  killAt = undefined;
  scene = await createScene({
    platform: createFakePlatform({ streamsEveryMs: 20, ...platform }),
    model: createScriptedModel(script),
    tools: [createCountedTool("keep", "write")],
    ownerIds: ["test:owner"],
    settings: { safetyMode: "paranoid" },
    reach: (point) => {
      if (point !== killAt) return;
      killAt = undefined;
      throw new Error("SIGKILL");
    },
  });
  process = scene.begin();
}

async function ask(id = "1"): Promise<void> {
  await process.receive(inbound(id, { sender: owner }));
  await scene.settle(process);
}

async function goOnAfterDeath(): Promise<void> {
  expect(process.isDead()).toBe(true);
  await scene.store.releaseOwner(process.owner);
  process = scene.begin();
  await process.run(room);
  await scene.settle(process);
}

const texts = (): readonly string[] => scene.platform.shown.map(({ text }) => text);
const trimmed = (): readonly string[] => texts().map((text) => text.trim());

describe("a reply that grows", () => {
  it("is one message, edited as it is written", async () => {
    await begin(() => slowly);
    await ask();
    expect(trimmed()).toEqual([whole.trim()]);
    const grown = scene.platform.edits.map(({ text }) => text);
    expect(grown.length).toBeGreaterThanOrEqual(2);
    for (const [index, text] of grown.slice(0, -1).entries()) {
      expect(text).toMatch(/ …$/);
      expect(whole.startsWith(text.replace(/ …$/, ""))).toBe(true);
      // The mark at the end may take the place of the last space.
      expect(text.length).toBeLessThanOrEqual((grown[index + 1]?.length ?? 0) + 1);
    }
    expect(grown.at(-1)).toBe(whole);
  });

  it("comes whole when it is written at once", async () => {
    await begin(() => whole);
    await ask();
    expect(texts()).toEqual([whole]);
    expect(scene.platform.edits).toEqual([]);
  });

  it("shows no mark left open, and no open fence", async () => {
    await begin(() => ({
      text: [
        "Here is **some bold te",
        "xt** and then code:\n\n```js\nconst one = 1;\n",
        "const two = 2;\n",
        "```\nDone.",
      ],
      pieceMs: 40,
    }));
    await ask();
    for (const { text } of scene.platform.edits) {
      expect((text.match(/\*\*/g) ?? []).length % 2).toBe(0);
      expect((text.match(/^```/gm) ?? []).length % 2).toBe(0);
    }
    expect(texts()[0]).toContain("Done.");
  });

  it("becomes the first of several parts when it is long", async () => {
    await begin(() => slowly, { partLength: 100 });
    await ask();
    expect(texts().join("")).toBe(whole);
    expect(texts()).toHaveLength(3);
  });

  it.each(["idempotent", "probe"] as const)(
    "is found again after a death right behind its first sending: %s",
    async (reconciles) => {
      await begin(() => slowly, { reconciles });
      killAt = "after-preview";
      await ask();
      expect(texts()).toHaveLength(1);
      await goOnAfterDeath();
      expect(trimmed()).toEqual([whole.trim()]);
      expect(scene.troubles).toEqual([]);
    },
  );

  it.each(["before-commit", "after-commit", "before-send", "after-send"] as const)(
    "is one message after a death later on: %s",
    async (point) => {
      await begin(() => slowly, { reconciles: "probe" });
      killAt = point;
      await ask();
      await goOnAfterDeath();
      expect(trimmed()).toEqual([whole.trim()]);
      expect(scene.troubles).toEqual([]);
    },
  );

  it("is found when its first sending was cut off", async () => {
    await begin(() => slowly, { reconciles: "probe" });
    scene.platform.plan("takes-and-is-cut-off");
    await ask();
    expect(trimmed()).toEqual([whole.trim()]);
  });

  it("comes whole where nothing can be shown", async () => {
    await begin(() => slowly, { reconciles: "probe" });
    scene.platform.plan("refuses");
    await ask();
    expect(texts()).toEqual([whole]);
  });

  it("stays as it was when it is stopped, and the next answer is a message of its own", async () => {
    await begin((_request, call) => (call === 0 ? { ...slowly, hangs: true } : "The second answer."));
    const asked = ask();
    while (scene.platform.edits.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await process.receive(inbound("stop", { sender: owner, text: "/stop" }));
    await asked;
    await ask("2");
    expect(texts()[0]).toMatch(/^Sentence number 0/);
    expect(texts().slice(1).toSorted()).toEqual(["Stopped.", "The second answer."]);
  });

  it("is another message behind a question to a person", async () => {
    await begin((request) =>
      request.messages.some(({ role }) => role === "tool")
        ? slowly
        : { ...slowly, toolCalls: [{ name: "keep", input: {} }] },
    );
    await ask();
    const [approval] = await scene.store.pendingApprovals(1);
    await process.receive(inbound("yes", { sender: owner, text: `/approve ${approval?.id}` }));
    await scene.settle(process);
    expect(texts()[0]).toMatch(/^Sentence number 0/);
    expect(texts()[1]).toContain("/approve");
    expect(
      texts()
        .slice(2)
        .map((text) => text.trim()),
    ).toEqual(["Approved.", whole.trim()]);
  });
});
