import { basename, dirname } from "node:path";
import { AppError, describeError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Tool, ToolContext } from "../core/tool.ts";
import { watchFolder } from "../core/watch-folder.ts";
import { loadModule, type LoadedModule } from "./load-file.ts";
import { defaultTimeoutMs, type PluginOptions, type PluginState } from "./options.ts";
import type { Places } from "./places.ts";
import { formatPluginTool, parseDescription } from "./plugin-tool.ts";
import { runPlugin, type PluginRun, type RunPluginDeps } from "./run-plugin.ts";

export interface PluginDeps extends RunPluginDeps {
  readonly log: Logger;
  readonly places: Places;
  readonly onChange: () => void;
  /** A compiled module that nobody called for so long is let go of. */
  readonly idleMs: number;
}

export interface OpenPlugin {
  readonly name: string;
  readonly options: PluginOptions;
  state(): PluginState;
  /** Is its compiled module held in memory now? */
  isHeld(): boolean;
  /** Resolves once it is no longer loading. */
  settled(): Promise<void>;
  /** Ends what runs. Idempotent. */
  close(): Promise<void>;
}

/** Loads a plugin and what it describes, and again whenever its file changes. Never throws: a failure is its state. */
export function openPlugin(name: string, options: PluginOptions, deps: PluginDeps): OpenPlugin {
  const stop = new AbortController();
  let state: PluginState = { kind: "loading" };
  let held: LoadedModule | undefined;
  let idle: NodeJS.Timeout | undefined;
  const running = new Set<Promise<unknown>>();
  let loading = load();

  watchFolder(dirname(options.file), {
    isWanted: (changed) => changed === basename(options.file),
    onChange: reload,
    signal: stop.signal,
  });

  function setState(next: PluginState): void {
    state = next;
    deps.onChange();
  }

  async function load(): Promise<void> {
    try {
      const loaded = await loadModule(options);
      const value = await run(loaded.module, "describe", "", { turnId: `plugin:${name}`, signal: stop.signal });
      const tools = formatTools(parseDescription(name, value));
      keep(loaded);
      setState({ kind: "up", tools, sha256: loaded.sha256 });
    } catch (error) {
      if (stop.signal.aborted) return;
      const reason = clean(describeError(error));
      setState({ kind: "down", reason });
      deps.log.warn({ plugin: name, reason }, "A plugin cannot be used.");
    }
  }

  async function reload(): Promise<void> {
    await loading;
    held = undefined;
    loading = load();
    await loading;
  }

  function formatTools(described: ReturnType<typeof parseDescription>): readonly Tool[] {
    const taken = new Set<string>();
    return described.flatMap((one) => {
      const tool = formatPluginTool(one, { plugin: name, options, clean, call });
      if (!taken.has(tool.name)) return taken.add(tool.name) && [tool];
      deps.log.warn({ plugin: name, tool: one.name }, "A tool of a plugin was left out: its name is another one's.");
      return [];
    });
  }

  function clean(text: string): string {
    return deps.redact(deps.cleanText(text), Object.values(options.keys ?? {}));
  }

  function keep(loaded: LoadedModule): void {
    held = loaded;
    clearTimeout(idle);
    idle = setTimeout(() => (held = undefined), deps.idleMs).unref();
  }

  /** The module whose tools are on offer. Throws AppError "conflict" when the file has become another one. */
  async function pickModule(): Promise<WebAssembly.Module> {
    const loaded = held ?? (await loadModule(options));
    if (state.kind !== "up" || state.sha256 !== loaded.sha256)
      throw new AppError("conflict", `The file of the plugin "${name}" has changed. It is being read anew.`, {
        retryAfterMs: 1_000,
      });
    keep(loaded);
    return loaded.module;
  }

  async function call(input: string, { turnId, signal }: ToolContext): Promise<unknown> {
    return run(await pickModule(), "call", input, { turnId, signal: AbortSignal.any([signal, stop.signal]) });
  }

  async function run(
    module: WebAssembly.Module,
    part: PluginRun["export"],
    input: string,
    { turnId, signal }: Pick<PluginRun, "turnId" | "signal">,
  ): Promise<unknown> {
    // To say what it can do, it needs nothing.
    const nothing = { hosts: [], keys: {}, folders: {}, timeoutMs: defaultTimeoutMs };
    const allowed = part === "describe" ? { ...options, ...nothing } : options;
    const work = deps.places.use(signal, () =>
      runPlugin({ name, options: allowed, module, export: part, input, turnId, signal }, deps),
    );
    running.add(work);
    try {
      return await work;
    } finally {
      running.delete(work);
    }
  }

  return {
    name,
    options,
    state: () => state,
    isHeld: () => held !== undefined,
    settled: () => loading,
    async close() {
      stop.abort();
      clearTimeout(idle);
      held = undefined;
      await Promise.allSettled([loading, ...running]);
    },
  };
}
