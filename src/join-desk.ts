import type { Channel } from "./core/channel.ts";
import type { DecisionRecord, DraftRecord } from "./core/cdc.ts";
import { describeError } from "./core/errors.ts";
import type { OutboundMessage } from "./core/message.ts";
import type { DraftDeps } from "./pipeline/desk/answer-draft.ts";
import type { OwnerNotices } from "./pipeline/owner-notices.ts";
import type { Config } from "../config/schema.ts";
import type { Logger } from "./core/log.ts";
import type { Persona } from "./core/persona.ts";
import { runApart } from "./core/run-apart.ts";
import type { Store } from "./core/store.ts";
import type { StyleProfile } from "./core/style.ts";
import type { PipelineDeps } from "./pipeline/deps.ts";
import { createDeskChores } from "./pipeline/desk/chores.ts";
import { learnFromAnswer } from "./pipeline/desk/learn-from-answer.ts";
import { createAnswerShower } from "./pipeline/desk/show-answers.ts";
import { styleFacts } from "./pipeline/desk/known-manner.ts";
import type { JudgeParts } from "./pipeline/desk/judge.ts";
import type { OwnerManner } from "./pipeline/desk/manner.ts";

const placeMs = 60_000;
const learnMs = 60_000;

export interface DeskOptions {
  readonly config: () => Config;
  readonly store: Store;
  readonly now: () => number;
  readonly log: Logger;
  readonly personas: () => ReadonlyMap<string, Persona>;
  readonly notices: Pick<OwnerNotices, "showDraft" | "showOutcome" | "place">;
  readonly wake: (conversation: string) => void;
  readonly sendNow: (messages: readonly OutboundMessage[]) => void;
  readonly channel: (name: string) => Channel | undefined;
}

/** What watches the channels for the owner, and writes in their name. */
export function joinDesk(options: DeskOptions): {
  readonly pipeline: Pick<
    PipelineDeps,
    "judge" | "keepOwnWords" | "voice" | "ownerPersona" | "onDraft" | "onOvertaken"
  >;
  readonly drafts: Omit<DraftDeps, "store" | "now">;
  readonly chores: () => Promise<void>;
  /** What the owner said of a decision on the page. */
  readonly onCorrected: (decision: DecisionRecord, correction: "asks" | "ignore") => void;
} {
  const { config, personas, notices, log, store } = options;
  // Both are made with the first message that needs them: many services never watch.
  let judging: Promise<JudgeParts> | undefined;
  let manner: Promise<OwnerManner> | undefined;

  function judge(): Promise<JudgeParts> {
    judging ??= import("./pipeline/desk/load-judge.ts").then(({ loadJudge }) => loadJudge());
    return judging;
  }

  function useManner(): Promise<OwnerManner> {
    manner ??= import("./pipeline/desk/manner.ts").then(({ createOwnerManner }) =>
      createOwnerManner({
        store,
        log,
        now: options.now,
        learn: (observations) =>
          runApart<StyleProfile | undefined>({
            where: "thread",
            module: new URL("./style/learn.ts", import.meta.url).href,
            name: "learnFromObservations",
            input: observations,
            timeoutMs: learnMs,
            maxMemoryMb: 256,
          }),
      }),
    );
    return manner;
  }

  const runChores = createDeskChores({
    store,
    log,
    now: options.now,
    wake: options.wake,
    ownerPlace: notices.place,
    onDraftSettled: onSettled,
  });

  const showAnswers = createAnswerShower({
    store,
    elsewhere: { id: "cli", name: "the terminal" },
    showDraft: (draft) => {
      placeDraft(draft);
      notices.showDraft(draft);
    },
    showApproval: notices.showOutcome,
  });

  /** Shown where the owner's own programs show drafts, and taken from there once it is answered. */
  function placeDraft(draft: DraftRecord): void {
    const { address } = draft.message;
    const message = draft.state === "pending" ? draft.message : undefined;
    options
      .channel(address.channel)
      ?.saveDraft?.(draft.id, message, AbortSignal.timeout(placeMs))
      .catch((error: unknown) =>
        log.warn(
          { draft: draft.id, error: describeError(error) },
          "The draft could not be put among the account's drafts.",
        ),
      );
  }

  function onSettled(draft: DraftRecord): void {
    placeDraft(draft);
    notices.showDraft(draft);
    learnFromAnswer({ store, now: options.now, manner: useManner }, draft).catch((error: unknown) =>
      log.warn({ draft: draft.id, error: describeError(error) }, "Nothing could be learned from an answered draft."),
    );
  }

  return {
    drafts: {
      timeZone: () => config().owner.timeZone,
      judge,
      onDraftAnswered: (draft, sent, hasMail) => {
        if (hasMail) options.wake(draft.conversation);
        if (sent !== undefined) options.sendNow([sent]);
        onSettled(draft);
      },
    },
    onCorrected: (decision, correction) => {
      import("./pipeline/desk/learn-correction.ts")
        .then(({ prepareCorrection }) => prepareCorrection(store, decision, correction, options.now))
        .then(({ save }) => store.write(save))
        .catch((error: unknown) =>
          log.warn(
            { decision: decision.id, error: describeError(error) },
            "Nothing could be learned from a correction.",
          ),
        );
    },
    chores: async () => {
      await runChores();
      await showAnswers();
      // Without consent there is nothing to learn from.
      if (manner !== undefined || (await store.cdc.fact(styleFacts.consent)) !== undefined)
        await (await useManner()).relearn();
    },
    pipeline: {
      onDraft: placeDraft,
      onOvertaken: (draft, words) => onSettled({ ...draft, state: "overtaken", sentText: words }),
      judge,
      keepOwnWords: async (items) => (await useManner()).keepOwnWords(items),
      voice: {
        describe: async (question) => (await useManner()).voice.describe(question),
        finish: async (question, text) => (await useManner()).voice.finish(question, text),
      },
      ownerPersona: (policy) => {
        const byName = personas();
        return (
          byName.get(policy.persona ?? "") ??
          byName.get("delegate") ?? {
            name: "delegate",
            description: "",
            instructions: "You write for the owner, in the first person. Write only the message itself.",
            replyMode: "draft",
            maxSteps: config().agent.maxSteps,
          }
        );
      },
    },
  };
}
