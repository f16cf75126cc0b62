import { z } from "zod";
import type { EgressFetch, EgressRequest, EgressResponse } from "../../core/egress.ts";
import { AppError } from "../../core/errors.ts";
import { quoteBlock } from "../../core/quote.ts";
import type { Tool, ToolContext } from "../../core/tool.ts";
import { formatAuthorization, type ConfiguredService } from "../configured.ts";
import { defineTool, words } from "../define.ts";
import { cutText, decodeBody, isTextual } from "./status.ts";

export interface HttpRequestOptions {
  readonly fetch: EgressFetch;
  /** As `fetch`; the hosts of configured services may be private. */
  readonly fetchService: EgressFetch;
  /** Those of kind "http": requests below their address carry their token. */
  readonly services: readonly ConfiguredService[];
  readonly cleanText: (text: string) => string;
}

/** All that a model may set. Keys, cookies and the like come from the configuration or not at all. */
const allowedHeaders: ReadonlySet<string> = new Set(
  "accept accept-language content-type if-match if-none-match if-modified-since if-unmodified-since prefer range".split(
    " ",
  ),
);
const keywords = [...words("api apis endpoint endpoints curl webhook webhooks json"), "http request", "status code"];
const url = z.string().min(1).max(2000).describe("Full http or https URL.");
const headers = z.array(z.string().min(3).max(1000)).max(10).optional().describe('Such as "Accept: application/json".');

/** GET and HEAD: they look only. */
export function createHttpGet(options: HttpRequestOptions): Tool {
  return defineTool({
    name: "http_get",
    description:
      "Calls a web API by GET and gives status, headers and body as they are. For pages web_fetch reads better.",
    input: z.strictObject({
      url,
      headers,
      head: z.boolean().optional().describe("true: HEAD, without a body."),
      maxChars: z.int().min(200).max(20_000).optional().describe("8000 when absent."),
    }),
    effect: "read",
    keywords,
    timeoutMs: 30_000,
    maxOutputChars: 22_000,
    async run({ url: address, headers: lines = [], head = false, maxChars = 8000 }, context) {
      const request = { method: head ? "HEAD" : "GET", headers: readHeaders(lines) } as const;
      return {
        text: formatResponse(await call(options, address, request, context), maxChars, options),
        isOutside: true,
      };
    },
  });
}

/** Everything that changes something elsewhere. */
export function createHttpSend(options: HttpRequestOptions): Tool {
  return defineTool({
    name: "http_send",
    description: "Calls a web API by POST, PUT, PATCH or DELETE: it changes something there.",
    input: z.strictObject({
      method: z.enum(["POST", "PUT", "PATCH", "DELETE"]),
      url,
      headers,
      body: z.string().max(100_000).optional(),
    }),
    effect: "send",
    keywords,
    timeoutMs: 30_000,
    maxOutputChars: 12_000,
    describe({ method, url: address, headers: lines = [], body }) {
      const service = findService(options.services, address);
      const withToken = service === undefined ? "" : ` with the token of the service ${service.name}`;
      const head = [`${method} ${address}`, ...lines].join("\n");
      return `Send this request${withToken}:\n\n${quoteBlock(body === undefined ? head : `${head}\n\n${body}`)}`;
    },
    async run({ method, url: address, headers: lines = [], body }, context) {
      const request = {
        method,
        headers: {
          ...(body === undefined ? {} : { "content-type": guessType(body) }),
          ...readHeaders(lines),
          "idempotency-key": context.idempotencyKey,
        },
        ...(body === undefined ? {} : { body }),
      };
      return { text: formatResponse(await call(options, address, request, context), 10_000, options), isOutside: true };
    },
  });
}

type Call = Pick<EgressRequest, "method" | "body"> & { readonly headers: Readonly<Record<string, string>> };

function call(
  options: HttpRequestOptions,
  address: string,
  request: Call,
  context: ToolContext,
): Promise<EgressResponse> {
  const service = findService(options.services, address);
  const ours = { turnId: context.turnId, signal: context.signal, maxBytes: 4 * 1_048_576, timeoutMs: 25_000 };
  if (service === undefined) return options.fetch(address, { ...request, ...ours });
  const all = { ...request.headers, ...formatAuthorization(service) };
  return options.fetchService(address, { ...request, ...ours, headers: all });
}

/** The service whose address this one lies below: same origin, and whole names of its path. */
function findService(services: readonly ConfiguredService[], address: string): ConfiguredService | undefined {
  const target = URL.parse(address);
  if (target === null) return undefined;
  return services.find(({ kind, url: base }) => {
    const own = URL.parse(base);
    if (kind !== "http" || own?.origin !== target.origin) return false;
    const folder = own.pathname.replace(/\/*$/, "/");
    return `${target.pathname}/`.startsWith(folder) && !/%2f|%5c|%2e/i.test(target.pathname);
  });
}

function readHeaders(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [, name = "", value = ""] = /^([^:]*):\s*(.*)$/s.exec(line) ?? [];
      if (allowedHeaders.has(name.trim().toLowerCase())) return [name.trim().toLowerCase(), value.trim()];
      throw new AppError("forbidden", "This header is not yours to set.", {
        hint: `Allowed: ${[...allowedHeaders].join(", ")}. Keys and tokens belong into a service of kind http in the configuration.`,
      });
    }),
  );
}

function guessType(body: string): string {
  return /^\s*[[{]/.test(body) ? "application/json" : "text/plain; charset=utf-8";
}

const shownHeaders = ["content-type", "content-length", "last-modified", "etag", "location", "retry-after", "link"];

function formatResponse(response: EgressResponse, maxChars: number, { cleanText }: HttpRequestOptions): string {
  const type = response.headers["content-type"] ?? "text/plain";
  const lines = shownHeaders.flatMap((name) => {
    const value = response.headers[name];
    return value === undefined ? [] : [`${name}: ${value.slice(0, 300)}`];
  });
  const body = isTextual(type) ? decodeBody(response.body, type) : `(${response.body.length} bytes that are no text)`;
  return cleanText([`status ${response.status}`, ...lines, "", cutText(body, maxChars)].join("\n")).trimEnd();
}
