import type { Manner } from "../../core/style.ts";

/** Which of two options the owner clearly takes: three times in five, among the times that one of them is taken. */
export function choose<Option extends string>(
  { shares }: Manner,
  trait: string,
  one: Option,
  other: Option,
): Option | undefined {
  const first = shares[trait]?.[one] ?? 0;
  const second = shares[trait]?.[other] ?? 0;
  if (first + second === 0) return undefined;
  const part = first / (first + second);
  return part >= 0.6 ? one : part <= 0.4 ? other : undefined;
}

/** The share of the owner's messages that have it. */
export function shareOf({ shares }: Manner, trait: string, option = "yes"): number {
  return shares[trait]?.[option] ?? 0;
}
