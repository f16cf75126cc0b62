import { parseArgs } from "node:util";
import type { CliCommand } from "../cli.ts";
import { AppError } from "../core/errors.ts";
import { conversationId, parseConversationId } from "../core/message.ts";
import { showHidden } from "../core/quote.ts";
import type { DeadLetter } from "../core/records.ts";
import type { OutboxItem } from "../core/store.ts";
import { openForCommands, type CommandStore } from "../open-store.ts";
import { commonOptions, commonUsage, loadConfigOf, needWord, pickAction } from "./options.ts";
import { formatTable, formatTime, paint, plain, printJson, printLine } from "./print.ts";

const maxListed = 500;
const holdMs = 30_000;

/** What Parlance gave up, and sends of which nobody can tell whether they arrived: a person decides. */
export const deadLetters: CliCommand = {
  summary: "Shows what was given up or may not have arrived, and does what you decide about it.",
  usage: `dead-letters list|show ID|retry ID|discard ID [options]

  list     messages that could not be answered (turn) or sent (send), and sends that may or may not have arrived (uncertain)
  show     all that is known about one
  retry    answers or sends it again; an uncertain one may arrive twice, that is your decision
  discard  leaves it as it is and takes it off the list

${commonUsage}`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: commonOptions,
      allowPositionals: true,
    });
    const action = pickAction(positionals[0], ["list", "show", "retry", "discard"], "list");
    const id =
      action === "list"
        ? ""
        : needWord(positionals[1], "The id", `dead-letters ${action} ID   ("parlance dead-letters list" shows them)`);
    const store = await openForCommands(await loadConfigOf(values));
    try {
      if (action === "list") return await list(store, values.json);
      if (action === "show") return await show(store, id, values.json);
      const done = await decide(store, id, action);
      const isRunning = await store.hasLiveOwner();
      if (values.json) printJson({ id, action, kind: done.kind, isServiceRunning: isRunning });
      else
        printLine(
          action === "discard"
            ? "Discarded."
            : isRunning
              ? `It is ${done.kind === "turn" ? "answered" : "sent"} again within seconds.`
              : `It is ${done.kind === "turn" ? "answered" : "sent"} again when you start the service with "parlance start".`,
        );
      return 0;
    } finally {
      await store.close();
    }
  },
};

/** One thing to decide about. */
interface Case {
  readonly id: string;
  readonly kind: DeadLetter["kind"] | "uncertain";
  readonly conversation: string;
  readonly reason: string;
  readonly at: number;
  readonly item?: OutboxItem;
}

/** An uncertain send has no dead letter: the outbox row itself waits. It was last due when it was tried. */
function ofItem(item: OutboxItem): Case {
  return {
    id: item.message.id,
    kind: "uncertain",
    conversation: item.conversation,
    reason: item.error ?? "",
    at: item.nextAt,
    item,
  };
}

async function ofLetter(store: CommandStore, letter: DeadLetter): Promise<Case> {
  const { id, kind, ref, reason, at } = letter;
  if (kind === "turn") return { id, kind, conversation: ref, reason, at };
  const item = await store.outboxItem(ref);
  return {
    id,
    kind,
    conversation: item?.conversation ?? "",
    reason,
    at,
    ...(item === undefined ? {} : { item }),
  };
}

async function list(store: CommandStore, isJson: boolean): Promise<number> {
  const letters: Case[] = [];
  for (const letter of await store.deadLetters(maxListed)) letters.push(await ofLetter(store, letter));
  const cases = [...letters, ...(await store.uncertainOutbox(maxListed)).map(ofItem)];
  if (isJson) printJson(cases.map(({ item: _item, ...shown }) => shown));
  else if (cases.length === 0) printLine("Nothing was given up, and every send is certain.");
  else {
    const rows = cases.map(({ id, kind, at, conversation, reason }) => [
      id,
      paint(kind === "uncertain" ? "yellow" : "red", kind),
      formatTime(at),
      `${plain(conversation)}: ${plain(reason)}`,
    ]);
    printLine(formatTable(["ID", "KIND", "SINCE", "WHERE AND WHY"], rows));
    printLine(paint("dim", '\n"parlance dead-letters show ID" tells more; retry ID or discard ID settles it.'));
  }
  return 0;
}

