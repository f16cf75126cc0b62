import type { SqlQuery } from "../core/database.ts";

/*
 * Every statement of the embedded queue. Lists travel as one JSON parameter, so that a statement is prepared once
 * whatever the size of the batch. The tables are described in core/wake-tables.ts.
 */

export interface WakeRow {
  readonly conversation: string;
  readonly attempts: number;
  readonly takeovers: number;
  readonly priority: number;
  readonly due_at: number;
}

export interface ScheduleRow {
  readonly id: string;
  readonly conversation: string;
  readonly cron: string;
  readonly time_zone: string;
  readonly next_at: number;
}

export interface PeekRow {
  readonly due_at: number | null;
  readonly dead_at: number | null;
  readonly schedule_at: number | null;
}

export interface StatsRow {
  readonly waiting: number | null;
  readonly running: number | null;
  readonly delayed: number | null;
  readonly oldest_at: number | null;
}

/** A conversation that waits takes the new time; one that runs is marked to run again. */
export function ringStatement(
  rings: ReadonlyArray<readonly [conversation: string, dueAt: number, priority: number]>,
): SqlQuery {
  return {
    sql: `INSERT INTO wake (conversation, due_at, priority)
      SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(?) WHERE true
      ON CONFLICT (conversation) DO UPDATE SET due_at = excluded.due_at, priority = excluded.priority, rung = (wake.owner IS NOT NULL)`,
    parameters: [JSON.stringify(rings)],
  };
}

export function claimStatement(owner: string, at: number, limit: number): SqlQuery {
  return {
    sql: `UPDATE wake SET owner = ?, rung = 0 WHERE conversation IN
      (SELECT conversation FROM wake WHERE owner IS NULL AND due_at <= ? ORDER BY priority, due_at LIMIT ?)
      RETURNING conversation, attempts, takeovers, priority, due_at`,
    parameters: [owner, at, limit],
  };
}

/** Removes what has run and was not rung again. */
export function finishStatement(owner: string, conversations: readonly string[]): SqlQuery {
  return {
    sql: "DELETE FROM wake WHERE owner = ? AND rung = 0 AND conversation IN (SELECT value FROM json_each(?))",
    parameters: [owner, JSON.stringify(conversations)],
  };
}

/** Lets what has run and was rung again wait for its next run; the ring has set its time. Answers with the earliest. */
export function rerunStatement(owner: string, conversations: readonly string[]): SqlQuery {
  return {
    sql: `UPDATE wake SET owner = NULL, rung = 0, attempts = 0, takeovers = 0
      WHERE owner = ? AND conversation IN (SELECT value FROM json_each(?)) RETURNING due_at`,
    parameters: [owner, JSON.stringify(conversations)],
  };
}

/** Gives a running entry back, to be tried at `dueAt`. That run also answers rings that came meanwhile. */
export function retryStatement(owner: string, conversation: string, dueAt: number, attempts: number): SqlQuery {
  return {
    sql: "UPDATE wake SET owner = NULL, rung = 0, due_at = ?, attempts = ? WHERE owner = ? AND conversation = ?",
    parameters: [dueAt, attempts, owner, conversation],
  };
}

export function cancelStatement(conversation: string): SqlQuery {
  return {
    sql: "DELETE FROM wake WHERE conversation = ? AND owner IS NULL",
    parameters: [conversation],
  };
}

/** When something next becomes due: a waiting entry, a process that stopped answering, a schedule. */
export function peekStatement(owner: string): SqlQuery {
  return {
    sql: `SELECT (SELECT MIN(due_at) FROM wake WHERE owner IS NULL) AS due_at,
      (SELECT MIN(alive_until) FROM wake_owner WHERE owner <> ?) AS dead_at,
      (SELECT MIN(next_at) FROM schedule) AS schedule_at`,
    parameters: [owner],
  };
}

export function registerStatement(owner: string, aliveUntil: number): SqlQuery {
  return {
    sql: "INSERT INTO wake_owner (owner, alive_until) VALUES (?, ?) ON CONFLICT (owner) DO UPDATE SET alive_until = excluded.alive_until",
    parameters: [owner, aliveUntil],
  };
}

export function renewStatement(owner: string, aliveUntil: number): SqlQuery {
  return {
    sql: "UPDATE wake_owner SET alive_until = ? WHERE owner = ?",
    parameters: [aliveUntil, owner],
  };
}

export function unregisterStatement(owner: string): SqlQuery {
  return { sql: "DELETE FROM wake_owner WHERE owner = ?", parameters: [owner] };
}

/** Lets the entries of processes that stopped answering wait again, and forgets those processes. */
export function takeOverStatements(at: number): readonly SqlQuery[] {
  return [
    {
      sql: `UPDATE wake SET owner = NULL, rung = 0, due_at = ?, takeovers = takeovers + 1
        WHERE owner IS NOT NULL AND owner NOT IN (SELECT owner FROM wake_owner WHERE alive_until >= ?)`,
      parameters: [at, at],
    },
    { sql: "DELETE FROM wake_owner WHERE alive_until < ?", parameters: [at] },
  ];
}

/** Keeps the next time of a schedule that says the same as before, so that a time missed while down still rings. */
export function scheduleStatement(row: ScheduleRow): SqlQuery {
  return {
    sql: `INSERT INTO schedule (id, conversation, cron, time_zone, next_at) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET conversation = excluded.conversation, cron = excluded.cron, time_zone = excluded.time_zone,
      next_at = CASE WHEN schedule.cron = excluded.cron AND schedule.time_zone = excluded.time_zone
        THEN schedule.next_at ELSE excluded.next_at END`,
    parameters: [row.id, row.conversation, row.cron, row.time_zone, row.next_at],
  };
}

export function unscheduleStatement(id: string): SqlQuery {
  return { sql: "DELETE FROM schedule WHERE id = ?", parameters: [id] };
}

export function dueSchedulesStatement(at: number): SqlQuery {
  return {
    sql: "SELECT id, conversation, cron, time_zone, next_at FROM schedule WHERE next_at <= ?",
    parameters: [at],
  };
}

export function moveScheduleStatement(id: string, nextAt: number): SqlQuery {
  return { sql: "UPDATE schedule SET next_at = ? WHERE id = ?", parameters: [nextAt, id] };
}

export function statsStatement(at: number): SqlQuery {
  return {
    sql: `SELECT SUM(owner IS NULL AND due_at <= ?) AS waiting, SUM(owner IS NOT NULL) AS running,
      SUM(owner IS NULL AND due_at > ?) AS delayed, MIN(CASE WHEN owner IS NULL AND due_at <= ? THEN due_at END) AS oldest_at FROM wake`,
    parameters: [at, at, at],
  };
}
