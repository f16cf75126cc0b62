/*
 * A message as BlueBubbles serialises it. Rows of chat.db are brought into the same shape.
 */

export interface BlueHandle {
  /** Phone number or e-mail address. */
  readonly address?: string | null;
}

export interface BlueChat {
  readonly guid: string;
  readonly displayName?: string | null;
}

export interface BlueAttachment {
  readonly guid: string;
  readonly mimeType?: string | null;
  readonly transferName?: string | null;
  readonly totalBytes?: number | null;
  readonly hideAttachment?: boolean;
  /** Where it lies on this Mac; only in chat.db. */
  readonly path?: string;
}

export interface BlueMessage {
  readonly originalROWID: number;
  readonly guid: string;
  readonly text?: string | null;
  readonly attributedBody?:
    | readonly {
        readonly string?: string;
        readonly runs?: readonly { readonly attributes?: Readonly<Record<string, unknown>> }[];
      }[]
    | null;
  readonly handle?: BlueHandle | null;
  readonly chats?: readonly BlueChat[];
  readonly attachments?: readonly BlueAttachment[];
  readonly subject?: string | null;
  readonly error?: number | null;
  readonly dateCreated?: number | null;
  readonly dateRead?: number | null;
  readonly dateDelivered?: number | null;
  readonly isDelivered?: boolean;
  readonly dateEdited?: number | null;
  readonly dateRetracted?: number | null;
  readonly isFromMe?: boolean;
  readonly isAutoReply?: boolean;
  readonly isSystemMessage?: boolean;
  /** 0 is a message; others are joins, renames and the like. */
  readonly itemType?: number;
  /** "p:0/<guid>" or "bp:<guid>": the message that a tapback is on. */
  readonly associatedMessageGuid?: string | null;
  /** "love" and so on, "-love" for taking it off; "2006" and "3006" for emoji. */
  readonly associatedMessageType?: string | null;
  readonly associatedMessageEmoji?: string | null;
  /** The message that a reply is to. */
  readonly threadOriginatorGuid?: string | null;
}
