import { runKillTest, type KillResult } from "../e2e/kill-run.ts";
import { startPostgres } from "../servers/postgres/start.ts";
import { startRedis } from "../servers/redis/start.ts";

export type Engine = "sqlite" | "postgres" | "redis";

/** The long kill test on one engine: at least 1,000 conversations of 20 messages and 100 kills unless told otherwise. */
export async function runLongKillTest(
  engine: Engine,
  scale: { readonly conversations: number; readonly kills: number },
): Promise<KillResult> {
  const postgres = engine === "sqlite" ? undefined : await startPostgres();
  const redis = engine === "redis" ? await startRedis() : undefined;
  const store = `${postgres === undefined ? "" : `database: "${postgres.url}"\n`}${redis === undefined ? "" : `queue: "${redis.url}"\n`}`;
  try {
    return await runKillTest({
      conversations: scale.conversations,
      messagesEach: 20,
      redelivered: 0.05,
      workers: 2,
      killEveryMs: 1_500,
      kills: scale.kills,
      store,
      patienceMs: 120_000,
    });
  } finally {
    await redis?.stop();
    await postgres?.stop();
  }
}
