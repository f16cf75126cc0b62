import { AppError } from "../core/errors.ts";
import type { Choice } from "../core/message.ts";
import { quoteBlock, quoteInline } from "../core/quote.ts";
import type { ApprovalRecord } from "../core/store.ts";
import type { Effect, Tool } from "../core/tool.ts";

// Longer than this nobody reads before agreeing, and no platform shows in one piece.
const maxCardChars = 12_000;

const effects: Readonly<Record<Effect, string>> = {
  read: "read something",
  write: "change what I keep",
  send: "send something that others will see",
  execute: "run code",
  destroy: "do something that cannot be undone",
};

/**
 * The card that a person agrees to, in CommonMark: which tool, its effect, and exactly what will be done. Without a
 * description of the tool's own it shows the whole input. Throws AppError "too-large" rather than show a part: the
 * call then fails, because nobody can agree to what is not shown. Throws what `tool.describe` throws.
 */
export function describeApproval(tool: Tool, input: unknown): string {
  const what = tool.describe?.(input) ?? quoteBlock(JSON.stringify(input, null, 2) ?? "(nothing)");
  const card = `**May I ${effects[tool.effect]}?** (${quoteInline(tool.name)})\n\n${what}`;
  if (card.length <= maxCardChars) return card;
  throw new AppError("too-large", "This needs a person's approval and is too long to be shown in full.", {
    hint: `Make it shorter or do it in several calls; about ${maxCardChars - 1000} characters fit.`,
  });
}

/** Text and choices of the message that asks. The commands are in the text too, for platforms without buttons. */
export function formatQuestion(approval: ApprovalRecord): {
  readonly text: string;
  readonly choices: readonly Choice[];
} {
  const approve = `/approve ${approval.id}`;
  const deny = `/deny ${approval.id}`;
  const until = new Date(approval.expiresAt).toISOString().slice(0, 16).replace("T", " ");
  return {
    text: `${approval.question}\n\nFrom the conversation ${quoteInline(approval.conversation)}. Answer \`${approve}\` or \`${deny}\` until ${until} UTC; after that nothing is done.`,
    choices: [
      { label: "Approve", command: approve, style: "primary" },
      { label: "Deny", command: deny, style: "danger" },
    ],
  };
}

/**
 * What the card is edited to once its approval is settled: the question with its outcome. `answeredByName` is the
 * person's name as people know it.
 */
export function formatOutcome(approval: ApprovalRecord, answeredByName?: string): string {
  const by = answeredByName === undefined ? "" : ` by ${quoteInline(answeredByName)}`;
  switch (approval.state) {
    case "pending":
      return approval.question;
    case "approved":
      return `${approval.question}\n\n**Approved**${by}.`;
    case "edited":
      return `${approval.question}\n\n**Approved with changes**${by}.`;
    case "denied":
      return `${approval.question}\n\n**Denied**${by}. Nothing was done.`;
    case "expired":
      return `${approval.question}\n\n**Expired.** Nobody answered in time; nothing was done.`;
    case "undeliverable":
      return `${approval.question}\n\n**Not asked.** The question could not be delivered; nothing was done.`;
  }
}
