import { afterEach, describe, expect, it } from "vitest";
import type { InboundMessage, OutboundMessage } from "../../src/core/message.ts";
import type { ModelRequest } from "../../src/core/model.ts";
import type { Tool } from "../../src/core/tool.ts";
import { createScriptedModel, type Script, type ScriptedModel } from "../doubles/scripted-model.ts";
import { inbound, room } from "../store/mail.ts";
import { createFakePlatform } from "./fake-platform.ts";
import { createScene, type Process, type Scene, type SceneOptions } from "./scene.ts";

let scene: Scene;
let process: Process;
let model: ScriptedModel;
let count = 0;

async function begin(script: Script, options: Partial<SceneOptions> = {}): Promise<void> {
  model = createScriptedModel(script, { id: "main" });
  scene = await createScene({ platform: createFakePlatform(), model, ...options });
  process = scene.begin();
}
afterEach(() => scene.close());

async function say(text: string, extra: Partial<InboundMessage> = {}): Promise<string> {
  await process.receive(inbound(`m${(count += 1)}`, { text, ...extra }));
  await scene.settle(process);
  return scene.platform.shown.at(-1)?.text ?? "";
}
async function choicesOfLast(): Promise<readonly string[]> {
  const [row] = await scene.store.database.read<{ message: string }>({
    sql: "select message from outbox order by seq desc limit 1",
    parameters: [],
  });
  return ((JSON.parse(row?.message ?? "{}") as OutboundMessage).choices ?? []).map(({ command }) => command);
}
const asked = (request: ModelRequest | undefined) =>
  (request?.messages.at(-1)?.content ?? []).map((part) => (part.type === "text" ? part.text : "")).join("+");

function createTool(name: string, effect: Tool["effect"]): Tool {
  return {
    name,
    description: "Does something.",
    inputSchema: { type: "object" },
    effect,
    keywords: [],
    timeoutMs: 1_000,
    maxOutputChars: 100,
    run: async () => ({ text: "done", isOutside: false }),
  };
}

describe("/plan", () => {
  const tools = [createTool("look", "read"), createTool("change", "write")];

  it("writes a plan with looking tools only, lets a person change it, and carries out what they made of it", async () => {
    await begin((_request, call) => (call === 0 ? "1. Look.\n2. Change." : "All done."), { tools });
    expect(await say("/plan tidy the shed")).toBe("1. Look.\n2. Change.");
    expect(asked(model.requests[0])).toContain("tidy the shed");
    expect(model.requests[0]?.tools.map(({ name }) => name)).toEqual(["look"]);
    expect(await choicesOfLast()).toEqual(["/plan go", "/plan drop"]);
    expect(await say("/plan edit 1. Only look.")).toContain("1. Only look.");
    expect(await say("/plan")).toContain("1. Only look.");
    expect(await say("/plan go")).toBe("All done.");
    expect(asked(model.requests[1])).toContain("1. Only look.");
    expect(asked(model.requests[1])).not.toContain("2. Change.");
    expect(model.requests[1]?.tools.map(({ name }) => name)).toEqual(["look", "change"]);
    expect(await say("/plan go")).toContain("There is no plan here");
  });

  it("forgets a plan that is dropped, and one of a conversation that starts afresh", async () => {
    await begin(() => "1. Something.", { tools });
    await say("/plan anything");
    expect(await say("/plan drop")).toBe("The plan is dropped.");
    expect(await say("/plan go")).toContain("There is no plan here");
    await say("/plan anything");
    await say("/new");
    expect(await say("/plan")).toContain("There is no plan here");
  });
});

