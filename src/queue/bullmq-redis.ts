import type { RedisOptions } from "ioredis";
import { loadPackage } from "../core/load-package.ts";
import type { WakeQueue } from "../core/queue.ts";
import { createBullQueue, repeatSettings, wakeQueueName, type WakeData } from "./bullmq.ts";
import type { QueueSettings } from "./settings.ts";
import { createTroubleListener } from "./trouble.ts";

/** The braces keep all keys of the queue in one slot of a Redis Cluster. */
const prefix = "{parlance-wake-0}";
/** How long the start waits for Redis; after that rings are refused until it is there. */
const readyMs = 3_000;

const retryStrategy = (times: number): number => Math.min(1_000, 50 * 2 ** times);

/**
 * BullMQ on Redis or Valkey. Producer and worker have connections of their own: rings fail fast (the mail is in the
 * database, the sweeper rings again), the worker waits for as long as Redis is away. Throws AppError
 * "package-missing" without `bullmq` or `ioredis`.
 */
export async function createRedisQueue(url: string, settings: QueueSettings): Promise<WakeQueue> {
  const { Queue, Worker } = await loadPackage("bullmq", () => import("bullmq"));
  const { Redis } = await loadPackage("ioredis", () => import("ioredis"));
  const onTrouble = createTroubleListener(settings, "Redis");
  const connections: Array<InstanceType<typeof Redis>> = [];

  function track(redis: InstanceType<typeof Redis>): InstanceType<typeof Redis> {
    redis.on("error", onTrouble);
    connections.push(redis);
    return redis;
  }

  function connect(options: RedisOptions): InstanceType<typeof Redis> {
    const redis = new Redis(url, { retryStrategy, ...options });
    // A worker makes itself a second connection, and forgets to end it when Redis is away while it closes.
    const duplicate = redis.duplicate.bind(redis);
    redis.duplicate = (override) => track(duplicate(override));
    return track(redis);
  }

  const producer = connect({
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    commandTimeout: 3_000,
  });
  await waitForReady(producer, settings.log);
  const queue = new Queue<WakeData>(wakeQueueName, {
    connection: producer,
    prefix,
    skipWaitingForReady: true,
    settings: repeatSettings(),
  });
  queue.on("error", onTrouble);

  return createBullQueue(
    {
      name: "Redis",
      queue,
      createWorker: (processor, options) =>
        new Worker<WakeData>(wakeQueueName, processor, {
          ...options,
          connection: connect({ maxRetriesPerRequest: null }),
          prefix,
        }),
      close: async () => connections.forEach((redis) => redis.disconnect()),
    },
    settings,
  );
}

async function waitForReady(
  redis: { status: string; once(event: "ready", listener: () => void): unknown },
  log: QueueSettings["log"],
): Promise<void> {
  if (redis.status === "ready") return;
  const isReady = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), readyMs);
    redis.once("ready", () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
  if (!isReady)
    log.warn({}, "Redis cannot be reached. Rings are refused until it can; mail is kept and worked through then.");
}
