import type { IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";

/** "429" and "500" have no effect; the cuts end the connection; "504" has the effect and loses the answer. */
export type FakeFailure = "429" | "500" | "504" | "cut-before-accept" | "cut-after-accept";

export interface FakeCall {
  readonly method: string;
  /** Behind the version, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly isAuthorised: boolean;
  readonly json: unknown;
  readonly files: readonly { readonly name: string; readonly content: Buffer }[];
}

/** What a route answers instead of a result. */
export class Refused extends Error {
  readonly status: number;
  readonly code: number;
  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export async function readCall(request: IncomingMessage, root: string, token: string): Promise<FakeCall> {
  const { pathname, searchParams } = new URL(request.url ?? "", "http://127.0.0.1");
  const body = await buffer(request);
  const type = request.headers["content-type"] ?? "";
  const boundary = /^multipart\/form-data; ?boundary=(.+)$/.exec(type)?.[1];
  const { json, files } =
    boundary === undefined
      ? { json: body.length === 0 ? undefined : (JSON.parse(body.toString()) as unknown), files: [] }
      : readForm(body, boundary);
  return {
    method: request.method ?? "GET",
    // Clients may write "@original" as "%40original".
    path: (pathname.startsWith(root) ? pathname.slice(root.length) : pathname).replaceAll("%40", "@"),
    query: searchParams,
    isAuthorised: request.headers.authorization === `Bot ${token}`,
    json,
    files,
  };
}

function readForm(body: Buffer, boundary: string): Pick<FakeCall, "json" | "files"> {
  let json: unknown;
  const files: { name: string; content: Buffer }[] = [];
  // In Latin-1 each character is a byte, so that files survive.
  for (const part of body.toString("latin1").split(`--${boundary}`).slice(1, -1)) {
    const [head = "", ...rest] = part.slice(2, -2).split("\r\n\r\n");
    const content = Buffer.from(rest.join("\r\n\r\n"), "latin1");
    const disposition = Buffer.from(head, "latin1").toString();
    const field = / name="([^"]*)"/.exec(disposition)?.[1] ?? "";
    if (field === "payload_json") json = JSON.parse(content.toString()) as unknown;
    else if (/^files\[\d+\]$/.test(field))
      files[Number(field.slice(6, -1))] = { name: / filename="([^"]*)"/.exec(disposition)?.[1] ?? "", content };
    else throw new Refused(400, 50_035, `Invalid Form Body: unknown field ${field}`);
  }
  return { json, files };
}
