import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { Model, ModelRequest, Usage } from "../../src/core/model.ts";
import { createLocalEngine, type LocalEngine } from "../../src/models/llama/index.ts";
import { writeTinyGguf } from "../doubles/tiny-gguf.ts";
import type { Figure } from "./index.ts";
import { readUsage } from "./program.ts";
import { writeRandomGguf } from "./random-gguf.ts";

const file = "random.gguf";
const systemTokens = 2_000;
/** Letters are tokens here. */
const systemPrompt = "It is nonsense that it reads. ".repeat(systemTokens / 30 + 1).slice(0, systemTokens);
const answerTokens = 128;
const cycles = 50;

/** The local engine against the library alone, and against what SPEC promises, with generated models. */
export async function measureLocal(runs: number): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), "parlance-local-"));
  const threads = Math.max(1, availableParallelism() - 1);
  try {
    await writeRandomGguf(join(folder, file));
    await writeTinyGguf(join(folder, "tiny.gguf"));
    const figures: Figure[] = [];
    for (const measure of [measureSpeed, measureFirstToken, measureAbort, measureMemory, measureCycles]) {
      process.stderr.write(`  ${measure.name} …\n`);
      figures.push(...(await measure({ folder, threads, runs: Math.min(runs, 5) })));
    }
    return figures;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Setting {
  readonly folder: string;
  readonly threads: number;
  readonly runs: number;
}

function createEngine({ folder, threads }: Setting, hibernateMs = 600_000): LocalEngine {
  return createLocalEngine({
    dataFolder: folder,
    resolveFile: (model) => Promise.resolve(join(folder, model)),
    threads,
    gpu: false,
    hibernateMs,
  });
}

function createRandomModel(engine: LocalEngine): Promise<Model> {
  return engine.createModel("random", { provider: "llama", model: file, temperature: 0 });
}

/** Tokens a second, each run of ours beside one of the library's own loop: the neighbours change by the minute. */
async function measureSpeed(setting: Setting): Promise<Figure[]> {
  const engine = createEngine(setting);
  const bare = await startBareLoop(setting);
  try {
    const model = await createRandomModel(engine);
    await ask(model, "short", [], 16);
    await bare.run(16);
    const ours: number[] = [];
    const theirs: number[] = [];
    const ownCpu: number[] = [];
    const bareCpu: number[] = [];
    for (let run = 0; run < setting.runs * 2; run += 1) {
      const bareBefore = readUsage(bare.pid).cpuMs;
      theirs.push(await bare.run(answerTokens));
      const pids = [process.pid, engine.status().models[0]?.pid ?? 0];
      const before = cpuMs(pids);
      bareCpu.push((readUsage(bare.pid).cpuMs - bareBefore) / answerTokens);
      ours.push((await ask(model, "short", [`run ${run}`], answerTokens)).perSecond);
      ownCpu.push((cpuMs(pids) - before) / answerTokens);
    }
    const cpuRatios = ownCpu.map((value, index) => ((bareCpu[index] ?? Number.NaN) / value) * 100);
    const ratios = ours.map((value, index) => (value / (theirs[index] ?? Number.NaN)) * 100);
    return [
      { name: `tokens, the library's bare loop, ${setting.threads} thread(s)`, unit: "/s", values: theirs },
      { name: "tokens, through the model port", unit: "/s", values: ours },
      { name: "of the bare loop beside it", unit: "%", values: ratios, target: ">= 90" },
      // What neighbours cannot take away: the work itself. Ours reads its prompt within it.
      { name: "CPU a token, the bare loop", unit: "ms", values: bareCpu },
      { name: "CPU a token, engine and service", unit: "ms", values: ownCpu },
      { name: "the bare loop's CPU of ours", unit: "%", values: cpuRatios, target: ">= 90" },
    ];
  } finally {
    bare.stop();
    await engine.close();
  }
}

async function measureFirstToken(setting: Setting): Promise<Figure[]> {
  const cold: number[] = [];
  const second: number[] = [];
  const restarted: number[] = [];
  const loading: number[] = [];
  const secondRatios: number[] = [];
  const restartRatios: number[] = [];
  for (let run = 0; run < setting.runs; run += 1) {
    // Another beginning for each run, so that nothing is known of it.
    const system = `${run} ${systemPrompt}`;
    let engine = createEngine(setting);
    const model = await createRandomModel(engine);
    await ask(model, "short", [], 1);
    const first = await ask(model, system, ["Hello."], 4);
    const next = await ask(model, system, ["Hello.", first.text, "And then?"], 4);
    await engine.close();
    engine = createEngine(setting);
    const again = await createRandomModel(engine);
    const load = await ask(again, "short", [], 1);
    const after = await ask(again, system, ["Hello."], 8);
    await engine.close();
    if (after.usage.cachedTokens < systemTokens * 0.9) throw new Error("The saved beginning was not used.");
    cold.push(first.firstMs);
    second.push(next.firstMs);
    restarted.push(after.firstMs);
    loading.push(load.firstMs);
    secondRatios.push(next.firstMs / first.firstMs);
    restartRatios.push(after.firstMs / first.firstMs);
  }
  return [
    { name: `first token after ${systemTokens} tokens of system prompt, cold`, unit: "ms", values: cold },
    { name: "first token of the second turn", unit: "ms", values: second },
    { name: "of the cold one", unit: "", values: secondRatios, target: "<= 0.1" },
    { name: "first token after a restart, saved beginning", unit: "ms", values: restarted },
    { name: "of the cold one", unit: "", values: restartRatios, target: "<= 0.1" },
    { name: "first token of a short request that loads the model", unit: "ms", values: loading },
  ];
}

async function measureAbort(setting: Setting): Promise<Figure[]> {
  const engine = createEngine(setting);
  const told = { reading: [] as number[], speaking: [] as number[] };
  const free = { reading: [] as number[], speaking: [] as number[] };
  const delay = monitorEventLoopDelay({ resolution: 5 });
  try {
    const model = await createRandomModel(engine);
    await ask(model, "short", [], 1);
    delay.enable();
    for (let run = 0; run < setting.runs; run += 1) {
      for (const kind of ["reading", "speaking"] as const) {
        const controller = new AbortController();
        const request =
          kind === "reading"
            ? formatRequest(`${run}${systemPrompt.repeat(3)}`, ["Hi"], 1_000)
            : formatRequest("short", [`${run}`], 1_000);
        let abortedAt = 0;
        setTimeout(() => {
          abortedAt = performance.now();
          controller.abort();
        }, 400);
        for await (const event of model.stream(request, controller.signal))
          if (event.type === "done") throw new Error("It ended before it was stopped.");
        told[kind].push(performance.now() - abortedAt);
        while (engine.status().models.some(({ state }) => state === "busy")) await sleep(2);
        free[kind].push(performance.now() - abortedAt);
      }
    }
    delay.disable();
    return [
      { name: "abort while it reads, until told", unit: "ms", values: told.reading, target: "<= 500" },
      { name: "abort while it reads, until free for the next", unit: "ms", values: free.reading, target: "<= 500" },
      { name: "abort while it speaks, until free for the next", unit: "ms", values: free.speaking, target: "<= 500" },
      {
        name: "event loop delay of the service meanwhile, p99",
        unit: "ms",
        values: [delay.percentile(99) / 1e6],
        target: "< 50",
      },
    ];
  } finally {
    await engine.close();
  }
}

async function measureMemory(setting: Setting): Promise<Figure[]> {
  const before: number[] = [];
  const during: number[] = [];
  const after: number[] = [];
  const engine = createEngine(setting, 1);
  try {
    const model = await createRandomModel(engine);
    // The first time also warms up what stays: code, and the channel to processes.
    for (let run = -1; run < setting.runs; run += 1) {
      global.gc?.();
      const start = residentMb([process.pid]);
      const pid = await withPid(engine, () => ask(model, "short", ["Hello."], 32));
      const high = residentMb([process.pid]) + pid.residentMb;
      while (engine.status().models.length > 0 || isRunning(pid.pid)) await sleep(10);
      if (run < 0) continue;
      before.push(start);
      during.push(high);
      after.push(residentMb([process.pid]));
    }
    const back = after.map((value, index) => (value / (before[index] ?? Number.NaN) - 1) * 100);
    return [
      { name: "resident before loading, service and engine", unit: "MB", values: before },
      { name: "resident with a 64 MB model", unit: "MB", values: during },
      { name: "resident after unloading", unit: "MB", values: after },
      { name: "more than before", unit: "%", values: back, target: "<= 10" },
    ];
  } finally {
    await engine.close();
  }
}

async function measureCycles(setting: Setting): Promise<Figure[]> {
  const engine = createEngine(setting, 1);
  const resident: number[] = [];
  const handles: number[] = [];
  try {
    const model = await engine.createModel("tiny", { provider: "llama", model: "tiny.gguf", temperature: 0 });
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      await ask(model, "short", ["Hello."], 4);
      while (engine.status().models.length > 0) await sleep(5);
      resident.push(residentMb([process.pid]));
      handles.push(readdirSync("/proc/self/fd").length);
    }
    const early = Math.max(...resident.slice(0, 10));
    const late = resident.slice(-10);
    return [
      {
        name: `resident in the last 10 of ${cycles} loads, to the most of the first 10`,
        unit: "%",
        values: late.map((mb) => (mb / early) * 100),
        target: "<= 105",
      },
      {
        name: "open files after the last, more than after the first",
        unit: "",
        values: [(handles.at(-1) ?? 0) - (handles[0] ?? 0)],
        target: "<= 0",
      },
    ];
  } finally {
    await engine.close();
  }
}

