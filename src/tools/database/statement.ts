import { AppError } from "../../core/errors.ts";

/**
 * The first word of a statement, in lower case, behind comments and parentheses. Whether the rest only reads is for the
 * database to keep; this tells people early and plainly.
 */
export function readFirstWord(sql: string): string {
  return /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/|\()*([a-z]+)/i.exec(sql)?.[1]?.toLowerCase() ?? "";
}

/** Throws AppError "forbidden" for a statement that begins with any other word. */
export function checkFirstWord(sql: string, allowed: readonly string[]): string {
  const word = readFirstWord(sql);
  if (allowed.includes(word)) return word;
  throw new AppError("forbidden", "Only statements that read are carried out.", {
    hint: `It may begin with ${allowed.map((one) => one.toUpperCase()).join(", ")}.`,
  });
}
