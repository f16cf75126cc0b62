import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { Address, OutboundMessage } from "../../../src/core/message.ts";
import { createSendContext, outbound, waitUntil } from "../../doubles/channel-context.ts";
import { failure, waitAsAsked } from "../../contracts/channel-harness.ts";
import { createScene, type Scene } from "./scene.ts";

const post = "POST /channels/*/messages";
const signal = new AbortController().signal;
const general = ({ fake }: Scene): Address => ({ channel: "disc", chat: fake.world.general });

describe("what is sent", () => {
  it("pings nobody, and carries a nonce that Discord checks", async () => {
    const scene = await createScene();
    const { fake, direct, create } = scene;
    const channel = create();
    const first = fake.say({ text: "hi" });
    const message = outbound(direct, "@everyone <@1>", { replyToId: first.id });
    const [id = ""] = await channel.send(message, createSendContext());
    await channel.edit?.({ ...message, text: "@here" }, id, signal);
    const bodies = fake.calls.flatMap(({ json }) => (json === undefined ? [] : [json as Record<string, unknown>]));
    expect(bodies).toHaveLength(2);
    for (const body of bodies) expect(body["allowed_mentions"]).toEqual({ parse: [], replied_user: false });
    expect(bodies[0]).toMatchObject({
      enforce_nonce: true,
      nonce: expect.stringMatching(/^[\w-]{24}$/) as string,
      message_reference: { message_id: first.id, fail_if_not_exists: false },
    });
  });

  it("is one message, however often the send is repeated while Discord remembers the nonce", async () => {
    const { fake, direct, create } = await createScene();
    const message = outbound(direct, "once");
    const [first] = await create().send(message, createSendContext());
    const [second] = await create().send(message, createSendContext());
    expect(second).toBe(first);
    expect(fake.sent()).toHaveLength(1);
  });

  it("goes out though the message that it answers is deleted, and answers edits by their message", async () => {
    const { fake, direct, create } = await createScene();
    const first = fake.say({ text: "hi" });
    await create().send(outbound(direct, "there", { replyToId: `${first.id}:edit:5` }), createSendContext());
    fake.remove(first);
    await create().send(outbound(direct, "gone", { replyToId: first.id }), createSendContext());
    expect(fake.sent().map((sent) => [sent.content, sent["message_reference"] !== undefined])).toEqual([
      ["there", true],
      ["gone", false],
    ]);
  });

  it("is sent by a process that has not started the channel", async () => {
    const scene = await createScene();
    await scene.create().send(outbound(general(scene), "from anywhere"), createSendContext());
    expect(scene.fake.gateway.identifies).toEqual([]);
    expect(scene.fake.sent()).toHaveLength(1);
  });

  it("names in its refusal what to do", async () => {
    const { create } = await createScene();
    const error = await failure(
      create().send(outbound({ channel: "disc", chat: "123456789" }, "x"), createSendContext()),
    );
    expect(error).toMatchObject({ code: "send-rejected", retryAfterMs: undefined });
    expect(error.message).toContain("Unknown Channel (10003)");
  });

  it("tells a token that is no more from all else", async () => {
    const { fake, direct, create } = await createScene();
    fake.revokeToken();
    const error = await failure(create().send(outbound(direct, "x"), createSendContext()));
    // The message waits: a person may set a new one.
    expect(error).toMatchObject({ code: "unauthorised", retryAfterMs: expect.any(Number) as number });
    expect(`${error.message}${error.hint}`).not.toContain(fake.token);
  });

  it("opens a direct chat with somebody by their id", async () => {
    const { fake, direct, create } = await createScene();
    expect(await create().openDirect?.(`disc:${fake.world.ada.id}`)).toEqual(direct);
  });

  it("is two accounts' own, side by side in one process", async () => {
    const one = await createScene();
    const two = await createScene();
    const [a, b] = await Promise.all([one.run(), two.run()]);
    one.fake.say({ text: "to one" });
    two.fake.say({ text: "to two" });
    await Promise.all([a.sink.waitFor(1), b.sink.waitFor(1)]);
    expect([a.sink.messages[0]?.text, b.sink.messages[0]?.text]).toEqual(["to one", "to two"]);
    await a.end();
    two.fake.say({ text: "still here" });
    await b.sink.waitFor(2);
  });
});

