import type { AnswerResult } from "../answer.ts";
import type { PipelineDeps } from "../deps.ts";
import type { ChannelPolicy } from "../policy.ts";
import { describeError } from "../../core/errors.ts";
import type { InboundMessage } from "../../core/message.ts";
import type { InboxItem, Role, StoreTransaction } from "../../core/store.ts";
import { parseCommand } from "../commands/command.ts";
import { findTaint } from "../../safety/taint.ts";
import { isWatched, judgeMail, type Judged, type JudgeParts } from "./judge.ts";
import { prepareOwnMail, type OwnMailDeps } from "./own-mail.ts";
import { planTurn, prepareWatch, type WatchPlan } from "./watch.ts";

type Save = (transaction: StoreTransaction) => Promise<void>;

/** What is to become of watched mail: nothing but what `save` writes, or an answer in the owner's name. */
export type WatchedMail =
  | { readonly kind: "record"; readonly save: Save; readonly after?: () => void }
  | {
      readonly kind: "answer";
      readonly plan: Exclude<WatchPlan, { kind: "record" }>;
      /** Looks once more whether the owner has answered meanwhile; what they say is what counts. */
      finish(result: AnswerResult): Promise<AnswerResult>;
    };

/**
 * Decides upon the mail of a turn that nobody said to the bot; undefined: it is answered as the bot answers. Reads only.
 */
export async function watchMail(
  deps: PipelineDeps,
  items: readonly InboxItem[],
  policy: ChannelPolicy,
  role: Role,
  signal: AbortSignal,
): Promise<WatchedMail | undefined> {
  const last = items.at(-1);
  if (last === undefined) return { kind: "record", save: async () => undefined };
  if (isOwners(last.message, policy, role))
    return { kind: "record", ...(await prepareOwnMail(await toOwnMail(deps), items)) };
  const started = await startWorkflows(deps, items, policy, role);
  if (items.some(({ message }) => !isWatched(message, policy, role)))
    // What set a workflow off is answered by it; what came beside it is answered by the bot.
    return items.every((item) => started.has(item.seq)) ? { kind: "record", save: async () => undefined } : undefined;
  const { refineClassification } = await import("./refine.ts");
  const judged = await judgeMail(
    {
      ...(await toAnswered(deps)),
      refine: (message, toClassify, first) => refineClassification(deps, policy, message, toClassify, first, signal),
    },
    items,
    policy,
    role,
  );
  const plan = planTurn(judged);
  // Without a language model nothing is written in anybody's name.
  if (plan.kind !== "record" && deps.models().get(deps.pickModel({}, deps.ownerPersona(policy))).id === "offline")
    return leave(deps, judged, noModel);
  if (plan.kind === "record") return { kind: "record", save: await prepareWatch(await toAnswered(deps), judged, plan) };
  if (await hasAnswered(deps, last, signal)) return leave(deps, judged, answeredMeanwhile);
  return {
    kind: "answer",
    plan,
    async finish(result) {
      if (result.kind !== "answered") return result;
      const { end } = result;
      if (await hasAnswered(deps, last, signal)) {
        const { save } = await leave(deps, judged, answeredMeanwhile);
        // What the model cost is still counted.
        const { outbox: _outbox, messages: _messages, previewId: _previewId, after: _after, ...kept } = end;
        return { ...result, end: { ...kept, messages: [], outbox: [], kind: "turn.recorded", extra: save } };
      }
      // The persona found that the owner should see to it, and told them.
      const isLeft = end.kind === "turn.recorded";
      const { save } = isLeft
        ? await leave(deps, judged, leftToOwner)
        : { save: await prepareWatch(await toAnswered(deps), judged, plan) };
      return {
        ...result,
        end: {
          ...end,
          extra: async (transaction) => {
            await save(transaction);
            await end.extra?.(transaction);
          },
        },
      };
    },
  };
}

/** What the desk works with. */
async function toAnswered(deps: PipelineDeps): Promise<PipelineDeps & JudgeParts & { readonly timeZone: string }> {
  return { ...deps, ...(await deps.judge()), timeZone: deps.settings().timeZone };
}

async function toOwnMail(deps: PipelineDeps): Promise<OwnMailDeps> {
  const { ownerName } = deps.settings();
  return { ...(await toAnswered(deps)), ownNames: ownerName === "" ? [] : [ownerName] };
}

/**
 * Before anything is committed: a crash in between asks again, and the run is known. Resolves with the mail that began
 * one. Commands set nothing off.
 */
async function startWorkflows(
  deps: PipelineDeps,
  items: readonly InboxItem[],
  { forgeableSenders }: ChannelPolicy,
  role: Role,
): Promise<ReadonlySet<number>> {
  const started = new Set<number>();
  for (const item of items) {
    if (parseCommand(item.message.text) !== undefined) continue;
    const isTainted = findTaint({ message: item.message, role, isForgeable: forgeableSenders }) !== undefined;
    if (((await deps.startWorkflows?.(item, role, isTainted)) ?? []).length > 0) started.add(item.seq);
  }
  return started;
}

/** Did the owner write it: with another program of the same account, or in a room that we watch? */
function isOwners(message: InboundMessage, { mode }: ChannelPolicy, role: Role): boolean {
  if (message.isOwn === true) return true;
  return role === "owner" && (mode === "listen" || !message.isAddressed) && message.kind === "message";
}

/** By mail that lies there already, or that the platform knows of. Where it cannot be asked, what is known counts. */
async function hasAnswered(deps: PipelineDeps, item: InboxItem, signal: AbortSignal): Promise<boolean> {
  const unread = await deps.store.unreadMail(item.conversation, 50);
  if (unread.some(({ seq, message }) => seq > item.seq && message.isOwn === true)) return true;
  const channel = deps.channel(item.message.address.channel);
  try {
    return (await channel?.findOwnAnswer?.(item.message, signal)) !== undefined;
  } catch (error) {
    if (signal.aborted) throw error;
    deps.log.warn(
      { conversation: item.conversation, error: describeError(error) },
      "It could not be looked up whether the owner has answered already.",
    );
    return false;
  }
}

const answeredMeanwhile = "you have answered meanwhile";
const leftToOwner = "it was left to you";
const noModel = "no language model is set up, so nothing could be written";

/** Nothing is written in the owner's name after all: they were faster, should see to it, or nobody can write. */
async function leave(
  deps: PipelineDeps,
  judged: readonly Judged[],
  reason: typeof answeredMeanwhile | typeof leftToOwner | typeof noModel,
): Promise<Extract<WatchedMail, { kind: "record" }>> {
  const left = judged.map((each): Judged => {
    const { decision, record } = each;
    const wasToBeWritten = decision.action !== "ignore" && decision.action !== "digest";
    if (reason !== answeredMeanwhile && !wasToBeWritten) return each;
    const tellsOwner = reason === noModel && decision.tellsOwner;
    const action =
      reason === answeredMeanwhile ? "ignore" : reason === leftToOwner || tellsOwner ? "escalate" : "digest";
    const reasons = [reason, ...record.reasons];
    return {
      ...each,
      decision: { ...decision, action, tellsOwner, reasons: [reason] },
      record: { ...record, action, tellsOwner, reasons },
    };
  });
  return { kind: "record", save: await prepareWatch(await toAnswered(deps), left, { kind: "record" }) };
}
