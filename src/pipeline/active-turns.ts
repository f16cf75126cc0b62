import type { Logger } from "../core/log.ts";
import type { Store } from "../core/store.ts";

/** Why a running turn is ended from outside. */
export type AbortReason = "stop" | "interrupt" | "lease-lost" | "shutdown" | "timeout";

export interface ActiveTurn {
  readonly conversation: string;
  readonly signal: AbortSignal;
  abort(reason: AbortReason): void;
  /** Did mail come since this was last asked? */
  takeNewMail(): boolean;
  /** Something of it is stored or shown: it is not simply begun anew any more. */
  markJournalled(): void;
  reason(): AbortReason | undefined;
}

export interface ActiveTurns {
  begin(conversation: string, fence: number, shutdown: AbortSignal): ActiveTurn;
  end(turn: ActiveTurn): void;
  /** Tells a running turn of new mail; with "interrupt" it is ended, so that the next one reads all of it. */
  onMail(conversation: string, midTurn: "collect" | "steer" | "interrupt"): void;
  /** Tells a running turn that its mail may have been changed: one that has done nothing yet begins anew with it. */
  onRevision(conversation: string): void;
  /** Ends the turn here, or asks the process that runs it. */
  stop(conversation: string): void;
  /** Renews the leases of the turns that run here in one statement and ends turns whose lease is lost or that were asked to stop. */
  renew(): Promise<void>;
  readonly count: number;
}

/** The turns that run in this process, and how they are told to end. */
export function createActiveTurns(deps: {
  readonly store: Store;
  readonly owner: string;
  readonly leaseMs: number;
  readonly now: () => number;
  readonly log: Logger;
}): ActiveTurns {
  const turns = new Map<string, ActiveTurn & { readonly fence: number; markMail(): void; isJournalled(): boolean }>();

  return {
    get count() {
      return turns.size;
    },
    begin(conversation, fence, shutdown) {
      const controller = new AbortController();
      let reason: AbortReason | undefined;
      let hasNewMail = false;
      let isJournalled = false;
      const abort = (why: AbortReason) => {
        reason ??= why;
        controller.abort();
      };
      if (shutdown.aborted) abort("shutdown");
      const onShutdown = () => abort("shutdown");
      shutdown.addEventListener("abort", onShutdown, { once: true });
      const turn = {
        conversation,
        fence,
        signal: controller.signal,
        abort,
        reason: () => reason,
        markMail: () => (hasNewMail = true),
        markJournalled: () => (isJournalled = true),
        isJournalled: () => isJournalled,
        takeNewMail: () => {
          const had = hasNewMail;
          hasNewMail = false;
          return had;
        },
        release: () => shutdown.removeEventListener("abort", onShutdown),
      };
      turns.set(conversation, turn);
      return turn;
    },
    end(turn) {
      (turn as ActiveTurn & { release?: () => void }).release?.();
      if (turns.get(turn.conversation) === turn) turns.delete(turn.conversation);
    },
    onMail(conversation, midTurn) {
      const turn = turns.get(conversation);
      if (turn === undefined) return;
      turn.markMail();
      if (midTurn === "interrupt") turn.abort("interrupt");
    },
    onRevision(conversation) {
      const turn = turns.get(conversation);
      if (turn === undefined) return;
      turn.markMail();
      if (!turn.isJournalled()) turn.abort("interrupt");
    },
    stop(conversation) {
      const turn = turns.get(conversation);
      if (turn !== undefined) return turn.abort("stop");
      deps.store
        .requestStop(conversation)
        .catch((error: unknown) =>
          deps.log.warn({ conversation, error: String(error) }, "The stop could not be passed on."),
        );
    },
    async renew() {
      if (turns.size === 0) return;
      const began = [...turns.values()];
      const held = new Map(
        (await deps.store.renewLeases(deps.owner, [...turns.keys()], deps.now(), deps.leaseMs)).map((lease) => [
          lease.conversation,
          lease,
        ]),
      );
      for (const turn of began) {
        const lease = held.get(turn.conversation);
        if (turns.get(turn.conversation) !== turn) continue;
        if (lease === undefined || lease.fence !== turn.fence) turn.abort("lease-lost");
        else if (lease.stopRequested) turn.abort("stop");
      }
    },
  };
}
