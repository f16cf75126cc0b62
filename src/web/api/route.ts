import type { z } from "zod";
import { AppError } from "../../core/errors.ts";
import type { DeskPerson } from "../../core/desk.ts";

/** One route under /api, as data: it is served and described from the same. */
export interface ApiRoute<Query = unknown, Body = unknown, Answer = unknown> {
  readonly method: "get" | "post";
  /** With `{id}` where a value stands. */
  readonly path: string;
  /** Unique; what generated clients call it. */
  readonly name: string;
  readonly summary: string;
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  readonly answer: z.ZodType<Answer>;
  /** Statuses of refusals besides those that every route has. */
  readonly refusals: readonly (404 | 409)[];
  run(call: {
    readonly id: string;
    readonly query: Query;
    readonly body: Body;
    readonly who: DeskPerson;
  }): Promise<Answer>;
}

/** Gives the parts of a route their types, and forgets them: routes are kept in one list. */
export function defineRoute<Query, Body, Answer>(route: ApiRoute<Query, Body, Answer>): ApiRoute {
  return route;
}

/** What stands in a query or body. Throws AppError "bad-input" that names the field, never its value. */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown, what: "query" | "body"): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? `the ${what}` : issue.path.join(".");
  throw new AppError("bad-input", `${place}: ${issue?.message ?? "not valid"}`, {
    hint: "/openapi.json says what this route takes.",
  });
}
