import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createId } from "../../../src/core/id.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { say } from "../../../src/core/say.ts";
import type { ApprovalRecord, Store } from "../../../src/core/store.ts";
import { openRunStates, parseRunConversation, type RunCause, type RunRecord } from "../../../src/core/workflow-run.ts";
import type { Workflow } from "../../../src/core/workflow.ts";
import { parseWorkflow } from "../../../src/scheduler/language/parse-workflow.ts";
import {
  gateTool,
  type AskRequest,
  type AskResult,
  type QuestionPlace,
  type Questions,
  type WorkflowDeps,
} from "../../../src/scheduler/run/contracts.ts";
import { createWorkflowRunner, type WorkflowRunner } from "../../../src/scheduler/run/runner.ts";
import { createStore, openDatabase, type OpenStore } from "../../../src/store/index.ts";
import { createFakeClock, type FakeClock } from "../../doubles/fake-clock.ts";
import { createTools, openWorld, type World } from "./world.ts";

export const byHand: RunCause = {
  kind: "manual",
  by: "test:ada",
  role: "owner",
  payload: { n: 1 },
  isOutside: false,
};

export interface Scene {
  readonly store: OpenStore;
  readonly clock: FakeClock;
  readonly world: World;
  readonly runner: WorkflowRunner;
  /** Conversations rung for. */
  readonly rung: string[];
  start(workflow: string, inputs?: Record<string, unknown>): Promise<RunRecord>;
  /** Works on everything that is due, until nothing is. */
  work(): Promise<void>;
  /** Goes on in time until all runs have ended or `rounds` are over; answers nothing. */
  workThrough(rounds?: number): Promise<void>;
  run(id: string): Promise<RunRecord>;
  /** "path state" of each step, in the order in which they were begun. */
  steps(id: string): Promise<readonly string[]>;
  /** Texts sent, in order. */
  sent(): Promise<readonly string[]>;
  pending(): Promise<readonly ApprovalRecord[]>;
  answer(approval: ApprovalRecord | undefined, state: "approved" | "denied", by?: string): Promise<void>;
  close(): Promise<void>;
}

export interface SceneOptions {
  readonly workflows: readonly string[];
  readonly deps?: Partial<WorkflowDeps>;
  readonly clock?: FakeClock;
  /** A folder that is there already, with what an earlier scene left in it. */
  readonly folder?: string;
  /** A database that is there already; absent: a file in the folder. */
  readonly place?: string;
  /** Between the engine and the store. */
  readonly wrap?: (store: Store) => Store;
}

/** A persona that looks once and then says how severe it is. Each call of its model is paid for. */
export function createAsk(world: World): (request: AskRequest) => Promise<AskResult> {
  return async ({ finished, saveStep, turnId, persona, onSpend }) => {
    if (finished.length === 0) {
      world.note(`model called for ${persona}`);
      onSpend(10);
      const message = { role: "assistant" as const, content: [{ type: "text" as const, text: "I look." }] };
      await saveStep({ turnId, index: 0, message, startedCalls: [] }, []);
    }
    world.note(`model answered for ${persona}`);
    onSpend(5);
    return { kind: "answer", text: '{"severity": 5}', isOutside: false };
  };
}

export function parseAll(texts: readonly string[]): ReadonlyMap<string, Workflow> {
  return new Map(
    texts.map((text) => {
      const name = /^name: (.+)$/m.exec(text)?.[1] ?? "";
      const { workflow, faults } = parseWorkflow(name, text);
      if (workflow === undefined) throw new Error(JSON.stringify(faults));
      return [name, workflow];
    }),
  );
}

