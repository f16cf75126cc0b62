import type { DraftRecord } from "../core/cdc.ts";
import type { Budget, BudgetUse } from "../agent/budget.ts";
import type { CouncilStrategy } from "../agent/council.ts";
import type { Channel } from "../core/channel.ts";
import type { Logger } from "../core/log.ts";
import type { MemoryDesk } from "../core/memory.ts";
import type { Address, Attachment, InboundMessage } from "../core/message.ts";
import type { Model } from "../core/model.ts";
import type { Persona } from "../core/persona.ts";
import type { WakeQueue } from "../core/queue.ts";
import type { ConversationState, InboxItem, Role, Store } from "../core/store.ts";
import type { Tool } from "../core/tool.ts";
import type { SafetyMode } from "../safety/policy.ts";
import type { ActiveTurns } from "./active-turns.ts";
import type { Deliverer } from "./deliver.ts";
import type { JudgeParts } from "./desk/judge.ts";
import type { OwnMailDeps } from "./desk/own-mail.ts";
import type { Voice } from "./desk/voice.ts";
import type { PickedPersona } from "./pick-persona.ts";
import type { PipelineWorkflows } from "./runs/pipeline-workflows.ts";
import type { ChannelPolicy } from "./policy.ts";

/** Places in the path of a message where tests end the process. */
export type PathPoint =
  | "before-commit"
  | "after-commit"
  | "in-model-call"
  | "after-preview"
  | "between-steps"
  | "before-send"
  | "after-send";

/** Settings that may change while running: always read anew. */
export interface TurnSettings {
  readonly maxSteps: number;
  readonly maxTurnMs: number;
  readonly historyTokens: number;
  readonly safetyMode: SafetyMode;
  readonly ownerName: string;
  readonly timeZone: string;
  /** How long a question waits for its answer. */
  readonly approvalMs: number;
}

/** Everything a turn needs from outside; app.ts builds it. */
export interface PipelineDeps {
  readonly store: Store;
  readonly queue: WakeQueue;
  readonly deliverer: Deliverer;
  readonly activeTurns: ActiveTurns;
  readonly log: Logger;
  readonly now: () => number;
  /** This process, in leases. */
  readonly owner: string;
  readonly leaseMs: number;
  readonly settings: () => TurnSettings;
  readonly policy: (channel: string) => ChannelPolicy | undefined;
  readonly channel: (name: string) => Channel | undefined;
  readonly ownerIds: () => readonly string[];
  readonly personas: () => ReadonlyMap<string, Persona>;
  readonly models: () => { list(): readonly string[]; get(alias: string): Model };
  /** The bytes of a file that came with a message. Throws AppError "not-found". */
  readonly loadFile: (attachment: Attachment) => Promise<Uint8Array>;
  /** Where changed personas are kept. */
  readonly personaFiles: {
    save(name: string, instructions: string): Promise<void>;
    rollBack(name: string): Promise<boolean>;
  };
  /** Who answers this message, and why. */
  readonly pickPersona: (
    conversation: ConversationState,
    policy: ChannelPolicy | undefined,
    message: InboundMessage,
  ) => PickedPersona | Promise<PickedPersona>;
  /** Alias of the model that answers. */
  readonly pickModel: (conversation: Pick<ConversationState, "model">, persona: Persona) => string;
  /** Tools worth offering for this text, and those named anyway. */
  readonly pickTools: (persona: Persona, text: string, named: ReadonlySet<string>) => readonly Tool[];
  /** Absent: nothing is remembered beyond the conversation. */
  readonly memory?: MemoryDesk;
  readonly budget: Budget;
  readonly onBudgetWarning: (use: BudgetUse) => void;
  /** All tools that a persona may use. */
  readonly tools: (persona: Persona) => readonly Tool[];
  /** Who answers /council: aliases of models, the chair among them or not. */
  readonly council: () => {
    readonly members: readonly string[];
    readonly chair: string;
    readonly strategy: CouncilStrategy;
  };
  /** Tells what messages are and what is to become of them. */
  readonly judge: () => Promise<JudgeParts>;
  /** Keeps what the owner writes, where they agreed to be learned from. */
  readonly keepOwnWords: OwnMailDeps["keepOwnWords"];
  /** The owner's manner of writing. */
  readonly voice: Voice;
  /** Who writes in the owner's name on this channel. */
  readonly ownerPersona: (policy: ChannelPolicy) => Persona;
  /** Starts the workflows that a message sets off; resolves with their names. Absent: there are none. */
  readonly startWorkflows?: (item: InboxItem, role: Role, isTainted: boolean) => Promise<readonly string[]>;
  /** Workflows for the chat's commands; made when it is asked for. Absent: there are none. */
  readonly workflows?: () => Promise<PipelineWorkflows>;
  /** What a digest would tell of the last hours. */
  readonly previewDigest?: (hours: number) => Promise<string>;
  /** A draft was made: it is shown where the owner's own programs show drafts. */
  readonly onDraft?: (draft: DraftRecord) => void;
  /** The owner answered themselves before a draft was looked at. */
  readonly onOvertaken?: (draft: DraftRecord, words: string) => void;
  /** Where the owner can be asked something; undefined: nowhere. */
  readonly ownerPlace: () => Promise<Address | undefined>;
  /** What /status says. */
  readonly status: () => Promise<string>;
  readonly onTurnDone?: (kind: string, ms: number) => void;
  readonly onModelUsage?: (model: string, inputTokens: number, outputTokens: number, ms: number) => void;
  readonly reach?: (point: PathPoint) => void;
}
