import { AppError, describeError, isAppError } from "../core/errors.ts";
import type { InboundMessage } from "../core/message.ts";
import type { ConversationState, Lease, Role, TurnRecord } from "../core/store.ts";
import { createReply, toShownMessage } from "../core/say.ts";
import { closeOpenCalls } from "../agent/loop.ts";
import { findTurnTaint } from "../safety/taint.ts";
import { decideAccess } from "./access.ts";
import type { ActiveTurn } from "./active-turns.ts";
import { answerMail, type AnswerResult } from "./answer.ts";
import { parseCommand } from "./commands/command.ts";
import { mayRun, runCommand } from "./commands/index.ts";
import type { PipelineDeps } from "./deps.ts";
import type { ChannelPolicy } from "./policy.ts";
import { createOfferedTools } from "./offered-tools.ts";
import { watchMail } from "./desk/watch-mail.ts";
import { foldRevisions } from "./revise.ts";
import { findSpokenSchedule } from "./runs/spoken-schedule.ts";
import { pickWork } from "./pick-work.ts";
import { pickTurnMode } from "./turn-mode.ts";
import { createFailureReply, tellUnanswered } from "./unanswered.ts";
import { mailMessages, stepMessages, titleOf, type TurnEnd, type TurnWork } from "./turn-work.ts";

const maxAttempts = 8;
const maxBackoffMs = 300_000;

/**
 * Runs everything a conversation has to do: takes its lease, then turn after turn until the mailbox is empty. The
 * handler of the bell. Never throws: a failure is stored with the conversation and rung for again.
 */
