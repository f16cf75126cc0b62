import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

/*
 * Builds the browser app into src/web/dashboard/dist: with Vite, or, where Vite's native parts were not installed
 * (npm ci --omit=optional, platforms without them), with esbuild's WebAssembly build. Both leave an index.html and
 * hashed files under assets/. Without any bundler (npm ci --omit=dev) it says so and leaves what is there.
 */

const root = fileURLToPath(new URL("..", import.meta.url));
const source = join(root, "src/web/dashboard");
const target = join(source, "dist");

/** Throws when Vite or one of its native parts cannot be loaded. */
async function buildWithVite(): Promise<void> {
  const { build } = await import("vite");
  await build({ configFile: join(root, "vite.config.ts"), logLevel: "warn" });
}

async function buildWithEsbuild(): Promise<void> {
  const esbuild = await import("esbuild-wasm");
  await rm(target, { recursive: true, force: true });
  const { metafile } = await esbuild.build({
    absWorkingDir: source,
    entryPoints: ["main.tsx"],
    outdir: join(target, "assets"),
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    minify: true,
    target: ["chrome123", "firefox120", "safari17.5"],
    jsx: "automatic",
    jsxImportSource: "preact",
    metafile: true,
    legalComments: "none",
    logLevel: "warning",
  });
  const entry = Object.entries(metafile.outputs).find(([, output]) => output.entryPoint === "main.tsx");
  const style = entry?.[1].cssBundle;
  if (entry === undefined || style === undefined) throw new Error("The bundle has no entry or no style sheet.");
  const icon = await readFile(join(source, "icon.svg"));
  const iconName = `icon-${createHash("sha256").update(icon).digest("base64url").slice(0, 8)}.svg`;
  await mkdir(join(target, "assets"), { recursive: true });
  await writeFile(join(target, "assets", iconName), icon);
  const page = await readFile(join(source, "index.html"), "utf8");
  await writeFile(
    join(target, "index.html"),
    formatPage(page, { script: basename(entry[0]), style: basename(style), icon: iconName }),
  );
}

/** Points the page at the built files. Throws when the page has changed so that this no longer fits. */
function formatPage(
  page: string,
  names: { readonly script: string; readonly style: string; readonly icon: string },
): string {
  const scriptTag = '<script type="module" src="./main.tsx"></script>';
  const iconPath = "./icon.svg";
  if (!page.includes(scriptTag) || !page.includes(iconPath))
    throw new Error("index.html does not name main.tsx and icon.svg as expected.");
  return page
    .replace(
      scriptTag,
      `<script type="module" src="/assets/${names.script}"></script>\n    <link rel="stylesheet" href="/assets/${names.style}" />`,
    )
    .replace(iconPath, `/assets/${names.icon}`);
}

function isMissingPackage(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    (error.code === "ERR_MODULE_NOT_FOUND" || error.code === "MODULE_NOT_FOUND")
  );
}

function isInstalled(name: string): boolean {
  return existsSync(join(root, "node_modules", name));
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** `--esbuild` skips Vite. */
async function run(flags: readonly string[]): Promise<void> {
  if (!isInstalled("preact") || !(isInstalled("vite") || isInstalled("esbuild-wasm"))) {
    const state = existsSync(join(target, "index.html"))
      ? "keeping the one built before"
      : "the page of the web chat will be missing";
    return say(`Web app not built, as the development packages are not installed: ${state}.`);
  }
  if (!flags.includes("--esbuild")) {
    try {
      await buildWithVite();
      return say("Web app built with Vite.");
    } catch (error) {
      if (!canDoWithoutVite(error)) throw error;
    }
  }
  await buildWithEsbuild();
  say("Web app built with esbuild.");
}

/** Is it Vite itself that is missing, and not our app that is broken? */
function canDoWithoutVite(error: unknown): boolean {
  return (
    isMissingPackage(error) || (error instanceof Error && /native binding|Cannot find module/i.test(error.message))
  );
}

await run(process.argv.slice(2));
