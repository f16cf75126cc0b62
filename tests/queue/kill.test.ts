import { appendFileSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, vi } from "vitest";
import { type ForkedWorker, forkWorker } from "./fork-worker.ts";
import { openQueue } from "./open-queue.ts";

const lockMs = 3_000;
const conversations = Array.from({ length: 40 }, (_, index) => `c${index}`);

interface Line {
  readonly kind: string;
  readonly process: string;
  readonly conversation: string;
}

it(
  "loses no last ring and never runs a conversation twice while workers are killed",
  { timeout: 120_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "parlance-kill-"));
    const spec = { kind: "sqlite", path: join(folder, "queue.db") } as const;
    const logPath = join(folder, "events.log"); // One file, appended to by all processes: its order is the order of events.
    const queue = await openQueue(spec, { lockMs });
    let born = 0;
    const startWorker = (): ForkedWorker =>
      forkWorker({ spec, lockMs, name: `w${(born += 1)}`, logPath, handlerMs: 60 });
    const workers = [startWorker(), startWorker()];
    try {
      await Promise.all(workers.map((worker) => worker.seen("ready")));
      const ringing = new AbortController();
      const ringers = Array.from({ length: 4 }, async () => {
        while (!ringing.signal.aborted) {
          const conversation = conversations[Math.floor(Math.random() * conversations.length)] ?? "";
          appendFileSync(logPath, `ring test ${conversation}\n`);
          await queue.wake(conversation);
          await sleep(Math.random() * 4);
        }
      });
      for (let kill = 0; kill < 5; kill += 1) {
        await sleep(300 + Math.random() * 900);
        const index = kill % 2;
        await workers[index]?.kill();
        appendFileSync(logPath, `killed ${workers[index]?.name} -\n`);
        workers[index] = startWorker();
        await workers[index].seen("ready");
      }
      ringing.abort();
      await Promise.all(ringers);
      await vi.waitFor(() => expect(findUnanswered(readLines(logPath))).toEqual([]), {
        timeout: 60_000,
        interval: 100,
      });
      const lines = readLines(logPath);
      expect(findOverlaps(lines)).toEqual([]);
      const count = (kind: string): number => lines.filter((line) => line.kind === kind).length;
      expect(count("start")).toBeGreaterThan(count("end")); // Otherwise no kill has hit a run.
      expect(count("end")).toBeGreaterThan(conversations.length);
      expect(count("killed")).toBe(5);
    } finally {
      await Promise.all(workers.map((worker) => worker.kill()));
      await queue.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
);

function readLines(path: string): Line[] {
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const [kind = "", process = "", conversation = ""] = line.split(" ");
    return { kind, process, conversation };
  });
}

/** Conversations that were rung and have had no complete run since. */
function findUnanswered(lines: readonly Line[]): string[] {
  const open = new Set<string>();
  const startedBy = new Map<string, string>();
  for (const { kind, process, conversation } of lines) {
    if (kind === "ring") {
      open.add(conversation);
      startedBy.delete(conversation); // What runs already does not answer this ring.
    }
    if (kind === "start") startedBy.set(conversation, process);
    if (kind === "end" && startedBy.get(conversation) === process) open.delete(conversation);
  }
  return [...open];
}

/** Handlers that began while another process that was alive still ran the same conversation. */
function findOverlaps(lines: readonly Line[]): string[] {
  const runningIn = new Map<string, string>();
  const overlaps: string[] = [];
  for (const { kind, process, conversation } of lines) {
    if (kind === "start") {
      const other = runningIn.get(conversation);
      if (other !== undefined) overlaps.push(`${conversation}: ${other}, ${process}`);
      runningIn.set(conversation, process);
    }
    if (kind === "end") runningIn.delete(conversation);
    if (kind === "killed") for (const [key, owner] of runningIn) if (owner === process) runningIn.delete(key);
  }
  return overlaps;
}
