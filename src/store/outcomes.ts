import type { Database, SqlTransaction } from "../core/database.ts";
import type { PersonaOutcome } from "../core/records.ts";
import type { QueryBuilder } from "./query.ts";
import type { Tables } from "./tables.ts";

/** Judgements about personas, the newest one of each thing judged. */
export function createOutcomeTable(build: QueryBuilder, database: Database) {
  return {
    async add(transaction: SqlTransaction, { persona, ref, outcome, note, at }: PersonaOutcome): Promise<void> {
      await transaction.run(
        build
          .insertInto("persona_outcome")
          .values({ persona, ref, outcome, note, at })
          .onConflict((conflict) => conflict.columns(["persona", "ref"]).doUpdateSet({ outcome, note, at }))
          .compile(),
      );
    },
    async since(persona: string, at: number, limit: number): Promise<PersonaOutcome[]> {
      const query = build
        .selectFrom("persona_outcome")
        .selectAll()
        .where("persona", "=", persona)
        .where("at", ">", at)
        .orderBy("at", "desc")
        .limit(limit);
      const rows = await database.read<Tables["persona_outcome"]>(query.compile());
      return rows.map(({ ref, outcome, note, at: time }) => ({
        persona,
        ref,
        outcome: outcome as PersonaOutcome["outcome"],
        note,
        at: time,
      }));
    },
  };
}
