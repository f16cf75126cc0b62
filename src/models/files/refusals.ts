import { AppError } from "../../core/errors.ts";
import type { DownloadAnswer } from "./open-download.ts";
import { parseRetryAfter } from "./retry.ts";

export interface Asked {
  readonly name: string;
  readonly token?: string;
  readonly repository?: string;
}

/** What a status that brings no file means, in words. `now` is epoch ms. */
export function describeStatus(
  { status, headers }: Pick<DownloadAnswer, "status" | "headers">,
  asked: Asked,
  now: number,
): AppError {
  const retryAfterMs = parseRetryAfter(headers["retry-after"], now);
  switch (status) {
    case 401:
    case 403:
      return describeGate(status, asked);
    case 404:
    case 410:
      return new AppError(
        "not-found",
        `${asked.name} is not there${asked.repository === undefined ? "" : `: ${asked.repository} has no such file`}.`,
      );
    case 429:
      return new AppError(
        "rate-limited",
        `The server asks to wait ${Math.ceil(retryAfterMs / 1000)} s before more is fetched.`,
        { retryAfterMs },
      );
    default:
      if (status === 408 || status >= 500)
        return new AppError("unreachable", `The server has trouble (status ${status}).`, { retryAfterMs });
      return new AppError("unreachable", `The server refuses ${asked.name} (status ${status}).`);
  }
}

function describeGate(status: number, { name, token, repository }: Asked): AppError {
  const code = status === 401 ? "unauthorised" : "forbidden";
  if (repository === undefined) return new AppError(code, `The server does not give ${name} to everybody.`);
  const page = `https://huggingface.co/${repository}`;
  return token === undefined
    ? new AppError(code, `${repository} is gated, private, or does not exist.`, {
        hint: `Accept its licence at ${page}, make a token at https://huggingface.co/settings/tokens, and set HF_TOKEN.`,
      })
    : new AppError(code, `${repository} is not open to the account of HF_TOKEN.`, {
        hint: `Accept its licence at ${page} with that account, and give the token the right to read gated repositories.`,
      });
}
