import { access, stat } from "node:fs/promises";
import type { LoadedConfig } from "../../../config/load.ts";
import { describeError, AppError } from "../../core/errors.ts";
import { checkQueue, openForCommands, placeOfDatabase, type CommandStore } from "../../open-store.ts";
import { formatBytes, formatTime } from "../print.ts";
import type { Finding } from "./finding.ts";

const maxCounted = 500;
/** Clocks that differ by less are well enough. */
const clockSlackMs = 60_000;
/** A clock before this was never set. */
const firstRelease = Date.UTC(2026, 0, 1);

/** The database and everything that only it can tell. */
export async function checkDatabase(loaded: LoadedConfig): Promise<Finding[]> {
  const name = "database";
  const place = placeOfDatabase(loaded);
  const isFile = loaded.config.database === undefined;
  if (isFile && !(await isThere(place))) {
    return [{ name, state: "ok", detail: `${place} (made at the first start)` }, checkClock(Date.now(), undefined)];
  }
  let store: CommandStore;
  try {
    store = await openForCommands(loaded);
  } catch (error) {
    return [{ name, ...brokenBy(error) }];
  }
  try {
    return await look(store, loaded, isFile ? place : "PostgreSQL");
  } catch (error) {
    return [{ name, ...brokenBy(error) }];
  } finally {
    await store.close();
  }
}

async function look(store: CommandStore, loaded: LoadedConfig, shownPlace: string): Promise<Finding[]> {
  const read = async <Row>(sql: string): Promise<Row | undefined> =>
    (await store.database.read<Row>({ sql, parameters: [] }))[0];
  const schema = await read<{ version: number }>("select max(version) as version from migration");
  const size = loaded.config.database === undefined ? `, ${formatBytes(await sizeOf(shownPlace))}` : "";
  const newest = await read<{ at: number | null }>("select max(at) as at from audit");
  return [
    { name: "database", state: "ok", detail: `${shownPlace}, schema ${schema?.version ?? 0}${size}` },
    await checkQueueEngine(store, loaded),
    checkClock(Date.now(), newest?.at ?? undefined),
    await checkLetters(store),
    await checkAudit(store),
  ];
}

async function checkQueueEngine(store: CommandStore, loaded: LoadedConfig): Promise<Finding> {
  const name = "queue";
  try {
    const engine = await checkQueue(loaded, store.database);
    if (loaded.config.queue !== undefined && loaded.config.database === undefined) {
      return {
        name,
        state: "warning",
        detail: `${engine}, with a SQLite file: works on one machine only`,
        hint: "Set `database` to a PostgreSQL address to use several machines.",
      };
    }
    return { name, state: "ok", detail: engine };
  } catch (error) {
    return { name, ...brokenBy(error) };
  }
}

function checkClock(now: number, newestAt: number | undefined): Finding {
  const name = "clock";
  const hint = "Set the clock, best by NTP: leases and schedules go by it.";
  if (now < firstRelease)
    return { name, state: "broken", detail: `it says ${formatTime(now)}, which is long past`, hint };
  if (newestAt !== undefined && newestAt > now + clockSlackMs) {
    return {
      name,
      state: "broken",
      detail: `it says ${formatTime(now)}, but the latest row of the audit is from ${formatTime(newestAt)}: it went back`,
      hint,
    };
  }
  return { name, state: "ok", detail: formatTime(now) };
}

async function checkLetters(store: CommandStore): Promise<Finding> {
  const name = "dead letters";
  const open = (await store.deadLetters(maxCounted)).length;
  const uncertain = (await store.uncertainOutbox(maxCounted)).length;
  if (open + uncertain === 0) return { name, state: "ok", detail: "none, and every send is certain" };
  const count = (value: number): string => (value >= maxCounted ? `${value} or more` : String(value));
  return {
    name,
    state: "warning",
    detail: `${count(open)} given up, ${count(uncertain)} uncertain`,
    hint: 'See "parlance dead-letters list".',
  };
}

async function checkAudit(store: CommandStore): Promise<Finding> {
  const verdict = await store.verifyAudit();
  return verdict.isIntact
    ? { name: "audit", state: "ok", detail: `intact, ${verdict.rows} rows` }
    : {
        name: "audit",
        state: "broken",
        detail: `broken at row ${verdict.seq} of chain ${verdict.chain}: ${verdict.reason}`,
        hint: "Somebody or something changed the database behind Parlance's back. Compare with a backup.",
      };
}

function brokenBy(error: unknown): Pick<Finding, "state" | "detail" | "hint"> {
  if (!(error instanceof AppError)) return { state: "broken", detail: describeError(error) };
  return { state: "broken", detail: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
}

/** With what was written lately and still lies beside the file. */
async function sizeOf(path: string): Promise<number> {
  let bytes = 0;
  for (const part of [path, `${path}-wal`])
    bytes += await stat(part).then(
      ({ size }) => size,
      () => 0,
    );
  return bytes;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
