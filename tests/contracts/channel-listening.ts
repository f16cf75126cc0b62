import { expect, it } from "vitest";
import type { Channel } from "../../src/core/channel.ts";
import { createRecordingSink, type RecordingSink } from "../doubles/channel-context.ts";
import type { ChannelHarness, PlatformEvent, Running } from "./channel-harness.ts";

const pngBytes = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");

/** The part of the channel contract about a mode in which everything is heard, and nobody sees that somebody listens. */
export function itOnlyListens(
  harness: () => Promise<ChannelHarness>,
  run: (made: ChannelHarness, sink: RecordingSink, channel: Channel) => Promise<Running>,
): void {
  it("hears everything and shows nothing while it only listens", async () => {
    const made = await harness();
    const offered = made.offeredCommands?.();
    const sink = createRecordingSink();
    const { channel } = await run(
      made,
      sink,
      made.create(() => true),
    );
    const says: PlatformEvent[] = [
      { from: "person", place: "direct", text: "in private" },
      ...(channel.traits.files
        ? [{ from: "person", place: "direct", text: "look", file: { name: "dot.png", content: pngBytes } } as const]
        : []),
      ...(made.groups ? [{ from: "person", place: "group", text: "to all", isMention: true } as const] : []),
      ...(channel.traits.threads && made.groups
        ? [{ from: "person", place: "thread", text: "in a thread", isMention: true } as const]
        : []),
    ];
    for (const say of says) await made.deliver(say, channel);
    await made.revise?.("other words", channel);
    const revisions = channel.traits.revisions && made.revise !== undefined ? 1 : 0;
    await sink.waitFor(says.length + revisions);
    expect(made.received()).toEqual([]);
    expect(made.offeredCommands?.()).toEqual(offered);
  });
}
