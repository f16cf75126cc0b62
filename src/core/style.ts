/** A message that the owner has written. */
export interface OwnMessage {
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Whom it went to, as an id or a name. */
  readonly to?: string;
  readonly channel?: string;
}

/** What one message shows of its writer's manner, without its words: what is learned from once they are gone. */
export interface Observation {
  readonly at: number;
  /** Which option of each trait it takes, in the order of the traits; null: none. */
  readonly picks: readonly (string | null)[];
  readonly sizes: Readonly<Record<SpreadName, number>>;
  readonly greeting?: string;
  readonly signOff?: string;
  readonly emoji: readonly string[];
  readonly languages: readonly string[];
  /** "<channel> to:<person>", "channel:<name>", "formality:<formal|casual>"; "to:<person>" where no channel is known. */
  readonly audiences: readonly string[];
}

/** How often each option of each trait is taken: `{ ending: { full: 0.1, none: 0.7 } }`. */
export type Shares = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** A number of the messages, such as their length: its median, and where 80% of them lie. */
export interface Spread {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/** The raw scores that the owner's own messages get from the others of them, in batches of one size. */
export interface OwnScores {
  readonly size: number;
  readonly mean: number;
  readonly deviation: number;
  /** 95% of the owner's own batches score at least this. */
  readonly low: number;
}

/** How somebody writes to one audience, or to everybody. */
export interface Manner {
  readonly messages: number;
  /** Messages, each counted by how recent it is. */
  readonly weight: number;
  readonly shares: Shares;
  readonly spreads: Readonly<Record<SpreadName, Spread>>;
  /** Each with the share of messages that have it, most frequent first. */
  readonly greetings: readonly Phrase[];
  readonly signOffs: readonly Phrase[];
  readonly emoji: readonly Phrase[];
  readonly languages: readonly Phrase[];
  readonly ownScores: readonly OwnScores[];
}

export interface Phrase {
  readonly text: string;
  readonly share: number;
}

export type SpreadName = "chars" | "words" | "sentences" | "sentenceWords" | "lines";

/** The owner's manner of writing: plain JSON, without a message of theirs in it. */
export interface StyleProfile {
  readonly version: 1;
  readonly newestAt: number;
  readonly general: Manner;
  /** By the names that `Observation.audiences` has; only those with enough messages. */
  readonly audiences: Readonly<Record<string, Manner>>;
}

/** Who will read a text: the most special manner that is known is used. */
export interface Audience {
  readonly to?: string;
  readonly channel?: string;
  readonly formality?: Formality;
}

export type Formality = "formal" | "casual";

/** How near texts are to the owner's manner. */
export interface StyleMeasure {
  /** 0 to 1; 0.5 is where the owner and other people are told apart best. Comparable across profiles. */
  readonly score: number;
  /** Whether 95% of what the owner writes lies no farther off than this. */
  readonly inRange: boolean;
  /** What differs most, as sentences with numbers. */
  readonly features: readonly string[];
}
