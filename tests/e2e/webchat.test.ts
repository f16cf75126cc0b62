import { randomBytes, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createFakeOpenAi, type FakeOpenAi } from "../doubles/fake-openai.ts";
import {
  buildPageWhenStale,
  chromiumPath,
  findNameless,
  hasChromium,
  openPage,
  startBrowser,
  type OpenPage,
} from "./browser.ts";
import { createPlace, type Place } from "./place.ts";

if (!hasChromium)
  process.stderr.write(
    `\n*** THE WEB CHAT IS NOT TESTED: there is no browser at ${chromiumPath}. ` +
      "Install Debian's chromium, or name one in CHROMIUM. ***\n\n",
  );

const phone = { viewport: { width: 375, height: 740 }, hasTouch: true, isMobile: true };
const words = "The pump runs at night, when power is cheap, and rests during the day. It is looked at every week.";

const log = (page: Page): Locator => page.getByRole("log", { name: "Messages" });
const field = (page: Page): Locator => page.getByRole("textbox", { name: "Message" });
const writing = (page: Page): Locator => page.getByRole("article", { name: "Answer being written" });
const questions = (page: Page): Locator => page.getByRole("article", { name: /^You, \d/ });
const answers = (page: Page): Locator => page.getByRole("article", { name: /^Parlance, / });
const unsent = (page: Page): Locator => page.getByRole("article", { name: "You, not sent yet" });

async function say(page: Page, text: string): Promise<void> {
  await field(page).fill(text);
  await field(page).press("Enter");
}

/** Waits for one finished answer and for nothing else to be under way. */
async function waitForAnswers(page: Page, count: number): Promise<void> {
  await answers(page)
    .nth(count - 1)
    .waitFor();
  await writing(page).waitFor({ state: "detached" });
  await unsent(page).waitFor({ state: "detached" });
}

/** A lost connection is written to the console by the browser itself. */
const besidesLostConnections = (complaints: readonly string[]): readonly string[] =>
  complaints.filter(
    (text) => !/ERR_CONNECTION_(REFUSED|RESET)|ERR_INCOMPLETE_CHUNKED_ENCODING|WebSocket connection to/.test(text),
  );

