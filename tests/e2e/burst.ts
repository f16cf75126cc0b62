import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { findFreePort } from "../doubles/free-port.ts";
import { startTestApp } from "../doubles/test-app.ts";
import { startEchoModel } from "./echo-model.ts";
import type { CreatePeer } from "./peers/peer.ts";
import { isStored } from "./platform-kills.ts";

const person = 1001;
const messages = 20;
const mostTurns = 2;
/** A third turn would have begun by then. */
const quietMs = 400;

/**
 * One person writes 20 messages at once: all are answered, in order, in at most two turns. The first turn lasts until
 * all of them are there, however long the platform takes to bring them.
 */
export async function expectFewTurns(createPeer: CreatePeer): Promise<void> {
  const allThere = Promise.withResolvers<void>();
  const model = await startEchoModel({ minMs: 1, maxMs: 5, hold: allThere.promise });
  const port = await findFreePort();
  let database = "";
  const peer = await createPeer({
    hookUrl: `http://127.0.0.1:${port}/hooks/chat`,
    people: [person],
    isStored: (text) => isStored(database, text),
  });
  const app = await startTestApp(
    // JSON is YAML.
    Object.entries({
      http: { port },
      models: {
        aliases: { echo: { provider: "openai-compatible", baseUrl: model.url, model: "echo", apiKey: "none" } },
      },
      channels: { chat: { ...peer.channel, access: "open", mode: "open" } },
    })
      .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
      .join("\n"),
  );
  database = join(app.folder, "data", "parlance.db");
  try {
    const marks = Array.from({ length: messages }, (_, index) => `m${index};`);
    for (const mark of marks) await peer.say(person, mark);
    await expect.poll(() => marks.filter((mark) => !isStored(database, mark)), { timeout: 20_000 }).toEqual([]);
    allThere.resolve();
    const seen = (): string =>
      peer
        .received()
        .map(({ text }) => text)
        .join("\n");
    await expect.poll(() => marks.filter((mark) => !seen().includes(mark)), { timeout: 20_000 }).toEqual([]);
    await sleep(quietMs);
    expect(model.requests()).toBeLessThanOrEqual(mostTurns);
    expect([...seen().matchAll(/m(\d+);/g)].map(([, index]) => Number(index))).toEqual([...marks.keys()]);
    expect(app.errors).toEqual([]);
  } finally {
    allThere.resolve();
    await app.close();
    await peer.close();
    await model.close();
  }
}
