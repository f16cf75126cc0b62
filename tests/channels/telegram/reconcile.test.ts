import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Channel, Reconciliation } from "../../../src/core/channel.ts";
import type { OutboundMessage } from "../../../src/core/message.ts";
import { optionsSchema } from "../../../channels/telegram/config.ts";
import { createChannel } from "../../../channels/telegram/index.ts";
import {
  createChannelContext,
  createSendContext,
  createTestDisk,
  outbound,
  type TestDisk,
} from "../../doubles/channel-context.ts";
import { createFakeTelegram, type FakeFailure, type FakeTelegram } from "../../doubles/fake-telegram.ts";

const direct = { channel: "test", chat: "42" };
const room = { channel: "test", chat: "-1001234567890" };

describe("reconciling a send whose outcome is unknown", () => {
  let fake: FakeTelegram;
  let disk: TestDisk;

  beforeEach(async () => {
    fake = await createFakeTelegram({ token: "123456:t" });
    disk = createTestDisk();
  });
  afterEach(async () => {
    await fake.stop();
    await disk.remove();
  });

  /** Each call is another process: nothing is shared but the disk. */
  const create = (): Channel =>
    createChannel(createChannelContext(optionsSchema.parse({ token: "123456:t", apiRoot: fake.url }), { disk }));

  /** Sends through one process, which dies; another one finds out. `meanwhile` happens in between. */
  async function sendAndAsk(
    message: OutboundMessage,
    how: FakeFailure,
    options: { before?: OutboundMessage; meanwhile?: () => void; method?: string } = {},
  ): Promise<Reconciliation | undefined> {
    const first = create();
    if (options.before !== undefined) await first.send(options.before, createSendContext([], { state: disk.state }));
    const hint = first.reconcileHint?.(message) ?? "";
    fake.failNext(options.method ?? "sendMessage", how);
    await expect(first.send(message, createSendContext([], { state: disk.state }))).rejects.toMatchObject({
      code: "send-uncertain",
    });
    options.meanwhile?.();
    return create().reconcile?.(message, createSendContext([], { hint }));
  }

  it.each([direct, room])("finds what arrived among other people's messages, in $chat", async (address) => {
    const chat = Number(address.chat);
    const meanwhile = (): void => {
      for (let index = 0; index < 5; index += 1) fake.say({ chat, from: 42, text: "meanwhile" });
    };
    const found = await sendAndAsk(outbound(address, "the answer"), "cut-after-accept", {
      before: outbound(address, "earlier"),
      meanwhile,
    });
    const messageId = String(fake.sent[1]?.messageId);
    expect(found).toEqual({
      state: "arrived",
      platformId: `${address.chat}:${messageId}`,
      notes: { [`sent/${address.chat}`]: messageId },
    });
    expect(fake.sent.map(({ edits }) => edits)).toEqual([0, 0]);
  });

  it.each([direct, room])("is sure that nothing arrived, in $chat", async (address) => {
    const found = await sendAndAsk(outbound(address, "the answer"), "cut-before-accept", {
      before: outbound(address, "earlier"),
    });
    expect(found).toEqual({ state: "absent" });
    expect(fake.sent.map(({ edits }) => edits)).toEqual([0]);
  });

  it("never touches an earlier message of ours that another process sent after the hint was made", async () => {
    const late = create();
    const message = outbound(direct, "second", { replyToId: "42:500" });
    const hint = late.reconcileHint?.(message) ?? "";
    await create().send(outbound(direct, "first"), createSendContext([], { state: disk.state }));
    fake.failNext("sendMessage", "cut-before-accept");
    await expect(late.send(message, createSendContext([], { state: disk.state }))).rejects.toMatchObject({
      code: "send-uncertain",
    });
    expect(await create().reconcile?.(message, createSendContext([], { hint }))).toEqual({
      state: "absent",
    });
    expect(fake.sent.map(({ text, edits }) => [text, edits])).toEqual([["first", 0]]);
  });

  it("tells texts with buttons and markup apart from none", async () => {
    const message = outbound(direct, "**May I** `x < 1`?", {
      choices: [{ label: "Yes", command: "/approve 1" }],
    });
    expect(await sendAndAsk(message, "cut-after-accept", { before: outbound(direct, "earlier") })).toMatchObject({
      state: "arrived",
    });
    expect(fake.sent[1]?.edits).toBe(0);
  });

  it("asks about the part behind those that are recorded", async () => {
    const text = `${"a".repeat(3_000)}\n\n${"b".repeat(3_000)}\n\n${"c".repeat(3_000)}`;
    const message = outbound(room, text);
    const first = create();
    const context = createSendContext([], { state: disk.state });
    fake.failNext("sendMessage", "cut-after-accept", { skip: 1 });
    await expect(first.send(message, context)).rejects.toMatchObject({ code: "send-uncertain" });
    expect(context.recorded).toHaveLength(1);
    const found = await create().reconcile?.(message, createSendContext(context.recorded, { hint: "0" }));
    expect(found).toMatchObject({
      state: "arrived",
      platformId: `${room.chat}:${fake.sent[1]?.messageId}`,
    });
    const platformId = found?.state === "arrived" ? found.platformId : "";
    await create().send(message, createSendContext([...context.recorded, platformId], { state: disk.state }));
    expect(fake.sent.map(({ text: sent }) => sent[0])).toEqual(["a", "b", "c"]);
  });

  it("finds files too", async () => {
    const file = await disk.files.save([Buffer.from("0123456789")] as never, {
      name: "report.txt",
    });
    const message = outbound(direct, "", { attachments: [file] });
    const found = await sendAndAsk(message, "cut-after-accept", {
      before: outbound(direct, "earlier"),
      method: "sendDocument",
    });
    expect(found).toMatchObject({ state: "arrived", platformId: `42:${fake.sent[1]?.messageId}` });
  });

  it("says that it does not know, rather than guess", async () => {
    expect(await sendAndAsk(outbound(direct, "x"), "cut-after-accept")).toMatchObject({
      state: "unknown",
    });
    const message = outbound(room, "y");
    const busy = await sendAndAsk(message, "cut-before-accept", {
      before: outbound(room, "earlier"),
      meanwhile: () => void disk.state.set("seen", JSON.stringify([[room.chat, 10_000]])),
    });
    expect(busy).toMatchObject({ state: "unknown" });
    expect(fake.calls.get("editMessageText")).toBe(200);
  });

  it("throws what may pass when Telegram cannot be asked", async () => {
    const first = create();
    await first.send(outbound(direct, "earlier"), createSendContext([], { state: disk.state }));
    const message = outbound(direct, "x");
    fake.failNext("editMessageText", "429", { retryAfterS: 3 });
    await expect(first.reconcile?.(message, createSendContext([], { hint: "501" }))).rejects.toMatchObject({
      code: "rate-limited",
      retryAfterMs: 3_000,
    });
  });
});
