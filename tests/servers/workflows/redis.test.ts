import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runLoad } from "../../bench/workflows/load.ts";
import { startPostgres } from "../postgres/start.ts";
import { startRedis } from "../redis/start.ts";

it("runs on PostgreSQL, rung for by Redis, lose and double nothing when a worker is killed in the middle", async () => {
  const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  const folder = await mkdtemp(join(tmpdir(), "parlance-runs-"));
  try {
    const { killed, lost, doubled, reordered } = await runLoad({
      folder,
      runs: 150,
      workers: 2,
      place: postgres.url,
      redisUrl: redis.url,
      isOneKilled: true,
    });
    expect({ killed, lost, doubled, reordered }).toEqual({ killed: 1, lost: 0, doubled: 0, reordered: 0 });
  } finally {
    await Promise.all([postgres.stop(), redis.stop()]);
    await rm(folder, { recursive: true, force: true });
  }
}, 240_000);
