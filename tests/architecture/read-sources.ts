import { globSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "vite";

/** Absolute, with a slash at its end. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** When the imported file is loaded: with the importing one, on demand, or never. */
export type ImportKind = "value" | "dynamic" | "type";

export interface Import {
  readonly kind: ImportKind;
  readonly specifier: string;
  /** Path from the root, of a file of ours. */
  readonly target?: string;
}

export interface Source {
  /** From the root, with forward slashes. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  readonly body: readonly Node[];
}

/** Any node of the syntax tree (ESTree, with TypeScript's own). */
export interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}

/** Reads and parses source files, declarations left out. Throws when one has a syntax error. */
export function readSources(patterns: readonly string[]): readonly Source[] {
  return listFiles(patterns)
    .filter((path) => /\.(tsx?|js)$/.test(path) && !path.endsWith(".d.ts"))
    .map((path) => parseSource(path, readFileSync(root + path, "utf8")));
}

export function listFiles(patterns: readonly string[]): readonly string[] {
  const isBuilt = (path: string) => /(^|\/)(dist|node_modules)(\/|$)/.test(path);
  return globSync([...patterns], { cwd: root, exclude: isBuilt })
    .map((path) => path.replaceAll("\\", "/"))
    .toSorted();
}

export function countLines(path: string): number {
  return splitLines(readFileSync(root + path, "utf8")).length;
}

function splitLines(text: string): readonly string[] {
  return text.trimEnd().split("\n");
}

/** Throws when the text is no TypeScript. */
export function parseSource(path: string, text: string): Source {
  const { program, module, errors } = parseSync(path, text, { lang: path.endsWith("x") ? "tsx" : "ts" });
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const body = program.body as unknown as readonly Node[];
  const imports: Import[] = [];
  const add = (kind: ImportKind, specifier: string) => {
    const target = specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : undefined;
    imports.push({ kind, specifier, ...(target === undefined ? {} : { target }) });
  };
  for (const { moduleRequest, start } of module.staticImports)
    add(/^import\s+type\b/.test(text.slice(start)) ? "type" : "value", moduleRequest.value);
  for (const { entries, start } of module.staticExports) {
    const request = entries.find((entry) => entry.moduleRequest !== null)?.moduleRequest;
    if (request) add(/^export\s+type\b/.test(text.slice(start)) ? "type" : "value", request.value);
  }
  visit(body, (node) => {
    if (node.type === "ImportExpression") add("dynamic", parseLiteral(path, node["source"]));
    if (node.type === "TSImportType") add("type", parseLiteral(path, node["source"] ?? node["argument"]));
  });
  return { path, lines: splitLines(text).length, imports, body };
}

/** An import whose name is computed could go anywhere. */
function parseLiteral(path: string, node: unknown): string {
  const value = isNode(node)
    ? (node["value"] ?? (node["literal"] as { value?: unknown } | undefined)?.value)
    : undefined;
  if (typeof value !== "string")
    throw new Error(`${path}: an import() needs a plain text, so that tests and people can follow it.`);
  return value;
}

/** Calls back for each node below, depth first. */
export function visit(value: unknown, onNode: (node: Node) => void): void {
  if (Array.isArray(value)) for (const item of value) visit(item, onNode);
  else if (isNode(value)) {
    onNode(value);
    for (const inner of Object.values(value)) if (typeof inner === "object") visit(inner, onNode);
  }
}
