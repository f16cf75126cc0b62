import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request as startRequest, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../config/load.ts";
import { startApp, type App, type AppOptions } from "../../src/app.ts";
import { silentLogger } from "../../src/core/log.ts";

export interface TestApp {
  readonly app: App;
  readonly port: number;
  readonly folder: string;
  /** Lines logged as errors: bugs, as seen from inside. */
  readonly errors: readonly string[];
  call(path: string, options?: CallOptions): Promise<Answer>;
  close(): Promise<void>;
}

export interface CallOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: string | Uint8Array | object;
  /** Sends the headers and nothing else. */
  readonly withoutBody?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  json(): unknown;
}

/** The whole service in this process, over a folder of its own, with the offline model unless `yaml` names another one. */
export async function startTestApp(
  yaml = "",
  options: Partial<AppOptions> = {},
  /** Of an earlier one that was closed: its data. */
  earlier?: string,
): Promise<TestApp> {
  const folder = earlier ?? (await mkdtemp(join(tmpdir(), "parlance-app-")));
  const file = join(folder, "parlance.yaml");
  const basics = [
    ...(/^http:/m.test(yaml) ? [] : ["http: { port: 0 }"]),
    ...(/^models:/m.test(yaml) ? [] : ["models: { aliases: { quiet: { provider: offline } } }"]),
  ];
  await writeFile(file, yaml.startsWith("{") ? yaml : [...basics, yaml].join("\n"));
  const env = { PARLANCE_HOME: join(folder, "data"), TZ: "UTC" };
  const loaded = await loadConfig({ configPath: file, env, cwd: folder, home: folder });
  const errors: string[] = [];
  const log = {
    ...silentLogger,
    error: (fields: object, message: string) => void errors.push(`${message} ${JSON.stringify(fields)}`),
    child: () => log,
  };
  const app = await startApp(loaded, { log, ...options });

  return {
    app,
    port: app.port,
    folder,
    errors,
    call: (path, request = {}) => call(app.port, path, request),
    close: async () => {
      await app.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function call(
  port: number,
  path: string,
  { method, headers = {}, body, withoutBody = false }: CallOptions,
): Promise<Answer> {
  const isRaw = typeof body === "string" || body instanceof Uint8Array || body === undefined;
  const bytes = isRaw ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const request = startRequest(
      {
        host: "127.0.0.1",
        port,
        path,
        method: method ?? (body === undefined ? "GET" : "POST"),
        headers: {
          ...(isRaw ? {} : { "content-type": "application/json" }),
          ...(bytes === undefined ? {} : { "content-length": String(Buffer.byteLength(bytes)) }),
          ...headers,
        },
        agent: false,
        timeout: 10_000,
      },
      (response) => {
        const chunks: Buffer[] = [];
        const finish = () => {
          const text = Buffer.concat(chunks).toString("utf8");
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            json: () => JSON.parse(text) as unknown,
          });
          request.destroy();
        };
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", finish);
        response.on("error", reject);
      },
    );
    request.on("timeout", () => request.destroy(new Error(`no answer to ${path} in time`)));
    request.on("error", reject);
    if (withoutBody) request.flushHeaders();
    else request.end(bytes);
  });
}
