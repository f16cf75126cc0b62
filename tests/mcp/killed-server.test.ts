import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, vi } from "vitest";
import { silentLogger } from "../../src/core/log.ts";
import { createMcpClients } from "../../src/mcp/client.ts";
import { createScriptedModel, type ScriptedModel } from "../doubles/scripted-model.ts";
import { createFakePlatform } from "../pipeline/fake-platform.ts";
import { createScene } from "../pipeline/scene.ts";
import { inbound } from "../store/mail.ts";

const everything = fileURLToPath(import.meta.resolve("@modelcontextprotocol/server-everything/dist/index.js"));

const results = (model: ScriptedModel, call: number) =>
  (model.requests[call]?.messages ?? []).flatMap(({ content }) =>
    content.flatMap((part) => (part.type === "toolResult" ? [{ output: part.output, isError: part.isError }] : [])),
  );

it(
  "a turn whose server is killed in the middle of a call goes on with an error; the next call finds a server started anew",
  { timeout: 60_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "parlance-mcp-kill-"));
    const lives = join(folder, "lives");
    const readLives = async () => (await readFile(lives, "utf8").catch(() => "")).trim().split("\n").filter(Boolean);
    const clients = createMcpClients({ log: silentLogger, version: "0.0.0", cleanText: (text) => text });
    await clients.configure({
      all: { command: ["sh", "-c", `echo $$ >> "${lives}"; exec "${process.execPath}" "${everything}" stdio`] },
    });
    await vi.waitFor(() => expect(clients.states().map(({ state }) => state.kind)).toEqual(["up"]), {
      timeout: 20_000,
    });
    const model = createScriptedModel([
      { toolCalls: [{ name: "all_trigger_long_running_operation", input: { duration: 60, steps: 3 } }] },
      "It broke off.",
      { toolCalls: [{ name: "all_echo", input: { message: "again" } }] },
      "It works again.",
    ]);
    const scene = await createScene({
      platform: createFakePlatform(),
      model,
      tools: clients.tools(),
      ownerIds: ["test:ada"],
      settings: { safetyMode: "yolo" },
    });
    try {
      const worker = scene.begin();
      await worker.receive(inbound("1"));
      const turn = scene.settle(worker);
      await vi.waitFor(() => expect(model.requests).toHaveLength(1));
      await new Promise((resolve) => setTimeout(resolve, 300)); // the call is under way
      const [first] = await readLives();
      process.kill(Number(first), "SIGKILL");
      await turn;
      expect(results(model, 1)).toEqual([{ output: expect.any(String), isError: true }]);
      expect(scene.platform.shown.map(({ text }) => text)).toEqual(["It broke off."]);
      expect(clients.tools().map(({ name }) => name)).toContain("all_echo");
      await worker.receive(inbound("2"));
      await scene.settle(worker);
      expect(results(model, 3).at(-1)).toEqual({ output: "Echo: again", isError: false });
      expect(scene.platform.shown.at(-1)?.text).toBe("It works again.");
      expect((await readLives()).length).toBe(2);
    } finally {
      await scene.close();
      await clients.close();
      await rm(folder, { recursive: true });
    }
  },
);
