import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { diffConfig } from "../config/diff.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { ChannelConfig } from "../config/schema.ts";
import { createAdapterMaker } from "./adapter.ts";
import { createBudget } from "./agent/budget.ts";
import { createCompletion } from "./completion.ts";
import { describeError } from "./core/errors.ts";
import { createId } from "./core/id.ts";
import { keepFirst } from "./core/outside-tool.ts";
import type { Logger } from "./core/log.ts";
import { createMetrics } from "./core/metrics.ts";
import type { Persona } from "./core/persona.ts";
import type { WakeQueue } from "./core/queue.ts";
import type { ApprovalRecord, OutboxItem } from "./core/store.ts";
import type { Tool } from "./core/tool.ts";
import { findModels, openLocalEngine } from "./find-model.ts";
import { joinClock } from "./join-clock.ts";
import { joinDesk } from "./join-desk.ts";
import { joinMcp } from "./join-mcp.ts";
import { joinReceive } from "./join-receive.ts";
import { createLazyWorkflows } from "./lazy-workflows.ts";
import { joinWeb } from "./join-web.ts";
import { joinMemory } from "./join-memory.ts";
import { joinSkills } from "./join-skills.ts";
import { joinTools } from "./join-tools.ts";
import { joinPlugins } from "./join-plugins.ts";
import { joinPersonas } from "./open-personas.ts";
import { createModels, type Models } from "./models/index.ts";
import { settleUndeliverable } from "./pipeline/approvals.ts";
import { createActiveTurns } from "./pipeline/active-turns.ts";
import { createChannelHost } from "./pipeline/channel-host.ts";
import { createDeliverer } from "./pipeline/deliver.ts";
import { createReportTaker } from "./pipeline/delivery-reports.ts";
import type { PathPoint, PipelineDeps } from "./pipeline/deps.ts";
import { formatOwner, startHousekeeping } from "./pipeline/housekeeping.ts";
import { openDesk } from "./pipeline/desk/open-desk.ts";
import { createOutboundGate } from "./pipeline/listen-only.ts";
import { createOwnerNotices } from "./pipeline/owner-notices.ts";
import { toPolicy } from "./pipeline/policy.ts";
import { createTurnRunner } from "./pipeline/turn.ts";
import { pickQueue } from "./pick-queue.ts";
import { createQueue } from "./queue/index.ts";
import { createReadiness, defineGauges } from "./readiness.ts";
import { createFileStore } from "./store/files.ts";
import { createStore, openDatabase, type OpenStore } from "./store/index.ts";
import { pickTools } from "./tools/pick.ts";
import type { ReadyReport } from "./web/server.ts";

const approvalMs = 24 * 3_600_000;

export interface AppOptions {
  readonly log: Logger;
  readonly now?: () => number;
  /** Which parts run in this process; all by default. */
  readonly roles?: { readonly web: boolean; readonly channels: boolean; readonly workers: boolean };
  /** Tools besides the built-in ones. */
  readonly tools?: readonly Tool[];
  /** Told at named points of a message's path; tests end the process there. */
  readonly reach?: (point: PathPoint) => void;
}

export interface App {
  readonly store: OpenStore;
  readonly queue: WakeQueue;
  /** Of the HTTP server; 0 where it does not run. */
  readonly port: number;
  readonly modelName: string;
  /** Takes over a changed configuration as far as a running process can. */
  applyConfig(loaded: LoadedConfig): Promise<void>;
  ready(): Promise<ReadyReport>;
  /** Stops taking in, finishes what runs (at most 25 s), closes everything. Idempotent. */
  close(): Promise<void>;
}

