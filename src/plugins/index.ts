import { isDeepStrictEqual } from "node:util";
import type { Tool } from "../core/tool.ts";
import type { PluginOptions, PluginState } from "./options.ts";
import { createPlaces } from "./places.ts";
import { openPlugin, type OpenPlugin, type PluginDeps } from "./plugin.ts";

/** Calls of all plugins together; each has a thread. */
const maxRunning = 8;
const idleMs = 5 * 60_000;

export interface Plugins {
  /** Loads these plugins, and leaves the others. Does not wait until they are loaded. */
  configure(plugins: Readonly<Record<string, PluginOptions>>): Promise<void>;
  /** Resolves once none of them is loading. */
  settled(): Promise<void>;
  /** The tools of all plugins that are up. */
  tools(): readonly Tool[];
  states(): readonly {
    readonly name: string;
    readonly options: PluginOptions;
    readonly state: PluginState;
    /** Is its compiled module held in memory now? */
    readonly isHeld: boolean;
  }[];
  close(): Promise<void>;
}

/** WASM plugins as a source of tools. Nothing is loaded before a plugin is configured; nothing outlives its call. */
export function createPlugins(
  deps: Omit<PluginDeps, "places" | "onChange" | "idleMs"> & { readonly idleMs?: number },
): Plugins {
  const open = new Map<string, OpenPlugin>();
  const places = createPlaces(maxRunning);
  let tools: readonly Tool[] | undefined;
  const onChange = () => (tools = undefined);

  return {
    async configure(plugins) {
      const gone = [...open].filter(([name, { options }]) => !isDeepStrictEqual(plugins[name], options));
      for (const [name] of gone) open.delete(name);
      onChange();
      await Promise.all(gone.map(([, plugin]) => plugin.close()));
      for (const [name, options] of Object.entries(plugins))
        if (!open.has(name)) open.set(name, openPlugin(name, options, { idleMs, ...deps, places, onChange }));
    },
    async settled() {
      await Promise.all([...open.values()].map((plugin) => plugin.settled()));
    },
    tools: () =>
      (tools ??= [...open.values()].flatMap((plugin) => {
        const state = plugin.state();
        return state.kind === "up" ? state.tools : [];
      })),
    states: () =>
      Array.from(open.values(), (plugin) => ({
        name: plugin.name,
        options: plugin.options,
        state: plugin.state(),
        isHeld: plugin.isHeld(),
      })),
    async close() {
      await Promise.all([...open.values()].map((plugin) => plugin.close()));
      open.clear();
      onChange();
    },
  };
}
