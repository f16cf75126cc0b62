import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Dialogue } from "./dialogues.ts";
import type { Method } from "./methods.ts";

const program = join(import.meta.dirname, "../../../bin/parlance.js");

/**
 * What people get: all turns come in by one `parlance memory import` into an empty data folder, each dialogue in a scope
 * of its own, and the questions go to `parlance memory search` with that scope.
 */
export async function searchProduct(dialogues: readonly Dialogue[], config = "{}"): Promise<Method> {
  const home = await mkdtemp(join(tmpdir(), "parlance-retrieval-"));
  try {
    const file = join(home, "turns.jsonl");
    await writeFile(file, dialogues.flatMap(formatLines).join(""));
    await writeFile(join(home, "parlance.yaml"), config);
    await runCommand(home, ["memory", "import", file, "--json"], "");
    const answers = new Map<string, ReadonlyMap<string, readonly string[]>>();
    for (const dialogue of dialogues) answers.set(dialogue.name, await askAll(home, dialogue));
    return ({ name }) =>
      (question, limit) =>
        (answers.get(name)?.get(oneLine(question)) ?? []).slice(0, limit);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** Ids are unique within a dialogue only. */
function formatLines({ name, turns }: Dialogue): string[] {
  return turns.map(({ id, text, at, speaker }) => {
    const line = { id: `${name}/${id}`, text, at: new Date(at).toISOString(), speaker, scope: `conversation:${name}` };
    return `${JSON.stringify(line)}\n`;
  });
}

async function askAll(home: string, { name, questions }: Dialogue): Promise<ReadonlyMap<string, readonly string[]>> {
  const asked = [...new Set(questions.map(({ text }) => oneLine(text)))];
  const command = ["memory", "search", "--json", "-k", "10", "--scope", `conversation:${name}`];
  const output = await runCommand(home, command, `${asked.join("\n")}\n`);
  const answers = new Map<string, readonly string[]>();
  for (const line of output.trim().split("\n")) {
    const answer = JSON.parse(line) as {
      query: string;
      results: ReadonlyArray<{ id: string }>;
      trouble?: string;
    };
    if (answer.trouble !== undefined) throw new Error(`"${answer.query}" met trouble: ${answer.trouble}`);
    answers.set(
      answer.query,
      answer.results.map(({ id }) => id.slice(name.length + 1)),
    );
  }
  if (answers.size !== asked.length) throw new Error(`${asked.length} questions, ${answers.size} answers.`);
  return answers;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

async function runCommand(home: string, args: readonly string[], input: string): Promise<string> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: home,
    env: { ...process.env, PARLANCE_HOME: home },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (output += part));
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  if (code !== 0) throw new Error(`parlance ${args[0]} ${args[1]} ended with ${code}: ${output.slice(0, 500)}`);
  return output;
}
