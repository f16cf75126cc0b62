import { writeFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { conversationId, type Address } from "../../src/core/message.ts";
import { waitUntil } from "../doubles/channel-context.ts";
import { findFreePort } from "../doubles/free-port.ts";
import { startTestApp, type TestApp } from "../doubles/test-app.ts";
import { startEchoModel } from "./echo-model.ts";
import type { CreatePeer } from "./peers/peer.ts";
import { isStored } from "./platform-kills.ts";

const person = 1001;
/** Typing signs begin after 0.4 s, replies that grow after one; answers come at once. */
const quietMs = 1_500;
const waitMs = 20_000;

/**
 * A channel that listens hears everything that people do, and nobody sees a thing of it. The mode is changed while it
 * runs: what was heard while it listened is answered by nobody, what is said when it may speak is, and then it is
 * silent again, but for a message that a person has approved.
 */
export async function expectSilence(createPeer: CreatePeer): Promise<void> {
  const model = await startEchoModel({ minMs: 1, maxMs: 5 });
  const port = await findFreePort();
  let database = "";
  const peer = await createPeer({
    hookUrl: `http://127.0.0.1:${port}/hooks/chat`,
    people: [person],
    isStored: (text) => isStored(database, text),
  });
  const format = (mode: "listen" | "open"): string =>
    // JSON is YAML.
    Object.entries({
      http: { port },
      models: {
        aliases: { echo: { provider: "openai-compatible", baseUrl: model.url, model: "echo", apiKey: "none" } },
      },
      channels: { chat: { ...peer.channel, access: "open", mode } },
    })
      .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
      .join("\n");
  const app = await startTestApp(format("listen"));
  database = join(app.folder, "data", "parlance.db");
  const unheard = (words: readonly string[]): readonly string[] => words.filter((each) => !isStored(database, each));

  /** Everything that can be done to make it speak. */
  async function provoke(mark: string): Promise<void> {
    await peer.say(person, `${mark} how are you? Answer slowly.`);
    for (const command of ["/approve", "/reject"]) await peer.say(person, `${command} ${mark}`);
    const stirred = await peer.stir(mark);
    await peer.say(person, `${mark} the end`);
    const said = [`${mark} how are you?`, `/approve ${mark}`, `/reject ${mark}`, ...stirred, `${mark} the end`];
    await waitUntil(
      () => unheard(said).length === 0,
      waitMs,
      () => `"${unheard(said).join('", "')}" to be heard`,
    );
    await sleep(quietMs);
  }

  try {
    await provoke("one");
    expect(peer.shown()).toEqual([]);
    expect(peer.received()).toEqual([]);
    expect(model.requests()).toBe(0);

    // Which also proves that the peer would have noticed.
    await changeMode(app, format("open"));
    await peer.say(person, "two, and now answer");
    await waitUntil(() => peer.received().some(({ text }) => text.includes("two, and now answer")), waitMs);
    expect(peer.shown().length).toBeGreaterThan(0);
    await sleep(quietMs);

    await changeMode(app, format("listen"));
    await sleep(quietMs);
    const before = { shown: [...peer.shown()], received: [...peer.received()] };
    await provoke("three");
    expect(peer.shown()).toEqual(before.shown);
    expect(peer.received()).toEqual(before.received);

    const address = findAddress(database, "three the end");
    for (const [id, text] of [
      ["answer-of-ours", "from a turn"],
      ["draft-card-7k2m", "a question"],
      ["draft-7k2m", "word for word"],
    ] as const)
      await app.app.store.write((transaction) =>
        transaction.addOutbox([{ id, address, text, attachments: [] }], conversationId(address)),
      );
    const isNew = ({ text }: { readonly text: string }): boolean => !before.received.some((old) => old.text === text);
    const news = (): readonly string[] =>
      peer
        .received()
        .filter(isNew)
        .map(({ text }) => text.trim());
    await waitUntil(
      () => news().length > 0 && listFailed(database).length > 1,
      waitMs,
      () => `two refusals and one message, there are ${JSON.stringify([listFailed(database), news()])}`,
    );
    expect(news()).toEqual(["word for word"]);
    expect(listFailed(database)).toEqual(["answer-of-ours", "draft-card-7k2m"]);
    expect(app.errors).toEqual([]);
  } finally {
    await app.close();
    await peer.close();
    await model.close();
  }
}

/** As when the configuration file is saved. */
async function changeMode({ app, folder }: TestApp, yaml: string): Promise<void> {
  const file = join(folder, "parlance.yaml");
  await writeFile(file, yaml);
  const env = { PARLANCE_HOME: join(folder, "data"), TZ: "UTC" };
  await app.applyConfig(await loadConfig({ configPath: file, env, cwd: folder, home: folder }));
}

function findAddress(path: string, words: string): Address {
  const row = read(path, "select message from inbox where instr(message, ?) > 0", words)[0] as { message: string };
  return (JSON.parse(row.message) as { address: Address }).address;
}

function listFailed(path: string): readonly unknown[] {
  return read(path, "select id from outbox where state = 'failed' order by id").map((row) => row["id"]);
}

function read(path: string, sql: string, ...values: string[]): Record<string, unknown>[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return database.prepare(sql).all(...values);
  } finally {
    database.close();
  }
}
