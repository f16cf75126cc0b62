import type { DecisionRecord, DraftRecord } from "../../core/cdc.ts";
import type { Address, Choice, OutboundMessage } from "../../core/message.ts";
import { quoteBlock, quoteInline } from "../../core/quote.ts";

const cardPrefix = "card-draft-";
const maxQuestionChars = 600;
/** Longer than this no platform shows in one piece; the whole lies in the inbox. */
const maxDraftChars = 6_000;

/** Outbound id of the message that shows a draft to the owner. */
export function draftCardId(draftId: string): string {
  return `${cardPrefix}${draftId}`;
}

/** The draft whose card this was; undefined: no card. */
export function draftOfCard(outboundId: string): string | undefined {
  return outboundId.startsWith(cardPrefix) ? outboundId.slice(cardPrefix.length) : undefined;
}

/** The question to the owner: exactly what would be sent, to whom, and why it is not sent by itself. */
export function formatDraftCard(draft: DraftRecord, address: Address): OutboundMessage {
  const { id, message, question, reason, score } = draft;
  const text = message.text.length <= maxDraftChars ? message.text : `${message.text.slice(0, maxDraftChars)}…`;
  const lines = [
    `**A draft for ${quoteInline(question.senderName)}**, not sent yet${message.subject === undefined ? "" : ` (${quoteInline(message.subject)})`}`,
    ...(question.text === "" ? [] : ["They wrote:", quoteBlock(shorten(question.text))]),
    "The answer would be:",
    quoteBlock(text),
    `${reason}${score === undefined ? "" : ` Nearness to your own manner: ${Math.round(score * 100)} of 100.`}`,
    `\`/approve ${id}\` sends it, \`/edit ${id} other words\` sends your words instead, \`/reject ${id}\` drops it.`,
  ];
  return { id: draftCardId(id), address, text: lines.join("\n\n"), attachments: [], choices: choicesOf(id) };
}

function choicesOf(id: string): readonly Choice[] {
  return [
    { label: "Send", command: `/approve ${id}`, style: "primary" },
    { label: "Drop", command: `/reject ${id}`, style: "danger" },
    { label: "Tomorrow", command: `/snooze ${id} 1d` },
  ];
}

/** What the card is edited to once its draft is settled. */
export function formatDraftOutcome(draft: DraftRecord): string {
  const shown = quoteBlock(draft.sentText ?? draft.message.text);
  const head = `**For ${quoteInline(draft.question.senderName)}**`;
  switch (draft.state) {
    case "pending":
      return `${head}: a draft waits.\n\n${shown}`;
    case "approved":
      return `${head}: sent as it was.\n\n${shown}`;
    case "edited":
      return `${head}: sent in your words.\n\n${shown}`;
    case "sent":
      return `${head}: sent.\n\n${shown}`;
    case "denied":
      return `${head}: dropped. Nothing was sent.`;
    case "expired":
      return `${head}: nobody answered in time. Nothing was sent.`;
    case "undeliverable":
      return `${head}: it could not be delivered. Nothing more is tried.`;
    case "overtaken":
      return `${head}: you answered yourself, so this draft was dropped.`;
  }
}

/** Tells the owner of something that presses, where no draft says it. */
export function formatEscalation(decision: DecisionRecord, address: Address): OutboundMessage {
  const { id, senderName, conversation, priority, excerpt, subject, deadline, reasons } = decision;
  const lines = [
    `**${priority === "urgent" ? "Urgent: " : ""}${quoteInline(senderName)} wrote**${subject === undefined ? "" : ` about ${quoteInline(subject)}`} in \`${conversation}\``,
    quoteBlock(shorten(excerpt)),
    `I tell you because ${reasons[0] ?? "it presses"}${deadline === undefined ? "" : `; it wants to be done by ${deadline}`}. \`/why ${id}\` says more.`,
  ];
  return { id: `told-${id}`, address, text: lines.join("\n\n"), attachments: [] };
}

function shorten(text: string): string {
  return text.length <= maxQuestionChars ? text : `${text.slice(0, maxQuestionChars).toWellFormed()}…`;
}

/** Tells the owner that nothing was written in their name, and why. */
export function formatForOwner(
  id: string,
  address: Address,
  question: { readonly sender: { readonly name: string }; readonly text: string },
  note: string,
): OutboundMessage {
  const text = `**${quoteInline(question.sender.name)} wrote, and I left it to you:** ${note}\n\n${quoteBlock(shorten(question.text))}`;
  return { id, address, text, attachments: [] };
}
