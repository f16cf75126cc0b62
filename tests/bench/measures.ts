import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createFakeTelegram } from "../doubles/fake-telegram.ts";
import { startMailServers } from "../servers/mail/start.ts";
import { startPostgres } from "../servers/postgres/start.ts";
import { startRedis } from "../servers/redis/start.ts";
import type { Figure } from "./index.ts";
import { hookSecret, runHookLoad } from "./load.ts";
import { seedConversations } from "./seed.ts";
import { readUsage, startChild, startFakeModel, startService, stopChild, type Service } from "./program.ts";

const telegramToken = "1:bench";
const connections = 32;

interface World {
  readonly config: (extra?: string) => string;
  readonly telegram: Awaited<ReturnType<typeof createFakeTelegram>>;
  readonly model: Awaited<ReturnType<typeof startFakeModel>>;
  stop(): Promise<void>;
}

/** Web chat, Telegram and mail configured, as the targets say; mail only where its servers are installed. */
async function createWorld(withMail: boolean): Promise<World> {
  const model = await startFakeModel();
  const telegram = await createFakeTelegram({ token: telegramToken });
  const mail = withMail ? await startMailServers().catch(sayMissing) : undefined;
  const login = `user: "bench@test.local", password: pw`;
  const mailChannel =
    mail === undefined
      ? ""
      : `  mail: { platform: email, address: bench@test.local, mode: listen, ca: "${mail.caFile}", imap: { host: localhost, port: ${mail.imapPort}, ${login} }, smtp: { host: localhost, port: ${mail.submissionPort}, ${login} } }\n`;
  return {
    telegram,
    model,
    config: (extra = "") => `http: { port: 0 }
${extra}
models: { aliases: { fake: { provider: openai-compatible, baseUrl: "${model.url}", model: fake, apiKey: none } } }
channels:
  web: { platform: webchat }
  hook: { platform: webhook, access: open, secret: "${hookSecret}" }
  tg: { platform: telegram, access: open, token: "${telegramToken}", apiRoot: "${telegram.url}", pollSeconds: 5 }
${mailChannel}log: { level: warn }
`,
    stop: async () => {
      await telegram.stop();
      await mail?.stop();
      await model.stop();
    },
  };
}

function sayMissing(error: unknown): undefined {
  process.stderr.write(`Without mail: ${error instanceof Error ? error.message : String(error)}\n`);
  return undefined;
}

async function repeat(
  runs: number,
  one: (run: number) => Promise<Readonly<Record<string, number>>>,
): Promise<Record<string, number[]>> {
  const values: Record<string, number[]> = {};
  for (let run = 0; run < runs; run += 1) {
    for (const [name, value] of Object.entries(await one(run))) (values[name] ??= []).push(value);
  }
  return values;
}

function toFigures(
  values: Readonly<Record<string, number[]>>,
  shown: Readonly<Record<string, readonly [name: string, unit: string, target?: string]>>,
): Figure[] {
  return Object.entries(shown).map(([key, [name, unit, target]]) => ({
    name,
    unit,
    values: values[key] ?? [],
    ...(target === undefined ? {} : { target }),
  }));
}

/** From the start of the process to its line "ready": CPU, time, memory. The first start of all warms the compile cache. */
export async function measureStart(runs: number): Promise<Figure[]> {
  const world = await createWorld(true);
  try {
    await (await startService(world.config())).stop();
    const values = await repeat(runs, async () => {
      const service = await startService(world.config());
      await service.stop();
      return { cpu: service.atReady.cpuMs, ready: service.readyMs, resident: service.atReady.residentMb };
    });
    return toFigures(values, {
      cpu: ["CPU to ready", "ms", "<= 600"],
      ready: ["time to ready", "ms", "<= 2000"],
      resident: ["resident at ready", "MB", "<= 120"],
    });
  } finally {
    await world.stop();
  }
}

