import { describe, expect, it } from "vitest";
import { createInteractions } from "../../../channels/discord/interactions.ts";
import { createRateLimits } from "../../../channels/discord/rate-limits.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { InboundMessage, OutboundMessage } from "../../../src/core/message.ts";
import { createRecordingSink, createSendContext, outbound, waitUntil } from "../../doubles/channel-context.ts";
import { createScene, type Scene } from "./scene.ts";

const signal = new AbortController().signal;

function answer(message: InboundMessage | undefined, text: string): OutboundMessage {
  if (message === undefined) throw new Error("There is nothing to answer.");
  return outbound(message.address, text, { replyToId: message.id });
}

describe("slash commands", () => {
  it("are offered once, and again only when they have changed", async () => {
    const { fake, run } = await createScene();
    const puts = (): number => fake.calls.filter(({ method }) => method === "PUT").length;
    await (await run()).end();
    expect(puts()).toBe(1);
    expect(fake.routes.commands.map(({ name }) => name)).toEqual(["help", "stop"]);
    await (await run()).end();
    expect(puts()).toBe(1);
    fake.routes.commands.pop();
    await (await run()).end();
    expect(puts()).toBe(2);
  });

  it("are left alone where that is asked for", async () => {
    const { fake, run } = await createScene();
    await (await run(createRecordingSink(), { slashCommands: false })).end();
    expect(fake.routes.commands).toEqual([]);
  });

  async function use(scene: Scene) {
    const running = await scene.run();
    await waitUntil(() => scene.fake.routes.commands.length > 0);
    const interaction = scene.fake.use("help", ["approve"], scene.fake.world.general);
    const [message] = await running.sink.waitFor(1);
    return { ...running, interaction, message };
  }

  it("are answered where Discord says that we are thinking", async () => {
    const scene = await createScene();
    const { fake } = scene;
    const { channel, interaction, message } = await use(scene);
    expect(message).toMatchObject({ kind: "command", text: "/help approve", isGroup: true });
    // The answer may be there before Discord was told that we have the command.
    const [id] = await channel.send(answer(message, "this is how"), createSendContext());
    expect(interaction).toMatchObject({ callback: 5, messageId: id });
    expect(fake.sent().map(({ content, flags }) => [content, flags])).toEqual([["this is how", 0]]);
    await channel.edit?.(answer(message, "this is how, better"), id ?? "", signal);
    expect(fake.sent()[0]?.content).toBe("this is how, better");
  });

  it("have room for one answer: the next one is a message of its own", async () => {
    const scene = await createScene();
    const { channel, message } = await use(scene);
    const first = answer(message, "first");
    await channel.send(first, createSendContext());
    await channel.send(answer(message, "second"), createSendContext());
    await channel.send(first, createSendContext());
    expect(scene.fake.sent().map(({ content }) => content)).toEqual(["first", "second"]);
  });

  it("are answered by a later process as well", async () => {
    const scene = await createScene();
    const { interaction, message, end } = await use(scene);
    await waitUntil(() => interaction.callback === 5);
    await end();
    await scene.create().send(answer(message, "here"), createSendContext());
    expect(scene.fake.sent().map(({ content }) => content)).toEqual(["here"]);
  });

  it("are answered in the chat when their time is over", async () => {
    const scene = await createScene();
    const { channel, interaction, message } = await use(scene);
    await waitUntil(() => interaction.callback === 5);
    interaction.isExpired = true;
    await channel.send(answer(message, "late"), createSendContext());
    expect(scene.fake.sent().map(({ content }) => content)).toEqual(["", "late"]);
  });

  it("are found again when the answer was cut off", async () => {
    const scene = await createScene();
    const { fake } = scene;
    const { channel, interaction, message } = await use(scene);
    await waitUntil(() => interaction.callback === 5);
    // Behind the place that Discord keeps: what is seen later does not hide the answer.
    fake.say({ channel: fake.world.general, text: "chatter" });
    const reply = answer(message, "only once");
    const hint = channel.reconcileHint?.(reply);
    fake.failNext(`PATCH /webhooks/*/${interaction.token}/messages/@original`, "cut-after-accept");
    await expect(channel.send(reply, createSendContext())).rejects.toMatchObject({ code: "send-uncertain" });
    interaction.isExpired = true;
    const found = await scene.create().reconcile?.(reply, createSendContext([], { hint: hint ?? "" }));
    expect(found).toMatchObject({ state: "arrived", platformId: interaction.messageId });
    const other = answer(message, "not sent");
    expect(await scene.create().reconcile?.(other, createSendContext([], { hint: hint ?? "" }))).toEqual({
      state: "absent",
    });
  });

  it("show their person alone that nothing is answered here", async () => {
    const { fake, run } = await createScene();
    await run({ ...createRecordingSink(), receive: async () => "ignored" });
    await waitUntil(() => fake.routes.commands.length > 0);
    const interaction = fake.use("help", []);
    await waitUntil(() => interaction.whispered !== undefined);
    expect(fake.sent()).toEqual([]);
  });

  it("are acknowledged in time, stored or not yet, and handed over in the end", async () => {
    const { fake, run } = await createScene();
    const sink = createRecordingSink();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await run({ ...sink, receive: (message) => held.then(() => sink.receive(message)) });
    await waitUntil(() => fake.routes.commands.length > 0);
    const since = performance.now();
    const interaction = fake.use("help", []);
    await waitUntil(() => interaction.callback === 5);
    expect(performance.now() - since).toBeLessThan(3_000);
    expect(sink.messages).toEqual([]);
    release();
    await sink.waitFor(1);
  });
});

