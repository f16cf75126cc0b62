import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { recordRequests, type RecordedRequest } from "./recorded-requests.ts";

export interface FakeBlueMessage extends Record<string, unknown> {
  readonly originalROWID: number;
  readonly guid: string;
  text: string | null;
  readonly isFromMe: boolean;
  dateCreated: number;
  dateEdited: number | null;
  readonly chats: { guid: string; displayName: string; style: number }[];
  readonly attachments: FakeBlueAttachment[];
}

interface FakeBlueAttachment {
  readonly guid: string;
  readonly transferName: string;
  readonly mimeType: string;
  readonly totalBytes: number;
  readonly hideAttachment: boolean;
}

export type FakeBlueFailure =
  | "503"
  /** Messages refused: the answer holds the message with its error. */
  | "not-delivered"
  /** BlueBubbles waited in vain for the message to show. */
  | "gave-up"
  | "cut-before-accept"
  | "cut-after-accept";

export interface FakeBlueSettings {
  readonly password: string;
  readonly callHook: (request: Request) => Promise<Response | undefined>;
  readonly hasPrivateApi?: boolean;
  readonly osVersion?: string;
  readonly now?: () => number;
}

export interface FakeBlueBubbles {
  readonly url: string;
  /** The history of the Mac. */
  readonly messages: FakeBlueMessage[];
  /** Every request that came, whatever became of it. */
  readonly requests: readonly RecordedRequest[];
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly reactions: Record<string, unknown>[];
  readonly typing: string[];
  readonly hooks: { id: number; url: string; events: readonly string[] }[];
  readonly calls: { readonly route: string; readonly body: Record<string, unknown> }[];
  /** A message gets into the history, and the hooks are called unless `isSilent`. */
  receive(message: {
    readonly chat?: string;
    readonly from?: string;
    readonly text?: string | null;
    readonly isFromMe?: boolean;
    readonly isSilent?: boolean;
    readonly file?: { readonly name: string; readonly content: Uint8Array; readonly type?: string };
    readonly extra?: Readonly<Record<string, unknown>>;
  }): Promise<FakeBlueMessage>;
  /** Calls the hooks about a message. */
  announce(type: string, message: object): Promise<Response | undefined>;
  failNext(route: string, how: FakeBlueFailure, skip?: number): void;
  /** The password is another from now on. */
  changePassword(next: string): void;
  stop(): Promise<void>;
}

/**
 * A BlueBubbles server as its sources have it, in the order of its own checks: password, Private API, validators,
 * handlers. https://github.com/BlueBubblesApp/bluebubbles-server
 */
