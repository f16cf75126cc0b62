import { formatPath, type Path } from "../src/core/yaml-source.ts";

/** Named values from outside, such as the process's environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What became of the `${NAME}` references of one file. Paths are in their written form, "http.token". */
export interface References {
  /** Values that hold text from the environment, with the variable's name. */
  readonly used: Map<string, string>;
  /** Keys that count as not written, because the variable that is their whole value is not set. */
  readonly absent: Map<string, string>;
  /** Values of which a part is missing. */
  readonly incomplete: { readonly path: Path; readonly name: string }[];
  readonly values: Set<string>;
}

export function createReferences(): References {
  return { used: new Map(), absent: new Map(), incomplete: [], values: new Set() };
}

// YAML gives braces, commas and colons a meaning of their own: `{ token: ${TOKEN} }` would not parse. So within a
// reference they are swapped for private characters, one for one, so that every line and column stays true.
const plain = "{}[],:#";
const masked = "\u{e000}\u{e001}\u{e002}\u{e003}\u{e004}\u{e005}\u{e006}";

/** Makes references harmless to a YAML parser, without moving any character. */
export function maskReferences(text: string): string {
  return text.replace(/\$\{[A-Za-z_]\w*(?::-[^{}\r\n]*)?\}/g, (reference) => swap(reference, plain, masked));
}

/**
 * Puts in the values. `$${NAME}` stays as `${NAME}`. A variable that is empty counts as not set. Null, as for a key
 * without a value, when the whole text is one reference to a variable that is not set and has no default. Values are
 * not searched again.
 */
export function expandReferences(text: string, path: Path, env: Environment, references: References): string | null {
  if (!text.includes("$\u{e000}")) return text;
  const where = formatPath(path);
  let isAbsent = false;
  const expanded = text.replace(
    /(\$?)\$(\u{e000}[^\u{e001}]*\u{e001})/gu,
    (whole: string, escape: string, body: string) => {
      const reference = swap(body, masked, plain);
      if (escape !== "") return `$${reference}`;
      const [, name = "", standIn] = /^\{(\w+)(?::-(.*))?\}$/su.exec(reference) ?? [];
      const value = env[name] === "" ? undefined : env[name];
      if (value !== undefined) {
        references.used.set(where, name);
        references.values.add(value);
        return value;
      }
      if (standIn !== undefined) {
        references.used.set(where, name);
        return standIn;
      }
      if (whole === text) isAbsent = true;
      else references.incomplete.push({ path, name });
      if (isAbsent) references.absent.set(where, name);
      return "";
    },
  );
  return isAbsent ? null : expanded;
}

function swap(text: string, from: string, to: string): string {
  return text.replace(/./gsu, (character) => to[from.indexOf(character)] ?? character);
}
