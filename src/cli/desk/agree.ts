import { createInterface } from "node:readline/promises";

/** A yes or no at the terminal, asked on standard error; anything but a yes is a no. */
export async function agree(question: string): Promise<boolean> {
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new Promise<string>((resolve) => asking.once("close", () => resolve("")));
  const answer = await Promise.race([asking.question(`${question} [y/N] `), ended]);
  asking.close();
  return /^y(?:es)?$/i.test(answer.trim());
}
