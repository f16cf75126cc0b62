import type {
  ServerFrame,
  WireAttachment,
  WireChat,
  WireEntry,
  WirePreview,
} from "../../../../channels/webchat/protocol.ts";

/** A message that the server has not acknowledged yet. */
export interface PendingMessage {
  readonly id: string;
  readonly chat: string;
  readonly text: string;
  readonly attachments: readonly WireAttachment[];
  readonly at: number;
  /** Present: it was refused, for this reason, and is not sent again by itself. */
  readonly problem?: string;
}

export interface ChatState {
  readonly connection: "connecting" | "open" | "lost";
  /** Undefined until the server has told them. */
  readonly chats: readonly WireChat[] | undefined;
  /** Latest change of each chat that this page has shown. */
  readonly seenAt: Readonly<Record<string, number>>;
  readonly chat: string | undefined;
  readonly isLoaded: boolean;
  /** Of the open chat, oldest first. */
  readonly entries: readonly WireEntry[];
  readonly hasEarlier: boolean;
  readonly isWorking: boolean;
  readonly preview: WirePreview | undefined;
  /** Of all chats, in the order of writing. */
  readonly pending: readonly PendingMessage[];
}

export const emptyState: ChatState = {
  connection: "connecting",
  chats: undefined,
  seenAt: {},
  chat: undefined,
  isLoaded: false,
  entries: [],
  hasEarlier: false,
  isWorking: false,
  preview: undefined,
  pending: [],
};

/** Turns to another chat; what was shown of the last one is dropped. */
export function selectChat(state: ChatState, chat: string): ChatState {
  const { connection, chats, seenAt, pending } = state;
  return markSeen({ ...emptyState, connection, chats, seenAt, pending, chat });
}

/** What a frame from the server changes. Frames about chats that are not open change nothing. */
export function applyFrame(state: ChatState, frame: ServerFrame): ChatState {
  switch (frame.type) {
    case "chats":
      return markSeen({ ...state, chats: frame.list });
    case "ack":
      return frame.outcome === "refused"
        ? markProblem(state, frame.id, "Parlance does not take messages from you here.")
        : { ...state, pending: state.pending.filter(({ id }) => id !== frame.id) };
    case "error":
      return frame.id === undefined || frame.isRetryable ? state : markProblem(state, frame.id, frame.message);
    case "pong":
      return state;
    case "snapshot":
    case "earlier":
    case "entry":
    case "preview":
    case "typing":
      return frame.chat === state.chat ? applyChatFrame(state, frame) : state;
  }
}

type ChatFrame = Extract<ServerFrame, { readonly chat: string }>;

function applyChatFrame(state: ChatState, frame: ChatFrame): ChatState {
  switch (frame.type) {
    case "snapshot": {
      const { entries, preview, isWorking, hasEarlier } = frame;
      const kept = keepAfterSnapshot(state.entries, entries);
      const hasKeptEarlier = kept.length > 0 && (kept[0]?.at ?? 0) < (entries[0]?.at ?? 0);
      const merged = {
        ...state,
        isLoaded: true,
        isWorking,
        preview,
        hasEarlier: hasKeptEarlier ? state.hasEarlier : hasEarlier,
      };
      return addEntries({ ...merged, entries: kept }, entries);
    }
    case "earlier":
      return addEntries({ ...state, hasEarlier: frame.hasEarlier }, frame.entries);
    case "entry":
      return addEntries(state, [frame.entry]);
    case "preview":
      if (state.entries.some(({ id }) => id === frame.id)) return state;
      return { ...state, preview: applyPreview(state.preview, frame) };
    case "typing":
      return { ...state, isWorking: frame.on, preview: frame.on ? state.preview : undefined };
  }
}

/** Adds or replaces entries by id, oldest first; what they answer for (pending messages, a preview) goes. */
export function addEntries(state: ChatState, entries: readonly WireEntry[]): ChatState {
  const merged = mergeEntries(state.entries, entries);
  const ids = new Set(entries.map(({ id }) => id));
  const isDone = state.preview !== undefined && ids.has(state.preview.id);
  return {
    ...state,
    entries: merged,
    preview: isDone ? undefined : state.preview,
    pending: state.pending.filter(({ id }) => !ids.has(id)),
  };
}

/** One list by id, oldest first. Of two with the same id the newer one counts. */
export function mergeEntries(known: readonly WireEntry[], newer: readonly WireEntry[]): readonly WireEntry[] {
  const byId = new Map(known.map((entry) => [entry.id, entry]));
  for (const entry of newer) byId.set(entry.id, entry);
  // Sorting keeps the order of equal times.
  return [...byId.values()].toSorted((a, b) => a.at - b.at);
}

/** Of the entries known before, those that leave no unseen gap before the snapshot. */
function keepAfterSnapshot(known: readonly WireEntry[], snapshot: readonly WireEntry[]): readonly WireEntry[] {
  const ids = new Set(snapshot.map(({ id }) => id));
  if (known.some(({ id }) => ids.has(id))) return known;
  const oldestAt = snapshot[0]?.at ?? 0;
  return known.filter(({ at }) => at >= oldestAt);
}

/** The text so far after a change. A change that does not join on is ignored: the entry will bring it all. */
export function applyPreview(
  preview: WirePreview | undefined,
  change: { readonly id: string; readonly from: number; readonly text: string },
): WirePreview | undefined {
  const known = preview?.id === change.id ? preview.text : "";
  return change.from > known.length ? preview : { id: change.id, text: known.slice(0, change.from) + change.text };
}

export function isUnread(state: ChatState, { chat, updatedAt }: WireChat): boolean {
  return chat !== state.chat && updatedAt > (state.seenAt[chat] ?? Number.POSITIVE_INFINITY);
}

/** Chats count as seen when the page first hears of them, and when they are open. */
function markSeen(state: ChatState): ChatState {
  const seenAt = { ...state.seenAt };
  for (const { chat, updatedAt } of state.chats ?? [])
    if (chat === state.chat || seenAt[chat] === undefined) seenAt[chat] = updatedAt;
  return { ...state, seenAt };
}

function markProblem(state: ChatState, id: string, problem: string): ChatState {
  return {
    ...state,
    pending: state.pending.map((message) => (message.id === id ? { ...message, problem } : message)),
  };
}
