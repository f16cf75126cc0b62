import type { Digest, DigestItem } from "./digest.ts";
import { formatDigestPrompt, type DigestPrompt } from "./digest-prompt.ts";
import { defaultMaxChars, formatCommand, formatHeading, isPlainUrl, type LinkTo } from "./format-digest.ts";

const mark = /\[#(\d+)\]/g;
/** What leads or speaks to somewhere, none of which a digest has from its model. */
const foreign: readonly (readonly [RegExp, string])[] = [
  [/[a-z][a-z\d+.-]*:\/\/|www\.|mailto:|tel:|javascript:/i, "it has an address"],
  // "e.g." and "z.B." have one letter before their full stop.
  [/[\p{L}\p{N}-]{2,}\.\p{L}{2,}/u, "it has what reads as an address"],
  [/\]\s?[([]|^\s*\[[^\]]+\]:|!\[/m, "it has a link of its own"],
  [/<\/?[a-z!]/i, "it has HTML"],
  [/(?<![\p{L}\p{N}])@[\p{L}\p{N}_]/u, "it calls somebody"],
  [/(?<![\p{L}\p{N}/])[/!][a-z]{2,}/iu, "it has a command"],
];

export type DigestCheck = { readonly isRight: true } | { readonly isRight: false; readonly faults: readonly string[] };

/**
 * Did the model keep to what it was given: every mark, the counts, no number that nobody gave it, nothing to press?
 * Otherwise the template is used. `prompt` is what it was asked.
 */
export function checkDigest(
  text: string,
  digest: Digest,
  prompt: DigestPrompt | undefined = formatDigestPrompt(digest, Infinity),
  maxChars: number = defaultMaxChars,
): DigestCheck {
  const faults: string[] = [];
  if (text.trim() === "") faults.push("it is empty");
  if (text.length > maxChars) faults.push("it is too long");
  const given = new Set(prompt?.refs);
  const kept = new Set(Array.from(text.matchAll(mark), ([, ref]) => Number(ref)));
  const lost = [...given].filter((ref) => !kept.has(ref));
  if (lost.length > 0) faults.push(`it lost ${lost.map((ref) => `[#${ref}]`).join(" ")}`);
  if ([...kept].some((ref) => !given.has(ref))) faults.push("it has marks that nobody gave it");
  const words = text.replaceAll(mark, " ");
  const said = listNumbers(words);
  const { sections, messages } = digest;
  for (const [amount, what] of [
    [messages, "messages"],
    [sections.needsYou.length, "what needs an answer"],
    [sections.drafts.length, "drafts"],
  ] as const)
    if (amount > 0 && !said.has(amount)) faults.push(`it lost the number of ${what}`);
  const known = listNumbers(`${prompt?.text ?? ""} ${prompt?.system ?? ""}`.replaceAll(mark, " "));
  if ([...said].some((amount) => !known.has(amount))) faults.push("it has a number that nobody gave it");
  for (const [pattern, fault] of foreign) if (pattern.test(words)) faults.push(fault);
  return faults.length === 0 ? { isRight: true } : { isRight: false, faults };
}

function listNumbers(text: string): ReadonlySet<number> {
  return new Set(Array.from(text.matchAll(/\d+/g), ([digits]) => Number(digits)));
}

/** A digest of the model that was found right, with its heading, and with links where its marks are. */
export function fillDigest(text: string, digest: Digest, prompt: DigestPrompt, link?: LinkTo): string {
  const waiting: readonly DigestItem[] = Object.values(digest.sections).flat();
  const items = new Map(waiting.map((item) => [item.ref, item]));
  const filled = text.trim().replaceAll(/ ?\[#(\d+)\]/g, (_mark, ref: string) => {
    const target = items.get(Number(ref))?.target;
    if (target === undefined) return "";
    const url = link?.(target);
    return url === undefined || !isPlainUrl(url) ? formatCommand(target) : ` [open](${url})`;
  });
  const more = items.size - prompt.refs.length;
  return [formatHeading(digest), filled, ...(more > 0 ? [`and ${more} more`] : [])].join("\n\n");
}
