import { AppError } from "../../core/errors.ts";
import type { StyleProfile } from "../../core/style.ts";
import { openStyleForCommands, type CommandStyle } from "../../open-style.ts";
import { leastMessages } from "../../style/learn.ts";
import { drawProfile } from "../../style/picture.ts";
import { agree } from "../desk/agree.ts";
import { terminalPerson } from "../desk/with-desk.ts";
import { loadConfigOf } from "../options.ts";
import { formatTable, formatTime, paint, plain, printJson, printLine } from "../print.ts";
import { count } from "./learn.ts";

interface Place {
  readonly config: string | undefined;
}

async function withStyle<T>(place: Place, work: (style: CommandStyle) => Promise<T>): Promise<T> {
  const style = await openStyleForCommands(await loadConfigOf(place));
  try {
    return await work(style);
  } finally {
    await style.close();
  }
}

/** What the service knows of the owner's manner. Throws AppError "not-found" while that is too little. */
export async function loadStoredProfile(place: Place): Promise<StyleProfile> {
  const profile = await withStyle(place, (style) => style.profile());
  if (profile !== undefined) return profile;
  throw new AppError("not-found", "Too little is known of your manner.", {
    hint: `At least ${leastMessages} messages of yours are needed: "parlance style import" reads some. --profile names a profile of your own.`,
  });
}

/** Draws it, with where it is from and whether learning goes on. */
export async function showStored({ isJson, ...place }: Place & { readonly isJson: boolean }): Promise<number> {
  return withStyle(place, async (style) => {
    const [profile, consent, sources] = await Promise.all([style.profile(), style.consent(), style.sources()]);
    if (isJson) {
      printJson({ consent: consent ?? null, sources, profile: profile ?? null });
      return 0;
    }
    printLine(
      consent === undefined
        ? "Parlance does not learn from what you write: you have not agreed to that."
        : `Parlance learns from what you write, as you agreed to on ${formatTime(consent.at)}.`,
    );
    if (sources.length > 0) {
      const rows = sources.map((each) => [plain(each.source), String(each.count), formatTime(each.newestAt)]);
      printLine(`\n${formatTable(["SOURCE", "MESSAGES", "NEWEST"], rows)}`);
    }
    const total = sources.reduce((sum, each) => sum + each.count, 0);
    printLine(
      profile === undefined
        ? `\nToo little is known to be used: ${total} of ${leastMessages} messages. "parlance style import" reads some.`
        : `\n${drawProfile(profile, paint)}`,
    );
    return 0;
  });
}

/** Prints the profile, in the form that --profile takes. */
export async function exportStored(place: Place): Promise<number> {
  printJson(await loadStoredProfile(place));
  return 0;
}

/** Of everything the owner is asked first. */
export async function forgetStored(
  options: Place & { readonly source: string; readonly isAgreed: boolean; readonly isJson: boolean },
): Promise<number> {
  const { source, isAgreed, isJson } = options;
  return withStyle(options, async (style) => {
    const sources = (await style.sources()).map((each) => each.source);
    if (source !== "" && !sources.includes(source))
      throw new AppError("not-found", `Nothing is known from "${plain(source)}".`, {
        hint: sources.length === 0 ? "Nothing is known at all." : `There are: ${sources.map(plain).join(", ")}.`,
      });
    if (source === "" && !isAgreed) {
      if (!process.stdin.isTTY)
        throw new AppError(
          "bad-input",
          "This forgets everything that is known of your manner, so nothing was done yet.",
          {
            hint: `--yes does it; "parlance style forget SOURCE" forgets one source.`,
          },
        );
      if (!(await agree("Forget all that is known of your manner, and what your edits taught?"))) {
        process.stderr.write("Nothing was forgotten.\n");
        return 1;
      }
    }
    const forgotten = await style.forget(source === "" ? undefined : source, terminalPerson.id);
    if (isJson) printJson({ source: source === "" ? null : source, forgotten });
    else printLine(`Forgotten: ${count(forgotten, "message")}${source === "" ? ", and what your edits taught" : ""}.`);
    return 0;
  });
}
