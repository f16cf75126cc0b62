import type { Buffer } from "node:buffer";
import type { Page } from "playwright-core";
import { z } from "zod";
import type { FileStore } from "../../core/channel.ts";
import { AppError } from "../../core/errors.ts";
import { quoteBlock } from "../../core/quote.ts";
import type { Tool } from "../../core/tool.ts";
import { defineTool, words } from "../define.ts";
import { formatView, viewPage } from "./page-text.ts";
import { createBrowserSessions, type BrowserOptions } from "./session.ts";
import { roles, takeStep, type Step } from "./steps.ts";

export interface BrowserToolsOptions extends BrowserOptions {
  readonly cleanText: (text: string) => string;
  /** Where screenshots go. */
  readonly saveFile: FileStore["save"];
}

const keywords: readonly string[] = [
  ...words("browser chromium screenshot bildschirmfoto navigateur navegador"),
  "log in to",
  "sign in to",
  "fill in the form",
  "web form",
  "click on",
  "klicke auf",
  "melde dich an",
];
const url = z.string().min(1).max(2000);

/** A browser for pages that only work in one. Reading is browser_open; whatever is clicked or filled in may send. */
export function createBrowserTools(options: BrowserToolsOptions): readonly Tool[] {
  const sessions = createBrowserSessions(options);
  const read = { mayOpen: true, mayChange: false };

  const open = defineTool({
    name: "browser_open",
    description:
      "Opens a web page in a real browser and gives its text, links and controls. For pages that web_fetch cannot read because they need scripts.",
    input: z.strictObject({
      url: url.describe("Full http or https URL."),
      maxChars: z.int().min(200).max(20_000).optional().describe("8000 when absent."),
    }),
    effect: "read",
    keywords,
    timeoutMs: 60_000,
    maxOutputChars: 40_000,
    run({ url: address, maxChars = 8000 }, context) {
      if (!/^https?:\/\//i.test(address)) throw new AppError("bad-input", "Only http and https URLs are opened.");
      return sessions.use(context, read, async (tab) => {
        await goTo(await tab.renew(), address);
        await tab.settle();
        if (tab.page().url().startsWith("chrome-error:")) throw notOpened(); // a redirect that went wrong
        return { text: options.cleanText(formatView(await viewPage(tab.page()), maxChars)), isOutside: true };
      });
    },
  });

  const act = defineTool({
    name: "browser_act",
    description:
      "Clicks and fills in on the page that is open, by the names of what can be used there. All steps together are one thing that a person agrees to.",
    input: z.strictObject({
      url: url.describe("Of the page that is open, as browser_open gave it."),
      steps: z
        .array(
          z.strictObject({
            do: z.enum(["click", "fill", "choose", "press"]),
            name: z.string().min(1).max(200),
            role: z.enum(roles).optional().describe("Where the name is not enough."),
            value: z.string().max(10_000).optional().describe("Text, option or key."),
          }),
        )
        .min(1)
        .max(20),
    }),
    effect: "send",
    keywords,
    timeoutMs: 120_000,
    maxOutputChars: 20_000,
    describe({ url: address, steps }) {
      return `On this page:\n\n${quoteBlock(address)}\n\ndo this:\n\n${quoteBlock(steps.map(formatStep).join("\n"))}`;
    },
    run({ url: address, steps }, context) {
      return sessions.use(context, { mayOpen: false, mayChange: true }, async (tab) => {
        if (tab.page().url() !== URL.parse(address)?.href)
          throw new AppError("conflict", "Another page is open now.", { hint: "Open the page again and look at it." });
        for (const [index, step] of steps.entries()) {
          try {
            await takeStep(tab, step);
          } catch (error) {
            if (!(error instanceof AppError)) throw error;
            const done = `Of ${steps.length} steps ${index} were done. ${error.message}`;
            throw new AppError(error.code, done, error.hint === undefined ? {} : { hint: error.hint });
          }
        }
        return { text: options.cleanText(formatView(await viewPage(tab.page()), 4000)), isOutside: true };
      });
    },
  });

  const screenshot = defineTool({
    name: "browser_screenshot",
    description: "Takes a picture of the page that is open in the browser.",
    input: z.strictObject({ whole: z.boolean().optional().describe("true: all of it, not only what fits a window.") }),
    effect: "read",
    keywords,
    timeoutMs: 30_000,
    maxOutputChars: 500,
    run({ whole = false }, context) {
      return sessions.use(context, { mayOpen: false, mayChange: false }, async (tab) => {
        const { width, height } = { width: 1280, height: 6000 };
        const picture = await tab.page().screenshot({
          type: "jpeg",
          quality: 75,
          fullPage: whole,
          ...(whole ? { clip: { x: 0, y: 0, width, height } } : {}),
          animations: "disabled",
          timeout: 20_000,
        });
        const attachment = await options.saveFile(once(picture), { name: "screenshot.jpg", mimeType: "image/jpeg" });
        return {
          text: `A picture of ${attachment.bytes} bytes was taken.`,
          isOutside: true,
          attachments: [attachment],
        };
      });
    },
  });

  return [open, act, screenshot];
}

async function goTo(page: Page, address: string): Promise<void> {
  try {
    // Not until all of it is there: one script that never comes must not keep the rest from being read.
    await page.goto(address, { waitUntil: "commit", timeout: 25_000 });
  } catch (error) {
    throw notOpened(error);
  }
}

function notOpened(cause?: unknown): AppError {
  return new AppError("unreachable", "The page could not be opened.", {
    hint: "It may be private, a download, or too slow; web_fetch says more.",
    cause,
  });
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

function formatStep({ do: what, role, name, value = "" }: Step): string {
  const target = `${role === undefined ? "" : `${role} `}${JSON.stringify(name)}`;
  if (what === "click") return `click ${target}`;
  if (what === "fill") return `fill ${target} with ${JSON.stringify(value)}`;
  return what === "choose" ? `choose ${JSON.stringify(value)} in ${target}` : `press ${value} on ${target}`;
}
