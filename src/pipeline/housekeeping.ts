import { readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { describeError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { KeepDays, Store } from "../core/store.ts";

/** Mail that lies longer than this without anybody at it was forgotten by the bell. */
const forgottenAfterMs = 5_000;
const sweepLimit = 500;
/** Forgotten conversations that one process works off at a time. */
const sweepConcurrency = 8;

export interface HousekeepingDeps {
  readonly store: Store;
  readonly log: Logger;
  readonly now: () => number;
  readonly owner: string;
  readonly leaseMs: number;
  /** Runs a conversation's turns here, whatever the queue believes: its lease keeps others out. Absent: no workers here. */
  readonly runConversation?: (conversation: string, signal: AbortSignal) => Promise<void>;
  readonly renewLeases: () => Promise<void>;
  readonly tickChannels: () => Promise<void>;
  readonly pump: () => Promise<void>;
  /** Follow-ups and drafts that are due. Absent: not here. */
  readonly deskChores?: () => Promise<void>;
  readonly keep: () => KeepDays;
  readonly onExpired: (approvalId: string, conversation: string) => void;
}

/** The regular chores: leases renewed, forgotten mail rung for, due messages sent, questions expired, old rows deleted. */
export function startHousekeeping(deps: HousekeepingDeps): {
  /** Ends the leases of dead processes, so that nobody waits for their time to run out. */
  releaseDeadOwners(): Promise<void>;
  close(): Promise<void>;
} {
  const { store, now, log } = deps;
  const timers: NodeJS.Timeout[] = [];
  const running = new Set<Promise<void>>();
  const stop = new AbortController();

  function every(ms: number, name: string, work: () => Promise<void>): void {
    let isBusy = false;
    const timer = setInterval(() => {
      if (isBusy) return;
      isBusy = true;
      const run = work()
        .catch((error: unknown) =>
          log.warn({ chore: name, error: describeError(error) }, "A chore failed and will be tried again."),
        )
        .finally(() => {
          isBusy = false;
          running.delete(run);
        });
      running.add(run);
    }, ms);
    timers.push(timer);
  }

  /** After a death there is no reason to wait: nobody is at the mail of the dead. */
  let isUrgent = true;

  const forgotten = new Set<string>();
  let workers = 0;

  async function sweep(): Promise<void> {
    await releaseDeadOwners();
    const olderThan = isUrgent ? now() : now() - forgottenAfterMs;
    isUrgent = false;
    const { runConversation } = deps;
    if (runConversation === undefined) return;
    for (const conversation of await store.forgottenConversations(now(), olderThan, sweepLimit))
      forgotten.add(conversation);
    for (let count = Math.min(forgotten.size, sweepConcurrency - workers); count > 0; count -= 1)
      startWorker(runConversation);
  }

  /** The rounds go on meanwhile: a turn may take many minutes. */
  function startWorker(runConversation: NonNullable<HousekeepingDeps["runConversation"]>): void {
    workers += 1;
    const work = workOff(runConversation)
      .catch((error: unknown) => log.warn({ error: describeError(error) }, "Forgotten mail could not be worked off."))
      .finally(() => {
        workers -= 1;
        running.delete(work);
      });
    running.add(work);
  }

  async function workOff(runConversation: NonNullable<HousekeepingDeps["runConversation"]>): Promise<void> {
    for (const conversation of forgotten) {
      if (stop.signal.aborted) return;
      forgotten.delete(conversation);
      await runConversation(conversation, stop.signal);
    }
  }

  async function releaseDeadOwners(): Promise<void> {
    for (const owner of await store.owners()) {
      if (owner !== deps.owner && isDeadOwner(owner, deps.owner)) {
        await store.releaseOwner(owner);
        isUrgent = true;
        log.info({ owner }, "A process that ended left work behind; it goes on here.");
      }
    }
  }

  async function expireApprovals(): Promise<void> {
    for (const approval of await store.pendingApprovals(100)) {
      if (approval.expiresAt > now()) continue;
      const isFirst = await store.write(async (transaction) => {
        if (!(await transaction.answerApproval(approval.id, "expired", "system"))) return false;
        await transaction.audit(
          { kind: "approval.expired", actor: "system", subject: approval.conversation, details: { id: approval.id } },
          now(),
        );
        return true;
      });
      if (isFirst) deps.onExpired(approval.id, approval.conversation);
    }
  }

  every(Math.max(1_000, Math.floor(deps.leaseMs / 3)), "leases", deps.renewLeases);
  every(5_000, "channels", deps.tickChannels);
  every(1_000, "outbox", deps.pump);
  every(2_500, "sweep", sweep);
  every(15_000, "approvals", expireApprovals);
  if (deps.deskChores !== undefined) every(5_000, "desk", deps.deskChores);
  every(3_600_000, "prune", () => store.prune(now(), deps.keep()));

  return {
    releaseDeadOwners,
    async close() {
      for (const timer of timers) clearInterval(timer);
      stop.abort();
      await Promise.allSettled(running);
    },
  };
}

/** Name of a process in leases: where its process id means something, the id, and what tells restarts apart. */
export function formatOwner(pid: number, boot: string): string {
  return `${hostname()}${findPidNamespace()}/${pid}/${boot}`;
}

/** Containers of one host may share its name, but not its process ids. */
function findPidNamespace(): string {
  try {
    return `~${/\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? ""}`;
  } catch {
    return "";
  }
}

/** Certainly dead: it ran where we run, and its process id is free, or ours after a restart. */
export function isDeadOwner(owner: string, self: string): boolean {
  const [host, pid] = owner.split("/");
  const [ownHost, ownPid] = self.split("/");
  if (host !== ownHost) return false;
  if (pid === ownPid) return true;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
