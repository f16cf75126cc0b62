import { afterEach, describe, expect, it } from "vitest";
import type { InboundMessage } from "../../src/core/message.ts";
import type { ContentPart, ModelRequest } from "../../src/core/model.ts";
import { createScriptedModel, type Script, type ScriptedModel } from "../doubles/scripted-model.ts";
import { inbound, outbound, room } from "../store/mail.ts";
import { createFakePlatform } from "./fake-platform.ts";
import { createScene, type Point, type Process, type Scene, type SceneOptions } from "./scene.ts";
import { createCountedTool } from "./tools.ts";

let scene: Scene;
let process: Process;
let model: ScriptedModel;
/** How often each point may be passed before the process is killed there. */
let killAt: { point: Point; pass: number } | undefined;
const read = createCountedTool("look", "read");
const write = createCountedTool("keep", "write", (_input, context) => ({
  commit: (transaction) =>
    transaction.addOutbox([outbound(context.idempotencyKey, { text: "kept" })], room) as unknown as Promise<void>,
}));

async function begin(script: Script, options: Partial<SceneOptions> = {}): Promise<void> {
  killAt = undefined;
  for (const tool of [read, write]) (tool.runs as unknown[]).length = 0;
  model = createScriptedModel(script);
  scene = await createScene({
    platform: createFakePlatform(),
    model,
    tools: [read, write],
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
afterEach(() => scene.close());

const owner = { id: "test:owner", name: "Grace", isBot: false };
const receive = (id: string, extra: Partial<InboundMessage> = {}) =>
  process.receive(inbound(id, { sender: owner, ...extra }));
const texts = () => scene.platform.shown.map(({ text }) => text);
const parts = <Type extends ContentPart["type"]>(request: ModelRequest | undefined, type: Type) =>
  (request?.messages ?? [])
    .flatMap(({ content }) => content)
    .filter((part): part is Extract<ContentPart, { type: Type }> => part.type === type);
const calls = (...names: readonly string[]) => ({
  toolCalls: names.map((name, index) => ({ name, input: { index } })),
});
/** By what was finished, as a model would go on: three steps of one call each, then an answer. */
const threeSteps: Script = (request) => {
  const done = parts(request, "toolResult").length;
  return done === 0 ? calls("look") : done === 1 ? calls("keep") : "Done.";
};

async function goOn(): Promise<void> {
  process.kill();
  await scene.store.releaseOwner(process.owner);
  process = scene.begin();
  await process.run(room);
  await scene.settle(process);
}

describe("a turn cut off by the end of its process", () => {
  it.each([
    ["in-model-call", 0],
    ["between-steps", 0],
    ["between-steps", 1],
    ["between-steps", 2],
    ["between-steps", 3],
    ["between-steps", 4],
    ["before-commit", 0],
    ["after-commit", 0],
    ["before-send", 0],
    ["after-send", 0],
  ] as const)("goes on at its last finished step (%s, pass %i)", async (point, pass) => {
    await begin(threeSteps);
    await receive("1");
    killAt = { point, pass };
    await scene.settle(process);
    expect(process.isDead()).toBe(true);
    await goOn();
    expect(texts().filter((text) => text === "Done.")).toEqual(["Done."]);
    expect(read.runs).toHaveLength(1);
    expect(write.runs.length).toBeLessThanOrEqual(1);
    expect(new Set(write.runs.map(({ key }) => key)).size).toBeLessThanOrEqual(1);
    expect(texts().filter((text) => text === "kept").length).toBe(write.runs.length);
    expect(await scene.store.openTurns(room)).toEqual([]);
    expect((await scene.store.verifyAudit()).isIntact).toBe(true);
    // No step paid for twice but the one that was cut off.
    expect(model.requests.length).toBeLessThanOrEqual(4);
  });

  it("does not do again what may have happened, and says so", async () => {
    await begin(threeSteps);
    await receive("1");
    killAt = { point: "after-tool", pass: 1 };
    await scene.settle(process);
    expect(write.runs).toHaveLength(1);
    await goOn();
    expect(write.runs).toHaveLength(1);
    const [, result] = parts(model.requests.at(-1), "toolResult");
    expect(result).toMatchObject({ isError: true });
    expect(result?.output).toContain("may or may not have taken effect");
    expect(texts()).toEqual(["Done."]);
  });

  it("looks again where a look was cut off", async () => {
    await begin(threeSteps);
    await receive("1");
    killAt = { point: "after-tool", pass: 0 };
    await scene.settle(process);
    await goOn();
    expect(read.runs).toHaveLength(2);
    expect(parts(model.requests.at(-1), "toolResult").map(({ isError }) => isError)).toEqual([false, false]);
    expect(texts()).toEqual(["kept", "Done."]);
  });

  it("keeps mail that came meanwhile for the turn behind it", async () => {
    await begin(threeSteps);
    await receive("1");
    killAt = { point: "between-steps", pass: 1 };
    await scene.settle(process);
    await scene.begin().receive(inbound("2", { sender: owner }));
    await goOn();
    expect(texts().filter((text) => text === "Done.")).toHaveLength(2);
    expect(await scene.store.unreadMail(room, 10)).toEqual([]);
  });

  it("leaves nothing dangling in the history when it is stopped", async () => {
    await begin((_request, call) => (call === 0 ? calls("look", "keep", "wait") : "Well."), {
      tools: [
        read,
        write,
        createCountedTool("wait", "write", async (_input, { signal }) => {
          setTimeout(() => void receive("stop", { text: "/stop" }), 0);
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
          return {};
        }),
      ],
    });
    await receive("1");
    await scene.settle(process);
    await receive("2");
    await scene.settle(process);
    const said = model.requests.at(-1);
    expect(parts(said, "toolCall").map(({ id }) => id)).toEqual(parts(said, "toolResult").map(({ id }) => id));
    expect(parts(said, "toolResult")[2]?.output).toContain("stopped");
    expect(texts().toSorted()).toEqual(["Stopped.", "Well.", "kept"]);
  });
});

describe("mail for a turn that can be steered", () => {
  const steer = { policy: { midTurn: "steer" as const } };
  const userTexts = (request: ModelRequest | undefined) =>
    (request?.messages ?? []).flatMap(({ role, content }) =>
      role === "user" ? content.map((part) => (part.type === "text" ? part.text : "")) : [],
    );

  it("is seen at the next step and answered with it, once", async () => {
    await begin(async (request, call) => {
      if (call === 0) await receive("2");
      return threeSteps(request, call);
    }, steer);
    await receive("1");
    await scene.settle(process);
    expect(userTexts(model.requests[1])).toEqual(["say 1", "say 2"]);
    expect(texts()).toEqual(["kept", "Done."]);
    expect(await scene.store.unreadMail(room, 10)).toEqual([]);
    await receive("3");
    await scene.settle(process);
    expect(userTexts(model.requests.at(-1)).toSorted()).toEqual(["say 1", "say 2", "say 3"]);
  });

  it("is not taken from behind somebody else's", async () => {
    const ada = { id: "test:ada", name: "Ada", isBot: false };
    await begin(async (request, call) => {
      if (call === 0) {
        await receive("2", { sender: ada });
        await receive("3");
      }
      return call < 3 ? threeSteps(request, call) : "Done.";
    }, steer);
    await receive("1");
    await scene.settle(process);
    const order = await scene.store.database.read<{ external_id: string }>({
      sql: "select external_id from message where role = 'user' order by seq",
      parameters: [],
    });
    expect(order.map((row) => row.external_id)).toEqual(["1", "2", "3"]);
    expect(userTexts(model.requests[1])).toEqual(["say 1"]);
  });

  it("brings its taint with it", async () => {
    await begin(async (_request, call) => {
      if (call > 1) return "Done.";
      if (call === 0)
        await receive("2", {
          attachments: [{ kind: "file", name: "a.txt", mimeType: "text/plain", bytes: 1, path: "files/x" }],
        });
      return call === 0 ? calls("look") : calls("keep");
    }, steer);
    await receive("1");
    await scene.settle(process);
    // An owner's own words may write; with somebody's file among them a person is asked.
    expect(write.runs).toHaveLength(0);
    expect(await scene.store.pendingApprovals(10)).toHaveLength(1);
  });

  it("is not shown twice to a turn that was cut off and goes on", async () => {
    await begin(async (request, call) => {
      if (call === 0) await receive("2");
      return threeSteps(request, call);
    }, steer);
    await receive("1");
    killAt = { point: "between-steps", pass: 2 };
    await scene.settle(process);
    expect(process.isDead()).toBe(true);
    await goOn();
    expect(userTexts(model.requests.at(-1))).toEqual(["say 1", "say 2"]);
    expect(texts()).toEqual(["kept", "Done."]);
  });
});
