import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { createFakeClock } from "../../doubles/fake-clock.ts";
import { allKinds, small } from "../all-kinds.ts";
import { openScene } from "./scene.ts";

const child = fileURLToPath(new URL("kill-child.ts", import.meta.url));
const rungChild = fileURLToPath(new URL("kill-rung-child.ts", import.meta.url));
const startMs = Date.UTC(2026, 0, 5, 9);
const betweenMs = 120_000;
const maxKills = 100;

/** Kills a process after each write of a run's journal, one process for each write; resolves with how many there were. */
export function killAfterEveryWrite(folder: string, place: string, writes = 1): Promise<number> {
  return countKills((kills) => [child, folder, place, String(startMs + kills * betweenMs), String(writes)]);
}

/** The same through a queue: "sqlite", or the address of a PostgreSQL or a Redis. */
export function killRungRun(folder: string, place: string, queue: string): Promise<number> {
  return countKills(() => [rungChild, folder, place, queue]);
}

async function countKills(argumentsOf: (kills: number) => readonly string[]): Promise<number> {
  for (let kills = 0; kills < maxKills; kills += 1) {
    const worker = spawn(process.execPath, argumentsOf(kills), { stdio: ["ignore", "inherit", "inherit"] });
    const [code, signal] = (await once(worker, "exit")) as [number | null, string | null];
    if (code === 0) return kills;
    expect(signal).toBe("SIGKILL");
  }
  throw new Error(`The run has not ended after ${maxKills} kills.`);
}

/** The run has ended well, and each of its effects is there once. */
export async function expectEachEffectOnce(folder: string, place: string): Promise<void> {
  const scene = await openScene({
    folder,
    ...(place === "" ? {} : { place }),
    clock: createFakeClock(startMs),
    workflows: [allKinds, small],
  });
  try {
    const runs = await scene.store.workflows.runs({}, 10);
    expect(runs.map(({ workflow, state }) => `${workflow} ${state}`)).toEqual(["small done", "all-kinds done"]);
    const [, run] = runs;
    expect(run?.outputs).toEqual({ severity: 5, answer: "3!" });
    const sent = await scene.sent();
    expect(sent).toHaveLength(5);
    expect(sent[0]).toBe("Go on with weather?");
    expect(sent.slice(1, 4).toSorted()).toEqual(["lima: 4", "oslo: 4", "rome: 4"]);
    expect(sent[4]).toBe("weather: 3!, gate true");
    // Row by row: what the store reads of it is summed up.
    const rows = { sql: "select conversation from usage", parameters: [] };
    const notes = (await scene.store.database.read<{ conversation: string }>(rows)).map((row) => row.conversation);
    expect(notes.toSorted()).toEqual(["note 5 for weather", "note small 3"]);
    const world = scene.world.read();
    expect(world.filter((line) => line.startsWith("paged"))).toHaveLength(1);
    expect(world.filter((line) => line.startsWith("model called"))).toHaveLength(1);
    expect((await scene.steps(run?.id ?? "")).every((step) => step.endsWith(" done"))).toBe(true);
  } finally {
    await scene.close();
  }
}
