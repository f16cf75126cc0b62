import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { glob, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { root } from "../bench/program.ts";

/** Debian's own browser; CHROMIUM names another one. */
export const chromiumPath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
export const hasChromium = existsSync(chromiumPath);

const quiet = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function startBrowser(): Promise<Browser> {
  // Without a locale, as in CI, Chromium saves a file with letters beyond ASCII in its name as "download".
  const env = { ...process.env, LC_ALL: "C.UTF-8" };
  return chromium.launch({ executablePath: chromiumPath, headless: true, args: quiet, env });
}

export interface OpenPage {
  readonly page: Page;
  /** Everything the page complained about: console errors, exceptions, breaches of the content policy. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** A page of its own profile that keeps what it complains about. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    timezoneId: "UTC",
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.exposeFunction("reportBreach", (breach: string) => complaints.push(breach));
  await page.addInitScript(
    'addEventListener("securitypolicyviolation", (event) => reportBreach(`content policy: ${event.violatedDirective} ${event.blockedURI}`))',
  );
  await page.goto(url);
  return { page, complaints, close: () => context.close() };
}

interface AxNode {
  readonly ignored: boolean;
  readonly role?: { readonly value?: unknown };
  readonly name?: { readonly value?: unknown };
}

const namedRoles = new Set([
  "button",
  "link",
  "textbox",
  "log",
  "dialog",
  "navigation",
  "region",
  "article",
  "progressbar",
  "image",
]);

/** What a screen reader would announce without saying what it is for. */
export async function findNameless(page: Page): Promise<readonly string[]> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = (await session.send("Accessibility.getFullAXTree")) as { nodes: AxNode[] };
  await session.detach();
  return nodes.flatMap(({ ignored, role, name }) => {
    const isNamed = typeof name?.value === "string" && name.value.trim() !== "";
    return !ignored && namedRoles.has(String(role?.value)) && !isNamed ? [String(role?.value)] : [];
  });
}

/** Builds the page's files when there are none, or older ones than its sources. */
export async function buildPageWhenStale(): Promise<void> {
  const built = await changedAt(join(root, "src/web/dashboard/dist/index.html"));
  const sources = ["src/web/dashboard/**/*.{ts,tsx,css,html,svg}", "channels/webchat/protocol.ts"];
  for await (const path of glob(sources, { cwd: root, exclude: ["**/dist/**"] })) {
    if ((await changedAt(join(root, path))) <= built) continue;
    await promisify(execFile)(process.execPath, ["scripts/build-web.ts"], { cwd: root });
    return;
  }
}

async function changedAt(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
}
