import type { BrowserContext, Request, Route } from "playwright-core";
import type { EgressFetch, EgressRequest, EgressResponse } from "../../core/egress.ts";

/** What is being done with a page at the moment. Between two of these it gets nothing from outside. */
export interface Activity {
  readonly turnId: string;
  readonly signal: AbortSignal;
  /** May the page send anything but GET and HEAD? Only while something is clicked or filled in that a person agreed to. */
  readonly mayChange: boolean;
  /** Left to it. */
  requests: number;
  bytes: number;
  /** Requests that are not answered yet. */
  open: number;
  /** When the last one was asked or answered, by performance.now(). */
  lastAt: number;
  /** A tab that is opening asked for its page, and the browser has not shown the tab yet. */
  hasNewTab: boolean;
}

export const mostRequests = 300;
export const mostBytes = 32 * 1_048_576;
const mostBytesEach = 8 * 1_048_576;

/** Kinds of requests that reading a page does without. */
const unwanted: ReadonlySet<string> = new Set(["media", "websocket", "eventsource", "ping", "cspreport", "manifest"]);
/** The connection's, the dispatcher's, or between a browser and its network. */
const dropped =
  /^(?:host|connection|content-length|accept-encoding|proxy-.*|upgrade.*|te|expect|transfer-encoding|cookie|sec-.*)$/;
const droppedInAnswer =
  /^(?:content-encoding|content-length|transfer-encoding|connection|keep-alive|alt-svc|report-to|nel)$/;

/**
 * Answers every request of a browser's pages through the dispatcher: the browser itself has no way to any network. What
 * the dispatcher refuses (private addresses, odd ports), and what nobody asked for at the moment, fails in the page.
 */
export async function routeThrough(
  context: BrowserContext,
  fetch: EgressFetch,
  activity: () => Activity | undefined,
): Promise<void> {
  await context.routeWebSocket(/.*/, (socket) => socket.close());
  await context.route("**/*", async (route) => {
    const now = activity();
    if (now !== undefined) mark(now, 1);
    try {
      await answer(route, now);
    } catch {
      await route.abort("failed").catch(() => undefined); // the page is gone, or the request is
    } finally {
      if (now !== undefined) mark(now, -1);
    }
  });

  function mark(now: Activity, change: number): void {
    now.open += change;
    now.lastAt = performance.now();
  }

  async function answer(route: Route, now: Activity | undefined): Promise<void> {
    const request = route.request();
    const method = readMethod(request.method());
    const isRead = method === "GET" || method === "HEAD";
    const isDocument = request.isNavigationRequest();
    const isRefused = method === undefined || now === undefined || (!isRead && !now.mayChange);
    if (isRefused || unwanted.has(request.resourceType()) || now.requests <= 0 || now.bytes <= 0)
      // After 204 the page that is shown stays.
      return isDocument ? route.fulfill({ status: 204 }) : route.abort("blockedbyclient");
    now.requests -= 1;
    now.hasNewTab ||= isDocument && !hasFrame(request);
    const body = request.postDataBuffer();
    const response = await fetch(request.url(), {
      method,
      headers: await readHeaders(context, request.url(), request.headers()),
      ...(body === null || isRead ? {} : { body }),
      maxBytes: Math.min(mostBytesEach, now.bytes),
      timeoutMs: 15_000,
      signal: now.signal,
      turnId: now.turnId,
      followRedirects: !isDocument,
    });
    now.bytes -= response.body.length;
    const headers = formatHeaders(response);
    const target = isDocument ? readRedirect(response, request.url()) : undefined;
    // The browser would follow a redirect by itself, past us: the page does it instead, by a request of its own.
    return target === undefined
      ? route.fulfill({ status: response.status, headers, body: Buffer.from(response.body) })
      : route.fulfill({ status: 200, headers: { ...headers, "content-type": "text/html" }, body: formatHop(target) });
  }
}

/** False: the request comes from a tab that is not there yet. */
function hasFrame(request: Request): boolean {
  try {
    return request.frame() !== undefined;
  } catch {
    return false;
  }
}

function readMethod(method: string): NonNullable<EgressRequest["method"]> | undefined {
  const known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;
  return known.find((one) => one === method);
}

async function readHeaders(
  context: BrowserContext,
  url: string,
  given: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const cookies = (await context.cookies(url)).map(({ name, value }) => `${name}=${value}`).join("; ");
  const kept = Object.entries(given).filter(([name]) => !dropped.test(name.toLowerCase()) && !name.startsWith(":"));
  return { ...Object.fromEntries(kept), ...(cookies === "" ? {} : { cookie: cookies }) };
}

function formatHeaders({ headers }: EgressResponse): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => !droppedInAnswer.test(name));
  return Object.fromEntries(
    // The dispatcher joins repeated headers by commas, the browser wants a line for each cookie; dates hold commas, too.
    kept.map(([name, value]) => [
      name,
      name === "set-cookie" ? value.replace(/,\s*(?=[\w!#$%&'*+.^`|~-]+=)/g, "\n") : value,
    ]),
  );
}

function readRedirect({ status, headers }: EgressResponse, from: string): URL | undefined {
  const location = headers["location"];
  if (status < 300 || status > 399 || location === undefined) return undefined;
  const target = URL.parse(location, from);
  return target?.protocol === "http:" || target?.protocol === "https:" ? target : undefined;
}

export const hopMark = "parlance-redirect";

function formatHop(target: URL): string {
  const url = target.href.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  return `<!doctype html><title>${hopMark}</title><meta http-equiv="refresh" content="0; url=${url}">`;
}
