import { z } from "zod";
import { AppError } from "../core/errors.ts";
import { nameSource, scopeToKeep, toKept, type MemoryDesk, type MemoryPlace } from "../core/memory.ts";
import { quoteBlock, quoteInline } from "../core/quote.ts";
import type { Tool, ToolContext } from "../core/tool.ts";
import { defineTool, words } from "./define.ts";

const recallWords = words(
  "remember recall memory notes document documents handbook erinnerst notiz notizen handbuch souviens recuerdas ricordi",
);

/** Remembering, recalling and forgetting, within what the person who asks may see. */
export function createMemoryTools(desk: MemoryDesk): readonly Tool[] {
  return [createRemember(desk), createRecall(desk), createForget(desk)];
}

function createRemember(desk: MemoryDesk): Tool {
  return defineTool({
    name: "remember",
    description:
      "Keeps a fact for later conversations, in a sentence that stands by itself. Use it when somebody asks to remember something, or states a lasting preference.",
    input: z.strictObject({
      text: z.string().min(1).max(2_000),
      for: z
        .enum(["here", "team"])
        .optional()
        .describe("here (this person, or this group) when absent; team: for all members."),
    }),
    effect: "write",
    keywords: words("remember memory prefer always never merke merk notiere behalte retiens recuerda ricorda"),
    timeoutMs: 5_000,
    maxOutputChars: 500,
    async run(input, context) {
      const place = placeOf(context);
      const isForTeam = input.for === "team";
      if (isForTeam && !(await desk.scopesAt(place)).includes("team"))
        throw new AppError("forbidden", "Only members keep something for the team.");
      const record = toKept(`kept:${context.idempotencyKey}`, input.text, {
        scope: isForTeam ? "team" : scopeToKeep(place),
        speaker: context.sender.name,
        at: context.now(),
        isOutside: context.isTainted !== false,
      });
      return {
        text: `Remembered as ${record.id}.`,
        isOutside: false,
        commit: (transaction) => transaction.putMemories([record]),
      };
    },
  });
}

function createRecall(desk: MemoryDesk): Tool {
  return defineTool({
    name: "recall",
    description:
      "Searches what is remembered: facts, documents, what was said lately elsewhere. Name the source in [brackets] when you use a find.",
    input: z.strictObject({
      query: z.string().min(1).max(500),
      limit: z.int().min(1).max(20).optional().describe("8 when absent."),
    }),
    effect: "read",
    keywords: recallWords,
    timeoutMs: 10_000,
    maxOutputChars: 12_000,
    async run({ query, limit = 8 }, context) {
      const { items, trouble } = await desk.recall(placeOf(context), query, limit);
      const notes = trouble === undefined ? [] : [`(Searched by words only: ${trouble.message})`];
      if (items.length === 0)
        return { text: ["Nothing is remembered about this.", ...notes].join("\n"), isOutside: false };
      const lines = items.map(
        ({ record }) => `[${nameSource(record)}] (id ${record.id}) ${record.text.slice(0, 1_200).toWellFormed()}`,
      );
      return { text: [...lines, ...notes].join("\n"), isOutside: items.some(({ record }) => record.isOutside) };
    },
  });
}

function createForget(desk: MemoryDesk): Tool {
  return defineTool({
    name: "forget",
    description: "Forgets one thing for good. Find its id and its words with recall first.",
    input: z.strictObject({
      id: z.string().min(1).max(500),
      text: z.string().min(1).max(2_000).describe("What it says, word for word, or its beginning."),
    }),
    effect: "destroy",
    keywords: words("forget memory vergiss oublie olvida dimentica"),
    timeoutMs: 5_000,
    maxOutputChars: 500,
    describe: ({ id, text }) => `Forget ${quoteInline(id)} for good:\n\n${quoteBlock(text)}`,
    async run({ id, text }, context) {
      const place = placeOf(context);
      const record = await desk.find(place, id);
      if (record === undefined) throw new AppError("not-found", "Nothing is remembered under this id.");
      // What a person agreed to is what is forgotten.
      if (!normalise(record.text).startsWith(normalise(text)))
        throw new AppError("conflict", "Under this id something else is remembered.", {
          hint: "Use recall to find the right id and its words.",
        });
      const scopes = await desk.scopesAt(place);
      return {
        text: "Forgotten.",
        isOutside: false,
        commit: async (transaction) => void (await transaction.forgetMemories([id], scopes)),
      };
    },
  });
}

/** Where nobody can tell, others may read along. */
function placeOf({ conversation, sender, isGroup = true }: ToolContext): MemoryPlace {
  return { conversation, person: sender.id, isGroup };
}

function normalise(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
