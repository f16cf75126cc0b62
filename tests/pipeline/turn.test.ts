import { afterEach, describe, expect, it } from "vitest";
import { AppError } from "../../src/core/errors.ts";
import type { InboundMessage } from "../../src/core/message.ts";
import type { ModelRequest } from "../../src/core/model.ts";
import type { ChannelPolicy } from "../../src/pipeline/policy.ts";
import { createScriptedModel, type Script, type ScriptedModel } from "../doubles/scripted-model.ts";
import { inbound, room } from "../store/mail.ts";
import { createFakePlatform } from "./fake-platform.ts";
import { createScene, leaseMs, type Process, type Scene, type SceneOptions } from "./scene.ts";

let scene: Scene;
let process: Process;
let model: ScriptedModel;

async function begin(script: Script, options: Partial<SceneOptions> = {}): Promise<void> {
  model = createScriptedModel(script);
  scene = await createScene({
    platform: createFakePlatform(),
    model,
    ownerIds: ["test:owner"],
    ...options,
  });
  process = scene.begin();
}
afterEach(() => scene.close());

const bob = { id: "test:bob", name: "Bob", isBot: false };
const owner = { id: "test:owner", name: "Grace", isBot: false };
const receive = (id: string, extra: Partial<InboundMessage> = {}) => process.receive(inbound(id, extra));
const texts = () => scene.platform.shown.map(({ text }) => text);
const setPolicy = (change: Partial<ChannelPolicy>) =>
  void (scene.policy = { ...(scene.policy as ChannelPolicy), ...change });
const asked = (request: ModelRequest | undefined) =>
  (request?.messages ?? [])
    .filter(({ role }) => role === "user")
    .map(({ content }) => content.map((part) => (part.type === "text" ? part.text : "")).join("+"));
const history = () => scene.store.history(room, { session: 1, afterSeq: 0, limit: 100, hasPins: false });
const hanging = () => {
  const reached = Promise.withResolvers<void>();
  const script: Script = (_request, call) => {
    if (call > 0) return "The next answer.";
    reached.resolve();
    return { text: "Half a", hangs: true };
  };
  return { script, reached: reached.promise };
};

