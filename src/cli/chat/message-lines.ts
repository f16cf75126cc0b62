import type { WireEntry } from "../../../channels/webchat/protocol.ts";
import { showHidden } from "../../core/quote.ts";
import { formatBytes, paint } from "../print.ts";
import { wrapLine } from "../text-width.ts";

/**
 * CommonMark as lines of a terminal: light on purpose, since it is drawn again with every word that comes. Whatever
 * the text holds, no control character of it reaches the terminal.
 */
export function formatText(text: string, columns: number): string[] {
  let fence: string | undefined;
  return showHidden(text.replaceAll("\t", "    "))
    .split("\n")
    .flatMap((line) => {
      const mark = /^ {0,3}(```+|~~~+)/.exec(line)?.[1];
      if (mark !== undefined && (fence === undefined || mark.startsWith(fence))) {
        fence = fence === undefined ? mark : undefined;
        return wrapLine(line, columns).map((part) => paint("dim", part));
      }
      if (fence !== undefined) return wrapLine(line, columns).map((part) => paint("cyan", part));
      const hang = /^ *(?:[-*+]|\d{1,3}[.)]) +/.exec(line)?.[0].trimStart().length ?? 0;
      return wrapLine(paintLine(line), columns, hang);
    });
}

/** A whole entry: its text, its files, and what can be answered. */
export function formatEntry(entry: WireEntry, columns: number, filesUrl: string): string[] {
  const files = entry.attachments.map(
    ({ id, name, bytes }) => `${showHidden(name)} (${formatBytes(bytes)}) ${filesUrl}/${id}`,
  );
  const choices = (entry.choices ?? []).map(
    ({ label, command }) => `${paint("bold", label)}: ${paint("cyan", command)}`,
  );
  return [
    ...(entry.text === "" ? [] : formatText(entry.text.trimEnd(), columns)),
    ...files.flatMap((line) => wrapLine(`[file] ${line}`, columns)),
    ...choices.flatMap((line) => wrapLine(`  ${line}`, columns)),
  ];
}

function paintLine(line: string): string {
  const heading = /^ {0,3}#{1,6} +(.*)$/.exec(line)?.[1];
  if (heading !== undefined) return paintWords(["bold"], heading);
  if (/^ {0,3}>/.test(line)) return paintWords(["dim"], line);
  return line
    .replace(/^( *)[-*+] (?=\S)/, "$1• ")
    .replace(
      /(?<!`)(`)([^`\n]+)\1(?!`)|\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*/g,
      (_match, _tick, code?: string, strong?: string) =>
        code === undefined ? paintWords(["bold"], strong ?? "") : paintWords(["cyan"], code),
    );
}

/** Word by word: a line may be broken between them. */
function paintWords(style: Parameters<typeof paint>[0], text: string): string {
  return text
    .split(" ")
    .map((word) => (word === "" ? "" : paint(style, word)))
    .join(" ");
}
