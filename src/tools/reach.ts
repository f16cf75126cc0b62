import { z } from "zod";
import type { EgressFetch, EgressRequest, EgressResponse } from "../core/egress.ts";
import { AppError } from "../core/errors.ts";
import type { ToolContext, ToolOutput } from "../core/tool.ts";
import { formatAuthorization, joinUrl, type ConfiguredService } from "./configured.ts";
import { checkStatus } from "./web/status.ts";

/** The configured services of one kind, and the way to them. */
export interface Reach {
  /** At least one. */
  readonly services: readonly ConfiguredService[];
  readonly fetchService: EgressFetch;
  readonly cleanText: (text: string) => string;
}

/** One request to a service. */
export interface ServiceCall {
  /** Below the service's address, which it is itself when empty; each name in it is encoded already. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  readonly method?: EgressRequest["method"];
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, instead. */
  readonly raw?: { readonly bytes: Uint8Array; readonly type: string };
  readonly headers?: Readonly<Record<string, string>>;
  /** The headers that let us in, where they are not those of every other service. */
  readonly access?: Readonly<Record<string, string>>;
  readonly maxBytes?: number;
  /** 20 s when absent. */
  readonly timeoutMs?: number;
  /** The service's address itself lets in whoever knows it. */
  readonly isAddressSecret?: boolean;
  /** Statuses that are an answer although they are no success. */
  readonly accepts?: readonly number[];
}

export type CallContext = Pick<ToolContext, "signal" | "turnId">;

/** The field of an input that names one of several services. */
export function serviceField({ services }: Reach): z.ZodOptional<z.ZodString> {
  const names = services.map(({ name }) => name).join(", ");
  return z
    .string()
    .min(1)
    .max(40)
    .optional()
    .describe(services.length === 1 ? "Leave out." : `One of ${names.slice(0, 120)}; the first when absent.`);
}

/** The service of that name, the first without one. Throws AppError "not-found". */
export function findService({ services }: Reach, name: string | undefined): ConfiguredService {
  const found = name === undefined ? services[0] : services.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new AppError("not-found", "There is no such service.", {
    hint: `Known: ${services.map((one) => one.name).join(", ")}.`,
  });
}

/**
 * Throws AppError "unauthorised" when the service does not know our token, "forbidden" when the token may not do this,
 * "not-found", and "tool-failed" for any other status that is no success. No error holds what the service said: that is
 * text from outside.
 */
export async function callService(
  { fetchService }: Reach,
  service: ConfiguredService,
  call: ServiceCall,
  { signal, turnId }: CallContext,
): Promise<EgressResponse> {
  const url = call.path === "" ? new URL(service.url) : joinUrl(service.url, call.path);
  for (const [key, value] of Object.entries(call.query ?? {}))
    for (const one of typeof value === "string" ? [value] : value) url.searchParams.append(key, one);
  const response = await fetchService(url.href, {
    method: call.method ?? "GET",
    headers: {
      accept: "application/json",
      ...(call.access ?? formatAuthorization(service)),
      ...(call.body === undefined ? {} : { "content-type": "application/json" }),
      ...(call.raw === undefined ? {} : { "content-type": call.raw.type }),
      ...call.headers,
    },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    ...(call.raw === undefined ? {} : { body: call.raw.bytes }),
    maxBytes: call.maxBytes ?? 4 * 1_048_576,
    timeoutMs: call.timeoutMs ?? 20_000,
    ...(call.isAddressSecret === true ? { isAddressSecret: true } : {}),
    signal,
    turnId,
  });
  if (call.accepts?.includes(response.status) === true) return response;
  checkAccess(response.status, service);
  checkStatus(response);
  return response;
}

/** As callService; the body is read as JSON of this shape. Throws "tool-failed" for any other. */
export async function callJson<T>(
  reach: Reach,
  service: ConfiguredService,
  call: ServiceCall & { readonly shape: z.ZodType<T> },
  context: CallContext,
): Promise<T> {
  return readJson(await callService(reach, service, call, context), call.shape, service);
}

export function readJson<T>({ body }: EgressResponse, shape: z.ZodType<T>, { name }: ConfiguredService): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(body));
  } catch {
    value = undefined; // a page, most likely of a proxy
  }
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  throw new AppError("tool-failed", `The answer of the service "${name}" is not of the kind that was expected.`, {
    hint: `Does services.${name}.url lead to it, and not to a sign-in page?`,
  });
}

/** What a service said: from outside, without what nobody can see, and without our token should it be echoed. */
export function toOutput({ cleanText, services }: Reach, lines: readonly string[]): ToolOutput {
  let text = cleanText(lines.join("\n")).toWellFormed();
  for (const { token } of services) if (token !== undefined && token !== "") text = text.replaceAll(token, "[token]");
  return { text: text.trim() === "" ? "(nothing)" : text, isOutside: true };
}

/** A name from outside on one line, at most so long. */
export function cutLine(text: string, maxChars: number): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= maxChars ? line : `${line.slice(0, maxChars - 1).toWellFormed()}…`;
}

/** A time as services write it, in UTC; what cannot be read stays as it is. */
export function formatTime(text: string): string {
  const at = Date.parse(text);
  return Number.isNaN(at) ? cutLine(text, 40) : `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function checkAccess(status: number, { name, token }: ConfiguredService): void {
  if (status === 401)
    throw new AppError("unauthorised", `The service "${name}" does not know us.`, {
      hint: token === undefined ? `Set services.${name}.token.` : `Check services.${name}.token.`,
    });
  if (status === 403)
    throw new AppError("forbidden", `The service "${name}" does not allow this.`, {
      hint: `The token of services.${name} may not do it.`,
    });
  if (status === 404) throw new AppError("not-found", `The service "${name}" has no such thing.`);
}