describe("limits", () => {
  it("are waited for as Discord's headers tell, so that nothing is refused", async () => {
    const { fake, direct, create } = await createScene();
    fake.limit(post, { calls: 2, windowMs: 250 });
    const channel = create();
    for (let index = 0; index < 6; index += 1) await channel.send(outbound(direct, `${index}`), createSendContext());
    expect(fake.sent().map(({ content }) => content)).toEqual(["0", "1", "2", "3", "4", "5"]);
    expect(fake.calls).toHaveLength(6);
  });

  it("of one chat do not hold up another", async () => {
    const scene = await createScene();
    const { fake, direct, create } = scene;
    const channel = create();
    fake.failNext(post, "429", { retryAfterS: 60 });
    expect(await failure(channel.send(outbound(direct, "x"), createSendContext()))).toMatchObject({
      code: "rate-limited",
      retryAfterMs: 60_000,
    });
    await channel.send(outbound(general(scene), "elsewhere"), createSendContext());
    const calls = fake.calls.length;
    const again = await failure(channel.send(outbound(direct, "x"), createSendContext()));
    expect(again.code).toBe("rate-limited");
    // Refused here, without asking again.
    expect(fake.calls).toHaveLength(calls);
  });
});

describe("edits", () => {
  it("say that a message is gone, and what else is wrong", async () => {
    const { fake, direct, create } = await createScene();
    const channel = create();
    const message = outbound(direct, "first");
    const [id = ""] = await channel.send(message, createSendContext());
    const theirs = fake.say({ text: "hers" });
    await expect(channel.edit?.(message, theirs.id, signal)).rejects.toMatchObject({ code: "send-rejected" });
    fake.remove(fake.sent()[0] as never);
    await expect(channel.edit?.(message, id, signal)).rejects.toMatchObject({ code: "not-found" });
  });

  it("show the first part of a long text, and take buttons away", async () => {
    const { fake, direct, create } = await createScene();
    const channel = create();
    const choices = [{ label: "Yes", command: "/approve 1" }];
    const message = outbound(direct, "May I?", { choices });
    const [id = ""] = await channel.send(message, createSendContext());
    expect(fake.sent()[0]?.components).toHaveLength(1);
    await channel.edit?.({ ...outbound(direct, "word ".repeat(900)), id: message.id }, id, signal);
    expect(fake.sent()).toHaveLength(1);
    expect(fake.sent()[0]?.content.length).toBeGreaterThan(1_900);
    expect(fake.sent()[0]?.components).toEqual([]);
  });
});

describe("reactions", () => {
  it("are tried in the form that Discord knows", async () => {
    const { fake, direct, create } = await createScene();
    const { id } = fake.say({ text: "hi" });
    await create().react?.(direct, id, "❤", signal);
    expect(fake.routes.reactions).toEqual([{ messageId: id, emoji: "❤️" }]);
    await expect(create().react?.(direct, id, "nonsense", signal)).rejects.toMatchObject({ code: "bad-input" });
  });
});

