import type { DecisionRecord, DraftRecord } from "../../core/cdc.ts";
import { parseConversationId, type Address, type Choice, type OutboundMessage } from "../../core/message.ts";
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
  return outboundId.startsWith(cardPrefix) ? outboundId.slice(cardPrefix.length).split("-")[0] : undefined;
}

/** Outbound id of the card that is shown again when a draft was put off until then. */
export function againCardId({ id, snoozedUntil }: Pick<DraftRecord, "id" | "snoozedUntil">): string {
  return `${draftCardId(id)}-${snoozedUntil}`;
}

/**
 * The question to the owner: exactly what would be sent, where, and why it is not sent by itself. What is too long to be
 * shown cannot be sent from here: nobody agrees to what they have not seen.
 */
export function formatDraftCard(draft: DraftRecord, address: Address): OutboundMessage {
  const { id, message, question, reason, score } = draft;
  const { text, attachments, subject } = message;
  const isWhole = text.length <= maxDraftChars;
  const lines = [
    `**A draft for ${quoteInline(question.senderName)}**, not sent yet${subject === undefined ? "" : ` (${quoteInline(subject)})`}`,
    `It would go to ${formatPlace(message.address)}.`,
    ...(question.text === "" ? [] : ["They wrote:", quoteBlock(shorten(question.text))]),
    "The answer would be:",
    quoteBlock(isWhole ? text : `${text.slice(0, maxDraftChars).toWellFormed()}…`),
    ...(attachments.length === 0
      ? []
      : [`With ${attachments.map(({ name, bytes }) => `${quoteInline(name)} (${bytes} bytes)`).join(", ")}.`]),
    `${reason}${score === undefined ? "" : ` Nearness to your own manner: ${Math.round(score * 100)} of 100.`}`,
    isWhole
      ? `\`/approve ${id}\` sends it, \`/edit ${id} other words\` sends your words instead, \`/reject ${id}\` drops it.`
      : `It is too long to be shown here. Read it on the page or with \`parlance drafts show ${id}\`; \`/edit ${id} other words\` sends your words instead, \`/reject ${id}\` drops it.`,
  ];
  return { id: draftCardId(id), address, text: lines.join("\n\n"), attachments: [], choices: choicesOf(id, isWhole) };
}

function choicesOf(id: string, isWhole: boolean): readonly Choice[] {
  return [
    ...(isWhole ? [{ label: "Send", command: `/approve ${id}`, style: "primary" as const }] : []),
    { label: "Drop", command: `/reject ${id}`, style: "danger" },
    { label: "Tomorrow", command: `/snooze ${id} 1d` },
  ];
}

/** A place as people may know it; its parts are chosen by whoever began it. */
function formatPlace({ channel, chat, thread }: Address): string {
  const parts = [channel, chat, ...(thread === undefined ? [] : [thread])];
  return parts.map((part) => quoteInline(shorten(part))).join(", ");
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
    `**${priority === "urgent" ? "Urgent: " : ""}${quoteInline(senderName)} wrote**${subject === undefined ? "" : ` about ${quoteInline(subject)}`} in ${formatPlace(parseConversationId(conversation))}`,
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
