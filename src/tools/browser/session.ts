import type { Browser, BrowserContext, Page } from "playwright-core";
import type { EgressFetch } from "../../core/egress.ts";
import { AppError } from "../../core/errors.ts";
import { loadPackage } from "../../core/load-package.ts";
import type { ToolContext } from "../../core/tool.ts";
import { hopMark, mostBytes, mostRequests, routeThrough, type Activity } from "./network.ts";

export interface BrowserOptions {
  /** Of Chromium's program. */
  readonly program: string;
  readonly fetch: EgressFetch;
  /** A page that nobody uses for so long is closed; 10 minutes when absent. */
  readonly idleMs?: number;
  /** Closes everything. */
  readonly stop?: AbortSignal;
}

/** One browser for all conversations, started when it is needed and ended when no page is open. */
export interface BrowserSessions {
  /**
   * Works with the conversation's page, one call after the other. Throws AppError "not-found" when none is open, unless
   * it may be opened.
   */
  use<T>(
    context: ToolContext,
    options: { readonly mayOpen: boolean; readonly mayChange: boolean },
    work: (tab: Tab) => Promise<T>,
  ): Promise<T>;
  readonly isRunning: () => boolean;
}

/** What a conversation looks at. */
export interface Tab {
  /** The newest: while something is clicked, a page that opens another one gives way to it. */
  page(): Page;
  /** A fresh page of the same profile: what was open before, hanging or not, has no part in it. */
  renew(): Promise<Page>;
  /** Waits until the page is there, redirects followed, and asks for nothing any more. Never throws, and never takes long. */
  settle(): Promise<void>;
}

interface Session {
  readonly context: BrowserContext;
  page: Page;
  isRenewing: boolean;
  activity: Activity | undefined;
  queue: Promise<unknown>;
  idle: NodeJS.Timeout | undefined;
}

const mostSessions = 3;

export function createBrowserSessions(options: BrowserOptions): BrowserSessions {
  const { idleMs = 600_000 } = options;
  const sessions = new Map<string, Promise<Session>>();
  let browser: Promise<Browser> | undefined;
  options.stop?.addEventListener("abort", () => void closeAll(), { once: true });

  async function open(conversation: string, opening: () => Promise<Session>): Promise<Session> {
    browser ??= launch(options.program);
    try {
      const running = await browser;
      const context = await running.newContext({
        acceptDownloads: false,
        serviceWorkers: "block",
        viewport: { width: 1280, height: 900 },
      });
      context.setDefaultTimeout(10_000);
      const session: Session = {
        context,
        page: await context.newPage(),
        isRenewing: false,
        activity: undefined,
        queue: Promise.resolve(),
        idle: undefined,
      };
      await routeThrough(context, options.fetch, () => session.activity);
      context.on("page", (page) => {
        page.on("dialog", (dialog) => void dialog.dismiss().catch(() => undefined));
        if (session.isRenewing) return;
        if (session.activity !== undefined) session.activity.hasNewTab = false;
        const isWanted = session.activity?.mayChange === true;
        const unwanted = isWanted ? session.page : page;
        if (isWanted) session.page = page;
        void unwanted.close().catch(() => undefined);
      });
      // One that closes by itself, as after a crash; another may have its place by then.
      context.on(
        "close",
        () => void (sessions.get(conversation) === opening() ? sessions.delete(conversation) : false),
      );
      return session;
    } catch (error) {
      if (sessions.get(conversation) === opening()) sessions.delete(conversation);
      if (sessions.size === 0) await endBrowser();
      throw error;
    }
  }

  async function close(conversation: string): Promise<void> {
    const opened = sessions.get(conversation);
    sessions.delete(conversation);
    const session = await opened?.catch(() => undefined);
    clearTimeout(session?.idle);
    await session?.context.close().catch(() => undefined);
    if (sessions.size === 0) await endBrowser();
  }

  async function endBrowser(): Promise<void> {
    const running = browser;
    browser = undefined;
    await (await running?.catch(() => undefined))?.close().catch(() => undefined);
  }

  async function closeAll(): Promise<void> {
    await Promise.all([...sessions.keys()].map(close));
    await endBrowser();
  }

  function find(conversation: string, mayOpen: boolean): Promise<Session> {
    const found = sessions.get(conversation);
    if (found !== undefined) {
      sessions.delete(conversation); // to the end of the row: the first in it is the one not used for longest
      sessions.set(conversation, found);
      return found;
    }
    if (!mayOpen)
      throw new AppError("not-found", "No page is open.", {
        hint: "Open it first; a page is closed after 10 minutes.",
      });
    const oldest = sessions.keys().next().value;
    if (sessions.size >= mostSessions && oldest !== undefined) void close(oldest);
    const opening: Promise<Session> = open(conversation, () => opening);
    sessions.set(conversation, opening);
    return opening;
  }

  return {
    isRunning: () => browser !== undefined,
    async use(context, { mayOpen, mayChange }, work) {
      const { conversation, turnId, signal } = context;
      const session = await find(conversation, mayOpen);
      const run = async () => {
        if (signal.aborted) throw new AppError("aborted", "The call was stopped.");
        clearTimeout(session.idle);
        const ended = new AbortController();
        const activity: Activity = {
          turnId,
          signal: AbortSignal.any([signal, ended.signal]),
          mayChange,
          requests: mostRequests,
          bytes: mostBytes,
          open: 0,
          lastAt: performance.now(),
          hasNewTab: false,
        };
        session.activity = activity;
        // A page that hangs must not hold us: without it every step in it fails.
        const stop = () => void close(conversation);
        signal.addEventListener("abort", stop, { once: true });
        try {
          const result = await work({
            page: () => session.page,
            renew: () => renew(session),
            settle: () => settle(() => session.page, activity),
          });
          // The page was closed under it: what it saw may be half of one.
          signal.throwIfAborted();
          return result;
        } catch (error) {
          if (signal.aborted) throw new AppError("aborted", "The call was stopped.", { cause: error });
          throw error;
        } finally {
          signal.removeEventListener("abort", stop);
          session.activity = undefined;
          ended.abort();
          session.idle = setTimeout(() => void close(conversation), idleMs).unref();
        }
      };
      const result = session.queue.then(run, run);
      session.queue = result.catch(() => undefined);
      return result;
    },
  };
}

