import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkInput } from "../../src/core/check-input.ts";
import type { EgressFetch } from "../../src/core/egress.ts";
import type { Tool } from "../../src/core/tool.ts";
import { createEgress } from "../../src/safety/egress.ts";
import { createFileStore } from "../../src/store/files.ts";
import { readOutline } from "../../src/tools/browser/page-text.ts";
import { createBrowserSessions } from "../../src/tools/browser/session.ts";
import { createBrowserTools } from "../../src/tools/browser/tools.ts";
import { createToolContext, testTool } from "../contracts/tool.ts";
import { chromiumPath, hasChromium } from "../e2e/browser.ts";

if (!hasChromium)
  process.stderr.write(`\n*** THE BROWSER TOOLS ARE NOT TESTED: there is no browser at ${chromiumPath}. ***\n\n`);

const home = mkdtempSync(join(tmpdir(), "parlance-browser-"));
const files = createFileStore(home, { maxBytes: () => 8_000_000 });
const stop = new AbortController();
afterAll(() => {
  stop.abort();
  rmSync(home, { recursive: true, force: true });
});

async function serve(
  listener: RequestListener,
): Promise<{ readonly server: Server; readonly origin: string; readonly host: string }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { server, origin: `http://${host}`, host };
}

describe.skipIf(!hasChromium)("the browser", () => {
  let shop: Awaited<ReturnType<typeof serve>>;
  let inside: Awaited<ReturnType<typeof serve>>;
  let tools: ReturnType<typeof createBrowserTools>;
  let connectionsInside = 0;
  const seen: string[] = [];
  const ledger: { url: string; outcome: string }[] = [];

  const pages: Readonly<Record<string, () => string>> = {
    "/": () => `<title>Rope shop</title><h1>Ropes</h1><p id=p>loading</p><a href="/hemp?a=1&b=2">Hemp rope</a>
      <label>Name <input id=name></label><label>Kind <select><option>short<option>long</select></label>
      <button onclick="fetch('/order', {method:'POST', body: document.querySelector('#name').value + ' ' + document.querySelector('select').value}).then((r) => r.text()).then((t) => p.textContent = t)">Order now</button>
      <script>fetch('/data').then((r) => r.json()).then((d) => { p.textContent = 'In stock: ' + d.count; }); alert('hello')</script>`,
    "/hemp?a=1&b=2": () => `<title>Hemp</title><p>Hemp is strong</p>`,
    "/hostile":
      () => `<title>Hostile</title><p>text</p><img src="${inside.origin}/img"><iframe src="${inside.origin}/frame"></iframe>
      <link rel=preconnect href="${inside.origin}"><link rel=dns-prefetch href="//private.example"><link rel=stylesheet href="${inside.origin}/css"><link rel=prefetch href="${inside.origin}/prefetch">
      <script src="${inside.origin}/script"></script><object data="${inside.origin}/object"></object><video src="${inside.origin}/video"></video>
      <img src="/jump"><iframe src="/jump"></iframe>
      <script>
        fetch('${inside.origin}/fetch').catch(() => 0); fetch('/jump').catch(() => 0); new WebSocket('ws://${inside.host}/socket');
        navigator.sendBeacon('${inside.origin}/beacon', 'x'); navigator.sendBeacon('/beacon', 'x'); fetch('/post', {method: 'POST', body: 'x'}).catch(() => 0);
        new EventSource('${inside.origin}/events'); window.open('${inside.origin}/window');
        new Worker(URL.createObjectURL(new Blob(["fetch('${inside.origin}/worker')"])));
        navigator.serviceWorker?.register('/sw.js').catch(() => 0);
        try { const rtc = new RTCPeerConnection({iceServers: [{urls: 'stun:${inside.host}'}]}); rtc.createDataChannel('x'); rtc.createOffer().then((o) => rtc.setLocalDescription(o)); } catch {}
        const form = document.createElement('form'); form.method = 'post'; form.action = '/form'; document.body.append(form); setTimeout(() => form.submit(), 100);
        setInterval(() => fetch('/tick').catch(() => 0), 50);
      </script>`,
    "/sw.js": () => `fetch('${inside.origin}/sw')`,
    "/login": () =>
      `<title>Login</title><form method=post action="/session"><label>User <input name=user></label><button>Sign in</button></form>`,
    "/two": () => `<title>Two</title><button>Save</button><button>Save</button><button disabled>Off</button>`,
    "/tab": () => `<title>Opener</title><a href="/hemp?a=1&b=2" target=_blank>New tab</a>`,
    "/busy": () => `<title>Busy</title><script>for (;;) {}</script>`,
  };

  beforeAll(async () => {
    inside = await serve((_request, response) => response.end("private"));
    inside.server.on("connection", () => (connectionsInside += 1));
    shop = await serve((request, response) => {
      const { method = "", url = "", headers } = request;
      seen.push(`${method} ${url}`);
      const page = pages[url];
      const html = { "content-type": "text/html" };
      if (page !== undefined)
        response
          .writeHead(200, { ...html, "content-type": url.endsWith(".js") ? "text/javascript" : "text/html" })
          .end(page());
      else if (url === "/data") response.writeHead(200, { "content-type": "application/json" }).end('{"count":42}');
      else if (url === "/order")
        request.setEncoding("utf8").on("data", (text: string) => response.end(`Ordered for ${text}`));
      else if (url === "/jump") response.writeHead(302, { location: `${inside.origin}/jumped` }).end();
      else if (url === "/moved") response.writeHead(302, { location: "/hemp?a=1&b=2" }).end();
      else if (url === "/session")
        response
          .writeHead(303, {
            location: "/account",
            "set-cookie": ["id=7; Path=/; Expires=Wed, 21 Oct 2099 07:28:00 GMT", "theme=dark"],
          })
          .end();
      else if (url === "/account")
        response.writeHead(200, html).end(`<title>Account</title><p>cookies: ${headers.cookie ?? "none"}</p>`);
      else if (url === "/file")
        response.writeHead(200, { "content-disposition": "attachment; filename=a.bin" }).end("file");
      else response.writeHead(404, html).end("not here");
    });
    tools = createBrowserTools({
      program: chromiumPath,
      fetch: createEgress({ allowPrivateHosts: [shop.host], record: (row) => void ledger.push(row), now: () => 0 }),
      cleanText: (text) => text,
      saveFile: (...file) => files.save(...file),
      stop: stop.signal,
    });
  });
  afterAll(async () => {
    for (const { server } of [shop, inside]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  const run = async (name: string, input: object, signal = new AbortController().signal) =>
    tools.find((tool) => tool.name === name)!.run(input, createToolContext({ signal }));
  const open = async (path: string) => (await run("browser_open", { url: shop.origin + path })).text;
  const act = async (path: string, ...steps: readonly object[]) =>
    (await run("browser_act", { url: shop.origin + path, steps })).text;

  it("reads a page made by scripts: text, links, controls", async () => {
    const text = await open("/");
    expect(text).toContain("[Rope shop]");
    expect(text).toContain("In stock: 42");
    expect(text).toContain(`- Hemp rope: ${shop.origin}/hemp?a=1&b=2`);
    expect(text).toMatch(/- textbox "Name"[\s\S]*- combobox "Kind"[\s\S]*- button "Order now"/);
    expect(ledger.some(({ url, outcome }) => url === `${shop.origin}/data` && outcome === "allowed")).toBe(true);
  });

  it("fills in, chooses and clicks by name", async () => {
    await open("/");
    const text = await act(
      "/",
      { do: "fill", name: "Name", value: "Ada" },
      { do: "choose", name: "Kind", value: "long" },
      { do: "click", name: "Order now" },
    );
    expect(text).toContain("Ordered for Ada long");
    expect(seen.filter((line) => line === "POST /order")).toHaveLength(1);
  });

  it("says what cannot be used, and touches no other page than the one agreed to", async () => {
    await open("/two");
    await expect(act("/", { do: "click", name: "Save" })).rejects.toMatchObject({ code: "conflict" });
    await expect(act("/two", { do: "click", name: "Save" })).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("There are 2"),
    });
    await expect(act("/two", { do: "click", name: "Nothing" })).rejects.toMatchObject({ code: "not-found" });
  });

  it("follows redirects and keeps cookies", async () => {
    expect(await open("/moved")).toMatch(/^\[Hemp\]/);
    await open("/login");
    expect(await act("/login", { do: "fill", name: "User", value: "ada" }, { do: "click", name: "Sign in" })).toContain(
      "cookies: id=7; theme=dark",
    );
  });

  it("follows links into new tabs", async () => {
    await open("/tab");
    expect(await act("/tab", { do: "click", name: "New tab" })).toContain("Hemp is strong");
  });

  it("reaches nothing that the dispatcher refuses, and sends nothing while it only reads", async () => {
    seen.length = 0;
    expect(await open("/hostile")).toContain("text");
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(connectionsInside).toBe(0);
    expect(seen.filter((line) => !line.startsWith("GET "))).toEqual([]);
    expect(seen).toContain("GET /jump");
    expect(seen).not.toContain("GET /sw.js");
    expect(
      ledger.filter(({ url, outcome }) => url.startsWith(inside.origin) && outcome === "refused").length,
    ).toBeGreaterThan(5);
    expect(ledger.filter(({ url, outcome }) => url.startsWith(inside.origin) && outcome === "allowed")).toEqual([]);
  });

  it("gives a page nothing between two calls", async () => {
    await open("/hostile");
    // What was on its way may come yet; the page goes on asking every 50 ms.
    const countTicks = async (): Promise<number> => {
      const before = seen.length;
      await new Promise((resolve) => setTimeout(resolve, 600));
      return seen.length - before;
    };
    await expect.poll(countTicks).toBe(0);
    expect(await countTicks()).toBe(0);
  });

  it("opens no private page, no file, no download", async () => {
    for (const url of [inside.origin, `${shop.origin}/jump`, `${shop.origin}/file`, "http://localhost:1/"])
      await expect(run("browser_open", { url }), url).rejects.toMatchObject({ code: "unreachable" });
    for (const url of ["file:///etc/passwd", "chrome://version", "javascript:1", "data:text/html,x"])
      await expect(run("browser_open", { url }), url).rejects.toMatchObject({ code: "bad-input" });
    expect(connectionsInside).toBe(0);
  });

  it("takes pictures into the files folder", async () => {
    await open("/");
    for (const input of [{}, { whole: true }]) {
      const { attachments = [], isOutside } = await run("browser_screenshot", input);
      expect(isOutside).toBe(true);
      expect(attachments).toMatchObject([{ kind: "image", name: "screenshot.jpg", mimeType: "image/jpeg" }]);
      expect(readFileSync(join(home, attachments[0]!.path)).subarray(0, 3).toString("hex")).toBe("ffd8ff");
    }
  });

  it("runs while somebody uses it, and ends by itself", async () => {
    const fetch = createEgress({ allowPrivateHosts: [shop.host], record: () => undefined, now: () => 0 });
    const sessions = createBrowserSessions({ program: chromiumPath, fetch, idleMs: 300 });
    expect(sessions.isRunning()).toBe(false);
    const read = { mayOpen: true, mayChange: false };
    const titles = await Promise.all(
      ["a", "b", "a"].map((conversation) =>
        sessions.use(createToolContext({ conversation }), read, async (tab) => {
          await (await tab.renew()).goto(`${shop.origin}/two`);
          return tab.page().title();
        }),
      ),
    );
    expect(titles).toEqual(["Two", "Two", "Two"]);
    expect(sessions.isRunning()).toBe(true);
    await expect.poll(() => sessions.isRunning(), { timeout: 15_000 }).toBe(false);
    const later = sessions.use(createToolContext({ conversation: "a" }), { ...read, mayOpen: false }, () =>
      Promise.resolve(1),
    );
    await expect(later).rejects.toMatchObject({ code: "not-found" });
  });

  it("tells nothing of a page after the call was stopped", async () => {
    const fetch = createEgress({ allowPrivateHosts: [shop.host], record: () => undefined, now: () => 0 });
    const sessions = createBrowserSessions({ program: chromiumPath, fetch, idleMs: 300 });
    const call = new AbortController();
    const looking = sessions.use(
      createToolContext({ conversation: "a", signal: call.signal }),
      { mayOpen: true, mayChange: false },
      () => {
        call.abort();
        return Promise.resolve("half of a page");
      },
    );
    await expect(looking).rejects.toMatchObject({ code: "aborted" });
    await expect.poll(() => sessions.isRunning(), { timeout: 15_000 }).toBe(false);
  });

  it("stops with the call, even where the page hangs, and starts again", async () => {
    await expect(run("browser_open", { url: `${shop.origin}/busy` }, AbortSignal.timeout(1500))).rejects.toMatchObject({
      code: "aborted",
    });
    expect(await open("/hemp?a=1&b=2")).toContain("Hemp is strong");
  });
});

describe("the browser's tools", () => {
  const create = (index: number) => () =>
    createBrowserTools({
      program: "/no/such/chromium",
      fetch: () => Promise.reject(new Error("not here")),
      cleanText: String,
      saveFile: (...file) => files.save(...file),
    })[index]!;

  it.each([0, 1, 2])("say when there is no browser, and no page (%i)", async (index) => {
    const tool = create(index)();
    const inputs = [
      { url: "https://example.org/" },
      { url: "https://example.org/", steps: [{ do: "click", name: "x" }] },
      {},
    ];
    await expect(tool.run(inputs[index], createToolContext())).rejects.toMatchObject({
      code: index === 0 ? "unsupported" : "not-found",
    });
  });

  it("show on the card the page and every step", () => {
    const steps = [
      { do: "fill", name: "Card\u202e", value: "4\n2" },
      { do: "click", role: "button", name: "Pay" },
      { do: "press", name: "a", value: "Enter" },
      { do: "choose", name: "Kind", value: "x" },
    ];
    expect(create(1)().describe?.({ url: "https://example.org/", steps })).toBe(
      'On this page:\n\n```\nhttps://example.org/\n```\n\ndo this:\n\n```\nfill "Card⟨U+202E⟩" with "4\\n2"\nclick button "Pay"\npress Enter on "a"\nchoose "x" in "Kind"\n```',
    );
  });

  it("read the outline of a page", () => {
    const outline = `- heading "A" [level=1]\n- link "One":\n  - /url: /one\n- 'link "Two: b''s"':\n  - /url: "https://example.org/2"\n- link "Mail":\n  - /url: mailto:a@b\n- button "Send \\"now\\"" [disabled]\n- checkbox "Agree" [checked]\n- text: hello`;
    expect(readOutline(outline, "https://example.org/x/")).toEqual({
      links: [
        { name: "One", url: "https://example.org/one" },
        { name: "Two: b's", url: "https://example.org/2" },
      ],
      controls: ['button "Send \\"now\\""[disabled]', 'checkbox "Agree"[checked]'],
    });
  });
});

if (hasChromium) {
  const url = "https://example.org/";
  const words = `<title>Words</title><button>Go</button><p>${"word ".repeat(20_000)}`;
  const createLocal = (fetch: EgressFetch) =>
    createBrowserTools({
      program: chromiumPath,
      fetch,
      cleanText: String,
      saveFile: (...file) => files.save(...file),
      stop: stop.signal,
    });
  const answer: EgressFetch = () =>
    Promise.resolve({ status: 200, headers: { "content-type": "text/html" }, url, body: Buffer.from(words) });
  const never: EgressFetch = (_url, { signal }) =>
    new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(new Error("stopped"))));
  /** One that works on the page that is open, with a page open. */
  const withPage = (index: number) => () => {
    const [open, ...others] = createLocal(answer);
    const tool = others[index]!;
    const run: Tool["run"] = async (input, context) => {
      const isFine = checkInput(tool.inputSchema, input) === undefined && !context.signal.aborted;
      if (isFine) await open!.run({ url }, context);
      return tool.run(input, context);
    };
    return { ...tool, run };
  };

  testTool("browser_open", {
    create: () => createLocal(answer)[0]!,
    good: [{ url, maxChars: 20_000 }],
    refused: [{ url: "ftp://example.org/" }],
    waiting: { create: () => createLocal(never)[0]!, input: { url } },
  });
  testTool("browser_act", {
    create: withPage(0),
    good: [{ url, steps: [{ do: "click", name: "Go" }] }],
    refused: [
      { url, steps: [{ do: "click", name: "Stop" }] },
      { url: `${url}other`, steps: [{ do: "click", name: "Go" }] },
    ],
  });
  testTool("browser_screenshot", { create: withPage(1), good: [{}, { whole: true }] });
}