export async function createFakeBlueBubbles(settings: FakeBlueSettings): Promise<FakeBlueBubbles> {
  const { callHook, hasPrivateApi = true, osVersion = "26.0.1", now = Date.now } = settings;
  let { password } = settings;
  const service = Number.parseInt(osVersion, 10) >= 26 ? "any" : "iMessage";
  const messages: FakeBlueMessage[] = [];
  const files = new Map<string, Uint8Array>();
  const reactions: Record<string, unknown>[] = [];
  const typing: string[] = [];
  const hooks: FakeBlueBubbles["hooks"] = [];
  const calls: FakeBlueBubbles["calls"] = [];
  const failures: { route: string; how: FakeBlueFailure; skip: number }[] = [];
  /** tempGuids that are being sent at the moment: that, and no more, is what they are compared with. */
  const queued = new Set<string>();
  let rows = 1_000;

  function add(chat: string, extra: Readonly<Record<string, unknown>>): FakeBlueMessage {
    rows += 1;
    const message = {
      originalROWID: rows,
      guid: randomUUID().toUpperCase(),
      text: null,
      attributedBody: null,
      handle: null,
      attachments: [],
      subject: null,
      error: 0,
      dateCreated: now(),
      dateRead: null,
      dateDelivered: null,
      isDelivered: false,
      isFromMe: false,
      itemType: 0,
      isSystemMessage: false,
      isAutoReply: false,
      associatedMessageGuid: null,
      associatedMessageType: null,
      threadOriginatorGuid: null,
      dateEdited: null,
      dateRetracted: null,
      chats: [
        { guid: chat, displayName: chat.includes(";+;") ? "Example" : "", style: chat.includes(";+;") ? 43 : 45 },
      ],
      ...extra,
    } as FakeBlueMessage;
    messages.push(message);
    return message;
  }

  async function announce(type: string, message: object): Promise<Response | undefined> {
    let last: Response | undefined;
    for (const { url, events } of hooks) {
      if (!events.includes("*") && !events.includes(type)) continue;
      const body = JSON.stringify({ type, data: message });
      last = await callHook(
        new Request(url, { method: "POST", body, headers: { "content-type": "application/json" } }),
      );
    }
    return last;
  }

  function addFile(name: string, content: Uint8Array, type: string): FakeBlueAttachment {
    const guid = randomUUID().toUpperCase();
    files.set(guid, content);
    return { guid, transferName: name, mimeType: type, totalBytes: content.length, hideAttachment: false };
  }

  /** GUIDs are found whatever service they begin with, as newer servers do. */
  function findChat(guid: unknown): string {
    const [, rest] = /^[^;]*(;[-+];.+)$/.exec(String(guid)) ?? [];
    if (rest === undefined) throw new Refused(500, "iMessage Error", "Invalid GUID!");
    const known = messages.flatMap(({ chats }) => chats).find((chat) => chat.guid.endsWith(rest));
    if (known === undefined && rest.startsWith(";+;")) throw new Refused(500, "iMessage Error", "Can't get chat id");
    return known?.guid ?? service + rest;
  }

  function needPrivateApi(): void {
    if (!hasPrivateApi) throw new Refused(500, "iMessage Error", "iMessage Private API is not enabled!");
  }

  function sendText(body: Record<string, unknown>): object {
    const { chatGuid, message, tempGuid, selectedMessageGuid } = body;
    if (typeof chatGuid !== "string") throw new Refused(400, "Validation Error", "The chatGuid field is required.");
    if (typeof message !== "string") throw new Refused(400, "Validation Error", "The message field must be present.");
    const method = selectedMessageGuid === undefined ? (body["method"] ?? "apple-script") : "private-api";
    if (method !== "apple-script" && method !== "private-api")
      throw new Refused(400, "Validation Error", "The selected method is invalid.");
    if (method === "apple-script" && (typeof tempGuid !== "string" || tempGuid === ""))
      throw new Refused(400, "Validation Error", "A 'tempGuid' is required when sending via AppleScript");
    if (message === "")
      throw new Refused(400, "Validation Error", "A 'message' is required when sending via AppleScript");
    if (queued.has(String(tempGuid)))
      throw new Refused(
        400,
        "Validation Error",
        `Message is already queued to be sent! (Temp GUID: ${String(tempGuid)})`,
      );
    if (method === "private-api") needPrivateApi();
    // On macOS 13 and later the text is in the attributed body only, for messages of ours.
    const sent = add(findChat(chatGuid), {
      text: message,
      isFromMe: true,
      threadOriginatorGuid: selectedMessageGuid ?? null,
      method,
    });
    return { ...sent, tempGuid };
  }

  function sendAttachment(form: Map<string, { name?: string; content: Buffer }>): object {
    const read = (name: string): string => form.get(name)?.content.toString() ?? "";
    const file = form.get("attachment");
    if (read("chatGuid") === "") throw new Refused(400, "Validation Error", "The chatGuid field is required.");
    if (read("name") === "") throw new Refused(400, "Validation Error", "The name field is required.");
    if (read("tempGuid") === "")
      throw new Refused(400, "Validation Error", "A 'tempGuid' is required when sending via AppleScript");
    if (file === undefined || file.content.length === 0)
      throw new Refused(400, "Validation Error", "Attachment not provided or was empty!");
    if (read("method") === "private-api") needPrivateApi();
    const attachment = addFile(read("name"), file.content, "application/octet-stream");
    return add(findChat(read("chatGuid")), { text: "\uFFFC", isFromMe: true, attachments: [attachment] });
  }

  /** The hook is called for what the Mac sends, too, and may be before the caller has its answer. */
  async function tellOfOurs(message: object): Promise<object> {
    await announce("new-message", message);
    return message;
  }

  function query(body: Record<string, unknown>): FakeBlueMessage[] {
    const {
      limit = 100,
      offset = 0,
      sort = "DESC",
      after,
      where = [],
    } = body as {
      limit?: number;
      offset?: number;
      sort?: string;
      after?: number;
      where?: readonly { statement: string; args: Record<string, number> }[];
    };
    if (limit > 1_000) throw new Refused(400, "Validation Error", "The limit may not be greater than 1000.");
    let found = messages.filter(({ dateCreated }) => after === undefined || dateCreated >= after);
    for (const { statement, args } of where) {
      const [, operator, name = ""] = /^message\.ROWID (>|<=) :(\w+)$/.exec(statement) ?? [];
      const value = args[name];
      // Newer servers run no SQL of their clients.
      if (operator === undefined || value === undefined)
        throw new Refused(400, "Validation Error", `Unsupported: ${statement}`);
      found = found.filter(({ originalROWID }) => (operator === ">" ? originalROWID > value : originalROWID <= value));
    }
    found = found.toSorted((a, b) => a.dateCreated - b.dateCreated || a.originalROWID - b.originalROWID);
    if (sort === "DESC") found.reverse();
    return found.slice(offset, offset + limit);
  }

  function findMessage(guid: string): FakeBlueMessage {
    const message = messages.find((each) => each.guid === guid);
    if (message === undefined) throw new Refused(400, "Validation Error", "Selected message does not exist!");
    return message;
  }

  async function perform(method: string, route: string, request: IncomingMessage): Promise<unknown> {
    const raw = await buffer(request);
    const isForm = request.headers["content-type"]?.startsWith("multipart/form-data") === true;
    const body = isForm || raw.length === 0 ? {} : (JSON.parse(raw.toString()) as Record<string, unknown>);
    calls.push({ route: `${method} ${route}`, body });
    const [, guid = "", action = ""] = /^\/(?:message|chat|attachment)\/([^/]+)(?:\/(\w+))?$/.exec(route) ?? [];
    const key = decodeURIComponent(guid);
    switch (`${method} ${route}`) {
      case "GET /ping":
        return "pong";
      case "GET /server/info":
        return {
          os_version: osVersion,
          server_version: "1.9.9",
          private_api: hasPrivateApi,
          helper_connected: hasPrivateApi,
        };
      case "GET /webhook":
        return hooks;
      case "POST /webhook":
        if (typeof body["url"] !== "string" || !Array.isArray(body["events"]))
          throw new Refused(400, "Validation Error", "The url field is required.");
        hooks.push({ id: hooks.length + 1, url: body["url"], events: body["events"] as string[] });
        return hooks.at(-1);
      case "POST /message/query":
        return query(body);
      case "POST /message/text":
        return tellOfOurs(sendText(body));
      case "POST /message/attachment":
        return tellOfOurs(sendAttachment(parseForm(raw, request.headers["content-type"] ?? "")));
      case "POST /message/react": {
        needPrivateApi();
        const names = ["love", "like", "dislike", "laugh", "emphasize", "question"].flatMap((name) => [
          name,
          `-${name}`,
        ]);
        if (![...names, "emoji", "-emoji"].includes(String(body["reaction"])))
          throw new Refused(400, "Validation Error", "The selected reaction is invalid.");
        findMessage(String(body["selectedMessageGuid"]));
        reactions.push(body);
        return add(findChat(body["chatGuid"]), {
          text: "Reacted",
          isFromMe: true,
          associatedMessageType: body["reaction"],
        });
      }
      default:
    }
    if (method === "POST" && route.startsWith("/chat/") && action === "typing") {
      needPrivateApi();
      typing.push(key);
      return undefined;
    }
    if (method === "POST" && route.startsWith("/message/") && action === "edit") {
      needPrivateApi();
      for (const name of ["editedMessage", "backwardsCompatibilityMessage"])
        if (typeof body[name] !== "string")
          throw new Refused(400, "Validation Error", `The ${name} field is required.`);
      return Object.assign(findMessage(key), { text: body["editedMessage"], dateEdited: now() });
    }
    if (method === "GET" && route.startsWith("/message/")) {
      const message = messages.find((each) => each.guid === key);
      if (message === undefined) throw new Refused(404, "Database Error", "Message does not exist!");
      return message;
    }
    throw new Refused(404, "Database Error", "Not Found");
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://127.0.0.1");
    const route = pathname.replace(/^\/api\/v1/, "");
    const reply = (status: number, body: object): void =>
      void response
        .writeHead(status, { "content-type": "application/json; charset=utf-8" })
        .end(JSON.stringify({ status, ...body }));
    if (searchParams.get("password") !== password)
      return reply(401, {
        message: "You are not authorized to access this resource",
        error: { type: "Authentication Error", message: "Unauthorized" },
      });
    const [, download = ""] = /^\/attachment\/([^/]+)\/download$/.exec(route) ?? [];
    if (download !== "") {
      const content = files.get(decodeURIComponent(download));
      if (content === undefined)
        return reply(404, {
          message: "The requested resource was not found",
          error: { type: "Database Error", message: "Attachment does not exist!" },
        });
      return void response.writeHead(200).end(content);
    }
    const failure = takeFailure(route);
    if (failure === "503") return void response.writeHead(503).end("Service Unavailable");
    if (failure === "cut-before-accept") return void request.socket.destroy();
    try {
      const error = { type: "iMessage Error", message: "Failed to send message! See attached message error code." };
      if (failure === "gave-up") return reply(500, { message: "Message Send Error", error });
      const data = (await perform(request.method ?? "", route, request)) as Record<string, unknown> | undefined;
      if (failure === "not-delivered")
        return reply(500, { message: "Message Send Error", error, data: Object.assign(data ?? {}, { error: 22 }) });
      if (failure === "cut-after-accept") request.socket.destroy();
      else reply(200, { message: "Success", ...(data === undefined ? {} : { data }) });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      reply(error.status, { message: "refused", error: { type: error.type, message: error.message } });
    }
  }

  function takeFailure(route: string): FakeBlueFailure | undefined {
    const index = failures.findIndex((each) => each.route === route);
    const failure = failures[index];
    if (failure === undefined) return undefined;
    failure.skip -= 1;
    return failure.skip < 0 ? failures.splice(index, 1)[0]?.how : undefined;
  }

  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  const requests = recordRequests(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    changePassword: (next) => void (password = next),
    messages,
    requests,
    files,
    reactions,
    typing,
    hooks,
    calls,
    async receive({ chat, from = "+15550100042", text = null, isFromMe = false, isSilent = false, file, extra = {} }) {
      const message = add(chat ?? `${service};-;${from}`, {
        text,
        isFromMe,
        handle: isFromMe ? null : { address: from, service: "iMessage" },
        ...(file === undefined ? {} : { attachments: [addFile(file.name, file.content, file.type ?? "image/png")] }),
        ...extra,
      });
      if (!isSilent) await announce("new-message", message);
      return message;
    },
    announce,
    failNext: (route, how, skip = 0) => void failures.push({ route, how, skip }),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

class Refused extends Error {
  readonly status: number;
  readonly type: string;
  constructor(status: number, type: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

function parseForm(raw: Buffer, type: string): Map<string, { name?: string; content: Buffer }> {
  const boundary = /boundary=(.+)$/.exec(type)?.[1] ?? "";
  const form = new Map<string, { name?: string; content: Buffer }>();
  for (const part of raw.toString("latin1").split(`--${boundary}`)) {
    const [, head = "", body = ""] = /^\r\n([\s\S]*?)\r\n\r\n([\s\S]*)\r\n$/.exec(part) ?? [];
    const name = /[; ]name="([^"]*)"/.exec(head)?.[1];
    const filename = /filename="([^"]*)"/.exec(head)?.[1];
    if (name !== undefined)
      form.set(name, { ...(filename === undefined ? {} : { name: filename }), content: Buffer.from(body, "latin1") });
  }
  return form;
}
