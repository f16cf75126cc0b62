import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Channel } from "../../../src/core/channel.ts";
import type { Address } from "../../../src/core/message.ts";
import { failure } from "../../contracts/channel-harness.ts";
import { createRecordingSink, createSendContext, outbound, type RecordingSink } from "../../doubles/channel-context.ts";
import type { Failure } from "../../doubles/fake-teams.ts";
import { createScene, personalChat, type Scene } from "./person.ts";

let scene: Scene;
let channel: Channel;
let sink: RecordingSink;
let stop: AbortController;
let ended: Promise<void>;
const address: Address = { channel: "teams", chat: personalChat };

beforeEach(async () => {
  scene = await createScene();
  channel = scene.create();
  sink = createRecordingSink();
  stop = new AbortController();
  ended = channel.start(sink, stop.signal);
  await sink.waitForState("up");
  await scene.deliver(scene.activity({ text: "hi" }), channel);
});
afterEach(async () => {
  stop.abort();
  await ended.catch(() => undefined);
  await scene.close();
});

const send = (text = "words", to = address): Promise<readonly string[]> =>
  channel.send(outbound(to, text), createSendContext());

describe("a send that is refused", () => {
  it.each<[Failure, string, RegExp]>([
    ["BotNotInConversationRoster", "send-rejected", /not a member of this conversation/],
    ["ConversationBlockedByUser", "send-rejected", /blocked the bot/],
    ["500", "send-uncertain", /may have arrived/],
    ["502", "send-uncertain", /may have arrived/],
  ])("by %s is %s", async (how, code, words) => {
    scene.fake.failNext(how);
    const error = await failure(send());
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
    expect(error.retryAfterMs).toBeUndefined();
  });

  it.each<[Failure, string]>([
    ["412", "unreachable"],
    ["503", "unreachable"],
    ["429", "rate-limited"],
  ])("by %s may be tried again", async (how, code) => {
    scene.fake.failNext(how, { retryAfterS: 3 });
    const error = await failure(send());
    expect(error.code).toBe(code);
    expect(error.retryAfterMs).toBeGreaterThan(0);
  });

  it("because of too many is not tried again before its time, in its chat alone", async () => {
    await scene.deliver(scene.activity({ text: "hi" }, "group"), channel);
    scene.fake.failNext("429", { retryAfterS: 60 });
    await failure(send());
    const calls = scene.fake.calls.length;
    expect(await failure(send())).toMatchObject({ code: "rate-limited" });
    expect(scene.fake.calls).toHaveLength(calls);
    expect(await send("others", sink.messages[1]?.address)).toHaveLength(1);
  });

  it("tells nothing secret", async () => {
    for (const how of ["401", "500", "BotNotInConversationRoster"] as const) {
      scene.fake.failNext(how);
      // A refused token is replaced once.
      if (how === "401") scene.fake.failNext(how);
      const error = await failure(send("a secret text"));
      expect(`${error.message} ${error.hint ?? ""}`).not.toMatch(/secret text|token-|127\.0\.0\.1|a-client-secret/);
    }
  });

  it("goes nowhere when nobody was ever heard", async () => {
    const fresh = await createScene();
    const error = await failure(fresh.create().send(outbound(address, "hello?"), createSendContext()));
    expect(error).toMatchObject({ code: "send-rejected" });
    await fresh.close();
  });
});

describe("our token", () => {
  it("is asked for once, and used for all", async () => {
    const before = scene.fake.tokenRequests();
    await Promise.all([send(), send(), send()]);
    expect(scene.fake.tokenRequests()).toBe(before);
  });

  it("that was revoked is replaced, and the message sent once", async () => {
    scene.fake.revokeTokens();
    expect(await send()).toHaveLength(1);
    expect(scene.fake.sent).toHaveLength(1);
  });

  it("cannot be replaced when the secret was changed, and the error says what to do", async () => {
    scene.fake.revokeTokens();
    scene.fake.changePassword("another-secret");
    const error = await failure(send());
    expect(error.code).toBe("unauthorised");
    expect(error.hint).toContain("appPassword");
    // The message waits: a person may set a new one.
    expect(error.retryAfterMs).toBeGreaterThan(0);
    expect(scene.fake.sent).toHaveLength(0);
  });

  it("is wanted from the start: a wrong secret ends it, and says so in its health", async () => {
    scene.fake.changePassword("another-secret");
    const states = createRecordingSink();
    const again = scene.create();
    await expect(again.start(states, new AbortController().signal)).rejects.toMatchObject({ code: "unauthorised" });
    expect(states.states.at(-1)).toMatchObject({ state: "down" });
  });

  it("goes to no server that is not trusted", async () => {
    const stranger = { ...scene.activity({ text: "hi" }), serviceUrl: "https://example.org/" };
    const call = scene.fake.sign(stranger, { serviceurl: "https://example.org/" });
    expect((await channel.webhook?.(call))?.status).toBe(403);
    await scene.disk.state.set(
      `chat:${personalChat}x`,
      JSON.stringify({ serviceUrl: "https://example.org/", botId: "28:x" }),
    );
    const error = await failure(send("words", { ...address, chat: `${personalChat}x` }));
    expect(error).toMatchObject({ code: "send-rejected" });
  });
});

describe("edits, reactions and first words", () => {
  it("tell that a message is gone", async () => {
    const [id = ""] = await send();
    const gone = id.replace(/\d+$/, "1");
    const edit = channel.edit?.(outbound(address, "x"), gone, stop.signal) ?? Promise.reject(new Error("no edits"));
    expect(await failure(edit)).toMatchObject({ code: "not-found" });
  });

  it("react by Teams' name of the emoji, and refuse what has none", async () => {
    const [id = ""] = await send();
    await channel.react?.(address, id, "👀", stop.signal);
    expect(scene.fake.sent[0]?.reactions).toEqual(["1f440_eyes"]);
    const odd = channel.react?.(address, id, "🦄", stop.signal) ?? Promise.reject(new Error("no reactions"));
    expect(await failure(odd)).toMatchObject({ code: "unsupported" });
  });

  it("show typing in the thread", async () => {
    await scene.deliver(scene.activity({ text: "hi" }, "thread"), channel);
    await channel.typing?.(sink.messages[1]?.address ?? address, stop.signal);
    expect(scene.fake.typing).toEqual([expect.stringContaining(";messageid=")]);
  });

  it("open the chat that a person has, or a new one, once", async () => {
    const known = await channel.openDirect?.(sink.messages[0]?.sender.id ?? "");
    expect(known).toEqual(address);
    expect(scene.fake.calls.filter((call) => call === "POST /v3/conversations")).toHaveLength(0);
    const fresh = await channel.openDirect?.("teams:29:1Bob");
    await channel.openDirect?.("teams:29:1Bob");
    expect(scene.fake.calls.filter((call) => call === "POST /v3/conversations")).toHaveLength(1);
    expect(await send("first words", fresh)).toHaveLength(1);
  });

  it("say when a person has not installed the app", async () => {
    const attempt = channel.openDirect?.("teams:29:stranger") ?? Promise.reject(new Error("no direct"));
    expect((await failure(attempt)).message).toMatch(/not installed/);
  });

  it("work from a process that has not started the channel", async () => {
    stop.abort();
    await ended;
    const other = scene.create();
    expect(await other.send(outbound(address, "from elsewhere"), createSendContext())).toHaveLength(1);
  });
});
