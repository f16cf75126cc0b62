import { AppError } from "../../src/core/errors.ts";
import { sleepUntilAborted } from "../_shared/reconnect.ts";

/** What Discord allows on each route, as its answers tell: https://docs.discord.com/developers/topics/rate-limits */
export interface RateLimits {
  /**
   * Resolves when a call may be made. Waits where an allowance is used up and comes back soon; throws AppError
   * "rate-limited" where Discord has refused a call, or the wait is long.
   */
  admit(route: Route, signal?: AbortSignal): Promise<void>;
  /** Reads the headers of an answer. */
  note(route: Route, headers: Pick<Headers, "get">): void;
  /** Discord has refused a call: no other is made there before the time is over. */
  refuse(route: Route, retryAfterMs: number, isGlobal: boolean): void;
}

export interface Route {
  /** Method and path with all ids taken out but the one that has an allowance of its own. */
  readonly key: string;
  /** That id: of a channel, a server or a webhook. Empty where there is none. */
  readonly major: string;
  /** Answers to interactions do not count for the bot's limit. */
  readonly isOutsideGlobal: boolean;
}

interface Allowance {
  remaining: number;
  limit: number;
  resetAt: number;
  refusedUntil: number;
}

/** Longer waits are the caller's business: it can do something else meanwhile. */
const maxWaitMs = 6_000;
const maxKept = 2_000;

export function createRateLimits(now: () => number): RateLimits {
  /** Routes share allowances; which, the first answer on a route tells. */
  const buckets = new Map<string, string>();
  const allowances = new Map<string, Allowance>();
  let globalUntil = 0;

  const bucketOf = ({ key, major }: Route): string => `${buckets.get(key) ?? key}/${major}`;

  function allowanceOf(route: Route): Allowance {
    const bucket = bucketOf(route);
    const allowance = allowances.get(bucket) ?? { remaining: 1, limit: 1, resetAt: 0, refusedUntil: 0 };
    // Deleting first keeps the map in order of use.
    allowances.delete(bucket);
    allowances.set(bucket, allowance);
    trim(allowances);
    return allowance;
  }

  return {
    async admit(route, signal) {
      for (;;) {
        const allowance = allowances.get(bucketOf(route));
        const global = route.isOutsideGlobal ? 0 : globalUntil;
        const refusedUntil = Math.max(allowance?.refusedUntil ?? 0, global);
        if (refusedUntil > now())
          throw new AppError("rate-limited", "Discord has asked to wait.", { retryAfterMs: refusedUntil - now() });
        if (allowance === undefined) return;
        if (allowance.resetAt <= now()) allowance.remaining = allowance.limit;
        if (allowance.remaining > 0) {
          allowance.remaining -= 1;
          return;
        }
        const waitMs = allowance.resetAt - now();
        if (waitMs > maxWaitMs)
          throw new AppError("rate-limited", "Discord allows no more calls of this kind now.", {
            retryAfterMs: waitMs,
          });
        await sleepUntilAborted(waitMs + 5, signal ?? new AbortController().signal);
        if (signal?.aborted === true) throw new AppError("aborted", "The call to Discord was not made.");
      }
    },
    note(route, headers) {
      const bucket = headers.get("x-ratelimit-bucket");
      const remaining = Number(headers.get("x-ratelimit-remaining") ?? Number.NaN);
      const resetAfterS = Number(headers.get("x-ratelimit-reset-after") ?? Number.NaN);
      if (bucket === null || Number.isNaN(remaining) || Number.isNaN(resetAfterS)) return;
      buckets.set(route.key, bucket);
      trim(buckets);
      const allowance = allowanceOf(route);
      allowance.limit = Math.max(1, Number(headers.get("x-ratelimit-limit") ?? 1));
      const resetAt = now() + resetAfterS * 1_000;
      // Answers overtake each other: within one window the lowest number is the latest.
      const isSameWindow = Math.abs(allowance.resetAt - resetAt) < 250;
      allowance.remaining = isSameWindow ? Math.min(allowance.remaining, remaining) : remaining;
      allowance.resetAt = resetAt;
    },
    refuse(route, retryAfterMs, isGlobal) {
      const until = now() + retryAfterMs;
      if (isGlobal) globalUntil = Math.max(globalUntil, until);
      else allowanceOf(route).refusedUntil = until;
    },
  };
}

/** Ids of channels, servers and webhooks have allowances of their own; all other ids share one. */
export function findRoute(method: string, path: string): Route {
  const [plain = ""] = path.split("?");
  const [, kind = "", id = "", rest = ""] = /^\/(\w+)(?:\/([^/]+))?(.*)$/.exec(plain) ?? [];
  const isMajor = kind === "channels" || kind === "guilds" || kind === "webhooks";
  const isTokened = kind === "webhooks" || kind === "interactions";
  const tail = rest
    .replace(/(\/reactions)\/.*$/, "$1")
    .replace(/^\/[^/]+/, (first) => (isTokened ? "/:token" : first))
    .replaceAll(/\/\d{5,20}(?=\/|$)/g, "/:id");
  const major = isMajor ? (isTokened ? `${id}${/^\/[^/]+/.exec(rest)?.[0] ?? ""}` : id) : "";
  const middle = isMajor || /^\d{5,20}$/.test(id) ? "/:id" : id === "" ? "" : `/${id}`;
  return { key: `${method} /${kind}${middle}${tail}`, major, isOutsideGlobal: isTokened };
}

function trim(map: Map<string, unknown>): void {
  if (map.size <= maxKept) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
