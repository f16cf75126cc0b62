import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createBudget } from "../../src/agent/budget.ts";
import { silentLogger } from "../../src/core/log.ts";
import { conversationId, type Address, type InboundMessage, type OutboundMessage } from "../../src/core/message.ts";
import type { ModelRequest } from "../../src/core/model.ts";
import type { ApprovalRecord } from "../../src/core/store.ts";
import type { Tool } from "../../src/core/tool.ts";
import type { RunCause, RunRecord, StepRow } from "../../src/core/workflow-run.ts";
import { loadPersonas } from "../../src/definitions/load-personas.ts";
import type { PipelineDeps } from "../../src/pipeline/deps.ts";
import { createRunAsk } from "../../src/pipeline/runs/ask-persona.ts";
import { decideRunCall } from "../../src/pipeline/runs/decide-run-call.ts";
import { createRunPlaces } from "../../src/pipeline/runs/places.ts";
import { createRunQuestions } from "../../src/pipeline/runs/questions.ts";
import type { OpenStore } from "../../src/store/index.ts";
import { createFakeClock } from "../doubles/fake-clock.ts";
import { createScriptedModel } from "../doubles/scripted-model.ts";
import { openScene } from "../scheduler/run/scene.ts";
import { textsFor } from "./shipped.ts";
import { createRealTools, personaFolder, timeZone } from "./tools.ts";

/** Monday, 2026-01-05, 09:00 in UTC. */
export const start = Date.UTC(2026, 0, 5, 9);

export const byOwner: RunCause = { kind: "manual", by: "test:ada", role: "owner", payload: {}, isOutside: false };
export const bySchedule: RunCause = {
  kind: "cron",
  by: "system",
  role: "owner",
  payload: { at: start },
  isOutside: false,
};

export interface Play {
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly cause?: RunCause;
  /** What the model says to a prompt; an object is said as JSON. Absent: it must not be asked. */
  readonly answer?: (prompt: string, call: number) => string | object;
  /** What a person says to a question; "ignore" lets its time pass. Absent: whoever is asked agrees. */
  readonly decide?: (question: string) => "approved" | "denied" | "ignore";
  /** Where the services are played. */
  readonly origin?: string;
  /** Text or bytes by path in the workspace. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly now?: number;
  /** Before the run begins. */
  readonly prepare?: (world: PlayWorld) => Promise<void>;
  /** Each time that nothing is due, before time goes on. */
  readonly onRest?: (world: PlayWorld, rests: number) => Promise<void>;
}

export interface PlayWorld {
  readonly store: OpenStore;
  readonly workspace: string;
  readonly now: () => number;
  /** A message that came in, watched or not. */
  receive(message: Partial<InboundMessage> & Pick<InboundMessage, "address" | "text">): Promise<void>;
}

export interface Played {
  readonly run: RunRecord;
  readonly steps: readonly StepRow[];
  /** "place: text" of each message sent, in order; the owner's place is "owner". */
  readonly sent: readonly string[];
  /** What people were asked, in order, without the line that names the run. */
  readonly asked: readonly string[];
  /** What the model was asked: texts of the user's side. */
  readonly prompts: readonly string[];
  readonly requests: readonly ModelRequest[];
  /** A file of the workspace as it is now; undefined: it is not there. */
  readonly file: (path: string) => string | undefined;
  /** Hours that went by. */
  readonly hours: number;
}

const personas = loadPersonas([personaFolder], { maxSteps: 20 }).then((loaded) => loaded.personas);
const ownerPlace: Address = { channel: "test", chat: "owner" };
const maxRests = 400;

/**
 * Plays a shipped workflow from its beginning to its end through the real engine, policy, personas, questions and tools,
 * on a clock that moves from one due moment to the next. Rejects when it does not end.
 */
