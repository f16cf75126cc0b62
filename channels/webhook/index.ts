import type { Channel, ChannelContext, ChannelSink } from "../../src/core/channel.ts";
import { createArrivals } from "../_shared/arrivals.ts";
import { settleWithGrace } from "../_shared/grace.ts";
import { createLanes } from "../_shared/lanes.ts";
import { sleepUntilAborted } from "../_shared/reconnect.ts";
import type { WebhookOptions } from "./config.ts";
import { loadReplyAttachments, postReply } from "./deliver.ts";
import { formatReply, type Reply } from "./format.ts";
import { receiveCall } from "./receive.ts";
import { traits } from "./traits.ts";
import { createWaiting } from "./waiting.ts";

export { optionsSchema } from "./config.ts";

/**
 * Signed JSON over HTTP, in and out. A reply goes to the caller that waits for it and, where `replyUrl` is set, there
 * too, with the same id. Without either it is only kept in the transcript.
 */
export function createChannel(context: ChannelContext<WebhookOptions>): Channel {
  const waiting = createWaiting(1000);
  const order = { arrivals: createArrivals(), lanes: createLanes() };
  let sink: ChannelSink | undefined;
  const posts = new Set<Promise<void>>();
  /** Aborts when a stop has waited long enough for the receiver of replies. What is cut off is posted again later. */
  let patience = new AbortController();

  async function post(reply: Reply, url: string, signal: AbortSignal): Promise<void> {
    const posting = postReply(reply, url, context, AbortSignal.any([signal, patience.signal]));
    posts.add(posting);
    await posting.finally(() => posts.delete(posting));
  }

  return {
    traits: { ...traits, sendsFrom: context.options.replyUrl === undefined ? "connection" : "anywhere" },
    async start(givenSink, signal) {
      if (signal.aborted) return;
      const close = (): void => {
        sink = undefined;
        waiting.close();
      };
      sink = givenSink;
      signal.addEventListener("abort", close, { once: true });
      givenSink.health({ state: "up" });
      await sleepUntilAborted(2 ** 31 - 1, signal);
      await settleWithGrace(Promise.allSettled(posts), signal);
      patience.abort();
      patience = new AbortController();
    },
    webhook: (request) => receiveCall(request, context, sink, waiting, order),
    async send(message, delivery) {
      if (delivery.sentParts.length > 0) return delivery.sentParts;
      const reply = formatReply(message, await loadReplyAttachments(message, context));
      const { replyUrl } = context.options;
      if (replyUrl !== undefined) await post(reply, replyUrl, delivery.signal);
      waiting.give(reply);
      await delivery.recordPart(message.id);
      return [message.id];
    },
  };
}
