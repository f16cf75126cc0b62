import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Config } from "../../config/schema.ts";
import type { CliCommand } from "../cli.ts";
import { AppError } from "../core/errors.ts";
import { createId } from "../core/id.ts";
import { say } from "../core/say.ts";
import { conversationId, parseConversationId, type Address, type OutboundMessage } from "../core/message.ts";
import { pickNearest } from "../core/nearest.ts";
import type { OutboxItem } from "../core/store.ts";
import { openForCommands, type CommandStore } from "../open-store.ts";
import { commonOptions, commonUsage, loadConfigOf, needWord, readPiped } from "./options.ts";
import { printJson, printLine } from "./print.ts";

const maxTextChars = 64_000;
const waitMs = 60_000;

/** Puts a message into the outbox, as certain to go out as any answer. */
export const send: CliCommand = {
  summary: "Sends a message to a chat: it is put into the outbox, and the running service sends it.",
  usage: `send ADDRESS TEXT|- [options]

  ADDRESS  channel/chat or channel/chat/thread, such as telegram/42; write %2F for a / within a part
  TEXT     CommonMark; - reads it from standard input

  --wait   waits until it is sent, at most a minute; exit status 1 when it is not
${commonUsage}`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { ...commonOptions, wait: { type: "boolean", default: false } },
      allowPositionals: true,
    });
    const example = 'send telegram/42 "The build is done."';
    const loaded = await loadConfigOf(values);
    const address = parseAddress(needWord(positionals[0], "The address", example), loaded.config);
    const words = needWord(positionals.slice(1).join(" "), "The text", example);
    const text = (words === "-" ? await readPiped(maxTextChars) : words).trim();
    if (text === "") throw new AppError("bad-input", "The text is empty.");
    if (text.length > maxTextChars)
      throw new AppError("too-large", `The text is longer than ${maxTextChars} characters.`);
    const store = await openForCommands(loaded);
    try {
      const id = await queueMessage(store, address, text);
      const isRunning = await store.hasLiveOwner();
      const item = values.wait && isRunning ? await untilSettled(store, id) : await store.outboxItem(id);
      const state = item?.state ?? "pending";
      if (values.json)
        printJson({
          id,
          address,
          state,
          isServiceRunning: isRunning,
          ...(item?.error === undefined ? {} : { error: item.error }),
        });
      else printLine(describe(state, isRunning, item?.error));
      return values.wait && state !== "sent" ? 1 : 0;
    } finally {
      await store.close();
    }
  },
};

function parseAddress(word: string, config: Config): Address {
  const address = parseConversationId(word);
  if (address.chat === "" || address.thread === "" || word.split("/").length > 3) {
    throw new AppError("bad-input", "The address is not understood.", {
      hint: "It looks like channel/chat or channel/chat/thread; a / within a part is written %2F.",
    });
  }
  const channel = config.channels[address.channel];
  if (channel === undefined) {
    const names = Object.keys(config.channels);
    const nearest = pickNearest(address.channel, names);
    throw new AppError("not-found", `There is no channel "${address.channel}".`, {
      hint:
        nearest !== undefined
          ? `Did you mean "${nearest}"?`
          : names.length === 0
            ? "None is configured."
            : `There are: ${names.join(", ")}.`,
    });
  }
  if (channel.mode === "off")
    throw new AppError("conflict", `The channel "${address.channel}" is off.`, {
      hint: "Set its mode in the configuration.",
    });
  return address;
}

/** One transaction: the row to be sent, the line that pages show, and the audit's row. */
async function queueMessage(store: CommandStore, address: Address, text: string): Promise<string> {
  const now = Date.now();
  const conversation = conversationId(address);
  const message: OutboundMessage = { id: createId(now), address, text, attachments: [] };
  const known = await store.conversation(conversation);
  // A conversation is made by its first lease; one that is known may be at work, and is left alone.
  const taken = known === undefined ? await store.takeLease(conversation, store.owner, now, 5_000) : undefined;
  await store.write(async (transaction) => {
    await say(transaction, message, now);
    await transaction.audit(
      { kind: "message.queued", actor: "cli", subject: conversation, details: { id: message.id } },
      now,
    );
    if (taken !== undefined) await transaction.releaseLease(taken.lease);
  });
  return message.id;
}

async function untilSettled(store: CommandStore, id: string): Promise<OutboxItem | undefined> {
  const until = Date.now() + waitMs;
  for (;;) {
    const item = await store.outboxItem(id);
    const isOpen = item?.state === "pending" || item?.state === "sending";
    if (!isOpen || Date.now() > until) return item;
    await sleep(100);
  }
}

function describe(state: OutboxItem["state"], isRunning: boolean, error: string | undefined): string {
  if (!isRunning) return 'Queued. No service is running: it is sent when you start one with "parlance start".';
  const because = error === undefined ? "" : ` (${error})`;
  switch (state) {
    case "sent":
      return "Sent.";
    case "failed":
      return `It could not be sent${because}. See "parlance dead-letters list".`;
    case "uncertain":
      return `It may or may not have been sent${because}. See "parlance dead-letters list".`;
    case "dropped":
      return `It was dropped${because}.`;
    default:
      return `Queued; the running service sends it${because}.`;
  }
}
