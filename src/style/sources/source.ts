import type { OwnMessage } from "../../core/style.ts";

/** What can be learned from: the forms in which people can take their own messages out of somewhere. */
export const sourceKinds = ["mbox", "slack", "whatsapp", "telegram", "text", "jsonl"] as const;
export type SourceKind = (typeof sourceKinds)[number];

export interface SourceRequest {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** How the owner is known in the source: addresses, ids or names. What anybody else wrote is never handed on. */
  readonly me: readonly string[];
  /** When messages are said to be written that have no time of their own; milliseconds since 1970. */
  readonly undatedAt: number;
}

/** What stands in a source, one by one. Of others' messages only that they are there, never what they say. */
export type SourceItem =
  | { readonly type: "own"; readonly message: OwnMessage }
  | { readonly type: "other"; readonly sender: string }
  /** A place that cannot be read, such as "line 7"; reading goes on behind it. */
  | { readonly type: "fault"; readonly where: string; readonly what: string };

/** Reads a source piece by piece, in bounded memory. Throws AppError "bad-input" for what is no such source at all. */
export type ReadSource = (request: SourceRequest) => AsyncIterable<SourceItem>;

/** Longer messages were not written by hand; what is behind is left out. */
export const maxMessageChars = 20_000;

export function own(message: OwnMessage): SourceItem {
  return { type: "own", message: { ...message, text: message.text.slice(0, maxMessageChars) } };
}

export function other(sender: string): SourceItem {
  return { type: "other", sender: sender.slice(0, 200) };
}

export function fault(where: string, what: string): SourceItem {
  return { type: "fault", where, what };
}

/** Whether one of the names is the owner's, in whatever case. */
export function isMe(me: readonly string[], ...names: readonly (string | undefined)[]): boolean {
  const known = new Set(me.map(plain));
  return names.some((name) => name !== undefined && name.trim() !== "" && known.has(plain(name)));
}

function plain(name: string): string {
  return name.normalize("NFC").trim().toLowerCase();
}