describe("what became of a send that was cut off", () => {
  /** Cuts a send off, and forgets the nonce, as Discord does after some minutes. */
  async function cut(
    scene: Scene,
    message: OutboundMessage,
    how: "cut-after-accept" | "cut-before-accept" = "cut-after-accept",
    sentParts: readonly string[] = [],
  ): Promise<string> {
    const channel = scene.create();
    const hint = channel.reconcileHint?.(message) ?? "";
    scene.fake.failNext(post, how);
    await expect(channel.send(message, createSendContext(sentParts))).rejects.toMatchObject({ code: "send-uncertain" });
    scene.fake.routes.forgetNonces();
    return hint;
  }

  it("is found in history, whatever was said since", async () => {
    const scene = await createScene();
    const { fake, direct, create } = scene;
    const message = outbound(direct, "**only** once, with `code` and 1 < 2");
    const hint = await cut(scene, message);
    for (let index = 0; index < 250; index += 1) fake.say({ text: `talk ${index}` });
    const found = await create().reconcile?.(message, createSendContext([], { hint }));
    expect(found).toMatchObject({ state: "arrived", platformId: fake.sent()[0]?.id });
  });

  it("is not mistaken for the same words said before", async () => {
    const scene = await createScene();
    const { fake, disk, direct, create } = scene;
    await create().send(outbound(direct, "ok"), createSendContext([], { state: disk.state }));
    const message = outbound(direct, "ok");
    const hint = await cut(scene, message, "cut-before-accept");
    expect(await create().reconcile?.(message, createSendContext([], { hint }))).toEqual({ state: "absent" });
    fake.say({ text: "somebody else says" });
    expect(await create().reconcile?.(message, createSendContext([], { hint }))).toEqual({ state: "absent" });
  });

  it("is not mistaken for somebody else's words", async () => {
    const scene = await createScene();
    const message = outbound(scene.direct, "good night");
    const hint = await cut(scene, message, "cut-before-accept");
    scene.fake.say({ text: "good night" });
    expect(await scene.create().reconcile?.(message, createSendContext([], { hint }))).toEqual({ state: "absent" });
  });

  it("is not mistaken for a card with other buttons", async () => {
    const scene = await createScene();
    const { direct, create } = scene;
    const card = (id: string): ReturnType<typeof outbound> =>
      outbound(direct, "May I?", { choices: [{ label: "Yes", command: `/approve ${id}` }] });
    const message = card("1");
    const hint = await cut(scene, message, "cut-before-accept");
    await create().send(card("2"), createSendContext());
    expect(await create().reconcile?.(message, createSendContext([], { hint }))).toEqual({ state: "absent" });
  });

  it("is found for files, by their sizes", async () => {
    const scene = await createScene();
    const { fake, disk, direct, create } = scene;
    const file = await disk.files.save(Readable.from([Buffer.from("%PDF-1.7 report")]), { name: "plan.pdf" });
    const message = outbound(direct, "", { attachments: [file] });
    const hint = await cut(scene, message);
    expect(await create().reconcile?.(message, createSendContext([], { hint }))).toMatchObject({
      state: "arrived",
      platformId: fake.sent()[0]?.id,
    });
  });

  it("cannot be told where the bot may not read history", async () => {
    const scene = await createScene();
    const message = outbound(general(scene), "hello");
    const hint = await cut(scene, message);
    scene.fake.routes.hideHistory(true);
    const found = await scene.create().reconcile?.(message, createSendContext([], { hint }));
    expect(found).toMatchObject({
      state: "unknown",
      reason: expect.stringContaining("Read Message History") as string,
    });
  });

  it("is absent in a direct chat in which nothing was ever said", async () => {
    const scene = await createScene();
    const message = outbound(scene.direct, "hello");
    const hint = await cut(scene, message, "cut-before-accept");
    expect(await scene.create().reconcile?.(message, createSendContext([], { hint }))).toEqual({ state: "absent" });
  });

  it("is told for the part that was cut off, and the rest is sent behind it", async () => {
    const scene = await createScene();
    const { fake, direct, create } = scene;
    const message = outbound(direct, `${"one ".repeat(450)}\n\n${"two ".repeat(450)}\n\n${"three ".repeat(300)}`);
    const channel = create();
    const hint = channel.reconcileHint?.(message) ?? "";
    fake.failNext(post, "cut-after-accept", { skip: 1 });
    const first = createSendContext();
    await expect(channel.send(message, first)).rejects.toMatchObject({ code: "send-uncertain" });
    fake.routes.forgetNonces();
    const found = await create().reconcile?.(message, createSendContext(first.recorded, { hint }));
    if (found?.state !== "arrived") throw new Error("The second part is there.");
    await create().send(message, createSendContext([...first.recorded, found.platformId]));
    expect(fake.sent().map(({ content }) => content.slice(0, 3))).toEqual(["one", "two", "thr"]);
  });

  it("is a gateway's timeout, too", async () => {
    const { fake, direct, create } = await createScene();
    fake.failNext(post, "504");
    const message = outbound(direct, "hello");
    await expect(create().send(message, createSendContext())).rejects.toMatchObject({ code: "send-uncertain" });
    expect(fake.sent()).toHaveLength(1);
  });
});

describe("while Discord fails", () => {
  it("nothing is sent twice, and the send goes on when it is back", async () => {
    const { fake, direct, create } = await createScene();
    const channel = create();
    const message = outbound(direct, "patience");
    fake.failNext(post, "500");
    await waitAsAsked(await failure(channel.send(message, createSendContext())));
    await channel.send(message, createSendContext());
    await waitUntil(() => fake.sent().length === 1);
  });
});
