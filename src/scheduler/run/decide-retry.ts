import { AppError, type ErrorCode } from "../../core/errors.ts";
import type { Step } from "../../core/workflow.ts";
import { CutOff } from "./step-context.ts";

const maxBackoffMs = 3_600_000;
/** For failures that say themselves that trying again helps, where the step says nothing. */
const ownAttempts = 3;
const ownBackoffMs = 5_000;

/** Trying again cannot help. */
const final = new Set<ErrorCode>([
  "bad-input",
  "too-large",
  "unauthorised",
  "forbidden",
  "not-found",
  "unsupported",
  "config-invalid",
  "package-missing",
  "egress-refused",
]);

/** In how long to try again after this attempt failed; undefined: not. Pure. */
export function decideRetry(step: Step, attempt: number, error: unknown): number | undefined {
  if (error instanceof CutOff || !("retry" in step || step.kind === "ask" || step.kind === "tool")) return undefined;
  const asked = error instanceof AppError ? error.retryAfterMs : undefined;
  if (error instanceof AppError && asked === undefined && final.has(error.code)) return undefined;
  const { retry } = step;
  if (retry === undefined && asked === undefined) return undefined;
  const { attempts, backoffMs } = retry ?? { attempts: ownAttempts, backoffMs: ownBackoffMs };
  if (attempt >= attempts) return undefined;
  return Math.max(asked ?? 0, Math.min(maxBackoffMs, backoffMs * 2 ** (attempt - 1)));
}
