import {
  escapeHtml,
  plainRenderer,
  renderMarkdown,
  type MarkdownRenderer,
  type TableCell,
} from "../_shared/markdown.ts";
import type { Choice, OutboundMessage } from "../../src/core/message.ts";
import { isApproved } from "../../src/core/approved.ts";
import { approvedMark, formatDraftMessageId, formatMark, formatMessageId } from "./identity.ts";
import type { ThreadMail } from "./threads.ts";

/** Names the draft of ours that a mail in the Drafts mailbox shows. */
export const draftField = "X-Parlance-Draft";

/** Header and texts of a mail; what is left is to encode it. Holds no CR or LF in any header. */
export interface OutgoingMail {
  readonly from: { readonly name: string; readonly address: string };
  readonly to: string;
  readonly subject: string;
  /** Without brackets, as the ids below. */
  readonly messageId: string;
  readonly inReplyTo?: string;
  readonly references: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly html: string;
}

export interface Sender {
  readonly address: string;
  readonly name: string | undefined;
}

/** The mail that shows an outbound message: an answer to `answered`, or a new mail to `to` without one. Pure. */
export function formatMail(
  message: OutboundMessage,
  sender: Sender,
  to: string,
  answered: ThreadMail | undefined,
): OutgoingMail {
  const inReplyTo = answered?.references.at(-1);
  return {
    from: { name: oneLine(sender.name ?? ""), address: sender.address },
    to,
    subject: formatSubject(message.subject, answered?.subject),
    messageId: formatMessageId(message.id, message.address.chat, sender.address),
    ...(inReplyTo === undefined ? {} : { inReplyTo }),
    references: answered?.references ?? [],
    headers: isApproved(message.id)
      ? // A person has read it and let it go: it is theirs, and may be answered like any mail of theirs.
        { "X-Parlance": `${formatMark(sender.address)}${approvedMark}` }
      : {
          // RFC 3834: so that no other machine answers us, vacation programs included.
          "Auto-Submitted": answered === undefined ? "auto-generated" : "auto-replied",
          "X-Auto-Response-Suppress": "All",
          "X-Parlance": formatMark(sender.address),
        },
    text: formatText(message),
    html: formatHtml(message),
  };
}

/**
 * The same mail as a draft of the owner's, for them to change and send. Nothing in it says that a machine wrote it, or
 * counts as ours: what they send is theirs.
 */
export function formatDraft(draftId: string, mail: OutgoingMail): OutgoingMail {
  return {
    ...mail,
    messageId: formatDraftMessageId(draftId, mail.from.address),
    headers: { [draftField]: draftId },
  };
}

/** "Re: " once, whatever the thread's subject has in front of it already. */
export function formatSubject(own: string | undefined, answered: string | undefined): string {
  const given = oneLine(own ?? "");
  if (answered === undefined) return given === "" ? "Message" : given;
  const base = given === "" ? oneLine(answered) : given;
  const bare = base.replace(/^(?:(?:re|aw|antw|sv)(?:\[\d+\])?:[ \t]*)+/i, "");
  return `Re: ${bare}`.trimEnd();
}

/** The text part: CommonMark without the marks that plain text has no use for. */
export function formatText(message: OutboundMessage): string {
  const text = renderMarkdown(message.text.toWellFormed(), textRenderer);
  return [text, formatChoices(message.choices)].filter((block) => block !== "").join("\n\n");
}

/** The HTML part. Markup in the message counts as text: none of it is passed through. */
export function formatHtml(message: OutboundMessage): string {
  const body = breakLines(renderMarkdown(message.text.toWellFormed(), htmlRenderer));
  const choices = formatChoices(message.choices);
  return `<!doctype html><html><body>${body}${choices === "" ? "" : `<p>${escapeHtml(choices).replaceAll("\n", "<br>")}</p>`}</body></html>`;
}

function formatChoices(choices: readonly Choice[] | undefined): string {
  if (choices === undefined || choices.length === 0) return "";
  const lines = choices.map((choice, index) => `${index + 1}. ${oneLine(choice.label)}: ${oneLine(choice.command)}`);
  return ["To answer, reply with one of these on the first line:", ...lines].join("\n").toWellFormed();
}

/** No line breaks or other control characters: nothing can start a header of its own. */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\u0000-\u001f\u007f\u2028\u2029]+/g, " ")
    .trim()
    .slice(0, 900);
}

const textRenderer: MarkdownRenderer = {
  ...plainRenderer,
  bold: (content) => `*${content}*`,
  fence: (code) =>
    code
      .split("\n")
      .map((line) => `    ${line}`)
      .join("\n"),
};

const htmlRenderer: MarkdownRenderer = {
  text: (text) => escapeHtml(text),
  bold: (content) => `<b>${content}</b>`,
  italic: (content) => `<i>${content}</i>`,
  strike: (content) => `<s>${content}</s>`,
  code: (code) => `<code>${escapeHtml(code)}</code>`,
  fence: (code) => `<pre><code>${escapeHtml(code).replaceAll("\n", "&#10;")}</code></pre>`,
  link: (content, href) =>
    isSafe(href) ? `<a href="${escapeHtml(href)}">${content}</a>` : `${content} (${escapeHtml(href)})`,
  // A remote image would tell its server who read the mail: a link instead.
  image: (content, href) =>
    isSafe(href) ? `<a href="${escapeHtml(href)}">${content === "" ? escapeHtml(href) : content}</a>` : content,
  list: (items, start) => {
    const rows = items.map((item) => `<li>${item.replaceAll("\n", "<br>")}</li>`).join("");
    return start === undefined ? `<ul>${rows}</ul>` : `<ol start="${start}">${rows}</ol>`;
  },
  table: (header, rows) => {
    const align = (cell: TableCell): string => (cell.align === undefined ? "" : ` align="${cell.align}"`);
    const line = (cells: readonly TableCell[], tag: "th" | "td"): string =>
      `<tr>${cells.map((cell) => `<${tag}${align(cell)}>${cell.rendered}</${tag}>`).join("")}</tr>`;
    return `<table border="1" cellpadding="4" cellspacing="0">${line(header, "th")}${rows.map((row) => line(row, "td")).join("")}</table>`;
  },
  heading: (content, level) => `<h${level}>${content}</h${level}>`,
  quote: (content) => `<blockquote>${content}</blockquote>`,
  rule: () => "<hr>",
};

/** The renderer's line ends as HTML, none beside blocks that have margins of their own. */
function breakLines(html: string): string {
  return html
    .replaceAll("\n", "<br>")
    .replaceAll(/(<\/(?:ul|ol|pre|table|h\d|blockquote)>|<hr>)(?:<br>)+/g, "$1")
    .replaceAll(/(?:<br>)+(?=<(?:ul|ol|pre|table|h\d|blockquote|hr)\b)/g, "");
}

function isSafe(href: string): boolean {
  return /^(?:https?:\/\/|mailto:)/i.test(href);
}
