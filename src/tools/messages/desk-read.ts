import { z } from "zod";
import type { CdcStore, PromiseRecord, ThreadRecord } from "../../core/cdc.ts";
import { parseConversationId } from "../../core/message.ts";
import type { Tool } from "../../core/tool.ts";
import { formatDay } from "../daily/days.ts";
import { defineTool, words } from "../define.ts";
import { cutLine } from "../reach.ts";
import { checkOwnerAlone, type OwnerOnly } from "./owner-only.ts";

export interface DeskReadOptions extends OwnerOnly {
  readonly desk: Pick<CdcStore, "threads" | "pendingDrafts" | "openPromises" | "waitingFollowUps" | "decisions">;
  /** What a digest would tell of the last hours: CommonMark by its template, at most so long. Marks nothing as told. */
  readonly digest: (hours: number, maxChars: number) => Promise<string>;
  /** The owner's. */
  readonly timeZone: string;
  readonly cleanText: (text: string) => string;
}

const maxListed = 40;
const dayMs = 86_400_000;

/** What waits for the owner on the channels that are watched for them. */
export function createDeskRead(options: DeskReadOptions): Tool {
  const { desk, timeZone } = options;

  return defineTool({
    name: "desk_read",
    description:
      "Shows the owner what waits on the channels watched for them: a digest, drafts to approve, threads to answer, threads in which others owe an answer, promises, reminders.",
    input: z.strictObject({
      what: z.enum(["digest", "drafts", "to-answer", "awaiting", "promises", "follow-ups"]),
      hours: z.number().min(1).max(336).optional().describe("Of a digest; 24 when absent."),
      olderThanDays: z.number().min(0).max(90).optional().describe("Of threads: silent for at least so long."),
      maxChars: z.int().min(200).max(10_000).optional().describe("Of a digest; 3500 when absent."),
    }),
    effect: "read",
    keywords: [
      ...words("drafts digest promises promised follow-ups reminders desk entwürfe versprochen"),
      "waits for me",
      "waiting for",
      "to answer",
      "owe me",
      "what did i miss",
    ],
    timeoutMs: 20_000,
    maxOutputChars: 20_000,
    async run({ what, hours = 24, olderThanDays = 0, maxChars = 3_500 }, context) {
      checkOwnerAlone(options, context);
      const now = context.now();
      if (what === "digest") return told(await options.digest(hours, maxChars));
      if (what === "drafts") return listed("Drafts", await listDrafts(now));
      if (what === "promises") return listed("Promises", (await desk.openPromises(maxListed)).map(formatPromise));
      if (what === "follow-ups") return listed("Reminders", await listFollowUps());
      const status = what === "to-answer" ? "to-reply" : "awaiting-reply";
      const silentSince = now - olderThanDays * dayMs;
      const threads = (await desk.threads(status, maxListed)).filter(
        (thread) => thread.snoozedUntil <= now && lastAt(thread) <= silentSince,
      );
      return listed("Threads", await Promise.all(threads.map(formatThread)));
    },
  });

  function told(text: string) {
    return { text: options.cleanText(text).toWellFormed(), isOutside: true };
  }

  /** How many there are stands first, so that whoever asks can tell that there is nothing. */
  function listed(name: string, lines: readonly string[]) {
    if (lines.length === 0) return { text: `${name}: 0`, isOutside: false };
    return told([`${name}: ${lines.length}`, ...lines].join("\n"));
  }

  async function listDrafts(now: number): Promise<readonly string[]> {
    return (await desk.pendingDrafts(now, maxListed)).map(
      ({ id, question, message, createdAt }) =>
        `${id} to ${cutLine(question.senderName, 60)} since ${at(createdAt)}, who wrote: ${cutLine(question.text, 200)}\n  draft: ${cutLine(message.text, 400)}`,
    );
  }

  async function listFollowUps(): Promise<readonly string[]> {
    const waiting = await desk.waitingFollowUps(maxListed);
    return Promise.all(
      waiting.map(
        async ({ kind, conversation, reason, dueAt }) =>
          `${kind} ${at(dueAt)}: ${(await nameOf(conversation)).name}${reason === "" ? "" : ` (${cutLine(reason, 200)})`}`,
      ),
    );
  }

  async function formatThread(thread: ThreadRecord): Promise<string> {
    const { name, words: said } = await nameOf(thread.conversation);
    const reason = thread.reason === "" ? "" : ` (${cutLine(thread.reason, 120)})`;
    const head = `[${cutLine(thread.conversation, 300)}] ${name}, last written ${at(lastAt(thread))}${reason}`;
    return said === "" ? head : `${head}: ${said}`;
  }

  function formatPromise({ madeBy, person, text, due }: PromiseRecord): string {
    const who = madeBy === "owner" ? "the owner" : cutLine(person, 60);
    return `${who} promised${due === undefined ? "" : `, due ${cutLine(due, 20)}`}: ${cutLine(text, 300)}`;
  }

  /** What people call a conversation, and the last that somebody else said in it. */
  async function nameOf(conversation: string): Promise<{ readonly name: string; readonly words: string }> {
    const [last] = await desk.decisions({ conversation, limit: 1 });
    const { channel, chat } = parseConversationId(conversation);
    if (last === undefined) return { name: `${cutLine(chat, 80)} on ${channel}`, words: "" };
    const subject = last.subject === undefined || last.subject === "" ? "" : ` "${cutLine(last.subject, 100)}"`;
    return { name: `${cutLine(last.senderName, 60)}${subject} on ${channel}`, words: cutLine(last.excerpt, 300) };
  }

  function at(moment: number): string {
    const { day, time } = formatDay(moment, timeZone);
    return `${day} ${time}`;
  }
}

function lastAt({ theyWroteAt, ownerWroteAt, weWroteAt }: ThreadRecord): number {
  return Math.max(theyWroteAt, ownerWroteAt, weWroteAt);
}
