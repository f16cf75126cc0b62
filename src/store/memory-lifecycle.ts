import { sql } from "kysely";
import type { Database, SqlTransaction } from "../core/database.ts";
import type { MemoryScope, MemoryStore, NewMemory } from "../core/memory.ts";
import type { InboundMessage, OutboundMessage } from "../core/message.ts";
import type { ContentPart } from "../core/model.ts";
import { takeChangeSeqs, type createMemoryTable } from "./memories.ts";
import { isOneOf } from "./memory-rows.ts";
import type { QueryBuilder } from "./query.ts";
import type { Tables } from "./tables.ts";

const dayMs = 86_400_000;
/** What was said is recalled for this long, unless it proves worth more. */
export const interactMs = dayMs;
/** Insights are kept this long after they were last of use. */
const insightsMs = 90 * dayMs;
/** Ids of what was forgotten are kept until every index and every copy of the database has surely heard of it. */
const goneMs = 90 * dayMs;
/** Rows of one transaction: nobody waits long behind it. */
const page = 1_000;
/** Transactions of PostgreSQL may appear later than ones with higher numbers, but not by this much. */
const settleMs = 30_000;
/** How far back, in rows, the messages of one turn may lie. */
const turnReach = 200;
const promotedAfter = 2;
const importantFrom = 0.7;

type MessageRow = Pick<
  Tables["message"],
  "conversation" | "turn_id" | "external_id" | "sender_name" | "text" | "shown" | "content" | "at" | "is_pinned"
> & { readonly seq: number; readonly is_turn_outside: number };

export function memoryIdOfMessage(conversation: string, externalId: string): string {
  return `said:${conversation}:${externalId}`;
}

