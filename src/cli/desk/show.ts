import type { DecisionRecord, FollowUpRecord } from "../../core/cdc.ts";
import type { ApprovalView, DraftView } from "../../core/desk.ts";
import { showHidden } from "../../core/quote.ts";
import { formatText } from "../chat/message-lines.ts";
import { formatTime, paint, plain } from "../print.ts";

const maxCellChars = 100;
const maxColumns = 100;

/** What the terminal says of things at the desk; whoever wrote them, nothing hidden gets through. */

/** One line, not too long. */
export function shorten(text: string): string {
  const line = plain(text);
  return line.length <= maxCellChars ? line : `${line.slice(0, maxCellChars).toWellFormed()}…`;
}

/** A text as it is, behind a bar that tells it from our own words. */
export function quoteLines(text: string): readonly string[] {
  return showHidden(text)
    .split("\n")
    .map((line) => `${paint("dim", "│")} ${line}`.trimEnd());
}

/**
 * CommonMark of our own making. What escapes its marks is not shown, but for code, which is shown as it is; a link is
 * its address, and a command of the chat the one of the terminal.
 */
export function formatOwnText(text: string): string {
  const columns = process.stdout.isTTY ? Math.min(maxColumns, process.stdout.columns) : Number.POSITIVE_INFINITY;
  return text
    .split(/^(`{3,}[^]*?^`{3,})$/m)
    .map((part) => {
      if (part.startsWith("```")) return formatText(part, columns).join("\n");
      const plainer = part
        .replaceAll(/(?<!\\)\[[^[\]]*\]\((https?:[^\s()]+)\)/g, "$1")
        .replaceAll("`/drafts ", "`parlance drafts show ");
      return formatText(plainer, columns)
        .join("\n")
        .replaceAll(/\\([!-/:-@[-`{-~])/g, "$1");
    })
    .join("");
}

const states: Readonly<Record<DraftView["state"], string>> = {
  pending: "waits for you",
  approved: "approved, on its way",
  edited: "sent in your words",
  denied: "dropped; nothing was sent",
  expired: "nobody answered in time; nothing was sent",
  sent: "sent",
  undeliverable: "it could not be delivered; nothing more is tried",
  overtaken: "you answered yourself, so it was dropped",
};

/** A draft with all that there is to know of it. */
export function formatDraft(draft: DraftView, now: number): readonly string[] {
  const { id, senderName, senderId, channel, subject, question, text, files, reason, score, state } = draft;
  const isSnoozed = state === "pending" && draft.snoozedUntil > now;
  return [
    `${paint("bold", id)}  for ${plain(senderName)} (${plain(senderId)}) on ${plain(channel)}${subject === undefined ? "" : `: ${plain(subject)}`}`,
    `${isSnoozed ? `put off until ${formatTime(draft.snoozedUntil)}` : states[state]}; written ${formatTime(draft.createdAt)}${state === "pending" ? `, ends ${formatTime(draft.expiresAt)}` : ""}`,
    ...(question === "" ? [] : ["", "They wrote:", ...quoteLines(question)]),
    "",
    "The answer:",
    ...quoteLines(draft.sentText ?? text),
    ...files.map((name) => `with the file ${plain(name)}`),
    "",
    `${plain(reason)}${score === undefined ? "" : ` Nearness to your own manner: ${Math.round(score * 100)} of 100.`}`,
    ...(state === "pending"
      ? [
          paint(
            "dim",
            `"parlance drafts approve ${id}" sends it; edit ${id}, reject ${id} and snooze ${id} do the rest.`,
          ),
        ]
      : []),
  ];
}

export function formatApproval({ id, tool, conversation, question, expiresAt }: ApprovalView): readonly string[] {
  return [
    `${paint("bold", id)}  ${plain(tool)} in ${plain(conversation)}, until ${formatTime(expiresAt)}`,
    formatOwnText(question),
    paint("dim", `"parlance approvals approve ${id}" lets it be done; deny ${id} does not.`),
  ];
}

export function formatDecision({ id, senderName, excerpt }: DecisionRecord): readonly string[] {
  return [id, plain(senderName), shorten(excerpt)];
}

export const namesOfFollowUps: Readonly<Record<FollowUpRecord["kind"], string>> = {
  answer: "mail is looked at again",
  reminder: "you are reminded that nobody answered",
  promise: "a promise is due",
  snooze: "a draft is shown again",
};

/** What follows an answer: who does the rest. */
export function explainSending(isRunning: boolean, what: string): string {
  return isRunning
    ? `${what}; the running service sends it.`
    : `${what}. No service is running: it goes out when you start one with "parlance start".`;
}
