import { expect, it } from "vitest";
import { WebSocket } from "ws";
import { createFakeOpenAi } from "../doubles/fake-openai.ts";
import { startTestApp } from "../doubles/test-app.ts";

it('asks the model about a "ping" in less than 4 KB, persona and tools included, and answers on the page', async () => {
  const provider = await createFakeOpenAi({ mode: "text", text: "pong" });
  const app = await startTestApp(
    [
      "channels: { web: { platform: webchat } }",
      "models:",
      `  aliases: { main: { provider: openai-compatible, model: fake, baseUrl: "${provider.url}" } }`,
    ].join("\n"),
  );
  const socket = new WebSocket(`ws://127.0.0.1:${app.port}/chat/web/socket`);
  const chat = "00000000-0000-4000-8000-000000000001";
  const frames: { type: string; entry?: { direction: string; text: string } }[] = [];
  const answered = new Promise<void>((resolve) => {
    socket.on("message", (data) => {
      const frame = JSON.parse((data as Buffer).toString("utf8")) as (typeof frames)[number];
      frames.push(frame);
      if (frame.type === "entry" && frame.entry?.direction === "out") resolve();
    });
  });
  await new Promise((resolve) => socket.once("open", resolve));
  socket.send(JSON.stringify({ type: "open", chat, limit: 20 }));
  socket.send(
    JSON.stringify({
      type: "message",
      id: "00000000-0000-4000-8000-000000000002",
      chat,
      text: "ping",
      attachments: [],
    }),
  );
  await answered;
  expect(frames.filter(({ type }) => type === "ack")).toHaveLength(1);
  expect(frames.flatMap(({ entry }) => (entry?.direction === "out" ? [entry.text] : []))).toEqual(["pong"]);
  expect(provider.stats.requests).toBe(1);
  expect(provider.stats.lastBodyBytes).toBeGreaterThan(500);
  expect(provider.stats.lastBodyBytes).toBeLessThan(4_096);
  expect(app.errors).toEqual([]);
  socket.close();
  await app.close();
  await provider.close();
});