export function createTurnRunner(deps: PipelineDeps): (conversation: string, signal: AbortSignal) => Promise<void> {
  const { store, now, log, activeTurns } = deps;
  const offered = createOfferedTools(now);

  return async function runConversation(conversation, shutdown) {
    const taken = await store.takeLease(conversation, deps.owner, now(), deps.leaseMs);
    if (taken === undefined) return; // Somebody else is at it, and looks for new mail before letting go.
    let state = taken.state;
    const pauseMs = state.retryAt - now();
    if (pauseMs > 0) return wait(taken.lease, pauseMs);
    for (;;) {
      const active = activeTurns.begin(conversation, taken.lease.fence, shutdown);
      try {
        const work = shutdown.aborted ? undefined : await pickWork(store, state, now());
        if (work === undefined) {
          if (await releaseWhenEmpty(taken.lease, shutdown.aborted)) return;
        } else if (await runTurn(taken.lease, state, work, active)) {
          return;
        }
        state = (await store.conversation(conversation)) ?? state;
      } catch (error) {
        log.error(
          { conversation, error: error instanceof Error ? error.stack : String(error) },
          "A turn could not be recorded; it starts again.",
        );
        // Where this fails too, the lease runs out: nobody renews it.
        await store.write((transaction) => transaction.releaseLease(taken.lease)).catch(() => undefined);
        return;
      } finally {
        activeTurns.end(active);
      }
    }
  };

  /** After a failure the pause holds, however much mail comes meanwhile: it counts towards giving up. */
  async function wait(lease: Lease, delayMs: number): Promise<void> {
    await store.write((transaction) => transaction.releaseLease(lease)).catch(() => undefined); // else it runs out
    deps.queue.wake(lease.conversation, { delayMs }).catch(() => undefined); // else the sweeper
  }

  async function releaseWhenEmpty(lease: Lease, isForced: boolean): Promise<boolean> {
    return store.write(async (transaction) => {
      if (!isForced && (await transaction.hasUnreadMail(lease.conversation))) return false;
      await transaction.releaseLease(lease);
      return true;
    });
  }

  /** True when the lease was given back. */
  async function runTurn(
    lease: Lease,
    state: ConversationState,
    found: TurnWork,
    active: ActiveTurn,
  ): Promise<boolean> {
    const { mail: said } = foldRevisions(found.items);
    const first = found.items[0]?.message;
    const policy = first && deps.policy(first.address.channel);
    let work = found;
    const commit = (end: TurnEnd, isInContext = true) => commitTurn(lease, state, work, end, isInContext);
    // An interrupted turn may end with work journalled but no mail left to answer: close it.
    if (first === undefined) return commit({ messages: [], outbox: [], kind: "turn.stopped" });
    if (policy === undefined)
      return commit(
        {
          messages: [],
          outbox: [],
          kind: "turn.refused",
          details: { reason: "the channel is not configured any more" },
        },
        false,
      );
    // Policy may have changed while the mail lay there, or while the process was down.
    const access = decideAccess(first, policy, deps.ownerIds(), await store.person(first.sender.id));
    if (access.verdict !== "allow")
      return commit(
        { messages: [], outbox: [], kind: "turn.refused", details: { reason: "not let in any more" } },
        false,
      );
    const mail = found.items.map(({ message }) => ({
      message,
      role: access.role,
      isForgeable: policy.forgeableSenders,
    }));
    work = { ...found, isTainted: found.isTainted || findTurnTaint(mail).length > 0 };
    try {
      const watched = await watchMail(deps, said, policy, access.role, active.signal);
      if (watched?.kind === "record")
        return await commit({
          messages: [],
          outbox: [],
          kind: "turn.recorded",
          extra: watched.save,
          ...(watched.after === undefined ? {} : { after: watched.after }),
        });
      const words = said.length === 1 ? said[0]?.message : undefined;
      const command =
        // In the owner's account a stranger's "/tmp is full" is no command.
        watched === undefined
          ? (parseCommand(words?.text ?? "") ?? (await findSpokenSchedule(deps, words, access.role, work)))
          : undefined;
      const mode = pickTurnMode(command, state);
      const isRefused =
        command !== undefined &&
        (!mayRun(command.name, access.role) ||
          (mode?.kind === "retry" && (await store.firstMessage(state.id, state.session)) === undefined));
      if (command !== undefined && (mode === undefined || isRefused))
        return await commitCommand(command, first, access.role, state, work, commit);
      const { role } = access;
      const result = await answerMail(deps, {
        lease,
        state,
        work,
        policy,
        role,
        active,
        offered,
        mode: mode ?? { kind: "answer" },
        ...(watched === undefined ? {} : { plan: watched.plan }),
      });
      const answered = watched === undefined ? result : await watched.finish(result);
      return await commitAnswer(answered, lease, state, {
        ...work,
        items: result.items,
        isTainted: result.isMailTainted,
        isJournalled: result.isJournalled,
      });
    } catch (error) {
      return await onFailure(error, lease, state, work, policy, active);
    }
  }

  async function commitCommand(
    { name, argument }: { readonly name: string; readonly argument: string },
    message: InboundMessage,
    role: Role,
    conversation: ConversationState,
    work: TurnWork,
    commit: (end: TurnEnd, isInContext?: boolean) => Promise<boolean>,
  ): Promise<boolean> {
    const { persona, reason } = await deps.pickPersona(conversation, deps.policy(message.address.channel), message);
    const result = await runCommand(name, {
      message,
      role,
      argument,
      conversation,
      store,
      now: now(),
      personas: deps.personas(),
      modelAliases: deps.models().list(),
      current: { persona: persona.name, personaReason: reason, model: deps.pickModel(conversation, persona) },
      deps,
    });
    const reply = {
      ...createReply(message, `${work.id}-0`, result.text),
      ...(result.choices === undefined ? {} : { choices: result.choices }),
    };
    const end: TurnEnd = {
      messages: [toShownMessage(conversation, work.id, reply, now())],
      outbox: [reply],
      kind: "command.run",
      details: { command: name },
    };
    return commit(result.commit === undefined ? end : { ...end, extra: result.commit }, false);
  }

  async function commitAnswer(
    result: AnswerResult,
    lease: Lease,
    state: ConversationState,
    work: TurnWork,
  ): Promise<boolean> {
    if (result.kind === "answered") return commitTurn(lease, state, work, result.end, true);
    // Waiting for a person: the journal has it all; the conversation is free for other mail meanwhile.
    await store.write(async (transaction) => {
      await result.save(transaction);
      await transaction.settlePreviews(lease.conversation);
      await transaction.addMessages(mailMessages(state, work, true));
      await transaction.checkFence(lease);
    });
    deps.deliverer.sendNow(result.cards, false);
    return false;
  }

  async function commitTurn(
    lease: Lease,
    state: ConversationState,
    work: TurnWork,
    end: TurnEnd,
    isInContext: boolean,
  ): Promise<boolean> {
    const [first] = end.outbox;
    const claim = first === undefined ? undefined : deps.deliverer.claimFor(first.address.channel);
    const change = {
      ...end.change,
      ...(state.attempts > 0 ? { attempts: 0, retryAt: 0 } : {}),
      ...titleOf(state, work),
    };
    deps.reach?.("before-commit");
    const saveWith = end.usage?.saveWith ?? ((write) => write(async () => undefined));
    const { isReleased, isClaimed } = await saveWith((saveUsage) =>
      store.write(async (transaction) => {
        await saveUsage(transaction);
        await transaction.markInboxDone(
          work.items.map((item) => item.seq),
          work.id,
        );
        await transaction.addMessages([...mailMessages(state, work, isInContext), ...end.messages]);
        for (const { targetId = "", kind, text, sender } of foldRevisions(work.items).revisions)
          await transaction.reviseMessage(
            lease.conversation,
            targetId,
            kind === "edit" ? { text, by: sender.id } : "gone",
          );
        const claimed = await transaction.addOutbox(end.outbox, lease.conversation, claim);
        if (work.isJournalled) await transaction.settlePreviews(lease.conversation);
        await end.extra?.(transaction);
        await transaction.updateConversation(lease.conversation, change);
        if (work.isJournalled || end.kind === "turn.failed")
          await transaction.setTurnState(
            work.id,
            end.kind === "turn.failed" ? "failed" : end.kind === "turn.stopped" ? "stopped" : "done",
          );
        await transaction.audit(
          { kind: end.kind, actor: "system", subject: lease.conversation, details: { turn: work.id, ...end.details } },
          now(),
        );
        const hasMore = state.hasOpenTurn || (await transaction.hasUnreadMail(lease.conversation));
        await (hasMore ? transaction.checkFence(lease) : transaction.releaseLease(lease));
        return { isReleased: !hasMore, isClaimed: claimed };
      }),
    );
    deps.reach?.("after-commit");
    end.after?.();
    deps.deliverer.sendNow(end.outbox, isClaimed, end.previewId);
    deps.onTurnDone?.(end.kind, now() - (work.items[0]?.receivedAt ?? work.startedAt));
    return isReleased;
  }

  /** True when the lease was given back. */
  async function onFailure(
    error: unknown,
    lease: Lease,
    state: ConversationState,
    work: TurnWork,
    policy: ChannelPolicy,
    active: ActiveTurn,
  ): Promise<boolean> {
    if (isAppError(error, "lease-lost") || active.reason() === "lease-lost") return true;
    if (active.reason() === "shutdown") {
      await store.write((transaction) => transaction.releaseLease(lease));
      return true;
    }
    const journalled = (await journalOf(work)) ?? work;
    if (active.reason() === "stop") return commitStopped(lease, state, journalled);
    // Nothing done yet: the mail simply lies there with the new mail. Otherwise what was done is kept as history.
    if (active.reason() === "interrupt")
      return journalled.isJournalled ? commitStopped(lease, state, journalled) : false;

    const reason = active.reason() === "timeout" ? "The answer took longer than allowed." : describeError(error);
    const isKnown = error instanceof AppError;
    if (!isKnown)
      log.error(
        { conversation: lease.conversation, error: error instanceof Error ? error.stack : String(error) },
        "A turn failed in an unexpected way.",
      );
    const retryAfterMs = isKnown ? error.retryAfterMs : 1_000;
    const attempts = state.attempts + 1;
    if (retryAfterMs === undefined || attempts >= maxAttempts || active.reason() === "timeout")
      return giveUp(lease, state, journalled, policy, reason, isAppError(error, "budget-exhausted"));
    const delayMs = Math.round(
      Math.max(retryAfterMs, Math.min(maxBackoffMs, 1_000 * 2 ** (attempts - 1)) * (0.75 + Math.random() / 2)),
    );
    await store.write(async (transaction) => {
      await transaction.updateConversation(lease.conversation, { attempts, retryAt: now() + delayMs });
      await transaction.audit(
        {
          kind: "turn.retried",
          actor: "system",
          subject: lease.conversation,
          details: { turn: work.id, attempts, reason },
        },
        now(),
      );
      await transaction.releaseLease(lease);
    });
    log.warn({ conversation: lease.conversation, attempts, delayMs, reason }, "A turn failed and will be tried again.");
    deps.queue.wake(lease.conversation, { delayMs }).catch(() => undefined); // else the sweeper
    return true;
  }

  async function journalOf(work: TurnWork): Promise<TurnWork | undefined> {
    const conversation = work.items[0]?.conversation;
    const open = conversation === undefined ? [] : await store.openTurns(conversation);
    const found = open.find(({ turn }) => turn.id === work.id);
    return found && { ...work, items: found.turn.inbox, steps: found.steps, isJournalled: true };
  }

  function commitStopped(lease: Lease, state: ConversationState, work: TurnWork): Promise<boolean> {
    return commitTurn(
      lease,
      state,
      work,
      { messages: stepMessages(state, work.id, closeOpenCalls(work.steps), now()), outbox: [], kind: "turn.stopped" },
      true,
    );
  }

  /** Visible failure: the person is told, the mail lies among the dead letters and can be retried. */
  async function giveUp(
    lease: Lease,
    state: ConversationState,
    work: TurnWork,
    policy: ChannelPolicy,
    reason: string,
    isBudget: boolean,
  ): Promise<boolean> {
    const message = work.items.at(-1)?.message;
    const reply = createFailureReply(message, work.id, policy, deps.ownerIds(), isBudget ? reason : undefined);
    const notice =
      message === undefined || reply !== undefined ? undefined : await tellUnanswered(deps, message, work.id, reason);
    const turn: TurnRecord = {
      id: work.id,
      conversation: lease.conversation,
      state: "failed",
      inbox: work.items,
      isTainted: work.isTainted,
      persona: "",
      startedAt: work.startedAt,
    };
    log.warn(
      { conversation: lease.conversation, turn: work.id, reason },
      "A message could not be answered and is kept among the dead letters.",
    );
    return commitTurn(
      lease,
      state,
      work,
      {
        messages: reply === undefined ? [] : [toShownMessage(state, work.id, reply, now())],
        outbox: reply === undefined ? [] : [reply],
        kind: "turn.failed",
        details: { reason },
        change: { attempts: 0, retryAt: 0 },
        extra: async (transaction) => {
          await transaction.saveTurn(turn);
          await notice?.(transaction);
          await transaction.addDeadLetter({ id: work.id, kind: "turn", ref: lease.conversation, reason, at: now() });
        },
      },
      false,
    );
  }
}
