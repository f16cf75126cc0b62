/** What a message is, told without a model. Plain JSON. */
export interface Classification {
  readonly kind: MessageKind;
  /** Does it ask something of the reader? */
  readonly asks: boolean;
  readonly priority: Priority;
  readonly addressee: Addressee;
  readonly deadline?: Deadline;
  /** From 0 to 1: how sure `kind` and `asks` are. Below 0.7 a model may be asked. */
  readonly confidence: number;
  /** Short and plain, naming what was said. */
  readonly reasons: readonly string[];
}

export type MessageKind =
  | "command"
  | "question"
  | "request"
  | "greeting"
  | "thanks"
  | "notification"
  | "automated"
  | "spam"
  | "other";

export type Priority = "low" | "normal" | "high" | "urgent";

/** Whom a message speaks to: us, somebody by name, everybody in the room, or people we cannot tell. */
export type Addressee = "me" | "room" | "other" | { readonly name: string };

export interface Deadline {
  /** "2026-03-06", in the reader's time zone. */
  readonly date: string;
  /** "12:00", where a time was said. */
  readonly time?: string;
  /** What it was read from, such as "by Friday". */
  readonly words: string;
}

/** What is known of a message when it is classified. An InboundMessage gives all of it. */
export interface MessageToClassify {
  readonly text: string;
  /** Default: false. */
  readonly isGroup?: boolean;
  /** Does the platform say that it speaks to us? Default: whatever is not said in a group does. */
  readonly isAddressed?: boolean;
  /** The platform, or the name of the channel. */
  readonly channel?: string;
  readonly sender?: { readonly name?: string; readonly isBot?: boolean };
  readonly subject?: string;
  readonly isAutomated?: boolean;
  readonly isCommand?: boolean;
}

/** What surrounds a message. */
export interface Surroundings {
  /** Epoch milliseconds; deadlines count from here. */
  readonly now: number;
  readonly timeZone: string;
  /** What we and our owner are called. */
  readonly ownNames?: readonly string[];
  /** Who else speaks here: names by which somebody may be spoken to. */
  readonly people?: readonly string[];
}

export const languages = ["en", "de", "fr", "es"] as const;
export type Language = (typeof languages)[number];