function formatRequest(system: string, texts: readonly string[], maxTokens: number): ModelRequest {
  return {
    system,
    messages: (texts.length === 0 ? ["Hi"] : texts).map((text, index) => ({
      role: index % 2 === 0 ? ("user" as const) : ("assistant" as const),
      content: [{ type: "text" as const, text }],
    })),
    tools: [],
    maxTokens,
  };
}

interface Asked {
  readonly text: string;
  readonly usage: Usage;
  readonly firstMs: number;
  /** Of the tokens after the first. */
  readonly perSecond: number;
}

async function ask(model: Model, system: string, texts: readonly string[], maxTokens: number): Promise<Asked> {
  const startedAt = performance.now();
  let firstAt: number | undefined;
  let text = "";
  for await (const event of model.stream(formatRequest(system, texts, maxTokens), new AbortController().signal)) {
    if (event.type === "error") throw new Error(event.message);
    if (event.type === "text") {
      firstAt ??= performance.now();
      text += event.text;
    }
    if (event.type !== "done") continue;
    const endedAt = performance.now();
    const { usage } = event;
    const perSecond = (usage.outputTokens - 1) / ((endedAt - (firstAt ?? startedAt)) / 1000);
    return { text, usage, firstMs: (firstAt ?? endedAt) - startedAt, perSecond };
  }
  throw new Error("The stream ended without an end.");
}

