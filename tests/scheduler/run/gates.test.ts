import { afterEach, describe, expect, it } from "vitest";
import { decideGate, mayAnswerGate } from "../../../src/scheduler/run/gate.ts";
import type { ApprovalRecord } from "../../../src/core/store.ts";
import { openScene, type Scene, type SceneOptions } from "./scene.ts";

let opened: Scene | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

async function open(gate: string, extra: Partial<SceneOptions> = {}): Promise<{ scene: Scene; id: string }> {
  const text = `name: x
description: d
group: research
steps:
  - { id: gate, approve: "Go?", ${gate} }
  - { id: after, send: owner, text: "{{ steps.gate.output.isApproved }} {{ json(steps.gate.output.by) }}" }
`;
  const scene = await openScene({ ...extra, workflows: [text] });
  opened = scene;
  const { id } = await scene.start("x");
  await scene.work();
  return { scene, id };
}

describe("a gate", () => {
  it("opens for the one who is asked, and says who that was", async () => {
    const { scene, id } = await open("approvers: [owner]");
    const [gate, ...others] = await scene.pending();
    expect(others).toEqual([]);
    expect(gate).toMatchObject({
      tool: "workflow_gate",
      input: { workflow: "x", runId: id, step: "gate", approver: "owner" },
    });
    await scene.answer(gate, "approved", "test:ada");
    expect((await scene.run(id)).state).toBe("done");
    expect(await scene.sent()).toEqual(["Go?", 'true ["test:ada"]']);
  });

  it("stays closed after a no, whoever else agrees, and asks nobody any longer", async () => {
    const { scene, id } = await open("approvers: [owner, admin, 'test:bob'], needs: 1");
    await scene.answer((await scene.pending())[1], "denied", "test:eve");
    expect(await scene.run(id)).toMatchObject({ state: "failed", reason: "gate: A person was asked and said no." });
    expect(await scene.pending()).toEqual([]);
    expect(await scene.sent()).toEqual(["Go?", "Go?", "Go?"]);
  });

  it("needs as many different people as it says", async () => {
    const { scene, id } = await open("approvers: [owner, admin, 'test:bob'], needs: 2");
    await scene.answer((await scene.pending())[0], "approved", "test:ada");
    expect((await scene.run(id)).state).toBe("active");
    await scene.answer((await scene.pending())[0], "approved", "test:ada");
    expect((await scene.run(id)).state).toBe("active");
    await scene.answer((await scene.pending())[0], "approved", "test:bob");
    expect((await scene.run(id)).state).toBe("done");
    expect((await scene.sent()).at(-1)).toBe('true ["test:ada","test:bob"]');
  });

  it.each([
    ["approve", "done"],
    ["deny", "failed"],
  ])("counts as its default, %s, when time is over", async (otherwise, state) => {
    const { scene, id } = await open(`timeout: 30m, default: ${otherwise}`);
    scene.clock.advance(29 * 60_000);
    await scene.work();
    expect((await scene.run(id)).state).toBe("active");
    scene.clock.advance(60_000);
    await scene.work();
    expect((await scene.run(id)).state).toBe(state);
    expect(await scene.pending()).toEqual([]);
  });

  it("hears an answer that was given while nothing ran", async () => {
    const { scene, id } = await open("timeout: 1d");
    const [gate] = await scene.pending();
    await scene.store.write((transaction) => transaction.answerApproval(gate?.id ?? "", "approved", "test:ada"));
    scene.clock.advance(300_000); // its bell got lost
    await scene.work();
    expect((await scene.run(id)).state).toBe("done");
  });

  it("hears an answer that comes while it lets go", async () => {
    let answered = false;
    const { scene, id } = await open("timeout: 1d", {
      wrap: (store) => ({
        ...store,
        approvalsOfTurn: async (turnId) => {
          const approvals = await store.approvalsOfTurn(turnId);
          const [gate] = approvals;
          if (gate !== undefined && !answered) {
            answered = true;
            await store.write((transaction) => transaction.answerApproval(gate.id, "approved", "test:ada"));
            return store.approvalsOfTurn(turnId);
          }
          return approvals;
        },
      }),
    });
    expect((await scene.run(id)).state).toBe("done");
  });

  it("does not pass where nobody could be asked, whatever its default", async () => {
    const { scene, id } = await open("default: approve, timeout: 1h");
    const [gate] = await scene.pending();
    await scene.store.write((transaction) => transaction.answerApproval(gate?.id ?? "", "undeliverable", "system"));
    await scene.workThrough();
    expect(await scene.run(id)).toMatchObject({ state: "failed", reason: expect.stringContaining("could be asked") });
  });

  it("wants no more people than it names", async () => {
    await expect(open("approvers: [owner], needs: 2")).rejects.toThrow(/is more than the approvers/);
  });
});

describe("who may answer", () => {
  it.each([
    ["owner", "test:a", "owner", true],
    ["owner", "test:a", "admin", false],
    ["admin", "test:a", "owner", true],
    ["admin", "test:a", "member", false],
    ["member", "test:a", "member", true],
    ["member", "test:a", "guest", false],
    ["test:a", "test:a", "guest", true],
    ["test:a", "test:a", "blocked", false],
    ["test:a", "test:b", "owner", false],
  ] as const)("for %s: %s, %s: %s", (approver, id, role, may) => {
    expect(mayAnswerGate(approver, { id, role })).toBe(may);
  });

  it("counts people, not answers", () => {
    const by = (answeredBy: string): ApprovalRecord => ({
      id: answeredBy,
      conversation: "",
      turnId: "",
      callId: "",
      tool: "",
      input: null,
      question: "",
      state: "approved",
      answeredBy,
      expiresAt: 1,
      createdAt: 0,
    });
    const gate = { needs: 2, default: "approve", isTimeOver: false } as const;
    expect(decideGate([by("a"), by("a")], gate)).toMatchObject({
      verdict: "denied",
      reason: "This needs 2 different people; 1 agreed.",
    });
    expect(decideGate([by("a"), by("b")], gate)).toMatchObject({ verdict: "approved", by: ["a", "b"] });
  });
});
