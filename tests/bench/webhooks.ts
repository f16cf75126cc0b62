/*
 * node tests/bench/webhooks.ts                          a route of its own that only refuses
 * node tests/bench/webhooks.ts --url URL --other URL    deliveries to URL, others' requests to another page of it
 * --rate 2000 --seconds 10 --kind github --bytes 4096
 *
 * How long others wait while somebody floods a webhook with deliveries that are refused. The flood comes at a fixed
 * rate, whether it is answered or not; others ask fifty times a second, and each one's wait counts from the moment it
 * was due, so that a server (or this program) that stands still shows. Server and load share this machine.
 */
import { once } from "node:events";
import { Agent, request } from "node:http";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { WebhookKind } from "../../src/core/workflow-trigger.ts";
import { verifyWebhook } from "../../src/scheduler/webhooks/verify.ts";
import { startChild, stopChild } from "./program.ts";

const othersPerSecond = 50;
const tickMs = 5;

const { values } = parseArgs({
  options: {
    url: { type: "string" },
    other: { type: "string" },
    rate: { type: "string", default: "2000" },
    seconds: { type: "string", default: "10" },
    kind: { type: "string", default: "github" },
    bytes: { type: "string", default: "4096" },
    serve: { type: "boolean", default: false },
  },
});
const seconds = Number(values.seconds);

if (values.serve) await serveRefusals(values.kind as WebhookKind);
else await measure();

/** The least that a service does: limits the body, verifies, refuses. */
async function serveRefusals(kind: WebhookKind): Promise<void> {
  const app = new Hono();
  app.get("/other", (context) => context.text("ok"));
  app.post("/hooks", bodyLimit({ maxSize: 256 * 1024 }), async (context) => {
    const body = new Uint8Array(await context.req.arrayBuffer());
    const { headers } = context.req.raw;
    const verdict = verifyWebhook({ kind, secret: "a-secret-of-the-bench", headers, body, now: Date.now() });
    return verdict.ok ? context.text("taken") : context.text(verdict.reason, 401);
  });
  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
  await once(server, "listening");
  const address = server.address();
  process.stdout.write(`port ${typeof address === "object" ? address?.port : address}\n`);
}

async function measure(): Promise<void> {
  const own = values.url === undefined ? await startOwn() : undefined;
  const target = values.url ?? `${own?.url}/hooks`;
  const other = values.other ?? `${own?.url ?? new URL(target).origin}/other`;
  await Promise.all([flood(target, Number(values.rate) / 4, 2), askAround(other, 2)]);
  const idle = await askAround(other, seconds);
  const [refused, busy] = await Promise.all([flood(target, Number(values.rate), seconds), askAround(other, seconds)]);
  console.table({ "others alone": summarise(idle), "others beside the flood": summarise(busy) });
  process.stdout.write(
    `refused ${refused.answered} of ${refused.sent} sent in ${refused.seconds.toFixed(1)} s: ` +
      `${Math.round(refused.answered / refused.seconds)}/s; statuses ${JSON.stringify(refused.statuses)}\n`,
  );
  await own?.stop();
  process.exit(0);
}

async function startOwn(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const args = [fileURLToPath(import.meta.url), "--serve", "--kind", values.kind];
  const { child, match } = await startChild(args, /port (\d+)/);
  return { url: `http://127.0.0.1:${match[1]}`, stop: () => stopChild(child) };
}

interface Flood {
  readonly sent: number;
  readonly answered: number;
  readonly seconds: number;
  readonly statuses: Readonly<Record<string, number>>;
}

/** Signed with a wrong secret, so that each one costs the whole proof. */
async function flood(url: string, perSecond: number, forSeconds: number): Promise<Flood> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const body = Buffer.from(
    JSON.stringify({ action: "opened", text: "x".repeat(Math.max(0, Number(values.bytes) - 30)) }),
  );
  const headers = formatWrongProofs();
  const statuses: Record<string, number> = {};
  const answers: Array<Promise<void>> = [];
  await keepPace(perSecond, forSeconds, () => {
    const answer = ask(url, agent, headers, body).then((status) => {
      statuses[status] = (statuses[status] ?? 0) + 1;
    });
    answers.push(answer);
  });
  const began = performance.now();
  await Promise.all(answers);
  agent.destroy();
  const answered = Object.entries(statuses).reduce(
    (sum, [status, count]) => sum + (status === "failed" ? 0 : count),
    0,
  );
  return { sent: answers.length, answered, seconds: forSeconds + (performance.now() - began) / 1000, statuses };
}

function formatWrongProofs(): Readonly<Record<string, string>> {
  const hex = "0".repeat(64);
  const now = String(Math.floor(Date.now() / 1000));
  return {
    "content-type": "application/json",
    "x-github-event": "pull_request",
    "x-hub-signature-256": `sha256=${hex}`,
    "x-gitlab-token": "wrong",
    "stripe-signature": `t=${now},v1=${hex}`,
    authorization: "Bearer wrong",
    "x-grafana-alerting-signature": hex,
    "x-parlance-timestamp": now,
    "x-parlance-signature": `v1=${hex}`,
  };
}

/** Waits of others' requests, in milliseconds. */
async function askAround(url: string, forSeconds: number): Promise<readonly number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const waits: Array<Promise<number>> = [];
  await keepPace(othersPerSecond, forSeconds, (dueAt) => {
    waits.push(ask(url, agent).then((status) => (status === "failed" ? Infinity : performance.now() - dueAt)));
  });
  const all = await Promise.all(waits);
  agent.destroy();
  return all;
}

/** Calls at a fixed rate; what a late timer has missed is made up for, with the time at which it was due. */
async function keepPace(perSecond: number, forSeconds: number, call: (dueAt: number) => void): Promise<void> {
  const began = performance.now();
  const total = Math.round(perSecond * forSeconds);
  let made = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setInterval(() => {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * perSecond));
    for (; made < due; made += 1) call(began + ((made + 1) / perSecond) * 1000);
    if (made === total) resolve();
  }, tickMs);
  await promise;
  clearInterval(timer);
}

function ask(
  url: string,
  agent: Agent,
  headers: Readonly<Record<string, string>> = {},
  body?: Buffer,
): Promise<number | "failed"> {
  return new Promise((resolve) => {
    const method = body === undefined ? "GET" : "POST";
    const length = body === undefined ? {} : { "content-length": body.length };
    const call = request(url, { method, agent, headers: { ...headers, ...length } }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
      response.on("error", () => resolve("failed"));
    });
    call.on("error", () => resolve("failed"));
    call.end(body);
  });
}

function summarise(waits: readonly number[]): Readonly<Record<string, number>> {
  const sorted = waits.toSorted((a, b) => a - b);
  const at = (share: number) => Number((sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN).toFixed(2));
  return { requests: sorted.length, "p50 ms": at(0.5), "p95 ms": at(0.95), "p99 ms": at(0.99), "max ms": at(1) };
}
