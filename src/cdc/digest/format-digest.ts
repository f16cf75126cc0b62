import { quoteInline } from "../../core/quote.ts";
import { createDigestDays } from "./digest-days.ts";
import {
  sectionKinds,
  sectionTitles,
  type Digest,
  type DigestChannel,
  type DigestItem,
  type DigestTarget,
} from "./digest.ts";

/** Where something can be looked at; undefined where there is no page. */
export type LinkTo = (target: DigestTarget) => string | undefined;

export interface FormatOptions {
  readonly link?: LinkTo;
  /** Of the CommonMark. Default: what fits into one message on every platform but SMS. */
  readonly maxChars?: number;
}

export const defaultMaxChars = 3_500;

/** How much of each is shown. */
interface Caps {
  readonly needs: number;
  readonly waiting: number;
  readonly channels: number;
  readonly threads: number;
}

/** From all that anybody reads to almost nothing: what only happened goes before what waits. */
const steps: readonly Caps[] = [
  { needs: 14, waiting: 7, channels: 8, threads: 7 },
  { needs: 14, waiting: 7, channels: 8, threads: 4 },
  { needs: 12, waiting: 5, channels: 6, threads: 2 },
  { needs: 10, waiting: 4, channels: 6, threads: 0 },
  { needs: 8, waiting: 3, channels: 3, threads: 0 },
  { needs: 6, waiting: 2, channels: 0, threads: 0 },
  { needs: 4, waiting: 1, channels: 0, threads: 0 },
  { needs: 3, waiting: 0, channels: 0, threads: 0 },
  { needs: 1, waiting: 0, channels: 0, threads: 0 },
  { needs: 0, waiting: 0, channels: 0, threads: 0 },
];
const maxLineChars = 70;
const maxNameChars = 40;

/**
 * A digest as CommonMark: short lines, the pressing things first, and never longer than it may be. Where all does not
 * fit, the least pressing goes first, and how much is left out is said.
 */
export function formatDigest(digest: Digest, { link, maxChars = defaultMaxChars }: FormatOptions = {}): string {
  const heading = formatHeading(digest);
  if (digest.isEmpty) return `${heading}\n\nNothing happened, and nothing waits for you.`.slice(0, maxChars);
  for (const caps of steps) {
    const text = [heading, formatCounts(digest), ...formatSections(digest, caps, link)].join("\n\n");
    if (text.length <= maxChars) return text;
  }
  return [heading, formatCounts(digest)].join("\n\n").slice(0, maxChars);
}

export function formatHeading({ options }: Digest): string {
  return `**${createDigestDays(options).span()}**`;
}

/** "42 messages from 9 senders. 3 need you, 2 drafts wait." */
export function formatCounts({ messages, senders, sections }: Digest): string {
  const { needsYou, drafts, trouble } = sections;
  const waiting = [
    needsYou.length === 0 ? undefined : `${needsYou.length} ${needsYou.length === 1 ? "needs" : "need"} you`,
    drafts.length === 0 ? undefined : `${count(drafts.length, "draft")} ${drafts.length === 1 ? "waits" : "wait"}`,
    trouble.length === 0 ? undefined : `${trouble.length} may not have been sent`,
  ].filter((part) => part !== undefined);
  const happened =
    messages === 0 ? "No new messages." : `${count(messages, "message")} from ${count(senders, "sender")}.`;
  return `${happened} ${waiting.length === 0 ? "Nothing needs you." : `${waiting.join(", ")}.`}`;
}

export function count(amount: number, one: string): string {
  return `${amount} ${one}${amount === 1 ? "" : "s"}`;
}

function formatSections(digest: Digest, caps: Caps, link: LinkTo | undefined): readonly string[] {
  const sections = sectionKinds
    .filter((kind) => digest.sections[kind].length > 0)
    .map((kind) => {
      const items = digest.sections[kind];
      const list = formatList(items, kind === "needsYou" ? caps.needs : caps.waiting, (item) => formatItem(item, link));
      return `**${sectionTitles[kind]}** (${items.length})${list}`;
    });
  const channels = digest.channels.slice(0, caps.channels).map((channel) => formatChannel(channel, caps.threads, link));
  const more = digest.channels.length - channels.length;
  const last = channels.length === 0 ? `Messages on ${count(more, "channel")}` : `and ${count(more, "more channel")}`;
  // Channels without their threads are one block.
  const told =
    caps.threads === 0 ? [channels.map((text) => `- ${text}`).join("\n")].filter((text) => text !== "") : channels;
  return [...sections, ...told, ...(more > 0 ? [last] : [])];
}

function formatChannel(
  { channel, count: messages, threads }: DigestChannel,
  cap: number,
  link: LinkTo | undefined,
): string {
  const list = formatList(
    threads,
    cap,
    ({ who, note, target, count: inThread }) =>
      `${formatName(who)}: ${inThread}${formatNote(note)}${formatLink(target, link)}`,
  );
  return `**${quoteInline(channel)}**: ${count(messages, "message")}${list}`;
}

/** Nothing where nothing may be shown: how many there are is said in the title. */
function formatList<T>(items: readonly T[], cap: number, format: (item: T) => string): string {
  if (cap === 0) return "";
  // A line "and 1 more" is no shorter than the thing itself.
  const shown = items.length === cap + 1 ? items : items.slice(0, cap);
  const more = items.length - shown.length;
  return ["", ...shown.map((item) => `- ${format(item)}`), ...(more > 0 ? [`- and ${more} more`] : [])].join("\n");
}

function formatItem({ who, text, note, target }: DigestItem, link: LinkTo | undefined): string {
  const words = text === "" ? "" : `: ${quoteShortly(text, maxLineChars)}`;
  return `${formatName(who)}${words}${formatNote(note)}${formatLink(target, link)}`;
}

function formatName(who: string): string {
  return quoteShortly(who === "" ? "somebody" : who, maxNameChars);
}

function formatNote(note: string): string {
  return note === "" ? "" : ` · ${quoteShortly(note, maxNameChars)}`;
}

/** At the end of the line: where links are written out, as in Signal, one in the middle tears the words apart. */
function formatLink(target: DigestTarget, link: LinkTo | undefined): string {
  if (link === undefined) return formatCommand(target);
  const url = link(target);
  return url === undefined || !isPlainUrl(url) ? "" : ` · [open](${url})`;
}

/** Nothing that could end the link, or be none. */
export function isPlainUrl(url: string): boolean {
  return /^https?:\/\/[^\s()<>\\]+$/.test(url);
}

/** Without a page, what to write to see more. */
export function formatCommand({ kind, id }: DigestTarget): string {
  if (kind === "draft") return ` · \`/drafts ${id}\``;
  return kind === "decision" ? ` · \`/why ${id}\`` : "";
}

function quoteShortly(text: string, maxChars: number): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  if (line.length <= maxChars) return quoteInline(line);
  const cut = line.slice(0, maxChars - 1).toWellFormed();
  // Not in the middle of a word, unless the word is what is so long.
  const lastBlank = cut.lastIndexOf(" ");
  return `${quoteInline(lastBlank > maxChars / 2 ? cut.slice(0, lastBlank) : cut)}…`;
}
