import { AjvJsonSchemaValidator } from "@modelcontextprotocol/client/validators/ajv";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunDetail, RunView, WorkflowDetail, WorkflowList } from "../../../src/core/workflow-board.ts";
import { startService, type Service } from "./workflow-place.ts";

const head = (name: string) => `name: ${name}\ndescription: About ${name}.\ngroup: research\n`;
const workflows = {
  asks: `${head("asks")}inputs: { many: { type: number, default: 2 } }
trigger: { cron: "0 9 * * *" }
steps:
  - { id: rest, wait: 1ms }
  - { id: gate, approve: "Go on with {{ inputs.many }}?" }
outputs: { many: "{{ inputs.many }}" }
`,
  bobs: `${head("bobs")}steps: [{ id: gate, approve: "Bob?", approvers: ["web:bob"] }]\n`,
  wrong: `${head("wrong")}steps: [{ id: a, wait: soon }]\n`,
};
let service: Service;
let document: {
  readonly paths: Record<string, Record<string, unknown>>;
  readonly components: { readonly schemas: object };
};
beforeAll(async () => {
  service = await startService(workflows);
  document = (await service.call("/openapi.json")).json() as typeof document;
});
afterAll(async () => {
  expect(service.errors).toEqual([]);
  await service.close();
});

/** Read or written, and held against the published description. */
async function ask<T>(path: string, at: string, body?: object): Promise<T> {
  const answer = await service.call(at, body === undefined ? {} : { body });
  expect([at, answer.status, answer.text]).toMatchObject([at, 200, expect.any(String)]);
  const operation = document.paths[path]?.[body === undefined ? "get" : "post"] as {
    responses: Record<string, { content: Record<string, { schema: object }> }>;
  };
  const schema = operation.responses["200"]?.content["application/json"]?.schema;
  const whole = JSON.parse(
    JSON.stringify({ ...schema, $defs: document.components.schemas }).replaceAll("#/components/schemas/", "#/$defs/"),
  );
  const verdict = new AjvJsonSchemaValidator().getValidator(whole)(answer.json());
  expect([at, verdict.valid ? "" : verdict.errorMessage]).toEqual([at, ""]);
  return answer.json() as T;
}
const run = (id: string) => ask<RunDetail>("/api/runs/{id}", `/api/runs/${id}`);
const begin = (name: string, inputs = {}) => ask<RunView>("/api/workflows/{id}", `/api/workflows/${name}`, { inputs });
const order = (id: string, body: object) => ask<RunView>("/api/runs/{id}", `/api/runs/${id}`, body);
const untilState = (id: string, state: string) =>
  expect.poll(async () => (await run(id)).state, { timeout: 15_000 }).toBe(state);
const untilAsked = async (id: string) => {
  await expect.poll(async () => (await run(id)).approvals.length, { timeout: 15_000 }).toBe(1);
  return (await run(id)).approvals[0]?.id ?? "";
};

describe("/api/workflows", () => {
  it("lists them, with the next time and the files that are wrong", async () => {
    const list = await ask<WorkflowList>("/api/workflows", "/api/workflows");
    const own = list.workflows.filter(({ isOwn }) => isOwn);
    expect(own).toMatchObject([{ name: "asks", nextAt: expect.any(Number) }, { name: "bobs" }]);
    expect(list.faults).toContainEqual(expect.objectContaining({ file: "wrong.yaml", line: 4 }));
    expect(JSON.stringify(list)).not.toContain(service.folder);
  });

  it("shows one with its picture, and starts it with typed inputs", async () => {
    const one = await ask<WorkflowDetail>("/api/workflows/{id}", "/api/workflows/asks");
    expect(one.graphSvg).toMatch(/^<svg /);
    expect(one.nextTimes).toHaveLength(3);
    expect((await service.call("/api/workflows/nobody")).status).toBe(404);
    const wrong = await service.call("/api/workflows/asks", { body: { inputs: { many: "lots" } } });
    expect([wrong.status, wrong.json()]).toMatchObject([400, { error: expect.stringContaining("must be a number") }]);
  });
});

describe("/api/runs", () => {
  it("shows a run live, and lets it go on when its question is answered", async () => {
    const { id, state } = await begin("asks", { many: 7 });
    expect(state).toBe("active");
    const approval = await untilAsked(id);
    const waiting = await run(id);
    expect(waiting.steps).toMatchObject([
      { path: "rest", state: "done" },
      { path: "gate", state: "waiting", input: expect.stringContaining("Go on with 7?") },
    ]);
    expect(waiting.graphSvg).toContain("state-waiting");
    const told = await service.app.store.cdc.events(0, 200);
    expect(told.some(({ kind, ref }) => kind === "run" && ref === id)).toBe(true);
    await service.call(`/api/approvals/${approval}`, { body: { approved: true } });
    await untilState(id, "done");
    expect(JSON.parse((await run(id)).outputs)).toEqual({ many: 7 });
    const later = await service.app.store.cdc.events(waiting.seq, 200);
    expect(later.some(({ kind, ref }) => kind === "run" && ref === id)).toBe(true);
  }, 60_000);

  it("lets nobody answer for a person who is named", async () => {
    const { id } = await begin("bobs");
    const approval = await untilAsked(id);
    const answer = await service.call(`/api/approvals/${approval}`, { body: { approved: true } });
    expect([answer.status, answer.json()]).toMatchObject([403, { error: expect.stringContaining("somebody else") }]);
    expect((await service.app.store.approval(approval))?.state).toBe("pending");
  }, 60_000);

  it("halts, goes on, ends and repeats; and says why not", async () => {
    const { id } = await begin("asks");
    await untilAsked(id);
    await order(id, { command: "pause" });
    await untilState(id, "paused");
    await order(id, { command: "resume" });
    await untilState(id, "active");
    await order(id, { command: "cancel" });
    await untilState(id, "cancelled");
    const again = await service.call(`/api/runs/${id}`, { body: { command: "cancel" } });
    expect(again.status).toBe(409);
    await order(id, { command: "retry", from: "gate" });
    await untilAsked(id);
    for (const body of [{ command: "explode" }, { command: "pause", from: "gate" }, {}])
      expect((await service.call(`/api/runs/${id}`, { body })).status).toBe(400);
    expect((await service.call("/api/runs/nobody", { body: { command: "cancel" } })).status).toBe(404);
  }, 60_000);

  it("lists the newest first, page by page", async () => {
    const all = (await ask<{ runs: RunView[] }>("/api/runs", "/api/runs")).runs.map(({ id }) => id);
    expect(all.length).toBeGreaterThan(2);
    const first = (await ask<{ runs: RunView[] }>("/api/runs", "/api/runs?limit=1")).runs.map(({ id }) => id);
    const rest = (await ask<{ runs: RunView[] }>("/api/runs", `/api/runs?before=${first[0]}`)).runs.map(({ id }) => id);
    expect([...first, ...rest]).toEqual(all);
    const { runs: open } = await ask<{ runs: RunView[] }>("/api/runs", "/api/runs?states=open");
    expect(open.every(({ state }) => state === "active")).toBe(true);
    expect((await ask<{ runs: RunView[] }>("/api/runs", "/api/runs?workflow=bobs")).runs).toHaveLength(1);
  });
});
