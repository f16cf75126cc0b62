import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../../config/load.ts";
import { startApp, type App } from "../../../src/app.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { call, type Answer, type CallOptions } from "../../doubles/test-app.ts";

export const hookSecret = "the-secret-of-the-hook";

/** The whole service in this process, with workflows of a person's own. */
export interface Service {
  readonly app: App;
  readonly folder: string;
  readonly errors: readonly string[];
  call(path: string, options?: CallOptions): Promise<Answer>;
  close(): Promise<void>;
}

export async function startService(workflows: Readonly<Record<string, string>>, yaml = ""): Promise<Service> {
  const folder = await mkdtemp(join(tmpdir(), "parlance-flows-"));
  const data = join(folder, "data");
  await mkdir(join(data, "workflows"), { recursive: true });
  for (const [name, text] of Object.entries(workflows)) await writeFile(join(data, "workflows", `${name}.yaml`), text);
  const file = join(folder, "parlance.yaml");
  const basics =
    "http: { port: 0 }\nmodels: { aliases: { quiet: { provider: offline } } }\nchannels: { web: { platform: webchat } }\n";
  await writeFile(file, `${basics}${yaml}`);
  const env = { PARLANCE_HOME: data, TZ: "UTC", HOOK_SECRET: hookSecret };
  const loaded = await loadConfig({ configPath: file, env, cwd: folder, home: folder });
  const errors: string[] = [];
  const log = {
    ...silentLogger,
    error: (fields: object, message: string) => void errors.push(`${message} ${JSON.stringify(fields)}`),
    child: () => log,
  };
  const app = await startApp(loaded, { log });
  return {
    app,
    folder,
    errors,
    call: (path, options = {}) => call(app.port, path, options),
    async close() {
      await app.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
