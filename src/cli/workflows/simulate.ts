import type { OpenWorkflows, Simulation } from "../../open-workflows.ts";
import { paint, plain, printJson, printLine } from "../print.ts";

const maxShown = 240;

/** What a run would do, and at what cost. */
export async function simulate(
  opened: OpenWorkflows,
  name: string,
  inputs: Readonly<Record<string, unknown>>,
  isJson: boolean,
): Promise<number> {
  const simulation = await opened.simulate(name, inputs);
  const isWrong = simulation.steps.some(({ problem }) => problem !== undefined);
  if (isJson) printJson({ name, ...simulation });
  else print(simulation);
  return isWrong ? 1 : 0;
}

function print({ steps, maxCostMicros, isCostComplete }: Simulation): void {
  for (const { path, what, input, isDone, times, effect, asksPerson, costMicros, problem } of steps) {
    const facts = [
      ...(isDone === "perhaps" ? ["perhaps"] : isDone === "skipped" ? ["left out"] : []),
      ...(times === undefined ? ["as often as the list is long"] : times === 1 ? [] : [`${times} times`]),
      ...(effect === undefined || effect === "read" ? [] : [effect]),
      ...(asksPerson ? ["asks a person first"] : []),
      ...(costMicros === undefined ? [] : [dollars(costMicros)]),
    ];
    printLine(
      `${isDone === "skipped" ? paint("dim", path) : paint("bold", path)} ${plain(what)}${facts.length === 0 ? "" : paint("dim", ` (${facts.join(", ")})`)}`,
    );
    const shown = input === null ? "" : plain(typeof input === "string" ? input : JSON.stringify(input));
    if (shown !== "" && shown !== "{}")
      printLine(`    ${shown.length > maxShown ? `${shown.slice(0, maxShown).toWellFormed()}…` : shown}`);
    if (problem !== undefined) printLine(paint("red", `    ${plain(problem)}`));
  }
  const cost =
    maxCostMicros === 0 && isCostComplete ? "It would cost nothing" : `It would cost at most ${dollars(maxCostMicros)}`;
  printLine(
    `\n${cost}${isCostComplete ? "." : ", as far as prices and lengths of lists are known."} Nothing was done.`,
  );
}

function dollars(costMicros: number): string {
  return `$${(costMicros / 1_000_000).toFixed(4)}`;
}
