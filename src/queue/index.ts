import type { Database } from "../core/database.ts";
import type { Logger } from "../core/log.ts";
import type { WakeQueue } from "../core/queue.ts";
import { defaultLockMs, defaultRetryMs, type QueueSettings } from "./settings.ts";

export type QueueChoice =
  /** Rows in the store's own SQLite file; its migration has run `wakeTables`. The database stays the caller's to close. */
  | { readonly kind: "sqlite"; readonly database: Database }
  | { readonly kind: "postgres"; readonly url: string }
  | { readonly kind: "redis"; readonly url: string };

export interface QueueParts {
  readonly log: Logger;
  /** The clock, in epoch milliseconds. */
  readonly now: () => number;
  /** How long a process that died keeps its running entries. Default 60 s; must be longer than any pause of the event loop. */
  readonly lockMs?: number;
  /** Wait before the first retry of a handler that threw; it doubles with each further one. Default 1 s. */
  readonly retryMs?: number;
}

/**
 * Opens the bell on the chosen engine. Throws AppError "package-missing" when the engine's packages are not installed,
 * and a retryable "unreachable" when PostgreSQL is away; a Redis that is away is waited for while the queue runs.
 */
export async function createQueue(
  choice: QueueChoice,
  { log, now, lockMs = defaultLockMs, retryMs = defaultRetryMs }: QueueParts,
): Promise<WakeQueue> {
  const settings: QueueSettings = { log: log.child({ part: "queue" }), now, lockMs, retryMs };
  switch (choice.kind) {
    case "sqlite": {
      const { createSqliteQueue } = await import("./sqlite.ts");
      return createSqliteQueue(choice.database, settings);
    }
    case "postgres": {
      const { createPostgresQueue } = await import("./bullmq-postgres.ts");
      return createPostgresQueue(choice.url, settings);
    }
    case "redis": {
      const { createRedisQueue } = await import("./bullmq-redis.ts");
      return createRedisQueue(choice.url, settings);
    }
  }
}
