import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "../config/schema.ts";
import type { Logger } from "./core/log.ts";
import type { Metrics } from "./core/metrics.ts";
import { createId } from "./core/id.ts";
import type { Persona } from "./core/persona.ts";
import type { Models } from "./models/index.ts";
import { startWebServer, type WebOptions, type WebServer } from "./web/server.ts";

/** The HTTP server over the parts of the service: configuration and models are read anew with each request. */
export function joinWeb(
  deps: Pick<
    WebOptions,
    "channel" | "ready" | "complete" | "mcp" | "now" | "desk" | "calendar" | "board" | "takeHook"
  > & {
    readonly config: () => Config;
    readonly log: Logger;
    readonly metrics: Metrics;
    readonly models: () => Models;
    readonly defaultModel: () => string;
    readonly personas: () => ReadonlyMap<string, Persona>;
  },
): Promise<WebServer> {
  const { config, models, defaultModel, personas, ...rest } = deps;
  const { http } = config();
  return startWebServer({
    ...rest,
    host: http.host,
    port: http.port,
    token: http.token,
    publicUrl: http.publicUrl,
    pagesFolder: join(fileURLToPath(new URL(".", import.meta.url)), "web/dashboard/dist"),
    createId: () => createId(deps.now()),
    maxBodyBytes: () => config().limits.bodyBytes,
    isConfigured: (name) => config().channels[name] !== undefined,
    person: (channel) => ({ id: `${channel}:owner`, name: config().owner.name, isBot: false }),
    session: () => {
      const { id } = models().get(defaultModel());
      const pages = Object.entries(config().channels).filter(
        ([, channel]) => channel.platform === "webchat" && channel.mode !== "off",
      );
      return { channels: pages.map(([name]) => ({ name })), model: { id, isOffline: id === "offline" } };
    },
    modelNames: () => [
      "default",
      ...models()
        .list()
        .map(({ alias }) => alias),
      ...[...personas().keys()].map((name) => `persona:${name}`),
    ],
  });
}
