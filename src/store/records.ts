import { sql } from "kysely";
import type { Database, SqlTransaction } from "../core/database.ts";
import type { DeadLetter, EgressRecord, UsageRecord } from "../core/records.ts";
import { prepareInsert, type QueryBuilder } from "./query.ts";
import type { Tables } from "./tables.ts";

function toLetter(row: Tables["dead_letter"]): DeadLetter {
  return {
    id: row.id,
    kind: row.kind as DeadLetter["kind"],
    ref: row.ref,
    reason: row.reason,
    at: row.at,
    state: row.state as DeadLetter["state"],
  };
}

/** What was given up, what was spent, and what left the machine: written once, read by people. */
export function createRecordTables(build: QueryBuilder, database: Database) {
  const insertUsage = prepareInsert<Tables["usage"]>((rows) => build.insertInto("usage").values([...rows]));

  return {
    async addDeadLetter(transaction: SqlTransaction, letter: Omit<DeadLetter, "state">): Promise<void> {
      await transaction.run(
        build
          .insertInto("dead_letter")
          .values({ ...letter, state: "open" })
          .onConflict((conflict) => conflict.column("id").doNothing())
          .compile(),
      );
    },
    async setDeadLetter(transaction: SqlTransaction, id: string, state: DeadLetter["state"]): Promise<void> {
      await transaction.run(build.updateTable("dead_letter").set({ state }).where("id", "=", id).compile());
    },
    async deadLetters(limit: number): Promise<DeadLetter[]> {
      const query = build
        .selectFrom("dead_letter")
        .selectAll()
        .where("state", "=", "open")
        .orderBy("at", "desc")
        .limit(limit);
      return (await database.read<Tables["dead_letter"]>(query.compile())).map(toLetter);
    },
    async deadLetter(id: string): Promise<DeadLetter | undefined> {
      const [row] = await database.read<Tables["dead_letter"]>(
        build.selectFrom("dead_letter").selectAll().where("id", "=", id).compile(),
      );
      return row && toLetter(row);
    },

    async addUsage(transaction: SqlTransaction, usage: UsageRecord, at: number): Promise<void> {
      const { conversation, person, persona, model } = usage;
      const row = {
        at,
        conversation,
        person,
        persona,
        model,
        input_tokens: usage.inputTokens,
        output_tokens: usage.outputTokens,
        cached_tokens: usage.cachedTokens,
        cost_micros: usage.costMicros,
      };
      await transaction.run(insertUsage([row]));
    },
    async usageSince(at: number): Promise<UsageRecord[]> {
      const query = build
        .selectFrom("usage")
        .select((select) => [
          "conversation",
          "person",
          "persona",
          "model",
          select.fn.sum<number>("input_tokens").as("input_tokens"),
          select.fn.sum<number>("output_tokens").as("output_tokens"),
          select.fn.sum<number>("cached_tokens").as("cached_tokens"),
          select.fn.sum<number>("cost_micros").as("cost_micros"),
        ])
        .where("at", ">=", at)
        .groupBy(["conversation", "person", "persona", "model"]);
      const rows = await database.read<Tables["usage"]>(query.compile());
      return rows.map((row) => ({
        conversation: row.conversation,
        person: row.person,
        persona: row.persona,
        model: row.model,
        inputTokens: Number(row.input_tokens),
        outputTokens: Number(row.output_tokens),
        cachedTokens: Number(row.cached_tokens),
        costMicros: Number(row.cost_micros),
      }));
    },

    async addEgress(transaction: SqlTransaction, record: EgressRecord, at: number): Promise<void> {
      const { url, address, outcome, reason } = record;
      await transaction.run(
        build.insertInto("egress").values({ at, url, address, outcome, reason, turn_id: record.turnId }).compile(),
      );
    },
  };
}

/** In the words of the partial index, so that the planner takes it. */
const isOpenOutbox = sql<boolean>`outbox.state in ('pending', 'sending')`;

/** Small durable facts: a channel's cursors, and who holds a named lease. */
export function createStateTables(build: QueryBuilder, database: Database) {
  return {
    async setChannelState(transaction: SqlTransaction, channel: string, key: string, value: string): Promise<void> {
      const insert = build.insertInto("channel_state").values({ channel, key, value });
      await transaction.run(
        insert.onConflict((conflict) => conflict.columns(["channel", "key"]).doUpdateSet({ value })).compile(),
      );
    },
    async channelState(channel: string, key: string): Promise<string | undefined> {
      const query = build
        .selectFrom("channel_state")
        .select("value")
        .where("channel", "=", channel)
        .where("key", "=", key);
      return (await database.read<{ value: string }>(query.compile()))[0]?.value;
    },
    async takeNamedLease(name: string, owner: string, now: number, ttlMs: number): Promise<boolean> {
      const until = now + ttlMs;
      const insert = build
        .insertInto("named_lease")
        .values({ name, owner, until })
        .onConflict((conflict) =>
          conflict
            .column("name")
            .doUpdateSet({ owner, until })
            .where((where) => where.or([where("named_lease.owner", "=", owner), where("named_lease.until", "<", now)])),
        )
        .returning("owner");
      return (await database.run(insert.compile())).changes === 1;
    },
    async owners(): Promise<string[]> {
      const held = build
        .selectFrom("conversation")
        .select("owner")
        .where("owner", "is not", null)
        .union(
          build
            .selectFrom("outbox")
            .select("owner")
            .where("state", "=", "sending")
            .where(isOpenOutbox)
            .where("owner", "is not", null),
        )
        .union(build.selectFrom("named_lease").select("owner"));
      return (await database.read<{ owner: string }>(held.compile())).map((row) => row.owner);
    },
    async releaseOwner(owner: string): Promise<void> {
      await database.write(async (transaction) => {
        await transaction.run(
          build.updateTable("conversation").set({ owner: null, lease_until: 0 }).where("owner", "=", owner).compile(),
        );
        await transaction.run(
          build
            .updateTable("outbox")
            .set({ owner: null, owned_until: 0, next_at: 0 })
            .where("owner", "=", owner)
            .where("state", "=", "sending")
            .where(isOpenOutbox)
            .compile(),
        );
        await transaction.run(build.deleteFrom("named_lease").where("owner", "=", owner).compile());
      });
    },
    async releaseNamedLeases(owner: string): Promise<void> {
      await database.write((transaction) =>
        transaction.run(build.deleteFrom("named_lease").where("owner", "=", owner).compile()),
      );
    },
  };
}
