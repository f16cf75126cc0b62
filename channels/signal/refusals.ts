import { AppError } from "../../src/core/errors.ts";

/** What became of a send to one person: https://github.com/AsamK/signal-cli, JsonSendMessageResult */
export interface SendResult {
  readonly type?: string;
  /** Of the challenge that Signal wants answered before this account may go on. */
  readonly token?: string | null;
  readonly retryAfterSeconds?: number | null;
}

export interface RpcError {
  readonly code?: number;
  readonly message?: string | null;
  readonly data?: { readonly response?: { readonly results?: readonly SendResult[] } } | null;
}

const untrustedKey = -4;
const rateLimited = -5;
const invalidParams = -32_602;
const methodNotFound = -32_601;

/** What Signal does not say, it takes to be patient enough. */
const defaultWaitS = 60;

/**
 * What a refusal means. signal-cli's own words are looked at and never told: they hold numbers and names of files.
 * `effect` "send": where nobody can tell whether it arrived, it is "send-uncertain".
 */
export function translateRefusal(error: RpcError, method: string, effect: "send" | "read"): AppError {
  const { code, message } = error;
  const words = message ?? "";
  const results = error.data?.response?.results ?? [];
  const challenge = results.find(({ token }) => token !== undefined && token !== null && token !== "");
  if (challenge !== undefined) return describeChallenge(challenge);
  if (/authorization ?failed/i.test(words))
    return new AppError(
      "unauthorised",
      "Signal does not let this account in any more: unlinked, or registered elsewhere.",
      {
        hint: "Link it again with signal-cli link, or register it anew, and restart the daemon.",
      },
    );
  if (code === rateLimited || results.some(({ type }) => type === "RATE_LIMIT_FAILURE") || /\[429\]/.test(words))
    return new AppError("rate-limited", "Signal asks to wait before more is sent.", {
      retryAfterMs: pickWaitMs(results),
    });
  if (code === untrustedKey || (results.length > 0 && results.every(({ type }) => type === "IDENTITY_FAILURE")))
    return new AppError(
      "send-rejected",
      "The safety number of this person has changed, and signal-cli does not trust the new one.",
      {
        hint: "Compare it with theirs, stop the daemon, run signal-cli -a ACCOUNT trust -v SAFETY_NUMBER RECIPIENT, and start it again.",
      },
    );
  if (results.length > 0 && results.every(({ type }) => type === "UNREGISTERED_FAILURE"))
    return new AppError("send-rejected", "This person is not on Signal any more.");
  if (code === invalidParams && /account/i.test(words))
    return new AppError("config-invalid", "signal-cli does not know this account.", {
      hint: "Register or link it, or correct `account`: signal-cli listAccounts shows what there is.",
    });
  if (code === methodNotFound) return new AppError("unsupported", `This signal-cli knows no method "${method}".`);
  // It never got as far as Signal's server.
  if (/UnknownHostException|ConnectException|NoRouteToHost/.test(words))
    return new AppError("unreachable", "signal-cli cannot reach Signal.", { retryAfterMs: 5_000 });
  // Also where Signal's answer was lost on the way back.
  if (results.some(({ type }) => type === "NETWORK_FAILURE"))
    return effect === "send"
      ? new AppError("send-uncertain", "signal-cli lost its connection to Signal while it was sending.")
      : new AppError("unreachable", "signal-cli lost its connection to Signal.", { retryAfterMs: 5_000 });
  if (code === -1 || code === invalidParams)
    return new AppError(effect === "send" ? "send-rejected" : "bad-input", describeUserError(words));
  return effect === "send"
    ? new AppError("send-uncertain", `signal-cli failed while it was sending (${code ?? "no code"}).`)
    : new AppError("unreachable", `signal-cli failed (${method}, ${code ?? "no code"}).`, { retryAfterMs: 5_000 });
}

function describeChallenge({ token, retryAfterSeconds }: SendResult): AppError {
  const hint =
    "Solve the captcha at https://signalcaptchas.org/challenge/generate.html, stop the daemon, run signal-cli -a ACCOUNT " +
    `submitRateLimitChallenge --challenge ${token ?? ""} --captcha CAPTCHA, and start it again.`;
  return new AppError("rate-limited", "Signal wants a captcha solved before this account may send more.", {
    hint,
    retryAfterMs: Math.max(1, (retryAfterSeconds ?? 3_600) * 1_000),
  });
}

function pickWaitMs(results: readonly SendResult[]): number {
  const waits = results.flatMap(({ retryAfterSeconds }) => retryAfterSeconds ?? []);
  return Math.max(1, (waits.length === 0 ? defaultWaitS : Math.max(...waits)) * 1_000);
}

function describeUserError(words: string): string {
  if (/group/i.test(words) && /not a (?:group )?member/i.test(words)) return "This account is not in the group.";
  if (/group/i.test(words) && /not found/i.test(words)) return "signal-cli does not know this group.";
  if (/not allowed/i.test(words)) return "Only admins may write in this group.";
  if (/not registered/i.test(words)) return "This person is not on Signal.";
  return "signal-cli refuses it.";
}
