import type { DraftRecord, LearnedRule, OwnMessageRow } from "../../core/cdc.ts";
import { describeError } from "../../core/errors.ts";
import { createId } from "../../core/id.ts";
import type { Logger } from "../../core/log.ts";
import type { InboundMessage } from "../../core/message.ts";
import type { InboxItem, Store, StoreTransaction } from "../../core/store.ts";
import type { Audience, Observation, StyleProfile } from "../../core/style.ts";
import { finishDraft, needsRewrite, prepareStyle } from "../../style/compose.ts";
import { learnFromEdit } from "../../style/edits/learn-from-edit.ts";
import { learnRules, type EditRules } from "../../style/edits/rules.ts";
import { leastMessages, observeMessage } from "../../style/learn.ts";
import { keepProfile, loadForgotten, styleFacts } from "./known-manner.ts";
import type { Voice } from "./voice.ts";

const dayMs = 86_400_000;
/** The owner's words are kept so long; what they show of the manner stays. */
const wordsMs = 7 * dayMs;
const maxLearned = 5_000;
const maxSamples = 500;
const maxEdits = 60;
const editsMs = 180 * dayMs;
const relearnMs = 10 * 60_000;
const maxNotes = 3;
const maxNoteChars = 200;

/** What an edit of a draft taught besides manner: to be thought of when the same person writes again. */
interface Note {
  readonly kind: "fact" | "procedure";
  readonly sender: string;
  readonly words: string;
}

export interface MannerDeps {
  readonly store: Store;
  readonly log: Logger;
  readonly now: () => number;
  /** Works the profile out apart from everything else. */
  readonly learn: (observations: readonly Observation[]) => Promise<StyleProfile | undefined>;
}

export interface OwnerManner {
  readonly voice: Voice;
  keepOwnWords(items: readonly InboxItem[]): Promise<(transaction: StoreTransaction) => Promise<void>>;
  /** Learns anew where there is something new to learn from. Called on a timer. */
  relearn(): Promise<void>;
  /** A draft was answered: what it taught besides manner is noted. */
  onDraftAnswered(draft: DraftRecord): Promise<void>;
}

