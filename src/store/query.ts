import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
import type { Tables } from "./tables.ts";

/** Builds and compiles statements; running them is the Database's job, which knows about commits and retries. */
export type QueryBuilder = Kysely<Tables>;

export function createQueryBuilder(dialect: "sqlite" | "postgres"): QueryBuilder {
  return new Kysely<Tables>({
    dialect: {
      createDriver: () => new DummyDriver(),
      ...(dialect === "sqlite"
        ? {
            createAdapter: () => new SqliteAdapter(),
            createIntrospector: (kysely) => new SqliteIntrospector(kysely),
            createQueryCompiler: () => new SqliteQueryCompiler(),
          }
        : {
            createAdapter: () => new PostgresAdapter(),
            createIntrospector: (kysely) => new PostgresIntrospector(kysely),
            createQueryCompiler: () => new PostgresQueryCompiler(),
          }),
    },
  });
}
