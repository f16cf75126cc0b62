import { afterEach, describe, expect, it } from "vitest";
import type { InboundMessage } from "../../src/core/message.ts";
import type { ContentPart, ModelRequest } from "../../src/core/model.ts";
import { createScriptedModel, type ScriptStep, type ScriptedModel } from "../doubles/scripted-model.ts";
import { inbound, room } from "../store/mail.ts";
import { createFakePlatform } from "./fake-platform.ts";
import { createScene, type Process, type Scene, type SceneOptions } from "./scene.ts";
import { createCountedTool, type CountedTool } from "./tools.ts";

let scene: Scene;
let process: Process;
let model: ScriptedModel;
let post: CountedTool;

async function begin(script: readonly ScriptStep[], options: Partial<SceneOptions> = {}): Promise<void> {
  post = createCountedTool("post", "send");
  model = createScriptedModel(script);
  scene = await createScene({
    platform: createFakePlatform(),
    model,
    tools: [post],
    ownerIds: ["test:owner"],
    ...options,
  });
  process = scene.begin();
}
afterEach(() => scene.close());

const owner = { id: "test:owner", name: "Grace", isBot: false };
const receive = (id: string, extra: Partial<InboundMessage> = {}) =>
  process.receive(inbound(id, { sender: owner, ...extra }));
const call = (id?: string, name = "post") => ({
  name,
  input: { to: "all" },
  ...(id === undefined ? {} : { id }),
});
const texts = () => scene.platform.shown.map(({ text }) => text);
const cardIds = () => texts().flatMap((text) => /`\/approve (\w+)`/.exec(text)?.[1] ?? []);
const results = (request: ModelRequest | undefined) =>
  (request?.messages ?? [])
    .flatMap(({ content }) => content)
    .filter((part): part is Extract<ContentPart, { type: "toolResult" }> => part.type === "toolResult");

