import { z } from "zod";
import { AppError } from "../../core/errors.ts";
import type { OutboundMessage } from "../../core/message.ts";
import { quoteBlock, quoteInline } from "../../core/quote.ts";
import { say } from "../../core/say.ts";
import type { StoreTransaction } from "../../core/store.ts";
import type { Tool } from "../../core/tool.ts";
import { defineTool, words } from "../define.ts";
import { findMessage, type PlacedMessagesOptions } from "./placed.ts";

const message = z.string().min(3).max(500).describe("Its beginning or other words of it, word for word.");
const emojiOnly = /^\p{RGI_Emoji}$/v;

/**
 * What can be done with one message of the conversation of the call, and of no other: changing one of ours, reacting,
 * answering in its thread. Changing and reacting twice is the same as once; an answer goes out once by its id.
 */
export function createMessageActions(options: PlacedMessagesOptions): readonly Tool[] {
  return [createEdit(options), createReact(options), createReplyTo(options)];
}

function createEdit(options: PlacedMessagesOptions): Tool {
  return defineTool({
    name: "edit_message",
    description: "Changes a message that you sent in this conversation.",
    input: z.strictObject({ message, text: z.string().min(1).max(8000).describe("All of the new text; CommonMark.") }),
    effect: "send",
    keywords: [
      ...words("typo korrigiere modifie modifica"),
      "edit your",
      "edit that message",
      "your message",
      "your last message",
      "deine nachricht",
    ],
    timeoutMs: 30_000,
    maxOutputChars: 300,
    describe: ({ message: old, text }) =>
      `Change our message with the words\n\n${quoteBlock(old)}\n\nto\n\n${quoteBlock(text)}`,
    async run({ message: old, text }, { conversation, address, signal }) {
      const channel = options.channel(address.channel);
      if (channel?.edit === undefined) throw cannot("change a message");
      const { platformId, ours } = await findMessage(options, conversation, old, (one) => one.ours !== undefined);
      if (ours === undefined) throw new AppError("forbidden", "It is not our message.");
      if (ours.parts > 1 || text.length > channel.traits.maxTextLength)
        throw new AppError("unsupported", "A message of several parts cannot be changed.", { hint: "Send a new one." });
      const changed: OutboundMessage = { id: ours.outboundId, address, text, attachments: [] };
      await channel.edit(changed, platformId, signal);
      return {
        text: "The message is changed.",
        isOutside: false,
        commit: (transaction: StoreTransaction) => transaction.reviseMessage(conversation, ours.outboundId, { text }),
      };
    },
  });
}

function createReact(options: PlacedMessagesOptions): Tool {
  return defineTool({
    name: "react_to_message",
    description: "Puts an emoji on a message of this conversation.",
    input: z.strictObject({
      emoji: z.string().min(1).max(20),
      message: message.optional().describe("Words of it; the latest of somebody else when absent."),
    }),
    effect: "send",
    keywords: [...words("emoji reagiere reacciona reagisci"), "react with", "react to", "a thumbs up"],
    timeoutMs: 30_000,
    maxOutputChars: 300,
    describe({ emoji, message: wanted }) {
      const which = wanted === undefined ? "the latest message" : `the message with the words\n\n${quoteBlock(wanted)}`;
      return `Put ${quoteInline(emoji)} on ${which}`;
    },
    async run({ emoji, message: wanted }, { conversation, address, signal }) {
      const channel = options.channel(address.channel);
      if (channel?.react === undefined) throw cannot("put an emoji on a message");
      if (!emojiOnly.test(emoji)) throw new AppError("bad-input", "This is not one emoji.");
      const found =
        wanted === undefined
          ? (await options.recentMessages(conversation, 10)).find((one) => one.ours === undefined)
          : await findMessage(options, conversation, wanted);
      if (found === undefined) throw new AppError("not-found", "There is no message to react to.");
      await channel.react(address, found.platformId, emoji, signal);
      return { text: "Done.", isOutside: false };
    },
  });
}

function createReplyTo(options: PlacedMessagesOptions): Tool {
  return defineTool({
    name: "reply_to_message",
    description: "Answers one certain message of this conversation, quoting it or in its thread. Not for your answer.",
    input: z.strictObject({ message, text: z.string().min(1).max(8000).describe("CommonMark.") }),
    effect: "send",
    keywords: [...words("thread threads zitiere"), "reply to", "antworte auf", "réponds à"],
    timeoutMs: 10_000,
    maxOutputChars: 300,
    describe: ({ message: wanted, text }) =>
      `Answer the message with the words\n\n${quoteBlock(wanted)}\n\nwith\n\n${quoteBlock(text)}`,
    async run({ message: wanted, text }, { conversation, address, idempotencyKey, now }) {
      const { platformId } = await findMessage(options, conversation, wanted);
      const reply: OutboundMessage = { id: idempotencyKey, address, text, attachments: [], replyToId: platformId };
      return {
        text: "The message is in the outbox and will be delivered.",
        isOutside: false,
        commit: (transaction: StoreTransaction) => say(transaction, reply, now()),
      };
    },
  });
}

function cannot(what: string): AppError {
  return new AppError("unsupported", `This channel cannot ${what}.`, { hint: "Send a message instead." });
}
