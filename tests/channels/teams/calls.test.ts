import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createChannel } from "../../../channels/teams/index.ts";
import { optionsSchema } from "../../../channels/teams/config.ts";
import type { Channel } from "../../../src/core/channel.ts";
import {
  createChannelContext,
  createRecordingSink,
  createSendContext,
  createTestDisk,
  outbound,
  waitUntil,
  type RecordingSink,
} from "../../doubles/channel-context.ts";
import { call } from "../../doubles/fake-teams.ts";
import { createScene, type Scene } from "./person.ts";

let scene: Scene;
let channel: Channel;
let sink: RecordingSink;
let stop: AbortController;
let ended: Promise<void>;

beforeEach(async () => {
  scene = await createScene();
  channel = scene.create();
  sink = createRecordingSink();
  stop = new AbortController();
  ended = channel.start(sink, stop.signal);
  await sink.waitForState("up");
});
afterEach(async () => {
  stop.abort();
  await ended;
  await scene.close();
});

const statusOf = async (request: Request): Promise<number | undefined> => (await channel.webhook?.(request))?.status;

describe("a call", () => {
  it("is answered only after its message is stored", async () => {
    const gate = Promise.withResolvers<void>();
    const slow: RecordingSink = {
      ...sink,
      receive: async (message) => {
        await gate.promise;
        return sink.receive(message);
      },
    };
    stop.abort();
    await ended;
    stop = new AbortController();
    ended = channel.start(slow, stop.signal);
    await sink.waitForState("up");
    let answer: number | undefined;
    const answered = statusOf(scene.fake.sign(scene.activity({ text: "hi" }))).then((status) => (answer = status));
    await new Promise((resolve) => void setTimeout(resolve, 50));
    expect(answer).toBeUndefined();
    gate.resolve();
    expect(await answered).toBe(200);
  });

  it("that cannot be stored is to come again", async () => {
    sink.failNext(1);
    expect(await statusOf(scene.fake.sign(scene.activity({ text: "hi" })))).toBe(503);
  });

  it("cannot be told from a forged one without Microsoft's keys, and is to come again", async () => {
    const other = await createScene();
    const waiting = other.create();
    const states = createRecordingSink();
    const end = new AbortController();
    const run = waiting.start(states, end.signal);
    await states.waitForState("up");
    other.fake.hideKeys(true);
    const activity = other.activity({ text: "hi" });
    expect((await waiting.webhook?.(other.fake.sign(activity)))?.status).toBe(503);
    other.fake.hideKeys(false);
    expect((await waiting.webhook?.(other.fake.sign(activity)))?.status).toBe(200);
    end.abort();
    await run;
    await other.close();
  });

  it("before the start and after the end is to come again", async () => {
    stop.abort();
    await ended;
    expect(await statusOf(scene.fake.sign(scene.activity({ text: "hi" })))).toBe(503);
  });

  it("is taken to the end when the channel stops meanwhile", async () => {
    const answered = statusOf(scene.fake.sign(scene.activity({ text: "in hand" })));
    await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    await ended;
    expect(await answered).toBe(200);
    expect(sink.messages.map(({ text }) => text)).toEqual(["in hand"]);
  });

  it("that is no activity, or no POST, is refused", async () => {
    expect(await statusOf(scene.fake.sign({ type: "message" }))).toBe(400);
    expect(await statusOf(new Request("http://127.0.0.1/hooks/teams"))).toBe(405);
  });

  it("that we know nothing of is done with, an invoke says so", async () => {
    expect(await statusOf(scene.fake.sign(scene.activity({ type: "conversationUpdate" })))).toBe(200);
    expect(await statusOf(scene.fake.sign(scene.activity({ type: "invoke", name: "task/fetch" })))).toBe(501);
    expect(sink.receivedIds).toEqual([]);
  });

  it("of a card's Execute is answered as Teams wants it", async () => {
    const value = { action: { type: "Action.Execute", data: { parlance: "/approve 1" } } };
    const press = scene.activity({ type: "invoke", name: "adaptiveCard/action", value });
    const answer = await scene.deliver(press, channel);
    expect(await answer.json()).toMatchObject({ statusCode: 200 });
    expect(sink.messages[0]).toMatchObject({ kind: "command", text: "/approve 1" });
  });

  it("side by side with others of its chat keeps its place", async () => {
    const count = 20;
    const slow: RecordingSink = {
      ...sink,
      receive: async (message) => {
        // Whoever comes first has the most to do.
        if (message.text === "m0") await new Promise((resolve) => void setTimeout(resolve, 100));
        return sink.receive(message);
      },
    };
    stop.abort();
    await ended;
    stop = new AbortController();
    ended = channel.start(slow, stop.signal);
    await waitUntil(() => sink.states.at(-1)?.state === "up");
    await Promise.all(
      Array.from({ length: count }, (_, index) => scene.deliver(scene.activity({ text: `m${index}` }), channel)),
    );
    expect(sink.messages.map(({ text }) => text)).toEqual(Array.from({ length: count }, (_, index) => `m${index}`));
  });
});

