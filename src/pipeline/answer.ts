import { textOf } from "../agent/context.ts";
import { runCouncil } from "../agent/council.ts";
import { runAgent, type AgentOutcome, type AgentRun } from "../agent/loop.ts";
import { formatMail, formatSystemPrompt } from "../agent/prompt.ts";
import { AppError } from "../core/errors.ts";
import type { ModelMessage } from "../core/model.ts";
import type { OutboundMessage } from "../core/message.ts";
import type {
  ConversationState,
  InboxItem,
  Lease,
  OutboxItem,
  Role,
  StepRecord,
  StoreTransaction,
} from "../core/store.ts";
import { createReply, say, toShownMessage } from "../core/say.ts";
import { findTurnTaint } from "../safety/taint.ts";
import type { ActiveTurn } from "./active-turns.ts";
import { createQuestions, pickPlace } from "./approvals.ts";
import type { PipelineDeps } from "./deps.ts";
import type { ChannelPolicy } from "./policy.ts";
import { convene } from "./convene.ts";
import { decideCall } from "./decide-call.ts";
import { formatForOwner } from "./desk/draft-card.ts";
import { makeDraft } from "./desk/make-draft.ts";
import { speakAsOwner, type Spoken } from "./desk/speak.ts";
import { prepareAnswered, type WatchPlan } from "./desk/watch.ts";
import { createGrowingReply } from "./growing-reply.ts";
import { loadContext, type Context } from "./load-context.ts";
import { pickOwnRevisions, pickSteering } from "./mid-turn-mail.ts";
import type { OfferedTools } from "./offered-tools.ts";
import { addRecalled } from "./recall.ts";
import { addFiles } from "./shown-files.ts";
import { showProgress } from "./progress.ts";
import { foldRevisions } from "./revise.ts";
import { createTurnUsage } from "./turn-usage.ts";
import { planChoices, type TurnMode } from "./turn-mode.ts";
import { listMadeFiles, stepMessages, type TurnEnd, type TurnWork } from "./turn-work.ts";

/** Mail that one step of a steered turn takes in. */
const maxSteering = 20;

export interface AnswerRequest {
  readonly lease: Lease;
  readonly state: ConversationState;
  readonly work: TurnWork;
  readonly policy: ChannelPolicy;
  readonly role: Role;
  readonly active: ActiveTurn;
  readonly mode: TurnMode;
  /** It is answered in the owner's name. Absent: as the bot. */
  readonly plan?: Exclude<WatchPlan, { kind: "record" }>;
  readonly offered: OfferedTools;
}

export type AnswerResult =
  /** `items` is the mail answered: with mail that came in mid-turn. */
  | {
      readonly kind: "answered";
      readonly end: TurnEnd;
      readonly items: readonly InboxItem[];
      readonly isMailTainted: boolean;
      readonly isJournalled: boolean;
    }
  | {
      readonly kind: "waiting";
      readonly save: (transaction: StoreTransaction) => Promise<void>;
      readonly cards: readonly OutboundMessage[];
      readonly items: readonly InboxItem[];
      readonly isMailTainted: boolean;
      readonly isJournalled: true;
    };

/**
 * Has the persona answer the mail: history and memory into the prompt, model and tools step by step, each step
 * journalled. Writes nothing but the journal; the caller commits what it returns. Throws AppError.
 */
