import { sql } from "kysely";
import type { Database, SqlTransaction } from "../core/database.ts";
import type { Address } from "../core/message.ts";
import type { PairingRequest, PersonRecord, Role } from "../core/store.ts";
import { prepare, type QueryBuilder } from "./query.ts";
import type { Tables } from "./tables.ts";

/** Codes one person may have open at a time. */
const maxPendingPairings = 3;
/** Looked at more closely in one search. */
const maxSearched = 1_000;

function toRequest(row: Tables["pairing"]): PairingRequest {
  return {
    code: row.code,
    person: { id: row.person, name: row.person_name, isBot: false },
    address: JSON.parse(row.address) as Address,
    expiresAt: row.expires_at,
  };
}

/** Who is known, in which role, and who asks to be. */
export function createPeopleTable(build: QueryBuilder, database: Database) {
  const byId = prepare<{ id: string }>((values) => build.selectFrom("person").selectAll().where("id", "=", values.id));

  return {
    async save(transaction: SqlTransaction, person: PersonRecord): Promise<void> {
      const { name, role } = person;
      await transaction.run(
        build
          .insertInto("person")
          .values({ id: person.id, name, role })
          .onConflict((conflict) => conflict.column("id").doUpdateSet({ name, role }))
          .compile(),
      );
    },

    async load(id: string): Promise<PersonRecord | undefined> {
      const [row] = await database.read<Tables["person"]>(byId({ id }));
      return row && { id: row.id, name: row.name, role: row.role as Role };
    },

    /** People whose name or id holds all of these words, by name. */
    async search(words: string, limit: number): Promise<PersonRecord[]> {
      const wanted = words.split(/\s+/).filter(Boolean);
      if (wanted.length === 0) return [];
      const label = sql<string>`lower(name || ' ' || id)`;
      let query = build.selectFrom("person").selectAll().orderBy("name").orderBy("id").limit(maxSearched);
      // Databases agree on capital letters in ASCII only: what they find is looked at once more.
      for (const word of wanted)
        query = query.where(label, "like", `%${word.replaceAll(/[^A-Za-z0-9]+/g, "%").toLowerCase()}%`);
      return (await database.read<Tables["person"]>(query.compile()))
        .filter(({ id, name }) => wanted.every((word) => `${name} ${id}`.toLowerCase().includes(word.toLowerCase())))
        .slice(0, limit)
        .map((row) => ({ id: row.id, name: row.name, role: row.role as Role }));
    },

    async addPairing(transaction: SqlTransaction, request: PairingRequest, now: number): Promise<boolean> {
      const pending = build
        .selectFrom("pairing")
        .select("code")
        .where("person", "=", request.person.id)
        .where("state", "=", "pending")
        .where("expires_at", ">", now);
      if ((await transaction.run(pending.compile())).rows.length >= maxPendingPairings) return false;
      const row = {
        code: request.code,
        person: request.person.id,
        person_name: request.person.name,
        address: JSON.stringify(request.address),
        state: "pending",
        expires_at: request.expiresAt,
      };
      await transaction.run(build.insertInto("pairing").values(row).compile());
      return true;
    },

    async takePairing(transaction: SqlTransaction, code: string, now: number): Promise<PairingRequest | undefined> {
      const update = build
        .updateTable("pairing")
        .set({ state: "used" })
        .where("code", "=", code)
        .where("state", "=", "pending")
        .where("expires_at", ">", now)
        .returningAll();
      const [row] = (await transaction.run<Tables["pairing"]>(update.compile())).rows;
      return row && toRequest(row);
    },

    async pendingPairings(now: number): Promise<PairingRequest[]> {
      const query = build
        .selectFrom("pairing")
        .selectAll()
        .where("state", "=", "pending")
        .where("expires_at", ">", now)
        .orderBy("expires_at");
      return (await database.read<Tables["pairing"]>(query.compile())).map(toRequest);
    },
  };
}