describe("a call that needs a person", () => {
  it("is not made, and says so at once, when its question cannot be delivered", async () => {
    await begin([{ toolCalls: [call()] }, "I could not ask."], { platform: createFakePlatform() });
    scene.platform.plan("refuses");
    await receive("1");
    await scene.settle(process);
    await scene.settle(process);
    expect(post.runs).toHaveLength(0);
    expect(texts()).toEqual(["I could not ask."]);
    expect(results(model.requests[1])[0]?.output).toContain("nobody could be asked");
    expect(await scene.store.pendingApprovals(5)).toEqual([]);
  });

  it("waits, lets other mail by, and goes on exactly once when it is approved", async () => {
    await begin([{ toolCalls: [call()] }, "Hello yourself.", "Posted."]);
    await receive("1");
    await scene.settle(process);
    expect(post.runs).toHaveLength(0);
    const [id] = cardIds();
    await receive("2", { text: "hello" });
    await scene.settle(process);
    expect(texts().at(-1)).toBe("Hello yourself.");

    const answers = await Promise.all(["a", "b", "c"].map((each) => receive(each, { text: `/approve ${id}` })));
    expect(answers).toEqual(["accepted", "accepted", "accepted"]);
    await scene.settle(process);
    expect(post.runs).toHaveLength(1);
    expect(texts().filter((text) => text === "Approved.")).toHaveLength(1);
    expect(texts().filter((text) => text.includes("answered already"))).toHaveLength(2);
    expect(texts().at(-1)).toBe("Posted.");
    await process.run(room);
    expect(post.runs).toHaveLength(1);
    expect(model.requests).toHaveLength(3);
    expect((await scene.store.conversation(room))?.hasOpenTurn).toBe(false);
  });

  it("goes on in another process when the one that asked is gone", async () => {
    await begin([{ toolCalls: [call()] }, "Posted."]);
    await receive("1");
    await scene.settle(process);
    process.kill();
    process = scene.begin();
    await receive("yes", { text: `/approve ${cardIds()[0]}` });
    await scene.settle(process);
    expect(post.runs).toHaveLength(1);
    expect(texts().at(-1)).toBe("Posted.");
  });

  it.each([
    ["denied", (id: string) => receive("no", { text: `/deny ${id}` }), /said no/],
    [
      "not answered in time",
      async (id: string) => {
        await scene.store.write((transaction) => transaction.answerApproval(id, "expired", "system"));
        scene.wakes.set(room, scene.clock.now());
      },
      /did not answer in time/,
    ],
  ] as const)("is not done when it is %s, and the model is told", async (_how, answer, told) => {
    await begin([{ toolCalls: [call()] }, "So be it."]);
    await receive("1");
    await scene.settle(process);
    await answer(cardIds()[0] ?? "");
    await scene.settle(process);
    expect(post.runs).toHaveLength(0);
    expect(results(model.requests[1])).toMatchObject([{ isError: true }]);
    expect(results(model.requests[1])[0]?.output).toMatch(told);
    expect(texts().at(-1)).toBe("So be it.");
  });

  it("is not done, and visibly so, where nobody can be asked", async () => {
    await begin([{ toolCalls: [call()] }, "Nobody could be asked."]);
    await receive("1", { sender: { id: "test:ada", name: "Ada", isBot: false } });
    await scene.settle(process);
    expect(post.runs).toHaveLength(0);
    expect(results(model.requests[1])[0]?.output).toContain("nobody could be asked");
    expect(texts()).toEqual(["Nobody could be asked."]);
  });

  it("asks the owner where the owner is, and hears nobody else", async () => {
    await begin([{ toolCalls: [call()] }, "Posted."], {
      ownerPlace: { channel: "test", chat: "home" },
    });
    const ada = { id: "test:ada", name: "Ada", isBot: false };
    await receive("1", { sender: ada });
    await scene.settle(process);
    expect(scene.platform.shown.map(({ chat }) => chat)).toEqual(["home"]);
    const [id] = cardIds();
    await receive("2", { sender: ada, text: `/approve ${id}` });
    expect((await scene.store.approval(id ?? ""))?.state).toBe("pending");
    scene.clock.advance(3_600_000);
    await receive("3", { text: `/approve ${id}` });
    expect((await scene.store.approval(id ?? ""))?.state).toBe("pending");
    await scene.settle(process);
    expect(post.runs).toHaveLength(0);
    expect(texts().filter((text) => text.includes("Only an owner"))).toHaveLength(1);
    expect(texts().filter((text) => text.includes("has expired"))).toHaveLength(1);
  });

  it("waits for all its questions, and does what was approved of them", async () => {
    await begin([{ toolCalls: [call("a"), call("b")] }, "Half of it."]);
    await receive("1");
    await scene.settle(process);
    const [first, second] = cardIds();
    await receive("2", { text: `/approve ${second}` });
    await scene.settle(process);
    expect(model.requests).toHaveLength(1);
    await receive("3", { text: `/deny ${first}` });
    await scene.settle(process);
    expect(post.runs).toHaveLength(1);
    expect(texts().at(-1)).toBe("Half of it.");
    expect(results(model.requests[1]).map(({ id, isError }) => [id, isError])).toEqual([
      ["a", true],
      ["b", false],
    ]);
  });

  it("is asked about anew each time, though a model gives its calls the same name again", async () => {
    await begin([{ toolCalls: [call("same")] }, { toolCalls: [call("same")] }, "Done."]);
    await receive("1");
    await scene.settle(process);
    await receive("2", { text: `/approve ${cardIds()[0]}` });
    await scene.settle(process);
    expect(post.runs).toHaveLength(1);
    expect(cardIds()).toHaveLength(2);
    await receive("3", { text: `/approve ${cardIds()[1]}` });
    await scene.settle(process);
    expect(post.runs).toHaveLength(2);
    expect(new Set(post.runs.map(({ key }) => key)).size).toBe(2);
    expect(texts().at(-1)).toBe("Done.");
  });

  it("is refused when text from outside came in after the person agreed", async () => {
    const fetch = createCountedTool("fetch", "execute", () => ({ isOutside: true }));
    const wipe = createCountedTool("wipe", "destroy");
    await begin([{ toolCalls: [call("a", "fetch"), call("b", "wipe")] }, "Refused."], {
      tools: [fetch, wipe],
      settings: { safetyMode: "cautious" },
    });
    await receive("1");
    await scene.settle(process);
    for (const [index, id] of cardIds().entries()) await receive(`yes${index}`, { text: `/approve ${id}` });
    await scene.settle(process);
    expect(fetch.runs).toHaveLength(1);
    expect(wipe.runs).toHaveLength(0);
    expect(texts().at(-1)).toBe("Refused.");
  });
});
