import type { CompiledQuery } from "kysely";
import type { QueryBuilder } from "../query.ts";

/** What a conversation keeps of plans, and who was found to answer in it. */
export function upMind({ schema }: QueryBuilder): CompiledQuery[] {
  return ["plan", "found_persona"].map((column) =>
    schema.alterTable("conversation").addColumn(column, "text").compile(),
  );
}
