import { describe, expect, it } from "vitest";
import { runAgent, type AgentHooks, type AgentRun } from "../../src/agent/loop.ts";
import { AppError } from "../../src/core/errors.ts";
import type { ContentPart, ModelMessage } from "../../src/core/model.ts";
import type { StepRecord } from "../../src/core/store.ts";
import type { Tool } from "../../src/core/tool.ts";
import { createScriptedModel, type Script } from "../doubles/scripted-model.ts";
import { createCountedTool } from "../pipeline/tools.ts";

const user = (text: string): ModelMessage => ({ role: "user", content: [{ type: "text", text }] });
const call = (name: string, input: unknown = {}) => ({ name, input });

function createRun(
  script: Script,
  tools: readonly Tool[] = [],
  extra: Partial<AgentRun> = {},
  hooks: Partial<AgentHooks> = {},
) {
  const model = createScriptedModel(script);
  const journal = new Map<number, StepRecord>();
  const log: string[] = [];
  const run: AgentRun = {
    model,
    system: "Answer.",
    messages: [user("hello")],
    tools,
    maxSteps: 10,
    toolContext: {
      conversation: "test/room",
      address: { channel: "test", chat: "room" },
      sender: { id: "test:ada", name: "Ada", isBot: false },
      turnId: "turn",
      now: () => 0,
    },
    finished: [],
    isTainted: false,
    signal: new AbortController().signal,
    ...extra,
    hooks: {
      onText: () => undefined,
      saveStep: async (step) => {
        journal.set(step.index, step);
        log.push(`${step.message.role}${step.startedCalls.length > 0 ? "+" : ""}`);
      },
      decideCall: async () => ({ verdict: "allow" }),
      pollMail: async () => undefined,
      onSpend: () => undefined,
      onFault: (_error, tool) => void log.push(`fault in ${tool}`),
      ...hooks,
    },
  };
  return { run, model, journal, log };
}
const results = (messages: readonly ModelMessage[] | undefined) =>
  (messages ?? [])
    .flatMap(({ content }) => content)
    .filter((part): part is Extract<ContentPart, { type: "toolResult" }> => part.type === "toolResult");

