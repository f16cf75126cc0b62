import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { createProviderModel } from "../../src/models/provider.ts";
import { collect, pingRequest, textOf } from "../contracts/model.ts";

describe("the fake server as a child process", () => {
  it("prints its port, echoes, calls tools on demand, counts, and stops on SIGTERM", async () => {
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL("../doubles/fake-openai.ts", import.meta.url)), "--port", "0", "--mode", "echo"],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    try {
      const [line] = (await once(createInterface(child.stdout), "line")) as [string];
      const base = `http://127.0.0.1:${Number(line)}`;
      const model = await createProviderModel({
        provider: "openai-compatible",
        model: "m",
        baseUrl: `${base}/v1`,
      });
      expect(textOf(await collect(model, pingRequest))).toBe("You said: ping");
      const call = await collect(model, {
        ...pingRequest,
        messages: [
          {
            role: "user",
            content: [{ type: "text", text: 'please !call lookup {"query":"tea"}' }],
          },
        ],
      });
      expect(call.find((event) => event.type === "toolCall")).toMatchObject({
        name: "lookup",
        input: { query: "tea" },
      });
      expect(await (await fetch(`${base}/stats`)).json()).toMatchObject({
        requests: 2,
        open: 0,
        lastBodyBytes: expect.any(Number),
      });
      await fetch(`${base}/control`, { method: "POST", body: '{"mode":"rate-limit"}' });
      expect((await collect(model, pingRequest)).at(-1)).toMatchObject({
        type: "error",
        retryAfterMs: 7_000,
      });
    } finally {
      child.kill("SIGTERM");
      const [code] = (await once(child, "exit")) as [number | null];
      expect(code).toBe(0);
    }
  });
});
