import { readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { describe, expect, it } from "vitest";
import { exceptions, findFault } from "./architecture/import-rules.ts";
import { findEffects } from "./architecture/on-import.ts";
import {
  countLines,
  isNode,
  listFiles,
  parseSource,
  readSources,
  root,
  visit,
  type Source,
} from "./architecture/read-sources.ts";

const sources = readSources(["bin/*.js", "src/**/*.{ts,tsx}", "channels/**/*.ts", "config/**/*.ts"]);
const scaffolding = readSources(["tests/**/*.ts", "scripts/**/*.ts", "*.config.ts"]);
const isPage = ({ path }: Source) => path.startsWith("src/web/dashboard/");
const ownImports = sources.flatMap(({ path, imports }) =>
  imports.flatMap(({ target, kind, specifier }) =>
    target === undefined ? [] : [{ from: path, to: target, kind, specifier }],
  ),
);

interface PackageFile {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}
const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
  readFileSync(`${root}package.json`, "utf8"),
) as PackageFile;

/** "@scope/name" or "name" of an import from elsewhere; undefined for Node's own. */
function findPackage(specifier: string): string | undefined {
  if (specifier.startsWith(".") || isBuiltin(specifier)) return undefined;
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

describe("who may import whom", () => {
  it("reads the sources at all", () => {
    expect(sources.length).toBeGreaterThan(150);
    expect(ownImports.length).toBeGreaterThan(500);
    expect(new Set(ownImports.map(({ kind }) => kind))).toEqual(new Set(["value", "type", "dynamic"]));
  });

  it("flows one way", () => {
    const faults = ownImports.flatMap(({ from, to }) => {
      const fault = findFault(from, to);
      return fault === undefined ? [] : [`${from} imports ${to}: ${fault}`];
    });
    expect(faults).toEqual([]);
  });

  it("finds what it must find", () => {
    expect(findFault("src/core/id.ts", "src/store/index.ts")).toContain("nothing of ours");
    expect(findFault("channels/irc/index.ts", "channels/email/parse.ts")).toContain("channels/_shared");
    expect(findFault("channels/irc/index.ts", "src/pipeline/turn.ts")).toBeDefined();
    expect(findFault("src/store/index.ts", "src/queue/index.ts")).toBeDefined();
    expect(findFault("src/agent/loop.ts", "src/safety/policy.ts")).toBeDefined();
    expect(findFault("src/pipeline/turn.ts", "src/store/index.ts")).toBeDefined();
    expect(findFault("src/pipeline/turn.ts", "src/app.ts")).toBeDefined();
    expect(findFault("src/completion.ts", "src/app.ts")).toBeDefined();
    expect(findFault("src/web/server.ts", "config/load.ts")).toBeDefined();
    expect(findFault("src/elsewhere/new.ts", "src/core/id.ts")).toContain("no rule");
    expect(findFault("src/pipeline/turn.ts", "src/agent/loop.ts")).toBeUndefined();
    expect(findFault("src/cli/start.ts", "src/app.ts")).toBeUndefined();
  });

  it("has no exception that nothing needs", () => {
    const unused = exceptions.filter((exception) => {
      const others = exceptions.filter((other) => other !== exception);
      return ownImports.every(({ from, to }) => findFault(from, to, others) === undefined);
    });
    expect(unused.map(({ why }) => why)).toEqual([]);
  });

  it("loads platforms and commands on demand only", () => {
    const early = ownImports.filter(
      ({ from, to, kind }) =>
        kind === "value" &&
        ((from === "channels/index.ts" && to.startsWith("channels/")) ||
          (from === "src/cli.ts" && to.startsWith("src/cli/"))),
    );
    expect(early).toEqual([]);
  });

  it("has no circles among files that load each other", () => {
    const next = Map.groupBy(
      ownImports.filter(({ kind }) => kind === "value"),
      ({ from }) => from,
    );
    const done = new Set<string>();
    const circles: string[] = [];
    const walk = (path: string, way: readonly string[]): void => {
      if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(" -> "));
      if (way.includes(path) || done.has(path)) return;
      for (const { to } of next.get(path) ?? []) walk(to, [...way, path]);
      done.add(path);
    };
    for (const path of next.keys()) walk(path, []);
    expect(circles).toEqual([]);
  });
});

