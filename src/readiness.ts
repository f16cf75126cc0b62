import { monitorEventLoopDelay } from "node:perf_hooks";
import { describeError } from "./core/errors.ts";
import type { Metrics } from "./core/metrics.ts";
import type { WakeQueue } from "./core/queue.ts";
import type { Store } from "./core/store.ts";
import type { Models } from "./models/index.ts";
import type { ChannelHost } from "./pipeline/channel-host.ts";
import type { ReadyReport } from "./web/server.ts";

export interface ReadinessDeps {
  readonly store: Store;
  readonly queue: WakeQueue;
  readonly host: Pick<ChannelHost, "health">;
  readonly models: () => Models;
  readonly defaultModel: () => string;
  readonly turnsRunning: () => number;
  /** Others' servers and programs: one that cannot be used makes nobody less ready. */
  readonly mcp: () => readonly OutsideState[];
  readonly plugins: () => readonly OutsideState[];
}

interface OutsideState {
  readonly name: string;
  readonly state: { readonly kind: string; readonly reason?: string };
}

/** Is everything well, and if not, what? For /health/ready, /status and the dashboard. */
export function createReadiness(deps: ReadinessDeps) {
  async function ready(): Promise<ReadyReport> {
    const checks: Record<string, ReadyReport["checks"][string]> = {
      store: await checked(() => deps.store.check()),
      queue: await checked(() => deps.queue.stats()),
      model: checkModel(),
    };
    for (const [name, state] of Object.entries(deps.host.health())) checks[`channel ${name}`] = state;
    const isReady = Object.values(checks).every(({ state }) => state === "up" || state === "standby");
    return { isReady, checks };
  }

  function checkModel(): ReadyReport["checks"][string] {
    const name = deps.defaultModel();
    const health = deps
      .models()
      .health()
      .find(({ alias }) => alias === name);
    const hasFallback = deps
      .models()
      .list()
      .some(({ alias, fallback }) => alias === name && fallback.length > 0);
    return health?.state === "open" && !hasFallback
      ? { state: "down", reason: `${health.id} fails again and again` }
      : { state: "up" };
  }

  /** What /status says, as CommonMark. */
  async function formatStatus(): Promise<string> {
    const report = await ready();
    const stats = await deps.queue.stats();
    const lines = Object.entries(report.checks).map(
      ([name, check]) => `- ${name}: ${check.state}${check.reason === undefined ? "" : ` (${check.reason})`}`,
    );
    const others = [
      ...deps.mcp().map((one) => ({ ...one, name: `MCP ${one.name}` })),
      ...deps.plugins().map((one) => ({ ...one, name: `plugin ${one.name}` })),
    ];
    for (const { name, state } of others)
      lines.push(`- ${name}: ${state.kind}${state.reason === undefined ? "" : ` (${state.reason})`}`);
    return [
      `I am ${report.isReady ? "well" : "not quite well"}. ${stats.waiting} waiting, ${stats.running} running, ${deps.turnsRunning()} turns here.`,
      "",
      ...lines,
    ].join("\n");
  }

  return { ready, formatStatus };
}

async function checked(probe: () => Promise<unknown>): Promise<ReadyReport["checks"][string]> {
  try {
    await probe();
    return { state: "up" };
  } catch (error) {
    return { state: "down", reason: describeError(error) };
  }
}

/** Figures that are read when /metrics is asked for. */
export function defineGauges(metrics: Metrics, deps: Pick<ReadinessDeps, "queue" | "turnsRunning">): void {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  metrics.gauge(
    "parlance_queue_waiting",
    "Conversations waiting for a worker.",
    async () => (await deps.queue.stats()).waiting,
  );
  metrics.gauge(
    "parlance_queue_oldest_seconds",
    "Age of the oldest conversation waiting.",
    async () => (await deps.queue.stats()).oldestMs / 1000,
  );
  metrics.gauge("parlance_turns_running", "Turns running in this process.", deps.turnsRunning);
  metrics.gauge(
    "nodejs_eventloop_delay_p99_seconds",
    "Event-loop delay, 99th percentile since it was last asked for.",
    () => {
      const p99 = delay.percentile(99) / 1e9;
      delay.reset();
      return p99;
    },
  );
  metrics.gauge("nodejs_heap_used_bytes", "JavaScript heap in use.", () => process.memoryUsage().heapUsed);
  metrics.gauge("nodejs_external_bytes", "Memory outside the JavaScript heap.", () => process.memoryUsage().external);
  metrics.gauge("process_resident_memory_bytes", "Resident memory.", () => process.memoryUsage.rss());
}
