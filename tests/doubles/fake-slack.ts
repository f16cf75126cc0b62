import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { keepFile, performMethod, show, SlackError, type MethodContext } from "./fake-slack-methods.ts";
import { createFakeSocket, type Envelope, type FakeSocket } from "./fake-slack-socket.ts";
import { createFakeSlackStore, type FakeSlackMessage, type FakeSlackStore } from "./fake-slack-store.ts";
import { recordRequests, type RecordedRequest } from "./recorded-requests.ts";

export type FakeSlackFailure =
  | "429"
  | "500"
  | "cut-after-accept"
  | "cut-before-accept"
  /** `ok: false` with this error. */
  | { readonly error: string; readonly needed?: string }
  /** Answers as it should, but only then. */
  | { readonly until: Promise<void> };

export interface FakeSaying {
  readonly user?: string;
  readonly chat?: string;
  readonly text: string;
  readonly thread?: string;
  readonly file?: { readonly name: string; readonly content: Uint8Array; readonly mimetype?: string };
  readonly extra?: object;
}

export interface FakeSlack {
  /** For `slackApiUrl`. */
  readonly url: string;
  readonly store: FakeSlackStore;
  readonly socket: FakeSocket;
  /** Every request that came, whatever became of it. */
  readonly requests: readonly RecordedRequest[];
  readonly bot: MethodContext["bot"];
  /** Messages of the bot, in order. */
  sent(): readonly FakeSlackMessage[];
  readonly statuses: MethodContext["statuses"];
  readonly reactions: MethodContext["reactions"];
  readonly calls: Map<string, number>;
  readonly lastCalls: Map<string, Readonly<Record<string, string>>>;
  readonly scopes: Set<string>;
  /** Accepted tokens; take one away to revoke it. */
  readonly tokens: Set<string>;
  /** Fails a later call of the method, after `skip` that work. */
  failNext(
    method: string,
    how: FakeSlackFailure,
    options?: { skip?: number; retryAfterS?: number; times?: number },
  ): void;
  /** Somebody writes: it lies in the history. Resolves with the event, and does not deliver it. */
  write(saying: FakeSaying): { readonly message: FakeSlackMessage; readonly event: object };
  /** The outer part of an event. */
  wrap(event: object): object;
  envelope(type: Envelope["type"], payload: object): Envelope;
  stop(): Promise<void>;
}

export interface FakeSlackSettings {
  readonly botToken: string;
  readonly appToken?: string;
  readonly repeatMs?: number;
  readonly bot?: MethodContext["bot"];
}

