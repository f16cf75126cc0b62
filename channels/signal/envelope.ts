/*
 * What signal-cli tells of a message, as its JSON records name it:
 * https://github.com/AsamK/signal-cli/tree/master/src/main/java/org/asamk/signal/json
 */

export interface SignalMention {
  readonly uuid?: string | null;
  readonly number?: string | null;
  readonly start: number;
  readonly length: number;
}

export interface SignalTextStyle {
  readonly style: string;
  readonly start: number;
  readonly length: number;
}

export interface SignalAttachment {
  readonly id?: string | null;
  readonly contentType?: string | null;
  readonly filename?: string | null;
  readonly size?: number | null;
}

export interface SignalDataMessage {
  readonly timestamp: number;
  readonly message?: string | null;
  readonly isExpirationUpdate?: boolean;
  readonly viewOnce?: boolean;
  readonly groupInfo?: { readonly groupId: string; readonly groupName?: string | null };
  readonly mentions?: readonly SignalMention[];
  readonly textStyles?: readonly SignalTextStyle[];
  readonly attachments?: readonly SignalAttachment[];
  readonly quote?: { readonly id: number; readonly authorUuid?: string | null; readonly authorNumber?: string | null };
  readonly reaction?: {
    readonly emoji: string;
    readonly targetAuthorUuid?: string | null;
    readonly targetSentTimestamp: number;
    readonly isRemove?: boolean;
  };
  readonly remoteDelete?: { readonly timestamp: number };
  /** An admin of the group took somebody's message back. */
  readonly adminDelete?: { readonly targetAuthorUuid?: string | null; readonly targetSentTimestamp: number };
  readonly sticker?: { readonly packId: string; readonly stickerId: number };
  readonly contacts?: readonly {
    readonly name?: {
      readonly display?: string | null;
      readonly given?: string | null;
      readonly family?: string | null;
    };
    readonly phone?: readonly { readonly value: string }[];
  }[];
  readonly pollCreate?: { readonly question: string; readonly options: readonly string[] };
}

/** What another device of the account has sent. An edit has nothing beside where it went. */
export interface SignalSentMessage extends Partial<SignalDataMessage> {
  readonly destinationUuid?: string | null;
  readonly editMessage?: SignalEditMessage;
}

export interface SignalEditMessage {
  readonly targetSentTimestamp: number;
  readonly dataMessage: SignalDataMessage;
}

export interface SignalEnvelope {
  /** ACI, or "PNI:…" of somebody who has not shown theirs. */
  readonly sourceUuid?: string | null;
  readonly sourceName?: string | null;
  /** By the sender's clock. */
  readonly timestamp: number;
  /** By Signal's. */
  readonly serverReceivedTimestamp?: number;
  readonly dataMessage?: SignalDataMessage;
  readonly editMessage?: SignalEditMessage;
  /** What another device of the account did. */
  readonly syncMessage?: { readonly sentMessage?: SignalSentMessage | null };
  readonly receiptMessage?: {
    readonly isDelivery?: boolean;
    readonly isRead?: boolean;
    readonly isViewed?: boolean;
    readonly timestamps: readonly number[];
  };
}

export interface SignalNotification {
  readonly account?: string;
  readonly envelope?: SignalEnvelope;
  readonly exception?: { readonly message?: string | null; readonly type?: string };
}

/**
 * What an event holds: bare, as the daemon's stream has it, in a JSON-RPC notification, or in the answer to a
 * subscription. Undefined when it is none of them.
 */
export function readNotification(value: unknown): SignalNotification | undefined {
  let inner = value;
  for (let depth = 0; depth < 3 && isObject(inner); depth += 1) {
    if (isObject(inner["envelope"]) || isObject(inner["exception"])) return inner;
    if (inner["method"] !== undefined && inner["method"] !== "receive") return undefined;
    inner = inner["params"] ?? inner["result"];
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
