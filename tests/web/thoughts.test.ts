import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { createFakeOpenAi, type FakeOpenAi } from "../doubles/fake-openai.ts";
import { startTestApp, type TestApp } from "../doubles/test-app.ts";

const room = randomUUID();
let app: TestApp;
let provider: FakeOpenAi;

beforeAll(async () => {
  provider = await createFakeOpenAi({ text: "Hello there, this is long enough to be shown.", delayMs: 1, chunks: 6 });
  app = await startTestApp(
    [
      "models:",
      "  default: main",
      "  aliases:",
      `    main: { provider: openai-compatible, model: m, baseUrl: "${provider.url}", price: { input: 1, output: 2 } }`,
      "channels: { web: { platform: webchat } }",
    ].join("\n"),
  );
});
afterAll(async () => {
  await app.close();
  await provider.close();
});

/** Everything the page is sent until the answer is there. */
async function chat(text: string): Promise<string> {
  const socket = new WebSocket(`ws://127.0.0.1:${app.port}/chat/web/socket`);
  const frames: string[] = [];
  const answered = Promise.withResolvers<void>();
  socket.on("message", (data: Buffer) => {
    frames.push(data.toString());
    const { type, entry } = JSON.parse(data.toString()) as { type: string; entry?: { direction: string } };
    if (type === "entry" && entry?.direction === "out") answered.resolve();
  });
  socket.on("open", () => {
    socket.send(JSON.stringify({ type: "open", chat: room, limit: 10 }));
    socket.send(JSON.stringify({ type: "message", id: randomUUID(), chat: room, text, attachments: [] }));
  });
  socket.on("error", (error) => answered.reject(error));
  await answered.promise;
  socket.close();
  return frames.join("\n");
}

describe.each(["think", "reasoning"] as const)("what a model thinks (%s)", (mode) => {
  beforeAll(() => provider.set({ mode }));

  it.each([true, false])("does not leave through /v1/chat/completions (stream: %s)", async (stream) => {
    const body = { model: "main", stream, messages: [{ role: "user", content: "hi" }] };
    const answer = await app.call("/v1/chat/completions", { body });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain("Hello");
    expect(answer.text).not.toMatch(/secret|plan|think|reasoning/);
  });

  it("does not reach the page, while it is written or afterwards", async () => {
    const sent = await chat(`hi ${mode}`);
    expect(sent).toContain('"type":"entry"');
    expect(sent).not.toMatch(/secret plan|<think>/);
    // Asked again: the chat as it is kept.
    expect(await chat(`again ${mode}`)).not.toMatch(/secret plan|<think>/);
    const rows = await app.app.store.database.read<{ shown: string | null; text: string }>({
      sql: "select shown, text from message",
      parameters: [],
    });
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(`${row.shown} ${row.text}`).not.toContain("secret plan");
  });
});
