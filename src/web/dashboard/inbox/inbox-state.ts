import type { FeedState } from "./inbox-feed.ts";
import type { Approval, Draft, Inbox } from "./desk-types.ts";

/** A draft that is settled by now, and still shown: its reader has words in it, or was told of a problem. */
export interface HeldDraft {
  readonly draft: Draft;
  readonly problem: string;
}

export interface InboxState {
  readonly inbox: Inbox | undefined;
  readonly feed: FeedState;
  readonly held: readonly HeldDraft[];
  /** What came of the last answer, or what has just arrived. */
  readonly news: string;
}

export const emptyInbox: InboxState = { inbox: undefined, feed: "connecting", held: [], news: "" };

/** What waits for the reader, in the order in which it came. */
export type Waiting =
  | { readonly kind: "draft"; readonly draft: Draft; readonly settled?: string }
  | { readonly kind: "approval"; readonly approval: Approval };

export function listWaiting({ inbox, held }: InboxState): readonly Waiting[] {
  const open = inbox?.drafts ?? [];
  const ids = new Set(open.map(({ id }) => id));
  const waiting: readonly Waiting[] = [
    ...open.map((draft): Waiting => ({ kind: "draft", draft })),
    ...held
      .filter(({ draft }) => !ids.has(draft.id))
      .map(({ draft, problem }): Waiting => ({ kind: "draft", draft, settled: problem })),
    ...(inbox?.approvals ?? []).map((approval): Waiting => ({ kind: "approval", approval })),
  ];
  return waiting.toSorted((a, b) => createdAt(a) - createdAt(b));
}

function createdAt(waiting: Waiting): number {
  return waiting.kind === "draft" ? waiting.draft.createdAt : waiting.approval.createdAt;
}

export function countWaiting({ inbox }: InboxState): number {
  return (inbox?.drafts.length ?? 0) + (inbox?.approvals.length ?? 0);
}

/** A newer inbox. A draft that is being changed does not vanish under the reader's hands. */
export function takeInbox(state: InboxState, inbox: Inbox, editing: ReadonlySet<string>): InboxState {
  const before = state.inbox;
  const open = new Set(inbox.drafts.map(({ id }) => id));
  const lost = (before?.drafts ?? [])
    .filter(({ id }) => editing.has(id) && !open.has(id) && !state.held.some(({ draft }) => draft.id === id))
    .map((draft): HeldDraft => ({
      draft,
      problem: "This was answered elsewhere meanwhile. Your words were not sent.",
    }));
  const known = new Set(before?.drafts.map(({ id }) => id));
  const arrived = before === undefined ? [] : inbox.drafts.filter(({ id }) => !known.has(id));
  return {
    ...state,
    inbox,
    held: [...state.held.filter(({ draft }) => !open.has(draft.id)), ...lost],
    news: arrived.length === 0 ? state.news : formatArrival(arrived),
  };
}

function formatArrival(drafts: readonly Draft[]): string {
  const [first] = drafts;
  return drafts.length === 1 && first !== undefined
    ? `A draft for ${first.senderName} has come in.`
    : `${drafts.length} drafts have come in.`;
}

/** Somebody else was first, or the draft has expired. */
export function holdDraft(state: InboxState, draft: Draft, problem: string): InboxState {
  return { ...state, held: [...state.held.filter((each) => each.draft.id !== draft.id), { draft, problem }] };
}

export function releaseDraft(state: InboxState, id: string): InboxState {
  return { ...state, held: state.held.filter(({ draft }) => draft.id !== id) };
}

/** An answered card goes at once; the server's own word follows. */
export function dropAnswered(state: InboxState, id: string, news: string): InboxState {
  const { inbox } = state;
  if (inbox === undefined) return { ...state, news };
  return {
    ...state,
    news,
    inbox: {
      ...inbox,
      drafts: inbox.drafts.filter((draft) => draft.id !== id),
      approvals: inbox.approvals.filter((approval) => approval.id !== id),
    },
  };
}
