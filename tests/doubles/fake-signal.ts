import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import {
  checkStyles,
  readDataUri,
  readList,
  readTarget,
  readTimestamp,
  RpcRefused,
  type Params,
  type SentFile,
} from "./fake-signal-rules.ts";

export interface FakeSignalSent {
  readonly chat: string;
  readonly account: string;
  readonly timestamp: number;
  /** What people see now. */
  text: string;
  textStyle: readonly string[];
  readonly files: readonly SentFile[];
  readonly params: Params;
  /** Times of the versions, the first one included. */
  readonly versions: number[];
}

/** "network" and the like: what became of the send to the only recipient. "io": signal-cli itself failed. */
export type FakeSignalFailure =
  | "503"
  | "429"
  | "captcha"
  | "untrusted"
  | "unregistered"
  | "network"
  | "offline"
  | "cut-before-accept"
  | "cut-after-accept";

export interface FakeSignalAccount {
  readonly number: string;
  readonly aci: string;
}

export interface FakeSignalSettings {
  readonly accounts: readonly FakeSignalAccount[];
  /** "on-connection": messages wait at Signal while nobody listens. "on-start": the daemon reads them anyway. */
  readonly receiveMode?: "on-connection" | "on-start";
  /** Newer daemons count their events and keep the last ones. */
  readonly countsEvents?: boolean;
  /** Started with -a: one account, and no list of them. */
  readonly isSingle?: boolean;
  /** What the account sends comes back as from another device, before the call is answered. */
  readonly echoesOwn?: boolean;
  readonly keepAliveMs?: number;
}

export interface FakeSignal {
  readonly url: string;
  readonly sent: FakeSignalSent[];
  /** Params of all calls, by method. */
  readonly calls: ReadonlyMap<string, Params[]>;
  /** Headers of the requests for events. */
  readonly subscriptions: readonly { readonly account: string | undefined; readonly lastEventId: string | undefined }[];
  readonly contacts: Map<string, string>;
  /** A time that no message has yet. */
  tick(): number;
  /** An envelope arrives for an account. */
  deliver(envelope: object, account?: string, extra?: object): void;
  /** Writes to the streams as they are. */
  writeRaw(chunk: string): void;
  addAttachment(content: Uint8Array): string;
  failNext(
    method: string,
    how: FakeSignalFailure,
    options?: { readonly skip?: number; readonly retryAfterS?: number },
  ): void;
  listeners(): number;
  /** Signal lets the account in no more, or again; the daemon's streams stay open, and stay empty. */
  isUnlinked: boolean;
  /** Ends all streams, as a daemon that goes down does. */
  drop(): void;
  stop(): Promise<void>;
}

interface Client {
  readonly accounts: readonly string[];
  readonly response: ServerResponse;
}

const unlinkedWords = "Failed to get linked devices: [401] Authorization failed! (AuthorizationFailedException)";