export async function openScene(options: SceneOptions): Promise<Scene> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "parlance-runs-")));
  const clock = options.clock ?? createFakeClock();
  const store = await createStore(await openDatabase(options.place ?? join(folder, "store.db")), { now: clock.now });
  const world = openWorld(folder);
  const workflows = parseAll(options.workflows);
  const tools = new Map(createTools(world).map((tool) => [tool.name, tool]));
  const rung: string[] = [];
  const seen = options.wrap?.(store) ?? store;
  const deps: WorkflowDeps = {
    store: seen,
    queue: { wake: async (conversation) => void rung.push(conversation) },
    log: silentLogger,
    now: clock.now,
    owner: `test/${process.pid}/${createId(clock.now())}`,
    leaseMs: 30_000,
    hold: (_lease, shutdown) => ({ signal: shutdown, reason: () => undefined, end: () => undefined }),
    workflow: (name) => workflows.get(name),
    ownerInfo: () => ({ name: "Ada", timeZone: "UTC" }),
    tool: (name) => tools.get(name),
    decideCall: async () => ({ verdict: "allow" }),
    mayRepeat: (tool) => tool.effect === "write",
    askAboutCall: async (place, { tool, input, reason }) =>
      createQuestions(clock, place, [{ callId: "call", tool: tool.name, input, question: reason }]),
    askApprovers: async (place, { question, approvers, step }) =>
      createQuestions(
        clock,
        place,
        approvers.map((approver, index) => ({
          callId: `approver ${index}`,
          tool: gateTool,
          input: { workflow: place.run.workflow, runId: place.run.id, step: step.id, approver },
          question,
        })),
      ),
    ask: createAsk(world),
    resolveAddress: async (to) => (to === "nobody" ? undefined : { channel: "test", chat: JSON.stringify(to) }),
    toolPlace: async () => ({
      address: { channel: "test", chat: "owner" },
      sender: { id: "test:ada", name: "Ada", isBot: false },
      isGroup: false,
    }),
    sendNow: () => undefined,
    ...options.deps,
  };
  const runner = createWorkflowRunner(deps);
  const { signal } = new AbortController();

  async function work(): Promise<void> {
    for (let round = 0; round < 1_000; round += 1) {
      const due = await store.forgottenConversations(clock.now(), 0, 100);
      const runs = due.filter((conversation) => parseRunConversation(conversation) !== undefined);
      if (runs.length === 0) return;
      for (const conversation of runs) await runner.runConversation(conversation, signal);
    }
    throw new Error("The runs go round in circles.");
  }

  return {
    store,
    clock,
    world,
    runner,
    rung,
    start: async (workflow, inputs = {}) => (await runner.start({ workflow, inputs, cause: byHand })).run,
    work,
    async workThrough(rounds = 200) {
      for (let round = 0; round < rounds; round += 1) {
        await work();
        if ((await store.workflows.runs({ states: openRunStates }, 1)).length === 0) return;
        clock.advance(60_000);
      }
    },
    run: async (id) => {
      const run = await store.workflows.run(id);
      if (run === undefined) throw new Error(`There is no run ${id}.`);
      return run;
    },
    steps: async (id) => (await store.workflows.steps(id)).map(({ path, state }) => `${path} ${state}`),
    async sent() {
      const query = { sql: "select message from outbox order by seq", parameters: [] };
      const rows = await store.database.read<{ message: string }>(query);
      return rows.map(({ message }) => (JSON.parse(message) as { text: string }).text);
    },
    pending: () => store.pendingApprovals(100),
    async answer(approval, state, by = "test:ada") {
      if (approval === undefined) throw new Error("There is nothing to answer.");
      await store.write((transaction) => transaction.answerApproval(approval.id, state, by));
      await runner.runConversation(approval.conversation, signal);
    },
    async close() {
      await store.close();
      await store.database.close();
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

type Asked = Pick<ApprovalRecord, "callId" | "tool" | "input" | "question">;

/** As the pipeline does it: an approval and a card for each question. */
export function createQuestions(clock: FakeClock, place: QuestionPlace, asked: readonly Asked[]): Questions {
  const approvals = asked.map((question): ApprovalRecord => ({
    id: createId(clock.now()),
    conversation: place.conversation,
    turnId: place.turnId,
    state: "pending",
    expiresAt: place.expiresAt,
    createdAt: clock.now(),
    ...question,
  }));
  const cards = approvals.map(({ id, question }) => ({
    id: `approval-${id}`,
    address: { channel: "test", chat: "approvers" },
    text: question,
    attachments: [],
  }));
  return {
    approvals,
    cards,
    save: async (transaction) => {
      for (const approval of approvals) await transaction.addApproval(approval);
      for (const card of cards) await say(transaction, card, clock.now());
    },
  };
}
