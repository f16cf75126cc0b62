/** What must survive a change of manner letter by letter. */
const facts =
  /```[^]*?```|`[^`\n]+`|[a-z][a-z\d+.-]*:\/\/[^\s<>"'`)\]]*[^\s<>"'`)\].,!?;:…]|[^\s@<>"'`(]+@[^\s@<>"'`)]+[\p{L}\d]|[\d][\d.,:/-]*\d|\d/giu;

/** Whether every number, address, piece of code and given name of a text is in another as often, and no number is new. */
export function keepsFacts(before: string, after: string, names: readonly string[] = []): boolean {
  const had = listFacts(before);
  const has = listFacts(after);
  if (had.length !== has.length || had.some((fact, index) => fact !== has[index])) return false;
  return names.every((name) => name.trim() === "" || count(after, name) >= count(before, name));
}

function listFacts(text: string): readonly string[] {
  return (text.match(facts) ?? []).toSorted();
}

function count(text: string, name: string): number {
  return text.split(name).length - 1;
}
