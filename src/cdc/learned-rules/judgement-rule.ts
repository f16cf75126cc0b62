import { z } from "zod";
import type { LearnedRule } from "../../core/cdc.ts";

const word = z.string().min(1);

/** All that is given must hold. */
const scopeSchema = z.strictObject({
  /** A person's id, never a name: names are chosen by who bears them. */
  sender: word.exactOptional(),
  /** What stands behind the @ of a mail address. */
  domain: word.exactOptional(),
  conversation: word.exactOptional(),
  kind: word.exactOptional(),
  /** Words that the message must hold, as `normalise` writes them. */
  phrase: word.exactOptional(),
});

const ruleSchema = z.strictObject({
  when: scopeSchema.refine((when) => Object.keys(when).length > 0),
  // oxlint-disable-next-line unicorn/no-thenable -- awaited by nobody: the word of the rule, "when … then …"
  then: z.union([
    z.enum(["asks", "ignore"]),
    z.strictObject({ priority: z.enum(["low", "normal", "high", "urgent"]) }),
  ]),
});

export type RuleScope = z.infer<typeof scopeSchema>;
/** What the owner taught about messages of one make. */
export type JudgementRule = z.infer<typeof ruleSchema>;

/** A rule out of the store; undefined for one that is no rule of judgement, or that a later version wrote. */
export function parseJudgementRule({ about, rule }: Pick<LearnedRule, "about" | "rule">): JudgementRule | undefined {
  return about === "judgement" ? ruleSchema.safeParse(rule).data : undefined;
}

/** A text as phrases are looked for in it: small letters, one blank between words, any number the same. */
export function normalise(text: string): string {
  return text
    .toLowerCase()
    .replaceAll("’", "'")
    .replaceAll(/\d+(?:[.,:/-]\d+)*/g, "#")
    .replaceAll(/[^\p{L}\p{N}#']+/gu, " ")
    .trim();
}

/** The domain of a mail address in a person's id such as "mail:ana@example.org". */
export function findDomain(senderId: string): string | undefined {
  return /@([^@\s>]+\.[^@\s>]+)$/.exec(senderId)?.[1]?.toLowerCase();
}
