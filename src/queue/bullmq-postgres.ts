import type { PgPool } from "bullmq";
import type { PoolConfig } from "pg";
import { AppError, describeError } from "../core/errors.ts";
import { loadPackage } from "../core/load-package.ts";
import type { WakeQueue } from "../core/queue.ts";
import { createBullQueue, repeatSettings, wakeQueueName, type WakeData } from "./bullmq.ts";
import type { QueueSettings } from "./settings.ts";

/** BullMQ looks for its tables without a schema's name, so every connection has to lead to them. */
const schema = "bullmq";

/**
 * BullMQ on PostgreSQL, in the schema "bullmq" of the given database; its tables are made here. Rings fail within
 * seconds while the server is away, the worker waits for it. Throws AppError "package-missing" without `bullmq` or
 * `pg`, and a retryable "unreachable" when the server is not there at the start.
 */
export async function createPostgresQueue(
  url: string,
  settings: QueueSettings,
): Promise<WakeQueue> {
  const bullmq = await loadPackage("bullmq", () => import("bullmq"));
  const { default: pg } = await loadPackage("pg", () => import("pg"));
  const { Queue, Worker } = bullmq.withBackend(bullmq.createPostgresBackend);
  const { log } = settings;
  const pools: Array<InstanceType<typeof pg.Pool>> = [];

  function connect(options: PoolConfig): PgPool {
    const pool = new pg.Pool({
      connectionString: url,
      options: `-c search_path=${schema},public`,
      connectionTimeoutMillis: 3_000,
      keepAlive: true,
      ...options,
    });
    pool.on("error", (error) =>
      log.debug({ error: describeError(error) }, "A connection to PostgreSQL had trouble."),
    );
    pools.push(pool);
    return pool as unknown as PgPool; // BullMQ's own type of it knows fewer overloads.
  }

  const producer = connect({ max: 4, query_timeout: 3_000 });
  try {
    await prepareSchema(producer, bullmq.runMigrations);
  } catch (error) {
    await producer.end();
    throw new AppError("unreachable", "The queue's tables in PostgreSQL could not be made ready.", {
      hint: "Check that PostgreSQL runs and that DATABASE_URL names a user who may create a schema.",
      retryAfterMs: 1_000,
      cause: error,
    });
  }
  const queue = new Queue<WakeData>(wakeQueueName, {
    connection: producer,
    settings: repeatSettings(),
  });
  queue.on("error", (error) =>
    log.warn({ error: describeError(error) }, "The queue had trouble with PostgreSQL."),
  );

  return createBullQueue(
    {
      name: "PostgreSQL",
      queue,
      // One connection listens for rings, the others claim and finish.
      createWorker: (processor, options) =>
        new Worker<WakeData>(wakeQueueName, processor, {
          ...options,
          connection: connect({ max: 6 }),
        }),
      close: async () => void (await Promise.all(pools.map((pool) => pool.end()))),
    },
    settings,
  );
}

async function prepareSchema(
  pool: PgPool,
  runMigrations: typeof import("bullmq").runMigrations,
): Promise<void> {
  const client = await pool.connect();
  try {
    await runMigrations(client, schema);
  } finally {
    client.release();
  }
}
