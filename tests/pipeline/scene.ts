import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { createClassifier } from "../../src/cdc/classify.ts";
import { createPromiseFinder } from "../../src/cdc/promises/find-promises.ts";
import { createWallClock } from "../../src/cdc/wall-clock.ts";
import { createBudget, type BudgetLimits } from "../../src/agent/budget.ts";
import { AppError } from "../../src/core/errors.ts";
import type { ReceiveOutcome } from "../../src/core/channel.ts";
import { silentLogger } from "../../src/core/log.ts";
import type { MemoryDesk } from "../../src/core/memory.ts";
import { conversationId, type Address, type InboundMessage } from "../../src/core/message.ts";
import type { Model } from "../../src/core/model.ts";
import type { Persona } from "../../src/core/persona.ts";
import type { WakeQueue } from "../../src/core/queue.ts";
import type { OutboxItem, Store } from "../../src/core/store.ts";
import type { Tool } from "../../src/core/tool.ts";
import { settleUndeliverable } from "../../src/pipeline/approvals.ts";
import { createActiveTurns } from "../../src/pipeline/active-turns.ts";
import { createDeliverer, type Deliverer } from "../../src/pipeline/deliver.ts";
import type { PathPoint, PipelineDeps, TurnSettings } from "../../src/pipeline/deps.ts";
import { createDeskChores } from "../../src/pipeline/desk/chores.ts";
import { noVoice, type Voice } from "../../src/pipeline/desk/voice.ts";
import type { ChannelPolicy } from "../../src/pipeline/policy.ts";
import { createReactionReader } from "../../src/pipeline/reactions.ts";
import { createReceiver } from "../../src/pipeline/receive.ts";
import { createTurnRunner } from "../../src/pipeline/turn.ts";
import { createUrgentPicker } from "../../src/pipeline/urgent.ts";
import { createStore, openDatabase, type OpenStore } from "../../src/store/index.ts";
import { createFakeClock, type FakeClock } from "../doubles/fake-clock.ts";
import type { FakePlatform } from "./fake-platform.ts";

export const leaseMs = 30_000;

/** Named points of the path, and the moment after a tool did its work, before that is recorded. */
export type Point = PathPoint | "after-tool";

export interface SceneOptions {
  readonly platform: FakePlatform;
  readonly model: Model;
  /** By alias, besides "main": the council's members. */
  readonly models?: Readonly<Record<string, Model>>;
  readonly tools?: readonly Tool[];
  /** Which of them are offered; absent: all. */
  readonly pickTools?: (text: string, named: ReadonlySet<string>) => readonly Tool[];
  readonly budgets?: BudgetLimits;
  readonly policy?: Partial<ChannelPolicy>;
  readonly persona?: Partial<Persona>;
  readonly settings?: Partial<TurnSettings>;
  readonly ownerIds?: readonly string[];
  readonly ownerPlace?: Address;
  readonly voice?: Voice;
  /** Over the scene's store, with its index under a folder. */
  readonly memory?: (store: Store, folder: string) => MemoryDesk;
  /** Called when a process comes by a named point; what it throws ends that process, as SIGKILL would. */
  readonly reach?: (point: Point) => void;
}

const parts = { classify: createClassifier(), readClock: createWallClock(), findPromises: createPromiseFinder() };
const judge = async () => parts;

/** One process: everything in it is lost when it is killed. */
export interface Process {
  readonly owner: string;
  readonly deliverer: Deliverer;
  /** What its turns are given. */
  readonly deps: PipelineDeps;
  readonly isDead: () => boolean;
  receive(message: InboundMessage): Promise<ReceiveOutcome>;
  /** The handler of the bell. Resolves too when the process dies meanwhile. */
  run(conversation: string): Promise<void>;
  renew(): Promise<void>;
  pump(): Promise<void>;
  /** Follow-ups and drafts that are due. */
  chores(): Promise<void>;
  kill(): void;
  shutDown(): void;
}

export interface Scene {
  readonly clock: FakeClock;
  /** The database as seen from outside of all processes. */
  readonly store: OpenStore;
  readonly platform: FakePlatform;
  policy: ChannelPolicy | undefined;
  /** The bell: conversations rung for, and when. */
  readonly wakes: Map<string, number>;
  readonly troubles: { readonly id: string; readonly state: string; readonly reason: string }[];
  readonly outcomes: string[];
  /** Name and instructions of personas that were changed. */
  readonly savedPersonas: [string, string][];
  /** Starts a process over the same database. */
  begin(): Process;
  /** Rings and sends until nothing is due any more; the clock stands still. */
  settle(process: Process): Promise<void>;
  /** Like settle, and moves the clock on to whatever becomes due next, at most `hours` ahead. */
  settleOverTime(process: Process, hours?: number): Promise<void>;
  close(): Promise<void>;
}

