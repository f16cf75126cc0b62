import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { Hono, type Context } from "hono";
import type { Channel } from "../core/channel.ts";
import type { Desk } from "../core/desk.ts";
import { AppError, describeError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Person } from "../core/message.ts";
import type { Metrics } from "../core/metrics.ts";
import type { TakeHook } from "../core/workflow-hook.ts";
import { createApi, createDescriptions } from "./api/index.ts";
import type { OpenBoard } from "./api/run-routes.ts";
import { createAuth } from "./auth.ts";
import { createCompletions, type Complete } from "./completions.ts";
import { serveDialogue } from "./dialogue.ts";
import { answerHook, maxHookBytes } from "./hooks/workflow-hook.ts";
import { createPages } from "./pages.ts";
import { attachSockets } from "./sockets.ts";

export interface ReadyReport {
  readonly isReady: boolean;
  readonly checks: Readonly<
    Record<string, { readonly state: "up" | "connecting" | "down" | "standby"; readonly reason?: string }>
  >;
}

export interface WebOptions {
  readonly host: string;
  readonly port: number;
  readonly token: string | undefined;
  readonly publicUrl: string | undefined;
  readonly pagesFolder: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly now: () => number;
  readonly createId: () => string;
  readonly maxBodyBytes: () => number;
  /** A channel that runs in this process. */
  readonly channel: (name: string) => Channel | undefined;
  /** Is it configured, though it may not run (yet)? */
  readonly isConfigured: (channel: string) => boolean;
  readonly ready: () => Promise<ReadyReport>;
  /** Who sits at the page on this channel. */
  readonly person: (channel: string) => Person;
  readonly session: () => {
    readonly channels: readonly { readonly name: string }[];
    readonly model: { readonly id: string; readonly isOffline: boolean };
  };
  readonly modelNames: () => readonly string[];
  readonly complete: Complete;
  /** Parlance as an MCP server, for whoever is signed in. */
  readonly mcp: (request: Request) => Promise<Response>;
  /** The owner's desk. Absent: there is no inbox here. */
  readonly desk?: Desk;
  /** Its promises and follow-ups as a calendar file. */
  readonly calendar?: () => Promise<string>;
  /** Workflows and their runs. Absent: there are none here. */
  readonly board?: OpenBoard;
  /** Takes webhooks of workflows. Absent: each of them is refused. */
  readonly takeHook?: TakeHook;
}

export interface WebServer {
  readonly port: number;
  /** What is answered at all, as Hono writes it: "/api/drafts/:id". */
  readonly routes: readonly { readonly method: string; readonly path: string }[];
  close(): Promise<void>;
}

const loopbackHosts = ["127.0.0.1", "localhost", "[::1]"];
const requestTimeoutMs = 120_000;

type Env = { Bindings: HttpBindings };

