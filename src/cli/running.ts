import type { Config } from "../../config/schema.ts";
import { AppError } from "../core/errors.ts";

/** Where the running service answers, and what opens it. */
export interface ServicePlace {
  /** Without a slash at the end. */
  readonly url: string;
  readonly token: string | undefined;
}

export interface ServiceHealth {
  readonly isReady: boolean;
  /** Empty when the token does not fit. */
  readonly checks: Readonly<Record<string, { readonly state: string; readonly reason?: string }>>;
}

export interface ServiceSession {
  readonly signedIn: boolean;
  readonly channels: readonly { readonly name: string }[];
  readonly model?: { readonly id: string; readonly isOffline: boolean };
}

const timeoutMs = 5_000;

/** The configured service; undefined where the port is only known to the service itself (port 0). */
export function placeOfService({ http }: Config): ServicePlace | undefined {
  if (http.port === 0) return undefined;
  const host = http.host === "0.0.0.0" ? "127.0.0.1" : http.host === "::" ? "::1" : http.host;
  const name = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return { url: `http://${name}:${http.port}`, token: http.token };
}

/** A service somewhere else. The configured token goes to the configured addresses only. Throws AppError "bad-input". */
export function placeAt(address: string, token: string | undefined, config: Config): ServicePlace {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new AppError("bad-input", "--url is not a web address.", {
      hint: "Such as: http://127.0.0.1:7420",
    });
  }
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new AppError("bad-input", "--url must start with http:// or https://.");
  const known = [placeOfService(config)?.url, config.http.publicUrl].flatMap((one) =>
    one === undefined ? [] : [new URL(one).origin],
  );
  const { origin } = url;
  return { url: origin, token: token ?? (known.includes(origin) ? config.http.token : undefined) };
}

/** How the parts of the service are doing; undefined when nothing like Parlance answers there. Never throws. */
export async function loadHealth(place: ServicePlace): Promise<ServiceHealth | undefined> {
  const body = await load(place, "/health/ready");
  if (typeof body !== "object" || body === null || !("isReady" in body)) return undefined;
  const checks = "checks" in body ? (body.checks as ServiceHealth["checks"]) : {};
  return { isReady: body.isReady === true, checks };
}

/** Who we are to the service; undefined when nothing like Parlance answers there. Never throws. */
export async function loadSession(place: ServicePlace): Promise<ServiceSession | undefined> {
  const body = await load(place, "/api/session");
  if (typeof body !== "object" || body === null || !("signedIn" in body)) return undefined;
  return body as ServiceSession;
}

export function headersOf({ token }: ServicePlace): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

async function load(place: ServicePlace, path: string): Promise<unknown> {
  try {
    const response = await fetch(`${place.url}${path}`, {
      headers: headersOf(place),
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
    return await response.json();
  } catch {
    return undefined;
  }
}
