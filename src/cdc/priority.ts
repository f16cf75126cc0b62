import type { Deadline, Priority } from "./classification.ts";
import type { LanguageRules } from "./languages/language-rules.ts";
import { quoteShort } from "./sentences.ts";

/** What is said between these is somebody else's word: «he called it "urgent"» is not. */
const spokenOf = /["“„«][^"”“»\n]{1,60}["”“»]/gu;
const oncePerWord =
  /(?:n['’]t|\b(?:not|never|no|isn|aren|wasn|nicht|kein|keine|pas|plus|aucun|aucune|jamais|no|nunca|ningún|ninguna))(?:\s+[\p{L}'’]+){0,3}\s*$/iu;
const soonHours = 24;

/** How soon a message wants to be seen to, and by which word that shows. English words of urgency count everywhere. */
export function pickPriority(
  text: string,
  rules: readonly LanguageRules[],
  deadline: Deadline | undefined,
  hoursLeft: number | undefined,
): { readonly priority: Priority; readonly reason?: string } {
  let rest = text.replaceAll(spokenOf, " ");
  let relaxed: string | undefined;
  for (const rule of rules) {
    for (let found = rule.relaxed.exec(rest); found !== null; found = rule.relaxed.exec(rest)) {
      relaxed ??= found[0];
      rest = `${rest.slice(0, found.index)} ${rest.slice(found.index + found[0].length)}`;
    }
  }
  const urgent = findSaid(rest, rules, "urgent");
  if (urgent !== undefined) return { priority: "urgent", reason: quoteShort(urgent) };
  if (relaxed !== undefined) return { priority: "low", reason: quoteShort(relaxed) };
  const important = findSaid(rest, rules, "important");
  if (important !== undefined) return { priority: "high", reason: quoteShort(important) };
  if (deadline !== undefined && hoursLeft !== undefined && hoursLeft <= soonHours)
    return { priority: "high", reason: `little time left: ${quoteShort(deadline.words)}` };
  return { priority: "normal" };
}

function findSaid(text: string, rules: readonly LanguageRules[], what: "urgent" | "important"): string | undefined {
  for (const rule of rules) {
    const found = rule[what].exec(text);
    if (found !== null && !oncePerWord.test(text.slice(0, found.index))) return found[0];
  }
  return undefined;
}
