import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Node,
  type YAMLError,
} from "yaml";

/** Something wrong in a file that a person wrote, told in plain words. Never holds a value that may be secret. */
export interface Fault {
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
  /** Such as "channels.telegram.mode"; empty for the file as a whole. */
  readonly path: string;
  readonly problem: string;
}

export type Path = readonly (string | number)[];

/** A YAML file as data that remembers where each value was written. */
export interface YamlSource {
  /** Plain JSON values; an empty file is null. Undefined when there are faults. */
  readonly value: unknown;
  /** Faults of the YAML itself; what the values mean is judged elsewhere. */
  readonly faults: readonly Fault[];
  /** Where a key or its value stands; of a path that was not written, where its nearest written ancestor stands. */
  locate(path: Path, part: "key" | "value"): { readonly line: number; readonly column: number };
}

export interface YamlLimits {
  /** Line of the surrounding file in which the text starts, from 1. */
  readonly firstLine?: number;
  /** Told of each text value; what it returns takes its place. */
  readonly onText?: (text: string, path: Path) => unknown;
}

const maxNodes = 20_000;
const maxDepth = 40;
const maxSyntaxFaults = 10;

/**
 * Reads one YAML 1.2 document. Never throws: whatever the text is, faults say so. Bounded: repeated aliases, deep
 * nesting and huge documents are faults too.
 */
export function parseYamlSource(text: string, limits: YamlLimits = {}): YamlSource {
  const lines = new LineCounter();
  const firstLine = limits.firstLine ?? 1;
  const place = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line) + firstLine - 1, column: Math.max(1, col) };
  };
  const failed = (faults: readonly Fault[]): YamlSource => ({
    value: undefined,
    faults,
    locate: () => ({ line: firstLine, column: 1 }),
  });

  let document: Document.Parsed;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  } catch {
    return failed([
      {
        line: firstLine,
        column: 1,
        path: "",
        problem: "cannot be read as YAML: it is nested too deeply.",
      },
    ]);
  }
  if (document.errors.length > 0) {
    const faults = document.errors
      .slice(0, maxSyntaxFaults)
      .map((error) => ({ ...place(error.pos[0]), path: "", problem: formatSyntaxError(error) }));
    return failed(onePerLine(faults));
  }

  const faults: Fault[] = [];
  const value = toPlain(document, limits.onText, (node, path, problem) =>
    faults.push({ ...place(node?.range?.[0] ?? 0), path: formatPath(path), problem }),
  );
  if (faults.length > 0) return failed(faults);
  return { value, faults, locate: (path, part) => place(offsetOf(document, path, part)) };
}

/** "channels.telegram.allow[2]". Parts that do not look like a name are left out, for they may be anything. */
export function formatPath(path: Path): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else text += `${text === "" ? "" : "."}${isPlainName(part) ? part : "…"}`;
  }
  return text;
}

/** May this key be repeated to the reader? A token that slipped into the place of a key may not. */
export function isPlainName(key: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_-]{0,31}$/.test(key) && key.replace(/\D/g, "").length <= 3;
}

type Complain = (node: Node | null | undefined, path: Path, problem: string) => void;

function toPlain(document: Document.Parsed, onText: YamlLimits["onText"], complain: Complain): unknown {
  let nodes = 0;

  function read(node: unknown, path: Path): unknown {
    if (++nodes > maxNodes) {
      if (nodes === maxNodes + 1)
        complain(node as Node, [], `holds more than ${maxNodes} values, counting repeated aliases.`);
      return undefined;
    }
    if (path.length > maxDepth) {
      complain(node as Node, path.slice(0, 3), "is nested too deeply.");
      nodes = maxNodes + 1;
      return undefined;
    }
    if (isAlias(node)) {
      const target = node.resolve(document);
      if (target === undefined)
        complain(node, path, "is an alias (*name) of an anchor (&name) that is not written before it.");
      return read(target ?? null, path);
    }
    if (isMap(node)) {
      const entries: [string, unknown][] = [];
      for (const pair of node.items) {
        const key = isScalar(pair.key) ? String(pair.key.value) : undefined;
        if (key === undefined || key === "__proto__")
          complain(pair.key as Node | null, path, "has a key that is not a plain word.");
        else entries.push([key, read(pair.value, [...path, key])]);
      }
      return Object.fromEntries(entries);
    }
    if (isSeq(node)) return node.items.map((item, index) => read(item, [...path, index]));
    if (!isScalar(node)) return null;
    if (typeof node.value === "bigint") return Number(node.value);
    if (typeof node.value !== "string") return node.value;
    return onText === undefined ? node.value : onText(node.value, path);
  }

  return read(document.contents, []);
}

function offsetOf(document: Document.Parsed, path: Path, part: "key" | "value"): number {
  let node: unknown = document.contents;
  let offset = isScalar(node) || isMap(node) || isSeq(node) ? (node.range?.[0] ?? 0) : 0;
  for (const [depth, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    let key: unknown;
    let value: unknown;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
      if (pair === undefined) return offset;
      ({ key, value } = pair);
    } else if (isSeq(node)) {
      value = node.items[Number(step)];
      if (value === undefined) return offset;
    } else return offset;
    const isLast = depth === path.length - 1;
    const shown = ((isLast && part === "key") || (!isLast && key !== undefined) ? key : value) as Node | null;
    offset = shown?.range?.[0] ?? (key as Node | undefined)?.range?.[0] ?? offset;
    node = value;
  }
  return offset;
}

function onePerLine(faults: readonly Fault[]): Fault[] {
  return faults.filter((fault, index) => index === 0 || faults[index - 1]?.line !== fault.line);
}

/** In our words, because the library's may quote the text. */
function formatSyntaxError(error: YAMLError): string {
  switch (error.code) {
    case "DUPLICATE_KEY":
      return "this key is written twice in the same block.";
    case "TAB_AS_INDENT":
      return "a tab is used for indentation; YAML wants spaces.";
    case "MULTIPLE_DOCS":
      return "a second document starts here (---); the file must hold one.";
    case "BAD_SCALAR_START":
      return 'a value cannot start with this character; put the value in quotes, "like this".';
    case "BLOCK_AS_IMPLICIT_KEY":
    case "MULTILINE_IMPLICIT_KEY":
      return 'the indentation is wrong, or the value holds ": " and must be put in quotes.';
    case "BAD_DQ_ESCAPE":
      return "a backslash in double quotes is followed by a character that it cannot escape; use single quotes.";
    case "MISSING_CHAR":
      return "a closing quote, bracket or separator is missing before this place.";
    case "BAD_INDENT":
    case "BLOCK_IN_FLOW":
      return "the indentation is wrong, or a bracket ] or } is not closed.";
    case "RESOURCE_EXHAUSTION":
      return "is nested too deeply.";
    default:
      return "this is not valid YAML.";
  }
}