export async function answerMail(deps: PipelineDeps, request: AnswerRequest): Promise<AnswerResult> {
  const { lease, state, work, policy, active, mode } = request;
  const { store, now } = deps;
  const settings = deps.settings();
  const last = foldRevisions(work.items).mail.at(-1)?.message;
  if (last === undefined) throw new Error("a turn without mail");
  const { plan } = request;
  const { persona, reason, isFound } =
    plan === undefined
      ? await deps.pickPersona(state, policy, last)
      : { persona: deps.ownerPersona(policy), reason: "it writes in the owner's name", isFound: false };
  const spender = { conversation: state.id, person: last.sender.id, persona };
  deps.budget.check(spender);
  const model = deps.models().get(deps.pickModel(state, persona));
  const usage = createTurnUsage(deps, spender, model.id);
  const context = await loadContext(deps, lease, state, work, model, active.signal, usage.add).finally(usage.save);
  // Mail that steered the turn before it was cut off stands among the steps.
  const steered = work.steps.reduce(
    (count, { message }) => count + (message.role === "user" ? message.content.length : 0),
    0,
  );
  const asked = foldRevisions(work.items.slice(0, work.items.length - steered)).mail;
  const order = mode.kind === "retry" ? findLastQuestion(context) : "text" in mode ? mode.text : undefined;
  const mail = formatMail(
    order === undefined ? asked : asked.map((item) => ({ ...item, message: { ...item.message, text: order } })),
    work.isTainted,
  );
  const recalled = await addRecalled(deps, mail, last, state.id, context);
  const named = new Set(
    work.steps.flatMap((step) => step.message.content.flatMap((part) => (part.type === "toolCall" ? [part.name] : []))),
  );
  const epoch = JSON.stringify([persona.name, state.session, context.summary]);
  const isTainted = work.isTainted || context.isOutside || recalled.isOutside;

  let items = work.items;
  let isMailTainted = work.isTainted || recalled.isOutside;
  let isJournalled = work.isJournalled;
  if (isJournalled) active.markJournalled();
  const approvals = new Map(
    work.steps.length === 0
      ? []
      : (await store.approvalsOfTurn(work.id)).map((approval) => [approval.callId, approval] as const),
  );
  // The reply to go on with after a person was asked is another message than what was said before the question.
  const outboundId = `${work.id}-${approvals.size}`;
  /** Drafts and silent answers show nothing of themselves, while they are written either. */
  const isSent = plan === undefined ? persona.replyMode === "auto" : plan.kind === "reply";
  const isShown = isSent && plan === undefined;
  const progress = isShown ? showProgress(deps, last, outboundId, active.signal) : undefined;
  const growing = isShown
    ? createGrowingReply(deps, {
        reply: createReply(last, outboundId, ""),
        signal: active.signal,
        left: work.isJournalled ? await findPreview(outboundId) : undefined,
        write: writeJournalled,
      })
    : undefined;
  const timer = setTimeout(() => active.abort("timeout"), settings.maxTurnMs);

  /** The turn's row with all its mail; from now on that mail lies with the journal. */
  async function saveJournal(transaction: StoreTransaction): Promise<void> {
    await transaction.saveTurn({
      id: work.id,
      conversation: state.id,
      state: "running",
      inbox: items,
      isTainted,
      persona: persona.name,
      startedAt: work.startedAt,
    });
    await transaction.markInboxDone(
      items.map((item) => item.seq),
      work.id,
    );
  }

  /** Runs the work in a transaction of this turn that has it journalled. */
  async function writeJournalled<T>(write: (transaction: StoreTransaction) => Promise<T>): Promise<T> {
    const value = await store.write(async (transaction) => {
      await transaction.checkFence(lease);
      if (!isJournalled) {
        await saveJournal(transaction);
        await transaction.updateConversation(state.id, { hasOpenTurn: true });
      }
      return write(transaction);
    });
    isJournalled = true;
    active.markJournalled();
    return value;
  }

  async function findPreview(id: string): Promise<OutboxItem | undefined> {
    const item = await store.outboxItem(id);
    return item?.state === "preview" ? item : undefined;
  }

  async function saveStep(
    step: StepRecord,
    commits: ReadonlyArray<(transaction: StoreTransaction) => Promise<void>>,
  ): Promise<void> {
    await usage.saveWith((saveUsage) =>
      writeJournalled(async (transaction) => {
        await transaction.saveStep(step);
        for (const commit of commits) await commit(transaction);
        await saveUsage(transaction);
      }),
    );
    deps.reach?.("between-steps");
  }

  /** Changes of this turn's own mail, and, for a turn that can be steered, more mail: it becomes part of this turn. */
  async function pollMail(): Promise<ModelMessage | undefined> {
    deps.budget.check(spender);
    if (!active.takeNewMail()) return undefined;
    const own = new Set(items.map((item) => item.seq));
    const unread = (await store.unreadMail(state.id, maxSteering + own.size)).filter((item) => !own.has(item.seq));
    const fresh = policy.midTurn === "steer" ? pickSteering(unread, last?.sender.id) : pickOwnRevisions(unread, items);
    if (fresh.length === 0) return undefined;
    items = [...items, ...fresh];
    const isOutsideMail =
      findTurnTaint(fresh.map(({ message }) => ({ message, role: request.role, isForgeable: policy.forgeableSenders })))
        .length > 0;
    isMailTainted ||= isOutsideMail;
    if (isJournalled) {
      await store.write(async (transaction) => {
        await transaction.checkFence(lease);
        await saveJournal(transaction);
      });
    }
    return formatMail(fresh, work.isTainted || isOutsideMail);
  }

  let outcome: AgentOutcome;
  let spoken: Spoken | undefined;
  let previewId: string | undefined;
  try {
    const run: AgentRun = {
      model,
      system: formatSystemPrompt({
        persona,
        ownerName: settings.ownerName,
        timeZone: settings.timeZone,
        now: now(),
        channel: policy.platform,
        isGroup: last.isGroup,
        summary: context.summary,
        goal: context.goal,
        manner: plan === undefined ? undefined : await deps.voice.describe(last),
      }),
      messages: [...context.kept.map(({ message }) => message), await addFiles(recalled.mail, asked, deps)],
      tools: request.offered
        .pick(state.id, epoch, deps.pickTools(persona, textOf(mail), named), deps.tools(persona))
        .filter(({ effect }) => mode.kind !== "plan" || effect === "read"),
      maxSteps: Math.min(persona.maxSteps, settings.maxSteps),
      ...(persona.temperature === undefined ? {} : { temperature: persona.temperature }),
      toolContext: {
        conversation: state.id,
        address: last.address,
        sender: last.sender,
        isGroup: last.isGroup,
        turnId: work.id,
        now,
      },
      finished: work.steps,
      isTainted,
      signal: active.signal,
      hooks: {
        onText: (text) => {
          progress?.onText(text);
          growing?.onText(text);
          deps.reach?.("in-model-call");
        },
        saveStep,
        pollMail,
        decideCall: async (call, tool, tainted) =>
          decideCall(approvals.get(call.id), {
            effect: tool.effect,
            isTainted: tainted,
            safetyMode: settings.safetyMode,
            role: request.role,
            ...(persona.approve === undefined ? {} : { approve: persona.approve }),
          }),
        onSpend: usage.add,
        onFault: (error, tool) =>
          deps.log.error(
            { tool, error: error instanceof Error ? error.stack : String(error) },
            "A tool failed in an unexpected way.",
          ),
      },
    };
    outcome =
      mode.kind === "council"
        ? await runCouncil(convene(deps, run, { id: work.id, conversation: state.id, model }))
        : await runAgent(run);
    if (plan !== undefined && outcome.kind === "answer") spoken = await speakAsOwner(deps, run, outcome, last);
  } catch (error) {
    await usage.save();
    throw error;
  } finally {
    clearTimeout(timer);
    progress?.end();
    previewId = await growing?.end();
  }
  return outcome.kind === "answer" ? answered(outcome) : waiting(outcome);

  async function answered(answer: Extract<AgentOutcome, { kind: "answer" }>): Promise<AnswerResult> {
    if (spoken?.kind === "for-owner") return toOwner(answer, spoken.note);
    const text =
      answer.text.trim() === ""
        ? "(The model gave an empty answer. Please ask again, perhaps in other words.)"
        : (spoken?.text ?? answer.text);
    const reply: OutboundMessage = {
      ...createReply(last as NonNullable<typeof last>, outboundId, text),
      attachments: listMadeFiles(answer.steps),
      ...(mode.kind === "plan" ? { choices: planChoices } : {}),
    };
    const said = { ...toShownMessage(state, work.id, reply, now()), inContext: true };
    const final = { ...said, message: spoken === undefined ? answer.final : said.message };
    const isDraft = plan === undefined ? persona.replyMode === "draft" : plan.kind === "draft";
    const made = isDraft ? await draft(reply) : undefined;
    const extra = made?.save ?? (spoken === undefined ? undefined : await afterReply(text));
    const end: TurnEnd = {
      // What is only proposed was not said: the model finds it in the history once it is sent.
      messages: [
        ...stepMessages(state, work.id, answer.steps, now()),
        ...(isDraft ? [] : [isSent ? final : { ...final, shown: undefined }]),
      ],
      outbox: isSent ? [reply] : [],
      ...(previewId === undefined ? {} : { previewId }),
      ...(extra === undefined ? {} : { extra }),
      ...(made === undefined ? {} : { after: made.after }),
      usage,
      change: {
        ...(isFound && state.foundPersona !== persona.name ? { foundPersona: persona.name } : {}),
        ...(mode.kind === "plan" ? { plan: text } : mode.kind === "carry-out" ? { plan: null } : {}),
      },
      kind: "turn.answered",
      details: { persona: persona.name, because: reason, model: usage.lastModel() },
    };
    return { kind: "answered", end, items, isMailTainted, isJournalled };
  }

  /** A draft is never sent by itself. */
  function draft(reply: OutboundMessage) {
    const score = spoken?.kind === "text" ? spoken.score : undefined;
    return makeDraft(deps, {
      conversation: state.id,
      turnId: work.id,
      question: last as NonNullable<typeof last>,
      asked: asked.map(({ message }) => message.text).join("\n\n"),
      reply,
      reason: plan?.kind === "draft" ? plan.reason : `${persona.name} only drafts.`,
      asksOwner: plan?.kind === "draft" ? plan.asksOwner : true,
      ...(score === undefined ? {} : { score }),
    });
  }

  async function afterReply(text: string) {
    const said = [{ text, hasFiles: false, sentAt: now() }];
    return prepareAnswered({ ...deps, ...(await deps.judge()), timeZone: settings.timeZone }, state.id, said, "us");
  }

  /** The persona found that the owner should see to it: nothing is written in their name. */
  async function toOwner(answer: Extract<AgentOutcome, { kind: "answer" }>, note: string): Promise<AnswerResult> {
    const address = await deps.ownerPlace();
    const message = address && formatForOwner(`${outboundId}-owner`, address, last as NonNullable<typeof last>, note);
    const end: TurnEnd = {
      messages: stepMessages(state, work.id, answer.steps, now()),
      outbox: [],
      usage,
      kind: "turn.recorded",
      details: { persona: persona.name, because: "it is for the owner", model: usage.lastModel() },
      ...(message === undefined ? {} : { extra: (transaction) => say(transaction, message, now()) }),
    };
    return { kind: "answered", end, items, isMailTainted, isJournalled };
  }

  async function waiting(question: Extract<AgentOutcome, { kind: "waiting" }>): Promise<AnswerResult> {
    const questions = createQuestions(
      deps,
      {
        conversation: state.id,
        turnId: work.id,
        place: await pickPlace(deps, last as NonNullable<typeof last>, request.role),
        expiresAt: now() + settings.approvalMs,
      },
      question.calls,
    );
    const isAsked = questions.approvals.some((approval) => approval.state === "pending");
    return {
      kind: "waiting",
      items,
      isMailTainted,
      isJournalled: true,
      cards: questions.cards,
      save: async (transaction) => {
        await transaction.saveTurn({
          id: work.id,
          conversation: state.id,
          state: isAsked ? "waiting" : "ready",
          inbox: items,
          isTainted: question.isTainted,
          persona: persona.name,
          startedAt: work.startedAt,
        });
        await transaction.setTurnState(work.id, isAsked ? "waiting" : "ready");
        await questions.save(transaction);
      },
    };
  }
}

/** Commands are no questions. Throws AppError where nothing was asked. */
function findLastQuestion({ kept }: Context): string {
  const said = kept
    .filter(({ message }) => message.role === "user")
    .map(({ message }) => textOf(message).trim())
    .findLast((text) => text !== "" && !text.startsWith("/"));
  if (said === undefined) throw new AppError("bad-input", "There is nothing here that could be tried again.");
  return said;
}
