import { spawn, type ChildProcess } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, createServer, request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startEchoModel } from "./echo-model.ts";
import { findFreePort } from "../doubles/free-port.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const secret = "0123456789abcdef0123456789abcdef";
const conversationsAtOnce = 32;

export interface KillOptions {
  /** At least; further ones follow until all kills have happened. */
  readonly conversations: number;
  readonly messagesEach: number;
  /** Share of messages that the platform delivers once more. */
  readonly redelivered: number;
  readonly workers: number;
  readonly killEveryMs: number;
  /** So many, however fast the messages go through. */
  readonly kills: number;
  /** Configuration lines for the database and queue; empty for SQLite. */
  readonly store: string;
  /** Given up when nothing was answered for so long. */
  readonly patienceMs: number;
}

export interface KillResult {
  readonly messages: number;
  readonly kills: number;
  readonly gatewayKills: number;
  readonly lost: number;
  /** Messages answered by more than one reply. */
  readonly doubled: number;
  readonly reordered: number;
  readonly replies: number;
  /** The same reply posted once more under its own idempotency key: what a receiver drops. */
  readonly repeatedPosts: number;
  readonly modelCalls: number;
  readonly seconds: number;
}

/**
 * Talks to a service of several processes through its webhook channel while a random one of them is killed again and
 * again, the one that takes messages in included, and counts what was lost, doubled or reordered.
 */
export async function runKillTest(options: KillOptions): Promise<KillResult> {
  const folder = await mkdtemp(join(tmpdir(), "parlance-kill-"));
  const model = await startEchoModel({ minMs: 5, maxMs: 30 });
  const replies = await startReplyServer();
  const port = await findFreePort();
  await writeFile(
    join(folder, "parlance.yaml"),
    `http: { port: ${port} }
${options.store}
workers: { leaseSeconds: 6 }
models: { aliases: { echo: { provider: openai-compatible, baseUrl: "${model.url}", model: echo, apiKey: none } } }
channels:
  hook: { platform: webhook, access: open, secret: "${secret}", replyUrl: "${replies.url}" }
log: { level: error }
`,
  );
  const processes = [
    startProcess(folder, []),
    ...Array.from({ length: options.workers }, () => startProcess(folder, ["--worker"])),
  ];
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const began = performance.now();
  let kills = 0;
  let gatewayKills = 0;
  let conversations = 0;
  let isDone = false;
  try {
    await waitUntilUp(port);
    const killer = killAgainAndAgain();
    await sendAll();
    await killer;
    await untilAnswered();
    await sleep(1_000); // a double would come in now
    return {
      ...replies.judge(conversations, options.messagesEach),
      kills,
      gatewayKills,
      modelCalls: model.requests(),
      seconds: (performance.now() - began) / 1000,
    };
  } finally {
    isDone = true;
    agent.destroy();
    await Promise.all(processes.map((entry) => entry.end()));
    await replies.close();
    await model.close();
    await rm(folder, { recursive: true, force: true });
  }

  async function killAgainAndAgain(): Promise<void> {
    while (!isDone && kills < options.kills) {
      await sleep(options.killEveryMs * (0.5 + Math.random()));
      if (isDone) return;
      const index = Math.floor(Math.random() * processes.length);
      processes[index]?.killAndRestart();
      kills += 1;
      if (index === 0) gatewayKills += 1;
    }
  }

  async function sendAll(): Promise<void> {
    const sendConversations = async () => {
      while (conversations < options.conversations || kills < options.kills) {
        const conversation = conversations++;
        for (let n = 0; n < options.messagesEach; n += 1) {
          await deliver(conversation, n);
          if (Math.random() < options.redelivered) await deliver(conversation, n);
        }
      }
    };
    await Promise.all(Array.from({ length: conversationsAtOnce }, sendConversations));
  }

  /** As platforms do: again and again until it is acknowledged. */
  async function deliver(conversation: number, n: number): Promise<void> {
    for (;;) {
      const status = await post(agent, port, {
        id: `m-${conversation}-${n}`,
        chat: `c${conversation}`,
        sender: { id: "ada", name: "Ada" },
        text: `m:${conversation}:${n};`,
      }).catch(() => 0);
      if (status === 202 || status === 200) return;
      if (status >= 400 && status < 500) throw new Error(`the hook answered ${status}`);
      await sleep(50 + Math.random() * 150);
    }
  }

  async function untilAnswered(): Promise<void> {
    const wanted = conversations * options.messagesEach;
    let last = -1;
    let lastAt = performance.now();
    while (replies.answered() < wanted && performance.now() - lastAt < options.patienceMs) {
      await sleep(100);
      if (replies.answered() !== last) {
        last = replies.answered();
        lastAt = performance.now();
      }
    }
  }
}

/** What receives replies: keeps them by idempotency key, in order of arrival. */
async function startReplyServer() {
  const byKey = new Map<string, string>();
  const order: Array<{ conversation: number; n: number }> = [];
  const answered = new Set<string>();
  let repeatedPosts = 0;
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const key = String(request.headers["idempotency-key"]);
      if (byKey.has(key)) repeatedPosts += 1;
      else {
        const { text } = JSON.parse(Buffer.concat(chunks).toString("utf8")) as { text: string };
        byKey.set(key, text);
        for (const [token, conversation, n] of text.matchAll(/m:(\d+):(\d+);/g)) {
          answered.add(token);
          order.push({ conversation: Number(conversation), n: Number(n) });
        }
      }
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    answered: () => answered.size,
    judge(conversations: number, messagesEach: number) {
      const messages = conversations * messagesEach;
      const latest = new Map<number, number>();
      let reordered = 0;
      for (const { conversation, n } of order) {
        if (n < (latest.get(conversation) ?? -1)) reordered += 1;
        latest.set(conversation, Math.max(n, latest.get(conversation) ?? -1));
      }
      return {
        messages,
        lost: messages - answered.size,
        doubled: order.length - answered.size,
        reordered,
        replies: byKey.size,
        repeatedPosts,
      };
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function startProcess(folder: string, extra: readonly string[]) {
  let isEnding = false;
  let child: ChildProcess = launch();

  function launch(): ChildProcess {
    const started = spawn(
      process.execPath,
      ["bin/parlance.js", "start", "--config", join(folder, "parlance.yaml"), ...extra],
      {
        cwd: root,
        env: { ...process.env, PARLANCE_HOME: folder },
        stdio: ["ignore", "ignore", "inherit"],
      },
    );
    started.once("exit", () => {
      if (!isEnding) child = launch();
    });
    return started;
  }

  return {
    killAndRestart: () => void child.kill("SIGKILL"),
    async end(): Promise<void> {
      isEnding = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function post(agent: Agent, port: number, message: object): Promise<number> {
  const body = JSON.stringify(message);
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
  return new Promise((resolve, reject) => {
    const call = httpRequest(
      `http://127.0.0.1:${port}/hooks/hook`,
      {
        method: "POST",
        agent,
        timeout: 15_000,
        headers: {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(body),
          "x-parlance-timestamp": timestamp,
          "x-parlance-signature": `v1=${signature}`,
        },
      },
      (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode ?? 0));
        response.on("error", reject);
      },
    );
    call.on("timeout", () => call.destroy(new Error("no answer in time")));
    call.on("error", reject);
    call.end(body);
  });
}

async function waitUntilUp(port: number): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    const isUp = await fetch(`http://127.0.0.1:${port}/health/live`).then(
      (response) => response.ok,
      () => false,
    );
    if (isUp) return;
    await sleep(100);
  }
  throw new Error("the service did not come up within 30 s");
}
