import { z } from "zod";
import type { DecisionRecord, DigestRecord, PromiseRecord } from "../../core/cdc.ts";
import type { ApprovalView, DeskInbox, DraftView, FollowUpView, ThreadView } from "../../core/desk.ts";

/*
 * What the routes under /api take and give, as zod sees it: the checks of bodies and the published description are made
 * from the same schemas. `satisfies` holds them against the types of the desk.
 */

const maxChars = 20_000;

const text = z.string();
const id = z.string().min(1).max(64);
const time = z.int().min(0).describe("Milliseconds since 1970.");
const share = z.number().min(0).max(1);

export const decisionSchema = z.strictObject({
  id,
  conversation: text,
  channel: text,
  messageId: text,
  senderId: text,
  senderName: text,
  excerpt: text,
  subject: text.exactOptional(),
  kind: z.string().describe("What the message was read as: question, request, notification, …"),
  asks: z.boolean().describe("Does it ask something of the owner?"),
  priority: z.enum(["low", "normal", "high", "urgent"]),
  deadline: text.exactOptional(),
  confidence: share,
  action: z.enum(["reply", "draft", "ask-approval", "escalate", "follow-up", "digest", "ignore"]),
  tellsOwner: z.boolean(),
  reasons: z.array(text).readonly(),
  correction: z.enum(["asks", "ignore"]).exactOptional(),
  at: time,
}) satisfies z.ZodType<DecisionRecord>;

export const draftSchema = z.strictObject({
  id,
  conversation: text,
  channel: text,
  senderId: text,
  senderName: text,
  question: z.string().describe("What they wrote; hidden characters are shown as their code points."),
  subject: text.exactOptional(),
  text: z.string().describe("Exactly what would be sent."),
  shownText: z.string().exactOptional().describe("The same with its hidden characters visible, where it has any."),
  files: z.array(text).readonly(),
  reason: z.string().describe("Why it is not sent by itself."),
  decisionId: id.exactOptional(),
  state: z.enum(["pending", "approved", "edited", "denied", "expired", "sent", "undeliverable", "overtaken"]),
  sentText: text.exactOptional(),
  answeredBy: text.exactOptional(),
  score: z.number().min(0).max(1).exactOptional().describe("Nearness to the owner's manner of writing."),
  snoozedUntil: time,
  expiresAt: time,
  createdAt: time,
  updatedAt: time,
}) satisfies z.ZodType<DraftView>;

export const approvalSchema = z.strictObject({
  id,
  conversation: text,
  tool: text,
  question: z.string().describe("CommonMark: exactly what will be done."),
  expiresAt: time,
  createdAt: time,
}) satisfies z.ZodType<ApprovalView>;

const thread = z.strictObject({
  conversation: text,
  status: z.enum(["to-reply", "awaiting-reply", "done", "fyi"]),
  reason: text,
  theyWroteAt: time,
  latest: decisionSchema.exactOptional(),
}) satisfies z.ZodType<ThreadView>;

const followUp = z.strictObject({
  id: text,
  conversation: text,
  kind: z.enum(["answer", "reminder", "promise", "snooze"]),
  reason: text,
  dueAt: time,
}) satisfies z.ZodType<FollowUpView>;

const promise = z.strictObject({
  id: text,
  conversation: text,
  madeBy: z.enum(["owner", "other"]),
  person: text,
  text,
  due: text.exactOptional(),
  state: z.enum(["open", "kept", "dropped"]),
  at: time,
}) satisfies z.ZodType<PromiseRecord>;

const digest = z.strictObject({
  id: text,
  name: text,
  slotAt: time,
  text,
  entries: z.int().min(0),
  at: time,
}) satisfies z.ZodType<DigestRecord>;

export const inboxSchema = z.strictObject({
  seq: z.int().min(0).describe("The newest event when this was read: listen from here on."),
  drafts: z.array(draftSchema).readonly(),
  snoozed: z.array(draftSchema).readonly(),
  approvals: z.array(approvalSchema).readonly(),
  threads: z.array(thread).readonly(),
  told: z.array(decisionSchema).readonly(),
  followUps: z.array(followUp).readonly(),
  promises: z.array(promise).readonly(),
  digests: z.array(digest).readonly(),
  style: z.strictObject({
    status: z.enum(["unknown", "learning", "ready"]),
    messages: z.int().min(0),
    score: share.exactOptional(),
  }),
}) satisfies z.ZodType<DeskInbox>;

/** The data of one event; its number and kind stand in the stream's own fields. */
export const eventDataSchema = z.strictObject({
  ref: z.string().describe("The id of the draft, decision, approval or other thing that changed."),
  at: time,
});

/** What to do with a draft. */
export const draftAnswerSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("approve"),
    text: z
      .string()
      .exactOptional()
      .describe("What was read: nothing is sent when the draft says something else by now."),
  }),
  z.strictObject({
    kind: z.literal("edit"),
    text: z.string().max(maxChars).regex(/\S/, "must not be empty").describe("Sent instead of the draft."),
  }),
  z.strictObject({ kind: z.literal("reject") }),
  z.strictObject({
    kind: z.literal("snooze"),
    until: z.int().min(0).describe("Milliseconds since 1970, within 60 days."),
  }),
]);

export const approvalAnswerSchema = z.strictObject({ approved: z.boolean() });

/** What a message did need: an answer, or none. */
export const correctionSchema = z.strictObject({ correction: z.enum(["asks", "ignore"]) });

export const decisionListSchema = z.strictObject({ decisions: z.array(decisionSchema).readonly() });
export const draftOutcomeSchema = z.strictObject({ text, draft: draftSchema });
export const outcomeSchema = z.strictObject({ text });

export const problemSchema = z.looseObject({
  error: z.string().describe("What is wrong, as a sentence."),
  hint: z.string().optional().describe("What to do about it."),
});

export const decisionQuerySchema = z.object({
  conversation: z.string().max(2_000).exactOptional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