export async function play(name: string, options: Play = {}): Promise<Played> {
  const folder = await mkdtemp(join(tmpdir(), "parlance-shipped-"));
  const workspace = join(folder, "workspace");
  await mkdir(workspace);
  for (const [path, content] of Object.entries(options.files ?? {})) {
    await mkdir(dirname(join(workspace, path)), { recursive: true });
    await writeFile(join(workspace, path), content);
  }
  const clock = createFakeClock(options.now ?? start);
  let tools: readonly Tool[] = [];
  const kept: { store?: OpenStore } = {};
  const model = createScriptedModel((request, call) => {
    if (options.answer === undefined) throw new Error(`The model was asked: ${promptOf(request)}`);
    const said = options.answer(promptOf(request), call);
    return typeof said === "string" ? said : JSON.stringify(said);
  });
  const known = await personas;
  const pipeline = {
    get store() {
      return kept.store;
    },
    log: silentLogger,
    now: clock.now,
    settings: () => ({ maxSteps: 20, safetyMode: "safe", ownerName: "Ada", timeZone, approvalMs: 86_400_000 }),
    personas: () => known,
    models: () => ({ list: () => ["scripted"], get: () => model }),
    pickModel: () => "scripted",
    pickTools: () => [],
    tools: () => tools,
    budget: createBudget({}, [], () => 0),
    onBudgetWarning: () => undefined,
    ownerPlace: async () => ownerPlace,
    channel: (channel: string) => ({ openDirect: async (person: string) => ({ channel, chat: person }) }),
  } as unknown as PipelineDeps;
  const places = createRunPlaces(pipeline);
  const scene = await openScene({
    folder,
    clock,
    workflows: textsFor(name),
    wrap: (store) => (kept.store = store as OpenStore),
    deps: {
      ownerInfo: () => ({ name: "Ada", timeZone }),
      tool: (wanted) => tools.find((tool) => tool.name === wanted),
      decideCall: (call) => decideRunCall(pipeline, call),
      mayRepeat: () => false,
      ...createRunQuestions(pipeline),
      ...places,
      ask: createRunAsk(pipeline, places.toolPlace),
    },
  });
  const { store } = scene;
  tools = createRealTools({ store, workspace, origin: options.origin ?? "http://127.0.0.1:9", now: clock.now });
  let received = 0;
  const world: PlayWorld = {
    store,
    workspace,
    now: clock.now,
    async receive(message) {
      received += 1;
      const full: InboundMessage = {
        id: `in-${received}`,
        sender: { id: `${message.address.channel}:somebody`, name: "Somebody", isBot: false },
        attachments: [],
        isAddressed: false,
        isGroup: true,
        sentAt: clock.now(),
        kind: "message",
        ...message,
      };
      await store.write((transaction) => transaction.addInbox(full, conversationId(full.address), "done"));
    },
  };
  const asked: string[] = [];

  async function answerQuestions(): Promise<boolean> {
    let isAnswered = false;
    for (const approval of await scene.pending()) {
      const question = approval.question.replace(/\n\nAsked by the workflow .*$/s, "");
      if (!seen.has(approval.id)) asked.push(question);
      seen.add(approval.id);
      const decision = options.decide?.(question) ?? "approved";
      if (decision === "ignore") continue;
      await scene.answer(approval, decision);
      isAnswered = true;
    }
    return isAnswered;
  }
  const seen = new Set<ApprovalRecord["id"]>();

  try {
    await options.prepare?.(world);
    const { run: begun } = await scene.runner.start({
      workflow: name,
      inputs: options.inputs ?? {},
      cause: options.cause ?? byOwner,
    });
    let run = await scene.run(begun.id);
    for (let rests = 0; ; rests += 1) {
      await scene.work();
      run = await scene.run(begun.id);
      if (run.state !== "active") break;
      if (rests === maxRests) throw new Error(`${name} does not end: ${(await scene.steps(run.id)).join(", ")}`);
      if (await answerQuestions()) continue;
      await options.onRest?.(world, rests);
      const due = (await store.workflows.steps(run.id)).flatMap(({ state, dueAt }) =>
        dueAt !== undefined && (state === "waiting" || state === "retrying") && dueAt > clock.now() ? [dueAt] : [],
      );
      // A run that waits for another one only has nothing due itself.
      clock.advance(due.length === 0 ? 300_000 : Math.min(...due) - clock.now());
    }
    const rows = await store.database.read<{ message: string }>({
      sql: "select message from outbox order by seq",
      parameters: [],
    });
    const files = await readAll(workspace);
    return {
      run,
      steps: await store.workflows.steps(run.id),
      sent: rows
        .map(({ message }) => JSON.parse(message) as OutboundMessage)
        .filter(({ id }) => id.startsWith("wf-"))
        .map(
          ({ address, text, subject }) => `${nameOf(address)}: ${subject === undefined ? "" : `(${subject}) `}${text}`,
        ),
      asked,
      prompts: model.requests.map(promptOf),
      requests: model.requests,
      file: (path) => files.get(path),
      hours: (clock.now() - (options.now ?? start)) / 3_600_000,
    };
  } finally {
    await scene.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function promptOf({ messages }: ModelRequest): string {
  return messages
    .filter(({ role }) => role === "user")
    .flatMap(({ content }) => content.map((part) => (part.type === "text" ? part.text : "")))
    .join("\n");
}

function nameOf(address: Address): string {
  const id = conversationId(address);
  return id === conversationId(ownerPlace) ? "owner" : id;
}

async function readAll(workspace: string): Promise<ReadonlyMap<string, string>> {
  const paths = await readdir(workspace, { recursive: true, encoding: "utf8" });
  const texts = paths
    .filter((path) => /\.(md|txt|csv|json)$/.test(path) && !path.includes(".git/"))
    .map(async (path) => [path, await readFile(join(workspace, path), "utf8")] as const);
  return new Map(await Promise.all(texts));
}

/** Git in a folder of the workspace, as Ada, with days of its own. */
export function git(folder: string, day: string, ...args: readonly string[]): void {
  const names = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"];
  execFileSync("git", [...names, ...args], {
    cwd: folder,
    stdio: "pipe",
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: folder,
      GIT_AUTHOR_DATE: `${day}T12:00:00Z`,
      GIT_COMMITTER_DATE: `${day}T12:00:00Z`,
    },
  });
}
