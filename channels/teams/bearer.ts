import { parseJson } from "../_shared/http.ts";

/** Clocks may differ by so much, as the SDK has it. */
const toleranceMs = 5 * 60_000;

/**
 * Could this be a token of the Bot Connector that is valid now? Proves nothing: it keeps everything else away from the
 * SDK, which would take tokens of its Emulator, remember the tenant of each of them for ever, and print what it refuses.
 */
export function isPlausible(authorization: string | undefined, issuer: string, now: number): boolean {
  const [, head, body] = /^Bearer ([\w-]{10,2000})\.([\w-]{10,4000})\.[\w-]{10,2000}$/.exec(authorization ?? "") ?? [];
  const header = decode(head);
  const claims = decode(body);
  const expiresAt = Number(claims["exp"]) * 1_000;
  return (
    /^RS(?:256|384|512)$/.test(String(header["alg"])) &&
    typeof header["kid"] === "string" &&
    claims["iss"] === issuer &&
    // The SDK takes a token of a skill for one without a service.
    typeof claims["serviceurl"] === "string" &&
    expiresAt > now - toleranceMs
  );
}

function decode(part: string | undefined): Readonly<Record<string, unknown>> {
  const value = parseJson(Buffer.from(part ?? "", "base64url"));
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
