import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startTestApp } from "../../doubles/test-app.ts";
import { tinyAnswer, writeTinyGguf } from "../../doubles/tiny-gguf.ts";

it("answers in the service, from a plain file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "parlance-gguf-"));
  const model = join(folder, "tiny.gguf");
  await writeTinyGguf(model);
  const app = await startTestApp(
    `models: { aliases: { local: { provider: llama, model: ${JSON.stringify(model)}, temperature: 0 } } }`,
  );
  try {
    const response = await fetch(`http://127.0.0.1:${app.port}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "local", messages: [{ role: "user", content: "ping" }] }),
    });
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: tinyAnswer } }] });
    expect(app.errors).toEqual([]);
  } finally {
    await app.close();
    await rm(folder, { recursive: true, force: true });
  }
});
