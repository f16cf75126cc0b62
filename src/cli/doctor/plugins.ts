import { resolve, sep } from "node:path";
import type { LoadedConfig } from "../../../config/load.ts";
import { describeError } from "../../core/errors.ts";
import { loadPluginFile } from "../../join-plugins.ts";
import type { Finding } from "./finding.ts";
import { findMissing, pluginPackages } from "./packages.ts";

/** Are the plugins' files there, and the ones that were agreed to? Runs nothing of them: "parlance plugins list" does. None: there are no plugins. */
export async function checkPlugins({ config, dataFolder }: LoadedConfig): Promise<readonly Finding[]> {
  const plugins = Object.entries(config.plugins);
  if (plugins.length === 0) return [];
  const missing = findMissing(pluginPackages);
  if (missing.length > 0)
    return [
      {
        name: "plugins",
        state: "broken",
        detail: `${plugins.map(([name]) => name).join(", ")} need a package that is not installed: ${missing.join(", ")}`,
        hint: `Run: npm install ${missing.join(" ")}`,
      },
    ];
  return Promise.all(
    plugins.map(async ([plugin, options]): Promise<Finding> => {
      const name = `plugin ${plugin}`;
      try {
        await loadPluginFile(options, dataFolder);
      } catch (error) {
        return { name, state: "broken", detail: describeError(error) };
      }
      const wide = Object.entries(options.folders ?? {}).find(([, { path }]) =>
        holds(resolve(dataFolder, path), dataFolder),
      );
      if (wide !== undefined)
        return {
          name,
          state: "warning",
          detail: `its folder "${wide[0]}" holds the data folder, secrets and all`,
          hint: "Give it a folder of its own.",
        };
      if (options.sha256 === undefined)
        return {
          name,
          state: "ok",
          detail: `${options.file}; any file of that name is loaded, for it has no sha256`,
        };
      return { name, state: "ok", detail: `${options.file}, the one that was agreed to` };
    }),
  );
}

function holds(folder: string, inner: string): boolean {
  return inner === folder || inner.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}
