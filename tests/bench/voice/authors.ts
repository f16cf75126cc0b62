import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { OwnMessage } from "../../../src/core/style.ts";

/** An author, cut in time: the first 60% of the messages to learn from, the rest to test with. */
export interface Author {
  readonly name: string;
  readonly learn: readonly OwnMessage[];
  readonly rest: readonly string[];
}

/** Undefined: the corpus is not there. */
export async function loadAuthors(): Promise<readonly Author[] | undefined> {
  const folder = process.env["PARLANCE_BENCH_DATA"] ?? join(import.meta.dirname, "../../../../shared/data");
  const text = await readFile(join(folder, "irc-authors-dev.jsonl"), "utf8").catch(() => undefined);
  return text
    ?.trim()
    .split("\n")
    .map((line) => {
      const { author, messages } = JSON.parse(line) as {
        readonly author: string;
        readonly messages: readonly { readonly at: string; readonly text: string }[];
      };
      const all = messages.map((each) => ({ text: each.text, at: Date.parse(`${each.at}Z`) }));
      const cut = Math.floor(all.length * 0.6);
      return { name: author, learn: all.slice(0, cut), rest: all.slice(cut).map((each) => each.text) };
    });
}
