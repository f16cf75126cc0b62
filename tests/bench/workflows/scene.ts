import { createQueue, type QueueChoice } from "../../../src/queue/index.ts";
import type { WakeQueue } from "../../../src/core/queue.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { createRunningClock } from "../../doubles/fake-clock.ts";
import { openScene, type Scene } from "../../scheduler/run/scene.ts";

/** Four steps, a list of three items among them, and messages by which their order can be told. */
export const loadWorkflow = `name: load
description: What the measurement runs.
group: operations
inputs: { n: { type: number } }
steps:
  - { id: first, send: owner, text: "{{ inputs.n }} 1" }
  - { id: note, tool: write_note, with: { text: "{{ inputs.n }}" } }
  - id: all
    each: "['rome', 'oslo', 'lima']"
    as: place
    limit: 3
    steps: [{ id: fetch, tool: fetch_weather, with: { place: "{{ place }}" } }]
  - { id: second, send: owner, text: "{{ inputs.n }} 2" }
  - { id: choose, switch: [{ when: inputs.n > 0, steps: [{ id: third, send: owner, text: "{{ inputs.n }} 3" }] }] }
outputs: { places: "{{ steps.all.output.size() }}" }
`;

/** A process's store, engine and queue, as the service has them. */
export async function openLoadScene(
  folder: string,
  place: string,
  redisUrl: string,
): Promise<{ readonly scene: Scene; readonly queue: WakeQueue }> {
  const opened = Promise.withResolvers<WakeQueue>();
  const clock = createRunningClock();
  const scene = await openScene({
    folder,
    ...(place === "" ? {} : { place }),
    clock,
    workflows: [loadWorkflow],
    deps: { queue: { wake: async (conversation, options) => (await opened.promise).wake(conversation, options) } },
  });
  const choice: QueueChoice =
    redisUrl === "" ? { kind: "sqlite", database: scene.store.database } : { kind: "redis", url: redisUrl };
  const queue = await createQueue(choice, { log: silentLogger, now: clock.now });
  opened.resolve(queue);
  return { scene, queue };
}
