import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { LoadedConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import type { FileStore } from "./core/channel.ts";
import type { Tool } from "./core/tool.ts";
import { createDocumentReader } from "./documents/index.ts";
import { createEgress } from "./safety/egress.ts";
import { cleanInboundText } from "./safety/text.ts";
import type { OpenStore } from "./store/index.ts";
import { createTools } from "./tools/index.ts";

export interface JoinToolsDeps {
  readonly loaded: LoadedConfig;
  readonly store: OpenStore;
  readonly files: FileStore;
  readonly now: () => number;
}

export interface JoinedTools {
  /** The built-in tools for a configuration; those of the one before close what they hold open. */
  build(config: Config): readonly Tool[];
  close(): void;
}

const browsers = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** The built-in tools and all they are given. Starts nothing before one of them is called. */
export function joinTools({ loaded, store, files, now }: JoinToolsDeps): JoinedTools {
  const readDocument = createDocumentReader();
  let stop = new AbortController();

  const openEgress = (allowPrivateHosts: readonly string[]) =>
    createEgress({
      allowPrivateHosts,
      record: (record, at) => store.write((transaction) => transaction.addEgress(record, at)),
      now,
    });

  return {
    build(config) {
      stop.abort();
      stop = new AbortController();
      const services = Object.entries(config.services).map(([name, service]) => ({ name, ...service }));
      const { allowPrivate } = config.safety;
      return createTools({
        timeZone: config.owner.timeZone,
        fetch: openEgress(allowPrivate),
        fetchService: openEgress([...allowPrivate, ...services.flatMap(({ url }) => findHost(url))]),
        services,
        cleanText: cleanInboundText,
        search: store.searchMessages,
        targets: [],
        workspace: resolve(config.tools.workspace ?? join(loaded.dataFolder, "workspace")),
        shell: config.tools.shell,
        readDocument,
        files,
        attachments: store.attachments,
        chromium: browsers.find((program) => existsSync(program)),
        stop: stop.signal,
      });
    },
    close: () => stop.abort(),
  };
}

/** "host:port" of a service, so that a private one can be reached, and no other port of its host. */
function findHost(address: string): readonly string[] {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol)) return [];
  return [`${url.hostname}:${url.port === "" ? (url.protocol === "http:" ? 80 : 443) : url.port}`];
}
