import { type Claim, isAmong, isSameText, type Proof, refuse } from "./proof.ts";

/**
 * `Authorization`: "Bearer <secret>", or Basic, with a secret that is "user:password" or the password alone. `findMark`
 * tells what the delivery is known by, once it is proven.
 */
export function proveAuthorization({ secret, headers }: Claim, findMark: () => string): Proof {
  const given = headers.get("authorization");
  if (given === null) return refuse("unsigned");
  const [, scheme = "", credentials = ""] = /^(bearer|basic) +(\S+)$/i.exec(given.trim()) ?? [];
  if (credentials === "") return refuse("malformed");
  if (scheme.toLowerCase() === "bearer")
    return isSameText(secret, credentials) ? { ok: true, mark: findMark() } : refuse("wrong");
  const login = Buffer.from(credentials, "base64").toString("utf8");
  return isAmong(secret, [login, login.slice(login.indexOf(":") + 1)])
    ? { ok: true, mark: findMark() }
    : refuse("wrong");
}
