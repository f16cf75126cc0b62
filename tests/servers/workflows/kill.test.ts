import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { expectEachEffectOnce, killRungRun } from "../../scheduler/run/kill-every-write.ts";
import { startPostgres } from "../postgres/start.ts";
import { startRedis } from "../redis/start.ts";

it.each(["sqlite", "postgres", "redis"])(
  "a run that a queue on %s rings for, killed after every write of its journal, ends, with each effect once",
  async (engine) => {
    const postgres = engine === "sqlite" ? undefined : await startPostgres();
    const redis = engine === "redis" ? await startRedis() : undefined;
    const folder = await mkdtemp(join(tmpdir(), "parlance-kills-"));
    try {
      const place = postgres?.url ?? "";
      const kills = await killRungRun(folder, place, redis?.url ?? (place || engine));
      process.stdout.write(`${engine}: ${kills} kills\n`);
      expect(kills).toBeGreaterThan(20);
      await expectEachEffectOnce(folder, place);
    } finally {
      await Promise.all([postgres?.stop(), redis?.stop()]);
      await rm(folder, { recursive: true, force: true });
    }
  },
  300_000,
);
