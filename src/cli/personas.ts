import { parseArgs } from "node:util";
import type { CliCommand } from "../cli.ts";
import { AppError, describeError } from "../core/errors.ts";
import { pickNearest } from "../core/nearest.ts";
import type { Persona } from "../core/persona.ts";
import { openPersonas, type OpenPersonas } from "../open-personas.ts";
import { commonOptions, commonUsage, loadConfigOf, needWord, pickAction, readPiped } from "./options.ts";
import { formatTable, paint, plain, printJson, printLine } from "./print.ts";

const maxPipedChars = 50_000_000;

/** Who answers, and why. */
export const personas: CliCommand = {
  summary: "Lists the personas, shows one, or tells who would answer a message and why.",
  usage: `personas list
  parlance personas show NAME
  parlance personas pick [MESSAGE]  without MESSAGE: one from each line of standard input, as text or as JSON
                                    {"text", "channel"?, "person"?}; with --json one line of JSON for each

${commonUsage}`,
  async run(args) {
    const { values, positionals } = parseArgs({ args: [...args], options: commonOptions, allowPositionals: true });
    const action = pickAction(positionals[0], ["list", "show", "pick"], "list");
    const opened = await openPersonas(await loadConfigOf(values), (error) =>
      process.stderr.write(`Meaning is left out: ${describeError(error)}\n`),
    );
    for (const fault of opened.faults)
      process.stderr.write(`${fault.file}:${fault.line}:${fault.column} ${fault.problem}\n`);
    if (action === "list") return list(opened, values.json);
    if (action === "show")
      return show(opened, needWord(positionals[1], "The name", "personas show general"), values.json);
    return pick(opened, positionals.slice(1).join(" "), values.json).finally(() => opened.close());
  },
};

async function list(opened: OpenPersonas, isJson: boolean): Promise<number> {
  const all = await Promise.all(
    [...opened.personas.values()].map(async (persona) => ({ persona, isOwn: await opened.isOwn(persona) })),
  );
  if (isJson) printJson(all.map(({ persona, isOwn }) => ({ ...summarise(persona), isOwn })));
  else
    printLine(
      formatTable(
        ["NAME", "FILE", "MODEL", "REPLY", "WHAT FOR"],
        all.map(({ persona, isOwn }) => [
          persona.name,
          isOwn ? "yours" : "shipped",
          persona.model ?? "default",
          persona.replyMode,
          plain(persona.description),
        ]),
      ),
    );
  return 0;
}

function show(opened: OpenPersonas, name: string, isJson: boolean): number {
  const persona = opened.personas.get(name);
  if (persona === undefined) {
    const nearest = pickNearest(name, [...opened.personas.keys()]);
    throw new AppError("not-found", `There is no persona "${name}".`, {
      hint: nearest === undefined ? "`parlance personas list` shows them." : `Did you mean "${nearest}"?`,
    });
  }
  if (isJson) printJson(persona);
  else {
    for (const [key, value] of Object.entries(summarise(persona)))
      printLine(`${paint("bold", key.padEnd(12))} ${Array.isArray(value) ? value.join(", ") : String(value)}`);
    printLine(`\n${persona.instructions}`);
  }
  return 0;
}

function summarise({ instructions: _instructions, when: _when, ...persona }: Persona) {
  return persona;
}

async function pick(opened: OpenPersonas, message: string, isJson: boolean): Promise<number> {
  const lines =
    message === "" ? (await readPiped(maxPipedChars)).split(/\r?\n/).filter((line) => line.trim() !== "") : [message];
  for (const line of lines) {
    const said = parseMessage(line);
    const { persona, reason } = await opened.pick(said);
    if (isJson) process.stdout.write(`${JSON.stringify({ persona: persona.name, reason })}\n`);
    else printLine(`${paint("bold", persona.name)}, because ${reason}`);
  }
  return 0;
}

/** A line is a message as it stands, unless it is a JSON object with a text. */
function parseMessage(line: string): { readonly text: string; readonly channel: string; readonly person: string } {
  const said = { text: line, channel: "", person: "" };
  if (!line.trimStart().startsWith("{")) return said;
  try {
    const value = JSON.parse(line) as Partial<Record<keyof typeof said, unknown>>;
    if (typeof value.text !== "string") return said;
    const { channel, person } = value;
    return {
      text: value.text,
      channel: typeof channel === "string" ? channel : "",
      person: typeof person === "string" ? person : "",
    };
  } catch {
    return said;
  }
}
