import { Readable } from "node:stream";
import { AppError, isAppError } from "../../src/core/errors.ts";
import { loadPackage } from "../../src/core/load-package.ts";
import type { EmailOptions } from "./config.ts";
import type { Trust } from "./certificates.ts";
import { describeTrouble } from "./trouble.ts";

export interface SmtpEnvelope {
  readonly from: string;
  readonly to: string;
}

/** The fields of nodemailer's errors that decisions are made on. */
interface SmtpFailure {
  readonly code?: string;
  readonly responseCode?: number;
  /** The server's whole reply. */
  readonly response?: string;
}

/**
 * Hands one finished mail to the SMTP server; resolves when the server has taken responsibility for it. Throws AppError
 * as Channel.send does; "unauthorised" where the login is refused. `beforeEnd` is awaited before the mail's last byte
 * leaves: until then no server has taken it, and when it rejects none will. nodemailer's own transport reads ahead of the
 * server's go-ahead, so it cannot say whether a mail was out already when the connection broke; its SMTPConnection, used
 * here, can.
 */
export async function sendSmtp(
  options: EmailOptions["smtp"],
  trust: Trust,
  envelope: SmtpEnvelope,
  raw: Buffer,
  signal: AbortSignal,
  beforeEnd: () => Promise<void> = async () => undefined,
): Promise<void> {
  if (signal.aborted) throw new AppError("aborted", "The mail was not sent.");
  const { default: SMTPConnection } = await loadPackage("nodemailer", () => import("nodemailer/lib/smtp-connection"));
  const connection = new SMTPConnection({
    host: options.host,
    port: options.port,
    secure: options.secure === "tls",
    requireTLS: options.secure === "starttls",
    ignoreTLS: options.secure === "none",
    connectionTimeout: 15_000,
    greetingTimeout: 15_000,
    socketTimeout: 120_000,
    tls: { ...trust },
  });
  const flow: Flow = { isComplete: false };
  // Behind the closing dot the answer is worth a moment: without it a person must be asked.
  const onAbort = (): void => {
    if (flow.isComplete) setTimeout(() => connection.close(), 3_000).unref();
    else connection.close();
  };
  try {
    await new Promise<void>((resolve, reject) => {
      const end = async (): Promise<void> => {
        try {
          await beforeEnd();
        } catch (error) {
          connection.close();
          fail(error);
          throw error;
        }
      };
      const fail = (error: unknown): void => reject(error instanceof Error ? error : new Error("SMTP failed"));
      connection.on("error", fail);
      connection.once("end", () => fail(Object.assign(new Error("Connection closed"), { code: "ECONNECTION" })));
      signal.addEventListener("abort", onAbort, { once: true });
      const transmit = (): void =>
        connection.send(
          { from: envelope.from, to: [envelope.to], size: raw.length },
          readTracked(raw, flow, end),
          (error) => (error ? fail(error) : resolve()),
        );
      connection.connect((error) => {
        if (error) return fail(error);
        if (options.user === undefined || options.password === undefined) return transmit();
        connection.login(
          { user: options.user, pass: options.password, credentials: { user: options.user, pass: options.password } },
          (refused) => (refused ? fail(refused) : transmit()),
        );
      });
    });
    connection.quit();
  } catch (error) {
    connection.close();
    throw isAppError(error) ? error : translateFailure(error as SmtpFailure, flow.isComplete, signal);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

interface Flow {
  isComplete: boolean;
}

/** The connection pulls this only after the server's 354; the closing dot follows the last chunk. */
function readTracked(raw: Buffer, flow: Flow, beforeEnd: () => Promise<void>): Readable {
  const stream = Readable.from(
    (async function* () {
      for (let start = 0; start < raw.length; start += 65_536) {
        const isLast = start + 65_536 >= raw.length;
        if (isLast) await beforeEnd();
        // Marked before the last chunk leaves: behind it nobody can tell any more.
        flow.isComplete = isLast;
        yield raw.subarray(start, start + 65_536);
      }
    })(),
    { objectMode: false, highWaterMark: 1 },
  );
  // It fails with `beforeEnd` only, and that is met there.
  stream.on("error", () => undefined);
  return stream;
}

function translateFailure(error: SmtpFailure, isComplete: boolean, signal: AbortSignal): AppError {
  const status = error.responseCode ?? 0;
  const cause = error instanceof Error ? error : undefined;
  if (error.code === "EAUTH" || error.code === "ENOAUTH") {
    if (status >= 400 && status < 500)
      return new AppError("unreachable", `The SMTP server cannot check the login now (${status}).`, {
        retryAfterMs: 60_000,
        cause,
      });
    return new AppError("unauthorised", `The SMTP server refused the login${status === 0 ? "" : ` (${status})`}.`, {
      hint: "Check smtp.user and smtp.password.",
      cause,
    });
  }
  if (error.code === "ETLS" || isCertificateError(error)) {
    return new AppError("unreachable", "The SMTP server offers no TLS that can be trusted.", {
      hint: "Check smtp.port, smtp.secure and ca.",
      retryAfterMs: 300_000,
      cause,
    });
  }
  if (status >= 400 && status < 500) {
    const isLimit = status === 450 || status === 452;
    const retryAfterMs = parseWait(error.response) ?? (status === 421 ? 30_000 : 120_000);
    return new AppError(isLimit ? "rate-limited" : "unreachable", `The SMTP server puts the mail off (${status}).`, {
      retryAfterMs,
      cause,
    });
  }
  // 503 speaks of the session, not of the mail.
  if (status === 503)
    return new AppError("unreachable", "The SMTP server lost track of the session (503).", {
      retryAfterMs: 30_000,
      cause,
    });
  if (status >= 500) return new AppError("send-rejected", `The SMTP server refused the mail (${status}).`, { cause });
  if (error.code === "EMESSAGE" || error.code === "EENVELOPE")
    return new AppError("send-rejected", "The SMTP server takes no mail of this size or to this address.", { cause });
  if (isComplete)
    return new AppError(
      "send-uncertain",
      "The connection broke before the SMTP server confirmed the mail; it may have been taken.",
      { cause },
    );
  if (signal.aborted) return new AppError("aborted", "The mail was not sent.", { cause });
  return new AppError(
    "unreachable",
    `The SMTP server cannot be reached (${describeTrouble(error.code ?? "unknown")}).`,
    {
      retryAfterMs: 5_000,
      cause,
    },
  );
}

/** Servers that greylist say in words how long: "Greylisted for 300 seconds", "try again in 5 minutes". */
function parseWait(reply: string | undefined): number | undefined {
  const match = /\b(\d{1,4})[ ]?(s|sec|seconds?|min|minutes?)\b/i.exec(reply?.slice(0, 500) ?? "");
  if (match === null) return undefined;
  const ms = Number(match[1]) * (match[2]?.toLowerCase().startsWith("m") === true ? 60_000 : 1_000);
  return Math.min(Math.max(ms, 1_000), 3_600_000);
}

function isCertificateError(error: SmtpFailure & { readonly originalCode?: string }): boolean {
  return /CERT|SELF_SIGNED|ALTNAME|UNABLE_TO_VERIFY/.test(error.originalCode ?? error.code ?? "");
}
