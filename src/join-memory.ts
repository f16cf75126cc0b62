import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../config/schema.ts";
import { calmNativeLogs, type LoadedConfig } from "../config/load.ts";
import type { Embedder } from "./core/embedder.ts";
import { AppError, describeError } from "./core/errors.ts";
import type { Logger } from "./core/log.ts";
import { scopesOf, type MemoryDesk, type MemoryPlace } from "./core/memory.ts";
import type { Store } from "./core/store.ts";
import type { Tool } from "./core/tool.ts";
import { createMemory, type Memory } from "./memory/index.ts";
import { openEmbedders, type Embedders } from "./open-embedders.ts";
import { memoryFolder } from "./open-memory.ts";
import { createMemoryTools } from "./tools/memory.ts";

const tickMs = 5_000;
const closeMs = 5_000;

export interface JoinedMemory {
  readonly desk: MemoryDesk;
  readonly tools: readonly Tool[];
  /** What meaning is compared with; absent: nothing is configured for it. */
  readonly embedder: Embedder | undefined;
  close(): Promise<void>;
}

export interface JoinMemoryDeps {
  readonly loaded: LoadedConfig;
  /** As it is in force now. */
  readonly config: () => Config;
  readonly store: Store;
  /** This process, in leases. */
  readonly owner: string;
  readonly ownerIds: () => readonly string[];
  readonly now: () => number;
  readonly log: Logger;
  /** Does this process do the chores? */
  readonly isWorker: boolean;
}

/** Memory of the service: who may see what, its tools, and its chores. Loads nothing before something is remembered. */
export function joinMemory(deps: JoinMemoryDeps): JoinedMemory {
  const { store, now, log, owner } = deps;
  calmNativeLogs();
  const embedders = openSafely();
  const memory = createMemory({
    folder: memoryFolder(deps.loaded.dataFolder),
    store: store.memories,
    takeLease: (name, ttlMs) => store.takeNamedLease(name, owner, now(), ttlMs),
    now,
    takesMessages: () => deps.config().memory.conversations,
    ...embedders,
  });
  const desk = createDesk(memory, deps);
  const stop = new AbortController();
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    if (!deps.isWorker || running !== undefined) return;
    running = memory
      .tick(stop.signal)
      .catch((error: unknown) => {
        if (!stop.signal.aborted)
          log.warn({ error: describeError(error) }, "A chore of the memory failed and will be tried again.");
      })
      .finally(() => (running = undefined));
  }, tickMs);

  /** Without its embedder, memory is searched by words. */
  function openSafely(): Embedders {
    try {
      return openEmbedders(deps.loaded, log);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      log.warn({ error: describeError(error) }, "Memory is searched by words only.");
      return {};
    }
  }

  return {
    desk,
    tools: createMemoryTools(desk),
    embedder: embedders.embedder,
    async close() {
      clearInterval(timer);
      stop.abort();
      // An index that is being made cannot be stopped; it is made anew from the store next time.
      await Promise.race([running, sleep(closeMs, undefined, { ref: false })]);
      await memory.close();
      await embedders.embedder?.close();
      await embedders.reranker?.close();
    },
  };
}

/** Decides who may see what: by the role of the person who asks, and the place. */
export function createDesk(
  memory: Pick<Memory, "recall" | "recallForTurn" | "noteUse">,
  { store, ownerIds, now }: Pick<JoinMemoryDeps, "store" | "ownerIds" | "now">,
): MemoryDesk {
  async function scopesAt({ conversation, person, isGroup }: MemoryPlace) {
    const owners = ownerIds();
    const isOwner = owners.includes(person);
    const role = isOwner ? "owner" : (await store.person(person))?.role;
    return scopesOf({
      personIds: isOwner ? owners : [person],
      conversation,
      isGroup,
      isMember: role === "owner" || role === "admin" || role === "member",
    });
  }

  return {
    scopesAt,
    async recall(place, text, limit) {
      const found = await memory.recall(text, await scopesAt(place), limit);
      memory.noteUse(found.items.map(({ record }) => record.id));
      return found;
    },
    async recallForTurn(place, text, { shownSince, maxTokens }) {
      if ((await store.memories.lastChange()) === 0) return undefined;
      return memory.recallForTurn({
        text,
        scopes: await scopesAt(place),
        maxTokens,
        shown: { source: place.conversation, since: shownSince ?? now() },
      });
    },
    newest: async (place, limit) => store.memories.newest(await scopesAt(place), { now: now(), limit }),
    async find(place, id) {
      const [found] = await store.memories.load([id], {
        scopes: await scopesAt(place),
        now: now(),
        before: 0,
        after: 0,
      });
      return found?.record;
    },
  };
}
