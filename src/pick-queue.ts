import type { Config } from "../config/schema.ts";
import type { Database } from "./core/database.ts";
import type { Logger } from "./core/log.ts";
import type { QueueChoice } from "./queue/index.ts";

/** The engine of the bell: Redis where it is configured, else whatever holds the database. */
export function pickQueue(config: Config, database: Database, log: Logger): QueueChoice {
  if (config.queue === undefined)
    return config.database === undefined ? { kind: "sqlite", database } : { kind: "postgres", url: config.database };
  if (config.database === undefined)
    log.warn(
      {},
      "Redis with a SQLite file works on one machine only. Set `database` to a PostgreSQL address to use several.",
    );
  return { kind: "redis", url: config.queue };
}
