import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import {
  answerKeys,
  answerRooms,
  ok,
  refuse,
  type Answer,
  type Call,
  type Transactions,
} from "./fake-matrix-routes.ts";
import { createMatrixStore, type Device, type Json, type MatrixStore } from "./fake-matrix-store.ts";
import { formatSync, isNews, parseToken } from "./fake-matrix-sync.ts";
import { recordRequests, type RecordedRequest } from "./recorded-requests.ts";

export type MatrixFailure = "429" | "500" | "401" | "cut-after-accept" | "cut-before-accept";

export interface FakeMatrix {
  readonly url: string;
  readonly store: MatrixStore;
  /** Every request that came, whatever became of it. */
  readonly requests: readonly RecordedRequest[];
  /** By media id. */
  readonly media: Map<string, { readonly content: Buffer; readonly type: string }>;
  /** "<METHOD> <path>" of every call, in order. */
  readonly calls: readonly string[];
  /** Passwords by user. */
  readonly passwords: Map<string, string>;
  /** Largest timeline of a sync. */
  timelineLimit: number;
  /** Makes calls fail whose "<METHOD> <path>" matches: `times` of them, behind `skip` that work. */
  failNext(
    pattern: RegExp,
    how: MatrixFailure,
    options?: { skip?: number; times?: number; retryAfterMs?: number },
  ): void;
  /** The token is not known any more. */
  revoke(token: string): void;
  /** The next sync without news is answered with what the one before was, as if its token had got lost. */
  rewind(device: Device, position: number): void;
  /** Has it gone on from a first sync? */
  hasSynced(token: string): boolean;
  /** Keeps what is sent to the device from it, until the function that this gives is called; which tells how much it was. */
  holdBack(device: Device): () => number;
  /** Ends every connection without a word, the waiting sync's too. */
  drop(): void;
  stop(): Promise<void>;
}

interface Failure {
  readonly pattern: RegExp;
  readonly how: MatrixFailure;
  readonly retryAfterMs: number;
  skip: number;
  times: number;
}