describe("presses", () => {
  it("of long commands give the whole command, after a restart too", async () => {
    const { fake, direct, run } = await createScene();
    const first = await run();
    const command = `/say ${"many words ".repeat(20)}`;
    await first.channel.send(
      outbound(direct, "Shall I?", { choices: [{ label: "Yes", command }] }),
      createSendContext(),
    );
    await first.end();
    const { sink } = await run();
    fake.press("Yes");
    const [press] = await sink.waitFor(1);
    expect(press).toMatchObject({ text: command, kind: "command", replyToId: fake.sent()[0]?.id });
  });

  it("of buttons that are not known any more say so to their person alone", async () => {
    const { fake, run } = await createScene();
    const { world } = fake;
    const { sink } = await run();
    const components = [{ type: 1, components: [{ type: 2, style: 1, label: "Old", custom_id: "0|long:gone" }] }];
    world.addMessage({ channel_id: world.direct, author: world.bot, content: "?", components });
    const interaction = fake.press("Old");
    await waitUntil(() => interaction.whispered !== undefined);
    expect(interaction.whispered).toContain("too old");
    expect(sink.receivedIds).toEqual([]);
  });

  it("come once, though they are told again after a drop", async () => {
    const { fake, direct, run } = await createScene();
    const first = await run();
    const choices = [{ label: "Yes", command: "/approve 1" }];
    await first.channel.send(outbound(direct, "May I?", { choices }), createSendContext());
    const interaction = fake.press("Yes");
    await first.sink.waitFor(1);
    await waitUntil(() => interaction.callback === 6);
    await first.kill();
    await run(first.sink);
    fake.say({ text: "marker" });
    await first.sink.waitFor(2);
    expect(first.sink.messages.map(({ text }) => text)).toEqual(["/approve 1", "marker"]);
  });
});

describe("a command that Discord is told of", () => {
  async function begin(mayWrite = (_isTold: boolean) => true) {
    const scene = await createScene();
    const { fake, disk, run } = scene;
    const { world } = fake;
    // Only to have it offered.
    await (await run()).end();
    const api = { root: fake.url, token: fake.token, limits: createRateLimits(Date.now) };
    const told = fake.use("help", [], world.general);
    const state = {
      ...disk.state,
      set: async (key: string, value: string) => {
        if (!mayWrite(told.callback !== undefined)) throw new Error("The process has ended.");
        await disk.state.set(key, value);
      },
    };
    const context = { state, log: silentLogger, now: Date.now, isListening: () => false };
    const interactions = createInteractions(api, context, signal, { refusedMs: 10 });
    const { id, token, callback } = told;
    expect(callback).toBeUndefined();
    const raw = { id, token, application_id: world.applicationId } as never;
    const { settle } = interactions.begin(raw, "command");
    return { ...scene, world, settle, acknowledged: () => interactions.acknowledged(`interaction:${id}`), id };
  }

  it("does not go on saying that we are thinking when it is refused", async () => {
    const { world, settle, acknowledged } = await begin();
    settle("refused");
    await acknowledged();
    expect(world.messages.get(world.general)).toHaveLength(1);
    await waitUntil(() => world.messages.get(world.general)?.length === 0);
  });

  it("is answered there, though the process ended in that moment", async () => {
    const { create, fake, world, settle, acknowledged, id } = await begin((isTold) => !isTold);
    settle("accepted");
    await acknowledged();
    const message = outbound({ channel: "disc", chat: world.general }, "here", { replyToId: `interaction:${id}` });
    await create().send(message, createSendContext());
    expect(fake.sent().map(({ content }) => content)).toEqual(["here"]);
  });
});