/**
 * Chromium with no way to any network: no name resolves, and all it would connect to is a proxy that is not there. What
 * pages get, they get from us. Nothing of our environment, no extensions, no background traffic.
 */
async function launch(program: string): Promise<Browser> {
  const { chromium } = await loadPackage("playwright-core", () => import("playwright-core"));
  try {
    return await chromium.launch({
      executablePath: program,
      headless: true,
      // As root Chromium has no sandbox of its own.
      chromiumSandbox: process.getuid?.() !== 0,
      env: { HOME: "/tmp", LC_ALL: "C.UTF-8", PATH: "/usr/local/bin:/usr/bin:/bin" },
      proxy: { server: "http://127.0.0.1:9", bypass: "<-loopback>" },
      args: [
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
        "--disable-quic",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--no-pings",
        "--disable-domain-reliability",
        "--renderer-process-limit=2",
        "--js-flags=--max-old-space-size=256",
      ],
      ignoreDefaultArgs: ["--disable-popup-blocking"], // only a click of ours opens windows
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
      timeout: 30_000,
    });
  } catch (error) {
    throw new AppError("unsupported", "The browser does not start.", {
      hint: "It needs Chromium (apt-get install chromium), and namespaces for its sandbox where it does not run as root.",
      cause: error,
    });
  }
}

async function renew(session: Session): Promise<Page> {
  const before = session.page;
  session.isRenewing = true;
  session.page = await session.context.newPage().finally(() => (session.isRenewing = false));
  void before.close().catch(() => undefined);
  return session.page;
}

const quietMs = 500;
const mostSettleMs = 6000;

async function settle(page: () => Page, activity: Activity): Promise<void> {
  activity.lastAt = performance.now();
  const until = activity.lastAt + mostSettleMs;
  while (performance.now() < until && !activity.signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (activity.open > 0 || activity.hasNewTab || performance.now() - activity.lastAt < quietMs) continue;
    const title = await Promise.race([
      readTitle(page()).catch(() => hopMark), // between two pages
      new Promise<string>((resolve) => setTimeout(resolve, 1000, hopMark)), // busy with itself
    ]);
    if (title !== hopMark) return;
  }
}

/** Once the page is read to its end: on a busy machine there may be nothing of it yet, though all of it has come. */
async function readTitle(page: Page): Promise<string> {
  await page.waitForLoadState("domcontentloaded", { timeout: 1000 });
  return page.title();
}