interface BareLoop {
  readonly pid: number;
  /** Tokens a second. */
  run(tokens: number): Promise<number>;
  stop(): void;
}

/** The library's `evaluate`, and nothing around it, with the same settings, in a process of its own. */
async function startBareLoop({ folder, threads }: Setting): Promise<BareLoop> {
  const program = `
    import { createInterface } from "node:readline";
    import { getLlama } from ${JSON.stringify(import.meta.resolve("node-llama-cpp"))};
    const llama = await getLlama({ gpu: false, build: "never", skipDownload: true, maxThreads: ${threads}, progressLogs: false, logLevel: "error" });
    const model = await llama.loadModel({ modelPath: ${JSON.stringify(join(folder, file))} });
    const context = await model.createContext({ contextSize: 8192, flashAttention: false, threads: ${threads} });
    const sequence = context.getSequence();
    for await (const line of createInterface({ input: process.stdin })) {
      await sequence.clearHistory();
      let startedAt = 0;
      let count = 0;
      for await (const token of sequence.evaluate(model.tokenize("It reads this and goes on."), { temperature: 0 })) {
        if (count === 0) startedAt = performance.now();
        count += 1;
        if (count === Number(line)) break;
      }
      console.log(String((count - 1) / ((performance.now() - startedAt) / 1000)));
    }`;
  // From a file: the library hands the options of its process on to one that tries the binary.
  const path = join(folder, "bare.mjs");
  await writeFile(path, program);
  const child = spawn(process.execPath, [path], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    pid: child.pid ?? 0,
    async run(tokens) {
      child.stdin.write(`${tokens}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error("The bare loop ended.");
      return Number(value);
    },
    stop: () => void child.kill(),
  };
}

/** What its process held while the work went on. */
async function withPid(
  engine: LocalEngine,
  work: () => Promise<unknown>,
): Promise<{ pid: number; residentMb: number }> {
  const seen = { pid: 0, residentMb: 0 };
  const timer = setInterval(() => {
    const pid = engine.status().models[0]?.pid;
    if (pid === undefined) return;
    seen.pid = pid;
    seen.residentMb = Math.max(seen.residentMb, residentMb([pid]));
  }, 10);
  await work();
  clearInterval(timer);
  return seen;
}

function cpuMs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + readUsage(pid).cpuMs, 0);
}

function residentMb(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    try {
      return sum + Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
    } catch {
      return sum;
    }
  }, 0);
}

function isRunning(pid: number): boolean {
  return residentMb([pid]) > 0;
}
