import type { DecisionRecord, DraftRecord, FollowUpRecord, PromiseRecord, ThreadRecord } from "../../core/cdc.ts";

/** Something that did not go out, or of which nobody can tell. */
export interface TroubledSend {
  readonly id: string;
  readonly conversation: string;
  readonly state: "failed" | "uncertain";
  readonly text: string;
  readonly at: number;
}

/** Rows that a digest is made of, as they are in the store at its time. */
export interface DigestFacts {
  /** The decisions of this digest and of no other. */
  readonly decisions: readonly DecisionRecord[];
  /** Those to reply to. */
  readonly threads: readonly ThreadRecord[];
  /** Those pending. */
  readonly drafts: readonly DraftRecord[];
  /** Those open. */
  readonly promises: readonly PromiseRecord[];
  /** Those waiting. */
  readonly followUps: readonly FollowUpRecord[];
  readonly sends: readonly TroubledSend[];
  /** What people call a conversation: a room, a subject, a person. */
  readonly nameOf?: (conversation: string) => string | undefined;
}

export interface DigestOptions {
  readonly fromAt: number;
  readonly toAt: number;
  readonly timeZone: string;
  readonly ownerName: string;
  /** How days are written, such as "en-GB". */
  readonly locale: string;
}

export interface DigestTarget {
  readonly kind: "conversation" | "decision" | "draft" | "promise" | "follow-up" | "send";
  readonly id: string;
}

/** One thing told. `who` and `text` may be of anybody's making: they are quoted wherever they are shown. */
export interface DigestItem {
  /** From 1, each once in a digest. */
  readonly ref: number;
  readonly target: DigestTarget;
  readonly who: string;
  /** One line; empty where there is nothing to say. */
  readonly text: string;
  /** Our own words, such as "urgent, by Fri 6 Mar". */
  readonly note: string;
}

/** Only told of, with how many messages came: nothing in it waits. */
export interface DigestThread extends Omit<DigestItem, "ref"> {
  readonly count: number;
}

export interface DigestChannel {
  readonly channel: string;
  readonly count: number;
  readonly threads: readonly DigestThread[];
}

export const sectionKinds = [
  "needsYou",
  "drafts",
  "trouble",
  "promisesByOwner",
  "promisesToOwner",
  "followUps",
] as const;
export type SectionKind = (typeof sectionKinds)[number];

export const sectionTitles: Readonly<Record<SectionKind, string>> = {
  needsYou: "Needs you",
  drafts: "Drafts that wait",
  trouble: "May not have been sent",
  promisesByOwner: "You promised",
  promisesToOwner: "Promised to you",
  followUps: "Later",
};

export interface Digest {
  readonly options: DigestOptions;
  /** Nothing happened and nothing waits. */
  readonly isEmpty: boolean;
  /** What waits: the same words in the next digest, as long as it does. */
  readonly waiting: readonly string[];
  /** Of this digest's decisions; to be written down with it. */
  readonly decisionIds: readonly string[];
  readonly messages: number;
  /** People and machines that wrote. */
  readonly senders: number;
  readonly sections: Readonly<Record<SectionKind, readonly DigestItem[]>>;
  readonly channels: readonly DigestChannel[];
}
