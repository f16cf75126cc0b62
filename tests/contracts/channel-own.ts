import { Readable } from "node:stream";
import { expect, it } from "vitest";
import type { Channel, SendContext } from "../../src/core/channel.ts";
import type { Address, InboundMessage } from "../../src/core/message.ts";
import { createSendContext, outbound, waitUntil, type RecordingSink } from "../doubles/channel-context.ts";
import type { ChannelHarness, Running } from "./channel-harness.ts";

type Run = (made: ChannelHarness, sink?: RecordingSink) => Promise<Running>;

/** The part of the channel contract about what the account itself sends: by us, or by its owner with another program. */
export function itTellsOwnMessages(harness: () => Promise<ChannelHarness>, run: Run): void {
  const byHand = ({ messages }: RecordingSink): readonly InboundMessage[] => messages.filter(({ isOwn }) => isOwn);

  /** As the outbox does it, what the adapter notes is kept with each part. */
  const context = ({ state }: ChannelHarness): SendContext =>
    createSendContext([], state === undefined ? {} : { state });

  /** Waits until everything that was there before has been taken. */
  async function mark(made: ChannelHarness, channel: Channel, sink: RecordingSink, text: string): Promise<void> {
    await made.deliver({ from: "person", place: "direct", text }, channel);
    await waitUntil(
      () => sink.messages.some((message) => message.text === text),
      15_000,
      () => text,
    );
  }

  it("takes its own messages for nobody else's", async () => {
    const made = await harness();
    const { channel, sink } = await run(made);
    await made.deliver({ from: "self", place: "direct", text: "my own words" }, channel);
    await mark(made, channel, sink, "marker");
    expect(sink.messages.filter(({ isOwn }) => isOwn !== true).map(({ text }) => text)).toEqual(["marker"]);
    if (made.sendElsewhere === undefined) expect(sink.messages).toHaveLength(1);
  });

  it.each(["direct", "group"] as const)(
    "hands over once, as the owner's, what is sent elsewhere: %s",
    async (place) => {
      const made = await harness();
      if (made.sendElsewhere === undefined || (place === "group" && !made.groups)) return;
      const { channel, sink, end } = await run(made);
      await made.deliver({ from: "person", place, text: "are you there?" }, channel);
      const [asked] = await sink.waitFor(1);
      await made.sendElsewhere({ place, text: "I answer myself" }, channel);
      await waitUntil(() => byHand(sink).length > 0, 30_000);
      const [own] = byHand(sink);
      expect(own).toMatchObject({
        text: "I answer myself",
        address: asked?.address,
        kind: "message",
        attachments: [],
        isAddressed: false,
        isGroup: place === "group",
        sender: { isBot: false },
      });
      expect(own?.sender.id.startsWith(`${made.name}:`)).toBe(true);
      expect(own?.sender.id).not.toBe(asked?.sender.id);
      expect(Number.isSafeInteger(own?.sentAt)).toBe(true);
      expect(JSON.parse(JSON.stringify(own))).toEqual(own);
      await end();
      const next = await run(made, sink);
      await mark(made, next.channel, sink, "marker");
      // Given again it has the same id, by which it is known.
      expect(byHand(sink)).toHaveLength(1);
    },
  );

  it("hands over nothing that we sent, also of a send that was cut off before its id was known", async () => {
    const made = await harness();
    if (made.sendElsewhere === undefined) return;
    const { channel, sink, end } = await run(made);
    await made.deliver({ from: "person", place: "direct", text: "hi" }, channel);
    const address = (await sink.waitFor(1))[0]?.address as Address;
    const limit = Math.min(made.maxPartLength ?? channel.traits.maxTextLength, 10_000);
    const file = await made.files.save(Readable.from([Buffer.from("%PDF-1.7 report")]), { name: "report.pdf" });
    const attachments = channel.traits.files ? [file] : [];
    const answer = outbound(address, "word ".repeat(limit / 4), { attachments });
    const [id = ""] = await channel.send(answer, context(made));
    await channel.edit?.({ ...answer, text: "other words" }, id, new AbortController().signal);
    made.failSend?.["cut-after-accept"]?.(0);
    const cut = channel.send(outbound(address, "was it sent?"), context(made));
    await cut.catch(() => undefined);
    await mark(made, channel, sink, "marker");
    await end();
    const next = await run(made, sink);
    await next.channel.send(outbound(address, "after"), context(made));
    await mark(made, next.channel, sink, "second marker");
    await made.sendElsewhere({ place: "direct", text: "by hand" }, next.channel);
    await waitUntil(() => byHand(sink).length > 0, 30_000);
    expect(byHand(sink).map(({ text }) => text)).toEqual(["by hand"]);
  });
}
