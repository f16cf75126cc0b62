import { describe, expect, it } from "vitest";
import type { ApprovalRecord } from "../../src/core/store.ts";
import { runConversation, type NewRun, type StepRow } from "../../src/core/workflow-run.ts";
import type { StoreScene } from "../contracts/store.ts";
import { outbound } from "./mail.ts";

function gate(id: string): ApprovalRecord {
  return {
    id,
    conversation: runConversation("r1"),
    turnId: "r1",
    callId: "gate",
    tool: "workflow_gate",
    input: {},
    question: "Shall it go on?",
    state: "pending",
    expiresAt: 60_000,
    createdAt: 1_000,
  };
}

/** A run of the workflow "tidy" that was set off by hand. */
export function newRun(id: string, extra: Partial<NewRun> = {}): NewRun {
  return {
    id,
    workflow: "tidy",
    definitionHash: "h1",
    definitionText: "name: tidy\n",
    cause: { kind: "manual", by: "test:ada", role: "owner", payload: { n: 1 }, isOutside: false },
    inputs: { days: 3 },
    depth: 0,
    createdAt: 1_000,
    ...extra,
  };
}

export function stepRow(path: string, extra: Partial<StepRow> = {}): StepRow {
  return {
    runId: "r1",
    path,
    seq: 1,
    kind: "tool",
    state: "done",
    attempt: 1,
    redo: 0,
    input: { a: 1 },
    output: ["x"],
    isOutside: false,
    costMicros: 0,
    startedAt: 1_000,
    ...extra,
  };
}