/** Starts the HTTP server. Throws AppError when the port is taken. */
export async function startWebServer(options: WebOptions): Promise<WebServer> {
  const { log, metrics } = options;
  const isLoopback = loopbackHosts.includes(options.host) || options.host === "::1";
  const publicHost = options.publicUrl === undefined ? [] : [new URL(options.publicUrl).hostname];
  const auth = createAuth({
    token: options.token,
    allowedHosts: isLoopback ? new Set([...loopbackHosts, ...publicHost]) : undefined,
    allowedOrigins: new Set(options.publicUrl === undefined ? [] : [new URL(options.publicUrl).origin]),
    now: options.now,
  });
  const servePage = createPages(options.pagesFolder);
  const completions = createCompletions(options);
  const app = new Hono<Env>();

  app.onError((error, context) => {
    const isApi = context.req.path.startsWith("/v1/");
    if (error instanceof AppError) {
      const status = statusOf(error);
      // The shape that OpenAI's clients read.
      if (isApi)
        return context.json(
          { error: { message: describeError(error), type: status < 500 ? "invalid_request_error" : "api_error" } },
          status,
        );
      return context.json({ error: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) }, status);
    }
    log.error(
      { path: routeOf(context.req.path), error: error.stack ?? String(error) },
      "A request failed in an unexpected way.",
    );
    return context.json({ error: "Something went wrong here. The log says more." }, 500);
  });
  app.use(async (context, next) => {
    if (Number(context.req.header("content-length") ?? 0) > maxBytesFor(context.req.path))
      return context.json({ error: "The body is too large." }, 413);
    await next();
    metrics.count("parlance_http_requests_total", {
      route: routeOf(context.req.path),
      status: `${Math.floor(context.res.status / 100)}xx`,
    });
  });

  // Platforms call by whatever name they reach us; each adapter checks their signature before anything else.
  app.all("/hooks/:channel", async (context) => {
    const name = context.req.param("channel");
    const channel = options.channel(name);
    if (channel?.webhook !== undefined) return channel.webhook(context.req.raw);
    if (channel !== undefined || !options.isConfigured(name))
      return context.json({ error: "There is no such hook." }, 404);
    return context.json({ error: "This channel is not running here." }, 503, { "retry-after": "5" });
  });
  app.post("/hooks/workflows/:name", (context) =>
    answerHook(options.takeHook, context.req.param("name"), context.req.raw),
  );
  app.get("/health/live", (context) => context.text("ok\n"));

  app.use(async (context, next) => {
    const check = auth.checkSource({
      host: context.req.header("host"),
      origin: context.req.header("origin"),
      site: context.req.header("sec-fetch-site"),
    });
    if (!check.isAllowed) return context.json({ error: check.reason }, check.status);
    context.header("x-content-type-options", "nosniff");
    context.header("x-frame-options", "DENY");
    await next();
  });

  app.get("/api/session", (context) => {
    if (!isSignedIn(context)) return context.json({ signedIn: false, channels: [] });
    const session = options.session();
    const [first] = session.channels;
    return context.json({
      signedIn: true,
      ...session,
      ...(first === undefined ? {} : { person: options.person(first.name) }),
    });
  });
  app.post("/api/session", async (context) => {
    const body = await readJson(context.req.raw);
    const token =
      typeof body === "object" && body !== null && "token" in body && typeof body.token === "string" ? body.token : "";
    const result = auth.signIn(token, remoteOf(context), new URL(context.req.url).protocol === "https:");
    if (result === "wait")
      return context.json({ error: "Too many wrong tokens. Wait a minute." }, 429, { "retry-after": "60" });
    if (result === "wrong") return context.json({ error: "That token does not fit." }, 401);
    context.header("set-cookie", result.cookie);
    return context.json({ signedIn: true });
  });
  app.delete("/api/session", (context) => {
    context.header("set-cookie", auth.signOut());
    return context.json({ signedIn: false });
  });

  app.get("/health/ready", async (context) => {
    const report = await options.ready();
    // Reasons may name servers: for signed-in eyes only.
    return context.json(isSignedIn(context) ? report : { isReady: report.isReady }, report.isReady ? 200 : 503);
  });
  app.use("/metrics", requireSignIn);
  app.get("/metrics", async (context) =>
    context.text(await metrics.format(), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }),
  );

  app.route("/", createDescriptions());
  app.use("/api/*", requireSignIn);
  const { desk } = options;
  const owner = () => options.person(options.session().channels[0]?.name ?? "web");
  const api = desk && createApi({ ...options, desk, who: owner, readJson });
  if (api !== undefined) app.route("/", api.routes);

  app.use("/v1/*", requireSignIn);
  app.get("/v1/models", (context) =>
    context.json({
      object: "list",
      data: options.modelNames().map((id) => ({ id, object: "model", owned_by: "parlance" })),
    }),
  );
  app.post("/v1/chat/completions", async (context) =>
    completions(await readJson(context.req.raw), context.req.raw.signal),
  );

  app.use("/mcp", requireSignIn);
  app.all("/mcp", (context) => options.mcp(context.req.raw));

  app.use("/chat/*", requireSignIn);
  app.all("/chat/:channel/*", async (context) => {
    const name = context.req.param("channel");
    const channel = options.channel(name);
    if (channel?.handle === undefined)
      return context.json({ error: "There is no such page channel." }, options.isConfigured(name) ? 503 : 404);
    return channel.handle(context.req.raw, options.person(name));
  });

  app.get(
    "*",
    async (context) =>
      (await servePage(context.req.path, context.req.header("if-none-match"))) ??
      context.json({ error: "There is nothing here." }, 404),
  );
  app.all("*", (context) => context.json({ error: "There is nothing here." }, 404));

  async function requireSignIn(context: Context<Env>, next: () => Promise<void>): Promise<Response | void> {
    if (isSignedIn(context)) return next();
    if (auth.isBlocked(remoteOf(context)))
      return context.json({ error: "Too many wrong tokens. Wait a minute." }, 429, { "retry-after": "60" });
    return context.json({ error: "Sign in first: the header authorization: Bearer <http.token>." }, 401, {
      "www-authenticate": "Bearer",
    });
  }

  function isSignedIn(context: Context<Env>): boolean {
    return isKnown(remoteOf(context), {
      authorization: context.req.header("authorization"),
      cookie: context.req.header("cookie"),
    });
  }

  /** Every wrong token counts, wherever it is tried. Whoever is signed in already is not kept out by others' guesses. */
  function isKnown(
    remote: string,
    { authorization, cookie }: { readonly authorization: string | undefined; readonly cookie: string | undefined },
  ): boolean {
    if (options.token === undefined) return true;
    if (auth.isBlocked(remote)) return auth.isSignedIn({ authorization: undefined, cookie });
    if (auth.isSignedIn({ authorization, cookie })) return true;
    if (authorization !== undefined) auth.countFailure(remote);
    return false;
  }

  function maxBytesFor(path: string): number {
    if (path.startsWith("/hooks/workflows/")) return maxHookBytes;
    // Uploads are streamed to disk under their own limit.
    return path.startsWith("/chat/")
      ? Number.POSITIVE_INFINITY
      : path.startsWith("/v1/")
        ? Math.max(options.maxBodyBytes(), 4_194_304)
        : options.maxBodyBytes();
  }

  async function readJson(request: Request): Promise<unknown> {
    const limit = maxBytesFor(new URL(request.url).pathname);
    const chunks: Uint8Array[] = [];
    let size = 0;
    const body: AsyncIterable<Uint8Array> | [] = request.body ?? [];
    for await (const chunk of body) {
      size += chunk.length;
      if (size > limit) throw new AppError("too-large", "The body is too large.");
      chunks.push(chunk);
    }
    try {
      return JSON.parse(Buffer.concat(chunks).toString("utf8"));
    } catch {
      throw new AppError("bad-input", "The body is not JSON.");
    }
  }

  const server = createServer(
    { requestTimeout: requestTimeoutMs, headersTimeout: 20_000, keepAliveTimeout: 10_000 },
    getRequestListener(app.fetch, { overrideGlobalObjects: false }),
  );
  server.on(
    "clientError",
    (_error, socket) =>
      socket.destroyed || socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"),
  );
  const sockets = attachSockets(server, { accept: acceptSocket });

  function acceptSocket(request: IncomingMessage): ReturnType<Parameters<typeof attachSockets>[1]["accept"]> {
    const { headers } = request;
    const check = auth.checkSource({ host: headers.host, origin: headers.origin, site: undefined });
    if (!check.isAllowed) return { status: check.status };
    const remote = request.socket.remoteAddress ?? "";
    if (!isKnown(remote, { authorization: headers.authorization, cookie: headers.cookie }))
      return { status: auth.isBlocked(remote) ? 429 : 401 };
    const [, area, name = "", kind] =
      /^\/(chat|api\/channels)\/([^/?]+)\/(socket|verify)(?:\?|$)/.exec(request.url ?? "") ?? [];
    const channel = area === undefined ? undefined : options.channel(decodeName(name));
    const open = area === "chat" && kind === "socket" ? channel?.socket?.bind(channel) : undefined;
    const verify = area !== "chat" && kind === "verify" ? channel?.verify?.bind(channel) : undefined;
    const person = options.person(name);
    if (open !== undefined) return { person, open };
    return verify === undefined ? { status: 404 } : { person, open: (connection) => serveDialogue(connection, verify) };
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "EADDRINUSE"
          ? new AppError("conflict", `Port ${options.port} on ${options.host} is taken.`, {
              hint: "Is Parlance running already? Otherwise set http.port.",
            })
          : new AppError(
              "unreachable",
              `The HTTP server cannot listen on ${options.host}:${options.port}: ${error.message}.`,
            ),
      ),
    );
    server.listen(options.port, options.host, resolve);
  });

  return {
    port: (server.address() as AddressInfo).port,
    routes: app.routes.map(({ method, path }) => ({ method, path })),
    close: () =>
      new Promise((resolve) => {
        sockets.close();
        api?.close();
        server.close(() => resolve());
        setTimeout(() => server.closeAllConnections(), 2_000).unref();
        server.closeIdleConnections();
      }),
  };
}

/** What is no name stays as it was sent: no channel is called so. */
function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Bounded: paths never become labels. */
function routeOf(path: string): string {
  const [, first = ""] = path.split("/");
  return ["hooks", "health", "api", "v1", "chat", "metrics", "assets"].includes(first) ? first : "page";
}

function remoteOf(context: Context<Env>): string {
  return context.env.incoming.socket.remoteAddress ?? "";
}

function statusOf(error: AppError): 400 | 401 | 403 | 404 | 409 | 413 | 429 | 500 | 503 {
  switch (error.code) {
    case "too-large":
      return 413;
    case "bad-input":
      return 400;
    case "unauthorised":
      return 401;
    case "forbidden":
      return 403;
    case "not-found":
      return 404;
    case "conflict":
      return 409;
    case "rate-limited":
    case "budget-exhausted":
      return 429;
    default:
      return error.retryAfterMs === undefined ? 500 : 503;
  }
}