describe("nothing happens on import", () => {
  const isEntry = ({ path }: Source) =>
    ["bin/parlance.js", "src/models/llama/main.ts", "src/web/dashboard/main.tsx"].includes(path);
  /** What pure functions remember of themselves; only time can tell that it is there. */
  const memories: Readonly<Record<string, string>> = {
    "src/agent/prompt.ts keeps state: formatter": "Making a date formatter costs more than the rest of the prompt.",
    "src/agent/prompt.ts keeps state: zone": "The time zone of that formatter.",
    "src/store/postgres-database.ts keeps state: names":
      "The name of each statement's text, so that PostgreSQL prepares it once.",
  };

  it("finds what it must find", () => {
    const effects = (text: string) => findEffects(parseSource("src/core/example.ts", text).body);
    expect(effects("let count = 0;")).toEqual(["keeps state: count"]);
    expect(effects("export const seen = new Map<string, number>();")).toEqual(["keeps state: seen"]);
    expect(effects("registry.add('irc');")).toEqual(["runs a statement: ExpressionStatement"]);
    expect(effects("export const text = await read();")).toEqual(["waits for something", "calls read"]);
    expect(effects("const server = createServer();")).toEqual(["calls createServer"]);
    expect(effects("const files = [readFileSync('a')];")).toEqual(["calls readFileSync"]);
    expect(effects("const port = start(); function start() { return listen(1); }")).toEqual(["calls listen"]);
    expect(
      effects(
        "import a from 'a'; const ids = new Set(['a']); const f = () => run(); class A { x = 1 } type T = string;",
      ),
    ).toEqual([]);
  });

  it("makes only constants", () => {
    const effects = sources
      .filter((source) => !isEntry(source))
      .flatMap(({ path, body }) => findEffects(body).map((effect) => `${path} ${effect}`));
    expect(effects).toEqual(Object.keys(memories));
  });

  it("reads the environment in one place only", () => {
    const readers = sources.filter(({ body }) => {
      let isReader = false;
      visit(body, (node) => {
        const { object, property } = node;
        if (
          node.type === "MemberExpression" &&
          isNode(object) &&
          object["name"] === "process" &&
          isNode(property) &&
          property["name"] === "env"
        )
          isReader = true;
      });
      return isReader;
    });
    expect(readers.map(({ path }) => path)).toEqual(["config/load.ts"]);
  });
});

describe("packages", () => {
  it("loads optional packages on demand only", () => {
    const early = sources.flatMap(({ path, imports }) =>
      imports
        .filter(({ kind, specifier }) => kind === "value" && (findPackage(specifier) ?? "") in optionalDependencies)
        .map(({ specifier }) => `${path} imports ${specifier}`),
    );
    expect(early).toEqual([]);
  });

  it("declares what it imports, as a dependency where the service needs it", () => {
    const undeclared = sources.flatMap((source) =>
      source.imports.flatMap(({ kind, specifier }) => {
        const name = findPackage(specifier);
        if (name === undefined || name in dependencies || name in optionalDependencies) return [];
        const mayBeDev = kind === "type" || isPage(source);
        return mayBeDev && name in devDependencies ? [] : [`${source.path} imports ${specifier}`];
      }),
    );
    const all = { ...dependencies, ...optionalDependencies, ...devDependencies };
    const undeclaredTools = scaffolding.flatMap(({ path, imports }) =>
      imports.flatMap(({ specifier }) =>
        (findPackage(specifier) ?? "vite") in all ? [] : [`${path} imports ${specifier}`],
      ),
    );
    expect([...undeclared, ...undeclaredTools]).toEqual([]);
  });

  it("uses what it declares", () => {
    /** Run by a script of package.json, or asked for by a compiler. */
    const tools: Readonly<Record<string, string>> = {
      node: "runs everything",
      typescript: "npm run check",
      oxlint: "npm run check",
      "oxlint-tsgolint": "the type-aware rules of oxlint",
      oxfmt: "npm run check",
      "@modelcontextprotocol/conformance": "tests/mcp, as a program",
      "@modelcontextprotocol/server-everything": "tests/mcp, as a program",
    };
    const isUsedBy = (files: readonly Source[]) => (name: string) =>
      files.some(({ imports }) => imports.some(({ specifier }) => findPackage(specifier) === name));
    const isTypesOf = (name: string) => {
      const typed = name.replace("@types/", "");
      return (
        name.startsWith("@types/") &&
        (typed === "node" || typed in dependencies || typed in optionalDependencies || typed in devDependencies)
      );
    };
    const isUsed = isUsedBy([...sources, ...scaffolding]);
    expect(
      Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => !isUsedBy(sources)(name)),
    ).toEqual([]);
    expect(
      Object.keys(devDependencies).filter((name) => !isUsed(name) && !isTypesOf(name) && !(name in tools)),
    ).toEqual([]);
  });
});

describe("files", () => {
  it("are short", () => {
    const sorted = sources.map(({ lines }) => lines).toSorted((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(120);
    const all = listFiles(["{src,channels,config,scripts}/**/*.{ts,tsx,css}"]);
    expect(all.filter((path) => countLines(path) > 400).map((path) => `${path}: ${countLines(path)} lines`)).toEqual(
      [],
    );
  });

  it("are named after their subject", () => {
    const vague = /(^|[/-])(utils?|helpers?|managers?|services?|commons?|misc)([./-]|$)/;
    const all = listFiles(["{src,channels,config,scripts,tests,personas,workflows}/**/*"]);
    expect(all.filter((path) => vague.test(path))).toEqual([]);
    expect(
      all.filter(
        (path) =>
          /\.tsx?$/.test(path) &&
          !/^([a-z0-9_]+(-[a-z0-9]+)*\/?)+(\.test|\.d|\.config)?\.tsx?$/.test(path.split("/").at(-1) ?? ""),
      ),
    ).toEqual([]);
  });
});
