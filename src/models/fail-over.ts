import type { Logger } from "../core/log.ts";
import type { Model, ModelEvent, ModelRequest } from "../core/model.ts";
import { createBreaker, type Breaker, type BreakerOptions, type CallOutcome } from "./breaker.ts";
import type { ModelFailure } from "./failure.ts";
import { requestChars } from "./request-size.ts";

export interface FailOverDeps extends Omit<BreakerOptions, "now"> {
  readonly now: () => number;
  /** One per model of the chain, in order, when other chains share the models. */
  readonly breakers?: readonly Breaker[];
  readonly log?: Logger;
}

/**
 * The first model of the chain that answers, behind the first one's name. A model that is cut off (breaker open) or
 * asked us to wait (Retry-After) is passed over. Any failure but our own abort leads to the next model, a refusal
 * included: a key that expired at one provider is no reason to be silent when another is configured.
 *
 * Once text or a tool call went out, a broken stream is an error and nothing is begun again: nobody reads a beginning
 * twice. Thoughts of a model that failed may have gone out; they are nobody's message.
 */
export function createFailOverModel(chain: readonly Model[], deps: FailOverDeps): Model {
  const first = chain[0];
  if (first === undefined) throw new RangeError("A fail-over chain needs at least one model.");
  const members = chain.map((model, index) => ({
    model,
    breaker: deps.breakers?.[index] ?? createBreaker(deps),
  }));

  async function* stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    const failures: ModelFailure[] = [];
    for (const [index, { model, breaker }] of members.entries()) {
      if (signal.aborted) return yield { type: "error", reason: "aborted", retryable: false, message: "Stopped." };
      // A smaller model would cut off the beginning in silence, and with it the goal.
      if (index > 0 && requestChars(request) / 4 > model.contextTokens) continue;
      const entry = breaker.enter();
      if (typeof entry === "number") {
        failures.push({
          type: "error",
          reason: "unavailable",
          retryable: true,
          retryAfterMs: entry,
          message: `${model.id} is resting after failures.`,
        });
        continue;
      }
      let outcome: CallOutcome = { kind: "unknown" };
      let hasSpoken = false;
      let failure: ModelFailure | undefined;
      try {
        for await (const event of model.stream(request, signal)) {
          if (event.type === "error") {
            failure = event;
            outcome = outcomeOf(event);
            break;
          }
          // Settled before it goes out: whoever reads us may never come back after the last event.
          if (event.type === "done") {
            outcome = { kind: "answered" };
            entry(outcome);
          }
          if (event.type === "text" || event.type === "toolCall") hasSpoken = true;
          yield event;
          if (event.type === "done") return;
        }
        if (failure === undefined) {
          outcome = { kind: "failed" };
          failure = {
            type: "error",
            reason: "unavailable",
            retryable: true,
            message: `${model.id} broke off its answer.`,
          };
        }
      } finally {
        entry(outcome);
      }
      deps.log?.warn(
        { model: model.id, reason: failure.reason, retryable: failure.retryable, hasSpoken },
        failure.message,
      );
      if (hasSpoken || failure.reason === "aborted") return yield failure;
      failures.push(failure);
    }
    yield summarise(failures);
  }

  return { id: first.id, contextTokens: first.contextTokens, stream };
}

function outcomeOf(failure: ModelFailure): CallOutcome {
  if (failure.reason === "aborted") return { kind: "unknown" };
  if (!failure.retryable) return { kind: "refused" };
  return failure.retryAfterMs === undefined
    ? { kind: "failed" }
    : { kind: "failed", retryAfterMs: failure.retryAfterMs };
}

/** What to tell when nobody answered: worth another try if any of them is, and not before the first of them is ready. */
function summarise(failures: readonly ModelFailure[]): ModelFailure {
  const [only] = failures;
  if (only !== undefined && failures.length === 1) return only;
  const retryable = failures.filter((failure) => failure.retryable);
  const waits = retryable.map((failure) => failure.retryAfterMs);
  const message = [...new Set(failures.map((failure) => failure.message))].join(" ");
  const base = {
    type: "error",
    message,
    reason: (retryable[0] ?? only)?.reason ?? "unavailable",
    retryable: retryable.length > 0,
  } as const;
  const known = waits.filter((wait) => wait !== undefined);
  return known.length > 0 && known.length === waits.length ? { ...base, retryAfterMs: Math.min(...known) } : base;
}
