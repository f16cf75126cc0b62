import { afterEach, expect, it } from "vitest";
import type { ModelRequest } from "../../src/core/model.ts";
import { createScriptedModel } from "../doubles/scripted-model.ts";
import { inbound, kept } from "../store/mail.ts";
import { createFakePlatform } from "./fake-platform.ts";
import { createScene, type Scene } from "./scene.ts";

let scene: Scene;
afterEach(() => scene.close());

const isSummary = (request: ModelRequest) => request.system.startsWith("Summarise");

async function begin(count: number, text: (index: number) => string) {
  const model = createScriptedModel((request) => (isSummary(request) ? "In short: all." : "Yes."));
  scene = await createScene({ platform: createFakePlatform(), model });
  await scene.store.write((transaction) =>
    transaction.addMessages(
      Array.from({ length: count }, (_, index) =>
        kept(`old-${index}`, {
          message: { role: "user", content: [{ type: "text", text: text(index) }] },
        }),
      ),
    ),
  );
  const process = scene.begin();
  const ask = async (id: string) => {
    await process.receive(inbound(id));
    await scene.settle(process);
    return model.requests.findLast((request) => !isSummary(request)) as ModelRequest;
  };
  return { model, ask };
}

it("summarises what does not fit the budget, once, and keeps the goal", async () => {
  const { model, ask } = await begin(20, (index) => `Point ${index}. ${"x".repeat(4_000)}`);
  const first = await ask("1");
  expect(model.requests.filter(isSummary)).toHaveLength(1);
  expect(first.system).toContain("In short: all.");
  expect(first.system).toContain("The conversation began with: Point 0.");
  await ask("2");
  expect(model.requests.filter(isSummary)).toHaveLength(1);
});

it("drops no short messages unsummarised behind the reading limit", async () => {
  const { model, ask } = await begin(195, (index) => `n${index}`);
  for (let turn = 0; turn < 4; turn += 1) await ask(`new-${turn}`);
  const summaries = model.requests.filter(isSummary);
  expect(summaries).toHaveLength(1);
  const shown = JSON.stringify(model.requests);
  for (let index = 0; index < 195; index += 1) expect(shown).toContain(`n${index}`);
  const last = model.requests.findLast((request) => !isSummary(request)) as ModelRequest;
  expect(last.system).toContain("In short: all.");
  const [summary] = summaries;
  expect(JSON.stringify(summary?.messages)).toContain("n0\\n");
  expect(JSON.stringify(last.messages)).not.toContain('"n0"');
  expect(JSON.stringify(last.messages)).toContain('"n194"');
});

it("counts what a summary costs", async () => {
  const { ask } = await begin(20, (index) => `Point ${index}. ${"x".repeat(4_000)}`);
  await ask("1");
  const [usage] = await scene.store.usageSince(0);
  expect(usage?.inputTokens).toBe(200);
});
