import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { randomUUID } from "node:crypto";
import type { BrowserContextOptions } from "playwright-core";
import { root } from "../bench/service.ts";
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
    question: "Which lamps should we take for the workshop?",
    answer: "Four LED tubes of **4000 K** over the benches are enough. One warm lamp at the door is kinder to the eyes in the evening.",
  },
  {
    question: "Remind me to water the plants on Friday",
    answer: "Friday at 9:00 it is.",
  },
  {
    question: "Summarise the notes from the garden meeting",
    answer: "- The shed is painted in May.\n- Grace looks after the seedlings.\n- The next meeting is in two weeks.",
  },
  {
    question: "The backup of the photo server failed last night. What happened?",
    answer: `The disk was full: the backup stopped at **02:14**, when 31 MB were left. Nothing is lost, the one from the night before is whole.

| folder | size | grew by |
| --- | ---: | ---: |
| \`photos/2026\` | 412 GB | 18 GB |
| \`thumbnails\` | 96 GB | 41 GB |

The thumbnails are kept twice since Monday. This removes the old ones, and shows first what it would do:

\`\`\`sh
# Leave out --dry-run when the list looks right.
find /srv/thumbnails -mtime +30 -name "*.old.webp" --dry-run
\`\`\`

Shall I start the backup again afterwards?`,
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

async function take(path: string, options: BrowserContextOptions, at = "", ready = 'article[aria-label^="Parlance, "]', prepare?: string): Promise<void> {
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
    await take(join(folder, `menu-${colorScheme}.png`), { ...narrow, colorScheme }, "", ".message.out", "Open the menu");
  }
}
