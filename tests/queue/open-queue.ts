import { silentLogger } from "../../src/core/log.ts";
import type { WakeQueue } from "../../src/core/queue.ts";
import { wakeTables } from "../../src/core/wake-tables.ts";
import { createQueue } from "../../src/queue/index.ts";
import { openSqliteDatabase } from "../../src/store/sqlite-database.ts";

/** Names a back end in a way that another process can be told. */
export type QueueSpec =
  | { readonly kind: "sqlite"; readonly path: string }
  | { readonly kind: "redis" | "postgres"; readonly url: string };

export interface QueueTimes {
  readonly lockMs?: number;
  readonly retryMs?: number;
}

/** Opens a queue with everything it needs of its own; closing it closes that too. */
export async function openQueue(spec: QueueSpec, times: QueueTimes): Promise<WakeQueue> {
  const parts = { log: silentLogger, now: Date.now, ...times };
  if (spec.kind !== "sqlite") return createQueue(spec, parts);
  const database = openSqliteDatabase(spec.path);
  await database.write(async (transaction) => {
    for (const sql of wakeTables) await transaction.run({ sql, parameters: [] });
  });
  const queue = await createQueue({ kind: "sqlite", database }, parts);
  return {
    ...queue,
    close: async (graceMs) => {
      await queue.close(graceMs);
      await database.close();
    },
  };
}
