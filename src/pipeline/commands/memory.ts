import { createId } from "../../core/id.ts";
import { nameSource, scopeToKeep, toKept, type MemoryPlace, type MemoryRecord } from "../../core/memory.ts";
import type { Command, CommandContext, CommandResult } from "./command.ts";

const maxTextLength = 2_000;
const listed = 8;

export const memoryCommands: readonly Command[] = [
  {
    name: "remember",
    usage: "/remember TEXT",
    summary: "Keeps something for later: for you alone, or for the group you say it in.",
    role: "member",
    run: remember,
  },
  {
    name: "memory",
    usage: "/memory [WORDS]",
    summary: "Shows what I remember that you may see here.",
    role: "member",
    run: show,
  },
  {
    name: "forget",
    usage: "/forget ID|WORDS",
    summary: "Forgets something for good; with words, I show what fits first.",
    role: "member",
    run: forget,
  },
  {
    name: "pin",
    usage: "/pin ID",
    summary: "Keeps something remembered until you unpin or forget it.",
    role: "member",
    run: (context) => pin(context, true),
  },
  {
    name: "unpin",
    usage: "/unpin ID",
    summary: "Lets something remembered fade again.",
    role: "member",
    run: (context) => pin(context, false),
  },
];

const none: CommandResult = { text: "Nothing is remembered in this installation: memory is not there." };

function placeOf({ message, conversation }: CommandContext): MemoryPlace {
  return { conversation: conversation.id, person: message.sender.id, isGroup: message.isGroup };
}

async function remember(context: CommandContext): Promise<CommandResult> {
  const { argument, message, now, deps } = context;
  if (deps.memory === undefined) return none;
  if (argument === "") return { text: "What shall I remember? `/remember TEXT`" };
  if (argument.length > maxTextLength) return { text: `That is longer than ${maxTextLength} characters.` };
  const place = placeOf(context);
  const id = createId(now);
  const record = toKept(id, argument, {
    scope: scopeToKeep(place),
    speaker: message.sender.name,
    at: now,
    isOutside: false,
  });
  return {
    text: `Remembered for ${place.isGroup ? "this group" : "you"}. \`/forget ${id}\` takes it back.`,
    commit: (transaction) => transaction.putMemories([record]),
  };
}

async function show(context: CommandContext): Promise<CommandResult> {
  const { argument, deps } = context;
  if (deps.memory === undefined) return none;
  const place = placeOf(context);
  if (argument === "") {
    const newest = await deps.memory.newest(place, listed);
    return { text: newest.length === 0 ? "I remember nothing that you may see here yet." : list(newest) };
  }
  const { items, trouble } = await deps.memory.recall(place, argument, listed);
  const note = trouble === undefined ? "" : `\n\n(Searched by words only: ${trouble.message})`;
  if (items.length === 0) return { text: `I found nothing about that.${note}` };
  return { text: `${list(items.map(({ record }) => record))}${note}` };
}

async function forget(context: CommandContext): Promise<CommandResult> {
  const { argument, deps } = context;
  if (deps.memory === undefined) return none;
  if (argument === "") return { text: "What shall I forget? `/forget ID`, or words to look for." };
  const place = placeOf(context);
  const record = await deps.memory.find(place, argument);
  if (record !== undefined) {
    const scopes = await deps.memory.scopesAt(place);
    return {
      text: "Forgotten.",
      commit: async (transaction) => void (await transaction.forgetMemories([record.id], scopes)),
    };
  }
  const { items } = await deps.memory.recall(place, argument, listed);
  if (items.length === 0) return { text: "I remember nothing like that." };
  return { text: `Which of these? \`/forget ID\` forgets it for good.\n\n${list(items.map((item) => item.record))}` };
}

async function pin(context: CommandContext, isPinned: boolean): Promise<CommandResult> {
  const { argument, deps } = context;
  if (deps.memory === undefined) return none;
  const place = placeOf(context);
  const record = await deps.memory.find(place, argument);
  if (record === undefined) return { text: "Nothing is remembered under this id. `/memory` shows the ids." };
  const scopes = await deps.memory.scopesAt(place);
  return {
    text: isPinned ? "Pinned: it stays." : "No longer pinned.",
    commit: async (transaction) => void (await transaction.pinMemory(record.id, isPinned, scopes)),
  };
}

function list(records: readonly MemoryRecord[]): string {
  return records
    .map((record) => {
      const text = record.text.replaceAll(/\s+/g, " ").slice(0, 200).toWellFormed();
      return `- ${text} (${nameSource(record)}${record.isPinned ? ", pinned" : ""}; \`${record.id}\`)`;
    })
    .join("\n");
}
