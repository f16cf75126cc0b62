/**
 * What the embedded queue keeps in the database: portable statements that the store's migration runs in order.
 *
 * - `wake`: one row per conversation that was rung. `owner` is the process whose handler runs for it, null while it
 *   waits; `rung` is 1 when it was rung again since its handler began.
 * - `wake_owner`: one row per process at work. Its rows in `wake` are taken over once `alive_until` is past, so one
 *   statement renews all of them.
 * - `schedule`: rings that repeat.
 *
 * The index holds waiting rows only, so that a running row costs nothing there.
 */
export const wakeTables: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS wake (
    conversation TEXT NOT NULL PRIMARY KEY,
    due_at BIGINT NOT NULL,
    priority INTEGER NOT NULL DEFAULT 0,
    rung INTEGER NOT NULL DEFAULT 0,
    owner TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    takeovers INTEGER NOT NULL DEFAULT 0
  )`,
  "CREATE INDEX IF NOT EXISTS wake_waiting ON wake (priority, due_at) WHERE owner IS NULL",
  "CREATE TABLE IF NOT EXISTS wake_owner (owner TEXT NOT NULL PRIMARY KEY, alive_until BIGINT NOT NULL)",
  `CREATE TABLE IF NOT EXISTS schedule (
    id TEXT NOT NULL PRIMARY KEY,
    conversation TEXT NOT NULL,
    cron TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    next_at BIGINT NOT NULL
  )`,
];
