import { decodeText, listLines } from "./lines.ts";
import { maxMessageChars, own, type ReadSource } from "./source.ts";

/** Up to here a blank line tells that the file is made of paragraphs. */
const linesToDecide = 2_000;

/** One message from each paragraph where the file has blank lines in it, else from each line. All of it is the owner's. */
export const readPlainText: ReadSource = async function* readPlainText({ chunks, undatedAt }) {
  let first: string[] | undefined = [];
  let hasParagraphs = false;
  let paragraph = "";
  const take = function* (line: string) {
    const isBlank = line.trim() === "";
    if (hasParagraphs && !isBlank) {
      if (paragraph.length < maxMessageChars) paragraph += paragraph === "" ? line : `\n${line}`;
      return;
    }
    const text = hasParagraphs ? paragraph : line;
    paragraph = "";
    if (text.trim() !== "") yield own({ text: text.trim(), at: undatedAt });
  };
  const decide = function* (lines: readonly string[]) {
    const said = lines.findLastIndex((line) => line.trim() !== "");
    hasParagraphs = lines
      .slice(
        lines.findIndex((line) => line.trim() !== ""),
        said,
      )
      .some((line) => line.trim() === "");
    for (const line of lines) yield* take(line);
  };
  for await (const { text } of listLines(decodeText(chunks), maxMessageChars)) {
    if (first === undefined) yield* take(text);
    else if (first.push(text) >= linesToDecide) {
      yield* decide(first);
      first = undefined;
    }
  }
  if (first !== undefined) yield* decide(first);
  if (paragraph !== "") yield* take("");
};
