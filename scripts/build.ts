import { execFileSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/*
 * Builds dist/, the package for npm: `npm publish ./dist`. Node refuses to strip types under node_modules, so what is
 * published is JavaScript. A clone needs none of this.
 */

const root = fileURLToPath(new URL("..", import.meta.url));
const target = join(root, "dist");

/** Read at run time, found by their place next to the code; or by people, sent there by `parlance channels add`. */
const data = [
  "personas",
  "workflows",
  "config/defaults.yaml",
  "config/example.yaml",
  "src/cdc/asks/README.md",
  "src/models/files/registry.json",
  "src/web/dashboard/dist",
  "README.md",
  "CHANGELOG.md",
  "LICENSE",
  ...globSync("channels/*/README.md", { cwd: root }),
];

/** What makes no sense in the published package. */
const ownFields = new Set(["private", "scripts", "devDependencies", "allowScripts"]);

await rm(target, { recursive: true, force: true });
runNode("scripts/build-web.ts");
runNode("node_modules/typescript/bin/tsc", "--project", "tsconfig.build.json");
for (const path of data)
  if (existsSync(join(root, path))) await cp(join(root, path), join(target, path), { recursive: true });
await writeBin("bin/parlance.js");
await writePackage();

function runNode(...args: readonly string[]): void {
  execFileSync(process.execPath, args, { cwd: root, stdio: "inherit" });
}

async function writeBin(path: string): Promise<void> {
  const text = await readFile(join(root, path), "utf8");
  await mkdir(dirname(join(target, path)), { recursive: true });
  await writeFile(join(target, path), text.replace(/(?<=import\("[^"]+)\.ts(?="\))/g, ".js"), { mode: 0o755 });
}

async function writePackage(): Promise<void> {
  const own = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as Record<string, unknown>;
  const published = Object.entries(own).filter(([name]) => !ownFields.has(name));
  await writeFile(join(target, "package.json"), `${JSON.stringify(Object.fromEntries(published), null, 2)}\n`);
}