describe("a turn", () => {
  it("answers all of one person's mail at once, and nobody else's with it", async () => {
    await begin((request) => `To: ${asked(request).at(-1)}`);
    await receive("1");
    await receive("2");
    await receive("3", { sender: bob });
    await receive("4");
    await scene.settle(process);
    expect(texts()).toEqual(["To: say 1+say 2", "To: say 3", "To: say 4"]);
    expect(model.requests).toHaveLength(3);
  });

  it("runs a command alone, where it stands in the mail", async () => {
    await begin((request) => `To: ${asked(request).at(-1)}`);
    for (const [index, text] of ["one", "/whoami", "two"].entries()) await receive(String(index), { text });
    await scene.settle(process);
    expect(texts()[0]).toBe("To: one");
    expect(texts()[1]).toContain("`test:ada`");
    expect(texts()[2]).toBe("To: two");
    expect(asked(model.requests[1])).toEqual(["one", "two"]);
  });

  it("knows commands, names the nearest for a slip, and keeps to roles", async () => {
    await begin(() => "An answer.");
    const answers: Record<string, RegExp> = {
      "/help": /^- \*\*session\*\*: `\/new`[^]*\*\*agent\*\*: `\/persona`/,
      "/help persona": /^- `\/persona \[name\|auto\]`/,
      "/help new": /^- `\/new`/,
      "/halp": /Did you mean \/help\?/,
      "/persona": /\*\*general\*\*/,
      "/persona nobody": /no persona called "nobody"/,
      "/model mian": /Did you mean `main`\?/,
      "/approve": /Write it as `\/approve ID`/,
      "/pair": /Nobody waits/,
      "/status": /well/,
      "/approvals": /Nothing waits/,
      "/approve nothing": /no question or draft nothing/,
    };
    for (const [text, answer] of Object.entries(answers)) {
      await receive(text, { text, sender: owner });
      await scene.settle(process);
      expect(texts().at(-1), text).toMatch(answer);
    }
    await receive("guest", { text: "/status", sender: { ...bob, id: "test:guest" } });
    await scene.settle(process);
    expect(texts().at(-1)).toContain("is for members; you are a guest");
    expect(model.requests).toHaveLength(0);
  });

  it("looks no longer at what was said before /new", async () => {
    await begin(() => "An answer.");
    await receive("1");
    await receive("2", { text: "/new" });
    await receive("3");
    await scene.settle(process);
    expect(asked(model.requests[1])).toEqual(["say 3"]);
  });

  it("asks again who may talk here when it runs: policy may have changed since the mail came", async () => {
    await begin(() => "An answer.");
    await receive("1");
    await scene.store.write((transaction) => transaction.savePerson({ id: "test:ada", name: "Ada", role: "blocked" }));
    await scene.settle(process);
    await receive("2", { sender: bob });
    setPolicy({ mode: "listen" });
    await scene.settle(process);
    expect(scene.outcomes).toEqual(["turn.refused", "turn.recorded"]);
    expect(model.requests).toHaveLength(0);
    expect(scene.platform.sends).toBe(0);
    expect(await scene.store.unreadMail(room, 10)).toEqual([]);
  });

  it("lets go of mail for a channel that is not configured any more", async () => {
    await begin(() => "An answer.");
    await receive("1");
    scene.policy = undefined;
    await scene.settle(process);
    expect(scene.outcomes).toEqual(["turn.refused"]);
    expect(await history()).toEqual([]);
    expect(await scene.store.forgottenConversations(scene.clock.now(), Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
  });

  it("ends at once with /stop, without waiting for it, and is not said to be lost", async () => {
    const { script, reached } = hanging();
    await begin(script);
    await receive("1");
    const running = scene.settle(process);
    await reached;
    expect(await receive("stop", { text: "/stop" })).toBe("accepted");
    await running;
    expect(model.aborted()).toBe(1);
    expect(scene.outcomes).toEqual(["turn.stopped"]);
    expect(texts()).toEqual(["Stopped."]);
    expect(await scene.store.unreadMail(room, 10)).toEqual([]);
    await receive("2");
    await scene.settle(process);
    expect(texts()).toEqual(["Stopped.", "The next answer."]);
    expect(asked(model.requests[1])).toEqual(["say 1", "say 2"]);
  });

  it("ends with a /stop that another process received, and only this one turn", async () => {
    const { script, reached } = hanging();
    await begin(script);
    await receive("1");
    const running = scene.settle(process);
    await reached;
    await receive("2", { sender: bob });
    const other = scene.begin();
    await other.receive(inbound("stop", { text: "/stop" }));
    await process.renew();
    await running;
    expect(scene.outcomes).toEqual(["turn.stopped", "turn.answered"]);
  });

  it("collects mail that comes while it runs for the next one", async () => {
    await begin(async (_request, call) => {
      if (call === 0) await receive("2");
      return `Answer ${call}.`;
    });
    await receive("1");
    await scene.settle(process);
    expect(model.requests.map(asked)).toEqual([["say 1"], ["say 1", "say 2"]]);
    expect(texts()).toEqual(["Answer 0.", "Answer 1."]);
  });

  it("is interrupted by mail for us, and the next one answers all of it", async () => {
    const { script, reached } = hanging();
    await begin(script, { policy: { midTurn: "interrupt" } });
    await receive("1");
    const running = scene.settle(process);
    await reached;
    await receive("chatter", { isGroup: true, isAddressed: false });
    expect(model.aborted()).toBe(0);
    await receive("2");
    await running;
    expect(asked(model.requests[1])).toEqual(["say 1+Ada: say chatter+say 2"]);
    expect(texts()).toEqual(["The next answer."]);
  });

  it("commits nothing when its lease was lost meanwhile; whoever has it now answers", async () => {
    let other: Process | undefined;
    await begin(async (_request, call) => {
      if (call === 0) {
        scene.clock.advance(leaseMs + 1);
        other = scene.begin();
        await other.run(room);
      }
      return `Answer ${call}.`;
    });
    await receive("1");
    await scene.settle(process);
    await scene.settle(other as Process);
    expect(texts()).toEqual(["Answer 1."]);
    expect(scene.outcomes).toEqual(["turn.answered"]);
    expect((await scene.store.verifyAudit()).isIntact).toBe(true);
  });

  it("notices at the next renewal that its lease is lost, and stops paying for it", async () => {
    const { script, reached } = hanging();
    await begin(script);
    await receive("1");
    const running = scene.settle(process);
    await reached;
    scene.clock.advance(leaseMs + 1);
    await process.renew();
    await running;
    expect(model.aborted()).toBe(1);
    expect(scene.outcomes).toEqual([]);
    const next = scene.begin();
    await next.run(room);
    expect(scene.outcomes).toEqual(["turn.answered"]);
  });

  it("gives its conversation back when what it did cannot be recorded", async () => {
    await begin(() => "An answer.");
    await receive("1");
    const { unreadMail } = scene.store;
    (scene.store as { unreadMail: unknown }).unreadMail = () =>
      Promise.reject(new AppError("store-failed", "gone", { retryAfterMs: 1 }));
    await scene.settle(process);
    (scene.store as { unreadMail: unknown }).unreadMail = unreadMail;
    const other = scene.begin();
    await other.run(room);
    expect(scene.outcomes).toEqual(["turn.answered"]);
  });

  it("leaves its mail to another process on shutdown", async () => {
    const { script, reached } = hanging();
    await begin(script);
    await receive("1");
    const running = scene.settle(process);
    await reached;
    process.shutDown();
    await running;
    const other = scene.begin();
    await other.run(room);
    await scene.settle(other);
    expect(texts()).toEqual(["The next answer."]);
  });

  it("shows that it works on a long answer, and the text so far", async () => {
    const { script, reached } = hanging();
    await begin(script);
    await receive("1");
    const running = scene.settle(process);
    await reached;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(scene.platform.typed.length).toBeGreaterThan(0);
    expect(scene.platform.previews).toEqual(["Half a"]);
    await receive("stop", { text: "/stop" });
    await running;
  });
});

describe("a failing model", () => {
  const busy = { error: { retryable: true, reason: "unavailable" as const } };
  const broken = { error: { retryable: false, reason: "rejected" as const, message: "no key" } };

  it("is tried again later, counted in the store, and answers once", async () => {
    await begin((_request, call) => (call < 3 ? busy : "At last."));
    await receive("1");
    await scene.settle(process);
    expect((await scene.store.conversation(room))?.attempts).toBe(1);
    expect(scene.platform.sends).toBe(0);
    const other = scene.begin();
    await scene.settleOverTime(other);
    expect(model.requests).toHaveLength(4);
    expect(texts()).toEqual(["At last."]);
    expect((await scene.store.conversation(room))?.attempts).toBe(0);
  });

  it.each([
    ["again and again", busy, 8],
    ["for good", broken, 1],
  ])("%s is given up visibly, and its mail can be answered later", async (_how, failure, tries) => {
    let isBroken = true;
    await begin(() => (isBroken ? failure : "After all."));
    await receive("1");
    await scene.settleOverTime(process);
    expect(model.requests).toHaveLength(tries);
    expect(texts()).toHaveLength(1);
    expect(texts()[0]).toContain("could not answer");
    const [letter] = await scene.store.deadLetters(10);
    expect(letter).toMatchObject({ kind: "turn", ref: room, state: "open" });
    expect(await scene.store.unreadMail(room, 10)).toEqual([]);

    isBroken = false;
    await scene.store.write(async (transaction) => {
      expect(await transaction.reopenInbox(letter?.id ?? "")).toEqual([room]);
      await transaction.setDeadLetter(letter?.id ?? "", "retried");
    });
    await process.run(room);
    await scene.settle(process);
    expect(texts().slice(1)).toEqual(["After all."]);
    await receive("2");
    await scene.settle(process);
    expect(asked(model.requests.at(-1))).toEqual(["say 1", "say 2"]);
    expect(await scene.store.deadLetters(10)).toEqual([]);
  });

  it("that answers with nothing says so", async () => {
    await begin(() => ({ text: "  " }));
    await receive("1");
    await scene.settle(process);
    expect(texts()[0]).toContain("empty answer");
  });

  it("does not stop those behind it for ever: mail after a given-up turn is answered", async () => {
    await begin((request) => (asked(request).at(-1) === "say 1" ? broken : "Well."));
    await receive("1");
    await receive("2", { sender: bob });
    await scene.settleOverTime(process);
    expect(texts()).toHaveLength(2);
    expect(texts()[1]).toBe("Well.");
  });

  it("is asked no oftener than its pauses allow, however much is written meanwhile", async () => {
    await begin(() => busy);
    await receive("1");
    await scene.settle(process);
    for (const id of ["2", "3", "4", "5"]) {
      await receive(id);
      await scene.settle(process);
    }
    expect(model.requests).toHaveLength(1);
    expect((await scene.store.conversation(room))?.attempts).toBe(1);
    await scene.settleOverTime(process);
    expect(model.requests).toHaveLength(8);
  });
});
