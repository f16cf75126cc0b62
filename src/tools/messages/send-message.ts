import { z } from "zod";
import { AppError } from "../../core/errors.ts";
import { conversationId, type Address, type OutboundMessage } from "../../core/message.ts";
import { quoteBlock, quoteInline } from "../../core/quote.ts";
import { say } from "../../core/say.ts";
import type { StoreTransaction } from "../../core/store.ts";
import type { Tool } from "../../core/tool.ts";
import { defineTool, words } from "../define.ts";

/** A place that messages may be sent to, by the name that people and models call it. */
export interface MessageTarget {
  readonly name: string;
  readonly address: Address;
}

/**
 * Sends to the conversation it is called from, or to one of `targets` and nowhere else: a model names a place and
 * never writes an address. The message is put into the outbox by the transaction that records the call's result,
 * under the call's idempotency key, so it goes out exactly once.
 */
export function createSendMessage({ targets }: { readonly targets: readonly MessageTarget[] }): Tool {
  function findTarget(name: string): Address {
    const found = targets.find((target) => target.name.toLowerCase() === name.toLowerCase());
    if (found !== undefined) return found.address;
    const names = targets.map((target) => target.name).join(", ");
    throw new AppError("forbidden", "There is no such place to send to.", {
      hint: names === "" ? "Leave `to` out to send to this conversation." : `Known places: ${names}.`,
    });
  }

  return defineTool({
    name: "send_message",
    description:
      "Sends a message that other people see, to a known place or, without `to`, to this conversation. Not for your answer: that is sent by itself.",
    input: z.strictObject({
      text: z.string().min(1).max(8000).describe("CommonMark."),
      to: z
        .string()
        .min(1)
        .max(100)
        .optional()
        .describe(targets.length === 0 ? "Leave out." : "Name of a known place."),
    }),
    effect: "send",
    keywords: [
      ...words("send message tell post notify inform forward announce"),
      ...words("sende schick schicke nachricht benachrichtige informiere envoie envía mensaje invia messaggio"),
      "write to",
      "let them know",
      "sag bescheid",
    ],
    timeoutMs: 5000,
    maxOutputChars: 300,
    describe({ text, to }) {
      const address = to === undefined ? undefined : findTarget(to);
      const where =
        address === undefined
          ? "this same conversation"
          : `${quoteInline(to ?? "")} (${quoteInline(conversationId(address))})`;
      return `Send to ${where}:\n\n${quoteBlock(text)}`;
    },
    run({ text, to }, { address: here, idempotencyKey, now }) {
      const address = to === undefined ? here : findTarget(to);
      const message: OutboundMessage = { id: idempotencyKey, address, text, attachments: [] };
      return Promise.resolve({
        text: "The message is in the outbox and will be delivered.",
        isOutside: false,
        async commit(transaction: StoreTransaction) {
          await say(transaction, message, now());
        },
      });
    },
  });
}
