import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { expectEachEffectOnce, killAfterEveryWrite } from "../../scheduler/run/kill-every-write.ts";
import { startPostgres } from "../postgres/start.ts";

it("a run on PostgreSQL, killed after every write of its journal, ends, with each effect once", async () => {
  const server = await startPostgres();
  const folder = await mkdtemp(join(tmpdir(), "parlance-kills-"));
  try {
    const kills = await killAfterEveryWrite(folder, server.url);
    expect(kills).toBeGreaterThan(20);
    await expectEachEffectOnce(folder, server.url);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}, 180_000);