describe("two accounts", () => {
  it("know nothing of each other", async () => {
    const other = await createScene();
    const second = other.create();
    const heard = createRecordingSink();
    const end = new AbortController();
    const run = second.start(heard, end.signal);
    await heard.waitForState("up");
    await scene.deliver(scene.activity({ text: "to the first" }), channel);
    await other.deliver(other.activity({ text: "to the second" }), second);
    expect(sink.messages.map(({ text }) => text)).toEqual(["to the first"]);
    expect(heard.messages.map(({ text }) => text)).toEqual(["to the second"]);
    // The same app id, but another's key.
    expect((await second.webhook?.(scene.fake.sign(scene.activity({ text: "lost" }))))?.status).toBe(401);
    end.abort();
    await run;
    await other.close();
  });
});

describe("the playground", () => {
  const options = optionsSchema.parse({ playground: true });
  const disk = createTestDisk();

  async function play(hookUrl?: string): Promise<{ bot: Channel; heard: RecordingSink; end(): Promise<void> }> {
    const warnings: string[] = [];
    const context = createChannelContext(options, {
      name: "teams",
      disk,
      ...(hookUrl === undefined ? {} : { hookUrl }),
    });
    const log = { ...context.log, warn: (_fields: object, message: string) => void warnings.push(message) };
    const bot = createChannel({ ...context, log });
    const heard = createRecordingSink();
    const end = new AbortController();
    const run = bot.start(heard, end.signal);
    await Promise.race([heard.waitForState("up"), run]);
    expect(warnings.join()).toMatch(/PLAYGROUND/);
    return {
      bot,
      heard,
      end: async () => {
        end.abort();
        await run;
      },
    };
  }

  it("needs no token, answers this machine only, and says what it is", async () => {
    const { bot, heard, end } = await play();
    const activity = scene.activity({ text: "hi" });
    expect((await bot.webhook?.(call(activity)))?.status).toBe(200);
    expect(heard.messages[0]?.text).toBe("hi");
    const elsewhere = { ...activity, serviceUrl: "https://smba.trafficmanager.net/emea/" };
    expect((await bot.webhook?.(call(elsewhere)))?.status).toBe(403);
    const fromOutside = new Request("https://parlance.example.org/hooks/teams", { method: "POST", body: "{}" });
    expect((await bot.webhook?.(fromOutside))?.status).toBe(403);
    await end();
  });

  it("does not start where others can reach it", async () => {
    await expect(play("https://parlance.example.org/hooks/teams")).rejects.toMatchObject({ code: "config-invalid" });
    const { end } = await play("http://127.0.0.1:7420/hooks/teams");
    await end();
  });

  it("is never what is left when an app id is missing", () => {
    for (const wrong of [
      {},
      { appPassword: "12345678" },
      { appId: crypto.randomUUID() },
      { appId: crypto.randomUUID(), appPassword: "12345678", playground: true },
    ])
      expect(optionsSchema.safeParse(wrong).success).toBe(false);
  });
});

describe("a restart", () => {
  it("forgets nothing that is needed for answers", async () => {
    await scene.deliver(scene.activity({ text: "hi" }, "thread"), channel);
    stop.abort();
    await ended;
    const next = scene.create();
    const address = sink.messages[0]?.address ?? { channel: "", chat: "" };
    await next.send(outbound(address, "still here"), createSendContext());
    await waitUntil(() => scene.fake.sent.length === 1);
    expect(scene.fake.sent[0]?.conversation).toBe(`${address.chat};messageid=${address.thread}`);
  });

  it("writes nothing again that is stored already", async () => {
    let writes = 0;
    const { state } = scene.disk;
    const counted = { ...state, set: (key: string, value: string) => ((writes += 1), state.set(key, value)) };
    const context = createChannelContext(
      optionsSchema.parse({
        appId: scene.fake.appId,
        appPassword: scene.fake.appPassword,
        tenantId: scene.fake.tenantId,
        openIdMetadataUrl: scene.fake.openIdMetadataUrl,
        loginUrl: scene.fake.loginUrl,
        trustedHosts: ["127.0.0.1"],
      }),
      { name: "teams", disk: { ...scene.disk, state: counted } },
    );
    const bot = createChannel(context);
    const end = new AbortController();
    const heard = createRecordingSink();
    const run = bot.start(heard, end.signal);
    await heard.waitForState("up");
    await scene.deliver(scene.activity({ text: "one" }), bot);
    const first = writes;
    expect(first).toBeGreaterThan(0);
    await scene.deliver(scene.activity({ text: "two" }), bot);
    expect(writes).toBe(first);
    end.abort();
    await run;
  });
});
