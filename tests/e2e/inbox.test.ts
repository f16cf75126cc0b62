import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { root } from "../bench/program.ts";
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
import type { Peer } from "./peers/peer.ts";
import { createTelegramPeer } from "./peers/telegram.ts";
import { createPlace, type Place } from "./place.ts";

if (!hasChromium)
  process.stderr.write(
    `\n*** THE INBOX IS NOT TESTED: there is no browser at ${chromiumPath}. ` +
      "Install Debian's chromium, or name one in CHROMIUM. ***\n\n",
  );

const phone = { viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true };
const cards = (page: Page): Locator => page.locator("[data-card]");
const news = (page: Page, text: string): Promise<void> => page.getByRole("status").filter({ hasText: text }).waitFor();

describe.skipIf(!hasChromium)("the inbox in a browser", { timeout: 60_000 }, () => {
  let browser: Browser;
  let fake: FakeOpenAi;
  let peer: Peer;
  /** Another channel: there is a limit to how much is drafted on one within an hour. */
  let other: Peer;
  let place: Place;
  let open: OpenPage[] = [];
  /** Each test talks with people of its own, so that the limits per sender are nobody else's. */
  let person = 100;

  beforeAll(async () => {
    await buildPageWhenStale();
    fake = await createFakeOpenAi();
    peer = await createTelegramPeer({ hookUrl: "", people: [1], isStored: () => true });
    other = await createTelegramPeer({ hookUrl: "", people: [1], isStored: () => true });
    const watched = ({ channel }: Peer) => ({ ...channel, access: "open", reply: { action: "draft" } });
    place = await createPlace({ modelUrl: fake.url, channels: { telegram: watched(peer), second: watched(other) } });
    [browser] = await Promise.all([startBrowser(), place.start()]);
  });

  afterAll(async () => {
    await browser?.close();
    await place?.close();
    await peer?.close();
    await other?.close();
    await fake?.close();
  });

  beforeEach(() => {
    person += 1;
    fake.set({ mode: "text", text: "It is on its way to you." });
  });

  afterEach(async () => {
    await settleAll();
    const complaints = open.flatMap((one) => one.complaints).filter((text) => !/ERR_|409|WebSocket/.test(text));
    await Promise.all(open.map((one) => one.close()));
    open = [];
    if (complaints.length > 0) throw new Error(`The page complained:\n${complaints.join("\n")}`);
  });

  async function openInbox(options: BrowserContextOptions = {}): Promise<Page> {
    const opened = await openPage(browser, `${place.url}#/inbox`, options);
    open.push(opened);
    await opened.page.getByRole("heading", { level: 2 }).filter({ hasText: /you/ }).waitFor();
    return opened.page;
  }

  /** Nothing is left for the next test. */
  async function settleAll(): Promise<void> {
    const inbox = (await (await fetch(`${place.url}api/inbox`)).json()) as {
      readonly drafts: readonly { id: string }[];
    };
    const headers = { "content-type": "application/json" };
    for (const { id } of inbox.drafts)
      await fetch(`${place.url}api/drafts/${id}`, { method: "POST", headers, body: '{"kind":"reject"}' });
  }

  async function ask(question = "Could you send me the report?", who = person, on = peer): Promise<void> {
    await on.say(who, question);
  }

  const arrived = (who = person) => peer.received().flatMap((each) => (each.person === who ? [each.text] : []));

  it("shows a draft as it comes, and sends it by keyboard, once", async () => {
    const page = await openInbox();
    await page.getByRole("heading", { name: "Nothing needs you now" }).waitFor();
    await ask();
    const card = page.getByRole("article", { name: "Ada" });
    await card.getByText("It is on its way to you.").waitFor();
    await news(page, "A draft for Ada has come in.");
    expect(await card.locator("summary").first().innerText()).toContain("Could you send me the report?");
    expect(await page.getByRole("link", { name: "Inbox 1 waiting" }).count()).toBe(1);
    expect(arrived()).toEqual([]);
    await page.keyboard.press("j");
    expect(await page.locator(":focus").and(card).count()).toBe(1);
    await page.keyboard.press("a");
    await news(page, "Ada: Sent.");
    await page.getByRole("heading", { name: "Nothing needs you now" }).waitFor();
    await expect.poll(() => arrived()).toEqual(["It is on its way to you."]);
    await page.reload();
    await page.getByRole("heading", { name: "Nothing needs you now" }).waitFor();
    expect(arrived()).toEqual(["It is on its way to you."]);
  });

  it("sends the owner's own words, shows what they change, and keeps them over a reload", async () => {
    const page = await openInbox();
    await ask();
    await cards(page).waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("e");
    const field = page.getByRole("textbox", { name: "Your words" });
    await field.fill("It is on its way to Bob.");
    const diff = page.getByRole("group", { name: "What you change" });
    expect(await diff.locator("del").allInnerTexts()).toEqual(["you"]);
    expect(await diff.locator("ins").allInnerTexts()).toEqual(["Bob"]);
    // Letters are letters there, not keys.
    await field.press("End");
    await field.pressSequentially(" ares");
    await page.reload();
    expect(await field.inputValue()).toBe("It is on its way to Bob. ares");
    // Going back loses nothing; starting over does.
    await field.press("Escape");
    await cards(page).getByText("It is on its way to you.").waitFor();
    await page.keyboard.press("e");
    expect(await field.inputValue()).toBe("It is on its way to Bob. ares");
    await page.getByRole("button", { name: "Start over" }).click();
    expect(await field.inputValue()).toBe("It is on its way to you.");
    await field.fill("Soon.\nG.");
    await field.press("Control+Enter");
    await news(page, "Ada: Sent in your words.");
    await expect.poll(() => arrived()).toEqual(["Soon.\nG."]);
    await page.reload();
    await page.getByRole("heading", { name: "Nothing needs you now" }).waitFor();
  });

  it("puts off and drops by keyboard, sends nothing, and goes on to the next card", async () => {
    const page = await openInbox();
    const others = [person, person + 1000, person + 2000];
    for (const [index, who] of others.entries()) {
      await ask("Could you send me the report?", who);
      await cards(page).nth(index).waitFor();
    }
    const ids = await page.evaluate<string[]>(
      "[...document.querySelectorAll('[data-card]')].map((card) => card.dataset.card)",
    );
    const inFocus = () =>
      page.evaluate<string | undefined>("document.activeElement?.closest('[data-card]')?.dataset.card");
    for (const key of ["j", "j", "j", "j", "k"]) await page.keyboard.press(key);
    expect(await inFocus()).toBe(ids[1]);
    await page.keyboard.press("r");
    await news(page, "Ada: Dropped. Nothing is sent.");
    await expect.poll(inFocus).toBe(ids[2]);
    await page.keyboard.press("k");
    await page.keyboard.press("s");
    const menu = page.getByRole("group", { name: "Show it again" });
    await menu.getByRole("button", { name: /^Tomorrow/ }).waitFor();
    await page.keyboard.press("Escape");
    expect(await inFocus()).toBe(ids[0]);
    await page.keyboard.press("s");
    await page.keyboard.press("Enter");
    await news(page, "Ada: Not shown again before");
    expect(await cards(page).count()).toBe(1);
    await page.getByRole("region", { name: "Later" }).getByText("This draft is shown again then.").waitFor();
    expect(others.flatMap((who) => arrived(who))).toEqual([]);
  });

  it("says to whoever was second that it was answered already, and loses no words", async () => {
    const [first, second] = [await openInbox(), await openInbox()];
    await ask();
    await Promise.all([cards(first).waitFor(), cards(second).waitFor()]);
    await second.getByRole("button", { name: "Edit" }).click();
    await second.getByRole("textbox", { name: "Your words" }).fill("My other words.");
    await first.getByRole("button", { name: "Send", exact: true }).click();
    await cards(first).waitFor({ state: "detached" });
    await second.getByRole("alert").getByText("This was answered elsewhere meanwhile.").waitFor();
    await second.getByText("My other words.").waitFor();
    await second.getByRole("button", { name: "Close" }).click();
    await cards(second).waitFor({ state: "detached" });

    // One that has not heard of it yet.
    await ask("Could you send the invoice?", person + 1000);
    await Promise.all([cards(first).waitFor(), cards(second).waitFor()]);
    await second.route("**/api/inbox", (route) => route.abort());
    await first.getByRole("button", { name: "Drop" }).click();
    await cards(first).waitFor({ state: "detached" });
    await second.getByRole("button", { name: "Send", exact: true }).click();
    await second.getByRole("alert").getByText("This was answered already.").waitFor();
    await expect.poll(() => arrived()).toEqual(["It is on its way to you."]);
  });

  it("shows an error where it happens, and lets one try again", async () => {
    const page = await openInbox();
    await ask();
    await cards(page).waitFor();
    await page.route("**/api/drafts/*", (route) => route.abort());
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await cards(page).getByRole("alert").getByText("The server cannot be reached.").waitFor();
    await page.unroute("**/api/drafts/*");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await cards(page).waitFor({ state: "detached" });
    await expect.poll(() => arrived()).toEqual(["It is on its way to you."]);
  });

  it("goes on by itself after the server was killed", async () => {
    const page = await openInbox();
    await place.kill();
    await page.getByText("The server is not heard.").waitFor();
    await ask();
    await place.start();
    await cards(page).waitFor();
    await page.getByText("The server is not heard.").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await expect.poll(() => arrived()).toEqual(["It is on its way to you."]);
  });

  it("says why, and takes a correction", async () => {
    const page = await openInbox();
    await ask();
    await cards(page).waitFor();
    await cards(page).getByText("Why?").click();
    await cards(page).getByText("I wrote a draft, because:").waitFor();
    await cards(page).getByRole("button", { name: "It did not" }).click();
    await news(page, "Noted.");
    await cards(page).getByRole("button", { name: "It did not", pressed: true }).waitFor();
    await page.reload();
    await cards(page).getByText("Why?").click();
    await cards(page).getByRole("button", { name: "It did not", pressed: true }).waitFor();
  });

  it("asks what I may do, and takes yes and no by keyboard", async () => {
    const page = await openInbox();
    const told: unknown[] = [];
    const waits = {
      conversation: "telegram/1",
      tool: "send_message",
      expiresAt: Date.now() + 9e6,
      createdAt: Date.now(),
    };
    const approvals = ["pp1", "pp2"].map((id) => ({ id, question: `**May I do ${id}?**`, ...waits }));
    await page.route("**/api/inbox", async (route) => {
      const body = (await (await route.fetch()).json()) as object;
      await route.fulfill({ json: { ...body, approvals: approvals.slice(told.length) } });
    });
    await page.route("**/api/approvals/*", async (route) => {
      told.push([new URL(route.request().url()).pathname, route.request().postDataJSON()]);
      await route.fulfill({ json: { text: told.length === 1 ? "Approved." : "Denied." } });
    });
    await page.reload();
    await cards(page).getByText("May I do pp2?").waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("a");
    await news(page, "Approved.");
    await expect.poll(() => cards(page).count()).toBe(1);
    await page.keyboard.press("r");
    await news(page, "Denied.");
    await page.getByRole("heading", { name: "Nothing needs you now" }).waitFor();
    expect(told).toEqual([
      ["/api/approvals/pp1", { approved: true }],
      ["/api/approvals/pp2", { approved: false }],
    ]);
  });

  it("shows what was left alone, where one can say that it did need an answer", async () => {
    const page = await openInbox();
    await ask("Thanks a lot!", person, other);
    await page.getByText("What I made of the latest messages").click();
    const row = page.getByRole("listitem").filter({ hasText: "Thanks a lot!" });
    await expect
      .poll(async () => {
        await page.reload();
        await page.getByText("What I made of the latest messages").click();
        await page.locator(".latest .row").first().waitFor();
        return row.count();
      })
      .toBe(1);
    await row.getByText("I left it alone.").waitFor();
    await row.getByText("Why?").click();
    await row.getByRole("button", { name: "It did need an answer" }).click();
    await row.getByRole("button", { name: "It did need an answer", pressed: true }).waitFor();
  });

  it.each(["light", "dark"] as const)(
    "fits a phone, %s, and names everything that can be used",
    async (colorScheme) => {
      fake.set({ text: `${"long".repeat(60)}\n\nBest regards` });
      const page = await openInbox({ ...phone, colorScheme });
      await ask(`Could you look at ${"this".repeat(60)}?`, person, other);
      await cards(page).waitFor();
      expect(await isTooWide(page)).toBe(false);
      expect(await findNameless(page)).toEqual([]);
      await cards(page).getByText("Why?").click();
      await cards(page).getByText("I wrote a draft, because:").waitFor();
      await page.getByRole("button", { name: "Later" }).click();
      await page.getByRole("group", { name: "Show it again" }).waitFor();
      expect(await isTooWide(page)).toBe(false);
      await page.getByRole("button", { name: "Not now" }).click();
      await page.getByRole("button", { name: "Edit" }).click();
      await page.getByRole("textbox", { name: "Your words" }).fill("x".repeat(300));
      expect(await isTooWide(page)).toBe(false);
      expect(await findNameless(page)).toEqual([]);
      await page.goto(`${place.url}#/status`);
      await page.getByRole("link", { name: "Inbox, 1 waiting" }).click();
      await cards(page).waitFor();
    },
  );

  async function isTooWide(page: Page): Promise<boolean> {
    return page.evaluate<boolean>(
      'document.documentElement.scrollWidth > innerWidth || [...document.querySelectorAll(".page, .desk-card")].some((element) => element.scrollWidth > element.clientWidth)',
    );
  }

  it("comes in less than 200 KB, all pages together", async () => {
    let bytes = 0;
    for await (const path of glob("src/web/dashboard/dist/**/*.{html,js,css,svg}", { cwd: root }))
      bytes += gzipSync(await readFile(join(root, path))).length;
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(200 * 1024);
  });

  it("shows its keys", async () => {
    const page = await openInbox();
    await page.keyboard.press("?");
    const help = page.getByRole("dialog", { name: "Keys" });
    await help.getByText("the next card").waitFor();
    expect(await findNameless(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await help.waitFor({ state: "detached" });
  });
});