describe("the agent's loop", () => {
  it("answers in one step without touching the journal", async () => {
    const { run, log } = createRun(["Hello."]);
    expect(await runAgent(run)).toMatchObject({ kind: "answer", text: "Hello.", steps: [] });
    expect(log).toEqual([]);
  });

  it("reads side by side and writes one after the other, each marked before it begins", async () => {
    let now = 0;
    let most = { read: 0, write: 0 };
    const tool = (name: string, effect: "read" | "write") =>
      createCountedTool(name, effect, async () => {
        now += 1;
        most = { ...most, [effect]: Math.max(most[effect], now) };
        await new Promise((resolve) => setTimeout(resolve, 5));
        now -= 1;
        return {};
      });
    const tools = [tool("look", "read"), tool("keep", "write")];
    const { run, model, log } = createRun(
      [{ toolCalls: ["look", "keep", "look", "keep", "look"].map((name) => call(name)) }, "Done."],
      tools,
    );
    await runAgent(run);
    expect(most).toEqual({ read: 3, write: 1 });
    expect(log).toEqual(["assistant", "tool", "assistant+", "tool", "assistant+", "tool"]);
    expect(results(model.requests[1]?.messages)).toHaveLength(5);
    expect(tools[1]?.runs.map(({ key }) => key)).toEqual(["turn:call_0_1", "turn:call_0_3"]);
  });

  it("lets text from outside bind the calls behind it, in the same step too", async () => {
    const fetch = createCountedTool("fetch", "read", () => ({ isOutside: true }));
    const keep = createCountedTool("keep", "write");
    const asked: boolean[] = [];
    const { run } = createRun(
      [{ toolCalls: [call("fetch"), call("keep")] }],
      [fetch, keep],
      {},
      {
        decideCall: async (_call, tool, isTainted) => {
          if (tool.name === "keep") asked.push(isTainted);
          return tool.name === "keep" && isTainted ? { verdict: "ask", reason: "tainted" } : { verdict: "allow" };
        },
      },
    );
    const outcome = await runAgent(run);
    expect(asked).toEqual([false, true]);
    expect(outcome).toMatchObject({ kind: "waiting", isTainted: true });
    expect(keep.runs).toHaveLength(0);
  });

  it.each([
    ["a step of before", [{ message: user("mail"), isOutside: true }], true],
    ["nothing", [], false],
  ] as const)("takes taint from %s", async (_what, before, tainted) => {
    const finished = before.map(({ message }, index) => ({
      turnId: "turn",
      index,
      message: {
        role: message.role,
        content: message.content.map((part) => ({ ...part, isOutside: true })) as ContentPart[],
      },
      startedCalls: [],
    }));
    const seen: boolean[] = [];
    const { run } = createRun(
      [{ toolCalls: [call("look")] }, "Done."],
      [createCountedTool("look", "read")],
      { finished },
      {
        decideCall: async (_call, _tool, isTainted) => {
          seen.push(isTainted);
          return { verdict: "allow" };
        },
      },
    );
    await runAgent(run);
    expect(seen).toEqual([tainted]);
  });

  it("says when it is out of steps, with every call answered", async () => {
    const look = createCountedTool("look", "read");
    const { run, model } = createRun(() => ({ toolCalls: [call("look")] }), [look], { maxSteps: 3 });
    const outcome = await runAgent(run);
    expect(outcome).toMatchObject({ kind: "answer" });
    expect(outcome.kind === "answer" && outcome.text).toContain("after 3 steps");
    expect(model.requests).toHaveLength(3);
    expect(look.runs).toHaveLength(3);
    expect(results(outcome.steps.map(({ message }) => message))).toHaveLength(3);
  });

  it("tells the model what went wrong with a call, and goes on", async () => {
    const tools: readonly Tool[] = [
      createCountedTool("fails", "read", () => {
        throw new AppError("not-found", "No such page.", { hint: "Look elsewhere." });
      }),
      createCountedTool("breaks", "read", () => {
        throw new TypeError("secret detail");
      }),
      { ...createCountedTool("long", "read", () => ({ text: "\u{1f600}".repeat(999) })), maxOutputChars: 11 },
      { ...createCountedTool("strict", "read"), inputSchema: { type: "object", required: ["x"] } },
      {
        ...createCountedTool("slow", "write", () => new Promise(() => undefined)),
        timeoutMs: 20,
      },
    ];
    const { run, model, log } = createRun(
      [{ toolCalls: [...tools.map(({ name }) => call(name)), call("unknown")] }, "Done."],
      tools,
    );
    await runAgent(run);
    const said = Object.fromEntries(results(model.requests[1]?.messages).map(({ name, output }) => [name, output]));
    expect(said).toMatchObject({
      fails: "No such page. Look elsewhere.",
      breaks: "The tool failed in an unexpected way.",
    });
    expect(said["strict"]).toContain('"x" is required');
    expect(said["unknown"]).toContain('no tool "unknown"');
    expect(said["slow"]).toContain("may or may not have taken effect");
    expect(said["long"]?.isWellFormed()).toBe(true);
    expect(said["long"]).toContain("more characters");
    expect(log.filter((line) => line.startsWith("fault"))).toEqual(["fault in breaks"]);
  });

  it("stops at once when it is told to, in the model and in a tool", async () => {
    const inModel = new AbortController();
    const first = createRun(
      () => ({ text: "Half", hangs: true }),
      [],
      { signal: inModel.signal },
      {
        onText: () => inModel.abort(),
      },
    );
    await expect(runAgent(first.run)).rejects.toMatchObject({ code: "aborted" });

    const inTool = new AbortController();
    const stuck = createCountedTool("stuck", "write", () => {
      inTool.abort();
      return new Promise(() => undefined);
    });
    const second = createRun([{ toolCalls: [call("stuck")] }], [stuck], { signal: inTool.signal });
    await expect(runAgent(second.run)).rejects.toMatchObject({ code: "aborted" });
    expect(second.log).toEqual(["assistant", "assistant+"]);
  });

  it("keeps thoughts for the model alone", async () => {
    const shown: string[] = [];
    const { run, model } = createRun(
      [
        { thought: "secret one", text: "Let me look.", toolCalls: [call("look")] },
        { thought: "secret two", text: "Done." },
      ],
      [createCountedTool("look", "read")],
      {},
      { onText: (text) => void shown.push(text) },
    );
    const outcome = await runAgent(run);
    expect(outcome.kind === "answer" && outcome.text).toBe("Done.");
    expect(shown.join()).not.toContain("secret");
    expect(JSON.stringify(model.requests[1]?.messages)).toContain("secret one");
  });

  it.each([
    [{ error: { retryable: true, retryAfterMs: 7 } }, 7],
    [{ error: { retryable: true } }, 1_000],
    [{ error: { retryable: false } }, undefined],
  ])("hands a failing model on with its wait (%j)", async (failure, retryAfterMs) => {
    const { run } = createRun([failure]);
    await expect(runAgent(run)).rejects.toMatchObject({ code: "model-failed", retryAfterMs });
  });

  it("does not run again what its journal holds, and names calls of one id apart", async () => {
    const keep = createCountedTool("keep", "write");
    const same = {
      toolCalls: [
        { name: "keep", input: {}, id: "1" },
        { name: "keep", input: {}, id: "1" },
      ],
    };
    const first = createRun([same, same, "Done."], [keep]);
    await runAgent(first.run);
    expect(keep.runs).toHaveLength(4);
    expect(new Set(keep.runs.map(({ key }) => key)).size).toBe(4);
    const finished = [...first.journal.values()].toSorted((one, two) => one.index - two.index);
    for (let kept = 0; kept <= finished.length; kept += 1) {
      const again = createCountedTool("keep", "write");
      const part = finished.slice(0, kept).map((step) =>
        // What was recorded when the last step began: its last call is marked, its result is not there yet.
        ({ ...step }),
      );
      const second = createRun((request) => (results(request.messages).length < 4 ? same : "Done."), [again], {
        finished: part,
      });
      const outcome = await runAgent(second.run);
      expect(outcome.kind).toBe("answer");
      expect(results(outcome.steps.map(({ message }) => message))).toHaveLength(4);
      const answered = results(part.map(({ message }) => message)).length;
      expect(again.runs.length).toBeLessThanOrEqual(4 - answered);
    }
  });
});
