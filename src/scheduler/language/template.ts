/** A text with expressions in it, taken apart. */
export type TemplatePart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "expression"; readonly text: string };

export type ParsedTemplate =
  | { readonly parts: readonly TemplatePart[]; readonly problem?: undefined }
  | { readonly parts?: undefined; readonly problem: string };

/** Takes "Hello {{ inputs.name }}" apart. Braces and quotes within an expression are its own. Never throws. Pure. */
export function parseTemplate(template: string): ParsedTemplate {
  const parts: TemplatePart[] = [];
  let at = 0;
  for (;;) {
    const start = template.indexOf("{{", at);
    if (start > at || (start === -1 && at < template.length))
      parts.push({ kind: "text", text: template.slice(at, start === -1 ? undefined : start) });
    if (start === -1) return { parts };
    const end = findEnd(template, start + 2);
    if (end === undefined) return { problem: 'has "{{" without its "}}".' };
    const text = template.slice(start + 2, end).trim();
    if (text === "") return { problem: 'has "{{ }}" with nothing in it.' };
    parts.push({ kind: "expression", text });
    at = end + 2;
  }
}

/** An expression with or without braces around it. Pure. */
export function bareExpression(text: string): string {
  const trimmed = text.trim();
  if (!trimmed.startsWith("{{")) return trimmed;
  const { parts } = parseTemplate(trimmed);
  const [only] = parts ?? [];
  return parts?.length === 1 && only?.kind === "expression" ? only.text : trimmed;
}

function findEnd(template: string, from: number): number | undefined {
  let depth = 0;
  let quote: string | undefined;
  for (let at = from; at < template.length; at += 1) {
    const letter = template[at] ?? "";
    if (quote !== undefined) {
      if (letter === "\\") at += 1;
      else if (letter === quote) quote = undefined;
    } else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === "{") depth += 1;
    else if (letter === "}") {
      if (depth > 0) depth -= 1;
      else if (template[at + 1] === "}") return at;
    }
  }
  return undefined;
}
