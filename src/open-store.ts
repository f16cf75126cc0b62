import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { LoadedConfig } from "../config/load.ts";
import type { Database } from "./core/database.ts";
import { AppError } from "./core/errors.ts";
import { silentLogger } from "./core/log.ts";
import { formatOwner, isDeadOwner } from "./pipeline/housekeeping.ts";
import { createQueue, type QueueChoice } from "./queue/index.ts";
import { createStore, openDatabase, type OpenStore } from "./store/index.ts";

const queueTimeoutMs = 5_000;

/** The store of a service that may be running meanwhile in another process. */
export interface CommandStore extends OpenStore {
  /** This process, in named leases. */
  readonly owner: string;
  /** Does a process that is not known to be dead hold anything: is somebody there to send what is queued? */
  hasLiveOwner(): Promise<boolean>;
  /** Ends the leases of dead processes, such as a command that was killed: nobody waits for their time to run out. */
  releaseDeadOwners(): Promise<void>;
}

/** Opens only the store, for commands that work beside the running service. Throws AppError "store-failed". */
export async function openForCommands(loaded: LoadedConfig): Promise<CommandStore> {
  await mkdir(loaded.dataFolder, { recursive: true, mode: 0o700 });
  const store = await createStore(await openDatabase(placeOfDatabase(loaded)));
  const owner = formatOwner(process.pid, randomBytes(4).toString("hex"));
  const others = async () => (await store.owners()).filter((other) => other !== owner);
  return {
    ...store,
    owner,
    hasLiveOwner: async () => (await others()).some((other) => !isDeadOwner(other, owner)),
    async releaseDeadOwners() {
      for (const other of await others()) if (isDeadOwner(other, owner)) await store.releaseOwner(other);
    },
  };
}

/** A PostgreSQL address, or the path of the SQLite file. */
export function placeOfDatabase({ config, dataFolder }: LoadedConfig): string {
  return config.database ?? join(dataFolder, "parlance.db");
}

/** Asks the engine of the bell one question. Throws AppError when it does not answer in time; says its name otherwise. */
export async function checkQueue({ config }: LoadedConfig, database: Database): Promise<string> {
  const choice: QueueChoice =
    config.queue !== undefined
      ? { kind: "redis", url: config.queue }
      : config.database === undefined
        ? { kind: "sqlite", database }
        : { kind: "postgres", url: config.database };
  const queue = await createQueue(choice, { log: silentLogger, now: Date.now });
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new AppError("timeout", `It did not answer within ${queueTimeoutMs / 1000} s.`)),
      queueTimeoutMs,
    );
  });
  try {
    await Promise.race([queue.stats(), tooLate]);
    return { redis: "Redis", sqlite: "in the database", postgres: "PostgreSQL" }[choice.kind];
  } finally {
    clearTimeout(timer);
    await Promise.race([queue.close(0), new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);
  }
}
