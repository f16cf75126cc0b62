import { sql } from "kysely";
import type { Database, SqlQuery } from "../core/database.ts";
import type { KeepDays } from "../core/store.ts";
import type { QueryBuilder } from "./query.ts";

const dayMs = 86_400_000;
const egressMs = 90 * dayMs;
/** How far back people ask why something was done. */
const decisionMs = 90 * dayMs;
/** How long a page may have been away and still read on where it was. */
const eventMs = 7 * dayMs;
/** Older ones count for less than a hundredth: their half-life is 90 days. */
const mannerMs = 730 * dayMs;
const page = 2_000;

/** Deletes what has outlived its time, in pages, so that nobody waits long. */
export async function prune(build: QueryBuilder, database: Database, now: number, keep: KeepDays): Promise<void> {
  const old = build
    .selectFrom("inbox")
    .select("seq")
    .where("received_at", "<", now - keep.inboxDays * dayMs)
    .where("state", "=", "done")
    .limit(page);
  await repeat(() => build.deleteFrom("inbox").where("seq", "in", old).compile());
  const sent = build
    .selectFrom("outbox")
    .select("seq")
    .where("created_at", "<", now - keep.outboxDays * dayMs)
    .where("state", "in", ["sent", "dropped"])
    .limit(page);
  await repeat(() => build.deleteFrom("outbox").where("seq", "in", sent).compile());
  const settled = build
    .selectFrom("turn")
    .select("id")
    .where("started_at", "<", now - keep.journalDays * dayMs)
    .where("state", "in", ["done", "failed", "stopped"])
    .orderBy("id")
    .limit(page);
  await repeat(
    () => build.deleteFrom("turn").where("id", "in", settled).compile(),
    [build.deleteFrom("step").where("turn_id", "in", settled).compile()],
  );
  const ended = build
    .selectFrom("workflow_run")
    .select("id")
    .where("ended_at", "<", now - keep.journalDays * dayMs)
    .where("state", "in", ["done", "failed", "cancelled", "skipped"])
    .orderBy("id")
    .limit(page);
  await repeat(
    () => build.deleteFrom("workflow_run").where("id", "in", ended).compile(),
    [
      build.deleteFrom("workflow_progress").where("run_id", "in", ended).compile(),
      build.deleteFrom("workflow_step").where("run_id", "in", ended).compile(),
      build
        .deleteFrom("conversation")
        .where("id", "in", ended.clearSelect().select(sql<string>`'workflow:' || id`.as("id")))
        .compile(),
    ],
  );
  await repeat(() =>
    build
      .deleteFrom("pairing")
      .where("expires_at", "<", now - dayMs)
      .compile(),
  );
  for (const table of ["decision", "digest_entry", "digest", "event"] as const)
    await repeat(() =>
      build
        .deleteFrom(table)
        .where("at", "<", now - (table === "event" ? eventMs : decisionMs))
        .compile(),
    );
  const answered = build
    .selectFrom("draft")
    .select("id")
    .where("created_at", "<", now - decisionMs)
    .where("state", "not in", ["pending", "approved", "edited"])
    .limit(page);
  await repeat(() => build.deleteFrom("draft").where("id", "in", answered).compile());
  await repeat(() =>
    build
      .deleteFrom("promise")
      .where("at", "<", now - decisionMs)
      .where("state", "!=", "open")
      .compile(),
  );
  await repeat(() =>
    build
      .deleteFrom("thread")
      .where("updated_at", "<", now - mannerMs)
      .compile(),
  );
  await repeat(() =>
    build
      .deleteFrom("follow_up")
      .where("due_at", "<", now - decisionMs)
      .where("state", "!=", "waiting")
      .compile(),
  );
  const spoken = build
    .selectFrom("own_message")
    .select("seq")
    .where("expires_at", "<=", now)
    .where("text", "!=", "")
    .limit(page);
  await repeat(() => build.updateTable("own_message").set({ text: "" }).where("seq", "in", spoken).compile());
  await repeat(() =>
    build
      .deleteFrom("own_message")
      .where("at", "<", now - mannerMs)
      .compile(),
  );
  await repeat(() =>
    build
      .deleteFrom("egress")
      .where("at", "<", now - egressMs)
      .compile(),
  );

  /** `before` takes away what hangs on the rows of the same page. */
  async function repeat(statement: () => SqlQuery, before: readonly SqlQuery[] = []): Promise<void> {
    for (;;) {
      const { changes } = await database.write(async (transaction) => {
        for (const each of before) await transaction.run(each);
        return transaction.run(statement());
      });
      if (changes < page) return;
    }
  }
}
