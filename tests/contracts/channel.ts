import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import type { Channel } from "../../src/core/channel.ts";
import type { Address, Attachment } from "../../src/core/message.ts";
import {
  createRecordingSink,
  createSendContext,
  outbound,
  waitUntil,
  type RecordingSink,
} from "../doubles/channel-context.ts";
import { failure, waitAsAsked, type ChannelHarness, type Running } from "./channel-harness.ts";
import { itTakesCallsAsTheyArrive } from "./channel-arrivals.ts";
import { itKnowsWhatWasSent } from "./channel-cut-off.ts";
import { itKeepsOrderAndConnection } from "./channel-connection.ts";
import { itOnlyListens } from "./channel-listening.ts";
import { itTellsOwnMessages } from "./channel-own.ts";
import { itStopsAmidSilence } from "./channel-silence.ts";

export type { ChannelHarness, PlatformEvent, ReceivedByPlatform, SendFailure } from "./channel-harness.ts";

const pngBytes = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");

/** The suite that every adapter inherits. What a platform cannot do is skipped, as its traits and harness say. */
export function describeChannel(name: string, createHarness: () => Promise<ChannelHarness>): void {
  describe(`${name} keeps the channel contract`, () => {
    const cleanups: (() => Promise<unknown>)[] = [];
    afterEach(async () => {
      for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
    });

    async function harness(): Promise<ChannelHarness> {
      const made = await createHarness();
      cleanups.push(() => made.close());
      return made;
    }

    /** Starts an adapter and waits until it is up. */
    async function run(
      made: ChannelHarness,
      sink: RecordingSink = createRecordingSink(),
      channel: Channel = made.create(),
    ): Promise<Running> {
      const stop = new AbortController();
      sink.states.length = 0;
      const ended = channel.start(sink, stop.signal);
      const end = async (): Promise<void> => {
        stop.abort();
        await ended;
      };
      cleanups.push(end);
      await Promise.race([
        sink.waitForState("up"),
        ended.then(() => Promise.reject(new Error("start() ended without an abort"))),
      ]);
      return { channel, sink, end };
    }

    itKeepsOrderAndConnection(harness, run);
    itTakesCallsAsTheyArrive(harness, run);
    itStopsAmidSilence(harness);
    itOnlyListens(harness, run);
    itTellsOwnMessages(harness, run);

    it("has each optional method exactly when its traits say so", async () => {
      const channel = (await harness()).create();
      const { traits } = channel;
      expect({
        edit: "edit" in channel,
        typing: "typing" in channel,
        react: "react" in channel,
        openDirect: "openDirect" in channel,
      }).toEqual({
        edit: traits.edits,
        typing: traits.typing,
        react: traits.reactions,
        openDirect: traits.direct,
      });
      // Who cannot find out may still know that a send had not begun.
      if (traits.reconciles !== "none") expect("reconcile" in channel).toBe(traits.reconciles === "probe");
      expect(traits.maxTextLength).toBeGreaterThan(0);
    });

    it("stops within 5 s of the abort, and can be started again", async () => {
      const made = await harness();
      const { end } = await run(made);
      const since = performance.now();
      await end();
      expect(performance.now() - since).toBeLessThan(5_000);
      await (await run(made)).end();
    });

    it("stops when it is told so before it has begun", async () => {
      const channel = (await harness()).create();
      expect(await channel.start(createRecordingSink(), AbortSignal.abort())).toBeUndefined();
    });

    it("hands over a direct message as a plain envelope", async () => {
      const made = await harness();
      const { channel, sink } = await run(made);
      await made.deliver({ from: "person", place: "direct", text: "hello there" }, channel);
      const [message] = await sink.waitFor(1);
      expect(message).toMatchObject({
        text: "hello there",
        attachments: [],
        isAddressed: true,
        isGroup: false,
        kind: "message",
        address: { channel: made.name },
        sender: { isBot: false },
      });
      expect(message?.id).toBeTruthy();
      expect(message?.address.chat).toBeTruthy();
      expect(message?.sender.id.startsWith(`${made.name}:`)).toBe(true);
      expect(message?.sender.name).toBeTruthy();
      expect(Number.isSafeInteger(message?.sentAt)).toBe(true);
      expect(JSON.parse(JSON.stringify(message))).toEqual(message);
    });

    it("tells a mention in a group from talk among others", async () => {
      const made = await harness();
      if (!made.groups) return;
      const { channel, sink } = await run(made);
      await made.deliver({ from: "person", place: "group", text: "lunch anyone?" }, channel);
      await made.deliver({ from: "person", place: "group", text: "what is up", isMention: true }, channel);
      const [talk, mention] = await sink.waitFor(2);
      expect(talk).toMatchObject({ text: "lunch anyone?", isAddressed: false, isGroup: true });
      expect(mention).toMatchObject({ isAddressed: true, isGroup: true });
      expect(mention?.text).toContain("what is up");
      expect(mention?.address).toEqual(talk?.address);
    });

    it("gives a message the same id on every delivery, ten minutes later and after a restart too", async () => {
      const made = await harness();
      if (made.redeliver === undefined) return;
      const first = await run(made);
      await made.deliver({ from: "person", place: "direct", text: "once" }, first.channel);
      await first.sink.waitFor(1);
      expect(made.advance).toBeDefined();
      made.advance?.(600_000);
      const looked = made.lookUps?.() ?? 0;
      await made.redeliver(first.channel);
      if (made.lookUps === undefined) await waitUntil(() => first.sink.receivedIds.length >= 2);
      // One look may have been on its way already.
      else await waitUntil(() => (made.lookUps?.() ?? 0) >= looked + 2);
      await first.end();
      const given = first.sink.receivedIds.length;
      await made.rewind?.();
      const second = await run(made, first.sink);
      made.advance?.(600_000);
      await made.redeliver(second.channel);
      await waitUntil(() => first.sink.receivedIds.length > given);
      expect(new Set(first.sink.receivedIds).size).toBe(1);
      expect(first.sink.messages).toHaveLength(1);
    });

    it("acknowledges nothing that was not stored", async () => {
      const made = await harness();
      const { channel, sink } = await run(made);
      if (!channel.traits.redelivers) return;
      sink.failNext(1);
      await made.deliver({ from: "person", place: "direct", text: "do not lose me" }, channel).catch(() => undefined);
      await waitUntil(() => sink.receivedIds.length >= 1);
      if (made.repeatsByItself !== true) await made.redeliver?.(channel);
      await sink.waitFor(1, 15_000);
      expect(sink.messages.map(({ text }) => text)).toEqual(["do not lose me"]);
    });

    it.each(["direct", "group", "thread"] as const)("answers where it was spoken to: %s", async (place) => {
      const made = await harness();
      const { channel, sink } = await run(made);
      if ((place === "group" && !made.groups) || (place === "thread" && !channel.traits.threads)) return;
      await made.deliver({ from: "person", place, text: "where am I", isMention: true }, channel);
      const address = (await sink.waitFor(1))[0]?.address as Address;
      expect(address.thread === undefined).toBe(place !== "thread");
      const ids = await channel.send(outbound(address, "right here"), createSendContext());
      expect(ids).toHaveLength(1);
      await waitUntil(() => made.received().length === 1);
      const { thread } = address;
      expect(made.received()[0]).toMatchObject({
        chat: address.chat,
        ...(thread === undefined ? {} : { thread }),
      });
      expect(made.received()[0]?.text).toContain("right here");
    });

    /** A direct chat that somebody has opened. */
    async function openChat(made: ChannelHarness): Promise<Running & { readonly address: Address }> {
      const running = await run(made);
      await made.deliver({ from: "person", place: "direct", text: "hi" }, running.channel);
      return { ...running, address: (await running.sink.waitFor(1))[0]?.address as Address };
    }

    it("keeps attachments both ways", async () => {
      const made = await harness();
      const { channel, sink, address } = await openChat(made);
      if (!channel.traits.files) return;
      await made.deliver(
        {
          from: "person",
          place: "direct",
          text: "look",
          file: { name: "dot.png", content: pngBytes },
        },
        channel,
      );
      const attachment = (await sink.waitFor(2))[1]?.attachments[0] as Attachment;
      expect(attachment).toMatchObject({
        kind: "image",
        mimeType: "image/png",
        bytes: pngBytes.length,
      });
      expect(await buffer(made.files.open(attachment))).toEqual(pngBytes);
      const pdf = await made.files.save(Readable.from([Buffer.from("%PDF-1.7 report")]), {
        name: "report.pdf",
      });
      await channel.send(outbound(address, "here", { attachments: [pdf] }), createSendContext());
      await waitUntil(() => made.received().some(({ files }) => files.length > 0));
      const files = made.received().flatMap((seen) => seen.files);
      expect(files.map((file) => [file.name, Buffer.from(file.content).toString()])).toEqual([
        ["report.pdf", "%PDF-1.7 report"],
      ]);
      expect(
        made
          .received()
          .map(({ text }) => text)
          .join(" "),
      ).toContain("here");
    });

    /** Words that can be told apart, enough for at least three parts. */
    function longText(
      made: ChannelHarness,
      channel: Channel,
    ): { text: string; words: readonly string[]; limit: number } {
      const limit = made.maxPartLength ?? channel.traits.maxTextLength;
      const words = Array.from(
        { length: Math.ceil((limit * 2.5) / 8) },
        (_, index) => `w${String(index).padStart(6, "0")}`,
      );
      return { text: words.join(" "), words, limit };
    }

    const seenWords = (made: ChannelHarness): readonly string[] =>
      made.received().flatMap(({ text }) => text.match(/w\d{6}/g) ?? []);

    it("splits a long text within the limit and loses no word", async () => {
      const made = await harness();
      const { channel, address } = await openChat(made);
      if (!Number.isFinite(made.maxPartLength ?? channel.traits.maxTextLength)) return;
      const { text, words, limit } = longText(made, channel);
      const context = createSendContext();
      const ids = await channel.send(outbound(address, text), context);
      await waitUntil(() => seenWords(made).length >= words.length);
      expect(seenWords(made)).toEqual(words);
      for (const part of made.received()) expect(part.text.length).toBeLessThanOrEqual(limit);
      expect(context.recorded).toEqual(ids);
      expect(new Set(ids).size).toBe(ids.length);
    });

    it("goes on at the part that failed", async () => {
      const made = await harness();
      const fail = made.failSend?.["rate-limited"] ?? made.failSend?.unavailable;
      const { channel, address } = await openChat(made);
      if (fail === undefined || !Number.isFinite(made.maxPartLength ?? channel.traits.maxTextLength)) return;
      const { text, words } = longText(made, channel);
      const message = outbound(address, text);
      fail(1);
      const first = createSendContext();
      await waitAsAsked(await failure(channel.send(message, first)));
      expect(first.recorded).toHaveLength(1);
      const second = createSendContext(first.recorded);
      const ids = await channel.send(message, second);
      expect(ids.slice(0, 1)).toEqual(first.recorded);
      expect(second.recorded).toEqual(ids);
      await waitUntil(() => seenWords(made).length >= words.length);
      expect(seenWords(made)).toEqual(words);
    });

    it.each([
      ["rate-limited", "rate-limited"],
      ["unavailable", "unreachable"],
    ] as const)("says when to try again: %s", async (how, code) => {
      const made = await harness();
      const fail = made.failSend?.[how];
      if (fail === undefined) return;
      const { channel, address } = await openChat(made);
      const message = outbound(address, "patience");
      fail(0);
      const error = await failure(channel.send(message, createSendContext()));
      expect(error.code).toBe(code);
      expect(made.received()).toHaveLength(0);
      await waitAsAsked(error);
      await channel.send(message, createSendContext());
      await waitUntil(() => made.received().length === 1);
    });

    it("passes on how long the platform asks to wait", async () => {
      const made = await harness();
      const fail = made.failSend?.["rate-limited"];
      if (fail === undefined || made.asksNoWait === true) return;
      const { channel, address } = await openChat(made);
      const waitMs = 40_000;
      fail(0, waitMs);
      const error = await failure(channel.send(outbound(address, "patience"), createSendContext()));
      expect(error.code).toBe("rate-limited");
      expect(error.retryAfterMs).toBeGreaterThanOrEqual(waitMs);
      expect(error.retryAfterMs).toBeLessThan(waitMs + 2_000);
    });

    itKnowsWhatWasSent(harness, openChat, run);

    it("shows choices, and takes a press for the presser's command", async () => {
      const made = await harness();
      const { channel, sink, address } = await openChat(made);
      const choices = [
        { label: "Approve", command: "/approve 3f9a", style: "primary" },
        { label: "Deny", command: "/deny 3f9a", style: "danger" },
      ] as const;
      await channel.send(outbound(address, "May I?", { choices }), createSendContext());
      await waitUntil(() => made.received().length > 0);
      if (!channel.traits.buttons) {
        const shown = made
          .received()
          .map(({ text }) => text)
          .join("\n");
        for (const { label, command } of choices) expect(shown).toMatch(new RegExp(`\\d.*${label}.*${command}`));
        return;
      }
      await made.press?.("Deny", channel);
      const press = (await sink.waitFor(2))[1];
      expect(press).toMatchObject({
        kind: "command",
        text: "/deny 3f9a",
        address,
        isAddressed: true,
      });
      expect(press?.sender).toEqual(sink.messages[0]?.sender);
    });

    it("replaces the text of a message of ours", async () => {
      const made = await harness();
      const { channel, address } = await openChat(made);
      if (channel.edit === undefined) return;
      const message = outbound(address, "first words");
      const [id = ""] = await channel.send(message, createSendContext());
      await channel.edit({ ...message, text: "second words" }, id, new AbortController().signal);
      await channel.edit({ ...message, text: "second words" }, id, new AbortController().signal);
      await waitUntil(() => made.received()[0]?.text.includes("second words") === true);
      expect(made.received()).toHaveLength(1);
    });

    it("passes on what people change and take back", async () => {
      const made = await harness();
      const { channel, sink } = await openChat(made);
      if (!channel.traits.revisions) return;
      const [original] = sink.messages;
      await made.revise?.("changed words", channel);
      const revised = (await sink.waitFor(2))[1];
      expect(revised).toMatchObject({ kind: "edit", text: "changed words", targetId: original?.id });
      expect(revised?.address).toEqual(original?.address);
      expect(revised?.sender).toEqual(original?.sender);
      expect(revised?.id).not.toBe(original?.id);
      if (made.takeBack === undefined) return;
      await made.takeBack(channel);
      expect((await sink.waitFor(3))[2]).toMatchObject({ kind: "deletion", text: "", targetId: original?.id });
    });

    it("passes on reactions to our messages, and reacts", async () => {
      const made = await harness();
      const { channel, sink, address } = await openChat(made);
      if (channel.react === undefined) return;
      const [id = ""] = await channel.send(outbound(address, "how was it?"), createSendContext());
      await made.reactToUs?.("👍", channel);
      const reaction = (await sink.waitFor(2))[1];
      expect(reaction).toMatchObject({ kind: "reaction", text: "👍", targetId: id, address });
      expect(reaction?.sender).toEqual(sink.messages[0]?.sender);
      await channel.react(address, sink.messages[0]?.id ?? "", "👍", new AbortController().signal);
    });

    it("offers our commands, and takes them in", async () => {
      const made = await harness();
      const { channel, sink } = await run(made);
      if (!channel.traits.commands) return;
      await waitUntil(() => made.offeredCommands?.().includes("stop") === true);
      expect(made.offeredCommands?.()).toEqual(expect.arrayContaining(["help", "stop"]));
      if (made.useCommand === undefined) return;
      await made.useCommand("help", "approve", channel);
      expect((await sink.waitFor(1))[0]).toMatchObject({ kind: "command", text: "/help approve", isAddressed: true });
    });

    it("reads once what was written while it was away", async () => {
      const made = await harness();
      const { channel, sink, end } = await openChat(made);
      if (!channel.traits.catchesUp || made.deliverWhileAway === undefined) return;
      await end();
      await made.deliverWhileAway({ from: "person", place: "direct", text: "are you there?" });
      await run(made, sink);
      expect((await sink.waitFor(2))[1]?.text).toBe("are you there?");
      expect(sink.messages).toHaveLength(2);
    });

    it("refuses forged and oversized calls", async () => {
      const made = await harness();
      const { channel, sink } = await run(made);
      if (channel.webhook === undefined) return;
      for (const request of made.forgedRequests?.() ?? [])
        expect([401, 403]).toContain((await channel.webhook(request)).status);
      const oversized = made.oversizedRequest?.();
      if (oversized !== undefined) expect([401, 403, 413]).toContain((await channel.webhook(oversized)).status);
      expect(sink.receivedIds).toEqual([]);
    });
  });
}