/** Messages over HTTP, each answered before the next of its connection. */
export async function measureHttp(runs: number): Promise<Figure[]> {
  const world = await createWorld(false);
  const service = await startService(world.config());
  try {
    await runHookLoad(service.url, { messages: 2_000, connections, chatOf: (n) => `warm${n}`, prefix: "warm" });
    const values = await repeat(runs, async (run) => {
      await readGauge(service, "nodejs_eventloop_delay_p99_seconds");
      const many = await loaded(service, 5_000, connections, `m${run}`);
      const delay = await readGauge(service, "nodejs_eventloop_delay_p99_seconds");
      const one = await loaded(service, 500, 1, `o${run}`);
      return {
        rate: many.perSecond,
        cpu: many.cpuMs,
        p50: many.p50Ms,
        p95: many.p95Ms,
        delay: delay * 1000,
        oneP50: one.p50Ms,
        oneCpu: one.cpuMs,
      };
    });
    return toFigures(values, {
      rate: ["messages over HTTP, 32 connections", "/s", ">= 700"],
      cpu: ["CPU per message at 32", "ms", "<= 2"],
      p50: ["p50 at 32", "ms"],
      p95: ["p95 at 32", "ms"],
      delay: ["event-loop delay p99", "ms", "< 50"],
      oneP50: ["p50 one at a time", "ms"],
      oneCpu: ["CPU per message one at a time", "ms"],
    });
  } finally {
    await service.stop();
    await world.stop();
  }
}

/** The yardstick in the same sitting: how much more than the bare path the service costs. */
export async function measureBarePath(runs: number): Promise<Figure[]> {
  const world = await createWorld(false);
  const { child, match } = await startChild(["tests/bench/bare-path.ts", world.model.url], /port (\d+)/);
  const bare = { url: `http://127.0.0.1:${match[1]}`, usage: () => readUsage(child.pid ?? 0) };
  const service = await startService(world.config());
  try {
    await loaded(bare, 2_000, connections, "warm");
    await loaded(service, 2_000, connections, "warm");
    const values = await repeat(runs, async (run) => {
      const least = await loaded(bare, 4_000, connections, `bare${run}`);
      const ours = await loaded(service, 4_000, connections, `ours${run}`);
      return {
        rate: least.perSecond,
        cpu: least.cpuMs,
        ratio: ours.cpuMs / least.cpuMs,
        slower: least.perSecond / ours.perSecond,
      };
    });
    return toFigures(values, {
      rate: ["bare path, 32 connections", "/s"],
      cpu: ["bare path, CPU per message", "ms"],
      ratio: ["our CPU against the bare path's", "times", "<= 2"],
      slower: ["the bare path's rate against ours", "times", "<= 2"],
    });
  } finally {
    await service.stop();
    await stopChild(child);
    await world.stop();
  }
}

async function loaded(service: Pick<Service, "url" | "usage">, messages: number, parallel: number, prefix: string) {
  const before = service.usage();
  const result = await runHookLoad(service.url, {
    messages,
    connections: parallel,
    chatOf: (n) => `${prefix}-${n}`,
    prefix,
  });
  if (result.errors > 0) throw new Error(`${result.errors} messages were not answered`);
  return { ...result, cpuMs: (service.usage().cpuMs - before.cpuMs) / messages };
}

async function readGauge(service: Service, name: string): Promise<number> {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? Number.NaN);
}

/** A burst of Telegram messages in many chats, until each is answered. */
export async function measureTelegram(runs: number): Promise<Figure[]> {
  const world = await createWorld(false);
  const service = await startService(world.config());
  const messages = 2_000;
  try {
    const values = await repeat(runs, async (run) => {
      const before = world.telegram.sent.length;
      const usage = service.usage();
      const began = performance.now();
      for (let n = 0; n < messages; n += 1)
        world.telegram.say({ from: 10_000 + run * messages + n, text: `message ${n}` });
      while (world.telegram.sent.length < before + messages) {
        if (performance.now() - began > 120_000)
          throw new Error(`only ${world.telegram.sent.length - before} of ${messages} answered`);
        await sleep(10);
      }
      const seconds = (performance.now() - began) / 1000;
      return { rate: messages / seconds, cpu: (service.usage().cpuMs - usage.cpuMs) / messages };
    });
    return toFigures(values, {
      rate: ["messages through Telegram", "/s", ">= 200"],
      cpu: ["CPU per Telegram message", "ms"],
    });
  } finally {
    await service.stop();
    await world.stop();
  }
}

/**
 * Resident memory after 20,000 messages against after the warm-up: 2 s after the last message, when garbage may still lie
 * about, and 20 s after it, when V8 may have given memory back, or not yet.
 */
