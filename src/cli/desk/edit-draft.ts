import type { DraftView } from "../../core/desk.ts";
import { AppError } from "../../core/errors.ts";
import { diffWords, type DiffPart } from "../../web/dashboard/inbox/word-diff.ts";
import { showHidden } from "../../core/quote.ts";
import { readPiped } from "../options.ts";
import { paint } from "../print.ts";
import { agree } from "./agree.ts";
import { writeInEditor } from "./editor.ts";

const maxTextChars = 20_000;

export interface EditOptions {
  /** Given in the command; "-": on standard input; empty: asked for in the editor. */
  readonly words: string;
  /** A command line; undefined: none is set. */
  readonly editor: string | undefined;
  /** Sends without asking. */
  readonly isAgreed: boolean;
  /** Standard output is for JSON alone. */
  readonly isJson: boolean;
}

/**
 * The owner's words instead of the draft's, with what they changed shown and agreed to. Undefined: they changed nothing
 * or their mind, which was said. Throws AppError where nobody can be asked.
 */
export async function editDraft(draft: DraftView, options: EditOptions): Promise<string | undefined> {
  if (draft.state !== "pending")
    throw new AppError("conflict", "This draft does not wait any more.", {
      hint: '"parlance drafts" lists those that do.',
    });
  const { words, editor, isAgreed, isJson } = options;
  const written =
    words === "-" ? await readPiped(maxTextChars) : words === "" ? await writeInEditor(draft, editor) : words;
  const text = written.trim();
  if (text === "") return giveUp("There are no words, so nothing was sent.");
  if (text === draft.text.trim())
    return giveUp(`Nothing was changed, so nothing was sent. "parlance drafts approve ${draft.id}" sends it as it is.`);
  const diff = formatDiff(diffWords(draft.text.trim(), text), !isJson && hasColours());
  (isJson ? process.stderr : process.stdout).write(`${diff}\n`);
  if (isAgreed) return text;
  if (words === "-" || !process.stdin.isTTY)
    throw new AppError("bad-input", "Nobody can be asked here, so nothing was sent.", {
      hint: "--yes sends it without asking.",
    });
  return (await agree("Send this?")) ? text : giveUp("Nothing was sent.");
}

function giveUp(why: string): undefined {
  process.stderr.write(`${why}\n`);
}

/** What went and what came, in colours, or as git writes it: [-went-]{+came+}. */
export function formatDiff(parts: readonly DiffPart[], isColoured: boolean): string {
  return parts
    .map(({ kind, text }) => {
      const shown = showHidden(text);
      if (kind === "same") return shown;
      if (!isColoured) return kind === "gone" ? `[-${shown}-]` : `{+${shown}+}`;
      return kind === "gone" ? paint(["red", "strikethrough"], shown) : paint("green", shown);
    })
    .join("");
}

function hasColours(): boolean {
  return paint("red", "x") !== "x";
}
