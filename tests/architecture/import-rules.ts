/*
 * Who may import whom: ARCHITECTURE's six rules as data. A rule is not loosened for one file: what it must do without
 * comes in as an argument, or the file is in the wrong place.
 */

const world = new Set([
  "store",
  "queue",
  "models",
  "memory",
  "mcp",
  "tools",
  "documents",
  "web",
  "plugins",
  "definitions",
]);
const thinking = ["agent", "cdc", "style", "safety", "approvals", "scheduler"];

/** Files that join parts. They know what they join, and nobody but `app` and the commands knows them. */
const joints = new Set([
  "src/adapter.ts",
  "src/app.ts",
  "src/completion.ts",
  "src/desk-standing.ts",
  "src/find-model.ts",
  "src/join-clock.ts",
  "src/join-desk.ts",
  "src/join-mcp.ts",
  "src/join-plugins.ts",
  "src/join-receive.ts",
  "src/join-workflows.ts",
  "src/lazy-workflows.ts",
  "src/pick-queue.ts",
  "src/join-tools.ts",
  "src/join-skills.ts",
  "src/join-web.ts",
  "src/log.ts",
  "src/model-files.ts",
  "src/join-memory.ts",
  "src/open-desk.ts",
  "src/open-embedders.ts",
  "src/open-memory.ts",
  "src/open-personas.ts",
  "src/open-runs.ts",
  "src/open-store.ts",
  "src/open-style.ts",
  "src/open-workflows.ts",
  "src/readiness.ts",
]);

export interface Exception {
  readonly from: RegExp;
  readonly to: RegExp;
  readonly why: string;
}

export const exceptions: readonly Exception[] = [
  {
    from: /^src\/cli\//,
    to: /^src\/(cli|desk-standing|join-mcp|join-plugins|open-desk|open-memory|open-personas|open-runs|open-store|open-style|open-workflows|find-model|model-files|log)\.ts$/,
    why: "The type of a command, and what start and the other commands join in the same way.",
  },
  {
    from: /^src\/cli\//,
    to: /^src\/pipeline\/commands\/(index|command|people)\.ts$/,
    why: "The list of the chat's commands, for completion and help in the terminal.",
  },
  {
    from: /^src\/cli\/cdc\.ts$/,
    to: /^src\/cdc\/(classification|classify)\.ts$/,
    why: "The command is the classifier alone, without an app around it: it must start at once.",
  },
  {
    from: /^src\/cli\/style(\/|\.ts$)/,
    to: /^src\/style\/((learn|measure|parse-profile|picture)|sources\/(collect|detect-kind|source))\.ts$/,
    why: "The command learns and measures alone, without an app around it: it must start at once.",
  },
  {
    from: /^src\/cli\/(channels\/|doctor\/desk\.ts$)/,
    to: /^channels\/index\.ts$/,
    why: "The list of platforms, for setting one up and for what they can do.",
  },
  {
    from: /^src\/cli\/(chat\/|chat\.ts|send\.ts)/,
    to: /^(channels\/webchat\/protocol|src\/web\/dashboard\/chat\/chat-(client|state))\.ts$/,
    why: "The terminal is a second client of the web chat, and speaks its protocol by the same code as the page.",
  },
  {
    from: /^src\/cli\/desk\/edit-draft\.ts$/,
    to: /^src\/web\/dashboard\/inbox\/word-diff\.ts$/,
    why: "What an edit of a draft changes is shown in the terminal as on the page.",
  },
  {
    from: /^src\/web\/dashboard\//,
    to: /^channels\/webchat\/protocol\.ts$/,
    why: "Two ends of one protocol: the page is the other side of the web chat's socket.",
  },
  {
    from: /^config\//,
    to: /^channels\/index\.ts$/,
    why: "Which platforms there are, and which options each of them takes.",
  },
];

/** The part a file belongs to; undefined for files that join parts. */
export function findPart(path: string): string | undefined {
  const [top = "", second = "", third] = path.split("/");
  if (top === "config") return "config";
  if (path === "channels/index.ts") return "channels";
  if (top === "channels") return `channels/${second}`;
  if (path.startsWith("src/web/dashboard/")) return "page";
  if (top === "src" && third !== undefined) return second;
  return undefined;
}

/** Parts that a part may see besides itself. Undefined: there is no such part, and it must be given a place here. */
export function listVisible(part: string): readonly string[] | undefined {
  if (part === "core" || part === "page") return [];
  if (part === "channels") return ["core", "channels/*"];
  if (part === "channels/_shared") return ["core"];
  if (part.startsWith("channels/")) return ["core", "channels/_shared"];
  if (world.has(part) || thinking.includes(part)) return ["core"];
  if (part === "pipeline") return ["core", ...thinking];
  if (part === "config") return ["core"];
  if (part === "cli") return ["core", "config", "app"];
  return undefined;
}

/** What is wrong about an import of ours; undefined when it is right. */
export function findFault(from: string, to: string, allowed: readonly Exception[] = exceptions): string | undefined {
  if (allowed.some((exception) => exception.from.test(from) && exception.to.test(to))) return undefined;
  const toPart = findPart(to) ?? (to === "src/app.ts" ? "app" : undefined);
  const fromPart = findPart(from);
  if (fromPart === undefined) return findJointFault(from, to);
  const visible = listVisible(fromPart);
  if (visible === undefined) return `no rule says what "${fromPart}" may import`;
  if (toPart === fromPart) return undefined;
  if (
    toPart !== undefined &&
    visible.some((name) => name === toPart || (name === "channels/*" && /^channels\/[^_]/.test(toPart)))
  )
    return undefined;
  return `"${fromPart}" may import ${visible.length === 0 ? "nothing of ours" : visible.join(", ")}`;
}

/** app.ts sees all but who starts it; cli sees config, core and the commands. */
function findJointFault(from: string, to: string): string | undefined {
  const isCli = /^src\/cli(\/|\.ts$)/.test(to);
  if (from === "bin/parlance.js")
    return to === "src/cli.ts" ? undefined : "it starts the command line and nothing else";
  if (from === "src/cli.ts")
    return isCli || ["core", "config"].includes(findPart(to) ?? "")
      ? undefined
      : "the command line sees its commands, config and core";
  if (!joints.has(from)) return `"${from}" stands beside the parts: put it into one, or name it here`;
  if (isCli || findPart(to) === "page") return "who starts the app is not known to it";
  return to === "src/app.ts" ? "nobody imports app back" : undefined;
}
