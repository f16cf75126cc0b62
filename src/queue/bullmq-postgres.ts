import type { PgPool } from "bullmq";
import type { PoolConfig } from "pg";
import { AppError } from "../core/errors.ts";
import { loadPackage } from "../core/load-package.ts";
import type { WakeQueue } from "../core/queue.ts";
import { createBullQueue, repeatSettings, wakeQueueName, type WakeData } from "./bullmq.ts";
import type { QueueSettings } from "./settings.ts";
import { createTroubleListener } from "./trouble.ts";

/** BullMQ looks for its tables without a schema's name, so every connection has to lead to them. */
const schema = "bullmq";
/** Other processes may be making the tables at the same time; we wait for them for this long. */
const migrationMs = 60_000;

/**
 * BullMQ on PostgreSQL, in the schema "bullmq" of the given database; its tables are made here. Rings fail within
 * seconds while the server is away, the worker waits for it. Throws AppError "package-missing" without `bullmq` or
 * `pg`, and a retryable "unreachable" when the server is not there at the start.
 */
export async function createPostgresQueue(url: string, settings: QueueSettings): Promise<WakeQueue> {
  const bullmq = await loadPackage("bullmq", () => import("bullmq"));
  const { default: pg } = await loadPackage("pg", () => import("pg"));
  const { Queue, Worker } = bullmq.withBackend(bullmq.createPostgresBackend);
  const onTrouble = createTroubleListener(settings, "PostgreSQL");
  const pools: Array<InstanceType<typeof pg.Pool>> = [];

  function connect(options: PoolConfig): PgPool {
    const pool = new pg.Pool({
      connectionString: url,
      options: `-c search_path=${schema},public`,
      connectionTimeoutMillis: 3_000,
      keepAlive: true,
      ...options,
    });
    pool.on("error", onTrouble);
    // The pool listens to its idle connections only; one that dies in BullMQ's hands, unheard, would end the process.
    pool.on("connect", (client) => client.on("error", onTrouble));
    pools.push(pool);
    return pool as unknown as PgPool; // BullMQ's own type of it knows fewer overloads.
  }

  await prepareSchema(
    new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: 3_000,
      statement_timeout: migrationMs,
    }),
    bullmq.runMigrations,
  );
  const producer = connect({ max: 4, query_timeout: 3_000 });
  const queue = new Queue<WakeData>(wakeQueueName, {
    connection: producer,
    settings: repeatSettings(),
  });
  queue.on("error", onTrouble);

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
  client: InstanceType<typeof import("pg").Client>,
  runMigrations: typeof import("bullmq").runMigrations,
): Promise<void> {
  client.on("error", () => undefined); // What fails says so by itself.
  try {
    await client.connect();
    await runMigrations(client, schema);
  } catch (error) {
    throw new AppError("unreachable", "The queue's tables in PostgreSQL could not be made ready.", {
      hint: "Check that PostgreSQL runs and that DATABASE_URL names a user who may create a schema.",
      retryAfterMs: 1_000,
      cause: error,
    });
  } finally {
    await client.end();
  }
}
