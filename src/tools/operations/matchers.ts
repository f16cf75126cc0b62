import { AppError } from "../../core/errors.ts";

/** As Alertmanager's API has it. */
export interface Matcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual: boolean;
}

const pattern = /^\s*([A-Za-z_][\w.-]*)\s*(=~|!~|!=|=)\s*(.*?)\s*$/s;

/** Reads `alertname="DiskFull"`, `instance=~"db-.+"`; quotes may be left out. Throws AppError "bad-input". */
export function parseMatcher(text: string): Matcher {
  const [, name, sign = "", rest = ""] = pattern.exec(text) ?? [];
  const value = rest.startsWith('"') ? unquote(rest) : rest;
  if (name === undefined || value === undefined || value === "")
    throw new AppError("bad-input", "A matcher cannot be read.", {
      hint: 'Write it like severity="critical" or host=~"db-.+".',
    });
  return { name, value, isRegex: sign.endsWith("~"), isEqual: !sign.startsWith("!") };
}

export function formatMatcher({ name, value, isRegex, isEqual }: Matcher): string {
  const sign = isRegex ? (isEqual ? "=~" : "!~") : isEqual ? "=" : "!=";
  return `${name}${sign}${JSON.stringify(value)}`;
}

/** Do both lists say the same, in whatever order? */
export function areSame(first: readonly Matcher[], second: readonly Matcher[]): boolean {
  const [one, other] = [first, second].map((matchers) => matchers.map(formatMatcher).toSorted().join("\n"));
  return one === other;
}

function unquote(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
