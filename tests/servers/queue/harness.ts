import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { QueueHarness } from "../../contracts/queue.ts";
import { forkWorker } from "../../queue/fork-worker.ts";
import { openQueue } from "../../queue/open-queue.ts";
import type { TestServer } from "../redis/start.ts";

/** A harness on a real server, which it starts; `empty` gives the address of an empty back end on it. */
export function createServerHarness(
  kind: "redis" | "postgres",
  startServer: () => Promise<TestServer>,
  empty: (serverUrl: string) => Promise<string>,
): QueueHarness {
  let server: TestServer | undefined;
  let folder = "";
  let url = "";
  return {
    start: async () => {
      folder = await mkdtemp(join(tmpdir(), "parlance-queue-"));
      server = await startServer();
    },
    stop: async () => {
      await server?.stop();
      await rm(folder, { recursive: true, force: true });
    },
    reset: async () => void (url = await empty(server?.url ?? "")),
    open: (times = {}) => openQueue({ kind, url }, times),
    startHolder: async (conversation, lockMs) => {
      const worker = forkWorker({
        spec: { kind, url },
        lockMs,
        name: "holder",
        logPath: join(folder, "holder.log"),
        handlerMs: -1,
      });
      await worker.seen(conversation);
      return worker;
    },
    propertyRuns: 12,
  };
}

/** Gives out the empty databases of one Redis: 0 to 15, each emptied before. */
export function createRedisEmptier(): (serverUrl: string) => Promise<string> {
  let next = 0;
  return async (serverUrl) => {
    const { Redis } = await import("ioredis");
    const url = `${serverUrl}/${next++ % 16}`;
    const redis = new Redis(url);
    await redis.flushdb();
    redis.disconnect();
    return url;
  };
}

/** Makes a new database for each call. */
export function createPostgresEmptier(): (serverUrl: string) => Promise<string> {
  let next = 0;
  return async (serverUrl) => {
    const { default: pg } = await import("pg");
    const client = new pg.Client({ connectionString: serverUrl });
    await client.connect();
    const name = `queue_${(next += 1)}`;
    await client.query(`CREATE DATABASE ${name}`);
    await client.end();
    return serverUrl.replace(/\/[^/]*$/, `/${name}`);
  };
}
