import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type CompiledQuery,
} from "kysely";
import type { SqlQuery } from "../core/database.ts";
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

/** Stands for a value while a statement is compiled. */
class Placeholder {
  readonly name: PropertyKey;
  constructor(name: PropertyKey) {
    this.name = name;
  }
}

/**
 * A statement of the hot path, built and compiled once, at its first use: compiling costs 10 to 20 µs, more than
 * running most of them. `make` gets stand-ins for the values and must use each as a plain value, whatever its type.
 */
export function prepare<Values extends object>(
  make: (values: Values) => { compile(): CompiledQuery },
): (values: Values) => SqlQuery {
  let compiled: { sql: string; parameters: readonly unknown[] } | undefined;
  return function fill(values) {
    compiled ??= make(new Proxy({} as Values, { get: (_target, name) => new Placeholder(name) })).compile();
    return {
      sql: compiled.sql,
      parameters: compiled.parameters.map((parameter) =>
        parameter instanceof Placeholder ? values[parameter.name as keyof Values] : parameter,
      ),
    };
  };
}

/** A statement prepared anew for each number of rows or ids it is used with; there are few. */
export function preparePerCount<Value>(
  make: (values: readonly Value[]) => { compile(): CompiledQuery },
): (values: readonly Value[]) => SqlQuery {
  const byCount = new Map<number, (values: readonly Value[]) => SqlQuery>();
  return function fill(values) {
    let statement = byCount.get(values.length);
    if (statement === undefined) {
      const { length } = values;
      statement = prepare<readonly Value[]>((stand) =>
        make(Array.from({ length }, (_, index) => stand[index] as Value)),
      );
      if (byCount.size < 64) byCount.set(length, statement);
    }
    return statement(values);
  };
}

/** An INSERT of rows that all have the same columns in the same order, prepared per number of rows. */
export function prepareInsert<Row extends object>(
  make: (rows: readonly Row[]) => { compile(): CompiledQuery },
): (rows: readonly Row[]) => SqlQuery {
  const byCount = new Map<number, CompiledQuery>();
  return function fill(rows) {
    let compiled = byCount.get(rows.length);
    if (compiled === undefined) {
      compiled = make(rows).compile();
      if (byCount.size < 64) byCount.set(rows.length, compiled);
    }
    return { sql: compiled.sql, parameters: rows.flatMap((row) => Object.values(row) as unknown[]) };
  };
}
