import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../../config/schema.ts";
import { silentLogger } from "../../src/core/log.ts";
import type { EgressRecord } from "../../src/core/records.ts";
import type { Tool } from "../../src/core/tool.ts";
import { joinPlugins, type JoinedPlugins } from "../../src/join-plugins.ts";
import { createEgress } from "../../src/safety/egress.ts";
import { createToolContext } from "../contracts/tool.ts";
import { compilePlugin, type WasmPluginParts } from "../doubles/wasm-plugin.ts";

type PluginConfig = Config["plugins"][string];

export interface PluginPlace {
  readonly folder: string;
  readonly plugins: JoinedPlugins;
  readonly ledger: readonly EgressRecord[];
  /** Hosts that a request was really sent to. */
  readonly reached: readonly string[];
  readonly logged: readonly string[];
  /** Writes a file below the data folder. */
  put(path: string, content: string | Uint8Array): Promise<string>;
  /** Configures this one plugin under the name "it", and waits until it is loaded. */
  load(parts: WasmPluginParts | Uint8Array, config?: Partial<PluginConfig>): Promise<void>;
  tool(name?: string): Tool;
  call(change?: Parameters<typeof createToolContext>[0]): Promise<string>;
  reason(): string;
  close(): Promise<void>;
}

/** Answers of the world outside, by address; what is not here answers 200 and "ok". */
export type Outside = Readonly<Record<string, { readonly status: number; readonly headers?: Record<string, string> }>>;

/** Plugins joined as in the service, over a folder of their own; the dispatcher is the real one, the net is not. */
export async function createPluginPlace(
  outside: Outside = {},
  differently: { readonly idleMs?: number; readonly thread?: string } = {},
): Promise<PluginPlace> {
  const folder = await mkdtemp(join(tmpdir(), "parlance-plugins-"));
  const ledger: EgressRecord[] = [];
  const reached: string[] = [];
  const logged: string[] = [];
  const log = {
    ...silentLogger,
    warn: (fields: object, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`),
  };
  const fetch = createEgress({
    allowPrivateHosts: [],
    record: (row) => void ledger.push(row),
    now: () => 1,
    resolve: (host) => Promise.resolve([host.startsWith("inner") ? "10.0.0.7" : "93.184.216.34"]),
    send: (hop) => {
      reached.push(hop.url.host);
      const { status = 200, headers = {} } = outside[hop.url.href] ?? {};
      return Promise.resolve({ status, headers, body: Buffer.from("ok"), url: hop.url.href });
    },
  });
  const plugins = joinPlugins({ dataFolder: folder, log, fetch, ...differently });

  const place: PluginPlace = {
    folder,
    plugins,
    ledger,
    reached,
    logged,
    async put(path, content) {
      const file = join(folder, path);
      await mkdir(join(file, ".."), { recursive: true });
      await writeFile(file, content);
      return file;
    },
    async load(parts, config = {}) {
      await plugins.configure({}); // else one that is configured in the same way would stay
      await place.put("it.wasm", parts instanceof Uint8Array ? parts : await compilePlugin(parts));
      await plugins.configure({ it: { file: "it.wasm", ...config } });
      await plugins.settled();
    },
    tool(name = "it_echo") {
      const tool = plugins.tools().find((one) => one.name === name);
      if (tool === undefined) throw new Error(`no ${name}: ${JSON.stringify(plugins.states())}`);
      return tool;
    },
    call: async (change) => (await place.tool().run({ word: "tea" }, createToolContext(change))).text,
    reason() {
      const state = plugins.states()[0]?.state;
      return state?.kind === "down" ? state.reason : "";
    },
    async close() {
      await plugins.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return place;
}