/** `signal-cli daemon --http`, as its man pages and sources have it. */
export async function createFakeSignal(settings: FakeSignalSettings): Promise<FakeSignal> {
  const {
    accounts,
    receiveMode = "on-connection",
    countsEvents = true,
    isSingle = false,
    echoesOwn = false,
    keepAliveMs = 1_000,
  } = settings;
  const sent: FakeSignalSent[] = [];
  const calls = new Map<string, Params[]>();
  const subscriptions: { account: string | undefined; lastEventId: string | undefined }[] = [];
  const contacts = new Map<string, string>();
  const files = new Map<string, Uint8Array>();
  const failures: { method: string; how: FakeSignalFailure; skip: number; retryAfterS: number }[] = [];
  const clients = new Set<Client>();
  /** At Signal's server. */
  const waiting = new Map<string, string[]>();
  /** In the daemon. */
  const events: { sequence: number; account: string; data: string }[] = [];
  let isUnlinked = false;
  const idPrefix = `${Date.now()}-`;
  let sequence = 0;
  let lastTick = Date.now();
  const tick = (): number => (lastTick = Math.max(lastTick + 1, Date.now()));

  function emit(account: string, data: string): void {
    sequence += 1;
    const event = { sequence, account, data };
    if (countsEvents) events.push(event);
    if (events.length > 1_000) events.shift();
    for (const client of clients) if (client.accounts.includes(account)) write(client, event);
  }

  function write({ response }: Client, event: (typeof events)[number]): void {
    const id = countsEvents ? `id:${idPrefix}${event.sequence}\n` : "";
    response.write(`${id}event:receive\ndata:${event.data}\n\n`);
  }

  function openEvents(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void {
    const account = query.get("account") ?? undefined;
    const found = accounts.filter(
      ({ number, aci }) => isSingle || account === undefined || account === number || account === aci,
    );
    const lastEventId = request.headers["last-event-id"] as string | undefined;
    subscriptions.push({ account, lastEventId });
    if (found.length === 0) return void response.writeHead(400).end();
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    const client: Client = { accounts: found.map(({ number }) => number), response };
    if (lastEventId !== undefined && countsEvents) {
      const last = lastEventId.startsWith(idPrefix) ? Number(lastEventId.slice(idPrefix.length)) : 0;
      for (const event of events)
        if (event.sequence > last && client.accounts.includes(event.account)) write(client, event);
    }
    clients.add(client);
    const keepAlive = setInterval(() => response.write(":\n"), keepAliveMs);
    response.on("close", () => {
      clearInterval(keepAlive);
      clients.delete(client);
    });
    for (const number of client.accounts) for (const data of waiting.get(number)?.splice(0) ?? []) emit(number, data);
  }

  function send(params: Params, account: FakeSignalAccount): object {
    const chat = readTarget(params);
    const text = readList(params, "message")[0] ?? "";
    const textStyle = readList(params, "textStyle");
    checkStyles(text, textStyle);
    const attached = readList(params, "attachment").map(readDataUri);
    const quoteTimestamp = readTimestamp(params, "quoteTimestamp");
    if (quoteTimestamp !== undefined && typeof params["quoteAuthor"] !== "string")
      throw new RpcRefused(-1, "Invalid phone number");
    if (text === "" && attached.length === 0) throw new RpcRefused(-1, "Sending empty message is not allowed");
    const editTimestamp = readTimestamp(params, "editTimestamp");
    const timestamp = tick();
    if (editTimestamp === undefined) {
      sent.push({
        chat,
        account: account.number,
        timestamp,
        text,
        textStyle,
        files: attached,
        params,
        versions: [timestamp],
      });
    } else {
      // Phones drop an edit of anything but the version that they show, without a word.
      const message = sent.find((each) => each.chat === chat && each.versions.at(-1) === editTimestamp);
      if (message !== undefined && message.versions.length <= 10)
        Object.assign(message, { text, textStyle }).versions.push(timestamp);
    }
    const attachments = attached.map(({ name, type }) => ({ filename: name, contentType: type, id: name }));
    const echo = formatEcho(account, chat, { timestamp, message: text, attachments }, editTimestamp);
    if (echoesOwn) emit(account.number, JSON.stringify({ account: account.number, envelope: echo }));
    return { timestamp, results: [{ recipientAddress: { uuid: chat, number: null }, type: "SUCCESS" }] };
  }

  function formatEcho(account: FakeSignalAccount, chat: string, said: object, editOf: number | undefined): object {
    const group = chat.startsWith("group.") ? { groupInfo: { groupId: chat.slice("group.".length) } } : {};
    const data = { ...said, ...group, expiresInSeconds: 0, viewOnce: false };
    const edit = { editMessage: { targetSentTimestamp: editOf, dataMessage: data } };
    const destinationUuid = "groupInfo" in group ? null : chat;
    const { number: source, aci: sourceUuid } = account;
    return {
      source,
      sourceNumber: source,
      sourceUuid,
      sourceName: "Parlance",
      sourceDevice: 2,
      timestamp: lastTick,
      syncMessage: { sentMessage: { destinationUuid, ...(editOf === undefined ? data : edit) } },
    };
  }

  function perform(method: string, params: Params): unknown {
    const account = accounts.find(
      ({ number, aci }) => isSingle || params["account"] === number || params["account"] === aci,
    );
    if (method === "version") return { version: "0.14.5" };
    if (method === "listAccounts" && !isSingle)
      return accounts.map(({ number, aci }) => (countsEvents ? { number, aci } : { number }));
    if (method === "listAccounts") throw new RpcRefused(-32_601, "Method not implemented");
    if (account === undefined)
      throw new RpcRefused(
        -32_602,
        params["account"] === undefined
          ? "Method requires valid account parameter"
          : "Specified account does not exist",
      );
    if (isUnlinked) throw method === "send" ? refuse("network", 0) : new RpcRefused(-3, unlinkedWords);
    switch (method) {
      case "listDevices":
        return [{ id: 1, name: null }];
      case "send":
        return send(params, account);
      case "sendReaction":
        readTarget(params);
        if (
          typeof params["emoji"] !== "string" ||
          typeof params["targetAuthor"] !== "string" ||
          readTimestamp(params, "targetTimestamp") === undefined
        )
          throw new RpcRefused(-32_600, "a parameter is missing");
        return { timestamp: tick(), results: [] };
      case "sendTyping":
        readTarget(params);
        return { timestamp: tick(), results: [] };
      case "sendReceipt":
        if (
          typeof params["recipient"] !== "string" ||
          !Array.isArray(params["targetTimestamp"]) ||
          !["read", "viewed"].includes(String(params["type"]))
        )
          throw new RpcRefused(-32_600, "a parameter is missing");
        return { timestamp: tick(), results: [] };
      case "getUserStatus":
        return readList(params, "recipient").map((recipient) => {
          const uuid = accounts.find(({ number }) => number === recipient)?.aci ?? null;
          return { recipient, number: recipient, uuid, isRegistered: uuid !== null };
        });
      case "listContacts":
        return readList(params, "recipient").flatMap((uuid) =>
          contacts.has(uuid)
            ? [{ uuid, number: null, name: "", profile: { givenName: contacts.get(uuid), familyName: null } }]
            : [],
        );
      case "getAttachment": {
        const content = files.get(String(params["id"]));
        if (content === undefined)
          throw new RpcRefused(-32_603, `An error occurred reading attachment: ${String(params["id"])}`);
        return { data: Buffer.from(content).toString("base64") };
      }
      default:
        throw new RpcRefused(-32_601, "Method not implemented");
    }
  }

  async function answerRpc(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "POST") return void response.writeHead(405).end();
    if (request.headers["content-type"]?.startsWith("application/json") !== true)
      return void response.writeHead(415).end();
    const call = JSON.parse(await readText(request)) as {
      jsonrpc?: string;
      id?: unknown;
      method?: string;
      params?: Params;
    };
    const { method = "", params = {}, id = null } = call;
    const reply = (body: object): void =>
      void response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ jsonrpc: "2.0", ...body, id }));
    if (call.jsonrpc !== "2.0" || method === "")
      return reply({ error: { code: -32_600, message: "method field must be set", data: null } });
    calls.set(method, [...(calls.get(method) ?? []), params]);
    const failure = takeFailure(method);
    if (failure?.how === "503") return void response.writeHead(503).end();
    if (failure?.how === "cut-before-accept") return void request.socket.destroy();
    try {
      if (failure !== undefined && failure.how !== "cut-after-accept") throw refuse(failure.how, failure.retryAfterS);
      const result = perform(method, params);
      if (failure?.how === "cut-after-accept") request.socket.destroy();
      else reply({ result });
    } catch (error) {
      if (!(error instanceof RpcRefused)) throw error;
      reply({ error: { code: error.code, message: error.message, data: error.data } });
    }
  }

  function takeFailure(method: string): (typeof failures)[number] | undefined {
    const index = failures.findIndex((each) => each.method === method);
    const failure = failures[index];
    if (failure === undefined) return undefined;
    failure.skip -= 1;
    return failure.skip < 0 ? failures.splice(index, 1)[0] : undefined;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://127.0.0.1");
    if (pathname === "/api/v1/check") response.writeHead(200).end();
    else if (pathname === "/api/v1/events") openEvents(request, response, searchParams);
    else if (pathname === "/api/v1/rpc") await answerRpc(request, response);
    else response.writeHead(404).end();
  }

  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const drop = (): void => {
    for (const { response } of clients) response.destroy();
  };

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    calls,
    subscriptions,
    contacts,
    tick,
    deliver(envelope, account = accounts[0]?.number ?? "", extra = {}) {
      const data = JSON.stringify({ account, envelope, ...extra });
      const isHeard = !isUnlinked && [...clients].some((client) => client.accounts.includes(account));
      if (isHeard || receiveMode === "on-start") emit(account, data);
      else waiting.set(account, [...(waiting.get(account) ?? []), data]);
    },
    writeRaw(chunk) {
      for (const { response } of clients) response.write(chunk);
    },
    addAttachment(content) {
      const id = `attachment-${files.size + 1}.bin`;
      files.set(id, content);
      return id;
    },
    failNext: (method, how, { skip = 0, retryAfterS = 1 } = {}) =>
      void failures.push({ method, how, skip, retryAfterS }),
    listeners: () => clients.size,
    get isUnlinked() {
      return isUnlinked;
    },
    set isUnlinked(value) {
      isUnlinked = value;
    },
    drop,
    async stop() {
      drop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Where no recipient was reached, the results come with the error. */
function refuse(how: FakeSignalFailure, retryAfterSeconds: number): RpcRefused {
  const withResult = (code: number, message: string, result: object): RpcRefused =>
    new RpcRefused(code, message, {
      response: { timestamp: Date.now(), results: [{ recipientAddress: {}, ...result }] },
    });
  switch (how) {
    case "429":
      return withResult(-5, "Failed to send message due to rate limiting", {
        type: "RATE_LIMIT_FAILURE",
        retryAfterSeconds,
      });
    case "captcha":
      return withResult(-5, "Failed to send message due to rate limiting", {
        type: "RATE_LIMIT_FAILURE",
        token: "challenge-token",
        retryAfterSeconds,
      });
    case "untrusted":
      return withResult(-4, "Failed to send message due to untrusted identities", { type: "IDENTITY_FAILURE" });
    case "unregistered":
      return withResult(-1, "Failed to send message", { type: "UNREGISTERED_FAILURE" });
    case "network":
      return withResult(-1, "Failed to send message", { type: "NETWORK_FAILURE" });
    default:
      return new RpcRefused(-32_603, "Failed to send message: chat.signal.org (UnknownHostException)");
  }
}
