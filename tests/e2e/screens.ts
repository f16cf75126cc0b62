import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { randomUUID } from "node:crypto";
import type { BrowserContextOptions } from "playwright-core";
import { root } from "../bench/program.ts";
import { createFakeOpenAi } from "../doubles/fake-openai.ts";
import { buildPageWhenStale, openPage, startBrowser } from "./browser.ts";
import { createPlace } from "./place.ts";

/*
 * Takes the pictures of the README: node tests/e2e/screens.ts. With --all FOLDER it takes every page, light and dark,
 * wide and narrow, into that folder, to be looked at.
 */

interface Talk {
  readonly question: string;
  readonly answer: string;
}

/** The last one is the one that the pictures show. */
const talks: readonly Talk[] = [
  {
    question: "Lamps for the workshop",
    answer: "Four tubes of **4000 K** over the benches, and a warm one at the door.",
  },
  { question: "Plants in the office", answer: "The fern wants water twice a week, the others once." },
  { question: "Notes of the meeting", answer: "- The shed is painted in May.\n- Grace looks after the seedlings." },
  {
    question: "Why did the backup fail?",
    answer: `The disk was full. **Nothing is lost**: the backup of the night before is whole.

| folder | size | grew by |
| --- | ---: | ---: |
| \`photos\` | 412 GB | 2 GB |
| \`thumbnails\` | 96 GB | 41 GB |

The thumbnails are kept twice:

\`\`\`sh
# with -delete it removes them
find thumbnails -name "*.old"
\`\`\`

Shall I start the backup again?`,
  },
];

const wide: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
const narrow: BrowserContextOptions = { viewport: { width: 375, height: 740 }, hasTouch: true, isMobile: true };

const { values } = parseArgs({ options: { all: { type: "string" } } });
await buildPageWhenStale();
const fake = await createFakeOpenAi();
const place = await createPlace({ modelUrl: fake.url, ownerName: "Ada" });
const browser = await startBrowser();
try {
  await place.start();
  await talk();
  const docs = join(root, "docs");
  await mkdir(docs, { recursive: true });
  await take(join(docs, "chat.png"), { ...wide, colorScheme: "light" });
  await take(join(docs, "chat-phone.png"), { ...narrow, colorScheme: "dark" });
  if (values.all !== undefined) await takeAll(values.all);
} finally {
  await browser.close();
  await place.close();
  await fake.close();
}

/** Holds the conversations that the pictures show. */
async function talk(): Promise<void> {
  const { page, close } = await openPage(browser, place.url, wide);
  for (const { question, answer } of talks) {
    fake.set({ text: answer });
    await page.goto(`${place.url}#/chat/${randomUUID()}`);
    await page.getByRole("heading", { name: "What can I do for you?" }).waitFor();
    await page.getByRole("textbox", { name: "Message" }).fill(question);
    await page.keyboard.press("Enter");
    await page.getByRole("article", { name: /^Parlance, / }).waitFor();
  }
  await close();
}

async function take(
  path: string,
  options: BrowserContextOptions,
  at = "",
  ready = 'article[aria-label^="Parlance, "]',
  prepare?: string,
): Promise<void> {
  const { page, close } = await openPage(browser, `${place.url}${at}`, { ...options, reducedMotion: "reduce" });
  await page.locator(ready).first().waitFor();
  if (prepare !== undefined) await page.getByRole("button", { name: prepare }).click();
  await page.waitForTimeout(300);
  await page.screenshot({ path });
  await close();
  process.stdout.write(`${path}: ${Math.ceil((await stat(path)).size / 1024)} KB\n`);
}

async function takeAll(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const colorScheme of ["light", "dark"] as const) {
    for (const [name, options] of Object.entries({ wide, narrow })) {
      const shape = { ...options, colorScheme };
      await take(join(folder, `chat-${name}-${colorScheme}.png`), shape);
      await take(join(folder, `empty-${name}-${colorScheme}.png`), shape, `#/chat/${randomUUID()}`, ".empty-chat");
      await take(join(folder, `status-${name}-${colorScheme}.png`), shape, "#/status", ".part");
    }
    await take(
      join(folder, `menu-${colorScheme}.png`),
      { ...narrow, colorScheme },
      "",
      ".message.out",
      "Open the menu",
    );
  }
}
