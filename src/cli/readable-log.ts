import { Writable } from "node:stream";
import { paint, plain } from "./print.ts";

/** Turns the logger's JSON lines into lines for a person at the terminal: time, words, then the fields. */
export function createReadableLog(terminal: NodeJS.WritableStream): Writable {
  return new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      terminal.write(`${formatLogLine(line)}\n`);
      done();
    },
  });
}

/** A line that is no JSON object stays as it is. */
export function formatLogLine(line: string): string {
  const record = parse(line);
  if (record === undefined) return line.trimEnd();
  const { level, time, msg, ...fields } = record;
  const rest = Object.entries(fields).map(
    ([name, value]) => `${name}=${plain(typeof value === "string" ? value : JSON.stringify(value))}`,
  );
  const words =
    level === "error" ? paint("red", String(msg)) : level === "warn" ? paint("yellow", String(msg)) : String(msg);
  const at = typeof time === "string" ? new Date(time).toTimeString().slice(0, 8) : "";
  return [paint("dim", at), words, ...(rest.length === 0 ? [] : [paint("dim", rest.join(" "))])].join("  ");
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