export async function measureGrowth(runs: number): Promise<Figure[]> {
  const world = await createWorld(false);
  try {
    const values = await repeat(Math.min(runs, 3), async () => {
      const service = await startService(world.config());
      const residentAfter = async (quietMs: number): Promise<number> => {
        await sleep(quietMs);
        return service.usage().residentMb;
      };
      await loaded(service, 10_000, connections, "warm");
      const before = await residentAfter(2_000);
      const beforeQuiet = await residentAfter(18_000);
      await loaded(service, 20_000, connections, "grow");
      const growth = (await residentAfter(2_000)) - before;
      const quietGrowth = (await residentAfter(18_000)) - beforeQuiet;
      await service.stop();
      return { before, beforeQuiet, growth, quietGrowth };
    });
    return toFigures(values, {
      before: ["resident after 10,000 messages", "MB"],
      beforeQuiet: ["the same after 20 s of quiet", "MB"],
      growth: ["resident growth over 20,000 messages", "MB", "< 5"],
      quietGrowth: ["the same after 20 s of quiet", "MB", "< 5"],
    });
  } finally {
    await world.stop();
  }
}

/** CPU per message with 10 and with 100,000 stored conversations of four messages. */
export async function measureFlatness(runs: number): Promise<Figure[]> {
  const world = await createWorld(false);
  const folders: string[] = [];
  try {
    const values = await repeat(Math.min(runs, 3), async (run) => {
      const cpu: Record<string, number> = {};
      for (const stored of [10, 100_000]) {
        const folder = await mkdtemp(join(tmpdir(), "parlance-flat-"));
        folders.push(folder);
        await seedConversations(join(folder, "parlance.db"), stored);
        const service = await startService(world.config(), { folder });
        await loaded(service, 1_000, connections, `warm${run}`);
        cpu[`c${stored}`] = (await loaded(service, 3_000, connections, `flat${run}`)).cpuMs;
        await service.stop();
        await rm(folder, { recursive: true, force: true });
      }
      return { ...cpu, ratio: (cpu["c100000"] ?? 0) / (cpu["c10"] ?? 1) };
    });
    return toFigures(values, {
      c10: ["CPU per message, 10 conversations stored", "ms"],
      c100000: ["CPU per message, 100,000 stored", "ms"],
      ratio: ["ratio of the two", "", "about 1"],
    });
  } finally {
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
    await world.stop();
  }
}

/** Bytes sent to the model for "ping". */
export async function measurePing(): Promise<Figure[]> {
  const world = await createWorld(false);
  const service = await startService(world.config());
  try {
    const { default: WebSocket } = await import("ws");
    await new Promise<void>((resolve, reject) => {
      const chat = crypto.randomUUID();
      const socket = new WebSocket(`${service.url.replace("http", "ws")}/chat/web/socket`);
      socket.on("error", reject);
      socket.on("open", () => {
        socket.send(JSON.stringify({ type: "open", chat, limit: 10 }));
        socket.send(JSON.stringify({ type: "message", id: crypto.randomUUID(), chat, text: "ping", attachments: [] }));
      });
      socket.on("message", (data: Buffer) => {
        const frame = JSON.parse(String(data)) as { type: string; entry?: { direction: string } };
        if (frame.type !== "entry" || frame.entry?.direction !== "out") return;
        socket.close();
        resolve();
      });
    });
    return [
      {
        name: 'bytes sent to the model for "ping"',
        unit: "B",
        values: [(await world.model.stats()).lastBodyBytes],
        target: "<= 4096",
      },
    ];
  } finally {
    await service.stop();
    await world.stop();
  }
}

/** The same load over HTTP with PostgreSQL as store and Redis as queue. */
export async function measureScaleOut(runs: number): Promise<Figure[]> {
  const world = await createWorld(false);
  const postgres = await startPostgres();
  const redis = await startRedis();
  const service = await startService(world.config(`database: "${postgres.url}"\nqueue: "${redis.url}"`));
  try {
    await loaded(service, 1_000, connections, "warm");
    const values = await repeat(runs, async (run) => {
      const result = await loaded(service, 3_000, connections, `s${run}`);
      return { rate: result.perSecond, cpu: result.cpuMs };
    });
    return toFigures(values, {
      rate: ["messages on PostgreSQL + Redis, 32 connections", "/s", ">= 300"],
      cpu: ["CPU per message there", "ms"],
    });
  } finally {
    await service.stop();
    await redis.stop();
    await postgres.stop();
    await world.stop();
  }
}
