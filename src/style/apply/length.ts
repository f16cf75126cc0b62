import type { Manner } from "../../core/style.ts";

/** Sentences that say nothing: the only ones that may go where the owner writes shorter. */
const fillers =
  /(?<=^|[.!?]\s+|\n\s*)(?:i hope (?:this helps|that helps|you are (?:doing )?well|this (?:email|message) finds you well)|(?:please )?(?:let me know|feel free to (?:ask|reach out|contact me)) if you (?:have any (?:other |further |more )?questions|need (?:anything|something) else|need (?:any )?(?:more |further )?help)|thank you for (?:your message|reaching out|getting in touch)|i look forward to hearing from you|looking forward to hearing from you)[.!](?:\s+|$)/gi;

/** Leaves out empty sentences where the owner writes shorter, and puts on one line what the owner would. */
export function applyLength(text: string, { spreads }: Manner): string {
  const shorter = text.length > spreads.chars.high ? text.replaceAll(fillers, "").trim() : text;
  const written = shorter === "" ? text : shorter;
  const isList = /^[ \t]*(?:[-*•]|\d+[.)])\s|^[ \t]*[\uE100-\uF8FF]+[ \t]*$|^[ \t]*[\uE100-\uF8FF][.)]\s/mu.test(
    written,
  );
  return spreads.lines.high === 1 && !isList ? written.replaceAll(/\s*\n\s*/g, " ").trim() : written;
}