describe.skipIf(!hasChromium)("web chat in a browser", { timeout: 60_000 }, () => {
  let browser: Browser;
  let fake: FakeOpenAi;
  let place: Place;
  let open: OpenPage[] = [];

  beforeAll(async () => {
    await buildPageWhenStale();
    fake = await createFakeOpenAi();
    place = await createPlace({ modelUrl: fake.url });
    [browser] = await Promise.all([startBrowser(), place.start()]);
  });

  afterAll(async () => {
    await browser?.close();
    await place?.close();
    await fake?.close();
  });

  beforeEach(() => {
    fake.set({ mode: "slow", text: words, chunks: 10, delayMs: 60 });
  });

  afterEach(async () => {
    const complaints = open.flatMap((one) => besidesLostConnections(one.complaints));
    await Promise.all(open.map((one) => one.close()));
    open = [];
    if (complaints.length > 0) throw new Error(`The page complained:\n${complaints.join("\n")}`);
  });

  /** A chat of its own, so that tests do not read each other's. */
  async function openChat(options: BrowserContextOptions = {}, at = place): Promise<Page> {
    const opened = await openPage(browser, `${at.url}#/chat/${randomUUID()}`, options);
    open.push(opened);
    await field(opened.page).waitFor();
    return opened.page;
  }

  it("shows an answer while it is written, and has it once after a reload", async () => {
    const page = await openChat();
    // Watched from inside: an answer may come and go between two looks from outside.
    await page.evaluate(
      `globalThis.seen = [];
      new MutationObserver(() => {
        const text = document.querySelector(".writing .markdown")?.innerText;
        if (text !== undefined && text !== seen.at(-1)) seen.push(text);
      }).observe(document.body, { subtree: true, childList: true, characterData: true });`,
    );
    await say(page, "When does the pump run?");
    await waitForAnswers(page, 1);
    const partial = (await page.evaluate<readonly string[]>("seen")).filter((text) => text !== "" && text !== words);
    expect(partial.length).toBeGreaterThanOrEqual(2);
    for (const [index, text] of partial.entries()) {
      expect(words.startsWith(text)).toBe(true);
      expect(text.length).toBeGreaterThan(partial[index - 1]?.length ?? 0);
    }
    await page.reload();
    await waitForAnswers(page, 1);
    expect(await questions(page).allInnerTexts()).toEqual([expect.stringContaining("When does the pump run?")]);
    expect(await answers(page).getByRole("paragraph").allInnerTexts()).toEqual([words]);
  });

  it("shows the same chat on two pages at once", async () => {
    const page = await openChat();
    const second = await openPage(browser, page.url());
    open.push(second);
    await field(second.page).waitFor();
    await say(page, "Are both pages told?");
    await Promise.all([waitForAnswers(page, 1), waitForAnswers(second.page, 1)]);
    expect(await log(second.page).innerText()).toBe(await log(page).innerText());
  });

  it("goes on by itself after the server was killed in the middle of an answer", async () => {
    fake.set({ delayMs: 200 });
    const page = await openChat();
    await say(page, "What happens when you die?");
    await writing(page).waitFor();
    await place.kill();
    await page.getByRole("status").filter({ hasText: "Reconnecting" }).waitFor();
    await place.start();
    await waitForAnswers(page, 1);
    await expectOneTalk(page, "What happens when you die?");
    await page.reload();
    await waitForAnswers(page, 1);
    await expectOneTalk(page, "What happens when you die?");
  });

  it("sends what was typed while the server was down, once", async () => {
    const page = await openChat();
    await log(page)
      .or(page.getByRole("heading", { name: "What can I do for you?" }))
      .waitFor();
    await place.kill();
    await page.getByRole("status").filter({ hasText: "Reconnecting" }).waitFor();
    await say(page, "Is anybody there?");
    await unsent(page).getByText("It will be sent.").waitFor();
    await place.start();
    await waitForAnswers(page, 1);
    await expectOneTalk(page, "Is anybody there?");
    await page.reload();
    await waitForAnswers(page, 1);
    await expectOneTalk(page, "Is anybody there?");
  });

  async function expectOneTalk(page: Page, question: string): Promise<void> {
    expect(await log(page).getByText(question, { exact: true }).count()).toBe(1);
    expect(await log(page).getByText(words, { exact: true }).count()).toBe(1);
    expect(await log(page).getByRole("article").count()).toBe(2);
  }

  it.each(["key", "button"])("stops a running answer by %s", async (way) => {
    fake.set({ delayMs: 500 });
    const aborted = fake.stats.aborted;
    const page = await openChat();
    await say(page, "Tell me a very long story.");
    await writing(page).waitFor();
    if (way === "key") await page.keyboard.press("Escape");
    else await page.getByRole("button", { name: "Stop the answer" }).click();
    await page.getByText("You stopped the answer.").waitFor();
    await expect.poll(() => fake.stats.aborted).toBe(aborted + 1);
    await writing(page).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Stop the answer" }).waitFor({ state: "detached" });
    fake.set({ delayMs: 10 });
    await say(page, "And now a short one.");
    await log(page).getByText(words, { exact: true }).waitFor();
    await writing(page).waitFor({ state: "detached" });
    expect(await questions(page).count()).toBe(2);
  });

  it("takes files that are picked or dropped, and gives them back byte by byte", async () => {
    const page = await openChat();
    const bytes = randomBytes(300_000);
    const choosing = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Add files" }).click();
    await (await choosing).setFiles({ name: "wéird name.bin", mimeType: "application/octet-stream", buffer: bytes });
    const data = await page.evaluateHandle(
      'new (class extends DataTransfer { constructor() { super(); this.items.add(new File(["water, 3 l"], "list.txt", { type: "text/plain" })); } })()',
    );
    await page.getByRole("region", { name: "Chat" }).dispatchEvent("drop", { dataTransfer: data });
    await page.getByRole("button", { name: "Remove list.txt" }).waitFor();
    await page.getByRole("progressbar").first().waitFor({ state: "detached" });
    await say(page, "Keep these.");
    await waitForAnswers(page, 1);
    await page.reload();
    await waitForAnswers(page, 1);
    expect(await download(page, "wéird name.bin")).toEqual(bytes);
    expect(String(await download(page, "list.txt"))).toBe("water, 3 l");
  });

  async function download(page: Page, name: string): Promise<Buffer> {
    const loading = page.waitForEvent("download");
    await questions(page).getByRole("link", { name }).click();
    const loaded = await loading;
    expect(loaded.suggestedFilename()).toBe(name);
    return readFile(await loaded.path());
  }

  it("draws Markdown, a table and code that can be copied, and obeys no HTML", async () => {
    const code = 'const greeting = "hello";\nfor (const name of names) greet(name);';
    fake.set({
      mode: "text",
      text: `# Plan\n\nSome **strong** words, [a link](https://example.org/).\n\n| what | how many |\n| --- | ---: |\n| pumps | 2 |\n\n\`\`\`ts\n${code}\n\`\`\`\n\n<img src=x onerror="document.title='broken'"><script>document.title='broken'</script>`,
    });
    const page = await openChat({ permissions: ["clipboard-read", "clipboard-write"] });
    await say(page, "Show me everything.");
    await waitForAnswers(page, 1);
    const answer = answers(page);
    expect(await answer.getByRole("heading", { name: "Plan" }).count()).toBe(1);
    expect(await answer.locator("strong").innerText()).toBe("strong");
    expect(await answer.getByRole("link", { name: "a link" }).getAttribute("href")).toBe("https://example.org/");
    expect(await answer.getByRole("row").allInnerTexts()).toEqual(["what\thow many", "pumps\t2"]);
    await answer.locator(".hl-kwd").first().waitFor();
    await answer.getByRole("button", { name: "Copy" }).click();
    await answer.getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(code);
    expect(await answer.locator("img, script").count()).toBe(0);
    expect(await answer.getByText("onerror=").count()).toBe(1);
    expect(await page.title()).not.toBe("broken");
  });

  it("can be used with the keyboard alone", async () => {
    const page = await openChat();
    await say(page, "First chat.");
    await waitForAnswers(page, 1);
    await page.reload();
    await waitForAnswers(page, 1);
    // The field has the focus; from there Tab leads everywhere.
    expect(await hasFocus(page, field(page))).toBe(true);
    await tabTo(page, page.getByRole("link", { name: "Skip to content" }));
    await tabTo(page, page.getByRole("button", { name: "New chat" }));
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "What can I do for you?" }).waitFor();
    await tabTo(page, field(page));
    await page.keyboard.type("Second chat,");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("two lines.");
    await page.keyboard.press("Enter");
    await waitForAnswers(page, 1);
    expect(await questions(page).innerText()).toContain("Second chat,\ntwo lines.");
    await tabTo(page, page.getByRole("navigation", { name: "Chats" }).getByRole("link", { name: /^First chat\./ }));
    await page.keyboard.press("Enter");
    await log(page).getByText("First chat.", { exact: true }).waitFor();
    await tabTo(page, page.getByRole("link", { name: "Status" }));
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Everything needed is working" }).waitFor();
  });

  async function tabTo(page: Page, wanted: Locator): Promise<void> {
    for (let count = 0; count < 40; count++) {
      await page.keyboard.press("Tab");
      if (await hasFocus(page, wanted)) return;
    }
    throw new Error(`Tab does not lead to ${String(wanted)}`);
  }

  async function hasFocus(page: Page, wanted: Locator): Promise<boolean> {
    return (await page.locator(":focus").and(wanted).count()) === 1;
  }

  it("gives everything that can be used a role and a name", async () => {
    const page = await openChat();
    expect(await findNameless(page)).toEqual([]);
    expect(await page.getByRole("main").count()).toBe(1);
    fake.set({ delayMs: 300, text: `${words}\n\n\`\`\`sh\nls\n\`\`\`` });
    await say(page, "Anything nameless?");
    await writing(page).waitFor();
    expect(await findNameless(page)).toEqual([]);
    await waitForAnswers(page, 1);
    expect(await findNameless(page)).toEqual([]);
    // Read out once it is complete, not word by word.
    expect(await log(page).getAttribute("aria-live")).toBe("off");
    await expect
      .poll(() => page.locator("[aria-live=polite]").allInnerTexts())
      .toContainEqual(expect.stringContaining(words));
  });

  it.each(["light", "dark"] as const)("fits a phone, %s", async (colorScheme) => {
    fake.set({
      mode: "text",
      text: `${"long".repeat(60)}\n\n| a | b | c | d | e |\n|---|---|---|---|---|\n| ${"cell ".repeat(12)}| 2 | 3 | 4 | 5 |\n\n\`\`\`\n${"x".repeat(300)}\n\`\`\``,
    });
    const page = await openChat({ ...phone, colorScheme });
    expect(await isTooWide(page)).toBe(false);
    await say(page, `Look at ${"this".repeat(40)}`);
    await waitForAnswers(page, 1);
    expect(await isTooWide(page)).toBe(false);
    await page.getByRole("button", { name: "Open the menu" }).click();
    await page.getByRole("dialog", { name: "Menu" }).getByRole("link", { name: "Status" }).click();
    await page.getByRole("heading", { name: "Everything needed is working" }).waitFor();
    expect(await isTooWide(page)).toBe(false);
    expect(await page.getByRole("dialog").count()).toBe(0);
  });

  /** Wider than the screen, or anything in it wider without a scroll bar of its own. */
  async function isTooWide(page: Page): Promise<boolean> {
    return page.evaluate<boolean>(
      'document.documentElement.scrollWidth > innerWidth || [...document.querySelectorAll(".messages, .page, .empty-chat")].some((element) => element.scrollWidth > element.clientWidth)',
    );
  }

  it("says plainly that no model is set up, and what still works", async () => {
    const offline = await createPlace();
    try {
      await offline.start();
      const page = await openChat({}, offline);
      await page.getByRole("note").getByText("No language model is set up yet.").waitFor();
      await page.getByRole("button", { name: /^See what I can do/ }).click();
      await answers(page).getByText("/status").first().waitFor();
      await say(page, "Hello");
      await answers(page).nth(1).waitFor();
      expect(await answers(page).nth(1).innerText()).toContain("No language model is set up");
    } finally {
      await offline.close();
    }
  });

  it("asks for the token, says when it is wrong, and lets the right one in", async () => {
    const token = "a-token-that-is-long-enough";
    const guarded = await createPlace({ modelUrl: fake.url, token });
    try {
      await guarded.start();
      const opened = await openPage(browser, guarded.url);
      const { page } = opened;
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      expect(await findNameless(page)).toEqual([]);
      await page.getByLabel("Token").fill("not-the-right-token");
      await page.keyboard.press("Enter");
      await page.getByRole("alert").getByText("That token does not fit.").waitFor();
      expect(await field(page).count()).toBe(0);
      await page.getByLabel("Token").fill(token);
      await page.getByRole("button", { name: "Sign in" }).click();
      await say(page, "Let me in.");
      await waitForAnswers(page, 1);
      await page.reload();
      await waitForAnswers(page, 1);
      await guarded.kill();
      await guarded.start();
      await say(page, "Still signed in?");
      await waitForAnswers(page, 2);
      // The browser itself writes down that a sign-in was refused.
      expect(besidesLostConnections(opened.complaints).filter((text) => !text.includes("401"))).toEqual([]);
      await opened.close();
    } finally {
      await guarded.close();
    }
  });
});
