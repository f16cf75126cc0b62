import { parseArgs } from "node:util";
import { parse, resolve } from "node:path";
import type { Config } from "../../config/schema.ts";
import type { CliCommand } from "../cli.ts";
import { AppError } from "../core/errors.ts";
import { silentLogger } from "../core/log.ts";
import { joinPlugins, type JoinedPlugins } from "../join-plugins.ts";
import { commonOptions, commonUsage, loadConfigOf, needWord, pickAction } from "./options.ts";
import { formatTable, paint, plain, printJson, printLine } from "./print.ts";

type Shown = ReturnType<typeof describePlugin>;

/** WASM plugins, asked what they can do. Nothing else of them runs here. */
export const plugins: CliCommand = {
  summary: "Lists the plugins, their tools, and what each may reach; looks into a file with nothing allowed.",
  usage: `plugins list        loads the configured plugins and shows their tools
  parlance plugins check FILE  shows what a .wasm file offers, and its SHA-256, before it is configured

${commonUsage}`,
  async run(args) {
    const { values, positionals } = parseArgs({ args: [...args], options: commonOptions, allowPositionals: true });
    const action = pickAction(positionals[0], ["list", "check"], "list");
    const found =
      action === "check"
        ? await describeFile(resolve(needWord(positionals[1], "The file", "plugins check FILE")))
        : await loadConfigOf(values).then(({ config, dataFolder }) => describeAll(config.plugins, dataFolder));
    if (values.json) printJson(action === "check" ? found[0] : found);
    else if (found.length === 0) printLine("No plugin is configured. They stand under `plugins` in parlance.yaml.");
    else for (const one of found) print(one, action === "check");
    return found.every(({ state }) => state === "up") ? 0 : 1;
  },
};

/** As if it were configured under the name of the file, with nothing declared. */
function describeFile(file: string): Promise<readonly Shown[]> {
  return describeAll({ [parse(file).name]: { file } }, "/");
}

async function describeAll(configured: Config["plugins"], dataFolder: string): Promise<readonly Shown[]> {
  const joined = joinPlugins({
    dataFolder,
    log: silentLogger,
    fetch: () => Promise.reject(new AppError("egress-refused", "Nothing goes out from here.")),
  });
  try {
    await joined.configure(configured);
    await joined.settled();
    return joined.states().map(describePlugin);
  } finally {
    await joined.close();
  }
}

/** Keys by their names: nobody is shown a value. */
function describePlugin({ name, options, state }: ReturnType<JoinedPlugins["states"]>[number]) {
  const { file, hosts = [], keys = {}, folders = {} } = options;
  return {
    name,
    state: state.kind,
    ...(state.kind === "down" ? { reason: state.reason } : {}),
    file,
    ...(state.kind === "up" ? { sha256: state.sha256 } : {}),
    isPinned: options.sha256 !== undefined,
    reach: { hosts, keys: Object.keys(keys), folders },
    tools:
      state.kind === "up"
        ? state.tools.map((tool) => ({ name: tool.name, effect: tool.effect, description: tool.description }))
        : [],
  };
}

function print(one: Shown, isCheck: boolean): void {
  const mark = one.state === "up" ? paint("green", "✔") : paint("red", "✘");
  const title = isCheck
    ? paint("bold", plain(one.file))
    : `${paint("bold", one.name)}  ${paint("dim", plain(one.file))}`;
  printLine(`${mark} ${title}${one.reason === undefined ? "" : `\n  ${plain(one.reason)}`}`);
  if (one.sha256 !== undefined) {
    const pin = one.isPinned ? "" : isCheck ? "" : "  (not in the configuration: any file of that name is loaded)";
    printLine(`  sha256  ${one.sha256}${paint("dim", pin)}`);
  }
  if (!isCheck) for (const line of formatReach(one.reach)) printLine(`  ${line}`);
  if (one.tools.length > 0)
    printLine(
      formatTable(
        ["TOOL", "EFFECT", "WHAT FOR"],
        one.tools.map(({ name, effect, description }) => [name, effect, plain(description)]),
      ),
    );
}

function formatReach({ hosts, keys, folders }: Shown["reach"]): readonly string[] {
  const places = Object.entries(folders).map(([name, { path, access }]) => `${name} (${access}: ${path})`);
  const parts = [
    ["hosts  ", hosts],
    ["keys   ", keys],
    ["folders", places],
  ] as const;
  const lines = parts.flatMap(([label, list]) => (list.length === 0 ? [] : [`${label} ${list.join(", ")}`]));
  return lines.length === 0 ? ["may reach nothing: no host, key or folder is declared"] : lines;
}