async function find(store: CommandStore, id: string): Promise<Case> {
  const letter = await store.deadLetter(id);
  if (letter?.state === "open") return ofLetter(store, letter);
  if (letter !== undefined) throw new AppError("conflict", `This one was ${letter.state} already.`);
  const item = await store.outboxItem(id);
  if (item?.state === "uncertain") return ofItem(item);
  throw new AppError(
    "not-found",
    item === undefined
      ? "There is no dead letter with this id."
      : `This message is not uncertain: it is ${item.state}.`,
    { hint: '"parlance dead-letters list" shows what there is.' },
  );
}

async function show(store: CommandStore, id: string, isJson: boolean): Promise<number> {
  const { item, ...found } = await find(store, id);
  const { channel, chat } = parseConversationId(found.conversation);
  // A given-up turn keeps its mail in the conversation, right before it was given up.
  const mail =
    found.kind === "turn"
      ? (await store.transcript(channel).read(chat, { limit: 20, beforeAt: found.at + 1 }))
          .filter((entry) => entry.direction === "in")
          .slice(-3)
      : [];
  if (isJson) {
    printJson({
      ...found,
      ...(item === undefined
        ? {}
        : { message: item.message, attempts: item.attempts, parts: item.parts, error: item.error }),
      ...(found.kind === "turn" ? { mail } : {}),
    });
    return 0;
  }
  const rows = [
    ["id", found.id],
    [
      "kind",
      {
        turn: "turn: a message that could not be answered",
        send: "send: a message that could not be sent",
        uncertain: "uncertain: it may or may not have arrived",
      }[found.kind],
    ],
    ["chat", plain(found.conversation)],
    ["since", formatTime(found.at)],
    ["why", plain(found.reason)],
    ...(item === undefined
      ? []
      : [
          ["attempts", String(item.attempts)],
          ["parts sent", String(item.parts.length)],
        ]),
  ];
  printLine(
    formatTable(
      ["", ""],
      rows.map(([name = "", value = ""]) => [paint("bold", name), value]),
    ),
  );
  const texts = item === undefined ? mail.map(({ senderName, text }) => `${senderName}: ${text}`) : [item.message.text];
  for (const text of texts) printLine(`\n${showHidden(text)}`);
  if (found.kind !== "turn" && item === undefined) printLine("\nIts message is no longer kept.");
  return 0;
}

/**
 * Two people may decide at the same moment: a named lease lets one of them look and write, and the other then finds it
 * settled. Otherwise the second retry could put a message back that is being sent.
 */
async function decide(store: CommandStore, id: string, action: "retry" | "discard"): Promise<Case> {
  if (!(await store.takeNamedLease(`decide:${id}`, store.owner, Date.now(), holdMs)))
    throw new AppError("conflict", "Somebody else decides about this one right now.", {
      hint: "Look again in half a minute.",
    });
  try {
    const found = await find(store, id);
    if (action === "retry" && found.kind !== "turn") needResendable(found);
    const now = Date.now();
    await store.write(async (transaction) => {
      if (found.kind !== "uncertain") await transaction.setDeadLetter(id, action === "retry" ? "retried" : "discarded");
      if (found.kind === "turn") {
        if (action === "retry" && (await transaction.reopenInbox(id)).length === 0)
          throw new AppError("not-found", "Its mail is no longer kept, so it cannot be answered again.", {
            hint: `"parlance dead-letters discard ${id}" takes it off the list.`,
          });
      } else if (found.item !== undefined) {
        const { message } = found.item;
        if (action === "retry")
          await transaction.updateOutbox(message.id, {
            state: "pending",
            attempts: 0,
            nextAt: now,
            owner: null,
            ownedUntil: 0,
            error: null,
          });
        else if (found.kind === "uncertain") await transaction.updateOutbox(message.id, { state: "dropped" });
      }
      const subject = found.item === undefined ? found.conversation : conversationId(found.item.message.address);
      await transaction.audit(
        {
          kind: `dead-letter.${action === "retry" ? "retried" : "discarded"}`,
          actor: "cli",
          subject,
          details: { id, kind: found.kind },
        },
        now,
      );
    });
    return found;
  } finally {
    await store.releaseNamedLeases(store.owner);
  }
}

function needResendable({ id, item }: Case): void {
  if (item === undefined)
    throw new AppError("not-found", "Its message is no longer kept, so it cannot be sent again.", {
      hint: `"parlance dead-letters discard ${id}" takes it off the list.`,
    });
  if (item.state !== "failed" && item.state !== "uncertain")
    throw new AppError("conflict", `The message is ${item.state}; there is nothing to send again.`);
}