/** A homeserver of example.org, as far as the client API's specification says and the adapter needs. */
export async function createFakeMatrix(): Promise<FakeMatrix> {
  const store = createMatrixStore();
  const media = new Map<string, { content: Buffer; type: string }>();
  const passwords = new Map<string, string>();
  const transactions: Transactions = new Map();
  const calls: string[] = [];
  const failures: Failure[] = [];
  const rewound = new Map<string, number>();
  const synced = new Set<string>();
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      response.writeHead(500).end(JSON.stringify({ errcode: "M_UNKNOWN", error: String(error) }));
    });
  });
  const requests = recordRequests(server);

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    const content = await buffer(request);
    const line = `${request.method} ${url.pathname}`;
    calls.push(line);
    const failure = takeFailure(line);
    if (failure?.how === "cut-before-accept") return void request.socket.destroy();
    const refused = failure === undefined ? undefined : refusals[failure.how]?.(failure);
    const answer = refused ?? (await route(request, url, content));
    if (failure?.how === "cut-after-accept") return void request.socket.destroy();
    if (Buffer.isBuffer(answer)) return void response.writeHead(200).end(answer);
    response.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify(answer.body));
  }

  function takeFailure(line: string): Failure | undefined {
    for (const failure of failures) {
      if (!failure.pattern.test(line) || failure.times === 0) continue;
      if (failure.skip > 0) {
        failure.skip -= 1;
        continue;
      }
      failure.times -= 1;
      return failure;
    }
    return undefined;
  }

  async function route(request: IncomingMessage, url: URL, content: Buffer): Promise<Answer | Buffer> {
    const { pathname, searchParams: query } = url;
    if (pathname === "/_matrix/client/versions") return ok({ versions: ["v1.11"] });
    if (pathname.startsWith("/_matrix/client/v3/login")) return answerLogin(request.method ?? "", content);
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    const device = store.devices.get(token);
    if (device === undefined) return refuse(401, "M_UNKNOWN_TOKEN", { soft_logout: false });
    if (pathname.includes("/media/")) return answerMedia(pathname, request, content);
    const path = pathname
      .replace(/^\/_matrix\/client\/(?:v\d+|unstable)\//, "")
      .replace(/\/$/, "")
      .split("/")
      .map(decodeURIComponent);
    const body = (content.length === 0 ? {} : JSON.parse(content.toString())) as Json;
    const call: Call = { method: request.method ?? "GET", path, query, body, device };
    if (path[0] === "sync") return answerSync(call, request);
    return (
      answerAccount(call) ??
      answerKeys(call, store) ??
      answerRooms(call, store, transactions) ??
      refuse(404, "M_UNRECOGNIZED")
    );
  }

  function answerLogin(method: string, content: Buffer): Answer {
    if (method === "GET") return ok({ flows: [{ type: "m.login.password" }] });
    const body = JSON.parse(content.toString()) as {
      identifier: { user: string };
      password: string;
      device_id?: string;
    };
    const { user } = body.identifier;
    if (passwords.get(user) !== body.password) return refuse(403, "M_FORBIDDEN");
    const { token, deviceId } = store.addDevice(user, body.device_id);
    return ok({ user_id: user, access_token: token, device_id: deviceId });
  }

  function answerAccount({ method, path, body, device }: Call): Answer | undefined {
    const [area, userId = "", what, type = ""] = path;
    if (area === "pushrules") return ok({ global: { override: [], content: [], room: [], sender: [], underride: [] } });
    if (area === "user" && what === "filter") return method === "POST" ? ok({ filter_id: "0" }) : ok();
    if (area === "account" && path[1] === "whoami") return ok({ user_id: device.userId, device_id: device.deviceId });
    if (area === "profile") {
      const name = store.names.get(userId);
      return name === undefined ? refuse(404, "M_NOT_FOUND") : ok({ displayname: name });
    }
    if (area !== "user" || what !== "account_data") return undefined;
    const key = `${userId}|${type}`;
    if (method === "PUT") {
      store.accountData.set(key, { position: store.tick(), content: body });
      return ok();
    }
    const data = store.accountData.get(key);
    return data === undefined ? refuse(404, "M_NOT_FOUND") : ok(data.content);
  }

  async function answerSync({ query, device }: Call, request: IncomingMessage): Promise<Answer> {
    const given = parseToken(query.get("since") ?? undefined);
    const since = rewound.get(device.token) ?? given;
    rewound.delete(device.token);
    if (given !== undefined) synced.add(device.token);
    const until = Date.now() + Number(query.get("timeout") ?? 0);
    for (;;) {
      const answer = formatSync(store, device, since, fake.timelineLimit);
      if (since === undefined || isNews(answer) || Date.now() >= until || request.socket.destroyed) return ok(answer);
      await new Promise<void>((resolve) => {
        const end = (): void => {
          clearTimeout(timer);
          stop();
          request.socket.off("close", end);
          resolve();
        };
        const timer = setTimeout(end, Math.max(1, until - Date.now()));
        const stop = store.onChange(end);
        request.socket.once("close", end);
      });
      if (rewound.has(device.token)) return answerSync({ query, device } as Call, request);
    }
  }

  function answerMedia(pathname: string, request: IncomingMessage, content: Buffer): Answer | Buffer {
    if (pathname.endsWith("/upload")) {
      const id = randomUUID();
      media.set(id, { content, type: String(request.headers["content-type"]) });
      return ok({ content_uri: `mxc://example.org/${id}` });
    }
    return media.get(pathname.split("/").at(-1) ?? "")?.content ?? refuse(404, "M_NOT_FOUND");
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const fake: FakeMatrix = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    store,
    requests,
    media,
    calls,
    passwords,
    timelineLimit: 50,
    failNext(pattern, how, { skip = 0, times = 1, retryAfterMs = 20 } = {}) {
      failures.push({ pattern, how, skip, times, retryAfterMs });
    },
    revoke: (token) => void store.devices.delete(token),
    rewind(device, position) {
      rewound.set(device.token, position);
      store.tick();
    },
    hasSynced: (token) => synced.has(token),
    holdBack(device) {
      device.isHeld = true;
      return () => {
        device.isHeld = false;
        // A device that asked meanwhile has not seen them.
        const position = store.tick();
        device.inbox = device.inbox.map((entry) => ({ ...entry, position }));
        return device.inbox.length;
      };
    },
    drop: () => server.closeAllConnections(),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return fake;
}

const refusals: Partial<Record<MatrixFailure, (failure: Failure) => Answer>> = {
  "429": ({ retryAfterMs }) => refuse(429, "M_LIMIT_EXCEEDED", { retry_after_ms: retryAfterMs }),
  "500": () => refuse(500, "M_UNKNOWN"),
  "401": () => refuse(401, "M_UNKNOWN_TOKEN", { soft_logout: false }),
};
