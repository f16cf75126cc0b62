import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { RunDetail, RunView } from "../../../src/core/workflow-board.ts";
import { startTestApp } from "../../doubles/test-app.ts";
import { startPostgres } from "../postgres/start.ts";
import { startRedis } from "../redis/start.ts";

const gated = `name: gated
description: Asks before it goes on.
group: research
steps:
  - { id: before, wait: 1ms }
  - { id: gate, approve: "Go on?" }
  - { id: behind, wait: 1ms }
outputs: { answer: yes }
`;

it("a run on PostgreSQL and Redis waits for the page's answer, takes it once, and ends once", async () => {
  const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  const folder = await mkdtemp(join(tmpdir(), "parlance-flows-"));
  await mkdir(join(folder, "data", "workflows"), { recursive: true });
  await writeFile(join(folder, "data", "workflows", "gated.yaml"), gated);
  const app = await startTestApp(
    `database: "${postgres.url}"\nqueue: "${redis.url}"\nchannels: { web: { platform: webchat } }\n`,
    {},
    folder,
  );
  try {
    const load = async <T>(path: string): Promise<T> => (await app.call(path)).json() as T;
    const begun = await app.call("/api/workflows/gated", { body: { inputs: {} } });
    expect(begun.status).toBe(200);
    const { id } = begun.json() as RunView;
    const run = () => load<RunDetail>(`/api/runs/${id}`);
    await expect.poll(async () => (await run()).approvals.length, { timeout: 30_000 }).toBe(1);
    expect(statesOf(await run())).toEqual({ before: "done", gate: "waiting", behind: "pending" });
    const list = () => load<readonly RunView[] | { readonly runs: readonly RunView[] }>("/api/runs");
    expect(JSON.stringify(await list())).toContain(id);

    const [question] = (await run()).approvals;
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => app.call(`/api/approvals/${question?.id}`, { body: { approved: true } })),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409, 409]);
    await expect.poll(async () => (await run()).state, { timeout: 30_000 }).toBe("done");

    // Nothing of it lies in a file.
    expect((await readdir(join(folder, "data"))).filter((name) => name.endsWith(".db"))).toEqual([]);
    const ended = await run();
    expect(statesOf(ended)).toEqual({ before: "done", gate: "done", behind: "done" });
    expect(ended.steps.map(({ path, attempt }) => [path, attempt])).toEqual([
      ["before", 1],
      ["gate", 1],
      ["behind", 1],
    ]);
    expect(ended.approvals).toEqual([]);
    expect(JSON.stringify(await list()).split(id)).toHaveLength(2);
    expect(app.errors).toEqual([]);
  } finally {
    await app.close();
    await Promise.all([postgres.stop(), redis.stop()]);
    await rm(folder, { recursive: true, force: true });
  }
}, 180_000);

/** As the picture shows them. */
function statesOf({ graphSvg }: RunDetail): Readonly<Record<string, string>> {
  const nodes = graphSvg.matchAll(/<g\b[^>]*data-step="(\w+)"[^>]*>|<g\b[^>]*class="[^"]*"[^>]*>/g);
  return Object.fromEntries(
    [...nodes].flatMap(([tag, step]) => (step === undefined ? [] : [[step, /state-(\w+)/.exec(tag)?.[1] ?? ""]])),
  );
}
