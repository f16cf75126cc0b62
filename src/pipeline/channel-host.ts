import type { Channel, ChannelHealth, ChannelSink } from "../core/channel.ts";
import { AppError, describeError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Store } from "../core/store.ts";

const leaseMs = 30_000;
const stopMs = 5_000;
const restartMs = { min: 1_000, max: 300_000 } as const;

export type HostHealth = ChannelHealth | { readonly state: "standby"; readonly reason: string };

export interface ChannelHost {
  /** Creates the adapter and starts it as soon as this process has the right to. Never throws: see `health`. */
  open(name: string): Promise<void>;
  /** Stops and forgets it. */
  shut(name: string): Promise<void>;
  /** The adapter, when this process may send on it now. */
  sender(name: string): Channel | undefined;
  /** The adapter, when it runs in this process. */
  running(name: string): Channel | undefined;
  names(): readonly string[];
  health(): Readonly<Record<string, HostHealth>>;
  /** Renews this process's rights and takes over those of dead processes. Called on a timer. */
  tick(): Promise<void>;
  close(): Promise<void>;
}

interface Slot {
  readonly channel: Channel;
  health: HostHealth;
  stop: AbortController | undefined;
  done: Promise<void>;
  failures: number;
  /** Epoch milliseconds before which it is not started again; Infinity after a fault that waiting cannot mend. */
  restartAt: number;
}

/** Runs the configured channels; of several processes each channel's connection is held by one, by a named lease. */
export function createChannelHost(deps: {
  readonly store: Store;
  readonly owner: string;
  readonly now: () => number;
  readonly log: Logger;
  readonly create: (name: string) => Promise<Channel>;
  readonly receive: ChannelSink["receive"];
  readonly delivery: ChannelSink["delivery"];
  readonly canConnect: boolean;
}): ChannelHost {
  const { store, owner, now } = deps;
  const slots = new Map<string, Slot>();
  const broken = new Map<string, HostHealth>();
  // A tick may come while the slowest channel is still stopping: it must not start the others again.
  let isClosed = false;

  async function start(name: string, slot: Slot): Promise<void> {
    if (isClosed || !deps.canConnect || slot.stop !== undefined || now() < slot.restartAt) return;
    if (!(await store.takeNamedLease(`channel:${name}`, owner, now(), leaseMs))) {
      slot.health = { state: "standby", reason: "another process holds this channel" };
      return;
    }
    if (isClosed || slots.get(name) !== slot || slot.stop !== undefined) return;
    const stop = new AbortController();
    slot.stop = stop;
    slot.health = { state: "connecting", reason: "starting" };
    const log = deps.log.child({ channel: name });
    const sink: ChannelSink = {
      receive: deps.receive,
      delivery: deps.delivery,
      health: (health) => {
        if (slot.health.state !== health.state)
          log.info(
            { state: health.state, ...(health.state === "up" ? {} : { reason: health.reason }) },
            "The channel's connection changed.",
          );
        slot.health = health;
        if (health.state === "up") slot.failures = 0;
      },
    };
    slot.done = slot.channel.start(sink, stop.signal).then(
      () => onEnd(slot, stop, undefined),
      (error: unknown) => {
        onEnd(slot, stop, error);
        if (stop.signal.aborted) return;
        log.error(
          {
            error:
              error instanceof AppError ? describeError(error) : error instanceof Error ? error.stack : String(error),
          },
          "The channel stopped.",
        );
      },
    );
  }

  function onEnd(slot: Slot, stop: AbortController, error: unknown): void {
    slot.stop = undefined;
    if (stop.signal.aborted) return;
    slot.failures += 1;
    slot.health = { state: "down", reason: error === undefined ? "it ended by itself" : describeError(error) };
    const isLasting = error instanceof AppError && error.retryAfterMs === undefined;
    slot.restartAt = isLasting
      ? Number.POSITIVE_INFINITY
      : now() + Math.min(restartMs.max, restartMs.min * 2 ** slot.failures);
  }

  async function stopSlot(slot: Slot): Promise<void> {
    slot.stop?.abort();
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([slot.done, new Promise((resolve) => (timer = setTimeout(resolve, stopMs)))]);
    clearTimeout(timer);
  }

  return {
    async open(name) {
      broken.delete(name);
      try {
        const slot: Slot = {
          channel: await deps.create(name),
          health: { state: "standby", reason: "not started" },
          stop: undefined,
          done: Promise.resolve(),
          failures: 0,
          restartAt: 0,
        };
        slots.set(name, slot);
        await start(name, slot);
      } catch (error) {
        deps.log.error({ channel: name, error: describeError(error) }, "The channel could not be set up.");
        broken.set(name, { state: "down", reason: describeError(error) });
      }
    },
    async shut(name) {
      const slot = slots.get(name);
      slots.delete(name);
      broken.delete(name);
      if (slot !== undefined) await stopSlot(slot);
    },
    sender(name) {
      const slot = slots.get(name);
      if (slot === undefined) return undefined;
      return slot.stop !== undefined || slot.channel.traits.sendsFrom === "anywhere" ? slot.channel : undefined;
    },
    running: (name) => (slots.get(name)?.stop === undefined ? undefined : slots.get(name)?.channel),
    names: () => [...slots.keys()],
    health: () => Object.fromEntries([...[...slots].map(([name, slot]) => [name, slot.health] as const), ...broken]),
    async tick() {
      for (const [name, slot] of slots) {
        if (slot.stop === undefined) await start(name, slot);
        else if (!(await store.takeNamedLease(`channel:${name}`, owner, now(), leaseMs))) await stopSlot(slot);
      }
    },
    async close() {
      isClosed = true;
      await Promise.all([...slots.values()].map(stopSlot));
    },
  };
}