/** The owner's manner of writing: what is kept to learn it from, and how it is used. Nothing is kept without consent. */
export function createOwnerManner({ store, log, now, learn }: MannerDeps): OwnerManner {
  let lookedAt = 0;

  async function loadProfile(): Promise<StyleProfile | undefined> {
    return (await store.cdc.fact(styleFacts.profile)) as StyleProfile | undefined;
  }

  return {
    voice: {
      async describe(question) {
        const [profile, samples, notes] = await Promise.all([
          loadProfile(),
          store.cdc.ownMessages(maxSamples, true),
          store.cdc.rules("style"),
        ]);
        // Words to one person are no business of another: only what was written in this very chat is shown. Files name
        // chats, too, but no channel, and a stranger elsewhere may go by that name.
        const audience = audienceOf(question);
        const here = samples.filter(({ channel, to }) => channel === audience.channel && to === audience.to);
        const { guide, examples } = prepareStyle(profile, here, {
          audience,
          asked: question.text,
        });
        const parts = [
          guide,
          examples.length === 0
            ? ""
            : `Messages of the owner's own, for their manner only, not for what they say:\n${examples.map((text) => `"""\n${text}\n"""`).join("\n")}`,
          formatNotes(notes, question.sender.id),
        ].filter((part) => part !== "");
        return parts.length === 0 ? undefined : parts.join("\n\n");
      },

      async finish(question, text) {
        const [profile, rules] = await Promise.all([loadProfile(), loadRules(store, now())]);
        const audience = audienceOf(question);
        const finished = finishDraft(profile, audience, text, {
          thread: { name: firstName(question), isGroup: question.isGroup },
          rules,
        });
        if (profile === undefined) return { text: finished.text };
        const { guide } = prepareStyle(profile, [], { audience, asked: "" });
        const rewrite = needsRewrite(finished, guide);
        return { text: finished.text, score: finished.score, ...(rewrite === undefined ? {} : { rewrite }) };
      },
    },

    async keepOwnWords(items) {
      if ((await store.cdc.fact(styleFacts.consent)) === undefined) return async () => undefined;
      const rows = items.flatMap(({ message }) => toRow(message) ?? []);
      return async (transaction) => {
        if (rows.length > 0) await transaction.cdc.addOwnMessages(rows, now() + wordsMs);
      };
    },

    async relearn() {
      if (now() - lookedAt < relearnMs) return;
      lookedAt = now();
      const counts = await store.cdc.countOwnMessages();
      const total = counts.reduce((sum, { count }) => sum + count, 0);
      const newestAt = Math.max(0, ...counts.map((each) => each.newestAt));
      const [profile, forgotten] = await Promise.all([loadProfile(), loadForgotten(store.cdc)]);
      if (total < leastMessages || (profile?.newestAt ?? 0) >= newestAt) return;
      try {
        const rows = await store.cdc.ownMessages(maxLearned);
        const learned = await learn(rows.map(({ observation }) => observation));
        if (learned !== undefined)
          await store.write(async (transaction) => {
            await keepProfile(transaction, learned, forgotten, now());
          });
      } catch (error) {
        log.warn({ error: describeError(error) }, "The owner's manner could not be learned; it is tried again later.");
      }
    },

    async onDraftAnswered({ id, message, question, sentText }) {
      if (sentText === undefined || (await store.cdc.fact(styleFacts.consent)) === undefined) return;
      const { kind } = learnFromEdit(message.text, sentText);
      if (kind !== "fact" && kind !== "procedure") return;
      const words = sentText.replaceAll(/\s+/g, " ").trim().slice(0, maxNoteChars).toWellFormed();
      const note: Note = { kind, sender: question.senderId, words };
      const rule: LearnedRule = {
        id: createId(now()),
        about: "style",
        rule: note,
        says: `To ${question.senderName} you wrote instead: ${words}`,
        madeFrom: id,
        at: now(),
      };
      await store.write((transaction) => transaction.cdc.addRule(rule));
    },
  };
}

/** What the owner's edits of late agree on, read from the drafts themselves: edits that were forgotten teach nothing. */
export async function loadRules(store: Store, now: number): Promise<EditRules> {
  const [consent, drafts, forgottenAt] = await Promise.all([
    store.cdc.fact(styleFacts.consent),
    store.cdc.recentDrafts(now - editsMs, maxEdits),
    store.cdc.fact(styleFacts.forgottenAt),
  ]);
  if (consent === undefined) return learnRules([]);
  const since = typeof forgottenAt === "number" ? forgottenAt : 0;
  return learnRules(
    drafts
      .toReversed()
      .filter(({ sentText, updatedAt }) => sentText !== undefined && updatedAt > since)
      .map(({ message, sentText = "" }) => learnFromEdit(message.text, sentText)),
  );
}

/** Undefined: there is nothing of the owner's own in it. */
function toRow({ text, address, sentAt }: InboundMessage): OwnMessageRow | undefined {
  const to = { to: address.chat };
  const observation = observeMessage({ text, at: sentAt, channel: address.channel, ...to });
  return (
    observation && {
      source: `channel:${address.channel}`,
      channel: address.channel,
      ...to,
      text,
      at: sentAt,
      observation,
    }
  );
}

function audienceOf({ address }: InboundMessage): Audience {
  return { channel: address.channel, to: address.chat };
}

function firstName({ sender }: InboundMessage): string {
  return sender.name.split(/[\s@]/, 1)[0] ?? "";
}

function formatNotes(rules: readonly LearnedRule[], senderId: string): string {
  const notes = rules
    .filter(({ rule }) => (rule as Note).sender === senderId)
    .slice(-maxNotes)
    .map(({ rule }) => `- ${(rule as Note).words}`);
  return notes.length === 0
    ? ""
    : `What the owner wrote to this person instead of earlier drafts:\n${notes.join("\n")}`;
}
