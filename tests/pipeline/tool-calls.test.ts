import { afterEach, describe, expect, it } from "vitest";
import { AppError } from "../../src/core/errors.ts";
import type { ContentPart, ModelRequest } from "../../src/core/model.ts";
import type { Tool } from "../../src/core/tool.ts";
import { createScriptedModel, type Script, type ScriptedModel } from "../doubles/scripted-model.ts";
import { inbound, room } from "../store/mail.ts";
import { createFakePlatform } from "./fake-platform.ts";
import { createScene, type Point, type Process, type Scene, type SceneOptions } from "./scene.ts";
import { createCountedTool, type CountedTool } from "./tools.ts";

const owner = { id: "test:owner", name: "Grace", isBot: false };
let scene: Scene;
let process: Process;
let model: ScriptedModel;
let killAt: { point: Point; pass: number } | undefined;
afterEach(() => scene.close());

async function begin(script: Script, tools: readonly Tool[], options: Partial<SceneOptions> = {}): Promise<void> {
  killAt = undefined;
  model = createScriptedModel(script);
  scene = await createScene({
    platform: createFakePlatform(),
    model,
    tools,
    ownerIds: ["test:owner"],
    persona: { maxSteps: 20 },
    settings: { maxSteps: 20 },
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
  await scene.settle(process);
}

async function goOn(): Promise<void> {
  process.kill();
  await scene.store.releaseOwner(process.owner);
  process = scene.begin();
  await process.run(room);
  await scene.settle(process);
}

const texts = () => scene.platform.shown.map(({ text }) => text);
const results = (request: ModelRequest | undefined) =>
  (request?.messages ?? [])
    .flatMap(({ content }) => content)
    .filter((part): part is Extract<ContentPart, { type: "toolResult" }> => part.type === "toolResult");
const outputs = () => results(model.requests.at(-1)).map(({ output }) => output);
const strict: Tool["inputSchema"] = {
  type: "object",
  properties: { count: { type: "integer" } },
  required: ["count"],
  additionalProperties: false,
};

describe("a call that makes no sense", () => {
  it.each([
    ["no JSON", '{"count": 1', "not a JSON object"],
    ["a list", [1], "not a JSON object"],
    ["a wrong type", { count: "one" }, '"count" must be a whole number'],
    ["an unknown field", { count: 1, extra: true }, 'no field "extra"'],
    ["a missing field", {}, '"count" is required'],
  ])("is explained to the model, bothers nobody, and runs nothing: %s", async (_what, input, words) => {
    const keep = { ...createCountedTool("keep", "write"), inputSchema: strict };
    await begin([{ toolCalls: [{ name: "keep", input }] }, "Sorry."], [keep], { settings: { safetyMode: "paranoid" } });
    await ask();
    expect(outputs()).toEqual([expect.stringContaining(words)]);
    expect(keep.runs).toHaveLength(0);
    expect(await scene.store.pendingApprovals(10)).toEqual([]);
    expect(texts()).toEqual(["Sorry."]);
  });

  it("to a tool that takes anything must be an object all the same", async () => {
    const keep = { ...createCountedTool("look", "read"), inputSchema: {} };
    await begin([{ toolCalls: [{ name: "look", input: "half a {" }] }, "Sorry."], [keep]);
    await ask();
    expect(keep.runs).toHaveLength(0);
    expect(texts()).toEqual(["Sorry."]);
  });
});

describe("a model that goes round in circles", () => {
  const again = (name: string) => ({ toolCalls: [{ name, input: { b: 1, a: [1, { d: 2, c: 3 }] } }] });

  it.each(["look", "keep", "unknown"])("is told once that %s brings nothing new, then stopped", async (name) => {
    const tools = [createCountedTool("look", "read"), createCountedTool("keep", "write")];
    await begin(() => again(name), tools);
    await ask();
    expect(model.requests).toHaveLength(4);
    expect(outputs().map((output) => output.includes("Do not repeat it"))).toEqual([false, false, true]);
    expect(texts()).toHaveLength(1);
    expect(texts()[0]).toContain("same call");
    // The history that it leaves is one that providers take.
    await begun("What now?");
    const said = model.requests.at(-1);
    const calls = (said?.messages ?? []).flatMap(({ content }) => content.filter(({ type }) => type === "toolCall"));
    expect(calls).toHaveLength(results(said).length);
  });

  it("may end well once it was told", async () => {
    await begin((_request, call) => (call < 3 ? again("look") : "I have it."), [createCountedTool("look", "read")]);
    await ask();
    expect(texts()).toEqual(["I have it."]);
  });

  it("is noticed when it goes to and fro, and with the fields in another order", async () => {
    const inputs = [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ];
    await begin(
      (_request, call) => ({ toolCalls: [{ name: call % 2 === 0 ? "look" : "see", input: inputs[(call >> 1) % 2] }] }),
      [createCountedTool("look", "read"), createCountedTool("see", "read")],
    );
    await ask();
    expect(model.requests).toHaveLength(5);
    expect(texts()[0]).toContain("same call");
  });

  it("is not suspected while a call brings news, or another call is made", async () => {
    let count = 0;
    await begin(
      (_request, call) =>
        call < 12
          ? { toolCalls: [{ name: "wait", input: {} }] }
          : call < 18
            ? { toolCalls: [{ name: "look", input: { call } }] }
            : "Ready.",
      [createCountedTool("wait", "read", () => ({ text: `at ${(count += 1)}` })), createCountedTool("look", "read")],
    );
    await ask();
    expect(texts()).toEqual(["Ready."]);
    expect(JSON.stringify(model.requests.at(-1))).not.toContain("Do not repeat it");
  });

  it("with ever different calls comes to a plain end at its last step", async () => {
    await begin(
      (_request, call) => ({ toolCalls: [{ name: "look", input: { call } }] }),
      [createCountedTool("look", "read")],
    );
    await ask();
    expect(model.requests).toHaveLength(20);
    expect(texts()).toEqual([expect.stringContaining("after 20 steps")]);
  });

  async function begun(text: string): Promise<void> {
    const asked = model.requests.length;
    await ask(text);
    expect(model.requests.length).toBeGreaterThan(asked);
  }
});

describe("a tool that misbehaves", () => {
  const failing: readonly [string, CountedTool, RegExp][] = [
    ["throws", createCountedTool("keep", "write", () => Promise.reject(new TypeError("detail"))), /unexpected way/],
    [
      "throws an essay",
      createCountedTool("keep", "write", () => Promise.reject(new AppError("not-found", "no ".repeat(500_000)))),
      /more characters/,
    ],
    [
      "hangs and hears nothing",
      { ...createCountedTool("keep", "write", () => new Promise(() => undefined)), timeoutMs: 30 },
      /longer than 0.03 s/,
    ],
    ["gives no text", createCountedTool("keep", "write", () => ({ text: undefined as never })), /unexpected way/],
    ["gives too much", createCountedTool("keep", "write", () => ({ text: "x".repeat(1_000_000) })), /999000 more/],
  ];
  it.each(failing)("is a result the model reads: one that %s", async (_what, tool, words) => {
    await begin([{ toolCalls: [{ name: "keep", input: {} }] }, "Well."], [tool]);
    await ask();
    expect(outputs()).toEqual([expect.stringMatching(words)]);
    expect(outputs().join("").length).toBeLessThan(2_000);
    expect(JSON.stringify(await journal()).length).toBeLessThan(10_000);
    expect(texts()).toEqual(["Well."]);
  });

  it("leaves room in the prompt, however much it brings in however many steps", async () => {
    const big = {
      ...createCountedTool("read", "read", () => ({ text: "word ".repeat(10_000) })),
      maxOutputChars: 20_000,
    };
    let call = 0;
    model = createScriptedModel(
      () =>
        (call += 1) <= 12 ? { toolCalls: [1, 2].map((page) => ({ name: "read", input: { call, page } })) } : "Read.",
      { contextTokens: 16_000 },
    );
    scene = await createScene({
      platform: createFakePlatform(),
      model,
      tools: [big],
      settings: { maxSteps: 20 },
      persona: { maxSteps: 20 },
    });
    process = scene.begin();
    await ask();
    expect(texts()).toEqual(["Read."]);
    for (const request of model.requests) expect(JSON.stringify(request).length / 4).toBeLessThan(16_000);
    // What came last is what the model wanted to see: most of the room is for that.
    expect(outputs().at(-1)?.length).toBeGreaterThan(5_000);
    expect(results(model.requests.at(-1))).toHaveLength(24);
  });

  async function journal(): Promise<unknown> {
    return scene.store.database.read({ sql: "select * from message", parameters: [] });
  }
});

describe("many calls in one step", () => {
  it("are all done, reads a few at a time", async () => {
    let running = 0;
    let most = 0;
    const look = createCountedTool("look", "read", async () => {
      most = Math.max(most, (running += 1));
      await new Promise((resolve) => setTimeout(resolve, 2));
      running -= 1;
      return {};
    });
    const keep = createCountedTool("keep", "write");
    const toolCalls = Array.from({ length: 30 }, (_, index) => ({
      name: index % 3 === 0 ? "keep" : "look",
      input: { index },
    }));
    await begin([{ toolCalls }, "Done."], [look, keep]);
    await ask();
    expect([look.runs.length, keep.runs.length]).toEqual([20, 10]);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(8);
    expect(results(model.requests[1])).toHaveLength(30);
    expect(texts()).toEqual(["Done."]);
  });

  it("beyond all measure are refused, with a result for each", async () => {
    const look = createCountedTool("look", "read");
    const toolCalls = Array.from({ length: 500 }, (_, index) => ({ name: "look", input: { index } }));
    await begin([{ toolCalls }, "Done."], [look]);
    await ask();
    expect(look.runs).toHaveLength(50);
    expect(results(model.requests[1])).toHaveLength(500);
    expect(outputs().filter((output) => output.includes("at most 50 calls"))).toHaveLength(450);
  });

  it("of one id are told apart, behind an answer's text too", async () => {
    const keep = createCountedTool("keep", "write");
    const same = {
      text: "Here you are.",
      toolCalls: [1, 2].map((index) => ({ name: "keep", input: { index }, id: "x" })),
    };
    await begin([same, "That is all."], [keep]);
    await ask();
    expect(new Set(keep.runs.map(({ key }) => key)).size).toBe(2);
    expect(results(model.requests[1]).map(({ id }) => id)).toEqual(["x", "x_2"]);
    expect(texts()).toEqual(["That is all."]);
  });
});

describe("a tool that is gone", () => {
  it("is a result like any other, in the next step and after a restart", async () => {
    const tools: Tool[] = [createCountedTool("look", "read")];
    await begin((_request, call) => (call < 2 ? { toolCalls: [{ name: "look", input: { call } }] } : "Done."), tools);
    killAt = { point: "between-steps", pass: 2 };
    await ask();
    tools.length = 0;
    await goOn();
    expect(outputs()[1]).toContain('no tool "look"');
    expect(texts()).toEqual(["Done."]);
  });

  it("may have done its work before the restart, and the model is told so", async () => {
    const tools: Tool[] = [createCountedTool("keep", "write")];
    await begin([{ toolCalls: [{ name: "keep", input: {} }] }, "Done."], tools);
    killAt = { point: "after-tool", pass: 0 };
    await ask();
    tools.length = 0;
    await goOn();
    expect(outputs()).toEqual([expect.stringContaining("may or may not have taken effect")]);
  });
});

describe("a process that dies in the middle of such a turn", () => {
  const turns: Readonly<Record<string, readonly { name: string; input: unknown; id?: string }[][]>> = {
    "malformed calls": [
      [
        { name: "keep", input: "half {" },
        { name: "keep", input: { extra: 1 } },
      ],
      [{ name: "none", input: {} }],
    ],
    "the same call again and again": Array.from({ length: 9 }, () => [{ name: "look", input: {} }]),
    "a tool that throws, and one that works": [
      [
        { name: "fail", input: {} },
        { name: "keep", input: { count: 1 } },
      ],
    ],
    "a tool that brings too much, and one that hangs": [[{ name: "big", input: {} }], [{ name: "hang", input: {} }]],
    "calls of one id": [1, 2].map(() => [1, 2].map((count) => ({ name: "keep", input: { count }, id: "x" }))),
    "many calls": [
      Array.from({ length: 6 }, (_, count) => ({ name: count % 2 === 0 ? "keep" : "look", input: { count } })),
    ],
  };
  const points = (["in-model-call", "between-steps", "after-tool", "before-commit", "after-commit"] as const).flatMap(
    (point) =>
      (point.startsWith("b") || point === "after-tool" ? [0, 1, 2, 4, 7] : [0]).map((pass) => ({ point, pass })),
  );
  it.each(Object.entries(turns))("goes on, and does nothing twice: %s", async (_what, steps) => {
    for (const at of points) {
      const look = createCountedTool("look", "read");
      const keep = { ...createCountedTool("keep", "write"), inputSchema: strict };
      const fail = createCountedTool("fail", "write", () => Promise.reject(new Error("no")));
      const big = createCountedTool("big", "read", () => ({ text: "x".repeat(1_000_000) }));
      const hang = { ...createCountedTool("hang", "write", () => new Promise(() => undefined)), timeoutMs: 20 };
      await begin(
        (request) => {
          const done = request.messages.filter(({ role }) => role === "assistant").length;
          const toolCalls = steps[done];
          return toolCalls === undefined ? "Done." : { toolCalls };
        },
        [look, keep, fail, big, hang],
      );
      killAt = { ...at };
      await ask();
      if (process.isDead()) await goOn();
      const where = JSON.stringify(at);
      expect(texts(), where).toHaveLength(1);
      expect(texts()[0], where).toMatch(/^Done\.$|same call/);
      const keys = [keep, fail, hang].flatMap(({ runs }) => runs.map(({ key }) => key));
      expect(new Set(keys).size, where).toBe(keys.length);
      expect(await scene.store.openTurns(room), where).toEqual([]);
      // Every call of the history has its one result.
      await ask("And now?");
      const said = model.requests.at(-1);
      const calls = (said?.messages ?? []).flatMap(({ content }) =>
        content.flatMap((part) => (part.type === "toolCall" ? [part.id] : [])),
      );
      expect(
        results(said)
          .map(({ id }) => id)
          .toSorted(),
        where,
      ).toEqual(calls.toSorted());
      await scene.close();
    }
  });
});