class Killed extends Error {}

/** The pipeline over a real SQLite store, with doubles for queue, platform, model and clock. */
export async function createScene(options: SceneOptions): Promise<Scene> {
  const { platform } = options;
  const clock = createFakeClock();
  const { now } = clock;
  const folder = await mkdtemp(join(tmpdir(), "parlance-pipeline-"));
  const store = await createStore(await openDatabase(join(folder, "test.db")), { now });
  const wakes = new Map<string, number>();
  const troubles: Scene["troubles"] = [];
  const outcomes: string[] = [];
  const living: Process[] = [];
  const persona: Persona = {
    name: "general",
    description: "",
    instructions: "Answer.",
    replyMode: "auto",
    maxSteps: 10,
    ...options.persona,
  };
  let count = 0;

  const scene: Scene = {
    clock,
    store,
    platform,
    wakes,
    troubles,
    outcomes,
    savedPersonas: [],
    policy: {
      name: "test",
      platform: "test",
      mode: "open",
      access: "open",
      allow: ["test:ada", "test:bob"],
      midTurn: "collect",
      onUncertain: "ask",
      forgeableSenders: false,
      ...options.policy,
    },
    begin,
    settle,
    async settleOverTime(process, hours = 24) {
      const until = now() + hours * 3_600_000;
      for (;;) {
        await settle(process);
        const next = await nextDue();
        if (next === undefined || next > until) return;
        clock.advance(Math.max(1, next - now()));
      }
    },
    async close() {
      for (const each of living) each.kill();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };

  async function nextDue(): Promise<number | undefined> {
    const [row] = await store.database.read<{ at: number | null }>({
      sql: `select min(max(next_at, owned_until + 1)) as at from outbox where seq in
        (select min(seq) from outbox where state in ('pending', 'sending') group by conversation)`,
      parameters: [],
    });
    const times = [...wakes.values(), ...(row?.at == null ? [] : [row.at])];
    return times.length === 0 ? undefined : Math.min(...times);
  }

  async function isSending({ owner }: Process): Promise<boolean> {
    if ((await store.dueOutbox("test", now(), 1)).length > 0) return true;
    const rows = await store.database.read({
      sql: "select 1 from outbox where state = 'sending' and owner = ?",
      parameters: [owner],
    });
    return rows.length > 0;
  }

  async function settle(process: Process): Promise<void> {
    for (;;) {
      const due = [...wakes].filter(([, at]) => at <= now()).map(([conversation]) => conversation);
      for (const conversation of due) wakes.delete(conversation);
      await Promise.all(due.map((conversation) => process.run(conversation)));
      do {
        await process.pump();
        await setImmediate();
      } while (!process.isDead() && (await isSending(process)));
      const isWaiting = [...wakes.values()].some((at) => at <= now());
      if (process.isDead() || !isWaiting) return;
    }
  }

  function begin(): Process {
    const owner = `process-${(count += 1)}`;
    const shutdown = new AbortController();
    const death = Promise.withResolvers<void>();
    let isDead = false;

    function kill(): void {
      isDead = true;
      death.resolve();
      shutdown.abort();
    }
    function reach(point: Point): void {
      if (isDead) throw new Killed();
      try {
        options.reach?.(point);
      } catch {
        kill();
        throw new Killed();
      }
    }
    /** What a dead process asks for never comes. */
    const never = new Promise<never>(() => undefined);
    function mortal<T extends object>(target: T): T {
      return new Proxy(target, {
        get(from, name) {
          const value = Reflect.get(from, name) as unknown;
          if (typeof value !== "function") return value;
          return (...parameters: unknown[]) => {
            if (isDead) return never;
            const result: unknown = Reflect.apply(value, from, parameters);
            return result instanceof Promise
              ? result.then(
                  (done) => (isDead ? never : done),
                  (error: unknown) => (isDead ? never : Promise.reject(error)),
                )
              : result;
          };
        },
      });
    }

    const own: Store = mortal<Store>(store);
    const channel = mortal(platform.connect());
    const queue = {
      wake: async (conversation: string, { delayMs = 0 } = {}) => {
        if (!isDead) wakes.set(conversation, now() + delayMs);
      },
    } as unknown as WakeQueue;
    const log = silentLogger;
    const activeTurns = createActiveTurns({ store: own, owner, leaseMs, now, log });
    const deliverer = createDeliverer({
      store: own,
      log,
      now,
      owner,
      claimMs: leaseMs,
      channel: (name) => (name === "test" ? channel : undefined),
      onUncertain: () => scene.policy?.onUncertain ?? "ask",
      onTrouble: (item: OutboxItem, state, reason) => {
        troubles.push({ id: item.message.id, state, reason });
        if (state === "failed")
          void settleUndeliverable(own, item.message.id, now()).then(
            (conversation) => conversation !== undefined && wakes.set(conversation, now()),
          );
      },
      reach,
    });
    const settings: TurnSettings = {
      maxSteps: 10,
      maxTurnMs: 600_000,
      historyTokens: 8_000,
      safetyMode: "safe",
      ownerName: "Ada",
      timeZone: "UTC",
      approvalMs: 3_600_000,
      ...options.settings,
    };
    const tools = (options.tools ?? []).map((tool): Tool => ({
      ...tool,
      run: async (input, context) => {
        const output = await tool.run(input, context);
        reach("after-tool");
        return output;
      },
    }));
    const deps: PipelineDeps = {
      ...(options.memory === undefined ? {} : { memory: options.memory(store, folder) }),
      store: own,
      queue,
      deliverer,
      activeTurns,
      log,
      now,
      owner,
      leaseMs,
      settings: () => settings,
      policy: () => scene.policy,
      channel: () => channel,
      ownerIds: () => options.ownerIds ?? [],
      personas: () => new Map([["general", persona]]),
      models: () => ({
        list: () => ["main", ...Object.keys(options.models ?? {})],
        get: (alias) => options.models?.[alias] ?? options.model,
      }),
      pickPersona: () => ({ persona, reason: "it is the only one", isFound: false }),
      pickModel: (conversation) => conversation.model ?? "main",
      tools: () => tools,
      pickTools: (_persona, text, named) => {
        const offered = options.pickTools?.(text, named).map(({ name }) => name);
        return offered === undefined ? tools : tools.filter(({ name }) => offered.includes(name));
      },
      onBudgetWarning: () => undefined,
      loadFile: async ({ name }) => {
        if (name === "gone.png") throw new AppError("not-found", "It is gone.");
        return Buffer.from(`bytes of ${name}`);
      },
      personaFiles: {
        save: async (...saved) => void scene.savedPersonas.push(saved),
        rollBack: async () => scene.savedPersonas.pop() !== undefined,
      },
      budget: createBudget(options.budgets ?? {}, [], () => 0),
      council: () => ({ members: Object.keys(options.models ?? {}), chair: "main", strategy: "chair" }),
      ownerPlace: async () => options.ownerPlace,
      judge,
      keepOwnWords: async () => async () => undefined,
      voice: options.voice ?? noVoice,
      ownerPersona: () => ({ ...persona, name: "delegate" }),
      status: async () => "well",
      onTurnDone: (kind) => void outcomes.push(kind),
      reach,
    };
    const receive = createReceiver({
      store: own,
      queue,
      log,
      now,
      debounceMs: () => 0,
      ownerIds: deps.ownerIds,
      policy: deps.policy,
      pickUrgent: createUrgentPicker({
        store: own,
        now,
        stopTurn: (conversation) => activeTurns.stop(conversation),
        onAnswered: (approval) => void queue.wake(approval.conversation),
        drafts: {
          timeZone: () => settings.timeZone,
          judge,
          onDraftAnswered: (answered, sent, hasMail) => {
            if (hasMail) void queue.wake(answered.conversation);
            deliverer.sendNow(sent === undefined ? [] : [sent], false);
          },
        },
      }),
      readReaction: createReactionReader(own),
      onRevision: (conversation) => activeTurns.onRevision(conversation),
      onMail: (conversation, policy) => activeTurns.onMail(conversation, policy.midTurn),
      onOutbox: (messages) => deliverer.sendNow(messages, false),
    });
    const runConversation = createTurnRunner(deps);
    const runDeskChores = createDeskChores({
      store: own,
      log,
      now,
      wake: (conversation) => void queue.wake(conversation),
      ownerPlace: deps.ownerPlace,
      onDraftSettled: () => undefined,
    });
    const process: Process = {
      owner,
      deliverer,
      deps,
      isDead: () => isDead,
      receive,
      run: (conversation) => Promise.race([runConversation(conversation, shutdown.signal), death.promise]),
      renew: () => activeTurns.renew(),
      pump: () => Promise.race([deliverer.pump(["test"]), death.promise]),
      chores: () => Promise.race([runDeskChores(), death.promise]),
      kill,
      shutDown: () => shutdown.abort(),
    };
    living.push(process);
    return process;
  }

  return scene;
}

export const roomOf = (chat: string): string => conversationId({ channel: "test", chat });