/** A workspace that behaves as https://docs.slack.dev says, errors included. */
export async function createFakeSlack(settings: FakeSlackSettings): Promise<FakeSlack> {
  const { botToken, appToken, repeatMs = 100 } = settings;
  const bot = settings.bot ?? { userId: "U0BOT", botId: "B0BOT", teamId: "T0TEAM" };
  const store = createFakeSlackStore();
  const calls = new Map<string, number>();
  const lastCalls = new Map<string, Readonly<Record<string, string>>>();
  const failures: { method: string; how: FakeSlackFailure; skip: number; times: number; retryAfterS: number }[] = [];
  const tokens = new Set([botToken, ...(appToken === undefined ? [] : [appToken])]);
  const scopes = new Set<string>();
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  const requests = recordRequests(server);
  const socket = createFakeSocket(server, repeatMs);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `http://${host}`;
  const context: MethodContext = {
    store,
    url,
    bot,
    uploads: new Map(),
    statuses: [],
    reactions: [],
    onPosted: (message) => {
      if (appToken === undefined || socket.connections.size === 0) return;
      socket.send(fake.envelope("events_api", fake.wrap(toEvent(message))));
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "";
    const body = await buffer(request);
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    const upload = /^\/upload\/(\w+)$/.exec(path)?.[1];
    if (upload !== undefined) {
      const announced = context.uploads.get(upload);
      if (announced === undefined || announced.length !== body.byteLength) return void response.writeHead(400).end();
      announced.content = body;
      return void response.end(`OK - ${body.byteLength}`);
    }
    const file = /^\/files-pri\/(\w+)/.exec(path)?.[1];
    if (file !== undefined) {
      calls.set("download", (calls.get("download") ?? 0) + 1);
      if (!tokens.has(token)) return void response.writeHead(302, { location: `${url}/signin` }).end();
      const found = store.files.get(file);
      response.writeHead(found === undefined ? 404 : 200, { "content-type": found?.file.mimetype ?? "text/html" });
      return void response.end(found?.content);
    }
    const method = /^\/api\/([\w.]+)$/.exec(path)?.[1] ?? "";
    const form = Object.fromEntries(new URLSearchParams(body.toString()));
    calls.set(method, (calls.get(method) ?? 0) + 1);
    lastCalls.set(method, form);
    await respond(method, token, form, response);
  }

  async function respond(
    method: string,
    token: string,
    form: Record<string, string>,
    response: ServerResponse,
  ): Promise<void> {
    const failure = takeFailure(method);
    if (failure?.how === "cut-before-accept") return void response.destroy();
    if (failure?.how === "500") return void response.writeHead(500).end("oops");
    if (failure?.how === "429") {
      response.writeHead(429, { "retry-after": String(failure.retryAfterS), "content-type": "application/json" });
      return void response.end(JSON.stringify({ ok: false, error: "ratelimited" }));
    }
    const headers = {
      "content-type": "application/json; charset=utf-8",
      ...(scopes.size === 0 ? {} : { "x-oauth-scopes": [...scopes].join(",") }),
    };
    const say = (json: object): void => void response.writeHead(200, headers).end(JSON.stringify(json));
    if (typeof failure?.how === "object" && "until" in failure.how) await failure.how.until;
    else if (typeof failure?.how === "object") return say({ ok: false, ...failure.how });
    try {
      const result = perform(method, token, form);
      if (failure?.how === "cut-after-accept") return void response.destroy();
      say({ ok: true, ...result });
    } catch (error) {
      if (!(error instanceof SlackError)) throw error;
      say({ ok: false, error: error.message, ...error.extra });
    }
  }

  function perform(method: string, token: string, form: Record<string, string>): object {
    if (token === "") throw new SlackError("not_authed");
    if (!tokens.has(token)) throw new SlackError("invalid_auth");
    if (method !== "apps.connections.open") {
      if (token !== botToken) throw new SlackError("not_allowed_token_type");
      return performMethod(method, form, context);
    }
    if (token !== appToken) throw new SlackError("not_allowed_token_type");
    return { url: `ws://${host}/link/?ticket=secret-ticket` };
  }

  function takeFailure(method: string): (typeof failures)[number] | undefined {
    const failure = failures.find((each) => each.method === method);
    if (failure === undefined) return undefined;
    failure.skip -= 1;
    if (failure.skip >= 0) return undefined;
    failure.times -= 1;
    if (failure.times <= 0) failures.splice(failures.indexOf(failure), 1);
    return failure;
  }

  const fake: FakeSlack = {
    url: `${url}/api/`,
    store,
    socket,
    bot,
    requests,
    sent: () => store.messages.filter(({ user }) => user === bot.userId),
    statuses: context.statuses,
    reactions: context.reactions,
    calls,
    lastCalls,
    scopes,
    tokens,
    failNext(method, how, { skip = 0, retryAfterS = 1, times = 1 } = {}) {
      failures.push({ method, how, skip, times, retryAfterS });
    },
    write({ user = "U0ADA", chat = "D0ADA", text, thread, file, extra }) {
      const kept =
        file === undefined
          ? undefined
          : keepFile(store, url, { id: `F0IN${store.files.size + 1}`, mimetype: "image/png", ...file }, file.content);
      const message = store.add({
        chat,
        user,
        text,
        ...(thread === undefined ? {} : { thread_ts: thread }),
        ...(kept === undefined ? {} : { files: [kept], subtype: "file_share" }),
        ...extra,
      });
      return { message, event: toEvent(message) };
    },
    wrap: (event) => ({
      type: "event_callback",
      token: "legacy",
      team_id: bot.teamId,
      api_app_id: "A0APP",
      event,
      event_id: `Ev${randomUUID()}`,
      event_time: Math.floor(Date.now() / 1_000),
      authorizations: [{ enterprise_id: null, team_id: bot.teamId, user_id: bot.userId, is_bot: true }],
    }),
    envelope: (type, payload) => ({
      envelope_id: randomUUID(),
      type,
      payload,
      accepts_response_payload: type !== "events_api",
    }),
    async stop() {
      socket.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return fake;
}

/** The message event that Slack sends for it. */
export function toEvent(message: FakeSlackMessage): Record<string, unknown> {
  const { latest_reply: _latest, reply_count: _count, ...rest } = show(message, true) as Record<string, unknown>;
  return {
    ...rest,
    channel: message.chat,
    channel_type: message.chat.startsWith("D") ? "im" : "channel",
    event_ts: message.ts,
  };
}
