import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { platforms } from "../../../channels/index.ts";
import { loadConfig, type LoadedConfig } from "../../../config/load.ts";
import type { ChannelSetup } from "../../core/channel.ts";
import { AppError, describeError } from "../../core/errors.ts";
import { needWord, pickAction } from "../options.ts";
import { paint, printLine } from "../print.ts";
import { createAsker, type Asker } from "./ask.ts";
import { insertChannel } from "./insert-channel.ts";
import { askQuestions, toOptions, type Answers } from "./questions.ts";

const checkMs = 30_000;

/** Walks a person through setting up a channel: asks, tries it, writes it. Resolves with the exit status. */
export async function addChannel(
  platformWord: string | undefined,
  nameWord: string | undefined,
  configPath: string | undefined,
): Promise<number> {
  const wanted = needWord(platformWord, "The platform", "channels add telegram");
  const platform = pickAction(wanted, Object.keys(platforms));
  const entry = platforms[platform];
  if (entry === undefined) throw new AppError("not-found", `There is no platform "${platform}".`);
  const before = await loadConfig(configPath === undefined ? {} : { configPath });
  const name = pickName(nameWord ?? platform, before);
  const { setup } = await entry.setup();
  const asker = createAsker();
  try {
    printLine(`${setup.steps.trim()}\n`);
    return await askUntilItWorks({ asker, setup, platform, name, before });
  } finally {
    asker.close();
  }
}

interface Adding {
  readonly asker: Asker;
  readonly setup: ChannelSetup;
  readonly platform: string;
  readonly name: string;
  readonly before: LoadedConfig;
}

async function askUntilItWorks(adding: Adding): Promise<number> {
  const { asker, setup, platform, name, before } = adding;
  let answers: Answers = {};
  for (;;) {
    answers = await askQuestions(asker, setup.questions, answers, { platform, name });
    const draft = await writeDraft(adding, answers);
    try {
      const problem = await tryDraft(adding, draft.path, answers);
      if (problem !== undefined && (await isConfirmed(asker, "Change the answers?", true))) continue;
      if (problem === undefined || (await isConfirmed(asker, "Save it all the same?", false))) {
        await keepSecrets(before.dataFolder, answers);
        await rename(draft.path, draft.target);
        printLine(`${paint("green", "Saved")} as "${name}" in ${draft.target}.`);
        printLine(
          'A running service takes it over at once; otherwise: parlance start. "parlance channels" shows how it is doing.',
        );
        return 0;
      }
      throw new AppError("aborted", "Given up; nothing was changed.");
    } finally {
      await rm(draft.path, { force: true });
    }
  }
}

/** The configuration as it would be, beside the real one. */
async function writeDraft(
  { platform, name, setup, before }: Adding,
  answers: Answers,
): Promise<{ readonly path: string; readonly target: string }> {
  const target = before.source ?? join(before.dataFolder, "parlance.yaml");
  const text = before.source === undefined ? "" : await readFile(target, "utf8");
  const changed = insertChannel(text, name, { platform, ...toOptions(setup.questions, answers) });
  if (changed === undefined)
    throw new AppError("config-invalid", `\`channels\` in ${target} stands on one line; nothing can be added to it.`, {
      hint: "Write each channel on lines of its own.",
    });
  await mkdir(before.dataFolder, { recursive: true, mode: 0o700 });
  const path = `${target}.new`;
  await writeFile(path, changed, { mode: 0o600 });
  return { path, target };
}

/** Undefined when all is well; otherwise what is wrong was printed. */
async function tryDraft({ setup, name }: Adding, path: string, answers: Answers): Promise<"refused" | undefined> {
  try {
    const { config } = await loadConfig({ configPath: path, variables: secretsOf(answers) });
    const who = await setup.check(config.channels[name]?.options, AbortSignal.timeout(checkMs));
    printLine(`${paint("green", "✔")} ${who}`);
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    printLine(`${paint("red", "✘")} ${describeError(error)}`);
    return "refused";
  }
}

/** Appends to the data folder's .env, which only its owner may read. */
async function keepSecrets(dataFolder: string, answers: Answers): Promise<void> {
  const lines = Object.entries(secretsOf(answers)).map(([variable, value]) => `${variable}=${quote(value)}\n`);
  if (lines.length === 0) return;
  const path = join(dataFolder, ".env");
  const before = await readFile(path, "utf8").catch(() => "");
  const kept = before.split("\n").filter((line) => line !== "" && !lines.some((added) => isSameVariable(line, added)));
  await writeFile(path, `${kept.map((line) => `${line}\n`).join("")}${lines.join("")}`, { mode: 0o600 });
  await chmod(path, 0o600);
  printLine(`Secrets are kept in ${path}.`);
}

function secretsOf(answers: Answers): Record<string, string> {
  return Object.fromEntries(
    Object.values(answers).flatMap((answer) => (answer.variable === undefined ? [] : [[answer.variable, answer.text]])),
  );
}

const isSameVariable = (line: string, other: string): boolean => line.split("=")[0] === other.split("=")[0];

/** As node:util's parseEnv reads it back. */
function quote(value: string): string {
  const mark = ["'", '"', "`"].find((each) => !value.includes(each)) ?? "'";
  return `${mark}${value}${mark}`;
}

function pickName(wanted: string, { config, source }: LoadedConfig): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/.test(wanted))
    throw new AppError("bad-input", `"${wanted}" cannot be a channel's name.`, {
      hint: "At most 40 letters, digits, - and _.",
    });
  // Without any channel in the file, the page is there by itself.
  if (source !== undefined && Object.hasOwn(config.channels, wanted))
    throw new AppError("conflict", `There is a channel "${wanted}" already.`, {
      hint: `Give this one a name of its own: --name ${wanted}-2`,
    });
  return wanted;
}

async function isConfirmed(asker: Asker, question: string, isYesByDefault: boolean): Promise<boolean> {
  const answer = (await asker.ask(`${question} ${isYesByDefault ? "[Y/n]" : "[y/N]"} `)).toLowerCase();
  return answer === "" ? isYesByDefault : answer.startsWith("y");
}
