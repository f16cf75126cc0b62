import type { Tool } from "../core/tool.ts";

/** For so long after its last use a provider may hold the beginning of a conversation in its cache. */
const warmMs = 3_600_000;
const maxConversations = 1_000;
/** With more than this a prompt is too long, cached or not: then only what is wanted now is offered. */
const maxOffered = 24;

/** What a conversation is offered, from turn to turn. */
export interface OfferedTools {
  /**
   * The tools that were offered before, in their places, and behind them those of `found` that are new. Tools stand at
   * the very beginning of a prompt: one that comes or goes in the middle costs the whole of what a provider has cached.
   * `epoch`: where it changes, the beginning is another one anyway, and so it is after a long silence.
   */
  pick(conversation: string, epoch: string, found: readonly Tool[], all: readonly Tool[]): readonly Tool[];
}

/** Remembers in this process only: what is forgotten costs a cache, never an answer. */
export function createOfferedTools(now: () => number): OfferedTools {
  const offered = new Map<string, { readonly epoch: string; readonly at: number; readonly names: readonly string[] }>();
  return {
    pick(conversation, epoch, found, all) {
      const known = offered.get(conversation);
      const isWarm = known !== undefined && known.epoch === epoch && now() - known.at < warmMs;
      const before = isWarm ? known.names : [];
      const names = new Set([...before, ...found.map(({ name }) => name)]);
      const picked = [...(names.size > maxOffered ? found.map(({ name }) => name) : names)].flatMap(
        (name) => all.find((tool) => tool.name === name) ?? [],
      );
      offered.delete(conversation);
      offered.set(conversation, { epoch, at: now(), names: picked.map(({ name }) => name) });
      const [oldest] = offered.keys();
      if (offered.size > maxConversations && oldest !== undefined) offered.delete(oldest);
      return picked;
    },
  };
}
