import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { getExpectedTwilioSignature } from "twilio/lib/webhooks/webhooks.js";
import { recordRequests, type RecordedRequest } from "./recorded-requests.ts";

export interface FakeTwilioMessage {
  readonly sid: string;
  readonly from: string;
  readonly to: string;
  readonly body: string;
  readonly direction: "inbound" | "outbound-api";
  readonly serviceSid: string | null;
  readonly createdAt: number;
  readonly media: readonly {
    readonly sid: string;
    readonly name: string;
    readonly type: string;
    readonly content: Uint8Array;
  }[];
  readonly statusCallback: string | undefined;
  /** All fields of the send. */
  readonly form: URLSearchParams;
}

/** "cut-…": as in the contract's harness. "400": with `code`. */
export type FakeTwilioFailure = "429" | "503" | "500" | "400" | "401" | "cut-before-accept" | "cut-after-accept";

export interface FakeTwilioSettings {
  readonly accountSid: string;
  readonly authToken: string;
  readonly numbers: readonly string[];
  /** Carries a call to the hook; undefined: nobody listens, and the call is lost, as Twilio does not repeat it. */
  readonly callHook: (request: Request) => Promise<Response | undefined>;
  /** The address that is configured at Twilio, for messages and files. */
  readonly hookUrl: string;
  readonly now?: () => number;
}

export interface FakeTwilio {
  readonly url: string;
  readonly messages: FakeTwilioMessage[];
  /** Every request that came, whatever became of it. */
  readonly requests: readonly RecordedRequest[];
  /** What the account is told to be, and whether its credentials are refused; to be set. */
  readonly account: { type: "Trial" | "Full"; isLocked?: boolean };
  /** Requests by "METHOD path", counted. */
  readonly calls: Map<string, number>;
  /** Authorization headers that came with downloads of files, from the API and from the store behind it. */
  readonly downloads: (readonly [where: "api" | "store", authorization: string | undefined])[];
  /** Somebody writes. Calls the hook unless told otherwise. Resolves with the message and the hook's answer. */
  receive(inbound: {
    readonly from: string;
    readonly to: string;
    readonly body?: string;
    readonly files?: readonly { readonly name: string; readonly type: string; readonly content: Uint8Array }[];
    readonly isSilent?: boolean;
    readonly extra?: Readonly<Record<string, string>>;
  }): Promise<{ readonly message: FakeTwilioMessage; readonly response: Response | undefined }>;
  /** Calls the hook again with the same fields. */
  repeat(message: FakeTwilioMessage): Promise<Response | undefined>;
  /** Tells what became of a message of ours. */
  report(message: FakeTwilioMessage, status: string, errorCode?: number): Promise<Response | undefined>;
  /** A signed call of any fields. */
  sign(url: string, fields: Readonly<Record<string, string>>): Request;
  failNext(how: FakeTwilioFailure, options?: { skip?: number; retryAfterS?: number; code?: number }): void;
  stop(): Promise<void>;
}

