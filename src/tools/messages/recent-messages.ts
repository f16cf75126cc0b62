import { z } from "zod";
import type { InboundMessage } from "../../core/message.ts";
import type { InboxItem } from "../../core/store.ts";
import type { Tool } from "../../core/tool.ts";
import { formatDay } from "../daily/days.ts";
import { defineTool, words } from "../define.ts";
import { cutLine } from "../reach.ts";
import { checkOwnerAlone, type OwnerOnly } from "./owner-only.ts";

export interface RecentMessagesOptions extends OwnerOnly {
  /** The newest `limit` rows of what came in at or after `since`, oldest first. */
  readonly received: (since: number, limit: number) => Promise<readonly InboxItem[]>;
  /** The owner's. */
  readonly timeZone: string;
  readonly cleanText: (text: string) => string;
}

/** A message as it reads now. */
interface Said extends Pick<InboxItem, "conversation"> {
  readonly message: InboundMessage;
}

const maxRows = 5_000;

/** What people and machines wrote in a span of time, over all channels, whether it was answered or not. */
export function createRecentMessages(options: RecentMessagesOptions): Tool {
  const { received, timeZone, cleanText } = options;
  return defineTool({
    name: "recent_messages",
    description:
      "Shows the owner what came in lately over all their channels, mail and groups included, chat by chat: for summaries, open questions, dates in mail.",
    input: z.strictObject({
      hours: z.number().min(0.1).max(744).describe("So far back from now."),
      channel: z.string().min(1).max(60).optional().describe("Only this one, by its name in the configuration."),
      chat: z.string().min(1).max(300).optional().describe("Only this chat of the channel, by its id."),
      words: z.string().min(1).max(300).optional().describe("Only what holds one of these words, or its writer does."),
      people: z.boolean().optional().describe("true: nothing that machines wrote."),
      limit: z.int().min(1).max(500).optional().describe("The newest; 100 when absent."),
      maxChars: z.int().min(20).max(4_000).optional().describe("Of each message; 300 when absent."),
    }),
    effect: "read",
    keywords: [
      ...words("inbox unread missed mails messages summarise summarize summary digest"),
      ...words("verpasst nachrichten posteingang zusammenfassung"),
      "came in",
      "what happened",
      "catch me up",
    ],
    timeoutMs: 20_000,
    maxOutputChars: 60_000,
    async run({ hours, channel, chat, words: wanted, people = false, limit = 100, maxChars = 300 }, context) {
      checkOwnerAlone(options, context);
      const rows = await received(context.now() - hours * 3_600_000, maxRows);
      const matching = foldRevisions(rows).filter(
        ({ message }) =>
          (channel === undefined || message.address.channel === channel) &&
          (chat === undefined || message.address.chat === chat) &&
          !(people && (message.isAutomated === true || message.sender.isBot)) &&
          hasOneOf(message, wanted),
      );
      if (matching.length === 0) return { text: "Messages: 0", isOutside: false };
      const shown = matching.slice(-limit);
      const left = matching.length - shown.length;
      const blocks = [...Map.groupBy(shown, ({ conversation }) => conversation)].map(([conversation, said]) =>
        [formatHead(conversation, said), ...said.map((one) => formatLine(one, timeZone, maxChars))].join("\n"),
      );
      const head = `Messages: ${matching.length}${left > 0 ? ` (the newest ${shown.length} of them)` : ""}`;
      return { text: cleanText([head, ...blocks].join("\n\n")).toWellFormed(), isOutside: true };
    },
  });
}

/** Messages with their latest words; those taken back, reactions and commands are left out. */
function foldRevisions(rows: readonly InboxItem[]): readonly Said[] {
  const found = new Map<string, Said>();
  for (const { conversation, message } of rows) {
    const key = (id: string) => `${conversation} ${id}`;
    const target = key(message.targetId ?? "");
    const before = found.get(target);
    const isTheirs = before !== undefined && before.message.sender.id === message.sender.id;
    if (message.kind === "message") found.set(key(message.id), { conversation, message });
    else if (message.kind === "deletion") found.delete(target);
    else if (message.kind === "edit" && isTheirs)
      found.set(target, { conversation, message: { ...before.message, text: message.text } });
  }
  return [...found.values()];
}

function hasOneOf({ text, subject = "", sender }: InboundMessage, wanted: string | undefined): boolean {
  if (wanted === undefined) return true;
  const plain = `${text} ${subject} ${sender.name}`.toLowerCase();
  return wanted
    .toLowerCase()
    .split(/[\s,]+/)
    .some((word) => word !== "" && plain.includes(word));
}

function formatHead(conversation: string, said: readonly Said[]): string {
  const subject = said.findLast(({ message }) => (message.subject ?? "") !== "")?.message.subject;
  return `# ${cutLine(conversation, 200)}${subject === undefined ? "" : `: ${cutLine(subject, 150)}`}`;
}

function formatLine({ message }: Said, timeZone: string, maxChars: number): string {
  const { day, time } = formatDay(message.sentAt, timeZone);
  const files = message.attachments.map(({ name }) => ` [file ${cutLine(name, 80)}]`).join("");
  const by = message.isOwn === true ? "the owner" : cutLine(message.sender.name, 60);
  return `[${day} ${time}] ${by}: ${cutLine(message.text, maxChars)}${files}`;
}
