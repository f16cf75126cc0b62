import { loadPackage } from "../../src/core/load-package.ts";

/** In place of the thread of a plugin, where its package is not installed. */
export const moduleUrl: string = import.meta.url;

export function runInThread(): Promise<never> {
  const error = Object.assign(new Error("Cannot find package '@extism/extism' imported from here"), {
    code: "ERR_MODULE_NOT_FOUND",
  });
  return loadPackage("@extism/extism", () => Promise.reject(error));
}