/** How records come, rise and go by themselves. */
export function createMemoryLifecycle(
  build: QueryBuilder,
  database: Database,
  { put, forget, touchAfter }: Pick<ReturnType<typeof createMemoryTable>, "put" | "forget" | "touchAfter">,
) {
  const { dialect } = database;
  /** The newest message seen some time ago: by now, nothing before it is still to appear. */
  let seen: { readonly seq: number; readonly at: number } | undefined;

  async function saidAfter(transaction: SqlTransaction, after: number, since: number, limit: number) {
    // A revision of the same moment waits, so that it changes the copy, too.
    const lock = dialect === "postgres" ? sql`for share` : sql``;
    const query = sql<MessageRow>`select seq, conversation, turn_id, external_id, sender_name, text, shown, content, at, is_pinned,
      case when exists (select 1 from message o where o.conversation = m.conversation and o.seq > m.seq - ${turnReach}
        and o.seq <= m.seq and o.turn_id = m.turn_id and o.content like '%"isOutside":true%') then 1 else 0 end as is_turn_outside
      from message m where seq > ${after} and at > ${since} and in_context = 1 and shown is not null and text <> ''
      order by seq limit ${limit} ${lock}`;
    return (await transaction.run<MessageRow>(query.compile(build))).rows;
  }

  async function newestMessage(transaction: SqlTransaction): Promise<number> {
    const query = build.selectFrom("message").select("seq").orderBy("seq", "desc").limit(1);
    return (await transaction.run<{ seq: number }>(query.compile())).rows[0]?.seq ?? 0;
  }

  /** Those that are not there, as forgotten ones are. */
  async function onlyNew(transaction: SqlTransaction, records: readonly NewMemory[]): Promise<readonly NewMemory[]> {
    if (records.length === 0) return records;
    const ids = records.map(({ id }) => id);
    const { rows } = await transaction.run<{ id: string }>(
      sql`select m.id from memory m where ${isOneOf(dialect, "m.id", ids)}`.compile(build),
    );
    const known = new Set(rows.map(({ id }) => id));
    return records.filter(({ id }) => !known.has(id));
  }

  /** How far messages need not be looked at again; undefined: as far as before. A full page cannot wait. */
  function settle(endOfPage: number | undefined, newest: number, now: number): number | undefined {
    if (endOfPage !== undefined) return endOfPage;
    const settled = seen !== undefined && now - seen.at >= settleMs ? seen.seq : undefined;
    if (seen === undefined || settled !== undefined) seen = { seq: newest, at: now };
    return settled;
  }

  /** Whose direct chat a message of ours was said in; undefined: it was a group. */
  async function findPartner(transaction: SqlTransaction, row: MessageRow): Promise<string | undefined> {
    const query = build
      .selectFrom("message")
      .select("shown")
      .where("conversation", "=", row.conversation)
      .where("seq", "<", row.seq)
      .where("role", "=", "user")
      .where("shown", "is not", null)
      .orderBy("seq", "desc")
      .limit(1);
    const [last] = (await transaction.run<{ shown: string }>(query.compile())).rows;
    return last === undefined ? undefined : personOf(JSON.parse(last.shown) as InboundMessage);
  }

  async function toMemories(transaction: SqlTransaction, rows: readonly MessageRow[]): Promise<NewMemory[]> {
    const partners = new Map<string, string | undefined>();
    const records: NewMemory[] = [];
    for (const row of rows) {
      const shown = JSON.parse(row.shown ?? "{}") as InboundMessage | OutboundMessage;
      if ("sender" in shown) partners.set(row.conversation, personOf(shown));
      else if (!partners.has(row.conversation)) partners.set(row.conversation, await findPartner(transaction, row));
      const partner = partners.get(row.conversation);
      const scope: MemoryScope = partner === undefined ? `conversation:${row.conversation}` : `person:${partner}`;
      const content = JSON.parse(row.content) as ContentPart[];
      records.push({
        id: memoryIdOfMessage(row.conversation, row.external_id),
        layer: "interact",
        scope,
        source: row.conversation,
        speaker: row.sender_name,
        text: row.text,
        at: row.at,
        importance: 0.3,
        expiresAt: row.at + interactMs,
        isPinned: row.is_pinned === 1,
        isOutside: row.is_turn_outside === 1 || content.some((part) => "isOutside" in part && part.isOutside),
      });
    }
    return records;
  }

  return {
    async takeMessages(now: number, limit: number): Promise<number> {
      return database.write(async (transaction) => {
        const [state] = (
          await transaction.run<{ value: number }>(
            build.selectFrom("memory_state").select("value").where("key", "=", "message").compile(),
          )
        ).rows;
        const cursor = state?.value ?? 0;
        const newest = await newestMessage(transaction);
        if (newest <= cursor) return 0;
        const rows = await saidAfter(transaction, cursor, now - interactMs, limit);
        await put(transaction, await onlyNew(transaction, await toMemories(transaction, rows)), "keep");
        const settled = settle(rows.length === limit ? rows.at(-1)?.seq : undefined, newest, now);
        if (settled !== undefined)
          await transaction.run(
            build.updateTable("memory_state").set({ value: settled }).where("key", "=", "message").compile(),
          );
        return rows.length;
      });
    },

    /** Makes the copy of a message follow it; call after the message itself was changed. */
    async followRevision(
      transaction: SqlTransaction,
      conversation: string,
      externalId: string,
      isGone: boolean,
      now: number,
    ): Promise<void> {
      const id = memoryIdOfMessage(conversation, externalId);
      if (isGone) {
        await forget(transaction, [id], "all", now);
        return;
      }
      const known = build.selectFrom("memory").select("seq").where("id", "=", id).where("is_gone", "=", sql.lit(0));
      if ((await transaction.run(known.compile())).rows.length === 0) return;
      const base = await takeChangeSeqs(build, transaction, 1);
      await transaction.run(
        sql`update memory set text = (select text from message where conversation = ${conversation} and external_id = ${externalId}), change_seq = ${base}
          where id = ${id} and is_gone = 0 and exists
          (select 1 from message where conversation = ${conversation} and external_id = ${externalId} and text <> memory.text)`.compile(
          build,
        ),
      );
      await touchAfter(transaction, id, base);
    },

    async addAccesses(accesses: Parameters<MemoryStore["addAccesses"]>[0]): Promise<void> {
      await database.write(async (transaction) => {
        for (const [id, { count, lastAt }] of accesses)
          await transaction.run(
            build
              .updateTable("memory")
              .set((set) => ({ access_count: set("access_count", "+", count), last_access_at: lastAt }))
              .where("id", "=", id)
              .where("is_gone", "=", sql.lit(0))
              .compile(),
          );
      });
    },

    async promote(now: number): Promise<number> {
      const risen = build
        .updateTable("memory")
        .set({ layer: "insights", expires_at: now + insightsMs })
        .where("layer", "=", "interact")
        .where("is_gone", "=", sql.lit(0))
        .where("expires_at", ">", now)
        .where((where) =>
          where.or([where("access_count", ">=", promotedAfter), where("importance", ">=", importantFrom)]),
        );
      const { changes } = await database.run(risen.compile());
      await database.run(
        sql`update memory set expires_at = last_access_at + ${insightsMs} where layer = 'insights' and is_gone = 0
          and expires_at is not null and last_access_at + ${insightsMs} > expires_at`.compile(build),
      );
      return changes;
    },

    async vacuum(now: number): Promise<number> {
      let count = 0;
      for (;;) {
        const changes = await database.write(async (transaction) => {
          const base = await takeChangeSeqs(build, transaction, 1);
          const expired = await transaction.run(
            sql`update memory set is_gone = 1, gone_at = ${now}, text = '', speaker = '', place = null, change_seq = ${base}
              where seq in (select seq from memory where expires_at is not null and expires_at <= ${now} and is_pinned = 0 and is_gone = 0
              limit ${page})`.compile(build),
          );
          return expired.changes;
        });
        count += changes;
        if (changes < page) break;
      }
      await database.run(
        sql`delete from memory where gone_at is not null and gone_at < ${now - goneMs}`.compile(build),
      );
      return count;
    },
  };
}

function personOf(message: InboundMessage): string | undefined {
  return message.isGroup ? undefined : message.sender.id;
}
