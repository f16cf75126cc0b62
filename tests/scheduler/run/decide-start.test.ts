import { expect, it } from "vitest";
import type { WorkflowTrigger } from "../../../src/core/workflow-trigger.ts";
import { decideStart } from "../../../src/scheduler/run/decide-start.ts";

const around = { owner: { name: "Ada", timeZone: "UTC" }, now: 0 };
const hook = (extra: object): WorkflowTrigger => ({
  kind: "webhook",
  verify: "hmac",
  secret: "S",
  inputs: {},
  ...extra,
});

it("starts what its condition lets through, with inputs mapped from the payload", () => {
  const trigger = hook({
    when: 'trigger.action == "opened"',
    inputs: { title: "{{ trigger.issue.title }}", n: "{{ trigger.n }}" },
  });
  const payload = { action: "opened", issue: { title: "Broken" }, n: 3 };
  expect(decideStart(trigger, payload, around)).toEqual({ isWanted: true, inputs: { title: "Broken", n: 3 } });
  expect(decideStart(trigger, { ...payload, action: "closed" }, around)).toEqual({ isWanted: false });
  expect(decideStart({ kind: "event", event: "rule" }, {}, around)).toEqual({ isWanted: true, inputs: {} });
});

it("starts nothing where condition or mapping have no value, and says why", () => {
  for (const trigger of [
    hook({ when: "trigger.x.y" }),
    hook({ when: "1 + 1" }),
    hook({ inputs: { a: "{{ trigger.x }}" } }),
  ])
    expect(decideStart(trigger, {}, around)).toEqual({ isWanted: false, problem: expect.any(String) });
});