describe("/council", () => {
  it("asks every member, and goes on after a crash at any stage without asking them again", async () => {
    for (const stage of [1, 2]) {
      const members = ["one", "two"].map((id) =>
        createScriptedModel(
          (request) =>
            request.jsonSchema === undefined
              ? `I am ${id}.`
              : '{"scores":[{"answer":"A","score":4},{"answer":"B","score":4}]}',
          { id },
        ),
      );
      let saved = 0;
      await begin(() => "The one answer.", {
        models: Object.fromEntries(members.map((member) => [member.id, member])),
        reach: (point) => {
          if (point === "between-steps" && (saved += 1) === stage) throw new Error("killed");
        },
      });
      await process.receive(inbound("q", { text: "/council what now?" }));
      await scene.settle(process);
      expect(process.isDead()).toBe(true);
      process = scene.begin();
      scene.clock.advance(60_000);
      scene.wakes.set(room, scene.clock.now());
      await scene.settle(process);
      const [answer, ...more] = scene.platform.shown.map(({ text }) => text);
      expect(answer).toMatch(/^The one answer\.\n\n\*Council of 2: put together by main/);
      expect(more).toEqual([]);
      expect(members.map(({ requests }) => requests.length)).toEqual([2, 2]);
      expect(asked(members[0]?.requests[0])).toBe("what now?");
      if (stage === 1) await scene.close();
    }
  });

  it("counts what it costs, all of it", async () => {
    const answer = { text: '{"scores":[{"answer":"A","score":4},{"answer":"B","score":5}]}', costMicros: 1_000 };
    const member = (id: string) => createScriptedModel(() => answer, { id });
    await begin(() => ({ text: "The one answer.", costMicros: 2_000 }), {
      models: { one: member("one"), two: member("two") },
    });
    expect(await say("/council what now?")).toContain("Cost: $0.0060.");
    expect(await say("/cost")).toContain("Here: $0.0060;");
  });

  it("is not for guests", async () => {
    await begin(() => "An answer.");
    const answer = await say("/council what now?", { sender: { id: "test:stranger", name: "X", isBot: false } });
    expect(answer).toContain("for members");
    expect(model.requests).toHaveLength(0);
  });
});

describe("what answers cost", () => {
  const priced = { text: "An answer.", costMicros: 250_000, usage: { inputTokens: 1_000, cachedTokens: 900 } };

  it("is shown for the place, the person and the budgets", async () => {
    await begin(() => priced, { budgets: { perDay: 1 }, persona: { budget: 0.5 } });
    await say("hello");
    expect(await say("/cost")).toContain("- Here: $0.2500; 1,000 tokens read (90% from a cache), 3 written");
    expect(await say("/cost")).not.toContain("In all");
    expect(await say("/cost soon")).toContain("/cost 7");
    const budget = await say("/budget");
    expect(budget).toContain("All together: $0.2500, 25% of $1");
    expect(budget).toContain("Here: $0.2500, no limit");
    expect(budget).toContain("This persona: $0.2500, 50% of $0.5");
  });

  it("ends a turn between two steps when the limit is reached", async () => {
    const call = { toolCalls: [{ name: "look", input: {} }], costMicros: 600_000 };
    await begin(() => call, { tools: [createTool("look", "read")], budgets: { perConversation: 1 } });
    expect(await say("go on for ever")).toContain("The budget of 1 dollars a day for this conversation is used up.");
    expect(model.requests).toHaveLength(2);
    expect(await say("and again")).toContain("I do not answer any more today");
    expect(model.requests).toHaveLength(2);
  });
});

describe("what I look at", () => {
  it("is shown by /context and made smaller by /compact", async () => {
    await begin((request) => (request.system.startsWith("Summarise") ? "They said hello." : "An answer."));
    await say("hello");
    await say("and hello again");
    expect(await say("/context")).toMatch(/Messages since the last summary: 4, about \d+ of 8,000 tokens/);
    expect(await say("/compact")).toContain("They said hello.");
    expect(await say("/context")).toMatch(
      /Messages since the last summary: 0,[^]*Summary of what was before: about 5 tokens/,
    );
    await say("what did I say?");
    expect(model.requests.at(-1)?.system).toContain("They said hello.");
    expect(model.requests.at(-1)?.messages).toHaveLength(1);
  });

  it("is answered anew by /retry", async () => {
    await begin((_request, call) => `Answer ${call + 1}.`);
    expect(await say("/retry")).toContain("Nothing was asked here");
    await say("what is it?");
    expect(await say("/retry")).toBe("Answer 2.");
    expect(await say("/retry")).toBe("Answer 3.");
    expect(asked(model.requests.at(-1))).toBe("what is it?");
  });

  it("lists the tools", async () => {
    await begin(() => "", { tools: [createTool("look", "read")], persona: { approve: ["read"] } });
    expect(await say("/tools")).toContain("- `look` (read; always asks first): Does something.");
  });
});
