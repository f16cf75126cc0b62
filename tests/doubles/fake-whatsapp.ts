import { createHmac, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { readPayload, readText } from "./fake-telegram-api.ts";
import { describeFault } from "./fake-whatsapp-rules.ts";
import { recordRequests, type RecordedRequest } from "./recorded-requests.ts";

export interface FakeWhatsAppSent {
  readonly id: string;
  readonly chat: string;
  readonly type: string;
  /** Words that people see. */
  readonly text: string;
  readonly file: { readonly name: string; readonly type: string; readonly content: Uint8Array } | undefined;
  /** The whole body of the call. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** A code is one of the API's errors; "gateway": a 502 without any. */
export type FakeWhatsAppFailure =
  | { readonly code: number; readonly status: number; readonly retryAfterS?: number }
  | "gateway"
  | "cut-before-accept"
  | "cut-after-accept";

export interface FakeWhatsAppSettings {
  readonly phoneNumberId: string;
  readonly displayNumber: string;
  readonly token: string;
  readonly appSecret: string;
  readonly callHook: (request: Request) => Promise<Response | undefined>;
  readonly now?: () => number;
}

export interface FakeWhatsApp {
  /** With a version, as the Graph API's. */
  readonly url: string;
  readonly sent: FakeWhatsAppSent[];
  /** Every request that came, whatever became of it. */
  readonly requests: readonly RecordedRequest[];
  /** Bodies of read receipts, the typing sign among them. */
  readonly reads: Record<string, unknown>[];
  readonly reactions: Record<string, unknown>[];
  readonly commands: () => readonly { command_name: string; command_description: string }[];
  /** Authorization headers of downloads. */
  readonly downloads: (string | undefined)[];
  /** A call with these values, signed. Repeats until it is answered with 200, a few times. */
  call(value: Record<string, unknown>, field?: string): Promise<Response | undefined>;
  /** Somebody writes. `extra` is the message's content, such as {type: "text", text: {body}}. */
  say(message: {
    readonly from: string;
    readonly name?: string;
    readonly extra: Record<string, unknown>;
    readonly contact?: Record<string, unknown>;
  }): Promise<{ readonly message: Record<string, unknown>; readonly response: Response | undefined }>;
  addMedia(content: Uint8Array, type: string): string;
  sign(body: string, secret?: string): Request;
  failNext(how: FakeWhatsAppFailure, skip?: number): void;
  /** From now on the token is not accepted. */
  revoke(): void;
  restore(): void;
  stop(): Promise<void>;
}

/** The Cloud API as Meta documents it, with the errors that it has; what it would refuse is refused here. */
export async function createFakeWhatsApp(settings: FakeWhatsAppSettings): Promise<FakeWhatsApp> {
  const { phoneNumberId, displayNumber, token, appSecret, now = Date.now } = settings;
  const sent: FakeWhatsAppSent[] = [];
  const reads: Record<string, unknown>[] = [];
  const reactions: Record<string, unknown>[] = [];
  const downloads: (string | undefined)[] = [];
  const failures: { how: FakeWhatsAppFailure; skip: number }[] = [];
  const media = new Map<string, { name: string; type: string; content: Uint8Array }>();
  let commands: { command_name: string; command_description: string }[] = [];
  let isRevoked = false;
  const createWamid = (): string => `wamid.${randomBytes(12).toString("base64")}`;

  function sign(body: string, secret = appSecret): Request {
    const signature = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
    const headers = { "content-type": "application/json", "x-hub-signature-256": signature };
    return new Request("http://127.0.0.1/hooks/wa", { method: "POST", body, headers });
  }

  async function call(value: Record<string, unknown>, field = "messages"): Promise<Response | undefined> {
    const metadata = { display_phone_number: displayNumber, phone_number_id: phoneNumberId };
    const change = { field, value: { messaging_product: "whatsapp", metadata, ...value } };
    const body = JSON.stringify({
      object: "whatsapp_business_account",
      entry: [{ id: "102290129340398", changes: [change] }],
    });
    let response: Response | undefined;
    for (let attempt = 0; attempt < 3; attempt += 1) {
      response = await settings.callHook(sign(body));
      if (response?.status === 200) return response;
      await new Promise((resolve) => void setTimeout(resolve, 20));
    }
    return response;
  }

  function send(body: Record<string, unknown>): object {
    const fault = describeFault(body, media);
    if (fault !== undefined) throw new Refused(fault.status, fault.code, fault.message);
    if (body["status"] === "read") {
      reads.push(body);
      return { success: true };
    }
    const id = createWamid();
    const type = String(body["type"]);
    const chat = String(body["to"] ?? body["recipient"]);
    if (type === "reaction") reactions.push(body);
    else sent.push({ id, chat, type, ...describeContent(type, body), body });
    return { messaging_product: "whatsapp", contacts: [{ input: chat, wa_id: chat }], messages: [{ id }] };
  }

  function describeContent(type: string, body: Record<string, unknown>): Pick<FakeWhatsAppSent, "text" | "file"> {
    const content = body[type] as Record<string, unknown>;
    if (type === "text") return { text: content["body"] as string, file: undefined };
    if (type === "interactive") return { text: (content["body"] as { text: string }).text, file: undefined };
    if (type === "template") {
      const [component] = content["components"] as { parameters: { text: string }[] }[];
      return { text: component?.parameters.map(({ text }) => text).join(" ") ?? "", file: undefined };
    }
    const file = media.get(String(content["id"]));
    return { text: "", file: file && { ...file, name: (content["filename"] as string | undefined) ?? file.name } };
  }

  async function upload(request: IncomingMessage): Promise<object> {
    const { file, ...fields } = await readPayload(request);
    if (fields["messaging_product"] !== "whatsapp" || file?.field !== "file")
      throw new Refused(400, 100, "Invalid parameter");
    const type = readText(fields, "type");
    const allowed =
      /^(?:image\/(?:jpeg|png|webp)|audio\/|video\/(?:mp4|3gpp)|text\/plain|application\/(?:pdf|msword|vnd\.))/;
    if (!allowed.test(type)) throw new Refused(400, 131053, "Media upload error");
    const id = String(1_000_000 + media.size);
    media.set(id, { name: file.name, type, content: file.content });
    return { id };
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "", "http://127.0.0.1");
    const isOurs = request.headers.authorization === `Bearer ${token}` && !isRevoked;
    const [, stored] = /^\/lookaside\/(\d+)$/.exec(pathname) ?? [];
    if (stored !== undefined) {
      downloads.push(request.headers.authorization);
      const found = media.get(stored);
      // The real one refuses callers that do not say who they are.
      if (!isOurs || request.headers["user-agent"] === undefined || found === undefined) response.writeHead(404).end();
      else response.writeHead(200, { "content-type": found.type }).end(found.content);
      return;
    }
    try {
      if (!isOurs) throw new Refused(401, 190, "Error validating access token: Session has expired");
      respond(response, 200, await perform(request, pathname));
    } catch (error) {
      if (error instanceof Cut) return void request.socket.destroy();
      if (!(error instanceof Refused)) throw error;
      const { status, code, message, retryAfterS } = error;
      if (code === undefined)
        return void response.writeHead(status, { "content-type": "text/html" }).end("Bad gateway");
      const headers: Record<string, string> = retryAfterS === undefined ? {} : { "retry-after": String(retryAfterS) };
      respond(
        response,
        status,
        { error: { message: `(#${code}) ${message}`, type: "OAuthException", code, fbtrace_id: "A1" } },
        headers,
      );
    }
  }

  async function perform(request: IncomingMessage, pathname: string): Promise<unknown> {
    const root = `/v25.0/${phoneNumberId}`;
    if (pathname === `${root}/media`) return upload(request);
    if (request.method === "POST") {
      const body = JSON.parse((await buffer(request)).toString()) as Record<string, unknown>;
      if (pathname === `${root}/conversational_automation`) {
        commands = body["commands"] as typeof commands;
        return { success: true };
      }
      if (pathname !== `${root}/messages`) throw new Refused(404, 100, "Unsupported post request");
      const failure = body["status"] === "read" ? undefined : takeFailure(String(body["type"]));
      if (failure === "cut-before-accept") throw new Cut();
      if (failure === "gateway") throw new Refused(502, undefined, "");
      if (typeof failure === "object")
        throw new Refused(failure.status, failure.code, "refused by the test", failure.retryAfterS);
      const answered = send(body);
      if (failure === "cut-after-accept") throw new Cut();
      return answered;
    }
    if (pathname === root)
      return {
        id: phoneNumberId,
        display_phone_number: displayNumber,
        verified_name: "Example Inc.",
        quality_rating: "GREEN",
        ...(commands.length === 0 ? {} : { conversational_automation: { commands } }),
      };
    const id = pathname.slice("/v25.0/".length);
    const found = media.get(id);
    if (found === undefined) throw new Refused(400, 100, "Unsupported get request. Object does not exist");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/lookaside/${id}`;
    return { messaging_product: "whatsapp", url, mime_type: found.type, file_size: found.content.length, id };
  }

  function takeFailure(type: string): FakeWhatsAppFailure | undefined {
    const [failure] = failures;
    if (failure === undefined || (type !== "text" && type !== "interactive" && type !== "template")) return undefined;
    failure.skip -= 1;
    return failure.skip < 0 ? failures.shift()?.how : undefined;
  }

  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  const requests = recordRequests(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v25.0`,
    sent,
    requests,
    reads,
    reactions,
    commands: () => commands,
    downloads,
    call,
    async say({ from, name = "Ada", extra, contact = {} }) {
      const message = { from, id: createWamid(), timestamp: String(Math.floor(now() / 1_000)), ...extra };
      const contacts = [{ profile: { name }, wa_id: from, ...contact }];
      return { message, response: await call({ contacts, messages: [message] }) };
    },
    addMedia(content, type) {
      const id = String(1_000_000 + media.size);
      media.set(id, { name: id, type, content });
      return id;
    },
    sign,
    failNext: (how, skip = 0) => void failures.push({ how, skip }),
    revoke: () => void (isRevoked = true),
    restore: () => void (isRevoked = false),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

class Cut extends Error {}

class Refused extends Error {
  readonly status: number;
  readonly code: number | undefined;
  readonly retryAfterS: number | undefined;
  constructor(status: number, code: number | undefined, message: string, retryAfterS?: number) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterS = retryAfterS;
  }
}

function respond(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}
