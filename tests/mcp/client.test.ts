import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { silentLogger } from "../../src/core/log.ts";
import { createMcpClients, type McpClients } from "../../src/mcp/client.ts";
import { createToolContext } from "../contracts/tool.ts";
import { findFreePort } from "../doubles/free-port.ts";

/** The reference server of the protocol's authors: every feature of it. */
const everything = fileURLToPath(import.meta.resolve("@modelcontextprotocol/server-everything/dist/index.js"));
const program = [process.execPath, everything, "stdio"];

let clients: McpClients;
const children: ChildProcess[] = [];
afterEach(async () => {
  await clients.close();
  for (const child of children.splice(0)) await end(child);
});

function begin(): McpClients {
  clients = createMcpClients({ log: silentLogger, version: "0.0.0", cleanText: (text) => text });
  return clients;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

async function serve(port: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [everything, "streamableHttp"], {
    env: { ...process.env, PORT: String(port) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  await vi.waitFor(async () => expect((await fetch(`http://127.0.0.1:${port}/mcp`)).status).toBeGreaterThan(0), 15_000);
  return child;
}

const find = (name: string) => {
  const tool = clients.tools().find((one) => one.name === name);
  if (tool === undefined)
    throw new Error(
      `no ${name} among ${clients
        .tools()
        .map((one) => one.name)
        .join(", ")}`,
    );
  return tool;
};
const isUp = () => expect(clients.states().map(({ state }) => state.kind)).toEqual(["up"]);
const waitUntilUp = () => vi.waitFor(isUp, 20_000);

describe.each(["stdio", "streamable HTTP"])("a published server over %s", (transport) => {
  async function connect(): Promise<void> {
    begin();
    if (transport === "stdio") await clients.configure({ all: { command: program } });
    else {
      const port = await findFreePort();
      await serve(port);
      await clients.configure({ all: { url: `http://127.0.0.1:${port}/mcp` } });
    }
    await waitUntilUp();
  }

  it("offers its tools as ours, and answers calls as text from outside", async () => {
    await connect();
    const echo = find("all_echo");
    expect(echo).toMatchObject({ effect: "execute", inputSchema: { type: "object" } });
    expect(echo.keywords).toContain("echo");
    expect(await echo.run({ message: "hello there" }, createToolContext())).toEqual({
      text: "Echo: hello there",
      isOutside: true,
    });
    for (const tool of clients.tools()) {
      expect(tool.name).toMatch(/^all_[a-z0-9_]{1,60}$/);
      expect(tool.description.length).toBeLessThanOrEqual(400);
    }
  });

  it("tells what is no text, and what the server refuses", async () => {
    await connect();
    const image = await find("all_get_tiny_image").run({}, createToolContext());
    expect(image.text).toMatch(/\[image, image\/png, \d+ bytes\]/);
    await expect(find("all_echo").run({ message: 7 }, createToolContext())).rejects.toMatchObject({
      code: "tool-failed",
    });
  });

  it("stops a call that takes long", async () => {
    await connect();
    const controller = new AbortController();
    const call = find("all_trigger_long_running_operation").run(
      { duration: 30, steps: 3 },
      createToolContext({ signal: controller.signal }),
    );
    setTimeout(() => controller.abort(), 50);
    await expect(call).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("connections", () => {
  it("come back when the program is killed, and when a server is started anew", { timeout: 60_000 }, async () => {
    begin();
    const port = await findFreePort();
    const first = await serve(port);
    await clients.configure({ all: { url: `http://127.0.0.1:${port}/mcp` } });
    await waitUntilUp();
    await end(first);
    await serve(port);
    const call = () => find("all_echo").run({ message: "again" }, createToolContext());
    await call().catch(() => undefined);
    await vi.waitFor(async () => expect((await call()).text).toBe("Echo: again"), { timeout: 20_000, interval: 200 });
  });

  it("say what is wrong with a program that is not there, or ends at once", async () => {
    begin();
    await clients.configure({
      missing: { command: ["/no/such/program"] },
      broken: { command: [process.execPath, "-e", "console.error('no licence found'); process.exit(3)"] },
    });
    await vi.waitFor(() => expect(clients.states().map(({ state }) => state.kind)).toEqual(["down", "down"]), {
      timeout: 20_000,
    });
    const reasons = clients.states().map(({ state }) => (state.kind === "down" ? state.reason : ""));
    expect(reasons[0]).toContain("not found");
    expect(reasons[1]).toContain("no licence found");
    expect(clients.tools()).toEqual([]);
  });

  it("give the program only the variables it is meant to have", async () => {
    begin();
    process.env["PARLANCE_TEST_SECRET"] = "hidden";
    try {
      await clients.configure({ all: { command: program, env: { GIVEN: "yes" }, effect: "read" } });
      await waitUntilUp();
      const { text } = await find("all_get_env").run({}, createToolContext());
      expect(text).toContain("GIVEN");
      expect(text).not.toContain("hidden");
      expect(find("all_get_env").effect).toBe("read");
    } finally {
      delete process.env["PARLANCE_TEST_SECRET"];
    }
  });

  it("end with the program when they are taken out of the configuration", async () => {
    begin();
    await clients.configure({ all: { command: program } });
    await waitUntilUp();
    expect(clients.tools().length).toBeGreaterThan(3);
    await clients.configure({});
    expect(clients.states()).toEqual([]);
    expect(clients.tools()).toEqual([]);
  });
});