/** Builds all parts, joins them, and starts them. Throws AppError when something essential cannot be had. */
export async function startApp(first: LoadedConfig, options: AppOptions): Promise<App> {
  const { log, now = Date.now } = options;
  const roles = options.roles ?? { web: true, channels: true, workers: true };
  const stop = new AbortController();
  const { dataFolder } = first;
  let { config, variable } = first;
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });

  const owner = formatOwner(process.pid, randomBytes(4).toString("hex"));
  const leaseMs = config.workers.leaseSeconds * 1000;
  const metrics = createMetrics();
  const database = await openDatabase(config.database ?? join(dataFolder, "parlance.db"));
  const store = await createStore(database, { now });
  /** What nearly every part is given. */
  const parts = { store, log, now, owner };
  const queue = await createQueue(pickQueue(config, database, log), { log, now, lockMs: leaseMs });
  const files = createFileStore(dataFolder, { maxBytes: () => config.limits.fileBytes, now });
  const personas = await joinPersonas({ loaded: first, log, now, signal: stop.signal, memory: () => memory });
  const skills = await joinSkills({ dataFolder, log, signal: stop.signal });
  const localEngine = openLocalEngine(first, { log });
  let { models, modelName } = await buildModels(first);
  const startOfDay = () => new Date(now()).setUTCHours(0, 0, 0, 0);
  let budget = createBudget(config.budgets, await store.usageSince(startOfDay()), startOfDay);
  // Complete before any turn can run: mail of a channel without a policy is refused.
  const policies = new Map(Object.entries(config.channels).map(([name, channel]) => [name, toPolicy(name, channel)]));
  const builtIn = joinTools({ loaded: first, store, files, now, service: () => pipeline });
  const memory = joinMemory({
    loaded: first,
    config: () => config,
    store,
    owner,
    ownerIds,
    now,
    log,
    isWorker: roles.workers,
  });
  const plugins = joinPlugins({ dataFolder, log, fetch: builtIn.fetch });
  let tools = buildTools();

  const host = createChannelHost({
    ...parts,
    canConnect: roles.channels,
    create: createAdapterMaker({ config: () => config, store, files, log, now }),
    receive: async (message) => {
      const outcome = await receive(message);
      metrics.count("parlance_messages_received_total", { outcome });
      return outcome;
    },
    delivery: createReportTaker({ store, now, onTrouble }),
  });
  /** The one way out: what a listening channel must not say does not get past it. */
  const toSend = createOutboundGate(host.sender, (name) => policies.get(name)?.mode === "listen");
  const notices = createOwnerNotices({ store, log, now, ownerIds, channel: toSend });
  const readiness = createReadiness({
    store,
    queue,
    host,
    models: () => models,
    defaultModel: () => modelName,
    turnsRunning: () => activeTurns.count,
    mcp: () => mcp.states(),
    plugins: plugins.states,
  });
  const activeTurns = createActiveTurns({ store, owner, leaseMs, now, log });
  const deliverer = createDeliverer({
    ...parts,
    claimMs: leaseMs,
    channel: toSend,
    onUncertain: (name) => policies.get(name)?.onUncertain ?? "ask",
    onTrouble,
    onDelivered: () => metrics.count("parlance_messages_sent_total"),
    ...(options.reach === undefined ? {} : { reach: options.reach }),
  });
  const desk = joinDesk({
    ...parts,
    config: () => config,
    personas: personas.byName,
    notices,
    sendNow: (messages) => deliverer.sendNow(messages, false),
    wake: (conversation) => void queue.wake(conversation).catch(() => undefined), // else the sweeper
    channel: toSend,
  });
  const clock = joinClock({
    ...parts,
    config: () => config,
    pipeline: () => pipeline,
    deskChores: desk.chores,
    workflows: () => workflows,
  });
  const pipeline: PipelineDeps = {
    ...parts,
    queue,
    deliverer,
    activeTurns,
    leaseMs,
    settings: () => ({
      ...config.agent,
      safetyMode: config.safety.mode,
      ownerName: config.owner.name,
      timeZone: config.owner.timeZone,
      approvalMs,
    }),
    policy: (name) => policies.get(name),
    channel: toSend,
    ownerIds,
    personas: personas.byName,
    personaFiles: personas.files,
    loadFile: async (attachment) => buffer(files.open(attachment)),
    models: () => ({ list: () => models.list().map(({ alias }) => alias), get: (alias) => models.get(alias) }),
    pickPersona: (conversation, policy, message) => personas.pick(conversation, policy?.persona, message),
    pickModel: (conversation, persona) =>
      [conversation.model, persona.model].find((name) => models.list().some(({ alias }) => alias === name)) ??
      modelName,
    tools: toolsOf,
    pickTools: (persona, text, named) => pickTools(toolsOf(persona), text, { always: [...named] }),
    onBudgetWarning: notices.warnBudget,
    memory: memory.desk,
    budget: {
      check: (spender) => budget.check(spender),
      spend: (spender, costMicros) => budget.spend(spender, costMicros),
      uses: (spender) => budget.uses(spender),
    },
    council: () => {
      const { members, chair = modelName, strategy } = config.council;
      return { members: members.length > 0 ? members : models.list().map(({ alias }) => alias), chair, strategy };
    },
    ownerPlace: notices.place,
    ...desk.pipeline,
    previewDigest: clock.previewDigest,
    workflows: () => workflows.use(),
    startWorkflows: async (...mail) => (await workflows.ready()?.triggers.onMail(...mail)) ?? [],
    status: readiness.formatStatus,
    onTurnDone: (kind, ms) => {
      metrics.count("parlance_turns_total", { kind });
      metrics.observe("parlance_turn_seconds", ms / 1000);
    },
    onModelUsage: (model, input, output) => {
      metrics.count("parlance_tokens_total", { model, direction: "in" }, input);
      metrics.count("parlance_tokens_total", { model, direction: "out" }, output);
    },
    ...(options.reach === undefined ? {} : { reach: options.reach }),
  };
  const complete = createCompletion({
    models: () => models,
    defaultModel: () => modelName,
    personas: personas.byName,
    store,
    budget: pipeline.budget,
    onBudgetWarning: pipeline.onBudgetWarning,
    now,
  });
  const mcp = joinMcp({
    log,
    now,
    createId: () => createId(now()),
    ownTools: () => tools,
    personas: personas.byName,
    complete,
  });
  const receive = joinReceive(pipeline, {
    debounceMs: () => config.workers.debounceMs,
    drafts: desk.drafts,
    onAnswered,
  });

  const workflows = createLazyWorkflows(
    { dataFolder, config: () => config, variable: (name) => variable(name), pipeline, log, signal: stop.signal },
    createTurnRunner(pipeline),
  );
  const runConversation = workflows.run;
  const housekeeping = startHousekeeping({
    ...parts,
    leaseMs,
    ...(roles.workers ? { runConversation } : {}),
    renewLeases: async () => {
      await activeTurns.renew();
      await deliverer.renew();
    },
    tickChannels: () => host.tick(),
    pump: () => deliverer.pump(host.names()),
    ...(roles.workers ? { deskChores: clock.look } : {}),
    keep: () => config.keep,
    onExpired: (_id, conversation) => void queue.wake(conversation).catch(() => undefined),
  });
  // Before the channels: their connections may still be held in the name of a process that was killed.
  await housekeeping.releaseDeadOwners();
  for (const [name, channel] of Object.entries(config.channels)) await openChannel(name, channel);
  if (roles.workers) await Promise.all([mcp.configure(config.mcp), plugins.configure(config.plugins)]);
  // Before any message is worked on: it may be what a workflow waits for.
  if (roles.workers || roles.web) await workflows.openIfUsed();
  if (roles.workers) queue.work(runConversation, { concurrency: config.workers.concurrency });
  defineGauges(metrics, { queue, turnsRunning: () => activeTurns.count });
  const web = roles.web
    ? await joinWeb({
        config: () => config,
        log,
        metrics,
        now,
        models: () => models,
        defaultModel: () => modelName,
        personas: personas.byName,
        channel: host.running,
        ready: readiness.ready,
        complete,
        mcp: (request) => mcp.endpoint.fetch(request),
        board: async () => (await workflows.use()).board,
        takeHook: workflows.takeHook,
        desk: openDesk({ store, now, drafts: desk.drafts, onAnswered, onCorrected: desk.onCorrected }),
        calendar: async () =>
          (await import("./pipeline/desk/desk-calendar.ts")).formatDeskCalendar(store, config.owner.timeZone, now()),
      }).catch(async (error: unknown) => {
        await closeAll(); // else a start that failed holds on to the channels
        throw error;
      })
    : undefined;

  async function buildModels(loaded: LoadedConfig): Promise<{ models: Models; modelName: string }> {
    const found = await findModels(loaded);
    if (Object.keys(loaded.config.models.aliases).length === 0)
      log.info({ found: found.source }, "No model is configured; looked for one.");
    const createLocal = localEngine.createModel;
    return { models: createModels(found.models, { now, log, createLocal }), modelName: found.models.default };
  }

  function buildTools(): readonly Tool[] {
    return [...builtIn.build(config), ...memory.tools, ...(options.tools ?? [])];
  }

  function toolsOf(persona: Persona): readonly Tool[] {
    const all = keepFirst([...tools, ...skills.tools(), ...mcp.tools(), ...plugins.tools()]);
    return persona.tools === undefined ? all : all.filter((tool) => persona.tools?.includes(tool.name));
  }

  /** Ids in the configuration, and whoever is signed in at a page of ours. */
  function ownerIds(): readonly string[] {
    const pages = Object.entries(config.channels).filter(([, channel]) => channel.platform === "webchat");
    return [...config.owner.ids, ...pages.map(([name]) => `${name}:owner`)];
  }

  async function openChannel(name: string, channel: ChannelConfig): Promise<void> {
    policies.set(name, toPolicy(name, channel));
    if (channel.mode === "off") return;
    await host.open(name);
  }

  function onTrouble(item: OutboxItem, state: "uncertain" | "failed", reason: string): void {
    notices.tellTrouble(item, state, reason);
    if (state === "uncertain") return;
    settleUndeliverable(store, item.message.id, now())
      .then((conversation) => (conversation === undefined ? undefined : queue.wake(conversation)))
      .catch((error: unknown) => log.warn({ error: describeError(error) }, "A question could not be settled."));
  }

  function onAnswered(approval: ApprovalRecord, outcome: string): void {
    queue.wake(approval.conversation).catch(() => undefined); // else the sweeper
    notices.showOutcome(approval, outcome);
  }

  async function applyConfig(loaded: LoadedConfig): Promise<void> {
    const diff = diffConfig(config, loaded.config);
    for (const name of [...diff.channels.removed, ...diff.channels.reconnect]) {
      await host.shut(name);
      // One that comes back in a moment keeps its policy: mail read meanwhile is not refused.
      if (loaded.config.channels[name] === undefined) policies.delete(name);
    }
    const before = config;
    ({ variable } = loaded);
    config = {
      ...loaded.config,
      http: before.http,
      workers: { ...before.workers, debounceMs: loaded.config.workers.debounceMs },
    };
    if (diff.sections.includes("models")) ({ models, modelName } = await buildModels(loaded));
    if (diff.sections.includes("budgets"))
      budget = createBudget(config.budgets, await store.usageSince(startOfDay()), startOfDay);
    if ((["owner", "services", "tools", "safety"] as const).some((section) => diff.sections.includes(section)))
      tools = buildTools();
    if (roles.workers) await Promise.all([mcp.configure(config.mcp), plugins.configure(config.plugins)]);
    for (const [name, channel] of Object.entries(config.channels)) {
      const wasOff = before.channels[name]?.mode === "off";
      const isNew = [...diff.channels.added, ...diff.channels.reconnect].includes(name);
      if (isNew || (wasOff && channel.mode !== "off")) await openChannel(name, channel);
      else if (channel.mode === "off") await host.shut(name);
      policies.set(name, toPolicy(name, channel));
    }
    const later = diff.needsRestart.join(", ");
    const exception = later === "" ? "" : `, except for ${later}, which need a restart`;
    log.info(
      { channels: diff.channels, sections: diff.sections },
      `The changed configuration is in force${exception}.`,
    );
  }

  let closing: Promise<void> | undefined;
  async function closeAll(page?: { close(): Promise<void> }): Promise<void> {
    stop.abort();
    await host.close();
    await page?.close();
    await queue.close(25_000);
    await Promise.all([mcp.close(), plugins.close()]);
    await localEngine.close();
    await housekeeping.close();
    await memory.close();
    builtIn.close();
    await deliverer.close(5_000);
    await store.releaseNamedLeases(owner).catch(() => undefined);
    await store.close();
  }

  return {
    store,
    queue,
    port: web?.port ?? 0,
    get modelName() {
      return modelName;
    },
    applyConfig,
    ready: readiness.ready,
    close: () => (closing ??= closeAll(web)),
  };
}
