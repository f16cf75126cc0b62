import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { startTestApp } from "../doubles/test-app.ts";
import { startEchoModel } from "./echo-model.ts";
import { findFreePort } from "../doubles/free-port.ts";
import { peers } from "./peers/index.ts";
import { isStored } from "./platform-kills.ts";

const person = 1001;
const messages = 20;
/** Longer than one takes to say the next, and so the first turn waits for what comes. */
const debounceMs = 400;
const mostTurns = 2;
/** Its peer needs a mail server: tests/servers. */
const needServers = new Set(["email"]);

describe("20 messages at once in one chat", () => {
  it.each(Object.entries(peers).filter(([name]) => !needServers.has(name)))(
    "on %s: all are answered, in at most two turns",
    async (_name, createPeer) => {
      const model = await startEchoModel({ minMs: 1, maxMs: 5 });
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
          workers: { debounceMs },
          channels: { chat: { ...peer.channel, access: "open", mode: "open" } },
        })
          .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
          .join("\n"),
      );
      database = join(app.folder, "data", "parlance.db");
      try {
        const marks = Array.from({ length: messages }, (_, index) => `m${index};`);
        for (const mark of marks) await peer.say(person, mark);
        const seen = (): string =>
          peer
            .received()
            .map(({ text }) => text)
            .join("\n");
        await expect.poll(() => marks.filter((mark) => !seen().includes(mark)), { timeout: 20_000 }).toEqual([]);
        await sleep(debounceMs);
        expect(model.requests()).toBeLessThanOrEqual(mostTurns);
        expect([...seen().matchAll(/m(\d+);/g)].map(([, index]) => Number(index))).toEqual([...marks.keys()]);
        expect(app.errors).toEqual([]);
      } finally {
        await app.close();
        await peer.close();
        await model.close();
      }
    },
  );
});
