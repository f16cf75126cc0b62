import type { Spender } from "../../agent/budget.ts";
import { runModelStep } from "../../agent/step.ts";
import type { Classification, MessageToClassify } from "../../cdc/classification.ts";
import { applyRules } from "../../cdc/learned-rules/apply-rules.ts";
import { formatSecondOpinion, needsSecondOpinion, parseSecondOpinion } from "../../cdc/tier-two.ts";
import { describeError } from "../../core/errors.ts";
import { createCode } from "../../core/id.ts";
import type { InboundMessage } from "../../core/message.ts";
import { conversationId } from "../../core/message.ts";
import type { PipelineDeps } from "../deps.ts";
import type { ChannelPolicy } from "../policy.ts";
import { createTurnUsage } from "../turn-usage.ts";

/** A message waits no longer for a second opinion. */
const opinionMs = 20_000;

/**
 * What was read from a message, changed by a model's second opinion where the first was unsure, and by what the owner
 * taught, which outranks both. A model is asked only where answers in the owner's name are wanted, and within the
 * budget; where it fails, the first reading stands.
 */
export async function refineClassification(
  deps: PipelineDeps,
  policy: ChannelPolicy,
  message: InboundMessage,
  toClassify: MessageToClassify,
  first: Classification,
  signal: AbortSignal,
): Promise<Classification> {
  const asked = policy.reply === undefined ? first : await askAgain(deps, policy, message, toClassify, first, signal);
  const rules = await deps.store.cdc.rules("judgement");
  if (rules.length === 0) return asked;
  const { text, sender, address, subject } = message;
  const known = {
    senderId: sender.id,
    conversation: conversationId(address),
    text,
    ...(subject === undefined ? {} : { subject }),
  };
  return applyRules(rules, known, asked, deps.settings().timeZone);
}

async function askAgain(
  deps: PipelineDeps,
  policy: ChannelPolicy,
  message: InboundMessage,
  toClassify: MessageToClassify,
  first: Classification,
  signal: AbortSignal,
): Promise<Classification> {
  const persona = deps.ownerPersona(policy);
  const conversation = conversationId(message.address);
  const spender = { conversation, person: message.sender.id, persona };
  if (!needsSecondOpinion(first, { isWithin: canSpend(deps, spender) })) return first;
  const model = deps.models().get(deps.pickModel({}, persona));
  const usage = createTurnUsage(deps, spender, model.id);
  try {
    const request = formatSecondOpinion(toClassify, createCode(12));
    const limit = AbortSignal.any([signal, AbortSignal.timeout(opinionMs)]);
    const { text } = await runModelStep(model, request, limit, () => undefined, usage.add);
    return parseSecondOpinion(text, first, toClassify);
  } catch (error) {
    if (signal.aborted) throw error;
    deps.log.warn({ conversation, error: describeError(error) }, "No second opinion could be had on a message.");
    return first;
  } finally {
    await usage.save();
  }
}

function canSpend(deps: PipelineDeps, spender: Spender): boolean {
  try {
    deps.budget.check(spender);
    return true;
  } catch {
    return false;
  }
}
