import { expect, it } from "vitest";
import type { Address } from "../../src/core/message.ts";
import { createSendContext, outbound, waitUntil, type RecordingSink } from "../doubles/channel-context.ts";
import type { ChannelHarness, Running } from "./channel-harness.ts";

type OpenChat = (made: ChannelHarness) => Promise<Running & { readonly address: Address }>;

/** The part of the channel contract about sends that were cut off: by the network, or because the process died. */
export function itKnowsWhatWasSent(
  harness: () => Promise<ChannelHarness>,
  openChat: OpenChat,
  run: (made: ChannelHarness, sink?: RecordingSink) => Promise<Running>,
): void {
  it.each(["cut-after-accept", "cut-before-accept"] as const)(
    "never doubles a send whose outcome is unknown: %s",
    async (how) => {
      const made = await harness();
      const fail = made.failSend?.[how];
      if (fail === undefined) return;
      const { channel, sink, address, end } = await openChat(made);
      await channel.send(outbound(address, "before"), createSendContext());
      const message = outbound(address, "only once");
      const hint = channel.reconcileHint?.(message);
      fail(0);
      const first = createSendContext();
      await expect(channel.send(message, first)).rejects.toMatchObject({
        code: "send-uncertain",
      });
      expect(first.recorded).toEqual([]);
      const { reconciles } = channel.traits;
      if (reconciles === "none") {
        const told = await channel.reconcile?.(message, createSendContext([], hint === undefined ? {} : { hint }));
        if (told !== undefined) expect(told.state).toBe("unknown");
        return;
      }
      // The process may have died meanwhile: another adapter finds out.
      await end();
      const { channel: next } = await run(made, sink);
      const known = await next.reconcile?.(message, createSendContext([], hint === undefined ? {} : { hint }));
      if (reconciles === "probe")
        expect(known).toMatchObject({ state: how === "cut-after-accept" ? "arrived" : "absent" });
      if (known?.state !== "arrived") await next.send(message, createSendContext());
      // Died between the last part and settling the row: nothing is left in doubt.
      if (known?.state === "arrived") {
        const complete = await next.reconcile?.(
          message,
          createSendContext([known.platformId], hint === undefined ? {} : { hint }),
        );
        expect(complete?.state).not.toBe("unknown");
      }
      await next.send(outbound(address, "after"), createSendContext());
      await waitUntil(() => made.received().some(({ text }) => text.includes("after")));
      expect(made.received().filter(({ text }) => text.includes("only once"))).toHaveLength(1);
    },
  );

  it("knows that a send which had not begun did not arrive, and asks nobody about one that is complete", async () => {
    const made = await harness();
    const { channel, sink, address, end } = await openChat(made);
    if (channel.reconcile === undefined) return;
    const message = outbound(address, "at last");
    const hint = channel.reconcileHint?.(message);
    const extra = hint === undefined ? {} : { hint };
    await end();
    const { channel: next } = await run(made, sink);
    expect(await next.reconcile?.(message, createSendContext([], extra))).toEqual({ state: "absent" });
    const ids = await next.send(message, createSendContext());
    expect((await next.reconcile?.(message, createSendContext(ids, extra)))?.state).not.toBe("unknown");
    await waitUntil(() => made.received().length === 1);
  });
}
