import { createHash, createHmac, timingSafeEqual } from "node:crypto";

const sessionMs = 30 * 86_400_000;
const cookieName = "parlance_session";
/** Wrong tokens from one address within a minute before it has to wait. */
const maxFailures = 10;
const failureWindowMs = 60_000;
const maxTracked = 10_000;

export interface AuthOptions {
  /** Absent: only possible on loopback, where whoever reaches the page is the owner. */
  readonly token: string | undefined;
  /** Host names that a browser may call us by, without port. Undefined: any (a token is needed anyway). */
  readonly allowedHosts: ReadonlySet<string> | undefined;
  /** Origins besides our own that may call us: the public address. */
  readonly allowedOrigins: ReadonlySet<string>;
  readonly now: () => number;
}

export type RequestCheck =
  | { readonly isAllowed: true }
  | { readonly isAllowed: false; readonly status: 403 | 421; readonly reason: string };

export interface Auth {
  /** Refuses DNS rebinding (foreign Host) and cross-site calls (foreign Origin). For everything but platform hooks. */
  checkSource(headers: {
    readonly host: string | undefined;
    readonly origin: string | undefined;
    readonly site: string | undefined;
  }): RequestCheck;
  /** Signed in by bearer token or session cookie, or nothing is asked for. Constant time. */
  isSignedIn(headers: { readonly authorization: string | undefined; readonly cookie: string | undefined }): boolean;
  /** The Set-Cookie value for a right token; "wrong" or "wait" otherwise. */
  signIn(token: string, remote: string, isSecure: boolean): { readonly cookie: string } | "wrong" | "wait";
  signOut(): string;
  /** Counts a wrong token; true when this address has to wait. */
  isBlocked(remote: string): boolean;
  countFailure(remote: string): void;
}

export function createAuth({ token, allowedHosts, allowedOrigins, now }: AuthOptions): Auth {
  const failures = new Map<string, { count: number; until: number }>();
  const tokenDigest = token === undefined ? undefined : digest(token);
  // Sessions live as long as the token: a changed token ends them all.
  const sessionKey = createHash("sha256")
    .update(`parlance session ${token ?? ""}`)
    .digest();

  function signSession(expiresAt: number): string {
    return createHmac("sha256", sessionKey).update(String(expiresAt)).digest("base64url");
  }

  function isSession(value: string): boolean {
    const [expires = "", signature = ""] = value.split(".");
    const isReal = timingSafeEqual(digest(signature), digest(signSession(Number(expires))));
    return isReal && Number(expires) > now();
  }

  function isBlocked(remote: string): boolean {
    const entry = failures.get(remote);
    return entry !== undefined && entry.until > now() && entry.count >= maxFailures;
  }

  function countFailure(remote: string): void {
    if (failures.size > maxTracked) failures.clear();
    const entry = failures.get(remote);
    if (entry === undefined || entry.until <= now()) failures.set(remote, { count: 1, until: now() + failureWindowMs });
    else entry.count += 1;
  }

  return {
    checkSource({ host, origin, site }) {
      const name = hostName(host);
      if (allowedHosts !== undefined && (name === undefined || !allowedHosts.has(name))) {
        return {
          isAllowed: false,
          status: 421,
          reason: `This server does not answer to the name "${name ?? ""}". Set http.publicUrl to the address people use.`,
        };
      }
      if (origin !== undefined && !isOwnOrigin(origin, host) && !allowedOrigins.has(origin))
        return { isAllowed: false, status: 403, reason: "This call comes from another site." };
      if (origin === undefined && site === "cross-site")
        return { isAllowed: false, status: 403, reason: "This call comes from another site." };
      return { isAllowed: true };
    },
    isSignedIn({ authorization, cookie }) {
      if (tokenDigest === undefined) return true;
      const bearer = /^Bearer\s+(.+)$/i.exec(authorization ?? "")?.[1];
      if (bearer !== undefined) return timingSafeEqual(digest(bearer), tokenDigest);
      const session = new RegExp(`(?:^|;\\s*)${cookieName}=([^;]+)`).exec(cookie ?? "")?.[1];
      return session !== undefined && isSession(session);
    },
    signIn(given, remote, isSecure) {
      if (isBlocked(remote)) return "wait";
      if (tokenDigest === undefined || !timingSafeEqual(digest(given), tokenDigest)) {
        countFailure(remote);
        return "wrong";
      }
      const expiresAt = now() + sessionMs;
      return {
        cookie: `${cookieName}=${expiresAt}.${signSession(expiresAt)}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${sessionMs / 1000}${isSecure ? "; Secure" : ""}`,
      };
    },
    signOut: () => `${cookieName}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0`,
    isBlocked,
    countFailure,
  };
}

/** Equal lengths for the constant-time comparison, whatever was sent. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** "[::1]:7420" -> "[::1]", "localhost:7420" -> "localhost". */
function hostName(host: string | undefined): string | undefined {
  return host === undefined ? undefined : (/^(\[[^\]]+\]|[^:]+)(?::\d+)?$/.exec(host.toLowerCase())?.[1] ?? undefined);
}

function isOwnOrigin(origin: string, host: string | undefined): boolean {
  return origin === `http://${host ?? ""}` || origin === `https://${host ?? ""}`;
}
