import type { Channel, ChannelContext, ChannelSink } from "../../src/core/channel.ts";
import { createLanes } from "../_shared/lanes.ts";
import type { WebhookOptions } from "./config.ts";
import { loadReplyAttachments, postReply } from "./deliver.ts";
import { formatReply } from "./format.ts";
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
  const lanes = createLanes();
  let sink: ChannelSink | undefined;

  return {
    traits: { ...traits, sendsFrom: context.options.replyUrl === undefined ? "connection" : "anywhere" },
    start: (givenSink, signal) =>
      new Promise((resolve) => {
        const stop = (): void => {
          sink = undefined;
          waiting.close();
          resolve();
        };
        if (signal.aborted) {
          stop();
          return;
        }
        sink = givenSink;
        signal.addEventListener("abort", stop, { once: true });
        givenSink.health({ state: "up" });
      }),
    webhook: (request) => receiveCall(request, context, sink, waiting, lanes),
    async send(message, delivery) {
      if (delivery.sentParts.length > 0) return delivery.sentParts;
      const reply = formatReply(message, await loadReplyAttachments(message, context));
      const { replyUrl } = context.options;
      if (replyUrl !== undefined) await postReply(reply, replyUrl, context, delivery.signal);
      waiting.give(reply);
      await delivery.recordPart(message.id);
      return [message.id];
    },
  };
}
