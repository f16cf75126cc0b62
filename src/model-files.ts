import { join } from "node:path";
import type { LoadedConfig } from "../config/load.ts";
import { createModelFiles, type ModelFiles } from "./models/files/index.ts";
import { classifyAddress } from "./safety/public-address.ts";

export type { FileProgress, ModelFiles, ModelKind, PullProgress, Waste } from "./models/files/index.ts";

/** The model store in the data folder, with the rule of every other way out. Opens nothing by itself. */
export function openModelFiles({ config, dataFolder, downloads }: LoadedConfig): ModelFiles {
  const { endpoint, token } = downloads;
  // Whoever set the endpoint has named its host.
  const mirror = endpoint === undefined ? undefined : URL.parse(endpoint)?.host;
  return createModelFiles({
    root: join(dataFolder, "models"),
    isOffline: config.models.offline,
    allowedHosts: [...config.safety.allowPrivate, ...(mirror === undefined ? [] : [mirror])],
    classifyAddress,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(token === undefined ? {} : { token }),
  });
}
