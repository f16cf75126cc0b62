import { createHash } from "node:crypto";
import { sql } from "kysely";
import type { Database, SqlTransaction } from "../core/database.ts";
import { createId } from "../core/id.ts";
import type { AuditEvent } from "../core/records.ts";
import { prepareInsert, type QueryBuilder } from "./query.ts";
import type { Tables } from "./tables.ts";

type Row = Tables["audit"];
interface Head {
  readonly chain: string;
  readonly seq: number;
  readonly hash: string;
}

const rootHash = "0".repeat(64);
/** Heads of earlier chains that a new chain vouches for. */
const vouchedChains = 20;

/**
 * Hash of a row: SHA-256 over the previous hash and the row's fields as one JSON array. Who changes, removes or
 * inserts a row breaks every hash behind it.
 */
export function auditHash(row: Omit<Row, "hash">): string {
  return createHash("sha256")
    .update(JSON.stringify([row.prev, row.chain, row.seq, row.at, row.kind, row.actor, row.subject, row.details]))
    .digest("hex");
}

/** As both databases give it back: they hold neither lone surrogates nor (PostgreSQL) NUL. Ids come from platforms. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\ufffd");
}

function seal(row: Omit<Row, "hash">): Row {
  return { ...row, hash: auditHash(row) };
}

/**
 * The append-only audit. Each connection of each process writes a chain of its own, so that nobody waits for a common
 * head; a chain begins with the heads of the chains before it, so that none can be cut short unnoticed.
 */
export function createAuditTable(build: QueryBuilder, now: () => number) {
  const heads = new Map<number, Head>();
  const insert = prepareInsert<Row>((rows) => build.insertInto("audit").values([...rows]));

  async function lastOf(transaction: SqlTransaction, chain: string): Promise<string> {
    const query = build
      .selectFrom("audit")
      .select(["seq", "hash"])
      .where("chain", "=", chain)
      .orderBy("seq", "desc")
      .limit(1);
    const [row] = (await transaction.run<{ seq: number; hash: string }>(query.compile())).rows;
    return `${chain}:${row?.seq ?? 0}:${row?.hash ?? rootHash}`;
  }

  async function startChain(transaction: SqlTransaction): Promise<Row> {
    const latest = build
      .selectFrom("audit")
      .select("chain")
      .where("seq", "=", sql.lit(1))
      .orderBy("chain", "desc")
      .limit(vouchedChains);
    const latestHeads: string[] = [];
    for (const { chain } of (await transaction.run<{ chain: string }>(latest.compile())).rows)
      latestHeads.push(await lastOf(transaction, chain));
    const chain = createId(now());
    return seal({
      chain,
      seq: 1,
      at: now(),
      kind: "audit.chain-started",
      actor: "system",
      subject: "audit",
      details: JSON.stringify({ heads: latestHeads }),
      prev: rootHash,
    });
  }

  return {
    /** Appends at the end of a transaction; call `forget` when that transaction fails afterwards. */
    async append(transaction: SqlTransaction, events: readonly { event: AuditEvent; at: number }[]): Promise<void> {
      if (events.length === 0) return;
      const rows: Row[] = [];
      let head = heads.get(transaction.slot);
      if (head === undefined) {
        const first = await startChain(transaction);
        rows.push(first);
        head = first;
      }
      for (const { event, at } of events) {
        const row: Row = seal({
          chain: head.chain,
          seq: head.seq + 1,
          at,
          kind: event.kind,
          actor: storable(event.actor),
          subject: storable(event.subject),
          details: event.details === undefined ? "{}" : JSON.stringify(event.details),
          prev: head.hash,
        });
        rows.push(row);
        head = row;
      }
      await transaction.run(insert(rows));
      heads.set(transaction.slot, { chain: head.chain, seq: head.seq, hash: head.hash });
    },

    /** The transaction of this slot was undone: what it appended is not there, so the chain goes on as a new one. */
    forget(slot: number): void {
      heads.delete(slot);
    },
  };
}

export type AuditVerdict =
  | { readonly isIntact: true; readonly rows: number; readonly chains: number }
  | {
      readonly isIntact: false;
      readonly rows: number;
      readonly chain: string;
      readonly seq: number;
      readonly reason: string;
    };

/** Recomputes every hash and checks that chains are whole and hold the rows that later ones vouch for. Reads in pages. */
export async function verifyAudit(build: QueryBuilder, database: Database): Promise<AuditVerdict> {
  const lengths = new Map<string, number>();
  const vouched = new Map<string, { chain: string; seq: number; hash: string }>();
  let rows = 0;
  let last: Pick<Row, "chain" | "seq" | "hash"> | undefined;
  for (;;) {
    let page = build.selectFrom("audit").selectAll().orderBy("chain").orderBy("seq").limit(1_000);
    const after = last;
    if (after !== undefined) {
      page = page.where((where) =>
        where.or([
          where("chain", ">", after.chain),
          where.and([where("chain", "=", after.chain), where("seq", ">", after.seq)]),
        ]),
      );
    }
    const found = await database.read<Row>(page.compile());
    if (found.length === 0) break;
    for (const row of found) {
      rows += 1;
      const isNewChain = last?.chain !== row.chain;
      const broken = (reason: string): AuditVerdict => ({
        isIntact: false,
        rows,
        chain: row.chain,
        seq: row.seq,
        reason,
      });
      if (row.seq !== (isNewChain ? 1 : (last?.seq ?? 0) + 1)) return broken("rows before this one are missing");
      if (row.prev !== (isNewChain ? rootHash : last?.hash)) return broken("it does not follow the row before it");
      if (row.hash !== auditHash(row)) return broken("its content was changed");
      if (row.kind === "audit.chain-started") {
        for (const text of (JSON.parse(row.details) as { heads: string[] }).heads) {
          const [chain = "", seq = "0", hash = ""] = text.split(":");
          vouched.set(text, { chain, seq: Number(seq), hash });
        }
      }
      lengths.set(row.chain, row.seq);
      last = row;
    }
  }
  for (const { chain, seq, hash } of vouched.values()) {
    const broken = (reason: string): AuditVerdict => ({ isIntact: false, rows, chain, seq, reason });
    if ((lengths.get(chain) ?? 0) < seq) return broken("rows at the end of this chain are missing");
    const [row] = await database.read<{ hash: string }>(
      build.selectFrom("audit").select("hash").where("chain", "=", chain).where("seq", "=", seq).compile(),
    );
    if (row?.hash !== hash) return broken("a later chain vouches for another row in this place");
  }
  return { isIntact: true, rows, chains: lengths.size };
}
