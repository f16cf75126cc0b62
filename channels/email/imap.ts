import type { ImapFlow } from "imapflow";
import { AppError } from "../../src/core/errors.ts";
import { loadPackage } from "../../src/core/load-package.ts";
import type { Trust } from "./certificates.ts";
import type { EmailOptions } from "./config.ts";
import { describeTrouble } from "./trouble.ts";

/**
 * Opens an IMAP connection and logs in. Throws AppError: "unauthorised" when the server refuses the login for good,
 * else "unreachable" with retryAfterMs; "aborted" as soon as the signal aborts. The caller closes it.
 */
export async function connectImap(
  options: EmailOptions["imap"],
  trust: Trust,
  signal?: AbortSignal,
): Promise<ImapFlow> {
  const { ImapFlow } = await loadPackage("imapflow", () => import("imapflow"));
  if (signal?.aborted === true) throw aborted();
  const client = new ImapFlow({
    host: options.host,
    port: options.port,
    secure: options.secure === "tls",
    ...(options.secure === "tls" ? {} : { doSTARTTLS: options.secure === "starttls" }),
    auth: { user: options.user, pass: options.password },
    logger: false,
    disableAutoIdle: true,
    connectionTimeout: 20_000,
    greetingTimeout: 15_000,
    socketTimeout: 180_000,
    maxLiteralSize: 64 * 1_048_576,
    tls: { ...trust },
  });
  // An error without a listener would end the process; every error also rejects the call it belongs to.
  client.on("error", () => undefined);
  // connect() of a client that was closed meanwhile settles only at its timeout.
  const end = Promise.withResolvers<never>();
  const onAbort = (): void => end.reject(aborted());
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([client.connect(), end.promise]);
    return client;
  } catch (error) {
    client.close();
    throw translateFailure(error);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

function aborted(): AppError {
  return new AppError("aborted", "The IMAP connection is not wanted any more.");
}

/** What any failure of the library means: connections come back, refused logins do not. */
export function translateFailure(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const failure = error as {
    code?: string;
    authenticationFailed?: boolean;
    serverResponseCode?: string;
    tlsFailed?: boolean;
  };
  // RFC 5530: these say that the server, not the password, is at fault.
  const isPassing = /^(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG|CONTACTADMIN|EXPIRED)$/i.test(
    failure.serverResponseCode ?? "",
  );
  if (failure.authenticationFailed === true && !isPassing && failure.serverResponseCode !== undefined) {
    return new AppError("unauthorised", "The IMAP server refused the login.", {
      hint: "Check imap.user and imap.password.",
      cause: error,
    });
  }
  const code =
    failure.code ??
    failure.serverResponseCode ??
    (failure.tlsFailed === true ? "STARTTLS" : undefined) ??
    (error instanceof Error ? error.name : "unknown");
  // A server that hangs up at once says nothing about its certificate.
  if (/CERT|SELF_SIGNED|ALTNAME|UNABLE_TO_VERIFY|TLS/.test(code) && code !== "ClosedAfterConnectTLS") {
    return new AppError("unreachable", `The IMAP server offers no TLS that can be trusted (${code}).`, {
      hint: "Check imap.port, imap.secure and ca.",
      retryAfterMs: 60_000,
      cause: error,
    });
  }
  return new AppError("unreachable", `The IMAP server cannot be reached (${describeTrouble(code)}).`, {
    retryAfterMs: 500,
    cause: error,
  });
}