export function describeWorkflowRuns(scene: StoreScene): void {
  const create = (run: NewRun) => scene.store().write((transaction) => transaction.workflows.createRun(run));
  const end = (id: string) =>
    scene.store().write(async (transaction) => {
      await transaction.workflows.updateRun(id, { state: "done", endedAt: 2_000 });
      await transaction.workflows.setDue(id, undefined);
      return transaction.workflows.releaseKey(id);
    });
  const stateOf = async (id: string) => (await scene.store().workflows.run(id))?.state;

  describe("workflow runs", () => {
    it("keeps what it was given, and is found by the sweeper at once", async () => {
      const { run } = await create(newRun("r1", { dedupKey: "k", concurrencyKey: "tidy", policy: "queue" }));
      expect(run).toMatchObject({ id: "r1", state: "active", order: "none", inputs: { days: 3 }, depth: 0 });
      expect(await scene.store().workflows.run("r1")).toEqual(run);
      expect(await scene.store().workflows.runByDedupKey("k")).toEqual(run);
      expect(await scene.store().workflows.definition("h1")).toBe("name: tidy\n");
      const found = await scene.store().forgottenConversations(scene.clock.now(), scene.clock.now(), 10);
      expect(found).toEqual([runConversation("r1")]);
    });

    it("records a run that is refused, with the reason, and has nobody work on it or wait for it", async () => {
      const { run } = await create(
        newRun("r1", { refusal: "Not now.", dedupKey: "k", concurrencyKey: "tidy", policy: "queue" }),
      );
      expect(run).toMatchObject({ state: "skipped", reason: "Not now.", endedAt: 1_000 });
      expect(await scene.store().forgottenConversations(scene.clock.now(), scene.clock.now(), 10)).toEqual([]);
      expect((await create(newRun("r2", { concurrencyKey: "tidy", policy: "queue" }))).run.state).toBe("active");
      expect((await create(newRun("r3", { dedupKey: "k" }))).kind).toBe("known");
    });

    it("makes one run of what set it off twice, whoever asks at the same moment", async () => {
      const other = await scene.another();
      const made = await Promise.all(
        [scene.store(), other, scene.store(), other].map((each, index) =>
          each.write((transaction) => transaction.workflows.createRun(newRun(`r${index}`, { dedupKey: "slot" }))),
        ),
      );
      expect(made.filter(({ kind }) => kind === "created")).toHaveLength(1);
      expect(new Set(made.map(({ run }) => run.id)).size).toBe(1);
      expect(await scene.store().workflows.runs({}, 10)).toHaveLength(1);
    });

    it("lets one run of a key be active, whoever asks at the same moment", async () => {
      const other = await scene.another();
      const ids = ["r1", "r2", "r3", "r4"];
      await Promise.all(
        ids.map((id, index) =>
          (index % 2 === 0 ? scene.store() : other).write((transaction) =>
            transaction.workflows.createRun(newRun(id, { concurrencyKey: "tidy", policy: "queue" })),
          ),
        ),
      );
      const order: string[] = [];
      for (let left = ids.length; left > 0; left -= 1) {
        const active = await scene.store().workflows.runs({ states: ["active"] }, 10);
        expect(active).toHaveLength(1);
        const [first] = active;
        order.push(first?.id ?? "");
        const next = await end(first?.id ?? "");
        expect(next === undefined).toBe(left === 1);
      }
      expect(order.toSorted()).toEqual(ids);
    });

    it("skips a run while another one of its key is under way", async () => {
      const skip = { concurrencyKey: "tidy", policy: "skip" } as const;
      await create(newRun("r1", skip));
      expect((await create(newRun("r2", skip))).run).toMatchObject({ state: "skipped" });
      expect((await create(newRun("r3", { ...skip, concurrencyKey: "other" }))).run.state).toBe("active");
      expect(await end("r1")).toBeUndefined();
      expect((await create(newRun("r4", skip))).run.state).toBe("active");
    });

    it("has a newer run take the place of those of its key", async () => {
      const replace = { concurrencyKey: "tidy", policy: "replace" } as const;
      await create(newRun("r1", replace));
      expect(await create(newRun("r2", replace))).toMatchObject({ run: { state: "queued" }, replaced: ["r1"] });
      expect(await create(newRun("r3", replace))).toMatchObject({ run: { state: "queued" }, replaced: ["r1"] });
      expect(await stateOf("r2")).toBe("cancelled");
      const order = await scene.store().write((transaction) => transaction.workflows.saveSteps("r1", []));
      expect(order).toBe("cancel");
      expect(await end("r1")).toBe("r3");
      expect(await stateOf("r3")).toBe("active");
    });

    it("replaces a step's row, and gives the rows in the order in which they were begun", async () => {
      await create(newRun("r1"));
      const save = (...rows: StepRow[]) =>
        scene.store().write((transaction) => transaction.workflows.saveSteps("r1", rows));
      await save(stepRow("b", { seq: 2, state: "waiting", dueAt: 5 }), stepRow("a"));
      await save(stepRow("b", { seq: 2, output: null, error: "no", state: "failed", endedAt: 9, isOutside: true }));
      expect(await scene.store().workflows.steps("r1")).toEqual([
        stepRow("a"),
        stepRow("b", { seq: 2, output: null, error: "no", state: "failed", endedAt: 9, isOutside: true }),
      ]);
    });

    it("keeps the steps of a persona's work by attempt, in order", async () => {
      await create(newRun("r1"));
      for (const [attempt, index] of [
        [1, 1],
        [1, 0],
        [2, 0],
        [1, 1],
      ] as const)
        await scene
          .store()
          .write((transaction) =>
            transaction.workflows.saveProgress("r1", "ask", attempt, { index, record: { attempt, index } }),
          );
      expect(await scene.store().workflows.progress("r1", "ask", 1)).toEqual([
        { index: 0, record: { attempt: 1, index: 0 } },
        { index: 1, record: { attempt: 1, index: 1 } },
      ]);
    });

    it("undoes the step together with the message of a holder that is not the latest", async () => {
      await create(newRun("r1"));
      const conversation = runConversation("r1");
      const { now } = scene.clock;
      const taken = await scene.store().takeLease(conversation, "p1", now(), 1_000);
      scene.clock.advance(2_000);
      await (await scene.another()).takeLease(conversation, "p2", now(), 1_000);
      const work = scene.store().write(async (transaction) => {
        await transaction.workflows.saveSteps("r1", [stepRow("a")]);
        await transaction.addOutbox([outbound("o1")], "test/room");
        await transaction.checkFence(taken?.lease ?? { conversation, owner: "", fence: 0 });
      });
      await expect(work).rejects.toMatchObject({ code: "lease-lost" });
      expect(await scene.store().workflows.steps("r1")).toEqual([]);
      expect(await scene.store().outboxItem("o1")).toBeUndefined();
    });

    it("is swept when it is due, not before, and not while it rests", async () => {
      await create(newRun("r1"));
      const setDue = (at: number | undefined) =>
        scene.store().write((transaction) => transaction.workflows.setDue("r1", at));
      const swept = () => scene.store().forgottenConversations(scene.clock.now(), 0, 10);
      await setDue(scene.clock.now() + 5_000);
      expect(await swept()).toEqual([]);
      scene.clock.advance(5_000);
      expect(await swept()).toEqual([runConversation("r1")]);
      await setDue(undefined);
      expect(await swept()).toEqual([]);
    });

    it("is swept when a question of its own is answered, by whatever process", async () => {
      await create(newRun("r1"));
      const swept = () => scene.store().forgottenConversations(scene.clock.now(), 0, 10);
      await scene.store().write(async (transaction) => {
        await transaction.addApproval(gate("g1"));
        await transaction.addApproval(gate("g2"));
        await transaction.workflows.setDue("r1", scene.clock.now() + 60_000);
      });
      expect(await swept()).toEqual([]);
      await scene.store().write((transaction) => transaction.answerApproval("g1", "denied", "cli"));
      expect(await swept()).toEqual([runConversation("r1")]);
      // One that rests for good, as after its end, is left alone.
      await scene.store().write((transaction) => transaction.workflows.setDue("r1", undefined));
      await scene.store().write((transaction) => transaction.answerApproval("g2", "approved", "cli"));
      expect(await swept()).toEqual([]);
    });

    it("is deleted with its journal once it has outlived its time, if it has ended", async () => {
      const old = { createdAt: 0 };
      await create(newRun("r1", old));
      await create(newRun("r2", old));
      await scene.store().write((transaction) => transaction.workflows.saveSteps("r1", [stepRow("a")]));
      await end("r1");
      const keep = { inboxDays: 30, journalDays: 30, outboxDays: 30 };
      await scene.store().prune(40 * 86_400_000, keep);
      expect((await scene.store().workflows.runs({}, 10)).map(({ id }) => id)).toEqual(["r2"]);
      expect(await scene.store().workflows.steps("r1")).toEqual([]);
      expect(await scene.store().conversation(runConversation("r1"))).toBeUndefined();
      expect(await scene.store().conversation(runConversation("r2"))).toBeDefined();
    });

    it("is listed by page, workflow and state, the newest first", async () => {
      for (const id of ["r1", "r2", "r3"]) await create(newRun(id));
      await create(newRun("r4", { workflow: "other" }));
      const ids = async (filter: Parameters<ReturnType<StoreScene["store"]>["workflows"]["runs"]>[0]) =>
        (await scene.store().workflows.runs(filter, 2)).map(({ id }) => id);
      expect(await ids({})).toEqual(["r4", "r3"]);
      expect(await ids({ beforeId: "r3" })).toEqual(["r2", "r1"]);
      expect(await ids({ workflow: "other", states: ["active"] })).toEqual(["r4"]);
      expect(await ids({ states: ["done"] })).toEqual([]);
    });
  });
}
