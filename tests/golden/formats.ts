import { formatText as formatDiscord } from "../../channels/discord/format.ts";
import { formatHtml as formatMailHtml, formatText as formatMailText } from "../../channels/email/format.ts";
import { formatTexts as formatIMessage } from "../../channels/imessage/format.ts";
import { formatLines, maxTextBytes } from "../../channels/irc/format.ts";
import { formatText as formatMatrix } from "../../channels/matrix/format.ts";
import { formatText as formatSignal } from "../../channels/signal/format.ts";
import { formatText as formatSlack } from "../../channels/slack/format.ts";
import { formatParts as formatSms } from "../../channels/sms/format.ts";
import { formatText as formatTeams } from "../../channels/teams/format.ts";
import { formatText as formatTelegram, visibleText } from "../../channels/telegram/format.ts";
import { formatEntry, formatOutbound } from "../../channels/webchat/format.ts";
import { formatReply } from "../../channels/webhook/format.ts";
import { formatTemplateTexts, formatText as formatWhatsApp } from "../../channels/whatsapp/format.ts";
import type { OutboundMessage } from "../../src/core/message.ts";

/** One thing that goes out: the words that people see of it, and how long the platform counts it to be. */
export interface Piece {
  readonly words: string;
  readonly length: number;
}

export interface Format {
  /** All that goes out for a text, for the golden file. */
  readonly show: (text: string) => string | Promise<string>;
  /** Absent where texts are never cut. The limit is that of the platform's traits, where none is given. */
  readonly cut?: { readonly limit?: number; readonly pieces: (text: string) => readonly Piece[] };
}

const between = "\n\n════ next message ════\n\n";
const ircLimit = maxTextBytes("#ops");
const smsLimits = { maxSegments: 10_000, canSendFiles: false };
const noFiles = { format: () => Promise.reject(new Error("There are no files.")) } as never;

const ircLines = (text: string): string[] =>
  formatLines(toMessage(text), "parlance", { maxBytes: ircLimit, maxLines: 1_000 });
const smsTexts = (text: string): string[] =>
  formatSms(toMessage(text), smsLimits).parts.map((part) => (part.kind === "text" ? part.body : ""));
const plainPieces = (parts: readonly string[]): Piece[] => parts.map((words) => ({ words, length: words.length }));

/** Each platform's own formatting. Whoever adds a platform adds it here. */
export const formats: Readonly<Record<string, Format>> = {
  webchat: {
    show: async (text) => toJson(await formatEntry(formatOutbound(toMessage(text), undefined, 0), "ada", noFiles)),
  },
  webhook: { show: (text) => toJson(formatReply(toMessage(text), [])) },
  telegram: {
    show: (text) => formatTelegram(text).join(between),
    cut: {
      pieces: (text) => plainPieces(formatTelegram(text).map(visibleText)),
    },
  },
  email: {
    show: (text) => [formatMailText(toMessage(text)), breakHtml(formatMailHtml(toMessage(text)))].join(between),
  },
  irc: {
    show: (text) => ircLines(text).map(showControls).join("\n"),
    cut: {
      limit: ircLimit,
      pieces: (text) => ircLines(text).map((words) => ({ words, length: Buffer.byteLength(words) })),
    },
  },
  sms: {
    show: (text) => smsTexts(text).join(between),
    cut: { pieces: (text) => plainPieces(smsTexts(text)) },
  },
  whatsapp: {
    show: (text) =>
      [...formatWhatsApp(text, 4_096), `(as a template)\n${formatTemplateTexts(text).join(between)}`].join(between),
    cut: { pieces: (text) => plainPieces(formatWhatsApp(text, 4_096)) },
  },
  discord: {
    show: (text) => formatDiscord(text).join(between),
    cut: { pieces: (text) => plainPieces(formatDiscord(text)) },
  },
  slack: {
    show: (text) => toJson(formatSlack(text)),
    cut: {
      // Slack says "msg_blocks_too_long" at about so many characters of JSON; a table counts for itself.
      limit: 13_000,
      pieces: (text) =>
        formatSlack(text).map(({ blocks, table }) => ({
          words: wordsOfBlocks(table === undefined ? blocks : [...blocks, table]),
          length: JSON.stringify(blocks).length,
        })),
    },
  },
  signal: {
    show: (text) =>
      formatSignal(text)
        .map((part) => `${part.text}\n\n(styles: ${part.textStyle.join(" ")})`)
        .join(between),
    cut: { pieces: (text) => plainPieces(formatSignal(text).map((part) => part.text)) },
  },
  teams: {
    show: (text) => formatTeams(text).join(between),
    cut: { pieces: (text) => plainPieces(formatTeams(text)) },
  },
  matrix: {
    show: (text) =>
      formatMatrix(text)
        .map(({ body, html, mentions }) =>
          [breakHtml(html), `(mentions: ${mentions.join(", ")})`, `(body)\n${body}`].join("\n"),
        )
        .join(between),
    cut: {
      pieces: (text) => formatMatrix(text).map(({ html, body }) => ({ words: visibleText(html), length: body.length })),
    },
  },
  imessage: {
    show: (text) => formatIMessage({ text }).join(between),
    cut: { pieces: (text) => plainPieces(formatIMessage({ text })) },
  },
};

function toMessage(text: string): OutboundMessage {
  return { id: "m1", address: { channel: "chat", chat: "ada" }, text, attachments: [] };
}

function toJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}

/** A block a line, for the eye and for diffs. */
function breakHtml(html: string): string {
  return html.replaceAll(/(<\/(?:p|h\d|li|ul|ol|tr|pre|blockquote)>|<br>|<hr>)(?!\n)/g, "$1\n");
}

/** IRC's codes as "\x02". */
function showControls(line: string): string {
  return line.replaceAll(/\p{Cc}/gu, (code) => `\\x${(code.codePointAt(0) ?? 0).toString(16).padStart(2, "0")}`);
}

/** Of a block, an element, a row, or a list of them. */
function wordsOfBlocks(value: unknown): string {
  if (Array.isArray(value)) return value.map(wordsOfBlocks).join("\n");
  if (typeof value !== "object" || value === null) return "";
  const { text, url, elements, rows } = value as Readonly<Record<string, unknown>>;
  if (typeof text === "string") return text;
  return typeof url === "string" ? url : wordsOfBlocks(text ?? elements ?? rows);
}
