import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface MailSentence {
  readonly language: string;
  readonly isYes: boolean;
  readonly text: string;
}

/** Sentences of mail between families, neighbours, schools and shops, written for this project. */
export function readMailSentences(): readonly MailSentence[] {
  const path = fileURLToPath(new URL("../fixtures/cdc/mail-sentences.txt", import.meta.url));
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [language = "", answer = "", text = ""] = line.split("\t");
      return { language, isYes: answer === "Yes", text };
    });
}