/** Twilio's messages as https://www.twilio.com/docs/messaging/api describes them; signatures are made by Twilio's SDK. */
export async function createFakeTwilio(settings: FakeTwilioSettings): Promise<FakeTwilio> {
  const { accountSid, authToken, hookUrl, now = Date.now } = settings;
  const messages: FakeTwilioMessage[] = [];
  const account: FakeTwilio["account"] = { type: "Full" };
  const calls = new Map<string, number>();
  const downloads: (readonly ["api" | "store", string | undefined])[] = [];
  const failures: { how: FakeTwilioFailure; skip: number; retryAfterS: number; code: number }[] = [];
  const root = `/2010-04-01/Accounts/${accountSid}`;
  const createSid = (prefix: string): string => prefix + randomBytes(16).toString("hex");

  function sign(url: string, fields: Readonly<Record<string, string>>): Request {
    return new Request(url, {
      method: "POST",
      body: new URLSearchParams(fields).toString(),
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        "x-twilio-signature": getExpectedTwilioSignature(authToken, url, fields),
        // What a proxy in between may say: nobody may believe it.
        host: "evil.example.org",
      },
    });
  }

  function describeCall(message: FakeTwilioMessage): Record<string, string> {
    const media = message.media.flatMap(({ sid, type }, index) => [
      [`MediaUrl${index}`, `${fake.url}${root}/Messages/${message.sid}/Media/${sid}`],
      [`MediaContentType${index}`, type],
    ]);
    return {
      ToCountry: "US",
      MessageSid: message.sid,
      SmsSid: message.sid,
      SmsMessageSid: message.sid,
      AccountSid: accountSid,
      NumMedia: String(message.media.length),
      NumSegments: "1",
      SmsStatus: "received",
      From: message.from,
      To: message.to,
      Body: message.body,
      ApiVersion: "2010-04-01",
      ...Object.fromEntries(media),
      ...Object.fromEntries(message.form),
    };
  }

  /** As `_shared/signed-files.ts` is asked, from Twilio's side. */
  async function fetchMedia(url: string): Promise<FakeTwilioMessage["media"][number] | undefined> {
    const response = await settings.callHook(new Request(url));
    if (response?.status !== 200) return undefined;
    const [, name = ""] = /filename\*=UTF-8''([^;]+)/.exec(response.headers.get("content-disposition") ?? "") ?? [];
    const type = response.headers.get("content-type") ?? "";
    return {
      sid: createSid("ME"),
      name: decodeURIComponent(name),
      type,
      content: new Uint8Array(await response.arrayBuffer()),
    };
  }

  async function create(form: URLSearchParams): Promise<FakeTwilioMessage> {
    const to = form.get("To") ?? "";
    const from = form.get("From");
    const serviceSid = form.get("MessagingServiceSid");
    const body = form.get("Body") ?? "";
    const mediaUrls = form.getAll("MediaUrl");
    const contentSid = form.get("ContentSid");
    if (!/^(?:whatsapp:)?\+[1-9]\d{6,14}$/.test(to)) throw new Refused(400, 21211, "The 'To' number is not valid.");
    if (from === null && serviceSid === null)
      throw new Refused(400, 21603, "A 'From' phone number or MessagingServiceSid is required.");
    if (from !== null && !settings.numbers.includes(from))
      throw new Refused(400, 21606, "The From number is not yours.");
    if (body === "" && mediaUrls.length === 0 && contentSid === null)
      throw new Refused(400, 21602, "Message body is required.");
    if (body.length > 1_600)
      throw new Refused(400, 21617, "The concatenated message body exceeds the 1600 character limit.");
    const media = (await Promise.all(mediaUrls.map(fetchMedia))).filter((each) => each !== undefined);
    if (media.length < mediaUrls.length) throw new Refused(400, 21620, "Invalid media URL(s)");
    const variables = form.get("ContentVariables");
    const shown = contentSid === null ? body : Object.values(JSON.parse(variables ?? "{}") as object).join(" ");
    const message: FakeTwilioMessage = {
      sid: createSid(media.length > 0 ? "MM" : "SM"),
      from: from ?? settings.numbers[0] ?? "",
      to,
      body: shown,
      direction: "outbound-api",
      serviceSid,
      createdAt: now(),
      media,
      statusCallback: form.get("StatusCallback") ?? undefined,
      form,
    };
    messages.push(message);
    return message;
  }

  const show = (message: FakeTwilioMessage): object => ({
    sid: message.sid,
    account_sid: accountSid,
    from: message.from,
    to: message.to,
    body: message.body,
    direction: message.direction,
    status: message.direction === "inbound" ? "received" : "queued",
    messaging_service_sid: message.serviceSid,
    num_media: String(message.media.length),
    num_segments: "1",
    error_code: null,
    date_created: new Date(message.createdAt).toUTCString().replace("GMT", "+0000"),
    date_sent:
      message.direction === "inbound" ? new Date(message.createdAt).toUTCString().replace("GMT", "+0000") : null,
    uri: `${root}/Messages/${message.sid}.json`,
  });

  function list(query: URLSearchParams): object {
    const to = query.get("To");
    const size = Number(query.get("PageSize") ?? 50);
    const page = Number(query.get("Page") ?? 0);
    const found = messages.filter((each) => to === null || each.to === to).toReversed();
    const rest = found.slice((page + 1) * size);
    const next = new URLSearchParams({
      ...(to === null ? {} : { To: to }),
      PageSize: String(size),
      Page: String(page + 1),
    });
    return {
      messages: found.slice(page * size, (page + 1) * size).map(show),
      page,
      page_size: size,
      next_page_uri: rest.length === 0 ? null : `${root}/Messages.json?${next.toString()}`,
    };
  }

  function perform(method: string, path: string, query: URLSearchParams): object {
    if (path === `${root}.json`)
      return { sid: accountSid, friendly_name: "Example Inc.", status: "active", type: account.type };
    if (path === `${root}/IncomingPhoneNumbers.json`) {
      const asked = query.get("PhoneNumber");
      const found = settings.numbers.filter((each) => asked === null || each === asked);
      return {
        incoming_phone_numbers: found.map((each) => ({
          phone_number: each,
          capabilities: { sms: true, mms: true, voice: true },
          sms_url: hookUrl,
          sms_method: "POST",
        })),
      };
    }
    if (method === "GET" && path === `${root}/Messages.json`) return list(query);
    const [, sid] = new RegExp(`^${root}/Messages/(\\w+)/Media\\.json$`).exec(path) ?? [];
    const message = messages.find((each) => each.sid === sid);
    if (message === undefined) throw new Refused(404, 20404, "The requested resource was not found");
    const media = message.media.map(({ sid: mediaSid, type }) => ({
      sid: mediaSid,
      content_type: type,
      uri: `${root}/Messages/${message.sid}/Media/${mediaSid}.json`,
    }));
    return { media_list: media };
  }

  function download(path: string, request: IncomingMessage, response: ServerResponse): boolean {
    const [, where, sid] = /(?:^\/(store)\/|\/Media\/)(ME\w+)$/.exec(path) ?? [];
    if (sid === undefined) return false;
    downloads.push([where === undefined ? "api" : "store", request.headers.authorization]);
    const found = messages.flatMap(({ media }) => media).find((each) => each.sid === sid);
    if (where === undefined) {
      const isAllowed = request.headers.authorization === authorization;
      response.writeHead(isAllowed ? 307 : 401, isAllowed ? { location: `/store/${sid}` } : {}).end();
    } else if (found === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "content-type": found.type }).end(found.content);
    return true;
  }

  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString("base64")}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://127.0.0.1");
    const key = `${request.method} ${pathname}`;
    calls.set(key, (calls.get(key) ?? 0) + 1);
    if (download(pathname, request, response)) return;
    if (request.headers.authorization !== authorization || account.isLocked === true)
      return respondError(response, new Refused(401, 20003, "Authenticate"));
    const isSend = request.method === "POST" && pathname === `${root}/Messages.json`;
    const form = new URLSearchParams(await text(request));
    const failure = isSend ? takeFailure() : undefined;
    if (failure?.how === "cut-before-accept") return void request.socket.destroy();
    if (failure !== undefined && failure.how !== "cut-after-accept") {
      const code = failure.how === "429" ? 20429 : failure.how === "401" ? 20003 : failure.code;
      const headers = failure.how === "429" ? { "retry-after": String(failure.retryAfterS) } : {};
      return respondError(response, new Refused(Number(failure.how), code, "refused by the test"), headers);
    }
    try {
      const body = isSend ? show(await create(form)) : perform(request.method ?? "", pathname, searchParams);
      if (failure?.how === "cut-after-accept") request.socket.destroy();
      else response.writeHead(isSend ? 201 : 200, { "content-type": "application/json" }).end(JSON.stringify(body));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      respondError(response, error);
    }
  }

  function takeFailure(): (typeof failures)[number] | undefined {
    const [failure] = failures;
    if (failure === undefined) return undefined;
    failure.skip -= 1;
    return failure.skip < 0 ? failures.shift() : undefined;
  }

  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  const requests = recordRequests(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const fake: FakeTwilio = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    messages,
    requests,
    account,
    calls,
    downloads,
    sign,
    async receive({ from, to, body = "", files = [], isSilent = false, extra = {} }) {
      const message: FakeTwilioMessage = {
        sid: createSid(files.length > 0 ? "MM" : "SM"),
        from,
        to,
        body,
        direction: "inbound",
        serviceSid: null,
        createdAt: now(),
        media: files.map((file) => ({ sid: createSid("ME"), ...file })),
        statusCallback: undefined,
        form: new URLSearchParams(extra),
      };
      messages.push(message);
      return { message, response: isSilent ? undefined : await fake.repeat(message) };
    },
    repeat: (message) => settings.callHook(sign(hookUrl, describeCall(message))),
    report: (message, status, errorCode) =>
      settings.callHook(
        sign(message.statusCallback ?? "", {
          MessageSid: message.sid,
          MessageStatus: status,
          SmsStatus: status,
          To: message.to,
          From: message.from,
          AccountSid: accountSid,
          ...(errorCode === undefined ? {} : { ErrorCode: String(errorCode) }),
        }),
      ),
    failNext: (how, { skip = 0, retryAfterS = 1, code = 21211 } = {}) =>
      void failures.push({ how, skip, retryAfterS, code }),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return fake;
}

class Refused extends Error {
  readonly status: number;
  readonly code: number;
  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

function respondError(response: ServerResponse, error: Refused, headers: Readonly<Record<string, string>> = {}): void {
  const body = {
    code: error.code,
    message: error.message,
    more_info: "https://www.twilio.com/docs",
    status: error.status,
  };
  response.writeHead(error.status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}
