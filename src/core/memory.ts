import type { AppError } from "./errors.ts";

/** How long a record is kept: what was said (a day), what was worth keeping (90 days), what stays until it is forgotten. */
export type MemoryLayer = "interact" | "insights" | "assets";

/** Who may recall a record: one person, whoever is in one conversation, or all members. */
export type MemoryScope = `person:${string}` | `conversation:${string}` | "team";

/** What a query may see. "all" is for the operator at the command line and for the index, never for a conversation. */
export type MemoryScopes = readonly MemoryScope[] | "all";

/** Something to keep. The same id again replaces it. */
export interface NewMemory {
  readonly id: string;
  readonly layer: MemoryLayer;
  readonly scope: MemoryScope;
  /** What it belongs to, in order of `at`: a conversation, a file. Records of one scope and source are neighbours. */
  readonly source: string;
  /** Name of who said or wrote it; may be empty. */
  readonly speaker: string;
  /** Where it can be found again, for people: "handbook.pdf, Page 3". */
  readonly place?: string;
  readonly text: string;
  /** When it was said or written. */
  readonly at: number;
  /** From 0 to 1. */
  readonly importance: number;
  readonly expiresAt?: number;
  readonly isPinned: boolean;
  /** Was it written by somebody outside? */
  readonly isOutside: boolean;
}

export interface MemoryRecord extends NewMemory {
  /** Order of arrival in the store. */
  readonly seq: number;
  readonly accessCount: number;
  readonly lastAccessAt?: number;
}

/** A record that changed, as an index needs it. */
export type MemoryChange =
  | { readonly changeSeq: number; readonly id: string; readonly isGone: true }
  | {
      readonly changeSeq: number;
      readonly id: string;
      readonly isGone: false;
      readonly record: MemoryRecord;
      /** What stands before it in the same scope and source, nearest last. */
      readonly before: readonly MemoryRecord[];
    };

/** A record with its neighbours of the same scope and source. */
export interface MemoryInPlace {
  readonly record: MemoryRecord;
  /** Nearest last. */
  readonly before: readonly MemoryRecord[];
  /** Nearest first. */
  readonly after: readonly MemoryRecord[];
}

/** A record that a query may mean, with what each leg of the search says of it. */
export interface MemoryCandidate extends MemoryInPlace {
  /** Of the full-text search over the record and what stands before it; absent: that leg did not find it. */
  readonly windowScore?: number;
  /** Cosine of query and record; absent: no embedder, or that leg did not find it. */
  readonly nearness?: number;
}

export interface MemoryCounts {
  readonly byLayer: Readonly<Record<MemoryLayer, number>>;
  readonly pinned: number;
  /** Forgotten ones whose ids are still known, so that indexes drop them. */
  readonly forgotten: number;
}

