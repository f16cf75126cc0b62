/*
 * Trains what tells whether a mail sentence asks something of its reader, and writes src/cdc/asks/weights.json:
 *
 *   node scripts/train-asks.ts FILE    lines of "Yes" or "No", a tab, and the sentence
 *
 * What was written for this project (asks/written) is added. The same file gives the same weights. src/cdc/asks/README.md
 * says where the data is from; `npm run bench -- judgement` measures.
 */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseExamples, trainAsks } from "./asks/train.ts";
import { loadWritten } from "./asks/written.ts";

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error("Which file? Such as: node scripts/train-asks.ts sentences.txt");
const written = [...(await loadWritten()).values()].flat();
const examples = [...parseExamples(await readFile(file, "utf8")), ...written];
const text = `${JSON.stringify(trainAsks(examples), undefined, 2)}\n`;
await writeFile(fileURLToPath(new URL("../src/cdc/asks/weights.json", import.meta.url)), text);
process.stdout.write(`${examples.length} sentences, ${Math.round(text.length / 1024)} KB of weights\n`);
