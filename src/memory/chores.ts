import type { MemoryStore } from "../core/memory.ts";
import type { AccessLog } from "./access-log.ts";
import type { IndexWriter } from "./index-writer.ts";
import type { SearchIndex } from "./search-index.ts";

/** So many changes are worth a write of their own; fewer wait this long. */
const batchFrom = 50;
const patienceMs = 10_000;
const messagePage = 500;
/** Embeddings of one round: others use the processor, too. */
const embedLimit = 256;
/** What failed is left alone for a while. */
const pauseMs = 2 * 60_000;
const sweepMs = 10 * 60_000;
/** When nobody minds a minute of work, by the machine's clock. */
const quietHours = { from: 3, to: 5 };

export interface ChoresDeps {
  readonly store: MemoryStore;
  readonly index: SearchIndex;
  readonly writer: IndexWriter;
  readonly accesses: AccessLog;
  readonly now: () => number;
  /** Runs work as the one writer of the index; false: another process is. */
  readonly write: (signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>) => Promise<boolean>;
  readonly takesMessages: () => boolean;
}

/** What is done again and again. Nothing of it is loaded or asked for before something is remembered. */
export function createChores(deps: ChoresDeps): { tick(signal: AbortSignal): Promise<void> } {
  const { store, index, writer, accesses, now } = deps;
  let waitingSince: number | undefined;
  let sweptAt = 0;
  let hasUnembedded = true;
  let embedAfter = 0;
  let indexAfter = 0;

  async function takeMessages(signal: AbortSignal): Promise<void> {
    if (!deps.takesMessages()) return;
    while (!signal.aborted && (await store.takeMessages(now(), messagePage)) === messagePage);
  }

  function isWorthIt(behind: number): boolean {
    if (behind === 0) waitingSince = undefined;
    else waitingSince ??= now();
    return behind >= batchFrom || (waitingSince !== undefined && now() - waitingSince >= patienceMs);
  }

  /** Text is found without them: they follow when there is time. */
  async function embed(signal: AbortSignal): Promise<void> {
    embedAfter = now() + pauseMs;
    hasUnembedded = (await writer.embed(embedLimit, signal)) > 0;
    embedAfter = 0;
  }

  async function takeIn(signal: AbortSignal): Promise<void> {
    indexAfter = now() + pauseMs;
    hasUnembedded = true;
    await writer.catchUp(signal);
    waitingSince = undefined;
    const hour = new Date(now()).getHours();
    await writer.tidy(hour >= quietHours.from && hour < quietHours.to);
    indexAfter = 0;
  }

  async function sweep(): Promise<void> {
    sweptAt = now();
    await store.promote(now());
    await store.vacuum(now());
  }

  return {
    async tick(signal) {
      await takeMessages(signal);
      await accesses.flush();
      const last = await store.lastChange();
      if (last === 0) return;
      const isSweep = now() - sweptAt >= sweepMs;
      const isBehind = isWorthIt(last - (index.state?.cursor ?? 0)) && now() >= indexAfter;
      const isEmbedding = hasUnembedded && now() >= embedAfter;
      if (!isSweep && !isBehind && !isEmbedding) return;
      await deps.write(signal, async (held) => {
        if (isSweep) await sweep();
        if (isSweep || isBehind) await takeIn(held);
        if (now() >= embedAfter) await embed(held);
      });
    },
  };
}
