import { Hono } from "hono";
import type { Desk, DeskPerson } from "../../core/desk.ts";
import { AppError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { createCalendar, type LoadCalendar } from "./calendar.ts";
import { listDeskRoutes } from "./desk-routes.ts";
import { createEventFeed, eventHeaders } from "./event-feed.ts";
import { parseInput, type ApiRoute } from "./route.ts";
import { listRunRoutes, noBoard, type OpenBoard } from "./run-routes.ts";

const maxIdChars = 64;

export interface ApiOptions {
  readonly desk: Desk;
  /** Absent: there are no workflows here. */
  readonly board?: OpenBoard;
  readonly log: Logger;
  readonly now: () => number;
  readonly calendar?: LoadCalendar;
  /** Who answers when somebody signed in answers. */
  readonly who: () => DeskPerson;
  /** Bounded. Throws AppError "too-large" or "bad-input". */
  readonly readJson: (request: Request) => Promise<unknown>;
}

export interface Api {
  /** Everything under /api that is the desk's, for requests that passed the checks of all others. */
  readonly routes: Hono;
  /** Ends the streams of events. */
  close(): void;
}

/** The desk over HTTP. Errors are thrown as AppError: the server gives them their form. */
export function createApi(options: ApiOptions): Api {
  const { desk, board = noBoard } = options;
  const app = new Hono();
  const feed = createEventFeed(options);
  for (const route of [...listDeskRoutes(desk), ...listRunRoutes(board)])
    app.on(route.method.toUpperCase(), toHonoPath(route.path), async (context) => {
      const request = context.req.raw;
      const id = readId(context.req.param("id"));
      const query = route.query && parseInput(route.query, context.req.query(), "query");
      const body = route.body && parseInput(route.body, await readBody(options, request), "body");
      return context.json((await route.run({ id, query, body, who: options.who() })) as object, 200, {
        "cache-control": "no-store",
      });
    });
  app.route("/", createCalendar(options.calendar));
  app.get("/api/events", (context) => {
    const request = context.req.raw;
    const after = readAfter(context.req.header("last-event-id") ?? context.req.query("after"));
    if (request.method === "HEAD") return new Response(null, { headers: eventHeaders });
    return feed.open(after, request.signal);
  });
  return { routes: app, close: () => feed.close() };
}

/** The descriptions of the interface: they hold nothing of the owner's. Loaded when somebody asks. */
export function createDescriptions(): Hono {
  const app = new Hono();
  app.get("/openapi.json", async (context) => context.json((await import("./openapi.ts")).formatOpenApi()));
  app.get("/asyncapi.json", async (context) => context.json((await import("./asyncapi.ts")).formatAsyncApi()));
  return app;
}

/** A form on another site can send no JSON without asking first, and is refused then. */
function readBody({ readJson }: ApiOptions, request: Request): Promise<unknown> {
  if (!/^application\/json\b/i.test(request.headers.get("content-type") ?? ""))
    throw new AppError("bad-input", "The body is not marked as JSON.", {
      hint: "Send it with the header content-type: application/json.",
    });
  return readJson(request);
}

function toHonoPath(path: ApiRoute["path"]): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

function readId(id: string | undefined): string {
  if ((id?.length ?? 0) > maxIdChars) throw new AppError("not-found", "There is no such id.");
  return id ?? "";
}

/** Throws AppError "bad-input". */
function readAfter(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const after = /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  if (after === undefined) throw new AppError("bad-input", "Last-Event-ID is not the number of an event.");
  return after;
}