/** What the store can tell of memory. What a query reads names the scopes it is for. */
export interface MemoryStore {
  /** Number of the newest change; 0: there was none. */
  lastChange(): Promise<number>;
  /** Changes after a number, in order, all that happened together in one page; with so many records before each. */
  changes(after: number, limit: number, before: number): Promise<readonly MemoryChange[]>;
  /** Live records of these ids within the scopes, in no particular order. */
  load(
    ids: readonly string[],
    options: {
      readonly scopes: MemoryScopes;
      readonly now: number;
      /** Neighbours to go with each. */
      readonly before: number;
      readonly after: number;
    },
  ): Promise<readonly MemoryInPlace[]>;
  /** The newest live records of the scopes. */
  newest(
    scopes: MemoryScopes,
    options: { readonly now: number; readonly limit: number; readonly isPinned?: boolean },
  ): Promise<readonly MemoryRecord[]>;
  /** Own texts of live records, for making embeddings; whoever reads them decides nothing by scopes. */
  texts(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** All live records in order of arrival, for the operator's export. */
  page(afterSeq: number, limit: number): Promise<readonly MemoryRecord[]>;
  /** Ids and texts' sources: what of a source is there. */
  idsOfSource(source: string): Promise<readonly string[]>;
  /** Sources that begin like this. */
  sources(prefix: string): Promise<readonly string[]>;
  counts(): Promise<MemoryCounts>;
  /** Are there fewer live records in these scopes? Counts no further than that. */
  hasFewer(scopes: MemoryScopes, than: number): Promise<boolean>;
  /** Adds up accesses; resolves when they are stored. */
  addAccesses(accesses: ReadonlyMap<string, { readonly count: number; readonly lastAt: number }>): Promise<void>;
  /**
   * Takes what was said after the last time into the interact layer; a message that is there already stays as it is.
   * Resolves with the number of messages looked at.
   */
  takeMessages(now: number, limit: number): Promise<number>;
  /** Makes insights of what was worth it; resolves with their number. */
  promote(now: number): Promise<number>;
  /** Forgets what has expired, and forgets the ids of what was forgotten long ago. Resolves with the number of expired. */
  vacuum(now: number): Promise<number>;
}

/** What a query may see. */
export interface MemoryReader {
  /** All ids of the person. */
  readonly personIds: readonly string[];
  readonly conversation: string;
  /** Would others read the answer, too? Then what is the person's own stays out. */
  readonly isGroup: boolean;
  readonly isMember: boolean;
}

/** The scopes that a reader may recall from; never empty. */
export function scopesOf(reader: MemoryReader): readonly MemoryScope[] {
  return [
    `conversation:${reader.conversation}`,
    ...(reader.isGroup ? [] : reader.personIds.map((id) => `person:${id}` as const)),
    ...(reader.isMember ? (["team"] as const) : []),
  ];
}

export interface RecalledItem {
  readonly record: MemoryRecord;
  readonly score: number;
  /** Why it was picked, for people. */
  readonly reason: string;
}

/** What is put before a model. */
export interface RecalledText {
  readonly text: string;
  readonly items: readonly RecalledItem[];
  readonly isOutside: boolean;
}

export interface Recollection {
  readonly items: readonly RecalledItem[];
  /** What could not be asked, such as an embedder that failed; the rest answered. */
  readonly trouble?: AppError;
}

/** Where somebody asks for something remembered. */
export interface MemoryPlace {
  readonly conversation: string;
  readonly person: string;
  /** Do others read the answer, too? */
  readonly isGroup: boolean;
}

/** Memory as turns, tools and commands have it: who may see what is decided in it. */
export interface MemoryDesk {
  scopesAt(place: MemoryPlace): Promise<readonly MemoryScope[]>;
  /** Counts what it finds as used. */
  recall(place: MemoryPlace, text: string, limit: number): Promise<Recollection>;
  /** What is worth putting before a model. `shownSince`: what was said here from then on it sees anyway. */
  recallForTurn(
    place: MemoryPlace,
    text: string,
    options: { readonly shownSince: number | undefined; readonly maxTokens: number },
  ): Promise<RecalledText | undefined>;
  newest(place: MemoryPlace, limit: number): Promise<readonly MemoryRecord[]>;
  find(place: MemoryPlace, id: string): Promise<MemoryRecord | undefined>;
}

/** Where something is kept that somebody asks to remember: with them alone, or in the group it was said in. */
export function scopeToKeep({ conversation, person, isGroup }: MemoryPlace): MemoryScope {
  return isGroup ? `conversation:${conversation}` : `person:${person}`;
}

/** What somebody asked to remember. */
export function toKept(
  id: string,
  text: string,
  options: {
    readonly scope: MemoryScope;
    readonly speaker: string;
    readonly at: number;
    readonly isOutside: boolean;
    readonly isPinned?: boolean;
  },
): NewMemory {
  const { scope, speaker, at, isOutside, isPinned = false } = options;
  return { id, layer: "assets", scope, source: "kept", speaker, text, at, importance: 0.8, isPinned, isOutside };
}

/** "handbook.pdf, Page 3", or who said it and when. */
export function nameSource({ place, speaker, at }: MemoryRecord): string {
  const day = new Date(at).toISOString().slice(0, 10);
  return (place ?? (speaker === "" ? day : `${speaker}, ${day}`)).replaceAll(/[[\]\n]/g, " ").slice(0, 200);
}
