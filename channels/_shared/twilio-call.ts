import { isAppError } from "../../src/core/errors.ts";
import { readBody } from "./http.ts";

const maxBodyBytes = 262_144;

/** Twilio's own check, `validateRequest` of its SDK: it knows the ways in which Twilio writes the address it signs. */
export type CheckSignature = (
  authToken: string,
  signature: string,
  url: string,
  params: Record<string, string | string[]>,
) => boolean;

/** A call whose signature is right. */
export interface TwilioCall {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

/**
 * Reads a call of Twilio's, or answers it with a refusal. The signature covers the address that was configured, never
 * the one that a Host header claims, with the query of this call; and every field of the form.
 */
export async function readCall(
  request: Request,
  hookUrl: string,
  authToken: string,
  check: CheckSignature,
): Promise<TwilioCall | Response> {
  const signature = request.headers.get("x-twilio-signature");
  if (signature === null) return new Response(null, { status: 403 });
  if (request.method !== "POST") return new Response(null, { status: 405, headers: { allow: "POST" } });
  let fields: URLSearchParams;
  try {
    fields = new URLSearchParams((await readBody(request, maxBodyBytes)).toString("utf8"));
  } catch (error) {
    if (isAppError(error, "too-large")) return new Response(null, { status: 413 });
    throw error;
  }
  const { search, searchParams } = new URL(request.url);
  const url = hookUrl.replace(/[?#].*$/, "") + search;
  if (!check(authToken, signature, url, collect(fields))) return new Response(null, { status: 403 });
  return { params: Object.fromEntries(fields), query: searchParams };
}

function collect(fields: URLSearchParams): Record<string, string | string[]> {
  const names = [...new Set(fields.keys())];
  return Object.fromEntries(
    names.map((name) => {
      const values = fields.getAll(name);
      return [name, values.length === 1 ? (values[0] ?? "") : values];
    }),
  );
}
